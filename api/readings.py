"""Who looked at somebody's identity or health: the list that person may ask for."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.papers import papers
from api.parameters import Cursor, KeyNumber, Listing, Page, PathId, Turning
from api.permissions import Allowed, may
from api.reading import Read
from domain.accounts.permissions import Action
from domain.errors import NotFound
from projections import clubs
from projections.looks import LookView, look_views
from store.readings import looks_at

router = APIRouter(prefix="/v1")

_LOOK = Cursor[int](KeyNumber)


@router.get("/members/{member_id}/readings")
def list_readings(
    allowed: Annotated[Allowed, may(Action.HAND_OVER_DATA)],
    member_id: PathId,
    query: Annotated[Page, Query()],
    read: Read,
    pages: Turning,
) -> Listing[LookView]:
    """Who looked at this person's identity or health, the latest first."""
    with read.at(query, of=member_id) as connection:
        if clubs.person(connection, member_id) is None:
            raise NotFound("Không có người này trong sổ.")
        found = looks_at(connection, member_id, _LOOK.read(query.after), query.limit + 1)
        page, more = pages.cut(found, query.limit, lambda look: _LOOK.write(look.id))
        items = look_views(connection, page)
    return Listing(items=items, next=more)


papers(
    router,
    list_readings,
    "Ai đã xem",
    {
        "at": "Lúc",
        "kind": "Việc",
        "person_id": "Mã người xem",
        "name": "Người xem",
        "purpose": "Loại dữ liệu",
        "what": "Trang",
    },
)
