"""How a club's past care enters: visits, work and volunteers as the book has them (domain.md 5).

Only what cannot have been is refused: a day to come, a day before somebody was born, an end before
its beginning, a volunteer who visits themselves. Everything else is a warning in the event. Books
keep no list of clients: who is visited first is enrolled by that visit, from the same row.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import Field

from domain.care.book import CareBook
from domain.care.commands import Subject
from domain.care.events import (
    CareBookEvent,
    ClientEnrolled,
    CorrectionProposed,
    EntryWithdrawn,
    GroupWorkDone,
    ShiftWorked,
    TaskName,
    VisitMade,
    VolunteerEnrolled,
    VolunteerTrained,
    WorkName,
)
from domain.care.times import Interval, TimeSaid, overlap_minutes, spent
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import BookOrigin, Concern, Role, person
from domain.values import Code, Day, Id, Immutable, Name, Sealed, WorkDays


class Entry(Immutable):
    """One row of a paper book: its day, where it stands, what it says besides."""

    on: Day
    origin: BookOrigin
    note: Sealed | None = None


Elsewhere = Mapping[UUID, Iterable[Interval]]
"""Where the book has people besides, about that day."""
NOWHERE: Elsewhere = {}


class PastVisit(Immutable):
    visit_id: Id
    time: TimeSaid
    tasks: tuple[TaskName, ...] = ()
    vitals: Sealed | None = None
    urgent: bool = False
    next_on: Day | None = None


class PastWork(Immutable):
    """`work_id` is the shift's, or that of the work of many."""

    work_id: Id
    activity: WorkName
    label: Name | None = None
    time: TimeSaid | None = None
    helped: tuple[Id, ...] = ()
    households: int = Field(default=0, ge=0)
    people: int | None = None
    """How many together, where the book only counts them."""
    work_days: WorkDays | None = None
    """Of all together; only where `people` are counted."""


def volunteer(
    book: CareBook | None,
    row: Entry,
    who: Subject,
    today: date,
    *,
    course: Code | None = None,
    trained_on: date | None = None,
    hours: int | None = None,
) -> list[CareBookEvent]:
    """Enrolled once, whatever else the book says of it; a course is told beside."""
    _refuse_impossible(row.on, today, who)
    events: list[CareBookEvent] = []
    if who.person_id not in (book or CareBook()).volunteers:
        events.append(_enrolled(row, who, _odd(row.on, who)))
    if course is not None:
        on = trained_on or row.on
        _refuse_impossible(on, today, who)
        events.append(
            VolunteerTrained(
                occurred_on=on,
                person_id=who.person_id,
                course=course,
                hours=hours,
                origin=row.origin,
                concerns=(person(who.person_id, Role.VOLUNTEER),),
            )
        )
    return events


def visit(
    book: CareBook | None,
    row: Entry,
    made: PastVisit,
    client: Subject,
    volunteers: Sequence[Subject],
    work_day_minutes: int,
    today: date,
    elsewhere: Elsewhere = NOWHERE,
) -> list[CareBookEvent]:
    """Hard: nobody is their own volunteer; the day and the time can have been."""
    book = book or CareBook()
    _refuse_impossible(row.on, today, client, *volunteers)
    if any(not one.ids.isdisjoint(client.ids) for one in volunteers):
        raise Refusal("same-person", "Tình nguyện viên không thể tự chăm sóc chính mình.")
    time = spent(made.time, row.on, work_day_minutes)
    warnings = [*_odd(row.on, client, *volunteers), *_odd_case(book, row.on, client)]
    events: list[CareBookEvent] = []
    for one in volunteers:
        stint = book.volunteers.get(one.person_id)
        if stint is None:
            warnings.append("not-a-volunteer")
            events.append(_enrolled(row, one, ()))
        elif stint.until is not None and row.on > stint.until:
            warnings.append("volunteer-left")
    if client.person_id not in book.cases:
        events.append(
            ClientEnrolled(
                occurred_on=row.on,
                client_id=client.person_id,
                origin=row.origin,
                concerns=(person(client.person_id, Role.CLIENT),),
            )
        )
    warnings += _overlaps(time.interval(row.on), volunteers, elsewhere)
    ids = tuple(one.person_id for one in volunteers)
    events.append(
        VisitMade(
            occurred_on=row.on,
            visit_id=made.visit_id,
            client_id=client.person_id,
            volunteer_ids=ids,
            time=time,
            tasks=made.tasks,
            vitals=made.vitals,
            note=row.note,
            urgent=made.urgent,
            next_on=made.next_on,
            warnings=tuple(dict.fromkeys(warnings)),
            origin=row.origin,
            concerns=(
                person(client.person_id, Role.CLIENT),
                *(person(id, Role.VOLUNTEER) for id in ids),
            ),
        )
    )
    return events


def work(
    row: Entry,
    done: PastWork,
    worker: Subject,
    work_day_minutes: int,
    today: date,
    elsewhere: Elsewhere = NOWHERE,
) -> list[CareBookEvent]:
    """A shift by anybody, volunteer or not."""
    _refuse_impossible(row.on, today, worker)
    assert done.time is not None, "somebody's work has its time"
    time = spent(done.time, row.on, work_day_minutes)
    warnings = (*_odd(row.on, worker), *_overlaps(time.interval(row.on), (worker,), elsewhere))
    return [
        ShiftWorked(
            occurred_on=row.on,
            shift_id=done.work_id,
            person_id=worker.person_id,
            activity=done.activity,
            label=done.label,
            time=time,
            helped=done.helped,
            households=done.households,
            note=row.note,
            warnings=tuple(dict.fromkeys(warnings)),
            origin=row.origin,
            concerns=(person(worker.person_id, Role.VOLUNTEER), *_helped(done)),
        )
    ]


def group_work(
    row: Entry, done: PastWork, work_day_minutes: int, today: date
) -> list[CareBookEvent]:
    """Many together, counted and not named; without any time one work-day each."""
    _refuse_impossible(row.on, today)
    assert done.people, "a group is counted"
    time = spent(done.time, row.on, work_day_minutes) if done.time else None
    each = time.work_days if time else Decimal(1)
    return [
        GroupWorkDone(
            occurred_on=row.on,
            work_id=done.work_id,
            activity=done.activity,
            label=done.label,
            people=done.people,
            time=time,
            work_days=done.work_days or each * done.people,
            helped=done.helped,
            households=done.households,
            note=row.note,
            origin=row.origin,
            concerns=_helped(done),
        )
    ]


def undo_import(
    book: CareBook | None,
    story: Sequence[tuple[Id, CareBookEvent]],
    import_id: Id,
    undone: frozenset[Id],
    brought: frozenset[Id],
    *,
    founded: bool,
) -> list[CareBookEvent]:
    """Takes back every entry of an import, latest first, each on its own business date.

    `undone` are imports that no longer count, `brought` the people this one made known. Refused
    when anybody has written of these people, clients or volunteers since, or corrected an entry;
    where the import `founded` the club, when anybody has written anything.
    """
    book = book or CareBook()
    mine = [(id, event) for id, event in story if _is_of(event, {import_id})]
    gone = {id for id, _ in mine}
    theirs = brought | {
        _thing(event) for _, event in mine if isinstance(event, ClientEnrolled | VolunteerEnrolled)
    }
    for id, event in story:
        if _is_of(event, {import_id, *undone}) or id in book.withdrawn:
            continue
        if _stands_upon(event, gone, theirs, founded=founded):
            raise Refusal(
                "import-built-on",
                "Sổ chăm sóc đã có phát sinh sau lần nhập này nên không thể hoàn tác cả lần.",
            )
    return [
        EntryWithdrawn(
            occurred_on=event.occurred_on,
            withdraws=id,
            withdrawn_topic=event.TOPIC,
            thing_id=_thing(event),
            import_id=import_id,
            concerns=event.concerns,
        )
        for id, event in reversed(mine)
    ]


def _is_of(event: CareBookEvent, imports: set[Id]) -> bool:
    return event.origin is not None and event.origin.import_id in imports


def _stands_upon(
    event: CareBookEvent, gone: set[Id], people: frozenset[Id], *, founded: bool
) -> bool:
    match event:
        case EntryWithdrawn():
            return event.withdraws in gone and event.import_id is None
        case CorrectionProposed():
            return event.corrects in gone
        case _:
            return founded or any(concern.id in people for concern in event.concerns)


def _thing(event: CareBookEvent) -> Id:
    match event:
        case VisitMade():
            return event.visit_id
        case ShiftWorked():
            return event.shift_id
        case GroupWorkDone():
            return event.work_id
        case ClientEnrolled():
            return event.client_id
        case VolunteerEnrolled() | VolunteerTrained():
            return event.person_id
        case _:
            raise AssertionError(f"no past book brings a {event.TOPIC}")


def _enrolled(row: Entry, who: Subject, warnings: Iterable[str]) -> VolunteerEnrolled:
    return VolunteerEnrolled(
        occurred_on=row.on,
        person_id=who.person_id,
        warnings=tuple(warnings),
        origin=row.origin,
        concerns=(person(who.person_id, Role.VOLUNTEER),),
    )


def _refuse_impossible(on: date, today: date, *people: Subject) -> None:
    not_in_the_future(on, today)
    for one in people:
        if one.birth_year is not None and on.year < one.birth_year:
            raise Refusal("before-birth", "Ngày này trước năm sinh.", date=str(on))


def _odd(on: date, *people: Subject) -> list[str]:
    """What a book may well say of its people, and a reader should see."""
    warnings = []
    for one in people:
        if one.joined_on is not None and on < one.joined_on:
            warnings.append("before-joining")
        if one.died_on is not None and on > one.died_on:
            warnings.append("after-death")
    return list(dict.fromkeys(warnings))


def _odd_case(book: CareBook, on: date, client: Subject) -> list[str]:
    case = book.cases.get(client.person_id)
    if case is None:
        return []
    if on < case.enrolled_on:
        return ["before-enrolment"]
    if case.discharged_on is not None and on > case.discharged_on:
        return ["after-discharge"]
    return []


def _overlaps(
    interval: Interval | None, people: Iterable[Subject], elsewhere: Elsewhere
) -> list[str]:
    """Two of the book's rows may have one person in two places: that is shown, never refused."""
    if interval is None:
        return []
    times = (elsewhere.get(one.person_id, ()) for one in people)
    return ["overlap" for others in times if overlap_minutes(interval, others) > 0]


def _helped(done: PastWork) -> tuple[Concern, ...]:
    return tuple(person(id, Role.HELPED) for id in done.helped)
