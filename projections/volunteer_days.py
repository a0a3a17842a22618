"""Who worked on which day, for how long and at what, by shifts and by visits.

An hour is counted once: a visit that was part of a shift is here beside it, and counts only while
no such shift of the same person does (`COUNTED`).
"""

from projections.projection import WINDOW, Projection, window_of
from projections.taken_back import COLUMNS, indexes, taken_back
from projections.taken_back import TOPICS as TAKING_BACK

# `label` is the paper book's own word for the work, where it came from one.
_SHIFTS = f"""
INSERT INTO {{volunteer_days}}
SELECT w.position, w.event_id, w.club_id, (w.d ->> 'person_id')::uuid,
       (w.d ->> 'occurred_on')::date, 'shift', w.d ->> 'activity', w.d ->> 'label', 1,
       (w.d -> 'time' ->> 'minutes')::int, (w.d -> 'time' ->> 'work_days')::numeric,
       (w.d ->> 'shift_id')::uuid, (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM {window_of("care.ShiftWorked")} w
"""
_GROUPS = f"""
INSERT INTO {{volunteer_days}}
SELECT w.position, w.event_id, w.club_id, NULL, (w.d ->> 'occurred_on')::date, 'group',
       w.d ->> 'activity', w.d ->> 'label', (w.d ->> 'people')::int,
       (w.d -> 'time' ->> 'minutes')::int * (w.d ->> 'people')::int,
       (w.d ->> 'work_days')::numeric, NULL, (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM {window_of("care.GroupWorkDone")} w
"""
_VISITS = f"""
INSERT INTO {{volunteer_days}}
SELECT w.position, w.event_id, w.club_id, v.id::uuid, (w.d ->> 'occurred_on')::date, 'visit',
       'home_care', NULL, 1, (w.d -> 'time' ->> 'minutes')::int,
       (w.d -> 'time' ->> 'work_days')::numeric, (w.d ->> 'shift_id')::uuid,
       (w.d -> 'origin' ->> 'import_id')::uuid, NULL
FROM ({WINDOW} OFFSET 0) w
     CROSS JOIN LATERAL (SELECT DISTINCT jsonb_array_elements_text(w.d -> 'volunteer_ids') AS id) v
WHERE w.topic = 'care.VisitMade'
"""

VOLUNTEER_DAYS = Projection(
    name="volunteer_days",
    version=2,
    tables={
        "volunteer_days": f"""position bigint NOT NULL, event_id uuid NOT NULL,
            club_id uuid NOT NULL, person_id uuid, occurred_on date NOT NULL, source text NOT NULL,
            activity text NOT NULL, label text, people int NOT NULL, minutes int,
            work_days numeric NOT NULL, shift_id uuid, {COLUMNS}""",
    },
    spread=(_SHIFTS, _GROUPS, _VISITS),
    fold=taken_back("volunteer_days"),
    indexes=(
        "CREATE INDEX ON {volunteer_days} (club_id, occurred_on, position)",
        "CREATE INDEX ON {volunteer_days} (shift_id) WHERE shift_id IS NOT NULL",
        *indexes("volunteer_days"),
    ),
    topics=("care.ShiftWorked", "care.GroupWorkDone", "care.VisitMade", *TAKING_BACK),
)

_KNOWN = "{0}.position <= %(upto)s AND ({0}.withdrawn_at IS NULL OR {0}.withdrawn_at > %(upto)s)"
COUNTED = f"""
    SELECT v.* FROM read.volunteer_days v
    WHERE v.club_id = %(club)s AND {_KNOWN.format("v")}
      AND (v.source <> 'visit' OR NOT EXISTS (
          SELECT FROM read.volunteer_days s
          WHERE s.shift_id = v.shift_id AND s.source = 'shift' AND s.person_id = v.person_id
            AND {_KNOWN.format("s")}))"""
"""A club's rows that counted when the log had come to the position `upto`, each hour once."""
