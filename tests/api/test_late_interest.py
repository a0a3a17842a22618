"""What being late costs, as a member is told it: paid, owed now, owed on another day."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from desk import books, loans, people
from desk.desk import Desk
from domain.clubs.decisions import AdoptRegulation
from domain.loans.commands import ExtendLoan, FreezeLoan, ProposeReversal, WaiveInterest
from domain.regulation import Rules
from projections.follower import Follower
from village import DAY, SYSTEM, TERMS, Village

MAY, JUNE = date(2026, 5, 10), date(2026, 6, 10)
AUTUMN = date(2026, 9, 15)
DAYS = ("2026-05-10", "2026-06-20", "2026-09-15", "2026-11-20")


class Late(Village):
    """A club that charges for being late from the first day, and a loan of ten instalments."""

    def __init__(self, desk: Desk, client: TestClient, follower: Follower) -> None:
        super().__init__(desk, capital=20_000_000)
        self.client, self.follower = client, follower
        rules = Rules(late_charge="civil_code", late_grace_days=0)
        regulation = AdoptRegulation(
            adopted_on=DAY,
            effective_from=DAY,
            rules=rules,
            proposed_by=self.treasurer,
            approved_by=self.chair,
        )
        people.adopt_regulation(desk, SYSTEM, self.club_id, regulation)
        self.loan = self.lent(self.member("Vy Thị Muộn"), 1_000_000)

    def vote(self, on: date) -> dict[str, Any]:
        return {"occurred_on": on, "proposed_by": self.treasurer, "minutes": "BB 1"}

    def last_repayment(self) -> UUID:
        story = books.book_story(self.desk.log, self.club_id)
        return next(r.id for r in reversed(story) if r.event.TOPIC == "loans.RepaymentReceived")

    def taken_back(self, on: date) -> None:
        event_id = self.last_repayment()
        reason = self.desk.memo(self.club_id, "Ghi nhầm")
        assert reason is not None
        proposal = ProposeReversal(
            event_id=event_id, occurred_on=on, proposed_by=self.secretary, reason=reason
        )
        books.propose_reversal(self.desk, SYSTEM, proposal)
        books.approve_reversal(self.desk, SYSTEM, event_id, self.chair, on)

    def life(self) -> Iterator[None]:
        """One step after the other of all that a late charge depends on."""
        yield
        self.repaid(self.loan, 100, MAY)  # the charge alone, and not all of it
        yield
        self.repaid(self.loan, 200_000, MAY)
        yield
        freeze = FreezeLoan(**self.vote(date(2026, 5, 20)), until=JUNE)
        loans.freeze_loan(self.desk, SYSTEM, self.loan, self.chair, freeze)
        yield
        self.repaid(self.loan, 60_000, AUTUMN)
        yield
        self.taken_back(AUTUMN)
        yield
        extension = ExtendLoan(**self.vote(date(2026, 9, 25)), terms=TERMS)
        loans.extend_loan(self.desk, SYSTEM, self.loan, self.chair, extension)
        yield
        waiver = WaiveInterest(**self.vote(date(2026, 10, 30)), late_interest=7)
        loans.waive_interest(self.desk, SYSTEM, self.loan, self.chair, waiver)
        yield
        self.repaid(self.loan, 2_000, date(2026, 11, 20))
        yield

    def got(self, address: str, **params: str) -> dict[str, Any]:
        self.follower.catch_up()
        answer = self.client.get(address, params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def shown(self, **params: str) -> dict[str, Any]:
        return self.got(f"/v1/loans/{self.loan}", **params)

    def book(self, **params: str) -> dict[str, Any]:
        return self.got(f"/v1/clubs/{self.club_id}/loan-book", **params)

    def now(self) -> str:
        head = self.desk.log.head()
        return str(self.client.get(f"/v1/events?after={head - 1}").json()[0]["time"])


@pytest.fixture
def late(desk: Desk, client: TestClient, follower: Follower) -> Late:
    return Late(desk, client, follower)


def test_a_payment_says_what_it_paid_for_being_late(late: Late) -> None:
    """100.000 and 7.000 due on 10 April, 30 days late: 12,6 % and 10 % a year."""
    assert late.shown(on="2026-05-10")["owed"]["late_interest"] == 1_093
    late.repaid(late.loan, 100, MAY)
    late.repaid(late.loan, 200_000, MAY)
    columns = ("amount", "principal", "interest", "late_interest")
    paid = [[one[name] for name in columns] for one in late.shown()["payments"]]
    assert [row[3] for row in paid] == [100, 993]
    assert sum(row[0] for row in paid) == 199_007
    row = late.book(to="2026-05-10")
    assert (row["totals"]["late_interest_paid"], row["totals"]["late_interest"]) == (1_093, 0)
    late.taken_back(MAY)
    assert [one["late_interest"] for one in late.shown()["payments"]] == [100, 993, -993]
    row = late.book(to="2026-05-10")
    assert (row["totals"]["late_interest_paid"], row["totals"]["late_interest"]) == (100, 993)


def test_what_is_owed_for_being_late_is_the_same_however_it_is_asked(late: Late) -> None:
    told = []
    for _ in late.life():
        then = late.now()
        owed = {on: late.shown(on=on)["owed"] for on in DAYS}
        told.append((then, owed))
        assert {on: late.shown(on=on, known_at=then)["owed"] for on in DAYS} == owed
    assert len({owed[DAYS[-1]]["late_interest"] for _, owed in told}) > 5
    for then, owed in told:  # all of it again, when more is known
        assert {on: late.shown(on=on, known_at=then)["owed"] for on in DAYS} == owed
        row = late.book(known_at=then)["items"][0]
        now = late.shown(known_at=then)
        assert row["late_interest"] == now["owed"]["late_interest"]


def test_as_of_a_day_later_payments_are_not_known(late: Late) -> None:
    for _ in late.life():
        pass
    early = late.shown(as_of="2026-05-09", on="2026-05-10")
    assert (early["payments"], early["owed"]["late_interest"]) == ([], 1_093)
    assert late.shown(as_of="2026-05-10")["owed"]["late_interest"] == 0
