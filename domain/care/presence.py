"""Nobody is in two places at once (domain.md section 6): what clocks say, and only they."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Protocol
from uuid import UUID

from domain.care.book import Busy, BusyPeople, CareBook, Step, occupied
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
    visited: Iterable[Subject] = (),
    part_of: UUID | None = None,
    elsewhere: BusyPeople = NOBODY,
) -> tuple[Code, ...]:
    """Hard: with clock times nobody is at two things at once, but for 15 minutes, warned of;
    under whatever id they were entered.

    Who is `visited` is at home, and may be visited by others meanwhile. `part_of` is the shift
    that a visit belongs to, which is no other place. `elsewhere` are times the book does not know
    by heart: of its own older days, and of the same people in the books of other clubs.
    """
    if interval is None:
        return ()
    by_heart = book.busy if book.knows(on) else NOBODY
    at_home = tuple(visited)
    shared = 0
    for somebody in (*people, *at_home):
        known = [b for id in somebody.ids for at in (by_heart, elsewhere) for b in at.get(id, ())]
        times = [
            (b.since, b.until)
            for b in known
            if b.thing_id != part_of and not (b.visited and somebody in at_home)
        ]
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


def busy_about(story: Iterable[Recorded], on: date) -> BusyPeople:
    """Who was where about a day, by the whole story: for days older than `CareBook.knows`."""
    near = on - timedelta(days=2), on + timedelta(days=2)
    told: dict[UUID, VisitMade | ShiftWorked] = {}
    for recorded in story:
        event = recorded.event
        if isinstance(event, EntryWithdrawn):
            told.pop(event.withdraws, None)
        elif isinstance(event, VisitMade | ShiftWorked) and near[0] <= event.occurred_on <= near[1]:
            told[recorded.event_id] = event
    each = (who_and_when for event in told.values() for who_and_when in occupied(event))
    return together({person_id: (busy,)} for person_id, busy in each)


def busy_planned(book: CareBook, somebody: Subject) -> BusyPeople:
    """When somebody's shifts are that are still to be worked."""
    return {
        somebody.person_id: tuple(
            Busy(thing_id=shift_id, since=shift.since, until=shift.until)
            for shift_id, shift in book.shifts.items()
            if shift.person_id in somebody.ids and shift.step is Step.SCHEDULED
            if shift.since is not None and shift.until is not None
        )
    }


def less(told: BusyPeople, thing_id: UUID) -> BusyPeople:
    """Without what is told of one visit or shift."""
    return {who: tuple(b for b in times if b.thing_id != thing_id) for who, times in told.items()}


def together(told: Iterable[BusyPeople]) -> BusyPeople:
    found: dict[UUID, tuple[Busy, ...]] = {}
    for some in told:
        for person_id, times in some.items():
            found[person_id] = (*found.get(person_id, ()), *times)
    return found
