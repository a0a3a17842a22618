"""Total rows: recognised by their label, checked against the rows above them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from exchange.workbook.cells import Cell
from exchange.workbook.rows import (
    CapitalRow,
    LoanRow,
    OperatingRow,
    RepaymentRow,
    Row,
    WorkRow,
)
from exchange.workbook.text import fold, plain

Sum = int | Decimal
"""Đồng, or work-days."""
Sums = dict[str, Sum]

# With tones: Tống is a family name, tổng is not.
_TOTAL = re.compile(r"(?:tổng|cộng|tổng cộng|tổng số|luỹ kế|lũy kế)\b")
_TOTAL_WITHOUT_TONES = frozenset({"cong", "tong", "tong cong", "tong so", "luy ke"})
_LEFT = re.compile(r"(?:tồn|còn lại|số dư cuối)\b")


def label_of(cells: Mapping[int, Cell]) -> str:
    """The text that makes a row a total row, folded; empty where there is none."""
    texts = (fold(cell.value) for _, cell in sorted(cells.items()) if isinstance(cell.value, str))
    return next((text for text in texts if is_total(text)), "")


def is_total(label: str) -> bool:
    """`Cộng`, `Tổng cộng`, `Cộng thu`, `Cộng năm 2018`, `Tồn quỹ`."""
    if "đầu kỳ" in label:
        return False
    return bool(
        _TOTAL.match(label) or _LEFT.match(label) or label.rstrip(" :") in _TOTAL_WITHOUT_TONES
    )


@dataclass
class Totals:
    """Sums since the last total row and since the top: a total row may mean either."""

    section: Sums = field(default_factory=dict)
    whole: Sums = field(default_factory=dict)
    certain: bool = True
    """False once a row was refused, or says no work-days: it is missing from the sums."""

    def add(self, row: Row) -> None:
        if isinstance(row, WorkRow) and row.work_days is None:
            self.certain = False
        for key, amount in _sums(row).items():
            self.section[key] = self.section.get(key, 0) + amount
            self.whole[key] = self.whole.get(key, 0) + amount

    def close_section(self) -> None:
        self.section = {}

    def fits(self, key: str, label: str, amount: Sum) -> bool:
        """Whether a total row's amount in the column `key` is a sum of the rows above."""
        return any(amount in _meanings(sums, key, label) for sums in (self.section, self.whole))

    def expected(self, key: str, label: str) -> Sum:
        return _meanings(self.whole, key, label)[0]


def _sums(row: Row) -> Sums:
    match row:
        case CapitalRow():
            return {"amount": row.amount}
        case LoanRow():
            return {"amount": row.principal}
        case RepaymentRow():
            total = row.principal + row.interest
            return {"principal": row.principal, "interest": row.interest, "total": total}
        case OperatingRow():
            return {"amount": row.amount, row.direction: row.amount}
        case WorkRow(work_days=Decimal() as days):
            return {"days": days, "days_each": days * (len(row.workers) or 1)}
        case _:
            return {}


def _meanings(sums: Sums, key: str, label: str) -> list[Sum]:
    """What the label may claim; in a cash book `Cộng` may be the sum of all or what is left.

    Work-days may be added up as they stand in the column, or once for each of several workers.
    """
    if key == "days":
        return [sums.get("days", 0), sums.get("days_each", 0)]
    receipts, payments = sums.get("receipt", 0), sums.get("payment", 0)
    words = plain(label).split()
    if key != "amount" or (not receipts and not payments):
        return [sums.get(key, 0)]
    if _LEFT.match(label):
        return [receipts - payments]
    if "thu" in words and "chi" not in words:
        return [receipts]
    if "chi" in words and "thu" not in words:
        return [payments]
    return [sums.get(key, 0), receipts - payments]
