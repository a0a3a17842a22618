"""Duyệt: what waits for a second person, each with what it will change."""

from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response

from api.callers import Knocking
from api.errors import status_of
from api.parameters import PathId
from desk.signing_in import Door
from domain.accounts.permissions import Action
from domain.errors import SochungError
from projections.clubs import board
from projections.sentences import WORDINGS
from web import typed
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, beside, enter, texts
from web.entry import Entering, Entry
from web.hands import second_hands
from web.inbox import inbox, people_in
from web.page import PageRoute
from web.proposals import as_read
from web.typed import Typed

router = APIRouter(route_class=PageRoute, include_in_schema=False)


class Decision(NamedTuple):
    """What a button of the inbox asks for: the command, the ids it names (`id` is the last of
    them), and what it takes."""

    command: str
    names: tuple[str, ...]
    fields: tuple[str, ...] = ()
    dated: bool = True


DECISIONS = {
    "reversal": Decision("approve_reversal", ("event_id",), ("accepted",)),
    "correction": Decision("approve_correction", ("event_id",), ("accepted",)),
    "confirm": Decision("confirm_entry", ("event_id",)),
    "approve": Decision("approve_loan", ("loan_id",), ("minutes",)),
    "reject": Decision("reject_loan", ("loan_id",), ("reason",)),
    "settle": Decision("settle_cash_difference", ("event_id",), ("reason", "settled_by")),
    "role": Decision("approve_role", ("member_id", "grant_id"), dated=False),
    "no_role": Decision("decline_role", ("member_id", "grant_id"), dated=False),
}


@router.get("/approvals")
def show_mine(allowed: Annotated[Allowed, may(Action.USE)], page: Entering) -> Response:
    """Wherever the reader holds an office."""
    return _inbox(page, None, {}, None)


@router.post("/approvals")
def decide_mine(
    allowed: Annotated[Allowed, may(Action.USE)], page: Entering, door: Knocking, form: Filled
) -> Response:
    return _decided(page, None, texts(form), door)


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
    door: Knocking,
    form: Filled,
) -> Response:
    return _decided(page, club_id, texts(form), door)


def _decided(page: Entry, club_id: UUID | None, sent: Typed, door: Door) -> Response:
    """The reader lets one thing stand, or not; the book is asked again as it is now."""
    made = DECISIONS.get(sent.get("decision", ""))
    if made is None:
        return _inbox(page, club_id, sent, Refused(page.says("Hãy chọn một việc."), 422))
    body: dict[str, Any] = {name: sent.get(name, "").strip() for name in made.fields}
    if made.dated:
        body["occurred_on"] = page.parts.desk.today.isoformat()
    ids = {name: typed.known_id(sent, name) for name in made.names[:-1]}
    ids[made.names[-1]] = typed.known_id(sent, "id")
    if sent.get("fund"):
        body["parts"] = {sent["fund"]: typed.number(sent, "difference")}
    try:
        by = beside(page, sent, "settled_by", sent.get("pin", ""), door)
    except SochungError as error:
        return _inbox(page, club_id, sent, Refused(page.refusal(error), status_of(error)))
    came = enter(page, Step("decision", made.command, ids, body, by=by), sent["key"])
    if isinstance(came, Refused):
        return _inbox(page, club_id, sent, came)
    here = page.page.here(after_position=None)
    return page.goes_to(here, after=came["position"], said=page.says("Đã ghi."))


def _inbox(page: Entry, club_id: UUID | None, sent: Typed, refused: Refused | None) -> Response:
    if club_id is not None:
        page.page.opens(club_id)
    found = inbox(page, club_id)
    with page.read.at(page.reading) as connection:
        names = page.read.names(connection, people_in(found), "approvals")
        boards = {club: board(connection, club) for club in {one.club_id for one in found.counts}}
    others = {club: second_hands(page, club, seats) for club, seats in boards.items()}
    return page.show(
        "approvals.html",
        status=refused.status if refused else 200,
        inbox=found,
        names=names,
        boards=others,
        called=lambda event: WORDINGS[event.TOPIC].name[page.page.english],
        told=lambda names, field, value: as_read(page.page, names, field, value),
        explain=page.refusal,
        sent=sent,
        refused=refused,
    )
