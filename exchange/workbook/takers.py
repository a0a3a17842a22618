"""How a row of each kind of sheet is read. A taker answers None where it reported a fault."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Literal

from exchange.workbook import care_takers, cells, dates, words
from exchange.workbook.cells import Cell
from exchange.workbook.reader import RowReader
from exchange.workbook.rows import (
    CapitalRow,
    CountRow,
    LoanRow,
    MemberRow,
    OperatingRow,
    RepaymentRow,
    Row,
)
from exchange.workbook.sheets import per_year

CITIZEN_DIGITS = 12
OLD_CITIZEN_DIGITS = 9
MOBILE_DIGITS = 10
# Below this a monthly rate is more likely 0.007 meant as 0.7 %.
RATE_ODD_BELOW = Decimal("0.05")


def member(row: RowReader) -> MemberRow | None:
    name = row.need("name", cells.name)
    joined_on = row.need("joined", dates.day)
    year, born_on = row.maybe("birth", dates.birth) or (None, None)
    sex = row.maybe("sex", words.sex)
    household = row.maybe("household", words.household)
    volunteer = row.maybe("volunteer", cells.mark) or False
    citizen_number = row.maybe("citizen_number", cells.text)
    phone = row.maybe("phone", _phone)
    ethnicity = row.maybe("ethnicity", cells.text)
    note = row.maybe("note", cells.text)
    if row.failed or name is None or joined_on is None:
        return None
    if citizen_number is not None:
        citizen_number = _bare_number(citizen_number)
        if len(citizen_number) not in (CITIZEN_DIGITS, OLD_CITIZEN_DIGITS):
            row.warn("citizen_number", "citizen-number-odd", "Số CCCD không đủ 12 chữ số.")
    return MemberRow(
        sheet=row.sheet,
        row=row.number,
        name=name,
        joined_on=joined_on,
        birth_year=year,
        born_on=born_on,
        sex=sex,
        ethnicity=ethnicity,
        household=household,
        volunteer=volunteer,
        phone=phone,
        citizen_number=citizen_number,
        note=note,
    )


def capital(row: RowReader) -> CapitalRow | None:
    on = row.need("date", dates.day)
    voucher = _voucher(row, on, "PT")
    source = row.need("source", words.source)
    amount = row.need("amount", cells.amount)
    memo = row.maybe("memo", cells.text)
    if row.failed or on is None or source is None or amount is None:
        return None
    return CapitalRow(
        sheet=row.sheet,
        row=row.number,
        on=on,
        voucher=voucher,
        source=source,
        amount=amount,
        memo=memo,
    )


def loan(row: RowReader) -> LoanRow | None:
    stated: Literal["month", "year"] = "year" if per_year(row.columns["rate"].title) else "month"
    on = row.need("date", dates.day)
    voucher = _voucher(row, on, "PC")
    borrower = row.need("borrower", cells.name)
    principal = row.need("amount", cells.amount)
    rate = row.need("rate", lambda cell: cells.rate(cell, stated))
    term_months = row.need("term", cells.months)
    method = row.need("method", words.method)
    purpose = row.maybe("purpose", cells.text)
    if row.failed or on is None or borrower is None or principal is None:
        return None
    if rate is None or term_months is None or method is None:
        return None
    if 0 < rate[0] < RATE_ODD_BELOW:
        row.warn(
            "rate", "percent-odd", f"Lãi suất {rate[0]} % rất thấp: có phải {rate[0] * 100} %?"
        )
    return LoanRow(
        sheet=row.sheet,
        row=row.number,
        on=on,
        voucher=voucher,
        borrower=borrower,
        principal=principal,
        rate_percent=rate[0],
        rate_per=rate[1],
        term_months=term_months,
        method=method,
        purpose=purpose,
    )


def repayment(row: RowReader) -> RepaymentRow | None:
    """A blank part is 0, as notebooks leave it; both blank is no repayment."""
    on = row.need("date", dates.day)
    voucher = _voucher(row, on, "PT")
    borrower = row.need("borrower", cells.name)
    principal = row.maybe("principal", _amount_or_zero) or 0
    interest = row.maybe("interest", _amount_or_zero) or 0
    if not row.failed and principal + interest == 0:
        row.fault("principal", "amount-zero", "Dòng trả nợ không có gốc và không có lãi.")
    _check_total(row, principal + interest)
    if row.failed or on is None or borrower is None:
        return None
    return RepaymentRow(
        sheet=row.sheet,
        row=row.number,
        on=on,
        voucher=voucher,
        borrower=borrower,
        principal=principal,
        interest=interest,
    )


def operating(row: RowReader) -> OperatingRow | None:
    on = row.need("date", dates.day)
    direction, amount = _direction_and_amount(row)
    voucher = _voucher(row, on, {"receipt": "PT", "payment": "PC"}.get(direction or ""))
    memo = row.maybe("memo", cells.text)
    if row.failed or on is None or direction is None or amount is None:
        return None
    return OperatingRow(
        sheet=row.sheet,
        row=row.number,
        on=on,
        voucher=voucher,
        direction=direction,
        amount=amount,
        memo=memo,
    )


def count(row: RowReader) -> CountRow | None:
    on = row.need("date", dates.day)
    counted = row.need("counted", _amount_or_zero)
    if row.failed or on is None or counted is None:
        return None
    return CountRow(sheet=row.sheet, row=row.number, on=on, counted=counted)


TAKERS: dict[str, Callable[[RowReader], Row | None]] = {
    "members": member,
    "capital": capital,
    "loans": loan,
    "repayments": repayment,
    "operating": operating,
    "counts": count,
    "home_care": care_takers.visit,
    "work_days": care_takers.work,
    "meetings": care_takers.meeting,
    "volunteers": care_takers.volunteer,
}


def _direction_and_amount(row: RowReader) -> tuple[words.Direction | None, int | None]:
    """From `Thu/Chi` and `Số tiền`, or from two columns `Thu` and `Chi`."""
    if "direction" in row.columns:
        return row.need("direction", words.direction), row.need("amount", cells.amount)
    received = row.maybe("receipt", _amount_or_zero) or 0
    paid = row.maybe("payment", _amount_or_zero) or 0
    if not row.failed and bool(received) == bool(paid):
        row.fault("receipt", "direction-unknown", "Mỗi dòng phải có hoặc số thu, hoặc số chi.")
    return ("receipt", received) if received else ("payment", paid)


def _voucher(row: RowReader, on: date | None, series: str | None) -> str | None:
    label = row.maybe("voucher", cells.voucher)
    if label is None:
        if not row.failed and not row.has("voucher"):
            row.warn("voucher", "voucher-missing", "Dòng không có số phiếu.")
        return None
    if label[:3] in ("PT-", "PC-"):
        if series is not None and label[:2] != series:
            row.warn("voucher", "voucher-series", f"«{label}» đáng lẽ là phiếu {series}.")
        if on is not None and label[3:8] != f"{on.year}-":
            row.warn("voucher", "voucher-year", f"«{label}» không thuộc năm {on.year}.")
    return label


def _check_total(row: RowReader, expected: int) -> None:
    cell = row.cell("total")
    if row.failed or (cell.blank and not cell.formula):
        return
    if cell.formula and cell.value is None:
        row.warn("total", "formula-cell", "Ô cộng là công thức chưa có kết quả: không đối chiếu.")
        return
    total = row.maybe("total", _amount_or_zero)
    if total is not None and total != expected:
        row.fault(
            "total",
            "row-sum-mismatch",
            f"Gốc cộng lãi là {dong(expected)} nhưng dòng ghi {dong(total)}.",
        )


def dong(amount: int | Decimal) -> str:
    """`1.234.567 ₫`."""
    return f"{amount:,} ₫".replace(",", ".")


def _amount_or_zero(cell: Cell) -> int:
    return cells.amount(cell, zero=True)


def _bare_number(text: str) -> str:
    return "".join(letter for letter in text if letter not in " .-")


def _phone(cell: Cell) -> str:
    """A number cell has lost the leading 0 of a mobile number."""
    digits = _bare_number(cells.text(cell))
    is_number = not isinstance(cell.value, str)
    return f"0{digits}" if is_number and len(digits) == MOBILE_DIGITS - 1 else digits
