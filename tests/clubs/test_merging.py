"""Two entries that are one person: proposed, approved by somebody else, memberships handed on."""

from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.clubs.club import evolve as evolve_club
from domain.clubs.decisions import FoundClub, found
from domain.clubs.membership import JoinClub, LeaveClub, hand_on, join, leave
from domain.clubs.merging import ApproveMerge, ProposeMerge, approve_merge, propose_merge
from domain.clubs.people import Person, evolve, known, share_household
from domain.errors import Refusal
from domain.loans.commands import Standing
from domain.loans.decisions import approve_loan, request_loan
from examples import (
    CHAIR,
    CLUB,
    DAY,
    FOUNDED,
    HOA,
    HOUSE,
    LAN,
    LOAN,
    MAI,
    NOW,
    OTHER_LOAN,
    SECRETARY,
    TODAY,
    approval,
    days,
    funded,
    lent,
    member,
    request,
    requested,
    sealed,
)
from specification import Specification

PROPOSAL = ProposeMerge(duplicate_id=HOA, proposed_by=SECRETARY, reason=sealed(LAN))
APPROVAL = ApproveMerge(duplicate_id=HOA, approved_by=CHAIR)
FRESH = UUID(int=77)
lan = Specification(evolve, (), None)


def proposed(one: Person, other: Person) -> Person:
    return reduce(evolve, propose_merge(one, other, PROPOSAL, TODAY), one)


def merged(one: Person, other: Person) -> tuple[Person, Person]:
    goes_on, ends = approve_merge(proposed(one, other), other, APPROVAL, FRESH, TODAY)
    return reduce(evolve, goes_on, proposed(one, other)), reduce(evolve, ends, other)


@pytest.mark.parametrize(
    ("mine", "theirs", "shared"),
    [
        (None, None, FRESH),
        (HOUSE, None, HOUSE),
        (None, HOUSE, HOUSE),
        (HOUSE, UUID(int=32), HOUSE),
        (HOUSE, HOUSE, HOUSE),
    ],
)
def test_both_become_one_household(mine: UUID | None, theirs: UUID | None, shared: UUID) -> None:
    one, other = merged(Person(id=LAN, household_id=mine), Person(id=HOA, household_id=theirs))
    assert one.household_id == other.household_id == shared
    assert share_household(one, other)
    assert one.doubles == {HOA}
    assert one.merges_proposed == {}


def test_who_was_merged_goes_by_the_other_id() -> None:
    one, other = merged(Person(id=LAN), Person(id=HOA))
    assert known(one) is one
    with pytest.raises(Refusal) as refusal:
        known(other)
    assert (refusal.value.code, refusal.value.facts) == ("merged-person", {"into": str(LAN)})
    with pytest.raises(Refusal, match="Mã này đã gộp"):
        propose_merge(one, other, PROPOSAL, TODAY)


@pytest.mark.parametrize("approver", [SECRETARY, LAN, HOA])
def test_a_second_person_approves_who_is_neither(approver: UUID) -> None:
    one, other = Person(id=LAN), Person(id=HOA)
    command = ApproveMerge(duplicate_id=HOA, approved_by=approver)
    with pytest.raises(Refusal) as refusal:
        approve_merge(proposed(one, other), other, command, FRESH, TODAY)
    assert refusal.value.code == "same-person"


def test_a_merge_is_proposed_once_and_of_two_entries() -> None:
    one, other = Person(id=LAN), Person(id=HOA)
    for first, second, code in (
        (one, one, "same-person"),
        (proposed(one, other), other, "already-proposed"),
        (other, proposed(one, other), "already-proposed"),
    ):
        with pytest.raises(Refusal) as refusal:
            propose_merge(first, second, PROPOSAL, TODAY)
        assert refusal.value.code == code
    with pytest.raises(Refusal) as refusal:
        approve_merge(one, other, APPROVAL, FRESH, TODAY)
    assert refusal.value.code == "not-proposed"


def club_of(*joins: tuple[UUID, date]) -> Specification:
    given = Specification(evolve_club).after(
        found, FoundClub(club_id=CLUB, name="CLB thôn Nà Thử", founded_on=FOUNDED), TODAY
    )
    for who, on in joins:
        given = given.after(join, JoinClub(person_id=who, joined_on=on), TODAY)
    return given


def stints(given: Specification, *asked: Any) -> dict[UUID, tuple[date, date | None]]:
    after = given.after(hand_on, HOA, LAN, DAY)
    return {who: (m.joined_on, m.left_on) for who, m in after.state.members.items()}


def test_a_membership_goes_on_under_the_id_that_stays() -> None:
    first, later = date(2024, 5, 1), date(2025, 5, 1)
    assert stints(club_of((HOA, first))) == {HOA: (first, DAY), LAN: (first, None)}
    assert stints(club_of((LAN, first), (HOA, later))) == {LAN: (first, None), HOA: (later, DAY)}
    assert stints(club_of((LAN, first))) == {LAN: (first, None)}
    gone = LeaveClub(person_id=LAN, left_on=later)
    came_back = club_of((LAN, first), (HOA, first)).after(leave, gone, TODAY)
    assert stints(came_back) == {HOA: (first, DAY), LAN: (later, None)}


TWO_IDS = Standing(person_id=LAN, is_member=True, joined_on=FOUNDED, also=frozenset({HOA}))


def test_who_proposed_under_one_id_does_not_approve_under_the_other() -> None:
    waiting = requested(funded(), borrower=MAI)
    proposer = waiting.past[-1].proposed_by  # type: ignore[attr-defined]
    same = Standing(person_id=CHAIR, is_member=True, also=frozenset({proposer}))
    asked = (LOAN, member(MAI), same, approval(), NOW)
    waiting.when(approve_loan, *asked).then_refused("same-person")
    other = (LOAN, member(MAI), member(CHAIR), approval(), NOW)
    waiting.when(approve_loan, *other).then_told(loan_id=LOAN)


def test_loans_under_both_ids_are_one_persons() -> None:
    out = lent(funded(), borrower=HOA)
    again = request(loan=OTHER_LOAN, on=days(1))
    out.when(request_loan, TWO_IDS, again, NOW).then_refused("loan-limit")
    out.when(request_loan, member(LAN), again, NOW).then_told(borrower_id=LAN)
