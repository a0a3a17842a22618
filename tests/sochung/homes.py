"""The real program in a home of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from desk.desk import KINDS, Desk
from store.database import Database
from store.embedded import EmbeddedServer
from store.keys import KeyRing, MasterKey
from store.log import EventLog
from store.rewrapping import finder

PROGRAM = Path(sys.executable).with_name("sochung")


class Home:
    """One SOCHUNG_HOME with a small club in it, and the program run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SOCHUNG", "DATABASE_"))}
        self.environment = kept | {"SOCHUNG_HOME": str(folder), "COLUMNS": "200"}

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(PROGRAM), *arguments], env=self.environment | more,
            capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip

    def done(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def checkpoint(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.done("checkpoint", "--json"))
        return found

    @property
    def server(self) -> EmbeddedServer:
        return EmbeddedServer(self.folder)

    def desk(self) -> Desk:
        database = Database(self.server.url("sochung", "sochung_app"), size=2)
        file = self.folder / "master.key"
        keys = KeyRing(database, MasterKey.from_file(file), finder(file))
        return Desk(EventLog(database, KINDS), keys)

    def as_superuser(self, statement: str, *arguments: object) -> None:
        url = self.server.url("sochung", "postgres")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER TABLE log.events DISABLE TRIGGER USER")
            connection.execute(statement, arguments)
