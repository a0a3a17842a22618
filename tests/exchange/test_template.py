"""The empty book, and a club's own book in it: what `sochung import` takes back without loss."""

import io
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import psycopg
import pytest

from audit.checks import run as check
from desk.desk import KINDS, Desk
from domain.care.events import VisitMissed
from domain.clubs.events import ConsentGiven
from domain.clubs.people import PERSON
from domain.events import Role, person
from exchange import template
from exchange.filling import own_book
from exchange.importing import import_book
from exchange.template import CHOICES, CLUB, GUIDE, PAGES
from exchange.workbook import words
from exchange.workbook.cells import Cell
from exchange.workbook.read import Workbook, read_workbook
from projections.care_view import cases
from projections.follower import Follower
from scene_of_care import CareVillage
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog, Work
from tests.audit.wholebook import WholeBook
from village import DAY

READ_BACK = {
    "sex": words.sex,
    "household": words.household,
    "method": words.method,
    "source": words.source,
    "direction": words.direction,
}


def written(book: template.Book) -> bytes:
    out = io.BytesIO()
    template.write(book, out)
    return out.getvalue()


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


@pytest.fixture
def elsewhere(server: Any, template: str) -> Iterator[tuple[Desk, Follower]]:
    """Another database under another master key: nothing is known there."""
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        database = Database(server.app(name))
        keys = KeyRing(database, MasterKey(secrets.token_bytes(32)))
        yield Desk(EventLog(database, KINDS), keys), Follower(database, keys)
        database.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


# --- the empty book ----------------------------------------------------------------------


def test_the_empty_book_is_the_same_to_the_byte_and_has_every_sheet() -> None:
    blank = written(template.Book())
    assert blank == written(template.Book())
    book = openpyxl.load_workbook(io.BytesIO(blank))
    assert book.sheetnames == [GUIDE, CLUB.name, *(page.name for page in PAGES)]
    heading = [cell.value for cell in book["Cho vay"][1]]
    assert heading == [
        "Số phiếu chi",
        "Ngày",
        "Người vay",
        "Mục đích",
        "Số tiền vay",
        "Lãi suất (%/tháng)",
        "Thời hạn (tháng)",
        "Phương thức",
    ]


def test_empty_it_lacks_a_club_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "book.xlsx").write_bytes(written(template.Book()))
    read = read_workbook(tmp_path / "book.xlsx")
    assert [(fault.sheet, fault.code) for fault in read.faults] == [
        ("Thông tin CLB", "value-missing")
    ]
    assert read.warnings == ()


@pytest.mark.parametrize("key", CHOICES)
def test_every_choice_is_read_back_as_what_it_stands_for(key: str) -> None:
    for code, word in CHOICES[key].items():
        assert READ_BACK[key](Cell(word)) == code


def test_the_choices_are_offered_where_they_are_taken() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written(template.Book())))
    for page in PAGES:
        offered = {
            str(v.sqref): v.formula1 for v in book[page.name].data_validations.dataValidation
        }
        for column, key in enumerate(page.columns):
            if key in CHOICES:
                letter = "ABCDEFGHIJ"[column]
                source = offered[f"{letter}2:{letter}5001"]
                cells = book[GUIDE][source.rpartition("!")[2].replace("$", "")]
                assert [row[0].value for row in cells] == list(CHOICES[key].values())


def test_filled_in_by_hand_it_is_imported(desk: Desk, follower: Follower, tmp_path: Path) -> None:
    """As a club does: opened in another program, typed into, saved there."""
    book = openpyxl.load_workbook(io.BytesIO(written(template.Book())))
    book[CLUB.name]["B1"] = "CLB thôn Nà Thử"
    book[CLUB.name]["B6"] = date(2018, 3, 15)
    book["Thành viên"].append(["Hoàng Văn Ửng", 1951, "Nam", "Tày", "Hộ nghèo", date(2018, 3, 15)])
    book["Nguồn vốn"].append([date(2018, 4, 10), "PT-2018-0001", "Nhà hảo tâm", None, 9_000_000])
    terms = [0.7, 4, "Gốc đều, lãi giảm dần"]
    book["Cho vay"].append(
        ["PC-2018-0001", date(2018, 7, 10), "Hoàng Văn Ửng", "Nuôi gà", 4_000_000, *terms]
    )
    book["Trả nợ"].append(
        [date(2018, 8, 10), "PT-2018-0002", "Hoàng Văn Ửng", 1_000_000, 28_000, 1_028_000]
    )
    # What is typed begins below the heading, not below the empty cells that carry a format.
    book["Kiểm kê quỹ"]["A2"], book["Kiểm kê quỹ"]["B2"] = date(2018, 12, 10), 6_028_000
    path = tmp_path / "book.xlsx"
    book.save(path)
    report = import_book(desk, follower, path)
    assert report.rejected == []
    assert report.totals["principal_outstanding"] == 3_000_000
    assert report.totals["loan_fund_cash"] == 6_028_000
    assert report.totals["last_cash_count"] == 6_028_000


# --- a club's own book --------------------------------------------------------------------


SHEETS = ("members", "capital", "loans", "repayments", "operating", "counts", "meetings")


def said(book: Workbook) -> dict[str, list[str]]:
    """What the rows of each kind say, wherever they stand: their digests."""
    return {kind: sorted(row.digest for row in getattr(book, kind)) for kind in SHEETS}


def without_health(book: Workbook) -> list[str]:
    """Visits without readings and notes, which nobody agreed to."""
    bare = {"digest": "", "sheet": "", "row": 0, "note": None, "pulse": None, "weight_grams": None}
    return sorted(
        repr(replace(visit, **bare, systolic=None, diastolic=None)) for visit in book.visits
    )


@pytest.mark.parametrize("name", ["club-book", "club-book-rough"])
def test_a_book_that_was_imported_comes_out_as_it_went_in(
    name: str,
    shared_data: Path,
    desk: Desk,
    follower: Follower,
    elsewhere: tuple[Desk, Follower],
    tmp_path: Path,
) -> None:
    given = shared_data / f"{name}.xlsx"
    first = import_book(desk, follower, given)
    assert first.club_id is not None
    path = tmp_path / "own.xlsx"
    path.write_bytes(written(own_book(desk, first.club_id)))
    assert path.read_bytes() == written(own_book(desk, first.club_id))
    # Row for row, each known by the digest of what it says.
    mine, theirs = read_workbook(path), read_workbook(given)
    assert mine.faults == ()
    assert said(mine) == said(theirs)
    assert without_health(mine) == without_health(theirs)
    assert all(visit.systolic is None and visit.note is None for visit in mine.visits)
    assert any(visit.systolic for visit in theirs.visits), "there was something to leave out"
    assert sum(work.work_days or 0 for work in mine.work) == sum(
        work.work_days or 0 for work in theirs.work
    )
    # And again in a database that knows nothing: the same figures to the đồng, loan by loan.
    second = import_book(*elsewhere, path)
    assert second.rejected == []
    assert second.totals == first.totals
    assert second.totals["visits"] > 800
    assert check(elsewhere[0].log.database, KINDS).clean
    # At home it brings nothing new.
    again = import_book(desk, follower, path)
    assert (again.rejected, again.import_id) == ([], None)


def test_health_texts_are_copied_where_consent_lives_and_row_for_row_then(
    shared_data: Path, desk: Desk, follower: Follower, tmp_path: Path
) -> None:
    given = shared_data / "club-book.xlsx"
    imported = import_book(desk, follower, given)
    assert imported.club_id is not None
    with desk.log.database.connection() as connection:
        clients = [row.client_id for row in cases(connection, imported.club_id)]
    for client in clients:
        consent(desk, imported.club_id, client)
    follower.catch_up()
    path = tmp_path / "own.xlsx"
    book = own_book(desk, imported.club_id)
    assert not any("chưa có đồng ý" in note for note in book.notes)
    path.write_bytes(written(book))
    mine, theirs = read_workbook(path), read_workbook(given)
    assert sorted(v.digest for v in mine.visits) == sorted(v.digest for v in theirs.visits)
    assert len(clients) > 3


def consent(desk: Desk, club_id: UUID, person_id: UUID) -> None:
    given = ConsentGiven.model_validate(
        {
            "person_id": person_id,
            "purpose": "health",
            "evidence": "written",
            "occurred_on": date(2026, 11, 1),
            "concerns": (person(person_id, Role.SUBJECT),),
        }
    )

    def work(unit: Work) -> None:
        unit.load(PERSON, person_id)
        unit.say(PERSON, person_id, [given], club_id=club_id)

    desk.log.carry_out(work, actor="test")


def test_work_of_many_and_neighbours_come_back_as_they_were(
    desk: Desk, follower: Follower, elsewhere: tuple[Desk, Follower], tmp_path: Path
) -> None:
    village = CareVillage(desk)
    village.care(village.visit(DAY, 95, urgent=True, next_on=DAY))
    village.care(village.shift(DAY, 100, helped=(village.client,), households=2))
    village.care(missed(village))
    follower.catch_up()
    path = tmp_path / "own.xlsx"
    book = own_book(desk, village.club_id)
    assert "Không có trong tệp này: lượt thăm không thành (1)." in book.notes
    of_money = own_book(desk, village.club_id, with_health=False)
    assert (of_money.rows["home_care"], len(of_money.rows["work_days"])) == ([], 1)
    path.write_bytes(written(book))
    read = read_workbook(path)
    assert read.faults == ()
    (visit,), (work,) = read.visits, read.work
    assert (visit.minutes, visit.urgent, visit.next_on) == (95, True, DAY)
    assert (work.households, work.work_days) == (2, Decimal("0.2083"))
    assert [who.name for who in work.helped] == ["Hứa Thị Già"]
    report = import_book(*elsewhere, path)
    assert report.rejected == []
    assert (report.accepted["visits"], report.accepted["shifts"]) == (1, 1)


def missed(village: CareVillage) -> VisitMissed:
    return VisitMissed(
        visit_id=village.desk.new_id(),
        client_id=village.client,
        volunteer_ids=(village.volunteer,),
        cause="weather",
        occurred_on=DAY,
        concerns=(person(village.client, Role.CLIENT),),
    )


def test_what_the_sheets_have_no_place_for_is_said(desk: Desk, tmp_path: Path) -> None:
    club = WholeBook(desk)
    Follower(desk.log.database, desk.keys).catch_up()
    book = own_book(desk, club.club_id)
    missing = " ".join(book.notes)
    for what in ("Phân bổ lãi", "Xử lý chênh lệch kiểm kê", "Khóa sổ", "Hoàn trả vốn"):
        assert f"Không có trong tệp này: {what} (" in missing
    sheet = openpyxl.load_workbook(io.BytesIO(written(book)))[GUIDE]
    told = [row[0].value for row in sheet.iter_rows()]
    assert [note for note in book.notes if note] == [t for t in told if t in book.notes and t]
