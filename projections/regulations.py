"""The by-laws a loan is pinned to, read from the club's own history.

No table: a version is a handful of events in one short history, and never changes once adopted.
"""

from collections import defaultdict
from typing import Any
from uuid import UUID

import psycopg

from domain.clubs.events import RegulationAdopted
from domain.regulation import MODEL_REGULATION, Rules
from store.mapper import decode


def rules_of(connection: psycopg.Connection[Any], club_id: UUID) -> defaultdict[int, Rules]:
    """Rules by version; the model by-laws for version 0 and whatever is not the club's own."""
    rules: defaultdict[int, Rules] = defaultdict(lambda: MODEL_REGULATION.rules)
    rows = connection.execute(
        "SELECT topic, state FROM log.events WHERE originator_id = %s AND topic = %s",
        (club_id, RegulationAdopted.TOPIC),
    )
    for topic, state in rows:
        adopted = decode(topic, bytes(state))
        assert isinstance(adopted, RegulationAdopted)
        rules[adopted.version] = adopted.rules
    return rules


def adopted_by(
    connection: psycopg.Connection[Any], club_id: UUID, version: int | None
) -> UUID | None:
    """The event by which a version of the club's own by-laws came to be."""
    row = connection.execute(
        """SELECT event_id FROM log.events WHERE originator_id = %s AND topic = %s
             AND (convert_from(state, 'UTF8')::jsonb ->> 'version')::int = %s""",
        (club_id, RegulationAdopted.TOPIC, version),
    ).fetchone()
    return row[0] if row else None
