"""A club's report beside its money, as tables: members, home care, work, meetings, activities.

Health facts are counts and hours; who is cared for stands on none of these sheets.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from exchange.charts import columns
from exchange.tables import Table
from exchange.vocabulary import AGES, AREAS, CLASSES, LEAVING, SEXES, WARNINGS, WORK
from projections.club_people import CountView
from projections.club_report import ClubReport
from projections.club_warnings import WarningView

_GROUPS = (
    ("Giới tính", "by_sex", SEXES),
    ("Độ tuổi", "by_age", AGES),
    ("Diện hộ", "by_class", CLASSES),
)


def members(report: ClubReport) -> Table:
    """The last column is a share of the members of the last day."""
    part = report["members"]
    size = part["members"]
    rows: list[Sequence[Any]] = [
        ("Trong kỳ", "Thành viên đầu kỳ", part["opening"], None),
        ("Trong kỳ", "Vào trong kỳ", part["joined"], None),
        *(
            ("Trong kỳ", f"Ra trong kỳ: {LEAVING[one['key']]}", one["members"], None)
            for one in part["left_by_cause"]
        ),
        ("Trong kỳ", "Thành viên cuối kỳ", size, None),
    ]
    for group, key, words in _GROUPS:
        counted: list[CountView] = part[key]  # type: ignore[literal-required]
        rows += [
            (group, words[one["key"]], one["members"], _share(one["members"], size))
            for one in counted
        ]
        if key == "by_age":
            rows.append((group, "Từ 60 tuổi trở lên", part["old"], _share(part["old"], size)))
    borrowers = part["borrowers"]
    rows.append(("Vay vốn", "Đã từng được vay", borrowers, _share(borrowers, size)))
    return Table("Thành viên", ("Mục", "Nội dung", "Số người", "Tỷ lệ"), rows)


def care(report: ClubReport) -> Table:
    part = report["deeds"]["care"]
    last_on = part["last_visit_on"]
    return Table(
        "Chăm sóc tại nhà",
        ("Nội dung", "Số lượng", "Đơn vị"),
        [
            ("Người được chăm sóc trong kỳ", part["clients"], "người"),
            ("Người đang được chăm sóc cuối kỳ", part["in_care"], "người"),
            ("Người được thăm trong kỳ", part["visited"], "người"),
            ("Lượt thăm", part["visits"], "lượt"),
            ("Lượt thăm không thành", part["missed"], "lượt"),
            ("Thời gian thăm", part["visit_minutes"], "phút"),
            ("Lần thăm gần nhất", date.fromisoformat(last_on) if last_on else None, "ngày"),
            ("Quá hạn chưa được thăm", part["past_interval"], "người"),
            ("Tình nguyện viên chăm sóc", part["volunteers"], "người"),
        ],
    )


def work(report: ClubReport) -> Table:
    """Work-days are texts, exact: a day may have been half of one."""
    deeds = report["deeds"]
    rows: list[Sequence[Any]] = [
        (
            WORK[one["activity"]],
            one["times"],
            one["people"],
            one["minutes"],
            _days(one["work_days"]),
        )
        for one in deeds["work"]
    ]
    sums = (sum(one[key] for one in deeds["work"]) for key in ("times", "people", "minutes"))
    rows.append(("Cộng", *sums, _days(deeds["work_days"])))
    return Table("Ngày công", ("Hoạt động", "Số lần", "Lượt người", "Số phút", "Ngày công"), rows)


def meetings(report: ClubReport) -> Table:
    rows: list[Sequence[Any]] = [
        (
            date.fromisoformat(one["occurred_on"]),
            date.fromisoformat(one["planned_on"]) if one["planned_on"] else None,
            one["minutes"],
            one["head_count"],
        )
        for one in report["deeds"]["meetings"]
    ]
    rows.append((None, None, "Cộng", sum(one["head_count"] for one in report["deeds"]["meetings"])))
    return Table("Sinh hoạt", ("Ngày", "Hoãn từ ngày", "Biên bản số", "Số người dự"), rows)


def activities(report: ClubReport) -> Table:
    rows = [
        (AREAS[one["area"]], one["activities"], one["head_count"] or None, one["value"] or None)
        for one in report["deeds"]["activities"]
    ]
    return Table(
        "Hoạt động theo mảng",
        ("Mảng hoạt động", "Số hoạt động", "Lượt người dự", "Giá trị (đồng)"),
        rows,
    )


def warnings(report: ClubReport) -> Table:
    rows = [
        (
            WARNINGS[one["code"]],
            one["count"],
            one["of"],
            _share(one["count"], one["of"]) if one["of"] else None,
            _months(one),
        )
        for one in report["warnings"]
    ]
    return Table("Cảnh báo của kỳ", ("Cảnh báo", "Số", "Trên", "Tỷ lệ", "Các tháng"), rows)


def tables(report: ClubReport) -> list[Table]:
    """In the order in which the workbook has them."""
    return [
        members(report),
        care(report),
        work(report),
        meetings(report),
        activities(report),
        warnings(report),
    ]


def summary(report: ClubReport) -> list[Sequence[Any]]:
    """Rows of the report's summary: part, what it is of, what it says, how much, of, share."""
    rows: list[Sequence[Any]] = [
        ("Thành viên", one[0], one[1], one[2], None, one[3]) for one in members(report).rows
    ]
    rows += [("Chăm sóc tại nhà", one[2], one[0], one[1], None, None) for one in care(report).rows]
    for activity, _, _, _, days in work(report).rows:
        rows.append(("Ngày công", "ngày công", activity, days, None, None))
    deeds = report["deeds"]
    attended = sum(one["head_count"] for one in deeds["meetings"])
    rows.append(("Sinh hoạt", "buổi", "Số buổi sinh hoạt", len(deeds["meetings"]), None, None))
    rows.append(("Sinh hoạt", "lượt người", "Lượt người dự", attended, None, None))
    for area, times, _, _ in activities(report).rows:
        rows.append(("Hoạt động", "hoạt động", area, times, None, None))
    for said, count, of, share, months in warnings(report).rows:
        rows.append(("Cảnh báo", "tháng" if months else "người", said, count, of, share))
    return rows


def charts(report: ClubReport, names: Sequence[str]) -> list[str]:
    """Visits and work-days of each step; `names` are the steps'."""
    steps = report["deeds"]["steps"]
    visits = {"Lượt thăm": [step["visits"] for step in steps]}
    days = {"Ngày công": [round(Decimal(step["work_days"])) for step in steps]}
    return [columns("Thăm tại nhà và ngày công", names, visits | days, unit=None)]


def _share(count: int, of: int) -> Decimal | None:
    return Decimal(count) / of if of else None


def _days(text: str) -> int | str:
    """A whole number where it is one; a comma before the parts of a day."""
    return int(text) if text.isdigit() else text.replace(".", ",")


def _months(one: WarningView) -> str | None:
    return ", ".join(f"{month[5:]}/{month[:4]}" for month in one["months"]) or None
