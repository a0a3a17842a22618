"""What a club was on a day: its unit, where it stood, who filled an office for whom.

All append-only with positions, so that an old report shows the old commune, as of a business date
and as known at an instant.
"""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.projection import Projection, window_of

_UNITS = f"""
INSERT INTO {{club_units}}
SELECT w.position, w.club_id, (w.d ->> 'occurred_on')::date, w.d ->> 'commune',
       w.d ->> 'commune_code', w.d ->> 'district', w.d ->> 'province'
FROM {window_of("clubs.ClubFounded", "clubs.CommuneReassigned")} w
"""
_STATUS = f"""
INSERT INTO {{club_status}}
SELECT w.position, w.club_id, (w.d ->> 'occurred_on')::date,
       CASE w.topic WHEN 'clubs.ClubSuspended' THEN 'suspended'
                    WHEN 'clubs.ClubDissolved' THEN 'dissolved' ELSE 'running' END
FROM {window_of("clubs.ClubSuspended", "clubs.ClubResumed", "clubs.ClubDissolved")} w
"""
_STAND_INS = f"""
INSERT INTO {{stand_ins}}
SELECT w.position, w.club_id, w.d ->> 'office', (w.d ->> 'person_id')::uuid,
       (w.d ->> 'occurred_on')::date, (w.d ->> 'until')::date
FROM {window_of("clubs.StandInNamed")} w
"""

CLUB_LIFE = Projection(
    name="club-life",
    version=1,
    tables={
        "club_units": """position bigint NOT NULL, club_id uuid NOT NULL, valid_from date NOT NULL,
            commune text, commune_code text, district text, province text""",
        "club_status": """position bigint NOT NULL, club_id uuid NOT NULL, since date NOT NULL,
            status text NOT NULL""",
        "stand_ins": """position bigint NOT NULL, club_id uuid NOT NULL, office text NOT NULL,
            person_id uuid NOT NULL, since date NOT NULL, until date NOT NULL""",
    },
    fold=(_UNITS, _STATUS, _STAND_INS),
    indexes=tuple(
        f"CREATE INDEX ON {{{table}}} (club_id, position)"
        for table in ("club_units", "club_status", "stand_ins")
    ),
    topics=(
        "clubs.ClubFounded",
        "clubs.CommuneReassigned",
        "clubs.ClubSuspended",
        "clubs.ClubResumed",
        "clubs.ClubDissolved",
        "clubs.StandInNamed",
    ),
)


class ClubDay(NamedTuple):
    """A club on one day; `status` is running, suspended or dissolved."""

    commune: str | None
    commune_code: str | None
    district: str | None
    province: str | None
    status: str
    stand_ins: list[tuple[str, UUID, str | None, date, date]]
    """Office, person, name, first and last day of each who filled in that day."""


def on_day(
    connection: psycopg.Connection[Any], club_id: UUID, day: date, upto: int | None = None
) -> ClubDay:
    """Of what was known up to a position; of two units from one day the later recorded counts."""
    told = {"club": club_id, "day": day, "upto": upto}
    unit = connection.execute(
        """SELECT commune, commune_code, district, province FROM read.club_units
           WHERE club_id = %(club)s AND valid_from <= %(day)s
             AND (%(upto)s::bigint IS NULL OR position <= %(upto)s)
           ORDER BY valid_from DESC, position DESC LIMIT 1""",
        told,
    ).fetchone()
    status = connection.execute(
        """SELECT status FROM read.club_status
           WHERE club_id = %(club)s AND since <= %(day)s
             AND (%(upto)s::bigint IS NULL OR position <= %(upto)s)
           ORDER BY since DESC, position DESC LIMIT 1""",
        told,
    ).fetchone()
    stand_ins = connection.execute(
        """SELECT s.office, s.person_id, p.name, s.since, s.until
           FROM read.stand_ins s LEFT JOIN keys.people p USING (person_id)
           WHERE s.club_id = %(club)s AND %(day)s BETWEEN s.since AND s.until
             AND (%(upto)s::bigint IS NULL OR s.position <= %(upto)s)
           ORDER BY s.office, s.position""",
        told,
    ).fetchall()
    commune, code, district, province = unit or (None, None, None, None)
    return ClubDay(commune, code, district, province, status[0] if status else "running", stand_ins)
