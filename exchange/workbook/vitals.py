"""Health readings of a cell. A message never repeats what was read."""

import re
from decimal import Decimal

from exchange.workbook.cells import Cell, CellError, whole

_PRESSURE = re.compile(
    r"(?:ha|huyết áp)?[ :]*([0-9]{1,3}) *[/\\\-–] *([0-9]{1,3}) *(?:mm ?hg)?", re.IGNORECASE
)
_WEIGHT = re.compile(r"([0-9]{1,3})(?:[.,]([0-9]{1,3}))? *(?:kg|kí|ký|cân)?", re.IGNORECASE)
_PULSE = re.compile(r"([0-9]{1,3}) *(?:l/p|lần/phút|nhịp/phút|lần|nhịp)?", re.IGNORECASE)


def pressure(cell: Cell) -> tuple[int, int]:
    """Systolic and diastolic in mmHg: `156/68`, `156/68 mmHg`; 60-280 over 30-160."""
    found = _PRESSURE.fullmatch(cell.value.strip()) if isinstance(cell.value, str) else None
    if found is None:
        raise CellError("pressure-unreadable", "Huyết áp không đọc được; hãy viết như 130/80.")
    systolic, diastolic = int(found[1]), int(found[2])
    if not (60 <= systolic <= 280 and 30 <= diastolic <= 160 and systolic > diastolic):
        raise CellError(
            "pressure-impossible",
            "Huyết áp không thể có: tâm thu 60-280, tâm trương 30-160 và thấp hơn tâm thu.",
        )
    return systolic, diastolic


def weight_grams(cell: Cell) -> int:
    """20-200 kg, to the gram: 52.5, `52,5 kg`."""
    value = cell.value
    kilograms = None
    if isinstance(value, str) and (found := _WEIGHT.fullmatch(value.strip())):
        kilograms = Decimal(f"{found[1]}.{found[2] or 0}")
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        kilograms = Decimal(str(value))
    if kilograms is None or not 20 <= kilograms <= 200:
        raise CellError(
            "weight-impossible", "Cân nặng không hợp lý; hãy viết số kg, từ 20 đến 200."
        )
    return round(kilograms * 1000)


def pulse(cell: Cell) -> int:
    """30-220 beats a minute."""
    value = cell.value
    if isinstance(value, str) and (found := _PULSE.fullmatch(value.strip())):
        cell = Cell(int(found[1]))
    try:
        return whole(cell, least=30, most=220)
    except CellError as error:
        raise CellError("pulse-impossible", "Mạch không hợp lý; từ 30 đến 220.") from error
