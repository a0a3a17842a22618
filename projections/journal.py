"""A club's money as a journal: one transaction for each event, and what each account held at
each month's end.

The balances are summed anew from the postings and not from the transactions beside them: whoever
reads the journal adds up one and is held to the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.times import Seen


class Place(NamedTuple):
    """An account of the books as a journal has it: each loan has one of its own (1283)."""

    account: str
    fund: str
    loan_id: UUID | None


class Leg(NamedTuple):
    place: Place
    amount: int
    """In đồng, debit positive."""


class Transaction(NamedTuple):
    event_id: UUID
    position: int
    topic: str
    """Of the event; a reversal's is `loans.EntryReversed`."""
    occurred_on: date
    recorded_at: datetime
    vouchers: tuple[str, ...]
    legs: tuple[Leg, ...]


class Holding(NamedTuple):
    """What an account held at the end of a day."""

    on: date
    place: Place
    amount: int


@dataclass(frozen=True)
class Journal:
    """`opening` is what stood at the beginning of `since`; holdings by day, month by month."""

    seen: Seen
    since: date
    opening: tuple[Leg, ...]
    transactions: tuple[Transaction, ...]
    holdings: tuple[Holding, ...]

    @property
    def places(self) -> list[Place]:
        found = {leg.place for leg in self.opening}
        found |= {leg.place for one in self.transactions for leg in one.legs}
        return sorted(found, key=lambda place: (place.account, place.fund, str(place.loan_id)))


_LINES = """
    SELECT p.position, p.line, p.event_id, p.occurred_on, p.recorded_at, p.voucher, p.account,
           p.fund, CASE WHEN p.account = '1283' THEN p.loan_id END AS loan_id, p.amount
    FROM read.postings p
    WHERE p.club_id = %(club)s AND p.position <= %(upto)s AND p.occurred_on <= %(as_of)s"""

_OPENING = f"""
    SELECT account, fund, loan_id, sum(amount)::bigint FROM ({_LINES}) l
    WHERE occurred_on < %(since)s GROUP BY 1, 2, 3 HAVING sum(amount) <> 0 ORDER BY 1, 2, 3"""

_TRANSACTIONS = f"""
    SELECT l.event_id, l.position, e.topic, l.occurred_on, l.recorded_at, l.voucher, l.account,
           l.fund, l.loan_id, l.amount
    FROM ({_LINES}) l JOIN log.events e ON e.notification_id = l.position
    WHERE l.occurred_on >= %(since)s ORDER BY l.occurred_on, l.position, l.line"""

# An account is held to its balance while it holds something, and at the end of a month that
# moved it. The last day asked about is an end too.
_HOLDINGS = f"""
    WITH l AS MATERIALIZED ({_LINES}),
    ends AS (
        SELECT month::date AS first,
               least((month + interval '1 month' - interval '1 day')::date, %(as_of)s) AS day
        FROM generate_series(date_trunc('month', %(since)s::timestamp),
                             (SELECT max(occurred_on) FROM l), interval '1 month') AS month
    )
    SELECT e.day, l.account, l.fund, l.loan_id, sum(l.amount)::bigint
    FROM ends e JOIN l ON l.occurred_on <= e.day
    GROUP BY 1, 2, 3, 4
    HAVING sum(l.amount) <> 0
        OR bool_or(l.occurred_on >= greatest(e.first, %(since)s))
    ORDER BY 1, 2, 3, 4"""


def journal(
    connection: psycopg.Connection[Any], seen: Seen, *, since: date | None = None
) -> Journal:
    """Everything dated from `since`, or from the first entry, to `seen.as_of`."""
    asked = {"club": seen.club_id, "upto": seen.upto, "as_of": seen.as_of}
    if since is None:
        first = connection.execute(f"SELECT min(occurred_on) FROM ({_LINES}) l", asked).fetchone()
        since = first[0] if first and first[0] else seen.as_of
    asked["since"] = since
    return Journal(
        seen=seen,
        since=since,
        opening=tuple(
            Leg(Place(account, fund, loan_id), amount)
            for account, fund, loan_id, amount in connection.execute(_OPENING, asked)
        ),
        transactions=tuple(_transactions(connection.execute(_TRANSACTIONS, asked))),
        holdings=tuple(
            Holding(on, Place(account, fund, loan_id), amount)
            for on, account, fund, loan_id, amount in connection.execute(_HOLDINGS, asked)
        ),
    )


def _transactions(rows: psycopg.Cursor[Any]) -> Iterator[Transaction]:
    for (event_id, position, topic, on, recorded_at), lines in groupby(rows, lambda r: r[:5]):
        legs = list(lines)
        yield Transaction(
            event_id=event_id,
            position=position,
            topic=topic,
            occurred_on=on,
            recorded_at=recorded_at,
            vouchers=tuple(dict.fromkeys(leg[5] for leg in legs if leg[5])),
            legs=tuple(Leg(Place(leg[6], leg[7], leg[8]), leg[9]) for leg in legs),
        )
