"""A person's history: one human being, whatever the roles."""

from datetime import date
from typing import assert_never

from pydantic import Field

from domain.clubs.events import (
    ConsentGiven,
    ConsentWithdrawn,
    ContactCorrected,
    DetailsCorrected,
    HouseholdClass,
    HouseholdClassCertified,
    HouseholdJoined,
    MergedInto,
    MergeProposed,
    NameCorrected,
    PersonDied,
    PersonEvent,
    PersonRegistered,
    PersonsMerged,
    PersonWithdrawn,
    Sex,
)
from domain.errors import Malformed, NotFound, Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.histories import Kind
from domain.values import Birth, Code, Day, Id, Immutable, Purpose, Sealed


class Person(Immutable):
    id: Id
    household_id: Id | None = None
    birth_year: int | None = None
    died_on: date | None = None
    consents: dict[Purpose, date] = {}
    """Live consents, each with the day it was given."""
    withdrawn_purposes: frozenset[Purpose] = frozenset()
    """What was ever withdrawn; a consent given again counts all the same."""
    merges_proposed: frozenset[Id] = frozenset()
    """Entries that somebody thinks are this person too; a second person decides."""
    merged_into: Id | None = None
    withdrawn: bool = False


class RegisterPerson(Immutable):
    """Texts come sealed: the door sealed them, the domain has no need to read them."""

    person_id: Id
    name: Sealed
    sex: Sex | None = None
    birth: Birth | None = None
    birth_date: Sealed | None = None
    ethnicity: Sealed | None = None
    phone: Sealed | None = None
    citizen_number: Sealed | None = None
    note: Sealed | None = None
    household_id: Id | None = None


class CertifyClass(Immutable):
    household_class: HouseholdClass = Field(strict=False)
    valid_from: Day | None = None
    certificate: Sealed | None = None
    decree: Code | None = None


def register(person: Person | None, command: RegisterPerson) -> list[PersonEvent]:
    if person is not None and not person.withdrawn:
        raise Refusal("already-registered", "Người này đã có trong sổ.")
    birth = command.birth
    if (birth is not None and birth.on is not None) != (command.birth_date is not None):
        raise Malformed("malformed", "A full birth date travels sealed, beside its bare year.")
    return [
        PersonRegistered(
            person_id=command.person_id,
            name=command.name,
            sex=command.sex,
            birth_year=birth.year if birth else None,
            birth_date=command.birth_date,
            ethnicity=command.ethnicity,
            phone=command.phone,
            citizen_number=command.citizen_number,
            note=command.note,
            household_id=command.household_id,
            concerns=(concerns_person(command.person_id, Role.SUBJECT),),
        )
    ]


def correct_name(
    person: Person | None, name: Sealed, reason: Sealed | None = None
) -> list[PersonEvent]:
    person = known(person)
    return [
        NameCorrected(
            person_id=person.id,
            name=name,
            reason=reason,
            concerns=(concerns_person(person.id, Role.SUBJECT),),
        )
    ]


def join_household(person: Person | None, household_id: Id) -> list[PersonEvent]:
    person = known(person)
    return [
        HouseholdJoined(
            person_id=person.id,
            household_id=household_id,
            concerns=(concerns_person(person.id, Role.SUBJECT),),
        )
    ]


def certify_class(person: Person | None, command: CertifyClass) -> list[PersonEvent]:
    """The household's class as the commune certifies it each year, or as the club voted."""
    person = known(person)
    return [
        HouseholdClassCertified(
            person_id=person.id,
            household_class=command.household_class,
            valid_from=command.valid_from,
            certificate=command.certificate,
            decree=command.decree,
            concerns=(concerns_person(person.id, Role.SUBJECT),),
        )
    ]


def known(person: Person | None) -> Person:
    if person is None or person.withdrawn:
        raise NotFound("Không có người này trong sổ.")
    return person


def share_household(one: Person, other: Person) -> bool:
    """Whether two people are one household; a person always shares their own."""
    return one.id == other.id or (
        one.household_id is not None and one.household_id == other.household_id
    )


def evolve(person: Person | None, event: PersonEvent) -> Person:
    match event:
        case PersonRegistered():
            return Person(
                id=event.person_id, household_id=event.household_id, birth_year=event.birth_year
            )
        case HouseholdJoined():
            assert person is not None, "a household is joined by a registered person"
            return person.model_copy(update={"household_id": event.household_id})
        case PersonWithdrawn():
            assert person is not None, "only a registered person can be withdrawn"
            return person.model_copy(update={"withdrawn": True})
        case PersonDied():
            assert person is not None, "only a registered person dies"
            return person.model_copy(update={"died_on": event.occurred_on})
        case ConsentGiven():
            assert person is not None, "only a registered person consents"
            return person.model_copy(
                update={"consents": person.consents | {Purpose(event.purpose): event.occurred_on}}
            )
        case ConsentWithdrawn():
            assert person is not None, "only who consented withdraws it"
            kept = {p: on for p, on in person.consents.items() if p != event.purpose}
            hidden = person.withdrawn_purposes | {Purpose(event.purpose)}
            return person.model_copy(update={"consents": kept, "withdrawn_purposes": hidden})
        case MergeProposed():
            assert person is not None, "only registered people are merged"
            return person.model_copy(
                update={"merges_proposed": person.merges_proposed | {event.duplicate_id}}
            )
        case PersonsMerged():
            assert person is not None, "only registered people are merged"
            left = person.merges_proposed - {event.duplicate_id}
            return person.model_copy(update={"merges_proposed": left})
        case MergedInto():
            assert person is not None, "only registered people are merged"
            return person.model_copy(update={"merged_into": event.into_id})
        case DetailsCorrected():
            assert person is not None, "only a registered person has details"
            if event.birth_year is None:
                return person
            return person.model_copy(update={"birth_year": event.birth_year})
        case NameCorrected() | ContactCorrected() | HouseholdClassCertified():
            assert person is not None, "only a registered person has a name and a class"
            return person
        case _:
            assert_never(event)


PERSON = Kind("clubs.Person", 2, Person, evolve)
