"""Findings and warnings of a book's events: each stays on the list until somebody settles it."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from domain.catalogue import EVENTS
from domain.values import Sealed
from projections.people import names_of
from projections.projection import WINDOW, Projection, window_of
from projections.views import DayText, IdText
from store.keys import KeyRing

# A finding broke a club rule and was let stand; a warning was only shown.
SAYING = tuple(
    topic
    for topic, event in EVENTS.items()
    if topic.startswith("loans.") and {"findings", "warnings"} & event.model_fields.keys()
)

_SAID = f"""
INSERT INTO {{findings}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'occurred_on')::date, w.topic, s.kind, c.code,
       NULL, NULL, NULL, (w.d -> 'origin' ->> 'import_id')::uuid
FROM ({WINDOW} OFFSET 0) w
     CROSS JOIN LATERAL (VALUES ('finding', w.d -> 'findings'),
                                ('warning', w.d -> 'warnings')) AS s(kind, codes)
     CROSS JOIN LATERAL (SELECT DISTINCT jsonb_array_elements_text(s.codes) AS code) AS c
WHERE w.topic <> 'loans.FindingSettled'
"""
_SETTLED = f"""
UPDATE {{findings}} f SET settled_at = s.position, settled_by = s.settled_by
FROM (SELECT w.position, (w.d ->> 'event_id')::uuid AS event_id, w.d ->> 'code' AS code,
             (w.d ->> 'settled_by')::uuid AS settled_by
      FROM {window_of("loans.FindingSettled")} w) AS s
WHERE f.event_id = s.event_id AND f.code = s.code
"""
# What was reversed no longer counts, unless the reversal was reversed too.
_REVERSED = f"""
UPDATE {{findings}} f SET reversed_at = r.at
FROM (SELECT DISTINCT ON (s.event_id) s.event_id, s.at
      FROM ({WINDOW} OFFSET 0) w CROSS JOIN LATERAL (
          VALUES ((w.d ->> 'reverses')::uuid, w.position),
                 ((w.d ->> 'restores')::uuid, NULL::bigint)) AS s(event_id, at)
      WHERE w.topic = 'loans.EntryReversed' AND s.event_id IS NOT NULL
      ORDER BY s.event_id, w.position DESC) AS r
WHERE f.event_id = r.event_id
"""

# An import's entries are reversed one by one; what it settled is no entry and goes with the import.
_UNDONE = f"""
UPDATE {{findings}} f SET reversed_at = u.position
FROM (SELECT w.position, (w.d ->> 'import_id')::uuid AS import_id
      FROM {window_of("loans.ImportUndone")} w) AS u
WHERE f.import_id = u.import_id AND f.topic = 'loans.LoanSettled'
"""

FINDINGS = Projection(
    name="findings",
    version=2,
    tables={
        "findings": """position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid NOT NULL,
            occurred_on date NOT NULL, topic text NOT NULL, kind text NOT NULL, code text NOT NULL,
            settled_at bigint, settled_by uuid, reversed_at bigint, import_id uuid""",
    },
    fold=(_SAID, _SETTLED, _REVERSED, _UNDONE),
    indexes=(
        "CREATE INDEX ON {findings} (club_id, position)",
        "CREATE INDEX ON {findings} (event_id)",
    ),
    topics=(*SAYING, "loans.FindingSettled", "loans.ImportUndone"),
)


class FindingRow(NamedTuple):
    position: int
    event_id: UUID
    occurred_on: date
    topic: str
    kind: str
    code: str
    settled_at: int | None
    """Position of the event that settled it."""
    settled_by: UUID | None
    reversed: bool

    @property
    def settled(self) -> bool:
        return self.settled_at is not None

    @property
    def open(self) -> bool:
        return not self.settled and not self.reversed


def of_club(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    is_open: bool | None = None,
    kind: str | None = None,
    period: tuple[date, date] | None = None,
    after: tuple[int, str, str] | None = None,
    limit: int | None = None,
) -> list[FindingRow]:
    """In the order of the log; what was settled, or reversed with its event, is no longer open.

    `after` is the position, the kind and the code of the last row seen.
    """
    position, after_kind, code = after or (None, None, None)
    rows = connection.execute(
        """SELECT position, event_id, occurred_on, topic, kind, code, settled_at, settled_by,
                  reversed_at IS NOT NULL
           FROM read.findings
           WHERE club_id = %(club)s
             AND (%(open)s::bool IS NULL
                  OR (settled_at IS NULL AND reversed_at IS NULL) = %(open)s)
             AND (%(kind)s::text IS NULL OR kind = %(kind)s)
             AND (%(since)s::date IS NULL OR occurred_on BETWEEN %(since)s AND %(until)s)
             AND (%(position)s::bigint IS NULL
                  OR (position, kind, code) > (%(position)s, %(after_kind)s, %(code)s))
           ORDER BY position, kind, code LIMIT %(limit)s""",
        {
            "club": club_id,
            "open": is_open,
            "kind": kind,
            "since": period[0] if period else None,
            "until": period[1] if period else None,
            "position": position,
            "after_kind": after_kind,
            "code": code,
            "limit": limit,
        },
    )
    return [FindingRow(*row) for row in rows]


class FindingView(TypedDict):
    """`finding` broke a club rule and was let stand, `warning` was only shown."""

    kind: Literal["finding", "warning"]
    code: str
    event_id: IdText
    event: str
    """The name of the event that says it."""
    position: int
    occurred_on: DayText
    open: bool
    """Neither settled nor reversed together with its event."""
    reversed: bool
    settled_by: IdText | None
    settled_by_name: str | None
    reason: str | None
    """Why it may rest; None while it is open, or when the club's key is gone."""


def finding_views(
    connection: psycopg.Connection[Any], rows: Sequence[FindingRow], keys: KeyRing
) -> list[FindingView]:
    """As they are shown: who settled each by name, and the reason unsealed."""
    names = names_of(connection, [row.settled_by for row in rows if row.settled_by])
    sealed: dict[int, Any] = dict(
        connection.execute(
            """SELECT notification_id, convert_from(state, 'UTF8')::jsonb -> 'reason'
               FROM log.events WHERE notification_id = ANY(%s)""",
            ([row.settled_at for row in rows if row.settled_at],),
        ).fetchall()
    )
    opened = keys.open_many([Sealed.model_validate(reason) for reason in sealed.values()])
    reasons = dict(zip(sealed, opened, strict=True))
    return [
        {
            "kind": "finding" if row.kind == "finding" else "warning",
            "code": row.code,
            "event_id": str(row.event_id),
            "event": row.topic,
            "position": row.position,
            "occurred_on": row.occurred_on.isoformat(),
            "open": row.open,
            "reversed": row.reversed,
            "settled_by": str(row.settled_by) if row.settled_by else None,
            "settled_by_name": names.get(row.settled_by) if row.settled_by else None,
            "reason": reasons.get(row.settled_at) if row.settled_at else None,
        }
        for row in rows
    ]
