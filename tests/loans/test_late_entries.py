"""Entries that come late, in any order: the money is the same, only its split may differ."""

from itertools import permutations
from typing import NamedTuple

from domain.loans.accounts import Account, Fund
from domain.loans.decisions import repay_loan
from domain.loans.events import RepaymentReceived
from examples import LOAN, NOW, days, funded, lent, repay
from specification import Specification

# (days after the payout, đồng): a part, an instalment, too little, in advance, and late.
FIVE = ((20, 100_000), (31, 535_000), (45, 1), (95, 1_500_000), (200, 700_000))


class End(NamedTuple):
    cash: int
    paid: int


def entered(order: tuple[tuple[int, int], ...]) -> tuple[End, tuple[tuple[int, int], ...]]:
    """Where it ends, and the split of each repayment in business-date order."""
    story: Specification = lent(funded())
    splits: dict[int, tuple[int, int]] = {}
    for day, amount in order:
        [event, *_] = story.when(
            repay_loan, LOAN, repay(amount, days(day)), NOW.regulation.rules, NOW
        ).decided()
        assert isinstance(event, RepaymentReceived)
        splits[day] = (event.principal, event.interest)
        story = story.given(event)
    state = story.state
    loan = state.loans[LOAN]
    end = End(state.balance(Fund.LOAN, Account.CASH), loan.principal_paid + loan.interest_paid)
    return end, tuple(splits[day] for day in sorted(splits))


def test_five_back_dated_repayments_end_in_the_same_cash_and_total_in_every_order() -> None:
    ends, splits = zip(*(entered(order) for order in permutations(FIVE)), strict=True)
    assert len(set(ends)) == 1
    assert ends[0].paid == sum(amount for _, amount in FIVE)
    # The order does change what was called interest: a receipt once given is never rewritten.
    assert len(set(splits)) > 1
