"""A mistake is corrected by another event that names the first (domain.md section 7)."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Role, person
from domain.loans.accounts import MONEY
from domain.loans.book import Book, claims_moved, evolve, held_moved, refuse_overdrawn
from domain.loans.commands import Moment, ProposeReversal
from domain.loans.entries import Line, reversed_lines
from domain.loans.events import (
    BookEvent,
    DebtTakenOver,
    EntryReversed,
    ImportUndone,
    LoanDisbursed,
    LoanRecovered,
    LoanSettled,
    LoanWrittenOff,
    LossBorneByCapital,
    MoneyEvent,
    OpeningBalancesEntered,
    PastLoanEntered,
    PastRepaymentEntered,
    RepaymentReceived,
    ReversalProposed,
    WorkbookImported,
)
from domain.loans.funds import next_vouchers
from domain.loans.loan import Loan
from domain.loans.vouchers import Slip


class Recorded(NamedTuple):
    """An event of the book with its id in the log."""

    id: UUID
    event: BookEvent


def propose_reversal(
    book: Book | None, target: Recorded, command: ProposeReversal, moment: Moment
) -> list[BookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    _refuse_irreversible(book or Book(), target)
    return [
        ReversalProposed(
            occurred_on=command.occurred_on,
            reverses=target.id,
            proposed_by=command.proposed_by,
            reason=command.reason,
            concerns=(person(command.proposed_by, Role.PROPOSER),),
        )
    ]


def approve_reversal(
    book: Book | None,
    story: Sequence[Recorded],
    target_id: UUID,
    approved_by: UUID,
    on: date,
    moment: Moment,
) -> list[BookEvent]:
    """A second person lets the reversal stand; `story` is the whole book up to now.

    Hard: proposer ≠ approver; not dated before what it reverses; cash stays at or above 0 from
    the reversal's date on; nothing may stand upon what is taken back: no repayment on a payout,
    no write-off or takeover on what was owed, no refund on an excess, no return on a transfer,
    nothing at all on the opening balances.
    """
    book = book or Book()
    target = _found(story, target_id)
    _refuse_irreversible(book, target)
    proposer = book.proposals.get(target_id)
    if proposer is None:
        raise Refusal("not-proposed", "Chưa ai đề nghị đảo bút toán này.")
    if proposer == approved_by:
        raise Refusal("same-person", "Người đề nghị đảo không tự duyệt.")
    assert isinstance(target.event, MoneyEvent), "only entries are proposed for reversal"
    not_in_the_future(on, moment.today)
    if on < target.event.occurred_on:
        raise Refusal("date-order", "Ngày đảo không thể trước ngày của bút toán bị đảo.")
    lines = reversed_lines(target.event.lines)
    refuse_overdrawn(book, lines, on)
    _refuse_returned(book, lines)
    _refuse_refunded(book, lines)
    _refuse_built_upon(book, story, target)
    proposal = next(
        r.event
        for r in reversed(story)
        if isinstance(r.event, ReversalProposed) and r.event.reverses == target_id
    )
    return [
        EntryReversed(
            occurred_on=on,
            lines=lines,
            vouchers=_vouchers(book, target.event, on, moment),
            reverses=target_id,
            reversed_topic=target.event.TOPIC,
            reason=proposal.reason,
            proposed_by=proposer,
            approved_by=approved_by,
            loan=_loan_after(book, story, target),
            withdraws_loans=_loans_withdrawn(book, story, target),
            concerns=(
                *(c for c in target.event.concerns if c.role in (Role.BORROWER, Role.SUBJECT)),
                person(proposer, Role.PROPOSER),
                person(approved_by, Role.APPROVER),
            ),
        )
    ]


def undo_import(
    book: Book | None, story: Sequence[Recorded], import_id: UUID, today: date
) -> list[BookEvent]:
    """Take back every entry of an import, latest first, each on its own business date.

    Refused when anything else was recorded in the book since the import's first entry.
    """
    mine = [r for r in story if r.event.origin and r.event.origin.import_id == import_id]
    if book is None or not any(_is_import(r.event, import_id) for r in story):
        raise NotFound("Không có lần nhập này trong sổ.")
    if import_id in book.undone:
        raise Refusal("already-reversed", "Lần nhập này đã được hoàn tác.")
    after_first = story[story.index(mine[0]) :] if mine else []
    if any(_stands_upon(book, r, import_id) for r in after_first):
        raise Refusal(
            "import-built-on", "Đã có phát sinh sau lần nhập này nên không thể hoàn tác cả lần."
        )
    gone = frozenset(r.id for r in mine)
    made = {r.event.loan_id for r in mine if isinstance(r.event, PastLoanEntered)}
    touched = {r.event.loan_id for r in mine if isinstance(r.event, PastRepaymentEntered)}
    older = {loan_id: _refolded(book, story, gone, loan_id) for loan_id in touched - made}
    return [
        ImportUndone(occurred_on=today, import_id=import_id),
        *(
            EntryReversed(
                occurred_on=r.event.occurred_on,
                lines=reversed_lines(r.event.lines),
                reverses=r.id,
                reversed_topic=r.event.TOPIC,
                import_id=import_id,
                freed_vouchers=r.event.vouchers,
                loan=older.get(r.event.loan_id)
                if isinstance(r.event, PastRepaymentEntered)
                else None,
                withdraws_loans=(r.event.loan_id,) if isinstance(r.event, PastLoanEntered) else (),
                concerns=tuple(
                    c for c in r.event.concerns if c.role in (Role.BORROWER, Role.SUBJECT)
                ),
            )
            for r in reversed(mine)
            if isinstance(r.event, MoneyEvent)
        ),
    ]


def _is_import(event: BookEvent, import_id: UUID) -> bool:
    return isinstance(event, WorkbookImported) and event.import_id == import_id


def _stands_upon(book: Book, recorded: Recorded, import_id: UUID) -> bool:
    """Whether an event after the import's first entry would be left without ground."""
    event = recorded.event
    if isinstance(event, WorkbookImported | ImportUndone | LoanSettled):
        return False
    if isinstance(event, EntryReversed) and event.import_id is not None:
        return False
    if event.origin is not None:
        return event.origin.import_id != import_id and event.origin.import_id not in book.undone
    return recorded.id not in book.reversed


def _refuse_irreversible(book: Book, target: Recorded) -> None:
    if not isinstance(target.event, MoneyEvent):
        raise Refusal("not-reversible", "Chỉ bút toán tiền mới đảo được.")
    if isinstance(target.event, EntryReversed):
        raise Refusal("not-reversible", "Bút toán đảo không đảo lại; hãy lập bút toán mới.")
    if target.id in book.reversed:
        raise Refusal("already-reversed", "Bút toán này đã được đảo.")


def _found(story: Sequence[Recorded], target_id: UUID) -> Recorded:
    for recorded in story:
        if recorded.id == target_id:
            return recorded
    raise NotFound("Không có bút toán này trong sổ.")


def _vouchers(book: Book, event: MoneyEvent, on: date, moment: Moment) -> tuple[str, ...]:
    """A reversal of a receipt is a payment slip, and the other way round; without cash, none."""
    if not event.vouchers:
        return ()
    money = [line for line in event.lines if line.account in MONEY]
    slips = (
        *((Slip.PAYMENT, line.fund) for line in money if line.amount > 0),
        *((Slip.RECEIPT, line.fund) for line in money if line.amount < 0),
    )
    # One receipt may go into two funds (a recovery); it is taken back by one slip.
    return next_vouchers(book, moment, on, *[*dict.fromkeys(slips)][: len(event.vouchers)])


def _loan_after(book: Book, story: Sequence[Recorded], target: Recorded) -> Loan | None:
    """The loan refolded from the whole story without the reversed event."""
    gone = frozenset((target.id,))
    match target.event:
        case (
            RepaymentReceived()
            | PastRepaymentEntered()
            | DebtTakenOver()
            | LoanWrittenOff()
            | LossBorneByCapital()
            | LoanRecovered()
        ):
            return _refolded(book, story, gone, target.event.loan_id)
        case LoanDisbursed():
            _without_repayments(book, story, target.event.loan_id)
            return _as_approved(story, target.id, target.event.loan_id)
        case _:
            return None


def _loans_withdrawn(book: Book, story: Sequence[Recorded], target: Recorded) -> tuple[UUID, ...]:
    """Loans that exist only by the reversed event; nothing may stand upon them."""
    match target.event:
        case PastLoanEntered():
            return (_without_repayments(book, story, target.event.loan_id).id,)
        case OpeningBalancesEntered():
            if any(_stands(book, r) for r in story if r.id != target.id):
                raise Refusal("built-on", "Đã có phát sinh sau số dư đầu kỳ; hãy đảo chúng trước.")
            return tuple(
                _without_repayments(book, story, loan.id).id for loan in target.event.loans
            )
        case _:
            return ()


def _stands(book: Book, recorded: Recorded) -> bool:
    """An entry that still counts; what was reversed and its reversal cancel out."""
    event = recorded.event
    counts = isinstance(event, MoneyEvent) and not isinstance(event, EntryReversed)
    return counts and recorded.id not in book.reversed


def _refuse_returned(book: Book, lines: Sequence[Line]) -> None:
    """A claim that was returned meanwhile cannot be taken back once more."""
    for (creditor, debtor), moved in claims_moved(lines).items():
        if book.claim(creditor, debtor) + moved < 0:
            raise Refusal("built-on", "Khoản chuyển này đã được hoàn lại; hãy đảo lần hoàn trước.")


def _refuse_refunded(book: Book, lines: Sequence[Line]) -> None:
    """An excess that was paid back cannot be taken back once more."""
    if any(book.held.get(loan_id, 0) + more < 0 for loan_id, more in held_moved(lines).items()):
        raise Refusal("built-on", "Tiền thừa đã được trả lại; hãy đảo lần trả lại trước.")


# What was owed when these happened: nothing before them is taken back while they stand.
_FIXES_THE_DEBT = (DebtTakenOver, LoanWrittenOff)


def _refuse_built_upon(book: Book, story: Sequence[Recorded], target: Recorded) -> None:
    kinds: tuple[type[MoneyEvent], ...]
    match target.event:
        case DebtTakenOver():
            kinds = (RepaymentReceived, *_FIXES_THE_DEBT)
        case LoanWrittenOff():
            kinds = (LossBorneByCapital, LoanRecovered)
        case LossBorneByCapital():
            kinds = (LoanRecovered,)
        case (
            RepaymentReceived()
            | PastRepaymentEntered()
            | LoanDisbursed()
            | PastLoanEntered()
            | OpeningBalancesEntered()
        ):
            kinds = _FIXES_THE_DEBT
        case _:
            return
    mine = _shapes(target.event)
    later = story[story.index(target) + 1 :]
    for recorded in later:
        stands = isinstance(recorded.event, kinds) and recorded.id not in book.reversed
        if stands and set(mine).intersection(_shapes(recorded.event)):
            raise Refusal("built-on", "Đã có phát sinh dựa trên bút toán này; hãy đảo nó trước.")


def _without_repayments(book: Book, story: Sequence[Recorded], loan_id: UUID) -> Loan:
    loan = _refolded(book, story, frozenset(), loan_id)
    if loan.payments:
        raise Refusal("built-on", "Khoản vay đã có trả nợ; hãy đảo các lần trả trước.")
    return loan


def _refolded(book: Book, story: Sequence[Recorded], gone: frozenset[UUID], loan_id: UUID) -> Loan:
    """The loan as the events that still stand leave it, without those in `gone`.

    What was reversed and its reversal cancel out; a settlement follows from the rest.
    """
    gone = gone | book.reversed
    folded: Book | None = None
    for recorded in _of_loan(story, loan_id):
        if recorded.id not in gone and not isinstance(recorded.event, EntryReversed | LoanSettled):
            folded = evolve(folded, recorded.event)
    assert folded is not None, "a loan stands on the event that made it"
    return folded.loans[loan_id]


def _as_approved(story: Sequence[Recorded], payout_id: UUID, loan_id: UUID) -> Loan:
    """The loan as it stood before a payout: less may have been paid than was approved."""
    book: Book | None = None
    for recorded in _of_loan(story, loan_id):
        if recorded.id == payout_id:
            break
        book = evolve(book, recorded.event)
    assert book is not None, "a payout stands on an approval"
    return book.loans[loan_id]


def _of_loan(story: Sequence[Recorded], loan_id: UUID) -> list[Recorded]:
    """Only what shaped one loan: folding a whole book for each would take minutes."""
    return [r for r in story if loan_id in _shapes(r.event)]


def _shapes(event: BookEvent) -> tuple[UUID, ...]:
    match event:
        case OpeningBalancesEntered():
            return tuple(loan.id for loan in event.loans)
        case EntryReversed():
            return (*((event.loan.id,) if event.loan else ()), *event.withdraws_loans)
        case _:
            one: UUID | None = getattr(event, "loan_id", None)
            return (one,) if one else ()
