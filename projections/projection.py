"""A projection is one or more tables and a set-based fold in SQL over a window of the log.

The same fold follows live events, catches up and rebuilds; rows and position move in one
transaction. Table names stand in braces in the SQL, so that a rebuild can fold into tables beside
the ones people are reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier

from projections.rights import guard

# The log's events, each parsed where it is read.
LOG = SQL(
    """(SELECT notification_id AS position, originator_version AS version, event_id, club_id,
               recorded_at, topic, convert_from(state, 'UTF8')::jsonb AS d FROM log.events)"""
)


@dataclass(frozen=True)
class Projection:
    """Statements take `%(after)s` and `%(upto)s` and see events in (after, upto].

    `spread` statements commute: a rebuild runs them over several windows at once, on several
    connections. `fold` statements come after them and run once over the whole range.
    """

    name: str
    version: int
    """Goes up whenever tables or fold change: the tables are then rebuilt from the log."""
    tables: Mapping[str, str]
    """Columns of each table, by name."""
    spread: tuple[str, ...] = ()
    fold: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    """Statements for keys the fold itself leans on (ON CONFLICT): made before the first row."""
    indexes: tuple[str, ...] = ()
    """Statements for all other keys and indexes: made after a rebuild has loaded the rows."""
    topics: tuple[str, ...] = field(default=())

    def create(self, connection: psycopg.Connection[Any], suffix: str = "") -> None:
        for table, columns in self.tables.items():
            name = Identifier("read", table + suffix)
            connection.execute(SQL("DROP TABLE IF EXISTS {}").format(name))
            connection.execute(SQL("CREATE TABLE {} ({})").format(name, SQL(columns)))
            guard(connection, name, columns)
        self.run(connection, self.keys, suffix)

    def advance(
        self,
        connection: psycopg.Connection[Any],
        after: int,
        upto: int,
        suffix: str = "",
        statements: tuple[str, ...] | None = None,
        events: Composable = LOG,
    ) -> None:
        """Folds the window; the caller's transaction moves the position with it. `events` is the
        log, or a table of its events that are parsed already."""
        for statement in (*self.spread, *self.fold) if statements is None else statements:
            connection.execute(
                self._named(statement, suffix, events),
                {"after": after, "upto": upto, "topics": list(self.topics)},
            )

    def run(
        self, connection: psycopg.Connection[Any], statements: tuple[str, ...], suffix: str
    ) -> None:
        for statement in statements:
            connection.execute(self._named(statement, suffix))

    def _named(self, statement: str, suffix: str, events: Composable = LOG) -> Composed:
        names = {table: Identifier("read", table + suffix) for table in self.tables}
        return SQL(statement).format(events=events, **names)


# The events of a window, of the fold's topics.
WINDOW = """
    SELECT e.position, e.version, e.event_id, e.club_id, e.recorded_at, e.topic, e.d
    FROM {events} e
    WHERE e.position > %(after)s AND e.position <= %(upto)s AND e.topic = ANY (%(topics)s)
"""


def window_of(*topics: str) -> str:
    """The window's events of these topics alone: no other is parsed."""
    names = ", ".join(f"'{topic}'" for topic in topics)
    return f"({WINDOW} AND e.topic IN ({names}) OFFSET 0)"
