"""A club's money as a journal: one transaction for each event, and what each account held at
each month's end. Volunteers' work-days stand beside it, by what the work was for.

The balances are summed anew from the postings and not from the transactions beside them: whoever
reads the journal adds up one and is held to the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby, starmap
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.times import Seen
from projections.volunteer_days import COUNTED


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


class Labour(NamedTuple):
    """Work-days of one event, visit or shift, counted once; of whom is not said."""

    event_id: UUID
    position: int
    occurred_on: date
    recorded_at: datetime
    activity: str
    work_days: Decimal


class LabourHeld(NamedTuple):
    """All work-days for an activity up to the end of a day."""

    on: date
    activity: str
    work_days: Decimal


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
    labour_opening: tuple[LabourHeld, ...] = ()
    """On the day before `since`."""
    labour: tuple[Labour, ...] = ()
    labour_held: tuple[LabourHeld, ...] = ()

    @property
    def activities(self) -> list[str]:
        found = {one.activity for one in self.labour_opening}
        return sorted(found | {one.activity for one in self.labour})

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


_WORKED = f"""
    SELECT position, event_id, occurred_on, activity, work_days FROM ({COUNTED}) c
    WHERE occurred_on <= %(as_of)s AND work_days <> 0"""

_LABOUR = f"""
    SELECT w.event_id, w.position, w.occurred_on, e.recorded_at, w.activity, sum(w.work_days)
    FROM ({_WORKED}) w JOIN log.events e ON e.notification_id = w.position
    WHERE w.occurred_on >= %(since)s GROUP BY 1, 2, 3, 4, 5 ORDER BY w.occurred_on, w.position"""

_LABOUR_OPENING = f"""
    SELECT %(since)s::date - 1, activity, sum(work_days) FROM ({_WORKED}) w
    WHERE occurred_on < %(since)s GROUP BY 2 ORDER BY 2"""

# As of the accounts: at the end of each month, and on the last day asked about.
_LABOUR_HELD = f"""
    WITH w AS MATERIALIZED ({_WORKED}),
    ends AS (
        SELECT least((month + interval '1 month' - interval '1 day')::date, %(as_of)s) AS day
        FROM generate_series(date_trunc('month', %(since)s::timestamp),
                             (SELECT max(occurred_on) FROM w), interval '1 month') AS month
    )
    SELECT e.day, w.activity, sum(w.work_days) FROM ends e JOIN w ON w.occurred_on <= e.day
    GROUP BY 1, 2 ORDER BY 1, 2"""


def journal(
    connection: psycopg.Connection[Any], seen: Seen, *, since: date | None = None
) -> Journal:
    """Everything dated from `since`, or from the first entry, to `seen.as_of`."""
    asked = {"club": seen.club_id, "upto": seen.upto, "as_of": seen.as_of}
    if since is None:
        first = connection.execute(
            f"""SELECT least((SELECT min(occurred_on) FROM ({_LINES}) l),
                             (SELECT min(occurred_on) FROM ({_WORKED}) w))""",
            asked,
        ).fetchone()
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
        labour_opening=tuple(starmap(LabourHeld, connection.execute(_LABOUR_OPENING, asked))),
        labour=tuple(starmap(Labour, connection.execute(_LABOUR, asked))),
        labour_held=tuple(starmap(LabourHeld, connection.execute(_LABOUR_HELD, asked))),
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
