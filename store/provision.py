"""Roles and databases: what an administrator does once, and the embedded server does for itself.

Each role has the least it needs; `tests/store/test_rights.py` has the whole table of who may do
what. Nobody but migrations works as the owner of the log, and nobody logs in as it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from store.migrate import LOCK, OWNER

MIGRATE = "sochung_migrate"
APP = "sochung_app"
FOLLOWER = "sochung_follower"
INTEGRATOR = "sochung_integrator"
READ = "sochung_read"
BACKUP = "sochung_backup"


class Role(NamedTuple):
    member_of: tuple[str, ...] = ()
    logs_in: bool = True
    limits: Mapping[str, str] = {}
    """How long a statement, a lock and an idle transaction may take; none for a whole dump."""
    sees_all: bool = False
    """Row-level security does not apply: a copy with holes is no copy."""


ROLES: Mapping[str, Role] = {
    # Makes and owns the log; a member of those to whom it gives rooms of their own.
    OWNER: Role((APP, FOLLOWER), logs_in=False),
    MIGRATE: Role((OWNER,), limits={"lock_timeout": "60s"}),
    # Takes commands, and becomes the reader of each request.
    APP: Role(
        (READ,),
        limits={
            "statement_timeout": "60s",
            "lock_timeout": "4s",
            "idle_in_transaction_session_timeout": "60s",
        },
    ),
    # Makes, fills and swaps the read models.
    FOLLOWER: Role(limits={"statement_timeout": "10min", "lock_timeout": "5min"}),
    # Hashes the log and keeps its tree; `SOCHUNG_INTEGRATOR_URL` logs in as a member of it alone.
    INTEGRATOR: Role(limits={"statement_timeout": "60s", "lock_timeout": "10s"}),
    # What one request may see, and nothing else.
    READ: Role(logs_in=False, limits={"statement_timeout": "30s", "lock_timeout": "4s"}),
    BACKUP: Role(("pg_read_all_data",), limits={"lock_timeout": "30s"}, sees_all=True),
}


def ensure_roles(admin_url: str, *, login: bool) -> None:
    """Makes the roles where they are missing; `login` lets those log in that ever may."""
    with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        for name in ROLES:
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,))
            if known.fetchone() is None:
                connection.execute(SQL("CREATE ROLE {}").format(Identifier(name)))
        for name, role in ROLES.items():
            may = "LOGIN" if login and role.logs_in else "NOLOGIN" if login else ""
            may += " BYPASSRLS" if role.sees_all else ""
            if may:
                connection.execute(SQL("ALTER ROLE {} " + may).format(Identifier(name)))
            for setting, value in role.limits.items():
                connection.execute(
                    SQL("ALTER ROLE {} SET {} = {}").format(
                        Identifier(name), Identifier(setting), Literal(value)
                    )
                )
            for other in role.member_of:
                connection.execute(
                    SQL("GRANT {} TO {}").format(Identifier(other), Identifier(name))
                )


def ensure_read_models(connection: psycopg.Connection[Any]) -> None:
    """An empty room for the read models, as migrations make it: no dump holds it."""
    connection.execute(
        SQL("CREATE SCHEMA IF NOT EXISTS read AUTHORIZATION {}").format(Identifier(FOLLOWER))
    )
    connection.execute(
        SQL("GRANT USAGE ON SCHEMA read TO {}, {}").format(Identifier(APP), Identifier(READ))
    )


def ensure_database(admin_url: str, name: str) -> None:
    """Makes the database where it is missing, owned by the owner of the log."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if known.fetchone() is None:
            connection.execute(
                SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(OWNER))
            )
