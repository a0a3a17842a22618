"""Who follows the log misses nothing: the order of positions is the order of commits.

The 60 s campaign with its figures, and the library's unsafe mode in the same race as its control,
is `tests/soak/tail.py`.
"""

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import sleep

import psycopg

from conftest import Server
from soak.library import SCHEMA, library_recorder
from soak.tail import read_library, read_log, tail_our_log, write_library, write_log
from store.database import Database
from store.log import EventLog

GATE = 7  # an advisory lock that only this module takes


def test_a_reader_under_eight_writers_sees_every_event_in_order(log: EventLog) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    told = tail_our_log(log.log_recorder, seconds=6, seed=seed)
    print(told)
    assert told.stored > 0
    assert (told.missed, told.gaps, told.backwards) == (0, 0, 0)


def test_nobody_overtakes_a_writer_that_was_held_up_before_its_commit(
    log: EventLog, server: Server, database_name: str, database: Database
) -> None:
    """Of two services: within one, appends made at once share a transaction."""
    ours, another = log.log_recorder, EventLog(database, ()).log_recorder
    seen = seen_by_a_reader(
        server.admin(database_name), "log.events",
        held_up=lambda: write_log(ours, 1),
        then=lambda: write_log(another, 1),
        read=lambda after: read_log(ours, after),
    )  # fmt: skip
    assert seen == [1, 2]


def test_the_library_s_unsafe_mode_loses_the_event_of_such_a_writer(
    server: Server, database_name: str
) -> None:
    """The control: what passes above fails here, so the test can see."""
    admin = server.admin(database_name)
    with library_recorder(admin, db_functions=True) as recorder:
        seen = seen_by_a_reader(
            admin, f"{SCHEMA}.{recorder.events_table_name}",
            held_up=lambda: write_library(recorder, 1),
            then=lambda: write_library(recorder, 1),
            read=lambda after: read_library(recorder, after),
        )  # fmt: skip
    assert seen == [2]


def seen_by_a_reader(
    admin: str,
    table: str,
    *,
    held_up: Callable[[], None],
    then: Callable[[], None],
    read: Callable[[int], list[int]],
) -> list[int]:
    """Who looks once while one writer has inserted and not yet committed and another is done or
    waits for it, and goes on from there when both are done.
    """
    with psycopg.connect(admin, autocommit=True) as watch, ThreadPoolExecutor(2) as writers:
        with _gate(watch, table):
            first = writers.submit(held_up)
            _until(lambda: first.done() or _waiting(watch) == 1)
            second = writers.submit(then)
            _until(lambda: second.done() or _waiting(watch) == 2)
            seen = read(0)
        for writer in (first, second):
            writer.result()
        return seen + read(seen[-1] if seen else 0)


@contextmanager
def _gate(watch: psycopg.Connection, table: str) -> Iterator[None]:
    """Who inserts the row of position 1 stands there, its transaction open, until the end."""
    watch.execute(f"""CREATE FUNCTION public.hold_up() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.notification_id = 1 THEN
                PERFORM pg_advisory_xact_lock_shared({GATE});
            END IF;
            RETURN NEW;
        END $$""")  # fmt: skip
    watch.execute(f"CREATE TRIGGER hold_up AFTER INSERT ON {table} FOR EACH ROW"
                  " EXECUTE FUNCTION public.hold_up()")  # fmt: skip
    watch.execute("SELECT pg_advisory_lock(%s)", (GATE,))
    try:
        yield
    finally:
        watch.execute("SELECT pg_advisory_unlock(%s)", (GATE,))


def _waiting(watch: psycopg.Connection) -> int:
    row = watch.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def _until(true: Callable[[], bool]) -> None:
    """The test's time-out ends it where this never comes true."""
    while not true():
        sleep(0.01)
