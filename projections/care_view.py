"""What a coordinator looks at: who is cared for, when they were last visited, and what is due.

A reading or a note is opened only while its person's health consent lives; that there is a
confidential referral is told to the case's coordinator alone (domain.md section 6).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from domain.care.vitals import Vitals, flag
from domain.values import Purpose, Sealed
from projections.people import names_of
from projections.story import health_consent, same_person
from projections.views import DayText, IdText
from store.keys import KeyRing

INTERVAL_DAYS = 14
"""So long a client may go without a visit where no plan says otherwise (domain.md section 6)."""
CLIENTS_AT_MOST = 3
"""A volunteer with more is a warning."""
PAST_INTERVAL, MANY_CLIENTS = "client-past-interval", "volunteer-many-clients"


class CaseRow(NamedTuple):
    sort_key: bytes
    client_id: UUID
    club_id: UUID
    name: str | None
    enrolled_on: date
    discharged_on: date | None
    coordinator_id: UUID | None
    planned_on: date | None
    interval_days: int | None
    visits_per_week: int | None
    volunteer_ids: list[UUID]
    tasks: list[str]
    review_on: date | None
    last_visit_on: date | None
    visits: int
    next_visit_on: date | None
    open_referrals: int
    reading_at: int | None
    reading_on: date | None
    positions: list[int]
    """Of the enrolment and the plan: their sealed texts are opened from the events."""

    def days_past(self, today: date) -> int:
        """Days beyond what the plan allows without a visit; 0 while there is time, or no case."""
        if self.discharged_on is not None:
            return 0
        since = self.last_visit_on or self.enrolled_on
        return max((today - since).days - (self.interval_days or INTERVAL_DAYS), 0)


_CASES = r"""
    SELECT coalesce(p.sort_key, '\xff'), c.client_id, c.club_id, p.name, e.occurred_on,
           CASE WHEN NOT c.enrolled THEN c.occurred_on END, e.coordinator_id, plan.occurred_on,
           plan.interval_days, plan.visits_per_week, coalesce(plan.volunteer_ids, '{}'),
           coalesce(plan.tasks, '{}'), plan.review_on, made.last_on, made.visits, next.next_on,
           (SELECT count(*) FROM read.referrals r
            WHERE r.club_id = c.club_id AND r.client_id = c.client_id AND r.opened
              AND NOT r.confidential AND r.withdrawn_at IS NULL
              AND NOT EXISTS (SELECT FROM read.referrals z
                              WHERE z.club_id = c.club_id AND z.client_id = c.client_id
                                AND z.referral_id = r.referral_id AND NOT z.opened
                                AND z.withdrawn_at IS NULL)),
           reading.position, reading.occurred_on, array_remove(ARRAY[e.position, plan.position],
                                                               NULL)
    FROM (SELECT DISTINCT ON (client_id) * FROM read.care_cases
          WHERE club_id = %(club)s AND withdrawn_at IS NULL
            AND (%(client)s::uuid IS NULL OR client_id = %(client)s)
          ORDER BY client_id, position DESC) c
         JOIN LATERAL (SELECT * FROM read.care_cases x
             WHERE x.club_id = c.club_id AND x.client_id = c.client_id AND x.enrolled
               AND x.withdrawn_at IS NULL ORDER BY x.position DESC LIMIT 1) e ON true
         LEFT JOIN LATERAL (SELECT * FROM read.care_plans x
             WHERE x.club_id = c.club_id AND x.client_id = c.client_id
               AND x.withdrawn_at IS NULL ORDER BY x.position DESC LIMIT 1) plan ON true
         LEFT JOIN LATERAL (SELECT max(x.occurred_on) AS last_on, count(*) AS visits
             FROM read.visits x WHERE x.club_id = c.club_id AND x.client_id = c.client_id
               AND x.made AND x.withdrawn_at IS NULL) made ON true
         LEFT JOIN LATERAL (SELECT x.next_on FROM read.visits x
             WHERE x.club_id = c.club_id AND x.client_id = c.client_id
               AND x.withdrawn_at IS NULL ORDER BY x.occurred_on DESC, x.position DESC LIMIT 1
             ) next ON true
         LEFT JOIN LATERAL (SELECT x.position, x.occurred_on FROM read.readings x
             WHERE x.club_id = c.club_id AND x.client_id = c.client_id
               AND x.withdrawn_at IS NULL ORDER BY x.occurred_on DESC, x.position DESC LIMIT 1
             ) reading ON true
         LEFT JOIN keys.people p ON p.person_id = c.client_id
    WHERE (%(all)s OR c.enrolled)
      AND (%(of)s::uuid IS NULL OR c.client_id = %(of)s
           OR c.enrolled AND %(of)s = ANY (plan.volunteer_ids))
      AND (%(key)s::bytea IS NULL
           OR (coalesce(p.sort_key, '\xff'), c.client_id) > (%(key)s, %(person)s))
    ORDER BY 1, 2 LIMIT %(limit)s"""


def cases(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    client_id: UUID | None = None,
    of: UUID | None = None,
    all: bool = False,
    after: tuple[bytes, UUID] | None = None,
    limit: int | None = None,
) -> list[CaseRow]:
    """Clients by given name; `all` with those no longer cared for. `of` somebody: themselves, and
    whom they are assigned to now."""
    rows = connection.execute(
        _CASES,
        {
            "club": club_id,
            "client": client_id,
            "of": of,
            "all": all,
            "key": after[0] if after else None,
            "person": after[1] if after else None,
            "limit": limit,
        },
    )
    return [CaseRow(bytes(row[0]), *row[1:]) for row in rows]


def clubs_of_client(connection: psycopg.Connection[Any], client_id: UUID) -> list[UUID]:
    """The clubs that look, or once looked, after somebody; the latest first."""
    rows = connection.execute(
        """SELECT club_id FROM read.care_cases WHERE client_id = %s AND withdrawn_at IS NULL
           GROUP BY club_id ORDER BY max(position) DESC""",
        (client_id,),
    )
    return [club_id for (club_id,) in rows]


class Someone(TypedDict):
    """`name` is None when the person's key is gone."""

    id: IdText
    name: str | None


class CareCaseView(TypedDict):
    """`flag` is `refer` or `same_day`, from the last reading, where it may be read."""

    client_id: IdText
    club_id: IdText
    name: str | None
    enrolled_on: DayText
    discharged_on: DayText | None
    coordinator: Someone | None
    interval_days: int
    visits_per_week: int | None
    volunteers: list[Someone]
    tasks: list[str]
    review_on: DayText | None
    last_visit_on: DayText | None
    visits: int
    next_visit_on: DayText | None
    days_past_interval: int
    open_referrals: int
    """Without confidential ones."""
    flag: str | None
    flag_on: DayText | None
    warnings: list[str]


class CareWarning(TypedDict):
    code: str
    person: Someone
    clients: int | None
    """How many clients a volunteer has."""
    days_past: int | None


def case_views(
    connection: psycopg.Connection[Any], rows: Sequence[CaseRow], keys: KeyRing, today: date
) -> list[CareCaseView]:
    people = [id for row in rows for id in (*row.volunteer_ids, row.coordinator_id) if id]
    names = names_of(connection, people)
    readings = [row for row in rows if row.reading_at and may_read(connection, row.client_id)]
    flags = _flags(connection, keys, {row.reading_at: row.client_id for row in readings})
    return [_case(row, names, flags.get(row.client_id), today) for row in rows]


def _case(
    row: CaseRow, names: Mapping[UUID, str], flagged: str | None, today: date
) -> CareCaseView:
    past = row.days_past(today)
    return {
        "client_id": str(row.client_id),
        "club_id": str(row.club_id),
        "name": row.name,
        "enrolled_on": row.enrolled_on.isoformat(),
        "discharged_on": _day(row.discharged_on),
        "coordinator": someone(row.coordinator_id, names) if row.coordinator_id else None,
        "interval_days": row.interval_days or INTERVAL_DAYS,
        "visits_per_week": row.visits_per_week,
        "volunteers": [someone(id, names) for id in row.volunteer_ids],
        "tasks": row.tasks,
        "review_on": _day(row.review_on),
        "last_visit_on": _day(row.last_visit_on),
        "visits": row.visits,
        "next_visit_on": _day(row.next_visit_on),
        "days_past_interval": past,
        "open_referrals": row.open_referrals,
        "flag": flagged,
        "flag_on": _day(row.reading_on) if flagged else None,
        "warnings": [PAST_INTERVAL] if past else [],
    }


def warnings(
    connection: psycopg.Connection[Any], rows: Iterable[CaseRow], today: date
) -> list[CareWarning]:
    """Of a club's open cases: who waits too long for a visit, and who looks after too many."""
    cared = [row for row in rows if row.discharged_on is None]
    clients = Counter(id for row in cared for id in set(row.volunteer_ids))
    many = sorted(id for id, count in clients.items() if count > CLIENTS_AT_MOST)
    names = names_of(connection, many)
    waiting: list[CareWarning] = [
        {
            "code": PAST_INTERVAL,
            "person": {"id": str(row.client_id), "name": row.name},
            "clients": None,
            "days_past": row.days_past(today),
        }
        for row in cared
        if row.days_past(today)
    ]
    return waiting + [
        {
            "code": MANY_CLIENTS,
            "person": someone(id, names),
            "clients": clients[id],
            "days_past": None,
        }
        for id in many
    ]


def may_read(connection: psycopg.Connection[Any], person_id: UUID) -> bool:
    """Whether a person's health data may be read now, under whichever of their ids."""
    return health_consent(connection, same_person(connection, person_id, 2**62))


def someone(id: UUID, names: Mapping[UUID, str]) -> Someone:
    return {"id": str(id), "name": names.get(id)}


def reading_of(text: str | None) -> Vitals | None:
    if text is None:
        return None
    with suppress(ValueError):
        return Vitals.model_validate_json(text)
    return None


def sealed_fields(
    connection: psycopg.Connection[Any], keys: KeyRing, positions: Sequence[int], *, health: bool
) -> dict[int, dict[str, str]]:
    """Texts of events by position and field; those of health only with `health`."""
    rows = connection.execute(
        """SELECT e.notification_id, f.key, f.value
           FROM log.events e CROSS JOIN LATERAL jsonb_each(convert_from(e.state, 'UTF8')::jsonb) f
           WHERE e.notification_id = ANY(%s) AND f.value ? 'ciphertext'""",
        (list(positions),),
    ).fetchall()
    found = [(at, name, Sealed.model_validate(value)) for at, name, value in rows]
    found = [one for one in found if health or one[2].purpose is Purpose.MEMO]
    texts: dict[int, dict[str, str]] = {}
    opened = keys.open_many([sealed for _, _, sealed in found])
    for (at, name, _), text in zip(found, opened, strict=True):
        if text is not None:
            texts.setdefault(at, {})[name] = text
    return texts


def _flags(
    connection: psycopg.Connection[Any], keys: KeyRing, readings: Mapping[int | None, UUID]
) -> dict[UUID, str]:
    at = [position for position in readings if position is not None]
    texts = sealed_fields(connection, keys, at, health=True)
    found: dict[UUID, str] = {}
    for position in at:
        reading = reading_of(texts.get(position, {}).get("vitals"))
        if reading and (asked := flag(reading)):
            found[readings[position]] = asked
    return found


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
