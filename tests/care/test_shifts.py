"""Shifts planned, worked and cancelled; many together, counted."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from care_examples import (
    BINH,
    CUC,
    DAY,
    GIA,
    NOW,
    OTHER_SHIFT,
    SHIFT,
    VISIT,
    care,
    caring,
    moment,
    plan,
    planned,
    somebody,
    visit,
    visited,
    warned,
    work,
    worked,
    working,
)
from domain.care import shifts
from domain.care.commands import CancelShift, DoGroupWork, WorkShift
from domain.care.events import Work
from specification import Specification

NEXT = DAY + timedelta(days=1)


def scheduling(given: Specification, asked: Any, who: Any = None, now: Any = NOW) -> Any:
    return given.when(shifts.schedule_shift, who or somebody(BINH), asked, now)


def working_planned(given: Specification, asked: WorkShift, who: Any = BINH) -> Any:
    return given.when(shifts.work_planned_shift, somebody(who), asked, NOW)


def cancelling(given: Specification, who: Any = BINH) -> Any:
    asked = CancelShift(occurred_on=DAY)
    return given.when(shifts.cancel_shift, who, SHIFT, asked, NOW)


# --- planned ------------------------------------------------------------------------------------


def test_a_shift_may_be_planned_for_a_day_to_come() -> None:
    asked = plan("07:30", "11:00", planned_on=DAY + timedelta(days=300), helped=(GIA,))
    (event,) = scheduling(caring(), asked, now=moment()).decided()
    assert (event.occurred_on, event.planned_on, event.helped) == (DAY, asked.planned_on, (GIA,))
    assert {c.role.value for c in event.concerns} == {"volunteer", "helped"}
    assert scheduling(caring(), plan()).decided()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"occurred_on": NEXT, "planned_on": NEXT}, "future-date"),
        ({"planned_on": DAY - timedelta(days=1)}, "date-order"),
        ({"start": "08:00", "end": "08:00"}, "time-order"),
    ],
)
def test_a_plan_is_made_before_its_day_and_its_end_is_after_its_start(
    more: dict[str, Any], code: str
) -> None:
    scheduling(caring(), plan(**more), now=moment()).then_refused(code)


def test_one_person_has_one_plan_for_an_hour() -> None:
    waiting = planned(caring(), plan("07:00", "11:00"))
    other: dict[str, Any] = {"shift_id": OTHER_SHIFT}
    scheduling(waiting, plan("10:44", "12:00", **other)).then_refused(
        "overlapping-shift", minutes=16
    )
    near = scheduling(waiting, plan("10:45", "12:00", **other))
    assert warned(near) == ("overlap-tolerated",)
    assert warned(scheduling(waiting, plan("11:00", "12:00", **other))) == ()
    assert warned(scheduling(waiting, plan("07:00", "11:00", planned_on=NEXT, **other))) == ()
    assert scheduling(waiting, plan("07:00", "11:00", **other), somebody(CUC)).decided()
    cancelled = waiting.given(*cancelling(waiting).decided())
    assert warned(scheduling(cancelled, plan("07:00", "11:00", **other))) == ()


def test_an_hour_that_is_spent_is_not_planned_again() -> None:
    busy = visited(caring(), visit("08:00", "09:00"))
    scheduling(busy, plan("08:00", "09:00")).then_refused("overlapping-shift")


# --- worked -------------------------------------------------------------------------------------


def test_anybody_works_and_days_are_counted_by_the_regulation() -> None:
    event: Any = working(care, work(minutes=300), GIA, moment(work_day_minutes=360)).decided()[0]
    assert (event.person_id, event.time.work_days) == (GIA, Decimal("0.8333"))
    assert event.warnings == ()  # helping a household is nobody's office
    event = working(care, work(work_days="2"), GIA).decided()[0]
    assert (event.time.minutes, event.time.work_days) == (960, Decimal("2"))


def test_home_care_by_somebody_else_than_a_volunteer_is_a_warning() -> None:
    assert warned(working(care, work(activity=Work.HOME_CARE))) == ("not-a-volunteer",)
    assert warned(working(caring(), work(activity=Work.HOME_CARE))) == ()


def test_work_is_over_when_it_is_told_of() -> None:
    asked = work("07:00", "11:00")
    assert working(care, asked, now=moment(clock="11:00")).decided()
    working(care, asked, now=moment(clock="10:59")).then_refused("future-date")
    working(care, work(on=NEXT), now=moment()).then_refused("future-date")


def test_two_shifts_are_two_places() -> None:
    busy = worked(care, work("07:00", "11:00"))
    again = work("10:45", "12:00", shift_id=OTHER_SHIFT)
    assert warned(working(busy, again)) == ("overlap-tolerated",)
    more = work("10:44", "12:00", shift_id=OTHER_SHIFT)
    working(busy, more).then_refused("overlapping-shift", minutes=16)
    assert working(busy, more, CUC).decided()


def test_work_nobody_planned_says_what_it_was() -> None:
    working(care, work(activity=None)).then_refused("malformed")


def test_nobody_works_before_birth_or_after_death() -> None:
    for about, code in (
        ({"birth_year": 2027}, "before-birth"),
        ({"died_on": DAY - timedelta(days=1)}, "after-death"),
    ):
        care.when(shifts.work_shift, somebody(BINH, **about), work(), NOW).then_refused(code)


def test_a_planned_shift_is_worked_once_by_its_own_volunteer() -> None:
    waiting = planned(caring(), plan("07:00", "11:00"))
    asked = work("07:30", "11:15", activity=None)
    working_planned(waiting, asked).then_told(shift_id=SHIFT, activity=Work.HOME_CARE)
    working_planned(waiting, asked, CUC).then_refused("not-found")
    unknown = work("07:30", "11:15", shift_id=OTHER_SHIFT)
    working_planned(waiting, unknown).then_refused("not-found")
    done = waiting.given(*working_planned(waiting, asked).decided())
    working_planned(done, asked).then_refused("already-worked")
    cancelling(done).then_refused("already-worked")


def test_a_planned_shift_may_be_worked_on_another_day() -> None:
    waiting = planned(caring(), plan("07:00", "11:00"))
    working_planned(waiting, work("07:00", "11:00", on=NEXT)).then_told(occurred_on=NEXT)


def test_a_cancelled_shift_is_not_worked() -> None:
    waiting = planned(caring(), plan("07:00", "11:00"))
    cancelling(waiting, CUC).then_refused("not-found")
    gone = waiting.given(*cancelling(waiting).decided())
    working_planned(gone, work("07:00", "11:00")).then_refused("shift-cancelled")
    cancelling(gone).then_refused("shift-cancelled")


# --- many together ------------------------------------------------------------------------------


def together(**more: Any) -> Any:
    usual: dict[str, Any] = {"occurred_on": DAY, "work_id": VISIT, "activity": "public_works"}
    asked = DoGroupWork(**{**usual, "people": 30, **more})
    return care.when(shifts.do_group_work, asked, more.pop("now", NOW))


@pytest.mark.parametrize(
    ("said", "minutes", "days"),
    [
        ({}, None, "30"),
        ({"half_day": True}, 240, "15.0000"),
        ({"minutes": 50}, 50, "3.1250"),
        ({"start": "07:00", "end": "11:00"}, 240, "15.0000"),
        ({"work_days": "22.5"}, None, "22.5"),
        ({"people": 1, "minutes": 1}, 1, "0.0021"),
    ],
)
def test_a_day_an_activity_and_a_number_suffice(
    said: dict[str, Any], minutes: int | None, days: str
) -> None:
    event = together(**said).decided()[0]
    assert (event.time and event.time.minutes, str(event.work_days)) == (minutes, days)


def test_group_work_is_over_too_and_of_a_countable_size() -> None:
    together(occurred_on=NOW.today + timedelta(days=1)).then_refused("future-date")
    most = together(people=10_000, minutes=1440)
    assert most.decided()[0].work_days == Decimal("30000")
    shorter_days = DoGroupWork(
        occurred_on=DAY, work_id=VISIT, activity=Work.OTHER, people=10_000, minutes=1440
    )
    hourly = moment(work_day_minutes=60)
    care.when(shifts.do_group_work, shorter_days, hourly).then_refused("time-too-long")
