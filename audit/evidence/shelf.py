"""Tiles, entries and heads as the database keeps them, and the proofs that are made of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from audit.evidence.checkpoint import Head, open_checkpoint, parse_head
from audit.evidence.merkle import (
    consistency_ranges,
    inclusion_ranges,
    range_hash,
)
from audit.evidence.note import VerifierKey
from audit.evidence.proof import TlogProof
from audit.evidence.tiles import ENTRIES, HEIGHT, WIDTH, Place, node_in, pack, unpack
from domain.errors import NotFound, Unavailable

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Signed:
    """A head and the note that signs it."""

    head: Head
    note: str


def latest(connection: Connection) -> Signed | None:
    """The newest signed head; None before the first."""
    row = connection.execute(
        "SELECT note FROM evidence.checkpoints ORDER BY size DESC LIMIT 1", prepare=True
    ).fetchone()
    return _signed(row[0]) if row else None


def at_size(connection: Connection, size: int) -> Signed | None:
    row = connection.execute(
        "SELECT note FROM evidence.checkpoints WHERE size = %s", (size,), prepare=True
    ).fetchone()
    return _signed(row[0]) if row else None


def checked(note: bytes, trusted: Iterable[VerifierKey]) -> Signed:
    """A head from outside the database. Raises `NoteRefused` unless a trusted key signed it."""
    return Signed(open_checkpoint(note, trusted), note.decode())


def _signed(note: str) -> Signed:
    head, _ = parse_head(note.split("\n\n")[0] + "\n")
    return Signed(head, note)


class Shelf:
    """Reads tiles within one connection, each once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tiles: dict[tuple[int, int], bytes] = {}

    def fetch(self, level: int, number: int) -> bytes | None:
        """A tile as wide as it is by now."""
        row = self._connection.execute(
            "SELECT content FROM evidence.tiles WHERE level = %b AND number = %b",
            (level, number),
            binary=True,
            prepare=True,
        ).fetchone()
        return bytes(row[0]) if row else None

    def tile(self, level: int, number: int) -> bytes:
        found = self._tiles.get((level, number))
        if found is None:
            found = self.fetch(level, number)
            assert found is not None, "a signed head has its tiles"
            self._tiles[level, number] = found
        return found

    def cut(self, place: Place) -> bytes | None:
        """A tile at the width asked for: a beginning of it, when it has grown since."""
        found = self.fetch(place.level, place.number)
        if found is None:
            return None
        if place.level == ENTRIES:
            entries = unpack(found)
            return pack(entries[: place.width]) if len(entries) >= place.width else None
        return found[: place.width * 32] if len(found) >= place.width * 32 else None

    def edge(self, size: int) -> list[bytes]:
        """The tiles that are not full in a tree of so many leaves, from the leaves up."""
        levels: list[bytes] = []
        while size:
            rest = size % WIDTH
            size //= WIDTH
            levels.append(self.tile(len(levels), size)[: rest * 32] if rest else b"")
        return levels

    def inclusion(self, index: int, size: int) -> list[bytes]:
        node = node_in(self.tile)
        self._read_ahead(size, index)
        return [range_hash(*found, node) for found in inclusion_ranges(index, size)]

    def consistency(self, before: int, size: int) -> list[bytes]:
        node = node_in(self.tile)
        return [range_hash(*found, node) for found in consistency_ranges(before, size)]

    def _read_ahead(self, size: int, index: int) -> None:
        """The tiles above a leaf and those of the right edge, in one query."""
        wanted, level = set(), 0
        while size:
            wanted |= {(level, index >> HEIGHT * (level + 1)), (level, (size - 1) >> HEIGHT)}
            size >>= HEIGHT
            level += 1
        levels, numbers = zip(*wanted, strict=True)
        rows = self._connection.execute(
            """SELECT t.level, t.number, t.content
               FROM unnest(%s::smallint[], %s::bigint[]) AS asked(level, number)
                    JOIN evidence.tiles t USING (level, number)""",
            (list(levels), list(numbers)),
            binary=True,
            prepare=True,
        )
        self._tiles |= {(level, number): bytes(content) for level, number, content in rows}

    def entry(self, index: int) -> bytes:
        return unpack(self.tile(ENTRIES, index // WIDTH))[index % WIDTH]


def receipt(connection: Connection, event_id: UUID) -> TlogProof:
    """Shows one event in the newest signed head. Raises `NotFound`, and `Unavailable` while the
    head does not reach it yet."""
    row = connection.execute(
        "SELECT notification_id FROM log.events WHERE event_id = %s", (event_id,), prepare=True
    ).fetchone()
    if row is None:
        raise NotFound("Không có sự kiện này.")
    index, signed = row[0] - 1, latest(connection)
    if signed is None or signed.head.size <= index:
        raise Unavailable("Sự kiện chưa được ký vào nhật ký; hãy thử lại sau giây lát.")
    shelf = Shelf(connection)
    path = shelf.inclusion(index, signed.head.size)
    return TlogProof(index, tuple(path), signed.note, shelf.entry(index))
