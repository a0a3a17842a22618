"""What follows a count: nothing new is paid out until its difference is settled by two people."""

from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.errors import NotFound
from domain.loans.accounts import Account, Fund
from domain.loans.advances import give_advance
from domain.loans.commands import (
    GiveAdvance,
    HandOverTreasury,
    MakeShortageGood,
    ResolveSurplus,
)
from domain.loans.counting import (
    hand_over,
    make_shortage_good,
    resolve_surplus,
    settle_difference,
)
from domain.loans.decisions import disburse_loan
from domain.loans.events import CashCounted, TreasurerHandedOver
from domain.loans.funds import pay_expense, receive_dues
from domain.loans.past import Entry
from domain.loans.past import count as past_count
from examples import (
    ACCOUNTANT,
    CHAIR,
    DAY,
    HOA,
    LAN,
    LOAN,
    MAI,
    NOW,
    SECRETARY,
    TODAY,
    TREASURER,
    approved,
    book,
    count_of,
    counted,
    days,
    dues,
    expense,
    funded,
    last,
    lines,
    member,
    moment,
    origin,
    payout,
    proposed,
    refuses,
    reversing,
    settled_difference,
    settling,
    standing,
    story,
)
from specification import Specification

OPERATING, CARE, LOANS = Fund.OPERATING, Fund.CARE, Fund.LOAN


def box() -> Specification:
    """700,000 of dues in the operating box, and a loan approved and waiting for its money."""
    return approved(funded()).after(receive_dues, dues(700_000), NOW)


def pays_out(given: Specification, **rules: int) -> str | None:
    return refuses(given, disburse_loan, LOAN, member(LAN), payout(), moment(**rules))


# --- the block -------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [650_000, 750_000])
def test_a_difference_at_the_limit_lets_money_out_and_one_dong_less_of_limit_does_not(
    found: int,
) -> None:
    given = counted(box(), found)
    assert pays_out(given, count_difference_max=50_000) is None
    assert pays_out(given, count_difference_max=49_999) == "count-unsettled"


@pytest.mark.parametrize(
    ("held", "code"), [(1_000, None), (1_001, "count-unsettled")], ids=["at the limit", "above"]
)
def test_what_no_note_can_pay_blocks_nothing_by_the_model_by_laws(
    held: int, code: str | None
) -> None:
    """The box holds nothing; the book says so much."""
    given = approved(funded()).after(receive_dues, dues(held), NOW)
    assert pays_out(counted(given, 0)) == code


def test_a_count_that_agrees_blocks_nothing() -> None:
    assert pays_out(counted(box(), 700_000)) is None


def test_the_block_is_on_decisions_still_to_come_and_not_on_what_was_paid() -> None:
    given = counted(box(), 650_000)
    advance = GiveAdvance(occurred_on=DAY, amount=1_000, holder_id=LAN, paid_by=TREASURER)
    given.when(give_advance, advance, NOW).then_refused("count-unsettled", difference=50_000)
    given.when(pay_expense, expense(1_000), NOW).then_told(amount=1_000)


def test_a_settled_difference_or_a_second_count_lifts_the_block() -> None:
    given = counted(box(), 650_000)
    assert pays_out(given) == "count-unsettled"
    assert pays_out(settled_difference(given)) is None
    assert pays_out(counted(given, 700_000)) is None
    wider = counted(given, 50_700_000, funds=(LOANS, OPERATING))
    assert pays_out(wider) is None


def test_an_earlier_day_or_another_box_lifts_nothing() -> None:
    given = counted(box(), 650_000)
    assert pays_out(counted(given, 0, on=days(-1))) == "count-unsettled"
    assert pays_out(counted(given, 0, funds=(CARE,))) == "count-unsettled"


def test_a_past_count_nobody_witnessed_blocks_nothing() -> None:
    row = Entry(on=DAY, origin=origin(UUID(int=7)))
    (event,) = past_count(box().state, row, 1, TODAY)
    assert isinstance(event, CashCounted)
    assert event.difference
    assert pays_out(box().given(event)) is None


# --- settling --------------------------------------------------------------------------------


def test_a_shortage_becomes_a_claim_and_a_surplus_a_debt() -> None:
    short = settled_difference(counted(box(), 650_000))
    assert lines(short.past[-1]) == [
        (OPERATING, Account.SHORTAGE, 50_000),
        (OPERATING, Account.CASH, -50_000),
    ]
    over = settled_difference(counted(box(), 750_000))
    assert lines(over.past[-1]) == [
        (OPERATING, Account.CASH, 50_000),
        (OPERATING, Account.SURPLUS, -50_000),
    ]
    assert short.past[-1].vouchers == ("PC-2026-0001",)  # type: ignore[attr-defined]
    assert over.past[-1].vouchers == ("PT-2026-0002",)  # type: ignore[attr-defined]


def test_the_funds_of_one_box_bear_the_difference_to_the_dong() -> None:
    given = box().after(receive_dues, dues(300_000, fund=CARE), NOW)
    given = counted(given, 950_000, funds=(OPERATING, CARE))

    def settle(**parts: int) -> Specification:
        named = {Fund(name): amount for name, amount in parts.items()}
        asked = settling(given, parts=named or None)
        return given.when(settle_difference, story(given), asked, NOW)

    settle(operating=30_000, care=20_000).then_told(
        amount=50_000, vouchers=("PC-2026-0001", "PC-2026-0002")
    )
    settle(operating=30_000, care=19_999).then_refused("difference-parts", difference=50_000)
    settle(operating=30_000, loan=20_000).then_refused("difference-parts")
    settle().then_refused("difference-parts")


def test_two_people_settle_the_latest_count_once_and_not_before_its_day() -> None:
    given = counted(box(), 650_000)

    def settle(given: Specification, **more: object) -> Specification:
        return given.when(settle_difference, story(given), settling(given, **more), NOW)

    settle(given, approved_by=SECRETARY).then_refused("same-person")
    settle(given, on=days(-1)).then_refused("date-order")
    settle(settled_difference(given)).then_refused("nothing-to-settle")
    settle(counted(box(), 700_000)).then_refused("nothing-to-settle")
    older = last(given, CashCounted)
    settle(counted(given, 600_000), count_id=older).then_refused("count-superseded")
    with pytest.raises(NotFound):
        settle(given, count_id=UUID(int=5)).decided()


def test_a_settled_difference_is_not_reversed_but_made_good() -> None:
    given = settled_difference(counted(box(), 650_000))
    target = story(given)[-1]
    with pytest.raises(Exception, match="không đảo được") as refusal:
        proposed(given, target.id)
    assert refusal.value.code == "not-reversible"  # type: ignore[attr-defined]


@pytest.mark.parametrize(("amount", "code"), [(50_000, None), (50_001, "exceeds-shortage")])
def test_no_more_is_made_good_than_was_missing(amount: int, code: str | None) -> None:
    given = settled_difference(counted(box(), 650_000))
    good = MakeShortageGood(occurred_on=DAY, amount=amount, fund=OPERATING, paid_by=TREASURER)
    assert refuses(given, make_shortage_good, good, NOW) == code
    if code is None:
        after = given.after(make_shortage_good, good, NOW)
        assert standing(after) == standing(box())
        reversing(after, story(after)[-1].id).then_told(vouchers=("PC-2026-0002",))


@pytest.mark.parametrize(("amount", "code"), [(50_000, None), (50_001, "exceeds-surplus")])
def test_a_surplus_goes_to_its_owner_or_by_vote_to_the_fund(amount: int, code: str | None) -> None:
    given = settled_difference(counted(box(), 750_000))
    back = ResolveSurplus(occurred_on=DAY, amount=amount, fund=OPERATING, returned=True)
    kept = ResolveSurplus(
        occurred_on=DAY, amount=amount, fund=OPERATING, returned=False, minutes="BB 9"
    )
    assert refuses(given, resolve_surplus, back, NOW) == code
    assert refuses(given, resolve_surplus, kept, NOW) == code
    if code is None:
        assert standing(given.after(resolve_surplus, back, NOW)) == standing(box())
        (event,) = given.when(resolve_surplus, kept, NOW).decided()
        assert lines(event)[1] == (OPERATING, Account.OPERATING_FUND, -50_000)
    with pytest.raises(ValidationError):
        ResolveSurplus(occurred_on=DAY, amount=amount, fund=OPERATING, returned=False)


def test_what_the_loan_fund_keeps_of_a_surplus_waits_to_be_allocated() -> None:
    given = settled_difference(counted(funded(1_000_000), 1_050_000, funds=(LOANS,)))
    kept = ResolveSurplus(
        occurred_on=DAY, amount=50_000, fund=LOANS, returned=False, minutes="BB 9"
    )
    after = given.after(resolve_surplus, kept, NOW)
    assert standing(after)["loan/515"] == -50_000


# --- the box in other hands ------------------------------------------------------------------

BOARD = (CHAIR, TREASURER, SECRETARY, ACCOUNTANT)


def handing(signed_by: tuple[UUID, ...], **more: UUID) -> HandOverTreasury:
    parties = {"outgoing_id": TREASURER, "incoming_id": HOA, "witness_id": CHAIR, **more}
    return HandOverTreasury(count=count_of(700_000, signed_by=signed_by), **parties)


def test_the_box_is_handed_over_by_a_count() -> None:
    given = box().when(hand_over, BOARD, handing((TREASURER, HOA, CHAIR)), NOW)
    count, handed = given.decided()
    assert isinstance(count, CashCounted)
    assert isinstance(handed, TreasurerHandedOver)
    assert (handed.counted, handed.funds) == (700_000, (OPERATING,))


def test_two_others_of_the_board_sign_for_a_treasurer_who_cannot() -> None:
    box().when(hand_over, BOARD, handing((HOA, CHAIR, SECRETARY, ACCOUNTANT)), NOW).decided()
    one = handing((HOA, CHAIR, SECRETARY))
    box().when(hand_over, BOARD, one, NOW).then_refused("not-signed")
    stranger = handing((HOA, CHAIR, SECRETARY, MAI))
    box().when(hand_over, BOARD, stranger, NOW).then_refused("not-signed")


def test_who_takes_the_box_and_who_sees_it_sign() -> None:
    without = handing((TREASURER, CHAIR, SECRETARY))
    box().when(hand_over, BOARD, without, NOW).then_refused("not-signed")
    unseen = handing((TREASURER, HOA, SECRETARY))
    box().when(hand_over, BOARD, unseen, NOW).then_refused("not-signed")
    alone = handing((TREASURER, HOA, CHAIR), witness_id=HOA)
    box().when(hand_over, BOARD, alone, NOW).then_refused("same-person")


def test_a_box_that_is_short_at_the_hand_over_stays_short() -> None:
    given = book.after(receive_dues, dues(800_000), NOW)
    given = given.after(hand_over, BOARD, handing((TREASURER, HOA, CHAIR)), NOW)
    assert [c.difference for c in given.state.counts] == [100_000]
