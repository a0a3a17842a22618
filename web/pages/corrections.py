"""Sửa sai: an entry shall no longer count, or is told anew; what that changes is seen
before anybody signs."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.commands import Told
from api.corrections import STAND_INS, as_sent, preview
from api.errors import Invalid, status_of
from api.parameters import PathId
from api.reading import Connection
from desk import corrections
from domain.accounts.permissions import Action
from domain.errors import Refusal, SochungError
from domain.events import Event
from domain.events import Role as EventRole
from domain.values import Purpose
from projections import clubs
from projections.sentences import WORDINGS
from projections.vietnamese import sort_key
from web import retelling
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, enter, texts
from web.entry import Entering, Entry
from web.inbox import clubs_of
from web.page import PageRoute, fresh_key
from web.proposals import as_read, people_in, proposal
from web.translations import marked
from web.typed import Typed

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_RETOLD = {STAND_INS[name].event for name in retelling.ASKED}
_OF = (EventRole.BORROWER, EventRole.CLIENT, EventRole.SUBJECT, EventRole.MEMBER)
_PROPOSED = marked("Đã đề nghị. Sổ chưa đổi gì cho đến khi một người khác duyệt.")


@router.get("/events/{event_id}/reversal")
def ask_reversal(
    allowed: Annotated[Allowed, may(Action.CORRECT)], event_id: PathId, page: Entering
) -> Response:
    _opens(page, event_id)
    return _correction(page, event_id, {}, None)


@router.post("/events/{event_id}/reversal")
def propose_reversal(
    allowed: Annotated[Allowed, may(Action.CORRECT)],
    event_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """On the report that was read: a book that moved on meanwhile is shown first."""
    _opens(page, event_id)
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
    return _proposed(page, event_id, came)


@router.get("/events/{event_id}/correction")
def ask_correction(
    allowed: Annotated[Allowed, may(Action.CORRECT)], event_id: PathId, page: Entering
) -> Response:
    """The entry as it was told, to be told anew; whatever is no money."""
    _opens(page, event_id)
    name, body = _as_sent(page, event_id)
    return _retelling(page, event_id, name, body, {}, None)


@router.post("/events/{event_id}/correction")
def propose_correction(
    allowed: Annotated[Allowed, may(Action.CORRECT)],
    event_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """First what it would change; proposed is only what was seen."""
    _opens(page, event_id)
    name, body = _as_sent(page, event_id)
    sent, changes, refused = texts(form), None, None
    try:
        told = retelling.retold(name, body, form, people=_reads_names(page, event_id))
        proposed = {
            "occurred_on": page.parts.desk.today.isoformat(),
            "reason": sent.get("reason", "").strip(),
            name: told,
        }
        if sent.get("report"):
            body_seen = proposed | {"report": sent["report"]}
            step = Step("reason", "propose_correction", {"event_id": event_id}, body_seen)
            came = enter(page, step, sent["key"])
            if not isinstance(came, Refused):
                return _proposed(page, event_id, came)
            refused = came
        changes = preview(page.parts, page.caller, event_id, proposed)
    except (SochungError, Invalid) as error:
        told = retelling.as_typed(name, body, form)
        refused = refused or Refused(page.refusal(error), status_of(error))
    return _retelling(page, event_id, name, body | told, sent, refused, changes)


def _opens(page: Entry, event_id: UUID) -> None:
    """Both pages show what the entry says: whoever opens that only with a reason gives one here."""
    page.needs(Action.READ_BOOKS, event_id=event_id)


def _proposed(page: Entry, event_id: UUID, came: Told) -> Response:
    at = page.goes_on(f"/events/{event_id}/reversal")
    return page.goes_to(at, after=came["position"], said=page.says(_PROPOSED))


def _as_sent(page: Entry, event_id: UUID) -> tuple[str, dict[str, Any]]:
    found = as_sent(page.parts.desk, event_id)
    if found is None or found[0] not in retelling.ASKED:
        raise Refusal("not-correctable", "Việc này không ghi lại được; hãy đề nghị thôi tính.")
    return found


def _reads_names(page: Entry, event_id: UUID) -> bool:
    return page.may(Action.READ_PEOPLE, event_id=event_id)


def _entry(page: Entry, event_id: UUID) -> tuple[corrections.Home, Any]:
    """The entry and where it stands; its club's book then lies open."""
    home = corrections.home_of(page.parts.desk, event_id)
    if home.club_id is not None:
        page.page.opens(home.club_id)
    return home, corrections.correctable_event(page.parts.desk, home, event_id)


def _about(page: Entry, event_id: UUID, event: Event) -> list[UUID]:
    """Whom the entry is of, for whoever may read the club's names."""
    if not _reads_names(page, event_id):
        return []
    return [one.id for one in event.concerns if one.kind == "person" and one.role in _OF][:3]


def _named(
    page: Entry, connection: Connection, event: Event, about: list[UUID], others: set[UUID]
) -> dict[UUID, str]:
    if event.TOPIC.startswith("care."):
        page.read.looked_at(connection, about, Purpose.HEALTH, "correction")
    return page.read.names(connection, others | set(about), "correction")


def _retelling(
    page: Entry,
    event_id: UUID,
    name: str,
    body: Mapping[str, Any],
    sent: Typed,
    refused: Refused | None,
    changes: Mapping[str, Any] | None = None,
) -> Response:
    home, event = _entry(page, event_id)
    fields = retelling.fields(name, body, people=_reads_names(page, event_id))
    named = {UUID(one) for field in fields if field.kind == "who" for one in field.value or ()}
    about = _about(page, event_id, event)
    with page.read.at(page.reading) as connection:
        people = clubs.members(connection, home.club_id) if home.club_id else ()
        here = [one.person_id for _, one in people if one.left_on is None]
        others = {*here, *named, *people_in(changes)}
        names = _named(page, connection, event, about, others)
    return page.show(
        "retelling.html",
        status=refused.status if refused else 200,
        event_id=event_id,
        name=WORDINGS[event.TOPIC].name[page.page.english],
        event=event,
        about=about,
        fields=fields,
        people=sorted({*here, *named}, key=lambda id: sort_key(names.get(id, ""))),
        names=names,
        changes=changes,
        told=lambda names, field, value: as_read(page.page, names, field, value),
        goes_on=page.goes_on,
        sent=sent,
        key=sent.get("key") or fresh_key(),
        refused=refused,
    )


def _inbox_of(page: Entry, club_id: UUID | None) -> str:
    """Whoever holds an office in the club finds it among theirs; an officer does not."""
    near = club_id is None or club_id in clubs_of(page)
    return "/approvals" if near else f"/clubs/{club_id}/approvals"


def _correction(page: Entry, event_id: UUID, sent: Typed, refused: Refused | None) -> Response:
    desk = page.parts.desk
    home, event = _entry(page, event_id)
    waiting = proposal(desk, event_id, home)
    report: Mapping[str, Any] | None = None
    irreversible: Refusal | None = None
    try:
        report = corrections.report(desk, home, event_id, desk.today, replacing=False)
    except Refusal as error:
        irreversible = error
    named = people_in(report) | (people_in(waiting.changes) if waiting else set())
    about = _about(page, event_id, event)
    with page.read.at(page.reading) as connection:
        proposers = {waiting.proposed_by} if waiting else set()
        names = _named(page, connection, event, about, named | proposers)
    return page.show(
        "correction.html",
        status=refused.status if refused else 200,
        event_id=event_id,
        name=WORDINGS[event.TOPIC].name[page.page.english],
        event=event,
        about=about,
        goes_on=page.goes_on,
        waiting=waiting,
        inbox=_inbox_of(page, home.club_id),
        report=report,
        anew=not irreversible and type(event) in _RETOLD,
        why=page.refusal(irreversible) if irreversible else "",
        first=irreversible.facts.get("first", ()) if irreversible else (),
        names=names,
        told=lambda names, field, value: as_read(page.page, names, field, value),
        explain=page.refusal,
        sent=sent,
        key=sent.get("key") or fresh_key(),
        refused=refused,
    )
