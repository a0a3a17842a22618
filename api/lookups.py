"""What is looked up before something is entered: today's units, people who may be entered twice."""

from typing import Annotated, cast

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from api.clubs import known_club
from api.description import problems
from api.papers import papers
from api.parameters import (
    Cursor,
    KeyNumber,
    Listing,
    Page,
    Parameters,
    PathId,
    QueryId,
    Search,
    Turning,
)
from api.people_commands import known_of
from api.permissions import Allowed, may
from api.reading import Read, Within
from desk import merging
from desk.units import matching
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.values import Code, Purpose
from projections import duplicates
from projections.duplicates import Candidate
from projections.views import IdText

router = APIRouter(prefix="/v1")

_UNIT = Cursor[str](Code)
_PLACE = Cursor[int](KeyNumber)


class UnitsQuery(Page):
    q: Search | None = None
    province: Search | None = None


class UnitView(TypedDict):
    """A commune (xã, phường, đặc khu) of today and its province."""

    code: str
    name: str
    province_code: str
    province: str


class DuplicateView(TypedDict):
    """`score` is of 100: name, birth year and place together."""

    id: IdText
    name: str
    birth_year: int | None
    score: int


class PairView(TypedDict):
    id: IdText
    name: str
    birth_year: int | None
    duplicate_id: IdText
    duplicate_name: str
    duplicate_birth_year: int | None
    score: int


@router.get("/units")
def list_units(
    allowed: Annotated[Allowed, may(Action.USE)],
    query: Annotated[UnitsQuery, Query()],
    read: Read,
    pages: Turning,
) -> Listing[UnitView]:
    """Today's communes; `q` are beginnings of words of the name, tones or not."""
    after = _UNIT.read(query.after)
    found = sorted(matching(query.q, query.province), key=lambda unit: unit.code)
    rows = [unit for unit in found if after is None or unit.code > after][: query.limit + 1]
    page, more = pages.cut(rows, query.limit, lambda unit: _UNIT.write(unit.code))
    items: list[UnitView] = [
        {
            "code": unit.code,
            "name": unit.name,
            "province_code": unit.province_code,
            "province": unit.province,
        }
        for unit in page
    ]
    return Listing(items=items, next=more)


@router.get("/members/{member_id}/duplicates")
def list_duplicates(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    member_id: PathId,
    query: Annotated[Page, Query()],
    read: Read,
    pages: Turning,
) -> Listing[DuplicateView]:
    """Who may be the same person under another id, the likeliest first; of those whom the caller
    may see at all."""
    after = _PLACE.read(query.after) or 0
    with read.at(query) as connection:
        known = connection.execute(
            "SELECT 1 FROM read.persons WHERE person_id = %s AND NOT withdrawn", (member_id,)
        ).fetchone()
        if known is None:
            raise NotFound("Không có người này trong sổ.")
        found = duplicates.of_person(connection, member_id)
        theirs = allowed.others(connection, [one.person_id for one in found])
        found = [one for one in found if one.person_id in theirs]
        people = [member_id, *(candidate.person_id for candidate in found)]
        read.looked_at(connection, people, Purpose.IDENTITY, "list_duplicates")
    rows = list(enumerate(found, 1))[after:][: query.limit + 1]
    page, more = pages.cut(rows, query.limit, lambda row: _PLACE.write(row[0]))
    return Listing(items=[_candidate(row) for _, row in page], next=more)


@router.get("/clubs/{club_id}/duplicates")
def list_club_duplicates(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[Page, Query()],
    read: Read,
    pages: Turning,
) -> Listing[PairView]:
    """Pairs that may be one person, at least one of them of this club, the likeliest first."""
    after = _PLACE.read(query.after) or 0
    with read.at(query) as connection:
        known_club(connection, club_id)
        found = duplicates.of_club(connection, club_id)
        people = [id for one in found for id in (one.person_id, one.duplicate.person_id)]
        read.looked_at(connection, people, Purpose.IDENTITY, "list_club_duplicates")
    rows = list(enumerate(found, 1))[after:][: query.limit + 1]
    page, more = pages.cut(rows, query.limit, lambda row: _PLACE.write(row[0]))
    items: list[PairView] = [
        {
            "id": str(pair.person_id),
            "name": pair.name,
            "birth_year": pair.birth_year,
            "duplicate_id": str(pair.duplicate.person_id),
            "duplicate_name": pair.duplicate.name,
            "duplicate_birth_year": pair.duplicate.birth_year,
            "score": pair.duplicate.score,
        }
        for _, pair in page
    ]
    return Listing(items=items, next=more)


class MergeQuery(Parameters):
    duplicate_id: QueryId
    """The other entry of the person in the address, whose id goes on."""


class MovedLoan(TypedDict):
    """A live loan of either entry: it stays where it was lent."""

    loan_id: IdText
    member_id: IdText
    outstanding: int


class MergeChanges(TypedDict):
    """Clubs that the double leaves, and those the one who goes on joins in its place."""

    into: IdText
    duplicate_id: IdText
    leaves_clubs: list[IdText]
    joins_clubs: list[IdText]
    loans: list[MovedLoan]
    one_household: list[IdText]


@router.get("/members/{member_id}/merge", responses=problems(404, 409, 422, 503))
def show_merge(
    allowed: Annotated[Allowed, may(Action.WRITE_PEOPLE)],
    member_id: PathId,
    query: Annotated[MergeQuery, Query()],
    parts: Within,
) -> MergeChanges:
    """What merging two entries of one person would change, before anybody approves it."""
    known = known_of(parts.desk, member_id, query.duplicate_id)
    changes = merging.report(parts.desk, member_id, query.duplicate_id, known)
    return cast("MergeChanges", changes)


def _candidate(row: Candidate) -> DuplicateView:
    return {
        "id": str(row.person_id),
        "name": row.name,
        "birth_year": row.birth_year,
        "score": row.score,
    }


papers(
    router,
    list_units,
    "Đơn vị hành chính",
    {"code": "Mã", "name": "Xã, phường", "province_code": "Mã tỉnh", "province": "Tỉnh"},
)
papers(
    router,
    list_duplicates,
    "Có thể trùng",
    {"id": "Mã", "name": "Họ tên", "birth_year": "Năm sinh", "score": "Điểm"},
)
papers(
    router,
    list_club_duplicates,
    "Có thể trùng",
    {
        "id": "Mã",
        "name": "Họ tên",
        "birth_year": "Năm sinh",
        "duplicate_id": "Mã kia",
        "duplicate_name": "Họ tên kia",
        "duplicate_birth_year": "Năm sinh kia",
        "score": "Điểm",
    },
)
