"""What may happen to a club: founding, by-laws, board, membership."""

from datetime import date
from typing import Annotated, Literal, assert_never
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
from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Concern, Role
from domain.events import person as concerns_person
from domain.histories import Kind
from domain.regulation import MODEL_REGULATION, Regulation, Rules
from domain.values import Day, Id, Immutable, Name


class Membership(Immutable):
    joined_on: date
    left_on: date | None = None

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


class FoundClub(Immutable):
    club_id: Id
    name: Name
    founded_on: Day
    village: Name | None = None
    commune: Name | None = None
    province: Name | None = None
    decision: Name | None = None
    meeting_day: Annotated[int, Field(strict=True, ge=1, le=31)] | None = None


class AdoptRegulation(Immutable):
    adopted_on: Day
    effective_from: Day
    rules: Rules


class ElectBoard(Immutable):
    elected_on: Day
    holders: tuple[OfficeHolder, ...]


class JoinClub(Immutable):
    person_id: Id
    joined_on: Day
    volunteer: bool = False


class LeaveClub(Immutable):
    person_id: Id
    left_on: Day
    cause: Literal["left", "died", "moved"] = "left"


def found(club: Club | None, command: FoundClub, today: date) -> list[ClubEvent]:
    if club is not None and not club.withdrawn:
        raise Refusal("already-founded", "Câu lạc bộ này đã có.")
    not_in_the_future(command.founded_on, today)
    return [
        ClubFounded(
            club_id=command.club_id,
            occurred_on=command.founded_on,
            name=command.name,
            village=command.village,
            commune=command.commune,
            province=command.province,
            decision=command.decision,
            meeting_day=command.meeting_day,
            concerns=(_about(command.club_id),),
        )
    ]


def adopt_regulation(club: Club | None, command: AdoptRegulation, today: date) -> list[ClubEvent]:
    club = known(club)
    not_in_the_future(command.adopted_on, today)
    return [
        RegulationAdopted(
            club_id=club.id,
            occurred_on=command.adopted_on,
            version=len(club.regulations) + 1,
            effective_from=command.effective_from,
            rules=command.rules,
            concerns=(_about(club.id),),
        )
    ]


def elect_board(club: Club | None, command: ElectBoard, today: date) -> list[ClubEvent]:
    """Hard: the treasurer keeps the cash, the accountant the book; never one person."""
    club = known(club)
    not_in_the_future(command.elected_on, today)
    treasurers, accountants = (
        {holder.person_id for holder in command.holders if holder.office is office}
        for office in (Office.TREASURER, Office.ACCOUNTANT)
    )
    if treasurers & accountants:
        raise Refusal("same-person", "Thủ quỹ và kế toán phải là hai người khác nhau.")
    return [
        BoardElected(
            club_id=club.id,
            occurred_on=command.elected_on,
            holders=command.holders,
            concerns=(
                _about(club.id),
                *(concerns_person(h.person_id, Role.OFFICER) for h in command.holders),
            ),
        )
    ]


def join(club: Club | None, command: JoinClub, today: date) -> list[ClubEvent]:
    club = known(club)
    not_in_the_future(command.joined_on, today)
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
            concerns=(_about(club.id), concerns_person(command.person_id, Role.MEMBER)),
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
    return [
        MemberLeft(
            club_id=club.id,
            occurred_on=command.left_on,
            person_id=command.person_id,
            cause=command.cause,
            concerns=(_about(club.id), concerns_person(command.person_id, Role.MEMBER)),
        )
    ]


def known(club: Club | None) -> Club:
    if club is None or club.withdrawn:
        raise NotFound("Không có câu lạc bộ này.")
    return club


def _about(club_id: UUID) -> Concern:
    return Concern(kind="club", id=club_id, role=Role.SUBJECT)


def evolve(club: Club | None, event: ClubEvent) -> Club:
    if isinstance(event, ClubFounded):
        return Club(id=event.club_id)
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
            joined = Membership(joined_on=event.occurred_on)
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
            return club.model_copy(
                update={
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


CLUB = Kind("clubs.Club", 2, Club, evolve)
