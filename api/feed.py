"""The log itself, for programs that follow it: CloudEvents 1.0 in the order of the log.

What is sent is what is stored: sealed texts stay sealed, so the feed reads nobody's name. Only of
care there is no more than what stands in the Merkle log: when, and a hash. What kind of care it
was, beside an id, would say something of a person's health (design.md section 6).
"""

import json
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, NotRequired

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from api.description import problems
from api.parameters import LIMIT_DEFAULT, Limit, Parameters, Position
from api.permissions import Allowed, may
from api.reading import Parts, Within
from audit.evidence.envelope import Stored, entry, is_private
from domain.accounts.permissions import Action, anywhere
from projections.views import IdText, InstantText, instant
from store.mapper import LogRow

MEDIA_TYPE = "application/cloudevents-batch+json"

CARE = "care"
"""The `type` of every event of care."""
SHUT = ("clubs.SupportGiven", "clubs.CorrectionProposed")
"""Topics that tell, or may tell, of a visit to somebody ill: the payload's hash stands for it."""

router = APIRouter(prefix="/v1", tags=["events"])


class FeedQuery(Parameters):
    after: Position = 0
    """The position of the last event one has; what comes is what lies behind it."""
    limit: Limit = LIMIT_DEFAULT


class CloudEvent(TypedDict):
    """`type` is the event's name on disk, `subject` the history it stands in, at
    `historyversion`; `position` is its place in the whole log and never changes.

    Of care (`type` is "care"): `data` is the leaf of the Merkle log, `id` its `inner` hash, and
    there is no subject, no club and nobody who recorded it. Where a payload is withheld, `data` is
    its `sha256`."""

    specversion: str
    id: str
    source: str
    type: str
    subject: NotRequired[IdText]
    time: InstantText
    datacontenttype: str
    data: dict[str, Any]
    position: int
    historyversion: NotRequired[int]
    recordedby: NotRequired[str]
    clubid: NotRequired[IdText]


_BATCH = TypeAdapter(list[CloudEvent]).json_schema()


@router.get(
    "/events",
    response_class=JSONResponse,
    response_model=None,
    responses={
        200: {
            "description": "A CloudEvents batch; `Link` has the next while there is more.",
            "content": {MEDIA_TYPE: {"schema": _BATCH}},
        },
        **problems(422, 503),
    },
)
def list_events(
    allowed: Annotated[Allowed, may(Action.FOLLOW_LOG)],
    query: Annotated[FeedQuery, Query()],
    parts: Within,
) -> JSONResponse:
    """What happened in the caller's clubs, behind a position; reads the log, so never behind.

    A page is of so many events of the log: of those only the caller's are shown, so it may hold
    fewer, or none, while `Link` has the next. An auditor follows the books of their period.
    """
    rows = parts.desk.log.log_recorder.select_rows(after=query.after, limit=query.limit + 1)
    page = rows[: query.limit]
    shown = _followed(page, allowed, parts)
    headers = {}
    if len(rows) > query.limit:
        address = f"/v1/events?after={page[-1].position}&limit={query.limit}"
        headers["Link"] = f'<{address}>; rel="next"'
    return JSONResponse([cloud_event(row) for row in shown], 200, headers, MEDIA_TYPE)


def _followed(rows: Sequence[LogRow], allowed: Allowed, parts: Parts) -> Sequence[LogRow]:
    if not anywhere(allowed.grants):
        with parts.database.connection() as connection:
            only = allowed.clubs(connection)
        rows = [row for row in rows if row.club_id and (only is None or row.club_id in only)]
    if not allowed.audits:
        return rows
    first, last = allowed.period() or (date.min, date.max)
    return [row for row in rows if row.topic.startswith("loans.") and first <= _day(row) <= last]


def _day(row: LogRow) -> date:
    """The business date, or for what has none the day it was recorded."""
    assert row.recorded_at is not None, "it was read from the log"
    told = json.loads(row.state).get("occurred_on")
    return date.fromisoformat(told) if told else row.recorded_at.date()


def cloud_event(row: LogRow) -> CloudEvent:
    assert row.recorded_at is not None, "it was read from the log"
    assert row.position is not None, "it was read from the log"
    if is_private(row.topic):
        return _of_care(row)
    shut = row.topic in SHUT
    event = CloudEvent(
        specversion="1.0",
        id=str(row.event_id),
        source=f"/v1/clubs/{row.club_id}" if row.club_id else "/v1",
        type=row.topic,
        subject=str(row.originator_id),
        time=instant(row.recorded_at),
        datacontenttype="application/json",
        data={"sha256": sha256(row.state).hexdigest()} if shut else json.loads(row.state),
        position=row.position,
        historyversion=row.originator_version,
        recordedby=row.actor,
    )
    if row.club_id is not None:
        event["clubid"] = str(row.club_id)
    return event


def _of_care(row: LogRow) -> CloudEvent:
    assert row.recorded_at is not None, "it was read from the log"
    assert row.position is not None, "it was read from the log"
    stored = Stored(
        actor=row.actor,
        at=instant(row.recorded_at),
        club=str(row.club_id) if row.club_id else None,
        event=str(row.event_id),
        nid=row.position,
        payload=sha256(row.state).hexdigest(),
        stream=str(row.originator_id),
        topic=row.topic,
        version=row.originator_version,
    )
    leaf = json.loads(entry(stored))
    return CloudEvent(
        specversion="1.0",
        id=leaf["inner"],
        source="/v1",
        type=CARE,
        time=instant(row.recorded_at),
        datacontenttype="application/json",
        data=leaf,
        position=row.position,
    )
