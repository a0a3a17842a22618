"""A small club for tests: named people, fixed days. Tests say only what they are about."""

from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from desk import books, people, requests
from desk.desk import Call, Desk
from domain.clubs.decisions import FoundClub, JoinClub
from domain.clubs.requests import DecideRequest, RequestData
from domain.loans.commands import (
    ApproveLoan,
    DisburseLoan,
    ReceiveCapital,
    Repay,
    RequestLoan,
)
from domain.loans.schedule import LoanTerms
from projections.belonging import clubs_ever_of, last_money_of

FOUNDED = date(2024, 1, 10)
DAY = date(2026, 3, 10)
SYSTEM = Call("system")

TERMS = LoanTerms.model_validate(
    {"instalments": 10, "method": "equal_principal", "rate": {"percent": "0.7", "per": "month"}}
)


class Village:
    """A founded club with a fund and its people, through the real desk."""

    def __init__(self, desk: Desk, *, capital: int = 0) -> None:
        self.desk = desk
        self.club_id = desk.new_id()
        people.found_club(
            desk,
            SYSTEM,
            FoundClub(club_id=self.club_id, name="CLB thôn Nà Thử", founded_on=FOUNDED),
        )
        self.chair = self.member("Nông Thị Chủ")
        self.treasurer = self.member("Lộc Văn Quỹ")
        self.secretary = self.member("Vi Thị Thư")
        if capital:
            self.capital(capital)

    def member(
        self, name: str, *, joined_on: date = FOUNDED, household: UUID | None = None
    ) -> UUID:
        person_id = self.desk.new_id()
        people.join_club(
            self.desk,
            SYSTEM,
            self.club_id,
            people.NewPerson(name=name, household_id=household),
            JoinClub(person_id=person_id, joined_on=joined_on),
        )
        return person_id

    def capital(self, amount: int, on: date = FOUNDED) -> None:
        command = ReceiveCapital.model_validate(
            {"occurred_on": on, "amount": amount, "source": "state_budget"}
        )
        books.record(self.desk, SYSTEM, self.club_id, command)

    def requested(
        self,
        borrower: UUID,
        amount: int,
        on: date = DAY,
        *,
        guarantor_ids: tuple[UUID, ...] = (),
        **terms: object,
    ) -> UUID:
        loan_id = self.desk.new_id()
        books.request_loan(
            self.desk,
            SYSTEM,
            self.club_id,
            borrower,
            RequestLoan(
                occurred_on=on,
                loan_id=loan_id,
                amount=amount,
                terms=TERMS.model_copy(update=terms),
                guarantor_ids=guarantor_ids,
                proposed_by=self.secretary,
            ),
        )
        return loan_id

    def approved(self, borrower: UUID, amount: int, on: date = DAY, **terms: Any) -> UUID:
        loan_id = self.requested(borrower, amount, on, **terms)
        approval = ApproveLoan(occurred_on=on, minutes="BB 012")
        books.approve_loan(self.desk, SYSTEM, loan_id, self.chair, approval)
        return loan_id

    def lent(self, borrower: UUID, amount: int, on: date = DAY, **terms: Any) -> UUID:
        loan_id = self.approved(borrower, amount, on, **terms)
        books.disburse_loan(
            self.desk, SYSTEM, loan_id, DisburseLoan(occurred_on=on, paid_by=self.treasurer)
        )
        return loan_id

    def erased(self, person_id: UUID, *purposes: str, on: date = DAY) -> UUID:
        """Asked for through the secretary and granted by the chair; returns the request."""
        request_id = self.desk.new_id()
        asking = RequestData.model_validate(
            {
                "occurred_on": on,
                "request_id": request_id,
                "kind": "erase",
                "purposes": purposes,
                "entered_by": self.secretary,
            }
        )
        requests.request_data(self.desk, SYSTEM, person_id, asking)
        granting = DecideRequest.model_validate(
            {
                "occurred_on": on,
                "request_id": request_id,
                "granted": True,
                "ground": "consent_withdrawn",
                "decided_by": self.chair,
            }
        )
        with self.desk.log.database.connection() as connection:
            requests.decide_request(
                self.desk,
                SYSTEM,
                person_id,
                granting,
                partial(clubs_ever_of, connection),
                partial(last_money_of, connection),
            )
        return request_id

    def repaid(self, loan_id: UUID, amount: int, on: date) -> None:
        repayment = Repay(occurred_on=on, amount=amount, received_by=self.treasurer)
        books.repay_loan(self.desk, SYSTEM, loan_id, repayment)
