"""One key, one effect, one answer: at once, again, after a restart, and with the line cut."""

import secrets
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from hashlib import sha256
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from conftest import Server
from desk import books
from desk.desk import KINDS, Call, Desk, Receipt
from domain.errors import KeyReused, Refusal, StaleVersion, Unavailable
from domain.histories import book_of
from domain.loans.accounts import Account, Fund
from domain.loans.book import BOOK
from domain.loans.commands import DisburseLoan, ReceiveCapital
from soak.cutter import Cutter, Moment
from soak.library import library_recorder
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog, uuid7
from village import DAY, Village

AT_ONCE = 32
ROUNDS = 20
THE_APPEND = b"log.append"


def call(key: str | None = None, *, actor: str = "person-1", body: str = "body") -> Call:
    return Call(actor, key or secrets.token_urlsafe(24), sha256(body.encode()).digest())


def capital(desk: Desk, village: Village, asked: Call, amount: int = 1_000_000) -> Receipt:
    command = ReceiveCapital.model_validate(
        {"occurred_on": DAY, "amount": amount, "source": "state_budget"}
    )
    return books.record(desk, asked, village.club_id, command)


def disburse(desk: Desk, village: Village, asked: Call, loan_id: UUID) -> Receipt:
    command = DisburseLoan(occurred_on=DAY, paid_by=village.treasurer)
    return books.disburse_loan(desk, asked, loan_id, command)


def answered(receipt: Receipt) -> tuple[object, ...]:
    """All of a receipt but whether it was said before."""
    return receipt.id, receipt.event_id, receipt.position, receipt.vouchers, receipt.version


def cash(village: Village) -> int:
    book = village.desk.log.load(BOOK, book_of(village.club_id)).state
    return book.balance(Fund.LOAN, Account.CASH) if book else 0


def times_stored(desk: Desk, asked: Call) -> int:
    """How many commands stand under a key, each with its event."""
    with desk.log.database.connection() as connection:
        row = connection.execute(
            """SELECT count(*) FROM log.commands c JOIN log.events e ON e.event_id = c.first_event
               WHERE (c.caller, c.key) = (%s, %s)""",
            (asked.actor, asked.key),
        ).fetchone()
    assert row
    return int(row[0])


# --- at once -----------------------------------------------------------------------------


def test_the_same_key_thirty_two_times_at_once_has_one_effect_and_one_answer(desk: Desk) -> None:
    village = Village(desk)
    for _ in range(5):
        before, asked, together = cash(village), call(), Barrier(AT_ONCE)

        def client(_: int, asked: Call = asked, together: Barrier = together) -> Receipt:
            together.wait()
            return capital(desk, village, asked)

        with ThreadPoolExecutor(AT_ONCE) as threads:
            receipts = list(threads.map(client, range(AT_ONCE)))
        assert len({answered(receipt) for receipt in receipts}) == 1
        assert Counter(receipt.replayed for receipt in receipts) == {False: 1, True: AT_ONCE - 1}
        assert cash(village) - before == 1_000_000


def test_a_command_at_once_with_itself_is_never_refused_by_its_own_effect(desk: Desk) -> None:
    """A loan is paid once: who comes second would be told "not approved", were it not the same."""
    village = Village(desk, capital=50_000_000)
    for number in range(5):
        loan = village.approved(village.member(f"Thành Viên {number}"), 3_000_000)
        before, asked, together = cash(village), call(), Barrier(AT_ONCE)

        def client(_: int, loan: UUID = loan, asked: Call = asked, at: Barrier = together) -> Any:
            at.wait()
            return answered(disburse(desk, village, asked, loan))

        with ThreadPoolExecutor(AT_ONCE) as threads:
            assert len(set(threads.map(client, range(AT_ONCE)))) == 1
        assert before - cash(village) == 3_000_000
        with pytest.raises(Refusal) as refused:
            disburse(desk, village, call(), loan)
        assert refused.value.code == "not-approved"


def test_the_control_takes_effect_again_and_again_without_a_key(desk: Desk) -> None:
    village, together = Village(desk), Barrier(AT_ONCE)

    def client(_: int) -> bool:
        together.wait()
        try:
            capital(desk, village, Call("person-1"))
        except StaleVersion:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as threads:
        effects = sum(threads.map(client, range(AT_ONCE)))
    assert effects > 1
    assert cash(village) == effects * 1_000_000


# --- again -------------------------------------------------------------------------------


def test_the_same_key_is_answered_the_same_later_and_after_a_restart(
    desk: Desk, server: Server, database_name: str, master: MasterKey
) -> None:
    village, asked = Village(desk), call()
    first = capital(desk, village, asked)
    capital(desk, village, call())
    assert not first.replayed
    assert capital(desk, village, asked) == Receipt(*answered(first), replayed=True)  # type: ignore[arg-type]

    database = Database(server.app(database_name))
    again = Desk(EventLog(database, KINDS), KeyRing(database, master))
    assert capital(again, village, asked) == Receipt(*answered(first), replayed=True)  # type: ignore[arg-type]
    assert cash(village) == 2_000_000
    again.log.close()


def test_a_key_that_comes_back_with_another_body_is_refused(desk: Desk) -> None:
    village = Village(desk)
    capital(desk, village, call("the-same-key-twice", body="one"))
    with pytest.raises(KeyReused) as refused:
        capital(desk, village, call("the-same-key-twice", body="other"), 2_000_000)
    assert refused.value.code == "idempotency-key-reused"
    assert cash(village) == 1_000_000


def test_two_bodies_under_one_key_at_once_have_one_effect(desk: Desk) -> None:
    village = Village(desk)
    for number in range(10):
        before, key, together = cash(village), f"two-bodies-at-once-{number}", Barrier(8)

        def client(n: int, key: str = key, together: Barrier = together) -> str:
            together.wait()
            try:
                return str(answered(capital(desk, village, call(key, body=str(n % 2)))))
            except KeyReused:
                return "reused"

        with ThreadPoolExecutor(8) as threads:
            said = Counter(threads.map(client, range(8)))
        assert said["reused"] == 4
        assert sorted(said.values()) == [4, 4]
        assert cash(village) - before == 1_000_000


def test_a_key_belongs_to_its_caller(desk: Desk) -> None:
    village = Village(desk)
    first = capital(desk, village, call("the-same-key-twice"))
    other = capital(desk, village, call("the-same-key-twice", actor="person-2"))
    assert first.event_id != other.event_id
    assert not other.replayed
    assert cash(village) == 2_000_000


def test_a_refused_command_leaves_its_key_free(desk: Desk) -> None:
    village = Village(desk)
    loan = village.approved(village.member("Nguyễn Thị Lan"), 3_000_000)
    asked = call()
    with pytest.raises(Refusal):
        disburse(desk, village, asked, loan)
    village.capital(3_000_000)
    assert not disburse(desk, village, asked, loan).replayed
    assert cash(village) == 0


def test_the_answer_tells_where_each_event_of_the_command_stands(desk: Desk) -> None:
    """Two events in one command: the replayed answer names the last one's position too."""
    village = Village(desk, capital=10_000_000)
    loan = village.lent(village.member("Nguyễn Thị Lan"), 1_000_000)
    asked = call()
    repay = books.Repay(occurred_on=DAY, amount=1_007_000, received_by=village.treasurer)
    first = books.repay_loan(desk, asked, loan, repay)
    capital(desk, village, call())
    again = books.repay_loan(desk, asked, loan, repay)
    assert answered(first) == answered(again)
    assert first.position == desk.log.head() - 1


# --- another process ---------------------------------------------------------------------


def test_no_refusal_is_told_of_what_another_process_has_changed_since(
    desk: Desk, server: Server, database_name: str, master: MasterKey
) -> None:
    """Commands are first decided on the histories as this process remembers them."""
    village = Village(desk)
    loan = village.approved(village.member("Nguyễn Thị Lan"), 3_000_000)
    with Cutter(server.app(database_name)) as cutter, desk_behind(cutter, master) as other:
        with pytest.raises(Refusal):
            disburse(other, village, call(), loan)
        village.capital(3_000_000)
        assert not disburse(other, village, call(), loan).replayed
        with pytest.raises(Refusal) as refused:  # remembered here: approved, 3 million in the box
            disburse(desk, village, call(), loan)
    assert refused.value.code == "not-approved"
    assert cash(village) == 0


# --- the line cut ------------------------------------------------------------------------


@contextmanager
def desk_behind(cutter: Cutter, master: MasterKey) -> Iterator[Desk]:
    database = Database(cutter.address, size=4)
    log = EventLog(database, KINDS)
    try:
        yield Desk(log, KeyRing(database, master))
    finally:
        log.close()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_line_cut_at_the_append_changes_neither_the_answer_nor_the_count(
    desk: Desk, server: Server, database_name: str, master: MasterKey, moment: Moment
) -> None:
    """The reply lost after the commit: the event is stored, and nobody heard of it."""
    village = Village(desk)
    with Cutter(server.app(database_name)) as cutter, desk_behind(cutter, master) as far:
        capital(far, village, call())
        for done in range(1, ROUNDS + 1):
            asked = call()
            # An answer that came by the key left memory behind: the cut shall meet no stale append.
            far.log.load(BOOK, book_of(village.club_id))
            cutter.arm(THE_APPEND, moment)
            receipt = capital(far, village, asked)
            assert cutter.cuts == done
            assert receipt.replayed == (moment == "after")
            assert answered(receipt) == answered(capital(desk, village, asked))
            assert times_stored(desk, asked) == 1
    assert cash(village) == (ROUNDS + 1) * 1_000_000


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_line_cut_at_the_append_is_not_tried_again_without_a_key(
    desk: Desk, server: Server, database_name: str, master: MasterKey, moment: Moment
) -> None:
    """Nobody could tell whether it took effect: the caller hears "unavailable", never a guess."""
    village = Village(desk)
    with Cutter(server.app(database_name)) as cutter, desk_behind(cutter, master) as far:
        cutter.arm(THE_APPEND, moment)
        with pytest.raises(Unavailable):
            capital(far, village, Call("person-1"))
        assert cutter.cuts == 1
    assert cash(village) == (1_000_000 if moment == "after" else 0)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_line_cut_at_any_request_of_a_command_never_doubles_or_halves_it(
    desk: Desk, server: Server, database_name: str, master: MasterKey, moment: Moment
) -> None:
    """The first request, the second, … until the command meets no cut any more."""
    village = Village(desk, capital=50_000_000)
    heard = Counter[str]()
    with Cutter(server.app(database_name)) as cutter, desk_behind(cutter, master) as far:
        capital(far, village, call())
        for number in range(100):
            member = village.member(f"Thành Viên {number}")
            loan, asked = village.approved(member, 1_000_000), call()
            before = cash(village)
            cutter.arm(b"", moment, skip=number)
            try:
                receipt = disburse(far, village, asked, loan)
                heard["answered"] += 1
            except Unavailable:
                heard["unavailable"] += 1
                assert not cutter.disarm()
                receipt = disburse(far, village, asked, loan)
            assert times_stored(desk, asked) == 1
            assert answered(receipt) == answered(disburse(desk, village, asked, loan))
            assert before - cash(village) == 1_000_000
            if cutter.disarm():
                break
        else:
            pytest.fail("every one of a hundred requests was cut")
    print(f"{cutter.cuts} cuts: {dict(heard)}")
    assert heard["answered"] >= 2  # the append itself, and the last round without a cut


def test_the_control_tells_a_conflict_of_an_event_that_is_stored(
    server: Server, database_name: str
) -> None:
    """The library tries again after a lost reply and takes its own event for another's."""
    address = server.admin(database_name)
    with Cutter(address) as cutter, library_recorder(cutter.address, pool_size=1) as recorder:
        for done in range(1, 4):
            event = StoredEvent(uuid7(), 1, "tests.Cut", b"{}")
            cutter.arm(b"COMMIT", "after")
            with pytest.raises(IntegrityError):
                recorder.insert_events([event])
            assert cutter.cuts == done
            assert recorder.select_events(event.originator_id) == [event]
