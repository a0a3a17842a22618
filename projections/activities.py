"""Meetings with who came, activities, support given, and the association's own work."""

from projections.projection import WINDOW, Projection
from projections.taken_back import COLUMNS, indexes, taken_back
from projections.taken_back import TOPICS as TAKING_BACK

_MEETINGS = f"""
INSERT INTO {{meetings}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'meeting_id')::uuid,
       (w.d ->> 'occurred_on')::date, (w.d ->> 'planned_on')::date, w.d ->> 'minutes',
       (w.d ->> 'head_count')::int,
       ARRAY(SELECT jsonb_array_elements_text(w.d -> 'attended')::uuid),
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w WHERE w.topic = 'clubs.MeetingHeld'
"""
_ACTIVITIES = f"""
INSERT INTO {{activities}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'activity_id')::uuid,
       (w.d ->> 'occurred_on')::date, w.d ->> 'area', w.d ->> 'kind', (w.d ->> 'head_count')::int,
       ARRAY(SELECT jsonb_array_elements_text(w.d -> 'participants')::uuid),
       (w.d ->> 'value')::bigint, (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w WHERE w.topic = 'clubs.ActivityHeld'
"""
_SUPPORTS = f"""
INSERT INTO {{supports}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'support_id')::uuid,
       (w.d ->> 'occurred_on')::date, (w.d ->> 'person_id')::uuid, w.d ->> 'kind',
       (w.d ->> 'value')::bigint, (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w WHERE w.topic = 'clubs.SupportGiven'
"""
_TRAININGS = f"""
INSERT INTO {{trainings}}
SELECT w.position, w.event_id, (w.d ->> 'association_id')::uuid, (w.d ->> 'training_id')::uuid,
       (w.d ->> 'occurred_on')::date, coalesce((w.d ->> 'days')::int, 1),
       (w.d ->> 'delegates')::int,
       ARRAY(SELECT jsonb_array_elements_text(w.d -> 'club_ids')::uuid),
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w WHERE w.topic = 'clubs.TrainingHeld'
"""
_MEDIA = f"""
INSERT INTO {{media_items}}
SELECT w.position, w.event_id, (w.d ->> 'association_id')::uuid, (w.d ->> 'item_id')::uuid,
       (w.d ->> 'occurred_on')::date, w.d ->> 'kind', w.d ->> 'outlet',
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w WHERE w.topic = 'clubs.MediaItemPublished'
"""
_PLANS = f"""
INSERT INTO {{plans}}
SELECT w.position, w.event_id, (w.d ->> 'association_id')::uuid, (w.d ->> 'plan_id')::uuid,
       (w.d ->> 'occurred_on')::date, (w.d ->> 'year')::int, w.d ->> 'decision', w.d -> 'targets',
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w WHERE w.topic = 'clubs.PlanAdopted'
"""

TABLES = ("meetings", "activities", "supports", "trainings", "media_items", "plans")
_OF_CLUB = "position bigint NOT NULL, event_id uuid NOT NULL, club_id uuid NOT NULL"
_OF_ASSOCIATION = "position bigint NOT NULL, event_id uuid NOT NULL, association_id uuid NOT NULL"

ACTIVITIES = Projection(
    name="activities",
    version=1,
    tables={
        "meetings": f"""{_OF_CLUB}, meeting_id uuid NOT NULL, occurred_on date NOT NULL,
            planned_on date, minutes text, head_count int NOT NULL, attended uuid[] NOT NULL,
            {COLUMNS}""",
        "activities": f"""{_OF_CLUB}, activity_id uuid NOT NULL, occurred_on date NOT NULL,
            area text NOT NULL, kind text NOT NULL, head_count int, participants uuid[] NOT NULL,
            value bigint, {COLUMNS}""",
        "supports": f"""{_OF_CLUB}, support_id uuid NOT NULL, occurred_on date NOT NULL,
            person_id uuid NOT NULL, kind text NOT NULL, value bigint, {COLUMNS}""",
        "trainings": f"""{_OF_ASSOCIATION}, training_id uuid NOT NULL, occurred_on date NOT NULL,
            days int NOT NULL, delegates int NOT NULL, club_ids uuid[] NOT NULL, {COLUMNS}""",
        "media_items": f"""{_OF_ASSOCIATION}, item_id uuid NOT NULL, occurred_on date NOT NULL,
            kind text NOT NULL, outlet text NOT NULL, {COLUMNS}""",
        "plans": f"""{_OF_ASSOCIATION}, plan_id uuid NOT NULL, occurred_on date NOT NULL,
            year int NOT NULL, decision text, targets jsonb NOT NULL, {COLUMNS}""",
    },
    spread=(_MEETINGS, _ACTIVITIES, _SUPPORTS, _TRAININGS, _MEDIA, _PLANS),
    fold=taken_back(*TABLES),
    indexes=(
        *(
            f"CREATE INDEX ON {{{table}}} (club_id, occurred_on, position)"
            for table in ("meetings", "activities", "supports")
        ),
        *(
            f"CREATE INDEX ON {{{table}}} (association_id, occurred_on, position)"
            for table in ("trainings", "media_items", "plans")
        ),
        *indexes(*TABLES),
    ),
    topics=(
        "clubs.MeetingHeld",
        "clubs.ActivityHeld",
        "clubs.SupportGiven",
        "clubs.TrainingHeld",
        "clubs.MediaItemPublished",
        "clubs.PlanAdopted",
        *TAKING_BACK,
    ),
)
