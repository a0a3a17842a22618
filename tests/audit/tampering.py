"""A club with one of everything in its book, and somebody who tampers with it.

The tampering is done as the server's administrator, with the log's own guards switched off: what
nobody may do, somebody with the disk in hand still can.
"""

import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from audit.findings import Finding, Report
from desk import books, people
from desk.desk import Call, Desk
from domain.clubs.decisions import ElectBoard, JoinClub, LeaveClub
from domain.clubs.events import HouseholdClass, Office, OfficeHolder, Sex
from domain.loans.accounts import Fund
from domain.loans.commands import (
    CountCash,
    MoveMoney,
    PayExpense,
    ProposeReversal,
    ReceiveDues,
    SettleCashDifference,
    TransferFunds,
)
from domain.values import Birth, Purpose, Sealed
from village import DAY, FOUNDED, SYSTEM, Village

LATER = date(2026, 4, 10)


class Busy(Village):
    """A club whose book holds one of everything."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, capital=20_000_000)
        elected = ElectBoard(
            elected_on=FOUNDED,
            holders=(
                OfficeHolder(office=Office.CHAIR, person_id=self.chair),
                OfficeHolder(office=Office.TREASURER, person_id=self.treasurer),
            ),
        )
        people.elect_board(desk, SYSTEM, self.club_id, elected)
        self.left = self.member("Hà Thị Rời")
        people.leave_club(desk, SYSTEM, self.club_id, LeaveClub(person_id=self.left, left_on=DAY))
        self.borrower = self.detailed("Mã Thị Vay")
        keyed = Call("system", key="thu hội phí", body=b"900.000")
        self.dues = self.record(ReceiveDues(occurred_on=DAY, amount=900_000), keyed)
        self.expense = self.record(PayExpense(occurred_on=DAY, amount=120_000))
        self.moved = self.record(
            MoveMoney(occurred_on=DAY, amount=300_000, fund=Fund.OPERATING, to_bank=True)
        )
        self.transfer = self.record(
            TransferFunds(
                occurred_on=DAY, amount=50_000, from_fund=Fund.OPERATING, to_fund=Fund.CARE
            )
        )
        self.count = self.record(
            CountCash(
                occurred_on=DAY,
                funds=(Fund.OPERATING, Fund.CARE),
                sheets={100_000: 4, 50_000: 1},
                signed_by=(self.chair, self.treasurer, self.secretary),
            )
        )
        self.difference = self.settle_difference(parts={Fund.OPERATING: 30_000})
        self.loan = self.lent(self.borrower, 3_000_000)
        self.repaid(self.loan, 321_000, LATER)
        self.settled = self.lent(self.member("Triệu Văn Trả"), 1_000_000)
        self.repaid(self.settled, 1_500_000, LATER)  # more than is owed: the rest is in clearing
        self.reopened = self.lent(self.member("Lý Văn Lại"), 1_000_000)
        self.repaid(self.reopened, 1_007_000, LATER)
        self.reverse(self.last_of("loans.RepaymentReceived"))
        self.taken_back = self.lent(self.member("Đàm Thị Thôi"), 2_000_000)
        self.reverse(self.last_of("loans.LoanDisbursed"))
        self.reverse(self.transfer)

    def settle_difference(self, **more: Any) -> UUID:
        command = SettleCashDifference(
            occurred_on=DAY,
            count_id=self.count,
            reason=self.sealed("Thiếu tiền lẻ"),
            settled_by=self.secretary,
            approved_by=self.chair,
            **more,
        )
        return books.settle_difference(self.desk, SYSTEM, command).event_id

    def sealed(self, text: str) -> Sealed:
        return self.desk.keys.seal(self.club_id, Purpose.MEMO, text)

    def detailed(self, name: str) -> UUID:
        person_id = self.desk.new_id()
        person = people.NewPerson(
            name=name,
            sex=Sex.FEMALE,
            birth=Birth(year=1955),
            household_id=self.desk.new_id(),
            household_class=HouseholdClass.POOR,
            class_valid_from=FOUNDED,
        )
        command = JoinClub(person_id=person_id, joined_on=FOUNDED)
        people.join_club(self.desk, SYSTEM, self.club_id, person, command)
        return person_id

    def record(self, command: Any, call: Call = SYSTEM) -> UUID:
        return books.record(self.desk, call, self.club_id, command).event_id

    def last_of(self, topic: str) -> UUID:
        story = books.book_story(self.desk.log, self.club_id)
        return next(r.id for r in reversed(story) if topic == r.event.TOPIC)

    def reverse(self, event_id: UUID) -> None:
        proposal = ProposeReversal(
            occurred_on=LATER,
            event_id=event_id,
            proposed_by=self.secretary,
            reason=self.sealed("Ghi nhầm"),
        )
        books.propose_reversal(self.desk, SYSTEM, proposal)
        books.approve_reversal(self.desk, SYSTEM, event_id, self.chair, LATER)


class Intruder:
    """Somebody with the server in hand: every guard of the log is off."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        for table in ("events", "commands", "entities"):
            self.sql(f"ALTER TABLE log.{table} DISABLE TRIGGER append_only")

    def sql(self, query: str, *arguments: object) -> None:
        cursor = self._connection.execute(query, arguments)
        assert cursor.rowcount != 0, "the tampering hit nothing"

    def one(self, query: str, *arguments: object) -> Any:
        row = self._connection.execute(query, arguments).fetchone()
        assert row is not None
        return row[0]

    def event(self, topic: str, *, nth: int = 1) -> UUID:
        """The nth event of a kind."""
        found: UUID = self.one(
            """SELECT event_id FROM log.events WHERE topic = %s
               ORDER BY notification_id OFFSET %s LIMIT 1""",
            topic,
            nth - 1,
        )
        return found

    def registered(self, person_id: UUID) -> UUID:
        found: UUID = self.one(
            """SELECT event_id FROM log.events
               WHERE originator_id = %s AND topic = 'clubs.PersonRegistered'""",
            person_id,
        )
        return found

    def body(self, event_id: UUID) -> dict[str, Any]:
        state = self.one("SELECT state FROM log.events WHERE event_id = %s", event_id)
        body: dict[str, Any] = json.loads(bytes(state))
        return body

    def rewrite(self, event_id: UUID, change: Callable[[dict[str, Any]], object]) -> None:
        body = self.body(event_id)
        change(body)
        self.sql(
            "UPDATE log.events SET state = %s WHERE event_id = %s",
            json.dumps(body, ensure_ascii=False).encode(),
            event_id,
        )


def codes(report: Report, level: str = "finding") -> set[str]:
    return {finding.code for finding in report.findings if finding.level == level}


def named(report: Report, code: str) -> Finding:
    found = [finding for finding in report.findings if finding.code == code]
    assert found, f"{code} is not among {sorted(codes(report))}"
    return found[0]
