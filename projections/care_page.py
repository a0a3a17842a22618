"""The page of one care case: plan, assessments, visits, and what referrals its reader may see."""

import json
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from domain.care.vitals import flag
from projections.care_view import (
    CareCaseView,
    CaseRow,
    Someone,
    case_views,
    may_read,
    reading_of,
    sealed_fields,
    someone,
)
from projections.people import names_of
from projections.views import DayText, IdText
from store.keys import KeyRing

LAST_VISITS = 50


class VisitView(TypedDict):
    """`note` and `vitals` only while the client's health consent lives."""

    visit_id: IdText
    event_id: IdText
    occurred_on: DayText
    made: bool
    cause: str | None
    minutes: int | None
    volunteers: list[Someone]
    tasks: list[str]
    urgent: bool
    next_on: DayText | None
    note: str | None
    vitals: dict[str, int] | None
    flag: str | None


class AssessmentView(TypedDict):
    """`total` of the raw items, where they may be read."""

    event_id: IdText
    occurred_on: DayText
    instrument: str
    instrument_version: str
    assessed_by: Someone
    items: dict[str, int] | None
    total: int | None


class ReferralView(TypedDict):
    referral_id: IdText
    event_id: IdText
    opened_on: DayText
    closed_on: DayText | None
    to: str
    urgent: bool
    confidential: bool
    reason: str | None
    outcome: str | None


class CareCasePage(CareCaseView):
    """`readable` says whether the client's health consent lives; without it no health text is
    shown. Visits are the last 50, newest first."""

    readable: bool
    reasons: str | None
    goals: str | None
    assessments: list[AssessmentView]
    visit_list: list[VisitView]
    referrals: list[ReferralView]


def case_page(
    connection: psycopg.Connection[Any],
    row: CaseRow,
    keys: KeyRing,
    today: date,
    reader: UUID | None,
) -> CareCasePage:
    """`reader` is who asks: confidential referrals are for the case's coordinator alone."""
    health = may_read(connection, row.client_id)
    own = sealed_fields(connection, keys, row.positions, health=health)
    said = {name: text for texts in own.values() for name, text in texts.items()}
    [view] = case_views(connection, [row], keys, today)
    trusted = reader is not None and reader == row.coordinator_id
    return {
        **view,
        "readable": health,
        "reasons": said.get("reasons"),
        "goals": said.get("goals"),
        "assessments": _assessments(connection, row, keys, health=health),
        "visit_list": _visits(connection, row, keys, health=health),
        "referrals": _referrals(connection, row, keys, health=health, confidential=trusted),
    }


def _visits(
    connection: psycopg.Connection[Any], row: CaseRow, keys: KeyRing, *, health: bool
) -> list[VisitView]:
    rows = connection.execute(
        """SELECT position, visit_id, event_id, occurred_on, made, cause, minutes, volunteer_ids,
                  tasks, urgent, next_on
           FROM read.visits WHERE club_id = %s AND client_id = %s AND withdrawn_at IS NULL
           ORDER BY occurred_on DESC, position DESC LIMIT %s""",
        (row.club_id, row.client_id, LAST_VISITS),
    ).fetchall()
    names = names_of(connection, [id for one in rows for id in one[7]])
    texts = sealed_fields(connection, keys, [one[0] for one in rows], health=health)
    views: list[VisitView] = []
    for at, visit_id, event_id, on, made, cause, minutes, went, tasks, urgent, next_on in rows:
        said = texts.get(at, {})
        reading = reading_of(said.get("vitals"))
        views.append(
            {
                "visit_id": str(visit_id),
                "event_id": str(event_id),
                "occurred_on": on.isoformat(),
                "made": made,
                "cause": cause,
                "minutes": minutes,
                "volunteers": [someone(id, names) for id in went],
                "tasks": tasks,
                "urgent": urgent,
                "next_on": next_on.isoformat() if next_on else None,
                "note": said.get("note"),
                "vitals": reading.model_dump(exclude_none=True) if reading else None,
                "flag": flag(reading) if reading else None,
            }
        )
    return views


def _assessments(
    connection: psycopg.Connection[Any], row: CaseRow, keys: KeyRing, *, health: bool
) -> list[AssessmentView]:
    rows = connection.execute(
        """SELECT position, event_id, occurred_on, instrument, instrument_version, assessed_by
           FROM read.care_assessments
           WHERE club_id = %s AND client_id = %s AND withdrawn_at IS NULL
           ORDER BY occurred_on DESC, position DESC""",
        (row.club_id, row.client_id),
    ).fetchall()
    names = names_of(connection, [one[5] for one in rows])
    texts = sealed_fields(connection, keys, [one[0] for one in rows], health=health)
    views: list[AssessmentView] = []
    for at, event_id, on, instrument, version, assessed_by in rows:
        items = _scores(texts.get(at, {}).get("items"))
        views.append(
            {
                "event_id": str(event_id),
                "occurred_on": on.isoformat(),
                "instrument": instrument,
                "instrument_version": version,
                "assessed_by": someone(assessed_by, names),
                "items": items,
                "total": None if items is None else sum(items.values()),
            }
        )
    return views


def _scores(text: str | None) -> dict[str, int] | None:
    if text is None:
        return None
    with suppress(ValueError, AttributeError):
        found = json.loads(text)
        return dict(found.get("items", found))
    return None


def _referrals(
    connection: psycopg.Connection[Any],
    row: CaseRow,
    keys: KeyRing,
    *,
    health: bool,
    confidential: bool,
) -> list[ReferralView]:
    rows = connection.execute(
        """SELECT r.position, z.position, r.referral_id, r.event_id, r.occurred_on, z.occurred_on,
                  r.receiver, r.urgent, r.confidential
           FROM read.referrals r LEFT JOIN read.referrals z
                ON z.club_id = r.club_id AND z.client_id = r.client_id
                   AND z.referral_id = r.referral_id AND NOT z.opened AND z.withdrawn_at IS NULL
           WHERE r.club_id = %s AND r.client_id = %s AND r.opened AND r.withdrawn_at IS NULL
             AND (%s OR NOT r.confidential)
           ORDER BY r.occurred_on DESC, r.position DESC""",
        (row.club_id, row.client_id, confidential),
    ).fetchall()
    # A suspicion of abuse was written down without asking, for the coordinator to act on.
    of_all = [at for one in rows for at in one[:2] if at is not None and not one[8]]
    of_trusted = [at for one in rows for at in one[:2] if at is not None and one[8]]
    texts = sealed_fields(connection, keys, of_all, health=health)
    texts |= sealed_fields(connection, keys, of_trusted, health=True)
    views: list[ReferralView] = []
    for at, closed_at, referral_id, event_id, opened_on, closed_on, receiver, *told in rows:
        urgent, hidden = told
        views.append(
            {
                "referral_id": str(referral_id),
                "event_id": str(event_id),
                "opened_on": opened_on.isoformat(),
                "closed_on": closed_on.isoformat() if closed_on else None,
                "to": receiver,
                "urgent": urgent,
                "confidential": hidden,
                "reason": texts.get(at, {}).get("reason"),
                "outcome": texts.get(closed_at, {}).get("outcome"),
            }
        )
    return views
