"""What waits for somebody: entries typed for people who have not confirmed them yet, and proposals
that a second person has not let stand.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.catalogue import EVENTS
from domain.events import Dated
from projections.projection import WINDOW, Projection

# Who did it, as against whom it was done for: as `domain.loans.recorded` has it.
_ACTING = ("proposer", "appraiser", "approver", "payer", "receiver", "signatory", "officer")
_TYPED = tuple(
    topic
    for topic, event in EVENTS.items()
    if topic.startswith("loans.") and topic != "loans.DuesReceived" and issubclass(event, Dated)
)
_PROPOSED = ("loans.ReversalProposed", "clubs.CorrectionProposed", "care.CorrectionProposed")
_DONE = ("loans.EntryReversed", "clubs.EntryWithdrawn", "care.EntryWithdrawn")

_TO_CONFIRM = f"""
INSERT INTO {{waiting}}
SELECT DISTINCT w.position, w.event_id, w.club_id, (w.d ->> 'occurred_on')::date, w.topic,
       'confirmation', (c ->> 'id')::uuid, (w.d ->> 'recorded_by')::uuid, NULL::bigint
FROM ({WINDOW} OFFSET 0) w CROSS JOIN LATERAL jsonb_array_elements(w.d -> 'concerns') AS c
WHERE w.topic IN {_TYPED} AND w.d ? 'recorded_by' AND c ->> 'kind' = 'person'
  AND c ->> 'role' IN {_ACTING} AND c ->> 'id' <> w.d ->> 'recorded_by'
"""
_TO_APPROVE = f"""
INSERT INTO {{waiting}}
SELECT w.position, coalesce(w.d ->> 'reverses', w.d ->> 'corrects')::uuid, w.club_id,
       (w.d ->> 'occurred_on')::date, w.topic, 'approval', NULL, (w.d ->> 'proposed_by')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w WHERE w.topic IN {_PROPOSED}
"""
_CONFIRMED = f"""
UPDATE {{waiting}} t SET done_at = w.position
FROM ({WINDOW} OFFSET 0) w
WHERE w.topic = 'loans.EntryConfirmed' AND t.event_id = (w.d ->> 'event_id')::uuid
  AND t.person_id = (w.d ->> 'confirmed_by')::uuid AND t.done_at IS NULL
  AND t.position < w.position
"""
# What was taken back needs neither a hand more; a proposal made after that is another one.
_TAKEN_BACK = f"""
UPDATE {{waiting}} t SET done_at = w.position
FROM ({WINDOW} OFFSET 0) w
WHERE w.topic IN {_DONE} AND t.event_id = coalesce(w.d ->> 'reverses', w.d ->> 'withdraws')::uuid
  AND t.done_at IS NULL AND t.position < w.position
"""

WAITING = Projection(
    name="waiting",
    version=1,
    tables={
        "waiting": """position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid,
            occurred_on date NOT NULL, topic text NOT NULL, kind text NOT NULL, person_id uuid,
            by_id uuid, done_at bigint""",
    },
    fold=(_TO_CONFIRM, _TO_APPROVE, _CONFIRMED, _TAKEN_BACK),
    indexes=(
        "CREATE INDEX ON {waiting} (event_id)",
        "CREATE INDEX ON {waiting} (person_id) WHERE done_at IS NULL",
        "CREATE INDEX ON {waiting} (club_id) WHERE done_at IS NULL AND kind = 'approval'",
    ),
    topics=tuple(dict.fromkeys((*_TYPED, *_PROPOSED, *_DONE))),
)


class WaitingRow(NamedTuple):
    position: int
    event_id: UUID
    """What is to be confirmed, or taken back."""
    club_id: UUID
    occurred_on: date
    topic: str
    by_id: UUID | None
    """Who typed it, or proposed it."""


class LoanWaiting(NamedTuple):
    loan_id: UUID
    club_id: UUID
    borrower_id: UUID
    amount: int


_COLUMNS = "position, event_id, club_id, occurred_on, topic, by_id"


def confirmations(connection: psycopg.Connection[Any], people: Sequence[UUID]) -> list[WaitingRow]:
    """Typed for somebody, under any of their ids, who has not confirmed it; the oldest first."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM read.waiting
            WHERE person_id = ANY (%b) AND done_at IS NULL ORDER BY position""".encode(),
        (list(people),),
    )
    return [WaitingRow(*row) for row in rows.fetchall()]


def approvals(
    connection: psycopg.Connection[Any],
    clubs: Sequence[UUID],
    people: Sequence[UUID],
) -> list[WaitingRow]:
    """Proposals in these clubs that none of these people made; of one event the last proposal."""
    rows = connection.execute(
        f"""SELECT {_COLUMNS} FROM (
                SELECT DISTINCT ON (event_id) {_COLUMNS} FROM read.waiting
                WHERE club_id = ANY (%b) AND kind = 'approval' AND done_at IS NULL
                ORDER BY event_id, position DESC) AS last
            WHERE by_id <> ALL (%b) ORDER BY position""".encode(),
        (list(clubs), list(people)),
    )
    return [WaitingRow(*row) for row in rows.fetchall()]


def loans_requested(
    connection: psycopg.Connection[Any], clubs: Sequence[UUID]
) -> list[LoanWaiting]:
    rows = connection.execute(
        """SELECT loan_id, club_id, borrower_id, amount FROM read.loans
           WHERE club_id = ANY (%b) AND step = 'requested' ORDER BY loan_id""",
        (list(clubs),),
    )
    return [LoanWaiting(*row) for row in rows.fetchall()]
