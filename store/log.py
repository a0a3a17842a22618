"""The log as the rest of the product meets it: load histories, decide, append, once.

A piece of work reads the histories it needs and says what happened; the append then checks that
every version it read still stands. Work that finds a history moved on is done again from the
start, at most five times, unless the caller named the version they saw.
"""

import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Generic, LiteralString, TypeVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import (
    EventStore,
    InfrastructureFactory,
    Mapper,
    StoredEvent,
)
from eventsourcing.postgres import PostgresDatastore, PostgresFactory
from eventsourcing.utils import Environment

from domain.errors import KeyReused, SochungError, StaleVersion, Unavailable
from domain.events import Event
from domain.histories import Kind
from domain.values import Immutable
from store.database import Database, Unsafe
from store.mapper import EventMapper, Recorded
from store.recorder import NOT_NOTED, Appended, Key, LogRecorder, SnapshotRecorder

S = TypeVar("S", bound=Immutable)

SNAPSHOT_EVERY = 100
TRIES = 5
RECENT = 1_000
RECENT_STORIES = 8  # some 2 KB an event: a club's ten years are 20 MB


def uuid7() -> UUID:
    """A time-ordered id, RFC 9562 version 7: 48 bits of milliseconds, 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


@dataclass(frozen=True, slots=True)
class History(Generic[S]):
    """One replayed story: its state, and how far it had got."""

    id: UUID
    version: int
    state: S | None


@dataclass(frozen=True, slots=True)
class _Snapshot:
    originator_id: UUID
    originator_version: int
    topic: str
    state: Immutable


class _SnapshotMapper(Mapper[UUID]):
    def __init__(self, kinds: Iterable[Kind[Any]]) -> None:
        self._states = {kind.snapshot_topic: kind.state for kind in kinds}

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        snapshot: _Snapshot = domain_event
        return StoredEvent(
            originator_id=snapshot.originator_id,
            originator_version=snapshot.originator_version,
            topic=snapshot.topic,
            state=snapshot.state.__pydantic_serializer__.to_json(snapshot.state),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        state = self._states[stored_event.topic].model_validate_json(stored_event.state)
        return _Snapshot(
            originator_id=UUID(str(stored_event.originator_id)),
            originator_version=stored_event.originator_version,
            topic=stored_event.topic,
            state=state,
        )


class _Datastore(PostgresDatastore):
    """The library's datastore over our pool; it needs no composite types of its own."""

    def __init__(self, database: Database) -> None:
        super().__init__("", "", "", "", "", schema="log")
        self.pool = database.pool  # type: ignore[assignment]

    def register_type_adapters(self) -> None:
        pass

    def close(self) -> None:
        """The pool is the database's: an `EventLog` that is let go does not take it away."""


class _Factory(PostgresFactory):
    """The library's factory, for our database: it makes no table and asks no environment."""

    def __init__(self, env: Environment, database: Database) -> None:
        InfrastructureFactory.__init__(self, env)
        self.datastore = _Datastore(database)


class _Recent:
    """Histories as this process last saw them: only their tails are then read again.

    What is known of a prefix of the log stays true for ever, and states are frozen; so there is
    nothing to invalidate. (The library's own cache never moves an immutable aggregate forward.)
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._histories: OrderedDict[UUID, History[Any]] = OrderedDict()
        self._lock = Lock()

    def get(self, id: UUID) -> History[Any] | None:
        with self._lock:
            history = self._histories.get(id)
            if history is not None:
                self._histories.move_to_end(id)
            return history

    def put(self, id: UUID, history: History[Any]) -> None:
        with self._lock:
            known = self._histories.get(id)
            if known is None or known.version < history.version:
                self._histories[id] = history
            self._histories.move_to_end(id)
            if len(self._histories) > self._size:
                self._histories.popitem(last=False)


class _Stories:
    """Whole histories as last read, event by event: a correction reads its book's again and again.

    Versions have no gap, so the tail begins behind as many events as are known.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._stories: OrderedDict[UUID, tuple[Recorded, ...]] = OrderedDict()
        self._lock = Lock()

    def get(self, id: UUID) -> tuple[Recorded, ...]:
        with self._lock:
            return self._stories.get(id, ())

    def put(self, id: UUID, story: tuple[Recorded, ...]) -> None:
        with self._lock:
            if len(story) > len(self._stories.get(id, ())):
                self._stories[id] = story
                self._stories.move_to_end(id)
            if len(self._stories) > self._size:
                self._stories.popitem(last=False)


class EventLog(Application[UUID]):
    """Every history of the service, in one log with one total order."""

    name = "sochung"
    is_snapshotting_enabled = True

    def __init__(self, database: Database, kinds: Sequence[Kind[Any]]) -> None:
        refuse_unsafe_option()
        self.database = database
        self.kinds = tuple(kinds)
        self._recent = _Recent(RECENT)
        self._stories = _Stories(RECENT_STORIES)
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        self._factory = _Factory(env, self.database)
        return self._factory

    def construct_mapper(self) -> EventMapper:
        return EventMapper()

    def construct_recorder(self) -> LogRecorder:
        return LogRecorder(self._factory.datastore, self.database)

    def construct_snapshot_store(self) -> EventStore[UUID]:
        topics = [kind.snapshot_topic for kind in self.kinds]
        recorder = SnapshotRecorder(self._factory.datastore, self.database, topics)
        return EventStore(mapper=_SnapshotMapper(self.kinds), recorder=recorder)

    @property
    def event_mapper(self) -> EventMapper:
        assert isinstance(self.mapper, EventMapper)
        return self.mapper

    @property
    def log_recorder(self) -> LogRecorder:
        assert isinstance(self.recorder, LogRecorder)
        return self.recorder

    def recall(self, kind: Kind[S], id: UUID) -> History[S]:
        """A history as this process last saw it, or as `load` finds it: it may have moved on."""
        known = self._recent.get(id)
        if known is not None and isinstance(known.state, kind.state):
            return known
        return self.load(kind, id)

    def load(self, kind: Kind[S], id: UUID, version: int | None = None) -> History[S]:
        """A history's state now, or as it was at a version; version 0 when there is none.

        The id of another kind of history names none of this kind: a club is no person.
        """
        known = self._recent.get(id) if version is None else None
        if known is not None and not isinstance(known.state, kind.state):
            return History(id, 0, None)

        def replay(found: Any, entries: Iterable[Any]) -> Any:
            last, state = (known.version, known.state) if known else (0, found)
            for entry in entries:
                if not last and not _tells_of(kind, entry):
                    return None
                if isinstance(entry, _Snapshot):
                    state = entry.state
                else:
                    state = kind.evolve(state, entry.event)
                last = entry.originator_version
            return History(id, last, state) if last else None

        if known is not None:
            tail = self.recorder.select_events(id, gt=known.version)
            history: History[S] = replay(None, map(self.event_mapper.to_domain_event, tail))
        else:
            try:
                history = self.repository.get(id, version=version, projector_func=replay)
            except AggregateNotFoundError:
                return History(id, 0, None)
        if version is None:
            self._recent.put(id, history)
        return history

    def story(self, id: UUID, *, since: int = 1, until: int | None = None) -> list[Recorded]:
        """Every event of a history, or those of some versions, oldest first."""
        if since > 1:
            return self._told(id, since - 1, until)
        known = self._stories.get(id)
        if until is None or until > len(known):
            known = (*known, *self._told(id, len(known), until))
            self._stories.put(id, known)
        return list(known[:until])

    def _told(self, id: UUID, after: int, until: int | None) -> list[Recorded]:
        rows = self.recorder.select_events(id, gt=after, lte=until)
        return [self.event_mapper.to_domain_event(row) for row in rows]

    def home_of(self, entity_id: UUID) -> UUID | None:
        """The history that tells of a thing (a loan), found without a projection."""
        return self._one_id(
            "SELECT originator_id FROM log.entities WHERE entity_id = %s", (entity_id,)
        )

    def homes_of(self, entity_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        """The histories that tell of several things, of those there are."""
        with self.database.connection() as connection:
            rows = connection.execute(
                "SELECT entity_id, originator_id FROM log.entities WHERE entity_id = ANY(%s)",
                (list(entity_ids),),
                prepare=True,
            ).fetchall()
        return dict(rows)

    def home_of_event(self, event_id: UUID) -> tuple[UUID, UUID | None] | None:
        """The history an event stands in, and its club."""
        with self.database.connection() as connection:
            row = connection.execute(
                "SELECT originator_id, club_id FROM log.events WHERE event_id = %s", (event_id,)
            ).fetchone()
        return (row[0], row[1]) if row else None

    def club_of(self, history_id: UUID) -> UUID | None:
        return self._one_id(
            """SELECT club_id FROM log.events
               WHERE originator_id = %s AND originator_version = 1""",
            (history_id,),
        )

    def has(self, topic: str) -> bool:
        """Whether anything of that kind ever happened."""
        with self.database.connection() as connection:
            row = connection.execute(
                "SELECT 1 FROM log.events WHERE topic = %s LIMIT 1", (topic,)
            ).fetchone()
        return row is not None

    def head(self) -> int:
        """The position of the last event; 0 for an empty log."""
        return self.log_recorder.max_notification_id() or 0

    def first_reply(self, key: Key) -> Appended | None:
        """What a command under this key was answered, if it took effect."""
        return self.log_recorder.first_reply(key)

    def answered(self, caller: str, key: str) -> Appended | None:
        """What the caller's command of that key was answered, whatever was asked."""
        return self.log_recorder.answered(caller, key)

    def carry_out(
        self,
        work: Callable[["Work"], str | None],
        *,
        actor: str,
        key: Key | None = None,
        tries: int = TRIES,
        by_heart: bool = False,
    ) -> "Done":
        """Does `work`, appends what it said, and answers; the same key is answered the same.

        `work` returns the reply as JSON. Raises what `work` raises, `StaleVersion` after `tries`,
        `KeyReused`, `Unavailable`.

        `by_heart` first works on the histories as this process last saw them, without asking the
        database: the append checks every version that was read, so what was decided on old ground
        is refused there and decided again. A refusal on old ground is never told to anybody.
        """
        if by_heart and (done := self._by_heart(work, actor, key)) is not None:
            return done
        for attempt in range(1, tries + 1):
            unit = Work(self, actor)
            try:
                reply = work(unit)
            except SochungError:
                # The same command may have taken effect before: a loan that it paid cannot be
                # paid again, but it is answered, not refused by its own effect.
                if (done := self._replayed(key)) is not None:
                    return done
                raise
            try:
                return self._append(unit, reply, actor, key)
            except StaleVersion:
                if attempt == tries:
                    raise
        raise AssertionError("the loop returns or raises")

    def _by_heart(
        self, work: Callable[["Work"], str | None], actor: str, key: Key | None
    ) -> "Done | None":
        """None: nothing was recorded, and it has to be decided on what the log says now."""
        unit = Work(self, actor, by_heart=True)
        try:
            reply = work(unit)
            return self._append(unit, reply, actor, key) if unit.news else None
        except (KeyReused, Unavailable):
            raise
        except SochungError:
            return None

    def _replayed(self, key: Key | None) -> "Done | None":
        first = None if key is None else self.first_reply(key)
        if first is None:
            return None
        return Done(first.first_position, first.last_position, first.reply, replayed=True)

    def _append(self, unit: "Work", reply: str | None, actor: str, key: Key | None) -> "Done":
        if not unit.news:
            head = self.head()
            return Done(head, head, reply)
        rows = [self.event_mapper.to_stored_event(recorded) for recorded in unit.news]
        if key is not None:
            key = Key(key.caller, key.key, key.body, reply or "{}")
        written = {recorded.originator_id for recorded in unit.news}
        done = self.log_recorder.append(
            rows,
            actor=actor,
            key=key,
            reads=[
                *((id, seen) for id, seen in unit.seen.items() if id not in written),
                *((id, NOT_NOTED) for id in unit.not_noted - unit.entities.keys()),
            ],
            entities=list(unit.entities.items()),
        )
        if not done.replayed:
            for _, history in unit.after.values():
                self._recent.put(history.id, history)
            self._keep_snapshots(unit)
        answered = done.reply if key is not None else reply
        return Done(done.first_position, done.last_position, answered, replayed=done.replayed)

    def _keep_snapshots(self, unit: "Work") -> None:
        assert self.snapshots is not None
        for kind, history in unit.after.values():
            before = unit.seen[history.id]
            if history.version // SNAPSHOT_EVERY > before // SNAPSHOT_EVERY and history.state:
                snapshot = _Snapshot(
                    history.id, history.version, kind.snapshot_topic, history.state
                )
                # The command is committed: a snapshot that cannot be kept now is kept later.
                with suppress(Unavailable):
                    self.snapshots.put([snapshot])

    def _one_id(self, query: LiteralString, arguments: tuple[Any, ...]) -> UUID | None:
        with self.database.connection() as connection:
            row = connection.execute(query, arguments, prepare=True).fetchone()
        return row[0] if row else None

    def close(self) -> None:
        self.closing.set()
        self.database.close()

    def __del__(self) -> None:
        """Unlike the library's: a log that is let go leaves the database open to its others."""


def _tells_of(kind: Kind[Any], entry: Any) -> bool:
    """Whether the first that is read of a history belongs to one of this kind."""
    if isinstance(entry, _Snapshot):
        return isinstance(entry.state, kind.state)
    return isinstance(entry.event, kind.events)


@dataclass(frozen=True, slots=True)
class Done:
    """A command took effect, now or the first time it was sent."""

    first_position: int
    last_position: int
    reply: str | None
    replayed: bool = False


@dataclass
class Work:
    """One command's view of the log: what it read, and what it says happened."""

    log: EventLog
    actor: str
    by_heart: bool = False
    seen: dict[UUID, int] = field(default_factory=dict)
    after: dict[UUID, tuple[Kind[Any], History[Any]]] = field(default_factory=dict)
    news: list[Recorded] = field(default_factory=list)
    entities: dict[UUID, UUID] = field(default_factory=dict)
    """Things and their homes that are noted with what is said."""
    not_noted: set[UUID] = field(default_factory=set)
    """Things that were looked for and are not there: nor may they be at the append."""
    ids: Callable[[], UUID] = uuid7
    """Where the ids of what is said come from."""

    def load(self, kind: Kind[S], id: UUID) -> S | None:
        """The state with this work's own news folded in; its version is checked at the append."""
        if id not in self.after:
            history = self.log.recall(kind, id) if self.by_heart else self.log.load(kind, id)
            self.seen[id] = history.version
            self.after[id] = (kind, history)
        known_as, history = self.after[id]
        state: S | None = history.state if known_as is kind else None
        return state

    def story(self, id: UUID) -> list[Recorded]:
        """Every event of a history that was loaded, up to the version that was."""
        return self.log.story(id, until=self.seen[id])

    def begin(self, kind: Kind[Any], id: UUID) -> None:
        """A history that this work begins: a fresh id has nothing to be loaded."""
        self.seen[id] = 0
        self.after[id] = (kind, History(id, 0, None))

    def version(self, id: UUID) -> int:
        return self.after[id][1].version

    def say(
        self,
        kind: Kind[S],
        id: UUID,
        events: Iterable[Event],
        *,
        club_id: UUID | None = None,
    ) -> list[UUID]:
        """Adds events to a history; returns their ids."""
        self.load(kind, id)
        made = []
        for event in events:
            history = self.after[id][1]
            version = history.version + 1
            event_id = self.ids()
            self.news.append(Recorded(id, version, event_id, event, self.actor, club_id))
            state = kind.evolve(history.state, event)
            self.after[id] = (kind, History(id, version, state))
            made.append(event_id)
        return made

    def note_entity(self, entity_id: UUID, home: UUID) -> None:
        self.entities[entity_id] = home

    def noted(self, entity_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        """The homes of those that are noted; that the others are not is checked at the append."""
        homes = self.log.homes_of(entity_ids) | self.entities
        self.not_noted.update(id for id in entity_ids if id not in homes)
        return {id: homes[id] for id in entity_ids if id in homes}


_NO = ("", "n", "no", "f", "false", "off", "0")  # as the library reads it; all else is a yes


def refuse_unsafe_option() -> None:
    """Hard: the library's database functions lose events for followers (reliability.md, F1)."""
    for name, value in os.environ.items():
        if name.endswith("POSTGRES_ENABLE_DB_FUNCTIONS") and value.lower() not in _NO:
            raise Unsafe(f"{name} must not be set: that mode loses events for followers")
