"""Somebody was entered twice and merged: loans and signatures of before still are theirs."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from desk import associations, books, clubs, loans, merging
from desk.desk import Call, Desk, Receipt
from domain.clubs.association import RegisterAssociation
from domain.clubs.board import ElectBoard, NameStandIn
from domain.clubs.events import Office, OfficeHolder
from domain.clubs.merging import ApproveMerge, ProposeMerge
from domain.clubs.reporting import AcceptReport, SubmitReport
from domain.errors import Refusal
from domain.loans.accounts import Fund
from domain.loans.commands import (
    AppraiseLoan,
    CallGuarantor,
    CheckUse,
    ConfirmEntry,
    EndorseLoan,
    GiveAdvance,
    ReceiveDues,
    RefundExcess,
    Repay,
    SettleAdvance,
    StateBalance,
)
from domain.values import Purpose
from village import DAY, SYSTEM, Village

LATER = DAY + timedelta(days=30)


class Twice(Village):
    """Lan borrowed, guaranteed and kept money as `double`; from now on she goes by `lan`."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, capital=50_000_000)
        self.lan, self.double = self.member("Hoàng Thị Lan"), self.member("Hoàng Thị Lan")
        self.hoa = self.member("Vi Thị Hoa")
        self.waiting = self.requested(self.double, 1_000_000)
        self.granted = self.approved(self.hoa, 1_000_000, guarantor_ids=(self.double,))
        self.out = self.lent(self.double, 2_000_000, instalments=1)
        self.guaranteed = self.lent(self.hoa, 1_000_000, guarantor_ids=(self.double,))
        self.repaid(self.guaranteed, 50_000, LATER)
        dues = ReceiveDues.model_validate(
            {"occurred_on": DAY, "amount": 3_000_000, "payer_id": self.hoa}
        )
        books.record(desk, SYSTEM, self.club_id, dues)

    def merged(self) -> None:
        reason = self.desk.seal(self.lan, Purpose.IDENTITY, "Nhập hai lần")
        assert reason is not None
        asked = ProposeMerge(duplicate_id=self.double, proposed_by=self.secretary, reason=reason)
        known = merging.Known(club_ids=(self.club_id,))
        merging.propose_merge(self.desk, SYSTEM, self.lan, asked, known)
        granted = ApproveMerge(duplicate_id=self.double, approved_by=self.chair)
        merging.approve_merge(self.desk, SYSTEM, self.lan, granted, known)


@pytest.fixture
def twice(desk: Desk) -> Twice:
    return Twice(desk)


def refused(attempt: Callable[[], Receipt], code: str = "same-person") -> None:
    with pytest.raises(Refusal) as refusal:
        attempt()
    assert refusal.value.code == code


Attempt = Callable[[Twice, UUID], Receipt]
ATTEMPTS: dict[str, Attempt] = {
    "appraises": lambda v, who: books.appraise_loan(
        v.desk, SYSTEM, v.waiting, AppraiseLoan(occurred_on=LATER, appraised_by=who, in_favour=True)
    ),
    "endorses what she guarantees": lambda v, who: loans.endorse_loan(
        v.desk, SYSTEM, v.granted, EndorseLoan(occurred_on=LATER, endorsed_by=who)
    ),
    "checks the use": lambda v, who: loans.check_use(
        v.desk, SYSTEM, v.out, CheckUse(occurred_on=LATER, checked_by=who, as_agreed=True)
    ),
    "takes her own repayment": lambda v, who: books.repay_loan(
        v.desk, SYSTEM, v.out, Repay(occurred_on=LATER, amount=10_000, received_by=who)
    ),
    "witnesses her balance": lambda v, who: loans.confirm_balance(
        v.desk, SYSTEM, v.out, StateBalance(occurred_on=LATER, stated=2_000_000, witness_id=who)
    ),
}


@pytest.mark.parametrize("what", ATTEMPTS)
def test_what_she_may_not_do_for_herself_she_may_not_under_the_other_id(
    twice: Twice, what: str
) -> None:
    twice.merged()
    refused(lambda: ATTEMPTS[what](twice, twice.lan))
    assert ATTEMPTS[what](twice, twice.treasurer).position


def test_who_gets_too_much_back_does_not_pay_it_out(twice: Twice) -> None:
    twice.repaid(twice.out, 2_100_000, LATER)
    twice.merged()

    def paid_by(who: UUID) -> Receipt:
        command = RefundExcess(occurred_on=LATER, paid_by=who)
        return loans.refund_excess(twice.desk, SYSTEM, twice.out, command)

    refused(lambda: paid_by(twice.lan))
    assert paid_by(twice.treasurer).vouchers


def test_a_guarantor_is_called_by_the_id_she_goes_by(twice: Twice) -> None:
    twice.merged()

    def called(guarantor: UUID, by: UUID) -> Receipt:
        command = CallGuarantor(occurred_on=LATER, guarantor_id=guarantor, called_by=by)
        return loans.call_guarantor(twice.desk, SYSTEM, twice.guaranteed, command)

    refused(lambda: called(twice.lan, twice.lan))
    refused(lambda: called(twice.hoa, twice.chair), "not-a-guarantor")
    assert called(twice.lan, twice.chair).position


def test_an_advance_is_settled_whichever_id_it_was_given_to(twice: Twice) -> None:
    def given(who: UUID, amount: int) -> None:
        command = GiveAdvance.model_validate(
            {"occurred_on": DAY, "amount": amount, "fund": Fund.OPERATING, "holder_id": who,
             "paid_by": twice.treasurer}
        )  # fmt: skip
        books.record(twice.desk, SYSTEM, twice.club_id, command)

    def settled(spent: int, returned: int) -> Receipt:
        command = SettleAdvance.model_validate(
            {"occurred_on": LATER, "spent": spent, "returned": returned, "fund": Fund.OPERATING,
             "holder_id": twice.lan, "received_by": twice.treasurer}
        )  # fmt: skip
        return books.record(twice.desk, SYSTEM, twice.club_id, command)

    given(twice.double, 300_000)
    given(twice.lan, 200_000)
    twice.merged()
    refused(lambda: settled(500_001, 0), "exceeds-advance")
    settled(350_000, 50_000)
    refused(lambda: settled(100_001, 0), "exceeds-advance")
    assert settled(100_000, 0).position


def test_what_she_did_is_confirmed_by_her_once(twice: Twice) -> None:
    desk, typed = twice.desk, Call("clerk", recorded_by=twice.secretary, acting=twice.double)
    repayment = Repay(occurred_on=LATER, amount=10_000, received_by=twice.double)
    told = books.repay_loan(desk, typed, twice.guaranteed, repayment)
    twice.merged()

    def confirmed(who: UUID) -> Receipt:
        command = ConfirmEntry(occurred_on=LATER, event_id=told.event_id, confirmed_by=who)
        return books.confirm_entry(desk, SYSTEM, command)

    refused(lambda: confirmed(twice.hoa), "not-an-actor")
    confirmed(twice.lan)
    refused(lambda: confirmed(twice.lan), "already-confirmed")


def test_nobody_keeps_both_cash_and_book_under_two_ids(twice: Twice) -> None:
    desk = twice.desk
    holders = (
        OfficeHolder(office=Office.TREASURER, person_id=twice.treasurer),
        OfficeHolder(office=Office.ACCOUNTANT, person_id=twice.double),
    )
    clubs.elect_board(desk, SYSTEM, twice.club_id, ElectBoard(elected_on=DAY, holders=holders))
    twice.merged()

    def stands_in(who: UUID) -> Receipt:
        command = NameStandIn(
            occurred_on=LATER, office=Office.TREASURER, person_id=who, until=LATER
        )
        return clubs.record(desk, SYSTEM, twice.club_id, command)

    refused(lambda: stands_in(twice.lan))
    assert stands_in(twice.hoa).position


def test_a_report_is_not_accepted_by_who_handed_it_in(twice: Twice) -> None:
    desk, at, report_id = twice.desk, twice.desk.new_id(), twice.desk.new_id()
    registered = RegisterAssociation.model_validate(
        {"association_id": at, "name": "Hội NCT tỉnh Lạng Sơn", "level": "province",
         "province": "Tỉnh Lạng Sơn"}
    )  # fmt: skip
    associations.register_association(desk, SYSTEM, registered)
    handed_in = SubmitReport.model_validate(
        {"occurred_on": DAY, "report_id": report_id, "first_on": DAY.replace(day=1), "last_on": DAY,
         "submitted_by": twice.double, "position": 1, "digest": "0" * 64}
    )  # fmt: skip
    associations.submit_report(desk, SYSTEM, at, handed_in)
    twice.merged()

    def accepted(who: UUID) -> Receipt:
        command = AcceptReport(occurred_on=LATER, accepted_by=who)
        return associations.accept_report(desk, SYSTEM, at, report_id, command)

    refused(lambda: accepted(twice.lan))
    assert accepted(twice.chair).position
