"""Names, sorted and searchable: the one fold in Python, because SQL cannot unseal.

The table lives with the keys; a person leaves it when their key goes.
"""

from typing import Any
from uuid import UUID

import psycopg

from domain.clubs.events import (
    NameCorrected,
    PersonalDataErased,
    PersonRegistered,
    PersonWithdrawn,
)
from domain.values import Sealed
from projections.vietnamese import folded, sort_key
from store.forgetting import forget
from store.keys import KeyRing
from store.mapper import decode

NAME = "people"
TOPICS = (
    PersonRegistered.TOPIC,
    NameCorrected.TOPIC,
    PersonWithdrawn.TOPIC,
    PersonalDataErased.TOPIC,
)


def advance(connection: psycopg.Connection[Any], keys: KeyRing, after: int, upto: int) -> None:
    """Folds the names of a window; the caller's transaction moves the position with it.

    It does not move past an erasure whose keys are not destroyed, whatever became of the command.
    """
    rows = connection.execute(
        """SELECT event_id, topic, state FROM log.events
           WHERE notification_id > %s AND notification_id <= %s
             AND topic = ANY (%s) ORDER BY notification_id""",
        (after, upto, list(TOPICS)),
    ).fetchall()
    names: dict[UUID, Sealed | None] = {}
    for event_id, topic, state in rows:
        match decode(topic, bytes(state)):
            case PersonRegistered() | NameCorrected() as event:
                names[event.person_id] = event.name
            case PersonalDataErased() as event:
                forget(keys, event_id, event)
                names |= {key.subject: None for key in event.keys if key.purpose == "identity"}
            case PersonWithdrawn() as event:
                names[event.person_id] = None
    sealed = [name for name in names.values() if name is not None]
    opened = dict(zip(sealed_ids(names), keys.open_many(sealed), strict=True))
    known = [(id, name) for id, name in opened.items() if name is not None]
    gone = [id for id in names if opened.get(id) is None]
    connection.execute(
        """INSERT INTO keys.people (person_id, name, sort_key, folded)
           SELECT * FROM unnest(%b::uuid[], %b::text[], %b::bytea[], %b::text[])
           ON CONFLICT (person_id) DO UPDATE SET name = excluded.name,
               sort_key = excluded.sort_key, folded = excluded.folded""",
        (
            [id for id, _ in known],
            [name for _, name in known],
            [sort_key(name) for _, name in known],
            [folded(name) for _, name in known],
        ),
    )
    connection.execute("DELETE FROM keys.people WHERE person_id = ANY (%b)", (gone,))


def sealed_ids(names: dict[UUID, Sealed | None]) -> list[UUID]:
    return [id for id, name in names.items() if name is not None]


def names_of(connection: psycopg.Connection[Any], people: list[UUID]) -> dict[UUID, str]:
    rows = connection.execute(
        "SELECT person_id, name FROM keys.people WHERE person_id = ANY (%b)", (people,)
    )
    return dict(rows.fetchall())


def search(connection: psycopg.Connection[Any], wanted: str) -> list[tuple[UUID, str]]:
    """Whoever has names that begin with each of the folded words of `wanted`, whatever the club.

    An entry that was merged into another is left out: its story is told under that one.
    """
    rows = connection.execute(
        """SELECT person_id, name FROM keys.people p
           WHERE NOT EXISTS (SELECT FROM unnest(%b::text[]) AS word
                             WHERE strpos(' ' || folded, ' ' || word) = 0)
             AND NOT EXISTS (SELECT FROM read.merges m WHERE m.duplicate_id = p.person_id)
           ORDER BY sort_key, person_id""",
        (wanted.split(),),
    )
    return rows.fetchall()
