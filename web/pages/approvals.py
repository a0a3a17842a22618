"""Duyệt: what waits for a second person, each with what it will change."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response

from api.clubs import known_club
from api.parameters import PathId
from domain.accounts.permissions import Action
from projections.sentences import WORDINGS
from web import typed
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, enter, texts
from web.entry import Entering, Entry
from web.inbox import inbox, people_in
from web.page import PageRoute
from web.proposals import as_read
from web.typed import Typed

router = APIRouter(route_class=PageRoute, include_in_schema=False)


class Decision(NamedTuple):
    """What a button of the inbox asks for: the command, the id it names, and what it takes."""

    command: str
    names: str
    fields: tuple[str, ...] = ()


DECISIONS = {
    "reversal": Decision("approve_reversal", "event_id", ("accepted",)),
    "correction": Decision("approve_correction", "event_id", ("accepted",)),
    "confirm": Decision("confirm_entry", "event_id"),
    "approve": Decision("approve_loan", "loan_id", ("minutes",)),
    "reject": Decision("reject_loan", "loan_id", ("reason",)),
    "settle": Decision("settle_cash_difference", "event_id", ("reason", "settled_by")),
}


@router.get("/clubs/{club_id}/approvals")
def show_inbox(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)], club_id: PathId, page: Entering
) -> Response:
    return _inbox(page, club_id, {}, None)


@router.post("/clubs/{club_id}/approvals")
def decide(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """The reader lets one thing stand; the book is asked again as it is now."""
    sent = texts(form)
    made = DECISIONS.get(sent.get("decision", ""))
    if made is None:
        return _inbox(page, club_id, sent, Refused(page.says("Hãy chọn một việc."), 422))
    body: dict[str, Any] = {name: sent.get(name, "").strip() for name in made.fields}
    body["occurred_on"] = page.parts.desk.today.isoformat()
    step = Step("decision", made.command, {made.names: typed.known_id(sent, "id")}, body)
    came = enter(page, step, sent["key"])
    if isinstance(came, Refused):
        return _inbox(page, club_id, sent, came)
    return page.goes_to(
        f"/clubs/{club_id}/approvals", after=came["position"], said=page.says("Đã ghi.")
    )


def _inbox(page: Entry, club_id: UUID, sent: Typed, refused: Refused | None) -> Response:
    with page.read.at(page.reading) as connection:
        known_club(connection, club_id)
        found = inbox(page.parts.desk, connection, club_id, page.me)
        names = page.read.names(connection, people_in(found), "approvals")
    return page.show(
        "approvals.html",
        status=refused.status if refused else 200,
        club_id=club_id,
        inbox=found,
        names=names,
        called=lambda event: WORDINGS[event.TOPIC].name[page.language == "en"],
        told=lambda names, field, value: as_read(page.page, names, field, value),
        explain=page.refusal,
        sent=sent,
        refused=refused,
    )
