"""One sheet's XML as rows of plain cells, in a single streaming pass. Runs in the child.

Own reader rather than openpyxl's: a formula and its stored value come out of one pass, a lying
`<dimension>` hides nothing, rows out of order and merged cells are seen, and memory stays flat
since no tree is built.
"""

import re
from typing import IO
from xml.parsers import expat

from exchange.workbook.plain_cells import (
    PlainCell,
    SheetContext,
    TooLarge,
    Unreadable,
    plain_cell,
)

ROWS_MAX = 20_000
COLUMNS_MAX = 100
MERGES_MAX = 2_000
# Rows that merged ranges may cover in all, counted once for each range.
MERGED_ROWS_MAX = 100_000

PlainRow = tuple[int, list[PlainCell]]

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


class EntitiesRefused(Exception):
    """The XML declares a document type, and with it could declare entities."""


def read_sheet(stream: IO[bytes], context: SheetContext) -> tuple[list[PlainRow], list[list[int]]]:
    """The rows that hold something, and the merged ranges `[row, column, row, column]`."""
    reader = _SheetReader(context)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.ParseFile(stream)
    return reader.rows, reader.merged


def column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


class _SheetReader:
    """What the parser meets, element by element; prefixes of names are passed over."""

    def __init__(self, context: SheetContext) -> None:
        self.rows: list[PlainRow] = []
        self.merged: list[list[int]] = []
        self._context = context
        self._inside = False
        self._phonetic = False
        self._row = 0
        self._cells: list[PlainCell] = []
        self._column = 0
        self._cell: dict[str, str] | None = None
        self._formula = False
        self._value: list[str] | None = None
        self._collecting = False
        self._merged_rows = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._context.budget.elements -= 1
        if self._context.budget.elements < 0:
            raise TooLarge("quá nhiều ô")
        name = name.rpartition(":")[2]
        if name == "sheetData":
            self._inside = True
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif not self._inside:
            return
        elif name == "c":
            self._place(attributes.get("r"))
            self._cell, self._value, self._formula = attributes, None, False
        elif name == "row":
            self._row = self._row_number(attributes.get("r"))
            self._cells, self._column = [], 0
        elif name == "f":
            self._formula = True
        elif name == "rPh":
            self._phonetic = True
        elif name in ("v", "t") and not self._phonetic:
            self._value = self._value or []
            self._collecting = True

    def text(self, data: str) -> None:
        if self._collecting and self._value is not None:
            self._value.append(data)

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name in ("v", "t"):
            self._collecting = False
        elif name == "rPh":
            self._phonetic = False
        elif name == "c" and self._cell is not None:
            self._keep(self._cell)
            self._cell = None
        elif name == "row" and self._inside and self._cells:
            if self._row > ROWS_MAX:
                raise TooLarge(f"hơn {ROWS_MAX} dòng")
            self.rows.append((self._row, self._cells))
            self._cells = []
        elif name == "sheetData":
            self._inside = False

    def doctype(self, *_: object) -> None:
        raise EntitiesRefused

    def _row_number(self, text: str | None) -> int:
        if text is None:
            return self._row + 1
        if not (text.isascii() and text.isdigit() and len(text) <= 7) or int(text) <= self._row:
            raise Unreadable("các dòng không theo thứ tự")
        return int(text)

    def _place(self, reference: str | None) -> None:
        if reference is None:
            self._column += 1
            return
        found = _REFERENCE.fullmatch(reference)
        if found is None or int(found[2]) != self._row:
            raise Unreadable(f"ô {reference[:12]} nằm sai dòng {self._row}")
        column = column_number(found[1])
        if column <= self._column:
            raise Unreadable(f"các ô của dòng {self._row} không theo thứ tự")
        self._column = column

    def _keep(self, attributes: dict[str, str]) -> None:
        value = None if self._value is None else "".join(self._value)
        cell = plain_cell(self._column, attributes, value, self._formula, self._context)
        if cell is None:
            return
        if self._column > COLUMNS_MAX:
            raise TooLarge(f"hơn {COLUMNS_MAX} cột")
        self._context.budget.spend(cell[2])
        self._cells.append(cell)

    def _merge(self, reference: str) -> None:
        corners = reference.split(":")
        first, last = _REFERENCE.fullmatch(corners[0]), _REFERENCE.fullmatch(corners[-1])
        if first is None or last is None:
            raise Unreadable("ô gộp không đọc được")
        top, bottom = int(first[2]), int(last[2])
        self.merged.append([top, column_number(first[1]), bottom, column_number(last[1])])
        self._merged_rows += max(min(bottom, ROWS_MAX) - top + 1, 0)
        if len(self.merged) > MERGES_MAX or self._merged_rows > MERGED_ROWS_MAX:
            raise TooLarge("quá nhiều ô gộp")
