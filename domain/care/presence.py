"""Nobody is in two places at once (domain.md section 6): what clocks say, and only they."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from domain.care.book import Busy, BusyPeople, CareBook, Step
from domain.care.commands import Moment, Subject
from domain.care.events import CareBookEvent, EntryWithdrawn, ShiftWorked, VisitMade
from domain.care.times import (
    OVERLAP_TOLERATED_MINUTES,
    Interval,
    TimeSpent,
    overlap_minutes,
)
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.values import Code


class Recorded(Protocol):
    """An event of the book with its id in the log."""

    @property
    def event_id(self) -> UUID: ...
    @property
    def event(self) -> CareBookEvent: ...


NOBODY: Mapping[UUID, tuple[Busy, ...]] = {}


def refuse_unfinished(on: date, time: TimeSpent | None, moment: Moment) -> None:
    """Hard: told of a day that has come, and of a time that is over."""
    not_in_the_future(on, moment.today)
    interval = time.interval(on) if time else None
    if interval is not None and interval[1] > moment.minute:
        raise Refusal("future-date", "Giờ kết thúc chưa tới.", date=str(on))


def refuse_elsewhere(
    book: CareBook,
    on: date,
    interval: Interval | None,
    people: Iterable[Subject],
    *,
    part_of: UUID | None = None,
    older: BusyPeople = NOBODY,
) -> tuple[Code, ...]:
    """Hard: with clock times nobody is at two things at once, but for 15 minutes, warned of;
    under whatever id they were entered.

    `part_of` is the shift that a visit belongs to, which is no other place. `older` are the
    times that the book's story tells of, for days the book does not know by heart.
    """
    if interval is None:
        return ()
    busy = book.busy if book.knows(on) else older
    shared = 0
    for somebody in people:
        known = [b for id in somebody.ids for b in busy.get(id, ())]
        times = [(b.since, b.until) for b in known if b.thing_id != part_of]
        minutes = overlap_minutes(interval, times)
        if minutes > OVERLAP_TOLERATED_MINUTES:
            raise Refusal(
                "overlapping-shift",
                "Cùng giờ ấy người này đã ở một việc khác.",
                person_id=str(somebody.person_id),
                minutes=minutes,
            )
        shared = max(shared, minutes)
    return ("overlap-tolerated",) if shared > 0 else ()


def planned_times(book: CareBook, somebody: Subject) -> list[Interval]:
    """When somebody's planned shifts are that are still to be worked."""
    return [
        (shift.since, shift.until)
        for shift in book.shifts.values()
        if shift.person_id in somebody.ids and shift.step is Step.SCHEDULED
        if shift.since is not None and shift.until is not None
    ]


def busy_about(story: Iterable[Recorded], on: date) -> BusyPeople:
    """Who was where about a day, by the whole story: for days older than `CareBook.knows`."""
    near = on - timedelta(days=2), on + timedelta(days=2)
    told: dict[UUID, tuple[tuple[UUID, ...], Busy]] = {}
    for recorded in story:
        event = recorded.event
        if isinstance(event, EntryWithdrawn):
            told.pop(event.withdraws, None)
        elif isinstance(event, VisitMade | ShiftWorked) and near[0] <= event.occurred_on <= near[1]:
            interval = event.time.interval(event.occurred_on)
            if interval is None:
                continue
            people, thing_id = (
                (event.volunteer_ids, event.visit_id)
                if isinstance(event, VisitMade)
                else ((event.person_id,), event.shift_id)
            )
            busy = Busy(thing_id=thing_id, since=interval[0], until=interval[1])
            told[recorded.event_id] = (people, busy)
    found: dict[UUID, tuple[Busy, ...]] = {}
    for people, busy in told.values():
        for person_id in people:
            found[person_id] = (*found.get(person_id, ()), busy)
    return found
