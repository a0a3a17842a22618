"""Writers who come at once go together: one transaction, yet each has an answer of their own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock

import psycopg
import pytest

from conftest import Server
from desk.desk import Desk
from domain.errors import StaleVersion, Unavailable
from domain.loans.accounts import Account, CapitalSource, Fund, Restriction
from domain.loans.entries import credit, debit, entry
from domain.loans.events import CapitalReceived
from domain.values import business_date, utc_now
from store.log import uuid7
from store.mapper import LogRow, Recorded
from store.recorder import Appended, Key
from store.together import Together

WRITERS = 8


def row(desk: Desk, history: object, version: int) -> LogRow:
    event = CapitalReceived(
        occurred_on=business_date(utc_now()),
        lines=entry(
            debit(Account.CASH, Fund.LOAN, 1_000), credit(Account.CAPITAL_STATE, Fund.LOAN, 1_000)
        ),
        vouchers=("PT-2026-0001",),
        amount=1_000,
        source=CapitalSource.STATE_BUDGET,
        restriction=Restriction.REVOLVING_ONLY,
    )
    told = Recorded(history, version, uuid7(), event, "system", None)  # type: ignore[arg-type]
    return desk.log.event_mapper.to_stored_event(told)


def test_what_many_write_at_once_is_all_there_and_each_is_told_its_own_place(desk: Desk) -> None:
    """And some do go together, or this would prove nothing."""
    recorder, parties = desk.log.log_recorder, list[int]()
    gone_together = recorder._call_together

    def counted(calls: Sequence[Sequence[bytes | None]]) -> dict[int, int]:
        parties.append(len(calls))
        return gone_together(calls)

    recorder._call = Together(recorder._call_alone, counted)

    def write(_: int) -> list[tuple[LogRow, Appended]]:
        history, told = uuid7(), []
        for version in range(1, 41):
            one = row(desk, history, version)
            key = Key("system", f"{history}-{version}", b"body", "{}")
            told.append((one, recorder.append([one], actor="system", key=key)))
        return told

    with ThreadPoolExecutor(WRITERS) as threads:
        told = [one for mine in threads.map(write, range(WRITERS)) for one in mine]
    stored = {one.event_id: one.position for one in recorder.select_rows(after=0, limit=1_000)}
    assert {one.event_id: done.first_position for one, done in told} == stored
    assert sorted(stored.values()) == list(range(1, 40 * WRITERS + 1))
    assert parties


def test_a_refusal_in_a_party_reaches_only_whom_it_is_meant_for(desk: Desk) -> None:
    """Half of them write a version that is not the next."""
    recorder = desk.log.log_recorder
    for _ in range(10):
        together = Barrier(WRITERS)

        def write(number: int, together: Barrier = together) -> str:
            one = row(desk, uuid7(), 1 if number % 2 else 7)
            together.wait()
            try:
                recorder.append([one], actor="system")
            except StaleVersion:
                return "stale"
            return "written"

        with ThreadPoolExecutor(WRITERS) as threads:
            assert list(threads.map(write, range(WRITERS))) == ["stale", "written"] * (WRITERS // 2)
    assert desk.log.head() == 10 * WRITERS // 2


def test_a_party_whose_line_is_cut_is_there_once_and_answered(
    desk: Desk, server: Server, database_name: str
) -> None:
    """Cut again and again, but only once something was written since: where a connection takes
    longer to make than it is left alone, nobody could ever write."""
    recorder, over, written = desk.log.log_recorder, Event(), Event()
    cuts = 0

    def cut() -> None:
        nonlocal cuts
        with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
            while not over.wait(0.03):
                if not written.is_set():
                    continue
                written.clear()
                # Waits until they are gone: whoever reads afterwards has a whole connection.
                connection.execute(
                    """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                       WHERE datname = %s AND pid <> pg_backend_pid()
                         AND application_name = 'sochung'""",
                    (database_name,),
                )
                cuts += 1

    def write(_: int) -> int:
        history, done = uuid7(), 0
        for version in range(1, 31):
            one = row(desk, history, version)
            key = Key("system", f"{history}-{version}", b"body", "{}")
            while not over.is_set():
                try:
                    recorder.append([one], actor="system", key=key)
                except (Unavailable, psycopg.Error):  # the same key again
                    continue
                written.set()
                done += 1
                break
        return done

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        cutting = threads.submit(cut)
        try:
            done = list(threads.map(write, range(WRITERS)))
        finally:
            over.set()
        cutting.result()
    assert done == [30] * WRITERS
    assert cuts
    desk.log.database.pool.check()
    assert desk.log.head() == 30 * WRITERS


def test_nobody_is_forgotten_in_line() -> None:
    """Ten thousand calls of eight threads, some of which fail, alone or with everybody else."""
    served, lock = list[int](), Lock()

    def alone(number: int) -> int:
        if number % 97 == 0:
            raise ValueError(number)
        with lock:
            served.append(number)
        return number

    def together(numbers: Sequence[int]) -> dict[int, int]:
        if any(number % 101 == 0 for number in numbers):
            raise KeyError(tuple(numbers))
        if any(number % 97 == 0 for number in numbers):
            return {}
        with lock:
            served.extend(numbers[1:])
        return dict(enumerate(numbers[1:], start=1))

    calls = Together(alone, together)

    def call(number: int) -> str:
        try:
            return "served" if calls(number) == number else "another's"
        except ValueError as error:
            return "refused" if error.args == (number,) else "another's"
        except KeyError as error:
            return "lost" if number in error.args[0] else "another's"

    with ThreadPoolExecutor(WRITERS) as threads:
        answers = list(threads.map(call, range(1, 10_001)))
    assert set(answers) <= {"served", "refused", "lost"}
    assert sorted(served) == [n for n, a in enumerate(answers, start=1) if a == "served"]
    for number in range(97, 10_001, 97):
        assert answers[number - 1] != "served"


@pytest.fixture(autouse=True)
def warm(desk: Desk) -> None:
    desk.log.database.pool.open()
