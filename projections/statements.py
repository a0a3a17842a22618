"""What was stated of people, with two times: household class and consent.

Append-only with positions; which statement counts is asked for a business date and an instant.
"""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.projection import Projection, window_of

_CLASSES = f"""
INSERT INTO {{class_statements}}
SELECT w.position, (w.d ->> 'person_id')::uuid, w.d ->> 'household_class',
       (w.d ->> 'valid_from')::date, (w.d ->> 'year')::int
FROM {window_of("clubs.HouseholdClassCertified")} w
"""
_CONSENTS = f"""
INSERT INTO {{consents}}
SELECT w.position, (w.d ->> 'person_id')::uuid, w.d ->> 'purpose',
       w.topic = 'clubs.ConsentGiven', (w.d ->> 'occurred_on')::date, w.d ->> 'evidence'
FROM {window_of("clubs.ConsentGiven", "clubs.ConsentWithdrawn")} w
"""

STATEMENTS = Projection(
    name="statements",
    version=2,
    tables={
        "class_statements": """position bigint NOT NULL, person_id uuid NOT NULL,
            household_class text NOT NULL, valid_from date, year int""",
        "consents": """position bigint NOT NULL, person_id uuid NOT NULL, purpose text NOT NULL,
            given bool NOT NULL, occurred_on date NOT NULL, evidence text""",
    },
    fold=(_CLASSES, _CONSENTS),
    indexes=(
        "CREATE INDEX ON {class_statements} (person_id, position)",
        "CREATE INDEX ON {consents} (person_id, position)",
    ),
    topics=("clubs.HouseholdClassCertified", "clubs.ConsentGiven", "clubs.ConsentWithdrawn"),
)


class ClassRow(NamedTuple):
    household_class: str
    valid_from: date | None
    year: int | None


class ConsentRow(NamedTuple):
    purpose: str
    given: bool
    occurred_on: date
    evidence: str | None


def class_on(
    connection: psycopg.Connection[Any], person_id: UUID, day: date, upto: int
) -> ClassRow | None:
    """The class that held on a day, of what was known: a certificate without a date always did."""
    row = connection.execute(
        """SELECT household_class, valid_from, year FROM read.class_statements
           WHERE person_id = %(person)s AND position <= %(upto)s
             AND coalesce(valid_from, '-infinity') <= %(day)s
           ORDER BY valid_from DESC NULLS LAST, position DESC LIMIT 1""",
        {"person": person_id, "day": day, "upto": upto},
    ).fetchone()
    return ClassRow(*row) if row else None


def consents_on(
    connection: psycopg.Connection[Any], person_id: UUID, day: date, upto: int
) -> list[ConsentRow]:
    """The last word on each purpose by a day, of what was known."""
    rows = connection.execute(
        """SELECT DISTINCT ON (purpose) purpose, given, occurred_on, evidence FROM read.consents
           WHERE person_id = %(person)s AND position <= %(upto)s AND occurred_on <= %(day)s
           ORDER BY purpose, occurred_on DESC, position DESC""",
        {"person": person_id, "day": day, "upto": upto},
    )
    return [ConsentRow(*row) for row in rows]
