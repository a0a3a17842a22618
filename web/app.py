"""Every page under the roof of the service."""

from functools import cache

from fastapi import APIRouter, FastAPI

from api.app import worked_out
from api.description import operation_id
from api.permissions import refuse_undeclared
from web import assets
from web.page import show_problem
from web.pages import (
    accounts,
    approvals,
    audits,
    books,
    corrections,
    events,
    imports,
    lending,
    loans,
    meetings,
    members,
    mine,
    newcomers,
    offline,
    openid,
    repayments,
    reports,
    start,
    system,
    today,
    visits,
)

_PAGES = (
    start, today, members, newcomers, loans, books, events, corrections, reports, meetings,
    lending, repayments, visits, audits, approvals, imports, offline, system, mine, openid,
    accounts,
)  # fmt: skip

OPEN = frozenset(
    {
        *("show_login", "log_in", "log_out", "choose_language", "go_to_provider", "come_back"),
        *("show_reset", "choose_password"),
        *("show_offline", "show_worker", "show_asset"),
    }
)
"""The door, the language, and files in which nothing stands of anybody."""


def install(app: FastAPI) -> None:
    """Adds the pages to an app of `api.app.create_app`. Fails where one does not say what it asks
    of its visitor."""
    app.state.shown = show_problem
    app.router.routes.extend(_routes().routes)


@cache
def _routes() -> APIRouter:
    """As those of the API: worked out once for all apps of a process."""
    routes = APIRouter(generate_unique_id_function=operation_id)
    for family in (assets, *_PAGES):
        refuse_undeclared(family.router, OPEN)
        routes.include_router(family.router)
    return worked_out(routes)
