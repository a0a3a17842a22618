"""Bảng kiểm kê quỹ: the box is counted blind, by three people, note by note."""

from typing import Any

import pytest
from pydantic import ValidationError

from domain.events import Role, person
from domain.loans.accounts import DENOMINATIONS, Fund
from domain.loans.commands import CountCash
from domain.loans.funds import count_cash, move_money, pay_expense, receive_dues
from examples import (
    CHAIR,
    DAY,
    NOW,
    SECRETARY,
    TODAY,
    TREASURER,
    book,
    days,
    dues,
    expense,
    funded,
    to_bank,
)
from specification import Specification

THREE = (CHAIR, TREASURER, SECRETARY)


def count(sheets: dict[int, int], **changed: Any) -> CountCash:
    usual = {"occurred_on": DAY, "funds": (Fund.OPERATING,), "signed_by": THREE}
    return CountCash(**{**usual, "sheets": sheets, **changed})


def box() -> Specification:
    """700,000 of dues in the operating fund's box; a million of capital beside it."""
    return funded(1_000_000).after(receive_dues, dues(700_000), NOW)


@pytest.mark.parametrize(
    ("sheets", "counted", "difference"),
    [
        ({500_000: 1, 200_000: 1}, 700_000, 0),
        ({500_000: 1, 100_000: 1}, 600_000, 100_000),  # book - counted: a shortage is positive
        ({500_000: 1, 200_000: 1, 200: 1}, 700_200, -200),
        ({}, 0, 700_000),
        (dict.fromkeys(DENOMINATIONS, 1), 888_700, -188_700),
    ],
)
def test_the_difference_is_book_less_counted(
    sheets: dict[int, int], counted: int, difference: int
) -> None:
    box().when(count_cash, count(sheets), NOW).then_told(
        counted=counted, expected=700_000, difference=difference
    )


def test_the_counters_never_name_the_expected_figure() -> None:
    assert "expected" not in CountCash.model_fields
    with pytest.raises(ValidationError):
        count({500_000: 1}, expected=700_000)


def test_one_box_may_hold_several_funds_each_counted_once() -> None:
    both = count({500_000: 3, 200_000: 1}, funds=(Fund.OPERATING, Fund.LOAN, Fund.LOAN))
    box().when(count_cash, both, NOW).then_told(
        expected=1_700_000, difference=0, funds=(Fund.LOAN, Fund.OPERATING)
    )


def test_the_box_is_compared_with_the_book_at_the_end_of_that_day() -> None:
    later = box().after(pay_expense, expense(300_000, days(1)), NOW)
    later.when(count_cash, count({}), NOW).then_told(expected=700_000)
    later.when(count_cash, count({}, occurred_on=days(1)), NOW).then_told(expected=400_000)
    later.when(count_cash, count({}, occurred_on=days(-1)), NOW).then_told(expected=0)


def test_money_at_the_bank_is_not_in_the_box() -> None:
    banked = box().after(move_money, to_bank(400_000), NOW)
    banked.when(count_cash, count({}, funds=(Fund.LOAN,)), NOW).then_told(expected=600_000)


def test_three_different_people_sign() -> None:
    two = count({}, signed_by=(CHAIR, TREASURER, CHAIR))
    box().when(count_cash, two, NOW).then_refused("same-person")
    box().when(count_cash, count({}), NOW).then_told(
        concerns=tuple(person(signer, Role.SIGNATORY) for signer in THREE)
    )


@pytest.mark.parametrize("note", [300_000, 100, 1, 0, -500])
def test_a_note_that_does_not_circulate_is_refused(note: int) -> None:
    box().when(count_cash, count({note: 1}), NOW).then_refused("malformed")


@pytest.mark.parametrize("at", ["9:00", "24:00", "09:60", "chiều"])
def test_the_hour_is_a_clock_time(at: str) -> None:
    with pytest.raises(ValidationError):
        count({}, at=at)
    box().when(count_cash, count({}, at="09:05"), NOW).then_told(at="09:05")


def test_nobody_counts_minus_one_note_or_tomorrow() -> None:
    with pytest.raises(ValidationError):
        count({500_000: -1})
    tomorrow = count({}, occurred_on=days(1, TODAY))
    book.when(count_cash, tomorrow, NOW).then_refused("future-date")


def test_a_count_moves_no_money() -> None:
    counted = box().after(count_cash, count({}), NOW)
    assert counted.state.balances == box().state.balances
