"""What follows a count: its difference settled, made good or resolved, and the box handed over."""

from collections.abc import Collection, Sequence
from uuid import UUID

from domain.errors import Refusal
from domain.events import Role, person
from domain.loans.accounts import FUND_ACCOUNT, Account, Fund
from domain.loans.book import Book, Counted, refuse_misdated, refuse_overdrawn
from domain.loans.commands import (
    HandOverTreasury,
    MakeShortageGood,
    Moment,
    ResolveSurplus,
    SettleCashDifference,
)
from domain.loans.entries import Line, credit, debit, entry
from domain.loans.events import (
    BookEvent,
    CashDifferenceSettled,
    ShortageMadeGood,
    SurplusResolved,
    TreasurerHandedOver,
)
from domain.loans.funds import count_cash, next_vouchers
from domain.loans.recorded import Recorded, found
from domain.loans.vouchers import Slip


def settle_difference(
    book: Book | None, story: Sequence[Recorded], command: SettleCashDifference, moment: Moment
) -> list[BookEvent]:
    """The book takes the box's figure; `story` is the whole book up to now.

    Hard: two people; the whole difference, borne by funds that were counted; the latest count of
    the box, since an older one no longer says anything.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    if command.settled_by == command.approved_by:
        raise Refusal("same-person", "Xử lý chênh lệch quỹ cần hai người khác nhau.")
    version = story.index(found(story, command.count_id)) + 1
    count = _unsettled(book, version)
    if command.occurred_on < count.on:
        raise Refusal("date-order", "Xử lý chênh lệch không thể trước ngày kiểm kê.")
    parts = _parts(count, command)
    lines = _settling(parts, shortage=count.difference > 0)
    refuse_overdrawn(book, lines, command.occurred_on)
    slip = Slip.PAYMENT if count.difference > 0 else Slip.RECEIPT
    return [
        CashDifferenceSettled(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(
                book, moment, command.occurred_on, *((slip, fund) for fund in parts)
            ),
            memo=command.memo,
            happened_on=command.happened_on,
            count_id=command.count_id,
            count_version=version,
            amount=abs(count.difference),
            shortage=count.difference > 0,
            reason=command.reason,
            settled_by=command.settled_by,
            approved_by=command.approved_by,
            concerns=(
                person(command.settled_by, Role.PROPOSER),
                person(command.approved_by, Role.APPROVER),
            ),
        )
    ]


def _unsettled(book: Book, version: int) -> Counted:
    for count in book.counts:
        if count.version == version:
            if count.settled or not count.difference:
                raise Refusal("nothing-to-settle", "Lần kiểm kê này không còn chênh lệch.")
            return count
    raise Refusal("count-superseded", "Quỹ đã được kiểm kê lại sau lần kiểm kê này.")


def _parts(count: Counted, command: SettleCashDifference) -> dict[Fund, int]:
    """In the funds' order; what each bears adds up to the difference, to the đồng."""
    difference = abs(count.difference)
    parts = command.parts
    if parts is None and len(count.funds) == 1:
        parts = {count.funds[0]: difference}
    if parts is None or sum(parts.values()) != difference or not set(parts) <= set(count.funds):
        raise Refusal(
            "difference-parts",
            "Phần của các quỹ phải cộng lại đúng bằng số chênh lệch của lần kiểm kê.",
            difference=difference,
        )
    return {fund: parts[fund] for fund in Fund if fund in parts}


def _settling(parts: dict[Fund, int], *, shortage: bool) -> tuple[Line, ...]:
    lines: list[Line] = []
    for fund, amount in parts.items():
        if shortage:
            lines += [debit(Account.SHORTAGE, fund, amount), credit(Account.CASH, fund, amount)]
        else:
            lines += [debit(Account.CASH, fund, amount), credit(Account.SURPLUS, fund, amount)]
    return entry(*lines)


def make_shortage_good(
    book: Book | None, command: MakeShortageGood, moment: Moment
) -> list[BookEvent]:
    """Hard: at most what is missing (1381) in that fund."""
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    missing = book.balance(command.fund, Account.SHORTAGE)
    if command.amount > missing:
        raise Refusal(
            "exceeds-shortage", "Bồi hoàn nhiều hơn số tiền thiếu.", missing=max(missing, 0)
        )
    return [
        ShortageMadeGood(
            occurred_on=command.occurred_on,
            lines=entry(
                debit(Account.CASH, command.fund, command.amount),
                credit(Account.SHORTAGE, command.fund, command.amount),
            ),
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.RECEIPT, command.fund)),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            fund=command.fund,
            paid_by=command.paid_by,
            concerns=(person(command.paid_by, Role.SUBJECT),) if command.paid_by else (),
        )
    ]


def resolve_surplus(book: Book | None, command: ResolveSurplus, moment: Moment) -> list[BookEvent]:
    """Hard: at most what was found too much (3381) in that fund.

    What the loan fund keeps is interest not yet allocated (515): it has no income of its own.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    surplus = -book.balance(command.fund, Account.SURPLUS)
    if command.amount > surplus:
        raise Refusal("exceeds-surplus", "Xử lý nhiều hơn số tiền thừa.", surplus=max(surplus, 0))
    kept = FUND_ACCOUNT.get(command.fund, Account.INTEREST)
    lines = entry(
        debit(Account.SURPLUS, command.fund, command.amount),
        credit(Account.CASH if command.returned else kept, command.fund, command.amount),
    )
    refuse_overdrawn(book, lines, command.occurred_on)
    slips = ((Slip.PAYMENT, command.fund),) if command.returned else ()
    return [
        SurplusResolved(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, *slips),
            memo=command.memo,
            happened_on=command.happened_on,
            surplus=command.amount,
            fund=command.fund,
            returned=command.returned,
            minutes=command.minutes,
        )
    ]


def hand_over(
    book: Book | None, board: Collection[UUID], command: HandOverTreasury, moment: Moment
) -> list[BookEvent]:
    """The count, and the hand-over by it; `board` holds office in the club on that day.

    Hard: three different people; the incoming treasurer and the witness sign the count, and so
    does the outgoing one, or two others of the board in their place.
    """
    parties = (command.outgoing_id, command.incoming_id, command.witness_id)
    if len(set(parties)) < 3:
        raise Refusal("same-person", "Bên giao, bên nhận và người chứng kiến là ba người.")
    signed = set(command.count.signed_by)
    absent = {command.incoming_id, command.witness_id} - signed
    stand_in = (signed & set(board)) - set(parties)
    if absent or (command.outgoing_id not in signed and len(stand_in) < 2):
        raise Refusal(
            "not-signed",
            "Biên bản bàn giao cần bên nhận, người chứng kiến và bên giao ký; "
            "bên giao không ký được thì hai ủy viên Ban Chủ nhiệm khác ký thay.",
        )
    (counted,) = count_cash(book, command.count, moment)
    handed = TreasurerHandedOver(
        occurred_on=command.count.occurred_on,
        outgoing_id=command.outgoing_id,
        incoming_id=command.incoming_id,
        witness_id=command.witness_id,
        signed_by=command.count.signed_by,
        funds=tuple(sorted(set(command.count.funds))),
        counted=sum(note * number for note, number in command.count.sheets.items()),
        concerns=(
            person(command.outgoing_id, Role.SUBJECT),
            *(person(signer, Role.SIGNATORY) for signer in command.count.signed_by),
        ),
    )
    return [counted, handed]
