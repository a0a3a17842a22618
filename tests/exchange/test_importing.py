"""Books into a real database: figures to the đồng, again and again, let stand, at once."""

import json
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from audit.checks import run as check
from bookmaker import (
    CAPITAL,
    CLUB,
    COUNTS,
    LOANS,
    MEMBERS,
    OPERATING,
    REPAYMENTS,
    TOTALS,
    TREASURER,
    UNG,
    BookMaker,
)
from desk import books, people
from desk.desk import KINDS, Desk
from domain.clubs.decisions import FoundClub, JoinClub
from domain.clubs.events import ClubFounded
from domain.errors import Malformed, Refusal
from domain.histories import book_of
from domain.loans.commands import EnterOpeningBalances
from domain.loans.events import (
    DuesReceived,
    ExpensePaid,
    IncomeReceived,
    LoanSettled,
    MoneyEvent,
    PastRepaymentEntered,
)
from exchange.importing import ImportReport, LetStand, import_book, sheets_and_rows
from projections import clubs, findings
from projections.follower import Follower
from store.database import Database
from village import SYSTEM, Village

AUGUST = date(2018, 8, 10)
CHAIR, SECRETARY = "Nông Thị Chủ", "Hứa Minh Thư"

# What the published totals say beside figures.
SAID = {"note", "club"}


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


class Importer:
    """Imports a book that is being written, into one database."""

    def __init__(self, desk: Desk, follower: Follower, folder: Path) -> None:
        self.desk, self.follower, self.folder = desk, follower, folder

    def __call__(self, book: BookMaker, **options: Any) -> ImportReport:
        return import_book(self.desk, self.follower, book.write(self.folder), **options)

    def taken(self, book: BookMaker, **options: Any) -> ImportReport:
        report = self(book, **options)
        assert report.rejected == []
        return report


@pytest.fixture
def importer(desk: Desk, follower: Follower, tmp_path: Path) -> Importer:
    return Importer(desk, follower, tmp_path)


def figures(report: ImportReport) -> dict[str, Any]:
    return {key: report.totals[key] for key in TOTALS}


def codes(report: ImportReport) -> list[tuple[str, int | None, str]]:
    return [(fault.sheet, fault.row, fault.code) for fault in report.warnings]


def new(report: ImportReport) -> dict[str, int]:
    return {kind: number for kind, number in report.accepted.items() if number}


def balances(database: Database, report: ImportReport) -> dict[tuple[str, str], int]:
    with database.connection() as connection:
        rows = connection.execute(
            "SELECT account, fund, amount FROM read.balances WHERE club_id = %s AND amount <> 0",
            (report.club_id,),
        )
        return {(account, fund): amount for account, fund, amount in rows}


def story(desk: Desk, report: ImportReport) -> list[Any]:
    assert report.club_id is not None
    return [recorded.event for recorded in desk.log.story(book_of(report.club_id))]


def assert_clean(database: Database) -> None:
    found = check(database, KINDS)
    assert found.clean, found.findings


# --- the clubs' own books -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["club-book", "club-book-rough"])
def test_a_real_book_gives_its_control_totals(
    database: Database, desk: Desk, follower: Follower, shared_data: Path, name: str
) -> None:
    report = import_book(desk, follower, shared_data / f"{name}.xlsx")
    wanted = json.loads((shared_data / f"{name}.totals.json").read_text(encoding="utf-8"))
    assert report.rejected == []
    assert report.totals.keys() >= wanted.keys() - SAID
    for key in wanted.keys() - SAID - {"per_loan"}:
        assert report.totals[key] == wanted[key], key
    for mine, theirs in zip(report.totals["per_loan"], wanted["per_loan"], strict=True):
        assert mine == theirs
    assert sum(balances(database, report).values()) == 0
    assert_clean(database)

    again = import_book(desk, follower, shared_data / f"{name}.xlsx")
    assert new(again) == {}
    assert again.known == report.accepted
    assert (again.stored, again.rejected, again.warnings) == (False, [], [])
    assert again.totals == report.totals


def test_a_row_that_is_refused_keeps_its_message_and_the_others_are_only_read(
    importer: Importer,
) -> None:
    book = BookMaker()
    book.put(REPAYMENTS, 3, 4, "chín trăm")
    report = importer(book)
    assert not report.stored
    refused = {(one.sheet, one.row): one for one in report.lines if one.standing == "refused"}
    assert refused.keys() == {(one.sheet, one.row) for one in report.rejected}
    assert (REPAYMENTS, 3) in refused
    assert refused[REPAYMENTS, 3].said[0].message
    assert {one.standing for one in report.lines} == {"refused", "unseen"}


# --- one small book -----------------------------------------------------------------------


def test_a_small_book_gives_its_figures_and_no_warning(
    importer: Importer, database: Database
) -> None:
    report = importer.taken(BookMaker())
    assert figures(report) == TOTALS
    assert report.warnings == []
    assert sum(balances(database, report).values()) == 0
    assert_clean(database)


def test_every_fact_says_where_in_which_book_it_was_found(importer: Importer, desk: Desk) -> None:
    report = importer.taken(BookMaker())
    assert report.club_id is not None
    facts = [e for e in story(desk, report) if e.TOPIC != "loans.WorkbookImported"]
    club = [recorded.event for recorded in desk.log.story(report.club_id)]
    for event in (*facts, *club):
        assert event.origin is not None, event
        assert (event.origin.source, event.origin.import_id) == ("book", report.import_id)
    repaid = [e.origin for e in facts if isinstance(e, PastRepaymentEntered) and e.origin]
    assert [(origin.sheet, origin.row) for origin in repaid] == [(REPAYMENTS, n) for n in (2, 3, 4)]


def test_a_club_sheet_without_a_date_takes_the_first_day_of_the_book(
    importer: Importer, database: Database
) -> None:
    book = BookMaker()
    del book.sheets[CLUB][3]
    report = importer.taken(book)
    assert codes(report) == [(CLUB, None, "founding-date-missing")]
    with database.connection() as connection:
        assert [club.founded_on for club in clubs.all_clubs(connection)] == [date(2018, 3, 15)]


def test_two_members_of_one_name_are_told_and_only_their_money_is_refused(
    importer: Importer,
) -> None:
    book = BookMaker()
    book.member("Bế Thị Lan")
    row = book.member("Bế Thị Lan", birth=1960)
    report = importer.taken(book)
    assert codes(report) == [(MEMBERS, row, "name-doubled")]
    assert report.totals["members"] == 8


def test_interest_paid_after_the_last_principal_belongs_to_that_loan(
    importer: Importer, desk: Desk, database: Database
) -> None:
    book = BookMaker()
    book.repayment(AUGUST, "PT-2018-0010", UNG, 4_000_000)
    book.repayment(AUGUST, "PT-2018-0011", UNG, 0, 40_000)
    late = book.repayment(date(2018, 9, 10), "PT-2018-0012", UNG, 0, 30_000)
    report = importer.taken(book)
    assert (REPAYMENTS, late, "interest-after-principal") in codes(report)
    mine = next(loan for loan in report.totals["per_loan"] if loan["borrower"] == UNG)
    assert (mine["outstanding"], mine["interest_paid"]) == (0, 180_000)
    settled = [event for event in story(desk, report) if isinstance(event, LoanSettled)]
    assert [event.occurred_on for event in settled] == [date(2018, 9, 10)]
    assert report.totals["loans_open"] == 1
    assert_clean(database)


def test_late_interest_goes_to_a_loan_that_still_owes(importer: Importer) -> None:
    book = BookMaker()
    book.repayment(AUGUST, "PT-2018-0010", UNG, 4_000_000)
    book.loan(AUGUST, "PC-2018-0010", UNG, 3_000_000)
    book.repayment(date(2018, 9, 10), "PT-2018-0011", UNG, 0, 30_000)
    report = importer.taken(book)
    mine = [loan for loan in report.totals["per_loan"] if loan["borrower"] == UNG]
    assert [loan["interest_paid"] for loan in mine] == [110_000, 30_000]
    assert "same-day-reborrowing" in {code for *_, code in codes(report)}


def test_interest_taken_at_the_payout_is_part_of_that_day(importer: Importer) -> None:
    book = BookMaker()
    book.loan(AUGUST, "PC-2018-0010", TREASURER, 1_000_000)
    book.repayment(AUGUST, "PT-2018-0010", TREASURER, 0, 60_000)
    report = importer.taken(book)
    assert report.totals["per_loan"][-1]["interest_paid"] == 60_000


def test_the_oldest_open_loan_is_repaid_first(importer: Importer) -> None:
    book = BookMaker()
    book.loan(AUGUST, "PC-2018-0010", UNG, 2_000_000)
    book.repayment(date(2018, 9, 10), "PT-2018-0010", UNG, 1_500_000)
    book.repayment(date(2018, 10, 10), "PT-2018-0011", UNG, 2_500_000)
    book.repayment(date(2018, 11, 10), "PT-2018-0012", UNG, 500_000)
    mine = [loan for loan in importer.taken(book).totals["per_loan"] if loan["borrower"] == UNG]
    assert [loan["outstanding"] for loan in mine] == [0, 1_500_000]


def test_rows_without_a_voucher_are_warned_of_and_taken(importer: Importer) -> None:
    book = BookMaker()
    rows = [book.receipt(AUGUST, None, 50_000), book.receipt(AUGUST, None, 50_000)]
    report = importer.taken(book)
    assert codes(report) == [(OPERATING, row, "voucher-missing") for row in rows]
    assert report.totals["operating_receipts"] == 400_000


def test_dues_are_told_from_other_receipts_by_their_words(importer: Importer, desk: Desk) -> None:
    book = BookMaker()
    book.receipt(AUGUST, "PT-2018-0010", 1_000, memo="Thu hội phí quý III")
    book.receipt(AUGUST, "PT-2018-0011", 2_000, memo="Kinh phí xã hỗ trợ")
    events = story(desk, importer.taken(book))
    assert [e.amount for e in events if isinstance(e, DuesReceived)] == [300_000, 1_000]
    assert [e.amount for e in events if isinstance(e, IncomeReceived)] == [2_000]


def test_what_a_past_book_may_do_is_shown_beside_its_row(importer: Importer) -> None:
    book = BookMaker()
    dear = book.loan(AUGUST, "PC-2018-0010", UNG, 1_000_000, rate=2)
    officer = book.loan(AUGUST, "PC-2018-0011", TREASURER, 1_000_000)
    book.member("Bế Thị Lan", date(2019, 1, 1))
    early = book.loan(AUGUST, "PC-2018-0012", "Bế Thị Lan", 1_000_000)
    count = book.add(COUNTS, AUGUST, 1)
    assert set(codes(importer.taken(book))) == {
        (LOANS, dear, "voucher-jump"),
        (LOANS, dear, "rate-above-cap"),
        (LOANS, officer, "officer-borrowed"),
        (LOANS, early, "before-joining"),
        (COUNTS, count, "count-differs"),
    }


def test_what_was_odd_stays_on_the_clubs_list(importer: Importer, database: Database) -> None:
    book = BookMaker()
    book.loan(AUGUST, "PC-2018-0010", TREASURER, 1_000_000)
    book.repayment(date(2019, 8, 10), "PT-2019-0010", TREASURER, 1_000_000, 50_000)
    book.receipt(AUGUST, None, 50_000)
    report = importer.taken(book)
    assert report.club_id is not None
    with database.connection() as connection:
        rows = findings.of_club(connection, report.club_id, is_open=True)
    assert {(row.kind, row.topic, row.code) for row in rows} == {
        ("warning", "loans.PastLoanEntered", "officer-borrowed"),
        ("warning", "loans.LoanSettled", "interest-short"),
        ("warning", "loans.DuesReceived", "voucher-missing"),
    }
    assert_clean(database)


# --- once more ----------------------------------------------------------------------------


def test_only_new_rows_are_added(importer: Importer, database: Database) -> None:
    book = BookMaker()
    first = importer.taken(book)
    book.member("Bế Thị Lan")
    book.loan(AUGUST, "PC-2018-0010", "Bế Thị Lan", 1_000_000)
    book.repayment(AUGUST, "PT-2018-0010", UNG, 1_000_000, 40_000)
    book.receipt(AUGUST, None, 50_000)
    second = importer.taken(book)
    assert new(second) == {"members": 1, "loans": 1, "repayments": 1, "operating": 1}
    assert second.known == first.accepted
    assert second.club_id == first.club_id
    assert second.totals["principal_outstanding"] == 7_666_667
    third = importer.taken(book)
    assert (new(third), third.import_id, third.totals) == ({}, None, second.totals)
    fresh = [(one.sheet, one.row) for one in second.lines if one.standing == "new"]
    assert len(fresh) == 4
    assert {one.standing for one in second.lines} == {"new", "known"}
    assert {one.standing for one in third.lines} == {"known"}
    assert_clean(database)


def test_rows_appended_to_a_real_book_are_all_that_is_added(
    desk: Desk, follower: Follower, shared_data: Path, tmp_path: Path
) -> None:
    source = shared_data / "club-book.xlsx"
    first = import_book(desk, follower, source)
    workbook = openpyxl.load_workbook(source)
    workbook[OPERATING].append([date(2025, 5, 11), "PT-2025-9001", "Thu", "Hội phí tháng", 10_000])
    workbook[MEMBERS].append([63, "Ma Thị Mới", 1960, "Nữ", "Tày", None, date(2025, 5, 11), "x"])
    workbook.save(tmp_path / "more.xlsx")
    second = import_book(desk, follower, tmp_path / "more.xlsx")
    assert new(second) == {"members": 1, "operating": 1, "volunteers": 1}
    for key, more in (("members", 1), ("women", 1), ("volunteers", 1), ("loans", 0)):
        assert second.totals[key] == first.totals[key] + more
    assert second.totals["operating_receipts"] == first.totals["operating_receipts"] + 10_000


def test_a_changed_row_is_reported_and_not_applied(importer: Importer) -> None:
    book = BookMaker()
    book.receipt(AUGUST, None, 50_000)
    importer.taken(book)
    book.put(REPAYMENTS, 3, 4, 900_000).put(REPAYMENTS, 3, 6, None)
    book.put(OPERATING, 4, 5, 60_000)
    book.put(COUNTS, 2, 2, 17_000_000)
    book.put(MEMBERS, 6, 3, "16/3/43")
    book.put(CLUB, 5, 2, SECRETARY)
    report = importer.taken(book)
    assert new(report) == {}
    changed = {(sheet, row) for sheet, row, code in codes(report) if code == "row-changed"}
    assert changed == {(REPAYMENTS, 3), (OPERATING, 4), (COUNTS, 2), (MEMBERS, 6), (CLUB, 1)}
    told = {(one.sheet, one.row) for one in report.lines if one.standing == "changed"}
    assert told == changed
    assert all(one.said for one in report.lines if one.standing == "changed")
    assert report.totals["interest_received"] == TOTALS["interest_received"]
    assert report.totals["last_cash_count"] == TOTALS["last_cash_count"]


def test_a_row_beside_the_known_one_is_no_change_of_it(importer: Importer) -> None:
    book = BookMaker()
    importer.taken(book)
    double = book.repayment(AUGUST, "PT-2018-0004", UNG, 1_000_000, 40_000)
    report = importer(book)
    rejected = [(f.sheet, f.row, f.code) for f in report.rejected]
    assert rejected == [(REPAYMENTS, double, "voucher-duplicate")]
    assert not report.stored


def test_a_second_count_of_one_day_is_a_new_row(importer: Importer) -> None:
    book = BookMaker()
    importer.taken(book)
    book.add(COUNTS, date(2018, 7, 31), 17_671_000)
    assert new(importer.taken(book)) == {"cash_counts": 1}


@pytest.mark.parametrize("writing", [str.upper, lambda text: unicodedata.normalize("NFD", text)])
def test_rows_sorted_otherwise_and_typed_otherwise_are_known(
    importer: Importer, writing: Any
) -> None:
    book = BookMaker()
    importer.taken(book)
    for title in (MEMBERS, CAPITAL, LOANS, REPAYMENTS, OPERATING):
        header, *rows = book.sheets[title]
        typed = [[writing(c) if isinstance(c, str) else c for c in row] for row in rows]
        book.sheets[title] = [header, *reversed(typed)]
    book.put(CLUB, 1, 2, writing("CLB  thôn Nà Thử"))
    report = importer.taken(book)
    assert (new(report), codes(report)) == ({}, [])
    assert figures(report) == TOTALS


def test_a_mended_name_still_means_the_same_person(importer: Importer, desk: Desk) -> None:
    book = BookMaker()
    report = importer.taken(book)
    assert report.club_id is not None
    with desk.log.database.connection() as connection:
        found = clubs.members(connection, report.club_id)
    ung = next(member for _, member in found if member.name == UNG)
    people.correct_person(desk, SYSTEM, ung.person_id, people.Correction(name="Vi Văn Ứng"))
    book.repayment(AUGUST, "PT-2018-0010", UNG, 1_000_000, 40_000)
    assert new(importer.taken(book)) == {"repayments": 1}


def test_a_new_member_may_bear_a_known_name(importer: Importer) -> None:
    book = BookMaker()
    importer.taken(book)
    row = book.member(UNG, date(2019, 1, 1))
    report = importer.taken(book)
    assert new(report) == {"members": 1}
    assert codes(report) == [(MEMBERS, row, "name-doubled")]


# --- clubs that are there already ---------------------------------------------------------


def found(desk: Desk, name: str, village: str | None = None, commune: str | None = None) -> Any:
    club_id = desk.new_id()
    command = FoundClub(
        club_id=club_id,
        name=name,
        founded_on=date(2018, 3, 15),
        village=village,
        commune=commune,
    )
    people.found_club(desk, SYSTEM, command)
    return club_id


@pytest.mark.parametrize(
    ("commune", "known", "warnings"),
    [("Xã Quan Sơn", True, ()), ("Xã Không Có", False, ("unit-unknown",))],
)
def test_an_imported_club_lies_in_a_unit_of_today_or_says_that_it_is_unknown(
    importer: Importer, desk: Desk, commune: str, known: bool, warnings: tuple[str, ...]
) -> None:
    book = BookMaker().put(CLUB, 3, 2, commune)
    book.add(CLUB, "Tỉnh", "Lạng Sơn")
    report = importer.taken(book)
    assert report.club_id is not None
    founded = desk.log.story(report.club_id)[0].event
    assert isinstance(founded, ClubFounded)
    assert (founded.commune_code is not None, founded.warnings) == (known, warnings)


def test_a_book_goes_into_the_club_that_exists_by_hand(
    importer: Importer, desk: Desk, database: Database
) -> None:
    club_id = found(desk, "clb thôn nà thử")
    for name in (UNG, "Ma Thị Khác"):
        person_id = desk.new_id()
        joining = JoinClub(person_id=person_id, joined_on=date(2018, 3, 15))
        people.join_club(desk, SYSTEM, club_id, people.NewPerson(name=name), joining)
    report = importer.taken(BookMaker())
    assert report.club_id == club_id
    assert new(report)["members"] == 5
    assert codes(report) == [(MEMBERS, 6, "member-known")]
    assert report.totals["members"] == 7
    assert report.totals["principal_outstanding"] == TOTALS["principal_outstanding"]
    assert_clean(database)


def test_a_club_of_the_same_name_elsewhere_is_another_club(importer: Importer, desk: Desk) -> None:
    found(desk, "CLB thôn Nà Thử", village="Nà Thử", commune="Xã Bắc Sơn")
    first = importer.taken(BookMaker())
    assert new(first)["members"] == 6
    moved = BookMaker().put(CLUB, 3, 2, "Xã Vạn Linh")  # merged since: its members tell
    second = importer.taken(moved)
    assert (second.club_id, new(second)) == (first.club_id, {})


def test_two_clubs_that_may_be_meant_are_asked_about(importer: Importer, desk: Desk) -> None:
    found(desk, "CLB thôn Nà Thử")
    found(desk, "CLB thôn Nà Thử")
    report = importer(BookMaker())
    assert [(f.sheet, f.row, f.code) for f in report.rejected] == [(CLUB, 1, "club-ambiguous")]


def test_nothing_enters_that_the_opening_balances_hold_already(
    importer: Importer, desk: Desk
) -> None:
    village = Village(desk)
    opening = {
        "cut_over_on": date(2025, 12, 31),
        "signed_by": [village.chair, village.treasurer],
        "cash": {"operating": 100_000},
    }
    books.open_books(
        desk, SYSTEM, village.club_id, EnterOpeningBalances.model_validate(opening, strict=False)
    )
    report = importer(BookMaker("CLB thôn Nà Thử"))
    assert {fault.code for fault in report.rejected} >= {"period-closed"}
    assert not report.stored


# --- rehearsed, and at once ---------------------------------------------------------------


def keys_kept(database: Database) -> int:
    with database.connection() as connection:
        row = connection.execute("SELECT count(*) FROM keys.data_keys").fetchone()
    return int(row[0]) if row else 0


def test_a_dry_run_says_the_same_and_stores_nothing(
    importer: Importer, desk: Desk, database: Database
) -> None:
    book = BookMaker()
    book.loan(AUGUST, "PC-2018-0010", TREASURER, 1_000_000)
    rehearsed = importer.taken(book, dry_run=True)
    assert (desk.log.head(), keys_kept(database), rehearsed.stored) == (0, 0, False)
    done = importer.taken(book)
    assert (rehearsed.accepted, rehearsed.known) == (done.accepted, done.known)
    assert rehearsed.warnings == done.warnings != []

    head, keys = desk.log.head(), keys_kept(database)
    book.member("Bế Thị Lan")
    book.loan(AUGUST, "PC-2018-0011", "Bế Thị Lan", 1_000_000)
    assert new(importer.taken(book, dry_run=True)) == {"members": 1, "loans": 1}
    book.expense(AUGUST, "PC-2018-0003", 1)
    rehearsed = importer(book, dry_run=True)
    assert (desk.log.head(), keys_kept(database)) == (head, keys)
    assert rehearsed.rejected == importer(book).rejected != []
    assert desk.log.head() == head


def test_two_imports_at_once_end_with_one_copy(
    database: Database, desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    path = BookMaker().write(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        reports = list(pool.map(lambda _: import_book(desk, follower, path), range(4)))
    assert sum(report.stored for report in reports) == 1
    assert len({report.club_id for report in reports}) == 1
    assert all(figures(report) == TOTALS for report in reports)
    with database.connection() as connection:
        assert len(clubs.all_clubs(connection)) == 1


def test_new_rows_sent_twice_at_once_enter_once(
    desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    book = BookMaker()
    import_book(desk, follower, book.write(tmp_path))
    book.member("Bế Thị Lan")
    book.loan(AUGUST, "PC-2018-0010", "Bế Thị Lan", 1_000_000)
    path = book.write(tmp_path)
    with ThreadPoolExecutor(3) as pool:
        reports = list(pool.map(lambda _: import_book(desk, follower, path), range(3)))
    assert sorted(len(new(report)) for report in reports) == [0, 0, 2]
    assert {report.totals["loans"] for report in reports} == {3}


# --- let stand as in the book -------------------------------------------------------------


def stand(
    *rows: tuple[str, int], by: str | None = CHAIR, and_by: str | None = SECRETARY
) -> LetStand:
    return LetStand(frozenset(rows), by, and_by)


def confirmed(desk: Desk, report: ImportReport) -> list[MoneyEvent]:
    events = story(desk, report)
    return [e for e in events if isinstance(e, MoneyEvent) and (e.findings or e.confirmed_by)]


def test_a_double_voucher_stands_with_two_names(
    importer: Importer, desk: Desk, database: Database
) -> None:
    book = BookMaker()
    row = book.repayment(AUGUST, "PT-2018-0004", UNG, 1_000_000, 40_000)
    book.receipt(AUGUST, "PT-2018-0007", 50_000)
    report = importer.taken(book, let_stand=stand((REPAYMENTS, row)))
    assert codes(report) == [(REPAYMENTS, row, "voucher-duplicate")]
    (event,) = confirmed(desk, report)
    assert event.findings == ("voucher-duplicate",)
    assert len(set(event.confirmed_by)) == 2
    assert report.totals["principal_outstanding"] == 6_666_667
    assert report.totals["operating_fund_cash"] == 250_000
    assert_clean(database)
    assert new(importer.taken(book)) == {}


def test_cash_below_zero_stands_with_two_names_and_later_rows_count_on(
    importer: Importer, desk: Desk, database: Database
) -> None:
    book = BookMaker()
    row = book.expense(AUGUST, "PC-2018-0010", 250_000)
    book.receipt(date(2018, 9, 10), "PT-2018-0010", 300_000)
    book.expense(date(2018, 9, 11), "PC-2018-0011", 250_000)
    report = importer.taken(book, let_stand=stand((OPERATING, row)))
    (event,) = confirmed(desk, report)
    assert isinstance(event, ExpensePaid)
    assert event.findings == ("insufficient-funds",)
    assert report.totals["operating_fund_cash"] == 0
    assert sum(balances(database, report).values()) == 0
    assert_clean(database)


def test_what_is_above_the_debt_lies_in_clearing(
    importer: Importer, desk: Desk, database: Database
) -> None:
    book = BookMaker()
    row = book.repayment(AUGUST, "PT-2018-0010", UNG, 4_000_500, 40_000)
    report = importer.taken(book, let_stand=stand((REPAYMENTS, row)))
    (event,) = confirmed(desk, report)
    assert isinstance(event, PastRepaymentEntered)
    assert (event.findings, event.principal) == (("exceeds-debt",), 4_000_000)
    assert balances(database, report)["3388", "loan"] == -500
    assert report.totals["loans_open"] == 1
    assert_clean(database)


def test_names_stand_only_beside_what_needed_them(importer: Importer, desk: Desk) -> None:
    report = importer.taken(BookMaker(), let_stand=stand((REPAYMENTS, 2)))
    assert confirmed(desk, report) == []


@pytest.mark.parametrize(
    ("by", "and_by", "error", "code"),
    [
        (CHAIR, "nông thị  CHỦ", Refusal, "same-person"),
        (CHAIR, "Ai Đó", Refusal, "unknown-person"),
        ("Bế Thị Lan", CHAIR, Refusal, "person-ambiguous"),
        (CHAIR, None, Malformed, "malformed"),
        (None, None, Malformed, "malformed"),
        ("", CHAIR, Malformed, "malformed"),
    ],
)
def test_nothing_stands_without_two_people_of_the_club(
    importer: Importer,
    desk: Desk,
    by: str | None,
    and_by: str | None,
    error: type[Refusal | Malformed],
    code: str,
) -> None:
    book = BookMaker()
    book.member("Bế Thị Lan")
    book.member("Bế Thị Lan", birth=1960)
    row = book.expense(AUGUST, "PC-2018-0003", 1_000)
    with pytest.raises(error) as refused:
        importer(book, let_stand=stand((OPERATING, row), by=by, and_by=and_by))
    assert refused.value.code == code
    assert desk.log.head() == 0


def test_a_row_that_is_not_in_the_book_cannot_stand(importer: Importer) -> None:
    with pytest.raises(Malformed, match="Trả nợ:99"):
        importer(BookMaker(), let_stand=stand((REPAYMENTS, 99)))


def test_what_the_arithmetic_forbids_never_stands(importer: Importer, desk: Desk) -> None:
    book = BookMaker()
    row = book.repayment(AUGUST, "PT-2018-0010", TREASURER, 1_000)
    report = importer(book, let_stand=stand((REPAYMENTS, row)))
    assert [(f.row, f.code) for f in report.rejected] == [(row, "no-open-loan")]
    assert desk.log.head() == 0


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Cho vay:12", {("Cho vay", 12)}),
        ("Cho vay:12,Trả nợ: 33 ", {("Cho vay", 12), ("Trả nợ", 33)}),
        ("Thu, chi:5,Trả nợ:33", {("Thu, chi", 5), ("Trả nợ", 33)}),
    ],
)
def test_rows_are_named_by_sheet_and_number(text: str, rows: set[tuple[str, int]]) -> None:
    assert sheets_and_rows(text) == rows


@pytest.mark.parametrize(
    "text", ["", "12", "Cho vay", "Cho vay:", ":12", "Cho vay:x", "Cho vay:1,2"]
)
def test_rows_named_otherwise_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        sheets_and_rows(text)


def test_the_ledger_of_a_book_is_balanced_entry_by_entry(
    importer: Importer, database: Database
) -> None:
    report = importer.taken(BookMaker())
    assert report.club_id is not None
    with database.connection() as connection:
        rows = connection.execute(
            """SELECT event_id, fund, sum(amount) FROM read.postings WHERE club_id = %s
               GROUP BY event_id, fund HAVING sum(amount) <> 0""",
            (report.club_id,),
        ).fetchall()
    assert rows == []
