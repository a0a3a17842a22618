"""A page of the ledger and the balances of a club, from a log of 3 million events.

As the service reads them: query and rows ready for JSON, on one connection, beside an empty query.
"""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from statistics import median, quantiles
from time import perf_counter

from rich.console import Console
from rich.table import Table

from benchmarks.harness import fresh_database
from benchmarks.rebuild import fill
from projections import ledger, views
from projections.follower import Follower
from store.database import Database
from store.keys import MASTER_BYTES, KeyRing, MasterKey

EVENTS, PAGE, READS = 3_000_000, 200, 2_000


def run() -> None:
    with fresh_database() as urls:
        database = Database(urls.app)
        keys = KeyRing(database, MasterKey(bytes(MASTER_BYTES)))
        fill(urls, 0, EVENTS)
        Follower(database, keys).rebuild(("ledger",))
        with database.connection() as connection:
            clubs = [
                club for (club,) in connection.execute("SELECT DISTINCT club_id FROM read.balances")
            ]
            row = connection.execute(
                "SELECT min(occurred_on), max(occurred_on) - min(occurred_on) FROM read.postings"
            ).fetchone()
            assert row is not None
            first, days = row
            random = Random(0)

            def some_day() -> date:
                return first + timedelta(days=random.randrange(days))  # type: ignore[no-any-return]

            def nothing() -> None:
                connection.execute("SELECT 1").fetchone()

            def page() -> None:
                after = (some_day(), 0, 0)
                rows = ledger.lines(connection, random.choice(clubs), after=after, limit=PAGE)
                list(views.ledger_lines(rows, keys))

            def balances() -> None:
                views.balances_view(ledger.balances(connection, random.choice(clubs)))

            def balances_then() -> None:
                as_of = some_day()
                views.balances_view(ledger.balances(connection, random.choice(clubs), as_of=as_of))

            table = Table(title="Reads at 3 million events", title_justify="left")
            for heading in ("", "p50 ms", "p99 ms", "of an empty query"):
                table.add_column(heading, justify="left" if heading == "" else "right")
            floor = _milliseconds(nothing)
            for name, read in (
                ("empty query (floor)", nothing),
                (f"ledger page of {PAGE} lines", page),
                ("balances", balances),
                ("balances as of a day", balances_then),
            ):
                times = _milliseconds(read)
                ratio = median(times) / median(floor)
                p99 = quantiles(times, n=100)[98]
                table.add_row(name, f"{median(times):.2f}", f"{p99:.2f}", f"{ratio:.1f}")
            Console(width=100).print(table)
        database.close()


def _milliseconds(read: Callable[[], None]) -> list[float]:
    times = []
    for _ in range(READS):
        asked = perf_counter()
        read()
        times.append((perf_counter() - asked) * 1e3)
    return times
