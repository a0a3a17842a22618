"""Who came in, who could not, who went, and what was refused to whom: no book, no health."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.accounts import administered
from api.papers import papers
from api.parameters import Cursor, KeyNumber, Listing, Page, Pages, Turning
from api.permissions import Allowed, may
from api.reading import Connection, Read, Reader, Within
from domain.accounts.permissions import Action
from projections.looks import KnockView, knock_views
from store.readings import at_the_door

router = APIRouter(prefix="/v1")

_KNOCK = Cursor[int](KeyNumber)


@router.get("/me/sign-ins")
def list_own_sign_ins(
    allowed: Annotated[Allowed, may(Action.USE)],
    query: Annotated[Page, Query()],
    read: Read,
    pages: Turning,
) -> Listing[KnockView]:
    """When one came in and went, who tried one's account in vain, and what one was refused; the
    latest first."""
    with read.at(query) as connection:
        return _listed(connection, {allowed.who.person_id}, query, pages, read)


@router.get("/sign-ins")
def list_sign_ins(
    allowed: Annotated[Allowed, may(Action.ADMINISTER)],
    query: Annotated[Page, Query()],
    read: Read,
    pages: Turning,
    parts: Within,
) -> Listing[KnockView]:
    """The same of everybody with an account in the caller's places; to whoever administers all of
    them, also tries of names that nobody has."""
    people = None if allowed.is_everywhere else set(administered(allowed, parts))
    with read.at(query) as connection:
        return _listed(connection, people, query, pages, read)


def _listed(
    connection: Connection, people: set[UUID] | None, query: Page, pages: Pages, read: Reader
) -> Listing[KnockView]:
    found = at_the_door(connection, people, _KNOCK.read(query.after), query.limit + 1)
    page, more = pages.cut(found, query.limit, lambda knock: _KNOCK.write(knock.id))
    people = {one.person_id for one in page if one.person_id}
    names = read.names(connection, people, "list_sign_ins")
    return Listing(items=knock_views(page, names), next=more)


for _list, _title in ((list_own_sign_ins, "Tôi đăng nhập"), (list_sign_ins, "Đăng nhập")):
    papers(
        router,
        _list,
        _title,
        {
            "at": "Lúc",
            "kind": "Việc",
            "person_id": "Mã người",
            "name": "Người",
            "how": "Bằng gì",
            "what": "Ra sao",
        },
    )
