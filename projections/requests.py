"""What people asked about the data kept of them, and how far each request has come."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from domain.clubs.requests import Alarm, Limits
from projections.projection import WINDOW, Projection
from projections.views import DayText, IdText

_ASKED = f"""
INSERT INTO {{requests}} (request_id, person_id, position, kind, purposes, asked_by, entered_by,
                          requested_on)
SELECT (w.d ->> 'request_id')::uuid, (w.d ->> 'person_id')::uuid, w.position, w.d ->> 'kind',
       ARRAY(SELECT jsonb_array_elements_text(w.d -> 'purposes')), (w.d ->> 'asked_by')::uuid,
       (w.d ->> 'entered_by')::uuid, (w.d ->> 'occurred_on')::date
FROM ({WINDOW} OFFSET 0) w WHERE w.topic = 'clubs.DataRequested'
"""
_DECIDED = f"""
UPDATE {{requests}} r
SET decided_on = (w.d ->> 'occurred_on')::date, granted = (w.d ->> 'granted')::bool,
    ground = w.d ->> 'ground', decided_by = (w.d ->> 'decided_by')::uuid,
    kept = ARRAY(SELECT jsonb_array_elements_text(w.d -> 'kept')),
    kept_until = (w.d ->> 'kept_until')::date
FROM ({WINDOW} OFFSET 0) w
WHERE w.topic = 'clubs.DataRequestDecided' AND r.request_id = (w.d ->> 'request_id')::uuid
"""
_COMPLETED = f"""
UPDATE {{requests}} r SET completed_on = (w.d ->> 'occurred_on')::date
FROM ({WINDOW} OFFSET 0) w
WHERE w.topic = 'clubs.DataRequestCompleted' AND r.request_id = (w.d ->> 'request_id')::uuid
"""

REQUESTS = Projection(
    name="requests",
    version=1,
    tables={
        "requests": """request_id uuid NOT NULL, person_id uuid NOT NULL, position bigint NOT NULL,
            kind text NOT NULL, purposes text[] NOT NULL, asked_by uuid, entered_by uuid NOT NULL,
            requested_on date NOT NULL, decided_on date, granted bool, ground text,
            decided_by uuid, kept text[] NOT NULL DEFAULT ARRAY[]::text[], kept_until date,
            completed_on date"""
    },
    fold=(_ASKED, _DECIDED, _COMPLETED),
    keys=("CREATE UNIQUE INDEX ON {requests} (request_id)",),
    indexes=("CREATE INDEX ON {requests} (requested_on, position)",),
    topics=("clubs.DataRequested", "clubs.DataRequestDecided", "clubs.DataRequestCompleted"),
)


class RequestRow(NamedTuple):
    request_id: UUID
    person_id: UUID
    name: str | None
    position: int
    kind: str
    purposes: list[str]
    asked_by: UUID | None
    entered_by: UUID
    requested_on: date
    decided_on: date | None
    granted: bool | None
    ground: str | None
    decided_by: UUID | None
    kept: list[str]
    kept_until: date | None
    completed_on: date | None

    @property
    def is_open(self) -> bool:
        return self.granted is None or (self.granted and self.completed_on is None)


class RequestView(TypedDict):
    """`due_on` is by when to decide, or to carry out what was granted; `days_left` are working days
    until a decision and days until it is done, below 0 when late. `alarm` at half and at four
    fifths of the time."""

    id: IdText
    member_id: IdText
    name: str | None
    kind: str
    purposes: list[str]
    asked_by: IdText | None
    entered_by: IdText
    requested_on: DayText
    open: bool
    due_on: DayText | None
    days_left: int | None
    alarm: Alarm | None
    decided_on: DayText | None
    granted: bool | None
    ground: str | None
    decided_by: IdText | None
    kept: list[str]
    kept_until: DayText | None
    completed_on: DayText | None


def requests(
    connection: psycopg.Connection[Any],
    *,
    person_ids: list[UUID] | None = None,
    clubs: Collection[UUID] | None = None,
    is_open: bool | None = None,
    after: tuple[date, int] | None = None,
    limit: int | None = None,
) -> list[RequestRow]:
    """Oldest first: those have the least time left."""
    rows = connection.execute(
        """SELECT r.request_id, r.person_id, p.name, r.position, r.kind, r.purposes, r.asked_by,
                  r.entered_by, r.requested_on, r.decided_on, r.granted, r.ground, r.decided_by,
                  r.kept, r.kept_until, r.completed_on
           FROM read.requests r LEFT JOIN keys.people p USING (person_id)
           WHERE (%(people)s::uuid[] IS NULL OR r.person_id = ANY (%(people)s))
             AND (%(clubs)s::uuid[] IS NULL
                  OR EXISTS (SELECT FROM read.memberships m
                             WHERE m.person_id = r.person_id AND m.club_id = ANY (%(clubs)s)))
             AND (%(open)s::bool IS NULL
                  OR (r.granted IS NULL OR r.granted AND r.completed_on IS NULL) = %(open)s)
             AND (%(day)s::date IS NULL OR (r.requested_on, r.position) > (%(day)s, %(position)s))
           ORDER BY r.requested_on, r.position LIMIT %(limit)s""",
        {
            "people": person_ids,
            "clubs": None if clubs is None else list(clubs),
            "open": is_open,
            "day": after[0] if after else None,
            "position": after[1] if after else None,
            "limit": limit,
        },
    )
    return [RequestRow(*row) for row in rows]


def request_view(row: RequestRow, limits: Limits, today: date) -> RequestView:
    clock = limits.clock(row.requested_on, today, decided=row.granted is not None)
    is_open = row.is_open
    return {
        "id": str(row.request_id),
        "member_id": str(row.person_id),
        "name": row.name,
        "kind": row.kind,
        "purposes": row.purposes,
        "asked_by": _text(row.asked_by),
        "entered_by": str(row.entered_by),
        "requested_on": row.requested_on.isoformat(),
        "open": is_open,
        "due_on": clock.due_on.isoformat() if is_open else None,
        "days_left": clock.days_left if is_open else None,
        "alarm": clock.alarm if is_open else None,
        "decided_on": _text(row.decided_on),
        "granted": row.granted,
        "ground": row.ground,
        "decided_by": _text(row.decided_by),
        "kept": row.kept,
        "kept_until": _text(row.kept_until),
        "completed_on": _text(row.completed_on),
    }


def _text(value: UUID | date | None) -> str | None:
    return None if value is None else str(value)
