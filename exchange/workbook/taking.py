"""Takes the rows of one recognised sheet: blank rows, totals, repeated headers and all."""

from collections.abc import Mapping
from decimal import Decimal

from exchange.workbook.cells import Cell, CellError, amount
from exchange.workbook.columns import UNSAID
from exchange.workbook.dates import day
from exchange.workbook.faults import Report
from exchange.workbook.reader import RowReader
from exchange.workbook.rows import Digests, Row
from exchange.workbook.sheets import Table, check_header, repeats_header
from exchange.workbook.takers import TAKERS, dong
from exchange.workbook.text import fold, plain
from exchange.workbook.times import days_in_all
from exchange.workbook.totals import Sum, Totals, is_total, label_of


def take_rows(table: Table, report: Report, digests: Digests) -> list[Row]:
    """The typed rows of a sheet; everything else about it goes into the report."""
    if not check_header(table, report):
        return []
    taken: list[Row] = []
    totals = Totals()
    after_total = False
    merged = _merged_rows(table)
    columns = table.columns()
    for number, cells in body(table):
        named = _named(table, cells)
        if _stands_for_total(table, named, cells):
            _check_total(table, number, named, label_of(cells), totals, report)
            after_total = True
            continue
        if _nothing_typed(named) or repeats_header(table, cells):
            continue
        if _is_remark(table, named, cells, after_total):
            report.warn(
                table.sheet.name, number, None, "row-not-taken", "Dòng này không có số liệu."
            )
            continue
        reader = RowReader(table.sheet.name, number, named, columns, report)
        if number in merged:
            reader.fault(None, "merged-cells", "Dòng có ô gộp. Hãy bỏ gộp và điền đủ từng ô.")
            row = None
        else:
            row = TAKERS[table.kind.key](reader)
        if row is None:
            totals.certain = False
        else:
            totals.add(row)
            taken.append(digests.sign(table.kind.key, row))
    return taken


def body(table: Table) -> list[tuple[int, Mapping[int, Cell]]]:
    """The rows under the header that hold something."""
    return [
        (number, cells)
        for number, cells in sorted(table.sheet.rows.items())
        if number > table.header.last_row
        and any(not cell.blank or cell.formula for cell in cells.values())
    ]


def _named(table: Table, cells: Mapping[int, Cell]) -> dict[str, Cell]:
    return {
        key: cells[column]
        for key, column in table.header.columns.items()
        if column in cells and (not cells[column].blank or cells[column].value is None)
    }


def _nothing_typed(named: Mapping[str, Cell]) -> bool:
    """A blank row, or one where only formulas wait for figures to come."""
    return all(
        cell.formula and (key == "total" or cell.value in ("", 0)) for key, cell in named.items()
    )


def _stands_for_total(table: Table, named: Mapping[str, Cell], cells: Mapping[int, Cell]) -> bool:
    """A total row has its label, and neither date nor voucher."""
    label = label_of(cells)
    own = [named[key] for key in ("date", "joined", "voucher") if key in named]
    return bool(label) and all(
        isinstance(cell.value, str) and fold(cell.value) == label for cell in own
    )


def _is_remark(
    table: Table, named: Mapping[str, Cell], cells: Mapping[int, Cell], after_total: bool
) -> bool:
    """A year's title, a signature: one lone text, or words alone under the total."""
    if not all(isinstance(cell.value, str) for cell in named.values()):
        return False
    figures = "".join(str(named[key].value) for key in table.kind.amounts if key in named)
    if after_total and "voucher" not in named and not any(map(str.isdigit, figures)):
        # Where no money is, a row of texts is a row all the same: its date, and something beside.
        return bool(table.kind.amounts) or len(named) < 2 or not _holds_fact(table, named)
    filled = [column for column, cell in cells.items() if not cell.blank]
    of_people = table.kind.key in ("members", "volunteers")
    return len(filled) == 1 and not of_people and not _holds_fact(table, named)


def _holds_fact(table: Table, named: Mapping[str, Cell]) -> bool:
    """Whether a date or money stands in its column: then the rest of a row is missing."""
    if any(key in named for key in (*table.kind.amounts, "counted")):
        return True
    try:
        return "date" in named and bool(day(named["date"]))
    except CellError:
        return False


def _check_total(
    table: Table,
    number: int,
    named: Mapping[str, Cell],
    label: str,
    totals: Totals,
    report: Report,
) -> None:
    """A formula is fine here; a wrong sum refuses the book, unless rows are missing anyway."""
    for key in (*table.kind.amounts, *table.kind.days):
        cell = named.get(key)
        if cell is None or cell.blank or not totals.certain:
            continue
        if isinstance(cell.value, str) and is_total(plain(cell.value)):
            continue
        try:
            stated = days_in_all(cell) if key in table.kind.days else amount(cell, zero=True)
        except CellError as error:
            report.fault(table.sheet.name, number, table.title(key), error.code, error.message)
            continue
        if not totals.fits(key, label, stated):
            said = _work_days if key in table.kind.days else dong
            expected = totals.expected(key, label)
            report.fault(
                table.sheet.name,
                number,
                table.title(key),
                "total-mismatch",
                f"Dòng cộng ghi {said(stated)} nhưng các dòng trên cộng lại là {said(expected)}.",
            )
    totals.close_section()


def _work_days(days: Sum) -> str:
    """`12,5 công`."""
    return f"{Decimal(days).normalize():f} công".replace(".", ",")


def _merged_rows(table: Table) -> set[int]:
    """Rows where a merged range hides or doubles a cell that would be taken."""
    columns = set(table.header.columns.values())
    unsaid = {column for column, title in table.header.titles.items() if plain(title) in UNSAID}
    rows: set[int] = set()
    for merged in table.sheet.merged:
        touched = set(range(merged.column, min(merged.last_column, 16_384) + 1))
        if touched & columns and touched - unsaid:
            rows.update(range(merged.row, min(merged.last_row, max(table.sheet.rows)) + 1))
    return rows
