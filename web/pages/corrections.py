"""Sửa sai: an entry shall no longer count; what that changes is seen before anybody signs."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.parameters import PathId
from desk import corrections
from domain.accounts.permissions import Action
from domain.errors import Refusal
from projections.sentences import WORDINGS
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, enter, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.proposals import as_read, people_in, proposal
from web.typed import Typed

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/events/{event_id}/reversal")
def ask_reversal(
    allowed: Annotated[Allowed, may(Action.CORRECT)], event_id: PathId, page: Entering
) -> Response:
    return _correction(page, event_id, {}, None)


@router.post("/events/{event_id}/reversal")
def propose_reversal(
    allowed: Annotated[Allowed, may(Action.CORRECT)],
    event_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """On the report that was read: a book that moved on meanwhile is shown first."""
    sent = texts(form)
    body = {
        "occurred_on": page.parts.desk.today.isoformat(),
        "reason": sent.get("reason", "").strip(),
        "report": sent.get("report", ""),
    }
    came = enter(
        page, Step("reason", "propose_reversal", {"event_id": event_id}, body), sent["key"]
    )
    if isinstance(came, Refused):
        return _correction(page, event_id, sent, came)
    return page.goes_to(
        f"/events/{event_id}/reversal",
        after=came["position"],
        said=page.says("Đã đề nghị. Sổ chưa đổi gì cho đến khi một người khác duyệt."),
    )


def _correction(page: Entry, event_id: UUID, sent: Typed, refused: Refused | None) -> Response:
    desk = page.parts.desk
    home = corrections.home_of(desk, event_id)
    event = corrections.correctable_event(desk, home, event_id)
    waiting = proposal(desk, event_id, home)
    report: Mapping[str, Any] | None = None
    irreversible: Refusal | None = None
    try:
        report = corrections.report(desk, home, event_id, desk.today, replacing=False)
    except Refusal as error:
        irreversible = error
    named = people_in(report) | (people_in(waiting.changes) if waiting else set())
    if home.club_id is not None:
        page.page.opens(home.club_id)
    with page.read.at(page.reading) as connection:
        proposers = {waiting.proposed_by} if waiting else set()
        names = page.read.names(connection, named | proposers, "correction")
    return page.show(
        "correction.html",
        status=refused.status if refused else 200,
        event_id=event_id,
        name=WORDINGS[event.TOPIC].name[page.page.english],
        event=event,
        opens=page.may(Action.READ_BOOKS, event_id=event_id),
        waiting=waiting,
        inbox=f"/clubs/{home.club_id}/approvals",
        report=report,
        why=page.refusal(irreversible) if irreversible else "",
        first=irreversible.facts.get("first", ()) if irreversible else (),
        names=names,
        told=lambda names, field, value: as_read(page.page, names, field, value),
        explain=page.refusal,
        sent=sent,
        key=sent.get("key") or fresh_key(),
        refused=refused,
    )
