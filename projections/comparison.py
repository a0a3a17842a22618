"""What a rebuild finds when it holds the tables people were reading beside those it made anew."""

from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from projections.projection import Projection

LISTED = 20
"""So many rows of each table are named; all are counted."""


class Difference(NamedTuple):
    """A row that stands only in the tables that were read, or only in those made anew."""

    table: str
    made_anew: bool
    row: dict[str, Any]


class Compared(NamedTuple):
    """Both sets of tables at one position of the log."""

    position: int
    rows: int
    """Rows that stand on one side only; 0 says equal."""
    differences: tuple[Difference, ...]


class Rebuilt(NamedTuple):
    """`compared` is None where nobody asked, or where the old tables were of another fold."""

    events: int
    compared: Compared | None


_ONLY = """
    SELECT {table}, {made_anew}, to_jsonb(one), count(*) OVER ()
    FROM (TABLE {these} EXCEPT ALL TABLE {those}) AS one ORDER BY to_jsonb(one) LIMIT {most}"""


def compare(
    connection: psycopg.Connection[Any], projection: Projection, suffix: str, position: int
) -> Compared:
    """Row by row, both ways; the caller sees to it that both stand at `position`."""
    rows = 0
    found: list[Difference] = []
    for table in projection.tables:
        old, new = Identifier("read", table), Identifier("read", table + suffix)
        listed: list[Difference] = []
        for made_anew, these, those in ((False, old, new), (True, new, old)):
            only = SQL(_ONLY).format(
                table=Literal(table),
                made_anew=Literal(made_anew),
                these=these,
                those=those,
                most=Literal(LISTED),
            )
            some = connection.execute(only).fetchall()
            rows += some[0][3] if some else 0
            listed += (Difference(*row[:3]) for row in some)
        found += listed[:LISTED]
    return Compared(position, rows, tuple(found))
