"""Consent by purpose: who may give it, on what evidence, and what is seen without it."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.clubs.consent import (
    GiveConsent,
    WithdrawConsent,
    give_consent,
    withdraw_consent,
)
from domain.clubs.events import ConsentGiven, Evidence
from domain.clubs.people import (
    CorrectPerson,
    RecordDeath,
    RegisterPerson,
    correct,
    evolve,
    record_death,
    register,
)
from domain.clubs.seen import may_be_seen
from domain.events import Role
from domain.events import person as concerns
from domain.values import Birth, Purpose
from examples import DAY, HOA, LAN, MAI, TODAY, days, sealed
from specification import Specification

NAME = sealed(LAN, Purpose.IDENTITY)
somebody = Specification(evolve).after(
    register, RegisterPerson(person_id=LAN, name=NAME, birth=Birth(year=1956)), DAY
)


def giving(**changed: Any) -> GiveConsent:
    usual = {"occurred_on": DAY, "purpose": "health", "evidence": "written"}
    return GiveConsent.model_validate(usual | changed)


def withdrawing(**changed: Any) -> WithdrawConsent:
    return WithdrawConsent(**{"occurred_on": DAY, "purpose": "health"} | changed)


def test_consent_is_given_on_paper() -> None:
    somebody.when(give_consent, giving(), TODAY).then(
        ConsentGiven(
            person_id=LAN,
            occurred_on=DAY,
            purpose="health",
            evidence=Evidence.WRITTEN,
            concerns=(concerns(LAN, Role.SUBJECT),),
        )
    )
    somebody.when(give_consent, giving(), days(-1)).then_refused("future-date")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"evidence": "fingerprint"}, "witness-needed"),
        ({"evidence": "fingerprint", "witness_id": HOA}, None),
        ({"evidence": "fingerprint", "witness_id": LAN}, "same-person"),
        ({"given_by": HOA}, "authority-needed"),
        ({"given_by": HOA, "authority": "UQ 3/2026"}, None),
        ({"given_by": HOA, "authority": "UQ 3/2026", "witness_id": HOA}, "same-person"),
        ({"given_by": HOA, "authority": "UQ 3/2026", "witness_id": MAI}, None),
        ({"given_by": LAN}, None),
    ],
)
def test_a_fingerprint_has_a_witness_and_a_relative_an_authority(
    changed: dict[str, Any], code: str | None
) -> None:
    asked = somebody.when(give_consent, giving(**changed), TODAY)
    if code is None:
        relative: UUID | None = changed.get("given_by")
        asked.then_told(given_by=None if relative == LAN else relative)
    else:
        asked.then_refused(code)
    with pytest.raises(ValidationError, match="authority"):
        giving(authority="UQ 3/2026")


def test_only_what_was_given_is_withdrawn_and_once() -> None:
    somebody.when(withdraw_consent, withdrawing(), TODAY).then_refused("no-consent")
    given = somebody.after(give_consent, giving(), TODAY)
    given.when(withdraw_consent, withdrawing(purpose="contact"), TODAY).then_refused("no-consent")
    given.when(withdraw_consent, withdrawing(occurred_on=days(-1)), TODAY).then_refused(
        "date-order"
    )
    gone = given.after(withdraw_consent, withdrawing(), TODAY)
    gone.when(withdraw_consent, withdrawing(), TODAY).then_refused("no-consent")
    again = gone.after(give_consent, giving(occurred_on=days(2)), TODAY)
    assert Purpose.HEALTH in again.state.consents


def test_the_dead_consent_to_nothing_later() -> None:
    dead = somebody.after(record_death, RecordDeath(died_on=DAY), TODAY)
    dead.when(give_consent, giving(), TODAY).then_told(purpose="health")
    dead.when(give_consent, giving(occurred_on=days(1)), TODAY).then_refused("person-died")


@pytest.mark.parametrize(
    ("purpose", "never", "given", "withdrawn"),
    [
        (Purpose.IDENTITY, True, True, False),
        (Purpose.CONTACT, True, True, False),
        (Purpose.HOUSEHOLD, True, True, False),
        (Purpose.HEALTH, False, True, False),
        (Purpose.MEMO, True, True, True),
    ],
)
def test_what_may_be_seen_before_and_after_a_word(
    purpose: Purpose, never: bool, given: bool, withdrawn: bool
) -> None:
    assert may_be_seen(purpose, None) is never
    assert may_be_seen(purpose, True) is given
    assert may_be_seen(purpose, False) is withdrawn


@pytest.mark.parametrize(
    ("purpose", "field"), [("contact", "phone"), ("contact", "address"), ("identity", "ethnicity")]
)
def test_what_a_person_no_longer_lets_be_kept_is_not_sealed_anew(purpose: str, field: str) -> None:
    text = sealed(LAN, Purpose(purpose))
    mending = CorrectPerson.model_validate({field: text})
    somebody.when(correct, mending, TODAY).then_told(**{field: text})
    consenting = somebody.after(give_consent, giving(purpose=purpose), TODAY)
    withdrawal = WithdrawConsent.model_validate({"occurred_on": DAY, "purpose": purpose})
    withdrawn = consenting.after(withdraw_consent, withdrawal, TODAY)
    withdrawn.when(correct, mending, TODAY).then_refused("no-consent", purpose=purpose)
    # Their name rests on contract and accounting duty.
    withdrawn.when(correct, CorrectPerson(name=NAME), TODAY).then_told(name=NAME)
