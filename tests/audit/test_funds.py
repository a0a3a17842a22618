"""The whole book of the funds: true as the desk wrote it, and every tampering found."""

import secrets
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import psycopg
import pytest

from audit.checks import run
from desk import books
from desk.desk import KINDS, Desk
from domain.errors import Refusal
from domain.loans.commands import ReceiveDues
from projections import findings, ledger, loans
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog
from tests.audit.tampering import Intruder, codes, named
from tests.audit.wholebook import AFTER, APRIL, WholeBook
from village import SYSTEM


@pytest.fixture(scope="module")
def whole(server: Any, template: str, master: MasterKey) -> Iterator[tuple[str, WholeBook]]:
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        database = Database(server.app(name))
        keys = KeyRing(database, master)
        club = WholeBook(Desk(EventLog(database, KINDS), keys))
        Follower(database, keys).catch_up(30)
        database.close()
        yield name, club
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_name(server: Any, whole: tuple[str, WholeBook]) -> Iterator[str]:
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {whole[0]} OWNER sochung_owner")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def club(whole: tuple[str, WholeBook], desk: Desk) -> WholeBook:
    club = copy(whole[1])
    club.desk = desk
    return club


@pytest.fixture
def intruder(club: WholeBook, server: Any, database_name: str) -> Iterator[Intruder]:
    with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
        yield Intruder(connection)


def test_the_whole_book_is_clean(database: Database, club: WholeBook) -> None:
    report = run(database, KINDS)
    assert report.findings == ()
    assert report.checked["listed-findings"] > 0


def test_folded_at_once_it_is_the_same_book(
    database: Database, club: WholeBook, desk: Desk
) -> None:
    """Reversal and restoration then lie in one window of the log."""
    Follower(database, desk.keys).rebuild()
    assert run(database, KINDS).findings == ()


# --- the read models ---------------------------------------------------------------------------


def test_findings_are_listed_until_somebody_settles_them(
    database: Database, club: WholeBook
) -> None:
    with database.connection() as connection:
        listed = findings.of_club(connection, club.club_id)
        still_open = findings.of_club(connection, club.club_id, is_open=True)
    dear = club.last_of("loans.LoanRequested", nth=2)
    assert [(r.event_id, r.kind, r.code, r.settled_by) for r in listed] == [
        (dear, "warning", "effective-rate-above-20", None),
        (club.closed, "finding", "unconfirmed", club.secretary),
        (club.reversal, "finding", "interest-overallocated", None),
    ]
    assert [r.code for r in still_open] == ["effective-rate-above-20", "interest-overallocated"]


def test_a_late_fact_shows_its_own_date_in_the_ledger(database: Database, club: WholeBook) -> None:
    with database.connection() as connection:
        lines = [x for x in ledger.lines(connection, club.club_id) if x.event_id == club.late]
    assert {(x.occurred_on, x.happened_on) for x in lines} == {(AFTER, APRIL)}


def test_each_box_has_its_own_slip_in_the_ledger(database: Database, club: WholeBook) -> None:
    with database.connection() as connection:
        lines = list(ledger.lines(connection, club.club_id))
        slips = {v.label: v for v in ledger.vouchers(connection, club.club_id)}
    cash = {
        line.fund: line
        for line in lines
        if (line.event_id, line.account) == (club.allocation, "111")
    }
    assert set(cash) == {"loan", "operating", "care", "reserve"}
    assert len({line.voucher for line in cash.values()}) == 4
    for line in cash.values():
        assert line.voucher is not None
        assert slips[line.voucher].amount == abs(line.amount)
        assert line.voucher[:2] == ("PC" if line.amount < 0 else "PT")
    shortage = {
        line.fund: (line.voucher, line.amount)
        for line in lines
        if (line.event_id, line.account) == (club.shortage, "111")
    }
    assert {amount for _, amount in shortage.values()} == {-20_000, -10_000}
    assert len({voucher for voucher, _ in shortage.values()}) == 2


def test_a_settled_advances_slip_is_of_the_cash_that_came_back(
    database: Database, club: WholeBook
) -> None:
    with database.connection() as connection:
        slips = ledger.vouchers(connection, club.club_id)
    assert [v.amount for v in slips if v.event_id == club.settlement] == [50_000]


def test_a_restored_entry_is_in_force_again(database: Database, club: WholeBook) -> None:
    with database.connection() as connection:
        slips = ledger.vouchers(connection, club.club_id)
        settled = loans.one(connection, club.settled)
        paid_out = loans.one(connection, club.taken_back)
    assert not any(v.reversed for v in slips if v.event_id == club.returned)
    assert settled is not None
    assert (settled.step, settled.outstanding, settled.payments) == ("settled", 0, 1)
    assert paid_out is not None
    assert (paid_out.step, paid_out.outstanding) == ("disbursed", 2_000_000)


# --- two people and one report -------------------------------------------------------------------


def test_a_book_that_moved_on_shows_the_approver_another_report(club: WholeBook) -> None:
    """Between proposal and approval somebody paid on the same loan."""
    club.repaid(club.taken_back, 100_000, AFTER)
    target = club.last_of("loans.RepaymentReceived")
    shown = books.reversal_report(club.desk, target, AFTER)
    assert [loan.outstanding.after for loan in shown.loans] == [2_000_000]
    club.proposed(target, AFTER, report=shown.digest)

    def approve(accepted: str | None = None) -> None:
        books.approve_reversal(club.desk, SYSTEM, target, club.chair, AFTER, accepted)

    books.record(club.desk, SYSTEM, club.club_id, ReceiveDues(occurred_on=AFTER, amount=1_000))
    club.repaid(club.taken_back, 50_000, AFTER)
    with pytest.raises(Refusal) as refusal:
        approve()
    assert refusal.value.code == "report-changed"
    now = books.reversal_report(club.desk, target, AFTER)
    assert refusal.value.facts["report"] == now.digest
    with pytest.raises(Refusal):
        approve(shown.digest)
    approve(now.digest)
    with pytest.raises(Refusal) as again:
        approve(now.digest)
    assert again.value.code == "already-reversed"


def test_a_book_that_moved_elsewhere_needs_no_second_look(club: WholeBook) -> None:
    club.proposed(club.late, AFTER)
    club.repaid(club.taken_back, 50_000, AFTER)
    books.approve_reversal(club.desk, SYSTEM, club.late, club.chair, AFTER)


def test_a_report_read_too_long_ago_is_not_proposed_on(club: WholeBook) -> None:
    shown = books.reversal_report(club.desk, club.late, AFTER)
    club.record(ReceiveDues(occurred_on=AFTER, amount=1_000))
    with pytest.raises(Refusal) as refusal:
        club.proposed(club.late, AFTER, report=shown.digest)
    assert refusal.value.code == "report-changed"
    club.proposed(club.late, AFTER)


# --- tampering -----------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


def setting(**fields: Any) -> Change:
    return lambda body: body.update(fields)


def giving(field: str, other: str) -> Change:
    """One person in both roles."""
    return lambda body: body.update({field: body[other]})


TAMPERED: list[tuple[str, str, Change]] = [
    ("interest-parts", "InterestAllocated", setting(care=1, reserve=1)),
    ("capital-over-returned", "CapitalReturned", setting(source="state_budget")),
    ("capital-over-returned", "CapitalReceived", setting(restriction="revolving_only")),
    ("same-person", "CapitalReturned", giving("paid_by", "approved_by")),
    ("same-person", "CashDifferenceSettled", giving("approved_by", "settled_by")),
    ("same-person", "PeriodClosed", giving("closed_by", "approved_by")),
    ("same-person", "AdvanceGiven", giving("paid_by", "holder_id")),
    ("advance-negative", "AdvanceGiven", lambda b: b["lines"][0].pop("member_id")),
    ("difference-settled", "CashDifferenceSettled", setting(shortage=True)),
    ("count-unsettled", "CashDifferenceSettled", giving("count_id", "settled_by")),
    ("close-uncounted", "CashCounted", setting(funds=["loan"])),
    ("close-unconfirmed", "PeriodClosed", setting(unconfirmed=[])),
    ("closed-period", "DuesReceived", setting(occurred_on=str(APRIL))),
    ("happened-after", "DuesReceived", setting(happened_on="2026-05-11")),
    ("hand-over-unsigned", "TreasurerHandedOver", setting(signed_by=[])),
    ("finding-unknown", "FindingSettled", setting(code="limit")),
    ("restores-other", "EntryReversed", setting(restored_topic="loans.ExpensePaid")),
]


@pytest.mark.parametrize(
    ("code", "kind", "change"), TAMPERED, ids=[f"{c}-{k}" for c, k, _ in TAMPERED]
)
def test_a_changed_event_of_the_funds_is_found(
    database: Database, club: WholeBook, intruder: Intruder, code: str, kind: str, change: Change
) -> None:
    last = intruder.one(
        """SELECT event_id FROM log.events WHERE topic = %s
             AND (%s <> 'EntryReversed' OR convert_from(state, 'UTF8')::jsonb ? 'restores')
             AND (%s <> 'CapitalReceived'
                  OR convert_from(state, 'UTF8')::jsonb ->> 'restriction' = 'returnable')
           ORDER BY notification_id DESC LIMIT 1""",
        f"loans.{kind}",
        kind,
        kind,
    )
    intruder.rewrite(last, change)
    assert code in codes(run(database))


@pytest.mark.parametrize(
    ("code", "change"),
    [
        (
            "findings-differ",
            "UPDATE read.findings SET settled_at = NULL WHERE code = 'unconfirmed'",
        ),
        (
            "findings-differ",
            "UPDATE read.findings SET occurred_on = occurred_on + 1 WHERE kind = 'finding'",
        ),
        ("findings-missing", "DELETE FROM read.findings WHERE kind = 'finding'"),
    ],
)
def test_a_wrong_row_of_the_findings(
    database: Database, club: WholeBook, intruder: Intruder, code: str, change: str
) -> None:
    intruder.sql(change)
    assert named(run(database), code).event_id in (str(club.closed), str(club.reversal))
