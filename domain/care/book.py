"""The state of a club's care book: what its rules ask for, folded from its events.

One care book a club, one writer at a time, as one coordinator keeps one notebook: then nobody is
in two places at once, whatever visit or shift it is, without a transaction across histories.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar, assert_never
from uuid import UUID

from pydantic import Field

from domain.care.events import (
    CareBookEvent,
    CarePlanMade,
    CheckUpRecorded,
    ClientDischarged,
    ClientEnrolled,
    CorrectionProposed,
    EntryWithdrawn,
    GroupWorkDone,
    InsuranceRecorded,
    NeedsAssessed,
    ReferralClosed,
    ReferralOpened,
    ShiftCancelled,
    ShiftScheduled,
    ShiftWorked,
    VisitMade,
    VisitMissed,
    VitalsMeasured,
    VolunteerEnrolled,
    VolunteerLeft,
    VolunteerTrained,
    WorkName,
)
from domain.care.times import DAY_MINUTES, minute_of
from domain.histories import Kind
from domain.values import Id, Immutable

V = TypeVar("V")
CaseEvent = (
    NeedsAssessed
    | CarePlanMade
    | VisitMade
    | VisitMissed
    | ReferralOpened
    | ReferralClosed
    | ClientDischarged
)

KNOWN_DAYS = 92
"""How far back from its newest day a book knows by heart who was where: older days are in the
story."""


class Step(StrEnum):
    SCHEDULED = "scheduled"
    WORKED = "worked"
    CANCELLED = "cancelled"


class Shift(Immutable):
    """`on` is the day it is planned for, then the day it was worked; likewise its minutes."""

    person_id: Id
    step: Step = Field(strict=False)
    activity: WorkName
    on: date
    since: int | None = None
    until: int | None = None
    """From minute to minute, where clocks were looked at."""
    minutes: int | None = None
    scheduled: bool = False
    """Whether it was planned before it was worked."""


class Span(Immutable):
    """From a day to another, both included; open while `until` is None."""

    since: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


class Stint(Immutable):
    """Somebody's time as a volunteer of this club."""

    since: date
    until: date | None = None
    earlier: tuple[Span, ...] = ()

    @property
    def span(self) -> Span:
        return Span(since=self.since, until=self.until)

    def covers(self, day: date) -> bool:
        return any(span.covers(day) for span in (self.span, *self.earlier))


class Case(Immutable):
    """A client's care, as far as rules ask; `version` is the book's at the last event of it."""

    client_id: Id
    enrolled_on: date
    discharged_on: date | None = None
    earlier: tuple[Span, ...] = ()
    """When the same person was a client before."""
    last_on: date
    """The latest day anything of this case happened on."""
    coordinator_id: Id | None = None
    volunteer_ids: tuple[Id, ...] = ()
    interval_days: int | None = None
    referrals: dict[UUID, bool] = {}
    """Open referrals, and whether each is confidential."""
    version: int

    @property
    def is_open(self) -> bool:
        return self.discharged_on is None

    @property
    def span(self) -> Span:
        return Span(since=self.enrolled_on, until=self.discharged_on)

    def covers(self, day: date) -> bool:
        """Whether its person was a client on a day."""
        return any(span.covers(day) for span in (self.span, *self.earlier))


class Busy(Immutable):
    """Somebody was at one thing (a visit, a shift) from one minute to another."""

    thing_id: Id
    since: int
    until: int
    visited: bool = False
    """Whether they were visited: others may have come at the same time."""


BusyPeople = Mapping[UUID, tuple[Busy, ...]]
"""Who was where, by person."""


class CareBook(Immutable):
    version: int = 0
    cases: dict[UUID, Case] = {}
    volunteers: dict[UUID, Stint] = {}
    shifts: dict[UUID, Shift] = {}
    busy: dict[UUID, tuple[Busy, ...]] = {}
    """By person, from `known_from` on."""
    newest: date = date.min
    withdrawn: frozenset[UUID] = frozenset()
    proposals: frozenset[UUID] = frozenset()
    """Events whose correction waits for a second person."""
    undone: frozenset[UUID] = frozenset()
    """Imports that no longer count."""

    def knows(self, day: date) -> bool:
        """Whether `busy` tells of that day; else the book's story does."""
        return day.toordinal() > self.newest.toordinal() - KNOWN_DAYS

    def volunteers_now(self, person_id: UUID) -> bool:
        stint = self.volunteers.get(person_id)
        return stint is not None and stint.until is None

    def volunteered_on(self, person_id: UUID, day: date) -> bool:
        stint = self.volunteers.get(person_id)
        return stint is not None and stint.covers(day)

    def clients_of(self, volunteer_id: UUID) -> int:
        """How many open cases a volunteer is planned for."""
        return sum(
            volunteer_id in case.volunteer_ids for case in self.cases.values() if case.is_open
        )


def evolve(book: CareBook | None, event: CareBookEvent) -> CareBook:
    told = _told(book or CareBook(), event)
    return told.model_copy(
        update={"version": told.version + 1, "newest": max(told.newest, event.occurred_on)}
    )


def _told(book: CareBook, event: CareBookEvent) -> CareBook:
    match event:
        case VolunteerEnrolled():
            before = book.volunteers.get(event.person_id)
            earlier = (*before.earlier, before.span) if before else ()
            stint = Stint(since=event.occurred_on, earlier=earlier)
            return _with_stint(book, event.person_id, stint)
        case VolunteerLeft():
            return _until(book, event.person_id, event.occurred_on)
        case ShiftScheduled():
            clocks = event.start and event.end
            shift = Shift(
                person_id=event.person_id,
                step=Step.SCHEDULED,
                activity=event.activity,
                on=event.planned_on,
                since=minute_of(event.planned_on, event.start) if clocks and event.start else None,
                until=minute_of(event.planned_on, event.end) if clocks and event.end else None,
                scheduled=True,
            )
            return _with_shift(book, event.shift_id, shift)
        case ShiftWorked():
            planned = book.shifts.get(event.shift_id)
            since, until = event.time.interval(event.occurred_on) or (None, None)
            worked = Shift(
                person_id=event.person_id,
                step=Step.WORKED,
                activity=event.activity,
                on=event.occurred_on,
                since=since,
                until=until,
                minutes=event.time.minutes,
                scheduled=planned is not None and planned.scheduled,
            )
            return _occupied(_with_shift(book, event.shift_id, worked), event)
        case ShiftCancelled():
            shift = book.shifts[event.shift_id].model_copy(update={"step": Step.CANCELLED})
            return _with_shift(book, event.shift_id, shift)
        case ClientEnrolled():
            ended = book.cases.get(event.client_id)
            case = Case(
                client_id=event.client_id,
                enrolled_on=event.occurred_on,
                earlier=(*ended.earlier, ended.span) if ended else (),
                last_on=event.occurred_on,
                coordinator_id=event.coordinator_id,
                version=0,
            )
            return _with_case(book, case)
        case ClientDischarged():
            return _of_case(book, event, discharged_on=event.occurred_on)
        case CarePlanMade():
            return _of_case(
                book,
                event,
                volunteer_ids=event.volunteer_ids,
                interval_days=event.interval_days,
            )
        case VisitMade():
            return _of_case(_occupied(book, event), event)
        case ReferralOpened():
            opened = book.cases[event.client_id].referrals | {event.referral_id: event.confidential}
            return _of_case(book, event, referrals=opened)
        case ReferralClosed():
            left_open = dict(book.cases[event.client_id].referrals)
            left_open.pop(event.referral_id)
            return _of_case(book, event, referrals=left_open)
        case NeedsAssessed() | VisitMissed():
            return _of_case(book, event)
        case CorrectionProposed():
            return book.model_copy(update={"proposals": book.proposals | {event.corrects}})
        case EntryWithdrawn():
            return _without(book, event)
        case (
            VolunteerTrained()
            | GroupWorkDone()
            | VitalsMeasured()
            | CheckUpRecorded()
            | InsuranceRecorded()
        ):
            return book
        case _:
            assert_never(event)


def _without(book: CareBook, event: EntryWithdrawn) -> CareBook:
    """What the withdrawn event had brought into the state is taken out of it again."""
    undone = book.undone | ({event.import_id} if event.import_id else set())
    book = book.model_copy(
        update={
            "withdrawn": book.withdrawn | {event.withdraws},
            "proposals": book.proposals - {event.withdraws},
            "undone": undone,
        }
    )
    thing = event.thing_id
    match event.withdrawn_topic:
        case ClientEnrolled.TOPIC:
            return _not_enrolled(book, thing)
        case ClientDischarged.TOPIC:
            open_again = book.cases[thing].model_copy(update={"discharged_on": None})
            return _with_case(book, open_again)
        case VolunteerEnrolled.TOPIC:
            return _not_volunteering(book, thing)
        case VolunteerLeft.TOPIC:
            return _until(book, thing, None)
        case VisitMade.TOPIC:
            return _freed(book, thing)
        case ShiftWorked.TOPIC:
            book = _freed(book, thing)
            if book.shifts[thing].scheduled:
                again = book.shifts[thing].model_copy(
                    update={"step": Step.SCHEDULED, "minutes": None}
                )
                return _with_shift(book, thing, again)
            return book.model_copy(update={"shifts": _less(book.shifts, thing)})
        case _:
            return book


def _not_enrolled(book: CareBook, client_id: UUID) -> CareBook:
    """The case is as it was before the enrolment: none, or one that had ended."""
    case = book.cases[client_id]
    if not case.earlier:
        return book.model_copy(update={"cases": _less(book.cases, client_id)})
    *earlier, last = case.earlier
    ended = Case(
        client_id=client_id,
        enrolled_on=last.since,
        discharged_on=last.until,
        earlier=tuple(earlier),
        last_on=last.until or last.since,
        version=0,
    )
    return _with_case(book, ended)


def _not_volunteering(book: CareBook, person_id: UUID) -> CareBook:
    stint = book.volunteers[person_id]
    if not stint.earlier:
        return book.model_copy(update={"volunteers": _less(book.volunteers, person_id)})
    *earlier, last = stint.earlier
    return _with_stint(
        book, person_id, Stint(since=last.since, until=last.until, earlier=tuple(earlier))
    )


def _with_stint(book: CareBook, person_id: UUID, stint: Stint) -> CareBook:
    return book.model_copy(update={"volunteers": book.volunteers | {person_id: stint}})


def _until(book: CareBook, person_id: UUID, until: date | None) -> CareBook:
    stint = book.volunteers[person_id].model_copy(update={"until": until})
    return _with_stint(book, person_id, stint)


def _with_shift(book: CareBook, shift_id: UUID, shift: Shift) -> CareBook:
    return book.model_copy(update={"shifts": book.shifts | {shift_id: shift}})


def _with_case(book: CareBook, case: Case) -> CareBook:
    case = case.model_copy(update={"version": book.version + 1})
    return book.model_copy(update={"cases": book.cases | {case.client_id: case}})


def _of_case(book: CareBook, event: CaseEvent, **changed: object) -> CareBook:
    case = book.cases[event.client_id]
    # What falls into an earlier time as a client says nothing of how long this one lasted.
    last_on = max(case.last_on, event.occurred_on)
    return _with_case(book, case.model_copy(update={"last_on": last_on, **changed}))


def occupied(event: VisitMade | ShiftWorked) -> Iterator[tuple[UUID, Busy]]:
    """Whom an event has at a place, and when: nobody, where no clock was looked at."""
    interval = event.time.interval(event.occurred_on)
    if interval is None:
        return
    since, until = interval
    if isinstance(event, ShiftWorked):
        yield event.person_id, Busy(thing_id=event.shift_id, since=since, until=until)
        return
    for volunteer_id in event.volunteer_ids:
        yield volunteer_id, Busy(thing_id=event.visit_id, since=since, until=until)
    at_home = Busy(thing_id=event.visit_id, since=since, until=until, visited=True)
    yield event.client_id, at_home


def _occupied(book: CareBook, event: VisitMade | ShiftWorked) -> CareBook:
    newest = max(book.newest, event.occurred_on)
    known_from = (newest.toordinal() - KNOWN_DAYS) * DAY_MINUTES
    busy = dict(book.busy)
    for person_id, now in occupied(event):
        kept = [b for b in busy.get(person_id, ()) if b.until > known_from]
        busy[person_id] = (*kept, now)
    return book.model_copy(update={"busy": busy})


def _freed(book: CareBook, thing_id: UUID) -> CareBook:
    busy = {
        person_id: tuple(b for b in times if b.thing_id != thing_id)
        for person_id, times in book.busy.items()
    }
    return book.model_copy(update={"busy": busy})


def _less(of: dict[UUID, V], gone: UUID) -> dict[UUID, V]:
    return {id: value for id, value in of.items() if id != gone}


CARE = Kind("care.CareBook", 2, CareBook, evolve)
