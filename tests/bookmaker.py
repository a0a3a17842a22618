"""A small valid book of one club, made to be spoilt, continued or re-typed one row at a time."""

from datetime import date
from pathlib import Path
from typing import Any, Self

import openpyxl

CLUB, MEMBERS, CAPITAL, LOANS = "Thông tin CLB", "Thành viên", "Nguồn vốn", "Cho vay"
REPAYMENTS, OPERATING, COUNTS = "Trả nợ", "Thu chi quỹ hoạt động", "Kiểm kê quỹ"
CARE, WORK, MEETINGS, VOLUNTEERS = "Chăm sóc tại nhà", "Ngày công", "Sinh hoạt", "Tình nguyện viên"
JOINED = date(2018, 3, 15)
UNG, NGAN, TREASURER = "Vi Văn Ửng", "Lộc Thúy Ngân", "Lộc Kim Mai"
SECRETARY = "Hứa Minh Thư"
"""A volunteer since joining: marked in the members' sheet."""

TOTALS = {
    "members": 6,
    "women": 3,
    "volunteers": 1,
    "capital_received": 25_000_000,
    "loans": 2,
    "borrowers": 2,
    "principal_disbursed": 10_000_000,
    "repayments": 3,
    "principal_repaid": 2_333_333,
    "interest_received": 138_000,
    "principal_outstanding": 7_666_667,
    "loans_open": 2,
    "loan_fund_cash": 17_471_333,
    "operating_fund_cash": 200_000,
    "operating_receipts": 300_000,
    "operating_payments": 100_000,
    "last_cash_count": 17_671_333,
}


def _lent(voucher: Any, on: Any, borrower: str, *terms: Any) -> list[Any]:
    return [voucher, on, borrower, "Nuôi gà", *terms]


class BookMaker:
    """Two loans, three repayments, a little money beside; no fault, no warning."""

    def __init__(self, club: str = "CLB thôn Nà Thử") -> None:
        self.sheets: dict[str, list[list[Any]]] = {
            CLUB: [
                ["Tên câu lạc bộ", club],
                ["Thôn", "Nà Thử"],
                ["Xã/phường", "Xã Chi Lăng"],
                ["Ngày thành lập", JOINED],
                ["Chủ nhiệm", "Nông Thị Chủ"],
                ["Kế toán", "Triệu Ngọc Slính"],
                ["Thủ quỹ", TREASURER],
                ["Thư ký", "Hứa Minh Thư"],
            ],
            MEMBERS: [
                ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Diện hộ", "Ngày vào CLB", "TNV"],
                [1, "Nông Thị Chủ", 1950, "Nữ", None, JOINED, None],
                [2, "Triệu Ngọc Slính", 1952, "Nam", None, JOINED, None],
                [3, TREASURER, 1955, "Nữ", None, JOINED, None],
                [4, "Hứa Minh Thư", 1960, "Nam", None, JOINED, "x"],
                [5, UNG, "15/3/43", "Nam", "Hộ nghèo", JOINED, None],
                [6, NGAN, 1953, "Nữ", None, JOINED, None],
            ],
            CAPITAL: [
                ["Ngày", "Số phiếu", "Nguồn vốn", "Diễn giải", "Số tiền"],
                [date(2018, 4, 10), "PT-2018-0001", "Ngân sách nhà nước", "Cấp vốn", 20_000_000],
                [date(2018, 5, 10), "PT-2018-0003", "Nhà hảo tâm", "Ủng hộ", 5_000_000],
            ],
            LOANS: [
                [
                    "Số phiếu chi",
                    "Ngày vay",
                    "Người vay",
                    "Mục đích",
                    "Số tiền vay",
                    "Lãi suất (%/tháng)",
                    "Thời hạn (tháng)",
                    "Phương thức",
                ],
                _lent("PC-2018-0002", date(2018, 5, 10), UNG, 6_000_000, 1, 6, "Gốc đều"),
                _lent("PC-2018-0003", date(2018, 6, 10), NGAN, 4_000_000, "0,7", 12, "Lãi phẳng"),
            ],
            REPAYMENTS: [
                ["Ngày", "Số phiếu thu", "Người vay", "Gốc", "Lãi", "Cộng"],
                [date(2018, 6, 10), "PT-2018-0004", UNG, 1_000_000, 60_000, 1_060_000],
                [date(2018, 7, 10), "PT-2018-0005", UNG, 1_000_000, 50_000, 1_050_000],
                [date(2018, 7, 10), "PT-2018-0006", NGAN, 333_333, 28_000, 361_333],
            ],
            OPERATING: [
                ["Ngày", "Số phiếu", "Thu/Chi", "Diễn giải", "Số tiền"],
                [date(2018, 4, 10), "PT-2018-0002", "Thu", "Hội phí tháng", 300_000],
                [date(2018, 5, 10), "PC-2018-0001", "Chi", "Nước uống", 100_000],
            ],
            COUNTS: [["Ngày", "Thực đếm"], [date(2018, 7, 31), 17_671_333]],
        }
        self.merged: list[tuple[str, str]] = []

    def add(self, sheet: str, *cells: Any) -> int:
        """Appends a row; returns its number as Excel counts."""
        self.sheets[sheet].append(list(cells))
        return len(self.sheets[sheet])

    def put(self, sheet: str, row: int, column: int, value: Any) -> Self:
        """Sets a cell, both counted from 1."""
        self.sheets[sheet][row - 1][column - 1] = value
        return self

    def member(self, name: str, joined: date = JOINED, birth: Any = 1951) -> int:
        return self.add(MEMBERS, None, name, birth, "Nữ", None, joined, None)

    def capital(
        self, on: date, voucher: str | None, amount: Any, source: str = "Nhà hảo tâm"
    ) -> int:
        return self.add(CAPITAL, on, voucher, source, "Ủng hộ", amount)

    def loan(
        self,
        on: Any,
        voucher: str | None,
        borrower: str,
        amount: Any,
        *,
        rate: Any = 1,
        term: Any = 6,
        method: str = "Lãi phẳng",
    ) -> int:
        return self.add(LOANS, *_lent(voucher, on, borrower, amount, rate, term, method))

    def repayment(
        self, on: Any, voucher: str | None, borrower: str, principal: Any, interest: Any = 0
    ) -> int:
        return self.add(REPAYMENTS, on, voucher, borrower, principal, interest, None)

    def receipt(self, on: Any, voucher: str | None, amount: Any, memo: str = "Hội phí") -> int:
        return self.add(OPERATING, on, voucher, "Thu", memo, amount)

    def expense(self, on: Any, voucher: str | None, amount: Any, memo: str = "Mua chè") -> int:
        return self.add(OPERATING, on, voucher, "Chi", memo, amount)

    def visit(
        self,
        on: Any,
        client: Any = NGAN,
        volunteer: Any = SECRETARY,
        start: Any = "8h",
        end: Any = "9h30",
        *beside: Any,
    ) -> int:
        """`beside`: tasks, blood pressure, note."""
        header = ["Ngày", "Người được chăm sóc", "Tình nguyện viên", "Bắt đầu", "Kết thúc"]
        self.sheets.setdefault(CARE, [[*header, "Công việc", "Huyết áp", "Ghi chú"]])
        return self.add(CARE, on, client, volunteer, start, end, *beside)

    def work(self, on: Any, who: Any = UNG, activity: Any = "Giúp hộ neo đơn", *beside: Any) -> int:
        """`beside`: who was helped, work-days."""
        header = ["Ngày", "Người làm", "Hoạt động", "Hộ được giúp", "Số công"]
        self.sheets.setdefault(WORK, [header])
        return self.add(WORK, on, who, activity, *beside)

    def meeting(self, on: Any, minutes: Any, attendance: Any) -> int:
        self.sheets.setdefault(MEETINGS, [["Ngày", "Số biên bản", "Số người dự"]])
        return self.add(MEETINGS, on, minutes, attendance)

    def volunteer(self, name: str, on: Any, *beside: Any) -> int:
        """`beside`: the course, its day, its hours."""
        header = ["Họ và tên", "Ngày tham gia", "Tập huấn", "Ngày tập huấn", "Số giờ tập huấn"]
        self.sheets.setdefault(VOLUNTEERS, [header])
        return self.add(VOLUNTEERS, name, on, *beside)

    def write(self, folder: Path, name: str = "book.xlsx") -> Path:
        book = openpyxl.Workbook()
        assert book.active is not None
        book.remove(book.active)
        for title, rows in self.sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        for title, cells in self.merged:
            book[title].merge_cells(cells)
        path = folder / name
        book.save(path)
        return path
