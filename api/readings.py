"""Who looked at somebody's identity or health: the list that person may ask for."""

from typing import Annotated

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from api.parameters import Cursor, KeyNumber, Listing, Page, PathId, Turning
from api.permissions import Allowed, may
from api.reading import Read
from domain.accounts.permissions import Action
from domain.errors import NotFound
from projections import clubs
from projections.people import names_of
from projections.views import IdText, InstantText, instant
from store.readings import looks_at

router = APIRouter(prefix="/v1")

_LOOK = Cursor[int](KeyNumber)


class LookView(TypedDict):
    """`kind` is `read`, `export` or `refusal`; `purpose` says which of their data; `what` is the
    page or list it stood in."""

    at: InstantText
    kind: str
    person_id: IdText | None
    name: str | None
    purpose: str
    what: str


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
        names = names_of(connection, [look.person_id for look in page if look.person_id])
    items: list[LookView] = [
        {
            "at": instant(look.at),
            "kind": look.kind,
            "person_id": str(look.person_id) if look.person_id else None,
            "name": names.get(look.person_id) if look.person_id else None,
            "purpose": look.purpose,
            "what": look.what,
        }
        for look in page
    ]
    return Listing(items=items, next=more)
