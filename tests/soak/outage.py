"""The database stopped, paused for 20 s, and with its disk full: refused in time, nothing lost.

`.venv/bin/python tests/soak/outage.py` puts the service through each, with writers who keep their
keys, and prints how long the longest answer took and how soon things went on by themselves. The
full disk is a small tmpfs and needs root.
"""

import argparse
import base64
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from time import monotonic, sleep
from uuid import UUID

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from soak.house import make_database, private_home, private_server, signal_all
from soak.service import GONE, Service, new_key, running
from sochung.house import House
from sochung.settings import Settings
from store.embedded import EmbeddedServer
from village import DAY, Village

WRITERS = 4
DEADLINE_SECONDS = 5.0
SLACK_SECONDS = 0.5
"""Two busy processors wake a timer late."""
PATIENCE_SECONDS = 60.0
DISK = "192m"


class Writers:
    """Dues, each under its key until acknowledged; remembers the slowest answer of each kind."""

    def __init__(self, service: Service, village: Village) -> None:
        self.service, self.village = service, village
        self.path = f"/v1/clubs/{village.club_id}/dues"
        self.acknowledged: dict[str, UUID] = {}
        self.slowest = 0.0
        self.later = 0
        self.others: list[str] = []
        self._stop = Event()

    def write(self) -> None:
        while not self._stop.is_set():
            key, body = new_key(), {"occurred_on": DAY.isoformat(), "amount": 20_000}
            while True:
                asked = monotonic()
                try:
                    answer = self.service.ask(
                        "POST", self.path, body, key=key, person=self.village.treasurer
                    )
                except GONE as error:
                    self.others.append(repr(error))
                    sleep(0.2)
                    continue
                self.slowest = max(self.slowest, monotonic() - asked)
                if answer.status == 503 and "retry-after" in answer.headers:
                    self.later += 1
                    sleep(0.2)
                    continue
                if answer.status != 201:
                    self.others.append(f"{answer.status} {answer.body}")
                else:
                    self.acknowledged[key] = UUID(answer.body["event_id"])
                break

    @contextmanager
    def at_work(self) -> Iterator[None]:
        with ThreadPoolExecutor(WRITERS) as threads:
            crew = [threads.submit(self.write) for _ in range(WRITERS)]
            try:
                yield
            finally:
                self._stop.set()
                for one in crew:
                    one.result()


def outage(
    name: str,
    service: Service,
    house: House,
    break_it: Callable[[], None],
    mend: Callable[[], None],
) -> bool:
    """Breaks and mends it under load; true when every promise was kept."""
    village = Village(house.desk)
    writers = Writers(service, village)
    with writers.at_work():
        sleep(1)
        break_it()
        written = len(writers.acknowledged)
        mend()
        mended = monotonic()
        while len(writers.acknowledged) <= written:
            if monotonic() - mended > PATIENCE_SECONDS:
                print(f"{name}: nothing was written for {PATIENCE_SECONDS} s after it was mended")
                return False
            sleep(0.05)
        went_on = monotonic() - mended
        sleep(1)
    house.database.pool.check()  # its connections died with the database
    with house.database.connection() as connection:
        rows = connection.execute(
            """SELECT e.event_id FROM log.events e
               WHERE e.topic = 'loans.DuesReceived' AND e.club_id = %s""",
            (village.club_id,),
        ).fetchall()
    stored = [event for (event,) in rows]
    exact = sorted(stored) == sorted(writers.acknowledged.values())
    print(
        f"{name}: slowest answer {writers.slowest:.1f} s, {writers.later} times 503, went on "
        f"{went_on:.1f} s after; {len(writers.acknowledged)} acknowledged, {len(stored)} stored"
        f"{'' if exact else ' (NOT THE SAME)'}, other answers {writers.others[:3] or 'none'}"
    )
    in_time = writers.slowest <= DEADLINE_SECONDS + SLACK_SECONDS
    return exact and in_time and not writers.others


def stopped_and_paused(seconds: float) -> bool:
    """On a server that is not the service's own: it cannot start it again itself."""
    master_key = base64.b64encode(secrets.token_bytes(32)).decode()
    with private_server() as server:
        address = make_database(server, "outage")
        environment = {
            "SOCHUNG_HOME": str(server.home),
            "DATABASE_URL": address,
            "SOCHUNG_MASTER_KEY": master_key,
        }
        settings = Settings(home=server.home, database_url=address, master_key=master_key)
        with House(settings) as house, running(environment, house.desk) as service:

            def stop() -> None:
                server.stop()
                sleep(seconds)

            def pause() -> None:
                signal_all(server, signal.SIGSTOP)
                sleep(seconds)

            return all([
                outage(f"stopped {seconds:.0f} s", service, house, stop, server.ensure),
                outage(f"paused {seconds:.0f} s", service, house, pause,
                       lambda: signal_all(server, signal.SIGCONT)),
            ])  # fmt: skip


def disk_full(seconds: float) -> bool:
    """Data and WAL on one small disk that fills up."""
    with private_home() as home:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=755", "tmpfs", home],
                       check=True)  # fmt: skip
        filler = home / "filler"
        try:
            with (
                House(Settings(home=home)) as house,
                running({"SOCHUNG_HOME": str(home)}, house.desk) as service,
            ):

                def fill() -> None:
                    with suppress(OSError), filler.open("wb") as file:
                        while True:
                            file.write(bytes(65_536))
                    sleep(seconds)

                return outage("disk full", service, house, fill, filler.unlink)
        finally:
            EmbeddedServer(home).stop()
            subprocess.run(["umount", home], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    right = stopped_and_paused(seconds)
    if os.geteuid() == 0:
        right &= disk_full(seconds)
    else:
        print("SKIPPED: a full disk needs root, who may mount a small one")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
