"""A story as it is shown: each row with its sentence, and the sums beside it.

Every value is ready for JSON: ids and dates are text, amounts whole đồng, work-days exact decimals
as text. Asked again with its own `as_of` and `known_at`, rows and sums come out the same for ever;
names, and what of health may be read, are today's.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from domain.events import Event, Role
from domain.values import Sealed
from projections.people import names_of
from projections.story import KindSums, Standing, StoryRow, Told, health_consent
from projections.telling import Teller, day_text, named_in, readable
from projections.views import DayText, IdText, InstantText, instant
from store.keys import KeyRing
from store.mapper import decode


class StoryItem(TypedDict):
    """One event as the person met it. `counts` is false once it was taken back.

    `received` and `repaid` are money, `value` is what help was worth; `minutes` and `work_days`
    were received or given, by the kind.
    """

    event_id: IdText
    position: int
    occurred_on: DayText
    recorded_at: InstantText
    kind: str
    role: str
    event: str
    """The name of the event on disk."""
    sentence: str
    received: int | None
    repaid: int | None
    value: int | None
    minutes: int | None
    work_days: str | None
    club_id: IdText | None
    counts: bool
    corrected_by: IdText | None
    """The event that took it back; None too where another made it count again."""
    past: bool
    """From the paper book, not witnessed."""
    flag: str | None
    """`refer` or `same_day`, from a reading that may be read."""


class StoryTotals(TypedDict):
    """Of what counts in the period asked for; in đồng, minutes, and work-days as text.

    An hour of a visit that was part of a shift is in `minutes_given` once, as the shift's.
    """

    received: int
    repaid: int
    principal_repaid: int
    interest_repaid: int
    dues: int
    visits_received: int
    visit_minutes_received: int
    visits_made: int
    visit_minutes_made: int
    shifts: int
    minutes_given: int
    work_days_given: str
    help_received: int
    help_value: int
    work_days_received: str
    meetings: int


class KindView(TypedDict):
    """What counts of one kind."""

    kind: str
    events: int
    received: int
    repaid: int
    value: int
    minutes: int
    work_days: str


class StandingView(TypedDict):
    """On the day asked about, as it was known then."""

    household_class: str | None
    club_ids: list[IdText]


StoryAsked = TypedDict(
    "StoryAsked",
    {
        "member_id": IdText,
        "name": str | None,
        "also": list[IdText],
        "kind": str | None,
        "from": DayText | None,
        "to": DayText | None,
        "as_of": DayText,
        "known_at": InstantText | None,
        "position": int,
    },
)


class StoryPage(StoryAsked):
    """`also` are other ids of the same person, merged; `kinds` what counts of each kind."""

    standing: StandingView
    totals: StoryTotals
    kinds: list[KindView]
    items: list[StoryItem]
    next: str | None


_TOOK_BACK = {
    "loans.EntryReversed": ("đã đảo", "reversed"),
    "loans.ImportUndone": ("đã hoàn tác", "undone"),
}
_WITHDRAWN = ("không còn tính", "no longer counts")
_RESTORED = ("đã tính lại", "counts again")

_NONE = KindSums("", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Decimal(0), 0, Decimal(0))


def work_days_text(days: Decimal) -> str:
    """An exact decimal without noughts at its end: "151", "0.5"."""
    text = format(days, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def story_items(
    connection: psycopg.Connection[Any],
    told: Told,
    rows: Sequence[StoryRow],
    keys: KeyRing,
    *,
    english: bool = False,
    health: bool = True,
) -> list[StoryItem]:
    """Each row with its sentence, made from the event itself; what was taken back says so.
    `health`: the reader may be told of it, where the person consents."""
    changed = [row.changed_at for row in rows if row.changed_at is not None]
    logged = _logged(connection, [*(row.position for row in rows), *changed])
    events = [event for event, _ in logged.values()]
    people = frozenset(told.people)
    health = health and health_consent(connection, told.people)
    sealed = readable(events, people, health=health)
    named = list(named_in(events, told.people))
    teller = Teller(
        people,
        english,
        names_of(connection, named) | _club_names(connection, named),
        _opened(keys, sealed),
    )
    return [_item(row, logged, teller) for row in rows]


def _item(row: StoryRow, logged: Mapping[int, tuple[Event, Any]], teller: Teller) -> StoryItem:
    event, recorded_at = logged[row.position]
    sentence = teller.sentence(event, Role(row.role), row.occurred_on)
    if row.changed_at is not None:
        by, at = logged[row.changed_at]
        words = _RESTORED if row.counts else _TOOK_BACK.get(by.TOPIC, _WITHDRAWN)
        on = getattr(by, "occurred_on", None) or at.date()
        sentence += f" — {words[teller.english]} {day_text(on)}"
    return {
        "event_id": str(row.event_id),
        "position": row.position,
        "occurred_on": row.occurred_on.isoformat(),
        "recorded_at": instant(recorded_at),
        "kind": row.kind,
        "role": row.role,
        "event": row.topic,
        "sentence": sentence,
        "received": row.received,
        "repaid": row.repaid,
        "value": row.value,
        "minutes": row.minutes,
        "work_days": None if row.work_days is None else work_days_text(row.work_days),
        "club_id": None if row.club_id is None else str(row.club_id),
        "counts": row.counts,
        "corrected_by": None if row.counts else str(row.changed_by),
        "past": event.origin is not None,
        "flag": teller.flag(event),
    }


def _logged(
    connection: psycopg.Connection[Any], positions: Sequence[int]
) -> dict[int, tuple[Event, Any]]:
    rows = connection.execute(
        """SELECT notification_id, topic, state, recorded_at FROM log.events
           WHERE notification_id = ANY(%b)""",
        (list(positions),),
    )
    return {at: (decode(topic, bytes(state)), recorded) for at, topic, state, recorded in rows}


def _club_names(connection: psycopg.Connection[Any], ids: list[UUID]) -> dict[UUID, str]:
    rows = connection.execute(
        "SELECT club_id, name FROM read.clubs WHERE club_id = ANY (%b)", (ids,)
    )
    return dict(rows.fetchall())


def _opened(keys: KeyRing, sealed: Iterable[Sealed]) -> dict[str, str]:
    wanted = list(sealed)
    opened = zip(wanted, keys.open_many(wanted), strict=True)
    return {one.ciphertext: text for one, text in opened if text is not None}


def story_totals(kinds: Iterable[KindSums]) -> StoryTotals:
    by_kind = {one.kind: one for one in kinds}

    def of(kind: str) -> KindSums:
        return by_kind.get(kind, _NONE)

    visited, made, shifts, help = (
        of(kind) for kind in ("visits_received", "visits_made", "shifts", "help")
    )
    return {
        "received": sum(one.received for one in by_kind.values()),
        "repaid": sum(one.repaid for one in by_kind.values()),
        "principal_repaid": sum(one.principal for one in by_kind.values()),
        "interest_repaid": sum(one.interest for one in by_kind.values()),
        "dues": of("dues").dues,
        "visits_received": visited.visits,
        "visit_minutes_received": visited.minutes,
        "visits_made": made.visits,
        "visit_minutes_made": made.minutes,
        "shifts": shifts.shifts,
        "minutes_given": made.minutes_once + shifts.minutes_once,
        "work_days_given": work_days_text(shifts.work_days),
        "help_received": help.times + shifts.helped,
        "help_value": help.value,
        "work_days_received": work_days_text(help.days_received + shifts.days_received),
        "meetings": of("meetings").times,
    }


def kind_views(kinds: Iterable[KindSums]) -> list[KindView]:
    return [
        {
            "kind": one.kind,
            "events": one.events,
            "received": one.received,
            "repaid": one.repaid,
            "value": one.value,
            "minutes": one.minutes,
            "work_days": work_days_text(one.work_days),
        }
        for one in kinds
    ]


def standing_view(standing: Standing) -> StandingView:
    return {
        "household_class": standing.household_class,
        "club_ids": [str(club_id) for club_id in standing.club_ids],
    }
