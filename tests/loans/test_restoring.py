"""A reversal is reversed: the first entry counts again, under a new event and a new voucher."""

from datetime import timedelta

import pytest

from domain.errors import Refusal
from domain.loans.accounts import Fund
from domain.loans.decisions import disburse_loan, repay_loan
from domain.loans.events import (
    DuesReceived,
    EntryReversed,
    LoanDisbursed,
    LoanSettled,
    PastLoanEntered,
    RepaymentReceived,
)
from domain.loans.funds import pay_expense, receive_capital, receive_dues, transfer_funds
from domain.loans.loan import Step
from domain.regulation import MODEL_REGULATION
from examples import (
    LAN,
    LOAN,
    NOW,
    approved,
    book,
    capital,
    days,
    dues,
    expense,
    funded,
    id_of,
    last,
    lent,
    member,
    past_loan,
    payout,
    proposed,
    repaid,
    repay,
    reversed_,
    reversing,
    standing,
    story,
    transfer,
)
from specification import Specification

NEXT = days(31)


def taken_back(given: Specification, kind: type) -> Specification:
    return reversed_(given, last(given, kind), on=NEXT)


def restored(given: Specification) -> Specification:
    return reversed_(given, last(given, EntryReversed), on=NEXT)


def restoring(given: Specification) -> Specification:
    return reversing(given, last(given, EntryReversed), on=NEXT)


def test_what_was_reversed_by_mistake_counts_again() -> None:
    given = book.after(receive_dues, dues(500_000), NOW)
    wrong = taken_back(given, DuesReceived)
    restoring(wrong).then_told(
        restores=id_of(0),
        restored_topic="loans.DuesReceived",
        reversed_topic="loans.EntryReversed",
        vouchers=("PT-2026-0002",),
    )
    right = restored(wrong)
    assert standing(right) == standing(given)
    assert right.state.reversed == {last(wrong, EntryReversed)}


def test_it_may_be_reversed_and_restored_again_and_again() -> None:
    given = book.after(receive_dues, dues(500_000), NOW)
    again = taken_back(restored(taken_back(given, DuesReceived)), DuesReceived)
    assert standing(again) == {}
    assert standing(restored(again)) == standing(given)
    with pytest.raises(Refusal) as refusal:
        proposed(again, id_of(0))
    assert refusal.value.code == "already-reversed"


def test_a_reversal_is_restored_once() -> None:
    right = restored(taken_back(book.after(receive_dues, dues(1), NOW), DuesReceived))
    first = next(r.id for r in story(right) if isinstance(r.event, EntryReversed))
    with pytest.raises(Refusal) as refusal:
        proposed(right, first)
    assert refusal.value.code == "already-reversed"


def test_a_payment_is_restored_only_where_its_money_is() -> None:
    given = book.after(receive_dues, dues(500_000), NOW)
    given = given.after(pay_expense, expense(300_000), NOW)
    wrong = taken_back(given, type(given.past[-1]))
    lower = wrong.after(pay_expense, expense(200_000, NEXT), NOW)
    assert standing(restored(lower))["operating/642"] == 500_000
    restoring(wrong.after(pay_expense, expense(200_001, NEXT), NOW)).then_refused(
        "insufficient-funds"
    )


# --- loans -----------------------------------------------------------------------------------


def test_a_restored_repayment_counts_on_its_loan_again() -> None:
    given = repaid(lent(funded()), 535_000, NEXT)
    right = restored(taken_back(given, RepaymentReceived))
    loan, before = right.state.loans[LOAN], given.state.loans[LOAN]
    assert loan.model_copy(update={"version": 0}) == before.model_copy(update={"version": 0})
    assert standing(right) == standing(given)


def test_a_restored_last_repayment_settles_its_loan_again() -> None:
    given = repaid(lent(funded()), 5_035_000, NEXT)
    assert LOAN in given.state.closed
    reopened = taken_back(given, RepaymentReceived)
    assert LOAN in reopened.state.loans
    right = restored(reopened)
    assert isinstance(right.past[-1], LoanSettled)
    assert right.state.closed == given.state.closed


def test_a_repayment_is_not_restored_above_the_debt() -> None:
    given = repaid(lent(funded()), 535_000, NEXT)
    wrong = taken_back(given, RepaymentReceived)
    edge = repaid(wrong, 4_500_000, NEXT, principal=4_500_000, interest=0)
    assert restored(edge).state.loans[LOAN].outstanding == 0
    above = repaid(wrong, 4_500_001, NEXT, principal=4_500_001, interest=0)
    first = [str(last(above, RepaymentReceived))]
    restoring(above).then_refused("built-on", first=first)


def test_a_repayment_is_not_restored_on_a_loan_that_is_not_paid_out() -> None:
    """Both were taken back: the payout comes first again, and then its repayment."""
    given = taken_back(repaid(lent(funded()), 535_000, NEXT), RepaymentReceived)
    receipts_reversal = last(given, EntryReversed)
    gone = taken_back(given, LoanDisbursed)
    reversing(gone, receipts_reversal, on=NEXT).then_refused("built-on")
    back = reversed_(restored(gone), receipts_reversal, on=NEXT)
    assert back.state.loans[LOAN].outstanding == 4_500_000
    anew = gone.after(disburse_loan, LOAN, member(LAN), payout(days(1, NEXT)), NOW)
    reversing(anew, receipts_reversal, on=days(1, NEXT)).then_refused("built-on")


def test_a_restored_payout_lends_again_unless_it_was_paid_anew() -> None:
    given = lent(funded())
    wrong = taken_back(given, LoanDisbursed)
    right = restored(wrong)
    assert right.state.loans[LOAN].step is Step.DISBURSED
    assert right.state.loans[LOAN].instalments == given.state.loans[LOAN].instalments
    anew = wrong.after(disburse_loan, LOAN, member(LAN), payout(NEXT), NOW)
    restoring(anew).then_refused("built-on")


def test_a_restored_payout_keeps_its_own_schedule_after_another_came_and_went() -> None:
    """Paid out, taken back, paid out anew, taken back, and the first found right after all."""
    given = approved(funded()).after(
        disburse_loan, LOAN, member(LAN), payout(amount=4_000_000), NOW
    )
    first = last(given, LoanDisbursed)
    given = taken_back(given, LoanDisbursed)
    first_reversal = last(given, EntryReversed)
    given = given.after(disburse_loan, LOAN, member(LAN), payout(NEXT), NOW)
    given = taken_back(given, LoanDisbursed)
    right = reversed_(given, first_reversal, on=NEXT)
    loan = right.state.loans[LOAN]
    assert (loan.amount, loan.disbursed_on) == (4_000_000, NEXT)
    assert first not in right.state.reversed
    rules = MODEL_REGULATION.rules
    right.when(repay_loan, LOAN, repay(1, NEXT), rules, NOW).then_told(interest=1)
    # The money is out again from that day on: it cannot have come back the day before.
    too_early = NEXT - timedelta(days=1)
    right.when(repay_loan, LOAN, repay(1, too_early), rules, NOW).then_refused("date-order")


def test_a_withdrawn_past_loan_is_there_again() -> None:
    given = funded().given(past_loan(id_of(9), voucher="PC 1"))
    wrong = taken_back(given, PastLoanEntered)
    assert LOAN not in wrong.state.loans
    right = restored(wrong)
    assert right.state.loans[LOAN].outstanding == 5_000_000


# --- what has to go first --------------------------------------------------------------------


def test_an_early_entry_names_what_stands_on_it_latest_first() -> None:
    given = repaid(repaid(lent(funded()), 535_000, NEXT), 531_500, days(61))
    one, two = (r.id for r in story(given) if isinstance(r.event, RepaymentReceived))
    reversing(given, last(given, LoanDisbursed)).then_refused(
        "built-on", first=[str(two), str(one)]
    )
    fewer = reversed_(given, two, on=days(61))
    reversing(fewer, last(given, LoanDisbursed)).then_refused("built-on", first=[str(one)])


def test_a_transfer_names_its_return() -> None:
    given = book.after(receive_dues, dues(500_000), NOW)
    given = given.after(transfer_funds, transfer(300_000, Fund.OPERATING, Fund.CARE), NOW)
    given = given.after(transfer_funds, transfer(100_000, Fund.CARE, Fund.OPERATING), NOW)
    given = given.after(receive_dues, dues(100_000, fund=Fund.CARE), NOW)
    reversing(given, id_of(1)).then_refused("built-on", first=[str(id_of(2))])
    given = given.after(receive_capital, capital(1), NOW)
    assert standing(reversed_(reversed_(given, id_of(2)), id_of(1)))["operating/111"] == 500_000
