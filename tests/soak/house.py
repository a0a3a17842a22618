"""Servers and databases of a campaign's own, gone when it ends."""

import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from store.embedded import EmbeddedServer
from store.migrate import migrate
from store.provision import ensure_database, ensure_roles

# How a child process becomes the account that runs the embedded server.
AS_THE_SERVER: dict[str, Any] = {}
if os.geteuid() == 0:
    _nobody = pwd.getpwnam("nobody")
    AS_THE_SERVER = {"user": _nobody.pw_uid, "group": _nobody.pw_gid, "extra_groups": []}


@contextmanager
def private_server() -> Iterator[EmbeddedServer]:
    """An embedded server nobody else uses: it may be stopped and spoilt."""
    parent = Path(tempfile.mkdtemp(prefix="sc-", dir="/tmp"))  # where `nobody` can reach it
    parent.chmod(0o711)
    server = EmbeddedServer(parent / "home")
    try:
        server.ensure()
        ensure_roles(server.url("postgres", "postgres"), login=True)
        yield server
    finally:
        server.stop()
        shutil.rmtree(parent)


@contextmanager
def private_home() -> Iterator[Path]:
    """A data home of the whole product; its server is stopped and it is removed."""
    with tempfile.TemporaryDirectory(prefix="sc-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)  # as root the server runs as `nobody`, who must get in
        home = Path(folder, "home")
        home.mkdir(mode=0o755)
        try:
            yield home
        finally:
            EmbeddedServer(home).stop()


def processes_of(server: EmbeddedServer) -> list[int]:
    """The postmaster and its children: their working directory is the cluster."""
    found = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and os.path.samefile(process / "cwd", server.data):
                found.append(int(process.name))
    return found


def signal_all(server: EmbeddedServer, number: signal.Signals) -> None:
    for pid in processes_of(server):
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def make_database(server: EmbeddedServer, name: str) -> str:
    """A migrated database; returns its address for the application's role."""
    ensure_database(server.url("postgres", "postgres"), name)
    migrate(server.url(name, "sochung_migrate"))
    return server.url(name, "sochung_app")
