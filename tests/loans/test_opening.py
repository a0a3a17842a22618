"""A club that starts from a notebook: where it stood at the end of the cut-over date."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from domain.loans.accounts import CapitalSource, Fund
from domain.loans.book import Book
from domain.loans.commands import EnterOpeningBalances, OpeningLoan
from domain.loans.decisions import disburse_loan, repay_loan, request_loan
from domain.loans.events import DuesReceived, LoanSettled, RepaymentReceived
from domain.loans.funds import (
    move_money,
    open_books,
    pay_expense,
    receive_capital,
    receive_dues,
    transfer_funds,
)
from domain.regulation import MODEL_REGULATION
from examples import (
    CHAIR,
    DAY,
    HOA,
    LAN,
    LOAN,
    NOW,
    OTHER_LOAN,
    TODAY,
    TREASURER,
    book,
    capital,
    days,
    dues,
    expense,
    id_of,
    member,
    payout,
    rate,
    refuses,
    repaid,
    repay,
    request,
    reversed_,
    reversing,
    standing,
    terms,
    to_bank,
    transfer,
)
from specification import Specification

RULES = MODEL_REGULATION.rules
CUT_OVER = date(2026, 1, 31)
FOUR_LEFT = terms(instalments=4, rate=rate("1"))


def live(amount: int = 2_000_000, **changed: Any) -> OpeningLoan:
    """Four instalments of 500,000 left, the next on 20 February."""
    usual = {
        "loan_id": LOAN,
        "borrower_id": LAN,
        "principal_remaining": amount,
        "next_due_on": date(2026, 2, 20),
        "terms": FOUR_LEFT,
    }
    return OpeningLoan(**{**usual, **changed})


def opening(**changed: Any) -> EnterOpeningBalances:
    """3 million in the box, one at the bank, one loan of 2 million: 6 million of the State."""
    usual = {
        "cut_over_on": CUT_OVER,
        "cash": {Fund.LOAN: 3_000_000, Fund.OPERATING: 400_000},
        "bank": {Fund.LOAN: 1_000_000},
        "capital": {CapitalSource.STATE_BUDGET: 6_000_000},
        "loans": (live(),),
        "signed_by": (CHAIR, TREASURER),
    }
    return EnterOpeningBalances(**{**usual, **changed})


def opened(**changed: Any) -> Specification:
    return book.after(open_books, opening(**changed), NOW)


def test_each_fund_starts_with_what_was_counted() -> None:
    assert standing(opened()) == {
        "loan/111": 3_000_000,
        "loan/112": 1_000_000,
        "loan/1283": 2_000_000,
        "loan/4111": -6_000_000,
        "operating/111": 400_000,
        "operating/4181": -400_000,
    }
    book.when(open_books, opening(), NOW).then_told(vouchers=(), signed_by=(CHAIR, TREASURER))


def test_the_loan_fund_fits_to_the_dong_or_says_by_how_much_it_does_not() -> None:
    cases: list[tuple[dict[str, Any], int]] = [
        ({"capital": {CapitalSource.STATE_BUDGET: 5_999_999}}, 1),
        ({"capital": {CapitalSource.STATE_BUDGET: 6_000_001}}, -1),
        ({"interest_not_allocated": 1}, -1),
        ({"cash": {Fund.LOAN: 2_999_000}}, -1_000),
        ({"loans": ()}, -2_000_000),
    ]
    for changed, difference in cases:
        given = book.when(open_books, opening(**changed), NOW)
        given.then_refused("opening-unbalanced", difference=difference)


def test_capital_and_interest_not_yet_allocated_make_up_the_loan_fund() -> None:
    parts = opening(
        capital={CapitalSource.MEMBERS: 5_000_000, CapitalSource.CAPITALISED_INTEREST: 400_000},
        interest_not_allocated=600_000,
    )
    after = standing(book.after(open_books, parts, NOW))
    assert (after["loan/4114"], after["loan/4118"]) == (-5_000_000, -400_000)
    assert after["loan/515"] == -600_000


def test_two_different_people_sign() -> None:
    with pytest.raises(ValidationError):
        opening(signed_by=(CHAIR,))
    twice = opening(signed_by=(CHAIR, CHAIR))
    book.when(open_books, twice, NOW).then_refused("same-person")


def test_books_are_opened_once_and_before_anything_else() -> None:
    opened().when(open_books, opening(), NOW).then_refused("already-opened")
    received = book.after(receive_capital, capital(1), NOW)
    received.when(open_books, opening(), NOW).then_refused("already-opened")


def test_a_request_that_moved_no_money_does_not_keep_the_books_closed() -> None:
    asked = book.after(request_loan, member(HOA), request(loan=OTHER_LOAN), NOW)
    assert set(asked.after(open_books, opening(), NOW).state.loans) == {LOAN, OTHER_LOAN}


def test_the_cut_over_is_today_at_the_latest() -> None:
    due = days(30, TODAY)
    today = opening(cut_over_on=TODAY, loans=(live(next_due_on=due),))
    book.when(open_books, today, NOW).then_told(occurred_on=TODAY)
    tomorrow = opening(cut_over_on=days(1, TODAY), loans=(live(next_due_on=due),))
    book.when(open_books, tomorrow, NOW).then_refused("future-date")


def test_two_opening_loans_are_two() -> None:
    double = opening(loans=(live(1_000_000), live(1_000_000, borrower_id=HOA)))
    book.when(open_books, double, NOW).then_refused("malformed")


def test_terms_that_do_not_fit_what_is_left_are_refused() -> None:
    balloon = opening(loans=(live(terms=terms(instalments=4, balloon=2_000_001)),))
    book.when(open_books, balloon, NOW).then_refused("malformed")
    too_far = opening(loans=(live(next_due_on=date(2999, 12, 1)),))
    book.when(open_books, too_far, NOW).then_refused("malformed")


# --- what the opening holds is not entered once more -----------------------------------------


def test_an_entry_up_to_the_cut_over_is_already_in_the_opening_balances() -> None:
    given = opened()
    before, after = CUT_OVER, days(1, CUT_OVER)
    for decide, ask in (
        (receive_capital, capital),
        (receive_dues, dues),
        (pay_expense, expense),
        (move_money, to_bank),
    ):
        assert refuses(given, decide, ask(1, before), NOW) == "period-closed"
        assert refuses(given, decide, ask(1, after), NOW) is None
    for on, code in ((before, "period-closed"), (after, None)):
        move = transfer(1, Fund.OPERATING, Fund.CARE, on)
        assert refuses(given, transfer_funds, move, NOW) == code
        assert refuses(given, repay_loan, LOAN, repay(1, on), RULES, NOW) == code
        assert refuses(given, disburse_loan, LOAN, member(), payout(on), NOW) == (
            code or "not-approved"
        )


# --- live loans ------------------------------------------------------------------------------


def test_a_live_loan_goes_on_from_its_next_due_date() -> None:
    loan = opened().state.loans[LOAN]
    assert [(due.due_on, due.principal, due.interest) for due in loan.instalments] == [
        (date(2026, 2, 20), 500_000, 20_000),
        (date(2026, 3, 20), 500_000, 15_000),
        (date(2026, 4, 20), 500_000, 10_000),
        (date(2026, 5, 20), 500_000, 5_000),
    ]
    assert (loan.outstanding, loan.disbursed_on, loan.version) == (2_000_000, CUT_OVER, 1)


def test_the_next_due_date_lies_after_the_cut_over() -> None:
    same_day = opening(loans=(live(next_due_on=CUT_OVER),))
    book.when(open_books, same_day, NOW).then_refused("date-order")
    next_day = opening(loans=(live(next_due_on=days(1, CUT_OVER)),))
    book.when(open_books, next_day, NOW).then_told(occurred_on=CUT_OVER)


@pytest.mark.parametrize(
    ("amount", "on", "principal", "interest", "excess"),
    [
        (30_000, date(2026, 2, 1), 0, 30_000, 0),  # the unpaid interest comes first
        (30_001, date(2026, 2, 1), 1, 30_000, 0),
        (550_000, date(2026, 2, 20), 500_000, 50_000, 0),
        (1_085_000, date(2026, 3, 25), 1_020_000, 65_000, 0),
        (2_049_999, date(2026, 2, 20), 1_999_999, 50_000, 0),
        (2_050_000, date(2026, 2, 20), 2_000_000, 50_000, 0),
        (2_050_001, date(2026, 2, 20), 2_000_000, 50_000, 1),
        (2_065_000, date(2026, 2, 21), 2_000_000, 65_000, 0),  # the second period has begun
    ],
)
def test_a_repayment_on_an_opening_loan_knows_the_interest_still_unpaid(
    amount: int, on: date, principal: int, interest: int, excess: int
) -> None:
    given = opened(loans=(live(interest_unpaid=30_000),))
    repayment = given.when(repay_loan, LOAN, repay(amount, on), RULES, NOW)
    repayment.then_told(principal=principal, interest=interest, excess=excess)
    settled = any(isinstance(event, LoanSettled) for event in repayment.decided())
    assert settled == (principal == 2_000_000)


def test_unpaid_interest_of_an_opening_loan_is_not_forgiven_with_the_principal() -> None:
    given = opened(loans=(live(interest_unpaid=30_000),))
    by_hand = repay(2_000_000, date(2026, 2, 1), principal=2_000_000, interest=0)
    after = given.after(repay_loan, LOAN, by_hand, RULES, NOW)
    assert after.state.live_loans_of(LAN)
    paid = repaid(after, 30_000, date(2026, 2, 2))
    assert isinstance(paid.past[-1], LoanSettled)


def test_an_opening_loan_counts_against_the_next_one() -> None:
    opened().when(request_loan, member(LAN), request(loan=OTHER_LOAN), NOW).then_refused(
        "loan-limit"
    )
    late = opened(loans=(live(interest_unpaid=30_000),))
    late.when(request_loan, member(LAN), request(loan=OTHER_LOAN), NOW).then_refused(
        "has-overdue-loan"
    )


def test_an_opening_loan_settles_on_its_last_dong() -> None:
    given = repaid(opened(), 2_020_000, date(2026, 2, 20))
    assert given.state.closed[LOAN].on_time
    given.when(repay_loan, LOAN, repay(1, DAY), RULES, NOW).then_refused("loan-settled")


# --- taken back ------------------------------------------------------------------------------


def test_a_wrong_opening_is_reversed_and_entered_again() -> None:
    withdrawn = reversed_(opened(), id_of(0), CUT_OVER)
    assert standing(withdrawn) == {}
    assert not withdrawn.state.loans
    assert withdrawn.state.opened_on is None
    again = withdrawn.after(open_books, opening(), NOW)
    assert standing(again) == standing(opened())
    assert again.state.loans[LOAN].outstanding == 2_000_000
    again.when(open_books, opening(), NOW).then_refused("already-opened")


def test_an_opening_reversed_later_is_entered_again_from_that_day_on() -> None:
    """In between the old figures stood; they do not stand twice."""
    withdrawn = reversed_(opened(), id_of(0), DAY)
    withdrawn.when(open_books, opening(), NOW).then_refused("already-opened")
    later = opening(cut_over_on=DAY, loans=(live(next_due_on=days(10)),))
    withdrawn.when(open_books, later, NOW).then_told(occurred_on=DAY)


def test_opening_balances_are_reversed_only_when_nothing_stands_on_them() -> None:
    with_dues = opened().after(receive_dues, dues(1_000, DAY), NOW)
    reversing(with_dues, id_of(0)).then_refused("built-on")
    spent = opened().after(pay_expense, expense(1, DAY), NOW)
    reversing(spent, id_of(0)).then_refused("built-on", first=[str(id_of(1))])
    paid_on = repaid(opened(), 500_000, DAY)
    reversing(paid_on, id_of(0)).then_refused("built-on")


def test_what_stood_on_them_is_reversed_first() -> None:
    with_dues = opened().after(receive_dues, dues(1_000, DAY), NOW)
    cleared = reversed_(with_dues, id_of(1))
    assert isinstance(cleared.past[1], DuesReceived)
    assert standing(reversed_(cleared, id_of(0))) == {}
    paid_on = repaid(opened(), 500_000, DAY)
    assert isinstance(paid_on.past[1], RepaymentReceived)
    assert standing(reversed_(reversed_(paid_on, id_of(1)), id_of(0))) == {}


def test_a_refused_opening_leaves_no_trace() -> None:
    state: Book = opened().state
    before = state.model_copy(deep=True)
    opened().when(open_books, opening(), NOW).then_refused("already-opened")
    assert state == before
