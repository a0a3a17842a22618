"""A reader that follows the log while eight writers append to it: does it ever miss an event?

`.venv/bin/python tests/soak/tail.py --seconds 60` runs it on a server of its own and prints the
figures, and the control beside them: the library's database functions, which do lose events.
"""

import argparse
import secrets
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count, pairwise
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic, sleep

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder

from soak.house import make_database, private_server
from soak.library import library_recorder
from store.database import Database
from store.log import EventLog, uuid7
from store.mapper import LogRow
from store.recorder import Key, LogRecorder

WRITERS = 8
BATCHES = (1, 40)
PAGE = 500


@dataclass(frozen=True)
class Tailed:
    """What stands in the log, and what the reader saw of it, in its order."""

    stored: int
    missed: int
    gaps: int
    backwards: int
    appends: int

    def __str__(self) -> str:
        return (
            f"{self.stored} events in {self.appends} appends: "
            f"{self.missed} missed, {self.gaps} gaps, {self.backwards} steps back"
        )


def tail(
    write: Callable[[int], None], read: Callable[[int], list[int]], *, seconds: float, seed: int
) -> Tailed:
    """Eight threads `write` batches for so long; a ninth reads on from the last position it saw."""
    stop, done = Event(), Event()

    def writer(number: int) -> int:
        random = Random(f"{seed}/{number}")
        for appends in count():
            if stop.is_set():
                return appends
            write(random.choice(BATCHES))
        raise AssertionError("count() ends never")

    def reader() -> list[int]:
        seen = [0]
        while True:
            last_look = done.is_set()  # asked first: what was written before is seen by this look
            page = read(seen[-1])
            seen += page
            if not page and last_look:
                return seen[1:]
            if not page:
                sleep(0.001)

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        following = threads.submit(reader)
        writing = [threads.submit(writer, number) for number in range(WRITERS)]
        deadline = monotonic() + seconds
        while monotonic() < deadline and not following.done():
            sleep(0.05)
        stop.set()
        try:
            appends = sum(each.result() for each in writing)
        finally:
            done.set()
        seen = following.result()
    stored, after = set[int](), 0
    while page := read(after):
        stored.update(page)
        after = page[-1]
    steps = list(pairwise([0, *seen]))
    return Tailed(
        stored=len(stored),
        missed=len(stored - set(seen)),
        gaps=sum(after > before + 1 for before, after in steps),
        backwards=sum(after <= before for before, after in steps),
        appends=appends,
    )


def write_log(recorder: LogRecorder, batch: int) -> None:
    """One append to a history of its own; a single event comes with a command key."""
    home = uuid7()
    rows = [
        LogRow(
            originator_id=home,
            originator_version=version,
            topic="tests.Tailed",
            state=b'{"v":1}',
            event_id=uuid7(),
            actor="system",
        )
        for version in range(1, batch + 1)
    ]
    key = Key("system", str(home), b"", "{}") if batch == 1 else None
    recorder.append(rows, actor="system", key=key)


def read_log(recorder: LogRecorder, after: int) -> list[int]:
    return [row.position or 0 for row in recorder.select_rows(after=after, limit=PAGE)]


def tail_our_log(recorder: LogRecorder, *, seconds: float, seed: int) -> Tailed:
    return tail(partial(write_log, recorder), partial(read_log, recorder), seconds=seconds,
                seed=seed)  # fmt: skip


def write_library(recorder: PostgresApplicationRecorder, batch: int) -> None:
    home = uuid7()
    recorder.insert_events([
        StoredEvent(
            originator_id=home, originator_version=version, topic="tests.Tailed", state=b"{}"
        )
        for version in range(1, batch + 1)
    ])  # fmt: skip


def read_library(recorder: PostgresApplicationRecorder, after: int) -> list[int]:
    found = recorder.select_notifications(after, PAGE, inclusive_of_start=False)
    return [notification.id for notification in found]


def tail_the_library(recorder: PostgresApplicationRecorder, *, seconds: float, seed: int) -> Tailed:
    return tail(partial(write_library, recorder), partial(read_library, recorder), seconds=seconds,
                seed=seed)  # fmt: skip


def tail_the_library_until_it_loses(
    recorder: PostgresApplicationRecorder, *, seconds: float, seed: int
) -> Tailed:
    """In slices, until the reader has missed an event or the time is over."""
    deadline = monotonic() + seconds
    while True:
        told = tail_the_library(recorder, seconds=2, seed=seed)
        if told.missed or monotonic() > deadline:
            return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    given = parser.parse_args()
    print(f"seed {given.seed}, {WRITERS} writers, batches of {BATCHES}, {given.seconds:g} s")
    with private_server() as server:
        database = Database(make_database(server, "tail"), size=WRITERS + 2)
        log = EventLog(database, ())
        ours = tail_our_log(log.log_recorder, seconds=given.seconds, seed=given.seed)
        log.close()
        print(f"our log:                  {ours} ({ours.stored / given.seconds:,.0f} events/s)")
        with library_recorder(server.url("tail", "postgres"), db_functions=True) as recorder:
            control = tail_the_library_until_it_loses(recorder, seconds=60, seed=given.seed)
        print(f"control, library's unsafe mode: {control}")
    held = ours.stored > 0 and not (ours.missed or ours.gaps or ours.backwards)
    return 0 if held and control.missed else 1


if __name__ == "__main__":
    sys.exit(main())
