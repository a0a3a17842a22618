"""What an outside auditor takes away: one ZIP that verifies itself, offline.

Entries, tiles and heads go out as they are stored; contents of money histories with them, sealed
texts still sealed; photos with permission only; of everything else only hashes. A bundle of one
club holds that club's entries, the tiles they stand in, and of the rest of the tree no more than
its upper levels.
"""

import json
import os
import secrets
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from audit.evidence.envelope import COLUMNS, Stored, envelope, is_private
from audit.evidence.shelf import Connection, Shelf, Signed
from audit.evidence.tiles import ENTRIES, WIDTH, Place, pack, places, unpack

FORMAT = "sochung-bundle/1"
CONTENTS = ("loans.", "evidence.")
"""Beginnings of the topics whose contents go out; those of the log's own keys hold no person."""
MOST_HEADS = 20_000
_DATE = (2026, 1, 1, 0, 0, 0)
_AT_ONCE = 4_096

Progress = Callable[[int, int], None]
Export = Callable[[Connection, int], Iterable[tuple[str, Iterable[bytes]]]]
"""Given the log up to a position: files by name, each in pieces. What is in them is checked."""
Photos = Callable[[Connection, int], Iterable[tuple[str, bytes]]]
"""Given the same: files by name, each named for the event that added it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What goes in: the whole log or one club, and whether care is shown (with permission only)."""

    club_id: UUID | None = None
    with_care: bool = False
    previous: int | None = None
    """The size of a head the auditor holds: its last tile is then in a one-club bundle too."""


def write(
    out: Path,
    connection: Connection,
    signed: Signed,
    keys: Sequence[str],
    scope: Scope,
    exports: Export | None = None,
    photos: Photos | None = None,
    stamps: Iterable[tuple[str, bytes]] = (),
    progress: Progress | None = None,
) -> int:
    """Writes the bundle over a signed head; returns how many entries are in it.

    `connection` stands in one snapshot that reaches the head. The file is whole or not there; the
    same log gives the same bytes, as no clock goes in.
    """
    beside = out.with_name(f".{out.name}.{os.getpid()}.{secrets.token_hex(3)}")
    try:
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            writer = _Writer(archive, connection, signed, scope, progress)
            count = writer.write(keys, exports, photos)
            for name, content in stamps:
                writer.put(f"timestamps/{name}", content)
        beside.replace(out)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return count


class _Writer:
    def __init__(
        self,
        archive: zipfile.ZipFile,
        connection: Connection,
        signed: Signed,
        scope: Scope,
        progress: Progress | None,
    ) -> None:
        self._archive = archive
        self._connection = connection
        self._signed = signed
        self._size = signed.head.size
        self._scope = scope
        self._progress = progress
        self._shelf = Shelf(connection)

    def write(self, keys: Sequence[str], exports: Export | None, photos: Photos | None) -> int:
        self.put("README.md", _resource("readme.md"))
        self.put("verify.py", _resource("verifier.py"))
        self.put("keys.txt", "".join(f"{key}\n" for key in keys).encode())
        self.put("checkpoint", self._signed.note.encode())
        self.put("checkpoints.jsonl", b"".join(self._heads()))
        told = {
            "format": FORMAT,
            "origin": self._signed.head.origin,
            "size": self._size,
            "club": str(self._scope.club_id) if self._scope.club_id else None,
            "photos": photos is not None,
        }
        self.put("manifest.json", json.dumps(told, indent=1).encode())
        count, shown = self._entries()
        self._tiles(shown)
        for name, pieces in exports(self._connection, self._size) if exports else ():
            with self._opened(f"exports/{name}") as file:
                for piece in pieces:
                    file.write(piece)
        for name, content in photos(self._connection, self._size) if photos else ():
            self.put(f"photos/{name}", content, zipfile.ZIP_STORED)
        return count

    def _heads(self) -> Iterator[bytes]:
        """Every head that was signed, thinned where there are very many: they say where a change
        lies, and the later ones more than the earlier."""
        rows = self._connection.execute(
            """SELECT note FROM (SELECT note, size, row_number() OVER (ORDER BY size DESC) AS n,
                                        count(*) OVER () AS all_of_them
                                 FROM evidence.checkpoints WHERE size <= %s) AS h
               WHERE (n - 1) %% (1 + all_of_them / %s) = 0 ORDER BY size""",
            (self._size, MOST_HEADS),
        )
        for (note,) in rows:
            yield json.dumps(note, ensure_ascii=False).encode() + b"\n"

    # --- entries and contents --------------------------------------------------------------

    def _entries(self) -> tuple[int, set[int]]:
        """Writes the entries in scope, tile by tile; says how many, and which tiles have some."""
        count, shown = 0, set[int]()
        tile: dict[int, tuple[Stored, bytes]] = {}
        number = -1
        for stored, state in self._events():
            at = (stored.nid - 1) // WIDTH
            if at != number:
                self._entry_tile(number, tile)
                number, tile = at, {}
                shown.add(at)
                if self._progress:
                    self._progress(stored.nid, self._size)
            tile[stored.nid - 1 - at * WIDTH] = (stored, state)
            count += 1
        self._entry_tile(number, tile)
        return count, shown

    def _events(self) -> Iterator[tuple[Stored, bytes]]:
        narrowed = (
            "AND (club_id = %(club)s OR topic LIKE 'evidence.SigningKey%%')"
            if self._scope.club_id
            else ""
        )
        with self._connection.cursor(name="bundle") as cursor:
            cursor.execute(
                SQL(
                    f"""SELECT {COLUMNS}, state FROM log.events
                        WHERE notification_id <= %(size)s {narrowed} ORDER BY notification_id"""
                ),
                {"size": self._size, "club": self._scope.club_id},
                binary=True,
            )
            while rows := cursor.fetchmany(_AT_ONCE):
                for *columns, state in rows:
                    yield Stored._make(columns), state

    def _entry_tile(self, number: int, tile: Mapping[int, tuple[Stored, bytes]]) -> None:
        if not tile:
            return
        width = min(WIDTH, self._size - number * WIDTH)
        place = Place(ENTRIES, number, width)
        bundle = self._shelf.cut(place) or b""
        if self._scope.club_id:
            # Nobody else's entries: an empty one stands for "hash only".
            entries = unpack(bundle)
            bundle = pack([one if at in tile else b"" for at, one in enumerate(entries)])
        self.put(place.path(), bundle)
        contents, inner = [b""] * width, [b""] * width
        for at, (stored, state) in tile.items():
            if is_private(stored.topic):
                if self._scope.with_care:
                    inner[at], contents[at] = envelope(stored), state
            elif stored.topic.startswith(CONTENTS):
                contents[at] = state
        tail = place.path().removeprefix("tile/entries")
        for folder, records in (("payloads", contents), ("inner", inner)):
            if any(records):
                packed = b"".join(struct.pack(">I", len(one)) + one for one in records)
                self.put(folder + tail, packed)

    # --- the tree --------------------------------------------------------------------------

    def _tiles(self, shown: set[int]) -> None:
        if self._scope.previous:
            shown.add((self._scope.previous - 1) // WIDTH)
        if self._size % WIDTH:
            shown.add(self._size // WIDTH)
        for place in places(self._size):
            if place.level == 0 and self._scope.club_id and place.number not in shown:
                continue
            tile = self._shelf.cut(place)
            if tile is not None:
                self.put(place.path(), tile, zipfile.ZIP_STORED)

    # --- the file --------------------------------------------------------------------------

    def put(self, name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> None:
        self._archive.writestr(_info(name, method), content, method, 1)

    @contextmanager
    def _opened(self, name: str) -> Iterator[Any]:
        with self._archive.open(_info(name, zipfile.ZIP_DEFLATED), "w", force_zip64=True) as file:
            yield file


def _info(name: str, method: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = method
    info.external_attr = 0o644 << 16
    return info


def _resource(name: str) -> bytes:
    return (files("audit") / "evidence" / name).read_bytes()
