"""Recognises a sheet by the words of its name and of its headers, wherever they stand."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from exchange.workbook.cells import Cell
from exchange.workbook.columns import CLUB, KINDS, SUMMARIES, UNSAID, Kind
from exchange.workbook.faults import Report
from exchange.workbook.sandbox import Sheet
from exchange.workbook.text import fold, plain, printable

HEADER_SOUGHT_IN_ROWS = 30
_NAME_COUNTS = 3
_COMPLETE_COUNTS = 5
_BRACKETS = re.compile(r"\(([^)]*)\)")
# An amount in thousands would be taken a thousand times too small.
_BIG_UNITS = re.compile(r"\b(?:nghin|ngan|trieu|tr|1 000|1000)\b")


@dataclass(frozen=True)
class Header:
    """Where the columns of a sheet stand."""

    first_row: int
    last_row: int
    columns: Mapping[str, int]
    titles: Mapping[int, str]
    """The header of every column, known or not, as the book writes it."""
    doubled: tuple[int, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column that is taken: its number and its header as the book writes it."""

    number: int
    title: str


NO_HEADER = Header(0, 0, {}, {})


@dataclass(frozen=True)
class Table:
    """A sheet whose kind is known; its header is empty where none was found."""

    sheet: Sheet
    kind: Kind
    header: Header

    def title(self, key: str) -> str:
        """The header of a column as the book writes it."""
        return self.header.titles[self.header.columns[key]]

    def columns(self) -> dict[str, Column]:
        return {
            key: Column(number, self.header.titles[number])
            for key, number in self.header.columns.items()
        }


def recognise(sheet: Sheet) -> Table | None:
    """The kind whose name and headers fit best; None where neither does."""
    best: tuple[int, Table] | None = None
    name = f" {plain(sheet.name)} "
    if any(f" {words} " in name for words in SUMMARIES):
        return None
    for kind in KINDS:
        named = any(f" {words} " in name for words in kind.words)
        header = NO_HEADER if kind is CLUB else find_header(sheet, kind)
        found = club_keys(sheet) if kind is CLUB else set(header.columns)
        complete = any(found.issuperset(needed) for needed in kind.needed)
        if kind is CLUB and len(found) < 3:
            complete = False
        if not named and (not complete or (kind.telling and not found & {*kind.telling})):
            continue
        score = len(found) + _NAME_COUNTS * named + _COMPLETE_COUNTS * complete
        if best is None or score > best[0]:
            best = score, Table(sheet, kind, header)
    return best[1] if best else None


def club_keys(sheet: Sheet) -> set[str]:
    """The items of a club's information sheet that stand as the first text of a row."""
    first = sorted(sheet.rows)[:HEADER_SOUGHT_IN_ROWS]
    return {key for row in first if (key := club_key(sheet.rows[row])) is not None}


def club_key(cells: Mapping[int, Cell]) -> str | None:
    first = next((cell.value for _, cell in sorted(cells.items()) if not cell.blank), None)
    return CLUB.key_of(*_bare(first)) if isinstance(first, str) else None


def find_header(sheet: Sheet, kind: Kind) -> Header:
    """The row, or two rows under grouped titles, naming most of the kind's columns."""
    best = NO_HEADER
    numbers = sorted(sheet.rows)[:HEADER_SOUGHT_IN_ROWS]
    for at, number in enumerate(numbers):
        titles = _titles(sheet.rows[number])
        one = _header(kind, number, number, titles)
        if len(one.columns) > len(best.columns):
            best = one
        if at + 1 < len(numbers) and numbers[at + 1] == number + 1:
            two = _header(kind, number, number + 1, {**titles, **_titles(sheet.rows[number + 1])})
            if len(two.columns) > max(len(best.columns), len(one.columns)) and one.columns:
                best = two
    return best


def repeats_header(table: Table, cells: Mapping[int, Cell]) -> bool:
    """Whether this row is the header once more, as on each printed page."""
    titles = _titles(cells)
    known = [column for column in table.header.columns.values() if column in titles]
    return len(known) > 1 and all(
        plain(titles[column]) == plain(table.header.titles[column]) for column in known
    )


def check_header(table: Table, report: Report) -> bool:
    """Reports what is missing, doubled or unknown; whether rows can be read at all."""
    sheet = table.sheet.name
    if not table.header.columns:
        report.fault(
            sheet,
            min(table.sheet.rows),
            None,
            "header-missing",
            "Không tìm thấy dòng tiêu đề cột của trang này.",
        )
        return False
    row = table.header.last_row
    missing = _missing(table.kind, set(table.header.columns))
    for key in missing:
        title = table.kind.title(key)
        report.fault(sheet, row, title, "column-missing", f"Thiếu cột «{title}».")
    for column in table.header.doubled:
        title = table.header.titles[column]
        report.fault(sheet, row, title, "column-doubled", f"Cột «{title}» trùng ý với cột khác.")
    wrong_unit = [key for key in table.header.columns if not _unit_fits(table, key)]
    for key in wrong_unit:
        title = table.title(key)
        report.fault(
            sheet, row, title, "column-unit", f"Cột «{title}» dùng đơn vị không nhận được."
        )
    _warn_unknown(table, report)
    return not missing and not table.header.doubled and not wrong_unit


def per_year(title: str) -> bool:
    """Whether a rate's header speaks of a year."""
    return "nam" in plain(title).split()


def _warn_unknown(table: Table, report: Report) -> None:
    known = {*table.header.columns.values(), *table.header.doubled}
    used = {
        column
        for number, cells in table.sheet.rows.items()
        if number > table.header.last_row
        for column, cell in cells.items()
        if not cell.blank
    }
    for column in sorted(used - known):
        title = table.header.titles.get(column, letters(column))
        if plain(title) not in UNSAID:
            report.warn(
                table.sheet.name,
                table.header.last_row,
                title,
                "column-unknown",
                f"Cột «{title}» không được lấy vào sổ.",
            )


def _missing(kind: Kind, found: set[str]) -> list[str]:
    """The columns lacking from the set of needed ones that comes closest."""
    return min(([key for key in needed if key not in found] for needed in kind.needed), key=len)


def _unit_fits(table: Table, key: str) -> bool:
    title = table.title(key)
    inside = " ".join(plain(part) for part in _BRACKETS.findall(title))
    if key in (*table.kind.amounts, "counted"):
        return not _BIG_UNITS.search(inside)
    words = {"term": {"nam", "tuan", "quy", "ngay"}, "rate": {"tuan", "quy", "ngay"}}
    return not words.get(key, set()) & set(inside.split())


def _titles(cells: Mapping[int, Cell]) -> dict[int, str]:
    return {
        column: printable(" ".join(cell.value.split())[:200])
        for column, cell in cells.items()
        if isinstance(cell.value, str) and not cell.blank
    }


def _header(kind: Kind, first: int, last: int, titles: dict[int, str]) -> Header:
    columns: dict[str, int] = {}
    doubled: list[int] = []
    for column, title in sorted(titles.items()):
        key = kind.key_of(*_bare(title))
        if key is None:
            continue
        if key in columns:
            doubled.append(column)
        else:
            columns[key] = column
    return Header(first, last, columns, titles, tuple(doubled))


@lru_cache(maxsize=1_000)
def _bare(title: str) -> tuple[str, ...]:
    if fold(title) == "họ":
        # A family name in a column of its own, which without its tone would read "Hộ".
        return ()
    return plain(title), plain(_BRACKETS.sub(" ", title))


def letters(column: int) -> str:
    """`A`, `Z`, `AA`, as Excel heads its columns."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text
