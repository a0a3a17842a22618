"""A cell of the file as plain data. Runs in the child.

A cell is `[column, kind, text, percent, formula]`; kinds: `s` text, `n` number, `d` ISO date,
`m` date and time, `t` time of day, `b` truth, `e` error value, `x` unreadable number, `` formula
without value.
Numbers stay decimal text: no float ever stands between the file and an amount.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Context, Decimal
from typing import Any

CELLS_MAX = 200_000
ELEMENTS_MAX = 1_000_000
TEXT_MAX = 16_000_000
CELL_TEXT_MAX = 8_000

PlainCell = list[Any]

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Excel shows 15 digits; the file may hold the binary tail of 0.7.
_FIFTEEN_DIGITS = Context(prec=15)
_EPOCH = date(1899, 12, 30)
_EPOCH_1904 = date(1904, 1, 1)
_SERIAL_END = 2_958_466  # 1 January 10000


class TooLarge(Exception):
    """A workbook exceeds what any club's book needs."""


class Unreadable(Exception):
    """The XML is not what a spreadsheet program writes."""


@dataclass
class Budget:
    """What the whole workbook may still use."""

    cells: int = CELLS_MAX
    elements: int = ELEMENTS_MAX
    text: int = TEXT_MAX

    def spend(self, text: str) -> None:
        self.cells -= 1
        self.text -= len(text)
        if self.cells < 0 or self.text < 0:
            raise TooLarge("quá nhiều ô")


@dataclass(frozen=True)
class SheetContext:
    """What a sheet needs of the rest of the workbook."""

    strings: Sequence[str]
    formats: Sequence[str]
    """Per cell style: `date`, `percent` or ``."""
    from_1904: bool = False
    budget: Budget = field(default_factory=Budget)


def unescaped(text: str) -> str:
    """Text without the `_x000D_` by which the format writes control characters; cut short."""
    if "_x" in text:
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return text[:CELL_TEXT_MAX]


def plain_cell(
    column: int,
    attributes: dict[str, str],
    value: str | None,
    formula: bool,
    context: SheetContext,
) -> PlainCell | None:
    """The cell, or None where it holds nothing. `value` is the text of `<v>` or `<is>`."""
    kind = attributes.get("t", "n")
    said = int(formula)
    if kind in ("str", "inlineStr"):
        # A formula may well answer with an empty text, and then says so with `<v></v>`.
        if formula and value is None:
            return [column, "", "", 0, 1]
        return [column, "s", unescaped(value or ""), 0, said] if value or formula else None
    if not value:
        return [column, "", "", 0, 1] if formula else None
    if kind == "s":
        text = context.strings[_index(value, context.strings)]
        return [column, "s", text, 0, said] if text or formula else None
    if kind in ("b", "e"):
        return [column, kind, value[:20], 0, said]
    if kind == "d":
        return [column, "d", value[:10], 0, said]
    form = context.formats[_index(attributes.get("s", "0"), context.formats)]
    return [column, *_number(value, form, context.from_1904), int(form == "percent"), said]


def _index(text: str, table: Sequence[str]) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 9 and int(text) < len(table):
        return int(text)
    raise Unreadable("một ô chỉ đến chữ hay kiểu không có trong tệp")


def _number(text: str, form: str, from_1904: bool) -> tuple[str, str]:
    try:
        number = _FIFTEEN_DIGITS.create_decimal(text.strip()) if len(text) <= 40 else None
    except ArithmeticError:  # not a number, or an exponent beyond all bounds
        number = None
    if number is None or not number.is_finite() or not -20 <= number.adjusted() <= 20:
        return "x", text[:20]
    if form == "date" and 0 <= number < _SERIAL_END:
        return _moment(number, from_1904)
    return "n", format(number.normalize(), "f")


def _moment(serial: Decimal, from_1904: bool) -> tuple[str, str]:
    days = int(serial)
    if days == 0 and not from_1904:
        minutes = round((serial - days) * 1440)
        return "t", f"{minutes // 60:02d}:{minutes % 60:02d}"
    try:
        # Excel believes in 29 February 1900.
        day = _EPOCH_1904 + timedelta(days) if from_1904 else _EPOCH + timedelta(days + (days < 60))
    except OverflowError:
        return "x", str(serial)
    minutes = min(round((serial - days) * 1440), 1439)
    if minutes:
        return "m", f"{day.isoformat()}T{minutes // 60:02d}:{minutes % 60:02d}"
    return "d", day.isoformat()
