"""Key figures: one small club worked out by hand, and a whole imported book by another path."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from desk import people
from desk.desk import Desk
from domain.clubs.decisions import AdoptRegulation
from domain.loans.bands import band
from domain.regulation import Rules
from exchange.importing import import_book
from projections.figures import Figure, Part, Period, by_loan, decimal_text, figures, fund_moves
from projections.follower import Follower
from projections.loans import InstalmentRow
from projections.portfolio import LoanAt, Moved, Movement, portfolio
from projections.times import seen
from store.database import Database
from tests.projections import ledger_oracle as oracle
from village import SYSTEM, Village

FIRST, LAST = date(2026, 3, 1), date(2026, 5, 31)
PERIOD = Period(FIRST, LAST)


class Hand(Village):
    """Four loans at 0,7 % a month on what is left, principal in equal parts."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, capital=20_000_000)
        # An: 1.000.000 due on the 10th of February to June, interest 35.000, 28.000, 21.000, …
        self.an = self.lent(self.member("An"), 5_000_000, date(2026, 1, 10), instalments=5)
        # Binh: 1.000.000 due on the 10th of February to April, interest 21.000, 14.000, 7.000.
        self.binh = self.lent(self.member("Bình"), 3_000_000, date(2026, 1, 10), instalments=3)
        self.repaid(self.an, 1_035_000, date(2026, 2, 10))
        # Dung: 100.000 due on the 10th from March; pays all with the first interest of 8.400.
        self.dung = self.lent(self.member("Dung"), 1_200_000, date(2026, 2, 10), instalments=12)
        self.repaid(self.an, 1_028_000, date(2026, 3, 10))
        self.repaid(self.dung, 1_208_400, date(2026, 3, 10))
        # Late at once: only loans made from here on are pinned to it.
        adopted = AdoptRegulation(
            adopted_on=date(2026, 3, 1),
            effective_from=date(2026, 3, 1),
            rules=Rules(late_grace_days=0),
            proposed_by=self.treasurer,
            approved_by=self.chair,
        )
        people.adopt_regulation(desk, SYSTEM, self.club_id, adopted)
        # Cuc: 1.000.000 due on 10 April and 10 May, interest 14.000 and 7.000.
        self.cuc = self.lent(self.member("Cúc"), 2_000_000, date(2026, 3, 10), instalments=2)
        # Of 500.000, interest due takes 21.000 + 14.000; 465.000 go to February's instalment.
        self.repaid(self.binh, 500_000, date(2026, 3, 20))
        self.repaid(self.cuc, 1_014_000, date(2026, 4, 10))
        # 21.000 interest, 1.000.000 due, 479.000 in advance on May's instalment.
        self.repaid(self.an, 1_500_000, date(2026, 4, 10))


@pytest.fixture
def hand(desk: Desk, follower: Follower) -> Hand:
    hand = Hand(desk)
    follower.catch_up()
    return hand


def loans_of(database: Database, club_id: UUID, last: date = LAST) -> list[LoanAt]:
    with database.transaction() as connection:
        return portfolio(connection, seen(connection, club_id, last))


def figures_of(database: Database, club_id: UUID, period: Period = PERIOD) -> dict[str, Figure]:
    with database.transaction() as connection:
        at = seen(connection, club_id, period.last)
        found = figures(portfolio(connection, at), fund_moves(connection, at), period)
    return {figure.name: figure for figure in found}


# On 31 May: An owes 5.000.000 - 1.000.000 - 1.000.000 - 1.479.000 = 1.521.000, short of May's
# instalment for 21 days, within the grace of 30: current. Binh owes 3.000.000 - 465.000 =
# 2.535.000, short since 10 February: 18 + 31 + 30 + 31 = 110 days. Cuc owes 1.000.000 since
# 10 May, 21 days, and her by-laws give no grace. Dung owes nothing. In all 5.056.000.
#
# Due from March to May: An 3 x 1.000.000, of which 3.479.000 paid - 1.000.000 for February =
# 2.479.000; Binh 2.000.000, of which nothing (what he paid is February's); Cuc 2.000.000, of which
# 1.000.000; Dung 3 x 100.000, paid before they fell due. Of Binh's 1.000.000 of arrears on
# 1 March 465.000 came back.
#
# Cash 20.000.000 - 11.200.000 lent + 6.285.400 repaid = 15.085.400; + 5.056.000 of loans
# - 141.400 interest not allocated = 20.000.000; less Binh's 2.535.000 over 90 days = 17.465.000.
#
# Interest from March to May: An 28.000 + 21.000, Binh 35.000, Cuc 14.000, Dung 8.400 = 106.400.
# Closing balances over 92 days: An 9 x 4.000.000 + 31 x 3.000.000 + 52 x 1.521.000 = 208.092.000;
# Binh 19 x 3.000.000 + 73 x 2.535.000 = 242.055.000; Cuc 31 x 2.000.000 + 52 x 1.000.000 =
# 114.000.000; Dung 9 x 1.200.000 = 10.800.000; in all 574.947.000.
BY_HAND = {
    "ageing_current": (1_521_000, 5_056_000, "0.300831"),
    "ageing_1-30": (1_000_000, 5_056_000, "0.197785"),
    "ageing_31-90": (0, 5_056_000, "0.000000"),
    "ageing_91-180": (2_535_000, 5_056_000, "0.501384"),
    "ageing_over-180": (0, 5_056_000, "0.000000"),
    "par30": (2_535_000, 5_056_000, "0.501384"),
    "par30_without_rescheduled": (2_535_000, 5_056_000, "0.501384"),
    "par30_with_written_off": (2_535_000, 5_056_000, "0.501384"),
    "par90": (2_535_000, 5_056_000, "0.501384"),
    "par90_without_rescheduled": (2_535_000, 5_056_000, "0.501384"),
    "par90_with_written_off": (2_535_000, 5_056_000, "0.501384"),
    "collection_rate": (3_779_000, 7_300_000, "0.517671"),
    "arrears_recovered": (465_000, 1_000_000, "0.465000"),
    "capital_preserved": (17_465_000, 20_000_000, "0.873250"),
    "fund_erosion": (2_535_000, 20_000_000, "0.126750"),
    "portfolio_yield": (106_400, 574_947_000, "0.017026"),
}


def test_a_small_club_worked_out_by_hand(database: Database, hand: Hand) -> None:
    found = figures_of(database, hand.club_id)
    shown = {
        name: (f.numerator, f.denominator, decimal_text(f.value or Fraction(0)))
        for name, f in found.items()
    }
    assert shown == BY_HAND
    assert {name for name, f in found.items() if f.denominator_days != 1} == {"portfolio_yield"}
    assert found["portfolio_yield"].denominator_days == 92


def test_the_loans_behind_a_figure(database: Database, hand: Hand) -> None:
    found = figures_of(database, hand.club_id)
    assert by_loan(found["par30"].numerator_parts) == {hand.binh: 2_535_000}
    assert by_loan(found["collection_rate"].numerator_parts) == {
        hand.an: 2_479_000,
        hand.cuc: 1_000_000,
        hand.dung: 300_000,
    }
    assert by_loan(found["collection_rate"].denominator_parts)[hand.binh] == 2_000_000
    assert by_loan(found["arrears_recovered"].numerator_parts) == {hand.binh: 465_000}


def test_each_part_is_an_event_of_the_club(database: Database, hand: Hand) -> None:
    with database.connection() as connection:
        events = {(e.event_id, e.position) for e in oracle.raw_events(connection, hand.club_id)}
    for figure in figures_of(database, hand.club_id).values():
        for parts in (figure.numerator_parts, figure.denominator_parts):
            assert {(str(part.event_id), part.position) for part in parts} <= events


def test_days_late_follow_the_by_laws_pinned_to_each_loan(database: Database, hand: Hand) -> None:
    late = {loan.row.loan_id: loan.days_late for loan in loans_of(database, hand.club_id)}
    assert late == {hand.an: 0, hand.binh: 110, hand.cuc: 21, hand.dung: 0}
    # An's grace ends on 9 June, the thirtieth day; the thirty-first counts whole.
    june = {day: loans_of(database, hand.club_id, date(2026, 6, day)) for day in (9, 10)}
    assert [next(x.days_late for x in june[d] if x.row.loan_id == hand.an) for d in june] == [0, 31]


def test_a_rescheduled_loan_is_at_risk_in_the_headline_alone(
    database: Database, hand: Hand
) -> None:
    loans = [
        replace(loan, rescheduled=loan.row.loan_id == hand.an)
        for loan in loans_of(database, hand.club_id)
    ]
    found = {figure.name: figure for figure in figures(loans, [], PERIOD)}
    for days in (30, 90):
        assert found[f"par{days}"].numerator == 2_535_000 + 1_521_000
        assert found[f"par{days}_without_rescheduled"].numerator == 2_535_000
        assert found[f"par{days}"].denominator == 5_056_000


def test_what_a_new_plan_found_paid_is_neither_due_nor_collected(
    database: Database, hand: Hand
) -> None:
    """On 30 April An's 1.521.000 go into two new instalments, after a row of what was paid."""
    new = (
        InstalmentRow(1, date(2026, 4, 30), 3_479_000, 84_000),
        InstalmentRow(2, date(2026, 5, 30), 760_500, 0),
        InstalmentRow(3, date(2026, 6, 30), 760_500, 0),
    )
    loans = [
        replace(loan, rescheduled=True, instalments=new)
        for loan in loans_of(database, hand.club_id)
        if loan.row.loan_id == hand.an
    ]
    found = {figure.name: figure for figure in figures(loans, [], PERIOD)}
    collection, arrears = found["collection_rate"], found["arrears_recovered"]
    assert (collection.numerator, collection.denominator) == (0, 760_500)
    assert (arrears.numerator, arrears.denominator) == (0, 0)
    june = Period(date(2026, 6, 1), date(2026, 6, 30))
    found = {figure.name: figure for figure in figures(loans, [], june)}
    collection, arrears = found["collection_rate"], found["arrears_recovered"]
    assert (collection.numerator, collection.denominator) == (0, 760_500)
    assert (arrears.numerator, arrears.denominator) == (0, 760_500)


def test_what_was_written_off_counts_above_and_below_where_it_is_asked_for(
    database: Database, hand: Hand
) -> None:
    def written_off(loan: LoanAt) -> LoanAt:
        if loan.row.loan_id != hand.binh:
            return loan
        lost = Movement._make(
            (*loan.movements[-1][:6], Moved.WRITTEN_OFF, None, -2_535_000, 0, 0, 0)
        )
        row = loan.row._replace(step="written_off", outstanding=0)
        return replace(loan, row=row, movements=(*loan.movements, lost))

    loans = [written_off(loan) for loan in loans_of(database, hand.club_id)]
    found = {figure.name: figure for figure in figures(loans, [], PERIOD)}
    assert (found["par30"].numerator, found["par30"].denominator) == (0, 2_521_000)
    with_it = found["par30_with_written_off"]
    assert (with_it.numerator, with_it.denominator) == (2_535_000, 5_056_000)
    # What left the books unpaid is not collected.
    assert found["collection_rate"].numerator == 3_779_000


def test_a_club_without_loans_has_no_value(
    database: Database, desk: Desk, follower: Follower
) -> None:
    village = Village(desk)
    follower.catch_up()
    for figure in figures_of(database, village.club_id).values():
        assert (figure.numerator, figure.denominator, figure.value) == (0, 0, None)


@pytest.mark.parametrize(
    ("days", "name"),
    [
        *((0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-90"), (90, "31-90")),
        *((91, "91-180"), (180, "91-180"), (181, "over-180")),
    ],
)
def test_a_band_ends_with_its_last_day(days: int, name: str) -> None:
    assert band(days) == name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(1), "1.000000"),
        (Fraction(-1, 2_000_000), "-0.000001"),
        (Fraction(1, 2_000_000), "0.000001"),
        (Fraction(-1, 2_000_001), "0.000000"),
        (Fraction(12_345_678_901_234_567_891, 10), "1234567890123456789.100000"),
    ],
)
def test_a_fraction_is_rounded_once_half_away_from_zero(value: Fraction, text: str) -> None:
    assert decimal_text(value) == text


def test_parts_without_a_loan_are_not_behind_a_loan() -> None:
    loan = uuid4()
    parts = [Part(uuid4(), 1, None, 5), Part(uuid4(), 2, loan, 3), Part(uuid4(), 3, loan, -1)]
    assert by_loan(parts) == {loan: 2}


@pytest.mark.parametrize(
    "period",
    [
        Period(date(2019, 1, 1), date(2019, 12, 31)),
        Period(date(2021, 4, 11), date(2022, 2, 9)),
        Period(date(2024, 1, 1), date(2024, 1, 1)),
        Period(date(2017, 1, 1), date(2026, 6, 30)),
    ],
)
def test_a_whole_imported_book_by_another_path(
    database: Database, desk: Desk, follower: Follower, shared_data: Path, period: Period
) -> None:
    report = import_book(desk, follower, shared_data / "club-book.xlsx")
    assert report.club_id is not None
    with database.connection() as connection:
        events = oracle.raw_events(connection, report.club_id)
    then = oracle.visible(events, period.last, None)
    expected = oracle.figures(then, period.first, period.last, {0: (1_000, 30)})
    found = figures_of(database, report.club_id, period)
    assert {n: (f.numerator, f.denominator, f.value) for n, f in found.items()} == expected
    assert found["par30"].denominator > 0
