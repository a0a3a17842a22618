"""Phiếu thu and phiếu chi: numbered without gaps by type and year of the business date."""

from datetime import date
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from domain.loans.accounts import Account, CapitalSource, Fund, Restriction
from domain.loans.book import evolve
from domain.loans.entries import credit, debit, entry, reversed_lines
from domain.loans.events import CapitalReceived, EntryReversed, MoneyEvent
from domain.loans.funds import move_money, pay_expense, receive_capital, receive_dues
from domain.loans.vouchers import Numbers, Slip, parsed, series, written
from examples import (
    DAY,
    NOW,
    book,
    capital,
    dues,
    expense,
    funded,
    id_of,
    lent,
    moment,
    past_loan,
    repaid,
    reversed_,
    to_bank,
)
from specification import Specification

BY_FUND = moment(version=1, vouchers_per_fund=True)
JANUARY, DECEMBER = date(2027, 1, 5), date(2026, 12, 28)


def vouchers(given: Specification) -> list[str]:
    return [v for event in given.past if isinstance(event, MoneyEvent) for v in event.vouchers]


def test_one_series_runs_across_the_funds() -> None:
    given = (
        book.after(receive_capital, capital(1_000_000), NOW)
        .after(receive_dues, dues(20_000), NOW)
        .after(receive_dues, dues(20_000, fund=Fund.CARE), NOW)
        .after(pay_expense, expense(5_000), NOW)
        .after(move_money, to_bank(5_000), NOW)
    )
    assert vouchers(given) == [
        "PT-2026-0001",
        "PT-2026-0002",
        "PT-2026-0003",
        "PC-2026-0001",
        "PC-2026-0002",
        "PT-2026-0004",
    ]


def test_each_fund_has_its_own_series_where_the_by_laws_say_so() -> None:
    given = (
        book.after(receive_capital, capital(1_000_000), BY_FUND)
        .after(receive_dues, dues(20_000), BY_FUND)
        .after(receive_dues, dues(20_000), BY_FUND)
        .after(receive_dues, dues(20_000, fund=Fund.CARE), BY_FUND)
        .after(receive_dues, dues(20_000, fund=Fund.RESERVE), BY_FUND)
        .after(move_money, to_bank(5_000), BY_FUND)
    )
    assert vouchers(given) == [
        "PT-2026-V-0001",
        "PT-2026-H-0001",
        "PT-2026-H-0002",
        "PT-2026-C-0001",
        "PT-2026-R-0001",
        "PC-2026-V-0001",
        "PT-2026-V-0002",
    ]


def test_a_december_entry_recorded_in_january_belongs_to_december() -> None:
    given = (
        book.after(receive_dues, dues(1, DECEMBER), NOW)
        .after(receive_dues, dues(1, JANUARY), NOW)
        .after(receive_dues, dues(1, DECEMBER), NOW)
        .after(receive_dues, dues(1, JANUARY), NOW)
    )
    assert vouchers(given) == ["PT-2026-0001", "PT-2027-0001", "PT-2026-0002", "PT-2027-0002"]


def test_a_refused_entry_uses_no_number() -> None:
    given = book.after(receive_dues, dues(1), NOW)
    given.when(pay_expense, expense(2), NOW).then_refused("insufficient-funds")
    given.when(pay_expense, expense(1), NOW).then_told(vouchers=("PC-2026-0001",))


def test_a_reversed_voucher_is_never_used_again() -> None:
    given = reversed_(book.after(receive_dues, dues(1), NOW), id_of(0))
    given.when(receive_dues, dues(1), NOW).then_told(vouchers=("PT-2026-0002",))


def test_payouts_and_repayments_carry_theirs() -> None:
    assert vouchers(repaid(lent(funded()), 100_000, DAY)) == [
        "PT-2024-0001",
        "PC-2026-0001",
        "PT-2026-0001",
    ]


def test_a_past_book_keeps_its_numbers_and_new_ones_go_on_after_the_highest() -> None:
    old = funded().given(past_loan(id_of(1), voucher="PC-2026-0041"))
    state = old.state
    assert state.has_voucher("PC-2026-0041")
    assert state.has_voucher("PC-2026-41")  # the same slip, written shorter
    assert not state.has_voucher("PC-2026-0040")
    assert state.numbers["PC-2026"].gaps() == ((1, 40),)
    old.after(receive_dues, dues(5), NOW).when(pay_expense, expense(5), NOW).then_told(
        vouchers=("PC-2026-0042",)
    )


@pytest.mark.parametrize("label", ["C12/3", "41", "PC 2026 41", "pc-2026-0041", "PX-2026-0041"])
def test_a_label_of_no_series_is_kept_as_it_stands(label: str) -> None:
    old = funded().given(past_loan(id_of(1), voucher=label))
    assert old.state.has_voucher(label)
    assert not old.state.has_voucher("PC-2026-0041")
    old.after(receive_dues, dues(5), NOW).when(pay_expense, expense(5), NOW).then_told(
        vouchers=("PC-2026-0001",)
    )


@pytest.mark.parametrize("number", [9_999, 99_999, 999_999])
def test_no_number_is_given_twice_however_high_a_past_book_counted(number: int) -> None:
    given = funded().given(past_loan(id_of(1), voucher=f"PC-2026-{number}"))
    given = given.after(receive_dues, dues(9), NOW)
    for _ in range(3):
        given = given.after(pay_expense, expense(1), NOW)
    assert len(set(vouchers(given))) == len(vouchers(given)) == 6


# --- writing and reading ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("voucher", "expected"),
    [
        ("PT-2026-0001", ("PT-2026", 1)),
        ("PC-2026-V-0012", ("PC-2026-V", 12)),
        ("PT-2026-1", ("PT-2026", 1)),
        ("PT-2026-10000", ("PT-2026", 10_000)),
        ("PT-26-0001", None),
        ("PT-2026-X-0001", None),
        ("PT-2026-", None),
        ("PT-2026-0001 ", None),
        ("PT-2026-0001\n", None),
        ("PT-2026-٠٠٠١", None),
        ("PT-٢٠٢٦-0001", None),
        ("", None),
    ],
)
def test_only_our_own_way_of_writing_is_a_number(
    voucher: str, expected: tuple[str, int] | None
) -> None:
    assert parsed(voucher) == expected


@for_any(
    slip=st.sampled_from(Slip),
    on=st.dates(date(1900, 1, 1), date(2999, 12, 31)),
    fund=st.sampled_from(Fund),
    per_fund=st.booleans(),
    number=st.integers(1, 10**7),
)
def test_what_is_written_is_read_back(
    slip: Slip, on: date, fund: Fund, per_fund: bool, number: int
) -> None:
    name = series(slip, on, fund, per_fund=per_fund)
    assert parsed(written(name, number)) == (name, number)


# --- the numbers of one series, against a plain set ------------------------------------------


@for_any(steps=st.lists(st.tuples(st.booleans(), st.integers(1, 30)), max_size=60))
def test_ranges_hold_exactly_the_numbers_given(steps: list[tuple[bool, int]]) -> None:
    numbers, plain = Numbers(), set[int]()
    for add, number in steps:
        if add:
            numbers, plain = numbers.with_number(number), plain | {number}
        else:
            numbers, plain = numbers.without_number(number), plain - {number}
        assert {n for n in range(32) if n in numbers} == plain
        assert numbers.last == max(plain, default=0)
        missing = {n for low, high in numbers.gaps() for n in range(low, high + 1)}
        assert missing == set(range(1, max(plain, default=0))) - plain
        flat = [edge for pair in numbers.ranges for edge in pair]
        assert flat == sorted(flat)
        assert all(low[1] + 1 < high[0] for low, high in pairwise(numbers.ranges))


def test_a_double_that_is_taken_back_leaves_the_number_with_the_entry_that_keeps_it() -> None:
    """An undone import frees its numbers, but not those another entry still bears."""
    one = CapitalReceived(
        occurred_on=date(2026, 3, 10),
        lines=entry(
            debit(Account.CASH, Fund.LOAN, 100), credit(Account.CAPITAL_STATE, Fund.LOAN, 100)
        ),
        vouchers=("PT-2026-0001",),
        amount=100,
        source=CapitalSource.STATE_BUDGET,
        restriction=Restriction.REVOLVING_ONLY,
    )
    taken_back = EntryReversed(
        occurred_on=one.occurred_on,
        lines=reversed_lines(one.lines),
        reverses=UUID(int=7),
        reversed_topic=one.TOPIC,
        freed_vouchers=one.vouchers,
    )
    twice = evolve(evolve(None, one), one)
    assert evolve(twice, taken_back).has_voucher("PT-2026-0001")
    assert not evolve(evolve(twice, taken_back), taken_back).has_voucher("PT-2026-0001")
