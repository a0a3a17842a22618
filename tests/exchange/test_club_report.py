"""A club's report: its sums against the books they are of, and the papers it comes out as."""

import io
import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from desk import books
from desk.desk import Desk
from domain.loans.commands import ProposeReversal
from exchange.importing import import_book
from exchange.paper import report as paper
from exchange.tables import as_csv, as_xlsx, shown
from projections import ledger
from projections.club_report import STEPS_MAX, ClubReport, club_report, ends
from projections.figures import Period
from projections.follower import Follower
from projections.times import seen
from store.database import Database
from tests.audit.wholebook import WholeBook
from tests.exchange.test_printing import Club, Paper
from village import SYSTEM

YEAR = Period(date(2024, 1, 1), date(2024, 12, 31))
WHOLE = Period(date(2018, 1, 1), date(2025, 5, 31))


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


@pytest.fixture
def club(desk: Desk, follower: Follower) -> Club:
    return Club(desk, follower)


def report_of(desk: Desk, club_id: UUID, period: Period) -> ClubReport:
    with desk.log.database.connection() as connection:
        at = seen(connection, club_id, period.last)
        return club_report(connection, at, period, desk.keys)


def check_against_the_ledger(desk: Desk, club_id: UUID, period: Period) -> ClubReport:
    """Every fund's sums against a plain addition of the ledger's lines, which it does not read."""
    report = report_of(desk, club_id, period)
    with desk.log.database.connection() as connection:
        lines = list(ledger.lines(connection, club_id, until=period.last))
    before: dict[str, int] = defaultdict(int)
    after: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.account in ("111", "112"):
            after[line.fund] += line.amount
            before[line.fund] += line.amount if line.occurred_on < period.first else 0
    funds = report["money"]["funds"]
    assert {fund["fund"] for fund in funds} == set(after)
    for fund in funds:
        assert fund["opening"] == before[fund["fund"]]
        assert fund["closing"] == after[fund["fund"]] == fund["cash"] + fund["bank"]
        moved = fund["receipts_total"] - fund["payments_total"]
        assert fund["opening"] + moved == fund["closing"]
    cash = report["money"]["cash_book"]
    assert cash["closing"] == sum(fund["cash"] for fund in funds)
    owed = sum(line.amount for line in lines if line.account == "1283")
    assert report["money"]["loan_book"]["totals"]["outstanding"] == owed
    steps = report["money"]["steps"]
    assert steps[-1]["outstanding"] == owed
    totals = report["money"]["loan_book"]["totals"]
    assert sum(step["lent"] for step in steps) == totals["lent"]
    assert sum(step["principal_paid"] for step in steps) == totals["principal_paid"]
    assert sum(one["amount"] for one in report["money"]["accounts"]) == 0
    return report


def flow(report: ClubReport, fund: str, side: str, kind: str) -> int:
    (found,) = (f for f in report["money"]["funds"] if f["fund"] == fund)
    return sum(one["amount"] for one in found[side] if one["kind"] == kind)  # type: ignore[literal-required]


@pytest.mark.parametrize("name", ["club-book", "club-book-rough"])
def test_of_an_imported_book(
    name: str, shared_data: Path, desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    imported = import_book(desk, follower, shared_data / f"{name}.xlsx")
    assert imported.club_id is not None
    check_against_the_ledger(desk, imported.club_id, YEAR)
    whole = check_against_the_ledger(desk, imported.club_id, WHOLE)
    # The published control totals, by another way than the totals of the import.
    published = json.loads((shared_data / f"{name}.totals.json").read_text("utf-8"))
    assert flow(whole, "loan", "receipts", "principal_repaid") == published["principal_repaid"]
    assert flow(whole, "loan", "receipts", "interest") == published["interest_received"]
    lent = flow(whole, "loan", "payments", "loans.PastLoanEntered")
    assert lent == published["principal_disbursed"]
    capital = flow(whole, "loan", "receipts", "loans.CapitalReceived")
    assert capital == published["capital_received"]
    # The same bytes again, and a whole paper of many pages.
    year = report_of(desk, imported.club_id, YEAR)
    assert as_xlsx(*paper.sheets(year, {})) == as_xlsx(*paper.sheets(year, {}))
    made = paper.report_pdf(year, {})
    assert made == paper.report_pdf(report_of(desk, imported.club_id, YEAR), {})
    printed = Paper(made, tmp_path)
    assert printed.pages > 3
    for row in year["money"]["loan_book"]["items"]:
        assert str(row["borrower_name"]) in printed.text
    assert "Dư nợ gốc cuối kỳ (triệu đồng)" in printed.text, "the charts' own words"
    assert "Thu thiếu lãi so với lịch của khoản vay" in printed.text
    assert "interest-short" not in printed.text, "a code is no word"


def test_of_a_book_with_every_kind_of_entry(desk: Desk, follower: Follower, tmp_path: Path) -> None:
    """Reversals, moves to the bank, transfers and allocations leave every fund's sums right."""
    book = WholeBook(desk)
    follower.catch_up()
    for period in (
        Period(date(2026, 1, 1), date(2026, 12, 31)),
        Period(date(2026, 4, 1), date(2026, 4, 30)),
        Period(date(2026, 5, 10), date(2026, 5, 10)),
    ):
        report = check_against_the_ledger(desk, book.club_id, period)
        as_xlsx(*paper.sheets(report, {}))
        Paper(paper.report_pdf(report, {}), tmp_path)


def test_a_reversal_counts_against_what_it_reversed(
    club: Club, desk: Desk, follower: Follower
) -> None:
    event_id = club.event_of("PT-2026-0001")
    reason = desk.memo(club.club_id, "Ghi nhầm người")
    assert reason is not None
    may = date(2026, 5, 10)
    proposal = ProposeReversal(
        event_id=event_id, occurred_on=may, proposed_by=club.secretary, reason=reason
    )
    books.propose_reversal(desk, SYSTEM, proposal)
    books.approve_reversal(desk, SYSTEM, event_id, club.chair, may)
    follower.catch_up()
    year = check_against_the_ledger(desk, club.club_id, Period(date(2026, 1, 1), may))
    assert flow(year, "loan", "receipts", "principal_repaid") == 0
    month = check_against_the_ledger(desk, club.club_id, Period(date(2026, 5, 1), may))
    assert flow(month, "loan", "receipts", "principal_repaid") == -1_000_000
    assert flow(month, "loan", "receipts", "interest") == -21_000


def cells(book: Any, sheet: str) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in book[sheet].iter_rows()]


def test_the_workbook_has_numbers_days_and_vietnamese_headings(club: Club, desk: Desk) -> None:
    report = report_of(desk, club.club_id, Period(date(2026, 1, 1), date(2026, 5, 31)))
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(*paper.sheets(report, {}))))
    assert book.sheetnames == [
        "Tổng hợp",
        "Thu chi theo quỹ",
        "Sổ quỹ tiền mặt",
        "Sổ theo dõi vay vốn",
        "Chỉ tiêu",
        "Số dư tài khoản",
        "Phát hiện của sổ",
        "Thành viên",
        "Chăm sóc tại nhà",
        "Ngày công",
        "Sinh hoạt",
        "Hoạt động theo mảng",
        "Cảnh báo của kỳ",
    ]
    cash = cells(book, "Sổ quỹ tiền mặt")
    # The columns of S07-DN.
    assert cash[0] == [
        *("Ngày ghi sổ", "Ngày chứng từ", "Phiếu thu", "Phiếu chi", "Diễn giải", "Quỹ"),
        *("Thu", "Chi", "Tồn"),
    ]
    # The capital of 2024 stood in the box when the year began.
    assert [row[6:] for row in cash[1:]] == [
        ["", "", 20_000_000],
        ["", 3_000_000, 17_000_000],
        [1_021_000, "", 18_021_000],
        [1_021_000, 3_000_000, 18_021_000],
    ]
    assert cash[2][1].date() == date(2026, 3, 10)
    assert cash[2][3:6] == ["PC-2026-0001", "Cho vay: Hoàng Thị Dung", "Tăng thu nhập"]
    loans = cells(book, "Sổ theo dõi vay vốn")
    assert loans[1][2:4] == ["Hoàng Thị Dung", 3_000_000]
    share = next(row[3] for row in cells(book, "Chỉ tiêu")[1:] if row[0] == "Vốn hao hụt")
    assert isinstance(share, float | int)
    months = ", ".join(f"{month:02}/2026" for month in range(1, 6))
    told = cells(book, "Cảnh báo của kỳ")[-1]
    assert told == ["Có tháng không kiểm kê quỹ", 5, "", "", months]


def test_the_sums_come_as_csv_too(club: Club, desk: Desk) -> None:
    report = report_of(desk, club.club_id, Period(date(2026, 1, 1), date(2026, 5, 31)))
    lines = as_csv(paper.summary(report)).decode("utf-8-sig").split("\r\n")
    assert lines[0] == "Phần,Mục,Nội dung,Giá trị,Trên,Tỷ lệ"
    assert "Thu chi,Quỹ tăng thu nhập,Thu: thu nợ gốc,1000000,," in lines


def test_a_table_too_long_to_print_is_left_to_the_workbook(
    club: Club, desk: Desk, tmp_path: Path
) -> None:
    report = report_of(desk, club.club_id, Period(date(2026, 1, 1), date(2026, 5, 31)))
    row = report["money"]["cash_book"]["items"][0]
    report["money"]["cash_book"]["items"] = [row] * paper.LINES_MAX
    text = Paper(paper.report_pdf(report, {}), tmp_path).text
    assert f"{paper.LINES_MAX + 2} dòng, quá dài để in: xem tệp Excel" in text


def test_steps_are_months_of_a_short_report_and_years_of_a_long_one() -> None:
    assert ends(Period(date(2026, 1, 15), date(2026, 3, 10))) == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 10),
    ]
    two_years = ends(Period(date(2025, 1, 1), date(2026, 12, 31)))
    assert len(two_years) == STEPS_MAX
    longer = ends(Period(date(2024, 12, 1), date(2026, 12, 30)))
    assert longer == [date(2024, 12, 31), date(2025, 12, 31), date(2026, 12, 30)]
    assert ends(Period(date(2026, 2, 1), date(2026, 1, 1))) == []


def test_a_share_is_shown_as_a_percentage() -> None:
    assert shown(Decimal("0.123456")) == "12,35\u00a0%"
    assert shown(Decimal("1.5")) == "150,00\u00a0%"
    assert shown(Decimal("-0.00005")) == "-0,01\u00a0%"
