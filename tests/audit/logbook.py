"""A log with evidence, as tests need it: its key, its kept head, its integrator, its tampering."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from audit.evidence.integrator import BATCH, Integrator
from audit.evidence.kept import KeptHead
from audit.evidence.shelf import Signed
from audit.evidence.signing import SigningKeys, new_key, parse_keys

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
