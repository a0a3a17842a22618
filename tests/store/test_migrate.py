"""Migrations: each once, whole or not at all, never edited; no program older than its data."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier

import psycopg
import pytest

import store
from conftest import Server
from store.migrate import MigrationsDiffer, is_current, migrate, migrations
from store.provision import ensure_database

STORE = Path(store.__file__).parent
NAMES = [name for name, _ in migrations()]

# Says what was applied, or which error came. The address may hold a password: not an argument.
MIGRATE = """
import json, sys
import psycopg
import store
from store.migrate import MigrationsDiffer, migrate
try:
    print(json.dumps(migrate(sys.stdin.read())))
except (MigrationsDiffer, psycopg.Error) as error:
    print(json.dumps(type(error).__name__))
"""


@pytest.fixture
def empty(server: Server) -> Iterator[str]:
    """A database without anything."""
    name = f"sochung_test_{secrets.token_hex(6)}"
    ensure_database(server.admin(), name)
    yield name
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class Program:
    """Another version of this program: a copy of `store/` whose migrations may be changed."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        (self.folder / "store" / "migrations" / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.folder / "store" / "migrations" / name).read_text(encoding="utf-8")

    def migrate(self, address: str) -> list[str] | str:
        done = subprocess.run(
            [sys.executable, "-c", MIGRATE],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), *sys.path])},
            input=address,
            capture_output=True,
            text=True,
            check=True,
        )
        answer: list[str] | str = json.loads(done.stdout)
        return answer


@pytest.fixture
def program(tmp_path: Path) -> Program:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(STORE, tmp_path / "store", ignore=ignored)
    return Program(tmp_path)


def applied(server: Server, name: str) -> list[str]:
    with psycopg.connect(server.admin(name)) as connection:
        rows = connection.execute("SELECT name FROM public.sochung_migrations ORDER BY 1")
        return [row[0] for row in rows]


def exists(server: Server, name: str, table: str) -> bool:
    with psycopg.connect(server.admin(name)) as connection:
        row = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
    return row == (True,)


def current(server: Server, name: str) -> bool:
    with psycopg.connect(server.app(name)) as connection:
        return is_current(connection)


def test_an_empty_database_gets_every_migration_once(server: Server, empty: str) -> None:
    assert not current(server, empty)
    assert migrate(server.owner(empty)) == NAMES
    assert current(server, empty)
    assert migrate(server.owner(empty)) == []
    assert applied(server, empty) == NAMES


def test_four_migrations_at_once_apply_each_file_once(server: Server, empty: str) -> None:
    together = Barrier(4)

    def starting(_: int) -> list[str]:
        together.wait()
        return migrate(server.owner(empty))

    with ThreadPoolExecutor(4) as threads:
        done = sorted(threads.map(starting, range(4)))
    assert done == [[], [], [], NAMES]
    assert applied(server, empty) == NAMES
    assert current(server, empty)


def test_everything_that_was_made_belongs_to_the_owner_or_is_a_read_model(
    server: Server, empty: str
) -> None:
    migrate(server.owner(empty))
    with psycopg.connect(server.admin(empty)) as connection:
        owners = connection.execute(
            """SELECT DISTINCT c.relnamespace::regnamespace::text, pg_get_userbyid(c.relowner)::text
               FROM pg_class c
               WHERE c.relnamespace::regnamespace::text IN ('log', 'keys', 'public')"""
        ).fetchall()
    assert {owner for _, owner in owners} == {"sochung_owner"}


def test_an_edited_migration_is_refused_and_nothing_is_applied(
    server: Server, empty: str, program: Program
) -> None:
    migrate(server.owner(empty))
    program.write("0900_new.sql", "CREATE TABLE log.new (i int);")
    program.write(NAMES[0], program.read(NAMES[0]) + "\n-- a harmless remark\n")
    assert program.migrate(server.owner(empty)) == "MigrationsDiffer"
    assert applied(server, empty) == NAMES
    assert not exists(server, empty, "log.new")


def test_a_failing_migration_is_rolled_back_whole_and_can_be_mended(
    server: Server, empty: str, program: Program
) -> None:
    program.write("0900_good.sql", "CREATE TABLE log.good (i int);")
    program.write("0901_bad.sql", "CREATE TABLE log.half (i int); SELECT 1/0;")
    program.write("0902_never.sql", "CREATE TABLE log.never (i int);")
    assert program.migrate(server.owner(empty)) == "DivisionByZero"
    assert applied(server, empty) == [*NAMES, "0900_good.sql"]
    assert exists(server, empty, "log.good")
    assert not exists(server, empty, "log.half")
    assert not exists(server, empty, "log.never")

    program.write("0901_bad.sql", "CREATE TABLE log.half (i int);")
    assert program.migrate(server.owner(empty)) == ["0901_bad.sql", "0902_never.sql"]
    assert exists(server, empty, "log.half")
    assert exists(server, empty, "log.never")


def test_a_database_whose_first_migration_failed_is_not_current(
    server: Server, empty: str, program: Program
) -> None:
    """The application may ask at any moment, also before there is anything to read."""
    program.write("0000_bad.sql", "SELECT 1/0;")
    assert program.migrate(server.owner(empty)) == "DivisionByZero"
    assert applied(server, empty) == []
    assert not current(server, empty)


def test_a_database_ahead_of_the_program_is_refused(
    server: Server, empty: str, program: Program
) -> None:
    program.write("0900_future.sql", "CREATE TABLE log.future (i int);")
    assert program.migrate(server.owner(empty)) == [*NAMES, "0900_future.sql"]
    with pytest.raises(MigrationsDiffer, match="0900_future"):
        migrate(server.owner(empty))
    with pytest.raises(MigrationsDiffer, match="0900_future"):
        current(server, empty)
