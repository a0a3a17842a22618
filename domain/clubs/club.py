"""A club's own history: its by-laws, board and members, and where it stands."""

from datetime import date
from typing import Literal, assert_never
from uuid import UUID

from pydantic import Field

from domain.clubs.events import (
    ActivityHeld,
    BoardElected,
    ClubCorrectionProposed,
    ClubDissolved,
    ClubEntryWithdrawn,
    ClubEvent,
    ClubFounded,
    ClubResumed,
    ClubSuspended,
    ClubWithdrawn,
    CommuneReassigned,
    MeetingHeld,
    MeetingPostponed,
    MemberJoined,
    MemberLeft,
    MembershipWithdrawn,
    Office,
    OfficeHandedOver,
    OfficeHolder,
    RegulationAdopted,
    StandInNamed,
    SupportGiven,
)
from domain.errors import NotFound, Refusal
from domain.events import Concern, Role
from domain.histories import Kind
from domain.regulation import MODEL_REGULATION, Regulation
from domain.values import Id, Immutable

Closed = Literal["club-suspended", "club-dissolved"]


class Membership(Immutable):
    joined_on: date
    left_on: date | None = None
    volunteer: bool = False

    def active_on(self, day: date) -> bool:
        return self.joined_on <= day and (self.left_on is None or day < self.left_on)


class StandIn(Immutable):
    """Who fills an office for a while, both days included."""

    office: Office = Field(strict=False)
    person_id: Id
    since: date
    until: date


class Club(Immutable):
    id: Id
    founded_on: date
    regulations: tuple[Regulation, ...] = ()
    board: tuple[OfficeHolder, ...] = ()
    members: dict[UUID, Membership] = {}
    stand_ins: tuple[StandIn, ...] = ()
    meetings: frozenset[date] = frozenset()
    """Days on which a meeting is recorded."""
    proposals: frozenset[Id] = frozenset()
    """Events whose correction waits for a second person."""
    corrected: frozenset[Id] = frozenset()
    """Events that no longer count."""
    suspended_on: date | None = None
    dissolved_on: date | None = None
    withdrawn: bool = False

    def regulation_on(self, day: date) -> Regulation:
        """The by-laws in force on a day: the last to take effect; of one day, the last adopted."""
        in_force = [r for r in self.regulations if r.effective_from <= day]
        return max(in_force, key=lambda r: (r.effective_from, r.version), default=MODEL_REGULATION)

    def regulation(self, version: int) -> Regulation:
        """A pinned version: old loans keep the rules that governed them."""
        return next((r for r in self.regulations if r.version == version), MODEL_REGULATION)

    def is_member(self, person_id: UUID, day: date) -> bool:
        membership = self.members.get(person_id)
        return membership is not None and membership.active_on(day)

    def holds_office(self, person_id: UUID) -> bool:
        return any(holder.person_id == person_id for holder in self.board)

    def closed_on(self, day: date) -> Closed | None:
        """Why nothing new begins on a day: `club-suspended`, `club-dissolved`, or None."""
        if self.dissolved_on is not None and self.dissolved_on <= day:
            return "club-dissolved"
        if self.suspended_on is not None and self.suspended_on <= day:
            return "club-suspended"
        return None


def known(club: Club | None) -> Club:
    if club is None or club.withdrawn:
        raise NotFound("Không có câu lạc bộ này.")
    return club


def refuse_closed(club: Club, day: date) -> None:
    """Hard: a club that is suspended or dissolved begins nothing new."""
    code = club.closed_on(day)
    if code is not None:
        raise Refusal(code, CLOSED[code])


CLOSED = {
    "club-suspended": "Câu lạc bộ đang tạm ngừng hoạt động.",
    "club-dissolved": "Câu lạc bộ đã giải thể.",
}


def about(club_id: UUID) -> Concern:
    return Concern(kind="club", id=club_id, role=Role.SUBJECT)


def evolve(club: Club | None, event: ClubEvent) -> Club:
    if isinstance(event, ClubFounded):
        return Club(id=event.club_id, founded_on=event.occurred_on)
    assert club is not None, "everything else happens to a founded club"
    match event:
        case RegulationAdopted():
            adopted = Regulation(
                version=event.version, effective_from=event.effective_from, rules=event.rules
            )
            return club.model_copy(update={"regulations": (*club.regulations, adopted)})
        case BoardElected():
            return club.model_copy(update={"board": event.holders})
        case MemberJoined():
            joined = Membership(joined_on=event.occurred_on, volunteer=event.volunteer)
            return club.model_copy(update={"members": club.members | {event.person_id: joined}})
        case MemberLeft():
            left = club.members[event.person_id].model_copy(update={"left_on": event.occurred_on})
            return club.model_copy(update={"members": club.members | {event.person_id: left}})
        case MembershipWithdrawn():
            members = {p: m for p, m in club.members.items() if p != event.person_id}
            return club.model_copy(update={"members": members})
        case ClubWithdrawn():
            return club.model_copy(update={"withdrawn": True})
        case StandInNamed():
            stand_in = StandIn(
                office=event.office,
                person_id=event.person_id,
                since=event.occurred_on,
                until=event.until,
            )
            return club.model_copy(update={"stand_ins": (*club.stand_ins, stand_in)})
        case ClubSuspended():
            return club.model_copy(update={"suspended_on": event.occurred_on})
        case ClubResumed():
            return club.model_copy(update={"suspended_on": None})
        case ClubDissolved():
            return club.model_copy(update={"dissolved_on": event.occurred_on})
        case MeetingHeld():
            return club.model_copy(update={"meetings": club.meetings | {event.occurred_on}})
        case ClubCorrectionProposed():
            return club.model_copy(update={"proposals": club.proposals | {event.corrects}})
        case ClubEntryWithdrawn():
            is_meeting = event.withdrawn_topic == MeetingHeld.TOPIC
            freed = {event.withdrawn_on} if is_meeting else set()
            members = club.members
            if event.person_id is not None:
                goes_on = members[event.person_id].model_copy(update={"left_on": None})
                members = members | {event.person_id: goes_on}
            return club.model_copy(
                update={
                    "members": members,
                    "meetings": club.meetings - freed,
                    "proposals": club.proposals - {event.withdraws},
                    "corrected": club.corrected | {event.withdraws},
                }
            )
        case (
            OfficeHandedOver()
            | CommuneReassigned()
            | MeetingPostponed()
            | ActivityHeld()
            | SupportGiven()
        ):
            return club
        case _:
            assert_never(event)


CLUB = Kind("clubs.Club", 4, Club, evolve)
