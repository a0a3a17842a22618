"""What may happen to a loan, from request to settlement.

Four eyes are by person: proposer, approver and payer are three people; the borrower, their
household and the guarantors do not approve. No setting turns this off.
"""

from datetime import date
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Concern, Role, person
from domain.loans.accounts import Account, Fund
from domain.loans.book import (
    Book,
    evolve,
    refuse_misdated,
    refuse_overdrawn,
    refuse_unfree,
    refuse_unsettled,
)
from domain.loans.commands import (
    AppraiseLoan,
    ApproveLoan,
    DisburseLoan,
    Moment,
    RejectLoan,
    Repay,
    RequestLoan,
    Standing,
)
from domain.loans.eligibility import AT_PAYOUT, Asked, refuse_ineligible
from domain.loans.entries import credit, debit, entry
from domain.loans.events import (
    BookEvent,
    LoanAppraised,
    LoanApproved,
    LoanDisbursed,
    LoanRejected,
    LoanRequested,
    LoanSettled,
    RepaymentReceived,
)
from domain.loans.funds import next_vouchers
from domain.loans.loan import (
    Loan,
    Split,
    Step,
    owed,
    paid_on_time,
    planned,
    scheduled,
    split,
)
from domain.loans.schedule import effective_yearly_percent
from domain.loans.vouchers import Slip
from domain.regulation import (
    STATED_YEARLY_PERCENT_MAX,
    Rules,
)


def request_loan(
    book: Book | None, borrower: Standing, command: RequestLoan, moment: Moment
) -> list[BookEvent]:
    """Somebody of the club puts a member's request (đơn xin vay) on record."""
    not_in_the_future(command.occurred_on, moment.today)
    book = book or Book()
    rules = moment.regulation.rules
    refuse_ineligible(
        Asked(book, borrower, command.amount, command.terms, command.occurred_on, rules)
    )
    if borrower.person_id in command.guarantor_ids:
        raise Refusal("same-person", "Người vay không tự bảo lãnh cho mình.")
    plan = planned(command.occurred_on, command.amount, command.terms)
    dear = effective_yearly_percent(plan, command.terms.every) > STATED_YEARLY_PERCENT_MAX
    return [
        LoanRequested(
            occurred_on=command.occurred_on,
            loan_id=command.loan_id,
            borrower_id=borrower.person_id,
            amount=command.amount,
            terms=command.terms,
            purpose=command.purpose,
            guarantor_ids=command.guarantor_ids,
            proposed_by=command.proposed_by,
            regulation=moment.regulation.version,
            warnings=("effective-rate-above-20",) if dear else (),
            concerns=(
                *_loan(command.loan_id, borrower.person_id),
                *(person(guarantor, Role.GUARANTOR) for guarantor in command.guarantor_ids),
                person(command.proposed_by, Role.PROPOSER),
            ),
        )
    ]


def appraise_loan(
    book: Book | None, loan_id: UUID, command: AppraiseLoan, moment: Moment
) -> list[BookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    loan = _waiting(book, loan_id)
    if command.appraised_by == loan.borrower_id:
        raise Refusal("same-person", "Người vay không tự thẩm định khoản vay của mình.")
    return [
        LoanAppraised(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            appraised_by=command.appraised_by,
            in_favour=command.in_favour,
            note=command.note,
            concerns=(
                *_loan(loan.id, loan.borrower_id),
                person(command.appraised_by, Role.APPRAISER),
            ),
        )
    ]


def approve_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: ApproveLoan,
    moment: Moment,
) -> list[BookEvent]:
    """By the public vote; at most what was asked for, by somebody who has no part in the loan."""
    not_in_the_future(command.occurred_on, moment.today)
    loan = _waiting(book, loan_id)
    amount = command.amount if command.amount is not None else loan.amount
    terms = command.terms or loan.terms
    if amount > loan.amount:
        raise Refusal(
            "exceeds-requested", "Không duyệt nhiều hơn số đề nghị.", requested=loan.amount
        )
    _refuse_interested(loan, borrower, approver)
    rules = moment.regulation.rules
    refuse_ineligible(Asked(book or Book(), borrower, amount, terms, command.occurred_on, rules))
    planned(command.occurred_on, amount, terms)  # what is approved can be paid out
    return [
        LoanApproved(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            approved_by=approver.person_id,
            amount=amount,
            terms=terms,
            minutes=command.minutes,
            regulation=moment.regulation.version,
            concerns=(
                *_loan(loan.id, loan.borrower_id),
                person(approver.person_id, Role.APPROVER),
            ),
        )
    ]


def reject_loan(
    book: Book | None, loan_id: UUID, command: RejectLoan, moment: Moment
) -> list[BookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    loan = _waiting(book, loan_id)
    return [
        LoanRejected(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            rejected_by=command.rejected_by,
            minutes=command.minutes,
            reason=command.reason,
            concerns=(
                *_loan(loan.id, loan.borrower_id),
                person(command.rejected_by, Role.APPROVER),
            ),
        )
    ]


def disburse_loan(
    book: Book | None, loan_id: UUID, borrower: Standing, command: DisburseLoan, moment: Moment
) -> list[BookEvent]:
    """Hard: approved, a member still, at most what was approved, and money there to pay it."""
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    loan = _known(book, loan_id)
    if loan.step is not Step.APPROVED:
        raise Refusal("not-approved", "Khoản vay chưa được duyệt hoặc đã giải ngân.")
    amount = command.amount if command.amount is not None else loan.amount
    if amount > loan.amount:
        raise Refusal(
            "exceeds-approved", "Không giải ngân nhiều hơn số được duyệt.", approved=loan.amount
        )
    if command.paid_by in (loan.proposed_by, loan.approved_by, loan.borrower_id):
        raise Refusal(
            "same-person", "Người đề nghị, người duyệt và người chi phải là ba người khác nhau."
        )
    # Two loans may wait approved side by side: only here does one of them come second.
    rules = moment.regulation.rules
    refuse_ineligible(
        Asked(book, borrower, amount, loan.terms, command.occurred_on, rules), AT_PAYOUT
    )
    paid_from = Account.BANK if command.from_bank else Account.CASH
    lines = entry(
        debit(Account.LOANS, Fund.LOAN, amount, loan_id=loan.id, member_id=loan.borrower_id),
        credit(paid_from, Fund.LOAN, amount),
    )
    refuse_unsettled(book, rules.count_difference_max)
    refuse_unfree(book, amount)
    refuse_overdrawn(book, lines, command.occurred_on)
    return [
        LoanDisbursed(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.PAYMENT, Fund.LOAN)),
            memo=command.memo,
            happened_on=command.happened_on,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            amount=amount,
            terms=loan.terms,
            regulation=loan.regulation,
            instalments=scheduled(command.happened_on or command.occurred_on, amount, loan.terms),
            source=command.source,
            paid_by=command.paid_by,
            concerns=(
                *_loan(loan.id, loan.borrower_id),
                person(command.paid_by, Role.PAYER),
            ),
        )
    ]


def repay_loan(
    book: Book | None, loan_id: UUID, command: Repay, rules: Rules, moment: Moment
) -> list[BookEvent]:
    """Split once, by the by-laws the loan was made under; what is above all debt is said so.

    `exceeds-debt` only where the caller gave the split by hand: otherwise the excess goes to
    clearing (3388), since the cash is already in the box.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    loan = _known(book, loan_id)
    if loan.step is not Step.DISBURSED:
        raise Refusal("not-disbursed", "Khoản vay này không còn dư nợ để trả.")
    if command.received_by == loan.borrower_id:
        raise Refusal("same-person", "Cán bộ trả nợ của mình thì người khác phải nhận tiền.")
    paid_on = command.happened_on or command.occurred_on
    if loan.disbursed_on is not None and paid_on < loan.disbursed_on:
        raise Refusal("date-order", "Ngày trả nợ không thể trước ngày giải ngân.")
    debt = owed(loan, paid_on)
    if command.principal is None or command.interest is None:
        parts = split(command.amount, debt, rules)
    else:
        parts = Split(principal=command.principal, interest=command.interest, excess=0)
        if parts.principal > debt.outstanding:
            raise Refusal("exceeds-debt", "Gốc trả nhiều hơn dư nợ.", outstanding=debt.outstanding)
        interest = max(sum(due.interest for due in loan.instalments) - loan.interest_paid, 0)
        if parts.interest > interest and not loan.past:  # a past book kept its own interest
            raise Refusal("exceeds-debt", "Lãi trả nhiều hơn lãi còn phải trả.", interest=interest)
    received = RepaymentReceived(
        occurred_on=command.occurred_on,
        lines=entry(
            debit(Account.CASH, Fund.LOAN, command.amount),
            credit(
                Account.LOANS,
                Fund.LOAN,
                parts.principal,
                loan_id=loan.id,
                member_id=loan.borrower_id,
            ),
            credit(
                Account.INTEREST,
                Fund.LOAN,
                parts.interest,
                loan_id=loan.id,
                member_id=loan.borrower_id,
            ),
            credit(
                Account.CLEARING,
                Fund.LOAN,
                parts.excess,
                loan_id=loan.id,
                member_id=loan.borrower_id,
            ),
        ),
        vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.RECEIPT, Fund.LOAN)),
        memo=command.memo,
        happened_on=command.happened_on,
        loan_id=loan.id,
        borrower_id=loan.borrower_id,
        amount=command.amount,
        principal=parts.principal,
        interest=parts.interest,
        excess=parts.excess,
        received_by=command.received_by,
        concerns=(
            *_loan(loan.id, loan.borrower_id),
            person(command.received_by, Role.RECEIVER),
        ),
    )
    after = evolve(book, received).loans[loan.id]
    return [received, *settled_if_clear(after, paid_on, rules)]


def settled_if_clear(loan: Loan, on: date, rules: Rules) -> list[BookEvent]:
    """`LoanSettled` when nothing is owed; a past loan settles with its principal."""
    if loan.outstanding or (not loan.past and owed(loan, on).interest_due):
        return []
    return [
        LoanSettled(
            occurred_on=on,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            on_time=paid_on_time(loan, on, rules),
            concerns=_loan(loan.id, loan.borrower_id),
        )
    ]


def _refuse_interested(loan: Loan, borrower: Standing, approver: Standing) -> None:
    me = approver.person_id
    if me == loan.proposed_by:
        raise Refusal("same-person", "Người đề nghị không tự duyệt.")
    if me == loan.borrower_id or approver.shares_household_with(borrower):
        raise Refusal("same-person", "Người vay và người cùng hộ không được duyệt khoản vay này.")
    if me in loan.guarantor_ids:
        raise Refusal("same-person", "Người bảo lãnh không được duyệt khoản vay này.")


def _known(book: Book | None, loan_id: UUID) -> Loan:
    loan = book.loans.get(loan_id) if book else None
    if loan is not None:
        return loan
    if book is not None and loan_id in book.closed:
        raise Refusal("loan-settled", "Khoản vay đã tất toán.")
    raise NotFound("Không có khoản vay này.")


def _waiting(book: Book | None, loan_id: UUID) -> Loan:
    loan = _known(book, loan_id)
    if loan.step is not Step.REQUESTED:
        raise Refusal("not-requested", "Khoản vay không còn ở bước chờ duyệt.")
    return loan


def _loan(loan_id: UUID, borrower_id: UUID) -> tuple[Concern, ...]:
    return (
        Concern(kind="loan", id=loan_id, role=Role.SUBJECT),
        person(borrower_id, Role.BORROWER),
    )
