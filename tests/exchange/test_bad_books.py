"""One fault in an otherwise good book: its sheet, row and code are named, and nothing is stored."""

import secrets
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bookmaker import (
    CAPITAL,
    CARE,
    CLUB,
    COUNTS,
    JOINED,
    LOANS,
    MEETINGS,
    MEMBERS,
    NGAN,
    OPERATING,
    REPAYMENTS,
    SECRETARY,
    TREASURER,
    UNG,
    VOLUNTEERS,
    WORK,
    BookMaker,
)
from conftest import Server
from desk.desk import KINDS, Desk
from domain.errors import Malformed
from domain.values import business_date, utc_now
from exchange.importing import import_book
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog

Where = tuple[str, int | None, str]
Spoil = Callable[[BookMaker], Where]
House = tuple[Desk, Follower]

AUGUST = date(2018, 8, 10)
TOMORROW = business_date(utc_now()) + timedelta(days=1)
VIETNAMESE = frozenset("ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ")


@pytest.fixture(scope="module")
def house(server: Server, template: str) -> Iterator[House]:
    """One empty database for all bad books: none of them leaves anything in it."""
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        database = Database(server.app(name))
        keys = KeyRing(database, MasterKey(secrets.token_bytes(32)))
        yield Desk(EventLog(database, KINDS), keys), Follower(database, keys)
        database.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def at(sheet: str, code: str, row: Callable[[BookMaker], int | None]) -> Spoil:
    return lambda book: (sheet, row(book), code)


def cell(sheet: str, row: int, column: int, value: Any, code: str) -> Spoil:
    def spoil(book: BookMaker) -> Where:
        book.put(sheet, row, column, value)
        return sheet, row, code

    return spoil


def club(row: int, value: Any, code: str) -> Spoil:
    """The club's items are named by the row of its name."""

    def spoil(book: BookMaker) -> Where:
        book.put(CLUB, row, 2, value)
        return CLUB, 1, code

    return spoil


def ethnic_group_too_long(book: BookMaker) -> Where:
    book.put(MEMBERS, 1, 7, "Dân tộc").put(MEMBERS, 5, 7, "Tày " * 60)
    return MEMBERS, 5, "text-too-long"


def without_column(sheet: str, column: int) -> Spoil:
    def spoil(book: BookMaker) -> Where:
        for row in book.sheets[sheet]:
            del row[column - 1]
        return sheet, 1, "column-missing"

    return spoil


def merged(book: BookMaker) -> Where:
    book.merged.append((REPAYMENTS, "C3:D3"))
    return REPAYMENTS, 3, "merged-cells"


def without_club(book: BookMaker) -> Where:
    del book.sheets[CLUB]
    return CLUB, None, "club-missing"


def two_of_one_name(book: BookMaker) -> Where:
    book.member("Bế Thị Lan")
    book.member("Bế  thị LAN", birth=1960)
    return LOANS, book.loan(AUGUST, "PC-2018-0010", "Bế Thị Lan", 1_000_000), "borrower-ambiguous"


def repaid_before_the_loan(book: BookMaker) -> Where:
    book.loan(AUGUST, "PC-2018-0010", TREASURER, 1_000_000)
    row = book.repayment(AUGUST - timedelta(days=1), "PT-2018-0010", TREASURER, 100_000)
    return REPAYMENTS, row, "no-open-loan"


def terms_beyond_all_sums(book: BookMaker) -> Where:
    book.capital(AUGUST, "PT-2018-0010", 9 * 10**12)
    row = book.loan(AUGUST, "PC-2018-0010", UNG, 9 * 10**12, rate=100, term=600)
    return LOANS, row, "terms-unfit"


def back_dated_loan(book: BookMaker) -> Where:
    """There was enough on its own day; two later loans then find the fund overspent."""
    book.capital(date(2018, 9, 1), "PT-2018-0010", 1_000_000)
    book.loan(date(2018, 9, 1), "PC-2018-0010", TREASURER, 18_471_333)
    return (
        LOANS,
        book.loan(date(2018, 9, 2), "PC-2018-0011", "Nông Thị Chủ", 1),
        ("insufficient-funds"),
    )


def wrong_total(book: BookMaker) -> Where:
    return CAPITAL, book.add(CAPITAL, None, None, None, "Cộng", 25_000_001), "total-mismatch"


def two_infos(book: BookMaker) -> Where:
    book.sheets["Thông tin câu lạc bộ"] = [list(row) for row in book.sheets[CLUB]]
    return "Thông tin câu lạc bộ", None, "club-doubled"


def visited_by_two_of_one_name(book: BookMaker) -> Where:
    book.member("Bế Thị Lan")
    book.member("Bế Thị Lan", birth=1960)
    return CARE, book.visit(AUGUST, "Bế Thị Lan"), "person-ambiguous"


def visit_of_25_hours(book: BookMaker) -> Where:
    book.visit(AUGUST)
    book.put(CARE, 1, 4, "Số phút").put(CARE, 2, 4, 1_500)
    book.put(CARE, 1, 5, "Diễn biến").put(CARE, 2, 5, None)
    del book.sheets[CARE][0][7]
    return CARE, 2, "time-too-long"


def reading(written: str, code: str) -> Spoil:
    def spoil(book: BookMaker) -> Where:
        return CARE, book.visit(AUGUST, NGAN, SECRETARY, "8h", "9h", None, written), code

    return spoil


def days(written: Any, code: str) -> Spoil:
    def spoil(book: BookMaker) -> Where:
        return WORK, book.work(AUGUST, UNG, "Giúp hộ neo đơn", None, written), code

    return spoil


BAD: dict[str, Spoil] = {
    # who
    "unknown borrower": at(
        LOANS, "unknown-borrower", lambda b: b.loan(AUGUST, "PC-2018-0010", "Ai Đó", 1_000_000)
    ),
    "unknown payer": at(
        REPAYMENTS,
        "unknown-borrower",
        lambda b: b.repayment(AUGUST, "PT-2018-0010", "Ai Đó", 1_000),
    ),
    "two people of one name": two_of_one_name,
    "member born in the future": at(
        MEMBERS, "future-date", lambda b: b.member("Bế Thị Lan", birth=TOMORROW.year + 1)
    ),
    "member joined in the future": at(
        MEMBERS, "future-date", lambda b: b.member("Bế Thị Lan", TOMORROW)
    ),
    "member without a date": cell(MEMBERS, 3, 6, None, "value-missing"),
    "sex unknown": cell(MEMBERS, 3, 4, "Ông bà", "sex-unknown"),
    "treasurer is accountant": club(6, TREASURER, "same-person"),
    # the club
    "no club sheet": without_club,
    "two club sheets": two_infos,
    "club founded in the future": club(4, TOMORROW, "future-date"),
    "club name too long": club(1, "Nà " * 100, "text-too-long"),
    # loans and repayments
    "repayment above the debt": at(
        REPAYMENTS,
        "exceeds-debt",
        lambda b: b.repayment(AUGUST, "PT-2018-0010", UNG, 4_000_001),
    ),
    "repayment without any loan": at(
        REPAYMENTS,
        "no-open-loan",
        lambda b: b.repayment(AUGUST, "PT-2018-0010", TREASURER, 100_000),
    ),
    "repayment before the loan": repaid_before_the_loan,
    "repayment of nothing": at(
        REPAYMENTS, "amount-zero", lambda b: b.repayment(AUGUST, "PT-2018-0010", UNG, 0, 0)
    ),
    "unknown method": cell(LOANS, 2, 8, "Trả dần", "method-unknown"),
    "rate above sane": cell(LOANS, 2, 6, 101, "percent-out-of-range"),
    "rate in words": cell(LOANS, 2, 6, "như cũ", "percent-unreadable"),
    "term 0": cell(LOANS, 2, 7, 0, "number-out-of-range"),
    "term too long": cell(LOANS, 2, 7, 601, "number-out-of-range"),
    "terms beyond all sums": terms_beyond_all_sums,
    # vouchers
    "double voucher among receipts": at(
        REPAYMENTS,
        "voucher-duplicate",
        lambda b: b.repayment(AUGUST, "PT-2018-0004", UNG, 1_000_000, 40_000),
    ),
    "double voucher across sheets": at(
        OPERATING, "voucher-duplicate", lambda b: b.receipt(AUGUST, "pt 2018/4", 50_000)
    ),
    "double voucher among payments": at(
        OPERATING, "voucher-duplicate", lambda b: b.expense(AUGUST, "PC-2018-0003", 50_000)
    ),
    "voucher unreadable": cell(OPERATING, 3, 2, "***", "voucher-unreadable"),
    # cash
    "expense above the fund's cash": at(
        OPERATING, "insufficient-funds", lambda b: b.expense(AUGUST, "PC-2018-0010", 200_001)
    ),
    "loan above the fund's cash": at(
        LOANS,
        "insufficient-funds",
        lambda b: b.loan(AUGUST, "PC-2018-0010", TREASURER, 17_471_334),
    ),
    "nothing left the day after": back_dated_loan,
    "expense before the dues": at(
        OPERATING,
        "insufficient-funds",
        lambda b: b.expense(date(2018, 4, 9), "PC-2018-0010", 1),
    ),
    "interest brought as capital": at(
        CAPITAL,
        "restricted-fund",
        lambda b: b.capital(AUGUST, "PT-2018-0010", 100_000, "Lãi nhập vốn"),
    ),
    "unknown source": cell(CAPITAL, 3, 3, "Mượn tạm", "source-unknown"),
    "neither receipt nor payment": cell(OPERATING, 3, 3, "Chuyển", "direction-unknown"),
    # dates
    "impossible date": cell(REPAYMENTS, 3, 1, "30/02/2019", "date-impossible"),
    "future date": at(
        OPERATING, "future-date", lambda b: b.receipt(TOMORROW, "PT-2099-0001", 50_000)
    ),
    "count in the future": at(COUNTS, "future-date", lambda b: b.add(COUNTS, TOMORROW, 0)),
    "date of another century": cell(REPAYMENTS, 3, 1, "10/07/1818", "date-out-of-range"),
    "no date": cell(REPAYMENTS, 3, 1, None, "value-missing"),
    # amounts
    "amount in words": cell(LOANS, 2, 5, "5 triệu", "amount-in-words"),
    "negative amount": cell(CAPITAL, 3, 5, -5_000_000, "amount-negative"),
    "half a đồng": cell(REPAYMENTS, 3, 5, 50_000.5, "amount-not-whole"),
    "amount of nothing": cell(OPERATING, 3, 5, 0, "amount-zero"),
    "amount beyond all funds": cell(CAPITAL, 3, 5, 10**14, "amount-too-large"),
    "negative count": cell(COUNTS, 2, 2, "-1", "amount-negative"),
    "formula without value": cell(REPAYMENTS, 3, 4, "=500000*2", "formula-without-value"),
    "total row wrong": wrong_total,
    "row sum wrong": cell(REPAYMENTS, 3, 6, 1_050_001, "row-sum-mismatch"),
    # visits
    "client unknown": at(CARE, "unknown-person", lambda b: b.visit(AUGUST, "Ai Đó")),
    "volunteer unknown": at(CARE, "unknown-person", lambda b: b.visit(AUGUST, NGAN, "Ai Đó")),
    "one of two volunteers unknown": at(
        CARE, "unknown-person", lambda b: b.visit(AUGUST, NGAN, f"{SECRETARY} và Ai Đó")
    ),
    "volunteer is the client": at(
        CARE, "same-person", lambda b: b.visit(AUGUST, SECRETARY, f"{TREASURER}, {SECRETARY}")
    ),
    "visit by two of one name": visited_by_two_of_one_name,
    "visit without a client": at(CARE, "value-missing", lambda b: b.visit(AUGUST, None)),
    "visit without its end": at(
        CARE, "value-missing", lambda b: b.visit(AUGUST, NGAN, SECRETARY, "8h", None)
    ),
    "visit without any time": at(
        CARE, "time-missing", lambda b: b.visit(AUGUST, NGAN, SECRETARY, None, None)
    ),
    "end before start": at(
        CARE, "time-order", lambda b: b.visit(AUGUST, NGAN, SECRETARY, "9h30", "9h00")
    ),
    "end at the start": at(
        CARE, "time-order", lambda b: b.visit(AUGUST, NGAN, SECRETARY, "9h30", "9:30")
    ),
    "hour that is none": at(
        CARE, "time-unreadable", lambda b: b.visit(AUGUST, NGAN, SECRETARY, "8h", "25h")
    ),
    "visit of 25 hours": visit_of_25_hours,
    "visit in the future": at(CARE, "future-date", lambda b: b.visit(TOMORROW)),
    "visit before the client was born": at(
        CARE, "before-birth", lambda b: b.visit(date(1942, 12, 31), UNG)
    ),
    "pressure the wrong way round": reading("80/130", "pressure-impossible"),
    "pressure above any": reading("281/90", "pressure-impossible"),
    "pressure below any": reading("100/29", "pressure-impossible"),
    "pressure in words": reading("cao", "pressure-unreadable"),
    # work-days
    "worker unknown": at(
        WORK, "unknown-person", lambda b: b.work(AUGUST, "Ai Đó", "Giúp hộ neo đơn", None, 1)
    ),
    "nobody worked": at(
        WORK, "value-missing", lambda b: b.work(AUGUST, None, "Giúp hộ neo đơn", None, 1)
    ),
    "no work-days": at(
        WORK, "value-missing", lambda b: b.work(AUGUST, UNG, "Giúp hộ neo đơn", None, None)
    ),
    "negative work-days": days("-1", "work-days-out-of-range"),
    "work-days of nothing": days(0, "work-days-out-of-range"),
    "work-days in words": days("nhiều", "work-days-unreadable"),
    "half a day that Excel took for 1 February": days(date(2018, 2, 1), "work-days-unreadable"),
    "more than a day in a day": days(4, "time-too-long"),
    "work in the future": at(
        WORK, "future-date", lambda b: b.work(TOMORROW, UNG, "Giúp hộ neo đơn", None, 1)
    ),
    # meetings
    "meeting in the future": at(
        MEETINGS, "future-date", lambda b: b.meeting(TOMORROW, "BB 001", 40)
    ),
    "attendance below nobody": at(
        MEETINGS, "number-out-of-range", lambda b: b.meeting(AUGUST, "BB 001", -1)
    ),
    "attendance unreadable": at(
        MEETINGS, "number-unreadable", lambda b: b.meeting(AUGUST, "BB 001", "47,5")
    ),
    "no attendance": at(MEETINGS, "value-missing", lambda b: b.meeting(AUGUST, "BB 001", None)),
    # volunteers
    "volunteer nobody knows": at(
        VOLUNTEERS, "unknown-person", lambda b: b.volunteer("Ai Đó", AUGUST)
    ),
    "volunteer from next door without a date": at(
        VOLUNTEERS, "value-missing", lambda b: b.volunteer("Ai Đó (hàng xóm)", None)
    ),
    "volunteer in the future": at(VOLUNTEERS, "future-date", lambda b: b.volunteer(UNG, TOMORROW)),
    "course in the future": at(
        VOLUNTEERS, "future-date", lambda b: b.volunteer(UNG, AUGUST, "Sơ cứu", TOMORROW)
    ),
    # the sheet
    "column missing": without_column(LOANS, 7),
    "merged cells": merged,
    "text too long": cell(OPERATING, 3, 4, "chè " * 501, "text-too-long"),
    "ethnic group too long": ethnic_group_too_long,
    "control character": cell(OPERATING, 3, 4, "chè_x0007_", "text-invalid"),
}


@pytest.mark.parametrize("spoil", BAD.values(), ids=BAD.keys())
def test_one_fault_is_named_and_nothing_is_stored(
    house: House, tmp_path: Path, spoil: Spoil
) -> None:
    desk, follower = house
    book = BookMaker()
    expected = spoil(book)
    head = desk.log.head()
    report = import_book(desk, follower, book.write(tmp_path))
    assert [(f.sheet, f.row, f.code) for f in report.rejected] == [expected]
    assert VIETNAMESE & set(report.rejected[0].message.lower())
    assert (report.stored, report.club_id, report.totals) == (False, None, {})
    assert desk.log.head() == head


def test_every_fault_of_a_book_is_said_at_once(house: House, tmp_path: Path) -> None:
    book = BookMaker()
    rows = {
        (LOANS, book.loan(AUGUST, "PC-2018-0010", "Ai Đó", 1_000_000), "unknown-borrower"),
        (OPERATING, book.expense(AUGUST, "PC-2018-0003", 1_000), "voucher-duplicate"),
        (REPAYMENTS, book.repayment(AUGUST, "PT-2018-0011", NGAN, 5_000_000), "exceeds-debt"),
        (COUNTS, book.add(COUNTS, TOMORROW, 0), "future-date"),
    }
    report = import_book(*house, book.write(tmp_path))
    assert {(f.sheet, f.row, f.code) for f in report.rejected} == rows


def test_what_only_follows_from_a_wrong_row_is_left_unsaid(house: House, tmp_path: Path) -> None:
    """Without this capital there is less to lend, without this loan nothing to repay."""
    book = BookMaker()
    book.put(CAPITAL, 2, 3, "Lãi nhập vốn")
    loan = book.loan(JOINED, "PC-2018-0002", "Hứa Minh Thư", 5)
    book.put(LOANS, 2, 1, "PC-2018-0030").put(OPERATING, 3, 2, "PC-2018-0002")
    book.put(LOANS, loan, 2, date(2018, 5, 10))
    book.repayment(AUGUST, "PT-2018-0010", "Hứa Minh Thư", 5)
    report = import_book(*house, book.write(tmp_path))
    assert [(f.sheet, f.row, f.code) for f in report.rejected] == [
        (CAPITAL, 2, "restricted-fund"),
        (LOANS, loan, "voucher-duplicate"),
    ]


def test_a_file_that_is_no_workbook_is_refused_as_a_whole(house: House, tmp_path: Path) -> None:
    for content in (None, b"", b"PK\x03\x04 not a workbook"):
        path = tmp_path / "book.xlsx"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(Malformed) as refused:
            import_book(*house, path)
        assert refused.value.code == "workbook-unreadable"
