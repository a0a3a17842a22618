"""The words of home care and common work: what was done on a visit, what a work-day was for.

Written words are compared without tones and signs. What is not known is kept, never guessed.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeVar

from exchange.workbook import cells
from exchange.workbook.cells import Cell, CellError
from exchange.workbook.text import plain

Task = Literal["SOC", "ADL", "HOU", "HLT", "REH", "ERR", "FRM", "INF", "EMG"]
Activity = Literal["home_care", "household_help", "disaster_cleanup", "public_works", "other"]

Meaning = TypeVar("Meaning", bound=str)

_CODES: tuple[Task, ...] = ("SOC", "ADL", "HOU", "HLT", "REH", "ERR", "FRM", "INF", "EMG")
LABEL_MAX = 60

_OF_SOMEBODY = re.compile(r"\b(?:ông|bà|cụ|bác|anh|chị|cô|chú|em|cháu)\b", re.IGNORECASE)
_BETWEEN = re.compile(r"[,;+&/\n.]| và ", re.IGNORECASE)

# The first that fits decides: "lấy thuốc" is an errand, "nhắc thuốc" is health.
_TASK: tuple[tuple[str, Task], ...] = (
    ("cap cuu", "EMG"), ("khan cap", "EMG"), ("goi xe", "EMG"),
    ("lay thuoc", "ERR"), ("mua thuoc", "ERR"), ("di cho", "ERR"), ("mua do", "ERR"),
    ("di kham", "ERR"), ("dua di", "ERR"), ("di cung", "ERR"), ("mua", "ERR"),
    ("huyet ap", "HLT"), ("thuoc", "HLT"), ("do duong huyet", "HLT"), ("can nang", "HLT"),
    ("do mach", "HLT"), ("suc khoe", "HLT"), ("thay bang", "HLT"),
    ("ve sinh nha", "HOU"), ("don", "HOU"), ("nau", "HOU"), ("com", "HOU"), ("giat", "HOU"),
    ("quet", "HOU"), ("rua bat", "HOU"), ("viec nha", "HOU"), ("lau nha", "HOU"),
    ("tam", "ADL"), ("ve sinh", "ADL"), ("goi dau", "ADL"), ("cho an", "ADL"), ("bon", "ADL"),
    ("thay quan ao", "ADL"), ("cat mong", "ADL"), ("cat toc", "ADL"), ("tro minh", "ADL"),
    ("xoa bop", "REH"), ("tap", "REH"), ("phuc hoi", "REH"), ("vat ly tri lieu", "REH"),
    ("tro chuyen", "SOC"), ("noi chuyen", "SOC"), ("tham hoi", "SOC"), ("dong vien", "SOC"),
    ("doc bao", "SOC"), ("tam su", "SOC"), ("choi", "SOC"), ("tham", "SOC"),
    ("vuon", "FRM"), ("ruong", "FRM"), ("chan nuoi", "FRM"), ("sua", "FRM"), ("lop mai", "FRM"),
    ("gat", "FRM"), ("cay", "FRM"), ("cho ga", "FRM"), ("bo cui", "FRM"),
    ("quyen loi", "INF"), ("che do", "INF"), ("bhyt", "INF"), ("bao hiem", "INF"),
    ("giay to", "INF"), ("tu van", "INF"), ("chinh sach", "INF"), ("thong tin", "INF"),
)  # fmt: skip

_ACTIVITY: tuple[tuple[str, Activity], ...] = (
    ("bao lu", "disaster_cleanup"), ("lu lut", "disaster_cleanup"), ("lut", "disaster_cleanup"),
    ("mua bao", "disaster_cleanup"), ("sau bao", "disaster_cleanup"),
    ("con bao", "disaster_cleanup"), ("thien tai", "disaster_cleanup"),
    ("sat lo", "disaster_cleanup"), ("khac phuc", "disaster_cleanup"),
    ("cham soc", "home_care"), ("tham nom", "home_care"),
    ("neo don", "household_help"), ("giup ho", "household_help"), ("giup nha", "household_help"),
    ("giup do", "household_help"), ("giup gia dinh", "household_help"), ("gat", "household_help"),
    ("lop nha", "household_help"), ("sua nha", "household_help"), ("giup", "household_help"),
    ("ve sinh", "public_works"), ("duong", "public_works"), ("trong hoa", "public_works"),
    ("trong cay", "public_works"), ("cay xanh", "public_works"), ("don rac", "public_works"),
    ("nha van hoa", "public_works"), ("kenh", "public_works"), ("muong", "public_works"),
    ("cong ich", "public_works"), ("cong cong", "public_works"), ("moi truong", "public_works"),
    ("nghia trang", "public_works"), ("phat quang", "public_works"),
)  # fmt: skip


def tasks(cell: Cell) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    """The codes of what was done, in their own order, and the words that fit none."""
    if not isinstance(cell.value, str):
        cells.text(cell)  # an error value, a truth value
        return (), (str(cell.value),)
    found: set[Task] = set()
    unknown: list[str] = []
    for part in _BETWEEN.split(cell.value):
        words = plain(part)
        if not words:
            continue
        codes = [code for code in _CODES if code.lower() in words.split()]
        task = _first(_TASK, words)
        if codes:
            found.update(codes)
        elif task is not None:
            found.add(task)
        else:
            unknown.append(cells.text(Cell(part)))
    return tuple(code for code in _CODES if code in found), tuple(unknown)


@dataclass(frozen=True, slots=True)
class Meant:
    """What work was for, and the book's own word for it, which stands bare in the event.

    A text that speaks of a person is no label: it is `about` somebody, and sealed.
    """

    activity: Activity
    label: str | None = None
    about: str | None = None


NO_ACTIVITY = Meant("other")


def activity(cell: Cell) -> Meant:
    said = cells.text(cell, longest=200)
    if not any(letter.isalpha() for letter in said):
        raise CellError("text-invalid", "Hoạt động phải ghi bằng chữ.")
    meaning = _first(_ACTIVITY, plain(said)) or "other"
    if len(said) > LABEL_MAX or _OF_SOMEBODY.search(said):
        return Meant(meaning, about=said)
    return Meant(meaning, label=said.capitalize() if said.isupper() else said)


def _first(words: tuple[tuple[str, Meaning], ...], text: str) -> Meaning | None:
    padded = f" {text} "
    return next((meaning for word, meaning in words if f" {word} " in padded), None)
