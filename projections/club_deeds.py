"""What a club did in a period beside lending: home care, work-days, meetings, activities.

Counts, hours and days only: no name stands beside what says something of anybody's health. What
was taken back by the report's position is left out, and what was taken back later still counts.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
from typing_extensions import TypedDict

from projections.care_view import INTERVAL_DAYS
from projections.figures import Period
from projections.story_views import work_days_text
from projections.times import Seen
from projections.views import DayText
from projections.volunteer_days import COUNTED

_KNOWN = "position <= %(upto)s AND (withdrawn_at IS NULL OR withdrawn_at > %(upto)s)"
_WITHIN = "club_id = %(club)s AND occurred_on BETWEEN %(first)s AND %(last)s"


class CarePart(TypedDict):
    """`clients` were in care on some day of the period, `in_care` on its last."""

    clients: int | None
    in_care: int | None
    visits: int | None
    missed: int | None
    visit_minutes: int | None
    """Of each visit once, however many volunteers came."""
    visited: int | None
    """Clients with a visit in the period."""
    last_visit_on: DayText | None
    """Of all clients together, up to the report's last day."""
    past_interval: int | None
    """In care that day and longer without a visit than their plan allows."""
    volunteers: int


class WorkView(TypedDict):
    """`work_days` as text; a visit that was part of a shift is that shift's."""

    activity: str
    times: int
    people: int
    """Named and counted, once for each time."""
    minutes: int
    work_days: str


class MeetingView(TypedDict):
    occurred_on: DayText
    planned_on: DayText | None
    minutes: str | None
    """The number of its minutes."""
    head_count: int


class AreaView(TypedDict):
    area: str
    activities: int
    head_count: int
    value: int
    """Mobilised, or what it was worth, in đồng; never money of the book."""


class DoneInStep(TypedDict):
    until: DayText
    visits: int
    work_days: str


class DeedsPart(TypedDict):
    care: CarePart
    work: list[WorkView]
    work_days: str
    meetings: list[MeetingView]
    activities: list[AreaView]
    steps: list[DoneInStep]


_CLIENTS = f"""
    WITH told AS (SELECT * FROM read.care_cases WHERE club_id = %(club)s AND {_KNOWN}
                    AND occurred_on <= %(last)s),
    stays AS (
        SELECT client_id, occurred_on AS since,
               (SELECT min(o.occurred_on) FROM told o
                WHERE NOT o.enrolled AND o.client_id = e.client_id AND o.position > e.position)
                   AS until
        FROM told e WHERE enrolled),
    visited AS (SELECT client_id, max(occurred_on) AS last_on FROM read.visits
                WHERE club_id = %(club)s AND made AND {_KNOWN} AND occurred_on <= %(last)s
                GROUP BY client_id)
    SELECT count(DISTINCT s.client_id) FILTER (WHERE s.until IS NULL OR s.until >= %(first)s),
           count(DISTINCT s.client_id) FILTER (WHERE s.until IS NULL),
           count(DISTINCT s.client_id) FILTER (
               WHERE s.until IS NULL AND %(last)s::date - greatest(s.since, v.last_on)
                     > coalesce(p.interval_days, {INTERVAL_DAYS})),
           (SELECT max(last_on) FROM visited)
    FROM stays s LEFT JOIN visited v USING (client_id)
         LEFT JOIN LATERAL (
             SELECT interval_days FROM read.care_plans x
             WHERE x.club_id = %(club)s AND x.client_id = s.client_id AND {_KNOWN}
               AND x.occurred_on <= %(last)s
             ORDER BY x.position DESC LIMIT 1) p ON true"""

_VISITS = f"""
    SELECT count(*) FILTER (WHERE made), count(*) FILTER (WHERE NOT made),
           coalesce(sum(minutes), 0)::bigint, count(DISTINCT client_id) FILTER (WHERE made)
    FROM read.visits WHERE {_WITHIN} AND {_KNOWN}"""

_WORK = f"""
    SELECT activity, count(DISTINCT event_id), sum(people)::bigint,
           coalesce(sum(minutes), 0)::bigint, sum(work_days)
    FROM ({COUNTED}) c WHERE {_WITHIN}
    GROUP BY activity ORDER BY sum(work_days) DESC, activity"""

# What was done, as the event itself says it.
_DONE = f"""
    SELECT occurred_on, position, head_count, (
               SELECT convert_from(e.state, 'UTF8')::jsonb FROM log.events e
               WHERE e.notification_id = position) AS d
    FROM read.doings
    WHERE whose = %(club)s AND occurred_on BETWEEN %(first)s AND %(last)s AND {_KNOWN}"""

_MEETINGS = f"""
    SELECT occurred_on, (d ->> 'planned_on')::date, d ->> 'minutes', head_count
    FROM ({_DONE} AND kind = 'meeting') AS met ORDER BY occurred_on, position"""

_AREAS = f"""
    SELECT d ->> 'area' AS area, count(*), coalesce(sum(head_count), 0)::bigint,
           coalesce(sum((d ->> 'value')::bigint), 0)::bigint
    FROM ({_DONE} AND kind = 'activity') AS done GROUP BY 1 ORDER BY count(*) DESC, 1"""

# Whoever enrolled and did not leave since.
_VOLUNTEERS = """
    SELECT count(*) FROM (
        SELECT DISTINCT ON (f.subject) f.fact
        FROM read.facts f LEFT JOIN LATERAL (
             SELECT counts FROM read.fact_changes c
             WHERE c.event_id = f.event_id AND c.position <= %(upto)s AND c.since <= %(last)s
             ORDER BY c.position DESC LIMIT 1) c ON true
        WHERE f.fact IN ('volunteer_in', 'volunteer_out') AND f.club_id = %(club)s
          AND f.position <= %(upto)s AND f.occurred_on <= %(last)s AND c.counts IS NOT FALSE
        ORDER BY f.subject, f.occurred_on DESC, f.position DESC) AS last
    WHERE fact = 'volunteer_in'"""

_BY_DAY = f"""
    SELECT occurred_on, sum(visits)::int, sum(work_days) FROM (
        SELECT occurred_on, 1 AS visits, 0 AS work_days FROM read.visits
        WHERE {_WITHIN} AND made AND {_KNOWN}
        UNION ALL
        SELECT occurred_on, 0, work_days FROM ({COUNTED}) c
        WHERE {_WITHIN}) AS done
    GROUP BY 1 ORDER BY 1"""


def deeds_part(
    connection: psycopg.Connection[Any], seen: Seen, period: Period, ends: Iterable[date]
) -> DeedsPart:
    """`ends` are the last days of the steps a chart shows, in order."""
    given = {
        "club": seen.club_id,
        "upto": seen.upto,
        "first": period.first,
        "last": period.last,
    }

    def rows(query: str) -> list[Any]:
        return connection.execute(query.encode(), given).fetchall()

    work: list[WorkView] = [
        {
            "activity": activity,
            "times": times,
            "people": people,
            "minutes": minutes,
            "work_days": work_days_text(days),
        }
        for activity, times, people, minutes, days in rows(_WORK)
    ]
    return {
        "care": _care(rows(_CLIENTS)[0], rows(_VISITS)[0], rows(_VOLUNTEERS)[0][0]),
        "work": work,
        "work_days": work_days_text(sum((Decimal(one["work_days"]) for one in work), Decimal(0))),
        "meetings": [
            {
                "occurred_on": on.isoformat(),
                "planned_on": planned_on and planned_on.isoformat(),
                "minutes": minutes,
                "head_count": head_count,
            }
            for on, planned_on, minutes, head_count in rows(_MEETINGS)
        ],
        "activities": [
            {"area": area, "activities": activities, "head_count": head_count, "value": value}
            for area, activities, head_count, value in rows(_AREAS)
        ],
        "steps": _steps(rows(_BY_DAY), period.first, ends),
    }


def _care(clients: Sequence[Any], visits: Sequence[Any], volunteers: int) -> CarePart:
    cared_for, in_care, past_interval, last_on = clients
    made, missed, minutes, visited = visits
    return {
        "clients": cared_for,
        "in_care": in_care,
        "visits": made,
        "missed": missed,
        "visit_minutes": minutes,
        "visited": visited,
        "last_visit_on": last_on and last_on.isoformat(),
        "past_interval": past_interval,
        "volunteers": volunteers,
    }


def _steps(
    days: Sequence[tuple[date, int, Decimal]], first: date, ends: Iterable[date]
) -> list[DoneInStep]:
    made: list[DoneInStep] = []
    for last in ends:
        within = [(visits, work) for on, visits, work in days if first <= on <= last]
        made.append(
            {
                "until": last.isoformat(),
                "visits": sum(visits for visits, _ in within),
                "work_days": work_days_text(sum((work for _, work in within), Decimal(0))),
            }
        )
        first = last + timedelta(days=1)
    return made
