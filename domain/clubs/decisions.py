"""What may happen to a club itself: founding, by-laws, a new commune.

Board, membership, standing and meetings have files of their own; those that many readers know by
this one stay importable from here.
"""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.clubs.board import ElectBoard as ElectBoard
from domain.clubs.board import elect_board as elect_board
from domain.clubs.club import CLUB as CLUB
from domain.clubs.club import Club as Club
from domain.clubs.club import Membership as Membership
from domain.clubs.club import StandIn as StandIn
from domain.clubs.club import about
from domain.clubs.club import evolve as evolve
from domain.clubs.club import known as known
from domain.clubs.events import (
    ClubEvent,
    ClubFounded,
    CommuneReassigned,
    RegulationAdopted,
)
from domain.clubs.membership import JoinClub as JoinClub
from domain.clubs.membership import LeaveClub as LeaveClub
from domain.clubs.membership import join as join
from domain.clubs.membership import leave as leave
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.regulation import Rules
from domain.values import Code, Day, Id, Immutable, Name


class FoundClub(Immutable):
    """The unit's code is found where the command arrives; what is not found is a warning."""

    club_id: Id
    name: Name
    founded_on: Day
    village: Name | None = None
    commune: Name | None = None
    commune_code: Code | None = None
    district: Name | None = None
    """Until districts ended on 1 July 2025."""
    province: Name | None = None
    decision: Name | None = None
    meeting_day: Annotated[int, Field(strict=True, ge=1, le=31)] | None = None
    warnings: tuple[Code, ...] = ()


class AdoptRegulation(Immutable):
    """By-laws, under which every later loan is made, by two people."""

    adopted_on: Day
    effective_from: Day
    rules: Rules
    proposed_by: Id
    approved_by: Id


class ReassignCommune(Immutable):
    """The club's place belongs to another unit from a day on; the club stays itself."""

    occurred_on: Day
    commune: Name
    commune_code: Code | None = None
    province: Name
    decree: Code | None = None
    warnings: tuple[Code, ...] = ()


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
            commune_code=command.commune_code,
            district=command.district,
            province=command.province,
            decision=command.decision,
            meeting_day=command.meeting_day,
            warnings=command.warnings,
            concerns=(about(command.club_id),),
        )
    ]


def adopt_regulation(
    club: Club | None, command: AdoptRegulation, today: date, also: frozenset[UUID] = frozenset()
) -> list[ClubEvent]:
    """Hard: by-laws change no day before they were adopted, nor any that a newer version rules by
    now; one that is not in force yet may be taken over by an earlier one. `also` are other ids
    of whoever approves."""
    club = known(club)
    not_in_the_future(command.adopted_on, today)
    if command.effective_from < command.adopted_on:
        raise Refusal("date-order", "Quy chế không có hiệu lực trước ngày thông qua.")
    begun = (one.effective_from for one in club.regulations if one.effective_from <= today)
    newest = max(begun, default=date.min)
    if command.effective_from < newest:
        raise Refusal("date-order", "Đã có quy chế có hiệu lực sau ngày này.")
    if command.proposed_by in {command.approved_by, *also}:
        raise Refusal("same-person", "Người đề nghị không tự duyệt.")
    return [
        RegulationAdopted(
            club_id=club.id,
            occurred_on=command.adopted_on,
            version=len(club.regulations) + 1,
            effective_from=command.effective_from,
            rules=command.rules,
            proposed_by=command.proposed_by,
            approved_by=command.approved_by,
            concerns=(about(club.id),),
        )
    ]


def reassign_commune(club: Club | None, command: ReassignCommune, today: date) -> list[ClubEvent]:
    """Old reports keep the unit of their day (domain.md section 1)."""
    club = known(club)
    not_in_the_future(command.occurred_on, today)
    if command.occurred_on < club.founded_on:
        raise Refusal("date-order", "Ngày này trước ngày thành lập câu lạc bộ.")
    return [
        CommuneReassigned(
            club_id=club.id,
            occurred_on=command.occurred_on,
            commune=command.commune,
            commune_code=command.commune_code,
            province=command.province,
            decree=command.decree,
            warnings=command.warnings,
            concerns=(about(club.id),),
        )
    ]
