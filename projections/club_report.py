"""A club's report of a month, a quarter or a year: its parts, each from the events of its own.

The money part is here; beside it stand the members, what else the club did, and what is odd.
Asked again with its own `from`, `to` and `known_at`, a report comes out the same to the đồng.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import psycopg
from typing_extensions import TypedDict

from domain.loans.accounts import Account
from projections import clubs, findings
from projections.cash_book import CashBookRow, cash_book, cash_book_rows
from projections.club_deeds import DeedsPart, deeds_part
from projections.club_people import MembersPart, members_of, members_part
from projections.club_warnings import WarningView, warnings_of
from projections.figures import Period, figures, fund_moves
from projections.findings import FindingView, finding_views
from projections.fund_flows import FundView, fund_views
from projections.heads import HeadView, head_over
from projections.loan_book import (
    LoanBookRow,
    LoanBookSums,
    in_period,
    loan_book_rows,
    loan_book_totals,
)
from projections.people import names_of
from projections.portfolio import LoanAt, Moved, portfolio
from projections.reports import Asked, FigureView, asked, figure_view
from projections.times import Seen, known
from projections.views import AccountView, ClubView, DayText, club_view
from store.keys import KeyRing

READ_FROM = (
    *("ledger", "loans", "clubs", "members", "statements"),
    *("care", "volunteer_days", "doings", "facts"),
)

STEPS_MAX = 24
"""Columns of a chart: months as long as they are so many, else years."""


class CashBookPart(TypedDict):
    """In đồng: `opening` + `receipts` - `payments` = `closing`; all funds of the box."""

    opening: int
    receipts: int
    payments: int
    closing: int
    items: list[CashBookRow]


class LoanBookPart(TypedDict):
    loans: int
    totals: LoanBookSums
    items: list[LoanBookRow]


class StepView(TypedDict):
    """A month, or a year of a long report, to its end or the report's: in đồng."""

    until: DayText
    lent: int
    principal_paid: int
    interest_paid: int
    outstanding: int


class MoneyPart(TypedDict):
    """`findings` are those still open today, dated up to the report's last day."""

    funds: list[FundView]
    accounts: list[AccountView]
    loan_book: LoanBookPart
    cash_book: CashBookPart
    figures: list[FigureView]
    steps: list[StepView]
    findings: list[FindingView]
    months_without_count: list[str]
    """Months of the period (YYYY-MM) that ended without a cash count."""


class ClubReport(Asked):
    """`log` is the signed head that holds the report's `position`, or the newest until then."""

    log: HeadView | None
    club: ClubView
    money: MoneyPart
    members: MembersPart
    deeds: DeedsPart
    warnings: list[WarningView]


def club_report(
    connection: psycopg.Connection[Any], seen: Seen, period: Period, keys: KeyRing
) -> ClubReport:
    """`period.last` is `seen.as_of`; the club must be known."""
    club = clubs.one_club(connection, seen.club_id)
    assert club is not None, "the caller knows the club"
    upto, known_at = known(connection, READ_FROM, upto=seen.upto)
    seen = seen._replace(upto=upto, known_at=known_at)
    loans = portfolio(connection, seen)
    borrowers = frozenset(loan.row.borrower_id for loan in loans if loan.was_lent)
    lived = Period(max(period.first, club.founded_on), period.last)
    money = _money(connection, seen, period, lived, keys, loans)
    members = members_part(members_of(connection, seen), period, borrowers)
    deeds = deeds_part(connection, seen, period, ends(period))
    return {
        **asked(seen, period.first),
        "log": head_over(connection, seen.upto),
        "club": club_view(club),
        "money": money,
        "members": members,
        "deeds": deeds,
        "warnings": warnings_of(
            members,
            deeds["care"],
            deeds["meetings"],
            months_over(lived),
            money["months_without_count"],
        ),
    }


def _money(
    connection: psycopg.Connection[Any],
    seen: Seen,
    period: Period,
    lived: Period,
    keys: KeyRing,
    loans: list[LoanAt],
) -> MoneyPart:
    """`lived` is what the club lived of the period: no month before it was founded is amiss."""
    kept = in_period(loans, period.first)
    names = names_of(connection, [loan.row.borrower_id for loan in kept])
    rows = loan_book_rows(kept, period.first, names)
    book = cash_book(connection, seen, since=period.first)
    found = [
        row
        for row in findings.of_club(connection, seen.club_id, is_open=True)
        if row.occurred_on <= period.last and row.position <= seen.upto
    ]
    return {
        "funds": fund_views(connection, seen, period.first),
        "accounts": _accounts(connection, seen),
        "loan_book": {"loans": len(rows), "totals": loan_book_totals(rows), "items": rows},
        "cash_book": {
            "opening": book.opening,
            "receipts": book.receipts,
            "payments": book.payments,
            "closing": book.closing,
            "items": cash_book_rows(connection, book.moves, keys),
        },
        "figures": [
            figure_view(one) for one in figures(loans, fund_moves(connection, seen), period)
        ],
        "steps": steps(loans, period),
        "findings": finding_views(connection, found, keys),
        "months_without_count": _uncounted(connection, seen, lived),
    }


def steps(loans: Sequence[LoanAt], period: Period) -> list[StepView]:
    """What was lent and came back in each step, and what was owed at its end."""
    made: list[StepView] = []
    first = period.first
    for last in ends(period):
        moved = [m for loan in loans for m in loan.movements if m.occurred_on <= last]
        within = [m for m in moved if m.occurred_on >= first]
        made.append(
            {
                "until": last.isoformat(),
                "lent": sum(m.principal for m in within if m.moved is Moved.LENT),
                "principal_paid": -sum(m.principal for m in within if m.moved is Moved.PAID),
                "interest_paid": sum(m.interest + m.late for m in within),
                "outstanding": sum(m.principal for m in moved),
            }
        )
        first = last + timedelta(days=1)
    return made


def ends(period: Period) -> list[date]:
    """The last day of each month of the period, of each year where it is long."""
    months = list(_month_ends(period))
    if len(months) <= STEPS_MAX:
        return months
    return [day for day in months if day.month == 12 or day == period.last]


def _month_ends(period: Period) -> Iterator[date]:
    day = period.first
    while day <= period.last:
        after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        yield min(after - timedelta(days=1), period.last)
        day = after


def _accounts(connection: psycopg.Connection[Any], seen: Seen) -> list[AccountView]:
    rows = connection.execute(
        """SELECT account, fund, sum(amount)::bigint FROM read.postings
           WHERE club_id = %s AND position <= %s AND occurred_on <= %s
           GROUP BY 1, 2 HAVING sum(amount) <> 0 ORDER BY 1, 2""",
        (seen.club_id, seen.upto, seen.as_of),
    )
    return [
        {"account": Account(account).value, "fund": fund, "amount": amount}
        for account, fund, amount in rows
    ]


def _uncounted(connection: psycopg.Connection[Any], seen: Seen, period: Period) -> list[str]:
    """domain.md section 1: a month without a cash count is a warning; one under way is none."""
    rows = connection.execute(
        """SELECT DISTINCT to_char(occurred_on, 'YYYY-MM') FROM read.counts
           WHERE club_id = %s AND position <= %s""",
        (seen.club_id, seen.upto),
    )
    counted = {row[0] for row in rows}
    return [month for month in months_over(period) if month not in counted]


def months_over(period: Period) -> list[str]:
    """Months of the period (YYYY-MM) that it holds to their last day."""
    whole = (day for day in _month_ends(period) if (day + timedelta(days=1)).day == 1)
    return [f"{day:%Y-%m}" for day in whole]
