"""Clubs that lag, as the newspaper complains: no meeting, no count, little attention."""

from datetime import date
from typing import Any

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


def lagging_clubs(
    connection: psycopg.Connection[Any], span: Span, where: dict[Any, Place]
) -> list[LaggingView]:
    """Whoever lags in most comes first."""
    rows = connection.execute(
        with_parts(
            family_of(LAGS[0]),
            f"""SELECT c.club_id, c.last_meeting_on, c.last_count_on, c.last_visit_on,
                       array_agg(k.figure ORDER BY k.figure)
                FROM clubs_seen c CROSS JOIN LATERAL ({JUDGED}) AS k(figure, yes)
                WHERE k.yes AND k.figure = ANY (%(lags)s)
                GROUP BY c.club_id, c.last_meeting_on, c.last_count_on, c.last_visit_on
                ORDER BY count(*) DESC, c.club_id""",
        ),
        span.asked | {"lags": list(LAGS)},
    )
    found: list[LaggingView] = []
    for club_id, met, counted, visited, lags in rows:
        if span.only is not None and club_id not in span.only:
            continue
        place = where.get(club_id, Place(None, None, None))
        found.append(
            {
                "club_id": str(club_id),
                "name": place.name,
                "commune": place.commune,
                "district": place.district,
                "last_meeting_on": _text(met),
                "last_count_on": _text(counted),
                "last_visit_on": _text(visited),
                "lags": lags,
            }
        )
    return found


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None
