"""From request to settlement: the order of the steps, the limits, and what is never lent."""

from datetime import date
from typing import Any

import pytest

from domain.errors import NotFound
from domain.loans.accounts import Account, CapitalSource, Fund
from domain.loans.commands import AppraiseLoan, RejectLoan
from domain.loans.decisions import (
    appraise_loan,
    approve_loan,
    disburse_loan,
    reject_loan,
    repay_loan,
    request_loan,
)
from domain.loans.events import LoanDisbursed, LoanSettled, RepaymentReceived
from domain.loans.funds import move_money
from domain.loans.loan import Step
from domain.regulation import MODEL_REGULATION
from examples import (
    CHAIR,
    DAY,
    FREE,
    HOA,
    LAN,
    LOAN,
    NOW,
    OTHER_LOAN,
    SECRETARY,
    TODAY,
    TREASURER,
    approval,
    approved,
    days,
    funded,
    id_of,
    lent,
    lines,
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
    sealed,
    stranger,
    terms,
    to_bank,
)

RULES = MODEL_REGULATION.rules


def appraisal(by: Any = SECRETARY, on: date = DAY, *, in_favour: bool = True) -> AppraiseLoan:
    return AppraiseLoan(occurred_on=on, appraised_by=by, in_favour=in_favour, note=sealed())


def rejection(on: date = DAY) -> RejectLoan:
    return RejectLoan(occurred_on=on, rejected_by=CHAIR, minutes="BB 012", reason=sealed())


# --- the order of the steps ------------------------------------------------------------------


def test_a_loan_goes_from_request_to_settlement() -> None:
    asked = requested(funded())
    assert asked.state.loans[LOAN].step is Step.REQUESTED
    appraised = asked.after(appraise_loan, LOAN, appraisal(), NOW)
    voted = appraised.after(approve_loan, LOAN, member(), member(CHAIR), approval(), NOW)
    assert voted.state.loans[LOAN].step is Step.APPROVED
    paid_out = voted.after(disburse_loan, LOAN, member(), payout(), NOW)
    assert paid_out.state.loans[LOAN].outstanding == 5_000_000
    settled = repaid(paid_out, 5_035_000, days(31))
    assert settled.past[-1] == LoanSettled(
        occurred_on=days(31),
        loan_id=LOAN,
        borrower_id=LAN,
        on_time=True,
        concerns=settled.past[-1].concerns,
    )
    assert not settled.state.loans
    assert settled.state.closed[LOAN].amount == 5_000_000


def test_each_step_has_its_turn() -> None:
    """What may be done at each step, and what is answered to everything else."""
    unknown, asked, voted = funded(), requested(funded()), approved(funded())
    steps = {
        "unknown": unknown,
        "requested": asked,
        "approved": voted,
        "rejected": asked.after(reject_loan, LOAN, rejection(), NOW),
        "disbursed": lent(funded()),
        "settled": repaid(lent(funded()), 5_035_000, days(31)),
    }
    missing = ("not-found",) * 5
    answers: dict[str, tuple[str | None, ...]] = {
        "unknown": missing,
        "requested": (None, None, None, "not-approved", "not-disbursed"),
        "approved": ("not-requested", "not-requested", "not-requested", None, "not-disbursed"),
        "rejected": missing,
        "disbursed": ("not-requested", "not-requested", "not-requested", "not-approved", None),
        "settled": ("loan-settled",) * 5,
    }
    for step, given in steps.items():
        asks: list[tuple[Any, ...]] = [
            (appraise_loan, LOAN, appraisal(), NOW),
            (approve_loan, LOAN, member(), member(CHAIR), approval(), NOW),
            (reject_loan, LOAN, rejection(), NOW),
            (disburse_loan, LOAN, member(), payout(), NOW),
            (repay_loan, LOAN, repay(1, days(1)), RULES, NOW),
        ]
        assert tuple(answer(given, *ask) for ask in asks) == answers[step], step


def answer(given: Any, *ask: Any) -> str | None:
    try:
        return refuses(given, *ask)
    except NotFound as missing:
        return missing.code


def test_no_step_is_dated_tomorrow() -> None:
    tomorrow = days(1, TODAY)
    cases: list[tuple[Any, ...]] = [
        (funded(), request_loan, member(), request(on=tomorrow), NOW),
        (requested(funded()), appraise_loan, LOAN, appraisal(on=tomorrow), NOW),
        (requested(funded()), reject_loan, LOAN, rejection(tomorrow), NOW),
        (approved(funded()), disburse_loan, LOAN, member(), payout(tomorrow), NOW),
        (
            requested(funded()),
            approve_loan,
            LOAN,
            member(),
            member(CHAIR),
            approval(tomorrow),
            NOW,
        ),
    ]
    for given, *ask in cases:
        assert refuses(given, *ask) == "future-date", ask[0]


# --- what is paid out ------------------------------------------------------------------------


def test_a_payout_moves_the_money_and_fixes_the_schedule() -> None:
    paid = approved(funded()).when(disburse_loan, LOAN, member(), payout(), NOW)
    (event,) = paid.decided()
    assert lines(event) == [
        (Fund.LOAN, Account.LOANS, 5_000_000),
        (Fund.LOAN, Account.CASH, -5_000_000),
    ]
    assert isinstance(event, LoanDisbursed)
    assert {line.loan_id for line in event.lines if line.account is Account.LOANS} == {LOAN}
    assert len(event.instalments) == 10
    assert event.instalments[0].due_on == date(2026, 4, 10)
    paid.then_told(vouchers=("PC-2026-0001",), source=None, paid_by=TREASURER)


def test_a_payout_may_name_its_capital_and_come_from_the_bank() -> None:
    banked = approved(funded().after(move_money, to_bank(5_000_000), NOW))
    of_the_state = payout(from_bank=True, source=CapitalSource.STATE_BUDGET)
    (event,) = banked.when(disburse_loan, LOAN, member(), of_the_state, NOW).decided()
    assert lines(event)[1] == (Fund.LOAN, Account.BANK, -5_000_000)
    short = approved(funded().after(move_money, to_bank(4_999_999), NOW))
    short.when(disburse_loan, LOAN, member(), of_the_state, NOW).then_refused(
        "insufficient-funds", account="112"
    )


def test_no_more_is_approved_than_was_asked_for() -> None:
    asked = requested(funded())
    for amount, code in ((4_000_000, None), (5_000_000, None), (5_000_001, "exceeds-requested")):
        vote = approval(amount=amount)
        assert refuses(asked, approve_loan, LOAN, member(), member(CHAIR), vote, NOW) == code, (
            amount
        )


def test_no_more_is_paid_out_than_was_approved() -> None:
    ready = approved(funded(), approves={"amount": 4_000_000})
    ready.when(disburse_loan, LOAN, member(), payout(), NOW).then_told(amount=4_000_000)
    less = payout(amount=3_999_999)
    ready.when(disburse_loan, LOAN, member(), less, NOW).then_told(amount=3_999_999)
    more = payout(amount=4_000_001)
    ready.when(disburse_loan, LOAN, member(), more, NOW).then_refused(
        "exceeds-approved", approved=4_000_000
    )


def test_the_fund_lends_its_last_dong_and_not_one_more() -> None:
    approved(funded(5_000_000)).when(disburse_loan, LOAN, member(), payout(), NOW).then_told(
        amount=5_000_000
    )
    approved(funded(4_999_999)).when(disburse_loan, LOAN, member(), payout(), NOW).then_refused(
        "insufficient-funds", available=4_999_999, asked=5_000_000
    )


def test_what_is_approved_can_be_paid_out() -> None:
    """A balloon of 2 million does not fit a loan that was cut down to 1.9 million."""
    asked = requested(funded(), terms=terms(balloon=2_000_000))
    for amount, code in ((2_000_000, None), (1_999_999, "malformed")):
        vote = approval(amount=amount)
        given = asked.when(approve_loan, LOAN, member(), member(CHAIR), vote, NOW)
        if code is None:
            given.then_told(amount=amount)
        else:
            given.then_refused(code)
    too_big = request(1_999_999, terms=terms(balloon=2_000_000))
    funded().when(request_loan, member(), too_big, NOW).then_refused("malformed")


# --- who may borrow --------------------------------------------------------------------------


def test_only_a_member_asks_is_approved_and_is_paid() -> None:
    funded().when(request_loan, stranger(), request(), NOW).then_refused("not-a-member")
    requested(funded()).when(
        approve_loan, LOAN, stranger(), member(CHAIR), approval(), NOW
    ).then_refused("not-a-member")
    approved(funded()).when(disburse_loan, LOAN, stranger(), payout(), NOW).then_refused(
        "not-a-member"
    )


def test_a_rejected_loan_moves_nothing_and_leaves_the_way_free() -> None:
    rejected = requested(funded()).after(reject_loan, LOAN, rejection(), NOW)
    assert rejected.state.balances == funded().state.balances
    rejected.when(request_loan, member(), request(loan=OTHER_LOAN), NOW).then_told(borrower_id=LAN)


@pytest.mark.parametrize(
    ("joined_on", "asked_on", "months", "code"),
    [
        (date(2026, 1, 10), date(2026, 4, 9), 3, "member-too-short"),
        (date(2026, 1, 10), date(2026, 4, 10), 3, None),
        (date(2026, 1, 10), date(2026, 1, 10), 0, None),
        (date(2026, 1, 10), date(2026, 1, 10), 1, "member-too-short"),
        (date(2025, 11, 10), date(2026, 2, 9), 3, "member-too-short"),
        (date(2025, 11, 10), date(2026, 2, 10), 3, None),
        (date(2025, 3, 10), date(2026, 3, 9), 12, "member-too-short"),
        (date(2025, 3, 10), date(2026, 3, 10), 12, None),
    ],
)
def test_a_newcomer_waits_the_months_of_the_by_laws(
    joined_on: date, asked_on: date, months: int, code: str | None
) -> None:
    by_laws = moment(membership_months_before_loan=months)
    newcomer = member(joined_on=joined_on)
    assert refuses(funded(), request_loan, newcomer, request(on=asked_on), by_laws) == code


def test_one_live_loan_at_a_time_unless_the_by_laws_allow_two() -> None:
    given = lent(funded(), terms=FREE)
    second = request(1_000_000, loan=OTHER_LOAN)
    given.when(request_loan, member(), second, NOW).then_refused("loan-limit", most=1)
    given.when(request_loan, member(), second, moment(live_loans_per_member=2)).then_told(
        loan_id=OTHER_LOAN
    )
    given.when(request_loan, member(HOA), second, NOW).then_told(borrower_id=HOA)
    one_dong_left = repaid(given, 4_999_999, days(1))
    one_dong_left.when(request_loan, member(), second, NOW).then_refused("loan-limit")
    settled = repaid(given, 5_000_000, days(1))
    settled.when(request_loan, member(), second, NOW).then_told(loan_id=OTHER_LOAN)


def test_of_two_loans_approved_side_by_side_only_one_is_paid_out() -> None:
    both = approved(approved(funded(), amount=1_000_000), loan=OTHER_LOAN, amount=1_000_000)
    first = both.after(disburse_loan, LOAN, member(), payout(), NOW)
    first.when(disburse_loan, OTHER_LOAN, member(), payout(), NOW).then_refused("loan-limit")
    two = moment(live_loans_per_member=2)
    first.when(disburse_loan, OTHER_LOAN, member(), payout(), two).then_told(loan_id=OTHER_LOAN)


def test_the_club_sets_its_own_limit_on_amount_and_term() -> None:
    by_laws = moment(loan_amount_max=5_000_000, loan_instalments_max=10)
    cases = [
        (5_000_000, 10, None),
        (5_000_001, 10, "loan-limit"),
        (5_000_000, 11, "loan-limit"),
    ]
    for amount, instalments, code in cases:
        asked = request(amount, terms=terms(instalments=instalments))
        assert refuses(funded(), request_loan, member(), asked, by_laws) == code


def test_no_member_owes_more_than_fifty_million_whatever_the_club_decides() -> None:
    generous = moment(loan_amount_max=100_000_000, live_loans_per_member=5)
    for amount, code in ((50_000_000, None), (50_000_001, "loan-limit")):
        assert refuses(funded(), request_loan, member(), request(amount), generous) == code
    owing = lent(funded(100_000_000), amount=30_000_000, now=generous)
    for amount, code in ((20_000_000, None), (20_000_001, "loan-limit")):
        second = request(amount, loan=OTHER_LOAN)
        assert refuses(owing, request_loan, member(), second, generous) == code
    paid_down = repaid(owing, 35_000, DAY, principal=35_000, interest=0)
    second = request(20_035_001, loan=OTHER_LOAN)
    paid_down.when(request_loan, member(), second, generous).then_refused("loan-limit")


def test_the_cap_of_fifty_million_holds_at_the_payout_too() -> None:
    generous = moment(loan_amount_max=100_000_000, live_loans_per_member=5)
    rich = funded(100_000_000)
    both = approved(
        approved(rich, amount=30_000_000, now=generous),
        amount=20_000_001,
        loan=OTHER_LOAN,
        now=generous,
    )
    first = both.after(disburse_loan, LOAN, member(), payout(), generous)
    first.when(disburse_loan, OTHER_LOAN, member(), payout(), generous).then_refused("loan-limit")
    less = payout(amount=20_000_000)
    first.when(disburse_loan, OTHER_LOAN, member(), less, generous).then_told(amount=20_000_000)


# --- what it may cost ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "per", "code"),
    [
        ("20", "year", None),
        ("20.00000001", "year", "rate-above-cap"),
        ("1.66666666", "month", None),
        ("1.66666667", "month", "rate-above-cap"),
        ("1.6666", "month", None),
        ("1.67", "month", "rate-above-cap"),
        ("0", "month", None),
    ],
)
def test_the_stated_rate_is_at_most_twenty_percent_a_year(
    percent: str, per: str, code: str | None
) -> None:
    dear = terms(rate=rate(percent, per))
    assert refuses(funded(), request_loan, member(), request(terms=dear), NOW) == code
    vote = approval(terms=dear)
    asked = requested(funded())
    assert refuses(asked, approve_loan, LOAN, member(), member(CHAIR), vote, NOW) == code


def test_an_effective_rate_above_twenty_percent_is_a_warning() -> None:
    """Flat 1 % a month is about 21.5 % a year; flat 0.9 % stays below."""
    for percent, warnings in (("1", ("effective-rate-above-20",)), ("0.9", ())):
        flat = terms(method="flat", instalments=12, rate=rate(percent))
        funded().when(request_loan, member(), request(terms=flat), NOW).then_told(warnings=warnings)


# --- who is late -----------------------------------------------------------------------------

# 5,000,000 without interest in ten parts from 10 March: 500,000 is due on 10 April.
DUE = date(2026, 4, 10)


@pytest.mark.parametrize(
    ("paid", "asked_on", "code"),
    [
        (0, days(30, DUE), None),  # the days of grace run until the next meeting
        (0, days(31, DUE), "has-overdue-loan"),
        (499_000, days(31, DUE), None),  # short by exactly the tolerance of 1,000
        (498_999, days(31, DUE), "has-overdue-loan"),
        (500_000, days(31, DUE), None),
        (999_000, days(61, DUE), None),  # two instalments, 1,000 short in all
        (998_999, days(61, DUE), "has-overdue-loan"),
    ],
)
def test_who_is_late_gets_no_further_loan(paid: int, asked_on: date, code: str | None) -> None:
    given = lent(funded(), terms=FREE)
    if paid:
        given = repaid(given, paid, DUE)
    second = request(1_000_000, asked_on, loan=OTHER_LOAN)
    by_laws = moment(live_loans_per_member=2)
    assert refuses(given, request_loan, member(), second, by_laws) == code


def test_grace_and_tolerance_are_the_clubs_own() -> None:
    given = lent(funded(), terms=FREE)
    second = request(1_000_000, days(5, DUE), loan=OTHER_LOAN)
    cases: list[tuple[dict[str, Any], str | None]] = [
        ({"late_grace_days": 5}, None),
        ({"late_grace_days": 4}, "has-overdue-loan"),
        ({"late_grace_days": 4, "late_tolerance": 500_000}, None),
        ({"late_grace_days": 4, "late_tolerance": 499_999}, "has-overdue-loan"),
        ({"late_grace_days": 0}, "has-overdue-loan"),
    ]
    for rules, code in cases:
        by_laws = moment(live_loans_per_member=2, **rules)
        assert refuses(given, request_loan, member(), second, by_laws) == code, rules


def test_lateness_is_seen_again_at_the_approval() -> None:
    by_laws = moment(live_loans_per_member=2)
    given = requested(
        lent(funded(), terms=FREE), loan=OTHER_LOAN, amount=1_000_000, now=by_laws, on=DUE
    )
    late = approval(days(31, DUE))
    given.when(approve_loan, OTHER_LOAN, member(), member(CHAIR), late, by_laws).then_refused(
        "has-overdue-loan"
    )


# --- the by-laws that govern a loan ----------------------------------------------------------


def test_a_loan_keeps_the_by_laws_it_was_approved_under() -> None:
    first, second = moment(version=1), moment(version=2, loan_amount_max=1_000_000)
    assert requested(funded(), now=first).state.loans[LOAN].regulation == 1
    asked = requested(funded(), now=first)
    voted = asked.after(approve_loan, LOAN, member(), member(CHAIR), approval(), moment(version=3))
    assert voted.state.loans[LOAN].regulation == 3
    paid = voted.when(disburse_loan, LOAN, member(), payout(), second)
    paid.then_told(regulation=3, amount=5_000_000)


def test_a_reversed_payout_can_be_paid_out_again() -> None:
    given = lent(funded())
    again = reversed_(given, id_of(len(given.past) - 1)).after(
        disburse_loan, LOAN, member(), payout(days(2)), NOW
    )
    loan = again.state.loans[LOAN]
    assert (loan.disbursed_on, loan.outstanding) == (days(2), 5_000_000)
    assert isinstance(repaid(again, 35_000, days(40)).past[-1], RepaymentReceived)
