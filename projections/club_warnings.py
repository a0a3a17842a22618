"""What a club's report warns of (domain.md section 1): each with the numbers it was told by.

The bounds are the programme's, Decision 1336/QĐ-TTg of 2020: a warning, never a refusal.
"""

from collections.abc import Iterable, Iterator, Sequence

from typing_extensions import TypedDict

from projections.club_deeds import CarePart, MeetingView
from projections.club_people import MembersPart

SIZE = (50, 70)
SHARE_PERCENT = (60, 70)
"""Of women, and of those from sixty years on, both bounds allowed."""
BORROWING_PERCENT = 50
VOLUNTEERS = 5


class WarningView(TypedDict):
    """`count` of `of`, both in people; `months` (YYYY-MM) where it is of months."""

    code: str
    count: int
    of: int | None
    months: list[str]


def warnings_of(
    members: MembersPart,
    care: CarePart,
    meetings: Iterable[MeetingView],
    months: Sequence[str],
    uncounted: list[str],
) -> list[WarningView]:
    """`months` are those of the period that are over; `uncounted` those without a cash count."""
    met = {one["occurred_on"][:7] for one in meetings}
    unmet = [month for month in months if month not in met]
    return [
        *_of_members(members),
        *([_of("few-volunteers", care["volunteers"])] if care["volunteers"] < VOLUNTEERS else []),
        *(_in_months("months-without-meeting", unmet)),
        *(_in_months("months-without-count", uncounted)),
    ]


def _of_members(part: MembersPart) -> Iterator[WarningView]:
    size = part["members"]
    if not SIZE[0] <= size <= SIZE[1]:
        yield _of("club-size", size)
    for code, count in (("women-share", part["women"]), ("old-share", part["old"])):
        if size and not SHARE_PERCENT[0] * size <= 100 * count <= SHARE_PERCENT[1] * size:
            yield _of(code, count, size)
    if 100 * part["borrowers"] < BORROWING_PERCENT * size:
        yield _of("few-borrowers", part["borrowers"], size)


def _of(code: str, count: int, of: int | None = None) -> WarningView:
    return {"code": code, "count": count, "of": of, "months": []}


def _in_months(code: str, months: list[str]) -> list[WarningView]:
    return [{"code": code, "count": len(months), "of": None, "months": months}] if months else []
