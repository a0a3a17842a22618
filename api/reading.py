"""What a route is given to read from: the service's parts, and a look at the read models.

Dependencies are coroutines, because FastAPI sends every other one through a worker thread.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import Depends, Header, Request

from api.parameters import Position, Reading
from desk.desk import Desk
from domain.errors import NotFound, Unavailable
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes work with, made by whoever makes the app."""

    database: Database
    follower: Follower
    keys: KeyRing
    desk: Desk
    wait_seconds: float
    lag_limit: int
    secure: bool = False
    """Whether people reach us over TLS: cookies are then sent over nothing else."""
    fresh_code_above: int | None = None
    """Đồng above which an approval asks for the second factor once more."""


async def parts_of(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


Within = Annotated[Parts, Depends(parts_of)]


class Reader:
    """Reads for one request, once the position the caller names has been folded."""

    def __init__(self, parts: Parts, position: int) -> None:
        self._parts = parts
        self._position = position

    def version(self, connection: psycopg.Connection[Any], history_id: UUID) -> int:
        """The version of a history that the read models show: never newer than what they say."""
        row = connection.execute(
            """SELECT max(originator_version) FROM log.events
               WHERE originator_id = %s AND notification_id <= %s""",
            (history_id, self._parts.follower.behind(connection)),
        ).fetchone()
        return (row[0] if row else None) or 0

    @contextmanager
    def at(self, query: Reading) -> Iterator[psycopg.Connection[Any]]:
        """One snapshot, read only. Raises `Unavailable` when the read models are too far behind."""
        position = max(self._position, query.after_position or 0)
        if position:
            self._parts.follower.wait_for(position, self._parts.wait_seconds)
        missing: NotFound | None = None
        with self._parts.database.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            try:
                yield connection
            except NotFound as error:
                # Not worth a rollback: psycopg then forgets what the connection has prepared.
                missing = error
            except psycopg.errors.UndefinedTable as error:
                raise Unavailable("Sổ đọc chưa được dựng; hãy thử lại sau giây lát.") from error
        if missing is not None:
            raise missing


async def reader(
    parts: Within, x_after_position: Annotated[Position | None, Header()] = None
) -> Reader:
    return Reader(parts, x_after_position or 0)


Read = Annotated[Reader, Depends(reader)]


def tag(version: int) -> str:
    """The ETag of a history's version."""
    return f'"{version}"'
