"""What a repayment is used for, to the đồng; settled on the last one and not before."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.loans.accounts import Account, Fund
from domain.loans.decisions import disburse_loan, repay_loan
from domain.loans.events import LoanSettled
from domain.loans.loan import (
    Due,
    Loan,
    Owed,
    Split,
    Step,
    days_late,
    owed,
    paid_on_time,
    scheduled,
    split,
)
from domain.loans.schedule import LoanTerms
from domain.regulation import Part, Rules
from examples import (
    DAY,
    FREE,
    LAN,
    LOAN,
    NOW,
    approved,
    days,
    funded,
    lent,
    lines,
    member,
    moment,
    payout,
    rate,
    refuses,
    repaid,
    repay,
    terms,
)

RULES = Rules()
INTEREST, OVERDUE, CURRENT = Part.INTEREST_DUE, Part.PRINCIPAL_OVERDUE, Part.PRINCIPAL_DUE
PRINCIPAL_FIRST = Rules(repayment_order=(OVERDUE, CURRENT, INTEREST))
DUE_NOW_FIRST = Rules(repayment_order=(CURRENT, INTEREST, OVERDUE))
ONLY_WHAT_IS_DUE = Rules(settlement_interest="due_so_far")


def d(month: int, day: int = 10) -> date:
    return date(2026, month, day)


# 3,000,000 on 10 March: 1,000,000 on the tenth of April, May and June,
# with 30,000, 20,000 and 10,000 of interest.
THREE = terms(instalments=3, rate=rate("1"))
NOTHING = (0, 0)


def loan(paid: tuple[int, int] = NOTHING, given: LoanTerms = THREE, **changed: Any) -> Loan:
    """A loan of 3 million with that much principal and interest paid so far."""
    plain = Loan(
        id=LOAN,
        borrower_id=LAN,
        step=Step.DISBURSED,
        amount=3_000_000,
        terms=given,
        disbursed_on=DAY,
        instalments=scheduled(DAY, 3_000_000, given),
        principal_paid=paid[0],
        interest_paid=paid[1],
    )
    return plain.model_copy(update=changed)


# paid so far, the day, the amount, the by-laws → principal, interest, excess
CASES = [
    # on a due date
    (NOTHING, d(4), 1_030_000, RULES, (1_000_000, 30_000, 0)),
    (NOTHING, d(4), 30_000, RULES, (0, 30_000, 0)),
    (NOTHING, d(4), 30_001, RULES, (1, 30_000, 0)),
    (NOTHING, d(4), 1, RULES, (0, 1, 0)),
    # before anything is due, a part payment is an advance on the principal
    (NOTHING, d(3, 20), 500_000, RULES, (500_000, 0, 0)),
    (NOTHING, d(4), 1_500_000, RULES, (1_470_000, 30_000, 0)),
    # two instalments behind
    (NOTHING, d(5), 2_050_000, RULES, (2_000_000, 50_000, 0)),
    (NOTHING, d(5), 60_000, RULES, (10_000, 50_000, 0)),
    ((1_000_000, 30_000), d(5), 20_000, RULES, (0, 20_000, 0)),
    ((1_000_000, 0), d(5), 50_000, RULES, (0, 50_000, 0)),
    # interest paid ahead is not asked for again
    ((0, 35_000), d(4), 1_000_000, RULES, (1_000_000, 0, 0)),
    ((1_000_000, 35_000), d(5), 15_000, RULES, (0, 15_000, 0)),
    # long after the last due date
    ((2_000_000, 50_000), d(12), 1_010_000, RULES, (1_000_000, 10_000, 0)),
    ((2_000_000, 50_000), d(12), 1_010_001, RULES, (1_000_000, 10_000, 1)),
    ((2_000_000, 50_000), d(12), 1_009_999, RULES, (999_999, 10_000, 0)),
    # settled early, in the middle of the first period: its interest is taken whole
    (NOTHING, d(3, 20), 3_030_000, RULES, (3_000_000, 30_000, 0)),
    (NOTHING, d(3, 20), 3_029_999, RULES, (2_999_999, 30_000, 0)),
    (NOTHING, d(3, 20), 3_000_000, RULES, (2_970_000, 30_000, 0)),
    (NOTHING, d(3, 20), 2_999_999, RULES, (2_999_999, 0, 0)),
    (NOTHING, d(3, 20), 3_030_001, RULES, (3_000_000, 30_000, 1)),
    # … on the day of the payout itself, and on a due date: no further period has begun
    (NOTHING, DAY, 3_030_000, RULES, (3_000_000, 30_000, 0)),
    (NOTHING, d(4), 3_030_000, RULES, (3_000_000, 30_000, 0)),
    (NOTHING, d(4, 11), 3_050_000, RULES, (3_000_000, 50_000, 0)),
    (NOTHING, d(4, 11), 3_049_999, RULES, (2_999_999, 50_000, 0)),
    ((0, 40_000), d(4, 11), 3_010_000, RULES, (3_000_000, 10_000, 0)),
    ((0, 60_000), d(4, 11), 3_000_000, RULES, (3_000_000, 0, 0)),
    # … where the by-laws ask only for what is due
    (NOTHING, d(3, 20), 3_000_000, ONLY_WHAT_IS_DUE, (3_000_000, 0, 0)),
    (NOTHING, d(3, 20), 3_000_001, ONLY_WHAT_IS_DUE, (3_000_000, 0, 1)),
    (NOTHING, d(4, 11), 3_030_000, ONLY_WHAT_IS_DUE, (3_000_000, 30_000, 0)),
    # another order
    (NOTHING, d(4), 1_000_000, PRINCIPAL_FIRST, (1_000_000, 0, 0)),
    (NOTHING, d(4), 1_000_001, PRINCIPAL_FIRST, (1_000_000, 1, 0)),
    (NOTHING, d(5), 2_000_000, PRINCIPAL_FIRST, (2_000_000, 0, 0)),
    (NOTHING, d(5), 1_040_000, DUE_NOW_FIRST, (1_000_000, 40_000, 0)),
    (NOTHING, d(5), 1_060_000, DUE_NOW_FIRST, (1_010_000, 50_000, 0)),
    (NOTHING, d(6), 3_060_001, PRINCIPAL_FIRST, (3_000_000, 60_000, 1)),
    # only excess is left to say, far above the debt
    ((2_999_999, 60_000), d(6), 5_000_000, RULES, (1, 0, 4_999_999)),
]


@pytest.mark.parametrize(("paid", "on", "amount", "rules", "expected"), CASES)
def test_a_repayment_is_used_in_the_order_of_the_by_laws(
    paid: tuple[int, int], on: date, amount: int, rules: Rules, expected: tuple[int, int, int]
) -> None:
    principal, interest, excess = expected
    assert sum(expected) == amount
    assert split(amount, owed(loan(paid), on), rules) == Split(
        principal=principal, interest=interest, excess=excess
    )


@pytest.mark.parametrize(
    ("paid", "on", "expected"),
    [
        # interest due, overdue, due, outstanding, interest of the period that runs
        (NOTHING, DAY, (0, 0, 0, 3_000_000, 30_000)),
        (NOTHING, d(4, 9), (0, 0, 0, 3_000_000, 30_000)),
        (NOTHING, d(4), (30_000, 0, 1_000_000, 3_000_000, 0)),
        (NOTHING, d(4, 11), (30_000, 1_000_000, 0, 3_000_000, 20_000)),
        (NOTHING, d(5), (50_000, 1_000_000, 1_000_000, 3_000_000, 0)),
        (NOTHING, d(12), (60_000, 3_000_000, 0, 3_000_000, 0)),
        ((400_000, 30_000), d(5), (20_000, 600_000, 1_000_000, 2_600_000, 0)),
        ((1_400_000, 30_000), d(5), (20_000, 0, 600_000, 1_600_000, 0)),
        ((2_500_000, 30_000), d(5), (20_000, 0, 0, 500_000, 0)),
        ((3_000_000, 30_000), d(5, 20), (20_000, 0, 0, 0, 0)),
    ],
)
def test_what_is_owed_on_a_day(
    paid: tuple[int, int], on: date, expected: tuple[int, int, int, int, int]
) -> None:
    interest_due, overdue, due, outstanding, running = expected
    debt = owed(loan(paid), on)
    assert debt == Owed(
        interest_due=interest_due,
        principal_overdue=overdue,
        principal_due=due,
        outstanding=outstanding,
        interest_of_current_period=running,
    )
    assert debt.to_settle == outstanding + interest_due + running


def test_interest_put_off_by_a_grace_is_not_due_but_owed_by_who_settles_early() -> None:
    """Bullet, 30,000 a month; the first three months' interest is paid with the fourth."""
    put_off = terms(method="bullet", instalments=6, rate=rate("1"), grace_interest_payment=3)
    waiting = loan(given=put_off)
    for on, due, running in (
        (d(3, 20), 0, 30_000),
        (d(4), 0, 30_000),
        (d(4, 11), 0, 60_000),
        (d(6), 0, 90_000),
        (d(7), 120_000, 0),
        (d(7, 11), 120_000, 30_000),
    ):
        debt = owed(waiting, on)
        assert (debt.interest_due, debt.interest_of_current_period) == (due, running), on
    assert split(3_090_000, owed(waiting, d(6)), RULES) == Split(
        principal=3_000_000, interest=90_000, excess=0
    )


def test_by_laws_name_each_part_of_a_repayment_once() -> None:
    for order in ((), (INTEREST,), (INTEREST, OVERDUE, CURRENT, INTEREST), (INTEREST,) * 3):
        with pytest.raises(ValidationError):
            Rules(repayment_order=order)


# --- the receipt -----------------------------------------------------------------------------


def test_a_receipt_says_its_split_and_enters_it() -> None:
    given = lent(funded(), amount=3_000_000, terms=THREE)
    received = given.when(repay_loan, LOAN, repay(3_040_000, d(4)), RULES, NOW)
    received.then_told(
        amount=3_040_000, principal=3_000_000, interest=30_000, excess=10_000, borrower_id=LAN
    )
    event = received.decided()[0]
    assert lines(event) == [
        (Fund.LOAN, Account.CASH, 3_040_000),
        (Fund.LOAN, Account.LOANS, -3_000_000),
        (Fund.LOAN, Account.INTEREST, -30_000),
        (Fund.LOAN, Account.CLEARING, -10_000),
    ]
    received.then_told(vouchers=("PT-2026-0001",))


def test_the_loan_settles_on_the_last_dong_and_not_one_before() -> None:
    given = lent(funded(), amount=3_000_000, terms=THREE)
    for on, last in ((d(4), 3_030_000), (d(4, 11), 3_050_000), (d(12), 3_060_000)):
        for amount, settles in ((last - 1, False), (last, True), (last + 1, True)):
            events = given.when(repay_loan, LOAN, repay(amount, on), RULES, NOW).decided()
            assert isinstance(events[-1], LoanSettled) == settles, (on, amount)
    almost = repaid(given, 3_029_999, d(4))
    assert almost.state.loans[LOAN].outstanding == 1
    assert isinstance(repaid(almost, 1, d(4)).past[-1], LoanSettled)


def test_a_loan_with_interest_left_stays_open() -> None:
    given = lent(funded(), amount=3_000_000, terms=THREE)
    no_principal = given.after(
        repay_loan, LOAN, repay(3_000_000, d(4), principal=3_000_000, interest=0), RULES, NOW
    )
    assert no_principal.state.loans[LOAN].outstanding == 0
    assert isinstance(repaid(no_principal, 30_000, d(4)).past[-1], LoanSettled)


def test_a_split_by_hand_is_taken_as_given_up_to_the_debt() -> None:
    given = lent(funded(), amount=3_000_000, terms=THREE)
    cases = [
        (1_000_000, 0, None),
        (0, 20_000, None),
        (3_000_000, 0, None),
        (3_000_000, 60_000, None),
        (3_000_001, 0, "exceeds-debt"),
        (0, 60_001, "exceeds-debt"),
        (3_000_000, 60_001, "exceeds-debt"),
    ]
    for principal, interest, code in cases:
        by_hand = repay(principal + interest, d(4), principal=principal, interest=interest)
        assert refuses(given, repay_loan, LOAN, by_hand, RULES, NOW) == code, (principal, interest)
    given.when(
        repay_loan, LOAN, repay(1_020_000, d(4), principal=1_020_000, interest=0), RULES, NOW
    ).then_told(principal=1_020_000, interest=0, excess=0)


@pytest.mark.parametrize(
    "parts",
    [
        {"principal": 500_000},
        {"interest": 500_000},
        {"principal": 400_000, "interest": 99_999},
        {"principal": 600_000, "interest": -100_000},
    ],
)
def test_a_split_by_hand_adds_up(parts: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        repay(500_000, d(4), **parts)


def test_nothing_is_repaid_before_it_was_paid_out() -> None:
    given = lent(funded(), amount=3_000_000, terms=THREE)
    given.when(repay_loan, LOAN, repay(1, days(-1)), RULES, NOW).then_refused("date-order")
    given.when(repay_loan, LOAN, repay(1, DAY), RULES, NOW).then_told(principal=1)


def test_the_last_payment_is_on_time_within_the_grace_after_the_last_due_date() -> None:
    given = lent(funded(), amount=3_000_000, terms=THREE)
    for on, on_time in ((d(6), True), (days(30, d(6)), True), (days(31, d(6)), False)):
        settled = repaid(given, 3_060_000, on).past[-1]
        assert isinstance(settled, LoanSettled)
        assert settled.on_time == on_time, on
    assert paid_on_time(loan(), days(31, d(6)), Rules(late_grace_days=31))


def test_a_repayment_follows_the_by_laws_it_is_given_and_not_the_days() -> None:
    """The desk pins a loan's by-laws; a newer regulation in force on the day changes nothing."""
    given = lent(funded(), amount=3_000_000, terms=THREE)
    newer = moment(version=2, repayment_order=PRINCIPAL_FIRST.repayment_order)
    given.when(repay_loan, LOAN, repay(1_000_000, d(4)), RULES, newer).then_told(
        principal=970_000, interest=30_000
    )
    given.when(repay_loan, LOAN, repay(1_000_000, d(4)), PRINCIPAL_FIRST, NOW).then_told(
        principal=1_000_000, interest=0
    )


def test_a_fact_entered_late_is_split_against_what_was_known() -> None:
    given = repaid(lent(funded(), amount=3_000_000, terms=THREE), 1_020_000, d(5))
    assert (given.past[-1].principal, given.past[-1].interest) == (970_000, 50_000)  # type: ignore[attr-defined]
    late = repaid(given, 1_030_000, d(4))
    assert (late.past[-1].principal, late.past[-1].interest) == (1_030_000, 0)  # type: ignore[attr-defined]


def test_a_loan_paid_out_in_part_owes_that_part() -> None:
    ready = approved(funded(), amount=3_000_000, terms=FREE)
    part = ready.after(disburse_loan, LOAN, member(), payout(amount=1_000_000), NOW)
    assert part.state.loans[LOAN].outstanding == 1_000_000
    assert isinstance(repaid(part, 1_000_000, DAY).past[-1], LoanSettled)


def test_terms_changed_at_the_approval_make_the_schedule() -> None:
    ready = approved(funded(), amount=3_000_000, approves={"terms": THREE})
    assert ready.state.loans[LOAN].terms == THREE


# --- lateness --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "on", "rules", "late"),
    [
        (NOTHING, d(4), RULES, 0),
        (NOTHING, days(30, d(4)), RULES, 0),
        (NOTHING, days(31, d(4)), RULES, 31),
        (NOTHING, d(4, 11), Rules(late_grace_days=0), 1),
        ((999_000, 30_000), d(8), Rules(late_grace_days=0), (d(8) - d(5)).days),
        ((998_999, 30_000), d(8), Rules(late_grace_days=0), (d(8) - d(4)).days),
        ((1_000_000, 29_000), d(5), Rules(late_grace_days=0), 0),
        ((1_000_000, 28_999), d(5), Rules(late_grace_days=0), 30),
        ((2_000_000, 50_000), d(6), Rules(late_grace_days=0), 0),
        ((2_500_000, 0), d(5), Rules(late_grace_days=0), 30),  # principal ahead, interest behind
        ((3_000_000, 60_000), d(12), Rules(late_grace_days=0), 0),
    ],
)
def test_days_late_count_from_the_oldest_instalment_that_is_short(
    paid: tuple[int, int], on: date, rules: Rules, late: int
) -> None:
    assert days_late(loan(paid), on, rules) == late


def test_a_loan_that_owes_nothing_yet_is_not_late() -> None:
    bare = loan(instalments=(Due(due_on=d(4), principal=0, interest=0),))
    assert days_late(bare, d(12), RULES) == 0
