"""A correction that waits for a second person, and what it would change, as people read it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from api.parameters import UUID_TEXT
from desk import corrections
from desk.corrections import Home
from desk.desk import Desk
from domain.errors import Refusal
from domain.events import Event
from projections.sentences.words import MONEY, WORDS
from web import formats
from web.page import Page
from web.translations import marked
from web.words import word

_SEALED, _YES, _NO = marked("(có ghi)"), marked("có"), marked("không")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Proposal(NamedTuple):
    """A correction that waits: of kind `correction` where another event is to stand in."""

    event_id: UUID
    club_id: UUID | None
    event: Event
    kind: str
    proposed_by: UUID
    reason: str | None
    changes: Mapping[str, Any] | None
    """None where it can no longer be done; `refused` then says why."""
    refused: Refusal | None

    @property
    def of_care(self) -> bool:
        return self.event.TOPIC.startswith("care.")


def proposal(desk: Desk, event_id: UUID, home: Home | None = None) -> Proposal | None:
    """None where nobody proposed anything, or it has been decided. Raises `NotFound`."""
    home = home or corrections.home_of(desk, event_id)
    told = corrections.proposed(desk, home, event_id)
    if told is None:
        return None
    target = corrections.correctable_event(desk, home, event_id)
    replacing = getattr(told, "replacement", None) is not None
    (reason,) = desk.keys.open_many([told.reason])
    changes, refused = None, None
    try:
        on = max(desk.today, told.occurred_on)
        changes = corrections.report(desk, home, event_id, on, replacing=replacing)
    except Refusal as error:
        refused = error
    kind = "correction" if replacing else "reversal"
    return Proposal(
        event_id, home.club_id, target, kind, told.proposed_by, reason, changes, refused
    )


def people_in(changes: Mapping[str, Any] | None) -> set[UUID]:
    """Everybody whom a report of changes names, apart from borrowers: their loan opens."""
    return set(_people(changes)) if changes else set()


def _people(changes: Mapping[str, Any]) -> Iterator[UUID]:
    for figure in changes.get("figures", ()):
        if figure["person_id"]:
            yield UUID(figure["person_id"])
    for one in changes.get("fields", ()):
        for side in (one["was"], one["becomes"]):
            for text in side if isinstance(side, list) else [side]:
                if isinstance(text, str) and UUID_TEXT.fullmatch(text):
                    yield UUID(text)


def as_read(page: Page, names: Mapping[UUID, str], field: str, value: Any) -> str:
    """One side of a field that changes."""
    match value:
        case None | "" | []:
            return "—"
        case "sealed":
            return page.says(_SEALED)
        case list():
            return ", ".join(as_read(page, names, field, one) for one in value)
        case {"minutes": minutes, **time}:
            hours = [str(time[name]) for name in ("start", "end") if time.get(name)]
            return "–".join(hours) + (" · " if hours else "") + f"{minutes}′"
        case bool():
            return page.says(_YES if value else _NO)
        case str() if (field, value) in WORDS:
            return WORDS[field, value][page.english]
        case str() if field == "area":
            return page.says(word("area", value))
        case str() if UUID_TEXT.fullmatch(value):
            return names.get(UUID(value), "—")
        case str() if _DAY.fullmatch(value):
            return formats.day(value)
        case int() if field in MONEY:
            return formats.money(value)
        case _:
            return str(value)
