"""Loans as the book has them: terms, schedule, what was paid, what is owed on a day.

Money is additive: outstanding principal and interest paid are sums of the loan's own journal
lines (1283 and 515), kept by the ledger, so a reversal needs no special case. Steps are not
additive: each is kept as it was said, and the last one counts.
"""

from collections.abc import Sequence
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
    # beside and after the payout
    "loans.LoanEndorsed",
    "loans.LoanWithdrawn",
    "loans.UseChecked",
    "loans.LoanExtended",
    "loans.LoanFrozen",
    "loans.LoanUnfrozen",
    "loans.InterestWaived",
    "loans.GuarantorCalled",
    "loans.BalanceConfirmed",
    "loans.BalanceDisputed",
    "loans.DebtTakenOver",
    "loans.LoanWrittenOff",
    "loans.LossBorneByCapital",
    "loans.LoanRecovered",
)

# What each event says of each loan; NULL leaves as it is. `schedule` is true where the event set
# the loan's schedule or took it.
_STEPS = f"""
WITH said AS MATERIALIZED (
    SELECT w.position, w.version, w.event_id, w.club_id,
           (w.d ->> 'occurred_on')::date AS occurred_on, s.*
    FROM ({WINDOW} OFFSET 0) w CROSS JOIN LATERAL (
        SELECT (w.d ->> 'loan_id')::uuid AS loan_id,
               coalesce(w.d ->> 'debtor_id', w.d ->> 'borrower_id')::uuid AS borrower_id,
               CASE w.topic WHEN 'loans.LoanRequested' THEN 'requested'
                            WHEN 'loans.LoanApproved' THEN 'approved'
                            WHEN 'loans.LoanRejected' THEN 'rejected'
                            WHEN 'loans.LoanDisbursed' THEN 'disbursed'
                            WHEN 'loans.PastLoanEntered' THEN 'disbursed'
                            WHEN 'loans.LoanSettled' THEN 'settled'
                            WHEN 'loans.LoanWithdrawn' THEN 'withdrawn'
                            WHEN 'loans.LoanWrittenOff' THEN 'written_off' END AS step,
               CASE WHEN w.topic NOT IN ('loans.GuarantorCalled', 'loans.LoanRecovered')
                    THEN (w.d ->> 'amount')::bigint END AS amount,
               w.d -> 'terms' AS terms, (w.d ->> 'regulation')::int AS regulation,
               CASE WHEN w.topic IN ('loans.LoanDisbursed', 'loans.PastLoanEntered')
                    THEN coalesce(w.d ->> 'happened_on', w.d ->> 'occurred_on')::date
                    END AS disbursed_on,
               CASE WHEN w.topic IN ('loans.LoanDisbursed', 'loans.PastLoanEntered')
                    THEN w.d -> 'vouchers' ->> 0 END AS voucher,
               CASE WHEN w.topic = 'loans.LoanSettled'
                    THEN (w.d ->> 'occurred_on')::date END AS settled_on,
               w.topic = 'loans.PastLoanEntered' AS past,
               CASE WHEN w.topic = 'loans.LoanExtended' THEN true END AS rescheduled,
               CASE w.topic WHEN 'loans.LoanWrittenOff' THEN (w.d ->> 'principal')::bigint
                            WHEN 'loans.LoanRecovered' THEN (w.d ->> 'off_book')::bigint
                            END AS written_off,
               w.d -> 'frozen' AS frozen,
               w.d ? 'instalments' AS schedule, w.d -> 'instalments' AS instalments
        WHERE w.d ? 'loan_id'
        UNION ALL
        SELECT (l ->> 'id')::uuid, (l ->> 'borrower_id')::uuid, l ->> 'step',
               (l ->> 'amount')::bigint, l -> 'terms', (l ->> 'regulation')::int,
               (l ->> 'disbursed_on')::date, NULL, NULL, (l ->> 'past')::bool, NULL, NULL,
               NULL, true, l -> 'instalments'
        FROM jsonb_array_elements(CASE WHEN w.topic = 'loans.OpeningBalancesEntered'
                                       THEN w.d -> 'loans' ELSE '[]' END) AS l
        UNION ALL
        SELECT (w.d -> 'loan' ->> 'id')::uuid, (w.d -> 'loan' ->> 'borrower_id')::uuid,
               w.d -> 'loan' ->> 'step', (w.d -> 'loan' ->> 'amount')::bigint,
               w.d -> 'loan' -> 'terms', NULL, NULL, NULL, NULL, NULL,
               w.d -> 'loan' ? 'rescheduled_on', (w.d -> 'loan' ->> 'off_book')::bigint,
               w.d -> 'loan' -> 'frozen', true, w.d -> 'loan' -> 'instalments'
        WHERE w.topic = 'loans.EntryReversed' AND w.d ? 'loan'
        UNION ALL
        SELECT id::uuid, NULL, 'withdrawn', NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL,
               '[]'::jsonb, true, NULL
        FROM jsonb_array_elements_text(w.d -> 'withdraws_loans') AS id
    ) AS s
), stepped AS (
    INSERT INTO {{loan_steps}}
    SELECT position, version, event_id, club_id, occurred_on, loan_id, borrower_id, step, amount,
           terms, regulation, disbursed_on, voucher, settled_on, past, rescheduled, written_off,
           frozen, schedule
    FROM said
)
INSERT INTO {{instalments}}
SELECT s.loan_id, s.club_id, s.position, r.number, r.due_on, r.principal, r.interest
FROM said s CROSS JOIN LATERAL ROWS FROM (
         jsonb_to_recordset(s.instalments) AS (due_on date, principal bigint, interest bigint)
     ) WITH ORDINALITY AS r(due_on, principal, interest, number)
"""

# A loan that something was said of is worked out anew from all its steps. `schedule` is the
# position of the event whose instalments hold; `written_off` counts only while the step does.
_LOANS = """
INSERT INTO {loans}
SELECT loan_id, (array_agg(club_id))[1],
       (array_agg(borrower_id ORDER BY position DESC) FILTER (WHERE borrower_id IS NOT NULL))[1],
       (array_agg(step ORDER BY position DESC) FILTER (WHERE step IS NOT NULL))[1],
       (array_agg(amount ORDER BY position DESC) FILTER (WHERE amount IS NOT NULL))[1],
       (array_agg(terms ORDER BY position DESC) FILTER (WHERE terms IS NOT NULL))[1],
       (array_agg(regulation ORDER BY position DESC) FILTER (WHERE regulation IS NOT NULL))[1],
       (array_agg(disbursed_on ORDER BY position DESC) FILTER (WHERE disbursed_on IS NOT NULL))[1],
       (array_agg(voucher ORDER BY position DESC) FILTER (WHERE voucher IS NOT NULL))[1],
       (array_agg(settled_on ORDER BY position DESC) FILTER (WHERE settled_on IS NOT NULL))[1],
       coalesce(bool_or(past), false),
       coalesce((array_agg(rescheduled ORDER BY position DESC)
                 FILTER (WHERE rescheduled IS NOT NULL))[1], false),
       (array_agg(written_off ORDER BY position DESC) FILTER (WHERE written_off IS NOT NULL))[1],
       coalesce((array_agg(frozen ORDER BY position DESC)
                 FILTER (WHERE frozen IS NOT NULL))[1], '[]'),
       max(position) FILTER (WHERE schedule), max(version)
FROM {loan_steps}
WHERE loan_id IN (SELECT loan_id FROM {loan_steps}
                  WHERE position > %(after)s AND position <= %(upto)s)
GROUP BY loan_id
ON CONFLICT (loan_id) DO UPDATE SET
    borrower_id = excluded.borrower_id, step = excluded.step, amount = excluded.amount,
    terms = excluded.terms, regulation = excluded.regulation, disbursed_on = excluded.disbursed_on,
    voucher = excluded.voucher, settled_on = excluded.settled_on, past = excluded.past,
    rescheduled = excluded.rescheduled, written_off = excluded.written_off,
    frozen = excluded.frozen,
    schedule = excluded.schedule, version = excluded.version
"""

LOANS = Projection(
    name="loans",
    version=5,
    tables={
        "loan_steps": """position bigint NOT NULL, version bigint NOT NULL, event_id uuid NOT NULL,
            club_id uuid NOT NULL, occurred_on date NOT NULL, loan_id uuid NOT NULL,
            borrower_id uuid, step text, amount bigint, terms jsonb, regulation int,
            disbursed_on date, voucher text, settled_on date, past bool, rescheduled bool,
            written_off bigint, frozen jsonb, schedule bool NOT NULL""",
        "instalments": """loan_id uuid NOT NULL, club_id uuid NOT NULL, position bigint NOT NULL,
            number int NOT NULL, due_on date NOT NULL, principal bigint NOT NULL,
            interest bigint NOT NULL""",
        "loans": """loan_id uuid NOT NULL, club_id uuid NOT NULL, borrower_id uuid, step text,
            amount bigint, terms jsonb, regulation int, disbursed_on date, voucher text,
            settled_on date, past bool NOT NULL, rescheduled bool NOT NULL, written_off bigint,
            frozen jsonb NOT NULL, schedule bigint, version bigint NOT NULL""",
    },
    spread=(_STEPS,),
    fold=(_LOANS,),
    keys=("ALTER TABLE {loans} ADD PRIMARY KEY (loan_id)",),
    indexes=(
        "CREATE UNIQUE INDEX ON {instalments} (loan_id, position, number)",
        "CREATE INDEX ON {loan_steps} (position)",
        "CREATE INDEX ON {loan_steps} (loan_id)",
        "CREATE INDEX ON {loan_steps} (club_id)",
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
    past: bool
    rescheduled: bool
    """Once extended: its lateness is that of another plan than the one first signed."""
    written_off: int | None
    """What stands on the off-book list, in đồng; None unless the loan is written off."""
    frozen: list[dict[str, str]]
    """Every freeze (`from_on`, `until`): its days do not count as late."""
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
    late_interest: int
    recorded_at: datetime


# A loan with its money; `version` is that of the last event which touched either.
_LOAN = """
    SELECT l.loan_id, l.club_id, l.borrower_id, l.step, l.amount, l.terms, l.regulation,
           l.disbursed_on, l.voucher, l.settled_on, l.past, l.rescheduled,
           CASE WHEN l.step = 'written_off' THEN l.written_off END, l.frozen,
           coalesce(m.outstanding, 0), coalesce(m.interest_paid, 0), coalesce(m.payments, 0),
           greatest(l.version, m.version)
    FROM read.loans l LEFT JOIN read.loan_balances m USING (loan_id)"""


def of_club(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    *,
    after: UUID | None = None,
    limit: int | None = None,
) -> list[LoanRow]:
    """A club's loans that stand, by id; an id is made when a loan is asked for, so oldest first."""
    rows = connection.execute(
        f"""{_LOAN} WHERE l.club_id = %(club)s AND l.step <> 'withdrawn'
              AND (%(after)s::uuid IS NULL OR l.loan_id > %(after)s)
            ORDER BY l.loan_id LIMIT %(limit)s""",
        {"club": club_id, "after": after, "limit": limit},
    )
    return [LoanRow(*row) for row in rows]


def of_people(connection: psycopg.Connection[Any], people: Sequence[UUID]) -> list[LoanRow]:
    """What these people borrowed, in any club, oldest first."""
    rows = connection.execute(
        f"""{_LOAN} WHERE l.borrower_id = ANY (%s) AND l.step <> 'withdrawn' ORDER BY l.loan_id""",
        (list(people),),
    )
    return [LoanRow(*row) for row in rows]


def one(connection: psycopg.Connection[Any], loan_id: UUID) -> LoanRow | None:
    row = connection.execute(f"{_LOAN} WHERE l.loan_id = %s", (loan_id,)).fetchone()
    return LoanRow(*row) if row else None


def instalments(connection: psycopg.Connection[Any], loan_id: UUID) -> list[InstalmentRow]:
    rows = connection.execute(
        """SELECT i.number, i.due_on, i.principal, i.interest
           FROM read.loans l JOIN read.instalments i
                ON i.loan_id = l.loan_id AND i.position = l.schedule
           WHERE l.loan_id = %s ORDER BY i.number""",
        (loan_id,),
    )
    return [InstalmentRow(*row) for row in rows]


def payments(connection: psycopg.Connection[Any], club_id: UUID, loan_id: UUID) -> list[PaymentRow]:
    """What was paid on a loan, and what was taken back, from the loan's own lines.

    A payout, a takeover or a write-off moves the loan's lines too and is no payment. The line of
    late interest names no loan: it is the other 515 of the same entry.
    """
    rows = connection.execute(
        """SELECT event_id, occurred_on, min(voucher),
                  coalesce(-sum(amount) FILTER (WHERE account = '1283'), 0)::bigint,
                  coalesce(-sum(amount) FILTER (WHERE account = '515'), 0)::bigint,
                  (SELECT coalesce(-sum(late.amount), 0) FROM read.postings late
                   WHERE late.position = p.position AND late.account = '515'
                     AND late.loan_id IS NULL)::bigint, recorded_at
           FROM read.postings p
           WHERE club_id = %s AND loan_id = %s
           GROUP BY position, event_id, occurred_on, recorded_at HAVING bool_or(payment <> 0)
           ORDER BY occurred_on, position""",
        (club_id, loan_id),
    )
    return [PaymentRow(*row) for row in rows]
