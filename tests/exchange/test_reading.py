"""Whole books: the two real ones to the đồng, and one bad workbook for each code."""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from domain.errors import Malformed
from exchange.workbook.faults import LISTED_MAX
from exchange.workbook.read import Workbook, read_workbook
from exchange.workbook.rows import VisitRow
from exchange.workbook.safe import read_safely
from exchange.workbook.sandbox import read_sheets

DATA = Path(__file__).parents[2].parent / "shared" / "data"
BOOKS = ["club-book", "club-book-rough"]
SOURCES = {
    "state_budget": "Ngân sách nhà nước",
    "donor_project": "Dự án tài trợ",
    "members": "Đóng góp thành viên",
    "benefactor": "Nhà hảo tâm",
}

Sheets = dict[str, list[list[Any]]]


def real(name: str) -> Path:
    path = DATA / f"{name}.xlsx"
    if not path.exists():
        pytest.skip(f"the real book is not beside the repository: {path}")
    return path


def small_book() -> Sheets:
    """A tiny book without a fault or a warning."""
    return {
        "Thông tin CLB": [
            ["Tên câu lạc bộ", "CLB thôn Nà Lốc"],
            ["Thôn", "Nà Lốc"],
            ["Ngày thành lập", date(2018, 3, 15)],
            ["Lãi suất hiện hành (%/tháng)", "0,7"],
        ],
        "Thành viên": [
            ["STT", "Họ và tên", "Ngày sinh", "Giới tính", "Diện hộ", "Ngày vào CLB"],
            [1, "Lộc Thúy Ngân", 1953, "Nữ", None, date(2018, 3, 15)],
            [2, "Vi Văn Ửng", "15/3/43", "Nam", "Hộ nghèo", "15/03/2018"],
        ],
        "Nguồn vốn": [
            ["Ngày", "Số phiếu", "Nguồn vốn", "Diễn giải", "Số tiền"],
            ["10/04/2018", "PT-2018-0001", "Ngân sách nhà nước", "Cấp vốn", "25.000.000"],
            [None, None, None, "Cộng", 25_000_000],
        ],
        "Cho vay": [
            [
                "Số phiếu chi",
                "Ngày vay",
                "Người vay",
                "Mục đích",
                "Số tiền",
                "Lãi suất",
                "Thời hạn",
                "Cách trả",
            ],
            [
                "PC-2018-0001",
                "10/07/2018",
                "Vi Văn Ửng",
                "Nuôi gà",
                5000000,
                "0,7%",
                12,
                "Lãi phẳng",
            ],
        ],
        "Trả nợ": [
            ["Ngày", "Số phiếu thu", "Người vay", "Gốc", "Lãi", "Cộng"],
            ["10/08/2018", "PT-2018-0002", "Vi Văn Ửng", "500.000", 35_000, 535_000],
            ["10/09/2018", "PT-2018-0003", "Vi Văn Ửng", "500.000", 35_000, 535_000],
            [None, None, "Cộng", 1_000_000, 70_000, 1_070_000],
        ],
        "Thu chi quỹ hoạt động": [
            ["Ngày", "Số phiếu", "Thu/Chi", "Diễn giải", "Số tiền"],
            ["10/04/2018", "PT-2018-0004", "Thu", "Hội phí", 220_000],
            ["10/05/2018", "PC-2018-0002", "Chi", "Nước uống", 20_000],
        ],
        "Kiểm kê quỹ": [["Ngày", "Thực đếm"], ["10/12/2018", "200.000 đ"]],
    }


def write(folder: Path, sheets: Sheets) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    path = folder / "book.xlsx"
    book.save(path)
    return path


def read(folder: Path, sheets: Sheets) -> Workbook:
    return read_workbook(write(folder, sheets))


def minutes_of(row: VisitRow) -> int:
    assert row.start is not None
    assert row.end is not None
    start, end = (time.fromisoformat(clock) for clock in (row.start, row.end))
    return (end.hour - start.hour) * 60 + end.minute - start.minute


def digests(book: Workbook) -> list[str]:
    kinds = (
        *(book.members, book.capital, book.loans, book.repayments, book.operating, book.counts),
        *(book.visits, book.work, book.meetings, book.volunteers),
    )
    return sorted(row.digest for rows in kinds for row in rows)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", BOOKS)
def test_a_real_book_gives_its_control_totals(name: str) -> None:
    path = real(name)
    totals = json.loads((DATA / f"{name}.totals.json").read_text("utf-8"))
    book = read_workbook(path)
    assert (book.faults, book.warnings) == ((), ())
    assert book.club is not None
    assert book.club.name == totals["club"]
    assert book.club.rate_percent == Decimal("0.7")
    by_source = {
        SOURCES[source]: sum(row.amount for row in book.capital if row.source == source)
        for source in SOURCES
    }
    payments = [row.amount for row in book.operating if row.direction == "payment"]
    receipts = [row.amount for row in book.operating if row.direction == "receipt"]
    got = {
        "members": len(book.members),
        "women": sum(row.sex == "female" for row in book.members),
        "volunteers": sum(row.volunteer for row in book.members),
        "capital_received": sum(row.amount for row in book.capital),
        "capital_by_source": by_source,
        "loans": len(book.loans),
        "borrowers": len({row.borrower for row in book.loans}),
        "principal_disbursed": sum(row.principal for row in book.loans),
        "repayments": len(book.repayments),
        "principal_repaid": sum(row.principal for row in book.repayments),
        "interest_received": sum(row.interest for row in book.repayments),
        "operating_receipts": sum(receipts),
        "operating_payments": sum(payments),
        "operating_fund_cash": sum(receipts) - sum(payments),
        "last_cash_count": book.counts[-1].counted,
    }
    assert got == {key: totals[key] for key in got}
    lent = {row.voucher: (row.borrower, row.principal) for row in book.loans}
    assert lent == {
        loan["payment_voucher"]: (loan["borrower"], loan["principal"])
        for loan in totals["per_loan"]
    }
    by_activity: dict[str, Decimal] = defaultdict(Decimal)
    for row in book.work:
        by_activity[row.label or ""] += row.work_days or 0
    assert by_activity == {name: Decimal(n) for name, n in totals["work_days_by_activity"].items()}
    cared = {
        "home_care_clients": len({row.client for row in book.visits}),
        "visits": len(book.visits),
        "visit_minutes": sum(minutes_of(row) for row in book.visits),
        "shifts": len(book.work),
        "work_days": float(sum(by_activity.values())),
        "meetings": len(book.meetings),
        "attendance": sum(row.head_count for row in book.meetings),
    }
    assert cared == {key: totals[key] for key in cared}
    assert len(set(digests(book))) == len(digests(book))


@pytest.mark.parametrize("name", BOOKS)
def test_our_reader_sees_what_openpyxl_sees(name: str) -> None:
    """Another reader of the same bytes: every cell of every sheet."""
    path = real(name)
    theirs = openpyxl.load_workbook(path)
    for sheet in read_sheets(read_safely(path)):
        cells = {
            (cell.row, cell.column): cell.value
            for row in theirs[sheet.name].iter_rows()
            for cell in row
            if cell.value is not None
        }
        ours = {
            (row, column): cell.value
            for row, line in sheet.rows.items()
            for column, cell in line.items()
        }
        assert ours.keys() == cells.keys()
        for place, value in cells.items():
            match value:
                case datetime():
                    assert ours[place] == value.date()
                case float():
                    assert ours[place] == Decimal(str(value))
                case str() | int():
                    assert ours[place] == value
                case _:
                    assert ours[place] == f"{value:%H:%M}"


def test_a_good_small_book_has_no_findings(tmp_path: Path) -> None:
    book = read(tmp_path, small_book())
    assert (book.faults, book.warnings) == ((), ())
    assert book.members[1].born_on == date(1943, 3, 15)
    assert book.loans[0].rate_percent == Decimal("0.7")
    assert [row.row for row in book.repayments] == [2, 3]


def scrambled(sheets: Sheets) -> Sheets:
    """The same facts by another hand: capitals, NFD, blanks, titles above, columns turned."""

    def other_hand(value: Any) -> Any:
        match value:
            case "Vi Văn Ửng":
                return "  VI  VĂN ỬNG "
            case str():
                return unicodedata.normalize("NFD", value)
            case int() if value >= 1_000_000:
                return f"{value:,}".replace(",", ".") + " đ"
            case _:
                return value

    rough: Sheets = {}
    for title, rows in sheets.items():
        if title == "Thông tin CLB":
            rough[title] = rows
            continue
        turned = [[other_hand(value) for value in reversed(row)] for row in rows]
        rough[title] = [["SỔ CỦA CÂU LẠC BỘ"], [], [None, None], *turned[:1], [], *turned[1:]]
    return rough


def test_a_row_keeps_its_digest_however_it_is_written(tmp_path: Path) -> None:
    tidy = read(tmp_path, small_book())
    rough = read(tmp_path, scrambled(small_book()))
    assert rough.faults == ()
    assert digests(rough) == digests(tidy)
    assert [row.row for row in rough.repayments] == [6, 7]
    assert rough.club == tidy.club


def test_a_row_added_leaves_the_other_digests_alone(tmp_path: Path) -> None:
    sheets = small_book()
    before = set(digests(read(tmp_path, sheets)))
    sheets["Kiểm kê quỹ"].insert(1, ["10/12/2017", 0])
    after = set(digests(read(tmp_path, sheets)))
    assert before < after
    assert len(after - before) == 1


def test_equal_rows_have_digests_of_their_own(tmp_path: Path) -> None:
    sheets = small_book()
    sheets["Kiểm kê quỹ"] += [["10/12/2018", 200_000], ["10/12/2018", "200 000"]]
    counts = read(tmp_path, sheets).counts
    assert len({row.digest for row in counts}) == 3


def test_sheets_are_known_by_their_headers_alone(tmp_path: Path) -> None:
    sheets = {f"Sheet{at}": rows for at, rows in enumerate(small_book().values())}
    assert digests(read(tmp_path, sheets)) == digests(read(tmp_path, small_book()))


def test_a_cash_book_with_two_columns_of_money(tmp_path: Path) -> None:
    sheets = small_book()
    sheets["Thu chi quỹ hoạt động"] = [
        ["Ngày", "Số phiếu", "Diễn giải", "Số tiền", None],
        [None, None, None, "Thu", "Chi"],
        ["10/04/2018", "PT-2018-0004", "Hội phí", 220_000, None],
        ["10/05/2018", "PC-2018-0002", "Nước uống", None, 20_000],
        ["Cộng", None, None, 220_000, 20_000],
    ]
    book = read(tmp_path, sheets)
    assert book.faults == ()
    assert [(row.direction, row.amount) for row in book.operating] == [
        ("receipt", 220_000),
        ("payment", 20_000),
    ]


def test_subtotals_headers_again_and_signatures_are_no_rows(tmp_path: Path) -> None:
    sheets = small_book()
    head, first, second, total = sheets["Trả nợ"]
    sheets["Trả nợ"] = [
        head,
        ["NĂM 2018"],
        first,
        ["Cộng trang", None, None, 500_000, 35_000, 535_000],
        head,
        second,
        ["Cộng trang", None, None, 500_000, 35_000, 535_000],
        total,
        [],
        [None, None, "Kế toán", None, "Thủ quỹ"],
    ]
    book = read(tmp_path, sheets)
    assert book.faults == ()
    assert len(book.repayments) == 2
    assert {(fault.code, fault.row) for fault in book.warnings} == {
        ("row-not-taken", 2),
        ("row-not-taken", 10),
    }


Change = Callable[[Sheets], Any]


def put(sheet: str, row: int, column: int, value: Any) -> Change:
    def change(sheets: Sheets) -> None:
        sheets[sheet][row - 1][column - 1] = value

    return change


def drop(sheet: str, column: int) -> Change:
    return lambda sheets: [row.pop(column - 1) for row in sheets[sheet]]


def add(sheet: str, *rows: list[Any]) -> Change:
    return lambda sheets: sheets.setdefault(sheet, []).extend(rows)


def add_column(sheet: str, *values: Any) -> Change:
    return lambda sheets: [
        row.append(value) for row, value in zip(sheets[sheet], values, strict=False)
    ]


OPERATING = "Thu chi quỹ hoạt động"
FAULTS: list[tuple[str, Change, str, int | None, str | None]] = [
    ("value-missing", put("Cho vay", 2, 3, None), "Cho vay", 2, "Người vay"),
    ("value-missing", put("Thông tin CLB", 1, 2, None), "Thông tin CLB", 1, "Tên câu lạc bộ"),
    ("column-missing", drop("Cho vay", 5), "Cho vay", 1, "Số tiền vay"),
    ("column-doubled", add_column("Cho vay", "Số tiền vay", 5), "Cho vay", 1, "Số tiền vay"),
    (
        "column-unit",
        put("Cho vay", 1, 5, "Số tiền (nghìn đồng)"),
        "Cho vay",
        1,
        "Số tiền (nghìn đồng)",
    ),
    ("column-unit", put("Cho vay", 1, 7, "Thời hạn (năm)"), "Cho vay", 1, "Thời hạn (năm)"),
    ("header-missing", lambda s: s.update({"Trả nợ": [["lung tung"]]}), "Trả nợ", 1, None),
    ("total-mismatch", put("Trả nợ", 4, 4, 1_000_001), "Trả nợ", 4, "Gốc"),
    ("total-mismatch", put("Nguồn vốn", 3, 5, "24.000.000"), "Nguồn vốn", 3, "Số tiền"),
    ("row-sum-mismatch", put("Trả nợ", 2, 6, 535_001), "Trả nợ", 2, "Cộng"),
    ("formula-without-value", put("Cho vay", 2, 5, "=2*3"), "Cho vay", 2, "Số tiền"),
    ("cell-error", put("Cho vay", 2, 5, "#REF!"), "Cho vay", 2, "Số tiền"),
    ("amount-in-words", put("Cho vay", 2, 5, "5 triệu"), "Cho vay", 2, "Số tiền"),
    ("amount-not-whole", put("Cho vay", 2, 5, 1.5), "Cho vay", 2, "Số tiền"),
    ("amount-negative", put(OPERATING, 2, 5, -5), OPERATING, 2, "Số tiền"),
    ("amount-too-large", put(OPERATING, 2, 5, "9" * 5000), OPERATING, 2, "Số tiền"),
    ("amount-unreadable", put(OPERATING, 2, 5, True), OPERATING, 2, "Số tiền"),
    (
        "amount-zero",
        lambda s: s["Trả nợ"].insert(1, ["10/08/2018", "PT-2018-0009", "Vi Văn Ửng", 0, 0, 0]),
        "Trả nợ",
        2,
        "Gốc",
    ),
    ("percent-unreadable", put("Cho vay", 2, 6, "cao"), "Cho vay", 2, "Lãi suất"),
    ("percent-out-of-range", put("Cho vay", 2, 6, 700), "Cho vay", 2, "Lãi suất"),
    ("number-unreadable", put("Cho vay", 2, 7, "lâu"), "Cho vay", 2, "Thời hạn"),
    ("number-out-of-range", put("Cho vay", 2, 7, 0), "Cho vay", 2, "Thời hạn"),
    ("method-unknown", put("Cho vay", 2, 8, "tùy"), "Cho vay", 2, "Cách trả"),
    ("date-impossible", put("Kiểm kê quỹ", 2, 1, "31/02/2020"), "Kiểm kê quỹ", 2, "Ngày"),
    ("date-unreadable", put("Kiểm kê quỹ", 2, 1, 43174), "Kiểm kê quỹ", 2, "Ngày"),
    ("date-out-of-range", put("Kiểm kê quỹ", 2, 1, "1/1/1899"), "Kiểm kê quỹ", 2, "Ngày"),
    ("date-ambiguous", put("Thành viên", 2, 3, "1/1/15"), "Thành viên", 2, "Ngày sinh"),
    ("name-unreadable", put("Thành viên", 2, 2, 5), "Thành viên", 2, "Họ và tên"),
    ("text-invalid", put("Thành viên", 2, 2, "An\u202eB"), "Thành viên", 2, "Họ và tên"),
    ("text-too-long", put("Nguồn vốn", 2, 4, "a" * 2001), "Nguồn vốn", 2, "Diễn giải"),
    ("sex-unknown", put("Thành viên", 2, 4, "?"), "Thành viên", 2, "Giới tính"),
    ("household-unknown", put("Thành viên", 2, 5, "giàu"), "Thành viên", 2, "Diện hộ"),
    (
        "mark-unreadable",
        add_column("Thành viên", "Tình nguyện viên", "có lẽ"),
        "Thành viên",
        2,
        "Tình nguyện viên",
    ),
    ("source-unknown", put("Nguồn vốn", 2, 3, "vay"), "Nguồn vốn", 2, "Nguồn vốn"),
    ("direction-unknown", put(OPERATING, 2, 3, "?"), OPERATING, 2, "Thu/Chi"),
    ("voucher-unreadable", put(OPERATING, 2, 2, "số một"), OPERATING, 2, "Số phiếu"),
    ("item-doubled", add("Thông tin CLB", ["Thôn", "Khác"]), "Thông tin CLB", 5, "Thôn"),
    ("club-doubled", add("CLB khác", ["Tên CLB", "A"], ["Thôn", "B"]), "CLB khác", None, None),
]


@pytest.mark.parametrize(("code", "change", "sheet", "row", "column"), FAULTS)
def test_a_fault_is_reported_at_its_place(
    tmp_path: Path, code: str, change: Change, sheet: str, row: int | None, column: str | None
) -> None:
    sheets = small_book()
    change(sheets)
    book = read(tmp_path, sheets)
    assert [(fault.code, fault.sheet, fault.row, fault.column) for fault in book.faults] == [
        (code, sheet, row, column)
    ]
    assert book.faults[0].message


WARNINGS: list[tuple[str, Change, str, int | None, str | None]] = [
    ("column-unknown", add_column("Cho vay", "Ký nhận", "x"), "Cho vay", 1, "Ký nhận"),
    ("column-unknown", add_column("Cho vay", None, "x"), "Cho vay", 1, "I"),
    ("item-unknown", add("Thông tin CLB", ["Cờ", "đỏ"]), "Thông tin CLB", 5, "Cờ"),
    ("sheet-unknown", add("Bảng lương", ["gì đó"]), "Bảng lương", None, None),
    ("sheet-unknown", add("Tổng hợp cho vay", ["Cho vay", 5]), "Tổng hợp cho vay", None, None),
    ("voucher-missing", put(OPERATING, 2, 2, None), OPERATING, 2, "Số phiếu"),
    ("voucher-series", put(OPERATING, 2, 2, "PC-2018-0009"), OPERATING, 2, "Số phiếu"),
    ("voucher-year", put(OPERATING, 2, 2, "PT-2019-0009"), OPERATING, 2, "Số phiếu"),
    ("voucher-jump", put(OPERATING, 2, 2, "PT-2018-0009"), OPERATING, 2, None),
    ("percent-odd", put("Cho vay", 2, 6, 0.007), "Cho vay", 2, "Lãi suất"),
    ("citizen-number-odd", add_column("Thành viên", "CCCD", 123), "Thành viên", 2, "CCCD"),
    ("formula-cell", put("Trả nợ", 2, 6, "=D2+E2"), "Trả nợ", 2, "Cộng"),
    ("row-not-taken", add("Kiểm kê quỹ", ["Người lập"]), "Kiểm kê quỹ", 3, None),
]


@pytest.mark.parametrize(("code", "change", "sheet", "row", "column"), WARNINGS)
def test_a_warning_does_not_refuse_the_book(
    tmp_path: Path, code: str, change: Change, sheet: str, row: int | None, column: str | None
) -> None:
    sheets = small_book()
    change(sheets)
    book = read(tmp_path, sheets)
    assert book.faults == ()
    assert [(fault.code, fault.sheet, fault.row, fault.column) for fault in book.warnings] == [
        (code, sheet, row, column)
    ]


def test_a_number_missing_between_vouchers_is_said_where_the_next_one_stands(
    tmp_path: Path,
) -> None:
    """Over all sheets of the book; it may begin anywhere, but every later year begins with 1."""
    sheets = small_book()
    for voucher in ("PT-2018-0007", "PT-2019-0001", "PT-2020-0002", "PT-2020-0005"):
        day = date(int(voucher[3:7]), 11, 1)
        sheets["Trả nợ"].insert(-1, [day, voucher, "Vi Văn Ửng", 100_000, 0, 100_000])
    sheets["Trả nợ"].pop()
    book = read(tmp_path, sheets)
    assert book.faults == ()
    assert [(one.row, one.message) for one in book.warnings] == [
        (4, "Trong sổ không có phiếu PT-2018-0005 đến PT-2018-0006."),
        (6, "Trong sổ không có phiếu PT-2020-0001."),
        (7, "Trong sổ không có phiếu PT-2020-0003 đến PT-2020-0004."),
    ]
    sheets["Trả nợ"][1][1] = "số một"
    assert "voucher-jump" not in [one.code for one in read(tmp_path, sheets).warnings], "not read"


def test_a_formula_with_a_stored_value_is_taken_and_said(tmp_path: Path) -> None:
    path = tmp_path / "formulas.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Kiểm kê quỹ")
        sheet.write_row(0, 0, ["Ngày", "Thực đếm"])
        sheet.write(1, 0, "10/12/2018")
        sheet.write_formula(1, 1, "=3*5", None, 15)
    read_back = read_workbook(path)
    assert [row.counted for row in read_back.counts] == [15]
    assert [(fault.code, fault.row) for fault in read_back.warnings] == [("formula-cell", 2)]
    assert read_back.faults == ()


def test_total_rows_may_be_formulas(tmp_path: Path) -> None:
    sheets = small_book()
    sheets["Trả nợ"][3][3] = "=SUM(D2:D3)"
    book = read(tmp_path, sheets)
    assert (book.faults, book.warnings) == ((), ())


def test_rates_may_be_cells_shown_as_percentages(tmp_path: Path) -> None:
    path = write(tmp_path, small_book())
    book = openpyxl.load_workbook(path)
    book["Cho vay"]["F2"] = 0.007
    book["Cho vay"]["F2"].number_format = "0.0%"
    book.save(path)
    assert read_workbook(path).loans[0].rate_percent == Decimal("0.7")


def test_a_hidden_sheet_is_taken_and_said(tmp_path: Path) -> None:
    path = write(tmp_path, small_book())
    book = openpyxl.load_workbook(path)
    book["Cho vay"].sheet_state = "veryHidden"
    book.save(path)
    read_back = read_workbook(path)
    assert len(read_back.loans) == 1
    assert [fault.code for fault in read_back.warnings] == ["sheet-hidden"]


def test_thousands_of_faults_are_counted_not_listed(tmp_path: Path) -> None:
    sheets = small_book()
    sheets["Kiểm kê quỹ"] += [["10/12/2018", "nhiều"]] * (LISTED_MAX + 7)
    book = read(tmp_path, sheets)
    assert len(book.faults) == LISTED_MAX
    assert book.faults_left_out == 7


def test_a_workbook_without_any_known_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed) as refused:
        read(tmp_path, {"Thơ": [["Tháp Mười đẹp nhất bông sen"]]})
    assert refused.value.code == "workbook-unreadable"
