"""Commands about people and clubs, each as the desk takes it: texts are sealed at this door."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from desk.desk import Call, Desk, Receipt, Said, acted, said
from domain.clubs import decisions, people
from domain.clubs.decisions import (
    CLUB,
    AdoptRegulation,
    ElectBoard,
    FoundClub,
    JoinClub,
    LeaveClub,
)
from domain.clubs.events import HouseholdClass, HouseholdClassCertified, PersonEvent, Sex
from domain.clubs.people import PERSON, CertifyClass, Person, RegisterPerson
from domain.errors import Refusal
from domain.events import Event, Role
from domain.events import person as concerns_person
from domain.values import Birth, Code, Day, Id, Immutable, Name, Note, Purpose, Sealed
from store.log import Work


class NewPerson(Immutable):
    """Somebody, in the clear, as typed at the door."""

    name: Name
    sex: Sex | None = None
    birth: Birth | None = None
    ethnicity: Name | None = None
    phone: Name | None = None
    citizen_number: Name | None = None
    note: Note | None = None
    household_id: UUID | None = None
    household_class: HouseholdClass | None = None
    class_valid_from: Day | None = None


def found_club(desk: Desk, call: Call, command: FoundClub) -> Receipt:
    return desk.in_club(
        call, command.club_id, lambda club, unit: decisions.found(club, command, desk.today)
    )


def adopt_regulation(desk: Desk, call: Call, club_id: UUID, command: AdoptRegulation) -> Receipt:
    return desk.in_club(
        call, club_id, lambda club, unit: decisions.adopt_regulation(club, command, desk.today)
    )


def elect_board(desk: Desk, call: Call, club_id: UUID, command: ElectBoard) -> Receipt:
    def decide(club: decisions.Club | None, unit: Work) -> list[Event]:
        desk.known_people(unit, *(holder.person_id for holder in command.holders))
        return list(decisions.elect_board(club, command, desk.today))

    return desk.in_club(call, club_id, decide)


def join_club(
    desk: Desk, call: Call, club_id: UUID, person: NewPerson | UUID, command: JoinClub
) -> Receipt:
    """A known person, or a new one registered in the same transaction, becomes a member."""
    sealed = None if isinstance(person, UUID) else sealed_person(desk, command.person_id, person)

    def work(unit: Work) -> Said:
        club = unit.load(CLUB, club_id)
        desk.refuse_stale(call, unit, club_id)
        if sealed is not None:
            say_person(unit, command.person_id, sealed, club_id)
        desk.known_people(unit, command.person_id)
        events = acted(call, decisions.join(club, command, desk.today))
        made = unit.say(CLUB, club_id, events, club_id=club_id)
        return said(command.person_id, made, events, unit.version(club_id))

    return desk.take(call, work)


def leave_club(desk: Desk, call: Call, club_id: UUID, command: LeaveClub) -> Receipt:
    return desk.in_club(
        call, club_id, lambda club, unit: decisions.leave(club, command, desk.today)
    )


def correct_name(
    desk: Desk, call: Call, person_id: UUID, name: Name, reason: Note | None = None
) -> Receipt:
    """A mistyped name is mended by an event; the people index follows."""
    sealed = desk.keys.seal(person_id, Purpose.IDENTITY, name)
    why = desk.seal(person_id, Purpose.IDENTITY, reason)
    return _of_person(
        desk, call, person_id, lambda person, unit: people.correct_name(person, sealed, why)
    )


class Household(Immutable):
    """With whom somebody lives, or the class their household has; in the clear."""

    shares_with: Id | None = None
    """A member of the same household; both are given one if neither has any."""
    household_class: HouseholdClass | None = Field(default=None, strict=False)
    valid_from: Day | None = None
    certificate: Note | None = None
    decree: Code | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.shares_with is None and self.household_class is None:
            raise ValueError("shares_with or household_class is needed")
        of_class = (self.valid_from, self.certificate, self.decree)
        if self.household_class is None and any(of_class):
            raise ValueError("household_class is needed beside its date and papers")
        return self


def tell_household(desk: Desk, call: Call, person_id: UUID, told: Household) -> Receipt:
    fresh = desk.new_id()
    certificate = desk.seal(person_id, Purpose.IDENTITY, told.certificate)

    def decide(person: Person | None, unit: Work) -> list[PersonEvent]:
        events: list[PersonEvent] = []
        if told.shares_with is not None:
            other = people.known(unit.load(PERSON, told.shares_with))
            if other.id == person_id:
                raise Refusal("same-person", "Hãy ghi một người khác trong cùng hộ.")
            if other.household_id is None:
                unit.say(PERSON, other.id, people.join_household(other, fresh))
            events += people.join_household(person, other.household_id or fresh)
        if told.household_class is not None:
            command = CertifyClass(
                household_class=told.household_class,
                valid_from=told.valid_from,
                certificate=certificate,
                decree=told.decree,
            )
            events += people.certify_class(person, command)
        return events

    return _of_person(desk, call, person_id, decide)


def _of_person(
    desk: Desk,
    call: Call,
    person_id: UUID,
    decide: Callable[[Person | None, Work], list[PersonEvent]],
) -> Receipt:
    def work(unit: Work) -> Said:
        person = unit.load(PERSON, person_id)
        desk.refuse_stale(call, unit, person_id)
        events = acted(call, decide(person, unit))
        made = unit.say(PERSON, person_id, events)
        return said(person_id, made, events, unit.version(person_id))

    return desk.take(call, work)


SealedPerson = tuple[RegisterPerson, list[Event]]


def sealed_person(desk: Desk, person_id: UUID, person: NewPerson) -> SealedPerson:
    """The registration with every text sealed, and the household's class where it is known."""
    return sealed_people(desk, [(person_id, person)])[0]


def sealed_people(desk: Desk, people: Sequence[tuple[UUID, NewPerson]]) -> list[SealedPerson]:
    """Many at once: one round trip for all their keys."""
    texts = [
        (person_id, purpose, field, text)
        for person_id, person in people
        for field, purpose, text in _texts(person)
        if text is not None
    ]
    sealed = desk.keys.seal_many([(id, purpose, text) for id, purpose, _, text in texts])
    by_person: dict[UUID, dict[str, Sealed]] = defaultdict(dict)
    for (person_id, _, field, _), value in zip(texts, sealed, strict=True):
        by_person[person_id][field] = value
    return [
        (
            RegisterPerson(
                person_id=person_id,
                sex=person.sex,
                birth=person.birth,
                household_id=person.household_id,
                **by_person[person_id],
            ),
            _certified(person_id, person),
        )
        for person_id, person in people
    ]


def _texts(person: NewPerson) -> tuple[tuple[str, Purpose, str | None], ...]:
    born = person.birth.on.isoformat() if person.birth and person.birth.on else None
    return (
        ("name", Purpose.IDENTITY, person.name),
        ("birth_date", Purpose.IDENTITY, born),
        ("ethnicity", Purpose.IDENTITY, person.ethnicity),
        ("citizen_number", Purpose.IDENTITY, person.citizen_number),
        ("note", Purpose.IDENTITY, person.note),
        ("phone", Purpose.CONTACT, person.phone),
    )


def _certified(person_id: UUID, person: NewPerson) -> list[Event]:
    if person.household_class is None:
        return []
    return [
        HouseholdClassCertified(
            person_id=person_id,
            household_class=person.household_class,
            valid_from=person.class_valid_from,
            concerns=(concerns_person(person_id, Role.SUBJECT),),
        )
    ]


def say_person(
    unit: Work,
    person_id: UUID,
    sealed: SealedPerson,
    club_id: UUID | None = None,
) -> None:
    command, certified = sealed
    registered = people.register(unit.load(PERSON, person_id), command)
    unit.say(PERSON, person_id, [*registered, *certified], club_id=club_id)
