"""Any day, as known at any instant: loans, loan book and cash book against all raw events."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from desk import books
from desk.desk import Desk
from domain.errors import Refusal
from domain.loans.accounts import Fund
from domain.loans.commands import MoveMoney, PayExpense, ProposeReversal, ReceiveDues
from domain.loans.events import CapitalReceived, MoneyEvent
from exchange.importing import import_book
from projections import ledger, loans
from projections.cash_book import cash_book
from projections.figures import Period, figures, fund_moves
from projections.follower import Follower
from projections.loan_book import in_period, loan_book_rows, loan_book_totals
from projections.portfolio import portfolio
from projections.times import seen
from store.database import Database
from tests.projections import ledger_oracle as oracle
from village import SYSTEM, Village

START = date(2025, 1, 10)
BORROWERS = 6


class Muddle(Village):
    """A book kept in any order: back-dated receipts, reversals, loans repaid and lent again."""

    def __init__(self, desk: Desk, seed: int) -> None:
        super().__init__(desk, capital=40_000_000)
        self.random = Random(seed)
        self.people = [self.member(f"Người Thứ {n}") for n in range(BORROWERS)]
        self.loans: list[Any] = []
        self.done = 0
        while self.done < 50:
            try:
                self.random.choice(
                    (self.lend, self.repay, self.repay, self.repay, self.reverse, self.spend)
                )()
                self.done += 1
            except Refusal:
                continue

    def day(self) -> date:
        return START + timedelta(days=self.random.randrange(400))

    def lend(self) -> None:
        who, amount = self.random.choice(self.people), self.random.randrange(1, 60) * 50_000
        self.loans.append(
            self.lent(who, amount, self.day(), instalments=self.random.randrange(1, 13))
        )

    def repay(self) -> None:
        if self.loans:
            amount = self.random.choice((100_000, 333_333, 4_000_000, 4_000_000))
            self.repaid(self.random.choice(self.loans), amount, self.day())

    def spend(self) -> None:
        on, amount = self.day(), self.random.randrange(1, 200) * 1_000
        for command in (
            ReceiveDues(occurred_on=on, amount=amount + 50_000),
            PayExpense(occurred_on=on, amount=amount),
            MoveMoney(occurred_on=on, amount=10_000, fund=Fund.OPERATING, to_bank=True),
        ):
            books.record(self.desk, SYSTEM, self.club_id, command)

    def reverse(self) -> None:
        story = books.book_story(self.desk.log, self.club_id)
        money = [
            r
            for r in story
            if isinstance(r.event, MoneyEvent) and not isinstance(r.event, CapitalReceived)
        ]
        if not money:
            return
        target = self.random.choice(money)
        on = max(target.event.occurred_on, self.day())
        reason = self.desk.memo(self.club_id, "Ghi nhầm")
        assert reason is not None
        books.propose_reversal(
            self.desk,
            SYSTEM,
            ProposeReversal(
                event_id=target.id, occurred_on=on, proposed_by=self.secretary, reason=reason
            ),
        )
        books.approve_reversal(self.desk, SYSTEM, target.id, self.chair, on)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_day_as_known_at_every_instant(
    database: Database, desk: Desk, follower: Follower, seed: int
) -> None:
    village = Muddle(desk, seed)
    follower.catch_up()
    random = Random(seed)
    with database.connection() as connection:
        events = oracle.raw_events(connection, village.club_id)
        assert any(e.topic == "loans.EntryReversed" for e in events)
        assert any(e.topic == "loans.LoanSettled" for e in events)
        instants: list[datetime | None] = [None, *sorted({e.recorded_at for e in events})]
        days = sorted({e.on for e in events} | {START - timedelta(days=600)})
        for _ in range(60):
            known_at, on = random.choice(instants), random.choice(days)
            if random.random() < 0.3:
                on = on + timedelta(days=random.randrange(90))
            since = on - timedelta(days=random.randrange(200))
            _compare(connection, village.club_id, events, since, on, known_at)


def _compare(
    connection: Any,
    club_id: Any,
    events: list[oracle.Raw],
    since: date,
    on: date,
    known_at: datetime | None,
) -> None:
    then = oracle.visible(events, on, known_at)
    at = seen(connection, club_id, on, known_at)
    found = portfolio(connection, at)
    told = oracle.stories(then)
    assert {
        str(loan.row.loan_id): (
            loan.row.step,
            loan.row.amount,
            loan.outstanding,
            loan.row.interest_paid,
            [(due.due_on.isoformat(), due.principal, due.interest) for due in loan.instalments]
            if loan.was_lent
            else [],
        )
        for loan in found
    } == {
        loan_id: (
            loan.step,
            loan.amount,
            loan.balance(on),
            sum(paid[3] for paid in loan.paid),
            [(row["due_on"], row["principal"], row["interest"]) for row in loan.schedule],
        )
        for loan_id, loan in told.items()
    }
    # The loan book adds up to the ledger, row by row and in all.
    rows = loan_book_rows(in_period(found, since), since, {})
    totals = loan_book_totals(rows)
    for sums in (*rows, totals):
        paid = sums["principal_paid"] + sums["written_off"]
        assert sums["opening"] + sums["lent"] - paid == sums["outstanding"]
    balances = ledger.balances(connection, club_id, as_of=on, known_at=known_at)
    assert totals["outstanding"] == sum(b.amount for b in balances if b.account == "1283")
    assert totals["interest_paid"] == sum(
        paid[3] for loan in told.values() for paid in loan.paid if paid[0] >= since
    )
    # The cash book, line by line, for the box and for one fund of it.
    for fund in (None, Fund.LOAN, Fund.OPERATING):
        book = cash_book(connection, at, since=since, fund=fund)
        lines = oracle.cash(then, fund)
        opening = sum(line[-1] for line in lines if line[0] < since)
        shown = [line for line in lines if line[0] >= since]
        assert book.opening == opening
        assert [(m.occurred_on, m.position, m.amount) for m in book.moves] == [
            (day, position, amount) for day, _, position, _, amount in shown
        ]
        running = opening
        for move, line in zip(book.moves, shown, strict=True):
            running += line[-1]
            assert move.balance == running
        assert book.closing == running == book.opening + book.receipts - book.payments
    # And every figure that is made of them.
    period = Period(since, on)
    assert {
        f.name: (f.numerator, f.denominator, f.value)
        for f in figures(found, fund_moves(connection, at), period)
    } == oracle.figures(then, since, on, {0: (1_000, 30)})


def test_the_present_is_the_past_without_a_limit(
    database: Database, desk: Desk, follower: Follower
) -> None:
    village = Muddle(desk, 4)
    follower.catch_up()
    with database.connection() as connection:
        then = {
            x.row.loan_id: x
            for x in portfolio(connection, seen(connection, village.club_id, desk.today))
        }
        now = {row.loan_id: row for row in loans.of_club(connection, village.club_id)}
        assert {id: loan.row for id, loan in then.items() if loan.row.step != "withdrawn"} == now
        for id, loan in then.items():
            assert list(loan.instalments) == loans.instalments(connection, id)
            assert loan.payments == loans.payments(connection, village.club_id, id)


def test_the_books_of_an_import_end_at_its_control_totals(
    database: Database, desk: Desk, follower: Follower, shared_data: Path
) -> None:
    report = import_book(desk, follower, shared_data / "club-book.xlsx")
    assert report.club_id is not None
    with database.connection() as connection:
        at = seen(connection, report.club_id, desk.today)
        rows = loan_book_rows(in_period(portfolio(connection, at), None), None, {})
        box = cash_book(connection, at)
        funds = {fund: cash_book(connection, at, fund=fund).closing for fund in Fund}
    totals, control = (
        loan_book_totals(rows),
        json.loads((shared_data / "club-book.totals.json").read_text(encoding="utf-8")),
    )
    assert len(rows) == control["loans"]
    assert totals["lent"] == control["principal_disbursed"]
    assert totals["principal_paid"] == control["principal_repaid"]
    assert totals["interest_paid"] == control["interest_received"]
    assert totals["outstanding"] == control["principal_outstanding"]
    assert funds[Fund.LOAN] == control["loan_fund_cash"]
    assert funds[Fund.OPERATING] == control["operating_fund_cash"]
    assert box.closing == sum(funds.values())


def test_an_instant_is_the_last_position_recorded_by_then(
    database: Database, desk: Desk, follower: Follower
) -> None:
    village = Village(desk, capital=1_000_000)
    follower.catch_up()
    with database.connection() as connection:
        log = connection.execute(
            "SELECT notification_id, recorded_at FROM log.events ORDER BY 1"
        ).fetchall()
    for position, instant in log:
        last = max(p for p, recorded_at in log if recorded_at <= instant)
        assert seen_at(database, village, instant)[2:] == (last, instant)
        earlier = seen_at(database, village, instant - timedelta(microseconds=1))
        assert earlier.upto < position
    assert seen_at(database, village, log[0][1] - timedelta(days=1))[2:] == (0, None)
    assert seen_at(database, village, log[-1][1] + timedelta(days=1))[2:] == log[-1]


def seen_at(database: Database, village: Village, instant: datetime | None) -> Any:
    with database.connection() as connection:
        return seen(connection, village.club_id, START, instant)
