"""A whole money command: load a book of 2,000 events, decide, append; over 50 clubs.

In this process against the raw INSERT of one event, with the share of each stage; over HTTP against
a service with two workers; and at a steady 100 events a second, how far the read models lag behind.
Clients, service and database share the machine.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from http.client import HTTPConnection
from itertools import count, pairwise
from pathlib import Path
from random import Random
from statistics import median, quantiles
from threading import Thread
from time import perf_counter, sleep
from uuid import UUID

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.append import RAW_TABLE, raw_writers
from benchmarks.harness import Crew, Urls, Writer, random_key, report, rounds
from desk import accounts, books, people
from desk.desk import KINDS, Call, Desk
from domain.accounts.roles import Role, Scope
from domain.clubs.decisions import CLUB, FoundClub, JoinClub
from domain.clubs.decisions import known as known_club
from domain.histories import account_of, book_of
from domain.loans import funds
from domain.loans.book import BOOK, Book, evolve
from domain.loans.commands import ReceiveDues
from domain.loans.events import BookEvent
from sochung.house import House
from sochung.settings import Settings
from store.database import Database
from store.embedded import EmbeddedServer
from store.keys import MASTER_BYTES, KeyRing, MasterKey
from store.log import EventLog, Work

CLUBS, EVENTS = 50, 2_000
CREWS = 2  # each with clubs of its own: one crew's books are not moved on by the other's
ROUNDS, TURN = 9, 400
STAGED = 1_000
CLIENTS = 8
HTTP_SECONDS = 20.0
STEADY_RATE, STEADY_SECONDS = 100, 300.0
LAG_PROMISED = 1.0
DAY = date(2026, 3, 10)
DUES = ReceiveDues(occurred_on=DAY, amount=20_000)
BODY = b"dues"


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="sochung-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # as root the server runs as `nobody`, who must get in
        try:
            with House(Settings(home=home)) as house:
                treasurer = _token(house.desk, _fill(house.desk))
                house.follower.catch_up(120)
                _in_process(house)
                _stages(house.desk)
                with _service(home) as port:
                    _over_http(house, port, treasurer)
                    _read_your_own_write(house, port, treasurer)
                    _steadily(house)
        finally:
            EmbeddedServer(home).stop()


# --- the books ----------------------------------------------------------------------------


def _fill(desk: Desk) -> UUID:
    """Clubs with books of dues, each book in one append; returns a person who may act."""
    call = Call("bench")
    member = desk.new_id()
    for number in range(CREWS * CLUBS):
        club = desk.new_id()
        people.found_club(
            desk, call, FoundClub(club_id=club, name=f"CLB {number}", founded_on=date(2024, 1, 10))
        )
        if not number:
            joining = JoinClub(person_id=member, joined_on=date(2024, 1, 10))
            people.join_club(desk, call, club, people.NewPerson(name="Thủ quỹ"), joining)
        desk.in_book(call, club, partial(_two_thousand, desk))
    return member


def _token(desk: Desk, person_id: UUID) -> str:
    """What a treasurer of every club shows at each call."""
    told = accounts.NewAccount(user_name="thuquy")
    accounts.open_account(desk, Call("bench"), person_id, told, None)
    role = accounts.NewRole(role=Role.TREASURER, scope=Scope(kind="nation"), since=desk.today)
    club = _clubs(desk.log.database)[0]
    one, other = desk.new_id(), desk.new_id()
    for hand in (one, other):
        joining = JoinClub(person_id=hand, joined_on=date(2024, 1, 10))
        people.join_club(desk, Call("bench"), club, people.NewPerson(name="Cán bộ"), joining)
    given = accounts.propose_role(desk, Call("bench"), person_id, role, one).id
    accounts.approve_role(desk, Call("bench"), person_id, given, other)
    now = desk.clock()
    return desk.access.make_token(
        account_of(person_id), "bench", ("write",), now + timedelta(days=1), now
    )[1]


def _two_thousand(desk: Desk, book: Book | None, unit: Work, club: object) -> list[BookEvent]:
    moment = desk.moment(known_club(club), DAY)  # type: ignore[arg-type]
    said: list[BookEvent] = []
    for _ in range(EVENTS):
        for event in funds.receive_dues(book, DUES, moment):
            said.append(event)
            book = evolve(book, event)
    return said


def _clubs(database: Database) -> list[UUID]:
    with database.connection() as connection:
        rows = connection.execute(
            "SELECT club_id FROM log.events WHERE topic = 'clubs.ClubFounded' ORDER BY club_id"
        ).fetchall()
    return [club for (club,) in rows]


# --- in this process ----------------------------------------------------------------------


def lone_writer(urls: Urls, count: int) -> Sequence[Writer]:
    return command_writers(urls, count, slice(CLUBS))


def many_writers(urls: Urls, count: int) -> Sequence[Writer]:
    return command_writers(urls, count, slice(CLUBS, None))


def command_writers(urls: Urls, count: int, own: slice) -> Sequence[Writer]:
    database = Database(urls.app)
    desk = Desk(EventLog(database, KINDS), KeyRing(database, MasterKey(bytes(MASTER_BYTES))))
    clubs = _clubs(database)[own]
    for club in clubs:
        desk.log.load(BOOK, book_of(club))
    return [partial(_write, desk, clubs, Random(number)) for number in range(count)]


def _write(desk: Desk, clubs: Sequence[UUID], random: Random, count: int) -> None:
    for _ in range(count):
        books.record(desk, Call("bench", random_key(), BODY), random.choice(clubs), DUES)


def _in_process(house: House) -> None:
    assert house.server is not None
    admin = house.server.url(house.settings.database, "postgres")
    with psycopg.connect(admin) as connection:
        connection.execute(RAW_TABLE)
    urls = Urls(admin, admin, house.database.url)
    crews = {
        "raw INSERT, 1 writer": Crew(raw_writers, urls, 1, 1),
        "money command, 1 writer": Crew(lone_writer, urls, 1, 1),
        "money command, 8 writers": Crew(many_writers, urls, 2, 4),
    }
    rates = rounds(ROUNDS, {name: partial(crew.rate, TURN) for name, crew in crews.items()})
    for crew in crews.values():
        crew.dismiss()
    report(
        f"a whole money command over {CLUBS} books of {EVENTS:,} events",
        rates,
        floor="raw INSERT, 1 writer",
        promised={"money command, 1 writer": 0.25},
    )


def _stages(desk: Desk) -> None:
    """The median command, cut where the work passes from one room to the next."""
    clubs, random = _clubs(desk.log.database)[:CLUBS], Random(0)
    spent: dict[str, list[float]] = {name: [] for name in ("load", "decide", "append")}
    for _ in range(STAGED):
        club_id, marks = random.choice(clubs), list[float]()

        def work(unit: Work, club_id: UUID = club_id, marks: list[float] = marks) -> str:
            marks[:] = [perf_counter()]  # a second try counts alone
            club = known_club(unit.load(CLUB, club_id))
            book = unit.load(BOOK, book_of(club_id))
            moment = desk.moment(club, DAY)
            marks.append(perf_counter())
            events = funds.receive_dues(book, DUES, moment)
            marks.append(perf_counter())
            unit.say(BOOK, book_of(club_id), events, club_id=club_id)
            return "{}"

        key = Call("bench", random_key(), BODY).as_key()
        desk.log.carry_out(work, actor="bench", key=key, by_heart=True)
        marks.append(perf_counter())
        for name, (start, end) in zip(spent, pairwise(marks), strict=True):
            spent[name].append((end - start) * 1e6)
    total = sum(median(times) for times in spent.values())
    table = Table(title="where a command's time goes", title_justify="left")
    for heading in ("stage", "µs", "share"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    for name, times in spent.items():
        table.add_row(name, f"{median(times):,.0f}", f"{median(times) / total:.0%}")
    Console(width=100).print(table)


# --- over HTTP ----------------------------------------------------------------------------


@contextmanager
def _service(home: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SOCHUNG_", "DATABASE_"))}
    service = subprocess.Popen(
        [Path(sys.executable).with_name("sochung"), "serve", "--port", str(port), "--workers", "2"],
        env=inherited | {"SOCHUNG_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                _ask(HTTPConnection("127.0.0.1", port), "GET", "/healthz")
                break
            except OSError:
                sleep(0.1)
        yield port
    finally:
        service.send_signal(signal.SIGINT)
        service.wait(60)


def _ask(
    line: HTTPConnection, method: str, path: str, body: object = None, token: str | None = None
) -> dict[str, object]:
    headers = {"Content-Type": "application/json", "Idempotency-Key": random_key()}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    line.request(method, path, None if body is None else json.dumps(body), headers)
    answer = line.getresponse()
    said: dict[str, object] = json.loads(answer.read())
    assert answer.status in (200, 201), said
    return said


DUES_BODY = {"occurred_on": DAY.isoformat(), "amount": DUES.amount}


def _over_http(house: House, port: int, token: str) -> None:
    clubs = _clubs(house.database)
    end = perf_counter() + HTTP_SECONDS

    def client(number: int) -> list[float]:
        random, took = Random(number), []
        line = HTTPConnection("127.0.0.1", port, timeout=30)
        while (asked := perf_counter()) < end:
            _ask(line, "POST", f"/v1/clubs/{random.choice(clubs)}/dues", DUES_BODY, token)
            took.append(perf_counter() - asked)
        return took

    with ThreadPoolExecutor(CLIENTS) as threads:
        took = [seconds for times in threads.map(client, range(CLIENTS)) for seconds in times]
    print(
        f"over HTTP, 2 workers, {CLIENTS} clients: {len(took) / HTTP_SECONDS:,.0f} commands/s, "
        f"p50 {median(took) * 1e3:.1f} ms, p99 {quantiles(took, n=100)[98] * 1e3:.1f} ms"
    )


def _read_your_own_write(house: House, port: int, token: str) -> None:
    clubs, random, took = _clubs(house.database), Random(1), []
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    for _ in range(300):
        club = random.choice(clubs)
        said = _ask(line, "POST", f"/v1/clubs/{club}/dues", DUES_BODY, token)
        asked = perf_counter()
        _ask(
            line, "GET", f"/v1/clubs/{club}/balances?after_position={said['position']}", token=token
        )
        took.append(perf_counter() - asked)
    print(
        f"reading one's own write: median {median(took) * 1e3:.1f} ms, "
        f"p99 {quantiles(took, n=100)[98] * 1e3:.1f} ms"
    )


def _steadily(house: House) -> None:
    """Paced writers; the lag of an event is how long the slowest read model took to have it."""
    written: list[tuple[int, float]] = []
    clubs, random = _clubs(house.database), Random(2)
    begun = perf_counter()

    def write() -> None:
        for number in count():
            due = begun + number / STEADY_RATE
            if due - begun >= STEADY_SECONDS:
                return
            sleep(max(due - perf_counter(), 0))
            call = Call("bench", random_key(), BODY)
            receipt = books.record(house.desk, call, random.choice(clubs), DUES)
            written.append((receipt.position, perf_counter()))

    writer = Thread(target=write)
    writer.start()
    lags: list[float] = []
    with psycopg.connect(house.database.url, autocommit=True) as watching:
        while writer.is_alive() or len(lags) < len(written):
            reached, now = house.follower.behind(watching), perf_counter()
            while len(lags) < len(written) and written[len(lags)][0] <= reached:
                lags.append(max(now - written[len(lags)][1], 0.0))
            sleep(0.01)
    rate = len(written) / (written[-1][1] - begun)
    p99 = quantiles(lags, n=100)[98]
    kept = "✓" if p99 < LAG_PROMISED else "✗"
    print(
        f"{rate:.0f} events/s for {STEADY_SECONDS:.0f} s: the read models lag {median(lags):.3f} s "
        f"(median), {p99:.3f} s (p99), promised {LAG_PROMISED} s {kept}"
    )
