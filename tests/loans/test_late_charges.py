"""What being late costs where the by-laws say the Civil Code, exact and rounded once."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.loans.accounts import Account, Fund
from domain.loans.commands import ExtendLoan, FreezeLoan, WaiveInterest
from domain.loans.decisions import repay_loan
from domain.loans.events import LoanDisbursed, LoanSettled, RepaymentReceived
from domain.loans.loan import Due, Freeze, Loan, Paid, Step, late_interest, owed, split
from domain.loans.plans import extend_loan, freeze_loan, waive_interest
from domain.regulation import Rules
from examples import (
    CHAIR,
    DAY,
    FREE,
    LAN,
    LOAN,
    NOW,
    SECRETARY,
    days,
    funded,
    last,
    lent,
    lines,
    member,
    rate,
    refuses,
    repaid,
    repay,
    reversed_,
    reversing,
    standing,
    terms,
)

LATE = Rules(late_charge="civil_code", late_grace_days=30)
AT_ONCE = Rules(late_charge="civil_code", late_grace_days=0)

# 3,650,000 in one sum at the end of a year, 10 % a year: 365,000 of interest.
ONCE = terms(instalments=1, method="bullet", every={"unit": "year"}, rate=rate("10", "year"))
DUE = date(2027, 3, 10)
# A day late costs 15 % / 365 of 3,650,000 = 1,500 and 10 % / 365 of 365,000 = 100.
A_DAY = 1_600


def loan(*paid: tuple[date, int, int], **changed: Any) -> Loan:
    plain = Loan(
        id=LOAN,
        borrower_id=LAN,
        step=Step.DISBURSED,
        amount=3_650_000,
        terms=ONCE,
        disbursed_on=DAY,
        instalments=(Due(due_on=DUE, principal=3_650_000, interest=365_000),),
        payments=tuple(Paid(on=on, principal=p, interest=i) for on, p, i in paid),
        principal_paid=sum(p for _, p, _ in paid),
        interest_paid=sum(i for _, _, i in paid),
    )
    return plain.model_copy(update=changed)


@pytest.mark.parametrize(
    ("after", "rules", "charge"),
    [
        (0, AT_ONCE, 0),
        (1, AT_ONCE, A_DAY),
        (365, AT_ONCE, 365 * A_DAY),
        (365, Rules(late_grace_days=0), 0),  # none is the default
        (30, LATE, 0),
        (31, LATE, 31 * A_DAY),
    ],
)
def test_a_day_late_costs_its_share_of_a_year(after: int, rules: Rules, charge: int) -> None:
    assert late_interest(loan(), days(after, DUE), rules) == charge


def test_what_came_in_time_costs_nothing_and_what_came_late_costs_until_it_came() -> None:
    half = loan((DUE, 1_825_000, 365_000))
    assert late_interest(half, days(10, DUE), AT_ONCE) == 10 * 750
    later = loan((days(4, DUE), 3_650_000, 365_000))
    assert late_interest(later, days(100, DUE), AT_ONCE) == 4 * A_DAY
    assert late_interest(later, days(2, DUE), AT_ONCE) == 2 * A_DAY
    assert late_interest(loan((DAY, 3_650_000, 365_000)), days(9, DUE), AT_ONCE) == 0


def test_half_a_dong_is_rounded_up_once_and_not_per_part() -> None:
    """15 % of 365 đ for 10 days is 1.5 đ; two such parts are 3 đ and not 4."""
    due = Due(due_on=DUE, principal=365, interest=0)
    one = loan(instalments=(due,))
    two = loan(instalments=(due, due))
    assert late_interest(one, days(9, DUE), AT_ONCE) == 1  # 1.35
    assert late_interest(one, days(10, DUE), AT_ONCE) == 2
    assert late_interest(two, days(10, DUE), AT_ONCE) == 3


def test_an_interest_free_loan_is_charged_for_no_principal() -> None:
    assert late_interest(loan(terms=FREE), days(10, DUE), AT_ONCE) == 10 * 100


def test_days_of_a_freeze_cost_nothing() -> None:
    frozen = loan(frozen=(Freeze(from_on=days(3, DUE), until=days(8, DUE)),))
    for after, counted in ((3, 3), (5, 3), (8, 3), (9, 4)):
        assert late_interest(frozen, days(after, DUE), AT_ONCE) == counted * A_DAY


@given(
    payments=st.lists(
        st.tuples(st.integers(0, 500), st.integers(0, 900), st.integers(0, 300)), max_size=6
    ),
    asked_after=st.integers(0, 600),
    grace=st.sampled_from([0, 30]),
    percent=st.sampled_from(["0", "3.33", "12", "20"]),
)
def test_the_charge_is_what_a_walk_day_by_day_says(
    payments: list[tuple[int, int, int]], asked_after: int, grace: int, percent: str
) -> None:
    """Beside it, every single đồng of every instalment is followed to the day it came."""
    dues = ((30, 900, 40), (60, 700, 35), (200, 0, 500), (410, 900, 1))
    given_loan = loan(
        *((days(after), p, i) for after, p, i in payments),
        terms=terms(rate=rate(percent, "year")),
        instalments=tuple(Due(due_on=days(after), principal=p, interest=i) for after, p, i in dues),
    )
    exact = Fraction(0)
    yearly = Fraction(percent) / 100 * Fraction(3, 2)
    for part, share in ((1, yearly), (2, Fraction(1, 10))):
        owed_since = [due[0] for due in dues if due[0] < asked_after for _ in range(due[part])]
        came = sorted(
            paid[0] for paid in payments if paid[0] <= asked_after for _ in range(paid[part])
        )
        for place, since in enumerate(owed_since):
            until = came[place] if place < len(came) else asked_after
            if until - since > grace:
                exact += share * (until - since) / 365
    whole, rest = divmod(exact, 1)
    rules = Rules(late_charge="civil_code", late_grace_days=grace)
    expected = int(whole) + (rest >= Fraction(1, 2))
    assert late_interest(given_loan, days(asked_after), rules) == expected


# --- receipts ----------------------------------------------------------------------------


def test_a_late_charge_is_taken_first_and_stands_in_the_receipt() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    on = days(10, DUE)
    received = out.when(repay_loan, LOAN, repay(400_000, on), AT_ONCE, NOW)
    received.then_told(late_interest=16_000, interest=365_000, principal=19_000, excess=0)
    event = received.decided()[0]
    assert lines(event) == [
        (Fund.LOAN, Account.INTEREST, -16_000),
        (Fund.LOAN, Account.CASH, 400_000),
        (Fund.LOAN, Account.LOANS, -19_000),
        (Fund.LOAN, Account.INTEREST, -365_000),
    ]
    of_loan = [ln.loan_id for ln in event.lines]  # type: ignore[attr-defined]
    assert of_loan == [None, LOAN, LOAN, LOAN]


def test_what_was_charged_and_paid_is_not_asked_for_again() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    paid = repaid(out, 16_000, days(10, DUE), rules=AT_ONCE)
    debt = owed(paid.state.loans[LOAN], days(10, DUE), AT_ONCE)
    assert (debt.late_interest, debt.interest_due) == (0, 365_000)
    assert owed(paid.state.loans[LOAN], days(11, DUE), AT_ONCE).late_interest == A_DAY


def test_a_late_loan_settles_with_its_charge_and_not_a_dong_before() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    on = days(10, DUE)
    assert owed(out.state.loans[LOAN], on, AT_ONCE).to_settle == 4_031_000
    for amount, settles in ((4_030_999, False), (4_031_000, True), (4_031_001, True)):
        events = out.when(repay_loan, LOAN, repay(amount, on), AT_ONCE, NOW).decided()
        assert isinstance(events[-1], LoanSettled) == settles, amount
    by_hand = repay(4_015_000, on, principal=3_650_000, interest=365_000)
    left = out.after(repay_loan, LOAN, by_hand, AT_ONCE, NOW)
    assert owed(left.state.loans[LOAN], on, AT_ONCE).to_settle == 16_000
    assert isinstance(repaid(left, 16_000, on, rules=AT_ONCE).past[-1], LoanSettled)


def test_a_late_charge_by_hand_is_at_most_what_is_owed() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    for late, code in ((16_000, None), (16_001, "exceeds-debt")):
        by_hand = repay(late, days(10, DUE), principal=0, interest=0, late_interest=late)
        assert refuses(out, repay_loan, LOAN, by_hand, AT_ONCE, NOW) == code


def test_without_a_charge_the_split_is_as_ever() -> None:
    debt = owed(loan(), days(10, DUE), Rules())
    assert split(400_000, debt, Rules()).late_interest == 0
    assert debt.to_settle == 4_015_000


def test_a_receipt_with_a_charge_is_reversed_whole() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    on = days(10, DUE)
    paid = repaid(out, 400_000, on, rules=AT_ONCE)
    back = reversed_(paid, last(paid, RepaymentReceived), on)
    assert standing(back) == standing(out)
    assert owed(back.state.loans[LOAN], on, AT_ONCE).late_interest == 16_000


def test_a_payout_stands_while_a_charge_paid_on_it_does() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    on = days(10, DUE)
    paid = repaid(out, 100, on, rules=AT_ONCE)
    assert (paid.state.loans[LOAN].principal_paid, paid.state.loans[LOAN].interest_paid) == (0, 0)
    reversing(paid, last(paid, LoanDisbursed), on).then_refused("built-on")
    back = reversed_(paid, last(paid, RepaymentReceived), on)
    reversing(back, last(back, LoanDisbursed), on).then_told(reversed_topic="loans.LoanDisbursed")


# --- other plans -------------------------------------------------------------------------


def vote(on: date) -> dict[str, Any]:
    return {"occurred_on": on, "proposed_by": SECRETARY, "minutes": "BB 020"}


def test_a_charge_owed_at_an_extension_is_carried_over_and_grows_no_further() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    on = days(10, DUE)
    parties = (LOAN, member(), member(CHAIR))
    command = ExtendLoan(**vote(on), terms=ONCE)
    after = out.after(extend_loan, *parties, command, AT_ONCE, NOW)
    assert after.past[-1].late_interest == 16_000  # type: ignore[attr-defined]
    loan_after = after.state.loans[LOAN]
    assert owed(loan_after, on, AT_ONCE).late_interest == 16_000
    # Only the interest that stays due goes on costing: 100 đ a day.
    assert owed(loan_after, on + timedelta(5), AT_ONCE).late_interest == 16_500
    paid = repaid(after, 16_000, on, rules=AT_ONCE)
    assert owed(paid.state.loans[LOAN], on, AT_ONCE).late_interest == 0


def test_a_late_charge_is_waived_up_to_what_is_owed() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    on = days(10, DUE)
    parties = (LOAN, member(), member(CHAIR))
    for late, code in ((16_000, None), (16_001, "exceeds-debt")):
        command = WaiveInterest(**vote(on), late_interest=late)
        assert refuses(out, waive_interest, *parties, command, AT_ONCE, NOW) == code
    command = WaiveInterest(**vote(on), late_interest=16_000)
    waived = out.after(waive_interest, *parties, command, AT_ONCE, NOW)
    assert owed(waived.state.loans[LOAN], on, AT_ONCE).late_interest == 0


def test_a_freeze_stops_a_charge_from_growing() -> None:
    out = lent(funded(), amount=3_650_000, terms=ONCE)
    command = FreezeLoan(**vote(days(10, DUE)), until=days(40, DUE))
    frozen = out.after(freeze_loan, LOAN, member(), member(CHAIR), command, NOW)
    loan_after = frozen.state.loans[LOAN]
    assert owed(loan_after, days(40, DUE), AT_ONCE).late_interest == 16_000
    assert owed(loan_after, days(41, DUE), AT_ONCE).late_interest == 17_600
