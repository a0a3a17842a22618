"""Home care as it stands: cases, plans, assessments, visits and referrals.

Every row says at which position it was recorded and, once taken back, at which it ceased to count.
Readings and notes are not in these tables: whoever may read them opens the event itself.
"""

from projections.projection import Projection, window_of
from projections.taken_back import COLUMNS, indexes, taken_back
from projections.taken_back import TOPICS as TAKING_BACK

TOPICS = (
    "care.ClientEnrolled",
    "care.ClientDischarged",
    "care.CarePlanMade",
    "care.NeedsAssessed",
    "care.VisitMade",
    "care.VisitMissed",
    "care.VitalsMeasured",
    "care.ReferralOpened",
    "care.ReferralClosed",
    *TAKING_BACK,
)

_CASES = f"""
INSERT INTO {{care_cases}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'client_id')::uuid,
       (w.d ->> 'occurred_on')::date, w.topic = 'care.ClientEnrolled',
       (w.d ->> 'coordinator_id')::uuid, w.d ->> 'cause',
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM {window_of("care.ClientEnrolled", "care.ClientDischarged")} w
"""
_PLANS = f"""
INSERT INTO {{care_plans}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'client_id')::uuid,
       (w.d ->> 'occurred_on')::date, (w.d ->> 'interval_days')::int,
       (w.d ->> 'visits_per_week')::int,
       ARRAY(SELECT jsonb_array_elements_text(w.d -> 'volunteer_ids')::uuid),
       ARRAY(SELECT jsonb_array_elements_text(w.d -> 'tasks')), (w.d ->> 'review_on')::date,
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM {window_of("care.CarePlanMade")} w
"""
_ASSESSMENTS = f"""
INSERT INTO {{care_assessments}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'client_id')::uuid,
       (w.d ->> 'occurred_on')::date, w.d ->> 'instrument', w.d ->> 'instrument_version',
       (w.d ->> 'assessed_by')::uuid, (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM {window_of("care.NeedsAssessed")} w
"""
_VISITS = f"""
INSERT INTO {{visits}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'visit_id')::uuid,
       (w.d ->> 'client_id')::uuid, (w.d ->> 'occurred_on')::date, w.topic = 'care.VisitMade',
       (w.d -> 'time' ->> 'minutes')::int,
       ARRAY(SELECT jsonb_array_elements_text(w.d -> 'volunteer_ids')::uuid),
       ARRAY(SELECT jsonb_array_elements_text(w.d -> 'tasks')),
       coalesce((w.d ->> 'urgent')::bool, false), w.d ->> 'cause', (w.d ->> 'next_on')::date,
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM {window_of("care.VisitMade", "care.VisitMissed")} w
"""
_REFERRALS = f"""
INSERT INTO {{referrals}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'referral_id')::uuid,
       (w.d ->> 'client_id')::uuid, (w.d ->> 'occurred_on')::date,
       w.topic = 'care.ReferralOpened', w.d ->> 'to', coalesce((w.d ->> 'urgent')::bool, false),
       coalesce((w.d ->> 'confidential')::bool, false), (w.d ->> 'opened_by')::uuid,
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM {window_of("care.ReferralOpened", "care.ReferralClosed")} w
"""

# Who has a reading, and where: the reading itself stays sealed in its event.
_READINGS = f"""
INSERT INTO {{readings}}
SELECT w.position, w.event_id, w.club_id, coalesce(w.d ->> 'client_id', w.d ->> 'person_id')::uuid,
       (w.d ->> 'occurred_on')::date, (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM {window_of("care.VisitMade", "care.VitalsMeasured")} w
WHERE w.d ? 'vitals'
"""

TABLES = ("care_cases", "care_plans", "care_assessments", "visits", "referrals", "readings")

_ROW = "position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid NOT NULL"

CARE = Projection(
    name="care",
    version=2,
    tables={
        "care_cases": f"""{_ROW}, client_id uuid NOT NULL, occurred_on date NOT NULL,
            enrolled bool NOT NULL, coordinator_id uuid, cause text, {COLUMNS}""",
        "care_plans": f"""{_ROW}, client_id uuid NOT NULL, occurred_on date NOT NULL,
            interval_days int NOT NULL, visits_per_week int, volunteer_ids uuid[] NOT NULL,
            tasks text[] NOT NULL, review_on date, {COLUMNS}""",
        "care_assessments": f"""{_ROW}, client_id uuid NOT NULL, occurred_on date NOT NULL,
            instrument text NOT NULL, instrument_version text NOT NULL, assessed_by uuid NOT NULL,
            {COLUMNS}""",
        "visits": f"""{_ROW}, visit_id uuid NOT NULL, client_id uuid NOT NULL,
            occurred_on date NOT NULL, made bool NOT NULL, minutes int,
            volunteer_ids uuid[] NOT NULL, tasks text[] NOT NULL, urgent bool NOT NULL, cause text,
            next_on date, {COLUMNS}""",
        "referrals": f"""{_ROW}, referral_id uuid NOT NULL, client_id uuid NOT NULL,
            occurred_on date NOT NULL, opened bool NOT NULL, receiver text, urgent bool NOT NULL,
            confidential bool NOT NULL, opened_by uuid, {COLUMNS}""",
        "readings": f"""{_ROW}, client_id uuid NOT NULL, occurred_on date NOT NULL, {COLUMNS}""",
    },
    spread=(_CASES, _PLANS, _ASSESSMENTS, _VISITS, _REFERRALS, _READINGS),
    fold=taken_back(*TABLES),
    indexes=(
        *(
            f"CREATE INDEX ON {{{table}}} (club_id, client_id, occurred_on DESC)"
            for table in TABLES
        ),
        *indexes(*TABLES),
    ),
    topics=TOPICS,
)
