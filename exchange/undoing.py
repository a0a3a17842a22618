"""An import taken back whole, while nothing has been built on it."""

from collections.abc import Collection, Sequence
from uuid import UUID

from desk.desk import Desk
from domain.care import past
from domain.care.book import CARE
from domain.clubs import past as past_meetings
from domain.clubs.decisions import CLUB, Club
from domain.clubs.events import (
    ClubCorrectionProposed,
    ClubEntryWithdrawn,
    ClubFounded,
    ClubWithdrawn,
    MemberJoined,
    MembershipWithdrawn,
    PersonWithdrawn,
)
from domain.clubs.people import PERSON
from domain.errors import NotFound, Refusal
from domain.histories import book_of, care_book_of
from domain.loans import corrections
from domain.loans.book import BOOK
from domain.loans.corrections import Recorded
from domain.loans.events import WorkbookImported
from exchange.importing import CATCH_UP_SECONDS
from projections.follower import Follower
from store.log import Work
from store.mapper import Recorded as Logged


def undo_import(
    desk: Desk,
    follower: Follower,
    import_id: UUID,
    by: UUID | None = None,
    second: UUID | None = None,
) -> UUID:
    """Takes back everything an import brought; returns the club's id. `second` is who agrees.

    Raises `NotFound`, or `Refusal` when something was built on it or one hand does not do.
    """
    club_id = _club_of(desk, import_id)

    def work(unit: Work) -> str | None:
        club = unit.load(CLUB, club_id)
        book = unit.load(BOOK, book_of(club_id))
        story = [Recorded(r.event_id, r.event) for r in desk.log.story(book_of(club_id))]  # type: ignore[arg-type]
        desk.refuse_one_log_in((by,), (second,))
        taken_back = corrections.undo_import(
            book,
            story,
            import_id,
            desk.today,
            by=by,
            second=second,
            also=desk.every_id(unit, second) if second else frozenset(),
        )
        assert club is not None, "an imported book has its club"
        assert book is not None, "an import is told in its book"
        club_story = desk.log.story(club_id)
        brought = _brought(desk, unit, club_story, import_id)
        _refuse_built_on(club, club_story, import_id, book.undone, brought)
        care = unit.load(CARE, care_book_of(club_id))
        told = [(r.event_id, r.event) for r in desk.log.story(care_book_of(club_id))]
        withdrawn = past.undo_import(
            care,
            told,  # type: ignore[arg-type]
            import_id,
            book.undone,
            frozenset(brought),
            founded=_founded(club_story, import_id),
        )
        unit.say(BOOK, book_of(club_id), taken_back, club_id=club_id)
        unit.say(CARE, care_book_of(club_id), withdrawn, club_id=club_id)
        met = past_meetings.undo_meetings(
            club,
            [(r.event_id, r.event) for r in club_story],  # type: ignore[misc]
            import_id,
        )
        unit.say(CLUB, club_id, met, club_id=club_id)
        for recorded in club_story:
            event = recorded.event
            if event.origin is None or event.origin.import_id != import_id:
                continue
            if isinstance(event, MemberJoined):
                membership = MembershipWithdrawn(
                    club_id=club_id, person_id=event.person_id, import_id=import_id
                )
                unit.say(CLUB, club_id, [membership], club_id=club_id)
            elif isinstance(event, ClubFounded):
                gone = ClubWithdrawn(club_id=club_id, import_id=import_id)
                unit.say(CLUB, club_id, [gone], club_id=club_id)
        for person_id in brought:
            unit.load(PERSON, person_id)
            person = PersonWithdrawn(person_id=person_id, import_id=import_id)
            unit.say(PERSON, person_id, [person], club_id=club_id)
        return None

    desk.log.carry_out(work, actor=f"import:{by}" if by else "import")
    follower.catch_up(CATCH_UP_SECONDS)
    return club_id


def _brought(
    desk: Desk, unit: Work, club_story: Sequence[Logged], import_id: UUID
) -> dict[UUID, None]:
    """Whom the import made known: its members, and the neighbours of its care sheets."""
    mine = [r.event for r in club_story if r.event.origin and r.event.origin.import_id == import_id]
    people = dict.fromkeys(e.person_id for e in mine if isinstance(e, MemberJoined))
    club_id = club_story[0].originator_id
    care = [r.event for r in desk.log.story(care_book_of(club_id))]
    named = {
        concern.id
        for event in care
        if event.origin and event.origin.import_id == import_id
        for concern in event.concerns
    }
    club = unit.load(CLUB, club_id)
    assert club is not None, "whoever undoes an import knows its club"
    for person_id in sorted(named - club.members.keys()):
        registered = desk.log.story(person_id, until=1)[0].event.origin
        if registered is not None and registered.import_id == import_id:
            people[person_id] = None
    return people


def _founded(story: Sequence[Logged], import_id: UUID) -> bool:
    """Whether the club itself came with the import."""
    return any(
        isinstance(r.event, ClubFounded)
        and r.event.origin
        and r.event.origin.import_id == import_id
        for r in story
    )


def _refuse_built_on(
    club: Club,
    story: Sequence[Logged],
    import_id: UUID,
    undone: frozenset[UUID],
    brought: Collection[UUID],
) -> None:
    """Hard: a club an import founded goes only with nothing else in it, its people only while
    nobody did anything with them, its meetings only while nobody corrected them."""
    mine = [r for r in story if r.event.origin and r.event.origin.import_id == import_id]
    founded = _founded(story, import_id)
    gone = {recorded.event_id for recorded in mine}
    for recorded in story:
        event = recorded.event
        if event.origin is not None and event.origin.import_id in {import_id, *undone}:
            continue
        match event:
            case MembershipWithdrawn() | ClubWithdrawn():
                built_on = False
            case ClubEntryWithdrawn():
                built_on = event.import_id is None and (founded or event.withdraws in gone)
            case ClubCorrectionProposed():
                built_on = founded or event.corrects in gone
            case _:
                about = any(concern.id in brought for concern in event.concerns)
                built_on = (founded or about) and recorded.event_id not in club.corrected
        if built_on:
            raise Refusal(
                "import-built-on", "Câu lạc bộ đã có thay đổi khác nên không thể hoàn tác cả lần."
            )


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
