"""What may happen to a loan beside and after its payout, short of writing it off.

Of these only a debt that passes to another member and an excess paid back enter the journal.
"""

from typing import Final
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Role, person
from domain.loans.accounts import Account, Fund
from domain.loans.book import Book, refuse_misdated, refuse_overdrawn
from domain.loans.commands import (
    CallGuarantor,
    CheckUse,
    EndorseLoan,
    Moment,
    RefundExcess,
    Standing,
    StateBalance,
    TakeOverDebt,
    WithdrawLoan,
)
from domain.loans.eligibility import refuse_debt_above_cap
from domain.loans.entries import credit, debit, entry
from domain.loans.events import (
    BalanceConfirmed,
    BalanceDisputed,
    BookEvent,
    DebtTakenOver,
    ExcessRefunded,
    GuarantorCalled,
    LoanEndorsed,
    LoanWithdrawn,
    UseChecked,
)
from domain.loans.funds import next_vouchers
from domain.loans.loan import Loan, Step, owed
from domain.loans.parties import (
    about,
    granted,
    known_loan,
    loan_paid_out,
    naming,
    refuse_too_large,
    refuse_undated,
    votable,
)
from domain.loans.vouchers import Slip
from domain.regulation import Rules

USE_CHECK_DAYS: Final = 60
"""After the payout; later is a warning (domain.md section 4)."""


# --- beside the payout -------------------------------------------------------------------


def endorse_loan(
    book: Book | None, loan_id: UUID, command: EndorseLoan, moment: Moment
) -> list[BookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    loan = known_loan(book, loan_id)
    if loan.step is not Step.APPROVED:
        raise Refusal("not-approved", "Khoản vay chưa được duyệt hoặc đã giải ngân.")
    parties = (loan.borrower_id, loan.approved_by, *loan.guarantor_ids)
    if moment.is_any(command.endorsed_by, *parties):
        raise Refusal("same-person", "Người vay, bảo lãnh hay duyệt vay không tự xác nhận.")
    return [
        LoanEndorsed(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            endorsed_by=command.endorsed_by,
            document=command.document,
            concerns=naming(loan, (command.endorsed_by, Role.APPROVER)),
        )
    ]


def withdraw_loan(
    book: Book | None, loan_id: UUID, command: WithdrawLoan, moment: Moment
) -> list[BookEvent]:
    """The borrower withdraws a request or an approval; once paid out there is nothing to."""
    not_in_the_future(command.occurred_on, moment.today)
    loan = known_loan(book, loan_id)
    if loan.step not in (Step.REQUESTED, Step.APPROVED):
        raise Refusal("already-disbursed", "Khoản vay đã giải ngân, không rút được nữa.")
    return [
        LoanWithdrawn(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            reason=command.reason,
            concerns=naming(loan),
        )
    ]


def check_use(
    book: Book | None, loan_id: UUID, command: CheckUse, moment: Moment
) -> list[BookEvent]:
    """Warns of a check more than 60 days after the payout, and of another use than agreed."""
    loan = loan_paid_out(book, loan_id)
    refuse_undated(loan, command.occurred_on, moment)
    if moment.is_any(command.checked_by, loan.borrower_id):
        raise Refusal("same-person", "Người vay không tự kiểm tra việc dùng vốn của mình.")
    lent_on = loan.disbursed_on or command.occurred_on
    is_late = (command.occurred_on - lent_on).days > USE_CHECK_DAYS
    warnings = ("use-check-late",) * is_late + ("use-not-as-agreed",) * (not command.as_agreed)
    return [
        UseChecked(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            checked_by=command.checked_by,
            as_agreed=command.as_agreed,
            note=command.note,
            warnings=warnings,
            concerns=naming(loan, (command.checked_by, Role.APPRAISER)),
        )
    ]


# --- others who owe ----------------------------------------------------------------------


def call_guarantor(
    book: Book | None, loan_id: UUID, command: CallGuarantor, rules: Rules, moment: Moment
) -> list[BookEvent]:
    """A guarantor is asked to pay; what they pay is a repayment like any other."""
    loan = loan_paid_out(book, loan_id)
    refuse_undated(loan, command.occurred_on, moment)
    if not moment.is_any(command.guarantor_id, *loan.guarantor_ids):
        raise Refusal("not-a-guarantor", "Người này không bảo lãnh khoản vay.")
    if command.called_by == command.guarantor_id:
        raise Refusal("same-person", "Người bảo lãnh không tự gọi mình trả thay.")
    most = owed(loan, command.occurred_on, rules).to_settle
    amount = command.amount if command.amount is not None else most
    if not most or amount > most:
        raise Refusal("exceeds-debt", "Yêu cầu trả thay nhiều hơn số còn nợ.", to_settle=most)
    refuse_too_large(amount)
    return [
        GuarantorCalled(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            guarantor_id=command.guarantor_id,
            amount=amount,
            called_by=command.called_by,
            note=command.note,
            concerns=naming(loan, (command.guarantor_id, Role.GUARANTOR)),
        )
    ]


def take_over_debt(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    debtor: Standing,
    approver: Standing,
    command: TakeOverDebt,
    moment: Moment,
) -> list[BookEvent]:
    """Dr 1283 of the new debtor, Cr 1283 of the old one: the claim stays, its member changes.

    Hard: neither debtor, their households nor a guarantor approves; with it the new debtor owes
    no more than the programme's cap.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    loan = votable(book, loan_id, borrower, approver, command, moment)
    new = debtor.person_id
    if debtor.means(loan.borrower_id):
        raise Refusal("same-person", "Người nhận nợ phải là người khác người đang nợ.")
    if command.capacity == "guarantor" and not any(
        debtor.means(guarantor) for guarantor in loan.guarantor_ids
    ):
        raise Refusal("not-a-guarantor", "Người này không bảo lãnh khoản vay.")
    if approver.means(new) or approver.shares_household_with(debtor):
        raise Refusal("same-person", "Người nhận nợ và người cùng hộ không được duyệt.")
    if not loan.outstanding:
        raise Refusal("nothing-owed", "Khoản vay không còn gốc để nhận nợ.")
    refuse_debt_above_cap(book or Book(), debtor, loan.outstanding)
    facts = granted(loan, approver, command)
    memo, concerns = facts.pop("reason"), facts.pop("concerns")
    return [
        DebtTakenOver(
            **facts,
            lines=entry(
                debit(Account.LOANS, Fund.LOAN, loan.outstanding, loan_id=loan.id, member_id=new),
                credit(
                    Account.LOANS,
                    Fund.LOAN,
                    loan.outstanding,
                    loan_id=loan.id,
                    member_id=loan.borrower_id,
                ),
            ),
            memo=memo,
            borrower_id=loan.borrower_id,
            debtor_id=new,
            capacity=command.capacity,
            principal=loan.outstanding,
            concerns=(*concerns, person(new, Role.BORROWER)),
        )
    ]


# --- what was paid too much; what the borrower says ---------------------------------------


def refund_excess(
    book: Book | None, loan_id: UUID, command: RefundExcess, moment: Moment
) -> list[BookEvent]:
    """Dr 3388 Cr 111: at most what is held for the borrower, also once the loan is settled."""
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    known = book.loans.get(loan_id) or book.closed.get(loan_id)
    if known is None:
        raise NotFound("Không có khoản vay này.")
    borrower_id = known.borrower_id
    held = book.held.get(loan_id, 0)
    amount = command.amount if command.amount is not None else held
    if not held or amount > held:
        raise Refusal("exceeds-held", "Trả lại nhiều hơn số đang giữ hộ.", held=held)
    refuse_too_large(amount)
    if moment.is_any(command.paid_by, borrower_id):
        raise Refusal("same-person", "Người nhận lại tiền không tự chi cho mình.")
    lines = entry(
        debit(Account.CLEARING, Fund.LOAN, amount, loan_id=loan_id, member_id=borrower_id),
        credit(Account.CASH, Fund.LOAN, amount),
    )
    refuse_overdrawn(book, lines, command.occurred_on)
    return [
        ExcessRefunded(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.PAYMENT, Fund.LOAN)),
            memo=command.memo,
            loan_id=loan_id,
            borrower_id=borrower_id,
            amount=amount,
            paid_by=command.paid_by,
            concerns=(*about(loan_id, borrower_id), person(command.paid_by, Role.PAYER)),
        )
    ]


def confirm_balance(
    book: Book | None, loan_id: UUID, command: StateBalance, moment: Moment
) -> list[BookEvent]:
    """The borrower's figure is the book's; another one is a dispute, not a confirmation."""
    loan, outstanding = _witnessed(book, loan_id, command, moment)
    if command.stated != outstanding:
        raise Refusal(
            "balance-differs", "Số người vay nói khác số trên sổ.", outstanding=outstanding
        )
    return [
        BalanceConfirmed(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            outstanding=outstanding,
            witness_id=command.witness_id,
            note=command.note,
            concerns=naming(loan, (command.witness_id, Role.SIGNATORY)),
        )
    ]


def dispute_balance(
    book: Book | None, loan_id: UUID, command: StateBalance, moment: Moment
) -> list[BookEvent]:
    """Recorded as the borrower says it: a finding until somebody settles it."""
    loan, outstanding = _witnessed(book, loan_id, command, moment)
    if command.stated == outstanding:
        raise Refusal("balance-agrees", "Số người vay nói đúng bằng số trên sổ.")
    return [
        BalanceDisputed(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            outstanding=outstanding,
            stated=command.stated,
            witness_id=command.witness_id,
            note=command.note,
            findings=("balance-disputed",),
            concerns=naming(loan, (command.witness_id, Role.SIGNATORY)),
        )
    ]


def _witnessed(
    book: Book | None, loan_id: UUID, command: StateBalance, moment: Moment
) -> tuple[Loan, int]:
    loan = loan_paid_out(book, loan_id)
    refuse_undated(loan, command.occurred_on, moment)
    if moment.is_any(command.witness_id, loan.borrower_id):
        raise Refusal("same-person", "Người vay không tự làm chứng cho mình.")
    return loan, loan.outstanding_on(command.occurred_on)
