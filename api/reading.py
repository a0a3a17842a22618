"""What a route is given to read from: the service's parts, and a look at the read models.

Dependencies are coroutines, because FastAPI sends every other one through a worker thread.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Annotated, Any, Self
from uuid import UUID

import psycopg
from fastapi import Depends, Header, Request

from api.callers import Calling
from api.errors import request_id
from api.parameters import Position, Reading
from api.parts import Parts as Parts
from api.parts import Within as Within
from api.parts import parts_of as parts_of
from api.seeing import Grants, Seeing, begin
from domain.errors import NotFound, Unavailable
from domain.values import Purpose
from projections.people import names_of
from store.readings import Kind, Looking, note

Connection = psycopg.Connection[Any]


class Reader:
    """Reads for one request, once the position the caller names has been folded."""

    kind = Kind.READ

    def __init__(self, parts: Parts, position: int, grants: Grants, looking: Looking) -> None:
        self._parts = parts
        self._position = position
        self._grants = grants
        self.looking = looking

    def version(self, connection: psycopg.Connection[Any], history_id: UUID) -> int:
        """The version of a history that the read models show: never newer than what they say."""
        row = connection.execute(
            """SELECT max(originator_version) FROM log.events
               WHERE originator_id = %s AND notification_id <= %s""",
            (history_id, self._parts.follower.behind(connection)),
        ).fetchone()
        return (row[0] if row else None) or 0

    def looked_at(
        self,
        connection: psycopg.Connection[Any],
        people: Iterable[UUID],
        purpose: Purpose,
        what: str,
    ) -> None:
        """Writes down whose identity or health the caller is about to be shown, in the snapshot it
        is read in. Raises `Unavailable` when it cannot: no log, no data. `what` is our own word.

        Who is shown nobody but themselves needs no line; a file has one also then (`exporting`).
        """
        subjects = set(people) - {self.looking.person_id}
        if subjects or self.kind is Kind.EXPORT:
            self._note(connection, self.kind, subjects, purpose, what)

    def names(
        self, connection: psycopg.Connection[Any], people: Iterable[UUID], what: str
    ) -> dict[UUID, str]:
        """What they are called, once it is written down that the caller is told."""
        asked = list(people)
        self.looked_at(connection, asked, Purpose.IDENTITY, what)
        return dict(names_of(connection, asked))

    def handed_out(
        self, connection: psycopg.Connection[Any], people: Iterable[UUID], what: str
    ) -> None:
        """Writes down a file that is about to leave the house, as far as it is known with whom in
        it. Raises `Unavailable` when it cannot."""
        subjects = set(people) - {self.looking.person_id}
        self._note(connection, Kind.EXPORT, subjects, Purpose.IDENTITY, what)

    def exporting(self) -> Self:
        """The same for a file: whoever is looked at is handed out, and nobody's file is one too."""
        reader = copy(self)
        reader.kind = Kind.EXPORT
        return reader

    def _note(
        self, connection: Connection, kind: Kind, subjects: set[UUID], purpose: Purpose, what: str
    ) -> None:
        about = purpose.value if subjects else "file"
        note(connection, kind, subjects, about, what, self.looking)

    @contextmanager
    def at(self, query: Reading, *, of: UUID | None = None) -> Iterator[psycopg.Connection[Any]]:
        """One snapshot of what the caller may see; all it can write is who looked at whom. `of`
        is the person asked about. Raises `Unavailable` when the read models are too far behind."""
        position = max(self._position, query.after_position or 0)
        if position:
            self._parts.follower.wait_for(position, self._parts.wait_seconds)
        missing: NotFound | None = None
        with self._parts.database.transaction() as connection:
            try:
                begin(connection, self._grants, of, self.looking.person_id)
                yield connection
            except NotFound as error:
                # Not worth a rollback: psycopg then forgets what the connection has prepared.
                missing = error
            except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
                made = isinstance(error, psycopg.errors.UndefinedColumn)
                # Tables of another version's fold are made anew once the service has started.
                if made and not self._parts.follower.is_of_another_fold():
                    raise
                raise Unavailable("Sổ đọc chưa được dựng; hãy thử lại sau giây lát.") from error
        if missing is not None:
            raise missing


async def looking(request: Request, caller: Calling) -> Looking:
    return Looking(caller.who.person_id if caller.who else None, UUID(request_id(request)))


async def reader(
    parts: Within,
    grants: Seeing,
    looking: Annotated[Looking, Depends(looking)],
    x_after_position: Annotated[Position | None, Header()] = None,
) -> Reader:
    return Reader(parts, x_after_position or 0, grants, looking)


Read = Annotated[Reader, Depends(reader)]


def tag(version: int) -> str:
    """The ETag of a history's version."""
    return f'"{version}"'
