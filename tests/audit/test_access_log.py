"""Days of the access log are sealed into the log when they are over, and checked against it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from audit.checks import run
from conftest import Server
from desk.desk import KINDS, Desk
from desk.evidence import seal_access_log
from store.database import Database
from store.readings import Kind, Looking, days_to_seal, note

LAN, NURSE = UUID(int=1), UUID(int=2)


@pytest.fixture
def look(database: Database) -> Callable[[], None]:
    def write() -> None:
        with database.transaction() as connection:
            note(connection, Kind.READ, [LAN], "health", "show_history", Looking(NURSE, None))

    return write


@pytest.fixture
def tomorrow(desk: Desk) -> Desk:
    """The same desk a day later: today is over."""
    return Desk(desk.log, desk.keys, lambda: datetime.now(UTC) + timedelta(days=1))


def sealed(database: Database) -> list[tuple[str, str]]:
    with database.connection() as connection:
        return connection.execute(
            """SELECT d ->> 'day', d ->> 'rows' FROM log.events
               CROSS JOIN LATERAL (SELECT convert_from(state, 'UTF8')::json AS d) s
               WHERE topic = 'evidence.AccessLogSealed' ORDER BY notification_id"""
        ).fetchall()


def found(database: Database) -> list[str]:
    return [one.code for one in run(database, KINDS).findings if one.check == "access-log"]


def test_a_day_is_sealed_once_it_is_over_and_only_once(
    desk: Desk, tomorrow: Desk, database: Database, look: Callable[[], None]
) -> None:
    look(), look()
    assert seal_access_log(desk, "system") == []
    assert seal_access_log(tomorrow, "system") == [desk.today]
    assert seal_access_log(tomorrow, "system") == []
    assert sealed(database) == [(desk.today.isoformat(), "2")]
    assert found(database) == []


def test_a_day_without_a_look_needs_no_seal(tomorrow: Desk, database: Database) -> None:
    assert seal_access_log(tomorrow, "system") == []
    assert sealed(database) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE access.log SET person_id = gen_random_uuid() WHERE id = 1", "access-log-differs"),
        ("UPDATE access.log SET subject_ids = '{}' WHERE id = 1", "access-log-differs"),
        ("UPDATE access.log SET at = at + interval '1 microsecond'", "access-log-differs"),
        ("DELETE FROM access.log WHERE id = 2", "access-log-differs"),
        ("DELETE FROM access.log", "access-log-differs"),
        (
            "INSERT INTO access.log (at, kind, subject_ids, purpose, what)"
            " SELECT at, kind, subject_ids, purpose, what FROM access.log LIMIT 1",
            "access-log-differs",
        ),
        (
            "INSERT INTO access.log (at, kind, subject_ids, purpose, what)"
            " SELECT at - interval '3 days', kind, subject_ids, purpose, what"
            " FROM access.log LIMIT 1",
            "access-log-unsealed",
        ),
    ],
)
def test_an_administrator_who_changes_a_sealed_day_is_found(
    server: Server,
    tomorrow: Desk,
    database: Database,
    database_name: str,
    look: Callable[[], None],
    change: str,
    code: str,
) -> None:
    look(), look()
    seal_access_log(tomorrow, "system")
    with psycopg.connect(server.admin(database_name), autocommit=True) as administrator:
        administrator.execute("ALTER TABLE access.log DISABLE TRIGGER append_only")
        administrator.execute(change.encode())
    assert found(database) == [code]


def test_a_look_that_is_still_being_written_is_waited_for(
    server: Server, tomorrow: Desk, database: Database, database_name: str
) -> None:
    with psycopg.connect(server.app(database_name)) as reading:
        note(reading, Kind.READ, [LAN], "health", "show_history", Looking(NURSE, None))
        with database.connection() as sealing:
            sealing.execute("SET lock_timeout = '100ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable), sealing.transaction():
                list(days_to_seal(sealing, None, tomorrow.clock()))
            sealing.execute("RESET lock_timeout")
        reading.commit()
    assert seal_access_log(tomorrow, "system") != []
    assert found(database) == []
