"""Connections to PostgreSQL: one pool, one deadline, and the two failures told apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout, TooManyRequests

from domain.errors import Unavailable
from store.provision import APP, ROLES

# One deadline for a request: the database away, full or locked answers within 5 s.
WAIT_SECONDS = 4.0
OLDEST_SERVER = 150000

_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.InternalError,
    PoolTimeout,
    TooManyRequests,
)


class Unsafe(Exception):
    """The server or the settings cannot keep the promises of the log; start is refused."""


class Database:
    """A pool of autocommit connections, as the application's role.

    Everything that means "try again later" leaves as `Unavailable`; rule violations of the
    database itself are our own mistakes and leave as psycopg's errors.
    """

    def __init__(self, url: str, *, size: int = 8, role: str = APP) -> None:
        self.url = url
        self.role = role
        self.size = size
        self._others: dict[str, Database] = {}
        # A log-in that is a member of the role works as it, within the same limits.
        limits = ROLES[role].limits.items()
        options = f"-c role={role} -c timezone=UTC" + "".join(f" -c {k}={v}" for k, v in limits)
        self.pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            url,
            kwargs={
                "autocommit": True,
                "connect_timeout": int(WAIT_SECONDS),
                "options": options,
                "application_name": "sochung",
            },
            min_size=1,
            max_size=size,
            timeout=WAIT_SECONDS,
            reconnect_timeout=WAIT_SECONDS,  # not the minutes of back-off after a long outage
            max_waiting=200,
            open=False,
            name="sochung",
        )

    @contextmanager
    def connection(self, wait_seconds: float = WAIT_SECONDS) -> Iterator[psycopg.Connection[Any]]:
        """Raises `Unavailable` when the database is away, full or too slow."""
        with unavailable_if_away():
            self.pool.open()
            with self.pool.connection(timeout=wait_seconds) as connection:
                yield connection

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        with self.connection() as connection, connection.transaction():
            yield connection

    def under(self, role: str) -> "Database":
        """The same database under another role, in connections of its own, closed with this.

        Where log-ins are our roles themselves (the embedded server) as that log-in; elsewhere the
        log-in has to be a member of both.
        """
        if role not in self._others:
            user = conninfo_to_dict(self.url).get("user")
            url = make_conninfo(self.url, user=role) if user in ROLES else self.url
            self._others[role] = Database(url, size=self.size, role=role)
        return self._others[role]

    def close(self) -> None:
        for other in self._others.values():
            other.close()
        self.pool.close()


@contextmanager
def unavailable_if_away() -> Iterator[None]:
    try:
        yield
    except _AWAY as error:
        raise Unavailable(
            "Cơ sở dữ liệu tạm thời không sẵn sàng.", sqlstate=sqlstate(error)
        ) from error


def sqlstate(error: BaseException) -> str | None:
    return error.sqlstate if isinstance(error, psycopg.Error) else None


def refuse_unsafe_server(connection: psycopg.Connection[Any]) -> None:
    """Hard: a server that answers before the data is safe is refused (reliability.md, P1).

    Raises `Unsafe` also for a server older than 15 and for a role that could undo the log.
    """
    if connection.info.server_version < OLDEST_SERVER:
        raise Unsafe("PostgreSQL 15 or newer is needed")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        value = connection.execute("SELECT current_setting(%s)", (setting,)).fetchone()
        if value is None or value[0] == "off":
            raise Unsafe(
                f"the server runs with {setting} = off: acknowledged entries could be lost"
            )


def refuse_powerful_role(connection: psycopg.Connection[Any]) -> None:
    """The service never runs as owner or superuser: they could switch the log's guards off."""
    row = connection.execute(
        """SELECT r.rolsuper, pg_has_role(session_user, c.relowner, 'MEMBER'),
                  has_table_privilege(session_user, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
           FROM pg_roles r, pg_class c
           WHERE r.rolname = session_user AND c.oid = 'log.events'::regclass"""
    ).fetchone()
    if row is None or any(row):
        raise Unsafe(
            "the service must not run as a superuser, as the owner of the log or as a role that "
            "may write to it past its function"
        )
