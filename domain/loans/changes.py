"""What may happen to a loan beside and after its payout, short of writing it off.

Whatever changes a plan (extension, freeze, waiver) is an event that brings the whole new plan:
receipts, old plans and the split of what was paid never change. None of these enters the
journal, save a debt that passes to another member and an excess paid back.

Who grants something to a borrower is not the one who proposed it, nor the borrower, their
household or a guarantor. No setting turns this off.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Concern, Role, person
from domain.loans.accounts import Account, Fund
from domain.loans.book import Book, refuse_misdated, refuse_overdrawn
from domain.loans.commands import (
    CallGuarantor,
    CheckUse,
    EndorseLoan,
    ExtendLoan,
    FreezeLoan,
    LoanVote,
    Moment,
    RefundExcess,
    Standing,
    StateBalance,
    TakeOverDebt,
    UnfreezeLoan,
    WaiveInterest,
    WithdrawLoan,
)
from domain.loans.eligibility import refuse_rate_above_cap
from domain.loans.entries import credit, debit, entry
from domain.loans.events import (
    BalanceConfirmed,
    BalanceDisputed,
    BookEvent,
    DebtTakenOver,
    ExcessRefunded,
    GuarantorCalled,
    InterestWaived,
    LoanEndorsed,
    LoanExtended,
    LoanFrozen,
    LoanUnfrozen,
    LoanWithdrawn,
    UseChecked,
)
from domain.loans.funds import next_vouchers
from domain.loans.loan import Due, Loan, Step, late_interest, owed, scheduled
from domain.loans.parties import about, known_loan, loan_paid_out, refuse_interested
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
    if command.endorsed_by in (loan.borrower_id, loan.approved_by, *loan.guarantor_ids):
        raise Refusal("same-person", "Người vay, bảo lãnh hay duyệt vay không tự xác nhận.")
    return [
        LoanEndorsed(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            endorsed_by=command.endorsed_by,
            document=command.document,
            concerns=_naming(loan, (command.endorsed_by, Role.APPROVER)),
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
            concerns=_naming(loan),
        )
    ]


def check_use(
    book: Book | None, loan_id: UUID, command: CheckUse, moment: Moment
) -> list[BookEvent]:
    """Warns of a check more than 60 days after the payout, and of another use than agreed."""
    loan = loan_paid_out(book, loan_id)
    _refuse_undated(loan, command.occurred_on, moment)
    if command.checked_by == loan.borrower_id:
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
            concerns=_naming(loan, (command.checked_by, Role.APPRAISER)),
        )
    ]


# --- another plan ------------------------------------------------------------------------


def extend_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: ExtendLoan,
    rules: Rules,
    moment: Moment,
) -> list[BookEvent]:
    """A new plan for the principal that is left; `rules` are the loan's own by-laws.

    Interest due by the day stays due: with what was paid it is the first row of the new plan, so
    that a repayment reversed later is owed again from that day. Interest under the new terms runs
    from the end of the last period (a day is neither charged twice nor forgotten), and every new
    instalment falls due after the day.
    """
    loan = _votable(book, loan_id, borrower, approver, command, moment)
    on = command.occurred_on
    if not loan.outstanding:
        raise Refusal("nothing-owed", "Khoản vay không còn gốc để gia hạn.")
    if loan.is_frozen(on):
        raise Refusal("loan-frozen", "Khoản vay đang khoanh nợ; hãy kết thúc khoanh nợ trước.")
    refuse_rate_above_cap(command.terms)
    most = rules.loan_instalments_max
    if command.terms.instalments > most:
        raise Refusal("loan-limit", "Số kỳ vượt mức quy chế.", most=most)
    period_began = _period_began(loan, on)
    start = command.from_on or period_began
    plan = scheduled(start, loan.outstanding, command.terms)
    if not period_began <= start <= on or plan[0].due_on <= on:
        raise Refusal(
            "date-order",
            "Lãi tính tiếp từ cuối kỳ trước, và kỳ mới đầu tiên phải sau ngày gia hạn.",
            from_on=str(start),
            period_began=str(period_began),
            first_due_on=str(plan[0].due_on),
        )
    due = sum(row.interest for row in loan.instalments if row.due_on <= on)
    until_now = Due(due_on=on, principal=loan.principal_paid, interest=due)
    return [
        LoanExtended(
            **_granted(loan, approver, command),
            from_on=start,
            terms=command.terms,
            instalments=(until_now, *plan),
            late_interest=late_interest(loan, on, rules),
        )
    ]


def _period_began(loan: Loan, on: date) -> date:
    """The end of the period before the one that runs; the day itself after the last period.

    Days of a freeze in the running period do not count: it began so many days later.
    """
    ends = [row.due_on for row in loan.instalments]
    if not any(end > on for end in ends):
        return on
    starts = [end for end in ends if end <= on]
    began = max(starts, default=loan.rescheduled_on or loan.disbursed_on or on)
    return on - timedelta(days=loan.days_between(began, on))


def freeze_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: FreezeLoan,
    moment: Moment,
) -> list[BookEvent]:
    """Khoanh nợ, from the end of the day until the end of another: no interest, nothing late.

    Instalments not yet due move by as many days; what was overdue stays, and its days stop.
    """
    loan = _votable(book, loan_id, borrower, approver, command, moment)
    on, until = command.occurred_on, command.until
    if until <= on:
        raise Refusal("date-order", "Ngày hết khoanh nợ phải sau ngày bắt đầu.")
    if loan.frozen and on <= loan.frozen[-1].until:
        raise Refusal("loan-frozen", "Khoản vay đang khoanh nợ.", until=str(loan.frozen[-1].until))
    return [
        LoanFrozen(
            **_granted(loan, approver, command),
            until=until,
            instalments=_moved(loan.instalments, (until - on).days, after=on),
        )
    ]


def unfreeze_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: UnfreezeLoan,
    moment: Moment,
) -> list[BookEvent]:
    """A freeze ends before its day; left alone it ends by itself."""
    loan = _votable(book, loan_id, borrower, approver, command, moment)
    on = command.occurred_on
    freeze = loan.frozen[-1] if loan.frozen else None
    if freeze is None or not freeze.from_on <= on < freeze.until:
        raise Refusal("not-frozen", "Khoản vay không đang khoanh nợ vào ngày này.")
    return [
        LoanUnfrozen(
            **_granted(loan, approver, command),
            freeze=freeze,
            instalments=_moved(loan.instalments, -(freeze.until - on).days, after=freeze.until),
        )
    ]


def _moved(rows: Sequence[Due], days: int, *, after: date) -> tuple[Due, ...]:
    try:
        return tuple(
            row.model_copy(update={"due_on": row.due_on + timedelta(days=days)})
            if row.due_on > after
            else row
            for row in rows
        )
    except OverflowError as error:
        raise Refusal("date-order", "Ngày hết khoanh nợ quá xa.") from error


def waive_interest(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: WaiveInterest,
    rules: Rules,
    moment: Moment,
) -> list[BookEvent]:
    """By vote: at most the interest the plan still asks for, the oldest unpaid first.

    Raises `Refusal("exceeds-debt")`. Nothing was accrued, so no entry.
    """
    loan = _votable(book, loan_id, borrower, approver, command, moment)
    unpaid = max(sum(row.interest for row in loan.instalments) - loan.interest_paid, 0)
    late = late_interest(loan, command.occurred_on, rules)
    if command.interest > unpaid or command.late_interest > late:
        raise Refusal(
            "exceeds-debt",
            "Miễn nhiều hơn số lãi còn phải trả.",
            interest=unpaid,
            late_interest=late,
        )
    return [
        InterestWaived(
            **_granted(loan, approver, command),
            interest=command.interest,
            late_interest=command.late_interest,
            instalments=tuple(_waived(loan, command.interest)),
        )
    ]


def _waived(loan: Loan, amount: int) -> Iterator[Due]:
    paid = loan.interest_paid
    for row in loan.instalments:
        kept = min(paid, row.interest)
        paid -= kept
        less = min(amount, row.interest - kept)
        amount -= less
        yield row.model_copy(update={"interest": row.interest - less})


# --- others who owe ----------------------------------------------------------------------


def call_guarantor(
    book: Book | None, loan_id: UUID, command: CallGuarantor, rules: Rules, moment: Moment
) -> list[BookEvent]:
    """A guarantor is asked to pay; what they pay is a repayment like any other."""
    loan = loan_paid_out(book, loan_id)
    _refuse_undated(loan, command.occurred_on, moment)
    if command.guarantor_id not in loan.guarantor_ids:
        raise Refusal("not-a-guarantor", "Người này không bảo lãnh khoản vay.")
    if command.called_by == command.guarantor_id:
        raise Refusal("same-person", "Người bảo lãnh không tự gọi mình trả thay.")
    most = owed(loan, command.occurred_on, rules).to_settle
    amount = command.amount if command.amount is not None else most
    if not most or amount > most:
        raise Refusal("exceeds-debt", "Yêu cầu trả thay nhiều hơn số còn nợ.", to_settle=most)
    return [
        GuarantorCalled(
            occurred_on=command.occurred_on,
            loan_id=loan.id,
            guarantor_id=command.guarantor_id,
            amount=amount,
            called_by=command.called_by,
            note=command.note,
            concerns=_naming(loan, (command.guarantor_id, Role.GUARANTOR)),
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

    Hard: neither debtor, their households nor a guarantor approves.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    loan = _votable(book, loan_id, borrower, approver, command, moment)
    new = debtor.person_id
    if new == loan.borrower_id:
        raise Refusal("same-person", "Người nhận nợ phải là người khác người đang nợ.")
    if command.capacity == "guarantor" and new not in loan.guarantor_ids:
        raise Refusal("not-a-guarantor", "Người này không bảo lãnh khoản vay.")
    if approver.person_id == new or approver.shares_household_with(debtor):
        raise Refusal("same-person", "Người nhận nợ và người cùng hộ không được duyệt.")
    if not loan.outstanding:
        raise Refusal("nothing-owed", "Khoản vay không còn gốc để nhận nợ.")
    granted = _granted(loan, approver, command)
    memo, concerns = granted.pop("reason"), granted.pop("concerns")
    return [
        DebtTakenOver(
            **granted,
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
    if command.paid_by == borrower_id:
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
            concerns=_naming(loan, (command.witness_id, Role.SIGNATORY)),
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
            concerns=_naming(loan, (command.witness_id, Role.SIGNATORY)),
        )
    ]


def _witnessed(
    book: Book | None, loan_id: UUID, command: StateBalance, moment: Moment
) -> tuple[Loan, int]:
    loan = loan_paid_out(book, loan_id)
    _refuse_undated(loan, command.occurred_on, moment)
    if command.witness_id == loan.borrower_id:
        raise Refusal("same-person", "Người vay không tự làm chứng cho mình.")
    return loan, loan.outstanding_on(command.occurred_on)


# --- what they share ---------------------------------------------------------------------


def _votable(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: LoanVote,
    moment: Moment,
) -> Loan:
    loan = loan_paid_out(book, loan_id)
    _refuse_undated(loan, command.occurred_on, moment)
    refuse_interested(loan, command.proposed_by, borrower, approver)
    return loan


def _refuse_undated(loan: Loan, on: date, moment: Moment) -> None:
    """Hard: not in the future, and not before what it stands on."""
    not_in_the_future(on, moment.today)
    since = max(loan.rescheduled_on or date.min, loan.disbursed_on or date.min)
    if on < since:
        raise Refusal("date-order", "Ngày này trước khi giải ngân hoặc gia hạn.", since=str(since))


def _granted(loan: Loan, approver: Standing, command: LoanVote) -> dict[str, Any]:
    return {
        "occurred_on": command.occurred_on,
        "loan_id": loan.id,
        "proposed_by": command.proposed_by,
        "approved_by": approver.person_id,
        "minutes": command.minutes,
        "reason": command.reason,
        "concerns": _naming(
            loan, (command.proposed_by, Role.PROPOSER), (approver.person_id, Role.APPROVER)
        ),
    }


def _naming(loan: Loan, *people: tuple[UUID, Role]) -> tuple[Concern, ...]:
    return (*about(loan.id, loan.borrower_id), *(person(who, role) for who, role in people))
