"""What the second net and the access log cost: pages of one member's story and of a ledger.

Each page is read three ways, in turns: with neither, as the service once did; under row-level
security for one club; and with who looked written and flushed before the rows leave. The figure is
the ratio of medians, each read a transaction of its own.
"""

import os
from collections.abc import Callable
from datetime import date
from random import Random
from statistics import median
from time import perf_counter
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

from api.seeing import begin
from benchmarks.harness import fresh_database
from benchmarks.histories import AS_OF, PAGE, fill
from domain.accounts.roles import Grant, Role, Scope
from projections import ledger, story, views
from projections.follower import Follower
from projections.story_views import story_items
from store.database import Database
from store.keys import MASTER_BYTES, KeyRing, MasterKey
from store.readings import Kind, Looking, note

EVENTS = int(os.environ.get("NETS_EVENTS", "1200000"))
READS, LEDGER_PAGE = 500, 200
MEMBERS_A_CLUB, EVENTS_A_MEMBER = 60, 48
BARE, NETTED, NOTED = "neither", "row-level security", "and the access log"


def run() -> None:
    with fresh_database() as urls:
        database = Database(urls.app)
        keys = KeyRing(database, MasterKey(bytes(MASTER_BYTES)))
        fill(urls, 0, EVENTS)
        Follower(database, keys).rebuild(("histories", "ledger", "members", "statements", "care"))
        table = Table(
            title=f"Pages at {EVENTS:,} events, by what guards them", title_justify="left"
        )
        for heading in ("", BARE, NETTED, NOTED, "ratios"):
            table.add_column(heading, justify="left" if heading == "" else "right")
        with database.connection() as connection:

            def history(person: UUID, club: UUID) -> None:
                told = story.told(connection, person, AS_OF)
                rows = story.page(connection, told, limit=PAGE)
                assert rows
                story.sums(connection, told)
                story_items(connection, told, rows, keys)

            def page(person: UUID, club: UUID) -> None:
                rows = ledger.lines(
                    connection, club, after=(date(2020, 6, 1), 0, 0), limit=LEDGER_PAGE
                )
                assert list(views.ledger_lines(rows, keys))

            for name, read in (("a member's story", history), (f"{LEDGER_PAGE} lines", page)):
                found = _medians(connection, read)
                bare = found[BARE]
                table.add_row(
                    name,
                    *(f"{found[way]:.2f} ms" for way in (BARE, NETTED, NOTED)),
                    f"{found[NETTED] / bare:.2f} {found[NOTED] / bare:.2f}",
                )
        database.close()
    Console(width=100).print(table)


def _medians(connection: Any, read: Callable[[UUID, UUID], None]) -> dict[str, float]:
    random, members = Random(0), EVENTS // EVENTS_A_MEMBER
    times: dict[str, list[float]] = {BARE: [], NETTED: [], NOTED: []}
    for _ in range(READS):
        member = random.randrange(members)
        person, club = connection.execute(
            "SELECT md5(%s)::uuid, md5(%s)::uuid",
            (f"person{member}", f"club{member // MEMBERS_A_CLUB}"),
        ).fetchone()
        grants = (_grant(club),)
        for way, measured in times.items():
            start = perf_counter()
            with connection.transaction():
                if way == BARE:
                    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                else:
                    begin(connection, grants, of=person)
                read(person, club)
                if way == NOTED:
                    looking = Looking(person, None)
                    note(connection, Kind.READ, [person], "health", "show_history", looking)
            measured.append((perf_counter() - start) * 1e3)
    return {way: median(measured) for way, measured in times.items()}


def _grant(club: UUID) -> Grant:
    scope = Scope(kind="club", id=str(club))
    return Grant(id=club, role=Role.SECRETARY, scope=scope, since=date(2020, 1, 1))


if __name__ == "__main__":
    run()
