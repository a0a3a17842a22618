"""The service as its users meet it: a process of its own, met over HTTP, and killed."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from desk.desk import Desk
from logins import bearer

PROGRAM = Path(sys.executable).with_name("sochung")
START_SECONDS = 60.0
# What a client sees of a service that was killed: it asks again, with the same key.
GONE = (OSError, HTTPException)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any
    seconds: float

    @property
    def code(self) -> str | None:
        return self.body.get("code") if isinstance(self.body, dict) else None


class Service:
    """`sochung serve` on one port, whichever process answers there."""

    def __init__(
        self,
        environment: dict[str, str],
        desk: Desk,
        *,
        workers: int = 1,
        program: Sequence[str | Path] = (PROGRAM, "serve"),
        log: Path | None = None,
    ) -> None:
        """`log` is the file that whatever the service prints goes to; else nobody keeps it."""
        self._desk = desk
        self._program = program
        self._log = log or Path(os.devnull)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("SOCHUNG_", "DATABASE_"))
        }
        self._environment = inherited | environment
        self._workers = workers
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._program, "--port", str(self.port), "--workers", str(self._workers)],
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = monotonic() + START_SECONDS
        while True:
            try:
                if self.ask("GET", "/healthz").status == 200:
                    return
            except GONE:
                pass
            if self._process.poll() is not None or monotonic() > deadline:
                raise RuntimeError("the service did not come up")
            sleep(0.02)

    def kill(self) -> None:
        """As a power cut would: every process of the service, none of the database's."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def logs_in(self, person: UUID) -> dict[str, str]:
        """The header that says who calls; the first time makes them an account."""
        return bearer(self._desk, person)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        person: UUID | None = None,
        timeout: float = 15.0,
    ) -> Answer:
        """One request on a line of its own; raises one of `GONE` when nobody answers."""
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Idempotency-Key"] = key
        if person is not None:
            headers |= self.logs_in(person)
        asked = monotonic()
        line = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            line.request(method, path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            content = answer.read()
            said = {name.lower(): value for name, value in answer.getheaders()}
            told = json.loads(content) if content else None
            return Answer(answer.status, said, told, monotonic() - asked)
        finally:
            line.close()

    def until_answered(
        self, path: str, body: object, *, key: str, person: UUID, patience: float = 60.0
    ) -> Answer:
        """Posts with one key until somebody answers other than "later"."""
        deadline = monotonic() + patience
        while True:
            try:
                answer = self.ask("POST", path, body, key=key, person=person)
                if answer.status != 503:
                    return answer
            except GONE:
                pass
            if monotonic() > deadline:
                raise TimeoutError(f"nobody answered {path} for {patience} s")
            sleep(0.02)


def new_key() -> str:
    return secrets.token_hex(12)


@contextmanager
def running(
    environment: dict[str, str], desk: Desk, *, workers: int = 1, log: Path | None = None
) -> Iterator[Service]:
    """`desk` works on the same database: whoever acts gets an account and a token through it."""
    service = Service(environment, desk, workers=workers, log=log)
    service.start()
    try:
        yield service
    finally:
        service.stop()
