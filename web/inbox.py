"""What waits for a second person in one club, with what it will change."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from api.reading import Connection
from desk.desk import Desk
from domain.care.book import CARE
from domain.clubs.decisions import CLUB
from domain.events import Event
from domain.histories import book_of, care_book_of
from domain.loans.book import BOOK, Book
from domain.loans.loan import Step
from domain.loans.recorded import Recorded, acted_in
from domain.loans.standing_by import unconfirmed
from projections import loans
from projections.loans import LoanRow
from web.proposals import Proposal, proposal
from web.proposals import people_in as named_in


class Count(NamedTuple):
    """A cash count with a difference nobody has settled; positive is a shortage, in đồng."""

    event_id: UUID
    on: date
    difference: int


class Inbox(NamedTuple):
    proposals: tuple[Proposal, ...]
    asked: tuple[LoanRow, ...]
    """Loans that wait for the vote and the approval."""
    approved: tuple[LoanRow, ...]
    """Loans that wait for their money."""
    counts: tuple[Count, ...]
    mine: tuple[tuple[UUID, Event], ...]
    """Typed for the reader by somebody else: they say whether it is right."""

    def __len__(self) -> int:
        return sum(map(len, self[:5]))


def inbox(desk: Desk, connection: Connection, club_id: UUID, me: UUID | None) -> Inbox:
    book_id = book_of(club_id)
    book = desk.log.load(BOOK, book_id).state or Book()
    story = [Recorded(one.event_id, one.event) for one in desk.log.story(book_id)]  # type: ignore[arg-type]
    lent = loans.of_club(connection, club_id)
    return Inbox(
        tuple(_proposals(desk, club_id, book)),
        tuple(loan for loan in lent if loan.step == Step.REQUESTED),
        tuple(loan for loan in lent if loan.step == Step.APPROVED),
        tuple(_counts(book, story)),
        tuple(_mine(book, story, desk.today, me)),
    )


def _proposals(desk: Desk, club_id: UUID, book: Book) -> Iterator[Proposal]:
    care = desk.log.load(CARE, care_book_of(club_id)).state
    club = desk.log.load(CLUB, club_id).state
    waiting = [
        *book.proposals,
        *(care.proposals if care else ()),
        *(club.proposals if club else ()),
    ]
    for event_id in waiting:
        found = proposal(desk, event_id)
        assert found is not None, "what waits was proposed"
        yield found


def _counts(book: Book, story: list[Recorded]) -> Iterator[Count]:
    for count in book.counts:
        if count.difference and not count.settled and count.version:
            yield Count(story[count.version - 1].id, count.on, count.difference)


def _mine(
    book: Book, story: list[Recorded], today: date, me: UUID | None
) -> Iterator[tuple[UUID, Event]]:
    if me is None:
        return
    waiting = set(unconfirmed(story, book.closed_until, today))
    confirmed = {
        one.event.event_id  # type: ignore[union-attr]
        for one in story
        if one.event.TOPIC == "loans.EntryConfirmed" and one.event.confirmed_by == me  # type: ignore[union-attr]
    }
    for one in story:
        if one.id in waiting and one.id not in confirmed and me in acted_in(one.event):
            yield one.id, one.event


def people_in(found: Inbox) -> list[UUID]:
    lent = [loan.borrower_id for loan in (*found.asked, *found.approved)]
    changed = [id for one in found.proposals for id in named_in(one.changes)]
    return [*lent, *changed, *(one.proposed_by for one in found.proposals)]
