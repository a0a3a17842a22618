"""Key figures (domain.md section 4): fractions of whole đồng, each made of events.

A figure is nothing but the parts its numerator and denominator are the sums of, so whoever doubts
it opens it down to the events. Integers and fractions only; the one rounding is the text shown.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.loans.bands import BANDS, band
from projections.portfolio import LoanAt, Moved
from projections.times import Seen

PLACES = 6
"""Decimal places of a figure as text: a hundredth of a hundredth of a percent."""


class Part(NamedTuple):
    """What one event brings to a figure, in đồng (in đồng × days for an average)."""

    event_id: UUID
    position: int
    loan_id: UUID | None
    amount: int


@dataclass(frozen=True)
class Figure:
    """`denominator_days` is 1, or the number of days whose balances the denominator adds up."""

    name: str
    numerator_parts: tuple[Part, ...]
    denominator_parts: tuple[Part, ...]
    denominator_days: int = 1

    @property
    def numerator(self) -> int:
        return sum(part.amount for part in self.numerator_parts)

    @property
    def denominator(self) -> int:
        return sum(part.amount for part in self.denominator_parts)

    @property
    def value(self) -> Fraction | None:
        """None where there is nothing to divide by."""
        if self.denominator <= 0 or not self.denominator_days:
            return None
        return Fraction(self.numerator * self.denominator_days, self.denominator)


class FundMove(NamedTuple):
    """One event's lines in the loan fund: towards what it is worth, and capital from outside."""

    event_id: UUID
    position: int
    worth: int
    capital: int


class Period(NamedTuple):
    """Business dates, both included; empty where the last lies before the first."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return max((self.last - self.first).days + 1, 0)


# What the loan fund is worth: money, loans and claims, less what it owes and has not earned for
# keeps (3368, 3388, 515, 4118). Credits are negative, so one sum does it.
_WORTH = ("111", "112", "1283", "1368", "3368", "3388", "515", "4118")
_CAPITAL = ("4111", "4112", "4113", "4114", "4115", "4116", "4117")
# Only these say how much came from outside and went back: a loss borne by capital did not.
_GIVEN = ("loans.CapitalReceived", "loans.OpeningBalancesEntered", "loans.CapitalReturned")

# Lines are added up before each entry is looked for: entries are wide.
_FUND_MOVES = """
    SELECT m.event_id, m.position, m.worth,
           CASE WHEN CASE e.topic WHEN 'loans.EntryReversed'
                     THEN coalesce(convert_from(e.state, 'UTF8')::jsonb ->> 'restored_topic',
                                   convert_from(e.state, 'UTF8')::jsonb ->> 'reversed_topic')
                     ELSE e.topic END = ANY (%(given)s) THEN m.capital ELSE 0 END
    FROM (SELECT position, event_id,
                 coalesce(sum(amount) FILTER (WHERE account = ANY (%(worth)s)), 0)::bigint AS worth,
                 coalesce(-sum(amount) FILTER (WHERE account = ANY (%(capital)s)), 0)::bigint
                     AS capital
          FROM read.postings
          WHERE club_id = %(club)s AND fund = 'loan' AND position <= %(upto)s
            AND occurred_on <= %(as_of)s
          GROUP BY position, event_id) m
         JOIN log.events e ON e.notification_id = m.position
    ORDER BY m.position"""


def fund_moves(connection: psycopg.Connection[Any], seen: Seen) -> list[FundMove]:
    rows = connection.execute(
        _FUND_MOVES,
        {
            "club": seen.club_id,
            "upto": seen.upto,
            "as_of": seen.as_of,
            "worth": list(_WORTH),
            "capital": list(_CAPITAL),
            "given": list(_GIVEN),
        },
    )
    return [FundMove(*row) for row in rows]


def figures(loans: Sequence[LoanAt], fund: Sequence[FundMove], period: Period) -> list[Figure]:
    """Every key figure of a club on the last day of the period; `loans` are as of that day."""
    outstanding = balances(loans)
    return [
        *(Figure(f"ageing_{name}", balances(loans, _in(name)), outstanding) for name in BANDS),
        *_at_risk("par30", loans, 30),
        *_at_risk("par90", loans, 90),
        _collection_rate(loans, period),
        _arrears_recovered(loans, period),
        *_capital(loans, fund),
        _portfolio_yield(loans, period),
    ]


def balances(
    loans: Iterable[LoanAt], which: Callable[[LoanAt], bool] = lambda loan: True
) -> tuple[Part, ...]:
    """Whole balances of the loans that owe principal, by the events that made them."""
    return tuple(
        Part(m.event_id, m.position, m.loan_id, m.principal)
        for loan in loans
        if loan.outstanding and which(loan)
        for m in loan.movements
        if m.principal
    )


def by_loan(parts: Iterable[Part]) -> dict[UUID, int]:
    """What each loan brings; parts that belong to no loan are left out."""
    sums: dict[UUID, int] = defaultdict(int)
    for part in parts:
        if part.loan_id is not None:
            sums[part.loan_id] += part.amount
    return dict(sums)


def decimal_text(value: Fraction, places: int = PLACES) -> str:
    """Rounded half away from zero, by integers alone."""
    scaled = abs(value) * 10**places
    rounded = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    whole, rest = divmod(rounded, 10**places)
    sign = "-" if value < 0 and rounded else ""
    return f"{sign}{whole}.{rest:0{places}}"


def _in(name: str) -> Callable[[LoanAt], bool]:
    return lambda loan: band(loan.days_late) == name


def _at_risk(name: str, loans: Sequence[LoanAt], days: int) -> Iterator[Figure]:
    """PAR: a rescheduled loan counts as at risk, since its new schedule hides how late it was.

    `_without_rescheduled` asks only for days late by the schedule in force; `_with_written_off`
    adds what was written off above and below.
    """

    def late(loan: LoanAt) -> bool:
        return loan.days_late > days

    def at_risk(loan: LoanAt) -> bool:
        return late(loan) or loan.rescheduled

    outstanding = balances(loans)
    written_off = tuple(
        Part(m.event_id, m.position, m.loan_id, -m.principal)
        for loan in loans
        for m in loan.of(Moved.WRITTEN_OFF)
        if m.principal
    )
    headline = balances(loans, at_risk)
    yield Figure(name, headline, outstanding)
    yield Figure(f"{name}_without_rescheduled", balances(loans, late), outstanding)
    yield Figure(
        f"{name}_with_written_off", (*headline, *written_off), (*outstanding, *written_off)
    )


def _collection_rate(loans: Iterable[LoanAt], period: Period) -> Figure:
    """Of the principal due in the period, the part paid by its end.

    Money pays the oldest instalment first: an advance counts when its instalment falls due, what
    clears older arrears counts apart, and nothing counts twice.
    """
    paid: list[Part] = []
    due: list[Part] = []
    for loan, before, in_period in _due(loans, period):
        due += _schedule_part(loan, in_period)
        paid += _paid_upon(loan, before, in_period)
    return Figure("collection_rate", tuple(paid), tuple(due))


def _arrears_recovered(loans: Iterable[LoanAt], period: Period) -> Figure:
    """Of the principal already overdue when the period began, the part paid in it."""
    paid: list[Part] = []
    arrears: list[Part] = []
    for loan in loans:
        before = _due_until(loan, period.first - timedelta(days=1)) if loan.was_lent else 0
        later = {m.position for m in loan.of(Moved.PAID, period.first)}
        upon = _paid_upon(loan, 0, before)
        paid += (part for part in upon if part.position in later)
        arrears += _schedule_part(loan, before)
        arrears += (
            part._replace(amount=-part.amount) for part in upon if part.position not in later
        )
    return Figure("arrears_recovered", tuple(paid), tuple(arrears))


def _due(loans: Iterable[LoanAt], period: Period) -> Iterator[tuple[LoanAt, int, int]]:
    """Each loan paid out, with the principal due before the period and in it.

    What a new plan found paid already is history wherever it stands: it counts as due before.
    """
    for loan in loans:
        if loan.was_lent:
            until = _due_until(loan, period.last)
            before = _due_until(loan, period.first - timedelta(days=1))
            before = max(before, min(loan.carried, until))
            yield loan, before, until - before


def _due_until(loan: LoanAt, on: date) -> int:
    return sum(row.principal for row in loan.instalments if row.due_on <= on)


def _schedule_part(loan: LoanAt, amount: int) -> list[Part]:
    if not amount or loan.schedule is None:
        return []
    return [Part(loan.schedule, loan.schedule_position, loan.row.loan_id, amount)]


def _paid_upon(loan: LoanAt, before: int, due: int) -> list[Part]:
    """What each payment, by business date, brought to the principal in (before, before + due]."""
    parts: list[Part] = []
    paid = 0
    for m in sorted(loan.of(Moved.PAID), key=lambda m: (m.occurred_on, m.position)):
        reached = _reached(paid, before, due)
        paid -= m.principal
        if brought := _reached(paid, before, due) - reached:
            parts.append(Part(m.event_id, m.position, m.loan_id, brought))
    return parts


def _reached(paid: int, before: int, due: int) -> int:
    return min(max(paid - before, 0), due)


def _capital(loans: Sequence[LoanAt], fund: Iterable[FundMove]) -> Iterator[Figure]:
    """What is left of the capital given to the loan fund, and what time and bad debts took."""
    moves = list(fund)
    lost = balances(loans, lambda loan: loan.days_late > 90)
    kept = (
        *(Part(m.event_id, m.position, None, m.worth) for m in moves if m.worth),
        *(part._replace(amount=-part.amount) for part in lost),
    )
    given = tuple(Part(m.event_id, m.position, None, m.capital) for m in moves if m.capital)
    yield Figure("capital_preserved", kept, given)
    eroded = (*given, *(part._replace(amount=-part.amount) for part in kept))
    yield Figure("fund_erosion", eroded, given)


def _portfolio_yield(loans: Sequence[LoanAt], period: Period) -> Figure:
    """Interest received in the period over the mean of each day's closing balance; not by year."""
    interest = (
        Part(m.event_id, m.position, m.loan_id, m.interest)
        for loan in loans
        for m in loan.of(Moved.PAID, period.first)
        if m.interest
    )
    balance_days = (
        Part(m.event_id, m.position, m.loan_id, m.principal * days)
        for loan in loans
        for m in loan.movements
        if m.principal and (days := (period.last - max(m.occurred_on, period.first)).days + 1) > 0
    )
    return Figure("portfolio_yield", tuple(interest), tuple(balance_days), period.days)


def year_of(day: date) -> Period:
    """The calendar year up to `day`: the period asked about where none is named."""
    return Period(date(day.year, 1, 1), day)
