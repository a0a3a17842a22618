"""What of a care book can be taken back or replaced, and what that changes."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from domain.care.book import BusyPeople, CareBook, evolve
from domain.care.commands import DoGroupWork, MakeVisit, MissVisit, Moment, Subject, WorkShift
from domain.care.events import (
    CareBookEvent,
    CheckUpRecorded,
    ClientDischarged,
    ClientEnrolled,
    CorrectionProposed,
    EntryWithdrawn,
    GroupWorkDone,
    InsuranceRecorded,
    NeedsAssessed,
    Replacement,
    ShiftWorked,
    VisitMade,
    VisitMissed,
    VitalsMeasured,
    VolunteerEnrolled,
    VolunteerLeft,
    VolunteerTrained,
)
from domain.care.presence import NOBODY
from domain.care.shifts import do_group_work, work_planned_shift, work_shift
from domain.care.visits import make_visit, miss_visit
from domain.correcting import (
    Correctable,
    Count,
    Figure,
    Figures,
    Told,
    month,
    refuse_built_on,
    refuse_withdrawn,
    standing,
)
from domain.errors import Malformed

# Of the others the opposite is another event: a plan is made anew, a planned shift cancelled, a
# referral closed or opened again.
REVERSIBLE = (
    VolunteerEnrolled,
    VolunteerTrained,
    VolunteerLeft,
    ShiftWorked,
    GroupWorkDone,
    ClientEnrolled,
    NeedsAssessed,
    VisitMade,
    VisitMissed,
    ClientDischarged,
    VitalsMeasured,
    CheckUpRecorded,
    InsuranceRecorded,
)

Asked = MakeVisit | MissVisit | WorkShift | DoGroupWork
_ASKED: dict[type[Any], type[Asked]] = {
    VisitMade: MakeVisit,
    VisitMissed: MissVisit,
    ShiftWorked: WorkShift,
    GroupWorkDone: DoGroupWork,
}


def refuse_irreversible(story: Sequence[Told], target: Told) -> None:
    """Hard: of these kinds, once, and nothing that counts stands on it."""
    refuse_withdrawn(story, target, REVERSIBLE)
    ids = [recorded.id for recorded in story]
    after = frozenset(ids[ids.index(target.id) + 1 :])
    refuse_built_on(
        [r for r in standing(story) if r.id in after and _stands_on(r.event, target.event)]
    )


def propose(target: Told, **proposed: Any) -> CorrectionProposed:
    return CorrectionProposed(corrects=target.id, **proposed)


def withdraw(target: Told, **signed: Any) -> EntryWithdrawn:
    """Takes an event of the book back; `signed` says when, why, and by whom."""
    return EntryWithdrawn(
        withdraws=target.id,
        withdrawn_topic=target.event.TOPIC,
        thing_id=thing_of(target.event),
        **signed,
    )


def thing_of(event: CareBookEvent) -> UUID:
    """The visit, shift or work an event tells of; else the person."""
    for name in ("visit_id", "shift_id", "work_id", "client_id", "person_id"):
        if (thing := getattr(event, name, None)) is not None:
            return UUID(str(thing))
    raise AssertionError("every event of a care book tells of something")


def without(book: CareBook | None, target: Told) -> CareBook:
    """The book as it would be had the event been taken back."""
    return evolve(book, withdraw(target, occurred_on=target.event.occurred_on))


def replaced(
    book: CareBook | None,
    target: Told,
    command: Asked,
    people: dict[UUID, Subject],
    moment: Moment,
    elsewhere: BusyPeople = NOBODY,
) -> Replacement:
    """What would stand in for the event, judged by the same rules on the book without it.

    Of the same visit, shift or work, for the same person; a mistaken person is another visit.
    """
    rest, was = without(book, target), target.event
    if not isinstance(command, _ASKED.get(type(was), ())):
        raise Malformed("malformed", "Phần thay thế phải cùng loại với việc được sửa.")
    made: list[CareBookEvent]
    match command:
        case MakeVisit():
            volunteers = [people[v] for v in command.volunteer_ids]
            client = people[was.client_id]
            made = make_visit(rest, client, volunteers, command, moment, elsewhere)
        case MissVisit():
            volunteers = [people[v] for v in command.volunteer_ids]
            made = miss_visit(rest, people[was.client_id], volunteers, command, moment)
        case WorkShift():
            work = work_planned_shift if was.shift_id in rest.shifts else work_shift
            made = work(rest, people[was.person_id], command, moment, elsewhere)
        case DoGroupWork():
            made = do_group_work(rest, command, moment)
    stand_in = made[0]
    assert isinstance(stand_in, Replacement), "each decision makes its own event"
    return stand_in


def asked_of(event: Replacement) -> Asked:
    """The command that would tell of an event: a proposal is judged again when it is approved."""
    kind = _ASKED[type(event)]
    said = {name: getattr(event, name) for name in kind.model_fields if hasattr(event, name)}
    time = getattr(event, "time", None)
    if time is not None and time.start is not None:
        said |= {"start": time.start, "end": time.end, "end_on": time.end_on, "work_days": None}
    elif time is not None and not isinstance(event, GroupWorkDone):
        said["work_days"] = time.work_days
    elif time is not None:
        said |= {"minutes": time.minutes, "work_days": None}
    return kind(**said)


def people_in(event: CareBookEvent) -> tuple[UUID, ...]:
    """Whom a visit or a shift has as client, volunteers or worker."""
    match event:
        case VisitMade() | VisitMissed():
            return (event.client_id, *event.volunteer_ids)
        case ShiftWorked():
            return (event.person_id,)
        case _:
            return ()


def figures(events: Sequence[CareBookEvent]) -> Figures:
    """What the month's reports count: an hour of a visit within a shift is the shift's."""
    shift_of = {e.shift_id: e.person_id for e in events if isinstance(e, ShiftWorked)}
    sums: dict[Figure, Count] = defaultdict(int)
    for event in events:
        when = month(event.occurred_on)
        match event:
            case VisitMade():
                sums[Figure("visits", event.client_id, when)] += 1
                sums[Figure("visit_minutes", event.client_id, when)] += event.time.minutes
                counted_there = shift_of.get(event.shift_id) if event.shift_id else None
                for volunteer_id in event.volunteer_ids:
                    sums[Figure("visits_made", volunteer_id, when)] += 1
                    if volunteer_id != counted_there:
                        _give(sums, volunteer_id, when, event)
            case VisitMissed():
                sums[Figure("visits_missed", event.client_id, when)] += 1
            case ShiftWorked():
                _give(sums, event.person_id, when, event)
            case GroupWorkDone():
                sums[Figure("group_work_people", None, when)] += event.people
                sums[Figure("group_work_days", None, when)] += event.work_days
            case _:
                pass
    return sums


def _give(
    sums: dict[Figure, Count], person_id: UUID, when: str, event: VisitMade | ShiftWorked
) -> None:
    sums[Figure("volunteer_minutes", person_id, when)] += event.time.minutes
    sums[Figure("volunteer_work_days", person_id, when)] += event.time.work_days


def _stands_on(event: CareBookEvent, ground: CareBookEvent) -> bool:
    """Whether an event would be left without ground if the other were taken back."""
    if isinstance(event, CorrectionProposed | EntryWithdrawn):
        return False
    match ground:
        case ClientEnrolled():
            return getattr(event, "client_id", None) == ground.client_id
        case ClientDischarged():
            return isinstance(event, ClientEnrolled) and event.client_id == ground.client_id
        case VolunteerEnrolled():
            of_them = (VolunteerTrained, VolunteerLeft, VolunteerEnrolled, ShiftWorked)
            return ground.person_id in getattr(event, "volunteer_ids", ()) or (
                isinstance(event, of_them) and event.person_id == ground.person_id
            )
        case VolunteerLeft():
            return isinstance(event, VolunteerEnrolled) and event.person_id == ground.person_id
        case ShiftWorked():
            return isinstance(event, VisitMade) and event.shift_id == ground.shift_id
        case _:
            return False


CARE_CORRECTIONS = Correctable(
    refuse=refuse_irreversible,
    figures=figures,
    proposed=propose,
    withdrawn=withdraw,
)
