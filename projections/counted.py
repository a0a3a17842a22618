"""A cash count whole: what its paper says, names and reason unsealed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg

from domain.loans.events import CashCounted
from projections.people import names_of
from store.keys import KeyRing
from store.mapper import decode


@dataclass(frozen=True)
class Count:
    event_id: UUID
    club_id: UUID
    position: int
    recorded_at: datetime
    on: date
    at: str | None
    funds: tuple[str, ...]
    sheets: dict[int, int]
    """Number of notes by denomination in đồng, the largest first; empty in past books."""
    counted: int
    expected: int
    difference: int
    """Book - counted: positive is a shortage."""
    people: tuple[str, ...]
    """Who signed; those whose key is gone are left out."""
    reason: str | None


def count_of(connection: psycopg.Connection[Any], event_id: UUID, keys: KeyRing) -> Count | None:
    """None where the event is no count."""
    row = connection.execute(
        """SELECT club_id, notification_id, recorded_at, topic, state FROM log.events
           WHERE event_id = %s AND topic = %s""",
        (event_id, CashCounted.TOPIC),
    ).fetchone()
    if row is None:
        return None
    club_id, position, recorded_at, topic, state = row
    event = decode(topic, bytes(state))
    assert isinstance(event, CashCounted)
    names = names_of(connection, list(event.signed_by))
    (reason,) = keys.open_many([event.reason]) if event.reason else (None,)
    sheets = {int(note): number for note, number in event.sheets.items()}
    return Count(
        event_id=event_id,
        club_id=club_id,
        position=position,
        recorded_at=recorded_at,
        on=event.occurred_on,
        at=event.at,
        funds=tuple(event.funds),
        sheets=dict(sorted(sheets.items(), reverse=True)),
        counted=event.counted,
        expected=event.expected,
        difference=event.difference,
        people=tuple(names[id] for id in event.signed_by if id in names),
        reason=reason,
    )
