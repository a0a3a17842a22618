"""A club's volunteer days, as a list and as sums."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.times import NOW
from projections.volunteer_days import COUNTED


class WorkRow(NamedTuple):
    """`person_id` is None for work of many, counted and not named; minutes are of all."""

    occurred_on: date
    position: int
    event_id: UUID
    person_id: UUID | None
    name: str | None
    source: str
    activity: str
    label: str | None
    people: int
    minutes: int | None
    work_days: Decimal


class WorkSums(NamedTuple):
    """Each hour once; `work_days` of shifts and group work, `visit_minutes` beside them."""

    shifts: int
    work_days: Decimal
    visits: int
    visit_minutes: int
    minutes: int
    people: int


_WITHIN = """(%(since)s::date IS NULL OR occurred_on >= %(since)s)
      AND (%(until)s::date IS NULL OR occurred_on <= %(until)s)"""

_NOBODY = UUID(int=0)


def volunteer_days(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    since: date | None = None,
    until: date | None = None,
    upto: int = NOW,
    after: tuple[date, int, UUID] | None = None,
    limit: int | None = None,
) -> list[WorkRow]:
    """In the order of days, as the log told it up to a position; `after` is day, position and
    person of the last row seen."""
    rows = connection.execute(
        f"""SELECT c.occurred_on, c.position, c.event_id, c.person_id, p.name, c.source,
                   c.activity, c.label, c.people, c.minutes, c.work_days
            FROM ({COUNTED}) c LEFT JOIN keys.people p USING (person_id)
            WHERE {_WITHIN}
              AND (%(day)s::date IS NULL
                   OR (occurred_on, position, coalesce(c.person_id, %(nobody)s))
                      > (%(day)s, %(position)s, %(person)s))
            ORDER BY 1, 2, coalesce(c.person_id, %(nobody)s) LIMIT %(limit)s""",
        {
            "club": club_id,
            "since": since,
            "until": until,
            "upto": upto,
            "nobody": _NOBODY,
            "day": after[0] if after else None,
            "position": after[1] if after else None,
            "person": after[2] if after else None,
            "limit": limit,
        },
    )
    return [WorkRow(*row) for row in rows]


def work_key(row: WorkRow) -> tuple[date, int, UUID]:
    return row.occurred_on, row.position, row.person_id or _NOBODY


def work_sums(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    since: date | None = None,
    until: date | None = None,
    upto: int = NOW,
) -> WorkSums:
    row = connection.execute(
        f"""SELECT count(*) FILTER (WHERE source = 'shift'),
                   coalesce(sum(work_days) FILTER (WHERE source <> 'visit'), 0),
                   count(DISTINCT event_id) FILTER (WHERE source = 'visit'),
                   coalesce(sum(minutes) FILTER (WHERE source = 'visit'), 0)::bigint,
                   coalesce(sum(minutes), 0)::bigint, count(DISTINCT person_id)
            FROM ({COUNTED}) c WHERE {_WITHIN}""",
        {"club": club_id, "since": since, "until": until, "upto": upto},
    ).fetchone()
    assert row is not None
    return WorkSums(*row)
