"""A proxy that cuts the line between a client and PostgreSQL at a chosen message.

It reads the wire protocol (PostgreSQL docs, "Message Formats"): a start-up message, then messages
of one type byte, a length and a body. In plain text only: it refuses TLS.
"""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Literal, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

Moment = Literal["before", "after", "held"]

ENCRYPTION_REQUESTS = ((80877103).to_bytes(4), (80877104).to_bytes(4))  # TLS, GSS


class Cutter:
    """Once armed, cuts one connection: before a request arrives, or after it was answered.

    "after" means that the server has said ReadyForQuery and the client hears none of the answer;
    "held" that it hears the answer `hold_seconds` late.
    """

    def __init__(self, address: str, *, hold_seconds: float = 30.0) -> None:
        self.cuts = 0
        self.hold_seconds = hold_seconds
        self._server = conninfo_to_dict(address)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = make_conninfo(
            address,
            host="127.0.0.1",
            port=self._listener.getsockname()[1],
        )
        self._armed: tuple[bytes, Moment] | None = None
        self._skip = 0
        self._lock = Lock()
        self._open = ExitStack()
        Thread(target=self._accept, daemon=True).start()

    def arm(self, text: bytes, moment: Moment, *, skip: int = 0) -> None:
        """The next request whose SQL contains `text` is cut, after `skip` such requests."""
        with self._lock:
            self._armed, self._skip = (text, moment), skip

    def disarm(self) -> bool:
        """Whether a cut was still to come."""
        with self._lock:
            waiting, self._armed = self._armed is not None, None
        return waiting

    def moment_of(self, sql: bytes) -> Moment | None:
        with self._lock:
            if self._armed is None or self._armed[0] not in sql:
                return None
            if self._skip:
                self._skip -= 1
                return None
            moment, self._armed = self._armed[1], None
            self.cuts += 1
            return moment

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                line = _Line(self, client, self._connect())
                self._open.callback(line.cut)
                Thread(target=line.up, daemon=True).start()
                Thread(target=line.down, daemon=True).start()

    def _connect(self) -> socket.socket:
        host, port = str(self._server["host"]), int(str(self._server.get("port", 5432)))
        if not host.startswith("/"):
            server = socket.create_connection((host, port))
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return server
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(Path(host, f".s.PGSQL.{port}")))
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._open.close()


class _Line:
    """One connection through the proxy."""

    def __init__(self, cutter: Cutter, client: socket.socket, server: socket.socket) -> None:
        self.cutter, self.client, self.server = cutter, client, server
        self.sql: dict[bytes, bytes] = {}
        self.asked = 1  # the start-up is answered by a ReadyForQuery too
        self.withheld = False
        self.deaf_until = 0.0
        self.cut_at: int | None = None

    def up(self) -> None:
        with suppress(OSError):
            self.server.sendall(_startup(self.client))
            for kind, message in _messages(self.client):
                moment = self._moment(kind, message)
                if moment == "before":
                    break
                self.withheld = self.withheld or moment == "after"
                if moment == "held":
                    self.deaf_until = monotonic() + self.cutter.hold_seconds
                if kind in (b"S", b"Q"):
                    self.asked += 1
                    if self.withheld and self.cut_at is None:
                        self.cut_at = self.asked
                self.server.sendall(message)
        self.cut()

    def down(self) -> None:
        answered = 0
        with suppress(OSError):
            for kind, message in _messages(self.server):
                answered += kind == b"Z"
                sleep(max(self.deaf_until - monotonic(), 0))
                if not self.withheld:
                    self.client.sendall(message)
                elif answered == self.cut_at:
                    break
        self.cut()

    def _moment(self, kind: bytes, message: bytes) -> Moment | None:
        """Of a simple query, or of a bind to a prepared statement."""
        if kind == b"Q":
            return self.cutter.moment_of(message[5:])
        if kind == b"P":
            name, sql, _ = message[5:].split(b"\0", 2)
            self.sql[name] = sql
        if kind == b"B":
            return self.cutter.moment_of(self.sql.get(message[5:].split(b"\0", 2)[1], b""))
        return None

    def cut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _startup(client: socket.socket) -> bytes:
    """The start-up message; whoever asks for TLS first is told that there is none."""
    while True:
        length = client.recv(4, socket.MSG_WAITALL)
        body = client.recv(int.from_bytes(length) - 4, socket.MSG_WAITALL)
        if body not in ENCRYPTION_REQUESTS:
            return length + body
        client.sendall(b"N")


def _messages(end: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    with end.makefile("rb") as stream:
        while len(head := stream.read(5)) == 5:
            yield head[:1], head + stream.read(int.from_bytes(head[1:]) - 4)
