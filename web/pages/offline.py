"""Poor lines: the page that works without one, whom it may name, and the worker that keeps it."""

import json
from hashlib import sha256
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.clubs import known_club
from api.parameters import PathId, Reading
from domain.accounts.permissions import Action
from domain.care.events import Task
from domain.values import Purpose
from projections import clubs
from projections.care_view import cases
from web.asking import Allowed, may
from web.assets import every_asset
from web.entry import Entering
from web.page import Open, PageRoute
from web.pages.repayments import debts
from web.pages.visits import LENGTHS

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/sw.js")
def show_worker(page: Open) -> Response:
    """The worker, naming every file the shell needs; changed with any of them."""
    shell = ["/offline", *every_asset()]
    version = sha256(json.dumps(shell).encode()).hexdigest()[:12]
    worker = (files("web") / "worker.js").read_text(encoding="utf-8")
    named = worker.replace("/* named by the service */ []", json.dumps([version, *shell]))
    headers = {"Cache-Control": "no-cache"}
    return Response(named, headers=headers, media_type="text/javascript; charset=utf-8")


@router.get("/offline")
def show_offline(allowed: Annotated[Allowed, may(Action.USE)], page: Entering) -> Response:
    """The shell: no name and no amount stands in it, so any browser may keep it."""
    return page.show("offline.html", tasks=[task.value for task in Task], lengths=LENGTHS)


@router.get("/clubs/{club_id}/offline-lists")
def show_lists(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)], club_id: PathId, page: Entering
) -> JSONResponse:
    """Whom an entry made without a line may name; kept in the reader's own browser."""
    with page.read.at(Reading()) as connection:
        known_club(connection, club_id)
        owing = debts(page, connection, club_id) if page.may(Action.READ_BOOKS, club_id) else []
        cared = cases(connection, club_id) if page.may(Action.READ_HEALTH, club_id) else []
        members = clubs.members(connection, club_id)
        for purpose, people in (
            (Purpose.IDENTITY, [one.person_id for _, one in members]),
            (Purpose.HEALTH, [case.client_id for case in cared]),
        ):
            page.read.looked_at(connection, people, purpose, "offline_lists")
    return JSONResponse(
        {
            "club": str(club_id),
            "loans": [{"id": str(debt.loan_id), "name": debt.name} for debt in owing],
            "clients": [{"id": str(case.client_id), "name": case.name or "—"} for case in cared],
            "members": [
                {"id": str(one.person_id), "name": one.name or "—"}
                for _, one in members
                if one.left_on is None
            ],
        }
    )
