"""One entry of the log: what it was, who wrote it when, its lines, and what took it back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.auditing import entries_seen
from api.parameters import PathId
from desk import corrections
from domain.accounts.permissions import Action
from domain.errors import NotFound, Refusal
from projections.regulations import adopted_by
from projections.sentences import WORDINGS
from web.asking import Allowed, may
from web.entry import Entry
from web.page import Inside, Page, PageRoute
from web.recorders import recorder

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_EVENT = """
    SELECT e.notification_id, e.topic, e.recorded_at, e.actor, e.club_id,
           s.said ->> 'occurred_on', s.said -> 'vouchers', (s.said ->> 'loan_id')::uuid,
           (s.said ->> 'regulation')::int, (s.said ->> 'reverses')::uuid,
           encode(sha256(e.state), 'hex')
    FROM log.events e
         CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb AS said) AS s
    WHERE e.event_id = %s"""
_LINES = """
    SELECT account, fund, amount, member_id FROM read.postings WHERE position = %s ORDER BY line"""
_TAKEN_BACK = """
    SELECT e.event_id FROM read.vouchers v JOIN log.events e ON e.notification_id = v.reversed_at
    WHERE v.event_id = %s LIMIT 1"""
_DAYS = """
    SELECT event_id::text, convert_from(state, 'UTF8')::jsonb ->> 'occurred_on' FROM log.events
    WHERE event_id = ANY (%s::uuid[])"""


@router.get("/events/{event_id}")
def show_event(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, event_id: PathId
) -> Response:
    """Its name and its money; what was told in confidence stays in the person's own story."""
    with page.reading() as connection:
        found = connection.execute(_EVENT, (event_id,)).fetchone()
        if found is None:
            raise NotFound("Không có bút toán này.")
        position, topic, recorded_at, actor, club_id, *told = found
        occurred_on, vouchers, loan_id, regulation, reverses, digest = told
        allowed.refuse_other_days(occurred_on)
        lines = connection.execute(_LINES, (position,)).fetchall()
        adopted = adopted_by(connection, club_id, regulation) if club_id else None
        reversal = connection.execute(_TAKEN_BACK, (event_id,)).fetchone()
        days = dict(connection.execute(_DAYS, ([adopted, reversal and reversal[0], reverses],)))
        by = recorder(actor)
        people: list[UUID] = [line[3] for line in lines if line[3]]
        people += [by.person_id] if by.person_id else []
        names = page.read.names(connection, people, "show_event")
    if club_id is not None:
        page.opens(club_id)
    entry = Entry(page)
    hidden = allowed.audits and loan_id not in allowed.sampled
    return page.show(
        "event.html",
        prints=entry.may(Action.READ_PAPERS, event_id=event_id),
        why=_why_not(page, event_id),
        name=WORDINGS[topic].name[page.english] if topic in WORDINGS else topic,
        event={
            "id": event_id,
            "topic": topic,
            "position": position,
            "recorded_at": recorded_at,
            "recorded_by": page.names_recorder(by, names),
            "imports": f"/clubs/{club_id}/imports" if by.imports and club_id else "",
            "occurred_on": occurred_on,
            "vouchers": vouchers or [],
            "loan_id": loan_id,
            "regulation": regulation,
            "adopted": adopted,
            "reverses": reverses,
            "reversed_by": reversal[0] if reversal else None,
            "digest": digest,
        },
        opens={id for id, day in days.items() if allowed.reads_of(day)},
        lines=lines,
        names={} if hidden else names,
        hidden=hidden,
    )


class Opens(NamedTuple):
    """An event of a list that opens for the visitor, in a few words."""

    on: str | None
    name: str
    vouchers: Sequence[str]


def opening(page: Page, items: Iterable[Mapping[str, Any]], allowed: Allowed) -> dict[str, Opens]:
    """Of events in clubs whose books the visitor reads, by id those that open for them too: of care
    or of an association it takes more, and of some days an auditor sees nothing. Asked once for
    each club and association."""
    entry, positions = Entry(page), [one["position"] for one in items]
    with page.reading() as connection:
        told = connection.execute(
            """SELECT event_id, club_id, originator_id, topic, s.said ->> 'occurred_on',
                      s.said -> 'vouchers'
               FROM log.events CROSS JOIN LATERAL (
                   SELECT convert_from(state, 'UTF8')::jsonb AS said) AS s
               WHERE notification_id = ANY (%s)""",
            (positions,),
        ).fetchall()
        seen = entries_seen(connection, allowed)
    opens: dict[tuple[UUID, bool], bool] = {}
    found = {}
    for event_id, club_id, home, topic, occurred_on, vouchers in told:
        of_care = topic.startswith("care.")
        key = club_id or home, of_care
        if club_id is not None and not of_care:
            opens[key] = True
        elif key not in opens:
            opens[key] = entry.may(Action.READ_BOOKS, event_id=event_id)
        theirs = seen(club_id, occurred_on) if club_id else allowed.reads_of(occurred_on)
        if opens[key] and theirs:
            name = WORDINGS[topic].name[page.english] if topic in WORDINGS else ""
            found[str(event_id)] = Opens(occurred_on, name, vouchers or ())
    return found


def _why_not(page: Page, event_id: UUID) -> str:
    """Why this visitor may not ask that it no longer counts; "" where they may."""
    entry, desk = Entry(page), page.parts.desk
    if not entry.may(Action.CORRECT, event_id=event_id):
        return page.says("Vai của mình không sửa việc này; hãy nói với người phụ trách.")
    try:
        home = corrections.home_of(desk, event_id)
        corrections.refuse_irreversible(desk, home, event_id)
    except (NotFound, Refusal) as error:
        return entry.refusal(error)
    return ""
