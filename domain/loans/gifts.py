"""Gifts in kind and things given out: beside the book, never cash (domain.md section 3)."""

from domain.dates import not_in_the_future
from domain.events import Role, person
from domain.loans.book import Book
from domain.loans.commands import GiveGoodsOut, Moment, ReceiveGift
from domain.loans.events import BookEvent, GiftInKindReceived, GoodsGivenOut


def receive_gift(book: Book | None, command: ReceiveGift, moment: Moment) -> list[BookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    return [
        GiftInKindReceived(
            occurred_on=command.occurred_on,
            item=command.item,
            quantity=command.quantity,
            estimate=command.estimate,
            giver=command.giver,
            received_by=command.received_by,
            concerns=(person(command.received_by, Role.OFFICER),),
        )
    ]


def give_goods_out(book: Book | None, command: GiveGoodsOut, moment: Moment) -> list[BookEvent]:
    not_in_the_future(command.occurred_on, moment.today)
    receiver = command.receiver_id
    return [
        GoodsGivenOut(
            occurred_on=command.occurred_on,
            item=command.item,
            quantity=command.quantity,
            estimate=command.estimate,
            receiver_id=receiver,
            given_by=command.given_by,
            concerns=(
                *((person(receiver, Role.SUBJECT),) if receiver else ()),
                person(command.given_by, Role.OFFICER),
            ),
        )
    ]
