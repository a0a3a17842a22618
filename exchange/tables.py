"""Rows out as text, CSV or XLSX: one table, three papers.

CSV is UTF-8 with BOM, as Excel expects; cells that begin like a formula are neutralised. XLSX has
numbers as numbers and text as text, whatever it begins with.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, BinaryIO, NamedTuple

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Table:
    """Vietnamese column titles and rows of plain values; `bool` is written có / blank."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[Any]]


def dong(amount: int) -> str:
    """`1.234.567 ₫`, with the no-break space the language asks for."""
    return f"{amount:,}".replace(",", ".") + "\u00a0₫"


_SWAPPED = str.maketrans(",.", ".,")


def shown(value: Any) -> str:
    """A value as people read it: dd/mm/yyyy, thousands with points, blank for nothing.

    A `Decimal` is a share of one, and is shown as a percentage.
    """
    match value:
        case None | False:
            return ""
        case True:
            return "có"
        case int():
            return f"{value:,}".replace(",", ".")
        case Decimal():
            hundredths = (value * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
            return f"{hundredths:,f}".translate(_SWAPPED) + "\u00a0%"
        case datetime():
            return value.strftime("%d/%m/%Y %H:%M")
        case date():
            return value.strftime("%d/%m/%Y")
        case _:
            return str(value)


def as_csv(table: Table) -> bytes:
    out = io.BytesIO()
    write_csv(table, out)
    return out.getvalue()


def write_csv(table: Table, out: BinaryIO) -> None:
    """Row by row: a table of any length takes no more memory than one row."""
    text = io.TextIOWrapper(out, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_csv_cell(value) for value in row])
    text.detach()  # the file stays its owner's


def _csv_cell(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return shown(value)
    if isinstance(value, int | Decimal):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return neutral(str(value))


def neutral(text: str) -> str:
    """A text that no spreadsheet takes for a formula; `plain` has it back as it was.

    An apostrophe at the front is doubled, so that taking one away is right for every cell.
    """
    return "'" + text if text.startswith(("'", *FORMULA_STARTS)) else text


def plain(cell: str) -> str:
    """What a text cell of our own CSV says."""
    return cell.removeprefix("'")


def as_xlsx(*tables: Table) -> bytes:
    out = io.BytesIO()
    write_xlsx(out, *tables)
    return out.getvalue()


def write_xlsx(out: BinaryIO, *tables: Table) -> None:
    """A sheet for each table; the same bytes for the same rows, as no clock goes into the file.

    Kept on disk, row by row: a table may have any number of them.
    """
    import xlsxwriter  # here: 0.15 s that other commands need not pay

    book = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties(
        {"title": tables[0].title, "created": datetime(2026, 1, 1)}  # noqa: DTZ001
    )
    formats = _Formats(
        heading=book.add_format({"bold": True, "bottom": 1}),
        money=book.add_format({"num_format": "#,##0"}),
        day=book.add_format({"num_format": "dd/mm/yyyy"}),
        share=book.add_format({"num_format": "0.00%"}),
    )
    try:
        names: list[str] = []
        for table in tables:
            names.append(_sheet_name(table.title, names))
            _write_sheet(book.add_worksheet(names[-1]), table, formats)
    finally:
        book.close()  # also when a row fails: the rows so far lie in a file beside


def _sheet_name(title: str, taken: list[str]) -> str:
    """The title as Excel takes it: 31 characters, none of []:*?/\\, no name twice in any case."""
    name = "".join("-" if c in "[]:*?/\\" else c for c in title)[:31].strip("'") or "Trang"
    others = {one.casefold() for one in taken}
    number = 2
    while name.casefold() in others:
        mark = f" ({number})"
        name, number = name[: 31 - len(mark)] + mark, number + 1
    return name


class _Formats(NamedTuple):
    heading: Any
    money: Any
    day: Any
    share: Any


def _write_sheet(sheet: Any, table: Table, formats: _Formats) -> None:
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column, formats.heading)
        sheet.set_column(at, at, max(12, len(column) + 2))
    for line, row in enumerate(table.rows, start=1):
        for at, value in enumerate(row):
            if isinstance(value, bool) or value is None:
                sheet.write_string(line, at, shown(value))
            elif isinstance(value, int):
                sheet.write_number(line, at, value, formats.money)
            elif isinstance(value, Decimal):
                sheet.write_number(line, at, value, formats.share)
            elif isinstance(value, datetime):
                sheet.write_datetime(line, at, value.replace(tzinfo=None), formats.day)
            elif isinstance(value, date):
                sheet.write_datetime(line, at, value, formats.day)
            else:
                sheet.write_string(line, at, str(value))
