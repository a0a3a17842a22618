"""Money in somebody's hand: from a fund that may spend, and settled to the đồng."""

import pytest
from pydantic import ValidationError

from domain.loans.accounts import Account, Fund
from domain.loans.advances import give_advance, settle_advance
from domain.loans.commands import GiveAdvance, SettleAdvance
from domain.loans.events import AdvanceGiven, AdvanceSettled
from domain.loans.funds import receive_dues
from examples import (
    DAY,
    HOA,
    LAN,
    NOW,
    SECRETARY,
    TREASURER,
    book,
    dues,
    last,
    lines,
    refuses,
    reversed_,
    reversing,
    standing,
)
from specification import Specification

OPERATING = Fund.OPERATING


def box() -> Specification:
    return book.after(receive_dues, dues(500_000), NOW)


def advance(amount: int, fund: Fund = OPERATING, **more: object) -> GiveAdvance:
    usual = {"holder_id": SECRETARY, "paid_by": TREASURER, **more}
    return GiveAdvance(occurred_on=DAY, amount=amount, fund=fund, **usual)  # type: ignore[arg-type]


def settlement(spent: int, returned: int, **more: object) -> SettleAdvance:
    usual = {"holder_id": SECRETARY, "received_by": TREASURER, **more}
    return SettleAdvance(occurred_on=DAY, spent=spent, returned=returned, **usual)  # type: ignore[arg-type]


def given(amount: int = 300_000) -> Specification:
    return box().after(give_advance, advance(amount), NOW)


def test_an_advance_takes_the_last_dong_and_not_one_more() -> None:
    box().when(give_advance, advance(500_000), NOW).then_told(vouchers=("PC-2026-0001",))
    box().when(give_advance, advance(500_001), NOW).then_refused("insufficient-funds")


def test_only_a_fund_that_may_spend_gives_advances_and_nobody_to_themselves() -> None:
    box().when(give_advance, advance(1, Fund.LOAN), NOW).then_refused("restricted-fund")
    own = advance(1, holder_id=TREASURER)
    box().when(give_advance, own, NOW).then_refused("same-person")
    taken = settlement(1, 0, received_by=SECRETARY)
    given().when(settle_advance, taken, NOW).then_refused("same-person")


def test_receipts_and_cash_settle_it() -> None:
    (event,) = given().when(settle_advance, settlement(250_000, 50_000), NOW).decided()
    assert lines(event) == [
        (OPERATING, Account.EXPENSE, 250_000),
        (OPERATING, Account.CASH, 50_000),
        (OPERATING, Account.ADVANCES, -300_000),
    ]
    given().when(settle_advance, settlement(250_000, 50_000), NOW).then_told(
        vouchers=("PT-2026-0002",)
    )
    given().when(settle_advance, settlement(300_000, 0), NOW).then_told(vouchers=())


@pytest.mark.parametrize(("spent", "returned"), [(300_001, 0), (0, 300_001), (250_000, 50_001)])
def test_never_more_is_settled_than_was_given(spent: int, returned: int) -> None:
    given().when(settle_advance, settlement(spent, returned), NOW).then_refused(
        "exceeds-advance", held=300_000
    )
    given().when(settle_advance, settlement(300_000, 0), NOW).then_told(spent=300_000)


def test_each_holds_their_own_advance() -> None:
    two = given().after(give_advance, advance(100_000, holder_id=HOA), NOW)
    two.when(settle_advance, settlement(100_001, 0, holder_id=HOA), NOW).then_refused(
        "exceeds-advance", held=100_000
    )
    assert refuses(two, settle_advance, settlement(1, 0, holder_id=LAN), NOW) == "exceeds-advance"


def test_it_is_settled_in_parts_but_not_by_nothing() -> None:
    part = given().after(settle_advance, settlement(200_000, 0), NOW)
    part.when(settle_advance, settlement(100_000, 0), NOW).then_told(spent=100_000)
    part.when(settle_advance, settlement(100_001, 0), NOW).then_refused("exceeds-advance")
    with pytest.raises(ValidationError):
        settlement(0, 0)


def test_an_advance_that_was_settled_stands_under_its_settlement() -> None:
    done = given().after(settle_advance, settlement(250_000, 0), NOW)
    first = str(last(done, AdvanceSettled))
    reversing(done, last(done, AdvanceGiven)).then_refused("built-on", first=[first])
    undone = reversed_(done, last(done, AdvanceSettled))
    assert standing(undone) == standing(given())
    assert standing(reversed_(undone, last(undone, AdvanceGiven))) == standing(box())
