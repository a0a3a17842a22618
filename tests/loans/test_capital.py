"""Capital goes back by a named decision, out of free money, and only where it was lent to us."""

from domain.loans.accounts import Account, CapitalSource, Fund, Restriction
from domain.loans.capital import return_capital
from domain.loans.commands import ReturnCapital
from domain.loans.decisions import disburse_loan
from domain.loans.events import CapitalReceived, CapitalReturned
from domain.loans.funds import receive_capital
from examples import (
    CHAIR,
    DAY,
    FOUNDED,
    LAN,
    LOAN,
    NOW,
    TREASURER,
    approved,
    book,
    capital,
    counted,
    days,
    funded,
    last,
    lent,
    lines,
    member,
    payout,
    repaid,
    reversed_,
    reversing,
    standing,
    story,
)
from specification import Specification

DONOR, STATE = CapitalSource.DONOR_PROJECT, CapitalSource.STATE_BUDGET
PROJECT = "VIE-071"


def returnable(amount: int = 10_000_000) -> Specification:
    """10 million of a donor's project to be returned, beside 5 million that stay."""
    ours = capital(amount, FOUNDED, DONOR, restriction=Restriction.RETURNABLE, project=PROJECT)
    return funded(5_000_000).after(receive_capital, ours, NOW)


def asked(amount: int, **more: object) -> ReturnCapital:
    usual = {
        "occurred_on": DAY,
        "amount": amount,
        "source": DONOR,
        "project": PROJECT,
        "decision": "QD 12",
        "approved_by": CHAIR,
        "paid_by": TREASURER,
    }
    return ReturnCapital(**{**usual, **more})


def returning(given: Specification, amount: int, **more: object) -> Specification:
    return given.when(return_capital, story(given), asked(amount, **more), NOW)


def returned(given: Specification, amount: int) -> Specification:
    return given.after(return_capital, story(given), asked(amount), NOW)


def test_the_last_dong_of_a_source_goes_back_and_not_one_more() -> None:
    returning(returnable(), 10_000_000).then_told(decision="QD 12", vouchers=("PC-2026-0001",))
    (event,) = returning(returnable(), 10_000_000).decided()
    assert lines(event) == [
        (Fund.LOAN, Account.CAPITAL_DONOR, 10_000_000),
        (Fund.LOAN, Account.CASH, -10_000_000),
    ]
    returning(returnable(), 10_000_001).then_refused("exceeds-capital", left=10_000_000)
    returning(returned(returnable(), 4_000_000), 6_000_001).then_refused(
        "exceeds-capital", left=6_000_000
    )


def test_only_what_was_lent_to_be_returned_goes_back() -> None:
    returning(returnable(), 1, source=STATE, project=None).then_refused("not-returnable")
    returning(returnable(), 1, project="VIE-072").then_refused("not-returnable")
    returning(returned(returnable(), 10_000_000), 1).then_refused("not-returnable")


def test_who_approves_does_not_pay() -> None:
    returning(returnable(), 1, approved_by=TREASURER).then_refused("same-person")


def test_money_of_others_in_clearing_does_not_go_back() -> None:
    """6 million in the box, of which 500,000 were repaid too much."""
    given = book.after(
        receive_capital,
        capital(6_000_000, FOUNDED, DONOR, restriction=Restriction.RETURNABLE, project=PROJECT),
        NOW,
    )
    given = repaid(lent(given, amount=1_000_000), 1_507_000, days(31))
    free = given.state.free_money
    assert (free, given.state.cash_at_end_of(Fund.LOAN, days(31))) == (6_007_000, 6_507_000)
    waiting = lent(given, amount=1_000_000, loan=CHAIR, on=days(31))
    assert waiting.state.free_money == 5_007_000
    returning(waiting, 5_007_000, occurred_on=days(31)).then_told(amount=5_007_000)
    returning(waiting, 5_007_001, occurred_on=days(31)).then_refused(
        "insufficient-funds", available=5_007_000
    )


def test_a_difference_in_the_box_stops_it() -> None:
    short = counted(returnable(), 14_000_000, funds=(Fund.LOAN,))
    returning(short, 1).then_refused("count-unsettled")


def test_lent_money_is_not_there_to_be_returned() -> None:
    given = approved(returnable(), amount=15_000_000)
    given = given.after(disburse_loan, LOAN, member(LAN), payout(), NOW)
    returning(given, 1).then_refused("insufficient-funds", available=0)


def test_a_receipt_that_went_back_stands_under_its_return() -> None:
    given = returned(returnable(), 4_000_000)
    first = str(last(given, CapitalReturned))
    reversing(given, last(given, CapitalReceived)).then_refused("built-on", first=[first])
    undone = reversed_(given, last(given, CapitalReturned))
    assert standing(undone) == standing(returnable())
    returning(undone, 10_000_000).then_told(amount=10_000_000)
    gone = reversed_(undone, last(undone, CapitalReceived))
    returning(gone, 1).then_refused("not-returnable")
