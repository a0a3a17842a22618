"""Clubs that lag, as the newspaper complains: no meeting, no count, little attention."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from projections.province.parts import JUDGED, family_of, with_parts
from projections.province.views import Place, Span
from projections.views import DayText, IdText

LAGS = ("clubs_without_meeting", "clubs_without_count", "clubs_with_little_attention")


class LaggingView(TypedDict):
    """`lags` are the keys of the rows that count this club."""

    club_id: IdText
    name: str | None
    commune: str | None
    district: str | None
    last_meeting_on: DayText | None
    last_count_on: DayText | None
    last_visit_on: DayText | None
    lags: list[str]


class Judged(NamedTuple):
    """A club as the programme's targets see it: which rows count it, and since when it lags."""

    club_id: UUID
    last_meeting_on: date | None
    last_count_on: date | None
    last_visit_on: date | None
    rows: dict[str, bool]


def judged_clubs(connection: psycopg.Connection[Any], span: Span) -> list[Judged]:
    rows = connection.execute(
        with_parts(
            family_of(LAGS[0]),
            f"""SELECT c.club_id, c.last_meeting_on, c.last_count_on, c.last_visit_on,
                       jsonb_object_agg(k.figure, coalesce(k.yes, false))
                FROM clubs_seen c CROSS JOIN LATERAL ({JUDGED}) AS k(figure, yes)
                GROUP BY c.club_id, c.last_meeting_on, c.last_count_on, c.last_visit_on""",
        ),
        span.asked,
    )
    return [Judged(*row) for row in rows if span.only is None or row[0] in span.only]


def lagging_clubs(judged: Iterable[Judged], where: Mapping[UUID, Place]) -> list[LaggingView]:
    """Whoever lags in most comes first."""
    lagging = [(club, [key for key in sorted(LAGS) if club.rows[key]]) for club in judged]
    found: list[LaggingView] = []
    for club, lags in sorted(lagging, key=lambda one: (-len(one[1]), one[0].club_id)):
        place = where.get(club.club_id, Place(None, None, None))
        if lags:
            found.append(
                {
                    "club_id": str(club.club_id),
                    "name": place.name,
                    "commune": place.commune,
                    "district": place.district,
                    "last_meeting_on": _text(club.last_meeting_on),
                    "last_count_on": _text(club.last_count_on),
                    "last_visit_on": _text(club.last_visit_on),
                    "lags": lags,
                }
            )
    return found


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
