"""A database into a file and back, by PostgreSQL's own programs.

Read models are left out, and so is the index of names: they are rebuilt from the log and the keys,
which also proves that they can be; and a name that is erased later stands in no backup.
"""

import subprocess
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from domain.errors import Unavailable
from store.binaries import find_binaries
from store.provision import ensure_read_models

# What somebody ended since must not come back to life with an older backup.
_ENDING = ("sessions", "tokens", "reset_codes", "identities", "tries")
_SERVER_TOO_NEW = "server version mismatch"


def dump(url: str, out: Path) -> None:
    """Everything but the read models and open log-ins, as of one instant. Raises `Unavailable`."""
    rows = ("keys.people", "keys.followed", *(f"access.{table}" for table in _ENDING))
    left_out = (f"--exclude-table-data={table}" for table in rows)
    _run("pg_dump", "--format=custom", "--exclude-schema=read", *left_out, f"--file={out}", url)


def restore(admin_url: str, name: str, source: Path) -> None:
    """Into an empty database of that name, with an empty room for the read models."""
    _run("pg_restore", "--exit-on-error", f"--dbname={admin_url}", str(source))
    with psycopg.connect(admin_url, autocommit=True) as connection:
        ensure_read_models(connection)
        connection.execute("ANALYZE")


def carry_keys(source: str, target: str) -> bool:
    """The living keys of a database take the place of those in its older copy.

    They were wrapped anew since, perhaps, and those destroyed since stay destroyed. False where
    the database has none: the copy's own then have to do.
    """
    tables = ("epochs", "destroyed", "data_keys")
    with psycopg.connect(source) as living, psycopg.connect(target) as copy:
        made = living.execute("SELECT to_regclass('keys.epochs') IS NOT NULL").fetchone()
        if not (
            made and made[0] and living.execute("SELECT 1 FROM keys.data_keys LIMIT 1").fetchone()
        ):
            return False
        for table in tables:
            name = SQL("{}").format(Identifier("keys", table))
            copy.execute(SQL("DELETE FROM {}").format(name))
            with (
                living.cursor().copy(SQL("COPY {} TO STDOUT").format(name)) as rows,
                copy.cursor().copy(SQL("COPY {} FROM STDIN").format(name)) as taking,
            ):
                for row in rows:
                    taking.write(row)
    return True


def drop(admin_url: str, name: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def take_place(admin_url: str, name: str, fresh: str, aside: str) -> None:
    """The fresh database goes by the name; what went by it is kept aside, not dropped."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for database in (name, fresh):
            connection.execute(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = %s AND pid <> pg_backend_pid()""",
                (database,),
            )
        with connection.transaction():
            for old, new in ((name, aside), (fresh, name)):
                known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (old,))
                if known.fetchone():
                    connection.execute(
                        SQL("ALTER DATABASE {} RENAME TO {}").format(
                            Identifier(old), Identifier(new)
                        )
                    )


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603  PostgreSQL's own programs, no text of a user
        [str(find_binaries() / program), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        # Its words may hold a row's content: only the last line, which names the failure.
        why = (done.stderr.strip().splitlines() or [""])[-1]
        if _SERVER_TOO_NEW in done.stderr:
            why = _SERVER_TOO_NEW
        raise Unavailable(f"{program} không làm được: {why}")
