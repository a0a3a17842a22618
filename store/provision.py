"""Roles and databases: what an administrator does once, and the embedded server does for itself.

`sochung_owner` owns the log and runs migrations; `sochung_app` may read and append. The owner is a
member of the application's role, never the other way round. `sochung_integrator` reads events and
writes the Merkle log over them, and nothing else; nobody is a member of it but who runs that.
"""

import psycopg
from psycopg.sql import SQL, Identifier

from store.migrate import LOCK

OWNER, APP, INTEGRATOR = "sochung_owner", "sochung_app", "sochung_integrator"


def ensure_roles(admin_url: str, *, login: bool) -> None:
    """Makes the roles where they are missing; `login` lets them log in."""
    with psycopg.connect(admin_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        for role in (OWNER, APP, INTEGRATOR):
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
            if known.fetchone() is None:
                connection.execute(SQL("CREATE ROLE {}").format(Identifier(role)))
            if login:
                connection.execute(SQL("ALTER ROLE {} LOGIN").format(Identifier(role)))
        connection.execute(SQL("GRANT {} TO {}").format(Identifier(APP), Identifier(OWNER)))


def ensure_database(admin_url: str, name: str) -> None:
    """Makes the database where it is missing, owned by the owner of the log."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if known.fetchone() is None:
            connection.execute(
                SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), Identifier(OWNER))
            )
