"""Who belongs to a club, from which day to which."""

from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import model_validator

from domain.clubs.club import Club, about, known, refuse_closed
from domain.clubs.events import ClubEvent, MemberJoined, MemberLeft
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.values import Day, Id, Immutable


class JoinClub(Immutable):
    person_id: Id
    joined_on: Day
    volunteer: bool = False


class LeaveClub(Immutable):
    """`to_club_id`: where somebody who moves is a member from the same day on."""

    person_id: Id
    left_on: Day
    cause: Literal["left", "died", "moved"] = "left"
    to_club_id: Id | None = None

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.to_club_id is not None and self.cause != "moved":
            raise ValueError("to_club_id: only who moved goes to another club")
        return self


def join(club: Club | None, command: JoinClub, today: date) -> list[ClubEvent]:
    club = known(club)
    not_in_the_future(command.joined_on, today)
    refuse_closed(club, command.joined_on)
    membership = club.members.get(command.person_id)
    if membership is not None and membership.left_on is None:
        raise Refusal("already-a-member", "Người này đang là thành viên.")
    if membership is not None and membership.left_on and command.joined_on < membership.left_on:
        raise Refusal("date-order", "Ngày vào lại phải sau ngày ra câu lạc bộ.")
    return [
        MemberJoined(
            club_id=club.id,
            occurred_on=command.joined_on,
            person_id=command.person_id,
            volunteer=command.volunteer,
            concerns=(about(club.id), concerns_person(command.person_id, Role.MEMBER)),
        )
    ]


def leave(club: Club | None, command: LeaveClub, today: date) -> list[ClubEvent]:
    club = known(club)
    not_in_the_future(command.left_on, today)
    membership = club.members.get(command.person_id)
    if membership is None or membership.left_on is not None:
        raise Refusal("not-a-member", "Người này không phải thành viên đang sinh hoạt.")
    if command.left_on < membership.joined_on:
        raise Refusal("date-order", "Ngày ra không thể trước ngày vào câu lạc bộ.")
    if command.to_club_id == club.id:
        raise Refusal("same-club", "Hãy ghi một câu lạc bộ khác để chuyển tới.")
    return [
        MemberLeft(
            club_id=club.id,
            occurred_on=command.left_on,
            person_id=command.person_id,
            cause=command.cause,
            to_club_id=command.to_club_id,
            concerns=(about(club.id), concerns_person(command.person_id, Role.MEMBER)),
        )
    ]


def hand_on(
    club: Club | None, duplicate_id: UUID, into_id: UUID, merged_on: date
) -> list[ClubEvent]:
    """Two entries were one person: the double leaves, and who goes on is a member in its place.

    Where only the double was a member, the membership goes on from the day it began.
    """
    club = known(club)
    double, other = club.members.get(duplicate_id), club.members.get(into_id)
    if double is None or double.left_on is not None:
        return []
    left: list[ClubEvent] = [
        MemberLeft(
            club_id=club.id,
            occurred_on=max(merged_on, double.joined_on),
            person_id=duplicate_id,
            cause="merged",
            concerns=(
                about(club.id),
                concerns_person(duplicate_id, Role.MEMBER),
                concerns_person(into_id, Role.MEMBER),
            ),
        )
    ]
    if other is not None and other.left_on is None:
        return left
    return [
        *left,
        MemberJoined(
            club_id=club.id,
            occurred_on=max(double.joined_on, other.left_on or double.joined_on)
            if other
            else double.joined_on,
            person_id=into_id,
            volunteer=double.volunteer,
            concerns=(about(club.id), concerns_person(into_id, Role.MEMBER)),
        ),
    ]
