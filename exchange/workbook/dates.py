"""Dates of a cell, as Viet Nam writes them: day, month, year."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from exchange.workbook.cells import Cell, CellError, ErrorValue, shown
from exchange.workbook.text import plain

EARLIEST = date(1900, 1, 1)
LATEST = date(2100, 12, 31)
BIRTH_YEAR_MIN = 1880

_DAY_FIRST = re.compile(
    r"([0-9]{1,2}) *[/.\- ] *([0-9]{1,2}) *[/.\- ] *([0-9]{4}|[0-9]{2})(?: [0-9:]+)?"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})[/.-]([0-9]{1,2})[/.-]([0-9]{1,2})(?:[t ][0-9:.]+z?)?")
_IN_WORDS = re.compile(r"(?:ngay )?([0-9]{1,2}) thang ([0-9]{1,2}) nam ([0-9]{4})")
_YEAR = re.compile(r"(?:nam )?([0-9]{4})")
_YEAR_OF_UNKNOWN_DAY = re.compile(r"00?/00?/([0-9]{4})")
# A bare year typed into a cell formatted as a date is shown as a day of 1905.
_YEAR_AS_SERIAL = (date(1905, 3, 1), date(1905, 7, 31))


def day(cell: Cell) -> date:
    """A calendar date from 1900 to 2100; two-digit years 00-49 are this century's."""
    return _day(cell, _century)


def birth(cell: Cell) -> tuple[int, date | None]:
    """The year of birth and, where the book has it, the whole date."""
    value = cell.value
    if not isinstance(value, bool) and isinstance(value, int | float | Decimal):
        return _birth_year(cell, str(value)), None
    if isinstance(value, str):
        text = value.strip()
        if found := _YEAR_OF_UNKNOWN_DAY.fullmatch(text) or _YEAR.fullmatch(plain(text)):
            return _birth_year(cell, found[1]), None
    on = _day(cell, _century_of_birth)
    return on.year, on


def _birth_year(cell: Cell, text: str) -> int:
    text = text.removesuffix(".0")
    if text.isascii() and text.isdigit() and BIRTH_YEAR_MIN <= int(text[:9]) <= LATEST.year:
        return int(text)
    raise CellError("date-unreadable", f"{shown(cell)} không phải ngày hay năm sinh.")


def _day(cell: Cell, century: Callable[[Cell, int], int]) -> date:
    value = cell.value
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        if _YEAR_AS_SERIAL[0] <= value <= _YEAR_AS_SERIAL[1]:
            raise CellError(
                "date-ambiguous",
                f"{shown(cell)}: có lẽ là một năm gõ vào ô định dạng ngày. Hãy viết đủ ngày.",
            )
        return _within(cell, value)
    if isinstance(value, ErrorValue):
        raise CellError("cell-error", f"Ô báo lỗi {shown(cell)}.")
    if not isinstance(value, str):
        raise CellError(
            "date-unreadable", f"{shown(cell)} là số, không phải ngày; hãy viết như 15/03/2018."
        )
    return _within(cell, _written(cell, value.strip().lower(), century))


def _written(cell: Cell, text: str, century: Callable[[Cell, int], int]) -> date:
    if found := _DAY_FIRST.fullmatch(text) or _IN_WORDS.fullmatch(plain(text)):
        days, months, years = found.groups()
    elif found := _YEAR_FIRST.fullmatch(text):
        years, months, days = found.groups()
    else:
        raise CellError(
            "date-unreadable", f"{shown(cell)} không phải ngày; hãy viết như 15/03/2018."
        )
    year = century(cell, int(years)) if len(years) == 2 else int(years)
    try:
        return date(year, int(months), int(days))
    except ValueError as error:
        raise CellError(
            "date-impossible", f"Không có ngày {shown(cell)} (ngày trước, tháng sau)."
        ) from error


def _within(cell: Cell, on: date) -> date:
    if not EARLIEST <= on <= LATEST:
        raise CellError("date-out-of-range", f"Ngày {shown(cell)} nằm ngoài 1900-2100.")
    return on


def _century(_: Cell, year: int) -> int:
    return 2000 + year if year < 50 else 1900 + year


def _century_of_birth(cell: Cell, year: int) -> int:
    """A member born "15" may be over a hundred or a child: only the book's keeper knows."""
    if 10 <= year < 30:
        raise CellError("date-ambiguous", f"{shown(cell)}: hãy viết năm sinh đủ bốn chữ số.")
    return 2000 + year if year < 10 else 1900 + year
