"""A log with evidence, as tests need it: its key, its kept head, its integrator, its tampering."""

import secrets
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from audit.entries import snapshot
from audit.evidence.attachments import to_take_away
from audit.evidence.bundle import Scope, write
from audit.evidence.integrator import BATCH, Integrator
from audit.evidence.kept import KeptHead
from audit.evidence.shelf import Signed, latest
from audit.evidence.signing import SigningKeys, new_key, parse_keys
from audit.evidence.verifier import Key, Report, Verifier
from exchange.evidence_exports import ledgers
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing

ORIGIN = "sochung/test"


@dataclass
class LogBook:
    """One database's evidence; `folder` stands for the disk beside it."""

    url: str
    admin: str
    folder: Path
    keys: SigningKeys = field(default_factory=lambda: parse_keys(new_key(ORIGIN)))

    @property
    def kept(self) -> KeptHead:
        return KeptHead(self.folder / "head")

    @property
    def vkey(self) -> str:
        return str(self.keys.key)

    def integrator(self, batch: int = BATCH) -> Integrator:
        return Integrator(self.url, lambda: self.keys, self.kept, batch=batch)

    def sign(self, batch: int = BATCH) -> Signed:
        signed = self.integrator(batch).catch_up()
        assert signed is not None
        return signed

    def bundle(
        self,
        database: Database,
        follower: Follower,
        *,
        name: str = "bundle.zip",
        signed: Signed | None = None,
        keys: KeyRing | None = None,
        **scope: Any,
    ) -> Path:
        """A bundle over the newest head, or one that was signed before; photos with the `keys`."""
        follower.catch_up(30)
        out, wanted = self.folder / name, Scope(**scope)
        with snapshot(database) as connection:
            head = signed or latest(connection)
            assert head is not None
            exports = partial(ledgers, club_id=wanted.club_id)
            photos = partial(to_take_away, club_id=wanted.club_id, keys=keys) if keys else None
            write(out, connection, head, [self.vkey], wanted, exports, photos)
        return out

    def verified(self, bundle: Path, previous: Path | None = None) -> Report:
        kept = [str(previous)] if previous else []
        return Verifier(str(bundle), [Key.parse(self.vkey)], kept).run()

    def superuser(self) -> psycopg.Connection[Any]:
        """Every guard off: what nobody may do, somebody with the disk in hand still can."""
        connection = psycopg.connect(self.admin, autocommit=True)
        for table in ("log.events", "log.commands", "evidence.tiles", "evidence.checkpoints"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return connection


def another(book: LogBook, folder: Path, url: str, admin: str) -> LogBook:
    """The same key over another database, with a disk of its own."""
    fresh = folder / secrets.token_hex(4)
    fresh.mkdir()
    return LogBook(url, admin, fresh, book.keys)
