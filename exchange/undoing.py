"""An import taken back whole, while nothing has been built on it."""

from collections.abc import Sequence
from uuid import UUID

from desk.desk import Desk
from domain.clubs.decisions import CLUB
from domain.clubs.events import (
    BoardElected,
    ClubFounded,
    ClubWithdrawn,
    MemberJoined,
    MemberLeft,
    MembershipWithdrawn,
    PersonWithdrawn,
)
from domain.clubs.people import PERSON
from domain.errors import NotFound, Refusal
from domain.histories import book_of
from domain.loans import corrections
from domain.loans.book import BOOK
from domain.loans.corrections import Recorded
from domain.loans.events import WorkbookImported
from exchange.importing import CATCH_UP_SECONDS
from projections.follower import Follower
from store.log import Work
from store.mapper import Recorded as Logged


def undo_import(desk: Desk, follower: Follower, import_id: UUID) -> UUID:
    """Takes back everything an import brought; returns the club's id.

    Raises `NotFound`, or `Refusal` when something was built on it.
    """
    club_id = _club_of(desk, import_id)

    def work(unit: Work) -> str | None:
        club = unit.load(CLUB, club_id)
        book = unit.load(BOOK, book_of(club_id))
        story = [Recorded(r.event_id, r.event) for r in desk.log.story(book_of(club_id))]  # type: ignore[arg-type]
        taken_back = corrections.undo_import(book, story, import_id, desk.today)
        assert club is not None, "an imported book has its club"
        assert book is not None, "an import is told in its book"
        club_story = desk.log.story(club_id)
        _refuse_built_on(club_story, import_id, book.undone)
        unit.say(BOOK, book_of(club_id), taken_back, club_id=club_id)
        for recorded in club_story:
            event = recorded.event
            if event.origin is None or event.origin.import_id != import_id:
                continue
            if isinstance(event, MemberJoined):
                _withdraw(unit, club_id, event.person_id, import_id)
            elif isinstance(event, ClubFounded):
                gone = ClubWithdrawn(club_id=club_id, import_id=import_id)
                unit.say(CLUB, club_id, [gone], club_id=club_id)
        return None

    desk.log.carry_out(work, actor="import")
    follower.catch_up(CATCH_UP_SECONDS)
    return club_id


def _refuse_built_on(story: Sequence[Logged], import_id: UUID, undone: frozenset[UUID]) -> None:
    """Hard: a club an import founded goes only with nothing else in it, its members only while
    nobody did anything with them."""
    mine = [r.event for r in story if r.event.origin and r.event.origin.import_id == import_id]
    founded = any(isinstance(event, ClubFounded) for event in mine)
    people = {event.person_id for event in mine if isinstance(event, MemberJoined)}
    for event in (recorded.event for recorded in story):
        if event.origin is not None and event.origin.import_id in {import_id, *undone}:
            continue
        match event:
            case MembershipWithdrawn() | ClubWithdrawn():
                built_on = False
            case MemberLeft():
                built_on = founded or event.person_id in people
            case BoardElected():
                built_on = founded or any(h.person_id in people for h in event.holders)
            case _:
                built_on = founded
        if built_on:
            raise Refusal(
                "import-built-on", "Câu lạc bộ đã có thay đổi khác nên không thể hoàn tác cả lần."
            )


def _withdraw(unit: Work, club_id: UUID, person_id: UUID, import_id: UUID) -> None:
    membership = MembershipWithdrawn(club_id=club_id, person_id=person_id, import_id=import_id)
    unit.say(CLUB, club_id, [membership], club_id=club_id)
    unit.load(PERSON, person_id)
    withdrawn = PersonWithdrawn(person_id=person_id, import_id=import_id)
    unit.say(PERSON, person_id, [withdrawn], club_id=club_id)


def _club_of(desk: Desk, import_id: UUID) -> UUID:
    with desk.log.database.connection() as connection:
        row = connection.execute(
            """SELECT club_id FROM log.events WHERE topic = %s
               AND convert_from(state, 'UTF8')::jsonb ->> 'import_id' = %s""",
            (WorkbookImported.TOPIC, str(import_id)),
        ).fetchone()
    if row is None:
        raise NotFound("Không có lần nhập này.")
    club_id: UUID = row[0]
    return club_id
