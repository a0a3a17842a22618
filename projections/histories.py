"""Everybody's story: one row per person and event, and what later stopped or resumed counting.

Both tables only grow, and every row says at which position: so a story can be told as of any
business date, as it was known at any recorded instant, and comes out the same for ever. That there
is a confidential referral stands in no row (domain.md section 6).
"""

from domain.catalogue import EVENTS
from projections.kinds import as_values
from projections.projection import WINDOW, Projection, window_of

# What takes an entry back says which; an undone import takes back all it brought.
CORRECTIONS = (
    "loans.EntryReversed",
    "care.EntryWithdrawn",
    "clubs.EntryWithdrawn",
    "clubs.AssociationEntryWithdrawn",
    "clubs.PersonEntryWithdrawn",
)

# Who worked for their own household gave and received those days, in one row.
# A correction is of the kind of what it corrects; about a referral it is silent, because only the
# referral itself says whether it is confidential. What undoes an import vanishes with it.
# Who is known in a club: whoever was named in anything it did. Rows of other clubs' people are
# hidden by this (projections/rights.py).
_TOLD = f"""
WITH told AS (
INSERT INTO {{histories}}
SELECT DISTINCT ON (c.id, w.position)
       c.id, w.position, w.event_id, w.club_id,
       coalesce(w.d ->> 'occurred_on',
                CASE WHEN w.topic = 'clubs.HouseholdClassCertified' THEN w.d ->> 'valid_from' END,
                (w.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date::text)::date,
       w.topic, coalesce(k.kind, 'duty'), c.role,
       CASE WHEN k.kind = 'loans' AND w.topic IN ('loans.LoanDisbursed', 'loans.PastLoanEntered',
                                                  'loans.ExcessRefunded')
            THEN (w.d ->> 'amount')::bigint END,
       CASE WHEN k.kind IS DISTINCT FROM 'repayments' THEN NULL
            WHEN w.topic = 'loans.LoanRecovered' THEN (w.d ->> 'amount')::bigint
            WHEN w.topic IN ('loans.RepaymentReceived', 'loans.PastRepaymentEntered')
            THEN (w.d ->> 'principal')::bigint + (w.d ->> 'interest')::bigint
                 + coalesce((w.d ->> 'late_interest')::bigint, 0)
                 + coalesce((w.d ->> 'excess')::bigint, 0) END,
       CASE WHEN k.kind = 'repayments' THEN (w.d ->> 'principal')::bigint END,
       CASE WHEN k.kind = 'repayments' THEN (w.d ->> 'interest')::bigint END,
       CASE WHEN w.topic = 'loans.DuesReceived' AND k.kind = 'dues'
            THEN (w.d ->> 'amount')::bigint END,
       CASE WHEN k.kind IN ('help', 'given')
            THEN coalesce(w.d ->> 'value', w.d ->> 'estimate')::bigint END,
       CASE WHEN w.topic IN ('care.VisitMade', 'care.ShiftWorked') AND k.kind IS NOT NULL
            THEN (w.d -> 'time' ->> 'minutes')::int END,
       CASE WHEN k.kind IS NULL THEN NULL
            WHEN w.topic = 'care.ShiftWorked' THEN (w.d -> 'time' ->> 'work_days')::numeric
            WHEN w.topic = 'care.GroupWorkDone' AND k.kind = 'help'
            THEN (w.d ->> 'work_days')::numeric END,
       CASE WHEN w.topic IN ('care.ShiftWorked', 'care.GroupWorkDone') AND EXISTS (
                SELECT FROM jsonb_to_recordset(w.d -> 'concerns') AS o(id uuid, role text)
                WHERE o.id = c.id AND o.role = 'helped')
            THEN coalesce(w.d ->> 'work_days', w.d -> 'time' ->> 'work_days')::numeric END,
       (w.d ->> 'shift_id')::uuid,
       CASE WHEN w.topic LIKE 'clubs.%%'
            THEN coalesce(w.d ->> 'purpose', w.d ->> 'household_class', w.d ->> 'cause') END,
       (w.d -> 'origin' ->> 'import_id')::uuid
FROM ({WINDOW} OFFSET 0) w
     CROSS JOIN LATERAL jsonb_to_recordset(w.d -> 'concerns') AS c(kind text, id uuid, role text)
     LEFT JOIN (VALUES {as_values()}) AS k(topic, role, kind, rank)
          ON k.topic = coalesce(w.d ->> 'restored_topic', w.d ->> 'reversed_topic',
                                w.d ->> 'withdrawn_topic', w.topic) AND k.role = c.role
WHERE c.kind = 'person' AND NOT coalesce((w.d ->> 'confidential')::bool, false)
  AND coalesce(w.d ->> 'withdrawn_topic', '') NOT LIKE 'care.Referral%%'
  AND (w.topic = 'loans.ImportUndone' OR w.d ->> 'import_id' IS NULL
       OR w.topic = 'loans.WorkbookImported')
ORDER BY c.id, w.position, k.rank NULLS LAST, c.role
RETURNING club_id, person_id)
INSERT INTO {{known_in}}
SELECT DISTINCT club_id, person_id FROM told WHERE club_id IS NOT NULL ORDER BY club_id, person_id
ON CONFLICT DO NOTHING
"""

# Money is given back on a day; a visit that is taken back never was. What an undone import brought
# is not even listed any more.
_CHANGED = f"""
INSERT INTO {{history_changes}}
SELECT s.event_id, w.position, w.event_id, s.counts, w.d ->> 'import_id' IS NOT NULL,
       CASE WHEN w.topic = 'loans.EntryReversed' AND w.d ->> 'import_id' IS NULL
            THEN (w.d ->> 'occurred_on')::date ELSE '-infinity' END
FROM {window_of(*CORRECTIONS)} w
     CROSS JOIN LATERAL (
         VALUES (coalesce(w.d ->> 'reverses', w.d ->> 'withdraws')::uuid, false),
                ((w.d ->> 'restores')::uuid, true)) AS s(event_id, counts)
WHERE s.event_id IS NOT NULL
"""
_UNDONE = f"""
INSERT INTO {{history_changes}}
SELECT DISTINCT ON (h.event_id, u.position)
       h.event_id, u.position, u.event_id, false, true, '-infinity'::date
FROM (SELECT w.position, w.event_id, (w.d ->> 'import_id')::uuid AS import_id
      FROM {window_of("loans.ImportUndone")} w) AS u
     JOIN {{histories}} h ON h.import_id = u.import_id AND h.position < u.position
"""

_MERGED = f"""
INSERT INTO {{merges}}
SELECT (w.d ->> 'person_id')::uuid, (w.d ->> 'duplicate_id')::uuid, w.position
FROM {window_of("clubs.PersonsMerged")} w
"""

HISTORIES = Projection(
    name="histories",
    version=3,
    tables={
        "histories": """person_id uuid NOT NULL, position bigint NOT NULL, event_id uuid NOT NULL,
            club_id uuid, occurred_on date NOT NULL, topic text NOT NULL, kind text NOT NULL,
            role text NOT NULL, received bigint, repaid bigint, principal bigint, interest bigint,
            dues bigint, value bigint, minutes int, work_days numeric, days_received numeric,
            shift_id uuid, detail text,
            import_id uuid""",
        "history_changes": """event_id uuid NOT NULL, position bigint NOT NULL,
            changed_by uuid NOT NULL, counts bool NOT NULL, vanished bool NOT NULL,
            effective_on date NOT NULL""",
        "merges": """person_id uuid NOT NULL, duplicate_id uuid NOT NULL,
            position bigint NOT NULL""",
        "known_in": "club_id uuid NOT NULL, person_id uuid NOT NULL",
    },
    spread=(_TOLD, _CHANGED, _MERGED),
    fold=(_UNDONE,),
    keys=("ALTER TABLE {known_in} ADD PRIMARY KEY (club_id, person_id)",),
    indexes=(
        """CREATE INDEX ON {histories} (person_id, occurred_on DESC, position DESC)
           WHERE kind <> 'duty'""",
        """CREATE INDEX ON {histories} (person_id, occurred_on DESC, position DESC)
           WHERE kind = 'duty'""",
        "CREATE INDEX ON {histories} (import_id) WHERE import_id IS NOT NULL",
        "CREATE INDEX ON {history_changes} (event_id, position DESC)",
        "CREATE INDEX ON {merges} (person_id)",
        "CREATE INDEX ON {merges} (duplicate_id)",
    ),
    topics=tuple(EVENTS),
)
