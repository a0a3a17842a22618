"""Kill -9 of the service while health is read: whatever was delivered is in the access log.

`.venv/bin/python tests/soak/readings.py --reads 500` prints the figures, and the control beside
them: a service that writes its log after it has answered.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from random import Random
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any
from uuid import UUID

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg
import uvicorn

from api.app import create_app
from api.reading import Reader
from domain.values import Purpose
from soak.house import private_home
from soak.service import GONE, PROGRAM, Service
from sochung.house import House
from sochung.settings import Settings
from store.readings import note
from village import Village

READERS = 4
LATE_SECONDS = 0.05


def read(service: Service, path: str, person: UUID, stop: Event) -> list[UUID]:
    """The ids of the requests that were delivered whole."""
    delivered = []
    while not stop.is_set():
        with suppress(*GONE):
            answer = service.ask("GET", path, person=person)
            if answer.status == 200:
                delivered.append(UUID(answer.headers["x-request-id"]))
                continue
        sleep(0.02)
    return delivered


def campaign(home: Path, reads: int, seed: int, program: Sequence[str | Path]) -> tuple[int, int]:
    """(delivered, of them not in the log), under a service killed at random moments."""
    random = Random(seed)
    with House(Settings(home=home)) as house:
        village = Village(house.desk)
        house.follower.catch_up(30)
        paths = [f"/v1/members/{one}/history" for one in (village.chair, village.treasurer)]
        service = Service({"SOCHUNG_HOME": str(home)}, house.desk, program=program)
        try:
            service.start()
            service.logs_in(village.secretary)  # whose account is opened now, once
            stop, kills, before = Event(), 0, noted(house)
            with ThreadPoolExecutor(READERS) as threads:
                reading = [
                    threads.submit(read, service, paths[n % 2], village.secretary, stop)
                    for n in range(READERS)
                ]
                try:
                    while len(noted(house) - before) < reads:
                        sleep(random.uniform(0.2, 0.8))
                        service.kill()
                        service.start()
                        kills += 1
                finally:
                    stop.set()
                delivered = {id for one in reading for id in one.result()}
        finally:
            service.stop()
        lost = delivered - noted(house)
        print(
            f"  {kills} x kill -9: {len(delivered)} delivered, {len(lost)} of them not in the log"
        )
        return len(delivered), len(lost)


def noted(house: House) -> set[UUID]:
    with house.database.connection() as connection:
        rows = connection.execute("SELECT request_id FROM access.log WHERE kind = 'read'")
        return {id for (id,) in rows}


# --- the control -------------------------------------------------------------------------


class LateReader(Reader):
    """Answers first and notes afterwards, as one would to be quick."""

    waiting: SimpleQueue[tuple[float, Any]] = SimpleQueue()

    def looked_at(
        self,
        connection: psycopg.Connection[Any],
        people: Iterable[UUID],
        purpose: Purpose,
        what: str,
    ) -> None:
        self.waiting.put((monotonic(), (self.kind, set(people), purpose.value, what, self.looking)))


def serve_late(port: int) -> None:
    with House(Settings()) as house:

        def write() -> None:
            while True:
                asked, row = LateReader.waiting.get()
                sleep(max(0.0, asked + LATE_SECONDS - monotonic()))
                with house.database.transaction() as connection:
                    note(connection, *row)

        Thread(target=write, daemon=True).start()
        Reader.looked_at = LateReader.looked_at  # type: ignore[method-assign]
        Reader.waiting = LateReader.waiting  # type: ignore[attr-defined]
        app = create_app(house.database, house.follower, house.keys, house.desk)
        uvicorn.run(app, port=port, log_level="critical")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reads", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--late", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.late:
        serve_late(asked.port)
        return 0
    print(f"seed {asked.seed}; the service as it is:")
    with private_home() as home:
        _, lost = campaign(home, asked.reads, asked.seed, (PROGRAM, "serve"))
    print("the control, which notes after it has answered:")
    late = (sys.executable, __file__, "--late")
    with private_home() as home:
        _, control = campaign(home, asked.reads, asked.seed, late)
    right = not lost and control > 0
    print("as promised" if right else "NOT as promised")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
