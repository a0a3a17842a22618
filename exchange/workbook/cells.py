"""One cell to one typed value: amounts, rates, whole numbers, marks, names, vouchers.

Every parser takes a `Cell` that holds something and raises `CellError` with a stable code.
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from domain.values import DONG_MAX
from exchange.workbook.text import (
    NAME_MAX,
    NOTE_MAX,
    cleaned,
    plain,
    printable,
    proper,
    voucher_label,
)


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """What a spreadsheet shows instead of a value: `#REF!`, or a number that is none."""

    text: str


Value = str | int | float | Decimal | date | bool | ErrorValue | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it stands in the file. `percent`: its format shows a percentage."""

    value: Value
    percent: bool = False
    formula: bool = False

    @property
    def blank(self) -> bool:
        return self.value is None or (isinstance(self.value, str) and not self.value.strip())


Per = Literal["month", "year"]

BLANK = Cell(None)


class CellError(ValueError):
    """A cell that cannot be read as what its column holds."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


_CURRENCY = re.compile(r"^₫ *| *(?:đồng|vnđ|vnd|đ|₫|d)\.?$")
_UNITS = re.compile(r"(?:triệu|trieu|tr|nghìn|nghin|ngàn|ngan|tỷ|tỉ|ty|trăm|k)\b")
_GROUPED = re.compile(r"([1-9][0-9]{0,2})((?:\.[0-9]{3})+|(?:,[0-9]{3})+|(?: [0-9]{3})+)([.,]00?)?")
_WHOLE = re.compile(r"(0|[1-9][0-9]{0,30})(?:[.,]00?)?")
_FRACTION = re.compile(r"[0-9]+[.,][0-9]+")
_NEGATIVE = re.compile(r"[-−–] *[0-9].*|\([0-9 .,]+\)")
_RATE = re.compile(
    r"([0-9]{1,4})(?:[.,]([0-9]{1,8}))? *(?:%|phần trăm)? *(?:(?:/|một|mỗi|1) *)*(tháng|năm)?"
)
_MONTHS = re.compile(r"([0-9]{1,4}) *(tháng|th|t|năm)?")
_DAY_OF_MONTH = re.compile(r"(?:ngày|mùng|mồng)? *([0-9]{1,2})(?: *h[àằ]ng tháng)?")
_PERIODS: dict[str | None, Per] = {"tháng": "month", "năm": "year"}
_YES = frozenset({"x", "co", "yes", "v", "1", "dung", "true"})
_NO = frozenset({"khong", "ko", "no", "0", "false", "sai"})
_TICKS = frozenset({"✓", "✔", "☑"})


def shown(cell: Cell) -> str:
    """The cell's content in a message, cut short."""
    value = cell.value.text if isinstance(cell.value, ErrorValue) else cell.value
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    return f"«{printable(text[:37])}…»" if len(text) > 40 else f"«{printable(text)}»"


def _lowered(text: str) -> str:
    return _cleaned(text).lower()


def _cleaned(text: str) -> str:
    try:
        return cleaned(text)
    except ValueError as error:
        raise CellError("text-invalid", "Ô có ký tự điều khiển không được phép.") from error


def _number(cell: Cell) -> Decimal | None:
    if isinstance(cell.value, bool) or not isinstance(cell.value, int | float | Decimal):
        return None
    return Decimal(str(cell.value))


def _refuse_error(cell: Cell) -> None:
    if isinstance(cell.value, ErrorValue):
        raise CellError("cell-error", f"Ô báo lỗi {shown(cell)}.")


def amount(cell: Cell, *, zero: bool = False) -> int:
    """Whole đồng above 0, or from 0 where `zero` is allowed."""
    _refuse_error(cell)
    number = _number(cell)
    if number is None and isinstance(cell.value, str):
        number = _amount_text(cell, _lowered(cell.value), zero)
    if number is None:
        raise CellError("amount-unreadable", f"{shown(cell)} không phải số tiền.")
    if number < 0:
        raise CellError("amount-negative", f"Số tiền âm: {shown(cell)}.")
    if number > DONG_MAX:
        raise CellError("amount-too-large", f"Số tiền quá lớn: {shown(cell)}.")
    if number != number.to_integral_value():
        raise CellError("amount-not-whole", f"Số tiền phải chẵn đồng: {shown(cell)}.")
    if number == 0 and not zero:
        raise CellError("amount-zero", "Số tiền phải lớn hơn 0.")
    return int(number)


def _amount_text(cell: Cell, text: str, zero: bool) -> Decimal:
    bare = _CURRENCY.sub("", re.sub(r"[\u2000-\u200a\u202f]", " ", text)).strip()
    if zero and bare in ("-", "–"):
        return Decimal(0)
    if found := _WHOLE.fullmatch(bare):
        return Decimal(found[1])
    found = _GROUPED.fullmatch(bare)
    if found and len(bare) <= 40 and (found[3] or "_")[0] != found[2][0]:
        return Decimal(found[1] + re.sub(r"[ .,]", "", found[2]))
    if _NEGATIVE.fullmatch(bare):
        raise CellError("amount-negative", f"Số tiền âm: {shown(cell)}.")
    if _UNITS.search(bare):
        raise CellError(
            "amount-in-words",
            f"{shown(cell)}: hãy viết đủ bằng chữ số, ví dụ 5.000.000 cho 5 triệu.",
        )
    if _WHOLE.match(bare) and bare.isdigit():
        raise CellError("amount-too-large", f"Số tiền quá lớn: {shown(cell)}.")
    if _FRACTION.fullmatch(bare) and len(re.split(r"[.,]", bare)[1]) != 3:
        raise CellError("amount-not-whole", f"Số tiền phải chẵn đồng: {shown(cell)}.")
    raise CellError(
        "amount-unreadable", f"{shown(cell)} không phải số tiền; hãy viết như 1.500.000."
    )


def rate(cell: Cell, per: Per = "month") -> tuple[Decimal, Per]:
    """Percent and its period: `0,7`, `0.7`, `0,7%`, `8,4%/năm`, or 0.007 shown as a percentage."""
    _refuse_error(cell)
    percent = _number(cell)
    period = per
    if percent is not None:
        percent = percent * 100 if cell.percent else percent
    elif isinstance(cell.value, str):
        text = _lowered(cell.value)
        if plain(text) in ("khong", "khong lai", "mien lai"):
            return Decimal(0), period
        if found := _RATE.fullmatch(text):
            percent = Decimal(f"{found[1]}.{found[2] or 0}")
            period = _PERIODS.get(found[3], period)
    if percent is None:
        raise CellError("percent-unreadable", f"{shown(cell)} không phải lãi suất; ví dụ 0,7.")
    if percent < 0 or percent > 100 or percent != round(percent, 8):
        raise CellError("percent-out-of-range", f"Lãi suất không hợp lý: {shown(cell)}.")
    return Decimal(format(percent.normalize(), "f")), period


def percent(cell: Cell) -> Decimal:
    """A percentage alone."""
    return rate(cell)[0]


def whole(cell: Cell, *, least: int = 0, most: int = 10_000) -> int:
    """A whole number within bounds."""
    _refuse_error(cell)
    number = _number(cell)
    if number is None and isinstance(cell.value, str):
        found = _WHOLE.fullmatch(_lowered(cell.value))
        number = Decimal(found[1]) if found else None
    if number is None or number != number.to_integral_value():
        raise CellError("number-unreadable", f"{shown(cell)} không phải số nguyên.")
    if not least <= number <= most:
        raise CellError("number-out-of-range", f"{shown(cell)} phải từ {least} đến {most}.")
    return int(number)


def months(cell: Cell) -> int:
    """A term in months: `12`, `12 tháng`, `1 năm`."""
    if isinstance(cell.value, str) and (found := _MONTHS.fullmatch(_lowered(cell.value))):
        return whole(Cell(int(found[1]) * (12 if found[2] == "năm" else 1)), least=1, most=600)
    return whole(cell, least=1, most=600)


def day_of_month(cell: Cell) -> int:
    """The day of a monthly meeting: `10`, `ngày 10`, `mùng 10 hằng tháng`."""
    if isinstance(cell.value, str) and (found := _DAY_OF_MONTH.fullmatch(_lowered(cell.value))):
        return whole(Cell(int(found[1])), least=1, most=31)
    return whole(cell, least=1, most=31)


def mark(cell: Cell) -> bool:
    """A tick: `x`, `có`, `✓`; blank, `không` and `-` are no."""
    if isinstance(cell.value, bool):
        return cell.value
    text = "" if cell.blank else shown(cell).strip("«»").strip()
    word = plain(text)
    if text in _TICKS or word in _YES:
        return True
    if text in ("", "-", "–") or word in _NO:
        return False
    raise CellError("mark-unreadable", f"{shown(cell)}: hãy ghi x hoặc để trống.")


def text(cell: Cell, longest: int = NOTE_MAX) -> str:
    """Free text on one line; a number becomes its digits."""
    _refuse_error(cell)
    value = cell.value
    if isinstance(value, bool) or value is None:
        raise CellError("text-invalid", f"{shown(cell)} không phải chữ.")
    written = format(value, "f") if isinstance(value, Decimal) else str(value)
    result = _cleaned(written)
    if len(result) > longest:
        raise CellError("text-too-long", f"Ô dài quá {longest} chữ.")
    return result


def name(cell: Cell) -> str:
    """A person's name, NFC, capitals only where they belong."""
    if not isinstance(cell.value, str):
        _refuse_error(cell)
        raise CellError("name-unreadable", f"{shown(cell)} không phải họ tên.")
    result = proper(text(cell, NAME_MAX))
    if not any(letter.isalpha() for letter in result):
        raise CellError("name-unreadable", f"{shown(cell)} không phải họ tên.")
    return result


def voucher(cell: Cell) -> str:
    """`PT-2018-0001` where it can be recognised, otherwise the bare label in the book."""
    label = voucher_label(text(cell, NAME_MAX))
    if label is None:
        raise CellError(
            "voucher-unreadable", f"{shown(cell)} không phải số phiếu; ví dụ PT-2018-0001."
        )
    return label
