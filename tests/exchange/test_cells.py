"""One cell, one value: tables of what clubs write and what it means."""

import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from exchange.workbook import cells, dates, words
from exchange.workbook.cells import Cell, CellError, ErrorValue
from exchange.workbook.text import fold, plain, proper

Case = tuple[Callable[[Cell], Any], Any, Any]


def amount_or_zero(cell: Cell) -> int:
    return cells.amount(cell, zero=True)


def yearly(cell: Cell) -> Any:
    return cells.rate(cell, "year")


READ: list[Case] = [
    (cells.amount, 5_000_000, 5_000_000),
    (cells.amount, 5_000_000.0, 5_000_000),
    (cells.amount, Decimal("5000000"), 5_000_000),
    (cells.amount, Decimal("5E+6"), 5_000_000),
    (cells.amount, "1.500.000", 1_500_000),
    (cells.amount, "1.500.000 đ", 1_500_000),
    (cells.amount, "1.500.000đ", 1_500_000),
    (cells.amount, "1.500.000 đồng", 1_500_000),
    (cells.amount, "1.500.000 VNĐ", 1_500_000),
    (cells.amount, "₫1.500.000", 1_500_000),
    (cells.amount, "1,500,000", 1_500_000),
    (cells.amount, "1 500 000₫", 1_500_000),
    (cells.amount, "1\u00a0500\u00a0000 ₫", 1_500_000),
    (cells.amount, "1\u202f500\u202f000", 1_500_000),
    (cells.amount, "1.500.000,00", 1_500_000),
    (cells.amount, "1,500,000.00", 1_500_000),
    (cells.amount, "500.000", 500_000),
    (cells.amount, " 833333 ", 833_333),
    (cells.amount, "5000000.0", 5_000_000),
    (cells.amount, 10**13, 10**13),
    (amount_or_zero, "0", 0),
    (amount_or_zero, 0, 0),
    (amount_or_zero, "-", 0),
    (amount_or_zero, "0 đ", 0),
    (cells.percent, "0,7", Decimal("0.7")),
    (cells.percent, "0.7", Decimal("0.7")),
    (cells.percent, "0,7%", Decimal("0.7")),
    (cells.percent, "0,7 %", Decimal("0.7")),
    (cells.percent, "1%", Decimal(1)),
    (cells.percent, "0,7%/tháng", Decimal("0.7")),
    (cells.percent, 1, Decimal(1)),
    (cells.percent, 0.7, Decimal("0.7")),
    (cells.percent, Cell(Decimal("0.007"), percent=True), Decimal("0.7")),
    (cells.percent, Cell(Decimal("0.01"), percent=True), Decimal(1)),
    (cells.percent, 0, Decimal(0)),
    (cells.percent, "không lãi", Decimal(0)),
    (cells.rate, "8,4%/năm", (Decimal("8.4"), "year")),
    (cells.rate, "0,7", (Decimal("0.7"), "month")),
    (yearly, "8.4", (Decimal("8.4"), "year")),
    (dates.day, datetime(2018, 3, 15), date(2018, 3, 15)),  # noqa: DTZ001  (Excel has no zones)
    (dates.day, date(2018, 3, 15), date(2018, 3, 15)),
    (dates.day, "15/03/2018", date(2018, 3, 15)),
    (dates.day, "10/7/18", date(2018, 7, 10)),
    (dates.day, "30/5/18", date(2018, 5, 30)),
    (dates.day, "15-03-2018", date(2018, 3, 15)),
    (dates.day, "15.3.2018", date(2018, 3, 15)),
    (dates.day, " 15 / 3 / 2018 ", date(2018, 3, 15)),
    (dates.day, "2018-03-15", date(2018, 3, 15)),
    (dates.day, "2018-03-15 00:00:00", date(2018, 3, 15)),
    (dates.day, "15/03/2018 00:00", date(2018, 3, 15)),
    (dates.day, "ngày 15 tháng 3 năm 2018", date(2018, 3, 15)),
    (dates.day, "1/1/49", date(2049, 1, 1)),
    (dates.day, "1/1/50", date(1950, 1, 1)),
    (dates.day, "29/02/2020", date(2020, 2, 29)),
    (dates.birth, 1953, (1953, None)),
    (dates.birth, Decimal("1953"), (1953, None)),
    (dates.birth, "1953", (1953, None)),
    (dates.birth, "năm 1953", (1953, None)),
    (dates.birth, "00/00/1953", (1953, None)),
    (dates.birth, "15/3/43", (1943, date(1943, 3, 15))),
    (dates.birth, "07/04/1950", (1950, date(1950, 4, 7))),
    (dates.birth, date(1954, 11, 26), (1954, date(1954, 11, 26))),
    (cells.whole, "12", 12),
    (cells.whole, 12.0, 12),
    (cells.months, 12, 12),
    (cells.months, "12 tháng", 12),
    (cells.months, "1 năm", 12),
    (cells.day_of_month, 10, 10),
    (cells.day_of_month, "ngày 10", 10),
    (cells.day_of_month, "Mùng 5 hằng tháng", 5),
    (cells.mark, "x", True),
    (cells.mark, " X ", True),
    (cells.mark, "có", True),
    (cells.mark, "✓", True),
    (cells.mark, True, True),
    (cells.mark, Decimal(1), True),
    (cells.mark, "không", False),
    (cells.mark, "-", False),
    (cells.mark, None, False),
    (cells.name, "  LỘC THÚY NGÂN ", "Lộc Thúy Ngân"),
    (cells.name, unicodedata.normalize("NFD", "Lộc  Thúy Ngân"), "Lộc Thúy Ngân"),
    (cells.name, "Lộc\nThúy\u200b Ngân", "Lộc Thúy Ngân"),
    (cells.name, "Y Ngông Niê Kdăm", "Y Ngông Niê Kdăm"),
    (cells.voucher, "PT-2018-0001", "PT-2018-0001"),
    (cells.voucher, " pt 2018/1 ", "PT-2018-0001"),
    (cells.voucher, "PC2018-12", "PC-2018-0012"),
    (cells.voucher, "PC 12/2018", "PC-2018-0012"),
    (cells.voucher, "PT-2018-12345", "PT-2018-12345"),
    (cells.voucher, "15/2018", "15/2018"),
    (cells.voucher, Decimal(15), "15"),
    (cells.text, "  Nuôi   gà ", "Nuôi gà"),
    (words.sex, "NỮ", "female"),
    (words.sex, "Nam", "male"),
    (words.household, "Hộ nghèo", "poor"),
    (words.household, "HỘ CẬN NGHÈO", "near_poor"),
    (words.household, "mới thoát nghèo", "escaped"),
    (words.household, "Hoàn cảnh khó khăn", "difficult"),
    (words.household, "Không", None),
    (words.method, "Gốc đều, lãi giảm dần", "equal_principal"),
    (words.method, "Dư nợ giảm dần", "equal_principal"),
    (words.method, "Trả gốc cuối kỳ", "bullet"),
    (words.method, "Lãi phẳng", "flat"),
    (words.method, "Gốc đều, lãi phẳng", "flat"),
    (words.method, "Trả góp đều", "equal_instalment"),
    (words.method, "Niên kim", "equal_instalment"),
    (words.method, "Không lãi", "interest_free"),
    (words.source, "Ngân sách nhà nước", "state_budget"),
    (words.source, "Dự án tài trợ", "donor_project"),
    (words.source, "Hội NCT", "association"),
    (words.source, "Hội Người cao tuổi huyện", "association"),
    (words.source, "Đóng góp thành viên", "members"),
    (words.source, "Nhà hảo tâm", "benefactor"),
    (words.source, "lãi nhập vốn", "capitalised_interest"),
    (words.direction, "Thu", "receipt"),
    (words.direction, "CHI", "payment"),
]


@pytest.mark.parametrize(("parse", "written", "meant"), READ)
def test_a_cell_is_read_as_it_is_meant(
    parse: Callable[[Cell], Any], written: Any, meant: Any
) -> None:
    cell = written if isinstance(written, Cell) else Cell(written)
    read = parse(cell)
    assert read == meant
    assert type(read) is type(meant)


REFUSED: list[Case] = [
    (cells.amount, 1.5, "amount-not-whole"),
    (cells.amount, "1.5", "amount-not-whole"),
    (cells.amount, "1500,5 đ", "amount-not-whole"),
    (cells.amount, Decimal("833333.33"), "amount-not-whole"),
    (cells.amount, -5, "amount-negative"),
    (cells.amount, "-5.000", "amount-negative"),
    (cells.amount, "(5.000)", "amount-negative"),
    (cells.amount, 0, "amount-zero"),
    (cells.amount, "0", "amount-zero"),
    (cells.amount, "-", "amount-unreadable"),
    (cells.amount, "năm mươi", "amount-unreadable"),
    (cells.amount, "5 triệu", "amount-in-words"),
    (cells.amount, "5tr", "amount-in-words"),
    (cells.amount, "500k", "amount-in-words"),
    (cells.amount, "1.500,000", "amount-unreadable"),
    (cells.amount, "1.50.000", "amount-unreadable"),
    (cells.amount, "0.500", "amount-unreadable"),
    (cells.amount, "１.５００", "amount-unreadable"),
    (cells.amount, True, "amount-unreadable"),
    (cells.amount, date(2018, 3, 15), "amount-unreadable"),
    (cells.amount, ErrorValue("#REF!"), "cell-error"),
    (cells.amount, "9" * 5000, "amount-too-large"),
    (cells.amount, 10**13 + 1, "amount-too-large"),
    (cells.percent, "cao", "percent-unreadable"),
    (cells.percent, "1,2,3", "percent-unreadable"),
    (cells.percent, True, "percent-unreadable"),
    (cells.percent, -1, "percent-out-of-range"),
    (cells.percent, 101, "percent-out-of-range"),
    (dates.day, "31/02/2020", "date-impossible"),
    (dates.day, "03/15/2018", "date-impossible"),
    (dates.day, "29/02/2019", "date-impossible"),
    (dates.day, "15/03/1899", "date-out-of-range"),
    (dates.day, "15/03/2200", "date-out-of-range"),
    (dates.day, 43174, "date-unreadable"),
    (dates.day, "hôm qua", "date-unreadable"),
    (dates.day, True, "date-unreadable"),
    (dates.day, date(1905, 5, 6), "date-ambiguous"),
    (dates.day, ErrorValue("#N/A"), "cell-error"),
    (dates.birth, "15/3/15", "date-ambiguous"),
    (dates.birth, date(1905, 5, 6), "date-ambiguous"),
    (dates.birth, 195, "date-unreadable"),
    (dates.birth, 19530, "date-unreadable"),
    (dates.birth, 1953.5, "date-unreadable"),
    (cells.whole, 1.5, "number-unreadable"),
    (cells.whole, "mười", "number-unreadable"),
    (cells.months, 0, "number-out-of-range"),
    (cells.months, 601, "number-out-of-range"),
    (cells.day_of_month, 32, "number-out-of-range"),
    (cells.mark, "có lẽ", "mark-unreadable"),
    (cells.name, Decimal(5), "name-unreadable"),
    (cells.name, "---", "name-unreadable"),
    (cells.name, "An\u202ehnaN", "text-invalid"),
    (cells.name, "An\x00", "text-invalid"),
    (cells.name, "a" * 201, "text-too-long"),
    (cells.text, "a" * 2001, "text-too-long"),
    (cells.voucher, "số năm", "voucher-unreadable"),
    (words.sex, "khác", "sex-unknown"),
    (words.household, "giàu", "household-unknown"),
    (words.method, "tùy", "method-unknown"),
    (words.method, "Trả gốc và lãi cuối kỳ", "method-unknown"),
    (words.source, "vay ngân hàng", "source-unknown"),
    (words.source, "Dự án của Hội NCT", "source-unknown"),
    (words.direction, "Thu chi", "direction-unknown"),
]


@pytest.mark.parametrize(("parse", "written", "code"), REFUSED)
def test_a_cell_that_cannot_be_read_is_refused_by_its_code(
    parse: Callable[[Cell], Any], written: Any, code: str
) -> None:
    with pytest.raises(CellError) as refused:
        parse(Cell(written))
    assert refused.value.code == code
    assert len(refused.value.message) < 200


SAME = [
    ("Lộc Thúy Ngân", "  LỘC THÚY  NGÂN "),
    ("Lộc Thúy Ngân", unicodedata.normalize("NFD", "Lộc Thúy Ngân")),
    ("Lò Thị Hoà", "Lò Thị Hòa"),
    ("Thuý", "THÚY"),
    ("Quý", "quý"),
    ("Đàm\u00a0Đức", "đàm đức"),
]
DIFFERENT = [("Hoa", "Hòa"), ("Tống", "Tổng"), ("Đam", "Dam"), ("Thuý", "Thủy"), ("Lan", "Lân")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_name_written_two_ways_is_one_person(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_tone_is_another_person(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_headers_are_compared_by_their_bare_words() -> None:
    assert plain(" HỌ VÀ  TÊN: ") == plain("Họ và tên") == "ho va ten"
    assert plain("Địa chỉ (thôn)") == "dia chi thon"


def test_only_a_name_all_in_capitals_is_written_small() -> None:
    assert proper("VI THỊ ỬNG") == "Vi Thị Ửng"
    assert proper("Vi thị Ửng") == "Vi thị Ửng"
