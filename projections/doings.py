"""What clubs and associations did, as lists: the event itself is read from the log by position."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

import psycopg

from domain.events import Event
from projections.projection import WINDOW, Projection, window_of
from projections.taken_back import COLUMNS, indexes, taken_back
from projections.taken_back import TOPICS as TAKING_BACK
from projections.times import NOW
from store.mapper import decode

Kind = Literal["meeting", "postponement", "activity", "support", "training", "media_item", "plan"]

_OF_TOPIC: dict[str, Kind] = {
    "clubs.MeetingHeld": "meeting",
    "clubs.MeetingPostponed": "postponement",
    "clubs.ActivityHeld": "activity",
    "clubs.SupportGiven": "support",
    "clubs.TrainingHeld": "training",
    "clubs.MediaItemPublished": "media_item",
    "clubs.PlanAdopted": "plan",
}
_KINDS = " ".join(f"WHEN '{topic}' THEN '{kind}'" for topic, kind in _OF_TOPIC.items())
_TOPICS = ", ".join(f"'{topic}'" for topic in _OF_TOPIC)

_DONE = f"""
INSERT INTO {{doings}}
SELECT w.position, w.event_id, coalesce(w.d ->> 'club_id', w.d ->> 'association_id')::uuid,
       CASE w.topic {_KINDS} END, (w.d ->> 'occurred_on')::date, (w.d ->> 'head_count')::int,
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w WHERE w.topic IN ({_TOPICS})
"""
_ASSOCIATIONS = f"""
INSERT INTO {{associations}}
SELECT (w.d ->> 'association_id')::uuid, w.d ->> 'name', w.d ->> 'level', w.d ->> 'province',
       w.d ->> 'commune'
FROM {window_of("clubs.AssociationRegistered")} w
"""

DOINGS = Projection(
    name="doings",
    version=2,
    tables={
        "doings": f"""position bigint NOT NULL, event_id uuid NOT NULL, whose uuid NOT NULL,
            kind text NOT NULL, occurred_on date NOT NULL, head_count int, {COLUMNS}""",
        "associations": """association_id uuid NOT NULL, name text NOT NULL, level text NOT NULL,
            province text NOT NULL, commune text""",
    },
    spread=(_DONE, _ASSOCIATIONS),
    fold=taken_back("doings"),
    indexes=(
        "CREATE INDEX ON {doings} (whose, kind, occurred_on, position)",
        "CREATE UNIQUE INDEX ON {associations} (association_id)",
        *indexes("doings"),
    ),
    topics=(*_OF_TOPIC, *TAKING_BACK, "clubs.AssociationRegistered"),
)


class Doing(NamedTuple):
    position: int
    event_id: UUID
    occurred_on: date
    event: Any


class AssociationRow(NamedTuple):
    association_id: UUID
    name: str
    level: str
    province: str
    commune: str | None


_STOOD = "o.position <= %(upto)s AND (o.withdrawn_at IS NULL OR o.withdrawn_at > %(upto)s)"


def of(
    connection: psycopg.Connection[Any],
    whose: UUID,
    kind: Kind,
    *,
    since: date | None = None,
    until: date | None = None,
    upto: int = NOW,
    after: tuple[date, int] | None = None,
    limit: int | None = None,
) -> list[Doing]:
    """What stood when the log had come to `upto`, oldest first; `after` is day and position of
    the last row seen.

    What a correction took back, or came by an import that was undone, is left out.
    """
    rows = connection.execute(
        f"""SELECT o.position, o.event_id, o.occurred_on, e.topic, e.state
           FROM read.doings o JOIN log.events e ON e.notification_id = o.position
           WHERE o.whose = %(whose)s AND o.kind = %(kind)s AND {_STOOD}
             AND (%(since)s::date IS NULL OR o.occurred_on >= %(since)s)
             AND (%(until)s::date IS NULL OR o.occurred_on <= %(until)s)
             AND (%(day)s::date IS NULL OR (o.occurred_on, o.position) > (%(day)s, %(at)s))
           ORDER BY o.occurred_on, o.position LIMIT %(limit)s""",
        {
            "whose": whose,
            "kind": kind,
            "since": since,
            "until": until,
            "upto": upto,
            "day": after[0] if after else None,
            "at": after[1] if after else None,
            "limit": limit,
        },
    )
    return [Doing(row[0], row[1], row[2], _read(row[3], row[4])) for row in rows]


def attendance(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    since: date | None = None,
    until: date | None = None,
    upto: int = NOW,
) -> tuple[int, int]:
    """How many meetings, and how many came to them in all."""
    row = connection.execute(
        f"""SELECT count(*), coalesce(sum(head_count), 0)::bigint FROM read.doings o
            WHERE whose = %(club)s AND kind = 'meeting' AND {_STOOD}
              AND (%(since)s::date IS NULL OR occurred_on >= %(since)s)
              AND (%(until)s::date IS NULL OR occurred_on <= %(until)s)""",
        {"club": club_id, "since": since, "until": until, "upto": upto},
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def associations(
    connection: psycopg.Connection[Any], *, after: UUID | None = None, limit: int | None = None
) -> list[AssociationRow]:
    rows = connection.execute(
        """SELECT * FROM read.associations
           WHERE %(after)s::uuid IS NULL OR association_id > %(after)s
           ORDER BY association_id LIMIT %(limit)s""",
        {"after": after, "limit": limit},
    )
    return [AssociationRow(*row) for row in rows]


def one_association(connection: psycopg.Connection[Any], id: UUID) -> AssociationRow | None:
    row: Sequence[Any] | None = connection.execute(
        "SELECT * FROM read.associations WHERE association_id = %s", (id,)
    ).fetchone()
    return AssociationRow(*row) if row else None


def _read(topic: str, state: bytes) -> Event:
    return decode(topic, bytes(state))
