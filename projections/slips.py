"""Vouchers as they are printed: each slip of one event, with whom it pays and what it is for."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg

from domain.loans.accounts import MONEY
from domain.values import Sealed
from projections.people import names_of
from store.keys import KeyRing


@dataclass(frozen=True)
class Slip:
    """One voucher of one event; amounts in đồng."""

    event_id: UUID
    club_id: UUID
    position: int
    topic: str
    """What it is for; of a reversal, what was reversed stands in `reverses`."""
    reverses: str | None
    label: str
    is_receipt: bool
    occurred_on: date
    recorded_at: datetime
    amount: int
    fund: str
    debits: tuple[str, ...]
    """Accounts, in the order of the entry's lines."""
    credits: tuple[str, ...]
    parts: dict[str, int]
    """Of a repayment: principal, interest, late interest, excess; empty for all else."""
    person_id: UUID | None
    person_name: str | None
    memo: str | None
    reversed: bool
    digest: str
    """SHA-256 of the event as it is stored: what the log vouches for."""


_EVENT = """
    SELECT e.club_id, e.notification_id, e.topic, e.recorded_at,
           encode(sha256(e.state), 'hex'), s.said ->> 'reversed_topic', s.said -> 'memo',
           s.said
    FROM log.events e
         CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb AS said) AS s
    WHERE e.event_id = %s"""

_LINES = """
    SELECT voucher, account, fund, amount, loan_id, member_id FROM read.postings
    WHERE position = %s ORDER BY line"""

_PARTS = ("principal", "interest", "late_interest", "excess")


def slips_of(connection: psycopg.Connection[Any], event_id: UUID, keys: KeyRing) -> list[Slip]:
    """The slips of an event, in their own order; none where it moved no cash by voucher."""
    told = connection.execute(_EVENT, (event_id,)).fetchone()
    if told is None:
        return []
    club_id, position, topic, recorded_at, digest, reverses, sealed, said = told
    rows = connection.execute(
        """SELECT label, occurred_on, amount, reversed_at IS NOT NULL FROM read.vouchers
           WHERE event_id = %s""",
        (event_id,),
    ).fetchall()
    order = {label: n for n, label in enumerate(said.get("vouchers") or ())}
    lines = connection.execute(_LINES, (position,)).fetchall()
    (memo,) = keys.open_many([Sealed.model_validate(sealed)]) if sealed else (None,)
    people = [line[5] for line in lines if line[5] is not None]
    names = names_of(connection, people)
    parts = {name: said[name] for name in _PARTS if isinstance(said.get(name), int)}
    return [
        Slip(
            event_id=event_id,
            club_id=club_id,
            position=position,
            topic=topic,
            reverses=reverses,
            label=label,
            is_receipt=_takes_in(lines, label),
            occurred_on=occurred_on,
            recorded_at=recorded_at,
            amount=amount,
            fund=_fund(lines, label),
            debits=_accounts(lines, _fund(lines, label), +1),
            credits=_accounts(lines, _fund(lines, label), -1),
            parts={name: amount for name, amount in parts.items() if amount},
            person_id=people[0] if people else None,
            person_name=names.get(people[0]) if people else None,
            memo=memo,
            reversed=is_reversed,
            digest=digest,
        )
        for label, occurred_on, amount, is_reversed in sorted(rows, key=lambda r: order[r[0]])
    ]


def events_of_voucher(connection: psycopg.Connection[Any], club_id: UUID, label: str) -> list[UUID]:
    """Events that carry this number, those in force first.

    More than one only where a paper book has it twice, or was undone and entered again.
    """
    rows = connection.execute(
        """SELECT event_id FROM read.vouchers WHERE club_id = %s AND label = %s
           ORDER BY reversed_at IS NOT NULL, position""",
        (club_id, label),
    )
    return [row[0] for row in rows]


def _takes_in(lines: Iterable[tuple[Any, ...]], label: str) -> bool:
    return bool(sum(line[3] for line in lines if line[0] == label and line[1] in MONEY) > 0)


def _fund(lines: Iterable[tuple[Any, ...]], label: str) -> str:
    """Whose money it is: of the slip's own lines of cash or bank."""
    return next(str(line[2]) for line in lines if line[0] == label and line[1] in MONEY)


def _accounts(lines: Iterable[tuple[Any, ...]], fund: str, sign: int) -> tuple[str, ...]:
    sums: dict[str, int] = defaultdict(int)
    for _, account, of_fund, amount, *_ in lines:
        if of_fund == fund and amount * sign > 0:
            sums[account] += amount
    return tuple(sums)
