"""Proposer, approver and payer are three people; who has a part in the loan does not approve."""

from typing import Any
from uuid import UUID

import pytest

from domain.loans.commands import AppraiseLoan, RejectLoan, Standing
from domain.loans.decisions import (
    appraise_loan,
    approve_loan,
    disburse_loan,
    reject_loan,
    repay_loan,
    request_loan,
)
from domain.regulation import MODEL_REGULATION
from examples import (
    CHAIR,
    DAY,
    HOA,
    HOUSE,
    LAN,
    LOAN,
    MAI,
    NOW,
    SECRETARY,
    TREASURER,
    approval,
    approved,
    days,
    funded,
    lent,
    member,
    payout,
    refuses,
    repay,
    request,
    requested,
    stranger,
)

RULES = MODEL_REGULATION.rules
SAME = "same-person"


@pytest.mark.parametrize(
    ("approver", "code"),
    [
        (member(CHAIR), None),
        (stranger(CHAIR), None),  # where kinship excludes the board, the commune approves
        (member(SECRETARY), SAME),  # who proposed it
        (member(LAN), SAME),  # the borrower
        (member(HOA), SAME),  # a guarantor
        (member(MAI, household=HOUSE), SAME),  # of the borrower's household
        (stranger(MAI), None),
        (member(MAI, household=UUID(int=32)), None),
    ],
)
def test_who_has_a_part_in_the_loan_does_not_approve_it(
    approver: Standing, code: str | None
) -> None:
    borrower = member(LAN, household=HOUSE)
    asked = funded().after(request_loan, borrower, request(guarantors=(HOA,)), NOW)
    assert refuses(asked, approve_loan, LOAN, borrower, approver, approval(), NOW) == code


def test_people_without_a_known_household_are_not_one_household() -> None:
    asked = requested(funded())
    assert refuses(asked, approve_loan, LOAN, member(LAN), member(MAI), approval(), NOW) is None


@pytest.mark.parametrize(
    ("payer", "code"),
    [
        (TREASURER, None),
        (SECRETARY, SAME),  # who proposed it
        (CHAIR, SAME),  # who approved it
        (LAN, SAME),  # the borrower
        (MAI, None),
    ],
)
def test_the_payer_is_a_third_person(payer: UUID, code: str | None) -> None:
    ready = approved(funded())
    assert refuses(ready, disburse_loan, LOAN, member(), payout(by=payer), NOW) == code


@pytest.mark.parametrize(("receiver", "code"), [(LAN, SAME), (TREASURER, None), (CHAIR, None)])
def test_an_officers_own_repayment_is_received_by_another(receiver: UUID, code: Any) -> None:
    repayment = repay(100_000, days(31), by=receiver)
    assert refuses(lent(funded()), repay_loan, LOAN, repayment, RULES, NOW) == code


def test_nobody_appraises_their_own_request_or_vouches_for_themselves() -> None:
    asked = requested(funded())
    for who, code in ((LAN, SAME), (SECRETARY, None)):
        appraisal = AppraiseLoan(occurred_on=DAY, appraised_by=who, in_favour=True)
        assert refuses(asked, appraise_loan, LOAN, appraisal, NOW) == code
    own = request(guarantors=(HOA, LAN))
    funded().when(request_loan, member(LAN), own, NOW).then_refused(SAME)


def test_a_borrower_may_propose_their_own_loan_but_then_takes_no_other_step() -> None:
    asked = requested(funded(), by=LAN)
    asked.when(approve_loan, LOAN, member(), member(LAN), approval(), NOW).then_refused(SAME)
    voted = asked.after(approve_loan, LOAN, member(), member(CHAIR), approval(), NOW)
    voted.when(disburse_loan, LOAN, member(), payout(by=LAN), NOW).then_refused(SAME)


def test_the_three_people_stand_in_the_events() -> None:
    loan = lent(funded()).state.loans[LOAN]
    assert (loan.proposed_by, loan.approved_by) == (SECRETARY, CHAIR)
    named = {c.id: c.role.value for event in lent(funded()).past for c in event.concerns}
    assert named[SECRETARY] == "proposer"
    assert named[CHAIR] == "approver"
    assert named[TREASURER] == "payer"


def test_anybody_may_turn_a_loan_down() -> None:
    rejection = RejectLoan(occurred_on=DAY, rejected_by=SECRETARY)
    requested(funded()).when(reject_loan, LOAN, rejection, NOW).then_told(rejected_by=SECRETARY)


def under_two_ids(person_id: UUID, other: UUID) -> Standing:
    """Somebody whose two entries were merged: a loan of before may name either id."""
    return member(person_id).model_copy(update={"also": frozenset({other})})


@pytest.mark.parametrize(
    ("other", "code"), [(SECRETARY, SAME), (CHAIR, SAME), (LAN, SAME), (HOA, None)]
)
def test_the_payer_is_a_third_person_under_whatever_id(other: UUID, code: str | None) -> None:
    ready, payer = approved(funded()), under_two_ids(TREASURER, other)
    asked = (LOAN, member(), payout(), NOW, None, payer)
    assert refuses(ready, disburse_loan, *asked) == code


def test_nobody_vouches_for_themselves_under_another_id() -> None:
    asked = request(guarantors=(HOA,))
    funded().when(request_loan, under_two_ids(LAN, HOA), asked, NOW).then_refused(SAME)
    funded().when(request_loan, under_two_ids(LAN, MAI), asked, NOW).then_told(loan_id=LOAN)
