"""Small, fixed examples of care that tests vary. Say only what the test is about."""

from datetime import date
from typing import Any
from uuid import UUID

from domain.care import clients, shifts, visits, volunteers
from domain.care.book import evolve
from domain.care.commands import (
    EnrolClient,
    EnrolVolunteer,
    MakeVisit,
    Moment,
    ScheduleShift,
    Subject,
    WorkShift,
)
from domain.care.events import Work
from domain.care.times import minute_of
from domain.regulation import Rules
from domain.values import Purpose, Sealed
from examples import sealed
from specification import Specification

GIA, NEO = UUID(int=51), UUID(int=52)  # clients
BINH, CUC = UUID(int=61), UUID(int=62)  # volunteers
VISIT, OTHER_VISIT, SHIFT, OTHER_SHIFT = (UUID(int=n) for n in (71, 72, 73, 74))

SINCE = date(2024, 1, 10)
DAY = date(2026, 3, 10)

care = Specification(evolve)


def moment(today: date = DAY, clock: str = "23:59", **rules: Any) -> Moment:
    return Moment(today=today, minute=minute_of(today, clock), rules=Rules(**rules))


NOW = moment(date(2027, 12, 31))


def somebody(person_id: UUID = GIA, **more: Any) -> Subject:
    """Who consented, unless told otherwise."""
    return Subject(person_id=person_id, **{"health_consent": True, **more})


def health(subject: UUID = GIA) -> Sealed:
    return sealed(subject, Purpose.HEALTH)


def volunteering(given: Specification, *people: UUID, on: date = SINCE) -> Specification:
    for person_id in people:
        asked = EnrolVolunteer(occurred_on=on)
        given = given.after(volunteers.enrol_volunteer, somebody(person_id), asked, NOW)
    return given


def enrolled(given: Specification, client: UUID = GIA, on: date = SINCE) -> Specification:
    asked = EnrolClient(occurred_on=on)
    return given.after(clients.enrol_client, somebody(client), asked, NOW)


def caring() -> Specification:
    """Two volunteers and a client."""
    return enrolled(volunteering(care, BINH, CUC))


def visit(
    start: str | None = None, end: str | None = None, *, on: date = DAY, **more: Any
) -> MakeVisit:
    usual = {"visit_id": VISIT, "volunteer_ids": (BINH,), "occurred_on": on}
    said = {"minutes": 60} if start is None and not _says_time(more) else {}
    return MakeVisit(**{**usual, "start": start, "end": end, **said, **more})


def visiting(given: Specification, asked: MakeVisit, client: UUID = GIA, **more: Any) -> Any:
    """Put to the book; say then(...) or then_refused(...)."""
    people = [somebody(who) for who in asked.volunteer_ids]
    now = more.pop("now", NOW)
    about = more.pop("about", somebody(client))
    return given.when(visits.make_visit, about, people, asked, now, *more.values())


def visited(given: Specification, asked: MakeVisit, client: UUID = GIA) -> Specification:
    asking = visiting(given, asked, client)
    return given.given(*asking.decided())


def work(
    start: str | None = None, end: str | None = None, *, on: date = DAY, **more: Any
) -> WorkShift:
    usual = {"shift_id": SHIFT, "activity": Work.HOUSEHOLD_HELP, "occurred_on": on}
    said = {"work_days": "1"} if start is None and not _says_time(more) else {}
    return WorkShift(**{**usual, "start": start, "end": end, **said, **more})


def working(given: Specification, asked: WorkShift, who: UUID = BINH, now: Any = NOW) -> Any:
    return given.when(shifts.work_shift, somebody(who), asked, now)


def worked(given: Specification, asked: WorkShift, who: UUID = BINH) -> Specification:
    return given.given(*working(given, asked, who).decided())


def plan(start: str | None = None, end: str | None = None, **more: Any) -> ScheduleShift:
    usual: dict[str, Any] = {"shift_id": SHIFT, "activity": Work.HOME_CARE, "occurred_on": DAY}
    return ScheduleShift(**{**usual, "planned_on": DAY, "start": start, "end": end, **more})


def planned(given: Specification, asked: ScheduleShift, who: UUID = BINH) -> Specification:
    return given.after(shifts.schedule_shift, somebody(who), asked, NOW)


def warned(asking: Specification) -> tuple[str, ...]:
    """The warnings of what was decided."""
    found: tuple[str, ...] = asking.decided()[0].warnings  # type: ignore[attr-defined]
    return found


def _says_time(more: dict[str, Any]) -> bool:
    return any(more.get(name) is not None for name in ("minutes", "work_days", "half_day", "start"))
