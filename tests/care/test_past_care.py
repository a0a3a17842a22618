"""A club's past care as its paper book has it: what is taken, what warns, what cannot have been."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.care import past
from domain.care.book import evolve
from domain.care.commands import Subject
from domain.care.events import (
    ClientDischarged,
    ClientEnrolled,
    EntryWithdrawn,
    GroupWorkDone,
    ShiftWorked,
    VisitMade,
    VolunteerEnrolled,
    VolunteerLeft,
    VolunteerTrained,
    Work,
)
from domain.care.past import Entry, PastVisit, PastWork
from domain.care.times import Interval, TimeSaid, minute_of
from domain.events import BookOrigin, Role, person
from specification import Specification

TODAY = date(2026, 3, 10)
DAY = date(2022, 1, 10)
CLIENT, VOLUNTEER, OTHER = (UUID(int=n) for n in (11, 12, 13))
VISIT, SHIFT = UUID(int=21), UUID(int=22)
FIRST, SECOND = UUID(int=31), UUID(int=32)
MINUTES = 480
MORNING = TimeSaid(start="08:00", end="09:30")

fresh = Specification(evolve)


def origin(import_id: UUID = FIRST) -> BookOrigin:
    return BookOrigin(import_id=import_id, sheet="Chăm sóc tại nhà", row=2, digest="ab")


def entry(on: date = DAY) -> Entry:
    return Entry(on=on, origin=origin())


def somebody(id: UUID, **known: Any) -> Subject:
    return Subject(person_id=id, **known)


SOMEBODY_FRAIL, SOMEBODY_WILLING = somebody(CLIENT), somebody(VOLUNTEER)


def visiting(
    given: Specification,
    on: date = DAY,
    time: TimeSaid = MORNING,
    client: Subject = SOMEBODY_FRAIL,
    volunteer: Subject = SOMEBODY_WILLING,
    elsewhere: dict[UUID, list[Interval]] | None = None,
) -> Specification:
    made = PastVisit(visit_id=VISIT, time=time)
    return given.when(
        past.visit, entry(on), made, client, [volunteer], MINUTES, TODAY, elsewhere or {}
    )


def working(time: TimeSaid, on: date = DAY, people: int | None = None) -> Specification:
    done = PastWork(work_id=SHIFT, activity=Work.HOUSEHOLD_HELP, time=time, people=people)
    return fresh.when(lambda _: past.work(entry(on), done, somebody(VOLUNTEER), MINUTES, TODAY))


enrolled = VolunteerEnrolled(
    occurred_on=DAY - timedelta(days=30), person_id=VOLUNTEER, origin=origin()
)
client = ClientEnrolled(occurred_on=DAY, client_id=CLIENT, origin=origin())


def warnings(asked: Specification) -> tuple[str, ...]:
    visit = asked.decided()[-1]
    assert isinstance(visit, VisitMade)
    return visit.warnings


def test_the_first_visit_enrols_its_client_from_the_same_row() -> None:
    made = visiting(fresh.given(enrolled)).decided()
    assert [type(event) for event in made] == [ClientEnrolled, VisitMade]
    assert {event.origin for event in made} == {origin()}
    visit = made[-1]
    assert isinstance(visit, VisitMade)
    assert (visit.time.minutes, visit.warnings) == (90, ())
    assert visit.concerns == (person(CLIENT, Role.CLIENT), person(VOLUNTEER, Role.VOLUNTEER))


def test_a_client_is_enrolled_once() -> None:
    made = visiting(fresh.given(enrolled, client)).decided()
    assert [type(event) for event in made] == [VisitMade]


def test_who_visits_unmarked_is_a_volunteer_from_then_on_and_it_is_said() -> None:
    asked = visiting(fresh)
    assert type(asked.decided()[0]) is VolunteerEnrolled
    assert warnings(asked) == ("not-a-volunteer",)


def test_nobody_visits_themselves() -> None:
    visiting(fresh, volunteer=somebody(CLIENT)).then_refused("same-person")


def test_a_day_to_come_is_refused_and_today_is_not() -> None:
    given = fresh.given(enrolled, client)
    visiting(given, TODAY + timedelta(days=1)).then_refused("future-date")
    assert warnings(visiting(given, TODAY)) == ()


def test_nothing_happens_before_the_year_of_a_birth() -> None:
    given = fresh.given(enrolled)
    born = somebody(CLIENT, birth_year=1940)
    visiting(given, date(1939, 12, 31), client=born).then_refused("before-birth")
    assert "before-birth" not in warnings(visiting(given, date(1940, 1, 1), client=born))


def test_an_end_that_does_not_follow_its_start_is_refused() -> None:
    visiting(fresh, time=TimeSaid(start="09:00", end="09:00")).then_refused("time-order")
    visiting(fresh, time=TimeSaid(start="09:00", end="08:59")).then_refused("time-order")
    assert visiting(fresh, time=TimeSaid(start="09:00", end="09:01")).decided()


def test_a_day_before_joining_warns_and_the_day_itself_does_not() -> None:
    given = fresh.given(enrolled, client)
    late = somebody(VOLUNTEER, joined_on=DAY + timedelta(days=1))
    assert warnings(visiting(given, volunteer=late)) == ("before-joining",)
    assert warnings(visiting(given, volunteer=somebody(VOLUNTEER, joined_on=DAY))) == ()
    neighbour = somebody(CLIENT, joined_on=None)
    assert warnings(visiting(given, client=neighbour)) == ()


def test_two_places_at_once_warn_from_the_first_minute() -> None:
    given = fresh.given(enrolled, client)
    after, before = minute_of(DAY, "09:30"), minute_of(DAY, "09:29")
    assert warnings(visiting(given, elsewhere={VOLUNTEER: [(after, after + 60)]})) == ()
    assert warnings(visiting(given, elsewhere={VOLUNTEER: [(before, before + 60)]})) == ("overlap",)
    assert warnings(visiting(given, elsewhere={OTHER: [(before, before + 60)]})) == ()
    remembered = TimeSaid(minutes=90)
    assert (
        warnings(visiting(given, time=remembered, elsewhere={VOLUNTEER: [(before, before + 60)]}))
        == ()
    )


def test_what_lies_outside_a_case_or_a_life_warns() -> None:
    given = fresh.given(enrolled, client)
    assert warnings(visiting(given, DAY - timedelta(days=1))) == ("before-enrolment",)
    gone = ClientDischarged(occurred_on=DAY, client_id=CLIENT, cause="moved")
    assert warnings(visiting(given.given(gone), DAY + timedelta(days=1))) == ("after-discharge",)
    left = VolunteerLeft(occurred_on=DAY, person_id=VOLUNTEER)
    assert warnings(visiting(given.given(left), DAY + timedelta(days=1))) == ("volunteer-left",)
    dead = somebody(CLIENT, died_on=DAY - timedelta(days=1))
    assert warnings(visiting(given, client=dead)) == ("after-death",)


def test_a_work_day_is_as_long_as_the_club_says_and_three_make_a_whole_day() -> None:
    working(TimeSaid(work_days=Decimal(3))).then_told(warnings=())
    working(TimeSaid(work_days=Decimal("3.01"))).then_refused("time-too-long")
    (half,) = working(TimeSaid(work_days=Decimal("0.5"))).decided()
    assert isinstance(half, ShiftWorked)
    assert half.time.minutes == 240


def test_many_together_without_a_time_have_a_work_day_each() -> None:
    done = PastWork(work_id=SHIFT, activity=Work.PUBLIC_WORKS, people=25)
    (event,) = past.group_work(entry(), done, MINUTES, TODAY)
    assert isinstance(event, GroupWorkDone)
    assert (event.work_days, event.time) == (25, None)
    half = done.model_copy(update={"time": TimeSaid(minutes=240)})
    (event,) = past.group_work(entry(), half, MINUTES, TODAY)
    assert isinstance(event, GroupWorkDone)
    assert event.work_days == Decimal("12.5")


def test_a_volunteer_is_enrolled_once_and_trained_each_time() -> None:
    asked = fresh.given(enrolled).when(past.volunteer, entry(), somebody(VOLUNTEER), TODAY)
    asked.then()
    again = past.volunteer(
        fresh.given(enrolled).state, entry(), somebody(VOLUNTEER), TODAY, course="so cuu", hours=8
    )
    assert [type(event) for event in again] == [VolunteerTrained]


def undone(given: Specification, *, founded: bool = False) -> Specification:
    story = [(UUID(int=100 + n), event) for n, event in enumerate(given.past)]
    return given.when(
        lambda book: past.undo_import(book, story, FIRST, frozenset(), frozenset(), founded=founded)
    )


def imported() -> Specification:
    return fresh.given(enrolled).given(*visiting(fresh.given(enrolled)).decided())


def test_an_undone_import_takes_its_entries_back_latest_first() -> None:
    given = imported()
    gone = undone(given).decided()
    assert [event.withdrawn_topic for event in gone if isinstance(event, EntryWithdrawn)] == [
        VisitMade.TOPIC,
        ClientEnrolled.TOPIC,
        VolunteerEnrolled.TOPIC,
    ]
    state = given.given(*gone).state
    assert (state.cases, state.volunteers) == ({}, {})


def test_what_was_written_of_its_people_since_keeps_an_import() -> None:
    later = visiting(imported(), DAY + timedelta(days=7)).decided()
    by_hand = [event.model_copy(update={"origin": None}) for event in later]
    undone(imported().given(*by_hand)).then_refused("import-built-on")
    taken_back = EntryWithdrawn(
        occurred_on=DAY,
        withdraws=UUID(int=103),
        withdrawn_topic=VisitMade.TOPIC,
        thing_id=VISIT,
        concerns=by_hand[0].concerns,
    )
    assert undone(imported().given(*by_hand, taken_back)).decided()
    corrected = taken_back.model_copy(update={"withdraws": UUID(int=102)})
    undone(imported().given(corrected)).then_refused("import-built-on")


def test_work_of_others_keeps_only_the_import_that_founded_the_club() -> None:
    road = PastWork(work_id=SHIFT, activity=Work.PUBLIC_WORKS, people=25)
    (work,) = past.group_work(entry(), road, MINUTES, TODAY)
    given = imported().given(work.model_copy(update={"origin": None}))
    assert undone(given).decided()
    undone(given, founded=True).then_refused("import-built-on")
