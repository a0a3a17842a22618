"""The log as an outsider reads it: rows in their order, their JSON parsed here and nowhere else.

Ids stay text, as the events themselves write them: a million events need no million UUID objects.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import Any, LiteralString, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier
from pydantic_core import from_json

from store.database import Database

BATCH = 2_000
_END = (2**63,)
_COLUMNS = """notification_id, originator_id::text, originator_version, event_id::text,
    club_id::text, recorded_at, topic, actor, state"""
_READ_MODELS = (
    "positions", "postings", "balances", "vouchers", "loans", "instalments",
    "counts", "findings", "clubs", "board", "persons", "memberships", "club_units", "club_status",
    "stand_ins", "class_statements", "consents", "doings", "associations", "histories",
    "history_changes", "merges", "care_cases", "care_plans", "care_assessments", "visits",
    "referrals", "readings", "volunteer_days", "facts", "fact_changes", "loan_plans",
    "late_rules", "club_places", "paper_figures", "report_steps",
)  # fmt: skip

Connection = psycopg.Connection[Any]


class Entry(NamedTuple):
    """One row of the log. `body` is the event's JSON object; None when there is none to read."""

    position: int
    history: str
    version: int
    event_id: str
    club_id: str | None
    recorded_at: datetime
    topic: str
    actor: str
    body: dict[str, Any]


@contextmanager
def snapshot(database: Database, *, noting: bool = False) -> Iterator[Connection]:
    """One transaction in which the log and every read model stand still, and in which nothing can
    be written, unless it is `noting` that somebody is handed what it reads.

    A rebuild swaps whole tables, which a snapshot does not hold: so the tables are locked (shared)
    before the snapshot is taken, and a rebuild waits for the check or the check for it.
    """
    with database.connection() as connection:
        tables = [name for name in _READ_MODELS if exists(connection, name)]
        with connection.transaction():
            access = SQL("READ WRITE" if noting else "READ ONLY")
            connection.execute(
                SQL("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ {}").format(access)
            )
            connection.execute("SET LOCAL statement_timeout = 0")
            connection.execute("SET LOCAL DateStyle = 'ISO, YMD'")
            if tables:
                names = SQL(", ").join(Identifier("read", name) for name in tables)
                connection.execute(SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
            yield connection


def exists(connection: Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (f"read.{table}",)).fetchone()
    return bool(row and row[0])


def head_of(connection: Connection) -> int:
    row = connection.execute("SELECT max(notification_id) FROM log.events").fetchone()
    return int(row[0] or 0) if row else 0


def entries(connection: Connection) -> Iterator[tuple[Entry, str | None]]:
    """The whole log in its order; with a row whose JSON cannot be read comes the reason."""
    rows = streamed(
        connection, "log_events", f"SELECT {_COLUMNS} FROM log.events ORDER BY notification_id"
    )
    made = Entry._make
    for *columns, state in rows:
        wrong = None
        try:
            body = from_json(state, allow_inf_nan=False, cache_strings="all")
        except ValueError as error:
            body, wrong = {}, str(error)
        if type(body) is not dict:
            body, wrong = {}, "not a JSON object"
        yield made((*columns, body)), wrong


def entries_where(connection: Connection, condition: LiteralString, *args: Any) -> Iterator[Entry]:
    """The events of a condition in their order. Raises `ValueError` for what cannot be read."""
    cursor = connection.execute(
        f"SELECT {_COLUMNS} FROM log.events WHERE {condition} ORDER BY notification_id",
        args,
        binary=True,
    )
    for *columns, state in cursor:
        yield Entry._make((*columns, from_json(state, cache_strings="all")))


def streamed(connection: Connection, name: str, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows by a cursor on the server, in batches: memory does not grow with the table.

    The next batch is fetched while this one is worked on.
    """
    with connection.cursor(name=f"audit_{name}") as cursor, ThreadPoolExecutor(1) as ahead:
        cursor.execute(SQL(query), binary=True)
        coming = ahead.submit(cursor.fetchmany, BATCH)
        while batch := coming.result():
            coming = ahead.submit(cursor.fetchmany, BATCH)
            yield from batch


class Beside:
    """Rows that stand beside the log, walked in step with it: `(position, …)` in its order."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._rows = rows
        self._next: tuple[Any, ...] = ()
        self.position = 0
        """Where the next row stands; behind every event when there is none."""
        self.take()

    def take(self) -> tuple[Any, ...]:
        """The next row; the one after it then comes next."""
        taken = self._next
        self._next = next(self._rows, _END)
        self.position = self._next[0]
        return taken
