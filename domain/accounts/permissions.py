"""Who may do what: one table, to be read line by line. What it does not allow is not there.

A line says, of one thing to be done, which roles may do it and how far: `here` is everything in the
place the role was given for. Nobody has a right by their office alone: roles are given by two
people, for a place, from a day and to a day (`roles`). Four eyes, by person, come on top of all
this.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from domain.accounts.roles import Grant, Role, Scope
from domain.accounts.who import Who


class Action(StrEnum):
    """What somebody may be let do; a closed list."""

    USE = "use"
    """What everybody with an account may: administrative units, the signed
    heads of the log, the reply to a command of one's own, one's own account."""
    SEE_CLUB = "see-club"
    """That a club is there, where it is, who is on its board."""
    READ_PEOPLE = "read-people"
    """Names, households, attendance, who worked when, a person's story without health."""
    WRITE_PEOPLE = "write-people"
    """Joins, moves, deaths, corrected names, consents, two entries of one person."""
    RUN_CLUB = "run-club"
    """Board, by-laws, meetings, activities, help given."""
    FOUND_CLUB = "found-club"
    """A club begins, rests, goes on, ends, or comes to another commune."""
    READ_FIGURES = "read-figures"
    """Sums that name nobody: key figures, balances, reports."""
    READ_BOOKS = "read-books"
    """Ledger, cash book, loan book, vouchers, loans, findings."""
    READ_PAPERS = "read-papers"
    """Vouchers, statements, counts and a club's whole report; all evidence of one loan: with the
    people's names."""
    WRITE_BOOKS = "write-books"
    """Money received and paid."""
    BRING_BOOK = "bring-book"
    """A club's book kept in a file, to be looked through row by row; what of it comes in is asked
    of the club that the file names."""
    ASK_LOAN = "ask-loan"
    """Requests, appraisals, checks of use, a balance confirmed or disputed."""
    DECIDE = "decide"
    """Approvals and all else that changes what is owed: extension, freeze, waiver, write-off."""
    COUNT_CASH = "count-cash"
    CLOSE_BOOKS = "close-books"
    """Opening balances, the close of a period, the treasury handed over."""
    CONFIRM = "confirm"
    """What one did oneself and a clerk wrote down."""
    CORRECT = "correct"
    """A correction looked at and proposed."""
    AGREE = "agree"
    """A correction approved."""
    STAND_BESIDE = "stand-beside"
    """The other hand of what takes two at once: to have proposed, settled or closed what somebody
    else decides. Asked of that person's own roles, where the thing lies."""
    READ_HEALTH = "read-health"
    """Home care and health readings: who is visited, what for, what was found."""
    WRITE_CARE = "write-care"
    """Care begun, assessed, planned, ended; volunteers taken on and assigned; health recorded."""
    WRITE_VISITS = "write-visits"
    """Visits made or missed, with what was measured and told there; referrals."""
    WRITE_WORK = "write-work"
    """Shifts planned, worked, cancelled."""
    READ_ASSOCIATION = "read-association"
    """The Association of the Elderly of a province or commune, and the reports it handed in."""
    WRITE_ASSOCIATION = "write-association"
    """Its trainings, news, plans and reports."""
    AUDIT = "audit"
    """What to look at first, what became of each donor's money, receipts of single events."""
    FOLLOW_LOG = "follow-log"
    """Events as they are recorded, sealed; of care, that something was recorded."""
    ADMINISTER = "administer"
    """Accounts opened; roles proposed, agreed to and withdrawn."""
    SHUT_ACCOUNT = "shut-account"
    """An account shut, and opened again; only one whose roles reach no further than the caller's,
    as for a code (RESET)."""
    ASK_ABOUT_DATA = "ask-about-data"
    """Requests about one's personal data: a copy, a correction, consent withdrawn, erasure."""
    DECIDE_ABOUT_DATA = "decide-about-data"
    """Whether such a request is granted, and that it was carried out."""
    HAND_OVER_DATA = "hand-over-data"
    """All that is kept of one person, health too, and who looked: for that person."""
    RESET = "reset"
    """A code for somebody who forgot their password."""


class Reach(StrEnum):
    """How far a role goes in its place."""

    HERE = "here"
    OWN = "own"
    """Of themselves alone."""
    ASSIGNED = "assigned"
    """Of the people under care they are assigned to, as long as they are."""
    REASON = "reason"
    """Only with a reason, which is written down."""
    SAMPLED = "sampled"
    """Of the loans an audit drew in a sample."""
    TYPING = "typing"
    """Only as a clerk, for somebody they name who did it; that person has to confirm it."""


here, own, assigned = Reach.HERE, Reach.OWN, Reach.ASSIGNED
reason, sampled, typing = Reach.REASON, Reach.SAMPLED, Reach.TYPING

treasurer, accountant, chair, secretary = (
    Role.TREASURER,
    Role.ACCOUNTANT,
    Role.CHAIR,
    Role.SECRETARY,
)
coordinator, volunteer, member = Role.CARE_COORDINATOR, Role.VOLUNTEER, Role.MEMBER
commune, province, auditor = Role.COMMUNE_OFFICER, Role.PROVINCIAL_OFFICER, Role.AUDITOR
relative, administrator = Role.RELATIVE, Role.ADMINISTRATOR

_BOARD: Final = {treasurer: here, accountant: here, chair: here, secretary: here}
_OFFICERS: Final = {commune: here, province: here}
_WITH_REASON: Final = {commune: reason, province: reason}

TABLE: Final[Mapping[Action, Mapping[Role, Reach]]] = {
    Action.USE: dict.fromkeys(Role, here),
    Action.SEE_CLUB: _BOARD
    | _OFFICERS
    | {coordinator: here, volunteer: here, member: here, auditor: here, administrator: here},
    Action.READ_PEOPLE: _BOARD
    | _WITH_REASON
    | {
        coordinator: here,
        volunteer: assigned,
        relative: here,
        member: own,
        administrator: reason,
    },
    Action.WRITE_PEOPLE: {chair: here, secretary: here, coordinator: here, commune: here},
    Action.RUN_CLUB: {chair: here, secretary: here, commune: here},
    Action.FOUND_CLUB: _OFFICERS | {administrator: here},
    Action.READ_FIGURES: _BOARD | _OFFICERS | {coordinator: here, auditor: here},
    Action.READ_BOOKS: _BOARD | _WITH_REASON | {auditor: here},
    Action.READ_PAPERS: _BOARD | _WITH_REASON | {auditor: sampled},
    Action.WRITE_BOOKS: {treasurer: here, accountant: here, secretary: typing, commune: typing},
    Action.BRING_BOOK: {treasurer: here, accountant: here, administrator: here} | _OFFICERS,
    Action.ASK_LOAN: _BOARD | {commune: typing},
    Action.DECIDE: {chair: here, commune: here, accountant: typing, secretary: typing},
    Action.COUNT_CASH: _BOARD | {commune: here},
    Action.CLOSE_BOOKS: {accountant: here, chair: here, secretary: typing, commune: typing},
    Action.CONFIRM: _BOARD | _OFFICERS | {coordinator: here, volunteer: here, member: here},
    Action.CORRECT: _BOARD | {commune: here},
    Action.AGREE: {chair: here, accountant: here, commune: here, secretary: typing},
    Action.STAND_BESIDE: _BOARD | {commune: here},
    Action.READ_HEALTH: {coordinator: here, volunteer: assigned, relative: here, member: own},
    Action.WRITE_CARE: {coordinator: here},
    Action.WRITE_VISITS: {coordinator: here, volunteer: assigned},
    Action.WRITE_WORK: {chair: here, secretary: here, coordinator: here, volunteer: own},
    Action.READ_ASSOCIATION: _OFFICERS,
    Action.WRITE_ASSOCIATION: _OFFICERS,
    Action.AUDIT: _BOARD | {province: here, auditor: here},
    Action.FOLLOW_LOG: {province: here, auditor: here},
    Action.ADMINISTER: {administrator: here},
    Action.SHUT_ACCOUNT: {administrator: here},
    Action.ASK_ABOUT_DATA: {
        member: own,
        relative: here,
        chair: here,
        secretary: here,
        coordinator: here,
        commune: here,
    },
    Action.DECIDE_ABOUT_DATA: {chair: here} | _OFFICERS,
    Action.HAND_OVER_DATA: {member: own, relative: here, coordinator: here},
    Action.RESET: {administrator: here, commune: here, province: here},
}

OF_CARE: Final[Mapping[Action, Action]] = {
    Action.CORRECT: Action.WRITE_CARE,
    Action.AGREE: Action.WRITE_CARE,
    Action.AUDIT: Action.READ_HEALTH,
    Action.READ_BOOKS: Action.READ_HEALTH,
    Action.READ_PAPERS: Action.READ_HEALTH,
}
"""What the same asks of an event of care: the wall between money and health."""

OF_ASSOCIATION: Final[Mapping[Action, Action]] = {
    Action.CORRECT: Action.WRITE_ASSOCIATION,
    Action.AGREE: Action.WRITE_ASSOCIATION,
}


class Place(NamedTuple):
    """Where a thing lies: its club, and the codes of today's commune and province."""

    club: UUID | None = None
    commune: str | None = None
    province: str | None = None


class Subject(NamedTuple):
    """What something is to be done to; of a thing in several clubs one place is enough."""

    places: tuple[Place, ...] = ()
    person: UUID | None = None
    assigned: frozenset[UUID] = frozenset()
    """Who is assigned to the person, who is under care."""
    sampled: bool = False
    """An audit drew the loan in a sample."""


class Decision(NamedTuple):
    allowed: bool
    grants: tuple[Grant, ...] = ()
    """Those that allow it."""
    needs_reason: bool = False
    """It is allowed to whoever gives one; else it looks as if it were not there."""


def may(
    who: Who,
    action: Action,
    subject: Subject | None = None,
    *,
    reason_given: bool = False,
    typing_for_another: bool = False,
    narrowed: bool = False,
) -> Decision:
    """What the table says. Without a subject: whether anywhere at all; what is then shown has to be
    narrowed to where. `narrowed`: of a whole club no more is shown than each person's part."""
    line, found, waiting = TABLE[action], [], False
    for grant in who.grants:
        reach = line.get(grant.role)
        if reach is None or not _reaches(grant, reach, subject, who, narrowed=narrowed):
            continue
        if reach is Reach.TYPING and not typing_for_another:
            continue
        if reach is Reach.REASON and not reason_given:
            waiting = True
            continue
        found.append(grant)
    return Decision(bool(found), tuple(found), waiting and not found)


def _reaches(
    grant: Grant, reach: Reach, subject: Subject | None, who: Who, *, narrowed: bool
) -> bool:
    if subject is None:
        return reach is not Reach.SAMPLED
    if narrowed and subject.person is None:
        return covers(grant, subject)
    match reach:
        case Reach.OWN:
            return subject.person == who.person_id
        case Reach.ASSIGNED:
            return who.person_id in subject.assigned and covers(grant, subject)
        case Reach.SAMPLED:
            return subject.sampled and covers(grant, subject)
        case _:
            return covers(grant, subject)


def covers(grant: Grant, subject: Subject) -> bool:
    if grant.scope.kind == "person":
        return subject.person is not None and str(subject.person) == grant.scope.id
    return any(holds_in(grant.scope, place) for place in subject.places)


def holds_in(scope: Scope, place: Place) -> bool:
    match scope.kind:
        case "nation":
            return True
        case "club":
            return place.club is not None and str(place.club) == scope.id
        case "commune":
            return place.commune == scope.id
        case "province":
            return place.province == scope.id
        case "person":
            return False


def anywhere(grants: Iterable[Grant]) -> bool:
    """Whether they leave nothing out."""
    return any(grant.scope.kind == "nation" for grant in grants)
