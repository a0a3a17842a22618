"""By-laws chosen by name, limits that grow with on-time repayment, and cash already paid."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.events import Role, person
from domain.loans.commands import DisburseLoan
from domain.loans.decisions import approve_loan, disburse_loan, repay_loan, request_loan
from domain.loans.events import LoanDisbursed
from domain.loans.loan import Step
from domain.regulation import Eligibility, Rules
from examples import (
    ACCOUNTANT,
    CHAIR,
    DAY,
    HOA,
    HOUSE,
    LAN,
    LOAN,
    MAI,
    NOW,
    OTHER_LOAN,
    SECRETARY,
    TREASURER,
    approval,
    approved,
    days,
    funded,
    last,
    lent,
    member,
    moment,
    payout,
    rate,
    refuses,
    repaid,
    repay,
    request,
    requested,
    reversed_,
    stranger,
    terms,
)
from specification import Specification

E = Eligibility
SHORT = terms(instalments=1, method="interest_free")


# --- named conditions --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "given", "asked", "code"),
    [
        (E.MEMBERSHIP_LENGTH, funded(), request(), "member-too-short"),
        (E.LIVE_LOANS, lent(funded()), request(loan=OTHER_LOAN), "loan-limit"),
        (
            E.NO_OVERDUE_LOAN,
            lent(funded()),
            request(loan=OTHER_LOAN, on=days(90)),
            "has-overdue-loan",
        ),
        (E.LOAN_SIZE, funded(), request(2_000_001), "loan-limit"),
    ],
)
def test_a_condition_holds_where_the_by_laws_name_it(
    condition: Eligibility, given: Specification, asked: Any, code: str
) -> None:
    limits = {"membership_months_before_loan": 6, "loan_amount_max": 2_000_000}
    newcomer = member(joined_on=days(-30))
    for named, refused in (((condition,), code), ((), None)):
        now = moment(eligibility=named, **limits)
        assert refuses(given, request_loan, newcomer, asked, now) == refused


def test_the_programmes_own_conditions_hold_without_being_named() -> None:
    bare = moment(eligibility=(), live_loans_per_member=10)
    whole = lent(funded(99_000_000), amount=45_000_000)
    for borrower, asked, code in (
        (stranger(), request(), "not-a-member"),
        (member(), request(terms=terms(rate=rate("20.01", "year"))), "rate-above-cap"),
        (member(), request(5_000_000), None),
        (member(), request(5_000_001), "loan-limit"),
    ):
        asked = asked.model_copy(update={"loan_id": OTHER_LOAN})
        assert refuses(whole, request_loan, borrower, asked, bare) == code


def test_by_laws_name_a_condition_once_and_steps_do_not_fall() -> None:
    for wrong in (
        {"eligibility": (E.LOAN_SIZE, E.LOAN_SIZE)},
        {"loan_amount_steps": (3_000_000, 2_000_000)},
        {"loan_instalments_steps": (12, 6)},
    ):
        with pytest.raises(ValidationError):
            Rules.model_validate(wrong)
    Rules(loan_amount_steps=(2_000_000, 2_000_000, 3_000_000))


# --- limits that grow --------------------------------------------------------------------


def settled(given: Specification, number: int, *, on_time: bool = True) -> Specification:
    loan = UUID(int=500 + number)
    out = lent(given, loan=loan, amount=1_000_000, terms=SHORT)
    return repaid(out, 1_000_000, days(1 if on_time else 300), loan=loan)


@pytest.mark.parametrize(
    ("repaid_on_time", "most", "instalments"),
    [(0, 2_000_000, 6), (1, 3_000_000, 12), (2, 5_000_000, 12), (3, 5_000_000, 12)],
)
def test_a_limit_grows_with_each_loan_repaid_on_time(
    repaid_on_time: int, most: int, instalments: int
) -> None:
    rules = moment(
        loan_amount_steps=(2_000_000, 3_000_000, 5_000_000), loan_instalments_steps=(6, 12)
    )
    given = funded()
    for number in range(repaid_on_time):
        given = settled(given, number)
    given = settled(given, 9, on_time=False)
    for amount, length, code in (
        (most, instalments, None),
        (most + 1, instalments, "loan-limit"),
        (most, instalments + 1, "loan-limit"),
    ):
        asked = request(amount, days(301), terms=terms(instalments=length))
        assert refuses(given, request_loan, member(), asked, rules) == code, (amount, length)
        first = request(2_000_001, days(301), terms=terms(instalments=6))
        assert refuses(given, request_loan, member(HOA), first, rules) == "loan-limit"


def test_no_step_goes_above_the_clubs_own_cap() -> None:
    rules = moment(loan_amount_max=1_500_000, loan_amount_steps=(2_000_000,))
    for amount, code in ((1_500_000, None), (1_500_001, "loan-limit")):
        assert refuses(funded(), request_loan, member(), request(amount), rules) == code


# --- cash already paid -------------------------------------------------------------------


def paid_already(on: date = DAY, *, by: UUID = TREASURER, second: UUID = ACCOUNTANT, **more: Any):
    return DisburseLoan(occurred_on=on, paid_by=by, already_paid=True, confirmed_by=second, **more)


def two_approved() -> Specification:
    """Two loans wait approved side by side; the first one is paid out."""
    given = approved(approved(funded()), loan=OTHER_LOAN)
    return given.after(disburse_loan, OTHER_LOAN, member(), payout(), NOW)


@pytest.mark.parametrize(
    ("given", "borrower", "command", "findings"),
    [
        (approved(funded()), member(), {}, ()),
        (requested(funded()), member(), {}, ("not-approved",)),
        (approved(funded()), stranger(), {}, ("not-a-member",)),
        (approved(funded()), member(), {"amount": 5_000_001}, ("exceeds-approved",)),
        (two_approved(), member(), {}, ("loan-limit",)),
        (requested(funded()), stranger(), {}, ("not-approved", "not-a-member")),
    ],
)
def test_a_broken_club_rule_is_refused_before_the_cash_is_paid_and_a_finding_after(
    given: Specification, borrower: Any, command: Any, findings: tuple[str, ...]
) -> None:
    before = payout(**command)
    code = refuses(given, disburse_loan, LOAN, borrower, before, NOW)
    assert code == (findings[0] if findings else None)
    asked = given.when(disburse_loan, LOAN, borrower, paid_already(**command), NOW)
    asked.then_told(findings=findings, confirmed_by=(ACCOUNTANT,), paid_by=TREASURER)
    assert person(ACCOUNTANT, Role.APPROVER) in asked.decided()[0].concerns


def test_conditions_nobody_asked_at_a_vote_are_asked_of_what_was_paid_without_one() -> None:
    rules = moment(membership_months_before_loan=24, loan_amount_max=4_999_999)
    given = requested(funded())
    newcomer = member(joined_on=days(-60))
    asked = (LOAN, newcomer, paid_already(), rules)
    given.when(disburse_loan, *asked).then_told(
        findings=("not-approved", "member-too-short", "loan-limit")
    )


@pytest.mark.parametrize(
    ("payer", "second", "code"),
    [
        (TREASURER, ACCOUNTANT, None),
        (TREASURER, CHAIR, None),
        (TREASURER, TREASURER, "same-person"),
        (TREASURER, LAN, "same-person"),
        (TREASURER, HOA, "same-person"),  # a guarantor
        (SECRETARY, ACCOUNTANT, "same-person"),  # the proposer pays
        (LAN, ACCOUNTANT, "same-person"),
    ],
)
def test_four_eyes_hold_for_cash_already_paid(payer: UUID, second: UUID, code: str | None) -> None:
    given = requested(funded(), guarantors=(HOA,))
    command = paid_already(by=payer, second=second)
    assert refuses(given, disburse_loan, LOAN, member(), command, NOW) == code


def test_the_borrowers_household_does_not_confirm() -> None:
    borrower = member(household=HOUSE)
    asked = (LOAN, borrower, paid_already(second=MAI), NOW)
    for second, code in ((member(MAI), None), (member(MAI, household=HOUSE), "same-person")):
        assert refuses(requested(funded()), disburse_loan, *asked, second) == code


def test_cash_that_was_not_there_was_not_paid() -> None:
    given = requested(funded(4_999_999), amount=5_000_000)
    code = refuses(given, disburse_loan, LOAN, member(), paid_already(), NOW)
    assert code == "insufficient-funds"
    enough = requested(funded(5_000_000), amount=5_000_000)
    assert refuses(enough, disburse_loan, LOAN, member(), paid_already(), NOW) is None
    tomorrow = paid_already(days(1, NOW.today))
    assert refuses(enough, disburse_loan, LOAN, member(), tomorrow, NOW) == "future-date"


def test_money_of_others_that_was_lent_is_a_finding() -> None:
    """The box holds it, but it is not the fund's to lend."""
    out = lent(funded(5_000_000), amount=1_000_000, terms=SHORT)
    over = repaid(out, 1_500_000, days(1))  # 500,000 are held for the borrower
    given = approved(over, loan=OTHER_LOAN, amount=5_500_000, on=days(2))
    before = payout(days(2))
    assert refuses(given, disburse_loan, OTHER_LOAN, member(), before, NOW) == "insufficient-funds"
    after = paid_already(days(2))
    given.when(disburse_loan, OTHER_LOAN, member(), after, NOW).then_told(
        findings=("insufficient-funds",)
    )


def test_a_payout_without_a_vote_is_a_loan_like_any_other_and_taken_back_it_waits_again() -> None:
    given = requested(funded())
    out = given.after(disburse_loan, LOAN, member(), paid_already(), NOW)
    assert out.state.loans[LOAN].outstanding == 5_000_000
    out.when(repay_loan, LOAN, repay(1_000, DAY), Rules(), NOW).then_told(principal=1_000)
    back = reversed_(out, last(out, LoanDisbursed))
    assert back.state.loans[LOAN].step is Step.REQUESTED
    voted = (LOAN, member(), member(CHAIR), approval(), NOW)
    back.when(approve_loan, *voted).then_told(amount=5_000_000)


def test_already_paid_and_confirmed_come_together() -> None:
    for wrong in ({"already_paid": True}, {"confirmed_by": CHAIR}):
        with pytest.raises(ValidationError):
            payout(**wrong)
