"""What waits for a second person: each thing with what it will change, and why not by this one."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from api.inbox import RoleWaiting, show_inbox
from desk import corrections
from domain.accounts.permissions import Action
from domain.accounts.roles import Role
from domain.care.book import CARE
from domain.clubs.decisions import CLUB
from domain.events import Event
from domain.histories import book_of, care_book_of
from domain.loans.accounts import Account, Fund
from domain.loans.book import BOOK, Book
from domain.loans.loan import Loan, Step
from domain.loans.parties import known_loan
from projections import loans, waiting
from projections.loans import LoanRow
from store.log import Work
from web.entry import Entry
from web.proposals import Proposal, proposal
from web.proposals import people_in as named_in
from web.translations import marked

_OWN_PROPOSAL = marked("Người đề nghị không tự duyệt; chờ người khác.")
_OWN_LOAN = marked("Người vay không tự duyệt khoản vay của mình.")
_OWN_GUARANTEE = marked("Người bảo lãnh không duyệt khoản vay mình bảo lãnh.")
_BOARD = marked("Chủ nhiệm hoặc kế toán duyệt.")
_CARERS = marked("Người phụ trách chăm sóc khác duyệt.")
_CHAIR = marked("Chủ nhiệm duyệt.")
_ONE_LOG_IN = marked(
    "Người đề nghị và mình: một người vào bằng mã do người kia cấp; chờ người khác duyệt."
)


class Waits(NamedTuple):
    """A correction; `why` the reader does not let it stand, "" where they may."""

    proposal: Proposal
    why: str


class Requested(NamedTuple):
    """A loan that waits for the vote, with what its payout would leave."""

    loan: LoanRow
    asked: Loan
    why: str
    """The reader does not approve it; they reject it wherever they decide."""
    decides: bool
    money: int
    """Of the loan fund, in the box and at the bank, in đồng."""
    owed: int
    """What the borrower owes besides, in đồng."""


class Count(NamedTuple):
    """A cash count with a difference nobody has settled; positive is a shortage, in đồng."""

    event_id: UUID
    club_id: UUID
    on: date
    difference: int
    funds: tuple[Fund, ...]
    why: str


class Inbox(NamedTuple):
    proposals: tuple[Waits, ...]
    asked: tuple[Requested, ...]
    approved: tuple[LoanRow, ...]
    """Loans that wait for their money."""
    counts: tuple[Count, ...]
    mine: tuple[tuple[UUID, Event], ...]
    """Typed for the reader by somebody else: they say whether it is right."""
    roles: tuple[RoleWaiting, ...]

    def is_empty(self) -> bool:
        return not any(self)


def clubs_of(page: Entry) -> list[UUID]:
    """Those in which the reader holds an office."""
    scopes = [grant.scope for grant in page.caller.known().grants]
    return list(dict.fromkeys(UUID(scope.id) for scope in scopes if scope.kind == "club"))


def inbox(page: Entry, club_id: UUID | None = None) -> Inbox:
    """In one club; without, wherever the reader holds an office, and what is theirs alone."""
    desk = page.parts.desk
    me = desk.every_id(Work(desk.log, actor="reader"), page.caller.known().person_id)
    clubs = [club_id] if club_id else clubs_of(page)
    money = [id for id in clubs if page.may(Action.READ_PAPERS, id)]
    care = [id for id in clubs if page.may(Action.WRITE_CARE, id)]
    # Nothing is asked of the desk while a connection is held.
    with page.read.at(page.reading) as connection:
        lent = {id: loans.of_club(connection, id) for id in money}
        typed = waiting.confirmations(connection, list(me))
    found = [_of_money(page, id, lent[id], me) for id in money]
    waits = [one for club in found for one in club.proposals]
    waits += [_waits(page, event_id, me) for id in care for event_id in _of_care(page, id)]
    return Inbox(
        tuple(waits),
        tuple(one for club in found for one in club.asked),
        tuple(one for club in found for one in club.approved),
        tuple(one for club in found for one in club.counts),
        tuple(_typed(page, one.event_id) for one in typed if club_id in (None, one.club_id)),
        tuple(_roles(page)) if club_id is None else (),
    )


def _of_money(page: Entry, club_id: UUID, lent: Sequence[LoanRow], me: frozenset[UUID]) -> Inbox:
    """To whoever reads the club's papers; what the club did together, too."""
    log = page.parts.desk.log
    book, club = log.load(BOOK, book_of(club_id)).state or Book(), log.load(CLUB, club_id).state
    decides = page.may(Action.DECIDE, club_id)
    today = page.parts.desk.today
    allowed = club.regulation_on(today).rules.count_difference_max if club else 0
    waits = [*book.proposals, *(club.proposals if club else ())]
    # What was decided a moment ago may still stand in the read model.
    asked = (one for one in lent if one.step == Step.REQUESTED and one.loan_id in book.loans)
    return Inbox(
        tuple(_waits(page, event_id, me) for event_id in waits),
        tuple(_requested(page, book, one, me, decides) for one in asked),
        tuple(one for one in lent if one.step == Step.APPROVED),
        tuple(_counts(page, club_id, book, allowed, decides)),
        (),
        (),
    )


def _of_care(page: Entry, club_id: UUID) -> frozenset[UUID]:
    care = page.parts.desk.log.load(CARE, care_book_of(club_id)).state
    return care.proposals if care else frozenset()


def _roles(page: Entry) -> list[RoleWaiting]:
    if not page.page.who.is_a(Role.ADMINISTRATOR):
        return []
    return show_inbox(page.reading, page.caller, page.read, page.parts)["roles"]


def _waits(page: Entry, event_id: UUID, me: frozenset[UUID]) -> Waits:
    found = proposal(page.parts.desk, event_id)
    assert found is not None, "what waits was proposed"
    if found.proposed_by in me:
        return Waits(found, _OWN_PROPOSAL)
    if not page.may(Action.AGREE, event_id=event_id):
        return Waits(found, _CARERS if found.of_care else _BOARD)
    together = page.parts.desk.are_one_log_in(me, (found.proposed_by,))
    return Waits(found, _ONE_LOG_IN if together else "")


def _requested(
    page: Entry, book: Book, loan: LoanRow, me: frozenset[UUID], decides: bool
) -> Requested:
    money = sum(book.balance(Fund.LOAN, account) for account in (Account.CASH, Account.BANK))
    owed = sum(one.outstanding for one in book.live_loans_of(loan.borrower_id))
    decides = decides and loan.borrower_id not in me
    asked = known_loan(book, loan.loan_id)
    return Requested(loan, asked, _why_not(page, asked, me, decides), decides, money, owed)


def _why_not(page: Entry, loan: Loan, me: frozenset[UUID], decides: bool) -> str:
    if loan.borrower_id in me:
        return _OWN_LOAN
    if not decides:
        return _CHAIR
    if me.intersection(loan.guarantor_ids):
        return _OWN_GUARANTEE
    hands = {loan.proposed_by, loan.request_typed_by}
    if hands & me:
        return _OWN_PROPOSAL
    return _ONE_LOG_IN if page.parts.desk.are_one_log_in(me, hands) else ""


def _counts(page: Entry, club_id: UUID, book: Book, allowed: int, decides: bool) -> Iterator[Count]:
    """What the by-laws allow a box to differ by, in đồng, keeps nobody from anything."""
    waiting_ = [
        one
        for one in book.counts
        if abs(one.difference) > allowed and not one.settled and one.version
    ]
    story = page.parts.desk.log.story(book_of(club_id)) if waiting_ else []
    for one in waiting_:
        event_id = story[one.version - 1].event_id
        why = "" if decides else _CHAIR
        yield Count(event_id, club_id, one.on, one.difference, one.funds, why)


def _typed(page: Entry, event_id: UUID) -> tuple[UUID, Event]:
    desk = page.parts.desk
    home = corrections.home_of(desk, event_id)
    return event_id, corrections.correctable_event(desk, home, event_id)


def people_in(found: Inbox) -> list[UUID]:
    lent = [loan.borrower_id for loan in (*(one.loan for one in found.asked), *found.approved)]
    waits = [one.proposal for one in found.proposals]
    changed = [id for one in waits for id in named_in(one.changes)]
    asked = [id for one in found.asked for id in (one.asked.proposed_by, *one.asked.guarantor_ids)]
    return [*lent, *changed, *(one.proposed_by for one in waits), *(id for id in asked if id)]
