"""Commands about people, each as the desk takes it: texts are sealed at this door."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

# Where many readers look for them: a club's own commands.
from desk.clubs import adopt_regulation as adopt_regulation
from desk.clubs import elect_board as elect_board
from desk.clubs import found_club as found_club
from desk.desk import Call, Desk, Receipt, Said, acted, said
from domain.clubs import consent, membership, people
from domain.clubs.citizen_number import warnings_of
from domain.clubs.club import CLUB, Club
from domain.clubs.consent import GiveConsent, WithdrawConsent
from domain.clubs.events import (
    ClubEvent,
    HouseholdClass,
    HouseholdClassCertified,
    PersonEvent,
    Sex,
)
from domain.clubs.membership import JoinClub, LeaveClub
from domain.clubs.people import (
    PERSON,
    CertifyClass,
    CorrectPerson,
    Person,
    RecordDeath,
    RegisterPerson,
)
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
    address: Name | None = None
    citizen_number: Name | None = None
    note: Note | None = None
    household_id: UUID | None = None
    household_class: HouseholdClass | None = None
    class_valid_from: Day | None = None


def join_club(
    desk: Desk,
    call: Call,
    club_id: UUID,
    person: NewPerson | UUID,
    command: JoinClub,
    duplicates: Sequence[UUID] = (),
) -> Receipt:
    """A known person, or a new one registered in the same transaction, becomes a member.

    `duplicates` are people the new one may be: a warning, and who they are in the answer.
    """
    sealed: SealedPerson | None = None
    if not isinstance(person, UUID):
        sealed = sealed_person(desk, command.person_id, person)
        if duplicates:
            sealed = warned(sealed, "possible-duplicate")

    def work(unit: Work) -> Said:
        club = unit.load(CLUB, club_id)
        desk.refuse_stale(call, unit, club_id)
        warnings: tuple[str, ...] = ()
        if sealed is not None:
            warnings = sealed[0].warnings
            say_person(unit, command.person_id, sealed, desk.today, club_id)
        somebody = people.known(unit.load(PERSON, command.person_id))
        people.refuse_dead(somebody, command.joined_on)
        events = acted(call, membership.join(club, command, desk.today))
        made = unit.say(CLUB, club_id, events, club_id=club_id)
        told = said(command.person_id, made, events, unit.version(club_id))
        return replace(told, warnings=warnings, duplicates=tuple(duplicates))

    return desk.take(call, work)


def leave_club(desk: Desk, call: Call, club_id: UUID, command: LeaveClub) -> Receipt:
    """Leaves one club and, who moves, joins the other in the same transaction."""

    def decide(club: Club | None, unit: Work) -> list[ClubEvent]:
        left = membership.leave(club, command, desk.today)
        to = command.to_club_id
        if to is not None:
            assert club is not None, "nobody leaves a club that is not there"
            joining = JoinClub(
                person_id=command.person_id,
                joined_on=command.left_on,
                volunteer=club.members[command.person_id].volunteer,
            )
            joined = membership.join(unit.load(CLUB, to), joining, desk.today)
            unit.say(CLUB, to, acted(call, joined), club_id=to)
        return left

    return desk.in_club(call, club_id, decide)


def record_death(
    desk: Desk,
    call: Call,
    person_id: UUID,
    club_ids: Sequence[UUID],
    command: RecordDeath,
    seen_on: date | None = None,
) -> Receipt:
    """The person's memberships of `club_ids` end on the day of death, in the same transaction.

    `seen_on` is when the read models last saw them alive.
    """

    def decide(person: Person | None, unit: Work) -> list[PersonEvent]:
        died = people.record_death(person, command, desk.today, seen_on)
        for club_id in club_ids:
            club = unit.load(CLUB, club_id)
            stint = club.members.get(person_id) if club else None
            if stint is None or stint.left_on is not None:
                continue
            leaving = LeaveClub(person_id=person_id, left_on=command.died_on, cause="died")
            left = membership.leave(club, leaving, desk.today)
            unit.say(CLUB, club_id, acted(call, left), club_id=club_id)
        return died

    return of_person(desk, call, person_id, decide)


class Correction(Immutable):
    """Whatever was written wrong, as it should have been, in the clear."""

    name: Name | None = None
    phone: Name | None = None
    address: Name | None = None
    sex: Sex | None = Field(default=None, strict=False)
    birth: Birth | None = None
    ethnicity: Name | None = None
    citizen_number: Name | None = None
    reason: Note | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        said = {name for name in self.model_fields_set if getattr(self, name) is not None}
        if not said - {"reason"}:
            raise ValueError("something to correct is needed beside the reason")
        return self


def correct_person(desk: Desk, call: Call, person_id: UUID, told: Correction) -> Receipt:
    """A mistyped name, phone or detail is mended by an event; the people index follows."""
    sealed = {
        field: desk.seal(person_id, purpose, text) for field, purpose, text in _texts(told)
    } | {"reason": desk.seal(person_id, Purpose.IDENTITY, told.reason)}

    def decide(person: Person | None, unit: Work) -> list[PersonEvent]:
        known = people.known(person)
        warnings: list[str] = []
        if told.citizen_number is not None:
            birth_year = told.birth.year if told.birth else known.birth_year
            warnings = warnings_of(told.citizen_number, told.sex or known.sex, birth_year)
        command = CorrectPerson(sex=told.sex, birth=told.birth, warnings=tuple(warnings), **sealed)
        return people.correct(person, command, desk.today)

    return of_person(desk, call, person_id, decide)


def give_consent(desk: Desk, call: Call, person_id: UUID, command: GiveConsent) -> Receipt:
    def decide(person: Person | None, unit: Work) -> list[PersonEvent]:
        desk.known_people(unit, command.witness_id, command.given_by)
        return consent.give_consent(person, command, desk.today)

    return of_person(desk, call, person_id, decide)


def withdraw_consent(desk: Desk, call: Call, person_id: UUID, command: WithdrawConsent) -> Receipt:
    return of_person(
        desk,
        call,
        person_id,
        lambda person, unit: consent.withdraw_consent(person, command, desk.today),
    )


class Household(Immutable):
    """With whom somebody lives, or the class their household has; in the clear."""

    shares_with: Id | None = None
    """A member of the same household; both are given one if neither has any."""
    household_class: HouseholdClass | None = Field(default=None, strict=False)
    valid_from: Day | None = None
    certificate: Note | None = None
    decree: Code | None = None
    year: Annotated[int, Field(strict=True, ge=1990, le=2999)] | None = None
    """The year the commune's list is of."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.shares_with is None and self.household_class is None:
            raise ValueError("shares_with or household_class is needed")
        of_class = (self.valid_from, self.certificate, self.decree, self.year)
        if self.household_class is None and any(of_class):
            raise ValueError("household_class is needed beside its date and papers")
        return self


def tell_household(desk: Desk, call: Call, person_id: UUID, told: Household) -> Receipt:
    fresh = desk.new_id()
    certificate = desk.seal(person_id, Purpose.HOUSEHOLD, told.certificate)

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
                year=told.year,
            )
            events += people.certify_class(person, command)
        return events

    return of_person(desk, call, person_id, decide)


def of_person(
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
                warnings=tuple(_doubted(person)),
                **by_person[person_id],
            ),
            _certified(person_id, person),
        )
        for person_id, person in people
    ]


def _doubted(person: NewPerson) -> list[str]:
    if person.citizen_number is None:
        return []
    birth_year = person.birth.year if person.birth else None
    return warnings_of(person.citizen_number, person.sex, birth_year)


def warned(sealed: SealedPerson, code: Code) -> SealedPerson:
    command, certified = sealed
    return command.model_copy(update={"warnings": (*command.warnings, code)}), certified


def _texts(person: NewPerson | Correction) -> tuple[tuple[str, Purpose, str | None], ...]:
    born = person.birth.on.isoformat() if person.birth and person.birth.on else None
    return (
        ("name", Purpose.IDENTITY, person.name),
        ("birth_date", Purpose.IDENTITY, born),
        ("ethnicity", Purpose.IDENTITY, person.ethnicity),
        ("citizen_number", Purpose.IDENTITY, person.citizen_number),
        ("phone", Purpose.CONTACT, person.phone),
        ("address", Purpose.CONTACT, person.address),
        *((("note", Purpose.IDENTITY, person.note),) if isinstance(person, NewPerson) else ()),
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
    today: date,
    club_id: UUID | None = None,
) -> None:
    command, certified = sealed
    registered = people.register(unit.load(PERSON, person_id), command, today)
    unit.say(PERSON, person_id, [*registered, *certified], club_id=club_id)
