"""A club's past as its paper book has it, and an import that is taken back whole."""

from datetime import date
from uuid import UUID

import pytest

from domain.errors import NotFound
from domain.events import Event
from domain.loans.accounts import Account, Fund
from domain.loans.corrections import undo_import
from domain.loans.decisions import settled_if_clear
from domain.loans.events import (
    EntryReversed,
    ImportUndone,
    LoanSettled,
    PastLoanEntered,
    PastRepaymentEntered,
    WorkbookImported,
)
from domain.loans.funds import receive_capital, receive_dues
from domain.loans.loan import Step
from domain.regulation import MODEL_REGULATION
from examples import (
    DAY,
    LAN,
    LOAN,
    NOW,
    OTHER_LOAN,
    TODAY,
    book,
    capital,
    days,
    dues,
    funded,
    id_of,
    last,
    origin,
    past_loan,
    past_repayment,
    proposed,
    repaid,
    reversed_,
    reversing,
    standing,
    story,
)
from specification import Specification

RULES = MODEL_REGULATION.rules
FIRST, SECOND = UUID(int=71), UUID(int=72)


def imported(given: Specification, import_id: UUID, *events: Event) -> Specification:
    """The entries of one workbook, and that it was taken."""
    taken = WorkbookImported(
        occurred_on=TODAY, import_id=import_id, sha256="ab" * 32, rows={"loans": len(events)}
    )
    return given.given(*events, taken)


def settlement(given: Specification, on: date) -> Event:
    (settled,) = settled_if_clear(given.state.loans[LOAN], on, RULES)
    return settled


def one_loan(given: Specification) -> Specification:
    """Five million lent, one instalment paid, by the book."""
    return imported(
        given,
        FIRST,
        past_loan(FIRST, voucher="PC-2026-0007"),
        past_repayment(FIRST, 500_000, 35_000, days(31), voucher="PT-2026-0009"),
    )


def undone(given: Specification, import_id: UUID) -> Specification:
    return given.after(undo_import, story(given), import_id, TODAY)


# --- how the past folds ----------------------------------------------------------------------


def test_a_past_loan_stands_in_the_book_like_any_other() -> None:
    given = one_loan(funded())
    loan = given.state.loans[LOAN]
    assert (loan.step, loan.past, loan.disbursed_on) == (Step.DISBURSED, True, DAY)
    assert (loan.outstanding, loan.interest_paid) == (4_500_000, 35_000)
    assert loan.version == 3
    assert standing(given) == {
        "loan/111": 45_535_000,
        "loan/1283": 4_500_000,
        "loan/515": -35_000,
        "loan/4111": -50_000_000,
    }
    assert given.state.has_voucher("PC-2026-0007")
    assert given.state.cash_at_end_of(Fund.LOAN, DAY) == 45_000_000
    assert [loan.id for loan in given.state.live_loans_of(LAN)] == [LOAN]


def test_a_past_loan_is_repaid_today_like_any_other() -> None:
    given = repaid(one_loan(funded()), 531_500, days(61))
    assert given.past[-1].principal == 500_000  # type: ignore[attr-defined]
    assert given.past[-1].vouchers == ("PT-2026-0010",)  # type: ignore[attr-defined]


def test_a_past_loan_settles_with_its_principal_whatever_interest_the_book_took() -> None:
    given = one_loan(funded())
    short = past_repayment(FIRST, 4_499_999, 0, days(99), voucher="PT-2026-0010")
    last_dong = past_repayment(FIRST, 1, 0, days(99), voucher="PT-2026-0011")
    almost = given.given(short)
    assert settled_if_clear(almost.state.loans[LOAN], days(99), RULES) == []
    whole = almost.given(last_dong)
    closed = whole.given(settlement(whole, days(99)))
    assert not closed.state.loans
    assert closed.state.closed[LOAN].borrower_id == LAN


def test_a_past_repayment_of_nothing_is_kept_and_can_be_reversed() -> None:
    """Both parts may be 0 in a rough book: it stands as a finding, with its slip."""
    given = one_loan(funded()).given(past_repayment(FIRST, 0, 0, days(40), voucher="PT-2026-0012"))
    assert given.state.loans[LOAN].outstanding == 4_500_000
    reversing(given, last(given, PastRepaymentEntered), days(40)).then_told(vouchers=(), lines=())


def test_two_people_reverse_a_past_entry_as_any_other() -> None:
    given = one_loan(funded())
    reversing(given, id_of(1)).then_refused("built-on")
    without = reversed_(given, id_of(2), days(31))
    assert without.state.loans[LOAN].outstanding == 5_000_000
    gone = reversed_(without, id_of(1), days(31))
    assert standing(gone) == standing(funded())
    assert not gone.state.loans
    assert isinstance(given.past[1], PastLoanEntered)


# --- a whole import taken back ---------------------------------------------------------------


def test_an_undone_import_leaves_every_balance_and_number_as_before() -> None:
    before = funded()
    after = undone(one_loan(before), FIRST)
    assert standing(after) == standing(before)
    assert not after.state.loans
    assert not after.state.closed
    for voucher in ("PC-2026-0007", "PT-2026-0009"):
        assert not after.state.has_voucher(voucher)
    for on in (DAY, days(31), TODAY):
        assert after.state.cash_at_end_of(Fund.LOAN, on) == 50_000_000
    assert isinstance(after.past[4], ImportUndone)
    assert [e.reverses for e in after.past if isinstance(e, EntryReversed)] == [id_of(2), id_of(1)]
    after.when(receive_dues, dues(1), NOW).then_told(vouchers=("PT-2026-0001",))


def test_the_same_rows_can_be_entered_again() -> None:
    again = one_loan(undone(one_loan(funded()), FIRST))
    assert standing(again) == standing(one_loan(funded()))
    assert again.state.loans[LOAN].outstanding == 4_500_000


def test_an_import_is_undone_once_and_only_if_there_was_one() -> None:
    given = undone(one_loan(funded()), FIRST)
    given.when(undo_import, story(given), FIRST, TODAY).then_refused("already-reversed")
    with pytest.raises(NotFound):
        undone(given, SECOND)
    with pytest.raises(NotFound):
        undone(book, FIRST)


def test_an_import_something_was_built_on_stays() -> None:
    given = one_loan(funded())
    for built in (
        given.after(receive_dues, dues(1), NOW),
        repaid(given, 1, days(40)),
        imported(given, SECOND, past_loan(SECOND, loan=OTHER_LOAN, voucher="C9")),
        proposed(given, id_of(2)),
        reversed_(given, id_of(2), days(31)),
    ):
        built.when(undo_import, story(built), FIRST, TODAY).then_refused("import-built-on")


def test_what_came_before_the_import_does_not_hold_it() -> None:
    before = book.after(receive_capital, capital(50_000_000, days(-9)), NOW)
    assert standing(undone(one_loan(before), FIRST)) == standing(before)


def test_imports_are_undone_latest_first() -> None:
    first = one_loan(funded())
    second = imported(first, SECOND, past_loan(SECOND, loan=OTHER_LOAN, voucher="C9"))
    second.when(undo_import, story(second), FIRST, TODAY).then_refused("import-built-on")
    one_left = undone(second, SECOND)
    assert standing(one_left) == standing(first)
    assert standing(undone(one_left, FIRST)) == standing(funded())


def test_repayments_added_to_an_older_imports_loan_are_taken_back_with_theirs() -> None:
    older = one_loan(funded())
    newer = imported(
        older,
        SECOND,
        past_repayment(SECOND, 500_000, 31_500, days(61), voucher="PT-2026-0010"),
        past_repayment(SECOND, 1_000_000, 28_000, days(92), voucher="Phiếu 7"),
    )
    assert newer.state.loans[LOAN].outstanding == 3_000_000
    after = undone(newer, SECOND)
    loan, was = after.state.loans[LOAN], older.state.loans[LOAN]
    assert loan.model_copy(update={"version": 0}) == was.model_copy(update={"version": 0})
    assert standing(after) == standing(older)
    assert after.state.numbers == older.state.numbers
    assert after.state.labels == older.state.labels
    assert standing(undone(after, FIRST)) == standing(funded())


def test_an_import_that_settled_an_older_loan_reopens_it() -> None:
    older = one_loan(funded())
    paid = older.given(past_repayment(SECOND, 4_500_000, 0, days(99), voucher="PT-2026-0010"))
    newer = imported(paid, SECOND, settlement(paid, days(99)))
    assert LOAN in newer.state.closed
    after = undone(newer, SECOND)
    assert after.state.loans[LOAN].outstanding == 4_500_000
    assert LOAN not in after.state.closed
    assert after.state.balance(Fund.LOAN, Account.LOANS) == 4_500_000


def test_an_import_whose_loan_it_settled_itself_is_undone_whole() -> None:
    paid = one_loan(funded()).given(
        past_repayment(FIRST, 4_500_000, 0, days(99), voucher="PT-2026-0010")
    )
    stamped = settlement(paid, days(99)).model_copy(update={"origin": origin(FIRST)})
    after = undone(paid.given(stamped), FIRST)
    assert not after.state.loans
    assert not after.state.closed
    assert standing(after) == standing(funded())
    assert isinstance(stamped, LoanSettled)


def test_a_loan_lives_on_after_its_import_was_undone_and_entered_again() -> None:
    again = one_loan(undone(one_loan(funded()), FIRST))
    reopened = reversed_(repaid(again, 531_500, days(61)), id_of(len(again.past)), days(61))
    loan = reopened.state.loans[LOAN]
    assert (loan.outstanding, loan.interest_paid) == (4_500_000, 35_000)
