"""Money in somebody's hand for the club's errands: given, then settled by receipts and cash."""

from domain.errors import Refusal
from domain.events import Role, person
from domain.loans.accounts import Account, Fund
from domain.loans.book import Book, refuse_misdated, refuse_overdrawn, refuse_unsettled
from domain.loans.commands import GiveAdvance, Moment, SettleAdvance
from domain.loans.entries import credit, debit, entry
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
    held, settled = book.advance(command.fund, command.holder_id), command.spent + command.returned
    if settled > held:
        raise Refusal("exceeds-advance", "Hoàn ứng nhiều hơn số đã tạm ứng.", held=held)
    lines = entry(
        debit(Account.EXPENSE, command.fund, command.spent),
        debit(Account.CASH, command.fund, command.returned),
        credit(Account.ADVANCES, command.fund, settled, member_id=command.holder_id),
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
