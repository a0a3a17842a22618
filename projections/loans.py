"""Loans as the book has them: terms, schedule, what was paid, what is owed on a day.

Money is additive: outstanding principal and interest paid are sums of the loan's own journal
lines (1283 and 515), taken from the ledger's rows, so a reversal needs no special case and no
event is parsed twice. Steps are not additive: the last one counts.
"""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from projections.projection import WINDOW, Projection

TOPICS = (
    "loans.OpeningBalancesEntered",
    "loans.LoanRequested",
    "loans.LoanAppraised",
    "loans.LoanApproved",
    "loans.LoanRejected",
    "loans.LoanDisbursed",
    "loans.LoanSettled",
    "loans.PastLoanEntered",
    "loans.EntryReversed",
)

# What one event says of one loan. NULL leaves a column as it is.
_SAID = f"""
    SELECT w.position, w.version, w.club_id, s.*
    FROM ({WINDOW} OFFSET 0) w CROSS JOIN LATERAL (
        SELECT (w.d ->> 'loan_id')::uuid AS loan_id, (w.d ->> 'borrower_id')::uuid AS borrower_id,
               CASE w.topic WHEN 'loans.LoanRequested' THEN 'requested'
                            WHEN 'loans.LoanApproved' THEN 'approved'
                            WHEN 'loans.LoanRejected' THEN 'rejected'
                            WHEN 'loans.LoanDisbursed' THEN 'disbursed'
                            WHEN 'loans.PastLoanEntered' THEN 'disbursed'
                            WHEN 'loans.LoanSettled' THEN 'settled' END AS step,
               (w.d ->> 'amount')::bigint AS amount,
               w.d -> 'terms' AS terms, (w.d ->> 'regulation')::int AS regulation,
               CASE WHEN w.topic IN ('loans.LoanDisbursed', 'loans.PastLoanEntered')
                    THEN (w.d ->> 'occurred_on')::date END AS disbursed_on,
               CASE WHEN w.topic IN ('loans.LoanDisbursed', 'loans.PastLoanEntered')
                    THEN w.d -> 'vouchers' ->> 0 END AS voucher,
               CASE WHEN w.topic = 'loans.LoanSettled'
                    THEN (w.d ->> 'occurred_on')::date END AS settled_on,
               w.topic = 'loans.PastLoanEntered' AS past
        WHERE w.d ? 'loan_id'
        UNION ALL
        SELECT (l ->> 'id')::uuid, (l ->> 'borrower_id')::uuid, l ->> 'step',
               (l ->> 'amount')::bigint, l -> 'terms', (l ->> 'regulation')::int,
               (l ->> 'disbursed_on')::date, NULL, NULL, (l ->> 'past')::bool
        FROM jsonb_array_elements(CASE WHEN w.topic = 'loans.OpeningBalancesEntered'
                                       THEN w.d -> 'loans' ELSE '[]' END) AS l
        UNION ALL
        SELECT (w.d -> 'loan' ->> 'id')::uuid, NULL, w.d -> 'loan' ->> 'step',
               (w.d -> 'loan' ->> 'amount')::bigint, w.d -> 'loan' -> 'terms', NULL, NULL, NULL,
               NULL, NULL
        WHERE w.topic = 'loans.EntryReversed' AND w.d ? 'loan'
        UNION ALL
        SELECT id::uuid, NULL, 'withdrawn', NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM jsonb_array_elements_text(w.d -> 'withdraws_loans') AS id
    ) AS s
"""

_LOANS = f"""
INSERT INTO {{loans}} AS old
SELECT loan_id, (array_agg(club_id))[1], (array_agg(borrower_id ORDER BY position)
           FILTER (WHERE borrower_id IS NOT NULL))[1],
       (array_agg(step ORDER BY position DESC) FILTER (WHERE step IS NOT NULL))[1],
       (array_agg(amount ORDER BY position DESC) FILTER (WHERE amount IS NOT NULL))[1],
       (array_agg(terms ORDER BY position DESC) FILTER (WHERE terms IS NOT NULL))[1],
       (array_agg(regulation ORDER BY position DESC) FILTER (WHERE regulation IS NOT NULL))[1],
       (array_agg(disbursed_on ORDER BY position DESC) FILTER (WHERE disbursed_on IS NOT NULL))[1],
       (array_agg(voucher ORDER BY position DESC) FILTER (WHERE voucher IS NOT NULL))[1],
       (array_agg(settled_on ORDER BY position DESC) FILTER (WHERE settled_on IS NOT NULL))[1],
       bool_or(past), 0, 0, 0, max(version)
FROM ({_SAID}) AS said GROUP BY loan_id
ON CONFLICT (loan_id) DO UPDATE SET
    step = coalesce(excluded.step, old.step), amount = coalesce(excluded.amount, old.amount),
    terms = coalesce(excluded.terms, old.terms),
    regulation = coalesce(excluded.regulation, old.regulation),
    disbursed_on = coalesce(excluded.disbursed_on, old.disbursed_on),
    voucher = coalesce(excluded.voucher, old.voucher),
    settled_on = coalesce(excluded.settled_on, old.settled_on),
    version = greatest(excluded.version, old.version)
"""

_MONEY = """
UPDATE {loans} AS l
SET outstanding = l.outstanding + m.principal, interest_paid = l.interest_paid + m.interest,
    payments = l.payments + m.payments, version = greatest(l.version, m.version)
FROM (
    SELECT loan_id, coalesce(sum(amount) FILTER (WHERE account = '1283'), 0) AS principal,
           coalesce(-sum(amount) FILTER (WHERE account = '515'), 0) AS interest,
           sum(payment) AS payments, max(version) AS version
    FROM read.postings
    WHERE position > %(after)s AND position <= %(upto)s AND loan_id IS NOT NULL
    GROUP BY loan_id
) AS m WHERE m.loan_id = l.loan_id
"""

# The schedule is that of the last event that set one or took it.
_LAST_SCHEDULE = f"""
    SELECT DISTINCT ON (s.loan_id) s.loan_id, s.instalments
    FROM ({WINDOW} OFFSET 0) w CROSS JOIN LATERAL (
        SELECT (w.d ->> 'loan_id')::uuid AS loan_id, w.d -> 'instalments' AS instalments
        WHERE w.d ? 'instalments'
        UNION ALL
        SELECT (l ->> 'id')::uuid, l -> 'instalments'
        FROM jsonb_array_elements(CASE WHEN w.topic = 'loans.OpeningBalancesEntered'
                                       THEN w.d -> 'loans' ELSE '[]' END) AS l
        UNION ALL
        SELECT (w.d -> 'loan' ->> 'id')::uuid, w.d -> 'loan' -> 'instalments'
        WHERE w.topic = 'loans.EntryReversed' AND w.d ? 'loan'
        UNION ALL
        SELECT id::uuid, '[]' FROM jsonb_array_elements_text(w.d -> 'withdraws_loans') AS id
    ) AS s
    ORDER BY s.loan_id, w.position DESC
"""
_SCHEDULES_GONE = f"""
DELETE FROM {{instalments}} i USING ({_LAST_SCHEDULE}) AS s
WHERE i.loan_id = s.loan_id AND EXISTS (SELECT FROM {{instalments}})
"""
_SCHEDULES = f"""
INSERT INTO {{instalments}}
SELECT s.loan_id, r.number, r.due_on, r.principal, r.interest
FROM ({_LAST_SCHEDULE}) AS s
     CROSS JOIN LATERAL ROWS FROM (
         jsonb_to_recordset(s.instalments) AS (due_on date, principal bigint, interest bigint)
     ) WITH ORDINALITY AS r(due_on, principal, interest, number)
"""

LOANS = Projection(
    name="loans",
    version=1,
    tables={
        "loans": """loan_id uuid NOT NULL, club_id uuid NOT NULL, borrower_id uuid, step text,
            amount bigint, terms jsonb, regulation int, disbursed_on date, voucher text,
            settled_on date, past bool, outstanding bigint NOT NULL, interest_paid bigint NOT NULL,
            payments bigint NOT NULL, version bigint NOT NULL""",
        "instalments": """loan_id uuid NOT NULL, number int NOT NULL, due_on date NOT NULL,
            principal bigint NOT NULL, interest bigint NOT NULL""",
    },
    fold=(_LOANS, _MONEY, _SCHEDULES_GONE, _SCHEDULES),
    needs=("ledger",),
    keys=("ALTER TABLE {loans} ADD PRIMARY KEY (loan_id)",),
    indexes=(
        "ALTER TABLE {instalments} ADD PRIMARY KEY (loan_id, number)",
        "CREATE INDEX ON {loans} (club_id, disbursed_on, loan_id)",
        "CREATE INDEX ON {loans} (borrower_id)",
    ),
    topics=TOPICS,
)


class LoanRow(NamedTuple):
    loan_id: UUID
    club_id: UUID
    borrower_id: UUID
    step: str
    amount: int
    terms: dict[str, Any]
    regulation: int | None
    disbursed_on: date | None
    voucher: str | None
    settled_on: date | None
    past: bool | None
    outstanding: int
    interest_paid: int
    payments: int
    """Repayments that stand."""
    version: int


class InstalmentRow(NamedTuple):
    number: int
    due_on: date
    principal: int
    interest: int


class PaymentRow(NamedTuple):
    event_id: UUID
    occurred_on: date
    voucher: str | None
    principal: int
    interest: int
    recorded_at: datetime


def of_club(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[LoanRow]:
    """A club's loans that stand, by id; an id is made when a loan is asked for, so oldest first."""
    rows = connection.execute(
        """SELECT * FROM read.loans WHERE club_id = %(club)s AND step <> 'withdrawn'
             AND (%(after)s::uuid IS NULL OR loan_id > %(after)s)
           ORDER BY loan_id LIMIT %(limit)s""",
        {"club": club_id, "after": after, "limit": limit},
    )
    return [LoanRow(*row) for row in rows]


def one(connection: psycopg.Connection[Any], loan_id: UUID) -> LoanRow | None:
    row = connection.execute("SELECT * FROM read.loans WHERE loan_id = %s", (loan_id,)).fetchone()
    return LoanRow(*row) if row else None


def instalments(connection: psycopg.Connection[Any], loan_id: UUID) -> list[InstalmentRow]:
    rows = connection.execute(
        """SELECT number, due_on, principal, interest FROM read.instalments
           WHERE loan_id = %s ORDER BY number""",
        (loan_id,),
    )
    return [InstalmentRow(*row) for row in rows]


def payments(connection: psycopg.Connection[Any], club_id: UUID, loan_id: UUID) -> list[PaymentRow]:
    """What was paid on a loan, and what was taken back, from the loan's own lines."""
    rows = connection.execute(
        """SELECT event_id, occurred_on, min(voucher),
                  coalesce(-sum(amount) FILTER (WHERE account = '1283'), 0)::bigint,
                  coalesce(-sum(amount) FILTER (WHERE account = '515'), 0)::bigint, recorded_at
           FROM read.postings p
           WHERE club_id = %s AND loan_id = %s
             AND position > (SELECT min(position) FROM read.postings f
                             WHERE f.club_id = p.club_id AND f.loan_id = p.loan_id)
           GROUP BY position, event_id, occurred_on, recorded_at ORDER BY occurred_on, position""",
        (club_id, loan_id),
    )
    return [PaymentRow(*row) for row in rows]
