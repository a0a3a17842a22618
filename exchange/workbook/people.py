"""Who is named in a cell: one name or several, a member or somebody from next door."""

import re
from dataclasses import dataclass

from exchange.workbook import cells
from exchange.workbook.cells import Cell, CellError, shown
from exchange.workbook.text import plain

PEOPLE_MAX = 100
GROUP_MAX = 10_000
HOUSEHOLDS_MAX = 1_000

_BETWEEN = re.compile(r"[,;+&\n]| và | với ", re.IGNORECASE)
_BRACKET = re.compile(r"\(([^)]*)\)")
_NEIGHBOUR = frozenset({"hang xom", "ngoai clb", "ngoai cau lac bo", "khong phai thanh vien"})
_NEIGHBOUR |= {"nguoi ngoai", "nguoi ngoai clb", "khong phai hoi vien", "khong la thanh vien"}
_MEMBER = frozenset({"thanh vien", "hoi vien", "trong clb", "tv", "hv", "thanh vien clb"})
# Before a name, never instead of one: "Hộ ông Lăng Văn Vượng".
_ADDRESS = re.compile(
    r"(?:(?:hộ|nhà|gia đình|ông|bà|cụ|bác|anh|chị|cô|chú|em) +)+(?=\S)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Who:
    """A name as the book writes it. `neighbour`: the book says that it is no member."""

    name: str
    neighbour: bool = False


def who(cell: Cell) -> Who:
    """One person: `Lý Thị Bông`, `Lý Thị Bông (hàng xóm)`."""
    if isinstance(cell.value, str):
        for bracket in _BRACKET.finditer(cell.value):
            if plain(bracket[1]) in _NEIGHBOUR:
                rest = cell.value[: bracket.start()] + " " + cell.value[bracket.end() :]
                return Who(cells.name(Cell(rest)), neighbour=True)
    return Who(cells.name(cell))


def several(cell: Cell) -> tuple[Who, ...]:
    """People between commas, semicolons, `và`, or on lines of their own; nobody twice."""
    if not isinstance(cell.value, str):
        return (who(cell),)
    parts = [part for part in _BETWEEN.split(cell.value) if part.strip()]
    if len(parts) > PEOPLE_MAX:
        raise CellError("too-many-people", f"Một ô không ghi quá {PEOPLE_MAX} người.")
    return tuple(dict.fromkeys(who(Cell(part)) for part in parts))


def head_count(cell: Cell, most: int = 100_000) -> int:
    """`47`, `47 người`, `47/62` (47 of 62)."""
    if isinstance(cell.value, str):
        text = cell.value.strip()
        if found := re.fullmatch(
            r"(\d{1,6}) *(?:người|nguoi|tv|thành viên|hội viên)?(?: */ *\d{1,6})?",
            text,
            re.IGNORECASE | re.ASCII,
        ):
            return cells.whole(Cell(int(found[1])), most=most)
    return cells.whole(cell, most=most)


def group(cell: Cell) -> int | None:
    """How many, where a cell for a name holds a number: `25`, `25 người`; else None."""
    number = cell.value
    if isinstance(number, str) and not re.match(r" *[0-9]", number):
        return None
    count = head_count(cell, most=GROUP_MAX)
    if count == 0:
        raise CellError("number-out-of-range", "Số người phải lớn hơn 0.")
    return count


def neighbour(cell: Cell) -> bool:
    """A tick under «Hàng xóm», or the word itself; `thành viên` is no."""
    words = plain(str(cell.value)) if isinstance(cell.value, str) else ""
    if words in _NEIGHBOUR:
        return True
    if words in _MEMBER:
        return False
    try:
        return cells.mark(cell)
    except CellError as error:
        raise CellError(
            "mark-unreadable", f"{shown(cell)}: hãy ghi “hàng xóm” hoặc để trống."
        ) from error


def without_address(name: str) -> str:
    """The name alone: `Hộ ông Lăng Văn Vượng` → `Lăng Văn Vượng`."""
    return _ADDRESS.sub("", name, count=1) if _ADDRESS.match(name) else name
