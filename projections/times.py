"""Two times: what had happened by a business date, of what was known at a recorded instant.

Positions and instants rise together and positions have no holes (the log appends under one lock),
so "known at T" is "up to position p". Every table a report reads is append-only with positions.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

READ_FROM = ("ledger", "loans")
NOW = 2**63 - 1
"""Behind every position: whatever the read models hold."""


class Seen(NamedTuple):
    """What a report may count: events of the club dated up to `as_of`, at positions to `upto`.

    `known_at` is when the event at `upto` was recorded: asked again with it, a report comes out
    the same for ever. None before the first event.
    """

    club_id: UUID
    as_of: date
    upto: int
    known_at: datetime | None


# Halves the positions until one is left: some thirty looks at an index, however long the log.
_LAST_KNOWN = """
    WITH RECURSIVE hunt(low, high) AS (
        SELECT 0::bigint, %(upto)s::bigint
        UNION ALL
        SELECT CASE WHEN e.recorded_at <= %(known_at)s THEN h.middle ELSE h.low END,
               CASE WHEN e.recorded_at <= %(known_at)s THEN h.high ELSE h.middle - 1 END
        FROM (SELECT low, high, (low + high + 1) / 2 AS middle FROM hunt WHERE low < high) h
             JOIN log.events e ON e.notification_id = h.middle)
    SELECT low FROM hunt WHERE low = high"""


def seen(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    as_of: date,
    known_at: datetime | None = None,
    upto: int | None = None,
) -> Seen:
    """Never past what every read model has folded, so that two tables never tell two stories."""
    last, instant = known(connection, READ_FROM, known_at, upto)
    return Seen(club_id, as_of, last, instant)


def known(
    connection: psycopg.Connection[Any],
    read_from: Sequence[str],
    known_at: datetime | None = None,
    upto: int | None = None,
) -> tuple[int, datetime | None]:
    """The last position that `read_from` have folded and that was recorded by `known_at`; and
    when it was recorded, None before the first event."""
    row = connection.execute(
        "SELECT min(position) FROM read.positions WHERE name = ANY (%s)", (list(read_from),)
    ).fetchone()
    folded = int(row[0] or 0) if row else 0
    last = folded if upto is None else min(upto, folded)
    if known_at is not None and last:
        row = connection.execute(_LAST_KNOWN, {"upto": last, "known_at": known_at}).fetchone()
        assert row is not None, "positions have no holes"
        last = int(row[0])
    row = connection.execute(
        "SELECT recorded_at FROM log.events WHERE notification_id = %s", (last,)
    ).fetchone()
    return last, row[0] if row else None
