"""Commands to a club's care book, as the desk takes them: texts are sealed at this door.

Whatever says something of somebody's health is sealed under that person's health key; a note on
work, under the club's.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID, uuid5

from desk.desk import Call, Desk, Receipt, Said, acted, said
from desk.people import NewPerson, say_person, sealed_person, warned
from desk.presence import times_besides
from domain.care import clients, health, shifts, visits, volunteers
from domain.care.book import CARE, CareBook
from domain.care.commands import (
    AssessNeeds,
    CancelShift,
    CloseReferral,
    DischargeClient,
    DoGroupWork,
    EnrolClient,
    EnrolVolunteer,
    LeaveVolunteering,
    MakeCarePlan,
    MakeVisit,
    MeasureVitals,
    MissVisit,
    Moment,
    OpenReferral,
    RecordCheckUp,
    RecordInsurance,
    ScheduleShift,
    Subject,
    TrainVolunteer,
    WorkShift,
)
from domain.care.events import CareBookEvent
from domain.care.presence import NOBODY
from domain.care.times import minute_of
from domain.clubs.decisions import CLUB, Club
from domain.clubs.decisions import known as known_club
from domain.clubs.people import PERSON, registered
from domain.errors import NotFound
from domain.histories import care_book_of
from domain.values import VIET_NAM, Purpose
from store.log import Work

HealthCommand = MeasureVitals | RecordCheckUp | RecordInsurance
CaseCommand = AssessNeeds | OpenReferral | DischargeClient
C = TypeVar("C", bound=Any)

_HEALTH: dict[type[Any], Callable[..., list[CareBookEvent]]] = {
    MeasureVitals: health.measure_vitals,
    RecordCheckUp: health.record_check_up,
    RecordInsurance: health.record_insurance,
}
_CASE: dict[type[Any], Callable[..., list[CareBookEvent]]] = {
    AssessNeeds: clients.assess_needs,
    OpenReferral: clients.open_referral,
    DischargeClient: clients.discharge_client,
}

# --- volunteers and their work ------------------------------------------------------------


def enrol_volunteer(
    desk: Desk, call: Call, club_id: UUID, person_id: UUID, command: EnrolVolunteer
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        desk.known_people(unit, person_id)
        volunteer = subject(desk, unit, club, person_id)
        note_home(desk, unit, person_id, VOLUNTEER, club_id)
        moment = care_moment(desk, club, command.occurred_on)
        return volunteers.enrol_volunteer(book, volunteer, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=person_id)


def train_volunteer(
    desk: Desk, call: Call, club_id: UUID, person_id: UUID, command: TrainVolunteer
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        volunteer = subject(desk, unit, club, person_id)
        moment = care_moment(desk, club, command.occurred_on)
        return volunteers.train_volunteer(book, volunteer, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=person_id)


def leave_volunteering(
    desk: Desk, call: Call, club_id: UUID, person_id: UUID, command: LeaveVolunteering
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        moment = care_moment(desk, club, command.occurred_on)
        return volunteers.leave_volunteering(book, person_id, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=person_id)


def schedule_shift(
    desk: Desk, call: Call, club_id: UUID, person_id: UUID, command: ScheduleShift
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        desk.known_people(unit, *command.helped)
        volunteer = subject(desk, unit, club, person_id)
        moment = care_moment(desk, club, command.planned_on)
        on = command.planned_on
        besides = NOBODY
        if command.start is not None:
            besides = times_besides(unit, club_id, book, [volunteer], on, planned=True)
        return shifts.schedule_shift(book, volunteer, command, moment, besides)

    return in_care_book(desk, call, club_id, decide, thing=command.shift_id)


def work_shift(
    desk: Desk, call: Call, club_id: UUID, person_id: UUID, command: WorkShift, *, planned: bool
) -> Receipt:
    """By anybody; `planned` is a shift that was scheduled before."""
    work = shifts.work_planned_shift if planned else shifts.work_shift

    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        desk.known_people(unit, *command.helped)
        worker = subject(desk, unit, club, person_id)
        moment = care_moment(desk, club, command.occurred_on)
        besides = NOBODY
        if command.start is not None:
            besides = times_besides(unit, club_id, book, [worker], command.occurred_on)
        return work(book, worker, command, moment, besides)

    return in_care_book(desk, call, club_id, decide, thing=command.shift_id)


def cancel_shift(
    desk: Desk, call: Call, club_id: UUID, person_id: UUID, shift_id: UUID, command: CancelShift
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        moment = care_moment(desk, club, command.occurred_on)
        return shifts.cancel_shift(book, person_id, shift_id, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=shift_id)


def do_group_work(desk: Desk, call: Call, club_id: UUID, command: DoGroupWork) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        desk.known_people(unit, *command.helped)
        moment = care_moment(desk, club, command.occurred_on)
        return shifts.do_group_work(book, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=command.work_id)


# --- home care ------------------------------------------------------------------------------


def enrol_client(
    desk: Desk,
    call: Call,
    club_id: UUID,
    client_id: UUID,
    neighbour: NewPerson | None,
    command: EnrolClient,
    duplicates: Sequence[UUID] = (),
) -> Receipt:
    """A known person, or a neighbour registered in the same transaction, is looked after.

    `duplicates` are people the neighbour may be: a warning, and who they are in the answer.
    """
    sealed = sealed_person(desk, client_id, neighbour) if neighbour else None
    if sealed is not None and duplicates:
        sealed = warned(sealed, "possible-duplicate")

    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        if sealed is not None:
            say_person(unit, client_id, sealed, desk.today, club_id)
        desk.known_people(unit, client_id, command.coordinator_id)
        client = subject(desk, unit, club, client_id)
        note_home(desk, unit, client_id, CLIENT, club_id)
        moment = care_moment(desk, club, command.occurred_on)
        return clients.enrol_client(book, client, command, moment)

    return in_care_book(
        desk,
        call,
        club_id,
        decide,
        thing=client_id,
        client_id=client_id,
        warnings=sealed[0].warnings if sealed else (),
        duplicates=duplicates,
    )


def tell_case(
    desk: Desk,
    call: Call,
    club_id: UUID,
    client_id: UUID,
    command: CaseCommand,
    thing: UUID | None = None,
) -> Receipt:
    """Needs assessed, a referral opened, a client discharged."""

    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        named = (getattr(command, name, None) for name in ("assessed_by", "opened_by"))
        desk.known_people(unit, *named)
        client = subject(desk, unit, club, client_id)
        moment = care_moment(desk, club, command.occurred_on)
        return _CASE[type(command)](book, client, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=thing or client_id, client_id=client_id)


def make_care_plan(
    desk: Desk, call: Call, club_id: UUID, client_id: UUID, command: MakeCarePlan
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        on = command.occurred_on
        client = subject(desk, unit, club, client_id)
        helpers = subjects(desk, unit, club, command.volunteer_ids)
        moment = care_moment(desk, club, on)
        return clients.make_care_plan(book, client, helpers, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=client_id, client_id=client_id)


def make_visit(
    desk: Desk, call: Call, club_id: UUID, client_id: UUID, command: MakeVisit
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        on = command.occurred_on
        client = subject(desk, unit, club, client_id)
        helpers = subjects(desk, unit, club, command.volunteer_ids)
        besides = NOBODY
        if command.start is not None:
            besides = times_besides(unit, club_id, book, [client, *helpers], on)
        moment = care_moment(desk, club, on)
        return visits.make_visit(book, client, helpers, command, moment, besides)

    return in_care_book(desk, call, club_id, decide, thing=command.visit_id, client_id=client_id)


def miss_visit(
    desk: Desk, call: Call, club_id: UUID, client_id: UUID, command: MissVisit
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        on = command.occurred_on
        client = subject(desk, unit, club, client_id)
        helpers = subjects(desk, unit, club, command.volunteer_ids)
        moment = care_moment(desk, club, on)
        return visits.miss_visit(book, client, helpers, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=command.visit_id, client_id=client_id)


def close_referral(
    desk: Desk,
    call: Call,
    club_id: UUID,
    client_id: UUID,
    referral_id: UUID,
    command: CloseReferral,
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        client = subject(desk, unit, club, client_id)
        moment = care_moment(desk, club, command.occurred_on)
        return clients.close_referral(book, client, referral_id, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=referral_id, client_id=client_id)


# --- anybody's health -------------------------------------------------------------------------


def record_health(
    desk: Desk, call: Call, club_id: UUID, person_id: UUID, command: HealthCommand
) -> Receipt:
    def decide(book: CareBook | None, unit: Work, club: Club) -> list[CareBookEvent]:
        somebody = subject(desk, unit, club, person_id)
        moment = care_moment(desk, club, command.occurred_on)
        return _HEALTH[type(command)](book, somebody, command, moment)

    return in_care_book(desk, call, club_id, decide, thing=person_id)


# --- the book, and what its decisions are told --------------------------------------------------


def in_care_book(
    desk: Desk,
    call: Call,
    club_id: UUID,
    decide: Callable[[CareBook | None, Work, Club], Iterable[CareBookEvent]],
    *,
    thing: UUID,
    client_id: UUID | None = None,
    warnings: Sequence[str] = (),
    duplicates: Sequence[UUID] = (),
) -> Receipt:
    """A command to a club's care book; a case's version is that of its last event.

    `warnings` and `duplicates` are of the person who was registered with it.
    """

    def work(unit: Work) -> Said:
        club = known_club(unit.load(CLUB, club_id))
        book_id = care_book_of(club_id)
        book = unit.load(CARE, book_id)
        case = book.cases.get(client_id) if book and client_id else None
        desk.refuse_stale(call, unit, book_id, version=case.version if case else None)
        events = desk.typed(call, unit, acted(call, decide(book, unit, club)))
        made = unit.say(CARE, book_id, events, club_id=club_id)
        told = said(thing, made, events, unit.version(book_id))
        every = tuple(dict.fromkeys((*warnings, *told.warnings)))
        return replace(told, warnings=every, duplicates=tuple(duplicates))

    return desk.take(call, work)


def care_moment(desk: Desk, club: Club, on: date) -> Moment:
    now = desk.clock().astimezone(VIET_NAM)
    return Moment(
        today=now.date(),
        minute=minute_of(now.date(), now.strftime("%H:%M")),
        rules=club.regulation_on(on).rules,
    )


def subject(desk: Desk, unit: Work, club: Club, person_id: UUID) -> Subject:
    """What the club's and the person's own history say of somebody.

    Under whatever id their care was begun: a double is a member as the person is whom it was.
    """
    somebody = registered(unit.load(PERSON, person_id))
    if somebody.merged_into is not None:
        somebody = registered(unit.load(PERSON, somebody.merged_into))
    membership = club.members.get(somebody.id)
    return Subject(
        person_id=person_id,
        also=desk.every_id(unit, person_id) - {person_id},
        birth_year=somebody.birth_year,
        died_on=somebody.died_on,
        joined_on=membership.joined_on if membership else None,
        health_consent=Purpose.HEALTH in somebody.consents,
    )


def subjects(desk: Desk, unit: Work, club: Club, people: Sequence[UUID]) -> list[Subject]:
    return [subject(desk, unit, club, person_id) for person_id in people]


# --- whose book somebody stands in ---------------------------------------------------------------

CLIENT, VOLUNTEER = "client", "volunteer"


def club_caring(desk: Desk, person_id: UUID, role: str | None, named: UUID | None) -> UUID:
    """The club a command means: the one that is named, else where somebody was last enrolled,
    else where they were registered. Raises `NotFound`."""
    if named is not None:
        return named
    home = _last_home(desk, person_id, role)[0] if role else None
    club_id = desk.log.club_of(home or person_id)
    if club_id is None:
        raise NotFound("Chưa rõ người này ở câu lạc bộ nào; hãy ghi club_id.")
    return club_id


def note_home(desk: Desk, unit: Work, person_id: UUID, role: str, club_id: UUID) -> None:
    """Remembers, beside the log, that somebody is now looked after (or helps) in this club."""
    home, next_id = _last_home(desk, person_id, role)
    if home != care_book_of(club_id):
        unit.note_entity(next_id, care_book_of(club_id))


def _last_home(desk: Desk, person_id: UUID, role: str) -> tuple[UUID | None, UUID]:
    """The care book of the latest enrolment, and the id under which the next is noted: a note is
    never changed, so whoever moves to another club gets one more."""
    home: UUID | None = None
    number = 1
    while (noted := desk.log.home_of(_note(person_id, role, number))) is not None:
        home, number = noted, number + 1
    return home, _note(person_id, role, number)


def _note(person_id: UUID, role: str, number: int) -> UUID:
    return uuid5(person_id, f"{role}/{number}")
