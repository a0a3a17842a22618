"""What each event brings to the reports of many clubs: one row per event and fact.

A fact is a day, a club, and how much: so every figure is a sum over an index, and every sum opens
down to the events it is made of. Rows are only added, each with its position: what was taken back
stops counting by a row of its own, and a report of an earlier instant comes out as it was.
"""

from domain.loans.accounts import CAPITAL_ACCOUNT
from projections.projection import WINDOW, Projection, window_of

# Topic, fact, what it is of, how much (1 where nothing is said), how much besides, and whom or
# what it is about; each a path into the event.
_FACTS = (
    ("clubs.ClubFounded", "club", None, None, None, "club_id"),
    ("clubs.ClubDissolved", "club_gone", None, None, None, "club_id"),
    ("clubs.MemberJoined", "member_in", None, None, None, "person_id"),
    ("clubs.MemberLeft", "member_out", "cause", None, None, "person_id"),
    ("clubs.PersonRegistered", "sex", "sex", None, None, "person_id"),
    ("clubs.DetailsCorrected", "sex", "sex", None, None, "person_id"),
    ("clubs.PersonRegistered", "born", None, "birth_year", None, "person_id"),
    ("clubs.DetailsCorrected", "born", None, "birth_year", None, "person_id"),
    ("clubs.HouseholdClassCertified", "class", "household_class", None, None, "person_id"),
    ("clubs.MeetingHeld", "meeting", None, "head_count", None, None),
    ("clubs.ActivityHeld", "activity", "kind", None, "head_count", None),
    ("clubs.ActivityHeld", "area", "area", None, None, None),
    ("clubs.ActivityHeld", "mobilised", "kind", "value", None, None),
    ("clubs.SupportGiven", "support", "kind", None, "value", "person_id"),
    ("clubs.TrainingHeld", "training", None, "delegates", None, "association_id"),
    ("clubs.MediaItemPublished", "media", "kind", None, None, "association_id"),
    ("loans.CapitalReceived", "capital", "source", "amount", None, None),
    ("loans.CapitalReturned", "capital_returned", "source", "amount", None, None),
    ("loans.LoanDisbursed", "loan", None, "amount", None, "borrower_id"),
    ("loans.PastLoanEntered", "loan", None, "amount", None, "borrower_id"),
    ("loans.RepaymentReceived", "repaid", None, "principal", "interest", "borrower_id"),
    ("loans.PastRepaymentEntered", "repaid", None, "principal", "interest", "borrower_id"),
    ("loans.LoanWrittenOff", "written_off", None, "principal", None, "borrower_id"),
    ("loans.CashCounted", "count", None, "counted", "difference", None),
    ("loans.GiftInKindReceived", "gift", None, "estimate", None, None),
    ("care.VisitMade", "visit", None, "time.minutes", None, "client_id"),
    ("care.ShiftWorked", "work", "activity", "time.work_days", None, "person_id"),
    ("care.GroupWorkDone", "work", "activity", "work_days", "people", None),
    ("care.VolunteerEnrolled", "volunteer_in", None, None, None, "person_id"),
    ("care.VolunteerLeft", "volunteer_out", None, None, None, "person_id"),
    ("care.ClientEnrolled", "client_in", None, None, None, "client_id"),
    ("care.ClientDischarged", "client_out", None, None, None, "client_id"),
    ("care.VitalsMeasured", "health", None, None, None, "person_id"),
    ("care.CheckUpRecorded", "health", None, None, None, "person_id"),
)


def _values(rows: tuple[tuple[str | None, ...], ...]) -> str:
    """As SQL; the names are ours, so no quote stands in them."""
    texts = (", ".join("NULL" if one is None else f"'{one}'" for one in row) for row in rows)
    return ", ".join(f"({text})" for text in texts)


# A class that names no day holds from the beginning; sex and birth are of no day at all.
_TOLD = f"""
INSERT INTO {{facts}}
SELECT w.position, w.event_id, w.club_id,
       CASE WHEN k.fact IN ('sex', 'born') THEN '-infinity'
            ELSE coalesce(w.d ->> 'happened_on', w.d ->> 'occurred_on', w.d ->> 'valid_from',
                          '-infinity')::date END,
       k.fact, w.d ->> k.detail, coalesce((w.d #>> string_to_array(k.amount, '.'))::numeric, 1),
       (w.d #>> string_to_array(k.more, '.'))::numeric, (w.d ->> k.subject)::uuid,
       (w.d ->> 'loan_id')::uuid, (w.d -> 'origin' ->> 'import_id')::uuid
FROM ({WINDOW} OFFSET 0) w
     JOIN (VALUES {_values(_FACTS)}) AS k(topic, fact, detail, amount, more, subject)
       ON k.topic = w.topic
WHERE (k.fact NOT IN ('born', 'mobilised', 'gift') OR w.d ->> k.amount IS NOT NULL)
  AND (k.fact <> 'sex' OR w.d ->> 'sex' IS NOT NULL)
"""

# The books a club opened with: capital by source, and what each live loan still was.
_SOURCES = _values(
    tuple((account.value, source.value) for source, account in CAPITAL_ACCOUNT.items())
)
_OPENED = f"""
INSERT INTO {{facts}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'occurred_on')::date, s.*, NULL
FROM {window_of("loans.OpeningBalancesEntered")} w CROSS JOIN LATERAL (
    SELECT 'capital', k.source, -sum(l.amount), NULL::numeric, NULL::uuid, NULL::uuid
    FROM jsonb_to_recordset(w.d -> 'lines') AS l(account text, amount numeric)
         JOIN (VALUES {_SOURCES}) AS k(account, source) USING (account)
    WHERE k.source <> 'capitalised_interest' GROUP BY k.source
    UNION ALL
    SELECT 'opening_loan', NULL, l.amount, NULL, l.borrower_id, l.id
    FROM jsonb_to_recordset(w.d -> 'loans') AS l(id uuid, borrower_id uuid, amount numeric)
) AS s
"""

_PLANNING = (
    "loans.LoanDisbursed",
    "loans.PastLoanEntered",
    "loans.OpeningBalancesEntered",
    "loans.LoanExtended",
    "loans.LoanFrozen",
    "loans.LoanUnfrozen",
    "loans.InterestWaived",
    "loans.EntryReversed",
)
# The event whose instalments hold from then on, and whether a loan's plan was ever put off.
_PLANNED = f"""
INSERT INTO {{loan_plans}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'occurred_on')::date, s.*
FROM {window_of(*_PLANNING)} w CROSS JOIN LATERAL (
    SELECT (w.d ->> 'loan_id')::uuid, (w.d ->> 'regulation')::int,
           CASE WHEN w.topic = 'loans.LoanExtended' THEN true END, w.d -> 'frozen'
    WHERE w.d ? 'loan_id' AND w.d ? 'instalments'
    UNION ALL
    SELECT l.id, l.regulation, NULL, l.frozen
    FROM jsonb_to_recordset(CASE WHEN w.topic = 'loans.OpeningBalancesEntered'
                                 THEN w.d -> 'loans' ELSE '[]' END)
         AS l(id uuid, regulation int, frozen jsonb)
    UNION ALL
    SELECT (w.d -> 'loan' ->> 'id')::uuid, (w.d -> 'loan' ->> 'regulation')::int,
           w.d -> 'loan' ? 'rescheduled_on', w.d -> 'loan' -> 'frozen'
    WHERE w.topic = 'loans.EntryReversed' AND w.d ? 'loan'
) AS s
"""

_RULES = f"""
INSERT INTO {{late_rules}}
SELECT w.club_id, (w.d ->> 'version')::int, (w.d -> 'rules' ->> 'late_tolerance')::bigint,
       (w.d -> 'rules' ->> 'late_grace_days')::int
FROM {window_of("clubs.RegulationAdopted")} w
"""

# Where a club lay from a day on; the district is the one of its founding.
_PLACED = f"""
INSERT INTO {{club_places}}
SELECT w.position, w.club_id, (w.d ->> 'occurred_on')::date, w.d ->> 'name', w.d ->> 'commune',
       w.d ->> 'district', w.d ->> 'province'
FROM {window_of("clubs.ClubFounded", "clubs.CommuneReassigned")} w
"""

_CHANGING = (
    "loans.EntryReversed",
    "care.EntryWithdrawn",
    "clubs.EntryWithdrawn",
    "clubs.AssociationEntryWithdrawn",
)
# Money is given back on a day; a visit that is taken back never was.
_CHANGED = f"""
INSERT INTO {{fact_changes}}
SELECT s.event_id, w.position, w.event_id, s.counts,
       CASE WHEN w.topic = 'loans.EntryReversed' AND w.d ->> 'import_id' IS NULL
            THEN (w.d ->> 'occurred_on')::date ELSE '-infinity' END
FROM {window_of(*_CHANGING)} w
     CROSS JOIN LATERAL (
         VALUES (coalesce(w.d ->> 'reverses', w.d ->> 'withdraws')::uuid, false),
                ((w.d ->> 'restores')::uuid, true)) AS s(event_id, counts)
WHERE s.event_id IS NOT NULL
"""
_UNDONE = f"""
INSERT INTO {{fact_changes}}
SELECT DISTINCT f.event_id, u.position, u.event_id, false, '-infinity'::date
FROM (SELECT w.position, w.event_id, (w.d ->> 'import_id')::uuid AS import_id
      FROM {window_of("loans.ImportUndone")} w) AS u
     JOIN {{facts}} f ON f.import_id = u.import_id AND f.position < u.position
"""

# A club without the software: what it signed for a period, beside the facts, never among them.
_PAPER = f"""
INSERT INTO {{paper_figures}}
SELECT w.position, w.event_id, w.d ->> 'club', w.d ->> 'commune', w.d ->> 'district',
       (w.d ->> 'first_on')::date, (w.d ->> 'last_on')::date, w.d -> 'figures'
FROM {window_of("clubs.PaperFiguresEntered")} w
"""

_REPORTING = (
    "clubs.ReportSubmitted",
    "clubs.ReportReturned",
    "clubs.ReportAccepted",
    "clubs.ReportLocked",
)
# Every step of every report handed in.
_REPORTS = f"""
INSERT INTO {{report_steps}}
SELECT w.position, w.event_id, (w.d ->> 'association_id')::uuid, (w.d ->> 'report_id')::uuid,
       CASE w.topic WHEN 'clubs.ReportSubmitted' THEN 'submitted'
                    WHEN 'clubs.ReportReturned' THEN 'returned'
                    WHEN 'clubs.ReportAccepted' THEN 'accepted' ELSE 'locked' END,
       (w.d ->> 'occurred_on')::date, (w.d ->> 'first_on')::date, (w.d ->> 'last_on')::date,
       (w.d ->> 'position')::bigint, w.d ->> 'digest',
       coalesce(w.d ->> 'submitted_by', w.d ->> 'returned_by', w.d ->> 'accepted_by',
                w.d ->> 'locked_by')::uuid, w.d -> 'remarks'
FROM {window_of(*_REPORTING)} w
"""

FACTS = Projection(
    name="facts",
    version=1,
    tables={
        "facts": """position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid,
            occurred_on date NOT NULL, fact text NOT NULL, detail text, amount numeric NOT NULL,
            more numeric, subject uuid, loan_id uuid, import_id uuid""",
        "fact_changes": """event_id uuid NOT NULL, position bigint NOT NULL,
            changed_by uuid NOT NULL, counts bool NOT NULL, since date NOT NULL""",
        "loan_plans": """position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid NOT NULL,
            occurred_on date NOT NULL, loan_id uuid NOT NULL, regulation int, rescheduled bool,
            frozen jsonb""",
        "late_rules": """club_id uuid NOT NULL, version int NOT NULL, tolerance bigint NOT NULL,
            grace_days int NOT NULL""",
        "club_places": """position bigint NOT NULL, club_id uuid NOT NULL, since date NOT NULL,
            name text, commune text, district text, province text""",
        "paper_figures": """position bigint NOT NULL, event_id uuid NOT NULL, club text NOT NULL,
            commune text, district text, first_on date NOT NULL, last_on date NOT NULL,
            figures jsonb NOT NULL""",
        "report_steps": """position bigint NOT NULL, event_id uuid NOT NULL,
            association_id uuid NOT NULL, report_id uuid NOT NULL, step text NOT NULL,
            occurred_on date NOT NULL, first_on date, last_on date, known_position bigint,
            digest text, person_id uuid, remarks jsonb""",
    },
    spread=(_TOLD, _OPENED, _PLANNED, _RULES, _PLACED, _CHANGED, _PAPER, _REPORTS),
    fold=(_UNDONE,),
    indexes=(
        "CREATE INDEX ON {facts} (fact, occurred_on, detail)",
        "CREATE INDEX ON {facts} (import_id) WHERE import_id IS NOT NULL",
        "CREATE INDEX ON {fact_changes} (event_id)",
        "CREATE INDEX ON {loan_plans} (loan_id, position)",
    ),
    topics=tuple(
        dict.fromkeys(
            (
                *(row[0] for row in _FACTS),
                *_PLANNING,
                *_CHANGING,
                *_REPORTING,
                "clubs.RegulationAdopted",
                "clubs.CommuneReassigned",
                "clubs.PaperFiguresEntered",
                "loans.ImportUndone",
            )
        )
    ),
)
