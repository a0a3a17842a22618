"""Members: found by name without tones; one person's page with everything that was recorded."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.clubs import ClubQuery, MembersQuery, list_members, show_member
from api.histories import HistoryQuery, show_history
from api.parameters import PathId
from domain.accounts.permissions import Action
from projections.kinds import StoryKind
from projections.portfolio import LoanAt, portfolio
from projections.story_views import StoryItem
from projections.times import seen
from web.asking import Allowed, may
from web.entry import Entry
from web.page import Inside, Page, PageRoute
from web.recorders import recorder

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/clubs/{club_id}/members")
def show_members(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)], page: Inside, club_id: PathId
) -> Response:
    page.opens(club_id)
    query = page.asks(MembersQuery)
    found = list_members(
        club_id=club_id, query=query, allowed=allowed, read=page.read, pages=page.turning
    )
    template = "members_part.html" if page.is_part else "members.html"
    return page.show(
        template,
        found=found,
        q=query.q or "",
        takes_in=Entry(page).may(Action.WRITE_PEOPLE, club_id),
    )


@router.get("/members/{member_id}")
def show_person(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)], page: Inside, member_id: PathId
) -> Response:
    """As of a day, if one is named; the story by kind, if one is chosen."""
    query = page.asks(HistoryQuery)
    person = show_member(
        member_id=member_id,
        query=ClubQuery(
            as_of=query.as_of, known_at=query.known_at, after_position=query.after_position
        ),
        allowed=allowed,
        read=page.read,
        parts=page.parts,
        response=Response(),
    )
    story = show_history(
        member_id=member_id,
        query=query,
        allowed=allowed,
        read=page.read,
        parts=page.parts,
        pages=page.turning,
        english=page.english,
    )
    whole = (
        story
        if query.kind is None
        else show_history(
            member_id=member_id,
            query=query.model_copy(update={"kind": None, "after": None, "limit": 1}),
            allowed=allowed,
            read=page.read,
            parts=page.parts,
            pages=page.turning,
            english=page.english,
        )
    )
    return Entry(page).show(
        "member.html",
        person=person,
        story=story,
        whole=whole,
        recorders=_recorders(page, [item["position"] for item in story["items"]]),
        leads=_leads(page, member_id, story["items"]),
        loans=loans_of(page, member_id, query.as_of or page.today, query.known_at),
        kinds=[str(kind) for kind in StoryKind],
        query=query,
        keeps_accounts=Entry(page).may(Action.RESET, member_id=member_id),
    )


def _recorders(page: Page, positions: list[int]) -> dict[int, str]:
    """Who wrote each event down."""
    with page.reading() as connection:
        actors = dict(
            connection.execute(
                "SELECT notification_id, actor FROM log.events WHERE notification_id = ANY (%s)",
                (positions,),
            ).fetchall()
        )
        by = {actor: recorder(actor) for actor in set(actors.values())}
        people = [one.person_id for one in by.values() if one.person_id]
        names = page.read.names(connection, people, "recorders")
    return {at: page.names_recorder(by[actor], names) for at, actor in actors.items()}


def _leads(page: Page, member_id: UUID, items: Sequence[StoryItem]) -> dict[str, str]:
    """Where each event opens: of care, to whoever leads it; all else, with the books."""
    entry = Entry(page)
    books = entry.may(Action.READ_BOOKS, member_id=member_id)
    care = entry.may(Action.WRITE_CARE, member_id=member_id)
    with page.reading() as connection:
        told = connection.execute(
            "SELECT event_id::text, topic FROM log.events WHERE notification_id = ANY (%s)",
            ([one["position"] for one in items],),
        ).fetchall()
    return {
        event_id: f"/events/{event_id}"
        for event_id, topic in told
        if (care if topic.startswith("care.") else books)
    }


def loans_of(
    page: Page, member_id: UUID, day: date, known_at: datetime | None = None
) -> list[LoanAt]:
    """The loans they had asked for by the day that is looked at, the newest first."""
    with page.reading() as connection:
        asked_for = connection.execute(
            """SELECT loan_id, club_id FROM read.loans
               WHERE borrower_id = %s AND step <> 'withdrawn' ORDER BY loan_id DESC""",
            (member_id,),
        ).fetchall()
        return [
            loan
            for loan_id, club_id in asked_for
            for loan in portfolio(
                connection, seen(connection, club_id, day, known_at), loan_id=loan_id
            )
        ]
