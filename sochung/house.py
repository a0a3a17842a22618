"""Wiring: one place where settings become a running log, desk and read models."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from types import TracebackType
from typing import Self

import psycopg

from desk.desk import KINDS, Desk
from domain.errors import Unavailable
from domain.values import utc_now
from projections.follower import Follower
from sochung.settings import Settings
from store.database import Database, Unsafe, refuse_powerful_role, refuse_unsafe_server
from store.embedded import EmbeddedServer
from store.erasures import ErasureList
from store.keys import KeyRing, MasterKey, WrongMasterKey
from store.log import EventLog, refuse_unsafe_option
from store.migrate import is_current, migrate
from store.provision import (
    APP,
    BACKUP,
    INTEGRATOR,
    MIGRATE,
    ensure_database,
    ensure_roles,
)
from store.rewrapping import finder


class House:
    """Everything a command needs, opened once and closed together."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = utc_now) -> None:
        refuse_unsafe_option()
        self.settings = settings
        self.server: EmbeddedServer | None = None
        url = settings.database_url or self._embedded_url()
        self.database = Database(url)
        self.key_store = Database(settings.keys_url) if settings.keys_url else self.database
        try:
            self._refuse_unready()
            self.master_key_is_new = False
            self.keys = key_ring(settings, self.key_store, self._master_key())
            self.log = EventLog(self.database, KINDS)
        except BaseException:
            self.key_store.close()
            self.database.close()
            raise
        self.desk = Desk(self.log, self.keys, clock)
        self.follower = Follower(self.database, self.keys)

    def _embedded_url(self) -> str:
        """Our own server, provisioned and migrated: it makes its roles and database itself."""
        self.server = EmbeddedServer(self.settings.home)
        self.server.ensure()
        name = self.settings.database
        url = self.server.url(name, APP)
        if not _is_ready(url):
            admin = self.server.url("postgres", "postgres")
            ensure_roles(admin, login=True)
            ensure_database(admin, name)
            migrate(self.server.url(name, MIGRATE))
        return url

    @property
    def integrator_url(self) -> str | None:
        """Where the Merkle log is written; None on a server where nobody told us."""
        if self.server is not None:
            return self.server.url(self.settings.database, INTEGRATOR)
        return self.settings.integrator_url

    @property
    def backup_url(self) -> str:
        """Where a whole copy is read from. Raises `Unsafe` on a server where nobody told us."""
        if self.server is not None:
            return self.server.url(self.settings.database, BACKUP)
        url = self.settings.backup_url or self.settings.owner_url
        if url is None:
            raise Unsafe(
                "SOCHUNG_BACKUP_URL is not set: a log-in that is a member of sochung_backup"
            )
        return url

    def _refuse_unready(self) -> None:
        """Refuses a server that could lose entries and a role that could undo them."""
        for database in dict.fromkeys((self.database, self.key_store)):
            with database.connection() as connection:
                refuse_unsafe_server(connection)
                if not is_current(connection):
                    raise Unsafe("the database is not migrated: run `sochung migrate` as its owner")
                refuse_powerful_role(connection)

    def _master_key(self) -> MasterKey:
        if self.settings.master_key:
            return MasterKey.from_text(self.settings.master_key)
        path = self.settings.key_file
        if path.exists():
            return MasterKey.from_file(path)
        with self.key_store.connection() as connection:
            made = connection.execute("SELECT 1 FROM keys.data_keys LIMIT 1").fetchone()
        if made:
            # A fresh key would open nothing and quietly split the database's names in two.
            raise Unsafe(f"the master key is missing ({path.name}): restore it from its copy")
        self.master_key_is_new = True
        return MasterKey.make_file(path)

    @contextmanager
    def sharing_the_master_key(self) -> Iterator[list[Database]]:
        """All databases whose keys are wrapped with the key in the file: on our own server also
        the demo's, and those that a restore put aside.

        Raises `Unsafe` for one made by an older version, whose keys could not be wrapped anew.
        """
        databases = [self.key_store]
        try:
            for name in self._others_with_keys():
                assert self.server is not None, "only our own server has others"
                other = Database(self.server.url(name, APP), size=1)
                databases.append(other)
                try:
                    key_ring(self.settings, other, self.keys.master).opening_master()
                except WrongMasterKey:
                    databases.remove(other)  # wrapped with somebody else's
                    other.close()
            yield databases
        finally:
            for database in databases[1:]:
                database.close()

    def _others_with_keys(self) -> Iterator[str]:
        if self.server is None:
            return
        with psycopg.connect(self.server.url("postgres", "postgres")) as connection:
            names = connection.execute(
                "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> %s",
                (self.settings.database,),
            )
            found = [str(name) for (name,) in names]
        for name in found:
            with psycopg.connect(self.server.url(name, "postgres")) as connection:
                row = connection.execute(
                    "SELECT to_regclass('keys.data_keys'), to_regclass('keys.epochs')"
                ).fetchone()
            assert row is not None
            if row[0] is not None and row[1] is None:
                raise Unsafe(
                    f"the database {name} is of an older version: open it once, or drop it"
                )
            if row[0] is not None:
                yield name

    def close(self) -> None:
        self.log.close()
        self.key_store.close()
        if self.server is not None:
            self.server.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(Unavailable):
            self.close()


def key_ring(settings: Settings, database: Database, master: MasterKey) -> KeyRing:
    """The ring over the keys of a database; a master key from the environment has no successor."""
    find = None if settings.master_key else finder(settings.key_file)
    return KeyRing(database, master, find, ErasureList(settings.erasures))


def _is_ready(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            return is_current(connection)
    except psycopg.OperationalError:
        return False
