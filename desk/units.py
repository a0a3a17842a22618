"""Today's administrative units: the communes of the 34 provinces since 1 July 2025.

The names and codes are the General Statistics Office's, as the package `vietnam-provinces` carries
them in a data file. Only that file is read, when first asked for: the package's code is under the
GPL and is never imported. Without the package every unit is unknown, which is a warning.
"""

import json
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NamedTuple

from domain.vietnamese import folded

_FILE = "vietnam_provinces/data/nested-divisions.json"
_PROVINCE = ("tỉnh", "thành phố", "tp.", "tp")
_COMMUNE = ("xã", "phường", "đặc khu", "thị trấn")


class Unit(NamedTuple):
    """`code` has five digits for a commune (xã, phường, đặc khu), two for its province."""

    code: str
    name: str
    province_code: str
    province: str


@cache
def units() -> tuple[Unit, ...]:
    """Every commune of today, by province and code."""
    try:
        found = Path(str(distribution("vietnam-provinces").locate_file(_FILE)))
        provinces = json.loads(found.read_text(encoding="utf-8"))
    except (PackageNotFoundError, OSError):
        return ()
    return tuple(
        Unit(f"{ward['code']:05}", ward["name"], f"{province['code']:02}", province["name"])
        for province in provinces
        for ward in province["wards"]
    )


@lru_cache(4096)
def code_of(commune: str, province: str) -> str | None:
    """The code of a commune of today; None when there is none, or several read alike.

    Written with its kind ("Xã Quan Sơn") or without, with tones first and then without: "Hoà" and
    "Hòa" are one spelling.
    """
    here = [
        unit for unit in units() if _bare(unit.province, _PROVINCE) == _bare(province, _PROVINCE)
    ]
    for same in (_exactly, _by_name):
        found = [unit for unit in here if same(unit.name, commune)]
        if len(found) == 1:
            return found[0].code
    return None


@lru_cache(4096)
def province_of(commune_code: str | None, province: str | None) -> str | None:
    """The code of a province of today: a commune's, else by name; None when there is none."""
    if commune_code is not None:
        return next((u.province_code for u in units() if u.code == commune_code), None)
    wanted = _bare(province or "", _PROVINCE)
    return next((u.province_code for u in units() if _bare(u.province, _PROVINCE) == wanted), None)


def matching(q: str | None, province: str | None) -> list[Unit]:
    """Units with words that begin as those of `q`, tones or not, in a province or all."""
    words = folded(q or "").split()
    wanted = _bare(province, _PROVINCE) if province else None
    return [
        unit
        for unit in units()
        if (wanted is None or _bare(unit.province, _PROVINCE) == wanted)
        and all(f" {word}" in f" {_folded(unit.name)}" for word in words)
    ]


def _exactly(name: str, asked: str) -> bool:
    return _folded(name) == folded(asked)


def _by_name(name: str, asked: str) -> bool:
    return _bare(name, _COMMUNE) == _bare(asked, _COMMUNE)


@cache
def _folded(text: str) -> str:
    return folded(text)


def _bare(text: str, kinds: tuple[str, ...]) -> str:
    """A name without the word for what it is."""
    plain = _folded(text)
    for kind in kinds:
        plain = plain.removeprefix(folded(kind) + " ")
    return plain
