"""A person's history: one human being, whatever the roles."""

from typing import assert_never

from pydantic import Field

from domain.clubs.events import (
    HouseholdClass,
    HouseholdClassCertified,
    HouseholdJoined,
    NameCorrected,
    PersonEvent,
    PersonRegistered,
    PersonWithdrawn,
    Sex,
)
from domain.errors import Malformed, NotFound, Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.histories import Kind
from domain.values import Birth, Code, Day, Id, Immutable, Sealed


class Person(Immutable):
    id: Id
    household_id: Id | None = None
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
            return Person(id=event.person_id, household_id=event.household_id)
        case HouseholdJoined():
            assert person is not None, "a household is joined by a registered person"
            return person.model_copy(update={"household_id": event.household_id})
        case PersonWithdrawn():
            assert person is not None, "only a registered person can be withdrawn"
            return person.model_copy(update={"withdrawn": True})
        case NameCorrected() | HouseholdClassCertified():
            assert person is not None, "only a registered person has a name and a class"
            return person
        case _:
            assert_never(event)


PERSON = Kind("clubs.Person", 1, Person, evolve)
