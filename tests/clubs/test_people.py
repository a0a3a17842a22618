"""One human being, whatever the roles: registered once, names sealed, households shared."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.clubs.events import (
    DetailsCorrected,
    HouseholdClass,
    HouseholdClassCertified,
    NameCorrected,
    PersonRegistered,
    PersonWithdrawn,
    Sex,
)
from domain.clubs.people import (
    CorrectPerson,
    Person,
    RecordDeath,
    RegisterPerson,
    correct,
    correct_name,
    evolve,
    join_household,
    known,
    record_death,
    refuse_dead,
    register,
    share_household,
)
from domain.errors import NotFound, Refusal
from domain.events import Role
from domain.events import person as about
from domain.values import Birth, Purpose
from examples import DAY, HOA, HOUSE, LAN, sealed
from specification import Specification

person = Specification(evolve)
NAME = sealed(LAN, Purpose.IDENTITY)


def registration(**changed: Any) -> RegisterPerson:
    return RegisterPerson(**{"person_id": LAN, "name": NAME, **changed})


def registered(**changed: Any) -> Specification:
    return person.after(register, registration(**changed), DAY)


def test_a_person_is_registered_once() -> None:
    asked = registration(sex=Sex.FEMALE, birth=Birth(year=1956), household_id=HOUSE)
    person.when(register, asked, DAY).then(
        PersonRegistered(
            person_id=LAN,
            name=NAME,
            sex=Sex.FEMALE,
            birth_year=1956,
            household_id=HOUSE,
            concerns=(about(LAN, Role.SUBJECT),),
        )
    )
    registered().when(register, registration(), DAY).then_refused("already-registered")


def test_a_person_withdrawn_by_mistake_can_be_registered_again() -> None:
    gone = registered().given(PersonWithdrawn(person_id=LAN))
    with pytest.raises(NotFound):
        known(gone.state)
    assert known(gone.after(register, registration(), DAY).state) == Person(id=LAN)


def test_a_full_birth_date_travels_sealed_beside_its_bare_year() -> None:
    full, bare = Birth(year=1956, on=date(1956, 2, 29)), Birth(year=1956)
    for birth, birth_date, fits in (
        (bare, None, True),
        (None, None, True),
        (full, sealed(LAN), True),
        (full, None, False),
        (bare, sealed(LAN), False),
        (None, sealed(LAN), False),
    ):
        asked = person.when(register, registration(birth=birth, birth_date=birth_date), DAY)
        if fits:
            asked.then_told(birth_year=1956 if birth else None, birth_date=birth_date)
        else:
            asked.then_refused("malformed")


def test_a_mistyped_name_is_mended_and_a_household_changes() -> None:
    given = registered()
    given.when(correct_name, NAME, sealed()).then(
        NameCorrected(
            person_id=LAN, name=NAME, reason=sealed(), concerns=(about(LAN, Role.SUBJECT),)
        )
    )
    assert given.after(correct_name, NAME).state == given.state
    assert given.after(join_household, HOUSE).state.household_id == HOUSE


def test_a_certified_class_changes_nothing_a_rule_asks() -> None:
    certified = HouseholdClassCertified(person_id=LAN, household_class=HouseholdClass.POOR)
    assert registered().given(certified).state == registered().state


def test_nothing_happens_to_a_person_nobody_registered() -> None:
    person.when(correct_name, NAME).then_refused("not-found")
    person.when(join_household, HOUSE).then_refused("not-found")


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (Person(id=LAN), Person(id=LAN), True),
        (Person(id=LAN), Person(id=HOA), False),
        (Person(id=LAN, household_id=HOUSE), Person(id=HOA, household_id=HOUSE), True),
        (Person(id=LAN, household_id=HOUSE), Person(id=HOA), False),
        (Person(id=LAN, household_id=HOUSE), Person(id=HOA, household_id=UUID(int=32)), False),
    ],
)
def test_who_is_one_household(one: Person, other: Person, shared: bool) -> None:
    assert share_household(one, other) == shared
    assert share_household(other, one) == shared


def test_each_correction_has_its_event_and_names_only_what_changed() -> None:
    born = Birth(year=1957)
    asked = CorrectPerson(
        name=NAME, phone=sealed(LAN), birth=born, warnings=("citizen-number-sex",)
    )
    events = registered().when(correct, asked, DAY).decided()
    assert [event.TOPIC for event in events] == [
        "clubs.NameCorrected",
        "clubs.ContactCorrected",
        "clubs.DetailsCorrected",
    ]
    assert registered().after(correct, asked, DAY).state.birth_year == 1957
    assert registered().when(correct, CorrectPerson(sex=Sex.MALE), DAY).decided() == [
        DetailsCorrected(person_id=LAN, sex=Sex.MALE, concerns=(about(LAN, Role.SUBJECT),))
    ]


@pytest.mark.parametrize(
    ("birth", "refused"),
    [
        (Birth(year=2026), False),
        (Birth(year=2027), True),
        (Birth(year=2026, on=DAY), False),
        (Birth(year=2026, on=date(2026, 3, 11)), True),
    ],
)
def test_nobody_is_born_after_today(birth: Birth, refused: bool) -> None:
    born = {"birth": birth, "birth_date": sealed(LAN) if birth.on else None}
    for asked in (
        person.when(register, registration(**born), DAY),
        registered().when(correct, CorrectPerson.model_validate(born), DAY),
    ):
        if refused:
            asked.then_refused("date-order")
        else:
            asked.then_told(birth_year=birth.year)


def test_somebody_dies_once_and_not_before_their_birth() -> None:
    given = registered(birth=Birth(year=2026))
    given.when(record_death, RecordDeath(died_on=date(2025, 12, 31)), DAY).then_refused(
        "date-order"
    )
    given.when(record_death, RecordDeath(died_on=date(2026, 3, 11)), DAY).then_refused(
        "future-date"
    )
    dead = given.after(record_death, RecordDeath(died_on=DAY), DAY)
    dead.when(record_death, RecordDeath(died_on=DAY), DAY).then_refused("person-died")
    refuse_dead(dead.state, date(2026, 3, 9))
    with pytest.raises(Refusal, match="đã mất"):
        refuse_dead(dead.state, DAY)
