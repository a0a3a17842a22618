"""Meetings, activities and help: who came, who is named, what is only warned of."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.clubs.club import about, evolve
from domain.clubs.decisions import FoundClub, found
from domain.clubs.events import MeetingHeld, SupportGiven, SupportKind
from domain.clubs.meetings import (
    GiveSupport,
    HoldActivity,
    HoldMeeting,
    PostponeMeeting,
    give_support,
    hold_activity,
    hold_meeting,
    postpone_meeting,
)
from domain.clubs.membership import JoinClub, join
from domain.events import Role
from domain.events import person as concerns
from examples import CLUB, DAY, FOUNDED, HOA, LAN, MAI, TODAY, days, sealed
from specification import Specification

THING = UUID(int=900)
club = (
    Specification(evolve)
    .after(found, FoundClub(club_id=CLUB, name="CLB thôn Nà Thử", founded_on=FOUNDED), TODAY)
    .after(join, JoinClub(person_id=LAN, joined_on=FOUNDED), TODAY)
    .after(join, JoinClub(person_id=HOA, joined_on=DAY), TODAY)
)


def meeting(**changed: Any) -> HoldMeeting:
    return HoldMeeting(**{"meeting_id": THING, "occurred_on": DAY, "head_count": 40} | changed)


def activity(**changed: Any) -> HoldActivity:
    usual = {"activity_id": THING, "occurred_on": DAY, "area": "culture", "title": sealed()}
    return HoldActivity.model_validate(usual | changed)


def support(**changed: Any) -> GiveSupport:
    usual = {"support_id": THING, "occurred_on": DAY, "person_id": MAI, "kind": "sick_visit"}
    return GiveSupport.model_validate(usual | changed)


def test_a_meeting_is_told_by_names_by_a_count_or_both() -> None:
    club.when(hold_meeting, meeting(attended=(LAN, HOA, LAN), head_count=None), TODAY).then(
        MeetingHeld(
            club_id=CLUB,
            occurred_on=DAY,
            meeting_id=THING,
            attended=(LAN, HOA),
            head_count=2,
            concerns=(
                about(CLUB),
                concerns(LAN, Role.PARTICIPANT),
                concerns(HOA, Role.PARTICIPANT),
            ),
        )
    )
    club.when(hold_meeting, meeting(), TODAY).then_told(head_count=40, attended=())
    club.when(hold_meeting, meeting(attended=(LAN, HOA), head_count=2), TODAY).then_told(
        head_count=2
    )
    for wrong in ({"head_count": None}, {"attended": (LAN, HOA), "head_count": 1}):
        with pytest.raises(ValidationError, match="head_count"):
            meeting(**wrong)


@pytest.mark.parametrize(
    ("who", "on", "warned"),
    [(LAN, DAY, False), (HOA, DAY, False), (HOA, days(-1), True), (MAI, DAY, True)],
)
def test_who_is_no_member_that_day_is_warned_of(who: UUID, on: date, warned: bool) -> None:
    asked = club.when(hold_meeting, meeting(attended=(who,), occurred_on=on), TODAY)
    asked.then_told(warnings=("not-a-member",) if warned else ())


def test_one_meeting_a_day() -> None:
    met = club.after(hold_meeting, meeting(), TODAY)
    met.when(hold_meeting, meeting(), TODAY).then_refused("meeting-exists")
    met.when(hold_meeting, meeting(occurred_on=days(1)), TODAY).then_told(head_count=40)
    club.when(hold_meeting, meeting(), days(-1)).then_refused("future-date")


def test_a_meeting_is_postponed_to_a_later_day() -> None:
    def asked(to_on: date) -> PostponeMeeting:
        return PostponeMeeting(occurred_on=days(-1), planned_on=DAY, to_on=to_on)

    club.when(postpone_meeting, asked(days(1)), days(-1)).then_told(to_on=days(1))
    club.when(postpone_meeting, asked(DAY), TODAY).then_refused("date-order")
    met = club.after(hold_meeting, meeting(), TODAY)
    met.when(postpone_meeting, asked(days(5)), TODAY).then_refused("meeting-exists")


def test_an_activity_counts_at_least_whom_it_names() -> None:
    club.when(hold_activity, activity(participants=(LAN, HOA), head_count=2), TODAY).then_told(
        participants=(LAN, HOA), head_count=2
    )
    with pytest.raises(ValidationError, match="head_count"):
        activity(participants=(LAN, HOA), head_count=1)
    with pytest.raises(ValidationError, match="area"):
        activity(area="a ninth area")
    club.when(hold_activity, activity(), days(-1)).then_refused("future-date")


def test_help_is_given_by_somebody_else() -> None:
    club.when(give_support, support(given_by=(LAN, LAN)), TODAY).then(
        SupportGiven(
            club_id=CLUB,
            occurred_on=DAY,
            support_id=THING,
            person_id=MAI,
            kind=SupportKind.SICK_VISIT,
            given_by=(LAN,),
            concerns=(
                about(CLUB),
                concerns(MAI, Role.HELPED),
                concerns(LAN, Role.VOLUNTEER),
            ),
        )
    )
    club.when(give_support, support(given_by=(LAN, MAI)), TODAY).then_refused("same-person")
    club.when(give_support, support(), days(-1)).then_refused("future-date")
