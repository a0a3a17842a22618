"""Which loan a decision is about, and who has too much of a part in it to decide."""

from datetime import date
from typing import Any
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Concern, Role, person
from domain.loans.book import Book
from domain.loans.commands import LoanVote, Moment, Standing
from domain.loans.loan import Loan, Step
from domain.values import DONG_MAX


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
    if approver.means(proposer):
        raise Refusal("same-person", "Người đề nghị không tự duyệt.")
    if approver.means(loan.borrower_id) or approver.shares_household_with(borrower):
        raise Refusal("same-person", "Người vay và người cùng hộ không được duyệt khoản vay này.")
    if any(approver.means(guarantor) for guarantor in loan.guarantor_ids):
        raise Refusal("same-person", "Người bảo lãnh không được duyệt khoản vay này.")


def votable(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: LoanVote,
    moment: Moment,
) -> Loan:
    """A loan that is out, of which somebody with no part in it may grant what was proposed."""
    loan = loan_paid_out(book, loan_id)
    refuse_undated(loan, command.occurred_on, moment)
    refuse_interested(loan, command.proposed_by, borrower, approver)
    return loan


def refuse_undated(loan: Loan, on: date, moment: Moment) -> None:
    """Hard: not in the future, and not before what it stands on."""
    not_in_the_future(on, moment.today)
    since = max(loan.rescheduled_on or date.min, loan.disbursed_on or date.min)
    if on < since:
        raise Refusal("date-order", "Ngày này trước khi giải ngân hoặc gia hạn.", since=str(since))


def refuse_too_large(amount: int) -> None:
    """Sums may grow beyond what one amount may be (`DONG_MAX`)."""
    if amount > DONG_MAX:
        raise Refusal("amount-too-large", "Số tiền này quá lớn.")


def granted(loan: Loan, approver: Standing, command: LoanVote) -> dict[str, Any]:
    """What every event of a vote says."""
    return {
        "occurred_on": command.occurred_on,
        "loan_id": loan.id,
        "proposed_by": command.proposed_by,
        "approved_by": approver.person_id,
        "minutes": command.minutes,
        "reason": command.reason,
        "concerns": naming(
            loan, (command.proposed_by, Role.PROPOSER), (approver.person_id, Role.APPROVER)
        ),
    }


def naming(loan: Loan, *people: tuple[UUID, Role]) -> tuple[Concern, ...]:
    return (*about(loan.id, loan.borrower_id), *(person(who, role) for who, role in people))


def about(loan_id: UUID, borrower_id: UUID) -> tuple[Concern, ...]:
    return (
        Concern(kind="loan", id=loan_id, role=Role.SUBJECT),
        person(borrower_id, Role.BORROWER),
    )
