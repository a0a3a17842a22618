"""The book that a club fills in: every sheet with the headings the import knows, and a guide.

The headings are those of `exchange.workbook.columns`, so what is written here is read there; the
same rows give the same bytes. Rates and amounts are numbers, days are days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

import xlsxwriter

from exchange.workbook import columns
from exchange.workbook.columns import Kind

Row = Mapping[str, Any]

SEXES = {"female": "Nữ", "male": "Nam"}
HOUSEHOLDS = {
    "poor": "Hộ nghèo",
    "near_poor": "Hộ cận nghèo",
    "escaped": "Mới thoát nghèo",
    "difficult": "Hoàn cảnh khó khăn",
    "other": "Khác",
}
METHODS = {
    "equal_principal": "Gốc đều, lãi giảm dần",
    "bullet": "Trả gốc cuối kỳ",
    "flat": "Lãi phẳng",
    "equal_instalment": "Trả góp đều",
    "interest_free": "Không lãi",
}
SOURCES = {
    "state_budget": "Ngân sách nhà nước",
    "donor_project": "Dự án tài trợ",
    "association": "Hội Người cao tuổi",
    "members": "Đóng góp thành viên",
    "benefactor": "Nhà hảo tâm",
}
DIRECTIONS = {"receipt": "Thu", "payment": "Chi"}
CHOICES = {
    "sex": SEXES,
    "household": HOUSEHOLDS,
    "method": METHODS,
    "source": SOURCES,
    "direction": DIRECTIONS,
}


@dataclass(frozen=True)
class Page:
    """A sheet: its name, what the import calls it, its columns with the unit they are in."""

    name: str
    kind: Kind
    columns: Mapping[str, str]
    """The unit each heading ends with, `""` for none, by the key of the column."""
    more: Sequence[str] = ()
    """Columns that stand in a book only where a row fills them."""

    def keys(self, rows: Sequence[Row]) -> list[str]:
        filled = {key for row in rows for key, value in row.items() if value is not None}
        return [*self.columns, *(key for key in self.more if key in filled)]

    def heading(self, key: str) -> str:
        unit = self.columns.get(key, "")
        return self.kind.title(key) + (f" ({unit})" if unit else "")


CLUB = Page(
    "Thông tin CLB",
    columns.CLUB,
    dict.fromkeys(
        (
            *("name", "hamlet", "commune", "province", "decision", "founded_on", "chair"),
            *("accountant", "treasurer", "secretary", "meeting_day"),
        ),
        "",
    )
    | {"rate": "%/tháng"},
)
PAGES = (
    Page(
        "Thành viên",
        columns.MEMBERS,
        dict.fromkeys(
            (
                *("name", "birth", "sex", "ethnicity", "household", "joined", "volunteer"),
                *("phone", "citizen_number", "note"),
            ),
            "",
        ),
    ),
    Page(
        "Nguồn vốn",
        columns.CAPITAL,
        {"date": "", "voucher": "", "source": "", "memo": "", "amount": ""},
    ),
    Page(
        "Cho vay",
        columns.LOANS,
        {
            "voucher": "",
            "date": "",
            "borrower": "",
            "purpose": "",
            "amount": "",
            "rate": "%/tháng",
            "term": "tháng",
            "method": "",
        },
    ),
    Page(
        "Trả nợ",
        columns.REPAYMENTS,
        {"date": "", "voucher": "", "borrower": "", "principal": "", "interest": "", "total": ""},
    ),
    Page(
        "Thu chi quỹ hoạt động",
        columns.OPERATING,
        {"date": "", "voucher": "", "direction": "", "memo": "", "amount": ""},
    ),
    Page("Kiểm kê quỹ", columns.COUNTS, {"date": "", "counted": ""}),
    Page(
        "Chăm sóc tại nhà",
        columns.CARE,
        dict.fromkeys(
            ("date", "client", "volunteer", "start", "end", "tasks", "pressure", "note"), ""
        ),
        ("minutes", "pulse", "weight", "urgent", "next"),
    ),
    Page(
        "Ngày công",
        columns.WORK_DAYS,
        dict.fromkeys(("date", "person", "activity", "helped", "days"), ""),
        ("people", "households", "start", "end", "note"),
    ),
    Page(
        "Sinh hoạt",
        columns.MEETINGS,
        dict.fromkeys(("date", "minutes", "attendance"), ""),
        ("attended", "note"),
    ),
)
GUIDE = "Hướng dẫn"
HOW = (
    "Ghi mỗi việc một dòng, đúng trang của nó. Không đổi tên trang và tên cột.",
    "Ngày ghi ngày/tháng/năm, ví dụ 10/03/2026. Ngày sinh có thể chỉ ghi năm.",
    "Số tiền ghi bằng đồng, chỉ có số, ví dụ 5000000.",
    "Số phiếu ghi như trên phiếu: PT-2026-0001 là phiếu thu, PC-2026-0001 là phiếu chi.",
    "Tên người vay ghi đúng như ở trang Thành viên.",
    "Tình nguyện viên: ghi x, không phải thì để trống.",
    "Cột có sẵn lựa chọn: hãy chọn một trong các từ dưới đây.",
    "Xong thì chạy: sochung import TÊN-TỆP.xlsx --dry-run (thử), rồi bỏ --dry-run (nhập thật).",
    "Có dòng sai thì không nhập gì cả; máy nói rõ trang, dòng, cột và cách sửa.",
)
# Not the birth: a year typed into a cell of days would become a day of 1905.
DAYS = frozenset({"date", "joined", "founded_on", "next"})
AMOUNTS = frozenset({"amount", "principal", "interest", "total", "counted"})
WIDE = frozenset(
    {"name", "borrower", "memo", "purpose", "note", "method"}
    | {"client", "volunteer", "tasks", "person", "activity", "helped", "attended"}
)
ROWS_CHECKED = 5_000
"""Lines of an empty sheet that offer the choices of their column."""


@dataclass(frozen=True)
class Book:
    """What is written into the sheets; nothing, for a club that begins."""

    club: Row = field(default_factory=dict)
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """Rows by the key of their sheet's kind."""
    notes: Sequence[str] = ()
    """Said in the guide."""


def write(book: Book, out: BinaryIO) -> None:
    """An .xlsx that `sochung import` takes."""
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    made = xlsxwriter.Workbook(out, options)
    made.set_properties(
        {"title": "Sổ câu lạc bộ", "created": datetime(2026, 1, 1)}  # noqa: DTZ001
    )
    pen = _Pen(made)
    for line, text in enumerate((*HOW, *book.notes)):
        pen.guide.write_string(line, 0, text)
    pen.club(book.club)
    for page in PAGES:
        pen.page(page, book.rows.get(page.kind.key, ()))
    made.close()


class _Pen:
    """One workbook under way: its formats and its guide, which holds the choices."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.guide = book.add_worksheet(GUIDE)
        self.guide.set_column(0, 0, 90)
        self.guide.set_column(1, len(CHOICES), 26)
        self.heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
        self.day = book.add_format({"num_format": "dd/mm/yyyy"})
        self.money = book.add_format({"num_format": "#,##0"})
        self.text = book.add_format({"num_format": "@"})
        self.ranges: dict[str, str] = {}
        for column, (key, words) in enumerate(CHOICES.items(), start=1):
            for line, word in enumerate(words.values()):
                self.guide.write_string(line, column, word)
            letter = chr(ord("A") + column)
            self.ranges[key] = f"='{GUIDE}'!${letter}$1:${letter}${len(words)}"

    def club(self, club: Row) -> None:
        sheet = self.book.add_worksheet(CLUB.name)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, 48)
        for line, key in enumerate(CLUB.columns):
            sheet.write_string(line, 0, CLUB.heading(key), self.heading)
            self.put(sheet, line, 1, key, club.get(key))

    def page(self, page: Page, rows: Sequence[Row]) -> None:
        sheet = self.book.add_worksheet(page.name)
        sheet.freeze_panes(1, 0)
        keys = page.keys(rows)
        for column, key in enumerate(keys):
            heading = page.heading(key)
            sheet.write_string(0, column, heading, self.heading)
            wide = 28 if key in WIDE else 14
            sheet.set_column(column, column, max(wide, len(heading) + 2), self.format(key))
            if key in self.ranges:
                last = max(ROWS_CHECKED, len(rows))
                choice = {"validate": "list", "source": self.ranges[key]}
                sheet.data_validation(1, column, last, column, choice)
        for line, row in enumerate(rows, start=1):
            for column, key in enumerate(keys):
                self.put(sheet, line, column, key, row.get(key))

    def put(self, sheet: Any, line: int, column: int, key: str, value: Any) -> None:
        match value:
            case None | "":
                sheet.write_blank(line, column, None, self.format(key))
            case date():
                sheet.write_datetime(line, column, value, self.day)
            case int() | Decimal():
                plain = self.format(key) if key in AMOUNTS else None
                sheet.write_number(line, column, value, plain)
            case _:
                sheet.write_string(line, column, str(value), self.text)

    def format(self, key: str) -> Any:
        """Also of cells still empty: what is typed into them is then shown as it should be."""
        if key in DAYS:
            return self.day
        if key in AMOUNTS:
            return self.money
        # Numbers that are names: a leading 0 is kept.
        return self.text if key in ("phone", "citizen_number", "voucher") else None
