"""The sheet of items about the club: a name to the left, its value to the right."""

from collections.abc import Callable
from typing import TypeVar

from exchange.workbook import cells, dates
from exchange.workbook.cells import Cell
from exchange.workbook.faults import Report
from exchange.workbook.reader import RowReader
from exchange.workbook.rows import ClubInfo, Digests
from exchange.workbook.sheets import Column, Table, club_key, per_year
from exchange.workbook.text import printable

Some = TypeVar("Some")


def take_club(table: Table, report: Report, digests: Digests) -> ClubInfo | None:
    """The club as the sheet describes it; its `row` is the row of the club's name."""
    items = _items(table, report)
    sheet = table.sheet.name
    if "name" not in items:
        first = min(table.sheet.rows, default=1)
        title = table.kind.title("name")
        report.fault(sheet, first, title, "value-missing", "Thiếu tên câu lạc bộ.")
        return None

    def read(key: str, parse: Callable[[Cell], Some]) -> Some | None:
        return items[key].maybe(key, parse) if key in items else None

    name = items["name"].need("name", cells.text)
    yearly = "rate" in items and per_year(items["rate"].columns["rate"].title)
    rate = read("rate", lambda cell: cells.rate(cell, "year" if yearly else "month"))
    club = ClubInfo(
        sheet=sheet,
        row=items["name"].number,
        name=name or "",
        hamlet=read("hamlet", cells.text),
        commune=read("commune", cells.text),
        district=read("district", cells.text),
        province=read("province", cells.text),
        decision=read("decision", cells.text),
        founded_on=read("founded_on", dates.day),
        chair=read("chair", cells.name),
        accountant=read("accountant", cells.name),
        treasurer=read("treasurer", cells.name),
        secretary=read("secretary", cells.name),
        meeting_day=read("meeting_day", cells.day_of_month),
        rate_percent=rate[0] if rate else None,
        rate_per=rate[1] if rate else "month",
    )
    if any(item.failed for item in items.values()):
        return None
    return digests.sign("club", club)


def _items(table: Table, report: Report) -> dict[str, RowReader]:
    """A reader for each item: the first text of a row names it, the next cell is its value."""
    sheet = table.sheet.name
    items: dict[str, RowReader] = {}
    for number, row in sorted(table.sheet.rows.items()):
        filled = [at for at in sorted(row) if not row[at].blank or row[at].formula]
        if len(filled) < 2:
            continue
        title = printable(str(row[filled[0]].value).strip()[:200])
        key = club_key(row)
        if key is None:
            report.warn(sheet, number, title, "item-unknown", "Mục này không được lấy vào sổ.")
        elif key in items:
            report.fault(sheet, number, title, "item-doubled", "Mục này ghi hai lần.")
        else:
            column = Column(filled[1], title)
            cell = row[filled[1]]
            items[key] = RowReader(sheet, number, {key: cell}, {key: column}, report)
    return items
