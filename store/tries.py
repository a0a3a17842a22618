"""How often a secret may be tried: counted in the database, so that all processes count as one.

A try is counted before the secret is looked at, in every bucket it falls in (an account, an
address, both). It is refused, and not counted, while one of them is full or has to wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from domain.errors import TooManyTries
from store.database import Database
from store.log import uuid7

WINDOW = timedelta(minutes=15)
KEPT = timedelta(days=1)
FREE = 3
"""So many follow one another at once; each further one waits twice as long."""
_LOCK = 5059575


@dataclass(frozen=True, slots=True)
class Bucket:
    key: bytes
    limit: int
    """So many within the window."""
    slows: bool = False
    """Whether a try has to wait after several that failed."""


def count(database: Database, buckets: Sequence[Bucket], now: datetime) -> UUID:
    """Counts a try. Raises `TooManyTries` with the seconds to wait."""
    keys = sorted({bucket.key for bucket in buckets})
    try_id = uuid7()
    with database.transaction() as connection:
        # One try after the other in each bucket, in one order for all.
        for key in keys:
            connection.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(encode(%s, 'hex')))", (_LOCK, key)
            )
        rows = connection.execute(
            """SELECT bucket, array_agg(tried_at ORDER BY tried_at) FROM access.tries
               WHERE bucket = ANY (%b) AND tried_at > %s GROUP BY bucket""",
            (keys, now - WINDOW),
        ).fetchall()
        tried: dict[bytes, list[datetime]] = dict(rows)
        wait = max(_wait(bucket, tried.get(bucket.key, []), now) for bucket in buckets)
        if wait > timedelta():
            raise TooManyTries(-(-wait // timedelta(seconds=1)))
        connection.execute(
            "INSERT INTO access.tries SELECT %s, key, %s FROM unnest(%b::bytea[]) AS key",
            (try_id, now, keys),
        )
        connection.execute("DELETE FROM access.tries WHERE tried_at < %s", (now - KEPT,))
    return try_id


def forgive(database: Database, try_id: UUID, slowed: Sequence[Bucket]) -> None:
    """The secret was right: the try does not count, nor do those that failed in `slowed`."""
    keys = [bucket.key for bucket in slowed]
    with database.connection() as connection:
        connection.execute(
            "DELETE FROM access.tries WHERE try_id = %s OR bucket = ANY (%b)", (try_id, keys)
        )


def _wait(bucket: Bucket, tried: list[datetime], now: datetime) -> timedelta:
    if len(tried) >= bucket.limit:
        return tried[-bucket.limit] + WINDOW - now
    if bucket.slows and len(tried) >= FREE:
        return tried[-1] + timedelta(seconds=2 ** (len(tried) - FREE + 1)) - now
    return timedelta()
