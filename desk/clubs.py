"""Commands about a club and what it does together, each as the desk takes it."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from uuid import UUID

from desk.desk import Call, Desk, Receipt
from desk.units import code_of
from domain.clubs import board, decisions, meetings, standing
from domain.clubs.board import ElectBoard, HandOverOffice, NameStandIn
from domain.clubs.club import Club
from domain.clubs.decisions import AdoptRegulation, FoundClub, ReassignCommune
from domain.clubs.meetings import GiveSupport, HoldActivity, HoldMeeting, PostponeMeeting
from domain.clubs.standing import DissolveClub, Holdings, ResumeClub, SuspendClub
from domain.events import Event
from domain.histories import book_of
from domain.loans.accounts import Account, Fund
from domain.loans.book import BOOK, Book
from store.log import Work

ClubCommand = (
    ElectBoard
    | NameStandIn
    | HandOverOffice
    | SuspendClub
    | ResumeClub
    | HoldMeeting
    | PostponeMeeting
    | HoldActivity
    | GiveSupport
)

Placed = TypeVar("Placed", FoundClub, ReassignCommune)

_DECIDE: dict[type[Any], Callable[..., Iterable[Event]]] = {
    ElectBoard: board.elect_board,
    HandOverOffice: board.hand_over_office,
    SuspendClub: standing.suspend,
    ResumeClub: standing.resume,
    HoldMeeting: meetings.hold_meeting,
    PostponeMeeting: meetings.postpone_meeting,
    HoldActivity: meetings.hold_activity,
    GiveSupport: meetings.give_support,
}


def found_club(desk: Desk, call: Call, command: FoundClub) -> Receipt:
    there = located(command)
    return desk.in_club(
        call, command.club_id, lambda club, unit: decisions.found(club, there, desk.today)
    )


def reassign_commune(desk: Desk, call: Call, club_id: UUID, command: ReassignCommune) -> Receipt:
    there = located(command)
    return desk.in_club(
        call, club_id, lambda club, unit: decisions.reassign_commune(club, there, desk.today)
    )


def adopt_regulation(desk: Desk, call: Call, club_id: UUID, command: AdoptRegulation) -> Receipt:
    def decide(club: Club | None, unit: Work) -> Iterable[Event]:
        desk.known_people(unit, command.proposed_by, command.approved_by)
        also = desk.every_id(unit, command.approved_by)
        return decisions.adopt_regulation(club, command, desk.today, also)

    return desk.in_club(call, club_id, decide)


def record(desk: Desk, call: Call, club_id: UUID, command: ClubCommand) -> Receipt:
    """Anything that the club's own history decides; hard: whoever is named is registered."""

    def decide(club: Club | None, unit: Work) -> Iterable[Event]:
        desk.known_people(unit, *_people_named(command))
        if isinstance(command, NameStandIn):
            also = desk.every_id(unit, command.person_id)
            return board.name_stand_in(club, command, desk.today, also)
        return _DECIDE[type(command)](club, command, desk.today)

    return desk.in_club(call, club_id, decide, thing=_thing(command))


def elect_board(desk: Desk, call: Call, club_id: UUID, command: ElectBoard) -> Receipt:
    return record(desk, call, club_id, command)


def dissolve_club(desk: Desk, call: Call, club_id: UUID, command: DissolveClub) -> Receipt:
    """Decided on what the book holds, which must not have moved when it is recorded."""

    def decide(club: Club | None, unit: Work) -> Iterable[Event]:
        held = holdings(unit.load(BOOK, book_of(club_id)))
        return standing.dissolve(club, command, held, desk.today)

    return desk.in_club(call, club_id, decide)


def holdings(book: Book | None) -> Holdings:
    if book is None:
        return Holdings()

    def total(account: Account) -> int:
        return sum(book.balance(fund, account) for fund in Fund)

    return Holdings(
        principal=total(Account.LOANS), cash=total(Account.CASH), bank=total(Account.BANK)
    )


def located(command: Placed) -> Placed:
    """Named by the unit of its day: a commune that is no more today has no code, and says so."""
    if not (command.commune and command.province):
        return command
    code = code_of(command.commune, command.province)
    warnings = () if code is not None else ("unit-unknown",)
    return command.model_copy(update={"commune_code": code, "warnings": warnings})


def _thing(command: ClubCommand) -> UUID | None:
    match command:
        case HoldMeeting():
            return command.meeting_id
        case HoldActivity():
            return command.activity_id
        case GiveSupport():
            return command.support_id
        case _:
            return None


def _people_named(command: ClubCommand) -> Iterable[UUID]:
    match command:
        case ElectBoard():
            return (holder.person_id for holder in command.holders)
        case NameStandIn():
            return (command.person_id,)
        case HandOverOffice():
            return (command.outgoing_id, command.incoming_id, command.witness_id)
        case HoldMeeting():
            return command.attended
        case HoldActivity():
            return command.participants
        case GiveSupport():
            return (command.person_id, *command.given_by)
        case SuspendClub() | ResumeClub() | PostponeMeeting():
            return ()
