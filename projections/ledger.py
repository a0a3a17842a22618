"""The ledger: every journal line of every money event, the balances, and the vouchers.

A plain unnest of what was signed: the lines stand in the events, nothing is worked out again.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.catalogue import EVENTS
from domain.loans.events import MoneyEvent
from projections.projection import WINDOW, Projection

MONEY_TOPICS = tuple(topic for topic, event in EVENTS.items() if issubclass(event, MoneyEvent))

# Of two slips the first pays out and the second takes in. Where more funds than two meet in one
# entry, or two slips are of one kind, each fund that pays has its own and then each that receives,
# in the order of the lines: `place` numbers them.
_MANY_SLIPS = """(jsonb_array_length(d -> 'vouchers') > 2
    OR left(d -> 'vouchers' ->> 0, 2) = left(d -> 'vouchers' ->> 1, 2))"""
_SLIPS = """
SELECT m.fund, m.amount, row_number() OVER (ORDER BY m.received, m.first) AS place
FROM (SELECT fund, amount > 0 AS received, min(n) AS first, abs(sum(amount)) AS amount
      FROM ROWS FROM (
          jsonb_to_recordset(w.lines) AS (account text, fund text, amount bigint)
      ) WITH ORDINALITY AS r(account, fund, amount, n)
      WHERE account IN ('111', '112') GROUP BY fund, amount > 0) m"""

# Each money event is parsed once: its lines become postings, and the balances and what is known of
# each loan's money are sums of the same lines. Sums commute, and are taken in key order, so that
# hands that rebuild at once never wait in a ring. `payment` is 1 for a repayment, -1 for the
# reversal of one: on the line after the cash, the first of the loan's.
_POSTINGS = f"""
WITH lines AS MATERIALIZED (
    SELECT w.position, l.line, w.event_id, w.club_id, w.occurred_on, w.recorded_at, w.version,
           CASE WHEN w.slips IS NOT NULL
                THEN (SELECT w.slips ->> (s.place - 1)::int FROM ({_SLIPS}) s
                      WHERE s.fund = l.fund)
                WHEN l.amount > 0 THEN coalesce(w.receipt, w.voucher) ELSE w.voucher END AS voucher,
           l.account, l.fund, l.amount, l.loan_id, l.member_id,
           CASE WHEN l.line <> 2 THEN 0
                WHEN w.topic IN ('loans.RepaymentReceived', 'loans.PastRepaymentEntered') THEN 1
                WHEN w.reversed IN ('loans.RepaymentReceived', 'loans.PastRepaymentEntered') THEN -1
                WHEN w.restored IN ('loans.RepaymentReceived', 'loans.PastRepaymentEntered') THEN 1
                ELSE 0 END AS payment
    FROM (SELECT position, version, event_id, club_id, recorded_at, topic,
                 (d ->> 'occurred_on')::date AS occurred_on, d -> 'lines' AS lines,
                 d -> 'vouchers' ->> 0 AS voucher, d -> 'vouchers' ->> 1 AS receipt,
                 CASE WHEN {_MANY_SLIPS} THEN d -> 'vouchers' END AS slips,
                 d ->> 'reversed_topic' AS reversed, d ->> 'restored_topic' AS restored
          FROM ({WINDOW} OFFSET 0) parsed OFFSET 0) w
         CROSS JOIN LATERAL ROWS FROM (
             jsonb_to_recordset(w.lines)
                 AS (account text, fund text, amount bigint, loan_id uuid, member_id uuid)
         ) WITH ORDINALITY AS l(account, fund, amount, loan_id, member_id, line)
), posted AS (
    INSERT INTO {{postings}}
    SELECT position, line, event_id, club_id, occurred_on, recorded_at, voucher, account, fund,
           amount, loan_id, member_id, payment
    FROM lines
), balanced AS (
    INSERT INTO {{balances}} AS b
    SELECT club_id, fund, account, sum(amount) FROM lines
    GROUP BY club_id, fund, account ORDER BY club_id, fund, account
    ON CONFLICT (club_id, fund, account) DO UPDATE SET amount = b.amount + excluded.amount
)
INSERT INTO {{loan_balances}} AS b
SELECT loan_id, club_id, coalesce(sum(amount) FILTER (WHERE account = '1283'), 0),
       coalesce(-sum(amount) FILTER (WHERE account = '515'), 0), sum(payment), max(version)
FROM lines WHERE loan_id IS NOT NULL GROUP BY loan_id, club_id ORDER BY loan_id
ON CONFLICT (loan_id) DO UPDATE SET
    outstanding = b.outstanding + excluded.outstanding,
    interest_paid = b.interest_paid + excluded.interest_paid,
    payments = b.payments + excluded.payments, version = greatest(b.version, excluded.version)
"""

# A voucher is in force until its event is reversed, and again when that reversal is; an undone
# import frees the paper's number.
_VOUCHERS = f"""
INSERT INTO {{vouchers}}
SELECT w.position, w.event_id, w.club_id, w.occurred_on, v.label, w.topic,
       coalesce(s.amount, m.amount), NULL
FROM (SELECT position, event_id, club_id, topic, (d ->> 'occurred_on')::date AS occurred_on,
             d -> 'lines' AS lines, d -> 'vouchers' AS vouchers, {_MANY_SLIPS} AS many
      FROM ({WINDOW} OFFSET 0) parsed WHERE jsonb_array_length(d -> 'vouchers') > 0 OFFSET 0) w
     CROSS JOIN LATERAL jsonb_array_elements_text(w.vouchers) WITH ORDINALITY AS v(label, n)
     CROSS JOIN LATERAL (
         SELECT greatest(coalesce(sum(amount) FILTER (WHERE amount > 0), 0),
                         coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)) AS amount
         FROM jsonb_to_recordset(w.lines) AS (account text, fund text, amount bigint)
         WHERE account IN ('111', '112')) AS m
     LEFT JOIN LATERAL ({_SLIPS}) AS s ON w.many AND s.place = v.n
"""

_VOUCHERS_REVERSED = f"""
UPDATE {{vouchers}} v SET reversed_at = r.at
FROM (SELECT DISTINCT ON (s.event_id) s.event_id, s.at
      FROM ({WINDOW} OFFSET 0) w CROSS JOIN LATERAL (
          VALUES ((w.d ->> 'reverses')::uuid, w.position),
                 ((w.d ->> 'restores')::uuid, NULL::bigint)) AS s(event_id, at)
      WHERE w.topic = 'loans.EntryReversed' AND s.event_id IS NOT NULL
      ORDER BY s.event_id, w.position DESC) AS r
WHERE v.event_id = r.event_id
"""

LEDGER = Projection(
    name="ledger",
    version=4,
    tables={
        "postings": """position bigint NOT NULL, line int NOT NULL, event_id uuid NOT NULL,
            club_id uuid NOT NULL, occurred_on date NOT NULL, recorded_at timestamptz NOT NULL,
            voucher text, account text NOT NULL, fund text NOT NULL, amount bigint NOT NULL,
            loan_id uuid, member_id uuid, payment smallint NOT NULL""",
        "balances": """club_id uuid NOT NULL, fund text NOT NULL, account text NOT NULL,
            amount bigint NOT NULL""",
        "loan_balances": """loan_id uuid NOT NULL, club_id uuid NOT NULL,
            outstanding bigint NOT NULL, interest_paid bigint NOT NULL, payments bigint NOT NULL,
            version bigint NOT NULL""",
    },
    spread=(_POSTINGS,),
    keys=(
        "ALTER TABLE {balances} ADD PRIMARY KEY (club_id, fund, account)",
        "ALTER TABLE {loan_balances} ADD PRIMARY KEY (loan_id)",
    ),
    indexes=(
        "CREATE UNIQUE INDEX ON {postings} (position, line)",
        "CREATE INDEX ON {postings} (club_id, occurred_on, position, line)",
    ),
    topics=MONEY_TOPICS,
)

VOUCHERS = Projection(
    name="vouchers",
    version=2,
    tables={
        "vouchers": """position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid NOT NULL,
            occurred_on date NOT NULL, label text NOT NULL, topic text NOT NULL,
            amount bigint NOT NULL, reversed_at bigint""",
    },
    fold=(_VOUCHERS, _VOUCHERS_REVERSED),
    indexes=(
        "CREATE INDEX ON {vouchers} (club_id, label)",
        "CREATE INDEX ON {vouchers} (event_id)",
    ),
    topics=MONEY_TOPICS,
)


class Posting(NamedTuple):
    """One line of the ledger; `memo` is sealed JSON as the event has it."""

    position: int
    line: int
    event_id: UUID
    voucher: str | None
    occurred_on: date
    recorded_at: datetime
    account: str
    fund: str
    loan_id: UUID | None
    member_id: UUID | None
    amount: int
    memo: dict[str, Any] | None
    happened_on: date | None
    """A late fact's own date, where its period was closed already."""


class Balance(NamedTuple):
    fund: str
    account: str
    amount: int


_SEEN = """p.club_id = %(club)s
    AND (%(as_of)s::date IS NULL OR p.occurred_on <= %(as_of)s)
    AND (%(known_at)s::timestamptz IS NULL OR p.recorded_at <= %(known_at)s)"""


def lines(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    since: date | None = None,
    until: date | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
    after: tuple[date, int, int] | None = None,
    limit: int | None = None,
) -> Iterator[Posting]:
    """The ledger in business-date order, then as recorded; `after` is the last line seen."""
    cursor = connection.execute(
        f"""SELECT p.position, p.line, p.event_id, p.voucher, p.occurred_on, p.recorded_at,
                   p.account, p.fund, p.loan_id, p.member_id, p.amount,
                   s.said -> 'memo', (s.said ->> 'happened_on')::date
            FROM read.postings p JOIN log.events e ON e.notification_id = p.position
                 CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb AS said) AS s
            WHERE {_SEEN}
              AND (%(since)s::date IS NULL OR p.occurred_on >= %(since)s)
              AND (%(until)s::date IS NULL OR p.occurred_on <= %(until)s)
              AND (%(day)s::date IS NULL
                   OR (p.occurred_on, p.position, p.line) > (%(day)s, %(position)s, %(line)s))
            ORDER BY p.occurred_on, p.position, p.line LIMIT %(limit)s""",
        {
            "club": club_id,
            "since": since,
            "until": until,
            "as_of": as_of,
            "known_at": known_at,
            "day": after[0] if after else None,
            "position": after[1] if after else None,
            "line": after[2] if after else None,
            "limit": limit,
        },
    )
    return (Posting(*row) for row in cursor)


def balances(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[Balance]:
    """Balances by fund and account, now or as of a business date and as known at an instant."""
    if as_of is None and known_at is None:
        query = "SELECT fund, account, amount FROM read.balances p WHERE club_id = %(club)s"
    else:
        query = f"""SELECT p.fund, p.account, sum(p.amount)::bigint FROM read.postings p
                    WHERE {_SEEN} GROUP BY p.fund, p.account"""
    rows = connection.execute(
        query + " ORDER BY 1, 2", {"club": club_id, "as_of": as_of, "known_at": known_at}
    )
    return [Balance(*row) for row in rows]


class VoucherRow(NamedTuple):
    label: str
    occurred_on: date
    amount: int
    event_id: UUID
    reversed: bool


def vouchers(connection: psycopg.Connection[Any], club_id: UUID) -> list[VoucherRow]:
    rows = connection.execute(
        """SELECT label, occurred_on, amount, event_id, reversed_at IS NOT NULL FROM read.vouchers
           WHERE club_id = %s ORDER BY left(label, 7), length(label), label, position""",
        (club_id,),
    )
    return [VoucherRow(*row) for row in rows]
