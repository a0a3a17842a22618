"""Start is refused where the promises of the log could not be kept."""

import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from conftest import Server
from desk.desk import KINDS
from soak.house import AS_THE_SERVER, private_server
from store.database import (
    Database,
    Unsafe,
    refuse_powerful_role,
    refuse_unsafe_server,
)
from store.embedded import EmbeddedServer
from store.log import EventLog, refuse_unsafe_option

PROMISED = ("fsync", "full_page_writes", "synchronous_commit")


# --- the library's unsafe option ---------------------------------------------------------


OPTION = "POSTGRES_ENABLE_DB_FUNCTIONS"


@pytest.mark.parametrize("value", ["y", "yes", "t", "true", "on", "1", "Y", "TRUE", "maybe"])
@pytest.mark.parametrize("name", [OPTION, f"SOCHUNG_{OPTION}", f"ANY_OTHER_{OPTION}"])
def test_start_is_refused_with_the_option_that_loses_events(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Unsafe, match=name):
        refuse_unsafe_option()
    with pytest.raises(Unsafe, match=name):  # before any server is asked
        EventLog(Database("host=/nowhere"), KINDS)


def test_start_is_granted_where_the_option_is_off(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value in ("", "n", "no", "f", "false", "off", "0", "N", "OFF"):
        monkeypatch.setenv(f"SOCHUNG_{OPTION}", value)
        assert EventLog(database, KINDS).head() == 0


# --- the server's settings ---------------------------------------------------------------


@pytest.fixture(scope="module")
def by_hand() -> Iterator[EmbeddedServer]:
    """A private server without the settings ours has on its command line, so that they change."""
    with private_server() as server:
        arguments = _arguments(server)
        server.stop()
        promised = tuple(f"{setting}=" for setting in PROMISED)
        kept = [
            part
            for option, value in zip(arguments, [*arguments[1:], ""], strict=True)
            for part in (option,)
            if not (option == "-c" and value.startswith(promised))
            and not option.startswith(promised)
        ]
        process = subprocess.Popen(
            kept, cwd="/", stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **AS_THE_SERVER
        )
        try:
            while not server.is_running():
                assert process.poll() is None
                time.sleep(0.02)
            yield server
        finally:
            server.stop()
            process.wait(30)


def _arguments(server: EmbeddedServer) -> list[str]:
    pid = (server.data / "postmaster.pid").read_text().split()[0]
    command = Path("/proc", pid, "cmdline")
    if not command.exists():
        pytest.skip("needs /proc")
    return [part.decode() for part in command.read_bytes().split(b"\0")][:-1]


@contextmanager
def admin(server: EmbeddedServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server.url("postgres", "postgres"), autocommit=True) as connection:
        yield connection


def check_start(server: EmbeddedServer) -> None:
    with psycopg.connect(server.url("postgres", "sochung_app")) as connection:
        refuse_unsafe_server(connection)


def wait_until(server: EmbeddedServer, setting: str, value: str) -> None:
    """A reload reaches new connections a moment later."""
    while True:
        with admin(server) as connection:
            if connection.execute(f"SHOW {setting}").fetchone() == (value,):
                return
        time.sleep(0.01)


@pytest.mark.parametrize("setting", PROMISED)
def test_start_is_refused_on_a_server_that_answers_before_the_data_is_safe(
    by_hand: EmbeddedServer, setting: str
) -> None:
    check_start(by_hand)
    with admin(by_hand) as connection:
        connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
        wait_until(by_hand, setting, "off")
        with pytest.raises(Unsafe, match=setting):
            check_start(by_hand)
        connection.execute(f"ALTER SYSTEM RESET {setting}")
        connection.execute("SELECT pg_reload_conf()")
        wait_until(by_hand, setting, "on")
    check_start(by_hand)


@pytest.mark.parametrize("whose", ["ROLE sochung_app", "DATABASE postgres"])
def test_start_is_refused_where_the_role_or_the_database_answers_before_the_flush(
    by_hand: EmbeddedServer, whose: str
) -> None:
    with admin(by_hand) as connection:
        connection.execute(f"ALTER {whose} SET synchronous_commit = off")
        with pytest.raises(Unsafe, match="synchronous_commit"):
            check_start(by_hand)
        connection.execute(f"ALTER {whose} SET synchronous_commit = local")
        check_start(by_hand)  # flushed here; standbys are another promise
        connection.execute(f"ALTER {whose} RESET synchronous_commit")


def test_the_embedded_server_cannot_be_configured_to_lose_entries() -> None:
    """ALTER SYSTEM may say what it likes: the settings of the command line stand above it."""
    with private_server() as server:
        with admin(server) as connection:
            for setting in PROMISED:
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
        server.stop()
        server.ensure()
        with admin(server) as connection:
            for setting in PROMISED:
                assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)
        check_start(server)


# --- the role ----------------------------------------------------------------------------


@contextmanager
def log_in(server: Server, name: str, rights: str) -> Iterator[psycopg.Connection]:
    """A session whose role was made with these rights, as a log-in role would be."""
    role = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(name), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} {rights}")
        try:
            connection.execute(f"SET SESSION AUTHORIZATION {role}")
            connection.execute("SET ROLE sochung_app")  # as `Database` does
            yield connection
        finally:
            connection.execute("RESET SESSION AUTHORIZATION")
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")


def test_the_service_may_run_as_the_application(server: Server, database_name: str) -> None:
    with psycopg.connect(server.app(database_name)) as connection:
        refuse_powerful_role(connection)
    with log_in(server, database_name, "IN ROLE sochung_app") as connection:
        refuse_powerful_role(connection)


def test_the_service_never_runs_as_owner_or_administrator(
    server: Server, database_name: str
) -> None:
    for address in (server.owner(database_name), server.admin(database_name)):
        with psycopg.connect(address) as connection, pytest.raises(Unsafe):
            refuse_powerful_role(connection)


@pytest.mark.parametrize(
    "rights",
    [
        "IN ROLE sochung_owner",
        "NOINHERIT IN ROLE sochung_owner",
        "SUPERUSER",
        "IN ROLE sochung_app, pg_write_all_data",
    ],
)
def test_the_service_never_runs_as_a_role_that_could_undo_the_log(
    server: Server, database_name: str, rights: str
) -> None:
    with log_in(server, database_name, rights) as connection, pytest.raises(Unsafe):
        refuse_powerful_role(connection)


def test_a_role_that_was_granted_a_table_of_the_log_is_refused(
    server: Server, database_name: str
) -> None:
    with log_in(server, database_name, "IN ROLE sochung_app") as connection:
        role = connection.execute("SELECT session_user::text").fetchone()
        assert role
        refuse_powerful_role(connection)
        with psycopg.connect(server.admin(database_name), autocommit=True) as other:
            other.execute(f"GRANT INSERT ON log.events TO {role[0]}")
        with pytest.raises(Unsafe):
            refuse_powerful_role(connection)


def test_a_role_set_for_the_session_does_not_hide_who_logged_in(
    server: Server, database_name: str
) -> None:
    """`Database` works as sochung_app whoever logged in; the check asks for the log-in."""
    database = Database(server.admin(database_name), size=1)
    with database.connection() as connection:
        assert connection.execute("SELECT current_user::text").fetchone() == ("sochung_app",)
        with pytest.raises(Unsafe):
            refuse_powerful_role(connection)
    database.close()
