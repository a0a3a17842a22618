"""Rows out as text, CSV or XLSX: one table, three papers.

CSV is UTF-8 with BOM, as Excel expects; cells that begin like a formula are neutralised. XLSX has
numbers as numbers and text as text, whatever it begins with.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO

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


def shown(value: Any) -> str:
    """A value as people read it: dd/mm/yyyy, thousands with points, blank for nothing."""
    match value:
        case None | False:
            return ""
        case True:
            return "có"
        case int():
            return f"{value:,}".replace(",", ".")
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
    if isinstance(value, int):
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


def as_xlsx(table: Table) -> bytes:
    out = io.BytesIO()
    write_xlsx(table, out)
    return out.getvalue()


def write_xlsx(table: Table, out: BinaryIO) -> None:
    """The same bytes for the same rows: no clock goes into the file. Kept on disk, row by row."""
    import xlsxwriter  # here: 0.15 s that other commands need not pay

    book = xlsxwriter.Workbook(
        out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": table.title, "created": datetime(2026, 1, 1)})  # noqa: DTZ001
    heading = book.add_format({"bold": True, "bottom": 1})
    money = book.add_format({"num_format": "#,##0"})
    day = book.add_format({"num_format": "dd/mm/yyyy"})
    sheet = book.add_worksheet(table.title[:31])
    sheet.freeze_panes(1, 0)
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column, heading)
        sheet.set_column(at, at, max(12, len(column) + 2))
    try:
        for line, row in enumerate(table.rows, start=1):
            for at, value in enumerate(row):
                if isinstance(value, bool) or value is None:
                    sheet.write_string(line, at, shown(value))
                elif isinstance(value, int):
                    sheet.write_number(line, at, value, money)
                elif isinstance(value, datetime):
                    sheet.write_datetime(line, at, value.replace(tzinfo=None), day)
                elif isinstance(value, date):
                    sheet.write_datetime(line, at, value, day)
                else:
                    sheet.write_string(line, at, str(value))
    finally:
        book.close()  # also when a row fails: the rows so far lie in a file beside
