"""The evidence at a million events: integrating them, proving one, handing them all out.

The log is filled by SQL with events of the real shape, vouchers numbered club by club (filling is
not measured). The verifier runs as an auditor would run it: the one file, in a process of its own.
CPU time stands beside the clock's: on a machine that others use it is the steadier figure.
Write throughput with the integrator at work is measured in rounds against the same without it.
"""

import hashlib
import multiprocessing
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console
from rich.table import Table

from audit.entries import snapshot
from audit.evidence.bundle import Scope, write
from audit.evidence.integrator import Integrator
from audit.evidence.kept import KeptHead
from audit.evidence.shelf import Shelf, latest
from audit.evidence.signing import new_key, parse_keys
from benchmarks.append import PROCESSES, THREADS, our_writers
from benchmarks.harness import Crew, Urls, fresh_database, report, rounds
from benchmarks.rebuild import FILL
from domain.histories import book_of
from exchange.evidence_exports import ledgers
from projections.follower import Follower
from store.database import Database
from store.keys import MASTER_BYTES, KeyRing, MasterKey

EVENTS, PROOFS = 1_000_000, 2_000
ROUNDS, TURN = 9, 2_000
CLUBS = 200
# Vouchers run through within each club and a book is its club's own, as ours are.
NUMBERED = (
    FILL.replace(
        "loan_id, borrower_id, day, loan, plan,", "loan_id, borrower_id, day, loan / 200 + 1, plan,"
    )
    .replace(
        "loan_id, borrower_id, day, n, plan,",
        "loan_id, borrower_id, day, (loan / 200) * 23 + step / 2, plan,",
    )
    .replace("md5('book' || club)::uuid", "(SELECT id FROM books b WHERE b.club = numbered.club)")
)
PROMISED: dict[str, tuple[float, bool]] = {
    # figure → what is promised, and whether more is better
    "integrated, events/s": (25_000, True),
    "proof of one event, ms": (2, False),
    "whole bundle verified, s": (20, False),
}


def run() -> None:
    with TemporaryDirectory(prefix="sochung-bench-") as folder:
        with fresh_database() as urls:
            figures = _of_a_million(urls, Path(folder))
        _show(figures)
        with fresh_database() as urls:
            _beside_writers(urls, Path(folder))


def _of_a_million(urls: Urls, folder: Path) -> dict[str, float]:
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("CREATE TEMPORARY TABLE books (club int PRIMARY KEY, id uuid)")
        for club in range(CLUBS):
            club_id = UUID(hashlib.md5(f"club{club}".encode()).hexdigest())
            connection.execute("INSERT INTO books VALUES (%s, %s)", (club, book_of(club_id)))
        query = NUMBERED.replace("{after}", "0").replace("{upto}", str(EVENTS))
        connection.execute(query.encode())
        connection.execute("VACUUM (ANALYZE) log.events")
    keys, kept = parse_keys(new_key("sochung/bench")), KeptHead(folder / "head")
    figures = _integrated(urls, Integrator(_address(urls), lambda: keys, kept))
    database = Database(urls.app)
    with database.connection() as connection:
        figures["proof of one event, ms"] = _proofs(connection)
    Follower(database, KeyRing(database, MasterKey(bytes(MASTER_BYTES)))).catch_up(3600)

    vkey = str(keys.key)
    whole, one = folder / "whole.zip", folder / "one.zip"
    figures["whole bundle written, s"] = _seconds(lambda: _bundle(database, whole, vkey, None))
    figures["whole bundle, MB"] = whole.stat().st_size / 1e6
    before = _of_children()
    figures["whole bundle verified, s"] = _seconds(lambda: _verify(whole, vkey))
    figures["whole bundle verified, s of CPU"] = _of_children() - before
    with database.connection() as connection:
        row = connection.execute("SELECT club_id FROM log.events LIMIT 1").fetchone()
    assert row is not None
    figures["one club's bundle written, s"] = _seconds(lambda: _bundle(database, one, vkey, row[0]))
    figures["one club's bundle, MB"] = one.stat().st_size / 1e6
    figures["one club's bundle verified, s"] = _seconds(lambda: _verify(one, vkey))
    database.close()
    return figures


def _integrated(urls: Urls, integrator: Integrator) -> dict[str, float]:
    with psycopg.connect(_address(urls), autocommit=True, options="-c timezone=UTC") as connection:
        server = connection.info.backend_pid
        before = process_time() + _of_process(server)

        def through() -> None:
            while integrator.step(connection):
                pass

        seconds = _seconds(through)
        spent = process_time() + _of_process(server) - before
    return {
        "integrated, events/s": EVENTS / seconds,
        "integrated, events/s of CPU (ours and the server's)": EVENTS / spent,
    }


def _of_process(pid: int) -> float:
    """Seconds of CPU that another process has spent, on Linux."""
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


def _of_children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _address(urls: Urls) -> str:
    return urls.app.replace("sochung_app", "sochung_integrator")


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _proofs(connection: psycopg.Connection[Any]) -> float:
    """Median of proofs of random leaves, each from tiles read anew."""
    signed, random = latest(connection), Random(1)
    assert signed is not None
    assert signed.head.size == EVENTS
    taken = []
    for _ in range(PROOFS):
        index = random.randrange(EVENTS)
        taken.append(_seconds(lambda at=index: Shelf(connection).inclusion(at, EVENTS)))  # type: ignore[misc]
    return median(taken) * 1000


def _bundle(database: Database, out: Path, vkey: str, club: UUID | None) -> None:
    with snapshot(database) as connection:
        signed = latest(connection)
        assert signed is not None
        write(out, connection, signed, [vkey], Scope(club), partial(ledgers, club_id=club))


def _verify(bundle: Path, vkey: str) -> None:
    program = Path(__file__).parents[1] / "audit" / "evidence" / "verifier.py"
    done = subprocess.run(
        [sys.executable, "-I", str(program), str(bundle), "--key", vkey, "--lang", "en"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


def _show(figures: dict[str, float]) -> None:
    table = Table(title=f"Evidence over {EVENTS:,} events", title_justify="left")
    for heading in ("", "measured", "promised"):
        table.add_column(heading, justify="left" if heading == "" else "right")
    for name, value in figures.items():
        kept = ""
        if name in PROMISED:
            promise, more = PROMISED[name]
            good = value >= promise if more else value <= promise
            kept = f"{'≥' if more else '≤'} {promise:,} {'✓' if good else '✗'}"
        table.add_row(name, f"{value:,.0f}" if value >= 100 else f"{value:.2f}", kept)
    Console(width=100).print(table)


def _beside_writers(urls: Urls, folder: Path) -> None:
    """Eight writers, with and without the integrator running as a process of its own."""
    crew = Crew(our_writers, urls, PROCESSES, THREADS)
    text, spawn = new_key("sochung/bench"), multiprocessing.get_context("spawn")

    go = spawn.Event()
    worker = spawn.Process(
        target=_integrate, args=(_address(urls), text, folder / "beside", go), daemon=True
    )
    worker.start()

    def beside() -> float:
        """It first catches up with what was written while it was off, which is not measured."""
        go.set()
        _await_signed(urls)
        try:
            return crew.rate(TURN * 4)
        finally:
            go.clear()

    rates = rounds(
        ROUNDS, {"without it": lambda: crew.rate(TURN * 4), "with the integrator": beside}
    )
    crew.dismiss()
    worker.terminate()
    report(
        f"append of one event, 8 writers, {ROUNDS} rounds",
        rates,
        floor="without it",
        promised={"with the integrator": 0.95},
    )


def _await_signed(urls: Urls) -> None:
    with psycopg.connect(urls.admin, autocommit=True) as connection:
        while connection.execute(
            """SELECT coalesce((SELECT max(size) FROM evidence.checkpoints), 0)
                      < coalesce((SELECT max(notification_id) FROM log.events), 0)"""
        ).fetchone() == (True,):
            sleep(0.05)


def _integrate(url: str, key: str, head: Path, go: Any) -> None:
    integrator = Integrator(url, lambda: parse_keys(key), KeptHead(head))
    while go.wait():
        integrator.run(lambda: not go.is_set())
