"""Khóa sổ: on a count, by two people; then nothing is dated in the period any more."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.errors import Refusal
from domain.events import Event
from domain.loans.accounts import Account, Fund, Period
from domain.loans.closing import close_period
from domain.loans.commands import ReceiveDues
from domain.loans.corrections import undo_import
from domain.loans.decisions import disburse_loan, repay_loan
from domain.loans.events import WorkbookImported
from domain.loans.funds import count_cash, move_money, pay_expense, receive_dues
from domain.loans.past import Entry
from domain.loans.past import count as past_count
from domain.regulation import MODEL_REGULATION
from examples import (
    CHAIR,
    LAN,
    LOAN,
    NOW,
    TODAY,
    approved,
    book,
    closed,
    closing_of,
    count_of,
    counted,
    days,
    dues,
    expense,
    from_bank,
    funded,
    id_of,
    lent,
    lines,
    member,
    moment,
    origin,
    past_loan,
    payout,
    proposed,
    refuses,
    repaid,
    repay,
    reversing,
    settled_difference,
    standing,
    story,
    to_bank,
)
from specification import Specification

MARCH, END = date(2026, 3, 10), date(2026, 3, 31)
OPERATING, LOANS = Fund.OPERATING, Fund.LOAN


def box() -> Specification:
    return book.after(receive_dues, dues(700_000, MARCH), NOW)


def closing(given: Specification, until: date = END, **more: Any) -> Specification:
    return given.when(close_period, story(given), closing_of(until, **more), NOW)


def test_a_month_closes_on_a_count_of_its_last_day_or_later() -> None:
    closing(counted(box(), 700_000, END)).then_told(until=END, occurred_on=END, lines=())
    closing(counted(box(), 700_000, days(1, END))).then_told(until=END)
    closing(counted(box(), 700_000, days(-1, END))).then_refused("not-counted", fund="operating")
    closing(box()).then_refused("not-counted", fund="operating")


def test_every_fund_that_had_cash_is_counted() -> None:
    two = funded(1_000_000, MARCH).after(receive_dues, dues(700_000, MARCH), NOW)
    closing(counted(two, 700_000, END)).then_refused("not-counted", fund="loan")
    closing(counted(two, 1_700_000, END, (LOANS, OPERATING))).then_told(until=END)


def test_a_difference_is_settled_before_the_close() -> None:
    short = counted(box(), 650_000, END)
    closing(short).then_refused("count-unsettled", difference=50_000)
    closing(settled_difference(short, on=END)).then_told(until=END)
    within = moment(count_difference_max=50_000)
    short.when(close_period, story(short), closing_of(END), within).then_told(until=END)


def test_two_people_close_a_period_that_is_over_once() -> None:
    ready = counted(box(), 700_000, END)
    closing(ready, closed_by=CHAIR).then_refused("same-person")
    closing(closed(ready, END)).then_refused("period-closed")
    early = moment(today=days(-1, END))
    ready.when(close_period, story(ready), closing_of(END), early).then_refused("future-date")


@pytest.mark.parametrize(
    ("period", "until", "code"),
    [
        (Period.MONTH, date(2026, 3, 30), "not-period-end"),
        (Period.QUARTER, END, None),
        (Period.QUARTER, date(2026, 4, 30), "not-period-end"),
        (Period.YEAR, date(2026, 12, 31), None),
        (Period.YEAR, date(2026, 6, 30), "not-period-end"),
        (Period.PAST, END, "not-period-end"),
    ],
)
def test_a_period_ends_on_its_last_day(period: Period, until: date, code: str | None) -> None:
    ready = counted(box(), 700_000, date(2027, 1, 5))
    asked = closing_of(until, period)
    assert refuses(ready, close_period, story(ready), asked, NOW) == code


def test_an_imported_past_closes_at_its_last_count() -> None:
    import_id = UUID(int=7)
    counts: list[Event] = []
    for on in (MARCH, days(5, MARCH)):
        row = Entry(on=on, origin=origin(import_id))
        counts += past_count(box().given(*counts).state, row, 700_000, TODAY)
    given = box().given(*counts)
    closing(given, days(5, MARCH), period=Period.PAST).then_told(until=days(5, MARCH))
    closing(given, MARCH, period=Period.PAST).then_refused("not-period-end")


# --- afterwards ------------------------------------------------------------------------------


def march_closed() -> Specification:
    return closed(counted(box(), 700_000, END), END)


def test_the_last_closed_day_is_shut_and_the_next_day_is_open() -> None:
    shut = march_closed()
    shut.when(receive_dues, dues(1, END), NOW).then_refused("period-closed", closed_until=str(END))
    shut.when(receive_dues, dues(1, days(1, END)), NOW).then_told(amount=1)
    shut.when(pay_expense, expense(1, END), NOW).then_refused("period-closed")
    shut.when(count_cash, count_of(0, END), NOW).then_refused("period-closed")


def test_a_late_fact_stands_in_the_open_period_with_its_own_date() -> None:
    late = ReceiveDues(occurred_on=days(1, END), happened_on=MARCH, amount=20_000)
    march_closed().when(receive_dues, late, NOW).then_told(
        occurred_on=days(1, END), happened_on=MARCH, vouchers=("PT-2026-0002",)
    )
    with pytest.raises(ValidationError):
        ReceiveDues(occurred_on=MARCH, happened_on=days(1, MARCH), amount=20_000)


def test_a_late_repayment_is_split_by_the_day_it_was_really_paid() -> None:
    april, may = date(2026, 4, 30), date(2026, 5, 2)
    lent_out = lent(funded(), on=MARCH)
    shut = closed(counted(lent_out, 45_000_000, april, (LOANS,)), april)
    on_time, late = days(31, MARCH), may
    asked = repay(535_000, late, happened_on=on_time)
    shut.when(repay_loan, LOAN, asked, MODEL_REGULATION.rules, NOW).then_told(
        occurred_on=may, happened_on=on_time, principal=500_000, interest=35_000
    )
    before = repay(1, may, happened_on=days(-1, MARCH))
    shut.when(repay_loan, LOAN, before, MODEL_REGULATION.rules, NOW).then_refused("date-order")


def test_a_late_payout_is_scheduled_from_the_day_it_was_really_paid() -> None:
    ready = approved(funded(), on=MARCH)
    shut = closed(counted(ready, 50_000_000, END, (LOANS,)), END)
    late = payout(days(1, END), happened_on=MARCH)
    paid = shut.after(disburse_loan, LOAN, member(LAN), late, NOW).state.loans[LOAN]
    assert (paid.disbursed_on, paid.instalments[0].due_on) == (MARCH, date(2026, 4, 10))


def test_what_was_counted_and_closed_survives_its_way_into_a_snapshot() -> None:
    state = settled_difference(
        counted(march_closed(), 650_000, days(1, END)), on=days(1, END)
    ).state
    assert state.closed_until == END
    assert [count.settled for count in state.counts] == [True]
    assert type(state).model_validate_json(state.model_dump_json()) == state


def test_an_entry_of_a_closed_period_is_reversed_in_the_open_one() -> None:
    shut = march_closed()
    reversing(shut, id_of(0), on=END).then_refused("period-closed")
    reversing(shut, id_of(0), on=days(1, END)).then_told(
        reverses=id_of(0), occurred_on=days(1, END)
    )


def test_a_close_is_not_reversed() -> None:
    shut = march_closed()
    with pytest.raises(Refusal) as refusal:
        proposed(shut, story(shut)[-1].id)
    assert refusal.value.code == "not-reversible"


def test_an_import_under_a_close_is_not_undone() -> None:
    import_id = UUID(int=7)
    taken_in = WorkbookImported(occurred_on=MARCH, import_id=import_id, sha256="ab", rows={})
    loan = past_loan(import_id, on=MARCH, voucher="PC 1")
    given = counted(funded().given(taken_in, loan), 45_000_000, END, (LOANS,))
    assert refuses(given, undo_import, story(given), import_id, TODAY) == "import-built-on"
    shut = closed(given, END)
    assert refuses(shut, undo_import, story(shut), import_id, TODAY) == "import-built-on"


# --- the year --------------------------------------------------------------------------------


def test_the_years_close_empties_expense_into_each_funds_own_capital() -> None:
    year_end, january = date(2026, 12, 31), date(2027, 1, 5)
    given = box().after(pay_expense, expense(150_000, MARCH), NOW)
    given = given.after(pay_expense, expense(20_000, january), NOW)
    given = counted(given, 530_000, january)
    shut = closed(given, year_end, Period.YEAR)
    assert lines(shut.past[-1]) == [
        (OPERATING, Account.OPERATING_FUND, 150_000),
        (OPERATING, Account.EXPENSE, -150_000),
    ]
    assert standing(shut)["operating/642"] == 20_000  # next year's own


def test_interest_bears_the_loan_funds_bank_fees_as_far_as_it_goes() -> None:
    year_end = date(2026, 12, 31)
    given = repaid(lent(funded(), on=MARCH), 535_000, days(31, MARCH))
    given = given.after(move_money, to_bank(1_000_000, days(31, MARCH)), NOW)
    for fee in (20_000, 22_000):
        fees = expense(fee, days(31, MARCH), fund=LOANS, bank_fee=True)
        given = given.after(pay_expense, fees, NOW)
    given = given.after(move_money, from_bank(1_000, days(32, MARCH)), NOW)
    cash = given.state.cash_at_end_of(LOANS, year_end)
    shut = closed(counted(given, cash, year_end, (LOANS,)), year_end, Period.YEAR)
    assert lines(shut.past[-1]) == [
        (LOANS, Account.INTEREST, 35_000),
        (LOANS, Account.EXPENSE, -35_000),
    ]
    assert standing(shut)["loan/642"] == 7_000
