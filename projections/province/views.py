"""The shapes of the province report, and how its numbers are written."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, NamedTuple
from uuid import UUID

from typing_extensions import TypedDict

from projections.figures import decimal_text
from projections.province.catalogue import BY_KEY
from projections.views import IdText

By = Literal["club", "commune", "district"]
Number = int | str
"""Whole numbers as such; what is not whole (half a work-day) as decimal text."""


class Span(NamedTuple):
    """Business dates, both included, and the last position known; `known_at` is when that was."""

    since: date
    until: date
    upto: int
    known_at: datetime | None
    only: frozenset[UUID] | None = None
    """The clubs it is of; None: all, and those that keep their books on paper."""

    @property
    def asked(self) -> dict[str, Any]:
        return {
            "since": self.since,
            "until": self.until,
            "upto": self.upto,
            "only": None if self.only is None else list(self.only),
        }


class RowView(TypedDict):
    """`value` is the numerator, or of a share numerator / denominator as decimal text, null where
    there is nothing to divide by. `from_paper` is what of it clubs without the software signed."""

    key: str
    label: str
    unit: str
    numerator: Number | None
    denominator: Number | None
    value: Number | None
    from_paper: Number
    clubs_from_events: int
    clubs_from_paper: int


class GroupRow(TypedDict):
    key: str
    numerator: Number | None
    denominator: Number | None
    value: Number | None


class GroupView(TypedDict):
    """A club, commune or former district; `name` is null for what belongs to the association."""

    id: IdText | None
    name: str | None
    source: Literal["events", "paper"]
    rows: list[GroupRow]


class PartView(TypedDict):
    event_id: IdText
    position: int
    club_id: IdText | None
    amount: Number


class Place(NamedTuple):
    """Where a club lay at the report's last day; the district is that of its founding."""

    name: str | None
    commune: str | None
    district: str | None


@dataclass
class Sums:
    """Numerators and denominators by row."""

    numerators: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    denominators: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, figure: str, side: str, amount: Decimal) -> None:
        (self.numerators if side == "n" else self.denominators)[figure] += amount

    def row(self, key: str) -> GroupRow:
        upper, lower = self.numerators.get(key, Decimal(0)), self.denominators.get(key)
        if not BY_KEY[key].is_share:
            return {
                "key": key,
                "numerator": number(upper),
                "denominator": None,
                "value": number(upper),
            }
        lower = lower or Decimal(0)
        value = decimal_text(Fraction(upper) / Fraction(lower)) if lower > 0 else None
        return {
            "key": key,
            "numerator": number(upper),
            "denominator": number(lower),
            "value": value,
        }


class PaperClub(NamedTuple):
    """A club without the software, by its latest figures signed within the report's period."""

    name: str
    commune: str | None
    district: str | None
    figures: Mapping[str, int]


def number(amount: Decimal) -> Number:
    return int(amount) if amount == amount.to_integral_value() else format(amount.normalize(), "f")
