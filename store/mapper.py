"""Events to bytes and back: plain JSON under a constant topic, validated on every read.

The bytes are `{"v":<version>,…fields}`. What stands in them is what an auditor hashes: position,
clock and actor are columns of the log, never part of it.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Mapper, StoredEvent, Transcoder

from domain.catalogue import EVENTS
from domain.events import Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its place. `position` and `recorded_at` are None until the log has it."""

    originator_id: UUID
    originator_version: int
    event_id: UUID
    event: Event
    actor: str
    club_id: UUID | None = None
    position: int | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class LogRow(StoredEvent):
    """The library's stored event with the columns our log has beside it."""

    originator_id: UUID
    event_id: UUID
    actor: str
    club_id: UUID | None = None
    position: int | None = None
    recorded_at: datetime | None = None


class UnknownEvent(Exception):
    """A topic or a shape this program does not know: nobody may skip it."""


class _NoTranscoder(Transcoder):
    """The library asks for one; pydantic does the work."""

    def encode(self, obj: Any) -> bytes:
        raise AssertionError("events are encoded by pydantic")

    def decode(self, data: bytes) -> Any:
        raise AssertionError("events are decoded by pydantic")


class EventMapper(Mapper[UUID]):
    def __init__(self) -> None:
        super().__init__(transcoder=_NoTranscoder())

    def to_stored_event(self, domain_event: Any) -> LogRow:
        recorded: Recorded = domain_event
        return LogRow(
            originator_id=recorded.originator_id,
            originator_version=recorded.originator_version,
            topic=recorded.event.TOPIC,
            state=encode(recorded.event),
            event_id=recorded.event_id,
            actor=recorded.actor,
            club_id=recorded.club_id,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        assert isinstance(stored_event, LogRow), "the recorder builds our rows"
        return Recorded(
            originator_id=stored_event.originator_id,
            originator_version=stored_event.originator_version,
            event_id=stored_event.event_id,
            event=decode(stored_event.topic, stored_event.state),
            actor=stored_event.actor,
            club_id=stored_event.club_id,
            position=stored_event.position,
            recorded_at=stored_event.recorded_at,
        )


def encode(event: Event) -> bytes:
    body = event.__pydantic_serializer__.to_json(event, exclude_none=True)
    return b'{"v":%d,' % event.VERSION + body[1:]


def decode(topic: str, state: bytes) -> Event:
    """Raises `UnknownEvent` for a topic, a version or a field this program does not know."""
    kind = EVENTS.get(topic)
    if kind is None:
        raise UnknownEvent(f"no event is called {topic!r}")
    current = b'{"v":%d,' % kind.VERSION
    if state.startswith(current):
        return kind.model_validate_json(b"{" + state[len(current) :])
    fields: dict[str, Any] = json.loads(state)
    version = fields.pop("v", None)
    if not isinstance(version, int) or not 0 < version < kind.VERSION:
        raise UnknownEvent(f"{topic} version {version!r} is unknown here")
    while version < kind.VERSION:
        fields = kind.UPCASTS[version](fields)
        version += 1
    return kind.model_validate_json(json.dumps(fields))
