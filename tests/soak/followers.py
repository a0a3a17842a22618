"""Two followers, of whom one works, killed in the middle of it: the read models lose nothing.

`.venv/bin/python tests/soak/followers.py --rounds 50` kills whoever follows so often while events
stream in, then compares every table, row by row, with a pure fold of the log; and prints the
control beside it: a follower that folds and moves its position in two transactions.
"""

import argparse
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from threading import Event, Thread
from time import monotonic, sleep

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg

from desk import books
from domain.loans.accounts import Fund
from domain.loans.commands import ReceiveDues
from projections.follower import LOCK, PROJECTIONS
from soak.house import private_home
from soak.service import PROGRAM
from sochung.house import House
from sochung.settings import Settings
from village import DAY, SYSTEM, Village

FOLLOWERS = 2
TABLES = tuple(table for projection in PROJECTIONS for table in projection.tables)


@contextmanager
def writing(house: House) -> Iterator[None]:
    """Events stream in, a few clubs at once, until the block ends."""
    stop = Event()

    def write() -> None:
        village = Village(house.desk, capital=50_000_000)
        loan = village.lent(village.member("Thành Viên"), 5_000_000)
        while not stop.is_set():
            dues = ReceiveDues(occurred_on=DAY, amount=20_000, fund=Fund.OPERATING)
            books.record(house.desk, SYSTEM, village.club_id, dues)
            village.repaid(loan, 100, DAY)

    threads = [Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def start_follower(home: Path) -> "subprocess.Popen[bytes]":
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SOCHUNG_", "DATABASE_"))
    }
    return subprocess.Popen(
        [PROGRAM, "follow"],
        env=environment | {"SOCHUNG_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def holders(connection: psycopg.Connection[tuple[int]]) -> int:
    """How many sessions hold the follower's lock."""
    row = connection.execute(
        """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted""",
        (LOCK,),
    ).fetchone()
    assert row is not None
    return row[0]


def digests(house: House) -> dict[str, str]:
    """SHA-256 of each read table's rows, in one order."""
    found = {}
    with house.database.connection() as connection:
        for table in TABLES:
            rows = connection.execute(
                f'SELECT t::text FROM read.{table} t ORDER BY t::text COLLATE "C"'
            )
            digest = sha256()
            for (row,) in rows:
                digest.update(row.encode() + b"\n")
            found[table] = digest.hexdigest()
    return found


def differing(house: House) -> list[str]:
    """Tables that are not what a pure fold of the log makes of them."""
    house.follower.catch_up(60)
    followed = digests(house)
    house.follower.rebuild()
    house.follower.catch_up(60)
    folded = digests(house)
    return [table for table in TABLES if followed[table] != folded[table]]


def campaign(house: House, home: Path, rounds: int, seed: int) -> bool:
    random, most = Random(seed), 0
    followers = [start_follower(home) for _ in range(FOLLOWERS)]
    caught = 0
    try:
        with (
            writing(house),
            psycopg.connect(house.follower.database.url, autocommit=True) as watching,
        ):
            for number in range(rounds):
                sleep(random.uniform(0.3, 1.2))
                most = max(most, holders(watching))
                before = house.follower.behind(watching)
                followers[number % FOLLOWERS].send_signal(signal.SIGKILL)
                followers[number % FOLLOWERS].wait()
                followers[number % FOLLOWERS] = start_follower(home)
                caught += _goes_on(house, watching, before)
    finally:
        for follower in followers:
            follower.kill()
            follower.wait()
    wrong = differing(house)
    print(
        f"{rounds} kills of {FOLLOWERS} followers, {house.log.head()} events: "
        f"went on after {caught} of {rounds} within 10 s, at most {most} at work at a time"
    )
    print(f"tables that differ from the pure fold: {wrong or 'none'} of {len(TABLES)}")
    return not wrong and most == 1 and caught == rounds


def _goes_on(house: House, watching: psycopg.Connection[tuple[int]], before: int) -> bool:
    """Whether somebody follows again within 10 s."""
    deadline = monotonic() + 10
    while monotonic() < deadline:
        if house.follower.behind(watching) > before:
            return True
        sleep(0.05)
    return False


def in_two_transactions(house: House) -> list[str]:
    """The control: killed between its position and the fold, a follower skips a window."""
    house.follower.catch_up(60)
    Village(house.desk, capital=1_000_000)
    with house.follower.database.connection() as connection:
        connection.execute("UPDATE read.positions SET position = %s", (house.log.head(),))
    return differing(house)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    asked = parser.parse_args()
    print(f"seed {asked.seed}")
    with private_home() as home, House(Settings(home=home)) as house:
        right = campaign(house, home, asked.rounds, asked.seed)
        control = in_two_transactions(house)
    print(f"control, position moved apart from the fold: {control or 'none'} differ")
    return 0 if right and control else 1


if __name__ == "__main__":
    sys.exit(main())
