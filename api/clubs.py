"""Clubs and the people in them."""

from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Query, Response

from api.papers import papers
from api.parameters import (
    AsKnown,
    Cursor,
    KeyId,
    Listing,
    Page,
    PathId,
    Reading,
    Search,
    SortKey,
    Turning,
)
from api.permissions import Allowed, may
from api.reading import Read, Within, tag
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.values import Purpose
from projections import club_life, clubs
from projections.clubs import ClubRow
from projections.member_page import PersonPage, person_page
from projections.times import known
from projections.vietnamese import folded
from projections.views import (
    ClubPage,
    ClubView,
    MemberView,
    club_page,
    club_view,
    member_view,
)

router = APIRouter(prefix="/v1")

_CLUB = Cursor[UUID](KeyId)
_MEMBER = Cursor[tuple[str, UUID]](tuple[SortKey, KeyId])


class MembersQuery(Page):
    q: Search | None = None


@router.get("/clubs")
def list_clubs(
    allowed: Annotated[Allowed, may(Action.SEE_CLUB)],
    query: Annotated[Page, Query()],
    read: Read,
    pages: Turning,
) -> Listing[ClubView]:
    """Every club that is the caller's to see, the oldest first."""
    after = _CLUB.read(query.after)
    with read.at(query) as connection:
        only = allowed.clubs(connection)
        rows = clubs.all_clubs(connection, only=only, after=after, limit=query.limit + 1)
    page, more = pages.cut(rows, query.limit, lambda row: _CLUB.write(row.club_id))
    return Listing(items=[club_view(row) for row in page], next=more)


class ClubQuery(Reading, AsKnown):
    pass


@router.get("/clubs/{club_id}")
def show_club(
    allowed: Annotated[Allowed, may(Action.SEE_CLUB)],
    club_id: PathId,
    query: Annotated[ClubQuery, Query()],
    read: Read,
    parts: Within,
    response: Response,
) -> ClubPage:
    """A club as of a day, with the commune and province of that day; who is on its board now."""
    day = query.as_of or parts.desk.today
    with read.at(query) as connection:
        response.headers["ETag"] = tag(read.version(connection, club_id))
        club = known_club(connection, club_id)
        upto, _ = known(connection, ("club-life",), query.known_at)
        on_day = club_life.on_day(connection, club_id, day, upto)
        return club_page(club, on_day, day, clubs.board(connection, club_id))


@router.get("/clubs/{club_id}/members")
def list_members(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[MembersQuery, Query()],
    read: Read,
    pages: Turning,
) -> Listing[MemberView]:
    """Members by given name, the Vietnamese way; `q` is a part of the name, tones or not."""
    key = _MEMBER.read(query.after)
    with read.at(query) as connection:
        known_club(connection, club_id)
        rows = clubs.members(
            connection,
            club_id,
            search=folded(query.q or "") or None,
            after=(bytes.fromhex(key[0]), key[1]) if key else None,
            limit=query.limit + 1,
        )
        people = [row.person_id for _, row in rows[: query.limit]]
        read.looked_at(connection, people, Purpose.IDENTITY, "list_members")
    page, more = pages.cut(
        rows, query.limit, lambda found: _MEMBER.write((found[0].hex(), found[1].person_id))
    )
    return Listing(items=[member_view(row) for _, row in page], next=more)


@router.get("/members/{member_id}")
def show_member(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    member_id: PathId,
    query: Annotated[ClubQuery, Query()],
    read: Read,
    parts: Within,
    response: Response,
) -> PersonPage:
    """One person, whatever clubs they belong to, as of a day and as known at an instant.

    What may not be seen without consent is null, and `hidden` says for which purposes.
    """
    day = query.as_of or parts.desk.today
    with read.at(query, of=member_id) as connection:
        response.headers["ETag"] = tag(read.version(connection, member_id))
        person = person_page(connection, parts.keys, member_id, day, query.known_at)
        if person is None:
            raise NotFound("Không có người này trong sổ.")
        read.looked_at(connection, [member_id], Purpose.IDENTITY, "show_member")
        return person


papers(
    router,
    list_clubs,
    "Câu lạc bộ",
    {
        "id": "Mã",
        "name": "Tên",
        "village": "Thôn",
        "commune": "Xã",
        "province": "Tỉnh",
        "decision": "Quyết định",
        "founded_on": "Ngày thành lập",
        "meeting_day": "Ngày họp",
        "status": "Tình trạng",
    },
)
papers(
    router,
    list_members,
    "Thành viên",
    {
        "id": "Mã",
        "name": "Họ tên",
        "sex": "Giới tính",
        "birth_year": "Năm sinh",
        "household_class": "Diện hộ",
        "joined_on": "Ngày vào",
        "left_on": "Ngày ra",
        "volunteer": "Tình nguyện viên",
    },
)


def known_club(connection: psycopg.Connection[Any], club_id: UUID) -> ClubRow:
    club = clubs.one_club(connection, club_id)
    if club is None:
        raise NotFound("Không có câu lạc bộ này.")
    return club
