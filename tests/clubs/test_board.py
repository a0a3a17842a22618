"""Offices: stand-ins for a while, books and papers handed over before a witness."""

from typing import Any

import pytest

from domain.clubs.board import (
    ElectBoard,
    HandOverOffice,
    NameStandIn,
    elect_board,
    hand_over_office,
    name_stand_in,
)
from domain.clubs.club import about, evolve
from domain.clubs.decisions import FoundClub, found
from domain.clubs.events import Office, OfficeHandedOver, OfficeHolder, StandInNamed
from domain.events import Role
from domain.events import person as concerns
from examples import ACCOUNTANT, CHAIR, CLUB, DAY, FOUNDED, HOA, LAN, TODAY, TREASURER, days
from specification import Specification

founded = Specification(evolve).after(
    found, FoundClub(club_id=CLUB, name="CLB thôn Nà Thử", founded_on=FOUNDED), TODAY
)
elected = founded.after(
    elect_board,
    ElectBoard(
        elected_on=FOUNDED,
        holders=(
            OfficeHolder(office=Office.TREASURER, person_id=TREASURER),
            OfficeHolder(office=Office.ACCOUNTANT, person_id=ACCOUNTANT),
        ),
    ),
    TODAY,
)


def standing_in(**changed: Any) -> NameStandIn:
    usual = {"occurred_on": DAY, "office": "treasurer", "person_id": LAN, "until": days(30)}
    return NameStandIn.model_validate({**usual, **changed})


def handing_over(**changed: Any) -> HandOverOffice:
    usual = {"occurred_on": DAY, "office": "accountant", "outgoing_id": ACCOUNTANT}
    return HandOverOffice.model_validate({**usual, "incoming_id": LAN, "witness_id": HOA} | changed)


def test_somebody_stands_in_for_a_while() -> None:
    elected.when(name_stand_in, standing_in(), TODAY).then(
        StandInNamed(
            club_id=CLUB,
            occurred_on=DAY,
            office=Office.TREASURER,
            person_id=LAN,
            until=days(30),
            concerns=(about(CLUB), concerns(LAN, Role.OFFICER)),
        )
    )
    assert elected.after(name_stand_in, standing_in(), TODAY).state.board == elected.state.board


def test_the_accountant_never_stands_in_for_the_treasurer() -> None:
    for office, person in (("treasurer", ACCOUNTANT), ("accountant", TREASURER)):
        asked = standing_in(office=office, person_id=person)
        elected.when(name_stand_in, asked, TODAY).then_refused("same-person")
    secretary = standing_in(office="secretary", person_id=ACCOUNTANT)
    elected.when(name_stand_in, secretary, TODAY).then_told(person_id=ACCOUNTANT)


@pytest.mark.parametrize(("since", "refused"), [(30, True), (31, False)])
def test_two_stand_ins_keep_cash_and_book_apart_to_the_last_day(since: int, refused: bool) -> None:
    given = elected.after(name_stand_in, standing_in(), TODAY)
    asked = standing_in(office="accountant", occurred_on=days(since), until=days(60))
    tried = given.when(name_stand_in, asked, TODAY)
    if refused:
        tried.then_refused("same-person")
    else:
        tried.then_told(person_id=LAN)


def test_a_stand_in_ends_no_sooner_than_it_begins() -> None:
    elected.when(name_stand_in, standing_in(until=DAY), TODAY).then_told(until=DAY)
    backwards = standing_in(until=days(-1))
    elected.when(name_stand_in, backwards, TODAY).then_refused("date-order")
    elected.when(name_stand_in, standing_in(), days(-1)).then_refused("future-date")


def test_a_hand_over_takes_three_people() -> None:
    elected.when(hand_over_office, handing_over(), TODAY).then(
        OfficeHandedOver(
            club_id=CLUB,
            occurred_on=DAY,
            office=Office.ACCOUNTANT,
            outgoing_id=ACCOUNTANT,
            incoming_id=LAN,
            witness_id=HOA,
            concerns=(
                about(CLUB),
                concerns(ACCOUNTANT, Role.OFFICER),
                concerns(LAN, Role.OFFICER),
                concerns(HOA, Role.SIGNATORY),
            ),
        )
    )
    for doubled in (
        {"incoming_id": ACCOUNTANT},
        {"witness_id": ACCOUNTANT},
        {"witness_id": LAN},
    ):
        asked = elected.when(hand_over_office, handing_over(**doubled), TODAY)
        asked.then_refused("same-person")
    elected.when(hand_over_office, handing_over(witness_id=CHAIR), days(-1)).then_refused(
        "future-date"
    )
