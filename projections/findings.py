"""Findings and warnings of a book's events: each stays on the list until somebody settles it."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.catalogue import EVENTS
from projections.projection import WINDOW, Projection

# A finding broke a club rule and was let stand; a warning was only shown.
SAYING = tuple(
    topic
    for topic, event in EVENTS.items()
    if topic.startswith("loans.") and {"findings", "warnings"} & event.model_fields.keys()
)

_SAID = f"""
INSERT INTO {{findings}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'occurred_on')::date, w.topic, s.kind, c.code,
       NULL, NULL, NULL
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
      FROM ({WINDOW} OFFSET 0) w WHERE w.topic = 'loans.FindingSettled') AS s
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

FINDINGS = Projection(
    name="findings",
    version=1,
    tables={
        "findings": """position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid NOT NULL,
            occurred_on date NOT NULL, topic text NOT NULL, kind text NOT NULL, code text NOT NULL,
            settled_at bigint, settled_by uuid, reversed_at bigint""",
    },
    fold=(_SAID, _SETTLED, _REVERSED),
    indexes=(
        "CREATE INDEX ON {findings} (club_id, position)",
        "CREATE INDEX ON {findings} (event_id)",
    ),
    topics=(*SAYING, "loans.FindingSettled"),
)


class FindingRow(NamedTuple):
    position: int
    event_id: UUID
    occurred_on: date
    topic: str
    kind: str
    code: str
    settled: bool
    settled_by: UUID | None
    reversed: bool


def of_club(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    open_only: bool = False,
    after: tuple[int, str] | None = None,
    limit: int | None = None,
) -> list[FindingRow]:
    """In the order of the log; `open_only` leaves out what was settled or reversed.

    `after` is the position and the code of the last row seen.
    """
    rows = connection.execute(
        """SELECT position, event_id, occurred_on, topic, kind, code, settled_at IS NOT NULL,
                  settled_by, reversed_at IS NOT NULL
           FROM read.findings
           WHERE club_id = %(club)s
             AND (NOT %(open_only)s OR (settled_at IS NULL AND reversed_at IS NULL))
             AND (%(position)s::bigint IS NULL OR (position, code) > (%(position)s, %(code)s))
           ORDER BY position, code LIMIT %(limit)s""",
        {
            "club": club_id,
            "open_only": open_only,
            "position": after[0] if after else None,
            "code": after[1] if after else None,
            "limit": limit,
        },
    )
    return [FindingRow(*row) for row in rows]
