"""Who may do what in the database: everything there is, against a table written by hand.

A table or function without a line here fails the build, and so does a right nobody wrote down.
"""

import psycopg
import pytest

from conftest import Server
from projections.follower import PROJECTIONS, Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.provision import APP, BACKUP, FOLLOWER, INTEGRATOR, MIGRATE, OWNER, READ, ROLES

# The owner's rights are not written down: it has all on what it owns, and MIGRATE is it.
SERVING = (APP, FOLLOWER, INTEGRATOR, READ, BACKUP)

# r: SELECT, a: INSERT, w: UPDATE, d: DELETE, D: TRUNCATE, x: REFERENCES, t: TRIGGER
LETTERS = {
    "SELECT": "r",
    "INSERT": "a",
    "UPDATE": "w",
    "DELETE": "d",
    "TRUNCATE": "D",
    "REFERENCES": "x",
    "TRIGGER": "t",
}
ALL = "rawdDxt"

#                            app    follower integrator read  backup
TABLES = {
    "log.events":           ("r",   "r",     "r",       "r",  "r"),
    "log.entities":         ("r",   "",      "",        "r",  "r"),
    "log.commands":         ("r",   "",      "",        "",   "r"),
    "log.snapshots":        ("r",   "",      "",        "",   "r"),
    "log.attachments":      ("r",   "",      "",        "",   "r"),
    "keys.data_keys":       ("ra",  "",      "",        "",   "r"),
    "keys.destroyed":       ("r",   "",      "",        "",   "r"),
    "keys.epochs":          ("r",   "",      "",        "",   "r"),
    "keys.people":          ("r",   "rawd",  "",        "r",  "r"),
    "keys.followed":        ("r",   "rawd",  "",        "r",  "r"),
    "evidence.tiles":       ("r",   "",      "raw",     "r",  "r"),
    "evidence.checkpoints": ("r",   "",      "ra",      "r",  "r"),
    # Secrets as hashes, sessions, tries: they change, and only those who serve see them.
    **{
        f"access.{table}": ("rawd", "", "", "", "r")
        for table in (
            *("accounts", "names", "sessions", "tokens"),
            *("reset_codes", "identities", "tries"),
        )
    },
    "access.log":           ("r",   "",      "",        "r",  "r"),
    "public.sochung_migrations": ("r", "r",  "",        "",   "r"),
    # The follower owns the read models: it makes, fills and swaps them.
    "read.*":               ("r",   ALL,     "",        "r",  "r"),
}  # fmt: skip

FUNCTIONS = {
    "log.append": (APP,),
    "log.keep_snapshot": (APP,),
    "log.keep_attachment": (APP,),
    "keys.destroy": (APP,),
    "keys.begin_first_epoch": (APP,),
    "keys.begin_epoch": (APP,),
    "keys.hold_still": (APP,),
    "keys.refuse_old_epoch": (),
    "log.refuse_change": (),
    "log.refuse_one_hand": (),
    "log.of_two_hands": (),
    "log.entries_of": (),
    "log.one_log_in": (APP,),
    "evidence.refuse_rewriting": (),
    "access.sees_all": (APP, READ),
    "access.clubs": (APP, READ),
    "access.people": (APP, READ),
    "access.note": (APP, READ),
    "access.all_places": (APP, READ),
    "access.named_at_the_door": (APP, READ),
}

#              who may use what is in it; who may make things there
SCHEMAS = {
    "log": (SERVING, ()),
    "keys": ((APP, FOLLOWER, READ, BACKUP), ()),
    "evidence": ((APP, INTEGRATOR, READ, BACKUP), ()),
    "access": ((APP, FOLLOWER, READ, BACKUP), ()),
    "read": ((APP, FOLLOWER, READ, BACKUP), (FOLLOWER,)),
    "public": (SERVING, ()),
}


@pytest.fixture
def administrator(server: Server, database: Database, database_name: str):
    """A followed database, looked at by whoever sees every right."""
    Follower(database, KeyRing(database, MasterKey(b"k" * 32))).catch_up()
    with psycopg.connect(server.admin(database_name)) as connection:
        yield connection


def test_every_right_on_every_table_is_written_down(administrator: psycopg.Connection) -> None:
    rows = administrator.execute(
        """SELECT c.oid::regclass::text, r.name, p.name,
                  has_table_privilege(r.name, c.oid, p.name)
                  OR p.name IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                     AND has_any_column_privilege(r.name, c.oid, p.name)
           FROM pg_class c, unnest(%s::text[]) AS r(name),
                unnest(%s::text[]) WITH ORDINALITY AS p(name, n)
           WHERE c.relnamespace::regnamespace::text = ANY (%s) AND c.relkind IN ('r','p','v','m')
           ORDER BY 1, p.n""",
        (list(SERVING), list(LETTERS), list(SCHEMAS)),
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, role, right, has in rows:
        table = f"public.{table}" if "." not in table else table
        rights = found.setdefault(table, dict.fromkeys(SERVING, ""))
        rights[role] += LETTERS[right] * has
    models = {table: rights for table, rights in found.items() if table.startswith("read.")}
    assert len(models) == 1 + sum(len(p.tables) for p in PROJECTIONS)
    for table, rights in models.items():
        assert tuple(rights.values()) == TABLES["read.*"], table
    others = {table: tuple(rights.values()) for table, rights in found.items()}
    assert {t: r for t, r in others.items() if t not in models} == {
        t: r for t, r in TABLES.items() if t != "read.*"
    }


def test_every_right_on_every_function_is_written_down(administrator: psycopg.Connection) -> None:
    rows = administrator.execute(
        """SELECT p.pronamespace::regnamespace || '.' || p.proname, r.name,
                  has_function_privilege(r.name, p.oid, 'EXECUTE')
           FROM pg_proc p, unnest(%s::text[]) AS r(name)
           WHERE p.pronamespace::regnamespace::text = ANY (%s)""",
        (list(SERVING), list(SCHEMAS)),
    ).fetchall()
    found: dict[str, set[str]] = {}
    for function, role, may in rows:
        found.setdefault(function, set()).update({role} if may else ())
    assert found == {name: set(roles) for name, roles in FUNCTIONS.items()}


def test_every_right_on_every_schema_is_written_down(administrator: psycopg.Connection) -> None:
    rows = administrator.execute(
        """SELECT n.nspname::text, r.name, has_schema_privilege(r.name, n.oid, 'USAGE'),
                  has_schema_privilege(r.name, n.oid, 'CREATE')
           FROM pg_namespace n, unnest(%s::text[]) AS r(name)
           WHERE n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'""",
        (list(SERVING),),
    ).fetchall()
    assert {row[0] for row in rows} == set(SCHEMAS)
    assert {(s, r) for s, r, use, _ in rows if use} == {
        (schema, role) for schema, (use, _) in SCHEMAS.items() for role in use
    }
    assert {(s, r) for s, r, _, make in rows if make} == {
        (schema, role) for schema, (_, make) in SCHEMAS.items() for role in make
    }


def test_who_is_a_member_of_whom(administrator: psycopg.Connection) -> None:
    rows = administrator.execute(
        """SELECT m.rolname::text, g.rolname::text FROM pg_auth_members a
           JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid
           WHERE m.rolname = ANY (%s)""",
        (list(ROLES),),
    ).fetchall()
    assert set(rows) == {
        (OWNER, APP),
        (OWNER, FOLLOWER),
        (MIGRATE, OWNER),
        (APP, READ),
        (BACKUP, "pg_read_all_data"),
    }


def test_no_role_of_ours_is_powerful_and_the_owner_cannot_log_in(
    administrator: psycopg.Connection,
) -> None:
    rows = administrator.execute(
        """SELECT rolname::text, rolcanlogin, rolbypassrls, rolsuper OR rolcreaterole
                  OR rolcreatedb OR rolreplication FROM pg_roles WHERE rolname = ANY (%s)""",
        (list(ROLES),),
    ).fetchall()
    assert {name for name, *_, powerful in rows if powerful} == set()
    assert {name for name, _, sees_all, _ in rows if sees_all} == {BACKUP}
    assert not {name for name, logs_in, *_ in rows if logs_in} & {OWNER, READ}


def test_everybody_who_waits_waits_within_limits(administrator: psycopg.Connection) -> None:
    rows = administrator.execute(
        "SELECT rolname::text, rolconfig FROM pg_roles WHERE rolname = ANY (%s)", (list(ROLES),)
    ).fetchall()
    limited = {name: {one.split("=")[0] for one in config or ()} for name, config in rows}
    assert {name for name in SERVING if "lock_timeout" not in limited[name]} == set()
    # A whole copy, and a migration, take as long as they take.
    assert {name for name in SERVING if "statement_timeout" not in limited[name]} == {BACKUP}


def test_the_same_limits_hold_for_a_log_in_that_is_a_member(database: Database) -> None:
    for one in (database, database.under(FOLLOWER)):
        with one.connection() as connection:
            for name, value in ROLES[one.role].limits.items():
                row = connection.execute("SELECT setting FROM pg_settings WHERE name = %s", (name,))
                told = connection.execute("SELECT extract(epoch FROM %s::interval)", (value,))
                assert int(row.fetchone()[0]) == told.fetchone()[0] * 1000
