"""What has moved in a report since it was printed, and which events moved it.

Two sets of parts are compared, those known then and those known now: a part that is new was
recorded since, one that is gone was taken back since, and the event that did so is named.
"""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from projections.province.catalogue import ROWS
from projections.province.parts import FAMILIES, Family, with_parts
from projections.province.views import Number, Span, number
from projections.views import DayText, IdText, InstantText, instant

NAMED_MAX = 20
"""So many events are named of each row, the latest first; how many there are is said besides."""


class WhyView(TypedDict):
    """An event that brings something else now; `because` is the one that took it back."""

    event_id: IdText
    topic: str
    position: int
    recorded_at: InstantText
    because: IdText | None
    change: Number


class MovedView(TypedDict):
    """`part` is the side of the row that moved; `events` is how many events moved it."""

    key: str
    label: str
    part: str
    then: Number
    now: Number
    events: int
    why: list[WhyView]


Restatement = TypedDict(
    "Restatement",
    {
        "from": DayText,
        "to": DayText,
        "then_position": int,
        "position": int,
        "known_at": InstantText | None,
        "moved": list[MovedView],
    },
)


class _Change(NamedTuple):
    event_id: UUID
    topic: str
    position: int
    recorded_at: datetime
    because: UUID | None
    then: Decimal
    now: Decimal


def restatement(connection: psycopg.Connection[Any], then: Span, now: Span) -> Restatement:
    """Rows that read otherwise now, in the report's order; both spans are of the same dates."""
    changes: dict[tuple[str, str], list[_Change]] = defaultdict(list)
    for family in FAMILIES:
        asked = now.asked | {"then": then.upto}
        for figure, side, *rest in connection.execute(_changed(family), asked):
            changes[figure, side].append(_Change(*rest))
    moved = [
        _moved(connection, row.label, row.key, side, changes[row.key, side], then)
        for row in ROWS
        for side in ("n", "d")
        if changes[row.key, side]
    ]
    return {
        "from": now.since.isoformat(),
        "to": now.until.isoformat(),
        "then_position": then.upto,
        "position": now.upto,
        "known_at": instant(now.known_at) if now.known_at else None,
        "moved": [row for row in moved if row["then"] != row["now"]],
    }


_SUMMED = """SELECT figure, side, event_id, sum(amount)::numeric AS amount FROM parts
    GROUP BY figure, side, event_id"""


def _changed(family: Family) -> str:
    now = with_parts(family, _SUMMED)
    then = now.replace("%(upto)s", "%(then)s")
    return f"""
        SELECT figure, side, e.event_id, e.topic, e.notification_id, e.recorded_at,
               (SELECT c.changed_by FROM read.fact_changes c
                WHERE c.event_id = e.event_id AND c.position > %(then)s AND c.position <= %(upto)s
                ORDER BY c.position DESC LIMIT 1),
               coalesce(t.amount, 0), coalesce(n.amount, 0)
        FROM ({now}) n FULL JOIN ({then}) t USING (figure, side, event_id)
             JOIN log.events e USING (event_id)
        WHERE n.amount IS DISTINCT FROM t.amount
        ORDER BY e.notification_id DESC"""


def _moved(
    connection: psycopg.Connection[Any],
    label: str,
    key: str,
    side: str,
    changes: list[_Change],
    then: Span,
) -> MovedView:
    before = _sum(connection, key, side, then)
    by = sum((change.now - change.then for change in changes), Decimal(0))
    return {
        "key": key,
        "label": label,
        "part": "numerator" if side == "n" else "denominator",
        "then": number(before),
        "now": number(before + by),
        "events": len(changes),
        "why": [
            {
                "event_id": str(change.event_id),
                "topic": change.topic,
                "position": change.position,
                "recorded_at": instant(change.recorded_at),
                "because": str(change.because) if change.because else None,
                "change": number(change.now - change.then),
            }
            for change in changes[:NAMED_MAX]
        ],
    }


def _sum(connection: psycopg.Connection[Any], key: str, side: str, then: Span) -> Decimal:
    family = next(family for family in FAMILIES if key in family.figures)
    row = connection.execute(
        with_parts(
            family,
            "SELECT sum(amount) FROM parts WHERE figure = %(figure)s AND side = %(side)s",
        ),
        then.asked | {"figure": key, "side": side},
    ).fetchone()
    return Decimal((row[0] if row else None) or 0)
