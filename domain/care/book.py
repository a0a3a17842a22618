"""The state of a club's care book: what its rules ask for, folded from its events.

One care book a club, one writer at a time, as one coordinator keeps one notebook: then nobody is
in two places at once, whatever visit or shift it is, without a transaction across histories.
"""

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
)
from domain.care.times import DAY_MINUTES, Interval, TimeSpent
from domain.histories import Kind
from domain.values import Id, Immutable

V = TypeVar("V")

KNOWN_DAYS = 92
"""How far back from its newest day a book knows by heart who was where: older days are in the
story."""


class Step(StrEnum):
    SCHEDULED = "scheduled"
    WORKED = "worked"
    CANCELLED = "cancelled"


class Shift(Immutable):
    person_id: Id
    step: Step = Field(strict=False)
    scheduled: bool = False
    """Whether it was planned before it was worked."""


class Stint(Immutable):
    """Somebody's time as a volunteer of this club."""

    since: date
    until: date | None = None


class Case(Immutable):
    """A client's care, as far as rules ask; `version` is the book's at the last event of it."""

    client_id: Id
    enrolled_on: date
    discharged_on: date | None = None
    coordinator_id: Id | None = None
    volunteer_ids: tuple[Id, ...] = ()
    interval_days: int | None = None
    referrals: dict[UUID, bool] = {}
    """Open referrals, and whether each is confidential."""
    version: int

    @property
    def is_open(self) -> bool:
        return self.discharged_on is None


class Busy(Immutable):
    """Somebody was at one thing (a visit, a shift) from one minute to another."""

    thing_id: Id
    since: int
    until: int


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

    def busy_of(self, person_id: UUID, but: frozenset[UUID] = frozenset()) -> list[Interval]:
        """Where somebody was, but for some things (what a visit is part of, what it replaces)."""
        return [
            (busy.since, busy.until)
            for busy in self.busy.get(person_id, ())
            if busy.thing_id not in but
        ]

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
            return _with_volunteer(book, event.person_id, Stint(since=event.occurred_on))
        case VolunteerLeft():
            stint = book.volunteers[event.person_id]
            left = stint.model_copy(update={"until": event.occurred_on})
            return _with_volunteer(book, event.person_id, left)
        case ShiftScheduled():
            shift = Shift(person_id=event.person_id, step=Step.SCHEDULED, scheduled=True)
            return _with_shift(book, event.shift_id, shift)
        case ShiftWorked():
            planned = book.shifts.get(event.shift_id)
            worked = Shift(
                person_id=event.person_id,
                step=Step.WORKED,
                scheduled=planned is not None and planned.scheduled,
            )
            book = _with_shift(book, event.shift_id, worked)
            return _occupied(book, event.shift_id, (event.person_id,), event.time, event)
        case ShiftCancelled():
            shift = book.shifts[event.shift_id].model_copy(update={"step": Step.CANCELLED})
            return _with_shift(book, event.shift_id, shift)
        case ClientEnrolled():
            case = Case(
                client_id=event.client_id,
                enrolled_on=event.occurred_on,
                coordinator_id=event.coordinator_id,
                version=0,
            )
            return _with_case(book, case)
        case ClientDischarged():
            return _of_case(book, event.client_id, discharged_on=event.occurred_on)
        case CarePlanMade():
            return _of_case(
                book,
                event.client_id,
                volunteer_ids=event.volunteer_ids,
                interval_days=event.interval_days,
            )
        case VisitMade():
            book = _occupied(book, event.visit_id, event.volunteer_ids, event.time, event)
            return _of_case(book, event.client_id)
        case ReferralOpened():
            opened = book.cases[event.client_id].referrals | {event.referral_id: event.confidential}
            return _of_case(book, event.client_id, referrals=opened)
        case ReferralClosed():
            left_open = dict(book.cases[event.client_id].referrals)
            left_open.pop(event.referral_id)
            return _of_case(book, event.client_id, referrals=left_open)
        case NeedsAssessed() | VisitMissed():
            return _of_case(book, event.client_id)
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
            return book.model_copy(update={"cases": _less(book.cases, thing)})
        case VolunteerEnrolled.TOPIC:
            return book.model_copy(update={"volunteers": _less(book.volunteers, thing)})
        case VisitMade.TOPIC:
            return _freed(book, thing)
        case ShiftWorked.TOPIC:
            book = _freed(book, thing)
            if book.shifts[thing].scheduled:
                again = book.shifts[thing].model_copy(update={"step": Step.SCHEDULED})
                return _with_shift(book, thing, again)
            return book.model_copy(update={"shifts": _less(book.shifts, thing)})
        case _:
            return book


def _with_volunteer(book: CareBook, person_id: UUID, stint: Stint) -> CareBook:
    return book.model_copy(update={"volunteers": book.volunteers | {person_id: stint}})


def _with_shift(book: CareBook, shift_id: UUID, shift: Shift) -> CareBook:
    return book.model_copy(update={"shifts": book.shifts | {shift_id: shift}})


def _with_case(book: CareBook, case: Case) -> CareBook:
    case = case.model_copy(update={"version": book.version + 1})
    return book.model_copy(update={"cases": book.cases | {case.client_id: case}})


def _of_case(book: CareBook, client_id: UUID, **changed: object) -> CareBook:
    return _with_case(book, book.cases[client_id].model_copy(update=changed))


def _occupied(
    book: CareBook,
    thing_id: UUID,
    people: tuple[UUID, ...],
    time: TimeSpent,
    event: VisitMade | ShiftWorked,
) -> CareBook:
    interval = time.interval(event.occurred_on)
    if interval is None:
        return book
    newest = max(book.newest, event.occurred_on)
    known_from = (newest.toordinal() - KNOWN_DAYS) * DAY_MINUTES
    now = Busy(thing_id=thing_id, since=interval[0], until=interval[1])
    busy = dict(book.busy)
    for person_id in people:
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


CARE = Kind("care.CareBook", 1, CareBook, evolve)
