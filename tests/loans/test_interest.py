"""Interest is split by an explicit allocation alone, and its parts always add up."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.loans.accounts import Account, Fund
from domain.loans.commands import AllocateInterest, ReceiveBankInterest
from domain.loans.corrections import approve_reversal
from domain.loans.events import InterestAllocated, RepaymentReceived
from domain.loans.funds import pay_expense, receive_dues, transfer_funds
from domain.loans.interest import allocate_interest, receive_bank_interest, shared_out
from domain.regulation import InterestShares, Rules
from examples import (
    CHAIR,
    DAY,
    HOA,
    NOW,
    OTHER_LOAN,
    book,
    days,
    dues,
    expense,
    funded,
    last,
    lent,
    lines,
    moment,
    proposed,
    repaid,
    reversed_,
    reversing,
    standing,
    story,
    transfer,
)
from specification import Specification

LOANS, OPERATING, CARE, RESERVE = Fund.LOAN, Fund.OPERATING, Fund.CARE, Fund.RESERVE
NEXT = days(31)


def earned() -> Specification:
    """35,000 of interest received on a loan of 5 million; 45,535,000 in the box."""
    return repaid(lent(funded()), 535_000, NEXT)


def allocation(amount: int | None = None, **more: Any) -> AllocateInterest:
    return AllocateInterest(occurred_on=NEXT, amount=amount, **more)


def test_interest_goes_to_capital_and_to_the_funds_that_spend() -> None:
    (event,) = earned().when(allocate_interest, allocation(), NOW).decided()
    assert isinstance(event, InterestAllocated)
    assert (event.capital, event.operating, event.care, event.reserve) == (
        14_000,
        10_500,
        7_000,
        3_500,
    )
    assert lines(event) == [
        (LOANS, Account.INTEREST, 35_000),
        (LOANS, Account.CAPITALISED_INTEREST, -14_000),
        (LOANS, Account.CASH, -21_000),
        (OPERATING, Account.CASH, 10_500),
        (OPERATING, Account.OPERATING_FUND, -10_500),
        (CARE, Account.CASH, 7_000),
        (CARE, Account.CARE_FUND, -7_000),
        (RESERVE, Account.CASH, 3_500),
        (RESERVE, Account.RISK_RESERVE, -3_500),
    ]
    assert event.vouchers == ("PC-2026-0002", "PT-2026-0002", "PT-2026-0003", "PT-2026-0004")


def test_never_more_is_split_than_interest_was_received() -> None:
    earned().when(allocate_interest, allocation(35_000), NOW).then_told(interest=35_000)
    earned().when(allocate_interest, allocation(35_001), NOW).then_refused(
        "exceeds-interest", available=35_000
    )
    done = earned().after(allocate_interest, allocation(), NOW)
    done.when(allocate_interest, allocation(), NOW).then_refused("exceeds-interest", available=0)
    done.when(allocate_interest, allocation(1), NOW).then_refused("exceeds-interest")


def spent_down(left: int) -> Specification:
    """The interest is there, but only `left` đồng of cash: the rest lies in operating's box."""
    poor = book.after(receive_dues, dues(5_000_000), NOW)
    poor = poor.after(transfer_funds, transfer(5_000_000, OPERATING, LOANS), NOW)
    poor = repaid(lent(poor), 535_000, NEXT)
    back = transfer(535_000 - left, LOANS, OPERATING, NEXT)
    return poor.after(transfer_funds, back, NOW)


@pytest.mark.parametrize(
    ("left", "in_cash"),
    [
        (21_000, {"operating": 10_500, "care": 7_000, "reserve": 3_500}),
        (20_999, {"operating": 10_500, "care": 7_000, "reserve": 3_499}),
        (10_500, {"operating": 10_500, "care": 0, "reserve": 0}),
        (0, {"operating": 0, "care": 0, "reserve": 0}),
    ],
)
def test_cash_goes_as_far_as_it_reaches_and_claims_stand_for_the_rest(
    left: int, in_cash: dict[str, int]
) -> None:
    given = spent_down(left)
    parts = {"operating": 10_500, "care": 7_000, "reserve": 3_500}
    (event,) = given.when(allocate_interest, allocation(), NOW).decided()
    assert isinstance(event, InterestAllocated)
    paid = {f: a for f, account, a in lines(event) if account is Account.CASH and f is not LOANS}
    assert paid == {Fund(name): amount for name, amount in in_cash.items() if amount}
    assert len(event.vouchers) == (len(paid) + 1 if paid else 0)
    after = given.given(event).state
    before = given.state
    for name, part in parts.items():
        owed = after.claim(Fund(name), LOANS) - before.claim(Fund(name), LOANS)
        assert owed == part - in_cash[name]


def test_money_of_others_in_clearing_is_not_handed_on() -> None:
    """5,000 too much was repaid: of 7,000 in the box only 2,000 are the fund's own."""
    given = book.after(receive_dues, dues(1_000_000), NOW)
    given = given.after(transfer_funds, transfer(1_000_000, OPERATING, LOANS), NOW)
    given = repaid(lent(given, amount=1_000_000), 1_012_000, NEXT)
    given = given.after(transfer_funds, transfer(1_000_000, LOANS, OPERATING, NEXT), NOW)
    given = lent(given, loan=OTHER_LOAN, amount=5_000, on=NEXT, borrower=HOA)
    assert (given.state.cash_at_end_of(LOANS, NEXT), given.state.free_money) == (7_000, 2_000)
    (event,) = given.when(allocate_interest, allocation(), NOW).decided()
    assert [a for f, account, a in lines(event) if (f, account) == (LOANS, Account.CASH)] == [
        -2_000
    ]
    assert given.given(event).state.claim(OPERATING, LOANS) == 100
    assert given.given(event).state.claim(CARE, LOANS) == 1_400


@for_all(
    amount=st.integers(1, 10**9),
    cuts=st.lists(st.integers(0, 10_000), min_size=3, max_size=3),
)
def test_the_parts_always_add_up_and_are_within_one_dong_of_their_share(
    amount: int, cuts: list[int]
) -> None:
    first, second, third = sorted(cuts)
    shares = InterestShares(
        capital=first, operating=second - first, care=third - second, reserve=10_000 - third
    )
    parts = shared_out(amount, shares)
    assert sum(parts.values()) == amount
    for name, part in parts.items():
        assert abs(part * 10_000 - amount * getattr(shares, name)) < 10_000


@pytest.mark.parametrize(
    ("amount", "parts"),
    [(1, (1, 0, 0, 0)), (2, (1, 1, 0, 0)), (3, (1, 1, 1, 0)), (9, (3, 3, 2, 1)), (6, (2, 2, 1, 1))],
)
def test_a_dong_that_is_over_goes_to_the_largest_remainder(
    amount: int, parts: tuple[int, ...]
) -> None:
    assert tuple(shared_out(amount, InterestShares()).values()) == parts


def test_a_club_may_share_otherwise_but_never_more_or_less_than_all() -> None:
    all_kept = {"capital": 10_000, "operating": 0, "care": 0, "reserve": 0}
    ours = moment(version=1, interest_shares=InterestShares(**all_kept))
    earned().when(allocate_interest, allocation(), ours).then_told(
        capital=35_000, operating=0, regulation=1, vouchers=()
    )
    for points in (9_999, 10_001):
        with pytest.raises(ValidationError):
            Rules.model_validate({"interest_shares": {**all_kept, "capital": points}})


def test_the_bank_pays_interest_into_the_account_of_the_fund() -> None:
    def bank(fund: Fund) -> list[tuple[Fund, Account, int]]:
        command = ReceiveBankInterest(occurred_on=DAY, amount=9_000, fund=fund)
        (event,) = book.when(receive_bank_interest, command, NOW).decided()
        assert event.vouchers == ()  # type: ignore[attr-defined]
        return lines(event)

    assert bank(LOANS) == [(LOANS, Account.BANK, 9_000), (LOANS, Account.INTEREST, -9_000)]
    assert bank(CARE) == [(CARE, Account.BANK, 9_000), (CARE, Account.CARE_FUND, -9_000)]


# --- corrections -----------------------------------------------------------------------------


def test_an_allocation_is_reversed_with_a_slip_for_each_box() -> None:
    given = earned().after(allocate_interest, allocation(), NOW)
    undone = reversed_(given, last(given, InterestAllocated), on=NEXT)
    assert standing(undone) == standing(earned())
    assert undone.past[-1].vouchers == (  # type: ignore[attr-defined]
        "PC-2026-0003",
        "PC-2026-0004",
        "PC-2026-0005",
        "PT-2026-0005",
    )


def test_interest_taken_back_after_its_allocation_is_a_finding() -> None:
    given = earned().after(allocate_interest, allocation(), NOW)
    receipt = last(given, RepaymentReceived)
    reversing(given, receipt, on=NEXT).then_told(findings=("interest-overallocated",))
    reversing(earned(), receipt, on=NEXT).then_told(findings=())


def test_a_claim_that_was_paid_stands_upon_its_allocation() -> None:
    given = spent_down(0).after(allocate_interest, allocation(), NOW)
    given = repaid(given, 535_000, days(62))
    given = given.after(transfer_funds, transfer(7_000, LOANS, CARE, days(62)), NOW)
    allocated = last(given, InterestAllocated)
    waiting = proposed(given, allocated)
    waiting.when(approve_reversal, story(waiting), allocated, CHAIR, days(62), NOW).then_refused(
        "built-on", first=[str(story(given)[-1].id)]
    )
    spent = earned().after(allocate_interest, allocation(), NOW)
    spent = spent.after(pay_expense, expense(1, NEXT, fund=CARE), NOW)
    reversing(spent, last(spent, InterestAllocated), on=NEXT).then_refused("insufficient-funds")
