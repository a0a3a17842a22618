"""The access log: who looked at what, who came in, what was refused; sealed by the day.

A look is written with the look itself; what shows nothing of anybody in a transaction of its own.

A day is one of Viet Nam's. Its hash is taken over every row in the order of their numbers, in the
form of `line`; audit/accesslog.py reads the same rows by itself.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.errors import Unavailable
from domain.values import business_date
from store.database import Database

SEAL_LOCK = 5059577
_DAY = """(%(day)s::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')"""


class Kind(StrEnum):
    READ = "read"
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    REFUSAL = "refusal"
    EXPORT = "export"


class Looking(NamedTuple):
    """Who, as part of which request; None while nobody is logged in."""

    person_id: UUID | None
    request_id: UUID | None


def note(
    connection: psycopg.Connection[Any],
    kind: Kind,
    subjects: Iterable[UUID],
    purpose: str,
    what: str,
    looking: Looking,
) -> None:
    """Writes one row into the caller's transaction. Raises `Unavailable` when it cannot: then
    nothing may be answered."""
    with unlogged_is_undone():
        connection.execute(
            "SELECT access.note(%s, %s, %b::uuid[], %s, %s, %s)",
            (
                kind.value,
                looking.person_id,
                sorted(set(subjects)),
                purpose,
                what,
                looking.request_id,
            ),
        )


def note_apart(
    database: Database,
    kind: Kind,
    subjects: Iterable[UUID],
    purpose: str,
    what: str,
    looking: Looking,
) -> None:
    """One row that stays whatever becomes of the request. Raises `Unavailable`."""
    with database.transaction() as connection:
        note(connection, kind, subjects, purpose, what, looking)


@contextmanager
def unlogged_is_undone() -> Iterator[None]:
    """Around a statement that writes its own row: raises `Unavailable` when it cannot."""
    try:
        yield
    except psycopg.Error as error:
        raise Unavailable(
            "Nhật ký truy cập không ghi được nên dữ liệu không được đưa ra.",
            sqlstate=error.sqlstate,
        ) from error


class Look(NamedTuple):
    id: int
    at: datetime
    kind: str
    person_id: UUID | None
    purpose: str
    what: str


def looks_at(
    connection: psycopg.Connection[Any], person_id: UUID, before: int | None, limit: int | None
) -> list[Look]:
    """Who looked at somebody, the latest first; `before` is the last row seen."""
    rows = connection.execute(
        """SELECT id, at, kind, person_id, purpose, what FROM access.log
           WHERE subject_ids @> ARRAY[%(person)s::uuid] AND kind NOT IN ('sign-in', 'sign-out')
             AND (%(before)s::bigint IS NULL OR id < %(before)s)
           ORDER BY id DESC LIMIT %(limit)s""",
        {"person": person_id, "before": before, "limit": limit},
    )
    return [Look(*row) for row in rows]


class Knock(NamedTuple):
    """Somebody came in, could not, went, or was refused something: no book, no health."""

    id: int
    at: datetime
    kind: str
    person_id: UUID | None
    """Whose account; None where a try named nobody we know."""
    how: str
    """How they proved who they are; of a refusal, what they would have done."""
    what: str


def at_the_door(
    connection: psycopg.Connection[Any],
    people: Collection[UUID] | None,
    before: int | None,
    limit: int,
) -> list[Knock]:
    """What happened at the door to these people, or to all and nobody; the latest first."""
    named = ",".join(map(str, people or ()))
    connection.execute("SELECT set_config('sochung.door', %s, true)", (named,))
    whose = "coalesce(person_id, subject_ids[1])"
    theirs = "" if people is None else f"AND {whose} = ANY (%(people)b::uuid[])"
    rows = connection.execute(
        f"""SELECT id, at, kind, {whose}, purpose, what FROM access.log
            WHERE kind IN ('sign-in', 'sign-out', 'refusal') {theirs}
              AND (%(before)s::bigint IS NULL OR id < %(before)s)
            ORDER BY id DESC LIMIT %(limit)s""",
        {"people": list(people or ()), "before": before, "limit": limit},
    )
    return [Knock(*row) for row in rows]


class Day(NamedTuple):
    day: date
    rows: int
    digest: str


def days_to_seal(
    connection: psycopg.Connection[Any], after: date | None, now: datetime
) -> Iterator[Day]:
    """Each day with rows that is over at `now` and comes after the one sealed last.

    The caller's transaction reads what is committed; nobody writes into such a day any more.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (SEAL_LOCK,))
    days = connection.execute(
        f"""SELECT DISTINCT (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM access.log
            WHERE at < {_DAY} AND (%(after)s::date IS NULL
                  OR at >= (%(after)s::date + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
            ORDER BY 1""",
        {"day": business_date(now), "after": after},
    ).fetchall()
    return (digest_of(connection, day) for (day,) in days)


def digest_of(connection: psycopg.Connection[Any], day: date) -> Day:
    rows = connection.execute(
        f"""SELECT id, (extract(epoch FROM at) * 1000000)::bigint, kind, person_id, subject_ids,
                   purpose, what, request_id
            FROM access.log WHERE at >= {_DAY}
              AND at < ((%(day)s::date + 1)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')
            ORDER BY id""",
        {"day": day},
    )
    digest, number = hashlib.sha256(), 0
    for row in rows:
        digest.update(line(row))
        number += 1
    return Day(day, number, digest.hexdigest())


def line(row: tuple[Any, ...]) -> bytes:
    """Number, microseconds since 1970, kind, who, at whom, purpose, what, request; tabs between."""
    id, at, kind, person, subjects, purpose, what, request = row
    parts = (id, at, kind, person, ",".join(map(str, subjects)), purpose, what, request)
    return ("\t".join("" if part is None else str(part) for part in parts) + "\n").encode()
