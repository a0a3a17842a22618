"""The province report as a table: a line each figure, with the groups beside where asked for."""

from decimal import Decimal
from typing import Any

from exchange.tables import Table
from projections.province.catalogue import BY_KEY
from projections.province.report import Number, ProvinceReport

_UNITS = {
    "club": "câu lạc bộ",
    "person": "người",
    "dong": "đồng",
    "loan": "lượt",
    "event": "lần",
    "minute": "phút",
    "work_day": "ngày công",
    "percent": "%",
}
_HEADINGS = (
    "Chỉ tiêu",
    "Giá trị",
    "Đơn vị",
    "Tử số",
    "Mẫu số",
    "CLB từ sổ",
    "CLB báo giấy",
    "Trong đó báo giấy",
)


def report_table(report: ProvinceReport) -> Table:
    groups = report["groups"]
    rows: list[list[Any]] = []
    for at, row in enumerate(report["rows"]):
        share = BY_KEY[row["key"]].is_share
        line: list[Any] = [
            row["label"],
            percent(row["value"]) if share else row["value"],
            _UNITS[row["unit"]],
            row["numerator"] if share else None,
            row["denominator"] if share else None,
            row["clubs_from_events"],
            row["clubs_from_paper"] or None,
            row["from_paper"] if row["clubs_from_paper"] else None,
        ]
        for group in groups:
            value = group["rows"][at]["value"]
            line.append(percent(value) if share else value)
        rows.append(line)
    names = [group["name"] or "Cấp tỉnh" for group in groups]
    title = f"Báo cáo tỉnh từ {_day(report['from'])} đến {_day(report['to'])}"
    return Table(title, [*_HEADINGS, *names], rows)


def percent(value: Number | None) -> str | None:
    """A fraction as the page shows it: two places and a decimal comma."""
    if value is None:
        return None
    return f"{Decimal(value) * 100:.2f}".replace(".", ",")


def _day(text: str) -> str:
    year, month, day = text.split("-")
    return f"{day}/{month}/{year}"
