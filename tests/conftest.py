"""A real PostgreSQL for every test that needs one: the embedded server, or SOCHUNG_TEST_SERVER.

Each test gets a database of its own, made from a migrated template; nothing is mocked.
"""

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from desk.desk import KINDS, Desk
from projections.follower import Follower
from store.database import Database
from store.embedded import EmbeddedServer
from store.keys import KeyRing, MasterKey
from store.log import EventLog
from store.migrate import migrate
from store.provision import ensure_database, ensure_roles

SHARED = Path(__file__).parents[2] / "shared"

# No test comes near the database or the home of whoever runs it: a command that is run within the
# test's own process would take their address from here.
for name in os.environ.keys() - {"SOCHUNG_TEST_SERVER", "SOCHUNG_EXHAUSTIVE"}:
    if name.startswith("SOCHUNG_") or name == "DATABASE_URL":
        del os.environ[name]

# A database is some five hundred files, and each test makes and drops one: on a disk that takes a
# third of the whole run, in memory next to nothing. Crashes of the machine are not tried here.
MEMORY, MEMORY_BYTES = Path("/dev/shm"), 6_000_000_000
if (
    "TMPDIR" not in os.environ
    and MEMORY.is_dir()
    and shutil.disk_usage(MEMORY).free > MEMORY_BYTES
    and int(re.search(r"MemAvailable: +(\d+)", Path("/proc/meminfo").read_text())[1]) * 1024
    > MEMORY_BYTES
):
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@dataclass(frozen=True)
class Server:
    """Addresses of one database under each role; `name` "" is the administrator's own."""

    kind: str
    embedded: EmbeddedServer | None
    address: str
    login: str = ""

    def admin(self, name: str = "postgres") -> str:
        return self._url(name, "postgres", self.address)

    def owner(self, name: str) -> str:
        if self.embedded:
            address = self.embedded.url(name, "sochung_migrate")
            return f"{address}&options=-c%20role%3Dsochung_owner"
        return f"{self._url(name, '', self.address)}?options=-c%20role%3Dsochung_owner"

    def app(self, name: str) -> str:
        """A log-in that may do what the application may, and nothing else."""
        return self._url(name, "sochung_app", self.login)

    def integrator(self, name: str) -> str:
        """Whoever this logs in as becomes the integrator's role and may do nothing beyond it."""
        return self._url(name, "sochung_integrator", self.address)

    def _url(self, name: str, role: str, address: str) -> str:
        if self.embedded:
            return self.embedded.url(name, role)
        parts = urlsplit(address)
        return urlunsplit(parts._replace(path=f"/{name}"))


@pytest.fixture(scope="session")
def server(worker_id: str) -> Iterator[Server]:
    address = os.environ.get("SOCHUNG_TEST_SERVER")
    if address:
        ensure_roles(address, login=False)
        yield Server("given", None, address, _test_login(address, worker_id))
        return
    # Workers of one run share one server; its folder is named after the run.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(6))[:12]
    home = Path(tempfile.gettempdir()) / f"sochung-test-{run}"
    home.mkdir(mode=0o755, exist_ok=True)
    embedded = EmbeddedServer(home)
    embedded.ensure()
    ensure_roles(embedded.url("postgres", "postgres"), login=True)
    yield Server("embedded", embedded, "")
    if embedded.stop_if_idle():
        shutil.rmtree(home, ignore_errors=True)


def _test_login(address: str, worker: str) -> str:
    """A log-in role with the application's rights only, made for this run on a given server."""
    name, password = f"sochung_test_{worker}", secrets.token_hex(16)
    with psycopg.connect(address, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
            connection.execute(f"ALTER ROLE {name} LOGIN PASSWORD '{password}'")
        else:
            connection.execute(
                f"CREATE ROLE {name} LOGIN PASSWORD '{password}'"
                " IN ROLE sochung_app, sochung_follower"
            )
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{name}:{password}@{host}"))


@pytest.fixture(scope="session")
def template(server: Server, worker_id: str) -> Iterator[str]:
    name = f"sochung_test_{worker_id}_{secrets.token_hex(3)}"
    ensure_database(server.admin(), name)
    migrate(server.owner(name))
    # Some sixty statements make the read models: once, not in each test.
    database = Database(server.app(name))
    Follower(database, KeyRing(database, MasterKey(bytes(32)))).catch_up()
    database.close()
    yield name
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def fresh_desk(server: Server, template: str) -> Iterator[tuple[Database, Desk]]:
    """A desk on a database of its own, for whoever shares one among many tests."""
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        database = Database(server.app(name), size=12)
        keys = KeyRing(database, MasterKey(secrets.token_bytes(32)))
        yield database, Desk(EventLog(database, KINDS), keys)
        database.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_name(server: Server, template: str) -> Iterator[str]:
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(server: Server, database_name: str) -> Iterator[Database]:
    database = Database(server.app(database_name), size=12)
    yield database
    database.close()


@pytest.fixture
def master() -> MasterKey:
    return MasterKey(secrets.token_bytes(32))


@pytest.fixture
def log(database: Database) -> EventLog:
    return EventLog(database, KINDS)


@pytest.fixture
def key_database(database: Database) -> Database:
    """Where the data keys lie: beside the log, unless a module says otherwise."""
    return database


@pytest.fixture
def other_database(server: Server, template: str) -> Iterator[Database]:
    """A second database of this program, as one that keeps the data keys alone."""
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        other = Database(server.app(name), size=4)
        yield other
        other.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def desk(log: EventLog, key_database: Database, master: MasterKey) -> Desk:
    return Desk(log, KeyRing(key_database, master))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The two clubs' books that lie beside the repository."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("the shared folder with the clubs' books is not beside this checkout")
    return folder
