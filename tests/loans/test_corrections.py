"""Nothing is edited: a wrong entry is reversed by another, with a reason and a second person."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.errors import NotFound
from domain.events import Role, person
from domain.loans.accounts import Account, Fund
from domain.loans.commands import CountCash, ProposeReversal
from domain.loans.corrections import approve_reversal, propose_reversal
from domain.loans.decisions import disburse_loan, repay_loan
from domain.loans.events import (
    CapitalReceived,
    CashCounted,
    EntryReversed,
    FundsTransferred,
    LoanDisbursed,
    LoanRequested,
    RepaymentReceived,
)
from domain.loans.funds import (
    count_cash,
    move_money,
    pay_expense,
    receive_capital,
    receive_dues,
    transfer_funds,
)
from domain.loans.loan import Step
from domain.regulation import MODEL_REGULATION
from examples import (
    ACCOUNTANT,
    CHAIR,
    DAY,
    LAN,
    LOAN,
    NOW,
    TODAY,
    approved,
    approving,
    book,
    capital,
    days,
    dues,
    expense,
    funded,
    id_of,
    last,
    lent,
    lines,
    member,
    payout,
    proposed,
    refuses,
    repaid,
    repay,
    reversed_,
    reversing,
    sealed,
    standing,
    story,
    to_bank,
    transfer,
)
from specification import Specification

RULES = MODEL_REGULATION.rules
LOANS, OPERATING, CARE = Fund.LOAN, Fund.OPERATING, Fund.CARE


def box(amount: int = 500_000, on: date = DAY) -> Specification:
    return book.after(receive_dues, dues(amount, on), NOW)


# --- two people ------------------------------------------------------------------------------


def test_one_proposes_with_a_reason_and_another_approves() -> None:
    given = proposed(box(), id_of(0))
    approving(given, id_of(0), by=ACCOUNTANT).then_refused("same-person")
    approving(given, id_of(0), by=CHAIR).then_told(
        reverses=id_of(0),
        reversed_topic="loans.DuesReceived",
        reason=sealed(),
        proposed_by=ACCOUNTANT,
        approved_by=CHAIR,
        concerns=(person(ACCOUNTANT, Role.PROPOSER), person(CHAIR, Role.APPROVER)),
    )


def test_a_reversal_nobody_proposed_is_not_approved() -> None:
    approving(box(), id_of(0)).then_refused("not-proposed")
    done = reversed_(box().after(receive_dues, dues(1), NOW), id_of(0))
    approving(done, id_of(1)).then_refused("not-proposed")


def test_the_last_proposer_is_the_one_who_counts() -> None:
    twice = proposed(proposed(box(), id_of(0), by=ACCOUNTANT), id_of(0), by=CHAIR)
    approving(twice, id_of(0), by=CHAIR).then_refused("same-person")
    approving(twice, id_of(0), by=ACCOUNTANT).then_told(proposed_by=CHAIR)


def test_an_entry_is_reversed_once() -> None:
    done = reversed_(box(), id_of(0))
    approving(done, id_of(0)).then_refused("already-reversed")
    assert propose(done, id_of(0)) == "already-reversed"


def propose(given: Specification, event_id: UUID) -> str | None:
    target = next(r for r in story(given) if r.id == event_id)
    command = ProposeReversal(
        occurred_on=DAY, event_id=event_id, proposed_by=CHAIR, reason=sealed()
    )
    return refuses(given, propose_reversal, target, command, NOW)


def test_only_entries_of_money_are_reversed() -> None:
    given = reversed_(lent(funded()), id_of(3))
    counted = CountCash(
        occurred_on=DAY, funds=(LOANS,), sheets={}, signed_by=(CHAIR, ACCOUNTANT, LAN)
    )
    given = given.after(count_cash, counted, NOW)
    answers = {type(r.event).__name__: propose(given, r.id) for r in story(given)}
    assert answers == {
        "CapitalReceived": None,
        "LoanRequested": "not-reversible",
        "LoanApproved": "not-reversible",
        "LoanDisbursed": "already-reversed",
        "ReversalProposed": "not-reversible",
        "EntryReversed": None,
        "CashCounted": "not-reversible",
    }
    assert isinstance(given.past[-1], CashCounted)
    assert isinstance(given.past[1], LoanRequested)


def test_an_entry_that_is_not_in_the_book_is_not_found() -> None:
    with pytest.raises(NotFound):
        approving(box(), id_of(99)).decided()


# --- the reversing entry ---------------------------------------------------------------------


def test_a_reversal_stands_with_the_opposite_sign_and_cancels_out() -> None:
    for given in (
        box(),
        funded(),
        box().after(pay_expense, expense(200_000), NOW),
        funded().after(move_money, to_bank(300_000), NOW),
        box().after(transfer_funds, transfer(200_000, OPERATING, CARE), NOW),
        lent(funded()),
        repaid(lent(funded()), 500_000, DAY),
    ):
        place = len(given.past) - 1
        before = Specification(given.evolve, given.past[:place])
        event = reversing(given, id_of(place)).decided()[0]
        assert lines(event) == [(f, a, -amount) for f, a, amount in lines(given.past[place])]
        assert standing(reversed_(given, id_of(place))) == standing(before)


@pytest.mark.parametrize(
    ("given", "vouchers"),
    [
        (funded(), ("PC-2026-0001",)),
        (box(), ("PC-2026-0001",)),
        (box().after(pay_expense, expense(1), NOW), ("PT-2026-0002",)),
        (lent(funded()), ("PT-2026-0001",)),
        (repaid(lent(funded()), 1, DAY), ("PC-2026-0002",)),
        (funded().after(move_money, to_bank(1), NOW), ("PC-2026-0002", "PT-2026-0002")),
        (
            box().after(transfer_funds, transfer(1, OPERATING, CARE), NOW),
            ("PC-2026-0002", "PT-2026-0003"),
        ),
    ],
)
def test_a_receipt_is_reversed_by_a_payment_slip_and_a_payment_by_a_receipt(
    given: Specification, vouchers: tuple[str, ...]
) -> None:
    reversing(given, id_of(len(given.past) - 1)).then_told(vouchers=vouchers)


def test_a_movement_without_a_slip_is_reversed_without_one() -> None:
    banked = funded().after(move_money, to_bank(50_000), NOW)
    fee = banked.after(pay_expense, expense(1_000, fund=LOANS, bank_fee=True), NOW)
    reversing(fee, id_of(2)).then_told(vouchers=())


def test_a_reversal_is_not_dated_before_what_it_reverses_nor_tomorrow() -> None:
    given = box(on=DAY)
    reversing(given, id_of(0), days(-1)).then_refused("date-order")
    reversing(given, id_of(0), DAY).then_told(occurred_on=DAY)
    reversing(given, id_of(0), TODAY).then_told(occurred_on=TODAY)
    reversing(given, id_of(0), days(1, TODAY)).then_refused("future-date")


def test_a_reversal_never_takes_cash_that_was_spent() -> None:
    given = box(500_000).after(pay_expense, expense(1, days(5)), NOW)
    reversing(given, id_of(0), DAY).then_refused("insufficient-funds", available=499_999)
    reversing(given, id_of(0), days(5)).then_refused("insufficient-funds")
    more = given.after(receive_dues, dues(1, days(9)), NOW)
    reversing(more, id_of(0), days(8)).then_refused("insufficient-funds")
    reversing(more, id_of(0), days(9)).then_told(occurred_on=days(9))


# --- loans -----------------------------------------------------------------------------------


def test_a_reversed_payout_leaves_the_loan_approved_and_it_can_be_paid_out_again() -> None:
    given = lent(funded())
    payout_id = last(given, LoanDisbursed)
    undone = reversed_(given, payout_id)
    loan = undone.state.loans[LOAN]
    assert (loan.step, loan.outstanding, loan.disbursed_on) == (Step.APPROVED, 0, None)
    assert standing(undone) == standing(funded())
    undone.when(repay_loan, LOAN, repay(1, DAY), RULES, NOW).then_refused("not-disbursed")
    again = undone.after(disburse_loan, LOAN, member(), payout(days(3)), NOW)
    assert again.state.loans[LOAN].outstanding == 5_000_000
    assert again.past[-1].instalments[0].due_on == date(2026, 4, 13)  # type: ignore[attr-defined]


def test_a_payout_of_less_than_was_approved_once_reversed_leaves_the_whole_approval() -> None:
    part = approved(funded()).after(disburse_loan, LOAN, member(), payout(amount=3_000_000), NOW)
    undone = reversed_(part, last(part, LoanDisbursed))
    assert undone.state.loans[LOAN] == approved(funded()).state.loans[LOAN].model_copy(
        update={"version": undone.state.version}
    )
    undone.when(disburse_loan, LOAN, member(), payout(), NOW).then_told(amount=5_000_000)


def test_the_four_eyes_of_the_approval_hold_for_the_second_payout() -> None:
    undone = reversed_(lent(funded()), id_of(3))
    again = payout(by=CHAIR)
    undone.when(disburse_loan, LOAN, member(), again, NOW).then_refused("same-person")


def test_a_payout_with_repayments_is_not_reversed_before_they_are() -> None:
    given = repaid(lent(funded()), 100_000, days(1))
    reversing(given, id_of(3), days(1)).then_refused("built-on")
    cleared = reversed_(given, last(given, RepaymentReceived), days(1))
    assert standing(reversed_(cleared, id_of(3), days(1))) == standing(funded())


def test_a_second_payout_is_reversed_like_the_first() -> None:
    undone = reversed_(lent(funded()), id_of(3))
    again = undone.after(disburse_loan, LOAN, member(), payout(days(3)), NOW)
    paid = repaid(again, 100_000, days(4))
    reversing(paid, last(paid, LoanDisbursed), days(4)).then_refused("built-on")
    approving(paid, id_of(3), on=days(4)).then_refused("already-reversed")
    twice = reversed_(again, last(again, LoanDisbursed), days(3))
    assert twice.state.loans[LOAN].step is Step.APPROVED
    assert standing(twice) == standing(funded())


def test_a_reversed_repayment_reopens_a_settled_loan() -> None:
    due = days(31)
    given = repaid(repaid(lent(funded()), 535_000, due), 4_500_000, due)
    assert LOAN in given.state.closed
    reopened = reversed_(given, last(given, RepaymentReceived), due)
    loan = reopened.state.loans[LOAN]
    assert (loan.outstanding, loan.interest_paid, loan.step) == (4_500_000, 35_000, Step.DISBURSED)
    assert LOAN not in reopened.state.closed
    assert LOAN in repaid(reopened, 4_500_000, due).state.closed
    assert loan.version == reopened.state.version


def test_an_early_repayment_is_reversed_with_later_ones_upon_it() -> None:
    first, second = days(31), days(61)
    given = repaid(repaid(lent(funded()), 535_000, first), 531_500, second)
    undone = reversed_(given, id_of(4), second)
    loan = undone.state.loans[LOAN]
    later = given.past[5]
    assert isinstance(later, RepaymentReceived)
    assert (loan.principal_paid, loan.interest_paid) == (later.principal, later.interest)
    assert loan.outstanding == undone.state.balance(LOANS, Account.LOANS) == 4_500_000


def test_an_early_repayment_of_a_settled_loan_reopens_it_with_just_that_part() -> None:
    first, second = days(31), days(32)
    given = repaid(lent(funded()), 535_000, first)
    given = repaid(given, 5_000_000, second)
    assert LOAN in given.state.closed
    undone = reversed_(given, id_of(4), second)
    assert undone.state.loans[LOAN].outstanding == 500_000
    assert undone.state.balance(LOANS, Account.CLEARING) == -(5_000_000 - 4_500_000 - 31_500)


def test_both_repayments_reversed_in_either_order_leave_the_same_loan() -> None:
    given = repaid(repaid(lent(funded()), 100_000, days(1)), 200_000, days(2))
    forward = reversed_(reversed_(given, id_of(4), days(2)), id_of(5), days(2))
    backward = reversed_(reversed_(given, id_of(5), days(2)), id_of(4), days(2))
    paid = [(s.state.loans[LOAN].principal_paid, standing(s)) for s in (forward, backward)]
    assert paid == [(0, standing(lent(funded())))] * 2


# --- capital and claims ----------------------------------------------------------------------


def test_capital_that_was_lent_is_not_reversed() -> None:
    given = lent(funded(5_000_000))
    reversing(given, last(given, CapitalReceived)).then_refused("insufficient-funds")
    more = given.after(receive_capital, capital(5_000_000), NOW)
    reversing(more, id_of(0)).then_told(vouchers=("PC-2026-0002",))


def test_a_transfer_that_was_returned_is_not_reversed_before_its_return() -> None:
    """Else the loan fund would have paid out money it did not owe."""
    given = box().after(transfer_funds, transfer(400_000, OPERATING, LOANS), NOW)
    given = given.after(receive_capital, capital(1_000_000), NOW)
    returned = given.after(transfer_funds, transfer(300_000, LOANS, OPERATING), NOW)
    reversing(returned, id_of(1)).then_refused("built-on")
    back = reversed_(returned, last(returned, FundsTransferred))
    assert standing(back) == standing(given)
    assert back.state.claim(OPERATING, LOANS) == 400_000
    undone = reversed_(back, id_of(1))
    assert undone.state.claim(OPERATING, LOANS) == 0
    undone.when(transfer_funds, transfer(1, LOANS, OPERATING), NOW).then_refused("restricted-fund")


def test_a_refused_approval_leaves_the_proposal_waiting() -> None:
    given = proposed(box(), id_of(0))
    state: Any = given.state
    before = state.model_copy(deep=True)
    assert refuses(given, approve_reversal, story(given), id_of(0), ACCOUNTANT, DAY, NOW)
    assert state == before
    assert state.proposals == {id_of(0): ACCOUNTANT}
    approving(given, id_of(0)).then_told(approved_by=CHAIR)
    done = reversed_(box(), id_of(0))
    assert done.state.proposals == {}
    assert isinstance(done.past[-1], EntryReversed)
