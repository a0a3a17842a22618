"""Two integrators, of whom one works, killed at any moment: one log, no fork, nothing missing.

`.venv/bin/python tests/soak/integrators.py --rounds 50` kills whoever is at work so often while
events stream in, then rebuilds every head that was ever signed from the events alone. The control
beside it signs before it keeps: cut off in between and restored, it signs a second story.
"""

import argparse
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg

from audit.evidence.checkpoint import Head, open_checkpoint
from audit.evidence.integrator import LOCK, Integrator
from audit.evidence.kept import KeptHead
from audit.evidence.merkle import leaf_hash
from audit.evidence.replay import entries_anew, first_difference
from audit.evidence.shelf import latest
from audit.evidence.signing import new_key, read_keys, write_keys
from audit.evidence.tiles import Edge
from desk import books
from desk.desk import KINDS, Desk
from domain.loans.accounts import Fund
from domain.loans.commands import ReceiveDues
from soak.house import make_database, private_server
from store.database import Database
from store.embedded import EmbeddedServer
from store.keys import MASTER_BYTES, KeyRing, MasterKey
from store.log import EventLog
from village import DAY, SYSTEM, Village

INTEGRATORS, WRITERS = 2, 2
BATCH = 7  # many small transactions and files, so that a kill hits between any two of them


def work(url: str, folder: Path) -> None:
    """What a killed process was doing: `sochung integrate` without its start-up."""
    integrator = Integrator(
        url, lambda: read_keys(folder / "log.key"), KeptHead(folder / "head"), batch=BATCH
    )
    with psycopg.connect(
        url,
        autocommit=True,
        application_name=str(os.getpid()),
        options="-c role=sochung_integrator",
    ) as one:
        while True:
            row = one.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
            if row and row[0]:
                break
            sleep(0.05)
        while True:
            if integrator.step(one) is None:
                sleep(0.01)


def start(url: str, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, __file__, "--work", url, "--folder", str(folder)],
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def writing(desk: Desk) -> Iterator[None]:
    stop = Event()

    def write() -> None:
        village = Village(desk, capital=50_000_000)
        while not stop.is_set():
            dues = ReceiveDues(occurred_on=DAY, amount=20_000, fund=Fund.OPERATING)
            books.record(desk, SYSTEM, village.club_id, dues)
            sleep(0.002)

    threads = [Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def wrongs(connection: psycopg.Connection[Any], folder: Path, seen: list[bytes]) -> list[str]:
    """Everything that is not as promised; empty is right. `seen`: heads kept at each kill."""
    keys = read_keys(folder / "log.key").trusted
    notes = connection.execute("SELECT note FROM evidence.checkpoints ORDER BY size").fetchall()
    heads = [open_checkpoint(note.encode(), keys) for (note,) in notes]
    heads += [open_checkpoint(note, keys) for note in seen]
    wanted: dict[int, list[Head]] = {}
    for head in heads:
        wanted.setdefault(head.size, []).append(head)
    said, edge = [], Edge(0)
    with connection.transaction():
        for stretch in entries_anew(connection, 2**62):
            for one in stretch:
                edge.grow([leaf_hash(one)])
                root = edge.root() if edge.size in wanted else b""
                said += [f"a fork at {h.size}" for h in wanted.pop(edge.size, ()) if h.root != root]
        said += [f"{size} events were signed, {edge.size} are there" for size in wanted]
        if (at := first_difference(connection, edge.size)) is not None:
            said.append(f"the tiles differ from the events at position {at}")
    signed = latest(connection)
    if signed is None or signed.head.size != edge.size:
        said.append("the newest head does not reach the end of the log")
    return said


def campaign(url: str, admin: str, desk: Desk, folder: Path, rounds: int, seed: int) -> bool:
    random, most, seen = Random(seed), 0, list[bytes]()
    write_keys(folder / "log.key", new_key("sochung/soak"))
    kept = KeptHead(folder / "head")
    workers = [start(url, folder) for _ in range(INTEGRATORS)]
    sizes = []
    try:
        with writing(desk), psycopg.connect(admin, autocommit=True) as watching:
            for _ in range(rounds):
                _wait_for_more(kept, seen[-1] if seen else b"")
                sleep(random.uniform(0, 0.2))
                at_work = _holders(watching)
                most = max(most, len(at_work))
                victim = next((n for n, w in enumerate(workers) if w.pid in at_work), 0)
                workers[victim].send_signal(signal.SIGKILL)
                workers[victim].wait()
                seen.append(kept.path.read_bytes())
                workers[victim] = start(url, folder)
                sizes.append(open_checkpoint(seen[-1], read_keys(folder / "log.key").trusted).size)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    Integrator(url, lambda: read_keys(folder / "log.key"), kept).catch_up(60)
    with psycopg.connect(admin, autocommit=True) as connection:
        wrong = wrongs(connection, folder, seen)
        row = connection.execute("SELECT count(*) FROM evidence.checkpoints").fetchone()
    print(
        f"{rounds} kills of {INTEGRATORS} integrators, {sizes[0] if sizes else 0} to "
        f"{desk.log.head()} events signed in {row[0] if row else 0} heads, "
        f"at most {most} at work at a time"
    )
    print(f"wrong: {wrong or 'nothing'}")
    return not wrong and most == 1 and sizes == sorted(sizes)


def _wait_for_more(kept: KeptHead, before: bytes) -> None:
    """Until something was signed since: a kill during start-up shows nothing."""
    deadline = monotonic() + 60
    while not kept.path.exists() or kept.path.read_bytes() == before:
        if monotonic() > deadline:
            raise TimeoutError("nothing was signed")
        sleep(0.005)


def _holders(connection: psycopg.Connection[Any]) -> list[int]:
    """The processes that hold the integrator's lock."""
    rows = connection.execute(
        """SELECT a.application_name FROM pg_locks l
             JOIN pg_database d ON d.oid = l.database JOIN pg_stat_activity a USING (pid)
           WHERE locktype = 'advisory' AND objid = %s AND granted
             AND d.datname = current_database()""",
        (LOCK,),
    ).fetchall()
    return [int(name) for (name,) in rows if name.isdigit()]


def without_a_kept_head(url: str, admin: str, desk: Desk, folder: Path) -> bool:
    """The control: an older database whose kept head was restored with it does sign a fork."""
    kept = KeptHead(folder / "head")
    note = kept.path.read_bytes()
    before = open_checkpoint(note, read_keys(folder / "log.key").trusted)
    with psycopg.connect(admin, autocommit=True) as connection:
        for table in ("log.events", "log.commands", "evidence.tiles", "evidence.checkpoints"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(
            "UPDATE log.events SET actor = 'other' WHERE notification_id = %s", (before.size,)
        )
        connection.execute("DELETE FROM evidence.tiles")
        connection.execute("DELETE FROM evidence.checkpoints")
    kept.path.unlink()  # as if nobody had kept it outside
    signed = Integrator(url, lambda: read_keys(folder / "log.key"), kept).catch_up(60)
    return signed is not None and (signed.head.size, signed.head.root) != (before.size, before.root)


@contextmanager
def logbook(server: EmbeddedServer) -> Iterator[tuple[str, str, Desk, Path]]:
    """A database of its own, its addresses and its desk, and a folder beside it."""
    name = f"soak_{secrets.token_hex(4)}"
    database = Database(make_database(server, name))
    desk = Desk(EventLog(database, KINDS), KeyRing(database, MasterKey(bytes(MASTER_BYTES))))
    with TemporaryDirectory(prefix="sc-") as folder:
        try:
            integrator = server.url(name, "sochung_integrator")
            yield integrator, server.url(name, "postgres"), desk, Path(folder)
        finally:
            database.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work, asked.folder)
    print(f"seed {asked.seed}")
    with private_server() as server, logbook(server) as (url, admin, desk, folder):
        right = campaign(url, admin, desk, folder, asked.rounds, asked.seed)
        forked = without_a_kept_head(url, admin, desk, folder)
    print(f"control, no head kept outside the database: {'signs a fork' if forked else 'no fork?'}")
    return 0 if right and forked else 1


if __name__ == "__main__":
    sys.exit(main())
