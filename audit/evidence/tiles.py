"""Tiles (C2SP tlog-tiles): 256 hashes of a level, or 256 entries, under a path that never changes.

A tile that is not full yet is a beginning of the full one; a shorter beginning can be cut from it.
"""

import re
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audit.evidence.merkle import HASH_BYTES, Node, fold

HEIGHT = 8
WIDTH = 1 << HEIGHT
ENTRIES = -1
"""The level under which entry bundles go: what the leaves of level 0 are hashes of."""
MOST_ENTRY_BYTES = 65_535
_PATH = re.compile(
    r"tile/(entries|0|[1-5]?\d|6[0-3])/((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII
)


class Place(NamedTuple):
    """A tile: its level (`ENTRIES` for entries), its number, and how many of 256 it holds."""

    level: int
    number: int
    width: int = WIDTH

    def path(self) -> str:
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits = str(self.number)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        shown = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        return f"tile/{level}/{shown}" + ("" if self.width == WIDTH else f".p/{self.width}")


def parse_path(path: str) -> Place | None:
    """The tile of a path; None for what is no path of one."""
    found = _PATH.fullmatch(path)
    if found is None:
        return None
    level = ENTRIES if found[1] == "entries" else int(found[1])
    index = int(found[2].replace("x", "").replace("/", ""))
    place = Place(level, index, int(found[3] or WIDTH))
    if found[3] and place.width >= WIDTH:
        return None
    return place if place.path() == path else None  # one path for one tile: no leading zeros


def places(size: int) -> Iterable[Place]:
    """Every hash tile of a tree of so many leaves, the last of a level as wide as it is."""
    level = 0
    while size:
        full, rest = divmod(size, WIDTH)
        for index in range(full):
            yield Place(level, index)
        if rest:
            yield Place(level, full, rest)
        level, size = level + 1, full


def pack(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry behind its length in 16 bits."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def unpack(bundle: bytes) -> list[bytes]:
    """Raises `ValueError` for a bundle that ends within an entry."""
    found, at, end = [], 0, len(bundle)
    while at < end:
        start = at + 2
        at = start + int.from_bytes(bundle[at:start])
        if start > end or at > end:
            raise ValueError("the bundle ends within an entry")
        found.append(bundle[start:at])
    return found


def split(tile: bytes) -> list[bytes]:
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def node_in(tile_at: Callable[[int, int], bytes]) -> Node:
    """Complete subtrees out of tiles: `tile_at(level, index)` gives a tile's bytes."""

    def node(level: int, index: int) -> bytes:
        tile_level, within = divmod(level, HEIGHT)
        first = index << within
        tile = tile_at(tile_level, first // WIDTH)
        start, end = first % WIDTH * HASH_BYTES, (first % WIDTH + (1 << within)) * HASH_BYTES
        assert end <= len(tile), "a proof asks for nothing beyond the tree"
        return fold(split(tile[start:end]))

    return node


@dataclass(frozen=True, slots=True)
class Grown:
    """What so many new leaves change: the tiles that are new or longer, and the new root."""

    size: int
    root: bytes
    tiles: tuple[tuple[Place, bytes], ...]


class Edge:
    """The right edge of a growing tree: the tile of each level that is not full yet."""

    def __init__(self, size: int, levels: Sequence[bytes] = ()) -> None:
        self.size = size
        self._levels = [split(level) for level in levels]

    def grow(self, leaves: Sequence[bytes]) -> Grown:
        changed: list[tuple[Place, bytes]] = []
        fresh, level = list(leaves), 0
        before = self.size
        self.size += len(fresh)
        while fresh:
            if level == len(self._levels):
                self._levels.append([])
            held = self._levels[level] + fresh
            index = before // WIDTH ** (level + 1)
            fresh = []
            while len(held) >= WIDTH:
                tile, held = held[:WIDTH], held[WIDTH:]
                changed.append((Place(level, index), b"".join(tile)))
                fresh.append(fold(tile))
                index += 1
            if held:
                changed.append((Place(level, index, len(held)), b"".join(held)))
            self._levels[level] = held
            level += 1
        return Grown(self.size, self.root(), tuple(changed))

    def root(self) -> bytes:
        rest: list[bytes] = []
        for held in self._levels:
            hashes = [*held, *rest]
            rest = [fold(hashes)] if hashes else []
        return rest[0] if rest else fold(())
