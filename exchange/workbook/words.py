"""The fixed vocabularies of a club's book: sex, household, method, source of capital, thu or chi.

Written words are compared without tones and signs; an unknown word is refused, never guessed.
"""

from typing import Literal

from exchange.workbook.cells import Cell, CellError, shown
from exchange.workbook.text import plain

Sex = Literal["male", "female"]
Household = Literal["poor", "near_poor", "escaped", "difficult", "other"]
Method = Literal["interest_free", "flat", "equal_principal", "equal_instalment", "bullet"]
Source = Literal[
    "state_budget",
    "donor_project",
    "association",
    "members",
    "benefactor",
    "capitalised_interest",
]
Direction = Literal["receipt", "payment"]

_SEX: dict[str, Sex] = {
    "nam": "male",
    "trai": "male",
    "ong": "male",
    "nu": "female",
    "gai": "female",
    "ba": "female",
}

# Longer words first: "can ngheo" and "thoat ngheo" hold "ngheo".
_HOUSEHOLD: list[tuple[str, Household]] = [
    ("thoat ngheo", "escaped"),
    ("can ngheo", "near_poor"),
    ("kho khan", "difficult"),
    ("ngheo", "poor"),
    ("khac", "other"),
]
_ORDINARY = frozenset({"", "khong", "binh thuong", "thuong", "ho thuong", "trung binh", "kha"})
_ORDINARY_HOUSEHOLD = frozenset({"ho binh thuong", "ho trung binh", "ho kha", "khong ngheo"})

# "Gốc đều, lãi phẳng" is flat; "trả góp đều" is an annuity; so the order matters.
_METHOD: list[tuple[str, Method]] = [
    ("khong lai", "interest_free"),
    ("khong tinh lai", "interest_free"),
    ("khong lay lai", "interest_free"),
    ("mien lai", "interest_free"),
    ("interest free", "interest_free"),
    ("lai phang", "flat"),
    ("lai co dinh", "flat"),
    ("lai tren goc ban dau", "flat"),
    ("flat", "flat"),
    ("giam dan", "equal_principal"),
    ("goc cuoi ky", "bullet"),
    ("goc mot lan", "bullet"),
    ("bullet", "bullet"),
    ("nien kim", "equal_instalment"),
    ("tra gop deu", "equal_instalment"),
    ("goc va lai deu", "equal_instalment"),
    ("goc lai deu", "equal_instalment"),
    ("equal instalment", "equal_instalment"),
    ("goc deu", "equal_principal"),
    ("goc chia deu", "equal_principal"),
    ("equal principal", "equal_principal"),
]

_SOURCE: list[tuple[str, Source]] = [
    ("lai nhap von", "capitalised_interest"),
    ("lai nhap goc", "capitalised_interest"),
    ("nhap lai vao von", "capitalised_interest"),
    ("ngan sach", "state_budget"),
    ("du an", "donor_project"),
    ("tai tro", "donor_project"),
    ("hoi nct", "association"),
    ("nguoi cao tuoi", "association"),
    ("thanh vien", "members"),
    ("hoi vien", "members"),
    ("hao tam", "benefactor"),
]

_DIRECTION: dict[str, Direction] = {
    "thu": "receipt",
    "phieu thu": "receipt",
    "pt": "receipt",
    "chi": "payment",
    "phieu chi": "payment",
    "pc": "payment",
}


def _words(cell: Cell) -> str:
    return plain(cell.value) if isinstance(cell.value, str) else ""


def sex(cell: Cell) -> Sex:
    found = _SEX.get(_words(cell))
    if found is None:
        raise CellError("sex-unknown", f"{shown(cell)}: hãy ghi Nam hoặc Nữ.")
    return found


def household(cell: Cell) -> Household | None:
    """None is an ordinary household."""
    words = _words(cell)
    if words in _ORDINARY or words in _ORDINARY_HOUSEHOLD:
        return None
    for part, found in _HOUSEHOLD:
        if part in words:
            return found
    raise CellError(
        "household-unknown",
        f"{shown(cell)}: hãy ghi Hộ nghèo, Hộ cận nghèo, Mới thoát nghèo, "
        "Hoàn cảnh khó khăn hoặc để trống.",
    )


def method(cell: Cell) -> Method:
    words = _words(cell)
    if "lai cuoi ky" in words:
        # Interest also only at the end: none of the five methods.
        raise _method_unknown(cell)
    for part, found in _METHOD:
        if part in words:
            return found
    raise _method_unknown(cell)


def _method_unknown(cell: Cell) -> CellError:
    return CellError(
        "method-unknown",
        f"{shown(cell)}: hãy ghi Gốc đều, lãi giảm dần; Trả gốc cuối kỳ; Lãi phẳng; "
        "Trả góp đều; hoặc Không lãi.",
    )


def source(cell: Cell) -> Source:
    words = _words(cell)
    sources = {found for part, found in _SOURCE if part in words}
    if len(sources) == 1:
        return sources.pop()
    raise CellError(
        "source-unknown",
        f"{shown(cell)}: hãy ghi Ngân sách nhà nước, Dự án tài trợ, Hội Người cao tuổi, "
        "Đóng góp thành viên, Nhà hảo tâm hoặc Lãi nhập vốn.",
    )


def direction(cell: Cell) -> Direction:
    found = _DIRECTION.get(_words(cell))
    if found is None:
        raise CellError("direction-unknown", f"{shown(cell)}: hãy ghi Thu hoặc Chi.")
    return found
