"""The whole log hashed anew: from the events alone, past the tiles that were made of them."""

import secrets
from collections.abc import Callable, Iterator, Sequence

from psycopg.sql import SQL

from audit.evidence.checkpoint import Head
from audit.evidence.envelope import COLUMNS, Stored, entry
from audit.evidence.merkle import leaf_hash
from audit.evidence.shelf import Connection
from audit.evidence.tiles import ENTRIES, WIDTH, Edge, unpack

_AT_ONCE = 10_000

Progress = Callable[[int, int], None]


def entries_anew(connection: Connection, size: int) -> Iterator[list[bytes]]:
    """What the first so many leaves must be, in stretches; ends early where events are missing."""
    with connection.cursor(name=f"replay_{secrets.token_hex(4)}") as cursor:
        cursor.execute(
            SQL(
                f"""SELECT {COLUMNS} FROM log.events
                    WHERE notification_id <= %s ORDER BY notification_id"""
            ),
            (size,),
            binary=True,
        )
        while rows := cursor.fetchmany(_AT_ONCE):
            yield [entry(Stored._make(row)) for row in rows]


def root_anew(connection: Connection, size: int, progress: Progress | None = None) -> bytes:
    """The root over the first so many events as they are now; any other when one is missing."""
    edge = Edge(0)
    for stretch in entries_anew(connection, size):
        edge.grow([leaf_hash(one) for one in stretch])
        if progress:
            progress(edge.size, size)
    return edge.root()


def first_difference(connection: Connection, size: int) -> int | None:
    """The position of the first event that is not what was hashed; None when all are."""
    kept = kept_entries(connection)
    position = 0
    for stretch in entries_anew(connection, size):
        for one in stretch:
            position += 1
            if next(kept, None) != one:
                return position
    return position + 1 if position < size else None


def roots_anew(connection: Connection, heads: Sequence[Head]) -> Iterator[bytes]:
    """The root at each head's size, over the events as they are now; heads from small to large."""
    edge, waiting = Edge(0), list[bytes]()
    stretches = entries_anew(connection, heads[-1].size if heads else 0)
    for head in heads:
        while edge.size + len(waiting) < head.size and (stretch := next(stretches, None)):
            waiting += [leaf_hash(one) for one in stretch]
        take = head.size - edge.size
        edge.grow(waiting[:take])
        waiting = waiting[take:]
        yield edge.root()


def kept_entries(connection: Connection) -> Iterator[bytes]:
    """The entries that were hashed, as they are stored."""
    number = 0
    while True:
        row = connection.execute(
            "SELECT content FROM evidence.tiles WHERE level = %b AND number = %b",
            (ENTRIES, number),
            binary=True,
            prepare=True,
        ).fetchone()
        if row is None:
            return
        found = unpack(bytes(row[0]))
        yield from found
        if len(found) < WIDTH:
            return
        number += 1
