"""One row of a table under the reader's finger: each cell asked for by its column."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from exchange.workbook.cells import BLANK, Cell, CellError
from exchange.workbook.faults import Report
from exchange.workbook.sheets import Column, letters

Some = TypeVar("Some")


class RowReader:
    """Reads typed values and reports what cannot be read; one pass finds all faults of a row."""

    def __init__(
        self,
        sheet: str,
        number: int,
        cells: Mapping[str, Cell],
        columns: Mapping[str, Column],
        report: Report,
    ) -> None:
        self.sheet = sheet
        self.number = number
        self.columns = columns
        self.failed = False
        self._cells = cells
        self._report = report

    def has(self, key: str) -> bool:
        """Whether the cell holds a value."""
        return not self.cell(key).blank

    def cell(self, key: str) -> Cell:
        return self._cells.get(key, BLANK)

    def need(self, key: str, parse: Callable[[Cell], Some]) -> Some | None:
        """The value; None only where a fault was reported."""
        if self.cell(key).blank and not self.cell(key).formula:
            self.fault(key, "value-missing", f"Thiếu «{self.columns[key].title}».")
            return None
        return self.maybe(key, parse)

    def maybe(self, key: str, parse: Callable[[Cell], Some]) -> Some | None:
        """The value, or None where the cell is blank or a fault was reported."""
        cell = self.cell(key)
        if cell.formula and cell.value is None:
            self.fault(
                key,
                "formula-without-value",
                f"Ô {self.place(key)} là công thức chưa có kết quả. Hãy mở sổ, lưu lại rồi nhập.",
            )
            return None
        if cell.blank:
            return None
        if cell.formula:
            self.warn(
                key,
                "formula-cell",
                f"Ô {self.place(key)} là công thức; lấy kết quả lưu trong tệp, hãy đối chiếu.",
            )
        try:
            return parse(cell)
        except CellError as error:
            self.fault(key, error.code, error.message)
            return None

    def fault(self, key: str | None, code: str, message: str) -> None:
        self.failed = True
        self._report.fault(self.sheet, self.number, self._title(key), code, message)

    def warn(self, key: str | None, code: str, message: str) -> None:
        self._report.warn(self.sheet, self.number, self._title(key), code, message)

    def place(self, key: str) -> str:
        """`F12`."""
        return f"{letters(self.columns[key].number)}{self.number}"

    def _title(self, key: str | None) -> str | None:
        return None if key is None else self.columns[key].title
