"""Hệ thống: what runs here, how far the read models are behind, and how the log stands."""

from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Response

from api.parameters import Page as Listed
from api.parameters import Reading
from api.sign_ins import list_sign_ins
from audit.evidence import shelf
from domain.accounts.permissions import Action
from web.asking import Allowed, may
from web.entry import Entering
from web.page import PageRoute

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/system")
def show_system(allowed: Annotated[Allowed, may(Action.USE)], page: Entering) -> Response:
    parts = page.parts
    head = parts.desk.log.head()
    with page.read.at(Reading()) as connection:
        positions = parts.follower.positions(connection)
        signed = shelf.latest(connection)
        row = connection.execute(
            """SELECT current_setting('server_version'), pg_database_size(current_database()),
                      (SELECT max(signed_at) FROM evidence.checkpoints)"""
        ).fetchone()
    assert row is not None
    return page.show(
        "system.html",
        version=version("sochung"),
        server=row[0],
        bytes=row[1],
        signed_at=row[2],
        signed=signed.head if signed else None,
        head=head,
        lags={name: max(head - at, 0) for name, at in sorted(positions.items())},
        administers=page.may(Action.ADMINISTER),
    )


@router.get("/sign-ins")
def show_sign_ins(allowed: Annotated[Allowed, may(Action.ADMINISTER)], page: Entering) -> Response:
    """For administrators: no book and no health stands there."""
    found = list_sign_ins(
        allowed=allowed,
        query=page.page.asks(Listed),
        read=page.read,
        pages=page.page.turning,
        parts=page.parts,
    )
    return page.show("sign_ins.html", of_all=True, knocks=found.items, more=found.next)
