"""A mistake is corrected by another event that names the first (domain.md section 7)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Role, person
from domain.loans.accounts import CAPITAL_ACCOUNT, MONEY, Account, Fund
from domain.loans.book import (
    Book,
    advances_moved,
    claims_moved,
    evolve,
    held_moved,
    refuse_closed,
    refuse_overdrawn,
)
from domain.loans.commands import Moment, ProposeReversal
from domain.loans.entries import Line, reversed_lines
from domain.loans.events import (
    BookEvent,
    CashDifferenceSettled,
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
    PeriodClosed,
    RepaymentReceived,
    ReversalProposed,
    WorkbookImported,
)
from domain.loans.funds import next_vouchers
from domain.loans.loan import Loan, Step
from domain.loans.past import refuse_one_hand
from domain.loans.recorded import Recorded as Recorded
from domain.loans.recorded import found
from domain.loans.vouchers import Slip


def propose_reversal(
    book: Book | None,
    target: Recorded,
    command: ProposeReversal,
    moment: Moment,
    report: str | None = None,
) -> list[BookEvent]:
    """`report` is the digest of what the reversal would change in the book as it stands.

    Hard: whoever read another report before proposing is shown the new one first.
    """
    not_in_the_future(command.occurred_on, moment.today)
    book = book or Book()
    refuse_irreversible(book, target)
    if command.report is not None and command.report != report:
        raise Refusal("report-changed", "Sổ đã thay đổi; hãy xem lại báo cáo chênh lệch.")
    return [
        ReversalProposed(
            occurred_on=command.occurred_on,
            reverses=target.id,
            proposed_by=command.proposed_by,
            reason=command.reason,
            book_version=book.version if report else None,
            report=report,
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
    also: frozenset[UUID] = frozenset(),
) -> list[BookEvent]:
    """A second person lets the reversal stand; `story` is the whole book up to now.

    Hard: neither who proposed it nor who typed that approves it, under whatever id (`also` are the
    approver's others); not dated before what it reverses, nor in a closed period; cash stays at or
    above 0 from the reversal's date on; nothing may stand upon what is taken back: no repayment on
    a payout, no write-off or takeover on what was owed, no refund on an excess, no return on a
    transfer, nothing at all on the opening balances. Interest that was allocated meanwhile is a
    finding: 515 is then short of it.
    """
    book = book or Book()
    target = found(story, target_id)
    refuse_irreversible(book, target)
    proposal = proposal_of(book, story, target_id)
    if (also | {approved_by}) & {proposal.proposed_by, proposal.recorded_by}:
        raise Refusal("same-person", "Người đề nghị đảo, hay người gõ đề nghị, không tự duyệt.")
    not_in_the_future(on, moment.today)
    refuse_closed(book, on)
    if on < target.event.occurred_on:
        raise Refusal("date-order", "Ngày đảo không thể trước ngày của bút toán bị đảo.")
    reversal = reversing_entry(book, story, target, on, moment)
    refuse_overdrawn(book, reversal.lines, on)
    signed = reversal.model_copy(
        update={
            "reason": proposal.reason,
            "proposed_by": proposal.proposed_by,
            "approved_by": approved_by,
            "concerns": (
                *reversal.concerns,
                person(proposal.proposed_by, Role.PROPOSER),
                person(approved_by, Role.APPROVER),
            ),
        }
    )
    return [signed, *_settled_again(story, signed)]


def proposal_of(book: Book, story: Sequence[Recorded], target_id: UUID) -> ReversalProposed:
    """The last proposal counts; raises `Refusal("not-proposed")` where none waits."""
    if target_id in book.proposals:
        for recorded in reversed(story):
            event = recorded.event
            if isinstance(event, ReversalProposed) and event.reverses == target_id:
                return event
    raise Refusal("not-proposed", "Chưa ai đề nghị đảo bút toán này.")


def reversing_entry(
    book: Book, story: Sequence[Recorded], target: Recorded, on: date, moment: Moment
) -> EntryReversed:
    """What the reversal would be, before anybody signs it or cash is looked at.

    The reversal of a reversal restores the first entry: it counts again, by a new voucher.
    Raises `Refusal("built-on")` with `first`, the events that have to go before it.
    """
    event = target.event
    assert isinstance(event, MoneyEvent), "only entries are reversed"
    lines = reversed_lines(event.lines)
    _refuse_returned(book, story, target, lines)
    _refuse_refunded(book, lines)
    _refuse_built_upon(book, story, target)
    interest = sum(line.amount for line in lines if line.account is Account.INTEREST)
    short = interest > 0 and book.balance(Fund.LOAN, Account.INTEREST) + interest > 0
    restored = found(story, event.reverses) if isinstance(event, EntryReversed) else None
    return EntryReversed(
        occurred_on=on,
        lines=lines,
        vouchers=_vouchers(book, event, on, moment),
        findings=("interest-overallocated",) if short else (),
        reverses=target.id,
        reversed_topic=event.TOPIC,
        restores=restored.id if restored else None,
        restored_topic=restored.event.TOPIC if restored else None,
        loan=_loan_restored(book, story, restored, on)
        if restored
        else _loan_after(book, story, target),
        withdraws_loans=_loans_withdrawn(book, story, target),
        concerns=tuple(c for c in event.concerns if c.role in (Role.BORROWER, Role.SUBJECT)),
    )


def _loan_restored(
    book: Book, story: Sequence[Recorded], restored: Recorded, on: date
) -> Loan | None:
    """The loan with the restored entry counting again, on what stands of it now."""
    event = restored.event
    _refuse_built_upon(book, story, restored)
    match event:
        case RepaymentReceived() | PastRepaymentEntered():
            now = book.loans.get(event.loan_id)
            if event.loan_id not in book.closed and (now is None or now.step is not Step.DISBURSED):
                raise Refusal("built-on", "Khoản vay này không còn; hãy khôi phục nó trước.")
            owing = now or book.closed[event.loan_id]
            if owing.borrower_id != event.borrower_id:
                raise Refusal("built-on", "Người nợ nay là người khác; hãy lập phiếu thu mới.")
            if now is not None and now.disbursed_on and event.occurred_on < now.disbursed_on:
                raise Refusal("built-on", "Khoản vay đã được giải ngân lại sau lần trả này.")
            loan = refolded(book, story, frozenset(), event.loan_id, back=restored.id)
            if loan.outstanding < 0:
                raise Refusal(
                    "built-on",
                    "Dư nợ không còn đủ cho lần trả được khôi phục.",
                    first=_repayments(book, story, event.loan_id),
                )
            return loan
        case LoanDisbursed():
            now = book.loans.get(event.loan_id)
            if now is None or now.step is not Step.APPROVED:
                raise Refusal("built-on", "Khoản vay đã giải ngân lại hoặc không còn.")
            lent = refolded(book, story, frozenset(), event.loan_id, back=restored.id)
            # The money is out again from this day on: nothing is repaid before it.
            return lent.model_copy(update={"disbursed_on": on})
        case PastLoanEntered():
            return refolded(book, story, frozenset(), event.loan_id, back=restored.id)
        case DebtTakenOver() | LoanWrittenOff() | LossBorneByCapital() | LoanRecovered():
            # Their figures were worked out from the debt of that day: they are decided anew.
            raise Refusal("not-reversible", "Việc này phải quyết định lại bằng bút toán mới.")
        case _:
            return None


def _settled_again(story: Sequence[Recorded], reversal: EntryReversed) -> list[BookEvent]:
    """The restored entry had settled its loan: it does so again."""
    loan, settled = reversal.loan, None
    if reversal.restores is None or loan is None or loan.outstanding:
        return []
    after = story[story.index(found(story, reversal.restores)) :]
    for recorded in after:
        if isinstance(recorded.event, LoanSettled) and recorded.event.loan_id == loan.id:
            settled = recorded.event
    anew = {"occurred_on": reversal.occurred_on, "origin": None}
    return [settled.model_copy(update=anew)] if settled else []


def undo_import(
    book: Book | None,
    story: Sequence[Recorded],
    import_id: UUID,
    today: date,
    *,
    by: UUID | None = None,
    second: UUID | None = None,
    also: frozenset[UUID] = frozenset(),
) -> list[BookEvent]:
    """Take back every entry of an import, latest first, each on its own business date; it takes as
    many hands as the import did.

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
    if mine or second:
        refuse_one_hand(by, second, also)
    gone = frozenset(r.id for r in mine)
    made = {r.event.loan_id for r in mine if isinstance(r.event, PastLoanEntered)}
    touched = {r.event.loan_id for r in mine if isinstance(r.event, PastRepaymentEntered)}
    older = {loan_id: refolded(book, story, gone, loan_id) for loan_id in touched - made}
    return [
        ImportUndone(
            occurred_on=today,
            import_id=import_id,
            proposed_by=by if second else None,
            approved_by=second,
        ),
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


def refuse_irreversible(book: Book | None, target: Recorded) -> None:
    """Hard: only an entry, once, and no entry whose opposite is another event."""
    if not isinstance(target.event, MoneyEvent):
        raise Refusal("not-reversible", "Chỉ bút toán tiền mới đảo được.")
    if isinstance(target.event, PeriodClosed | CashDifferenceSettled):
        # A shortage or surplus found to be none is made good or resolved: that is its opposite.
        raise Refusal("not-reversible", "Khóa sổ và xử lý chênh lệch quỹ không đảo được.")
    if isinstance(target.event, EntryReversed) and (
        target.event.import_id is not None
        or target.event.reversed_topic == OpeningBalancesEntered.TOPIC
    ):
        raise Refusal("not-reversible", "Hãy nhập lại sổ hoặc số dư đầu kỳ thay vì đảo lại.")
    if book is not None and target.id in book.reversed:
        raise Refusal("already-reversed", "Bút toán này đã được đảo.")
    if isinstance(target.event, EntryReversed) and target.event.restores is not None:
        # The first entry counts again: it is that one which can be reversed again.
        raise Refusal(
            "not-reversible",
            "Bút toán gốc đã được khôi phục; hãy đảo chính bút toán gốc.",
            first=[str(target.event.restores)],
        )


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
            return refolded(book, story, gone, target.event.loan_id)
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
            later = [r for r in story if r.id != target.id and _stands(book, r)]
            if later:
                raise Refusal(
                    "built-on",
                    "Đã có phát sinh sau số dư đầu kỳ; hãy đảo chúng trước.",
                    first=_latest_first(later),
                )
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


def _refuse_returned(
    book: Book, story: Sequence[Recorded], target: Recorded, lines: Sequence[Line]
) -> None:
    """What was returned or settled meanwhile cannot be taken back once more."""
    after = [r for r in story[story.index(target) + 1 :] if _stands(book, r)]
    for (creditor, debtor), moved in claims_moved(lines).items():
        if book.claim(creditor, debtor) + moved < 0:
            pair = {creditor, debtor}
            raise Refusal(
                "built-on",
                "Khoản chuyển này đã được hoàn lại; hãy đảo lần hoàn trước.",
                first=_latest_first(
                    [r for r in after if pair in map(set, claims_moved(_lines(r)))]
                ),
            )
    for holder, moved in advances_moved(lines).items():
        if book.advances.get(holder, 0) + moved < 0:
            raise Refusal(
                "built-on",
                "Khoản tạm ứng này đã được hoàn; hãy đảo lần hoàn ứng trước.",
                first=_latest_first([r for r in after if holder in advances_moved(_lines(r))]),
            )
    for account in CAPITAL_ACCOUNT.values():
        moved = sum(line.amount for line in lines if line.account is account)
        if moved > 0 and book.balance(Fund.LOAN, account) + moved > 0:
            raise Refusal(
                "built-on",
                "Số vốn này đã được hoàn trả hoặc phân phối lại; hãy đảo lần sau trước.",
                first=_latest_first(
                    [r for r in after if any(line.account is account for line in _lines(r))]
                ),
            )


def _lines(recorded: Recorded) -> tuple[Line, ...]:
    return recorded.event.lines if isinstance(recorded.event, MoneyEvent) else ()


def _latest_first(entries: Sequence[Recorded]) -> list[str]:
    """In the order in which they have to be reversed."""
    return [str(recorded.id) for recorded in reversed(entries)]


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
    mine = set(_shapes(target.event))
    upon = [
        recorded
        for recorded in story[story.index(target) + 1 :]
        if isinstance(recorded.event, kinds)
        and recorded.id not in book.reversed
        and mine.intersection(_shapes(recorded.event))
    ]
    if upon:
        raise Refusal(
            "built-on",
            "Đã có phát sinh dựa trên bút toán này; hãy đảo nó trước.",
            first=_latest_first(upon),
        )


def _without_repayments(book: Book, story: Sequence[Recorded], loan_id: UUID) -> Loan:
    loan = refolded(book, story, frozenset(), loan_id)
    if loan.payments:
        raise Refusal(
            "built-on",
            "Khoản vay đã có trả nợ; hãy đảo các lần trả trước.",
            first=_repayments(book, story, loan_id),
        )
    return loan


def _repayments(book: Book, story: Sequence[Recorded], loan_id: UUID) -> list[str]:
    """Those that stand, in the order in which they have to be reversed."""
    return _latest_first(
        [
            r
            for r in story
            if isinstance(r.event, RepaymentReceived | PastRepaymentEntered)
            and r.event.loan_id == loan_id
            and r.id not in book.reversed
        ]
    )


def refolded(
    book: Book,
    story: Sequence[Recorded],
    gone: frozenset[UUID],
    loan_id: UUID,
    back: UUID | None = None,
) -> Loan:
    """The loan as what still stands leaves it: without those in `gone`, with `back` again.

    What was reversed and its reversal cancel out; a settlement follows from the rest.
    """
    gone = (gone | book.reversed) - {back}
    folded: Book | None = None
    for recorded in _of_loan(story, loan_id):
        if recorded.id not in gone and not isinstance(recorded.event, EntryReversed | LoanSettled):
            folded = evolve(folded, recorded.event)
    assert folded is not None, "a loan stands on the event that made it"
    return folded.loans[loan_id]


def paid_out(story: Sequence[Recorded], loan_id: UUID, gone: frozenset[UUID] = frozenset()) -> Loan:
    """The loan as the latest payout that is not in `gone`, or the opening, left it."""
    paid: Loan | None = None
    last: Loan | None = None
    book: Book | None = None
    for recorded in _of_loan(story, loan_id):
        book = evolve(book, recorded.event)
        if isinstance(recorded.event, LoanDisbursed | PastLoanEntered | OpeningBalancesEntered):
            last = book.loans[loan_id]
            paid = paid if recorded.id in gone else last
    assert last is not None, "a repayment stands on a payout"
    return paid or last


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
