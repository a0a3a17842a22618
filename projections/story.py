"""One person's story and its sums, as of a business date, as known at a recorded instant.

Whoever was merged with somebody has both stories under either id. What was taken back is told
beside what took it back, and counts nowhere.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.kinds import StoryKind
from projections.times import known

READ_FROM = ("histories",)


class Told(NamedTuple):
    """Whose story, and what of it may be told: events dated up to `as_of`, at positions to `upto`.

    `people` are all ids of the same human being. Asked again with `known_at`, it comes out the
    same for ever.
    """

    people: tuple[UUID, ...]
    as_of: date
    upto: int
    known_at: datetime | None


class StoryRow(NamedTuple):
    """`counts` is false once it was taken back; `changed_by` is the event that said so last."""

    position: int
    event_id: UUID
    club_id: UUID | None
    occurred_on: date
    topic: str
    kind: str
    role: str
    received: int | None
    repaid: int | None
    value: int | None
    minutes: int | None
    work_days: Decimal | None
    counts: bool
    changed_by: UUID | None
    changed_at: int | None


class KindSums(NamedTuple):
    """What counts of one kind, in đồng, minutes and work-days.

    `times` are the meetings attended and the help received: without what was only planned, and
    without what tells that something else no longer counts. `minutes_once` leaves out a visit
    that was part of a shift: its hour is that shift's.
    """

    kind: str
    events: int
    times: int
    received: int
    repaid: int
    principal: int
    interest: int
    dues: int
    value: int
    visits: int
    minutes: int
    minutes_once: int
    shifts: int
    work_days: Decimal
    helped: int
    """Work by others for the person, whatever else they were in it; `days_received` of it."""
    days_received: Decimal


class Standing(NamedTuple):
    """What the person was on the day: household class and the clubs they belonged to."""

    household_class: str | None
    club_ids: tuple[UUID, ...]


def told(
    connection: psycopg.Connection[Any],
    person_id: UUID,
    as_of: date,
    known_at: datetime | None = None,
    upto: int | None = None,
) -> Told:
    last, instant = known(connection, READ_FROM, known_at, upto)
    return Told(same_person(connection, person_id, last), as_of, last, instant)


def same_person(
    connection: psycopg.Connection[Any], person_id: UUID, upto: int
) -> tuple[UUID, ...]:
    """Every id of the same human being by the merges up to a position, this one first."""
    rows = connection.execute(
        """WITH RECURSIVE same(id) AS (
               SELECT %(id)s::uuid
               UNION
               SELECT CASE WHEN m.person_id = s.id THEN m.duplicate_id ELSE m.person_id END
               FROM same s JOIN read.merges m
                    ON (m.person_id = s.id OR m.duplicate_id = s.id) AND m.position <= %(upto)s)
           SELECT id FROM same""",
        {"id": person_id, "upto": upto},
    )
    others = sorted(id for (id,) in rows if id != person_id)
    return (person_id, *others)


def doubles_of(connection: psycopg.Connection[Any], person_id: UUID, upto: int) -> list[UUID]:
    """Entries that were merged into somebody's, the first merged first."""
    rows = connection.execute(
        """SELECT duplicate_id FROM read.merges WHERE person_id = %s AND position <= %s
           ORDER BY position""",
        (person_id, upto),
    )
    return [row[0] for row in rows]


# The last word on whether an event counts, said by then and of a day that has come. One id keeps
# the order of its index, so that a page reads no more rows than it shows.
_ROWS = """
    FROM read.histories h LEFT JOIN LATERAL (
        SELECT c.counts, c.vanished, c.changed_by, c.position FROM read.history_changes c
        WHERE c.event_id = h.event_id AND c.position <= %(upto)s AND c.effective_on <= %(as_of)s
        ORDER BY c.position DESC LIMIT 1) AS c ON true
    WHERE {person} AND {kind} AND h.position <= %(upto)s AND h.occurred_on <= %(as_of)s
      AND (%(since)s::date IS NULL OR h.occurred_on >= %(since)s)
      AND (%(until)s::date IS NULL OR h.occurred_on <= %(until)s)
      AND NOT coalesce(c.vanished AND NOT c.counts, false)"""

_PAGE = f"""
    SELECT DISTINCT ON (h.occurred_on, h.position)
           h.position, h.event_id, h.club_id, h.occurred_on, h.topic, h.kind, h.role, h.received,
           h.repaid, h.value, h.minutes, h.work_days, coalesce(c.counts, true), c.changed_by,
           c.position
    {_ROWS} AND (%(day)s::date IS NULL OR (h.occurred_on, h.position) < (%(day)s, %(position)s))
    ORDER BY h.occurred_on DESC, h.position DESC, h.person_id LIMIT %(limit)s"""

_SUMS = f"""
    WITH counted AS MATERIALIZED (
        SELECT DISTINCT ON (h.position) h.* {_ROWS} AND coalesce(c.counts, true)
        ORDER BY h.position, h.person_id)
    SELECT kind, count(*),
           count(*) FILTER (WHERE topic IN ('clubs.MeetingHeld', 'clubs.SupportGiven',
               'loans.GoodsGivenOut', 'care.ShiftWorked', 'care.GroupWorkDone')),
           coalesce(sum(received), 0)::bigint, coalesce(sum(repaid), 0)::bigint,
           coalesce(sum(principal), 0)::bigint, coalesce(sum(interest), 0)::bigint,
           coalesce(sum(dues), 0)::bigint, coalesce(sum(value), 0)::bigint,
           count(*) FILTER (WHERE topic = 'care.VisitMade'), coalesce(sum(minutes), 0)::bigint,
           coalesce(sum(minutes) FILTER (WHERE topic <> 'care.VisitMade' OR NOT EXISTS (
               SELECT FROM counted s WHERE s.topic = 'care.ShiftWorked' AND s.kind = 'shifts'
                 AND s.shift_id = counted.shift_id)), 0)::bigint,
           count(*) FILTER (WHERE topic = 'care.ShiftWorked'), coalesce(sum(work_days), 0),
           count(days_received), coalesce(sum(days_received), 0)
    FROM counted GROUP BY kind ORDER BY kind"""

_STANDING = f"""
    SELECT h.topic, h.club_id, h.detail,
           CASE WHEN h.topic = 'clubs.HouseholdClassCertified' THEN (
               SELECT (convert_from(e.state, 'UTF8')::jsonb ->> 'valid_from')::date
               FROM log.events e WHERE e.notification_id = h.position) END
    {_ROWS}
      AND coalesce(c.counts, true) AND h.topic IN ('clubs.HouseholdClassCertified',
          'clubs.MemberJoined', 'clubs.MemberLeft', 'clubs.MembershipWithdrawn')
    ORDER BY h.occurred_on, h.position"""


def page(
    connection: psycopg.Connection[Any],
    told: Told,
    *,
    kind: StoryKind | None = None,
    since: date | None = None,
    until: date | None = None,
    after: tuple[date, int] | None = None,
    limit: int | None = None,
) -> list[StoryRow]:
    """Newest first; `after` is day and position of the last row seen."""
    given = _given(told, since, until) | {
        "kind": kind,
        "day": after[0] if after else None,
        "position": after[1] if after else None,
        "limit": limit,
    }
    rows = connection.execute(_of(_PAGE, told, kind), given)
    return [StoryRow(*row) for row in rows]


def sums(
    connection: psycopg.Connection[Any],
    told: Told,
    *,
    kind: StoryKind | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[KindSums]:
    """What counts, kind by kind; duties only when they alone are asked for."""
    rows = connection.execute(_of(_SUMS, told, kind), _given(told, since, until) | {"kind": kind})
    return [KindSums(*row) for row in rows]


def standing(connection: psycopg.Connection[Any], told: Told) -> Standing:
    """The class by the latest certificate that was valid by then; `difficult` is a vote like it."""
    rows = connection.execute(
        _of(_STANDING, told, StoryKind.STATUS),
        _given(told, None, None) | {"kind": StoryKind.STATUS},
    )
    household_class: str | None = None
    clubs: dict[UUID, None] = {}
    # Of certificates the one valid from the latest day; one without a day is older than them all.
    since = date.min
    for topic, club_id, detail, valid_from in rows:
        if topic == "clubs.HouseholdClassCertified":
            if (valid_from or date.min) >= since:
                household_class, since = detail, valid_from or date.min
        elif topic == "clubs.MemberJoined":
            clubs[club_id] = None
        elif detail != "merged":  # a double entry left, not the person
            clubs.pop(club_id, None)
    return Standing(household_class, tuple(clubs))


def health_consent(connection: psycopg.Connection[Any], people: Sequence[UUID]) -> bool:
    """Whether health data of this human being may be read now: whatever time is asked about."""
    row = connection.execute(
        """SELECT topic = 'clubs.ConsentGiven' FROM read.histories
           WHERE person_id = ANY(%s) AND kind = 'consent' AND detail = 'health' AND kind <> 'duty'
           ORDER BY position DESC LIMIT 1""",
        (list(people),),
    ).fetchone()
    return bool(row and row[0])


def _of(query: str, told: Told, kind: StoryKind | None) -> bytes:
    person = "h.person_id = %(person)s" if len(told.people) == 1 else "h.person_id = ANY(%(all)s)"
    if kind is StoryKind.DUTY:
        wanted = "h.kind = 'duty'"
    else:
        wanted = "h.kind <> 'duty'" + (" AND h.kind = %(kind)s" if kind else "")
    return query.replace("{person}", person).replace("{kind}", wanted).encode()


def _given(told: Told, since: date | None, until: date | None) -> dict[str, Any]:
    return {
        "person": told.people[0],
        "all": list(told.people),
        "as_of": told.as_of,
        "upto": told.upto,
        "since": since,
        "until": until,
    }
