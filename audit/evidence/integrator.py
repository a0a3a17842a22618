"""Fills the Merkle log: one at a time, in the log's order, a transaction and a signed head a batch.

In the transaction that stores an event hashing would cost a third of the write speed; here it costs
nobody anything. What was signed is first kept outside the database and then committed in it: cut
off between both, the next one comes to the same head again, since events never change and Ed25519
signs the same text the same way.
"""

import time
from collections.abc import Callable
from typing import Any

import psycopg

from audit.evidence.checkpoint import Head, open_checkpoint
from audit.evidence.envelope import COLUMNS, Stored, entry
from audit.evidence.kept import KeptHead, WouldFork
from audit.evidence.merkle import ProofRefused, leaf_hash, verify_consistency
from audit.evidence.note import NoteRefused
from audit.evidence.shelf import Connection, Shelf, Signed, latest
from audit.evidence.signing import SigningKeys
from audit.evidence.tiles import ENTRIES, WIDTH, Edge, Grown, pack, unpack
from domain.errors import Unavailable
from store.database import unavailable_if_away
from store.provision import INTEGRATOR
from store.recorder import CHANNEL

LOCK = 5059576
BATCH = 10_240
POLL_SECONDS = 1.0


class Integrator:
    """`keys` is asked before each batch, so that a key can change while this runs."""

    def __init__(
        self, url: str, keys: Callable[[], SigningKeys], kept: KeptHead, *, batch: int = BATCH
    ) -> None:
        self._url = url
        self._keys = keys
        self._kept = kept
        self._batch = batch
        self._edge: Edge | None = None

    def run(self, stop: Callable[[], bool]) -> None:
        """Integrates until `stop()`; reconnects for ever. Raises `WouldFork` and stays down."""
        while not stop():
            try:
                with self._connected() as connection:
                    while not stop() and not _locked(connection):
                        time.sleep(POLL_SECONDS)
                    while not stop():
                        if self._drain(connection, stop):
                            time.sleep(POLL_SECONDS)  # a busy log is signed once a second
                        else:
                            self._await_events(connection, stop)
            except (Unavailable, psycopg.Error):
                self._edge = None
                time.sleep(POLL_SECONDS)

    def catch_up(self, wait_seconds: float = 5.0) -> Signed | None:
        """Signs the log as it stands now, or waits for whoever does; None for an empty log."""
        with unavailable_if_away(), self._connected() as connection:
            head = _last_position(connection)
            deadline = time.monotonic() + wait_seconds
            while True:
                if _locked(connection):
                    self._drain(connection, lambda: False)
                    return latest(connection)
                signed = latest(connection)
                if signed is not None and signed.head.size >= head:
                    return signed
                if time.monotonic() > deadline:
                    raise Unavailable("Nhật ký chưa được ký kịp; hãy thử lại sau giây lát.")
                time.sleep(0.05)

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self._url,
            autocommit=True,
            application_name="sochung integrator",
            options=f"-c role={INTEGRATOR} -c timezone=UTC",
        )

    def _await_events(self, connection: Connection, stop: Callable[[], bool]) -> None:
        """Listens only while there is nothing to do: each append has to wake whoever listens."""
        connection.execute(f"LISTEN {CHANNEL}")
        # What was written before the listening began told nobody.
        if not self._drain(connection, stop):
            for _ in connection.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass
        connection.execute("UNLISTEN *")

    def _drain(self, connection: Connection, stop: Callable[[], bool]) -> bool:
        """Whether there was anything to integrate. What is written meanwhile waits for the next
        time: a busy log never ends."""
        upto, found = _last_position(connection), False
        while not stop() and (signed := self.step(connection)):
            found = True
            if signed.head.size >= upto:
                break
        return found

    def step(self, connection: Connection) -> Signed | None:
        """One batch, whole or not at all; None when there is nothing to integrate.

        Raises `WouldFork` when the log, or what was made of it, does not continue the kept head.
        """
        try:
            with connection.transaction():
                return self._step(connection)
        except BaseException:
            self._edge = None  # what it knows may not have been committed
            raise

    def _step(self, connection: Connection) -> Signed | None:
        keys = self._keys()
        kept = self._kept.read(keys.trusted)
        edge = self._continued(connection, keys, kept, latest(connection))
        # What was signed before has to come out again before anything is signed.
        target = max(kept.size, edge.size) if kept else edge.size
        began = edge.size
        while rows := _events(
            connection, edge.size, min(self._batch, target - edge.size or self._batch)
        ):
            entries, before = [entry(row) for row in rows], edge.size
            grown = edge.grow([leaf_hash(one) for one in entries])
            _store(connection, before, entries, grown)
            if edge.size >= target:
                break
        if kept and edge.size < kept.size:
            raise WouldFork(
                f"the log ends at {edge.size}, but {kept.size} events were signed: this database "
                "is older than its own evidence"
            )
        if edge.size == began:
            return None
        head = Head(keys.key.name, edge.size, edge.root())
        if kept and head.size == kept.size and head.root != kept.root:
            raise WouldFork(f"the first {head.size} events are not those that were signed")
        note = head.signed(*keys.signers)
        self._kept.write(note)
        connection.execute(
            "INSERT INTO evidence.checkpoints (size, note) VALUES (%s, %s)", (head.size, note)
        )
        return Signed(head, note)

    def _continued(
        self, connection: Connection, keys: SigningKeys, kept: Head | None, signed: Signed | None
    ) -> Edge:
        """The tree's edge as the database has it, once it is shown to continue what was signed.

        An edge says everything of the tree to its left: one whose root was signed can only grow
        into a log that continues it.
        """
        edge = self._edge
        if edge and signed and kept and edge.size == signed.head.size == kept.size:
            if edge.root() == kept.root:
                return edge
            raise WouldFork("the kept head is not the one that was signed last")
        if kept and kept.origin != keys.key.name:
            raise WouldFork("the kept head is another log's")
        self._edge = self._loaded(connection, keys, kept, signed) if signed else Edge(0)
        return self._edge

    def _loaded(
        self, connection: Connection, keys: SigningKeys, kept: Head | None, signed: Signed
    ) -> Edge:
        if kept is None:
            raise WouldFork(
                "the database has signed heads, but none is kept beside it: give back the file, "
                "or a head that an auditor or a backup holds"
            )
        try:
            head = open_checkpoint(signed.note.encode(), keys.trusted)
            shelf = Shelf(connection)
            edge = Edge(head.size, shelf.edge(head.size))
            if edge.root() != head.root:
                raise WouldFork("the tiles do not lead to the signed root")
            if kept.size <= head.size:
                proof = shelf.consistency(kept.size, head.size)
                verify_consistency(kept.size, head.size, kept.root, head.root, proof)
        except (NoteRefused, ProofRefused) as error:
            raise WouldFork(f"the log does not continue the kept head: {error}") from error
        return edge


def _last_position(connection: Connection) -> int:
    row = connection.execute("SELECT max(notification_id) FROM log.events").fetchone()
    return (row[0] if row else None) or 0


def _locked(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
    return bool(row and row[0])


def _events(connection: Connection, after: int, limit: int) -> list[Stored]:
    """The next events; their positions have no holes, so a position is an index plus one."""
    cursor = connection.execute(
        f"""SELECT {COLUMNS} FROM log.events
            WHERE notification_id > %s ORDER BY notification_id LIMIT %s""",
        (after, limit),
        binary=True,
        prepare=True,
    )
    rows = [Stored._make(row) for row in cursor.fetchall()]
    if rows and rows[-1].nid != after + len(rows):
        hole = next(at for at, row in enumerate(rows, after + 1) if row.nid != at)
        raise WouldFork(f"the log has no event at position {hole}")
    return rows


def _store(connection: Connection, before: int, entries: list[bytes], grown: Grown) -> None:
    tiles: list[tuple[int, int, int, bytes]] = [
        (place.level, place.number, place.width, content) for place, content in grown.tiles
    ]
    number, held = divmod(before, WIDTH)
    if held:
        kept = unpack(Shelf(connection).tile(ENTRIES, number))
        entries = kept[:held] + entries
    tiles += [
        (ENTRIES, number + n, len(bundle), pack(bundle))
        for n, bundle in enumerate(entries[at : at + WIDTH] for at in range(0, len(entries), WIDTH))
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO evidence.tiles AS t VALUES (%b, %b, %b, %b)
               ON CONFLICT (level, number)
               DO UPDATE SET width = excluded.width, content = excluded.content""",
            tiles,
        )
