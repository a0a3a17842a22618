"""Whose rows a request may see: the second net, spread by the database (store/migrations/0009)."""

from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import Depends
from psycopg.sql import SQL, Identifier, Literal

from store.provision import READ, ROLES

ALL = None
Seen = frozenset[UUID] | None
"""Clubs and associations; None sees all, the empty set nothing."""


async def seen() -> Seen:
    """What the caller may see. Tests of the net put their own in its place."""
    return ALL


Seeing = Annotated[Seen, Depends(seen)]


def begin(connection: psycopg.Connection[Any], seen: Seen) -> None:
    """One snapshot for the transaction that was begun, under the reader's role and limits: the
    role reads, and may note in the access log who looked."""
    clubs = "*" if seen is ALL else ",".join(sorted(map(str, seen)))
    settings = {**ROLES[READ].limits, "sochung.clubs": clubs}
    connection.execute(
        SQL("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; {}; SET LOCAL ROLE {}").format(
            SQL("; ").join(
                SQL("SET LOCAL {} = {}").format(Identifier(*name.split(".")), Literal(value))
                for name, value in settings.items()
            ),
            Identifier(READ),
        ),
        prepare=False,
    )
