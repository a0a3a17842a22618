"""Loans the club gives up: who bears the loss, in which order, and what comes back after all.

A write-off takes the principal out of the books (Cr 1283): the risk reserve bears it as far as it
has money, then interest not yet allocated (515), then nobody yet (811). Capital bears the 811 only
by an event of its own. What is recovered is given back in reverse: first what nobody had borne,
then capital, then 515, then the reserve (domain.md section 3).
"""

from datetime import date
from typing import Final
from uuid import UUID

from domain.errors import Refusal
from domain.events import Concern, Role, person
from domain.loans.accounts import CAPITAL_ACCOUNT, Account, CapitalSource, Fund
from domain.loans.book import Book, refuse_misdated, refuse_overdrawn
from domain.loans.commands import BearLoss, Moment, RecoverLoan, Standing, WriteOffLoan
from domain.loans.entries import Line, credit, debit, entry
from domain.loans.events import BookEvent, LoanRecovered, LoanWrittenOff, LossBorneByCapital
from domain.loans.funds import next_vouchers
from domain.loans.loan import Absorbed, Loan, Step, owed
from domain.loans.parties import about, known_loan, loan_paid_out, refuse_interested
from domain.loans.vouchers import Slip
from domain.values import DONG_MAX

# Whose capital bears a loss only with the giver's written leave; the club's own needs its vote.
NEEDS_CONSENT: Final = (CapitalSource.STATE_BUDGET, CapitalSource.DONOR_PROJECT)


def write_off_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: WriteOffLoan,
    moment: Moment,
) -> list[BookEvent]:
    """The general meeting gives up all the principal that is left.

    The reserve's part comes over in money: its cash, then its bank account, then what the loan
    fund owes it (1368 / 3368), each fund balanced by itself.
    """
    on = command.occurred_on
    refuse_misdated(book, on, moment.today)
    loan = loan_paid_out(book, loan_id)
    book = book or Book()
    if on < (loan.disbursed_on or date.min):
        raise Refusal("date-order", "Ngày xóa nợ không thể trước ngày giải ngân.")
    refuse_interested(loan, command.proposed_by, borrower, approver)
    principal = loan.outstanding
    if not principal:
        raise Refusal("nothing-owed", "Khoản vay không còn gốc để xóa.")
    cash, bank, claim = _reserve_parts(book, principal, on)
    reserve = cash + bank + claim
    interest = min(principal - reserve, max(-book.balance(Fund.LOAN, Account.INTEREST), 0))
    loss = principal - reserve - interest
    lines = entry(
        credit(Account.LOANS, Fund.LOAN, principal, loan_id=loan.id, member_id=loan.borrower_id),
        debit(Account.CASH, Fund.LOAN, cash),
        debit(Account.BANK, Fund.LOAN, bank),
        debit(Account.OWED_TO_FUND, Fund.LOAN, claim),
        debit(Account.INTEREST, Fund.LOAN, interest),
        debit(Account.WRITE_OFF_LOSS, Fund.LOAN, loss),
        debit(Account.RISK_RESERVE, Fund.RESERVE, reserve),
        credit(Account.CASH, Fund.RESERVE, cash),
        credit(Account.BANK, Fund.RESERVE, bank),
        credit(Account.CLAIM_ON_FUND, Fund.RESERVE, claim),
    )
    refuse_overdrawn(book, lines, on)
    slips = ((Slip.PAYMENT, Fund.RESERVE), (Slip.RECEIPT, Fund.LOAN)) if cash else ()
    return [
        LoanWrittenOff(
            occurred_on=on,
            lines=lines,
            vouchers=next_vouchers(book, moment, on, *slips),
            memo=command.reason,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            cause=command.cause,
            principal=principal,
            absorbed=Absorbed(reserve=reserve, interest=interest, loss=loss),
            interest_due=min(owed(loan, on).interest_due, DONG_MAX),
            minutes=command.minutes,
            proposed_by=command.proposed_by,
            approved_by=approver.person_id,
            concerns=_voted(loan, command.proposed_by, approver.person_id),
        )
    ]


def _reserve_parts(book: Book, principal: int, on: date) -> tuple[int, int, int]:
    """What the risk reserve can bear, as cash, bank and claim, in đồng."""
    own = book.balance(Fund.RESERVE, Account.RISK_RESERVE) + book.balance(
        Fund.RESERVE, Account.EXPENSE
    )
    left = min(principal, max(-own, 0))
    parts = []
    for there in (
        book.lowest_from(Fund.RESERVE, Account.CASH, on),
        book.lowest_from(Fund.RESERVE, Account.BANK, on),
        book.claim(Fund.RESERVE, Fund.LOAN),
    ):
        parts.append(min(left, max(there, 0)))
        left -= parts[-1]
    cash, bank, claim = parts
    return cash, bank, claim


def bear_loss(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: BearLoss,
    moment: Moment,
) -> list[BookEvent]:
    """One source of capital bears what nobody has: Dr 411x Cr 811, by vote.

    Hard: a donor's or the State's capital only with their consent (`no-consent`); no more than
    the loss of this loan, no more than the source still has.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    loan = _written_off(book, loan_id, command.occurred_on)
    book = book or Book()
    refuse_interested(loan, command.proposed_by, borrower, approver)
    if command.source in NEEDS_CONSENT and command.consent is None:
        raise Refusal("no-consent", "Cần văn bản đồng ý của nhà tài trợ hoặc Nhà nước.")
    left = loan.written_off.loss if loan.written_off else 0
    loss = command.loss if command.loss is not None else left
    if not left or loss > left:
        raise Refusal("exceeds-loss", "Nhiều hơn số tổn thất chưa có nguồn bù.", loss=left)
    account = CAPITAL_ACCOUNT[command.source]
    held = max(-book.balance(Fund.LOAN, account), 0)
    if loss > held:
        raise Refusal("insufficient-funds", "Nguồn vốn này không còn đủ.", available=held)
    return [
        LossBorneByCapital(
            occurred_on=command.occurred_on,
            lines=entry(
                debit(account, Fund.LOAN, loss, loan_id=loan.id),
                credit(Account.WRITE_OFF_LOSS, Fund.LOAN, loss, loan_id=loan.id),
            ),
            memo=command.reason,
            loan_id=loan.id,
            loss=loss,
            source=command.source,
            consent=command.consent,
            minutes=command.minutes,
            proposed_by=command.proposed_by,
            approved_by=approver.person_id,
            concerns=_voted(loan, command.proposed_by, approver.person_id),
        )
    ]


def recover_loan(
    book: Book | None, loan_id: UUID, command: RecoverLoan, moment: Moment
) -> list[BookEvent]:
    """Money on a loan already written off; above what was, it is held in clearing (3388).

    The reserve's part goes into the reserve's own cash; the payer gets one receipt for all.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    loan = _written_off(book, loan_id, command.occurred_on)
    if moment.is_any(command.received_by, loan.borrower_id):
        raise Refusal("same-person", "Cán bộ trả nợ của mình thì người khác phải nhận tiền.")
    written_off = loan.written_off or Absorbed()
    restored = written_off.restored_by(command.amount)
    excess = command.amount - restored.total
    return [
        LoanRecovered(
            occurred_on=command.occurred_on,
            lines=_restoring(loan, restored, excess),
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.RECEIPT, Fund.LOAN)),
            memo=command.memo,
            loan_id=loan.id,
            borrower_id=loan.borrower_id,
            amount=command.amount,
            restored=restored,
            excess=excess,
            off_book=written_off.less(restored).total,
            received_by=command.received_by,
            concerns=(
                *about(loan.id, loan.borrower_id),
                person(command.received_by, Role.RECEIVER),
            ),
        )
    ]


def _restoring(loan: Loan, restored: Absorbed, excess: int) -> tuple[Line, ...]:
    """The cash line names the loan, since neither 515 nor 4183 may count as paid on its plan."""
    of_loan: dict[str, UUID] = {"loan_id": loan.id, "member_id": loan.borrower_id}
    to_loan_fund = restored.total + excess - restored.reserve
    return entry(
        debit(Account.CASH, Fund.LOAN, to_loan_fund, **of_loan),
        credit(Account.WRITE_OFF_LOSS, Fund.LOAN, restored.loss, loan_id=loan.id),
        *(
            credit(CAPITAL_ACCOUNT[source], Fund.LOAN, amount, loan_id=loan.id)
            for source, amount in restored.capital.items()
        ),
        credit(Account.INTEREST, Fund.LOAN, restored.interest),
        credit(Account.CLEARING, Fund.LOAN, excess, **of_loan),
        debit(Account.CASH, Fund.RESERVE, restored.reserve, **of_loan),
        credit(Account.RISK_RESERVE, Fund.RESERVE, restored.reserve),
    )


def _written_off(book: Book | None, loan_id: UUID, on: date) -> Loan:
    loan = known_loan(book, loan_id)
    if loan.step is not Step.WRITTEN_OFF:
        raise Refusal("not-written-off", "Khoản vay này chưa được xóa nợ.")
    if on < (loan.written_off_on or on):
        raise Refusal(
            "date-order", "Ngày này trước ngày xóa nợ.", written_off_on=str(loan.written_off_on)
        )
    return loan


def _voted(loan: Loan, proposed_by: UUID, approved_by: UUID) -> tuple[Concern, ...]:
    return (
        *about(loan.id, loan.borrower_id),
        person(proposed_by, Role.PROPOSER),
        person(approved_by, Role.APPROVER),
    )
