"""Money in somebody's hand for the club's errands: given, then settled by receipts and cash."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from domain.errors import Refusal
from domain.events import Role, person
from domain.loans.accounts import Account, Fund
from domain.loans.book import Book, refuse_misdated, refuse_overdrawn, refuse_unsettled
from domain.loans.commands import GiveAdvance, Moment, SettleAdvance
from domain.loans.entries import Line, credit, debit, entry
from domain.loans.events import AdvanceGiven, AdvanceSettled, BookEvent
from domain.loans.funds import next_vouchers
from domain.loans.vouchers import Slip


def give_advance(book: Book | None, command: GiveAdvance, moment: Moment) -> list[BookEvent]:
    """Hard: from a fund that may spend, by somebody else than who takes it."""
    if command.fund is Fund.LOAN:
        raise Refusal("restricted-fund", "Quỹ vay chỉ để cho vay, không tạm ứng.")
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    if command.holder_id == command.paid_by:
        raise Refusal("same-person", "Không ai tự tạm ứng cho mình.")
    refuse_unsettled(book, moment.regulation.rules.count_difference_max)
    lines = entry(
        debit(Account.ADVANCES, command.fund, command.amount, member_id=command.holder_id),
        credit(Account.CASH, command.fund, command.amount),
    )
    refuse_overdrawn(book, lines, command.occurred_on)
    return [
        AdvanceGiven(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.PAYMENT, command.fund)),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            fund=command.fund,
            holder_id=command.holder_id,
            paid_by=command.paid_by,
            concerns=(
                person(command.holder_id, Role.RECEIVER),
                person(command.paid_by, Role.PAYER),
            ),
        )
    ]


def settle_advance(book: Book | None, command: SettleAdvance, moment: Moment) -> list[BookEvent]:
    """Hard: never more than was given; whoever spent it does not take their own receipts."""
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    if command.holder_id == command.received_by:
        raise Refusal("same-person", "Không ai tự nhận hoàn ứng của mình.")
    settled = command.spent + command.returned
    # Who was entered twice may hold an advance under either id.
    given = {id: book.advance(command.fund, id) for id in sorted(moment.ids(command.holder_id))}
    if settled > sum(given.values()):
        raise Refusal(
            "exceeds-advance", "Hoàn ứng nhiều hơn số đã tạm ứng.", held=sum(given.values())
        )
    lines = entry(
        debit(Account.EXPENSE, command.fund, command.spent),
        debit(Account.CASH, command.fund, command.returned),
        *_settling(command.fund, settled, given),
    )
    slips = ((Slip.RECEIPT, command.fund),) if command.returned else ()
    return [
        AdvanceSettled(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, *slips),
            memo=command.memo,
            happened_on=command.happened_on,
            fund=command.fund,
            holder_id=command.holder_id,
            spent=command.spent,
            returned=command.returned,
            received_by=command.received_by,
            concerns=(
                person(command.holder_id, Role.PAYER),
                person(command.received_by, Role.RECEIVER),
            ),
        )
    ]


def _settling(fund: Fund, settled: int, given: Mapping[UUID, int]) -> Iterator[Line]:
    for holder_id, held in given.items():
        part = min(settled, held)
        settled -= part
        if part:
            yield credit(Account.ADVANCES, fund, part, member_id=holder_id)
