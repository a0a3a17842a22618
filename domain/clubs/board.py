"""Who keeps the club's offices: elections, stand-ins, hand-overs (domain.md section 1)."""

from collections.abc import Iterable, Set
from datetime import date
from uuid import UUID

from pydantic import Field

from domain.clubs.club import Club, about, known
from domain.clubs.events import (
    BoardElected,
    ClubEvent,
    Office,
    OfficeHandedOver,
    OfficeHolder,
    StandInNamed,
)
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.values import Day, Id, Immutable, Sealed

_APART = {Office.TREASURER: Office.ACCOUNTANT, Office.ACCOUNTANT: Office.TREASURER}


class ElectBoard(Immutable):
    elected_on: Day
    holders: tuple[OfficeHolder, ...]


class NameStandIn(Immutable):
    """Người thay: who fills an office for a while, both days included."""

    occurred_on: Day
    office: Office = Field(strict=False)
    person_id: Id
    until: Day


class HandOverOffice(Immutable):
    """Books and papers; the treasurer's cash is handed over with a count (…/hand-overs)."""

    occurred_on: Day
    office: Office = Field(strict=False)
    outgoing_id: Id
    incoming_id: Id
    witness_id: Id
    note: Sealed | None = None


def elect_board(club: Club | None, command: ElectBoard, today: date) -> list[ClubEvent]:
    """Hard: the treasurer keeps the cash, the accountant the book; never one person."""
    club = known(club)
    not_in_the_future(command.elected_on, today)
    treasurers, accountants = (
        {holder.person_id for holder in command.holders if holder.office is office}
        for office in (Office.TREASURER, Office.ACCOUNTANT)
    )
    _refuse_both(treasurers & accountants)
    return [
        BoardElected(
            club_id=club.id,
            occurred_on=command.elected_on,
            holders=command.holders,
            concerns=(
                about(club.id),
                *(concerns_person(h.person_id, Role.OFFICER) for h in command.holders),
            ),
        )
    ]


def name_stand_in(
    club: Club | None,
    command: NameStandIn,
    today: date,
    also: frozenset[UUID] = frozenset(),
) -> list[ClubEvent]:
    """Hard: nobody stands in for the treasurer who keeps the book, or the other way round, under
    whatever id (`also` are the others of who is named)."""
    club = known(club)
    not_in_the_future(command.occurred_on, today)
    if command.until < command.occurred_on:
        raise Refusal("date-order", "Ngày cuối không thể trước ngày đầu.")
    other = _APART.get(command.office)
    if other is not None:
        _refuse_both((also | {command.person_id}) & set(_fills(club, other, command)))
    return [
        StandInNamed(
            club_id=club.id,
            occurred_on=command.occurred_on,
            office=command.office,
            person_id=command.person_id,
            until=command.until,
            concerns=(about(club.id), concerns_person(command.person_id, Role.OFFICER)),
        )
    ]


def hand_over_office(club: Club | None, command: HandOverOffice, today: date) -> list[ClubEvent]:
    """Hard: who hands over, who takes over and who watches are three people."""
    club = known(club)
    not_in_the_future(command.occurred_on, today)
    three = (command.outgoing_id, command.incoming_id, command.witness_id)
    if len(set(three)) < len(three):
        raise Refusal("same-person", "Bên giao, bên nhận và người chứng kiến là ba người.")
    return [
        OfficeHandedOver(
            club_id=club.id,
            occurred_on=command.occurred_on,
            office=command.office,
            outgoing_id=command.outgoing_id,
            incoming_id=command.incoming_id,
            witness_id=command.witness_id,
            note=command.note,
            concerns=(
                about(club.id),
                concerns_person(command.outgoing_id, Role.OFFICER),
                concerns_person(command.incoming_id, Role.OFFICER),
                concerns_person(command.witness_id, Role.SIGNATORY),
            ),
        )
    ]


def _fills(club: Club, office: Office, meanwhile: NameStandIn) -> Iterable[UUID]:
    """Who holds an office, and who stands in for it on any day of these."""
    yield from (holder.person_id for holder in club.board if holder.office is office)
    for one in club.stand_ins:
        if (
            one.office is office
            and one.since <= meanwhile.until
            and meanwhile.occurred_on <= one.until
        ):
            yield one.person_id


def _refuse_both(people: Set[UUID]) -> None:
    if people:
        raise Refusal("same-person", "Thủ quỹ và kế toán phải là hai người khác nhau.")
