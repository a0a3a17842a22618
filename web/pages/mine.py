"""Người thân và tôi: what was recorded about me and mine, who looked, and where I am logged in."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters import Page as Listed
from api.readings import list_readings
from api.sign_ins import list_own_sign_ins
from domain.accounts.permissions import Action
from domain.accounts.roles import Role
from web.asking import Allowed, may
from web.entry import Entering, Entry
from web.page import PageRoute
from web.pages.start import provider_name

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LOOKS, KNOCKS = 50, 20


@router.get("/me")
def show_mine(allowed: Annotated[Allowed, may(Action.USE)], page: Entering) -> Response:
    """Oneself, then those for whom one holds a written authority; each with who looked."""
    who = page.caller.known()
    people = [
        page.me,
        *(
            UUID(grant.scope.id)
            for grant in who.grants
            if grant.role is Role.RELATIVE and grant.scope.kind == "person" and grant.scope.id
        ),
    ]
    with page.read.at(page.reading) as connection:
        names = page.read.names(connection, people, "mine")
    looks = {
        id: list_readings(
            allowed=allowed if id == page.me else page.needs(Action.HAND_OVER_DATA, member_id=id),
            member_id=id,
            query=Listed(limit=LOOKS),
            read=page.read,
            pages=page.page.turning,
        ).items
        for id in people
    }
    knocks = list_own_sign_ins(
        allowed=allowed,
        query=Listed(limit=KNOCKS),
        read=page.read,
        pages=page.page.turning,
    ).items
    devices = page.parts.desk.access.sessions(who.account_id, page.parts.desk.clock())
    return page.show(
        "mine.html",
        people=people,
        names=names,
        looks=looks,
        devices=devices,
        knocks=knocks,
        of_all=False,
        provider=provider_name(page.page),
        linked_at=_linked_at(page),
    )


def _linked_at(page: Entry) -> datetime | None:
    provider = page.parts.openid
    if provider is None:
        return None
    return page.parts.desk.access.linked_at(page.caller.known().account_id, provider.issuer)
