"""A true book, its read models, and the means to tamper with both.

The book is written once, through the real desk; every test gets a copy of that database.
"""

import secrets
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from desk.desk import KINDS, Desk
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog
from tests.audit.logbook import LogBook
from tests.audit.tampering import Busy, Intruder


@dataclass(frozen=True)
class Written:
    """A database with the busy club in it, to be copied."""

    name: str
    village: Busy


@pytest.fixture(scope="session")
def master() -> MasterKey:
    return MasterKey(secrets.token_bytes(32))


@pytest.fixture(scope="session")
def written(server: Any, template: str, master: MasterKey) -> Iterator[Written]:
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        database = Database(server.app(name))
        keys = KeyRing(database, master)
        village = Busy(Desk(EventLog(database, KINDS), keys))
        Follower(database, keys).catch_up(30)
        database.close()
        yield Written(name, village)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_name(server: Any, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """Empty, unless the test is about the village."""
    source = template
    if "village" in request.fixturenames:
        source = request.getfixturevalue("written").name
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source} OWNER sochung_owner")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def village(written: Written, desk: Desk) -> Busy:
    village = copy(written.village)
    village.desk = desk
    return village


@pytest.fixture
def intruder(village: Busy, server: Any, database_name: str) -> Iterator[Intruder]:
    with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
        yield Intruder(connection)


@pytest.fixture
def book(server: Any, database_name: str, tmp_path: Path) -> LogBook:
    """The evidence of the test's database; nothing is signed yet."""
    return LogBook(server.integrator(database_name), server.admin(database_name), tmp_path)


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)
