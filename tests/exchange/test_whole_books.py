"""Everybody of both real books: what the log says of a person is what the book's rows say.

The rows are read by another reader (openpyxl) and summed here by another path; the events are the
log's own. So a row that went to somebody else, or twice, or not at all, shows with a name.
"""

import json
import unicodedata
from collections import defaultdict
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from desk.desk import Desk
from domain.care.events import ClientEnrolled, ShiftWorked, VisitMade, VolunteerEnrolled
from domain.clubs.events import MeetingHeld
from domain.histories import book_of, care_book_of
from domain.loans.events import PastLoanEntered, PastRepaymentEntered
from domain.values import Purpose
from exchange.importing import ImportReport, import_book
from exchange.totals import per_loan, totals
from projections import story
from projections.follower import Follower
from projections.story_views import story_totals
from store.database import Database

Sums = dict[str, dict[str, Decimal]]
BOOKS = ("club-book", "club-book-rough")


def name_of(written: str) -> str:
    return unicodedata.normalize("NFC", " ".join(written.split())).lower()


def number(written: Any) -> Decimal:
    """Amounts with points between the thousands and `đ`; work-days with a comma."""
    if isinstance(written, str):
        bare = written.replace("đ", "").replace(".", "").replace(",", ".").strip()
        return Decimal(bare)
    return Decimal(str(written or 0))


def minutes(start: Any, end: Any) -> int:
    """Time cells, and `07h30`."""
    clocks = [
        one if isinstance(one, time) else time.fromisoformat(one.replace("h", ":"))
        for one in (start, end)
    ]
    first, last = (clock.hour * 60 + clock.minute for clock in clocks)
    return last - first


def rows(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Each sheet's rows by the titles of their columns; total rows and blanks left out."""
    found = {}
    for sheet in openpyxl.load_workbook(path, data_only=True):
        lines = [line for line in sheet.iter_rows(values_only=True) if any(line)]
        at = next((n for n, line in enumerate(lines) if "Ngày" in str(line)), 0)
        titles = [str(title) for title in lines[at]]
        named = [dict(zip(titles, line, strict=True)) for line in lines[at + 1 :]]
        found[sheet.title] = [row for row in named if next(iter(row.values())) is not None]
    return found


def of_the_rows(path: Path) -> Sums:
    sums: Sums = defaultdict(lambda: defaultdict(Decimal))
    book = rows(path)
    for row in book["Chăm sóc tại nhà"]:
        spent = minutes(row["Bắt đầu"], row["Kết thúc"])
        for what, column in (("received", "Người được chăm sóc"), ("made", "Tình nguyện viên")):
            somebody = sums[name_of(row[column])]
            somebody[f"visits {what}"] += 1
            somebody[f"minutes {what}"] += spent
            somebody[f"readings {what}"] += row["Huyết áp"] is not None
    for row in book["Ngày công"]:
        sums[name_of(row["Người làm"])]["work-days"] += number(row["Số công"])
        if row["Hộ được giúp"]:
            sums[name_of(row["Hộ được giúp"])]["work-days received"] += number(row["Số công"])
    for row in book["Cho vay"]:
        borrower = row.get("Người vay") or row["Họ tên người vay"]
        amount = row.get("Số tiền vay") or row["Số tiền"]
        sums[name_of(borrower)]["borrowed"] += number(amount)
    for row in book["Trả nợ"]:
        sums[name_of(row["Người vay"])]["repaid"] += number(row["Gốc"])
        sums[name_of(row["Người vay"])]["interest"] += number(row["Lãi"])
    return {name: dict(of) for name, of in sums.items()}


def of_the_log(desk: Desk, report: ImportReport, names: dict[UUID, str]) -> Sums:
    assert report.club_id is not None
    sums: Sums = defaultdict(lambda: defaultdict(Decimal))
    stories = (care_book_of(report.club_id), book_of(report.club_id))
    for event in (recorded.event for id in stories for recorded in desk.log.story(id)):
        match event:
            case VisitMade():
                sides = [("received", event.client_id)]
                sides += [("made", person_id) for person_id in event.volunteer_ids]
                for what, person_id in sides:
                    somebody = sums[names[person_id]]
                    somebody[f"visits {what}"] += 1
                    somebody[f"minutes {what}"] += event.time.minutes
                    somebody[f"readings {what}"] += event.vitals is not None
            case ShiftWorked():
                sums[names[event.person_id]]["work-days"] += event.time.work_days
                for person_id in event.helped:
                    sums[names[person_id]]["work-days received"] += event.time.work_days
            case PastLoanEntered():
                sums[names[event.borrower_id]]["borrowed"] += event.amount
            case PastRepaymentEntered():
                sums[names[event.borrower_id]]["repaid"] += event.principal
                sums[names[event.borrower_id]]["interest"] += event.interest
    return {name: dict(of) for name, of in sums.items()}


def of_the_stories(database: Database, names: dict[UUID, str]) -> Sums:
    """What everybody's story adds up to, as the read model has it."""
    sums: Sums = {}
    with database.connection() as connection:
        for person_id, name in names.items():
            told = story.told(connection, person_id, date(2999, 12, 31))
            totals = story_totals(story.sums(connection, told))
            found = {
                "visits received": totals["visits_received"],
                "minutes received": totals["visit_minutes_received"],
                "visits made": totals["visits_made"],
                "minutes made": totals["visit_minutes_made"],
                "work-days": totals["work_days_given"],
                "work-days received": totals["work_days_received"],
                "borrowed": totals["received"],
                "repaid": totals["principal_repaid"],
                "interest": totals["interest_repaid"],
            }
            sums[name] = {what: Decimal(figure) for what, figure in found.items()}
    return sums


def check_the_stories(database: Database, names: dict[UUID, str], written: Sums) -> None:
    stories = of_the_stories(database, names)
    assert written.keys() <= stories.keys()
    for name, sums in stories.items():
        rows = written.get(name, {})
        assert sums == {what: rows.get(what, Decimal(0)) for what in sums}, name


def check_the_control_totals(database: Database, report: ImportReport, path: Path) -> None:
    """Every figure of the book's control totals is what the read models say."""
    assert report.club_id is not None
    control = json.loads(path.with_suffix(".totals.json").read_text(encoding="utf-8"))
    with database.connection() as connection:
        found = totals(connection, report.club_id)
        found["per_loan"] = per_loan(connection, report.club_id)
    wanted = {key: value for key, value in control.items() if key not in ("note", "club")}
    assert {key: found[key] for key in wanted} == wanted


@pytest.mark.parametrize("book", BOOKS)
def test_what_the_log_says_of_everybody_is_what_their_rows_say(
    database: Database, desk: Desk, shared_data: Path, book: str
) -> None:
    path = shared_data / f"{book}.xlsx"
    report = import_book(desk, Follower(database, desk.keys), path)
    assert report.rejected == []
    with database.connection() as connection:
        people = connection.execute("SELECT person_id, name FROM keys.people").fetchall()
    names = {person_id: name_of(name) for person_id, name in people}
    assert len(set(names.values())) == len(names), "nobody of these books shares a name"
    written, logged = of_the_rows(path), of_the_log(desk, report, names)
    assert logged.keys() == written.keys()
    for name, sums in written.items():
        assert logged[name] == sums, name
    check_the_stories(database, names, written)
    check_the_control_totals(database, report, path)
    check_the_meetings(desk, report, path)
    check_who_cares_for_whom(desk, report, path, names)


def check_the_meetings(desk: Desk, report: ImportReport, path: Path) -> None:
    assert report.club_id is not None
    told = [recorded.event for recorded in desk.log.story(report.club_id)]
    held = {e.minutes: e.head_count for e in told if isinstance(e, MeetingHeld)}
    assert held == {row["Số biên bản"]: row["Số người dự"] for row in rows(path)["Sinh hoạt"]}


def check_who_cares_for_whom(
    desk: Desk, report: ImportReport, path: Path, names: dict[UUID, str]
) -> None:
    """Clients by their first visit, volunteers by the cross in the members' sheet, no more."""
    assert report.club_id is not None
    story = [recorded.event for recorded in desk.log.story(care_book_of(report.club_id))]
    enrolled = {names[e.client_id]: e.occurred_on for e in story if isinstance(e, ClientEnrolled)}
    first: dict[str, date] = {}
    for event in story:
        if isinstance(event, VisitMade):
            first.setdefault(names[event.client_id], event.occurred_on)
    assert enrolled == first
    assert list(first.values()) == sorted(first.values()), "day by day"
    volunteers = [names[e.person_id] for e in story if isinstance(e, VolunteerEnrolled)]
    sheet = rows(path)["Thành viên"]
    title = "Họ và tên" if "Họ và tên" in sheet[0] else "Họ tên hội viên"
    assert sorted(volunteers) == sorted(
        name_of(row[title]) for row in sheet if row["Tình nguyện viên"]
    )
    for event in story:
        if isinstance(event, VisitMade):
            for sealed in filter(None, (event.vitals, event.note)):
                assert (sealed.purpose, sealed.subject) == (Purpose.HEALTH, event.client_id)
