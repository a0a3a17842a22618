"""A person's history: one human being, whatever the roles."""

from datetime import date
from typing import Annotated, assert_never
from uuid import UUID

from pydantic import Field

from domain.clubs.events import (
    ConsentGiven,
    ConsentWithdrawn,
    ContactCorrected,
    DataRequestCompleted,
    DataRequestDecided,
    DataRequested,
    DetailsCorrected,
    HouseholdClass,
    HouseholdClassCertified,
    HouseholdJoined,
    MergedInto,
    MergeProposed,
    NameCorrected,
    PersonalDataErased,
    PersonCorrectionProposed,
    PersonDied,
    PersonEntryWithdrawn,
    PersonEvent,
    PersonRegistered,
    PersonsMerged,
    PersonWithdrawn,
    RequestKind,
    Sex,
)
from domain.clubs.seen import may_be_seen
from domain.dates import not_in_the_future
from domain.errors import Malformed, NotFound, Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.histories import Kind
from domain.values import Birth, Code, Day, Hex, Id, Immutable, Purpose, Sealed


class Request(Immutable):
    """What the person asked about their data, and how far it has come."""

    kind: RequestKind = Field(strict=False)
    purposes: frozenset[Purpose] = frozenset()
    requested_on: date
    hands: frozenset[Id]
    """Who asked and who took it down: none of them decides."""
    granted: bool | None = None
    """None: not decided yet."""
    completed: bool = False

    @property
    def is_open(self) -> bool:
        return self.granted is None or (self.granted and not self.completed)


class Person(Immutable):
    id: Id
    household_id: Id | None = None
    sex: Sex | None = Field(default=None, strict=False)
    birth_year: int | None = None
    died_on: date | None = None
    consents: dict[Purpose, date] = {}
    """Live consents, each with the day it was given."""
    withdrawn_purposes: frozenset[Purpose] = frozenset()
    """What was ever withdrawn; a consent given again counts all the same."""
    merges_proposed: dict[UUID, UUID] = {}
    """Entry that somebody thinks is this person too → who proposed it; a second person decides."""
    doubles: frozenset[Id] = frozenset()
    """Entries that were this person too."""
    merged_into: Id | None = None
    withdrawn: bool = False
    requests: dict[UUID, Request] = {}
    erased: frozenset[Purpose] = frozenset()
    """What was erased, and not consented to again."""
    destroyed: frozenset[Hex] = frozenset()
    """Commitments of the keys that went with it."""

    def given(self, purpose: Purpose) -> bool | None:
        """Their last word on a purpose: True, False (withdrawn or erased), None (never asked)."""
        if purpose in self.consents:
            return True
        return False if purpose in self.withdrawn_purposes | self.erased else None


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
    address: Sealed | None = None
    warnings: tuple[Code, ...] = ()


class CertifyClass(Immutable):
    household_class: HouseholdClass = Field(strict=False)
    valid_from: Day | None = None
    certificate: Sealed | None = None
    decree: Code | None = None
    year: Annotated[int, Field(strict=True, ge=1990, le=2999)] | None = None
    """The year the commune's list is of."""


class CorrectPerson(Immutable):
    """What is not named stays as it was. Texts come sealed; warnings were found at the door."""

    name: Sealed | None = None
    phone: Sealed | None = None
    address: Sealed | None = None
    sex: Sex | None = Field(default=None, strict=False)
    birth: Birth | None = None
    birth_date: Sealed | None = None
    ethnicity: Sealed | None = None
    citizen_number: Sealed | None = None
    reason: Sealed | None = None
    warnings: tuple[Code, ...] = ()


class RecordDeath(Immutable):
    died_on: Day


def register(person: Person | None, command: RegisterPerson, today: date) -> list[PersonEvent]:
    if person is not None and not person.withdrawn:
        raise Refusal("already-registered", "Người này đã có trong sổ.")
    birth = command.birth
    if (birth is not None and birth.on is not None) != (command.birth_date is not None):
        raise Malformed("malformed", "A full birth date travels sealed, beside its bare year.")
    _refuse_unborn(birth, today)
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
            address=command.address,
            warnings=command.warnings,
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


def correct(person: Person | None, command: CorrectPerson, today: date) -> list[PersonEvent]:
    """Name, contact and details each have their event; the old words stay in the log."""
    person = known(person)
    sealed = (command.phone, command.address, command.birth_date, command.ethnicity)
    refuse_unconsented(person, *sealed, command.citizen_number)
    concerns = (concerns_person(person.id, Role.SUBJECT),)
    events: list[PersonEvent] = []
    if command.name is not None:
        events += correct_name(person, command.name, command.reason)
    if command.phone is not None or command.address is not None:
        events.append(
            ContactCorrected(
                person_id=person.id,
                phone=command.phone,
                address=command.address,
                reason=command.reason,
                concerns=concerns,
            )
        )
    details = (command.sex, command.birth, command.ethnicity, command.citizen_number)
    if any(detail is not None for detail in details):
        _refuse_unborn(command.birth, person.died_on or today)
        events.append(
            DetailsCorrected(
                person_id=person.id,
                sex=command.sex,
                birth_year=command.birth.year if command.birth else None,
                birth_date=command.birth_date,
                ethnicity=command.ethnicity,
                citizen_number=command.citizen_number,
                reason=command.reason,
                warnings=command.warnings,
                concerns=concerns,
            )
        )
    return events


def record_death(
    person: Person | None, command: RecordDeath, today: date, seen_on: date | None = None
) -> list[PersonEvent]:
    """The memberships end with it; whoever records it sees to that in the same transaction.

    Hard: a mistyped day is stopped: not before `seen_on`, when they were last visited, worked or
    came to a meeting. Where that is what is wrong, it is corrected first.
    """
    person = known(person)
    not_in_the_future(command.died_on, today)
    if person.died_on is not None:
        raise Refusal("person-died", "Đã ghi ngày mất của người này.", died_on=str(person.died_on))
    born = Birth(year=person.birth_year) if person.birth_year is not None else None
    _refuse_unborn(born, command.died_on)
    if seen_on is not None and command.died_on < seen_on:
        raise Refusal(
            "date-order",
            "Sau ngày này người ấy còn được thăm, đi làm hoặc đi họp; hãy xem lại ngày mất.",
            since=str(seen_on),
        )
    return [
        PersonDied(
            person_id=person.id,
            occurred_on=command.died_on,
            concerns=(concerns_person(person.id, Role.SUBJECT),),
        )
    ]


def _refuse_unborn(birth: Birth | None, on: date) -> None:
    """Hard: nobody is born after a day on which they lived."""
    if birth is not None and (birth.on or date(birth.year, 1, 1)) > on:
        raise Refusal("date-order", "Ngày sinh, năm sinh sau ngày này.", birth_year=birth.year)


def join_household(person: Person | None, household_id: Id) -> list[PersonEvent]:
    return rehouse(known(person), household_id)


def rehouse(person: Person, household_id: Id) -> list[PersonEvent]:
    """The same for whoever is in the book, doubles included."""
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
    refuse_unconsented(person, command.certificate)
    return [
        HouseholdClassCertified(
            person_id=person.id,
            household_class=command.household_class,
            valid_from=command.valid_from,
            certificate=command.certificate,
            decree=command.decree,
            year=command.year,
            concerns=(concerns_person(person.id, Role.SUBJECT),),
        )
    ]


def registered(person: Person | None) -> Person:
    """Somebody in the book, under whatever id they were known: for what was begun under it."""
    if person is None or person.withdrawn:
        raise NotFound("Không có người này trong sổ.")
    return person


def known(person: Person | None) -> Person:
    """Somebody who may be named from now on. Hard: a double goes by the id it was merged into, and
    nobody goes by an id that stands for nobody any more."""
    person = registered(person)
    if person.merged_into is not None:
        raise Refusal(
            "merged-person", "Mã này đã gộp; hãy dùng mã còn lại.", into=str(person.merged_into)
        )
    if Purpose.IDENTITY in person.erased:
        raise Refusal("erased-person", "Danh tính người này đã xóa; ai trở lại thì lập hồ sơ mới.")
    return person


def refuse_unconsented(person: Person, *texts: Sealed | None) -> None:
    """Hard: what the person does not let be kept is not sealed either (domain.md section 2).

    The name is not asked about here: loans and vouchers rest on contract and accounting duty.
    """
    for text in texts:
        if text is not None and not may_be_seen(text.purpose, person.given(text.purpose)):
            raise Refusal(
                "no-consent",
                "Người này không đồng ý lưu thông tin loại này.",
                purpose=text.purpose.value,
            )


def refuse_dead(person: Person, on: date) -> None:
    """Hard: nobody becomes a member after their death."""
    if person.died_on is not None and on >= person.died_on:
        raise Refusal("person-died", "Người này đã mất trước ngày đó.", died_on=str(person.died_on))


def share_household(one: Person, other: Person) -> bool:
    """Whether two people are one household; a person always shares their own."""
    return one.id == other.id or (
        one.household_id is not None and one.household_id == other.household_id
    )


def evolve(person: Person | None, event: PersonEvent) -> Person:
    match event:
        case PersonRegistered():
            return Person(
                id=event.person_id,
                household_id=event.household_id,
                sex=event.sex,
                birth_year=event.birth_year,
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
            given = Purpose(event.purpose)
            return person.model_copy(
                update={
                    "consents": person.consents | {given: event.occurred_on},
                    "erased": person.erased - {given},
                }
            )
        case ConsentWithdrawn():
            assert person is not None, "only who consented withdraws it"
            kept = {p: on for p, on in person.consents.items() if p != event.purpose}
            hidden = person.withdrawn_purposes | {Purpose(event.purpose)}
            return person.model_copy(update={"consents": kept, "withdrawn_purposes": hidden})
        case DataRequested():
            assert person is not None, "only a registered person asks"
            asked = Request(
                kind=event.kind,
                purposes=frozenset(Purpose(purpose) for purpose in event.purposes),
                requested_on=event.occurred_on,
                hands=frozenset({event.asked_by or event.person_id, event.entered_by}),
            )
            return _with_request(person, event.request_id, asked)
        case DataRequestDecided():
            assert person is not None, "only what was asked is decided"
            decided = {"granted": event.granted}
            asked = person.requests[event.request_id].model_copy(update=decided)
            return _with_request(person, event.request_id, asked)
        case DataRequestCompleted():
            assert person is not None, "only what was asked is done"
            asked = person.requests[event.request_id].model_copy(update={"completed": True})
            return _with_request(person, event.request_id, asked)
        case PersonalDataErased():
            assert person is not None, "only a registered person is forgotten"
            gone = frozenset(Purpose(purpose) for purpose in event.purposes)
            destroyed = frozenset(key.commitment for key in event.keys)
            return person.model_copy(
                update={
                    "consents": {p: on for p, on in person.consents.items() if p not in gone},
                    "erased": person.erased | gone,
                    "destroyed": person.destroyed | destroyed,
                }
            )
        case MergeProposed():
            assert person is not None, "only registered people are merged"
            proposed = person.merges_proposed | {event.duplicate_id: event.proposed_by}
            return person.model_copy(update={"merges_proposed": proposed})
        case PersonsMerged():
            assert person is not None, "only registered people are merged"
            left = {d: by for d, by in person.merges_proposed.items() if d != event.duplicate_id}
            doubles = person.doubles | {event.duplicate_id}
            return person.model_copy(update={"merges_proposed": left, "doubles": doubles})
        case MergedInto():
            assert person is not None, "only registered people are merged"
            return person.model_copy(update={"merged_into": event.into_id})
        case DetailsCorrected():
            assert person is not None, "only a registered person has details"
            said = {"sex": event.sex, "birth_year": event.birth_year}
            return person.model_copy(update={k: v for k, v in said.items() if v is not None})
        case PersonEntryWithdrawn():
            assert person is not None, "only who was said to have died lives after all"
            return person.model_copy(update={"died_on": None})
        case (
            NameCorrected()
            | ContactCorrected()
            | HouseholdClassCertified()
            | PersonCorrectionProposed()
        ):
            assert person is not None, "only a registered person has a name and a class"
            return person
        case _:
            assert_never(event)


def _with_request(person: Person, request_id: UUID, request: Request) -> Person:
    return person.model_copy(update={"requests": person.requests | {request_id: request}})


PERSON = Kind("clubs.Person", 4, Person, evolve)
