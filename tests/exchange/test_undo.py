"""An import is taken back whole while nothing stands upon it, and can then be done again."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from audit.checks import run as check
from bookmaker import (
    COUNTS,
    MEMBERS,
    NGAN,
    REPAYMENTS,
    TOTALS,
    TREASURER,
    UNG,
    BookMaker,
)
from desk import books, people
from desk.desk import KINDS, Desk
from domain.clubs.decisions import JoinClub, LeaveClub
from domain.errors import NotFound, Refusal
from domain.loans.commands import ProposeReversal, ReceiveCapital, Repay
from exchange.importing import ImportReport, LetStand, import_book
from exchange.undoing import undo_import
from projections import clubs, loans
from projections.follower import Follower
from store.database import Database
from village import SYSTEM

AUGUST = date(2018, 8, 10)
TODAY = date(2026, 3, 10)


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


class House:
    def __init__(self, desk: Desk, follower: Follower, folder: Path) -> None:
        self.desk, self.follower, self.folder = desk, follower, folder
        self.database = desk.log.database

    def take(self, book: BookMaker, **options: Any) -> ImportReport:
        report = import_book(self.desk, self.follower, book.write(self.folder), **options)
        assert report.rejected == []
        return report

    def undo(self, report: ImportReport) -> None:
        assert report.import_id is not None
        undo_import(self.desk, self.follower, report.import_id)

    def refuses_undo(self, report: ImportReport) -> str:
        head = self.desk.log.head()
        with pytest.raises(Refusal) as refused:
            self.undo(report)
        assert self.desk.log.head() == head
        return refused.value.code

    def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        self.follower.catch_up(10)
        with self.database.connection() as connection:
            return connection.execute(query, arguments).fetchall()

    def person(self, report: ImportReport, name: str) -> UUID:
        assert report.club_id is not None
        self.follower.catch_up(10)
        with self.database.connection() as connection:
            found = clubs.members(connection, report.club_id)
        return next(member.person_id for _, member in found if member.name == name)

    def loan_of(self, report: ImportReport, name: str) -> loans.LoanRow:
        assert report.club_id is not None
        borrower = self.person(report, name)
        with self.database.connection() as connection:
            found = loans.of_club(connection, report.club_id)
        return next(loan for loan in found if loan.borrower_id == borrower)

    def assert_clean(self) -> None:
        found = check(self.database, KINDS)
        assert found.clean, found.findings


@pytest.fixture
def house(desk: Desk, follower: Follower, tmp_path: Path) -> House:
    return House(desk, follower, tmp_path)


def test_after_an_undo_nothing_is_left_but_the_log(house: House) -> None:
    report = house.take(BookMaker())
    house.undo(report)
    assert house.rows("SELECT * FROM read.clubs") == []
    assert house.rows("SELECT * FROM read.memberships") == []
    assert house.rows("SELECT * FROM read.balances WHERE amount <> 0") == []
    assert house.rows("SELECT * FROM read.counts") == []
    assert house.rows("SELECT * FROM keys.people") == []
    assert house.rows("SELECT * FROM read.loan_balances WHERE outstanding <> 0") == []
    assert house.rows("SELECT * FROM read.loans WHERE step <> 'withdrawn'") == []
    house.assert_clean()


def test_a_book_taken_back_enters_again_as_the_first_time(house: House) -> None:
    book = BookMaker()
    book.repayment(AUGUST, "PT-2018-0010", UNG, 4_000_000, 40_000)  # one loan is settled
    first = house.take(book)
    house.undo(first)
    second = house.take(book)
    assert (second.totals, second.accepted) == (first.totals, first.accepted)
    assert second.warnings == first.warnings
    house.undo(second)
    assert house.take(book).totals == first.totals
    house.assert_clean()


def test_a_real_book_is_taken_back_and_entered_again(
    desk: Desk, follower: Follower, house: House, shared_data: Path
) -> None:
    path = shared_data / "club-book.xlsx"
    first = import_book(desk, follower, path)
    house.undo(first)
    assert house.rows("SELECT * FROM read.balances WHERE amount <> 0") == []
    of_money = [warning for warning in first.warnings if warning.sheet in ("Cho vay", "Trả nợ")]
    assert len(house.rows("SELECT * FROM read.findings")) == len(of_money) > 0
    assert house.rows("SELECT * FROM read.findings WHERE reversed_at IS NULL") == []
    assert import_book(desk, follower, path).totals == first.totals
    house.assert_clean()


def test_new_rows_taken_back_leave_the_first_import_as_it_was(house: House) -> None:
    book = BookMaker()
    first = house.take(book)
    book.member("Bế Thị Lan")
    book.loan(AUGUST, "PC-2018-0010", "Bế Thị Lan", 1_000_000)
    book.repayment(AUGUST, "PT-2018-0010", UNG, 4_000_000, 40_000)
    book.repayment(AUGUST, "PT-2018-0011", NGAN, 333_333, 28_000)
    book.add(COUNTS, AUGUST, 1)
    second = house.take(book)
    assert house.loan_of(second, UNG).step == "settled"
    house.undo(second)
    ung, ngan = house.loan_of(first, UNG), house.loan_of(first, NGAN)
    assert (ung.step, ung.outstanding, ung.interest_paid) == ("disbursed", 4_000_000, 110_000)
    assert (ngan.outstanding, ngan.interest_paid) == (3_666_667, 28_000)
    again = house.take(BookMaker())
    assert {key: again.totals[key] for key in TOTALS} == TOTALS
    house.assert_clean()
    third = house.take(book)
    assert (third.totals, third.accepted) == (second.totals, second.accepted)
    house.assert_clean()


def test_the_later_import_goes_first(house: House) -> None:
    book = BookMaker()
    first = house.take(book)
    book.receipt(AUGUST, "PT-2018-0010", 50_000)
    second = house.take(book)
    assert house.refuses_undo(first) == "import-built-on"
    house.undo(second)
    house.undo(first)
    assert house.rows("SELECT * FROM read.clubs") == []
    house.assert_clean()


def test_a_live_repayment_on_an_imported_loan_keeps_the_import(house: House, desk: Desk) -> None:
    report = house.take(BookMaker())
    loan = house.loan_of(report, UNG)
    receiver = house.person(report, TREASURER)
    repayment = Repay(occurred_on=TODAY, amount=1_000_000, received_by=receiver)
    books.repay_loan(desk, SYSTEM, loan.loan_id, repayment)
    assert house.refuses_undo(report) == "import-built-on"


def test_capital_received_since_keeps_the_import(house: House, desk: Desk) -> None:
    report = house.take(BookMaker())
    assert report.club_id is not None
    gift = ReceiveCapital.model_validate(
        {"occurred_on": TODAY, "amount": 1_000, "source": "benefactor"}
    )
    books.record(desk, SYSTEM, report.club_id, gift)
    assert house.refuses_undo(report) == "import-built-on"


def join(desk: Desk, club_id: UUID, name: str) -> None:
    person_id = desk.new_id()
    joining = JoinClub(person_id=person_id, joined_on=TODAY)
    people.join_club(desk, SYSTEM, club_id, people.NewPerson(name=name), joining)


def test_a_club_with_a_member_joined_by_hand_is_not_taken_back(house: House, desk: Desk) -> None:
    book = BookMaker()
    report = house.take(book)
    assert report.club_id is not None
    join(desk, report.club_id, "Ma Thị Mới")
    assert house.refuses_undo(report) == "import-built-on"
    book.receipt(AUGUST, "PT-2018-0010", 50_000)
    house.undo(house.take(book))  # which did not found the club


def test_a_member_who_left_since_keeps_the_import_that_brought_them(
    house: House, desk: Desk
) -> None:
    book = BookMaker()
    first = house.take(book)
    assert first.club_id is not None
    book.member("Bế Thị Lan")
    second = house.take(book)
    leaving = LeaveClub(person_id=house.person(second, "Bế Thị Lan"), left_on=TODAY)
    people.leave_club(desk, SYSTEM, first.club_id, leaving)
    assert house.refuses_undo(second) == "import-built-on"


def test_an_import_is_undone_once(house: House) -> None:
    report = house.take(BookMaker())
    house.undo(report)
    assert house.refuses_undo(report) == "already-reversed"


def test_an_import_nobody_knows_is_not_found(house: House, desk: Desk) -> None:
    house.follower.catch_up(10)
    with pytest.raises(NotFound):
        undo_import(desk, house.follower, desk.new_id())


def test_a_row_reversed_by_hand_is_still_known(house: House, desk: Desk) -> None:
    """The file still holds it; entered once more its voucher would be a double for ever."""
    book = BookMaker()
    report = house.take(book)
    (event_id,) = house.rows(
        "SELECT event_id FROM read.postings WHERE club_id = %s AND voucher = 'PT-2018-0006'",
        report.club_id,
    )[0]
    chair, secretary = house.person(report, "Nông Thị Chủ"), house.person(report, "Hứa Minh Thư")
    reason = desk.memo(report.club_id, "Ghi nhầm người")  # type: ignore[arg-type]
    assert reason is not None
    proposal = ProposeReversal(
        event_id=event_id, occurred_on=TODAY, proposed_by=chair, reason=reason
    )
    books.propose_reversal(desk, SYSTEM, proposal)
    books.approve_reversal(desk, SYSTEM, event_id, secretary, TODAY)
    assert house.loan_of(report, NGAN).outstanding == 4_000_000
    book.receipt(AUGUST, "PT-2018-0010", 50_000)
    later = house.take(book)
    assert {kind: n for kind, n in later.accepted.items() if n} == {"operating": 1}
    assert house.loan_of(report, NGAN).outstanding == 4_000_000


def test_what_two_people_let_stand_is_taken_back_too(house: House) -> None:
    book = BookMaker()
    first = house.take(book)
    expense = book.expense(AUGUST, "PC-2018-0010", 250_000)
    above = book.repayment(AUGUST, "PT-2018-0010", UNG, 4_000_500)
    rows = {("Thu chi quỹ hoạt động", expense), (REPAYMENTS, above)}
    stand = LetStand(frozenset(rows), "Nông Thị Chủ", "Hứa Minh Thư")
    house.undo(house.take(book, let_stand=stand))
    assert house.take(BookMaker()).totals == first.totals
    house.assert_clean()


def test_members_alone_are_an_import_too(house: House) -> None:
    book = BookMaker()
    first = house.take(book)
    book.member("Bế Thị Lan")
    second = house.take(book)
    house.undo(second)
    assert house.rows("SELECT count(*) FROM read.memberships") == [(6,)]
    assert house.take(BookMaker()).totals == first.totals


def test_an_empty_book_is_an_import_too(house: House) -> None:
    book = BookMaker()
    for title, rows in book.sheets.items():
        if title != "Thông tin CLB":
            del rows[1:]
    book.put("Thông tin CLB", 5, 1, "Ghi chú")
    report = house.take(book)
    assert report.stored
    house.undo(report)
    assert house.rows("SELECT * FROM read.clubs") == []
    assert MEMBERS in book.sheets
