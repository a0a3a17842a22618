"""Roles: given by two people, taken away by one, held from a day to a day in a place."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.accounts.account import evolve
from domain.accounts.decisions import (
    OpenAccount,
    ProposeRole,
    approve_role,
    decline_role,
    disable,
    enable,
    give_reset_code,
    name_administrator,
    open_account,
    propose_role,
    withdraw_role,
)
from domain.accounts.events import RoleGranted
from domain.accounts.roles import Grant, Role, Scope
from domain.events import Role as Part
from domain.events import person
from domain.values import Purpose
from examples import CHAIR, CLUB, DAY, HOA, LAN, SECRETARY, days, sealed
from specification import Specification

OPENING = OpenAccount(person_id=LAN, user_name=sealed(LAN, Purpose.IDENTITY), opened_by=CHAIR)
unknown = Specification(evolve)
known = unknown.after(open_account, OPENING, DAY)


def grant(**changed: Any) -> Grant:
    usual = {
        "id": UUID(int=900),
        "role": Role.TREASURER,
        "scope": {"kind": "club", "id": str(CLUB)},
        "since": DAY,
    }
    return Grant.model_validate(usual | changed)


proposed = known.after(propose_role, ProposeRole(grant=grant(), proposed_by=SECRETARY), DAY)
treasurer = proposed.after(approve_role, grant().id, CHAIR, DAY)


def test_nobody_has_two_accounts() -> None:
    known.when(open_account, OPENING, DAY).then_refused("account-exists")


def test_a_role_holds_once_a_second_person_has_agreed() -> None:
    assert proposed.state.grants == ()
    proposed.when(approve_role, grant().id, CHAIR, DAY).then(
        RoleGranted(
            occurred_on=DAY,
            person_id=LAN,
            grant=grant(),
            proposed_by=SECRETARY,
            approved_by=CHAIR,
            concerns=(
                person(LAN, Part.SUBJECT),
                person(SECRETARY, Part.PROPOSER),
                person(CHAIR, Part.APPROVER),
            ),
        )
    )
    assert treasurer.state.grants_on(DAY) == (grant(),)
    assert treasurer.state.waiting == {}


@pytest.mark.parametrize("hand", [SECRETARY, LAN])
def test_neither_the_proposer_nor_whom_it_is_for_approves(hand: UUID) -> None:
    proposed.when(approve_role, grant().id, hand, DAY).then_refused("same-person")
    # Nor under another id of theirs, by a merge.
    proposed.when(approve_role, grant().id, HOA, DAY, frozenset({HOA, hand})).then_refused(
        "same-person"
    )


def test_what_was_declined_waits_no_more() -> None:
    declined = proposed.after(decline_role, grant().id, CHAIR, DAY)
    declined.when(approve_role, grant().id, CHAIR, DAY).then_refused("not-found")
    assert declined.state.grants == ()


def test_one_person_takes_a_role_away_at_once() -> None:
    assert treasurer.after(withdraw_role, grant().id, HOA, DAY).state.grants_on(DAY) == ()
    proposed.when(withdraw_role, grant().id, HOA, DAY).then_refused("not-found")


def test_a_role_holds_on_its_first_and_its_last_day() -> None:
    one = grant(until=days(10))
    assert [one.holds_on(day) for day in (days(-1), DAY, days(10), days(11))] == [
        False,
        True,
        True,
        False,
    ]


def test_a_role_is_not_given_twice_for_the_same_days() -> None:
    again = ProposeRole(grant=grant(id=UUID(int=901), until=days(5)), proposed_by=SECRETARY)
    treasurer.when(propose_role, again, DAY).then_refused("role-held")
    elsewhere = {"kind": "club", "id": str(UUID(int=2))}
    other = ProposeRole(grant=grant(id=UUID(int=902), scope=elsewhere), proposed_by=SECRETARY)
    treasurer.when(propose_role, other, DAY).then_told(grant=other.grant)
    ended = known.after(
        propose_role, ProposeRole(grant=grant(until=days(5)), proposed_by=SECRETARY), DAY
    ).after(approve_role, grant().id, CHAIR, DAY)
    later = ProposeRole(grant=grant(id=UUID(int=903), since=days(6)), proposed_by=SECRETARY)
    ended.when(propose_role, later, DAY).then_told(grant=later.grant)


def test_a_disabled_account_has_no_role_and_nobody_enables_their_own() -> None:
    off = treasurer.after(disable, CHAIR, DAY)
    assert off.state.grants_on(DAY) == ()
    off.when(disable, CHAIR, DAY).then_refused("account-disabled")
    off.when(give_reset_code, CHAIR, DAY).then_refused("account-disabled")
    off.when(enable, LAN, DAY).then_refused("same-person")
    assert off.after(enable, CHAIR, DAY).state.grants_on(DAY) == (grant(),)
    treasurer.when(enable, CHAIR, DAY).then_refused("account-enabled")


def test_the_machine_names_two_administrators_and_no_third() -> None:
    one = grant(role=Role.ADMINISTRATOR, scope={"kind": "nation"})
    known.when(name_administrator, one, 1, DAY).then_told(proposed_by=None, approved_by=None)
    known.when(name_administrator, one, 2, DAY).then_refused("administrators-exist")


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "auditor"},  # without a last day
        {"role": "relative"},  # of a club
        {"role": "commune_officer"},
        {"role": "administrator"},
        {"until": days(-1)},
        {"books_from": DAY},  # a treasurer's
        {"scope": {"kind": "nation", "id": "20"}},
        {"scope": {"kind": "club", "id": None}},
        {"scope": {"kind": "club", "id": str(CLUB).upper().replace("0", "A")}},
        {"scope": {"kind": "club", "id": "x"}},
        {"scope": {"kind": "commune", "id": "20"}},
        {"scope": {"kind": "province", "id": "06517"}},
        {"role": "auditor", "until": days(9), "books_from": days(3), "books_to": days(2)},
    ],
)
def test_a_role_that_does_not_fit_its_place_or_days_is_none(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        grant(**changed)


def test_an_auditors_role_is_of_a_period_of_the_books() -> None:
    one = grant(
        role="auditor", until=days(30), books_from=date(2025, 1, 1), books_to=date(2025, 12, 31)
    )
    assert one.role is Role.AUDITOR
    assert one.scope == Scope(kind="club", id=str(CLUB))
