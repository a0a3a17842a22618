"""What a club does together, and for one of its people (domain.md section 1)."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from domain.clubs.club import Club, about, known
from domain.clubs.events import (
    ActivityHeld,
    ActivityKind,
    Area,
    ClubEvent,
    MeetingHeld,
    MeetingPostponed,
    SupportGiven,
    SupportKind,
)
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.values import Amount, Code, Day, Id, Immutable, Sealed

Heads = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Present = Annotated[tuple[Id, ...], Field(max_length=1_000)]


class HoldMeeting(Immutable):
    """Who came, by name, or how many were counted, or both: never fewer than are named."""

    meeting_id: Id
    occurred_on: Day
    attended: Present = ()
    head_count: Heads | None = None
    minutes: Code | None = None
    planned_on: Day | None = None
    """The fixed day it was postponed from."""
    note: Sealed | None = None

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if not self.attended and self.head_count is None:
            raise ValueError("head_count: either this or the names are needed")
        if self.head_count is not None and self.head_count < len(set(self.attended)):
            raise ValueError("head_count: more people are named than counted")
        return self


class PostponeMeeting(Immutable):
    """`occurred_on` is the day on which it was said; both other days may lie ahead."""

    occurred_on: Day
    planned_on: Day
    to_on: Day
    reason: Sealed | None = None


class HoldActivity(Immutable):
    """Something the club did in one of its eight areas; `value` is worth in đồng, no money."""

    activity_id: Id
    occurred_on: Day
    area: Area = Field(strict=False)
    kind: ActivityKind = Field(default=ActivityKind.OTHER, strict=False)
    title: Sealed
    participants: Present = ()
    head_count: Heads | None = None
    value: Amount | None = None

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if self.head_count is not None and self.head_count < len(set(self.participants)):
            raise ValueError("head_count: more people are named than counted")
        return self


class GiveSupport(Immutable):
    """A visit to the sick, a gift, help; `value` is its worth in đồng, as estimated."""

    support_id: Id
    occurred_on: Day
    person_id: Id
    kind: SupportKind = Field(strict=False)
    value: Amount | None = None
    given_by: Present = ()
    note: Sealed | None = None


def hold_meeting(club: Club | None, command: HoldMeeting, today: date) -> list[ClubEvent]:
    """Hard: one meeting a day. Who is named and no member that day is a warning."""
    club = known(club)
    not_in_the_future(command.occurred_on, today)
    if command.occurred_on in club.meetings:
        raise Refusal("meeting-exists", "Ngày này đã ghi một buổi sinh hoạt.")
    attended = _each_once(command.attended)
    strangers = [who for who in attended if not club.is_member(who, command.occurred_on)]
    return [
        MeetingHeld(
            club_id=club.id,
            occurred_on=command.occurred_on,
            meeting_id=command.meeting_id,
            planned_on=command.planned_on,
            minutes=command.minutes,
            attended=attended,
            head_count=len(attended) if command.head_count is None else command.head_count,
            note=command.note,
            warnings=("not-a-member",) if strangers else (),
            concerns=(
                about(club.id),
                *(concerns_person(who, Role.PARTICIPANT) for who in attended),
            ),
        )
    ]


def postpone_meeting(club: Club | None, command: PostponeMeeting, today: date) -> list[ClubEvent]:
    club = known(club)
    not_in_the_future(command.occurred_on, today)
    if command.to_on <= command.planned_on:
        raise Refusal("date-order", "Ngày hoãn tới phải sau ngày đã định.")
    if command.planned_on in club.meetings:
        raise Refusal("meeting-exists", "Buổi sinh hoạt ngày này đã diễn ra.")
    return [
        MeetingPostponed(
            club_id=club.id,
            occurred_on=command.occurred_on,
            planned_on=command.planned_on,
            to_on=command.to_on,
            reason=command.reason,
            concerns=(about(club.id),),
        )
    ]


def hold_activity(club: Club | None, command: HoldActivity, today: date) -> list[ClubEvent]:
    club = known(club)
    not_in_the_future(command.occurred_on, today)
    participants = _each_once(command.participants)
    return [
        ActivityHeld(
            club_id=club.id,
            occurred_on=command.occurred_on,
            activity_id=command.activity_id,
            area=command.area,
            kind=command.kind,
            title=command.title,
            participants=participants,
            head_count=command.head_count,
            value=command.value,
            concerns=(
                about(club.id),
                *(concerns_person(who, Role.PARTICIPANT) for who in participants),
            ),
        )
    ]


def give_support(club: Club | None, command: GiveSupport, today: date) -> list[ClubEvent]:
    """To a member or a neighbour. Hard: nobody is among those who give to themselves."""
    club = known(club)
    not_in_the_future(command.occurred_on, today)
    givers = _each_once(command.given_by)
    if command.person_id in givers:
        raise Refusal("same-person", "Người được giúp không ở trong số người đến giúp.")
    return [
        SupportGiven(
            club_id=club.id,
            occurred_on=command.occurred_on,
            support_id=command.support_id,
            person_id=command.person_id,
            kind=command.kind,
            value=command.value,
            given_by=givers,
            note=command.note,
            concerns=(
                about(club.id),
                concerns_person(command.person_id, Role.HELPED),
                *(concerns_person(giver, Role.VOLUNTEER) for giver in givers),
            ),
        )
    ]


def _each_once(people: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(people))
