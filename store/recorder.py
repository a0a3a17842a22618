"""The recorder: appends in one round trip through `log.append`, reads whole rows.

The library's own save needs five statements and a table lock that an append-only role may not
take; its retry turns a lost COMMIT reply into a false conflict (shared notes, traps 2, 5, 6 and
reliability F3). Both its insert and its selects are therefore overridden whole.
"""

import logging
import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from weakref import WeakSet

import psycopg
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.postgres import (
    PostgresAggregateRecorder,
    PostgresApplicationRecorder,
    PostgresDatastore,
)
from psycopg.errors import UniqueViolation, error_from_result
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, Format
from psycopg.pq.abc import PGconn, PGresult
from psycopg_pool import PoolTimeout, TooManyRequests

from domain.errors import KeyReused, StaleVersion
from store.arrays import bigint, bigints, byteas, texts, uuids
from store.database import Database, Unsafe, unavailable_if_away
from store.mapper import LogRow
from store.together import Together

noticed = logging.getLogger("sochung.store")

CHANNEL = "sochung_log"
STALE = "Sổ đã có thay đổi khác; hãy xem lại rồi làm lại."

NOT_NOTED = -1
"""In place of a version read: there is no thing of this id in `log.entities`."""
KEY_TAKEN = "commands_one_key"
OVERTAKEN = (b"events_one_version", b"entities_pkey")
ONE_HAND = b"needs two people"
"""As `log.refuse_one_hand` says it."""

STATEMENT = b"log.append"
APPEND = b"""SELECT log.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
    $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"""
BINARY = [Format.BINARY] * 21
DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)
Arguments = Sequence[bytes | None]
COLUMNS = """originator_id, originator_version, topic, state, event_id, actor, club_id,
    notification_id, recorded_at"""


@dataclass(frozen=True, slots=True)
class Key:
    """A command's own name, made by the client before it is sent: the same key, one effect."""

    caller: str
    key: str
    body: bytes
    """SHA-256 of what was asked."""
    reply: str
    """JSON of what is answered, first and ever after."""


@dataclass(frozen=True, slots=True)
class Appended:
    first_position: int
    last_position: int
    reply: str | None
    replayed: bool


class LogRecorder(PostgresApplicationRecorder):
    def __init__(self, datastore: PostgresDatastore, database: Database) -> None:
        super().__init__(datastore, events_table_name="events")
        self.database = database
        self.channel_name = CHANNEL
        self._call = Together(self._call_alone, self._call_together)

    def append(
        self,
        rows: Sequence[LogRow],
        *,
        actor: str,
        key: Key | None = None,
        reads: Sequence[tuple[UUID, int]] = (),
        entities: Sequence[tuple[UUID, UUID]] = (),
    ) -> Appended:
        """All the rows or none, and the key with them.

        Raises `StaleVersion` when a history read or written has moved on (or a thing that was
        `NOT_NOTED` is by now), `KeyReused` when the
        key came with another body, `Unavailable` when the database is away. A connection lost on
        the way is tried once more *through the key*: if the first try had committed, its reply is
        what comes back.
        """
        first, *more = rows
        arguments = (
            first.originator_id.bytes,
            bigint(first.originator_version),
            first.event_id.bytes,
            first.topic.encode(),
            first.state,
            None if first.club_id is None else first.club_id.bytes,
            actor.encode(),
            *_key_in_binary(key),
            *_reads_in_binary(reads),
            *_entities_in_binary(entities),
            *_more_in_binary(more),
        )
        with unavailable_if_away():
            try:
                position = self._call(arguments)
            except psycopg.Error as error:
                # Without a key nobody can tell whether a lost reply took effect.
                if not _may_try_again(error, has_key=key is not None):
                    raise
                self.database.pool.check()  # connections of a restarted server are all dead
                position = self._call(arguments)
        if position is not None:
            return Appended(position, position + len(more), key.reply if key else None, False)
        assert key is not None, "only a key can have been there before"
        first_time = self.first_reply(key)
        assert first_time is not None, "a key that is there has its reply"
        return first_time

    def _call_alone(self, arguments: Arguments) -> int | None:
        """`log.append` as one prepared call of libpq: through psycopg's cursor it takes 70 µs more.

        None when a command of this key took effect before. The thread waits inside libpq, no longer
        than the server's own statement timeout.
        """
        with self._lent() as connection:
            try:
                return _position(_executed(connection, arguments))
            except UniqueViolation as error:
                if error.diag.constraint_name == KEY_TAKEN:
                    return None
                raise

    def _call_together(self, calls: Sequence[Arguments]) -> dict[int, int]:
        """The calls in one transaction, less those that an earlier one of them makes stale."""
        histories = {arguments[0]: place for place, arguments in reversed([*enumerate(calls)])}
        places = sorted(histories.values())
        with self._lent() as connection:
            results = _executed_together(connection, [calls[place] for place in places])
        return {place: _position(result) for place, result in zip(places, results, strict=False)}

    @contextmanager
    def _lent(self) -> Iterator[psycopg.Connection[Any]]:
        pool = self.database.pool
        if pool.closed:
            pool.open()
        connection = pool.getconn()
        try:
            yield connection
        finally:
            pool.putconn(connection)

    def first_reply(self, key: Key) -> Appended | None:
        """What a command under this key was answered, if it took effect. Raises `KeyReused`."""
        found = self._command(key.caller, key.key)
        if found is None:
            return None
        body, first_time = found
        if body != key.body:
            raise KeyReused(key.key)
        return first_time

    def answered(self, caller: str, key: str) -> Appended | None:
        """The same for somebody who no longer knows what was asked."""
        found = self._command(caller, key)
        return found[1] if found else None

    def _command(self, caller: str, key: str) -> tuple[bytes, Appended] | None:
        with self.database.connection() as connection:
            row = connection.execute(
                """SELECT c.body, c.reply, e.notification_id, c.events
                   FROM log.commands c JOIN log.events e ON e.event_id = c.first_event
                   WHERE c.caller = %s AND c.key = %s""",
                (caller, key),
                prepare=True,
            ).fetchone()
        if row is None:
            return None
        body, reply, position, events = row
        return body, Appended(position, position + events - 1, reply, True)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        rows = [row for row in stored_events if isinstance(row, LogRow)]
        if not rows:
            return []
        done = self.append(rows, actor=rows[0].actor, **kwargs)
        return list(range(done.first_position, done.last_position + 1))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        return self._rows(
            f"""SELECT {COLUMNS} FROM log.events
                WHERE originator_id = %s AND originator_version > %s
                  AND originator_version <= coalesce(%s, 9223372036854775807)
                ORDER BY originator_version {"DESC" if desc else "ASC"} LIMIT %s""",
            (originator_id, gt or 0, lte, limit),
        )

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = (start or 0) - (1 if inclusive_of_start and start is not None else 0)
        rows = self.select_rows(after=after, limit=limit, upto=stop, topics=topics)
        return [
            Notification(
                id=row.position or 0,
                originator_id=row.originator_id,
                originator_version=row.originator_version,
                topic=row.topic,
                state=row.state,
            )
            for row in rows
        ]

    def select_rows(
        self, *, after: int, limit: int, upto: int | None = None, topics: Sequence[str] = ()
    ) -> list[LogRow]:
        """The log in its order, from behind a position."""
        return self._rows(
            f"""SELECT {COLUMNS} FROM log.events
                WHERE notification_id > %s
                  AND notification_id <= coalesce(%s, 9223372036854775807)
                  AND (cardinality(%s::text[]) = 0 OR topic = ANY(%s::text[]))
                ORDER BY notification_id LIMIT %s""",
            (after, upto, list(topics), list(topics), limit),
        )

    def _rows(self, query: str, arguments: tuple[Any, ...]) -> list[LogRow]:
        with self.database.connection() as connection:
            cursor = connection.cursor(binary=True)
            cursor.execute(query, arguments, prepare=True)
            return [LogRow(*row) for row in cursor]

    def max_notification_id(self) -> int | None:
        with self.database.connection() as connection:
            row = connection.execute("SELECT max(notification_id) FROM log.events").fetchone()
            return row[0] if row else None


# Connections that hold our prepared call: they are shared by every log over one database.
_PREPARED: WeakSet[psycopg.Connection[Any]] = WeakSet()


def _executed(connection: psycopg.Connection[Any], arguments: Arguments) -> PGresult:
    libpq = connection.pgconn
    for _ in range(2):
        if connection not in _PREPARED:
            _checked(libpq.prepare(STATEMENT, APPEND))
            _PREPARED.add(connection)
        # psycopg's annotation forgets that a parameter may be NULL; its code does not.
        result = libpq.exec_prepared(STATEMENT, arguments, BINARY, Format.BINARY)  # type: ignore[arg-type]
        if result.error_field(DiagnosticField.SQLSTATE) != b"26000":
            break
        # psycopg deallocates every statement after a rollback or a DDL: nothing ran, once more.
        _PREPARED.discard(connection)
    return _checked(result)


def _executed_together(
    connection: psycopg.Connection[Any], calls: Sequence[Arguments]
) -> list[PGresult]:
    """One pipeline with one Sync at its end, which is one transaction (PostgreSQL 55.2.3).

    Empty when the server refused anything: it has then rolled back everything. Raises
    `OperationalError` when the connection is lost: nobody knows.
    """
    libpq = connection.pgconn
    if connection not in _PREPARED:
        _checked(libpq.prepare(STATEMENT, APPEND))
        _PREPARED.add(connection)
    libpq.enter_pipeline_mode()
    for arguments in calls:
        libpq.send_query_prepared(STATEMENT, arguments, BINARY, Format.BINARY)
    libpq.pipeline_sync()
    results = _until_sync(libpq)
    libpq.exit_pipeline_mode()
    if all(result.status in DONE for result in results):
        return results
    if any(result.error_field(DiagnosticField.SQLSTATE) == b"26000" for result in results):
        _PREPARED.discard(connection)
    return []


def _until_sync(libpq: PGconn) -> list[PGresult]:
    """The results of a pipeline, in its order, once the server says that it is committed."""
    waiting = select.poll()
    results: list[PGresult] = []
    while True:
        left = libpq.flush()
        while left or libpq.is_busy():
            waiting.register(libpq.socket, select.POLLIN | (select.POLLOUT if left else 0))
            waiting.poll()  # without Python's lock
            libpq.consume_input()
            left = libpq.flush()
        result = libpq.get_result()
        if result is None:
            if libpq.status != ConnStatus.OK:
                raise psycopg.OperationalError(libpq.get_error_message())
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return results
        else:
            results.append(result)


def _position(result: PGresult) -> int:
    position = result.get_value(0, 0)
    assert position is not None, "an append answers its position or raises"
    return int.from_bytes(position)


class SnapshotRecorder(PostgresAggregateRecorder):
    """Snapshots by topic: one whose state's shape is no longer ours is not seen."""

    def __init__(
        self, datastore: PostgresDatastore, database: Database, topics: Sequence[str]
    ) -> None:
        super().__init__(datastore, events_table_name="snapshots")
        self.database = database
        self.topics = list(topics)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], **kwargs: Any
    ) -> Sequence[int] | None:
        with self.database.connection() as connection:
            for row in stored_events:
                connection.execute(
                    "SELECT log.keep_snapshot(%s, %s, %s, %b)",
                    (row.originator_id, row.originator_version, row.topic, row.state),
                )
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        with self.database.connection() as connection:
            cursor = connection.cursor(binary=True)
            cursor.execute(
                f"""SELECT originator_id, originator_version, topic, state FROM log.snapshots
                    WHERE originator_id = %s AND topic = ANY(%s)
                      AND originator_version <= coalesce(%s, 9223372036854775807)
                    ORDER BY originator_version {"DESC" if desc else "ASC"} LIMIT %s""",
                (originator_id, self.topics, lte, limit),
                prepare=True,
            )
            return [StoredEvent(*row) for row in cursor]


# Most commands write one event and read nothing else: what is not there costs nothing to say.
_Binary = tuple[bytes | None, ...]


def _key_in_binary(key: Key | None) -> _Binary:
    if key is None:
        return (None, None, None, None)
    return (key.caller.encode(), key.key.encode(), key.body, key.reply.encode())


def _reads_in_binary(reads: Sequence[tuple[UUID, int]]) -> _Binary:
    if not reads:
        return (None, None)
    return (uuids([id for id, _ in reads]), bigints([version for _, version in reads]))


def _entities_in_binary(entities: Sequence[tuple[UUID, UUID]]) -> _Binary:
    if not entities:
        return (None, None)
    return (uuids([id for id, _ in entities]), uuids([home for _, home in entities]))


def _more_in_binary(more: Sequence[LogRow]) -> _Binary:
    if not more:
        return (None, None, None, None, None, None)
    return (
        uuids([row.originator_id for row in more]),
        bigints([row.originator_version for row in more]),
        uuids([row.event_id for row in more]),
        texts([row.topic for row in more]),
        byteas([row.state for row in more]),
        uuids([row.club_id for row in more]),
    )


def _checked(result: PGresult) -> PGresult:
    """Raises `StaleVersion`, `Unsafe`, or what psycopg would raise."""
    if result.status in DONE:
        return result
    match result.error_field(DiagnosticField.SQLSTATE):
        case None:
            raise psycopg.OperationalError(result.get_error_message())  # the connection is lost
        case b"SC001":
            raise StaleVersion(STALE)
        case b"SC002":
            raise Unsafe("synchronous_commit is off: nothing was appended")
        case b"42501" if ONE_HAND in (
            said := result.error_field(DiagnosticField.MESSAGE_PRIMARY) or b""
        ):
            # Two hands that were looked at became one since (a code given, two entries of one
            # person merged): whoever looks again is told which. Nobody else should come here.
            noticed.warning("refused: %s", said.decode())
            raise StaleVersion(STALE)
    # The home of a thing: two clubs came to know one person at the same instant.
    if result.error_field(DiagnosticField.CONSTRAINT_NAME) in OVERTAKEN:
        raise StaleVersion(STALE)
    raise error_from_result(result)


def _may_try_again(error: psycopg.Error, *, has_key: bool) -> bool:
    """Lost connections through the key, deadlocks and failed serialisations always; no more."""
    if isinstance(error, PoolTimeout | TooManyRequests):
        return False
    if error.sqlstate in ("40001", "40P01"):
        return True
    lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) and (
        error.sqlstate is None or error.sqlstate in ("57P01", "57P02", "57P03")
    )
    return lost and has_key
