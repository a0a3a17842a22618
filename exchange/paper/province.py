"""The province report on paper: a workbook, or a PDF to sign, of the same tables."""

from datetime import date, datetime
from typing import Any

from exchange.charts import columns
from exchange.paper import press
from exchange.paper.report import section
from exchange.paper.words import moment
from exchange.province import lagging_table, report_table, units_table
from exchange.tables import Table, shown
from projections.province.report import ProvinceReport

_SHOWN = "Báo cáo tỉnh"


def sheets(report: ProvinceReport) -> list[Table]:
    """Every row, the groups asked for, the clubs that lag: a sheet each."""
    tables = [report_table(report)]
    if report["groups"]:
        tables.append(units_table(report))
    return [*tables, lagging_table(report)]


def province_pdf(report: ProvinceReport) -> bytes:
    """`report` is by district or commune: a column for each club would fit on no page."""
    known = report["known_at"]
    recorded = moment(datetime.fromisoformat(known)) if known else "-"
    sections = [
        section(report_table(report), (7, 2.6, 2, 2.6, 2.6, 1.2, 1.2, 1.8), size=8),
        section(
            units_table(report),
            (4, *(2,) * 8),
            size=8,
            flipped=True,
            charts=[_chart(report)],
        ),
        section(lagging_table(report), (5, 3, 3, 2, 2, 2, 5), size=8, flipped=True),
    ]
    return press.pdf(
        "province",
        {
            "title": f"{_SHOWN} {report['from']} {report['to']}",
            "period": f"Từ ngày {_day(report['from'])} đến hết ngày {_day(report['to'])}",
            "sections": [one for one in sections if one["tables"][0]["rows"]],
            "evidence": f"In từ nhật ký đến vị trí {report['position']}, ghi lúc {recorded}.",
        },
    )


def _chart(report: ProvinceReport) -> str:
    groups = [group for group in report["groups"] if group["name"]]
    names = [
        str(group["name"]).removeprefix("Huyện ").removeprefix("Thành phố ") for group in groups
    ]

    def of(key: str) -> list[int]:
        return [
            int(next(row for row in group["rows"] if row["key"] == key)["numerator"] or 0)
            for group in groups
        ]

    series: dict[str, Any] = {"Vốn huy động": of("capital"), "Dư nợ gốc": of("outstanding")}
    return columns("Vốn và dư nợ theo địa bàn", names, series)


def _day(text: str) -> str:
    return shown(date.fromisoformat(text))
