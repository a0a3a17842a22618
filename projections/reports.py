"""Loan book, cash book and key figures as they are shown, each with the two times it is true at.

Asked again with its own `from`, `to` and `known_at`, a report comes out the same to the đồng,
whatever was recorded since. Names are today's: a mended name is mended everywhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from typing_extensions import TypedDict

from projections.cash_book import CashBookRow
from projections.figures import Figure, Part, by_loan, decimal_text
from projections.loan_book import LoanBookRow, LoanBookSums
from projections.times import Seen
from projections.views import DayText, IdText, InstantText, instant

# `from` is a word of Python's, so these keys cannot stand in a class.
Asked = TypedDict(
    "Asked",
    {
        "club_id": IdText,
        "from": DayText | None,
        "to": DayText,
        "known_at": InstantText | None,
        "position": int,
    },
)


def asked(seen: Seen, since: date | None) -> Asked:
    return {
        "club_id": str(seen.club_id),
        "from": since.isoformat() if since else None,
        "to": seen.as_of.isoformat(),
        "known_at": instant(seen.known_at) if seen.known_at else None,
        "position": seen.upto,
    }


class LoanBookPage(Asked):
    """`totals` and `loans` (how many) are of the whole book, whatever the page."""

    loans: int
    totals: LoanBookSums
    items: list[LoanBookRow]
    next: str | None


class CashBookPage(Asked):
    """In đồng: `opening` + `receipts` - `payments` = `closing`, of the whole book."""

    fund: str | None
    opening: int
    receipts: int
    payments: int
    closing: int
    items: list[CashBookRow]
    next: str | None


class LoanPart(TypedDict):
    loan_id: IdText
    amount: int


class FigureView(TypedDict):
    """`value` = numerator / (denominator / denominator_days), rounded half up; None without a
    denominator. The loans behind each, where it is made of loans; all else by its events."""

    name: str
    numerator: int
    denominator: int
    denominator_days: int
    value: str | None
    numerator_loans: list[LoanPart]
    denominator_loans: list[LoanPart]


class FiguresPage(Asked):
    figures: list[FigureView]


class PartView(TypedDict):
    event_id: IdText
    position: int
    loan_id: IdText | None
    amount: int


class PartsPage(Asked):
    """The events whose `amount`s add up to one side of a figure: `total` of the whole list."""

    name: str
    part: str
    total: int
    items: list[PartView]
    next: str | None


def figure_view(figure: Figure) -> FigureView:
    return {
        "name": figure.name,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "denominator_days": figure.denominator_days,
        "value": None if figure.value is None else decimal_text(figure.value),
        "numerator_loans": _loans(by_loan(figure.numerator_parts)),
        "denominator_loans": _loans(by_loan(figure.denominator_parts)),
    }


def part_views(parts: Iterable[Part]) -> list[PartView]:
    return [
        {
            "event_id": str(part.event_id),
            "position": part.position,
            "loan_id": None if part.loan_id is None else str(part.loan_id),
            "amount": part.amount,
        }
        for part in parts
    ]


def in_order(parts: Sequence[Part]) -> list[Part]:
    """As recorded: the order in which an auditor reads the log."""
    return sorted(parts, key=lambda part: (part.position, str(part.loan_id)))


def _loans(sums: Mapping[UUID, int]) -> list[LoanPart]:
    return [{"loan_id": str(id), "amount": sums[id]} for id in sorted(sums) if sums[id]]
