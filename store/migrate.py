"""Plain SQL migrations: numbered, checksummed, safe when several processes start at once."""

import hashlib
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

LOCK = 5059572
OWNER = "sochung_owner"

_BOOK = """
CREATE TABLE IF NOT EXISTS public.sochung_migrations (
    name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
GRANT SELECT ON public.sochung_migrations TO sochung_app
"""


class MigrationsDiffer(Exception):
    """An applied migration was edited afterwards, or the database is ahead of this program."""


def migrations() -> list[tuple[str, str]]:
    """Name and text of each migration, in order."""
    folder = files("store") / "migrations"
    found = sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql"))
    return [(name, (folder / name).read_text(encoding="utf-8")) for name in found]


def migrate(owner_url: str) -> list[str]:
    """Applies what is missing, each file whole or not at all; returns the names applied.

    Raises `MigrationsDiffer` for an edited file; nothing is then applied.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        # Whoever logs in is a member of the owner's role; what they make is the owner's.
        connection.execute(SQL("SET ROLE {}").format(Identifier(OWNER)))
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute(_BOOK)
        applied = _applied(connection)
        _refuse_edited(applied)
        done = []
        for name, text in migrations():
            if name in applied:
                continue
            with connection.transaction():
                connection.execute(text.encode())
                connection.execute(
                    "INSERT INTO public.sochung_migrations (name, checksum) VALUES (%s, %s)",
                    (name, _checksum(text)),
                )
            done.append(name)
        return done


def is_current(connection: psycopg.Connection[Any]) -> bool:
    """Whether every migration of this program is applied, unedited."""
    try:
        applied = _applied(connection)
    except psycopg.errors.UndefinedTable:
        return False
    _refuse_edited(applied)
    return all(name in applied for name, _ in migrations())


def _applied(connection: psycopg.Connection[Any]) -> dict[str, str]:
    rows = connection.execute("SELECT name, checksum FROM public.sochung_migrations")
    return dict(rows.fetchall())


def _refuse_edited(applied: dict[str, str]) -> None:
    known = dict(migrations())
    for name, checksum in applied.items():
        if name not in known:
            raise MigrationsDiffer(f"the database has {name}, which this program does not know")
        if _checksum(known[name]) != checksum:
            raise MigrationsDiffer(f"{name} was edited after it had been applied")


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
