"""Cash counts (bảng kiểm kê quỹ): what the box held beside what the book expected."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.projection import Projection, window_of

_COUNTS = f"""
INSERT INTO {{counts}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'occurred_on')::date, w.d ->> 'at',
       (w.d ->> 'counted')::bigint, (w.d ->> 'expected')::bigint, (w.d ->> 'difference')::bigint,
       (w.d -> 'origin' ->> 'import_id')::uuid
FROM {window_of("loans.CashCounted")} w
"""
_UNDONE = f"""
DELETE FROM {{counts}} c
USING (SELECT w.position, (w.d ->> 'import_id')::uuid AS import_id
       FROM {window_of("loans.ImportUndone")} w) AS u
WHERE c.import_id = u.import_id AND c.position < u.position
"""

COUNTS = Projection(
    name="counts",
    version=1,
    tables={
        "counts": """position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid NOT NULL,
            occurred_on date NOT NULL, at text, counted bigint NOT NULL, expected bigint NOT NULL,
            difference bigint NOT NULL, import_id uuid""",
    },
    fold=(_COUNTS, _UNDONE),
    indexes=("CREATE INDEX ON {counts} (club_id, occurred_on, position)",),
    topics=("loans.CashCounted", "loans.ImportUndone"),
)


class CountRow(NamedTuple):
    event_id: UUID
    occurred_on: date
    at: str | None
    counted: int
    expected: int
    difference: int


def of_club(connection: psycopg.Connection[Any], club_id: UUID) -> list[CountRow]:
    """A club's counts, oldest first; `difference` = book - counted, positive is a shortage."""
    rows = connection.execute(
        """SELECT event_id, occurred_on, at, counted, expected, difference FROM read.counts
           WHERE club_id = %s ORDER BY occurred_on, position""",
        (club_id,),
    )
    return [CountRow(*row) for row in rows]
