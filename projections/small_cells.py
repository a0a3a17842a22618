"""Counts of people under care that are so small that they tell of somebody: hidden from officers.

Under five is hidden, and beside a single hidden one the next smallest too, or the whole would give
it away. What a province counts in all is official and stays exact.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

from projections.club_deeds import CarePart
from projections.province.views import GroupView, RowView

LEAST = 5
HEALTH_ROWS = ("clients", "visits", "visit_minutes")

R = TypeVar("R", bound=dict[str, Any])


def is_small(count: Any) -> bool:
    return isinstance(count, int) and 0 < count < LEAST


def hide_in_groups(groups: Sequence[GroupView]) -> list[GroupView]:
    """A client's visits are as telling as the client: a group's health rows go together."""
    clients = [_value(group, "clients") for group in groups]
    visits = [_value(group, "visits") for group in groups]
    hidden = {
        at for at, one in enumerate(zip(clients, visits, strict=True)) if any(map(is_small, one))
    }
    if len(hidden) == 1:
        others = [at for at, count in enumerate(clients) if count and at not in hidden]
        hidden |= set(sorted(others, key=lambda at: clients[at])[:1])
    return [
        {**group, "rows": hide(group["rows"])} if at in hidden else group
        for at, group in enumerate(groups)
    ]


def hide_in_rows(rows: Sequence[RowView]) -> list[RowView]:
    """Of a report smaller than a province."""
    found = {row["key"]: row["value"] for row in rows}
    small = is_small(found["clients"]) or is_small(found["visits"])
    return hide(rows) if small else list(rows)


def hide(rows: Sequence[Any]) -> list[Any]:
    return [
        {**row, "numerator": None, "value": None} if row["key"] in HEALTH_ROWS else row
        for row in rows
    ]


def hide_in_care(care: CarePart) -> CarePart:
    """Of one club's report."""
    of_people = ("clients", "in_care", "visited", "past_interval")
    of_visits = ("visits", "missed", "visit_minutes")
    told: dict[str, Any] = dict(care)
    small = {name for name in (*of_people, *of_visits) if is_small(told[name])}
    if small & {"clients", "visits"}:
        small = {*of_people, *of_visits}
    hidden: Any = {**told, **dict.fromkeys(small)}
    if small:
        hidden["last_visit_on"] = None
    return hidden  # type: ignore[no-any-return]


def _value(group: GroupView, key: str) -> Any:
    return next(row["value"] for row in group["rows"] if row["key"] == key)
