"""Visits at the boundary minute and day: over, inside 24 hours, in one place, of the living."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from care_examples import (
    BINH,
    CUC,
    DAY,
    GIA,
    NEO,
    NOW,
    OTHER_SHIFT,
    OTHER_VISIT,
    SHIFT,
    SINCE,
    VISIT,
    care,
    caring,
    enrolled,
    health,
    moment,
    plan,
    planned,
    somebody,
    visit,
    visited,
    visiting,
    volunteering,
    warned,
    work,
    worked,
)
from domain.care import clients, presence, visits
from domain.care.commands import DischargeClient, MissVisit
from domain.care.events import VisitMade
from domain.errors import Refusal
from domain.values import LAST_DAY
from examples import CLUB, sealed

NEXT = DAY + timedelta(days=1)


def test_a_visit_says_who_whom_and_how_long() -> None:
    asked = visit("08:00", "09:30", volunteer_ids=(BINH, CUC), tasks=("SOC", "HLT"), urgent=True)
    (event,) = visiting(caring(), asked).decided()
    assert isinstance(event, VisitMade)
    assert (event.client_id, event.volunteer_ids, event.warnings) == (GIA, (BINH, CUC), ())
    assert (event.time.minutes, event.time.work_days) == (90, Decimal("0.1875"))
    assert {(c.role.value, c.id) for c in event.concerns} == {
        ("client", GIA),
        ("volunteer", BINH),
        ("volunteer", CUC),
    }


@pytest.mark.parametrize(
    ("said", "minutes", "days"),
    [
        ({"minutes": 1}, 1, "0.0021"),
        ({"minutes": 1440}, 1440, "3.0000"),
        ({"half_day": True}, 240, "0.5"),
        ({"work_days": "0.0001"}, 1, "0.0001"),
        ({"work_days": "3"}, 1440, "3"),
        ({"start": "22:30", "end": "01:00", "end_on": NEXT}, 150, "0.3125"),
    ],
)
def test_time_is_said_in_one_of_four_ways(said: dict[str, Any], minutes: int, days: str) -> None:
    event: Any = visiting(caring(), visit(**said)).decided()[0]
    assert (event.time.minutes, str(event.time.work_days)) == (minutes, days)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"start": "08:00"},
        {"start": "08:00", "end": "09:00", "minutes": 60},
        {"minutes": 60, "half_day": True},
        {"minutes": 60, "end_on": DAY},
        {"minutes": 0},
        {"minutes": 1441},
        {"work_days": "0"},
        {"work_days": 1},
        {"half_day": False},
        {"half_day": 1},
        {"half_day": 1.0},
        {"start": "24:00", "end": "25:00"},
    ],
)
def test_time_said_twice_or_not_at_all_is_no_time(said: dict[str, Any]) -> None:
    usual = {"occurred_on": DAY, "visit_id": VISIT, "volunteer_ids": (BINH,)}
    with pytest.raises(ValidationError):
        type(visit()).model_validate({**usual, **said})


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"start": "09:00", "end": "09:00"}, "time-order"),
        ({"start": "09:00", "end": "08:59"}, "time-order"),
        ({"start": "09:00", "end": "08:00", "end_on": DAY - timedelta(days=1)}, "time-order"),
        ({"start": "09:00", "end": "09:01", "end_on": NEXT}, "time-too-long"),
        ({"work_days": "3.0011"}, "time-too-long"),
    ],
)
def test_a_visit_ends_after_it_begins_and_within_a_day(said: dict[str, Any], code: str) -> None:
    visiting(caring(), visit(**said)).then_refused(code)


def test_a_visit_of_exactly_a_day_is_taken() -> None:
    asked = visit("09:00", "09:00", end_on=NEXT)
    assert visiting(caring(), asked).decided()[0].time.minutes == 1440  # type: ignore[attr-defined]


def test_a_visit_is_over_when_it_is_told_of() -> None:
    asked = visit("08:00", "09:30")
    assert visiting(caring(), asked, now=moment(clock="09:30")).decided()
    visiting(caring(), asked, now=moment(clock="09:29")).then_refused("future-date")
    tomorrow = visit(on=NEXT, minutes=5)
    visiting(caring(), tomorrow, now=moment(clock="23:59")).then_refused("future-date")
    past_midnight = visit("23:30", "00:30", end_on=NEXT)
    visiting(caring(), past_midnight, now=moment(clock="23:59")).then_refused("future-date")


# --- the people -------------------------------------------------------------------------------


def test_nobody_is_visited_before_birth_or_after_death() -> None:
    born = somebody(birth_year=DAY.year)
    unborn = somebody(birth_year=DAY.year + 1)
    assert visiting(caring(), visit(), about=born).decided()
    visiting(caring(), visit(), about=unborn).then_refused("before-birth")
    assert visiting(caring(), visit(), about=somebody(died_on=DAY)).decided()
    dead = somebody(died_on=DAY - timedelta(days=1))
    visiting(caring(), visit(), about=dead).then_refused("after-death")


def test_a_volunteer_visits_in_their_own_lifetime() -> None:
    asked = visit()
    for about, code in (
        ({"birth_year": 2027}, "before-birth"),
        ({"died_on": SINCE}, "after-death"),
    ):
        helper = somebody(BINH, **about)
        asking = caring().when(visits.make_visit, somebody(), [helper], asked, NOW)
        asking.then_refused(code)


def test_only_a_client_is_visited_on_the_days_they_are_one() -> None:
    visiting(caring(), visit(), NEO).then_refused("not-a-client")
    visiting(care, visit()).then_refused("not-a-client")
    before = visit(on=SINCE - timedelta(days=1))
    visiting(caring(), before).then_refused("not-a-client")
    assert visiting(caring(), visit(on=SINCE)).decided()

    left = DischargeClient(occurred_on=DAY, cause="recovered")
    discharged = caring().after(clients.discharge_client, somebody(), left, NOW)
    assert visiting(discharged, visit(on=DAY)).decided()
    visiting(discharged, visit(on=NEXT)).then_refused("not-a-client")
    # Looked after again: the days before, between and since are each judged by themselves.
    again = enrolled(discharged, on=DAY + timedelta(days=10))
    assert visiting(again, visit(on=DAY)).decided()
    visiting(again, visit(on=NEXT)).then_refused("not-a-client")
    assert visiting(again, visit(on=DAY + timedelta(days=10))).decided()


def test_nobody_visits_themselves() -> None:
    visiting(caring(), visit(volunteer_ids=(BINH, GIA))).then_refused("same-person")


def test_who_is_named_twice_was_there_once() -> None:
    event: Any = visiting(caring(), visit(volunteer_ids=(BINH, BINH))).decided()[0]
    assert event.volunteer_ids == (BINH,)


def test_help_by_somebody_who_is_no_volunteer_is_a_warning() -> None:
    plain = enrolled(care)
    assert warned(visiting(plain, visit())) == ("not-a-volunteer",)
    since = volunteering(plain, BINH, on=DAY)
    assert warned(visiting(since, visit())) == ()
    before = visit(on=DAY - timedelta(days=1))
    assert warned(visiting(since, before)) == ("not-a-volunteer",)


def test_a_visit_before_somebody_joined_the_club_is_a_warning() -> None:
    member = somebody(joined_on=DAY)
    assert warned(visiting(caring(), visit(), about=member)) == ()
    early = visit(on=DAY - timedelta(days=1))
    assert warned(visiting(caring(), early, about=member)) == ("before-joining",)


def test_new_health_data_need_a_live_consent() -> None:
    nobody = somebody(health_consent=False)
    assert visiting(caring(), visit(), about=nobody).decided()
    for data in ({"vitals": health()}, {"note": health()}):
        visiting(caring(), visit(**data), about=nobody).then_refused("no-consent")
        assert visiting(caring(), visit(**data)).decided()


def test_the_next_visit_is_not_before_this_one() -> None:
    assert visiting(caring(), visit(next_on=DAY)).decided()
    yesterday = DAY - timedelta(days=1)
    visiting(caring(), visit(next_on=yesterday)).then_refused("date-order")
    assert visiting(caring(), visit(next_on=LAST_DAY)).decided()


# --- in one place ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "warnings"),
    [
        ("09:00", "10:00", ()),  # one after the other
        ("08:59", "10:00", ("overlap-tolerated",)),
        ("08:45", "10:00", ("overlap-tolerated",)),
        ("08:44", "10:00", None),
        ("07:00", "08:15", ("overlap-tolerated",)),
        ("07:00", "08:16", None),
        ("08:10", "08:50", None),
        ("07:00", "10:00", None),
    ],
)
def test_nobody_is_in_two_places_for_more_than_a_quarter_of_an_hour(
    start: str, end: str, warnings: tuple[str, ...] | None
) -> None:
    busy = visited(enrolled(caring(), NEO), visit("08:00", "09:00"), NEO)
    asking = visiting(busy, visit(start, end, visit_id=OTHER_VISIT))
    if warnings is None:
        asking.then_refused("overlapping-shift", person_id=str(BINH))
    else:
        assert warned(asking) == warnings


def test_another_volunteer_is_free_at_that_hour() -> None:
    busy = visited(caring(), visit("08:00", "09:00"))
    asked = visit("08:00", "09:00", visit_id=OTHER_VISIT, volunteer_ids=(CUC,))
    assert warned(visiting(busy, asked)) == ()
    both = visit("08:00", "09:00", visit_id=OTHER_VISIT, volunteer_ids=(CUC, BINH))
    visiting(busy, both).then_refused("overlapping-shift", person_id=str(BINH), minutes=60)


def test_a_shift_and_a_visit_are_two_places() -> None:
    busy = worked(caring(), work("07:00", "11:00"))
    visiting(busy, visit("10:00", "12:00")).then_refused("overlapping-shift", minutes=60)


def test_a_night_reaches_into_the_next_day() -> None:
    night = visited(caring(), visit("22:00", "05:00", end_on=NEXT))
    early = visit("04:00", "06:00", on=NEXT, visit_id=OTHER_VISIT)
    visiting(night, early).then_refused("overlapping-shift", minutes=60)
    assert visiting(night, visit("05:00", "06:00", on=NEXT, visit_id=OTHER_VISIT)).decided()


def test_what_was_not_looked_at_on_a_clock_refuses_nothing() -> None:
    busy = visited(caring(), visit("08:00", "09:00"))
    asked = visit(minutes=600, visit_id=OTHER_VISIT)
    assert warned(visiting(busy, asked)) == ()
    approximate = visited(caring(), visit(minutes=600))
    assert warned(visiting(approximate, visit("08:00", "09:00", visit_id=OTHER_VISIT))) == ()


def test_days_the_book_forgot_are_judged_by_its_story() -> None:
    old = visited(caring(), visit("08:00", "09:00", on=DAY))
    late = visited(old, visit(on=DAY + timedelta(days=92), visit_id=OTHER_VISIT))
    assert not late.state.knows(DAY)
    assert late.state.knows(DAY + timedelta(days=1))
    asked = visit("08:30", "09:30", visit_id=OTHER_VISIT)
    story: Any = [Recorded(event) for event in late.past]
    older = presence.busy_about(story, DAY)
    visiting(late, asked, elsewhere=older).then_refused("overlapping-shift", minutes=30)
    # Of other days it says nothing.
    assert presence.busy_about(story, DAY + timedelta(days=5)) == {}


class Recorded:
    def __init__(self, event: Any) -> None:
        self.event_id, self.event = VISIT, event


# --- an hour is counted once -------------------------------------------------------------------


def test_a_visit_inside_its_shift_is_no_second_place() -> None:
    on_duty = worked(caring(), work("07:00", "11:00", activity="home_care"))
    inside = visited(on_duty, visit("07:00", "08:00", shift_id=SHIFT))
    assert inside.past[-1].warnings == ()  # type: ignore[attr-defined]
    # Two visits of one shift are two places all the same.
    again = visit("07:30", "08:30", shift_id=SHIFT, visit_id=OTHER_VISIT)
    visiting(inside, again).then_refused("overlapping-shift", minutes=30)
    assert visiting(inside, visit("10:00", "11:00", shift_id=SHIFT, visit_id=OTHER_VISIT)).decided()


@pytest.mark.parametrize(
    "outside",
    [
        visit("06:59", "08:00", shift_id=SHIFT),
        visit("10:00", "11:01", shift_id=SHIFT),
        visit("07:00", "08:00", shift_id=SHIFT, volunteer_ids=(CUC,)),
        visit("07:00", "08:00", shift_id=SHIFT, on=NEXT),
        visit(minutes=241, shift_id=SHIFT),
        visit(minutes=60, shift_id=SHIFT, on=NEXT),
    ],
)
def test_a_visit_of_a_shift_lies_inside_it_by_its_volunteer(outside: Any) -> None:
    on_duty = worked(caring(), work("07:00", "11:00"))
    visiting(on_duty, outside).then_refused("outside-shift")


def test_where_clocks_are_missing_the_day_and_the_minutes_have_to_do() -> None:
    on_duty = worked(caring(), work(half_day=True))
    assert visiting(on_duty, visit(minutes=240, shift_id=SHIFT)).decided()
    visiting(on_duty, visit(minutes=241, shift_id=SHIFT)).then_refused("outside-shift")
    assert visiting(on_duty, visit("08:00", "12:00", shift_id=SHIFT)).decided()


def test_a_shift_is_worked_before_a_visit_is_part_of_it() -> None:
    visiting(caring(), visit(shift_id=OTHER_SHIFT)).then_refused("not-found")
    waiting = planned(caring(), plan("07:00", "11:00"))
    visiting(waiting, visit("08:00", "09:00", shift_id=SHIFT)).then_refused("shift-not-worked")


# --- missed ------------------------------------------------------------------------------------


def missing(**more: Any) -> MissVisit:
    usual: dict[str, Any] = {"occurred_on": DAY, "visit_id": VISIT, "cause": "weather"}
    return MissVisit(**{**usual, **more})


def test_a_missed_visit_is_told_with_its_cause() -> None:
    asked = missing(volunteer_ids=(BINH,), next_on=NEXT)
    caring().when(visits.miss_visit, somebody(), [somebody(BINH)], asked, NOW).then_told(
        client_id=GIA, volunteer_ids=(BINH,), cause="weather", next_on=NEXT, warnings=()
    )


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"occurred_on": date(2028, 1, 1)}, "future-date"),
        ({"occurred_on": SINCE - timedelta(days=1)}, "not-a-client"),
        ({"volunteer_ids": (GIA,)}, "same-person"),
        ({"next_on": DAY - timedelta(days=1)}, "date-order"),
    ],
)
def test_a_missed_visit_is_judged_as_one_that_was_made(more: dict[str, Any], code: str) -> None:
    asked = missing(**more)
    caring().when(visits.miss_visit, somebody(), [], asked, NOW).then_refused(code)


def test_a_note_on_a_missed_visit_is_health_data_too() -> None:
    nobody = somebody(health_consent=False)
    asked = missing(note=health())
    caring().when(visits.miss_visit, nobody, [], asked, NOW).then_refused("no-consent")
    # A memo of the club says nothing of a person's health.
    memo = missing(note=sealed(CLUB))
    assert caring().when(visits.miss_visit, nobody, [], memo, NOW).decided()


def test_a_refusal_says_what_it_looked_at() -> None:
    busy = visited(caring(), visit("08:00", "09:00"))
    with pytest.raises(Refusal) as refusal:
        visiting(busy, visit("08:30", "09:30", visit_id=OTHER_VISIT)).decided()
    assert refusal.value.facts == {"person_id": str(BINH), "minutes": 30}


def test_somebody_entered_twice_is_one_human_being() -> None:
    """Under either id: in one place at a time, there once, and never their own volunteer."""
    twin = somebody(CUC, also=frozenset({BINH}))
    seen = visited(caring(), visit("08:00", "09:00", volunteer_ids=(BINH,)))
    again = visit("08:30", "09:30", visit_id=OTHER_VISIT, volunteer_ids=(CUC,))
    seen.when(visits.make_visit, somebody(), [twin], again, NOW).then_refused("overlapping-shift")
    both = visit("10:00", "11:00", volunteer_ids=(BINH, CUC))
    people = [somebody(BINH, also=frozenset({CUC})), twin]
    caring().when(visits.make_visit, somebody(), people, both, NOW).then_told(volunteer_ids=(BINH,))
    self_cared = somebody(GIA, also=frozenset({BINH}))
    visiting(caring(), visit(), about=self_cared).then_refused("same-person")
