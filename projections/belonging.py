"""Where somebody belongs now: asked before a command that ends or moves all of it.

The read model answers, and the log's tail for what it has not folded yet: whoever joined a moment
ago is not forgotten.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

_FOLDED = """coalesce((SELECT position FROM read.positions WHERE name = 'members'), 0)"""
_TAIL = f"""log.events e CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb AS d) AS s
            WHERE e.notification_id > {_FOLDED} AND e.topic = ANY (%(topics)s)"""


def clubs_of(connection: psycopg.Connection[Any], person_id: UUID) -> tuple[UUID, ...]:
    """Clubs whose member somebody may be; each club's own history has the last word."""
    told = {"person": person_id, "topics": ["clubs.MemberJoined"]}
    if not _is_made(connection):
        return _ids(
            connection,
            """SELECT DISTINCT e.club_id FROM log.events e WHERE e.topic = ANY (%(topics)s)
                 AND (convert_from(e.state, 'UTF8')::jsonb ->> 'person_id')::uuid = %(person)s""",
            told,
        )
    return _ids(
        connection,
        f"""SELECT club_id FROM read.memberships
            WHERE person_id = %(person)s AND left_on IS NULL
            UNION SELECT e.club_id FROM {_TAIL} AND (s.d ->> 'person_id')::uuid = %(person)s""",
        told,
    )


def clubs_left_dead(connection: psycopg.Connection[Any], person_id: UUID) -> tuple[UUID, ...]:
    """Clubs whose membership a death ended, as recorded: each club's history has the last word."""
    told = {"person": person_id, "topics": ["clubs.MemberLeft"]}
    return _ids(
        connection,
        f"""SELECT club_id FROM read.memberships WHERE person_id = %(person)s AND cause = 'died'
            UNION SELECT e.club_id FROM {_TAIL} AND (s.d ->> 'person_id')::uuid = %(person)s""",
        told,
    )


def clubs_ever_of(
    connection: psycopg.Connection[Any], people: Collection[UUID]
) -> tuple[UUID, ...]:
    """Clubs somebody ever joined, under whatever id, from the log itself."""
    return _ids(
        connection,
        """SELECT DISTINCT e.club_id FROM log.events e WHERE e.topic = 'clubs.MemberJoined'
             AND (convert_from(e.state, 'UTF8')::jsonb ->> 'person_id')::uuid = ANY (%(people)s)""",
        {"people": list(people)},
    )


def last_money_of(connection: psycopg.Connection[Any], people: Collection[UUID]) -> date | None:
    """The last business date of money that names one of these, from the log itself.

    Whatever they were in it: a name on a voucher is kept as long as the voucher.
    """
    row = connection.execute(
        """SELECT max((convert_from(e.state, 'UTF8')::jsonb ->> 'occurred_on')::date)
           FROM log.events e
           WHERE e.topic LIKE 'loans.%%'
             AND EXISTS (SELECT FROM unnest(%b::text[]) AS one(id)
                         WHERE position(convert_to(one.id, 'UTF8') IN e.state) > 0)""",
        ([str(person_id) for person_id in people],),
    ).fetchone()
    return row[0] if row else None


def joined_and_left(
    connection: psycopg.Connection[Any], people: Sequence[UUID]
) -> tuple[dict[UUID, set[UUID]], dict[UUID, set[UUID]]]:
    """The clubs each of many people belongs to, and those they have left."""
    told = {"people": list(people), "topics": ["clubs.MemberJoined"]}
    folded = """SELECT person_id, club_id, left_on IS NOT NULL FROM read.memberships
                WHERE person_id = ANY (%(people)s) UNION """
    tail = f"""SELECT (s.d ->> 'person_id')::uuid, e.club_id, false FROM {_TAIL}
                 AND (s.d ->> 'person_id')::uuid = ANY (%(people)s)"""
    whole = """SELECT (s.d ->> 'person_id')::uuid, e.club_id, false
               FROM log.events e CROSS JOIN LATERAL
                    (SELECT convert_from(e.state, 'UTF8')::jsonb AS d) AS s
               WHERE e.topic = ANY (%(topics)s)
                 AND (s.d ->> 'person_id')::uuid = ANY (%(people)s)"""
    now: dict[UUID, set[UUID]] = defaultdict(set)
    before: dict[UUID, set[UUID]] = defaultdict(set)
    query = folded + tail if _is_made(connection) else whole
    for person, club_id, gone in connection.execute(query, told):
        (before if gone else now)[person].add(club_id)
    return now, before


def household_of(connection: psycopg.Connection[Any], person_id: UUID) -> tuple[UUID, ...]:
    """Who shares somebody's household, as far as the read model knows it."""
    if not _is_made(connection):
        return ()
    return _ids(
        connection,
        """SELECT other.person_id FROM read.persons me JOIN read.persons other
             ON other.household_id = me.household_id AND NOT other.withdrawn
           WHERE me.person_id = %(person)s AND other.person_id <> me.person_id""",
        {"person": person_id},
    )


def seen_alive(connection: psycopg.Connection[Any], person_id: UUID) -> date | None:
    """The last day somebody was visited, worked or came to a meeting, as far as it is told."""
    row = connection.execute("SELECT to_regclass('read.histories') IS NOT NULL").fetchone()
    if not row or not row[0]:
        return None
    found = connection.execute(
        """SELECT max(h.occurred_on) FROM read.histories h
           WHERE h.person_id = %s AND h.topic IN ('care.VisitMade', 'care.ShiftWorked',
                 'clubs.MeetingHeld', 'care.VitalsMeasured') AND h.kind NOT IN ('duty', 'help')
             AND coalesce((SELECT c.counts FROM read.history_changes c
                           WHERE c.event_id = h.event_id ORDER BY c.position DESC LIMIT 1), true)
        """,
        (person_id,),
    ).fetchone()
    return found[0] if found else None


def _is_made(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT to_regclass('read.memberships') IS NOT NULL").fetchone()
    return bool(row and row[0])


def _ids(connection: psycopg.Connection[Any], query: str, told: dict[str, Any]) -> tuple[UUID, ...]:
    return tuple(row[0] for row in connection.execute(query, told) if row[0] is not None)
