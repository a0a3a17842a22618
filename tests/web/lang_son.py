"""The clubs of Lạng Sơn on one of their meeting days, told once a run; whoever drives them drives a
copy.

All workers of a run share the telling: it is a database of the server, and that one is whole when
it has its name.
"""

import os
import secrets
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from fastapi import FastAPI

from api.app import create_app
from api.callers import COOKIE
from conftest import Server
from desk.desk import KINDS, Desk
from desk.people import NewPerson, say_person, sealed_person
from domain.accounts.roles import Grant, Role, Scope
from domain.clubs.club import CLUB
from domain.clubs.events import Office
from domain.histories import account_of, book_of
from domain.loans.book import BOOK, Book
from logins import EVERYTHING, NATION, account_for, granted
from projections.follower import Follower
from projections.people import names_of
from sochung.house import House
from sochung.scenario.accounts import tell_accounts
from sochung.scenario.load import load
from sochung.scenario.plan import plans
from sochung.settings import Settings
from store import passwords
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog, Work, uuid7
from store.migrate import migrate
from store.provision import ensure_database
from tests.audit.logbook import LogBook
from tests.web.service import following, listening
from web.app import install

TODAY = date(2026, 11, 5)
"""The day the first club meets; its story is told up to the evening before."""
NOW = datetime(2026, 11, 5, 2, 0, tzinfo=UTC)
CLUB_ID = plans()[0].club_id
PASSWORD, PIN = "ghi cho đúng", "240159"

_BEYOND_CLUBS = (Role.PROVINCIAL_OFFICER, Role.ADMINISTRATOR)
_OF_CLUBS = {*Role} - {Role.COMMUNE_OFFICER, Role.RELATIVE, *_BEYOND_CLUBS}
_RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or secrets.token_hex(6)
_TELLING, _USING = (int(sha256(part).hexdigest()[:12], 16) for part in (b"telling", b"using"))
_MASTER = sha256(_RUN.encode()).digest()


@contextmanager
def told_once(server: Server) -> Iterator[str]:
    """The name of the database that is copied; the last worker to let go of it drops it."""
    name = f"sochung_lang_son_{_RUN[:12]}"
    with psycopg.connect(server.admin(), autocommit=True) as held:
        held.execute("SELECT pg_advisory_lock(%s)", (_TELLING,))
        if not held.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            _tell(server, f"{name}_told")
            held.execute(f"ALTER DATABASE {name}_told RENAME TO {name}")
        held.execute("SELECT pg_advisory_lock_shared(%s)", (_USING,))
        held.execute("SELECT pg_advisory_unlock(%s)", (_TELLING,))
        yield name
        held.execute("SELECT pg_advisory_lock(%s)", (_TELLING,))
        held.execute("SELECT pg_advisory_unlock_shared(%s)", (_USING,))
        last = held.execute("SELECT pg_try_advisory_lock(%s)", (_USING,)).fetchone()
        if last == (True,):
            held.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _tell(server: Server, name: str) -> None:
    ensure_database(server.admin(), name)
    migrate(server.owner(name))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            home=Path(folder),
            DATABASE_URL=server.app(name),  # type: ignore[call-arg]
            master_key=b64encode(_MASTER).decode(),
        )
        with House(settings, clock) as opened:
            load(opened, TODAY - timedelta(days=1), lambda *_: None)
            tell_accounts(opened.desk, plans()[0], PASSWORD)
            _tell_more_accounts(opened.desk)
            opened.follower.catch_up(600)
        LogBook(server.integrator(name), server.admin(name), Path(folder)).sign()


def _tell_more_accounts(desk: Desk) -> None:
    """Log-ins that the demo has not: the secretary, a borrower, their relative, auditors of last
    year's books, and somebody who is everything; and PINs of the board."""
    club = desk.log.load(CLUB, CLUB_ID).state
    assert club is not None
    board = {holder.office: holder.person_id for holder in club.board}
    lent = sorted(book(desk).loans.values(), key=lambda loan: str(loan.borrower_id))
    borrower, everybody = lent[0].borrower_id, lent[1].borrower_id
    relative = next(
        id for id, one in sorted(club.members.items())
        if one.left_on is None and id not in (*board.values(), *(one.borrower_id for one in lent))
    )  # fmt: skip
    here = Scope(kind="club", id=str(CLUB_ID))
    last_year = {"books_from": date(2025, 1, 1), "books_to": date(2025, 12, 31)}
    since_then = {"books_from": date(2026, 1, 1)}
    more = {
        "thuky": (board[Office.SECRETARY], [granted(Role.SECRETARY, here)]),
        "hoivien": (borrower, [granted(Role.MEMBER, here)]),
        "nguoithan": (
            relative,
            [granted(Role.RELATIVE, Scope(kind="person", id=str(borrower)))],
        ),
        "kiemtoan.2025": (_newcomer(desk), [granted(Role.AUDITOR, here, **last_year)]),
        "kiemtoan.2026": (_newcomer(desk), [granted(Role.AUDITOR, here, **since_then)]),
        "moivai": (everybody, _every_role(here)),
    }
    for user, (person_id, grants) in more.items():
        account_id = account_for(desk, person_id, grants, user)
        desk.access.set_password(account_id, passwords.hashed(PASSWORD), desk.clock())
    administrator = desk.access.named("quantri")
    assert administrator is not None
    for person_id in (*board.values(), administrator.person_id):
        account_id = account_of(person_id)
        pin = passwords.hashed(desk.access.peppered(account_id, PIN))
        desk.access.set_pin(account_id, pin)


def _newcomer(desk: Desk) -> UUID:
    person_id = uuid7()
    sealed = sealed_person(desk, person_id, NewPerson(name="Kiểm Toán Viên"))

    def work(unit: Work) -> str:
        say_person(unit, person_id, sealed, TODAY)
        return "{}"

    desk.log.carry_out(work, actor="system")
    return person_id


def _every_role(here: Scope) -> list[Grant]:
    of_club = [
        one.model_copy(update={"scope": here}) for one in EVERYTHING if one.role in _OF_CLUBS
    ]
    return [*of_club, *(granted(role, NATION) for role in _BEYOND_CLUBS)]


def clock() -> datetime:
    return NOW


def book(desk: Desk) -> Book:
    """The first club's, as it stands now."""
    found = desk.log.load(BOOK, book_of(CLUB_ID)).state
    assert found is not None
    return found


@dataclass
class LangSon:
    """A copy of it, served."""

    desk: Desk
    app: FastAPI
    address: str

    @property
    def book(self) -> Book:
        return book(self.desk)

    def told(self, since: int, actor: UUID | None = None) -> list[str]:
        """The topics of what was recorded after a position, in its order; of one person alone."""
        with self.app.state.parts.database.connection() as connection:
            rows = connection.execute(
                """SELECT topic FROM log.events
                   WHERE notification_id > %s AND (%s::text IS NULL OR actor = %s)
                   ORDER BY notification_id""",
                (since, *(2 * [actor and str(actor)])),
            ).fetchall()
        return [topic for (topic,) in rows]

    def name(self, person_id: UUID) -> str:
        with self.app.state.parts.database.connection() as connection:
            return names_of(connection, [person_id])[person_id]

    def owes(self, person_id: UUID) -> bool:
        return any(loan.borrower_id == person_id for loan in self.book.loans.values())

    def person(self, user: str) -> UUID:
        """Whose log-in it is."""
        known = self.desk.access.named(user)
        assert known is not None, user
        return known.person_id

    def cookie(self, user: str) -> dict[str, Any]:
        """Somebody's session, for whoever is not about the door."""
        token, _ = self.desk.access.begin(
            account_of(self.person(user)), "máy thử", self.desk.clock(), fresh=False
        )
        return {"name": COOKIE, "value": token, "url": self.address, "expires": 2_000_000_000}


@contextmanager
def copied(server: Server, told: str) -> Iterator[LangSon]:
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {told} OWNER sochung_owner")
        try:
            with _served(server, name) as served:
                yield served
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def _served(server: Server, name: str) -> Iterator[LangSon]:
    database, beside = (Database(server.app(name), size=size) for size in (12, 4))
    keys = KeyRing(database, MasterKey(_MASTER))
    desk = Desk(EventLog(database, KINDS), keys, clock)
    follower = Follower(beside, KeyRing(beside, keys.master))
    app = create_app(database, follower, keys, desk, wait_seconds=60, deadline_seconds=120)
    install(app)
    with following(follower), listening(app) as address:
        yield LangSon(desk, app, address)
    beside.close()
    database.close()
