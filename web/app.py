"""Every page under the roof of the service."""

from fastapi import FastAPI

from web import assets
from web.page import show_problem
from web.pages import (
    approvals,
    audits,
    books,
    events,
    imports,
    loans,
    meetings,
    members,
    offline,
    repayments,
    reports,
    start,
    system,
    today,
    visits,
)

_PAGES = (
    start, today, members, loans, books, events, reports, meetings, repayments, visits, audits,
    approvals, imports, offline, system,
)  # fmt: skip


def install(app: FastAPI) -> None:
    """Adds the pages to an app of `api.app.create_app`."""
    app.state.shown = show_problem
    app.include_router(assets.router)
    for family in _PAGES:
        app.include_router(family.router)
