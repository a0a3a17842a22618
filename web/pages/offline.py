"""Poor lines: the page that works without one, whom it may name, and the worker that keeps it."""

import json
from collections.abc import Collection
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.clubs import known_club
from api.parameters import PathId, Reading
from api.permissions import missing
from api.reading import Connection
from domain.accounts.permissions import Action
from domain.care.events import Task
from domain.values import Purpose
from projections import clubs
from projections.care_view import cases
from projections.clubs import MemberRow
from projections.vietnamese import sort_key
from web.asking import Allowed, may
from web.assets import asset
from web.entry import Entering, Entry
from web.page import Open, Page, PageRoute
from web.pages.repayments import debts
from web.pages.visits import LENGTHS

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SHELL = (
    "vendor/pico.min.css", "web.css", "entry.css", "icon.svg", "sheet.js", "outbox.js",
    *(
        f"vendor/be-vietnam-pro-{letters}-{weight}-normal.woff2"
        for letters in ("latin", "vietnamese")
        for weight in (400, 700)
    ),
)  # fmt: skip
"""What the page needs besides itself."""
# A worker asks under the policy it came with, not under that of its page.
_POLICY = "default-src 'none'; connect-src 'self'"

Rows = list[dict[str, str | None]]


@router.get("/sw.js")
def show_worker(page: Open) -> Response:
    """The worker, naming every file to be kept; another one when any of them changed."""
    shell = ["/offline", *map(asset, SHELL)]
    version = sha256(bytes(_shell(page).body) + json.dumps(shell).encode()).hexdigest()[:12]
    worker = (files("web") / "worker.js").read_text(encoding="utf-8")
    named = worker.replace("/* named by the service */ []", json.dumps([version, *shell]))
    headers = {"Cache-Control": "no-cache", "Content-Security-Policy": _POLICY}
    return Response(named, headers=headers, media_type="text/javascript; charset=utf-8")


@router.get("/offline")
def show_offline(page: Open) -> Response:
    return _shell(page)


def _shell(page: Page) -> Response:
    """The same for everybody: no name stands in it, so any browser may keep it."""
    page.visitor = page.club = None
    return page.show("offline.html", tasks=[task.value for task in Task], lengths=LENGTHS)


@router.get("/clubs/{club_id}/offline-lists")
def show_lists(
    allowed: Annotated[Allowed, may(Action.USE)], club_id: PathId, page: Entering
) -> JSONResponse:
    """Whom an entry made without a line may name, by what the reader may enter; kept in their own
    browser until they log out. `last` is the day of the last such entry in the book."""
    collects = page.may(Action.WRITE_BOOKS, club_id=club_id)
    runs = page.may(Action.RUN_CLUB, club_id=club_id)
    visits = page.part(Action.WRITE_VISITS, club_id)
    if not (collects or runs or visits):
        raise missing("club_id")
    told: dict[str, str | Rows] = {"club": str(club_id)}
    with page.read.at(Reading()) as connection:
        known_club(connection, club_id)
        here = [one for _, one in clubs.members(connection, club_id) if one.left_on is None]
        if collects:
            owing = debts(page, connection, club_id)
            told["loans"] = [_row(one.loan_id, one.name, one.paid_on) for one in owing]
        if visits:
            told |= _care(page, connection, club_id, here, None if visits.everybody() else page.me)
        if runs:
            told["members"] = _named(page, connection, [one.person_id for one in here])
    return JSONResponse(told)


def _care(
    page: Entry, connection: Connection, club_id: UUID, here: list[MemberRow], only: UUID | None
) -> dict[str, Rows]:
    """A coordinator names everybody; a volunteer those they visit, and themselves."""
    cared = cases(connection, club_id, of=only)
    page.read.looked_at(connection, [c.client_id for c in cared], Purpose.HEALTH, "offline_lists")
    going = {one.person_id for one in here if one.volunteer}
    going |= {id for case in cared for id in case.volunteer_ids}
    return {
        "clients": [_row(case.client_id, case.name, case.last_visit_on) for case in cared],
        "volunteers": _named(page, connection, {only} if only else going),
    }


def _named(page: Entry, connection: Connection, people: Collection[UUID]) -> Rows:
    names = page.read.names(connection, people, "offline_lists")
    return [_row(id, names[id]) for id in sorted(names, key=lambda id: sort_key(names[id]))]


def _row(id: UUID, name: str | None, last: date | None = None) -> dict[str, str | None]:
    return {"id": str(id), "name": name or "—", "last": last.isoformat() if last else None}
