"""Kill -9 of the service and of its database, under six writers who keep their keys.

`.venv/bin/python tests/soak/crash.py --rounds 50` kills each so often, on a home of its own, and
prints the figures, and the control beside them: commits that are answered before they are flushed.
"""

import argparse
import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from threading import Event, Lock
from time import monotonic, sleep

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg

from audit.checks import run as check
from desk.desk import KINDS
from soak.house import private_home, private_server, signal_all
from soak.service import GONE, Answer, Service, new_key, running
from sochung.house import House
from sochung.settings import Settings
from store.binaries import find_binaries
from store.database import Database
from store.embedded import EmbeddedServer
from village import DAY, Village

WRITERS = 6
CLUBS = 2
FOLLOWER_SECONDS, RECOVERY_SECONDS = 10.0, 60.0


@dataclass(frozen=True)
class Asked:
    """One command of a writer and what was answered."""

    village: Village
    body: dict[str, object]
    answer: Answer

    @property
    def path(self) -> str:
        return f"/v1/clubs/{self.village.club_id}/dues"


class Told:
    """What the writers were answered, by key."""

    def __init__(self) -> None:
        self.answers: dict[str, Asked] = {}
        self._lock = Lock()

    def heard(self, key: str, asked: Asked) -> None:
        with self._lock:
            self.answers[key] = asked

    @property
    def last_position(self) -> int:
        with self._lock:
            answers = [asked.answer for asked in self.answers.values()]
        return max((a.body["position"] for a in answers if a.status == 201), default=0)


def write(service: Service, village: Village, told: Told, stop: Event, random: Random) -> None:
    """Dues, one after the other; each is asked for, with its key, until it is answered."""
    while not stop.is_set():
        key, body = new_key(), {"occurred_on": DAY.isoformat(), "amount": random.randint(1, 10**6)}
        path = f"/v1/clubs/{village.club_id}/dues"
        answer = service.until_answered(path, body, key=key, person=village.treasurer)
        told.heard(key, Asked(village, body, answer))


def kill_service(service: Service, server: EmbeddedServer) -> None:
    service.kill()
    service.start()


def kill_database(service: Service, server: EmbeddedServer) -> None:
    """The service brings it back by itself."""
    signal_all(server, signal.SIGKILL)


def recovered(service: Service, village: Village, position: int, since: float) -> float:
    """Seconds until a reader sees what was last acknowledged."""
    while monotonic() - since < RECOVERY_SECONDS:
        with suppress(*GONE):
            path = f"/v1/clubs/{village.club_id}/balances?after_position={position}"
            if service.ask("GET", path, person=village.treasurer).status == 200:
                return monotonic() - since
        sleep(0.05)
    raise TimeoutError("the read models did not come back")


def wrongs(service: Service, database: Database, told: Told) -> list[str]:
    """Everything that is not as promised; empty is right."""
    said = []
    for key, asked in told.answers.items():
        first, person = asked.answer, asked.village.treasurer
        again = service.ask("POST", asked.path, asked.body, key=key, person=person)
        if first.status != 201 or (again.status, again.body) != (first.status, first.body):
            said.append(f"{key}: first {first.body}, then {again.status} {again.body}")
        elif again.headers.get("idempotency-replayed") != "true":
            said.append(f"{key}: acknowledged, and carried out once more")
    with database.connection() as connection:
        dues = connection.execute(
            """SELECT c.key FROM log.events e LEFT JOIN log.commands c ON c.first_event = e.event_id
               WHERE e.topic = 'loans.DuesReceived'"""
        ).fetchall()
        recorded = Counter(key for (key,) in dues)
        if set(recorded) != set(told.answers) or max(recorded.values()) > 1:
            said.append(f"{len(told.answers)} answered, {len(dues)} recorded")
        labels = connection.execute(
            """SELECT club_id, array_agg(right(label, 4 + length(label) - 12)::int)
               FROM read.vouchers WHERE label LIKE 'PT-2026-%' GROUP BY club_id"""
        ).fetchall()
        for club, numbers in labels:
            if sorted(numbers) != list(range(1, len(numbers) + 1)):
                said.append(f"{club}: vouchers with gaps or doubles")
    said += [str(finding) for finding in check(database, KINDS).findings]
    return said


def amcheck(server: EmbeddedServer) -> str:
    """What `pg_amcheck` has to say of every table and index of the database; "" is clean."""
    done = subprocess.run(
        [
            find_binaries() / "pg_amcheck", "--install-missing", "--heapallindexed",
            "--host", server.data.parent / "run", "--username", "postgres", "sochung",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return (done.stdout + done.stderr).strip() or ("" if done.returncode == 0 else "failed")


def campaign(rounds: int, seed: int, home: Path) -> bool:
    """Half of the killing hits the service, half the database; true when nothing was wrong."""
    environment = {"SOCHUNG_HOME": str(home)}
    settings = Settings(home=home)
    with House(settings) as house, running(environment, house.desk) as service:
        assert house.server is not None
        villages = [Village(house.desk) for _ in range(CLUBS)]
        told, stop = Told(), Event()
        clean = True
        with ThreadPoolExecutor(WRITERS) as threads:
            writers = [
                threads.submit(
                    write, service, villages[n % CLUBS], told, stop, Random(f"{seed}/{n}")
                )
                for n in range(WRITERS)
            ]
            try:
                for name, kill in (("service", kill_service), ("database", kill_database)):
                    clean &= _killed(name, kill, rounds, Random(f"{seed}/{name}"),
                                     service, house.server, villages[0], told)  # fmt: skip
            finally:
                stop.set()
            for writer in writers:
                writer.result()
        house.database.pool.check()  # its connections died with the database
        house.follower.catch_up(30)
        faults, broken = wrongs(service, house.database, told), amcheck(house.server)
        print(f"{len(told.answers)} commands acknowledged; wrong: {len(faults)}")
        print(f"pg_amcheck: {broken or 'clean'}")
        for fault in faults[:20]:
            print(f"  {fault}")
        return clean and not faults and not broken


def _killed(
    name: str,
    kill: Callable[[Service, EmbeddedServer], None],
    rounds: int,
    random: Random,
    service: Service,
    server: EmbeddedServer,
    village: Village,
    told: Told,
) -> bool:
    took = []
    before = len(told.answers)
    for _ in range(rounds):
        sleep(random.uniform(0.2, 0.8))
        position, since = told.last_position, monotonic()
        kill(service, server)
        took.append(recovered(service, village, position, since))
    print(
        f"{rounds} x kill -9 of the {name}: {len(told.answers) - before} commands meanwhile, "
        f"read models back after {median(took):.1f} s (median), {max(took):.1f} s (worst)"
    )
    return max(took) <= FOLLOWER_SECONDS


def lost_without_a_flush(rounds: int, seed: int) -> tuple[int, int]:
    """The control: (acknowledged, lost) where a commit is answered before it is flushed."""
    acknowledged = lost = 0
    random = Random(f"{seed}/control")
    with private_server() as server:
        admin = server.url("postgres", "postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE TABLE control (n bigint PRIMARY KEY)")
        for number in range(rounds):
            with ThreadPoolExecutor(WRITERS) as threads:
                crews = [
                    threads.submit(_insert, admin, (number * WRITERS + w) * 10**6)
                    for w in range(WRITERS)
                ]
                sleep(random.uniform(0.2, 0.8))
                signal_all(server, signal.SIGKILL)
                told = {n for crew in crews for n in crew.result()}
            server.ensure()
            with psycopg.connect(admin) as connection:
                kept = {n for (n,) in connection.execute("SELECT n FROM control")}
            acknowledged, lost = acknowledged + len(told), lost + len(told - kept)
    return acknowledged, lost


def _insert(address: str, start: int) -> list[int]:
    told: list[int] = []
    with suppress(psycopg.OperationalError), psycopg.connect(address, autocommit=True) as writing:
        writing.execute("SET synchronous_commit = off")
        while True:
            writing.execute("INSERT INTO control VALUES (%s)", (start + len(told),))
            told.append(start + len(told))
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    with private_home() as home:
        right = campaign(asked.rounds, asked.seed, home)
    acknowledged, lost = lost_without_a_flush(max(asked.rounds // 10, 2), asked.seed)
    print(f"control, answered before the flush: {lost} of {acknowledged} acknowledged lost")
    return 0 if right and lost else 1


if __name__ == "__main__":
    sys.exit(main())
