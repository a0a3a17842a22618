"""Clubs, their boards, and who belongs to them with what household; names lie with the keys."""

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.projection import WINDOW, Projection, window_of

_CLUBS = f"""
INSERT INTO {{clubs}}
SELECT w.club_id, w.d ->> 'name', w.d ->> 'village', w.d ->> 'commune', w.d ->> 'province',
       w.d ->> 'decision', (w.d ->> 'occurred_on')::date, (w.d ->> 'meeting_day')::int
FROM {window_of("clubs.ClubFounded")} w
ON CONFLICT (club_id) DO UPDATE SET name = excluded.name, village = excluded.village,
    commune = excluded.commune, province = excluded.province, decision = excluded.decision,
    founded_on = excluded.founded_on, meeting_day = excluded.meeting_day
"""
_CLUBS_WITHDRAWN = f"""
DELETE FROM {{clubs}} c USING (
    SELECT DISTINCT ON (w.club_id) w.club_id, w.topic
    FROM {window_of("clubs.ClubFounded", "clubs.ClubWithdrawn")} w
    ORDER BY w.club_id, w.position DESC) AS last
WHERE c.club_id = last.club_id AND last.topic = 'clubs.ClubWithdrawn'
"""
_BOARD_OUT = f"""
DELETE FROM {{board}} b USING ({WINDOW}) w
WHERE w.topic = 'clubs.BoardElected' AND b.club_id = w.club_id
"""
_BOARD_IN = f"""
INSERT INTO {{board}}
SELECT last.club_id, h.person_id, h.office, last.since
FROM (SELECT DISTINCT ON (w.club_id) w.club_id, w.d -> 'holders' AS holders,
             (w.d ->> 'occurred_on')::date AS since
      FROM {window_of("clubs.BoardElected")} w
      ORDER BY w.club_id, w.position DESC) AS last
     CROSS JOIN LATERAL jsonb_to_recordset(last.holders) AS h(person_id uuid, office text)
"""

CLUBS = Projection(
    name="clubs",
    version=1,
    tables={
        "clubs": """club_id uuid NOT NULL, name text NOT NULL, village text, commune text,
            province text, decision text, founded_on date NOT NULL, meeting_day int""",
        "board": "club_id uuid NOT NULL, person_id uuid NOT NULL, office text NOT NULL, since date",
    },
    fold=(_CLUBS, _CLUBS_WITHDRAWN, _BOARD_OUT, _BOARD_IN),
    keys=("ALTER TABLE {clubs} ADD PRIMARY KEY (club_id)",),
    indexes=("CREATE INDEX ON {board} (club_id)",),
    topics=("clubs.ClubFounded", "clubs.ClubWithdrawn", "clubs.BoardElected"),
)

_PERSONS = f"""
INSERT INTO {{persons}} AS old
SELECT person_id,
       (array_agg(sex ORDER BY position DESC) FILTER (WHERE sex IS NOT NULL))[1],
       (array_agg(birth_year ORDER BY position DESC) FILTER (WHERE birth_year IS NOT NULL))[1],
       (array_agg(household_id ORDER BY position DESC) FILTER (WHERE household_id IS NOT NULL))[1],
       (array_agg(household_class ORDER BY valid_from DESC NULLS LAST, position DESC)
           FILTER (WHERE household_class IS NOT NULL))[1],
       (array_agg(valid_from ORDER BY valid_from DESC NULLS LAST, position DESC)
           FILTER (WHERE household_class IS NOT NULL))[1],
       (array_agg(withdrawn ORDER BY position DESC))[1],
       max(died_on), (array_agg(into_id) FILTER (WHERE into_id IS NOT NULL))[1]
FROM (SELECT w.position, (w.d ->> 'person_id')::uuid AS person_id, w.d ->> 'sex' AS sex,
             (w.d ->> 'birth_year')::int AS birth_year,
             (w.d ->> 'household_id')::uuid AS household_id,
             w.d ->> 'household_class' AS household_class,
             (w.d ->> 'valid_from')::date AS valid_from,
             w.topic = 'clubs.PersonWithdrawn' AS withdrawn,
             (w.d ->> 'into_id')::uuid AS into_id,
             CASE w.topic WHEN 'clubs.PersonDied' THEN (w.d ->> 'occurred_on')::date END AS died_on
      FROM ({WINDOW} OFFSET 0) w WHERE w.topic LIKE 'clubs.%%'
        AND w.topic NOT LIKE 'clubs.Member%%' AND w.topic <> 'clubs.EntryWithdrawn') AS said
GROUP BY person_id
ON CONFLICT (person_id) DO UPDATE SET sex = coalesce(excluded.sex, old.sex),
    birth_year = coalesce(excluded.birth_year, old.birth_year),
    household_id = coalesce(excluded.household_id, old.household_id),
    household_class = CASE WHEN excluded.household_class IS NOT NULL
            AND coalesce(excluded.class_from, '-infinity') >= coalesce(old.class_from, '-infinity')
        THEN excluded.household_class ELSE old.household_class END,
    class_from = CASE WHEN excluded.household_class IS NOT NULL
            AND coalesce(excluded.class_from, '-infinity') >= coalesce(old.class_from, '-infinity')
        THEN excluded.class_from ELSE old.class_from END,
    withdrawn = excluded.withdrawn,
    died_on = coalesce(excluded.died_on, old.died_on),
    merged_into = coalesce(excluded.merged_into, old.merged_into)
"""

# Who was said to have died lives, unless a death behind that says otherwise.
_ALIVE = f"""
UPDATE {{persons}} p SET died_on = g.died_on
FROM (SELECT (w.d ->> 'person_id')::uuid AS person_id,
             (array_agg(CASE w.topic WHEN 'clubs.PersonDied' THEN (w.d ->> 'occurred_on')::date END
                        ORDER BY w.position DESC))[1] AS died_on,
             bool_or(w.topic = 'clubs.PersonEntryWithdrawn') AS lives
      FROM {window_of("clubs.PersonDied", "clubs.PersonEntryWithdrawn")} w
      GROUP BY (w.d ->> 'person_id')::uuid) AS g
WHERE g.lives AND p.person_id = g.person_id
"""

_MEMBERSHIPS = f"""
INSERT INTO {{memberships}}
SELECT w.club_id, (w.d ->> 'person_id')::uuid, (w.d ->> 'occurred_on')::date, NULL, NULL,
       coalesce((w.d ->> 'volunteer')::bool, false), w.position, NULL
FROM {window_of("clubs.MemberJoined")} w
"""
# Leaving and withdrawing end the latest membership that began before; an end that was taken back
# right away never was.
_LEFT = f"""
UPDATE {{memberships}} m SET left_on = g.on_day, cause = g.cause, left_at = g.position
FROM (SELECT w.position, w.club_id, (w.d ->> 'person_id')::uuid AS person_id,
             w.d ->> 'cause' AS cause,
             (w.d ->> 'occurred_on')::date AS on_day
      FROM {window_of("clubs.MemberLeft")} w
      WHERE w.event_id NOT IN (SELECT (t.d ->> 'withdraws')::uuid
                               FROM {window_of("clubs.EntryWithdrawn")} t)) AS g
WHERE m.club_id = g.club_id AND m.person_id = g.person_id
  AND m.position = (SELECT max(l.position) FROM {{memberships}} l
                    WHERE l.club_id = g.club_id AND l.person_id = g.person_id
                      AND l.position < g.position)
"""
# Neither was one taken back later: it came with a death that was recorded by mistake.
_GOES_ON = f"""
UPDATE {{memberships}} m SET left_on = NULL, cause = NULL, left_at = NULL
FROM (SELECT w.club_id, (w.d ->> 'person_id')::uuid AS person_id, e.notification_id AS left_at
      FROM ({WINDOW} OFFSET 0) w
           JOIN log.events e ON e.event_id = (w.d ->> 'withdraws')::uuid
      WHERE w.topic = 'clubs.EntryWithdrawn'
        AND w.d ->> 'withdrawn_topic' = 'clubs.MemberLeft') AS g
WHERE m.club_id = g.club_id AND m.person_id = g.person_id AND m.left_at = g.left_at
"""
_WITHDRAWN = f"""
DELETE FROM {{memberships}} m
USING (SELECT w.position, w.club_id, (w.d ->> 'person_id')::uuid AS person_id
       FROM {window_of("clubs.MembershipWithdrawn")} w) AS g
WHERE m.club_id = g.club_id AND m.person_id = g.person_id AND m.position < g.position
"""

MEMBERS = Projection(
    name="members",
    version=3,
    tables={
        "persons": """person_id uuid NOT NULL, sex text, birth_year int, household_id uuid,
            household_class text, class_from date, withdrawn bool NOT NULL, died_on date,
            merged_into uuid""",
        "memberships": """club_id uuid NOT NULL, person_id uuid NOT NULL, joined_on date NOT NULL,
            left_on date, cause text, volunteer bool NOT NULL, position bigint NOT NULL,
            left_at bigint""",
    },
    fold=(_PERSONS, _ALIVE, _MEMBERSHIPS, _LEFT, _GOES_ON, _WITHDRAWN),
    keys=(
        "ALTER TABLE {persons} ADD PRIMARY KEY (person_id)",
        "ALTER TABLE {memberships} ADD PRIMARY KEY (club_id, person_id, position)",
    ),
    indexes=(
        "CREATE INDEX ON {memberships} (person_id)",
        "CREATE INDEX ON {persons} (household_id) WHERE household_id IS NOT NULL",
    ),
    topics=(
        "clubs.PersonRegistered",
        "clubs.HouseholdClassCertified",
        "clubs.HouseholdJoined",
        "clubs.PersonWithdrawn",
        "clubs.DetailsCorrected",
        "clubs.PersonDied",
        "clubs.PersonEntryWithdrawn",
        "clubs.MergedInto",
        "clubs.MemberJoined",
        "clubs.MemberLeft",
        "clubs.MembershipWithdrawn",
        "clubs.EntryWithdrawn",
    ),
)


class ClubRow(NamedTuple):
    club_id: UUID
    name: str
    village: str | None
    commune: str | None
    province: str | None
    decision: str | None
    founded_on: date
    meeting_day: int | None
    status: str = "running"
    """Running, suspended or dissolved, by the last that was recorded."""


_CLUB_NOW = """
SELECT c.club_id, c.name, c.village, u.commune, u.province, c.decision, c.founded_on,
       c.meeting_day, coalesce(s.status, 'running')
FROM read.clubs c
     LEFT JOIN LATERAL (SELECT commune, province FROM read.club_units WHERE club_id = c.club_id
                        ORDER BY valid_from DESC, position DESC LIMIT 1) u ON true
     LEFT JOIN LATERAL (SELECT status FROM read.club_status WHERE club_id = c.club_id
                        ORDER BY since DESC, position DESC LIMIT 1) s ON true
"""


class MemberRow(NamedTuple):
    person_id: UUID
    name: str | None
    sex: str | None
    birth_year: int | None
    household_class: str | None
    joined_on: date
    left_on: date | None
    volunteer: bool


def all_clubs(
    connection: psycopg.Connection[Any],
    *,
    only: Collection[UUID] | None = None,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[ClubRow]:
    rows = connection.execute(
        f"""{_CLUB_NOW} WHERE (%(after)s::uuid IS NULL OR c.club_id > %(after)s)
              AND (%(only)s::uuid[] IS NULL OR c.club_id = ANY (%(only)s::uuid[]))
            ORDER BY c.club_id LIMIT %(limit)s""",
        {"after": after, "limit": limit, "only": None if only is None else list(only)},
    )
    return [ClubRow(*row) for row in rows]


def one_club(connection: psycopg.Connection[Any], club_id: UUID) -> ClubRow | None:
    row = connection.execute(f"{_CLUB_NOW} WHERE c.club_id = %s", (club_id,)).fetchone()
    return ClubRow(*row) if row else None


def board(connection: psycopg.Connection[Any], club_id: UUID) -> list[tuple[str, UUID, str | None]]:
    """Office, person and name of each who holds office now."""
    rows = connection.execute(
        """SELECT b.office, b.person_id, p.name FROM read.board b
           LEFT JOIN keys.people p USING (person_id) WHERE b.club_id = %s ORDER BY b.office""",
        (club_id,),
    )
    return rows.fetchall()


def members(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    search: str | None = None,
    after: tuple[bytes, UUID] | None = None,
    limit: int | None = None,
) -> list[tuple[bytes, MemberRow]]:
    """Members by given name, the Vietnamese way.

    `search` is folded words, each the beginning of one of the name's: "nguyen phuong" finds
    "Nguyễn Thị Phượng".

    Each row comes with its sort key, for the cursor. A person whose key is gone sorts last.
    """
    rows = connection.execute(
        r"""SELECT coalesce(p.sort_key, '\xff') AS sort_key, m.person_id, p.name, s.sex,
                   s.birth_year, s.household_class, m.joined_on, m.left_on, m.volunteer
            FROM (SELECT DISTINCT ON (person_id) * FROM read.memberships
                  WHERE club_id = %(club)s ORDER BY person_id, position DESC) m
                 JOIN read.persons s USING (person_id) LEFT JOIN keys.people p USING (person_id)
            WHERE NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word
                              WHERE strpos(' ' || coalesce(p.folded, ''), ' ' || word) = 0)
              AND (%(key)s::bytea IS NULL
                   OR (coalesce(p.sort_key, '\xff'), m.person_id) > (%(key)s, %(person)s))
            ORDER BY 1, 2 LIMIT %(limit)s""",
        {
            "club": club_id,
            "words": (search or "").split(),
            "key": after[0] if after else None,
            "person": after[1] if after else None,
            "limit": limit,
        },
    )
    return [(bytes(row[0]), MemberRow(*row[1:])) for row in rows]


class PersonRow(NamedTuple):
    person_id: UUID
    name: str | None
    sex: str | None
    birth_year: int | None
    household_class: str | None
    class_from: date | None


def person(connection: psycopg.Connection[Any], person_id: UUID) -> PersonRow | None:
    """Somebody in a line, as they are known now; the whole of them is `member_page`'s."""
    row = connection.execute(
        """SELECT s.person_id, p.name, s.sex, s.birth_year, s.household_class, s.class_from
           FROM read.persons s LEFT JOIN keys.people p USING (person_id)
           WHERE s.person_id = %s AND NOT s.withdrawn""",
        (person_id,),
    ).fetchone()
    return PersonRow(*row) if row else None
