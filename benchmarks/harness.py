"""What every benchmark needs: a server of its own, crews of writers, interleaved rounds, a table.

Two virtual processors wake each other at their leisure, so one long run of each variant compares
two moments of the machine. Variants therefore take turns in many short rounds, and what is told is
the median of the rounds' own ratios, with the worst and the best beside it.
"""

import multiprocessing
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter

from rich.console import Console
from rich.table import Table

from store.embedded import EmbeddedServer
from store.migrate import migrate
from store.provision import ensure_database, ensure_roles

Writer = Callable[[int], None]
"""Writes so many events, one after the other."""
MakeWriters = Callable[["Urls", int], Sequence[Writer]]
"""So many writers that share a process; must be importable by name."""


@dataclass(frozen=True)
class Urls:
    """One database under each role."""

    admin: str
    owner: str
    app: str


@contextmanager
def fresh_database() -> Iterator[Urls]:
    """A migrated database on an embedded server in a folder of its own; both are removed."""
    with tempfile.TemporaryDirectory(prefix="sochung-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # as root the server runs as `nobody`, who must get in
        server = EmbeddedServer(home)
        server.ensure()
        try:
            administrator, name = server.url("postgres", "postgres"), "sochung"
            ensure_roles(administrator, login=True)
            ensure_database(administrator, name)
            owner = server.url(name, "sochung_migrate")
            migrate(owner)
            yield Urls(server.url(name, "postgres"), owner, server.url(name, "sochung_app"))
        finally:
            server.stop()


class Crew:
    """Writers in processes of their own, a few threads in each, as API workers would be."""

    def __init__(self, make: MakeWriters, urls: Urls, processes: int, threads: int) -> None:
        self.writers = processes * threads
        spawn = multiprocessing.get_context("spawn")
        self._ends: list[Connection] = []
        self._workers = []
        for _ in range(processes):
            ours, theirs = spawn.Pipe()
            worker = spawn.Process(target=_work, args=(make, urls, threads, theirs), daemon=True)
            worker.start()
            theirs.close()  # so that a worker that died is heard of
            self._ends.append(ours)
            self._workers.append(worker)
        for end in self._ends:
            end.recv()

    def rate(self, events: int) -> float:
        """Events per second when all write at once, `events` together."""
        start = perf_counter()
        for end in self._ends:
            end.send(events // self.writers)
        for end in self._ends:
            end.recv()
        return events / (perf_counter() - start)

    def dismiss(self) -> None:
        for end in self._ends:
            end.send(0)
        for worker in self._workers:
            worker.join(10)


def _work(make: MakeWriters, urls: Urls, threads: int, orders: Connection) -> None:
    writers = make(urls, threads)
    with ThreadPoolExecutor(threads) as pool:
        orders.send("ready")
        while each := orders.recv():
            for done in [pool.submit(writer, each) for writer in writers]:
                done.result()
            orders.send("done")


def rounds(count: int, variants: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Every variant's rate in every round; the first, a warm-up, is not counted.

    The order turns by one each round, so that nobody always runs behind the same neighbour.
    """
    rates: dict[str, list[float]] = {name: [] for name in variants}
    names = list(variants)
    for turn in range(count + 1):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            rate = variants[name]()
            if turn:
                rates[name].append(rate)
    return rates


def report(
    title: str,
    rates: Mapping[str, Sequence[float]],
    *,
    floor: str,
    promised: Mapping[str, float],
) -> None:
    """Each variant's median rate, and its ratio to the floor within the same round."""
    table = Table(title=title, title_justify="left")
    for heading in ("", "per second", "of floor", "worst - best", "promised"):
        table.add_column(heading, justify="left" if heading == "" else "right")
    for name, measured in rates.items():
        ratios = [rate / base for rate, base in zip(measured, rates[floor], strict=True)]
        promise = promised.get(name)
        kept = "" if promise is None else f"{promise} {'✓' if median(ratios) >= promise else '✗'}"
        table.add_row(
            name + (" (floor)" if name == floor else ""),
            f"{median(measured):,.0f}",
            f"{median(ratios):.2f}",
            "" if name == floor else f"{min(ratios):.2f} - {max(ratios):.2f}",
            kept,
        )
    Console(width=100).print(table)


def random_key() -> str:
    return secrets.token_hex(16)
