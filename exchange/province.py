"""The province report as tables: a line each figure, each group, each club that lags."""

from datetime import date
from decimal import Decimal
from typing import Any

from exchange.tables import Table, shown
from projections.province.catalogue import BY_KEY
from projections.province.report import ProvinceReport
from projections.province.views import Number

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
_OF_GROUPS = {
    "clubs": "Câu lạc bộ",
    "members": "Thành viên",
    "capital": "Vốn huy động",
    "borrowers": "Người vay",
    "borrowers_vulnerable": "Thuộc hộ nghèo, khó khăn",
    "outstanding": "Dư nợ gốc",
    "work_days": "Ngày công",
    "visits": "Lượt thăm",
}
_LAGS = {
    "clubs_without_meeting": "2 tháng không ghi sinh hoạt",
    "clubs_without_count": "2 tháng không kiểm kê quỹ",
    "clubs_with_little_attention": "ít được quan tâm",
}
_BY = {"club": "Câu lạc bộ", "commune": "Xã, phường", "district": "Huyện cũ"}


def report_table(report: ProvinceReport) -> Table:
    rows: list[list[Any]] = []
    for row in report["rows"]:
        share = BY_KEY[row["key"]].is_share
        rows.append(
            [
                row["label"],
                percent(row["value"]) if share else row["value"],
                _UNITS[row["unit"]],
                row["numerator"] if share else None,
                row["denominator"] if share else None,
                row["clubs_from_events"],
                row["clubs_from_paper"] or None,
                row["from_paper"] if row["clubs_from_paper"] else None,
            ]
        )
    title = f"Báo cáo tỉnh từ {_day(report['from'])} đến {_day(report['to'])}"
    return Table(title, _HEADINGS, rows)


def units_table(report: ProvinceReport) -> Table:
    """A line for each club or unit, with the figures that compare them."""
    rows = []
    for group in report["groups"]:
        values = {row["key"]: row["numerator"] for row in group["rows"]}
        name = group["name"] or "Cấp tỉnh"
        paper = " (báo giấy)" if group["source"] == "paper" else ""
        rows.append([f"{name}{paper}", *(values[key] or None for key in _OF_GROUPS)])
    by = _BY[report["by"] or "club"]
    return Table(f"Theo {by.lower()}", [by, *_OF_GROUPS.values()], rows)


def lagging_table(report: ProvinceReport) -> Table:
    rows = [
        [
            one["name"],
            one["commune"],
            one["district"],
            *(_on(one[day]) for day in ("last_meeting_on", "last_count_on", "last_visit_on")),
            "; ".join(_LAGS[lag] for lag in one["lags"]),
        ]
        for one in report["lagging"]
    ]
    headings = ("Câu lạc bộ", "Xã", "Huyện cũ", "Sinh hoạt cuối", "Kiểm kê cuối", "Thăm cuối")
    return Table("Câu lạc bộ cần đôn đốc", (*headings, "Lý do"), rows)


def percent(value: Number | None) -> str | None:
    """A fraction as the page shows it: two places and a decimal comma."""
    if value is None:
        return None
    return f"{Decimal(value) * 100:.2f}".replace(".", ",")


def _on(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _day(text: str) -> str:
    return shown(date.fromisoformat(text))
