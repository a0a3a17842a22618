"""Capital goes back to its giver: by a named decision, and only what was lent to be returned."""

from collections.abc import Sequence

from domain.errors import Refusal
from domain.events import Role, person
from domain.loans.accounts import CAPITAL_ACCOUNT, Account, CapitalSource, Fund, Restriction
from domain.loans.book import (
    Book,
    refuse_misdated,
    refuse_overdrawn,
    refuse_unfree,
    refuse_unsettled,
)
from domain.loans.commands import Moment, ReturnCapital
from domain.loans.entries import credit, debit, entry
from domain.loans.events import BookEvent, CapitalReceived, CapitalReturned
from domain.loans.funds import next_vouchers
from domain.loans.recorded import Recorded
from domain.loans.vouchers import Slip


def returnable(
    book: Book, story: Sequence[Recorded], source: CapitalSource, project: str | None
) -> int:
    """What a source lent us to be returned and still has with us, in đồng; reversals are gone."""
    left = 0
    for recorded in story:
        event = recorded.event
        if recorded.id in book.reversed:
            continue
        if isinstance(event, CapitalReceived):
            counts = event.restriction is Restriction.RETURNABLE
            if counts and (event.source, event.project) == (source, project):
                left += event.amount
        elif isinstance(event, CapitalReturned) and event.source is source:
            left -= event.amount if event.project == project else 0
    return left


def return_capital(
    book: Book | None, story: Sequence[Recorded], command: ReturnCapital, moment: Moment
) -> list[BookEvent]:
    """Hard: returnable, at most what is left of it, free money, and two people beside the decision.

    `story` is the whole book up to now. Capital of the opening balances has no restriction on
    record and stays.
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    if command.approved_by == command.paid_by:
        raise Refusal("same-person", "Người duyệt trả vốn không tự chi tiền.")
    left = returnable(book, story, command.source, command.project)
    if not left:
        raise Refusal("not-returnable", "Nguồn vốn này không có phần phải hoàn trả.")
    if command.amount > left:
        raise Refusal("exceeds-capital", "Trả nhiều hơn số vốn còn phải hoàn trả.", left=left)
    refuse_unsettled(book, moment.regulation.rules.count_difference_max)
    paid_from = Account.BANK if command.from_bank else Account.CASH
    lines = entry(
        debit(CAPITAL_ACCOUNT[command.source], Fund.LOAN, command.amount),
        credit(paid_from, Fund.LOAN, command.amount),
    )
    refuse_unfree(book, command.amount)
    refuse_overdrawn(book, lines, command.occurred_on)
    return [
        CapitalReturned(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.PAYMENT, Fund.LOAN)),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            source=command.source,
            project=command.project,
            decision=command.decision,
            approved_by=command.approved_by,
            paid_by=command.paid_by,
            concerns=(
                person(command.approved_by, Role.APPROVER),
                person(command.paid_by, Role.PAYER),
            ),
        )
    ]
