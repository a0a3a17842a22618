"""The care sheets of a small book: what is taken, warned of, known again, and taken back."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import pytest

from audit.checks import run as check
from bookmaker import (
    CARE,
    MEETINGS,
    MEMBERS,
    NGAN,
    SECRETARY,
    TREASURER,
    UNG,
    VOLUNTEERS,
    WORK,
    BookMaker,
)
from conftest import Server
from desk import care, people
from desk.desk import KINDS, Call, Desk
from domain.care import past
from domain.care.book import CARE as CARE_BOOK
from domain.care.commands import Subject, WorkShift
from domain.care.events import (
    ClientEnrolled,
    EntryWithdrawn,
    GroupWorkDone,
    ShiftWorked,
    Task,
    VisitMade,
    VolunteerEnrolled,
    VolunteerTrained,
    Work,
)
from domain.care.past import Entry, PastVisit
from domain.care.times import TimeSaid
from domain.clubs.decisions import CLUB, FoundClub
from domain.clubs.events import ClubEntryWithdrawn, MeetingHeld
from domain.errors import Refusal
from domain.events import BookOrigin, Event
from domain.histories import care_book_of
from domain.values import Purpose
from exchange.importing import ImportReport, import_book
from exchange.undoing import undo_import
from projections.follower import Follower
from store.database import Database
from store.log import EventLog

AUGUST, LATER = date(2018, 8, 10), date(2018, 8, 12)
JOINED = date(2018, 3, 15)
BONG = "Lý Thị Bông"
E = TypeVar("E", bound=Event)


class House:
    def __init__(self, desk: Desk, follower: Follower, folder: Path) -> None:
        self.desk, self.follower, self.folder = desk, follower, folder

    def take(self, book: BookMaker, **options: Any) -> ImportReport:
        report = import_book(self.desk, self.follower, book.write(self.folder), **options)
        assert report.rejected == []
        return report

    def said(self, report: ImportReport, kind: type[E]) -> list[E]:
        """The events of a kind that stand, in the club's and the care book's own order."""
        assert report.club_id is not None
        stories = [r for id in (report.club_id, care_book_of(report.club_id))
                   for r in self.desk.log.story(id)]  # fmt: skip
        gone = {
            r.event.withdraws
            for r in stories
            if isinstance(r.event, EntryWithdrawn | ClubEntryWithdrawn)
        }
        return [r.event for r in stories if isinstance(r.event, kind) and r.event_id not in gone]

    def one(self, report: ImportReport, kind: type[E]) -> E:
        (event,) = self.said(report, kind)
        return event

    def person(self, name: str) -> UUID:
        (person_id,) = self.people(name)
        return person_id

    def people(self, name: str) -> list[UUID]:
        self.follower.catch_up(10)
        with self.desk.log.database.connection() as connection:
            rows = connection.execute("SELECT person_id FROM keys.people WHERE name = %s", (name,))
            return [person_id for (person_id,) in rows]


@pytest.fixture
def house(database: Database, desk: Desk, tmp_path: Path) -> House:
    return House(desk, Follower(database, desk.keys), tmp_path)


def codes(report: ImportReport) -> list[tuple[str, int | None, str]]:
    return [(fault.sheet, fault.row, fault.code) for fault in report.warnings]


def new(report: ImportReport) -> dict[str, int]:
    return {kind: number for kind, number in report.accepted.items() if number}


def cared() -> BookMaker:
    """A book with something on each care sheet and no warning."""
    book = BookMaker()
    book.visit(AUGUST, NGAN, SECRETARY, "8h", "9h30", "Nấu cơm", "142/91", "Ăn được")
    book.visit(LATER, NGAN, f"{SECRETARY}; {UNG}", "15h30", "16h", "Trò chuyện")
    book.work(AUGUST, UNG, "Giúp hộ neo đơn", NGAN, "0,5")
    book.meeting(AUGUST, "BB 001", 5)
    book.volunteer(UNG, date(2018, 6, 1), "Sơ cứu ban đầu", date(2018, 6, 2), 8)
    return book


# --- what is taken ------------------------------------------------------------------------


def test_every_care_sheet_is_taken(house: House, database: Database) -> None:
    report = house.take(cared())
    assert codes(report) == []
    wanted = {"volunteers": 2, "visits": 2, "shifts": 1, "meetings": 1}
    assert {kind: report.accepted[kind] for kind in wanted} == wanted
    first, second = house.said(report, VisitMade)
    ngan, ung, secretary = (house.person(name) for name in (NGAN, UNG, SECRETARY))
    assert (first.client_id, first.volunteer_ids) == (ngan, (secretary,))
    assert (first.time.start, first.time.end, first.time.minutes) == ("08:00", "09:30", 90)
    assert (first.tasks, second.tasks) == ((Task.HOUSEWORK,), (Task.COMPANY,))
    assert second.volunteer_ids == (secretary, ung)
    shift = house.one(report, ShiftWorked)
    assert (shift.person_id, shift.helped, shift.time.work_days) == (ung, (ngan,), Decimal("0.5"))
    assert (shift.activity, shift.label) == (Work.HOUSEHOLD_HELP, "Giúp hộ neo đơn")
    meeting = house.one(report, MeetingHeld)
    assert (meeting.occurred_on, meeting.minutes, meeting.head_count) == (AUGUST, "BB 001", 5)
    assert report.totals["volunteers"] == 2  # the marked one has a row in the care book too
    enrolled = {e.person_id: e.occurred_on for e in house.said(report, VolunteerEnrolled)}
    assert enrolled == {secretary: JOINED, ung: date(2018, 6, 1)}
    trained = house.one(report, VolunteerTrained)
    assert (trained.person_id, trained.course, trained.hours) == (ung, "so cuu ban dau", 8)
    assert trained.occurred_on == date(2018, 6, 2)
    client = house.one(report, ClientEnrolled)
    assert (client.client_id, client.occurred_on) == (ngan, AUGUST)
    found = check(database, KINDS)
    assert found.clean, found.findings


def test_every_event_of_care_says_where_in_which_book_it_was_found(house: House) -> None:
    report = house.take(cared())
    for event in house.said(report, Event):
        assert event.origin is not None, event
        assert event.origin.import_id == report.import_id
    visits = house.said(report, VisitMade)
    assert [(v.origin.sheet, v.origin.row) for v in visits if v.origin] == [(CARE, 2), (CARE, 3)]
    client = house.one(report, ClientEnrolled)
    assert client.origin == visits[0].origin


def test_health_waits_sealed_under_the_clients_own_key(house: House) -> None:
    """Nobody consented: it is kept and not read; the log alone tells nothing of it."""
    report = house.take(cared())
    visit, _ = house.said(report, VisitMade)
    assert visit.vitals is not None
    assert visit.note is not None
    for sealed in (visit.vitals, visit.note):
        assert (sealed.purpose, sealed.subject) == (Purpose.HEALTH, visit.client_id)
    opened = house.desk.keys.open_many([visit.vitals, visit.note])
    assert opened == ['{"systolic":142,"diastolic":91}', "Ăn được"]
    with house.desk.log.database.connection() as connection:
        (bytes_of_log,) = connection.execute(
            "SELECT string_agg(convert_from(state, 'UTF8'), ' ') FROM log.events"
        ).fetchone() or ("",)
    assert "Ăn được" not in bytes_of_log
    assert '"systolic"' not in bytes_of_log


def test_work_of_many_is_counted_and_not_named(house: House) -> None:
    book = BookMaker()
    book.work(AUGUST, "25 người", "Vệ sinh đường làng", None, None)
    book.work(AUGUST, 12, "Khắc phục bão lũ", "3 hộ", 6)
    report = house.take(book)
    assert (codes(report), report.accepted["group_works"]) == ([], 2)
    road, storm = house.said(report, GroupWorkDone)
    assert (road.people, road.work_days, road.activity) == (25, 25, Work.PUBLIC_WORKS)
    assert (storm.people, storm.work_days, storm.households) == (12, 6, 3)


def with_total(total: Any, *more: Any) -> BookMaker:
    """Two people for half a day each on one line, 25 together, and a total row under them."""
    book = BookMaker()
    book.work(AUGUST, f"{UNG}, {NGAN}", "Trồng hoa, cây xanh", None, "nửa công")
    book.work(AUGUST, "25 người", "Vệ sinh đường làng", None, 12.3)
    for row in more:
        book.work(*row)
    book.work(None, "Cộng", None, None, total)
    return book


@pytest.mark.parametrize("total", [12.8, 13.3, "13,3 công", 13.299999999999999, None])
def test_a_total_of_work_days_is_the_columns_or_everybodys(house: House, total: Any) -> None:
    assert house.take(with_total(total)).accepted["shifts"] == 2


@pytest.mark.parametrize("total", [12.9, 0, "13,2 công"])
def test_a_wrong_total_of_work_days_refuses_the_book(house: House, total: Any) -> None:
    report = import_book(house.desk, house.follower, with_total(total).write(house.folder))
    (fault,) = report.rejected
    assert (fault.sheet, fault.row, fault.code) == (WORK, 4, "total-mismatch")
    assert "12,8 công" in fault.message


def test_where_a_line_says_no_work_days_their_total_is_not_compared(house: House) -> None:
    book = with_total(99, (AUGUST, "3 người", "Vệ sinh đường làng", None, None))
    assert house.take(book).accepted["group_works"] == 2


def test_several_workers_of_one_line_worked_a_shift_each(house: House) -> None:
    book = BookMaker()
    row = book.work(AUGUST, f"{UNG}, {NGAN}", "Trồng hoa, cây xanh", None, "nửa công")
    report = house.take(book)
    assert codes(report) == [(WORK, row, "work-shared")]
    assert report.accepted["shifts"] == 2
    assert [s.time.work_days for s in house.said(report, ShiftWorked)] == [Decimal("0.5")] * 2


def test_a_household_nobody_knows_is_counted_and_its_name_is_sealed(house: House) -> None:
    book = BookMaker()
    row = book.work(AUGUST, UNG, "Giúp hộ neo đơn", f"Hộ bà {NGAN}, Hộ ông Ai Đó", 1)
    report = house.take(book)
    assert codes(report) == [(WORK, row, "helped-unknown")]
    shift = house.one(report, ShiftWorked)
    assert (shift.helped, shift.households) == ((house.person(NGAN),), 1)
    assert shift.note is not None
    assert house.desk.keys.open(shift.note) == "Hộ ông Ai Đó"


def test_a_meeting_takes_names_as_well_as_numbers(house: House) -> None:
    book = BookMaker()
    book.meeting(AUGUST, "BB 001", f"{UNG}, {NGAN}, Ai Đó")
    book.meeting(LATER, "Biên bản số 2", "4 người")
    report = house.take(book)
    assert set(codes(report)) == {(MEETINGS, 2, "unknown-person"), (MEETINGS, 3, "minutes-odd")}
    named, counted = house.said(report, MeetingHeld)
    assert (named.attended, named.head_count) == ((house.person(UNG), house.person(NGAN)), 3)
    assert (counted.minutes, counted.head_count) == (None, 4)
    assert counted.note is not None


# --- neighbours -----------------------------------------------------------------------------


def test_whom_the_book_calls_a_neighbour_is_registered_once(house: House) -> None:
    book = BookMaker()
    book.visit(LATER, BONG)
    book.visit(AUGUST, f"{BONG} (hàng xóm)")
    book.work(AUGUST, UNG, "Giúp hộ neo đơn", BONG, 1)
    report = house.take(book)
    assert (codes(report), report.accepted["neighbours"]) == ([], 1)
    bong = house.person(BONG)
    assert {visit.client_id for visit in house.said(report, VisitMade)} == {bong}
    assert house.one(report, ShiftWorked).helped == (bong,)
    assert report.totals["members"] == 6
    book.visit(date(2018, 8, 14), BONG)
    again = house.take(book)
    assert new(again) == {"visits": 1}
    assert house.person(BONG) == bong


def test_a_neighbour_of_a_members_name_is_another_person_and_said(house: House) -> None:
    book = BookMaker()
    row = book.visit(AUGUST, f"{NGAN} (hàng xóm)")
    report = house.take(book)
    assert codes(report) == [(CARE, row, "name-doubled")]
    assert len(house.people(NGAN)) == 2


# --- what is warned of --------------------------------------------------------------------


def test_what_a_past_care_book_may_do_is_shown_beside_its_row(house: House) -> None:
    book = BookMaker()
    book.member("Bế Thị Lan", date(2019, 1, 1))
    early = book.visit(AUGUST, "Bế Thị Lan")
    over = book.visit(AUGUST, NGAN, SECRETARY, "9h15", "10h")
    unmarked = book.visit(LATER, NGAN, TREASURER)
    word = book.visit(LATER, NGAN, SECRETARY, "13h", "14h", "Nấu cơm, cúng giỗ")
    old = book.visit(date(2018, 3, 1), NGAN, SECRETARY)
    twice = book.work(AUGUST, SECRETARY, "Chăm sóc người ốm", None, "1/2")
    double = book.meeting(AUGUST, "BB 001", 5), book.meeting(AUGUST, "BB 002", 5)
    report = house.take(book)
    assert set(codes(report)) == {
        (CARE, early, "before-joining"),
        (CARE, over, "overlap"),
        (CARE, unmarked, "not-a-volunteer"),
        (CARE, word, "task-unknown"),
        (CARE, old, "before-joining"),
        (CARE, old, "before-founding"),
        (WORK, twice, "hours-twice"),
        (MEETINGS, double[1], "meeting-doubled"),
    }
    kept = {v.origin.row: v for v in house.said(report, VisitMade) if v.origin}
    assert kept[early].warnings == ("before-joining",)
    assert kept[over].warnings == ("overlap",)
    note = kept[word].note
    assert note is not None
    assert house.desk.keys.open(note) == "cúng giỗ"


def test_texts_under_a_total_are_rows_all_the_same(house: House) -> None:
    book = BookMaker()
    book.work("10/08/2018", UNG, "Giúp hộ neo đơn", None, "1")
    book.work(None, "Cộng năm 2018", None, None, "1")
    book.work("12/08/2018", UNG, "Giúp hộ neo đơn", None, "1")
    book.work(None, None, None, None, None)
    book.work("Ngày 12 tháng 8 năm 2018", None, None, None, None)
    report = house.take(book)
    assert (report.accepted["shifts"], codes(report)) == (2, [(WORK, 6, "row-not-taken")])


# --- once more, and into older clubs --------------------------------------------------------


def test_care_sheets_come_into_a_club_whose_money_came_earlier(
    house: House, server: Server, database_name: str
) -> None:
    """As from a book imported by a program that took no care sheets: its members' cross told
    nobody's care book that they are volunteers."""
    first = house.take(BookMaker())
    with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
        connection.execute("ALTER TABLE log.events DISABLE TRIGGER append_only")
        connection.execute("DELETE FROM log.events WHERE topic LIKE 'care.%'")
    database = house.desk.log.database
    older = House(Desk(EventLog(database, KINDS), house.desk.keys), house.follower, house.folder)
    assert older.said(first, VolunteerEnrolled) == []
    book = cared()
    second = older.take(book)
    assert new(second) == {"volunteers": 2, "visits": 2, "shifts": 1, "meetings": 1}
    assert (second.club_id, codes(second)) == (first.club_id, [])
    third = older.take(book)
    assert (new(third), third.stored, codes(third)) == ({}, False, [])


def test_only_new_rows_are_added_and_changed_ones_are_said(house: House) -> None:
    book = cared()
    first = house.take(book)
    book.visit(date(2018, 8, 14))
    book.work(LATER, NGAN, "Vệ sinh đường làng", None, 1)
    book.put(CARE, 2, 5, "10h").put(MEETINGS, 2, 3, 6).put(VOLUNTEERS, 2, 2, date(2018, 5, 1))
    second = house.take(book)
    assert new(second) == {"visits": 1, "shifts": 1}
    assert {(at, row) for at, row, code in codes(second) if code == "row-changed"} == {
        (CARE, 2),
        (MEETINGS, 2),
        (VOLUNTEERS, 2),
    }
    assert house.said(second, VisitMade)[0].time.end == "09:30"
    assert house.one(second, MeetingHeld).head_count == 5
    assert second.known["members"] == first.accepted["members"]


def test_a_row_that_left_the_workbook_is_said(house: House) -> None:
    book = cared()
    house.take(book)
    del book.sheets[CARE][2]
    report = house.take(book)
    assert codes(report) == [(CARE, None, "row-missing")]


def test_rows_out_of_order_and_older_than_the_rest_are_taken(house: House) -> None:
    book = cared()
    house.take(book)
    row = book.visit(date(2018, 7, 1), NGAN, SECRETARY)
    report = house.take(book)
    assert (new(report), codes(report)) == ({"visits": 1}, [(CARE, row, "before-enrolment")])
    same = book.visit(AUGUST, UNG, SECRETARY, "9h", "10h")
    assert codes(house.take(book)) == [(CARE, same, "overlap")], "also with rows of earlier imports"


def test_times_of_a_past_book_hold_for_other_clubs_and_theirs_are_warned_of(house: House) -> None:
    desk, other_id = house.desk, house.desk.new_id()
    visit = next(v for v in house.said(house.take(cared()), VisitMade) if v.time.start)
    helper, on = visit.volunteer_ids[0], visit.occurred_on
    founded = FoundClub(club_id=other_id, name="CLB thôn Bên", founded_on=date(2018, 1, 1))
    people.found_club(desk, Call("system"), founded)

    def worked(start: str | None, end: str | None) -> None:
        shift = {"shift_id": desk.new_id(), "occurred_on": on, "activity": "other"}
        command = WorkShift.model_validate({**shift, "start": start, "end": end})
        care.work_shift(desk, Call("system"), other_id, helper, command, planned=False)

    with pytest.raises(Refusal) as refused:
        worked(visit.time.start, visit.time.end)
    assert refused.value.code == "overlapping-shift"
    worked("20:00", "21:00")
    book = cared()
    late = book.visit(on, UNG, SECRETARY, "20h30", "21h30")
    assert codes(house.take(book)) == [(CARE, late, "overlap")]


def test_a_dry_run_of_care_leaves_nothing(house: House) -> None:
    report = house.take(cared(), dry_run=True)
    assert (report.accepted["visits"], report.stored) == (2, False)
    assert house.desk.log.head() == 0
    with house.desk.log.database.connection() as connection:
        assert connection.execute("SELECT count(*) FROM keys.data_keys").fetchone() == (0,)


# --- taken back ----------------------------------------------------------------------------


def undo(house: House, report: ImportReport) -> None:
    assert report.import_id is not None
    undo_import(house.desk, house.follower, report.import_id)


def test_an_import_is_taken_back_with_all_its_care(house: House, database: Database) -> None:
    book = cared()
    book.visit(AUGUST, f"{BONG} (hàng xóm)", SECRETARY, "14h", "15h")
    first = house.take(book)
    undo(house, first)
    assert first.club_id is not None
    for kind in (VisitMade, ShiftWorked, ClientEnrolled, VolunteerEnrolled, MeetingHeld):
        assert house.said(first, kind) == []
    state = house.desk.log.load(CARE_BOOK, care_book_of(first.club_id)).state
    assert state is not None
    assert (state.cases, state.volunteers, state.shifts) == ({}, {}, {})
    assert house.people(BONG) == []
    second = house.take(book)
    assert (second.accepted, second.totals) == (first.accepted, first.totals)
    assert codes(second) == codes(first)
    found = check(database, KINDS)
    assert found.clean, found.findings


def test_care_rows_taken_back_leave_the_first_import_as_it_was(house: House) -> None:
    book = cared()
    first = house.take(book)
    book.visit(date(2018, 8, 14), f"{BONG} (hàng xóm)", TREASURER)
    book.meeting(LATER, "BB 002", 4)
    second = house.take(book)
    undo(house, second)
    assert len(house.said(first, VisitMade)) == 2
    assert len(house.said(first, MeetingHeld)) == 1
    assert house.people(BONG) == []
    third = house.take(book)
    assert third.accepted == second.accepted


def visited_by_hand(house: House, report: ImportReport, client: str, volunteer: str) -> None:
    """A visit told since, of people by their names, as the service records one."""
    assert report.club_id is not None
    care_id, club_id = care_book_of(report.club_id), report.club_id
    origin = BookOrigin(import_id=UUID(int=1), sheet="-", row=1, digest="ab")
    made = PastVisit(visit_id=house.desk.new_id(), time=TimeSaid(minutes=60))
    people = [Subject(person_id=house.person(name)) for name in (client, volunteer)]

    def work(unit: Any) -> None:
        entry = Entry(on=date(2026, 1, 5), origin=origin)
        told = past.visit(
            unit.load(CARE_BOOK, care_id), entry, made, people[0], people[1:], 480, house.desk.today
        )
        by_hand = [event.model_copy(update={"origin": None}) for event in told]
        unit.say(CARE_BOOK, care_id, by_hand, club_id=club_id)

    house.desk.log.carry_out(work, actor="test")


def test_a_visit_since_keeps_the_import_of_its_client(house: House) -> None:
    book = BookMaker()
    house.take(book)
    book.visit(AUGUST)
    second = house.take(book)
    visited_by_hand(house, second, NGAN, SECRETARY)
    head = house.desk.log.head()
    with pytest.raises(Refusal) as refused:
        undo(house, second)
    assert refused.value.code == "import-built-on"
    assert house.desk.log.head() == head


def test_a_visit_since_to_somebody_else_keeps_nothing(house: House) -> None:
    book = BookMaker()
    first = house.take(book)
    book.visit(AUGUST)
    second = house.take(book)
    visited_by_hand(house, second, UNG, SECRETARY)
    undo(house, second)
    assert [v.client_id for v in house.said(first, VisitMade)] == [house.person(UNG)]


def test_a_meeting_corrected_since_keeps_its_import(house: House) -> None:
    book = BookMaker()
    house.take(book)
    book.meeting(AUGUST, "BB 001", 5)
    second = house.take(book)
    assert second.club_id is not None
    club_id = second.club_id
    (event_id,) = [
        r.event_id for r in house.desk.log.story(club_id) if isinstance(r.event, MeetingHeld)
    ]

    def work(unit: Any) -> None:
        gone = ClubEntryWithdrawn(
            club_id=club_id,
            occurred_on=AUGUST,
            withdraws=event_id,
            withdrawn_topic=MeetingHeld.TOPIC,
        )
        unit.say(CLUB, club_id, [gone], club_id=club_id)

    house.desk.log.carry_out(work, actor="test")
    with pytest.raises(Refusal) as refused:
        undo(house, second)
    assert refused.value.code == "import-built-on"
    assert new(house.take(book)) == {}, "what was withdrawn by hand is known all the same"
    assert MEMBERS in book.sheets
