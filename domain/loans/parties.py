"""Which loan a decision is about, and who has too much of a part in it to decide."""

from uuid import UUID

from domain.errors import NotFound, Refusal
from domain.events import Concern, Role, person
from domain.loans.book import Book
from domain.loans.commands import Standing
from domain.loans.loan import Loan, Step


def known_loan(book: Book | None, loan_id: UUID) -> Loan:
    """Raises `Refusal("loan-settled")` for a settled loan, `NotFound` for none."""
    loan = book.loans.get(loan_id) if book else None
    if loan is not None:
        return loan
    if book is not None and loan_id in book.closed:
        raise Refusal("loan-settled", "Khoản vay đã tất toán.")
    raise NotFound("Không có khoản vay này.")


def loan_paid_out(book: Book | None, loan_id: UUID) -> Loan:
    """A loan that is out and in the books: raises `Refusal("not-disbursed")` for any other."""
    loan = known_loan(book, loan_id)
    if loan.step is not Step.DISBURSED:
        raise Refusal("not-disbursed", "Khoản vay này chưa giải ngân hoặc không còn trong sổ.")
    return loan


def refuse_interested(
    loan: Loan, proposer: UUID | None, borrower: Standing, approver: Standing
) -> None:
    """Hard: who proposed, the borrower, their household and the guarantors do not approve."""
    me = approver.person_id
    if me == proposer:
        raise Refusal("same-person", "Người đề nghị không tự duyệt.")
    if me == loan.borrower_id or approver.shares_household_with(borrower):
        raise Refusal("same-person", "Người vay và người cùng hộ không được duyệt khoản vay này.")
    if me in loan.guarantor_ids:
        raise Refusal("same-person", "Người bảo lãnh không được duyệt khoản vay này.")


def about(loan_id: UUID, borrower_id: UUID) -> tuple[Concern, ...]:
    return (
        Concern(kind="loan", id=loan_id, role=Role.SUBJECT),
        person(borrower_id, Role.BORROWER),
    )
