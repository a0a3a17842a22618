"""Nobody changes what was recorded: not the application's role, not the owner, not by accident.

Each attempt is made over a real connection, and the whole log is compared before and after.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import psycopg
import pytest
from psycopg import sql

from conftest import Server
from desk.desk import KINDS, Desk
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog
from village import Village

DENIED = "42501"  # insufficient_privilege
EVENT = """gen_random_uuid(), 1, {position}, gen_random_uuid(), NULL, now(), 'x', 'x', ''"""
EVENT_COLUMNS = """(originator_id, originator_version, notification_id, event_id, club_id,
    recorded_at, topic, actor, state)"""

CHANGES = [
    "UPDATE log.events SET actor = 'x'",
    "UPDATE log.events SET actor = actor WHERE false",
    "DELETE FROM log.events",
    "DELETE FROM log.events WHERE notification_id = 1",
    "TRUNCATE log.events",
    "TRUNCATE log.events CASCADE",
    """MERGE INTO log.events e USING log.events s ON e.event_id = s.event_id
       WHEN MATCHED THEN UPDATE SET actor = 'x'""",
    """MERGE INTO log.events e USING log.events s ON e.event_id = s.event_id
       WHEN MATCHED THEN DELETE""",
    "UPDATE log.commands SET reply = '{}'",
    "DELETE FROM log.commands",
    "TRUNCATE log.commands",
    "UPDATE log.entities SET originator_id = entity_id",
    "DELETE FROM log.entities",
    "TRUNCATE log.entities",
    "UPDATE log.attachments SET content = ''",
    "DELETE FROM log.attachments",
    "TRUNCATE log.attachments",
]

REFUSED_TO_THE_APPLICATION = [
    *CHANGES,
    # Rows in past the function, with a position of one's own or under another's.
    f"INSERT INTO log.events {EVENT_COLUMNS} VALUES ({EVENT.format(position=999_999)})",
    f"INSERT INTO log.events {EVENT_COLUMNS} VALUES ({EVENT.format(position='DEFAULT')})",
    "INSERT INTO log.events (topic) VALUES ('x')",
    """INSERT INTO log.events SELECT * FROM log.events
       ON CONFLICT (event_id) DO UPDATE SET actor = 'x'""",
    f"""MERGE INTO log.events e USING (SELECT 1) AS one ON false
        WHEN NOT MATCHED THEN INSERT {EVENT_COLUMNS} VALUES ({EVENT.format(position=999_999)})""",
    "COPY log.events FROM STDIN",
    "INSERT INTO log.commands VALUES ('x', 'x', '', '{}', gen_random_uuid(), 1)",
    "INSERT INTO log.entities VALUES (gen_random_uuid(), gen_random_uuid())",
    "INSERT INTO log.snapshots VALUES (gen_random_uuid(), 1, 'x', '')",
    "INSERT INTO log.attachments VALUES (sha256('x'), 'x')",
    "UPDATE log.snapshots SET state = ''",
    "DELETE FROM log.snapshots",
    "TRUNCATE log.snapshots",
    "UPDATE keys.data_keys SET wrapped = ''",
    "DELETE FROM keys.data_keys",
    "TRUNCATE keys.data_keys",
    "UPDATE public.sochung_migrations SET checksum = ''",
    "DELETE FROM public.sochung_migrations",
    # Locks that would stop everybody's appends.
    "BEGIN; LOCK TABLE log.events IN SHARE MODE",
    "BEGIN; LOCK TABLE log.events IN EXCLUSIVE MODE",
    "BEGIN; LOCK TABLE log.events IN ACCESS EXCLUSIVE MODE",
    "SELECT 1 FROM log.events FOR UPDATE",
    # The guards themselves.
    "ALTER TABLE log.events DISABLE TRIGGER append_only",
    "ALTER TABLE log.events DISABLE TRIGGER ALL",
    "ALTER TABLE log.events ENABLE REPLICA TRIGGER append_only",
    "ALTER TABLE log.events DROP CONSTRAINT events_one_version",
    "ALTER TABLE log.events RENAME TO old_events",
    "ALTER TABLE log.events SET SCHEMA read",
    "ALTER TABLE log.events OWNER TO sochung_app",
    "DROP TRIGGER append_only ON log.events",
    "CREATE TRIGGER mine BEFORE INSERT ON log.events EXECUTE FUNCTION log.refuse_change()",
    "CREATE RULE mine AS ON INSERT TO log.events DO INSTEAD NOTHING",
    "CREATE INDEX ON log.events (actor)",
    "DROP TABLE log.events",
    "DROP SCHEMA log CASCADE",
    "SET session_replication_role = replica",
    # Things of one's own where they would be taken for the log's.
    "CREATE TABLE log.mine (i int)",
    "CREATE TABLE keys.mine (i int)",
    "CREATE TABLE public.mine (i int)",
    "CREATE FUNCTION log.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE SCHEMA mine",
    "CREATE TABLE read.mine () INHERITS (log.events)",
    "CREATE TABLE read.mine (id uuid REFERENCES log.events (event_id))",
    # Becoming somebody else.
    "SET ROLE sochung_owner",
    "SET SESSION AUTHORIZATION sochung_owner",
    "ALTER ROLE sochung_app SUPERUSER",
    "CREATE ROLE mine",
    "GRANT sochung_owner TO sochung_app",
    # The server's files and programs.
    "COPY log.events FROM PROGRAM 'true'",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/sochung-out'",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/hostname')",
    "ALTER SYSTEM SET fsync = off",
    "SELECT pg_reload_conf()",
    "SELECT pg_switch_wal()",
]

REFUSED_OTHERWISE = [
    ("SELECT setval('log.events_notification_id_seq', 1)", "42P01"),  # there is no sequence
    ("SET fsync = off", "55P02"),  # not at run time
]


@dataclass(frozen=True)
class Place:
    """A database with a village's log in it."""

    name: str
    log: EventLog

    def contents(self) -> list[tuple[object, ...]]:
        with self.log.database.connection() as connection:
            return [
                row
                for table in ("events", "commands", "entities", "snapshots")
                for row in connection.execute(f"SELECT * FROM log.{table} ORDER BY 1, 2")
            ]


@pytest.fixture(scope="module")
def place(server: Server, template: str) -> Iterator[Place]:
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        log = EventLog(Database(server.app(name)), KINDS)
        desk = Desk(log, KeyRing(log.database, MasterKey(secrets.token_bytes(32))))
        village = Village(desk, capital=10_000_000)
        loan = village.lent(village.member("Nguyễn Thị Lan"), 5_000_000)
        village.repaid(loan, 535_000, date(2026, 4, 10))
        yield Place(name, log)
        log.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def check_refused(place: Place, address: str, statement: str, sqlstate: str = DENIED) -> None:
    before = place.contents()
    assert before
    with psycopg.connect(address, autocommit=True) as connection:
        with pytest.raises(psycopg.Error) as caught:
            connection.execute(statement.encode())
        assert caught.value.sqlstate == sqlstate, caught.value
    assert place.contents() == before


@pytest.mark.parametrize("statement", REFUSED_TO_THE_APPLICATION)
def test_the_application_is_refused(server: Server, place: Place, statement: str) -> None:
    check_refused(place, server.app(place.name), statement)


@pytest.mark.parametrize(("statement", "sqlstate"), REFUSED_OTHERWISE)
def test_the_application_is_refused_for_another_reason(
    server: Server, place: Place, statement: str, sqlstate: str
) -> None:
    check_refused(place, server.app(place.name), statement, sqlstate)


def test_the_application_can_neither_replace_nor_drop_the_functions_of_the_log(
    server: Server, place: Place
) -> None:
    with psycopg.connect(server.app(place.name)) as connection:
        functions = connection.execute(
            """SELECT oid::regprocedure::text, pg_get_functiondef(oid)
               FROM pg_proc WHERE pronamespace = 'log'::regnamespace"""
        ).fetchall()
    assert len(functions) >= 3
    for name, definition in functions:
        for statement in (
            definition,
            f"DROP FUNCTION {name}",
            f"ALTER FUNCTION {name} SECURITY INVOKER",
            f"ALTER FUNCTION {name} RESET search_path",
            f"ALTER FUNCTION {name} OWNER TO sochung_app",
        ):
            check_refused(place, server.app(place.name), statement)


def test_the_application_may_read_the_tables_of_the_log_and_nothing_else(
    server: Server, place: Place
) -> None:
    """Also the tables that a later migration will add."""
    with psycopg.connect(server.app(place.name)) as connection:
        rights = connection.execute(
            """SELECT c.relname::text, p.name
               FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',
                                             'REFERENCES', 'TRIGGER']) AS p(name)
               WHERE c.relnamespace = 'log'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S')
                 AND CASE WHEN c.relkind = 'S' THEN true
                          ELSE has_table_privilege(c.oid, p.name)
                               OR p.name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                                  AND has_any_column_privilege(c.oid, p.name) END"""
        ).fetchall()
    assert {table for table, _ in rights} >= {"events", "commands", "entities", "snapshots"}
    assert {right for _, right in rights} == {"SELECT"}


def test_no_sequence_gives_out_positions(server: Server, place: Place) -> None:
    with psycopg.connect(server.admin(place.name)) as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'S'"
            " AND relnamespace IN ('log'::regnamespace, 'keys'::regnamespace)"
        )
        assert found.fetchall() == []


def test_temporary_tables_and_a_search_path_do_not_mislead_the_append(
    server: Server, database_name: str
) -> None:
    """The function runs as the owner: nothing of the caller's may stand in for what it names."""
    log = EventLog(Database(server.app(database_name), size=1), KINDS)
    with log.database.connection() as mine:
        for table in ("events", "commands", "entities"):
            mine.execute(f"CREATE TEMP TABLE {table} (LIKE log.{table})")
        mine.execute(
            """CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz
               LANGUAGE sql AS $$SELECT 'epoch'::timestamptz$$"""
        )
        mine.execute("SET search_path = pg_temp, read, log, pg_catalog")
    Village(Desk(log, KeyRing(log.database, MasterKey(b"k" * 32))), capital=1)
    head = log.head()
    with log.database.connection() as mine:
        assert mine.execute("SELECT count(*) FROM pg_temp.events").fetchone() == (0,)
        epoch = "SELECT count(*), min(recorded_at) > '2020-01-01' FROM log.events"
        assert mine.execute(epoch).fetchone() == (head, True)
    log.close()


@pytest.mark.parametrize("statement", CHANGES)
def test_the_owner_is_refused_by_the_trigger(server: Server, place: Place, statement: str) -> None:
    check_refused(place, server.owner(place.name), statement)


@pytest.mark.parametrize("statement", CHANGES)
def test_an_administrator_is_refused_by_the_trigger_whatever_replication_role_is_set(
    server: Server, place: Place, statement: str
) -> None:
    for role in ("origin", "replica", "local"):
        check_refused(
            place, server.admin(place.name), f"SET session_replication_role = {role}; {statement}"
        )


def test_every_table_that_may_not_change_has_its_trigger_set_to_always(
    server: Server, place: Place
) -> None:
    with psycopg.connect(server.app(place.name)) as connection:
        guarded = connection.execute(
            """SELECT c.relname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
               WHERE t.tgenabled = 'A' AND c.relnamespace = 'log'::regnamespace
                 AND t.tgfoid = 'log.refuse_change()'::regprocedure"""
        ).fetchall()
    assert {name for (name,) in guarded} >= {"events", "commands", "entities"}


@pytest.mark.parametrize("always", [False, True])
def test_the_control_walks_past_a_trigger_that_is_not_set_to_always(
    server: Server, database_name: str, always: bool
) -> None:
    with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
        connection.execute("CREATE TABLE log.scratch AS SELECT 1 AS amount")
        connection.execute(
            """CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.scratch
               EXECUTE FUNCTION log.refuse_change()"""
        )
        if always:
            connection.execute("ALTER TABLE log.scratch ENABLE ALWAYS TRIGGER append_only")
        change = sql.SQL("UPDATE log.scratch SET amount = 2")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(change)
        connection.execute("SET session_replication_role = replica")
        if always:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change)
        else:
            connection.execute(change)
        left = connection.execute("SELECT amount FROM log.scratch").fetchone()
        assert left == ((1,) if always else (2,))
