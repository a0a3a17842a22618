"""How long somebody was at it, as clubs write it: clock times, minutes or hours, work-days."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from exchange.workbook.cells import Cell, CellError, ErrorValue, shown, whole
from exchange.workbook.text import cleaned, plain

DAY_MINUTES = 24 * 60
WORK_DAYS_MAX = 1_000

# 15h30, 8h, 15:30, 15:30:00, 15 giờ 30, 7.30, 0730; then the part of the day.
_CLOCK = re.compile(
    r"([0-9]{1,2}) *(?:h|g|giờ|gio|[:.])? *([0-9]{2}|rưỡi)?(?::[0-9]{2})? *(?:p|phút)? *"
    r"(sáng|trưa|chiều|tối|am|pm|sa|ch)?"
)
_LENGTH = re.compile(
    r"(?:([0-9]{1,3})(?:[.,]([0-9]{1,2}))? *(?:h|g|giờ|tiếng))? *"
    r"(?:([0-9]{1,5}) *(?:p|ph|phút|')?)?"
)
_NUMBER = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,4}))?")
_FRACTION = re.compile(r"([0-9]) */ *([1-9])")
_UNITS = re.compile(r" *(?:ngày công|ngày|công)$")
_HALVES = frozenset({"nua", "nua ngay", "nua cong", "nua ngay cong", "nua buoi", "mot buoi"})
_HALVES |= {"buoi", "1 buoi", "buoi sang", "buoi chieu", "sang", "chieu"}
_WHOLES = frozenset({"mot", "ca ngay", "mot ngay", "mot cong", "1 ngay", "hai buoi", "2 buoi"})


@dataclass(frozen=True, slots=True)
class Said:
    """One way of saying how long: from and to, minutes, or work-days."""

    start: str | None = None
    end: str | None = None
    minutes: int | None = None
    work_days: Decimal | None = None


def clock(cell: Cell) -> str:
    """`15:30`, from a time cell, a part of a day (0.6458), a whole hour or written words."""
    minutes = _clock_minutes(cell)
    if minutes is None or not 0 <= minutes < DAY_MINUTES:
        raise CellError(
            "time-unreadable", f"{shown(cell)} không phải giờ; hãy viết như 15h30 hoặc 15:30."
        )
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _clock_minutes(cell: Cell) -> int | None:
    value = cell.value
    _refuse_error(cell)
    if isinstance(value, datetime):
        return value.hour * 60 + value.minute
    if isinstance(value, str):
        return _written_clock(_lowered(value))
    number = _number(cell)
    if number is None or number < 0:
        return None
    if number < 1:
        return round(number * DAY_MINUTES)
    if number != number.to_integral_value():
        raise CellError(
            "time-ambiguous", f"{shown(cell)}: giờ hay phút? Hãy viết như 7h30 hoặc 7:30."
        )
    hours, minutes = (int(number), 0) if number < 100 else divmod(int(number), 100)
    return hours * 60 + minutes if minutes < 60 else None


def _written_clock(text: str) -> int | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hours, part = int(found[1]), found[3]
    minutes = 30 if found[2] == "rưỡi" else int(found[2] or 0)
    late = part in ("chiều", "tối", "pm", "ch") or (part == "trưa" and hours < 3)
    if late and hours < 12:
        hours += 12
    elif part in ("sáng", "am", "sa") and hours == 12:
        hours = 0
    return hours * 60 + minutes if minutes < 60 else None


def minutes(cell: Cell) -> int:
    """`90`, `90 phút`, `1h30`: above 0, within a day."""
    number = _number(cell)
    if number is None and isinstance(cell.value, str) and _lowered(cell.value).isdigit():
        return _within_a_day(cell, whole(cell, most=10**9))
    if number is not None and number == number.to_integral_value():
        return _within_a_day(cell, int(number))
    return _length(cell)


def hours(cell: Cell) -> int:
    """Minutes of a column that counts hours: `1,5`, `2 giờ`."""
    number = _number(cell)
    if number is None and isinstance(cell.value, str):
        found = _NUMBER.fullmatch(_lowered(cell.value))
        number = _decimal(found) if found else None
    return _length(cell) if number is None else _within_a_day(cell, round(number * 60))


def length(cell: Cell) -> Said:
    """Minutes or hours with their unit, `15h30-16h30`, half a day (`nửa ngày`, `buổi sáng`)."""
    if isinstance(cell.value, str):
        words = plain(cell.value)
        if words in _HALVES:
            return Said(work_days=Decimal("0.5"))
        if words in _WHOLES:
            return Said(work_days=Decimal(1))
        parts = re.split(r" *(?:-|–|đến|tới) *", _lowered(cell.value))
        if len(parts) == 2:
            return Said(start=clock(Cell(parts[0])), end=clock(Cell(parts[1])))
    return Said(minutes=_length(cell))


def _length(cell: Cell) -> int:
    _refuse_error(cell)
    if isinstance(cell.value, str):
        text = _lowered(cell.value)
        if found := re.fullmatch(r"([0-9]{2}):([0-9]{2})", text):
            return _within_a_day(cell, int(found[1]) * 60 + int(found[2]))
        found = _LENGTH.fullmatch(text)
        said = found is not None and (found[1] is not None or not text.isdigit())
        if found is not None and text and said:
            hours = Decimal(f"{found[1] or 0}.{found[2] or 0}")
            return _within_a_day(cell, round(hours * 60 + int(found[3] or 0)))
    raise CellError(
        "time-unreadable", f"{shown(cell)} không rõ bao lâu; hãy viết như 90 phút hoặc 1,5 giờ."
    )


def _within_a_day(cell: Cell, minutes: int) -> int:
    if minutes > DAY_MINUTES:
        raise CellError("time-too-long", f"{shown(cell)}: một lần không dài quá 24 giờ.")
    if minutes <= 0:
        raise CellError("time-unreadable", f"{shown(cell)}: thời gian phải lớn hơn 0.")
    return minutes


def work_days(cell: Cell) -> Decimal:
    """Work-days above 0: 0.5, `0,5`, `1/2`, `½`, `nửa công`, `1 công`."""
    number = _days(cell)
    if not 0 < number <= WORK_DAYS_MAX or number != round(number, 4):
        raise CellError("work-days-out-of-range", f"Số công không hợp lý: {shown(cell)}.")
    return Decimal(format(number.normalize(), "f"))


def days_in_all(cell: Cell) -> Decimal:
    """Work-days of a total row, in ten-thousandths: a workbook adds up in binary."""
    return round(_days(cell), 4)


def _days(cell: Cell) -> Decimal:
    _refuse_error(cell)
    if isinstance(cell.value, date):
        raise CellError(
            "work-days-unreadable",
            f"{shown(cell)} là ngày, không phải số công; nếu là 1/2 hãy viết 0,5.",
        )
    number = _number(cell)
    if number is None and isinstance(cell.value, str):
        number = _written_days(cell.value)
    if number is None:
        raise CellError("work-days-unreadable", f"{shown(cell)} không phải số công; ví dụ 0,5.")
    return number


def _written_days(written: str) -> Decimal | None:
    text = _lowered(written).replace("½", "1/2").replace("−", "-")
    if plain(text) in _HALVES:
        return Decimal("0.5")
    if plain(text) in _WHOLES:
        return Decimal(1)
    bare = _UNITS.sub("", text)
    sign, bare = (-1, bare[1:].strip()) if bare.startswith("-") else (1, bare)
    if found := _FRACTION.fullmatch(bare):
        return sign * round(Decimal(found[1]) / int(found[2]), 4)
    found = _NUMBER.fullmatch(bare)
    return sign * _decimal(found) if found else None


def _decimal(found: re.Match[str]) -> Decimal:
    return Decimal(f"{found[1]}.{found[2] or 0}")


def _number(cell: Cell) -> Decimal | None:
    if isinstance(cell.value, bool) or not isinstance(cell.value, int | float | Decimal):
        return None
    return Decimal(str(cell.value))


def _lowered(text: str) -> str:
    try:
        return cleaned(text).lower()
    except ValueError as error:
        raise CellError("text-invalid", "Ô có ký tự điều khiển không được phép.") from error


def _refuse_error(cell: Cell) -> None:
    if isinstance(cell.value, ErrorValue):
        raise CellError("cell-error", f"Ô báo lỗi {shown(cell)}.")
