"""Gifts in kind and things given out never touch cash."""

import pytest
from pydantic import ValidationError

from domain.events import Role, person
from domain.loans.commands import GiveGoodsOut, ReceiveGift
from domain.loans.events import MoneyEvent
from domain.loans.gifts import give_goods_out, receive_gift
from examples import DAY, LAN, NOW, SECRETARY, TODAY, book, days, sealed, standing


def test_rice_comes_and_goes_and_no_account_moves() -> None:
    rice = ReceiveGift(occurred_on=DAY, item=sealed(), quantity=50, received_by=SECRETARY)
    out = GiveGoodsOut(
        occurred_on=DAY,
        item=sealed(),
        quantity=10,
        estimate=150_000,
        receiver_id=LAN,
        given_by=SECRETARY,
    )
    given = book.after(receive_gift, rice, NOW).after(give_goods_out, out, NOW)
    assert standing(given) == {}
    assert not any(isinstance(event, MoneyEvent) for event in given.past)
    assert person(LAN, Role.SUBJECT) in given.past[1].concerns
    assert given.past[0].estimate is None  # type: ignore[attr-defined]


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_at_least_one_thing_changes_hands(quantity: int) -> None:
    with pytest.raises(ValidationError):
        ReceiveGift(occurred_on=DAY, item=sealed(), quantity=quantity, received_by=SECRETARY)


def test_nobody_receives_tomorrow() -> None:
    tomorrow = ReceiveGift(
        occurred_on=days(1, TODAY), item=sealed(), quantity=1, received_by=SECRETARY
    )
    book.when(receive_gift, tomorrow, NOW).then_refused("future-date")
