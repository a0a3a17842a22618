"""Requests about personal data: who may ask and decide, what has to stay, and by when."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.clubs.consent import GiveConsent, give_consent
from domain.clubs.events import (
    ConsentWithdrawn,
    DataRequestCompleted,
    DataRequestDecided,
    ErasedKey,
    Evidence,
    PersonalDataErased,
)
from domain.clubs.people import RegisterPerson, correct_name, evolve, register
from domain.clubs.requests import (
    CompleteRequest,
    DecideRequest,
    Held,
    Limits,
    RequestData,
    complete_request,
    decide_request,
    request_data,
)
from domain.values import Purpose
from examples import DAY, HOA, LAN, MAI, TODAY, sealed
from specification import Specification

ASKED, OTHER = UUID(int=901), UUID(int=902)
NAME = sealed(LAN, Purpose.IDENTITY)
KEYS = tuple(
    ErasedKey.model_validate({"subject": LAN, "purpose": purpose, "commitment": "ab" * 32})
    for purpose in ("identity", "contact", "health")
)
FREE = Held(KEYS, in_use=False, last_money_on=None)
somebody = Specification(evolve).after(register, RegisterPerson(person_id=LAN, name=NAME), TODAY)


def asking(kind: str = "erase", **changed: Any) -> RequestData:
    purposes = ("contact", "health") if kind in ("erase", "withdraw") else ()
    return RequestData.model_validate(
        {
            "occurred_on": DAY,
            "request_id": ASKED,
            "kind": kind,
            "purposes": purposes,
            "entered_by": HOA,
            **changed,
        }
    )


def deciding(**changed: Any) -> DecideRequest:
    return DecideRequest.model_validate(
        {
            "occurred_on": DAY,
            "request_id": ASKED,
            "granted": True,
            "ground": "consent_withdrawn",
            "decided_by": MAI,
            **changed,
        }
    )


erasing = somebody.after(request_data, asking(), TODAY)


def test_an_erasure_is_asked_for_decided_by_another_and_carried_out_in_one_breath() -> None:
    said = erasing.when(decide_request, deciding(), FREE, TODAY).decided()
    assert [type(event) for event in said] == [
        DataRequestDecided,
        PersonalDataErased,
        DataRequestCompleted,
    ]
    erased = said[1]
    assert erased.purposes == ("contact", "health")
    assert {key.purpose for key in erased.keys} == {"contact", "health"}


def test_a_live_consent_ends_with_what_it_was_for() -> None:
    consent = GiveConsent(occurred_on=DAY, purpose="health", evidence=Evidence.WRITTEN)
    given = somebody.after(give_consent, consent, TODAY).after(request_data, asking(), TODAY)
    said = given.when(decide_request, deciding(), FREE, TODAY).decided()
    withdrawn = [event for event in said if isinstance(event, ConsentWithdrawn)]
    assert [event.purpose for event in withdrawn] == ["health"]


@pytest.mark.parametrize("decider", [LAN, HOA])
def test_nobody_decides_what_they_asked_or_took_down(decider: UUID) -> None:
    refused = erasing.when(decide_request, deciding(decided_by=decider), FREE, TODAY)
    refused.then_refused("same-person")


def test_nobody_decides_under_another_id_of_theirs() -> None:
    erasing.when(decide_request, deciding(), FREE, TODAY, frozenset({HOA})).then_refused(
        "same-person"
    )


def test_a_relative_asks_with_written_authority_only() -> None:
    somebody.when(request_data, asking(asked_by=MAI), TODAY).then_refused("authority-needed")
    somebody.when(request_data, asking(asked_by=MAI, authority="UQ 12"), TODAY).decided()


def test_what_to_erase_is_named_and_nothing_is_asked_for_twice() -> None:
    somebody.when(request_data, asking(purposes=()), TODAY).then_refused("purposes-needed")
    somebody.when(request_data, asking("copy", purposes=("health",)), TODAY).then_refused(
        "purposes-needed"
    )
    erasing.when(request_data, asking(request_id=OTHER), TODAY).then_refused("request-open")
    erasing.when(request_data, asking("copy", request_id=OTHER), TODAY).decided()


@pytest.mark.parametrize(
    ("granted", "ground"), [(True, "accounting_duty"), (False, "right_of_access")]
)
def test_a_decision_has_a_ground_in_law_that_fits_it(granted: bool, ground: str) -> None:
    erasing.when(
        decide_request, deciding(granted=granted, ground=ground), FREE, TODAY
    ).then_refused("wrong-ground")


# --- what has to stay -----------------------------------------------------------------------

whole = somebody.after(request_data, asking(purposes=("identity", "contact")), TODAY)


@pytest.mark.parametrize(
    ("held", "kept", "until"),
    [
        (Held(KEYS, in_use=True, last_money_on=date(2000, 1, 1)), ("identity",), None),
        (Held(KEYS, False, date(2016, 1, 1)), ("identity",), date(2026, 12, 31)),
        (Held(KEYS, False, date(2015, 12, 31)), (), None),
        (FREE, (), None),
    ],
)
def test_a_name_in_the_club_s_money_stays_ten_years_after_the_year_of_the_last_of_it(
    held: Held, kept: tuple[str, ...], until: date | None
) -> None:
    said = whole.when(decide_request, deciding(), held, TODAY).decided()
    assert (said[0].kept, said[0].kept_until) == (kept, until)
    assert ("identity" in said[1].purposes) is not bool(kept)


def test_nothing_but_what_has_to_stay_is_no_erasure() -> None:
    alone = somebody.after(request_data, asking(purposes=("identity",)), TODAY)
    held = Held(KEYS, in_use=True, last_money_on=None)
    alone.when(decide_request, deciding(), held, TODAY).then_refused("identity-kept")


def test_who_was_erased_is_named_by_nothing_any_more() -> None:
    gone = whole.after(decide_request, deciding(), FREE, TODAY)
    gone.when(correct_name, NAME).then_refused("erased-person")


# --- copies and corrections -------------------------------------------------------------------


def test_a_copy_is_granted_and_then_handed_over_once() -> None:
    asked = somebody.after(request_data, asking("copy"), TODAY)
    done = CompleteRequest(occurred_on=DAY, request_id=ASKED, completed_by=MAI)
    asked.when(complete_request, done, TODAY).then_refused("request-not-granted")
    granted = asked.after(decide_request, deciding(ground="right_of_access"), FREE, TODAY)
    over = granted.after(complete_request, done, TODAY)
    over.when(complete_request, done, TODAY).then_refused("request-not-granted")
    over.when(decide_request, deciding(), FREE, TODAY).then_refused("request-decided")


# --- clocks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "due_on", "left", "alarm"),
    [
        (date(2026, 3, 12), date(2026, 3, 16), 2, None),  # asked on a Thursday
        (date(2026, 3, 13), date(2026, 3, 16), 1, "half"),
        (date(2026, 3, 15), date(2026, 3, 16), 1, "half"),  # a Sunday is no working day
        (date(2026, 3, 16), date(2026, 3, 16), 0, "most"),
        (date(2026, 3, 17), date(2026, 3, 16), -1, "late"),
    ],
)
def test_two_working_days_to_answer(
    today: date, due_on: date, left: int, alarm: str | None
) -> None:
    assert Limits().clock(date(2026, 3, 12), today, decided=False) == (due_on, left, alarm)


@pytest.mark.parametrize(
    ("day", "left", "alarm"),
    [(7, 8, None), (8, 7, "half"), (11, 4, "half"), (12, 3, "most"), (15, 0, "most"),
     (16, -1, "late")],
)  # fmt: skip
def test_fifteen_days_to_carry_it_out(day: int, left: int, alarm: str | None) -> None:
    clock = Limits().clock(date(2026, 3, 1), date(2026, 3, 1 + day), decided=True)
    assert clock == (date(2026, 3, 16), left, alarm)
