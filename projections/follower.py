"""Keeps every read model current: one follower, each projection at its own position.

LISTEN is a hint; a poll every second is the promise. Whoever holds the advisory lock follows; a
command-line call does it itself when nobody does.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Composable, Identifier

from domain.catalogue import EVENTS
from domain.errors import Unavailable
from projections import people
from projections.care import CARE
from projections.club_life import CLUB_LIFE
from projections.clubs import CLUBS, MEMBERS
from projections.comparison import LISTED, Compared, Difference, Rebuilt, compare
from projections.counts import COUNTS
from projections.doings import DOINGS
from projections.findings import FINDINGS
from projections.histories import HISTORIES
from projections.ledger import LEDGER, VOUCHERS
from projections.loans import LOANS
from projections.projection import LOG, Projection
from projections.province.facts import FACTS
from projections.requests import REQUESTS
from projections.rights import guard
from projections.statements import STATEMENTS
from projections.volunteer_days import VOLUNTEER_DAYS
from projections.waiting import WAITING
from store.database import Database, unavailable_if_away
from store.keys import KeyRing
from store.mapper import UnknownEvent
from store.provision import FOLLOWER
from store.recorder import CHANNEL

PROJECTIONS: tuple[Projection, ...] = (
    LEDGER,
    VOUCHERS,
    LOANS,
    COUNTS,
    FINDINGS,
    CLUBS,
    MEMBERS,
    CLUB_LIFE,
    STATEMENTS,
    REQUESTS,
    DOINGS,
    HISTORIES,
    CARE,
    VOLUNTEER_DAYS,
    FACTS,
    WAITING,
)

LOCK = 5059573
MAKING_LOCK = 5059574
WINDOW = 10_000
REBUILD_WINDOW = 20_000
REBUILD_HANDS = 2
# So many read models are worth a table of parsed events, of a log of at most so many.
PARSED_FOR, PARSED_UPTO = 4, 500_000
POLL_SECONDS = 1.0
WAIT_SECONDS = 2.0
# A command is usually folded a few milliseconds after it was answered.
FIRST_PAUSE, LAST_PAUSE = 0.002, 0.032
_NEXT = "__next"
_PARSED = """position bigint NOT NULL, version bigint NOT NULL, event_id uuid NOT NULL,
    club_id uuid, recorded_at timestamptz NOT NULL, topic text NOT NULL,
    d jsonb NOT NULL"""
_POSITIONS = "name text PRIMARY KEY, version int NOT NULL, position bigint NOT NULL"


class Parsed(NamedTuple):
    """Events up to a position, parsed in a table; or position 0 and the log itself."""

    upto: int
    table: Composable


WHOLE_LOG = Parsed(0, LOG)


class Follower:
    def __init__(self, database: Database, keys: KeyRing) -> None:
        self.database = database.under(FOLLOWER)
        self.keys = keys
        self._made = False

    # --- following ------------------------------------------------------------------------

    def follow(self, stop: Callable[[], bool]) -> None:
        """Follows until `stop()`; reconnects for ever. Raises `UnknownEvent` and then stays down:
        an event nobody understands is never skipped."""
        while not stop():
            try:
                self._follow_connected(stop)
            except (Unavailable, psycopg.Error):
                time.sleep(POLL_SECONDS)

    def _follow_connected(self, stop: Callable[[], bool]) -> None:
        with (
            unavailable_if_away(),
            # Rows and position go together, also when a crash loses them: they are folded again,
            # and eight flushes a window are spared.
            psycopg.connect(
                self.database.url,
                autocommit=True,
                options=f"-c role={FOLLOWER} -c timezone=UTC -c synchronous_commit=off",
            ) as connection,
        ):
            while not stop() and not _locked(connection):
                time.sleep(POLL_SECONDS)
            connection.execute(f"LISTEN {CHANNEL}")
            while not stop():
                self._advance_all(connection)
                for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                    pass

    def catch_up(self, wait_seconds: float = WAIT_SECONDS) -> int:
        """Brings every projection to the head as it is now; returns that position.

        Folds here when nobody else follows, else waits for the one who does. Raises
        `Unavailable` when that takes longer than `wait_seconds`.
        """
        with self.database.connection() as connection:
            self.make_tables(connection)
            head = head_of(connection)
            if self.behind(connection) >= head:
                return head
            deadline = time.monotonic() + wait_seconds
            while True:
                if _locked(connection):
                    try:
                        self._advance_all(connection)
                    finally:
                        connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK,))
                if self.behind(connection) >= head:
                    return head
                if time.monotonic() > deadline:
                    raise Unavailable("Sổ đọc chưa kịp cập nhật; hãy thử lại sau giây lát.")
                time.sleep(0.02)

    def wait_for(self, position: int, wait_seconds: float = WAIT_SECONDS) -> None:
        """Read your own write: returns once every projection has reached `position`."""
        deadline = time.monotonic() + wait_seconds
        pause = FIRST_PAUSE
        while True:
            # A connection per look: many waiting readers must not empty the pool.
            with self.database.connection() as connection:
                if self.behind(connection) >= position:
                    return
            if time.monotonic() > deadline:
                raise Unavailable("Sổ đọc chưa kịp cập nhật; hãy thử lại sau giây lát.")
            time.sleep(pause)
            pause = min(2 * pause, LAST_PAUSE)

    def behind(self, connection: psycopg.Connection[Any]) -> int:
        """The position of the slowest projection."""
        return min(self.positions(connection).values(), default=0)

    def positions(self, connection: psycopg.Connection[Any]) -> dict[str, int]:
        """Where each projection stands; 0 for one that has no tables yet."""
        found: dict[str, int] = {}
        with suppress(psycopg.errors.UndefinedTable):
            rows = connection.execute("SELECT name, version, position FROM read.positions")
            versions = {p.name: p.version for p in PROJECTIONS}
            found = {name: at for name, v, at in rows if versions.get(name) == v}
        row = connection.execute(
            "SELECT position FROM keys.followed WHERE name = %s", (people.NAME,)
        ).fetchone()
        return {p.name: found.get(p.name, 0) for p in PROJECTIONS} | {
            people.NAME: row[0] if row else 0
        }

    def is_of_another_fold(self) -> bool:
        """Whether some read model was made by another version of its fold than this code's."""
        with self.database.connection() as connection:
            rows = connection.execute("SELECT name, version FROM read.positions").fetchall()
        return not {(p.name, p.version) for p in PROJECTIONS} <= set(rows)

    def _advance_all(self, connection: psycopg.Connection[Any]) -> None:
        self.make_tables(connection)
        head = head_of(connection)
        while self._advance_abreast(connection, head) < head:
            pass
        while self._advance_people(connection, head) < head:
            pass

    def _advance_abreast(self, connection: psycopg.Connection[Any], head: int) -> int:
        """A window for all in one transaction: most of what happens is of few projections' concern,
        and the others only move on. Who lags behind gets a window by themselves first."""
        with connection.transaction():
            rows = connection.execute(
                "SELECT name, position FROM read.positions ORDER BY name FOR UPDATE"
            )
            positions = dict(rows.fetchall())
            at = min(positions[projection.name] for projection in PROJECTIONS)
            upto = min(at + WINDOW, head)
            if upto > at:
                said = topics_said(connection, at, upto)
                for projection in PROJECTIONS:
                    after = positions[projection.name]
                    if after < upto and not said.isdisjoint(projection.topics):
                        projection.advance(connection, after, upto)
                connection.execute(
                    """UPDATE read.positions SET position = %s
                       WHERE position < %s AND name = ANY (%s)""",
                    (upto, upto, [projection.name for projection in PROJECTIONS]),
                )
            return int(upto)

    def _advance(
        self, connection: psycopg.Connection[Any], projection: Projection, head: int
    ) -> int:
        with connection.transaction():
            at = _position(connection, projection)
            upto = min(at + WINDOW, head)
            if upto > at:
                if not topics_said(connection, at, upto).isdisjoint(projection.topics):
                    projection.advance(connection, at, upto)
                _move(connection, projection, upto)
            return upto

    def _advance_people(self, connection: psycopg.Connection[Any], head: int) -> int:
        with connection.transaction():
            connection.execute(
                "INSERT INTO keys.followed VALUES (%s, 0) ON CONFLICT DO NOTHING", (people.NAME,)
            )
            row = connection.execute(
                "SELECT position FROM keys.followed WHERE name = %s FOR UPDATE", (people.NAME,)
            ).fetchone()
            assert row is not None
            upto = min(row[0] + WINDOW, head)
            if upto > row[0]:
                people.advance(connection, self.keys, row[0], upto)
                connection.execute(
                    "UPDATE keys.followed SET position = %s WHERE name = %s", (upto, people.NAME)
                )
            return int(upto)

    def make_tables(self, connection: psycopg.Connection[Any]) -> None:
        """Tables that are missing or of an older fold are made anew and filled from the log."""
        if self._made:
            return
        connection.execute("SELECT pg_advisory_lock(%s)", (MAKING_LOCK,))
        try:
            self._make_missing(connection)
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (MAKING_LOCK,))
        self._made = True

    def _make_missing(self, connection: psycopg.Connection[Any]) -> None:
        if connection.execute("SELECT to_regclass('read.positions')").fetchone() == (None,):
            with connection.transaction():
                connection.execute(f"CREATE TABLE read.positions ({_POSITIONS})")
                guard(connection, Identifier("read", "positions"), _POSITIONS)
        rows = connection.execute("SELECT name, version FROM read.positions").fetchall()
        current = {(p.name, p.version) for p in PROJECTIONS}
        for projection in PROJECTIONS:
            if (projection.name, projection.version) in set(rows) & current:
                continue
            if projection.name in dict(rows):
                self._rebuild(connection, projection)
                continue
            with connection.transaction():
                projection.create(connection)
                projection.run(connection, projection.indexes, "")
                connection.execute(
                    "INSERT INTO read.positions VALUES (%s, %s, 0)",
                    (projection.name, projection.version),
                )

    # --- rebuilding beside ----------------------------------------------------------------

    def rebuild(
        self,
        names: Iterable[str] = (),
        progress: Callable[[str, int, int], None] | None = None,
        *,
        comparing: bool = False,
    ) -> dict[str, Rebuilt]:
        """Builds new tables beside the old and swaps them in; says what it did, by name.

        Writers and readers go on; the follower waits only for the swap. `comparing` first holds
        old and new against each other at one position, without stopping anybody.
        """
        wanted = set(names) or {p.name for p in PROJECTIONS} | {people.NAME}
        unknown = wanted - {p.name for p in PROJECTIONS} - {people.NAME}
        if unknown:
            raise KeyError(", ".join(sorted(unknown)))
        done: dict[str, Rebuilt] = {}
        with self.database.connection() as connection:
            self.make_tables(connection)
        # Those that read most kinds of events first: no hand then waits for the last one alone.
        several = sorted(
            (projection for projection in PROJECTIONS if projection.name in wanted),
            key=lambda one: -len(one.topics),
        )
        # While one makes its indexes, which takes one hand, the next is spread already.
        with self._parsed(several) as events, ThreadPoolExecutor(REBUILD_HANDS) as hands:

            def made_anew(projection: Projection) -> Rebuilt:
                with self.database.connection() as connection:
                    return self._rebuild(
                        connection, projection, progress, comparing=comparing, events=events
                    )

            for projection, made in zip(several, hands.map(made_anew, several), strict=True):
                done[projection.name] = made
        if people.NAME in wanted:
            with self.database.connection() as connection:
                done[people.NAME] = self._rebuild_people(connection, comparing)
        return done

    @contextmanager
    def _parsed(self, several: Sequence[Projection]) -> Iterator[Parsed]:
        """Where many read models are made of a log that is not large, each event is parsed once for
        all of them, into a table that goes when they are made."""
        with self.database.connection() as connection:
            head = head_of(connection)
        if len(several) < PARSED_FOR or head > PARSED_UPTO:
            yield WHOLE_LOG
            return
        table = Identifier("read", "parsed")
        windows = [(at, min(at + REBUILD_WINDOW, head)) for at in range(0, head, REBUILD_WINDOW)]

        def parse(window: tuple[int, int]) -> None:
            with self.database.transaction() as connection:
                connection.execute("SET LOCAL statement_timeout = 0")
                connection.execute("SET LOCAL synchronous_commit = off")
                connection.execute(
                    SQL(
                        """INSERT INTO {} SELECT * FROM {} log
                           WHERE position > %s AND position <= %s"""
                    ).format(table, LOG),
                    window,
                )

        # Nobody else may read it: there are events of all clubs in it.
        with self.database.connection() as connection:
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(table))
            connection.execute(SQL("CREATE UNLOGGED TABLE {} ({})").format(table, SQL(_PARSED)))
            # Said apart: PostgreSQL 15 does not know it in CREATE TABLE.
            connection.execute(
                SQL("ALTER TABLE {} ALTER COLUMN d SET STORAGE EXTERNAL").format(table)
            )
        try:
            with ThreadPoolExecutor(REBUILD_HANDS) as hands:
                list(hands.map(parse, windows))
            with self.database.connection() as connection:
                connection.execute(SQL("CREATE INDEX ON {} (topic, position)").format(table))
                connection.execute(SQL("ANALYZE {}").format(table))
            yield Parsed(head, table)
        finally:
            with self.database.connection() as connection:
                connection.execute(SQL("DROP TABLE IF EXISTS {}").format(table))

    def _rebuild(
        self,
        connection: psycopg.Connection[Any],
        projection: Projection,
        progress: Callable[[str, int, int], None] | None = None,
        *,
        comparing: bool = False,
        events: Parsed = WHOLE_LOG,
    ) -> Rebuilt:
        """`events` hold what is folded in bulk, up to their position; the log itself the rest."""
        # A crash that loses what was made beside loses its position too: it is made again.
        connection.execute("SET statement_timeout = 0; SET synchronous_commit = off")
        try:
            head = events.upto or head_of(connection)
            with connection.transaction():
                projection.create(connection, _NEXT)
            self._spread(projection, head, progress, events.table)
            with connection.transaction():
                # A rebuild is rare and alone: sorts and sums of the whole log may take memory.
                connection.execute("SET LOCAL work_mem = '256MB'")
                connection.execute("SET LOCAL maintenance_work_mem = '512MB'")
                projection.advance(connection, 0, head, _NEXT, projection.fold, events.table)
                projection.run(connection, projection.indexes, _NEXT)
            compared = self._compare(connection, projection, head) if comparing else None
            head = compared.position if compared else head
            with connection.transaction():
                # The position's row lock keeps the follower out while the last events are folded.
                _position(connection, projection)
                last = head_of(connection)
                if last > head:
                    projection.advance(connection, head, last, _NEXT)
                for table in projection.tables:
                    connection.execute(f"DROP TABLE IF EXISTS read.{table}")
                    connection.execute(f"ALTER TABLE read.{table}{_NEXT} RENAME TO {table}")
                _move(connection, projection, last)
            for table in projection.tables:
                connection.execute(f"ANALYZE read.{table}")
            if progress:
                progress(projection.name, last, last)
            return Rebuilt(last, compared)
        finally:
            connection.execute("RESET statement_timeout; RESET synchronous_commit")

    def _compare(
        self, connection: psycopg.Connection[Any], projection: Projection, head: int
    ) -> Compared:
        """In one snapshot the old rows stand at the old position; the new are brought there."""
        while self._advance(connection, projection, head) < head:
            pass
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SET LOCAL work_mem = '256MB'")
            row = connection.execute(
                "SELECT position FROM read.positions WHERE name = %s", (projection.name,)
            ).fetchone()
            assert row is not None, "tables are made before they are filled"
            if row[0] > head:
                projection.advance(connection, head, row[0], _NEXT)
            return compare(connection, projection, _NEXT, row[0])

    def _rebuild_people(self, connection: psycopg.Connection[Any], comparing: bool) -> Rebuilt:
        """In one transaction, so that nobody ever reads a list without names."""
        index = "SELECT person_id, name, sort_key, folded FROM keys.people"
        head = head_of(connection)
        while self._advance_people(connection, head) < head:
            pass
        with connection.transaction():
            row = connection.execute(
                "SELECT position FROM keys.followed WHERE name = %s FOR UPDATE", (people.NAME,)
            ).fetchone()
            assert row is not None, "it was just advanced"
            old = set(connection.execute(index)) if comparing else set()
            connection.execute("DELETE FROM keys.people")
            for at in range(0, row[0], WINDOW):
                people.advance(connection, self.keys, at, min(at + WINDOW, row[0]))
            new = set(connection.execute(index)) if comparing else set()
        # A name is said nowhere but in the index itself: the person's id has to do.
        named = (
            *(Difference(people.NAME, False, {"person_id": str(one[0])}) for one in old - new),
            *(Difference(people.NAME, True, {"person_id": str(one[0])}) for one in new - old),
        )
        compared = Compared(row[0], len(named), named[:LISTED]) if comparing else None
        return Rebuilt(row[0], compared)

    def _spread(
        self,
        projection: Projection,
        head: int,
        progress: Callable[[str, int, int], None] | None,
        events: Composable,
    ) -> None:
        """The statements that commute, over windows, on as many connections as there are hands."""
        windows = [(at, min(at + REBUILD_WINDOW, head)) for at in range(0, head, REBUILD_WINDOW)]

        def fold(window: tuple[int, int]) -> int:
            with self.database.transaction() as connection:
                connection.execute("SET LOCAL statement_timeout = 0")
                connection.execute("SET LOCAL synchronous_commit = off")
                connection.execute("SET LOCAL work_mem = '64MB'")
                if not topics_said(connection, *window).isdisjoint(projection.topics):
                    projection.advance(connection, *window, _NEXT, projection.spread, events)
            return window[1] - window[0]

        done = 0
        with ThreadPoolExecutor(REBUILD_HANDS) as hands:
            for folded in hands.map(fold, windows):
                done += folded
                if progress:
                    progress(projection.name, done, head)


def topics_said(connection: psycopg.Connection[Any], after: int, upto: int) -> set[str]:
    """What kinds of events stand in a window. Raises `UnknownEvent`."""
    rows = connection.execute(
        """SELECT topic, min(notification_id) FROM log.events
           WHERE notification_id > %s AND notification_id <= %s GROUP BY topic""",
        (after, upto),
    )
    first = dict(rows.fetchall())
    unknown = sorted((at, topic) for topic, at in first.items() if topic not in EVENTS)
    if unknown:
        at, topic = unknown[0]
        raise UnknownEvent(f"position {at}: no event is called {topic!r}")
    return set(first)


def _position(connection: psycopg.Connection[Any], projection: Projection) -> int:
    row = connection.execute(
        "SELECT position FROM read.positions WHERE name = %s FOR UPDATE", (projection.name,)
    ).fetchone()
    assert row is not None, "tables are made before they are filled"
    return int(row[0])


def _move(connection: psycopg.Connection[Any], projection: Projection, upto: int) -> None:
    connection.execute(
        "UPDATE read.positions SET position = %s, version = %s WHERE name = %s",
        (upto, projection.version, projection.name),
    )


def head_of(connection: psycopg.Connection[Any]) -> int:
    row = connection.execute("SELECT max(notification_id) FROM log.events").fetchone()
    return int(row[0] or 0) if row else 0


def _locked(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    return bool(row and row[0])
