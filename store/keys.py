"""Sealing personal text: one data key per subject and purpose, wrapped by a master key.

AES-256-GCM seals; the key's commitment (domain-separated SHA-256) stands inside the sealed value
and is bound to it, because GCM alone lets one ciphertext open to two texts under two keys. The
master key lives in a file (0600) or the environment, never in the database: who holds the database
alone reads no name. A data key is committed before the event that needs it; to erase is to destroy
it. The keys may lie in a database of their own, with backups that live shorter than the log's.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.values import Purpose, Sealed
from store.database import Database, sqlstate
from store.erasures import ErasureList

MASTER_BYTES = 32
# A key destroyed by another process is forgotten here within this time.
LOOK_SECONDS = 0.5
_COMMIT = b"sochung data key commitment v1\x00"
_COMMIT_MASTER = b"sochung master key commitment v1\x00"
_WRAP = b"sochung data key v1"
_FILE = b"sochung sealed file v1\x00"
_COMMITMENT_BYTES, _NONCE_BYTES = 32, 12
_FINGERPRINT = b"sochung fingerprint v1\x00"
_OLD_EPOCH = "SC003"
# Contents are known again by a key that is nobody's, so that it outlives every master key.
_NOBODY, _KNOWN_AGAIN = UUID(int=0), "fingerprint"


class WrongMasterKey(Exception):
    """The master key does not open this database's keys; nothing can be read or sealed with it."""


class BrokenSeal(Exception):
    """A sealed text is not what was sealed: changed, cut, or moved to another subject or key."""


class MasterKey:
    """Wraps data keys. Losing it loses every name: `sochung key export` makes the copy."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != MASTER_BYTES:
            raise WrongMasterKey(f"a master key has {MASTER_BYTES} bytes")
        self.secret = secret
        self._cipher = AESGCM(secret)

    @classmethod
    def from_text(cls, text: str) -> "MasterKey":
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except ValueError as error:
            raise WrongMasterKey("a master key is written as base64") from error

    @classmethod
    def from_file(cls, path: Path) -> "MasterKey":
        """Raises `WrongMasterKey` when others may read the file."""
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise WrongMasterKey("the master key's file must be readable by its owner alone (0600)")
        return cls.from_text(path.read_text(encoding="ascii", errors="replace"))

    @classmethod
    def make_file(cls, path: Path) -> "MasterKey":
        """A new key in a new file: never over an old one, and on the disk before it is used."""
        secret = secrets.token_bytes(MASTER_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, base64.b64encode(secret) + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        with suppress(FileExistsError):
            os.link(fresh, path)  # refuses to replace: whoever came first made the key
        fresh.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the file's name too: what a lost key had sealed is lost
        finally:
            os.close(folder)
        return cls.from_file(path)

    @property
    def commitment(self) -> bytes:
        """By which a database says whose it is; a hash of 32 random bytes tells nothing of them."""
        return hashlib.sha256(_COMMIT_MASTER + self.secret).digest()

    def text(self) -> str:
        return base64.b64encode(self.secret).decode()

    def wrap(self, key: bytes, subject: UUID, purpose: str) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, key, _WRAP + subject.bytes + purpose.encode())

    def unwrap(self, wrapped: bytes, subject: UUID, purpose: str) -> bytes:
        try:
            bound = _WRAP + subject.bytes + purpose.encode()
            return self._cipher.decrypt(wrapped[:12], wrapped[12:], bound)
        except InvalidTag as error:
            raise WrongMasterKey(
                "this master key does not open the keys of this database"
            ) from error


class DataKey(NamedTuple):
    """A key by its commitment: what may be said of it anywhere."""

    subject: UUID
    purpose: str
    commitment: bytes


Find = Callable[[bytes], MasterKey]
"""The master key of a commitment, wherever master keys lie. Raises `WrongMasterKey`."""


class KeyRing:
    """Seals and opens texts; keeps unwrapped data keys in memory.

    `find` is asked when the database says that its keys were wrapped anew (`store.rewrapping`).
    `erasures` is the list outside the database that every destroyed key is written to first.
    """

    def __init__(
        self,
        database: Database,
        master: MasterKey,
        find: Find | None = None,
        erasures: ErasureList | None = None,
    ) -> None:
        self.database = database
        self.master = master
        self._find = find
        self._erasures = erasures
        self._epoch: int | None = None
        self._keys: dict[tuple[UUID, str], bytes] = {}
        self._destroyed: set[str] = set()
        self._last_destroyed = 0
        self._looked = float("-inf")
        self._lock = Lock()

    def seal(self, subject: UUID, purpose: Purpose, text: str) -> Sealed:
        """Raises `Unavailable` when the key store is away: then nothing personal is recorded."""
        return self.seal_many([(subject, purpose, text)])[0]

    def seal_many(self, texts: Iterable[tuple[UUID, Purpose, str]]) -> list[Sealed]:
        """Many at once: one round trip for all keys that are not known yet."""
        wanted = list(texts)
        self._forget_destroyed()
        keys = self._data_keys({(subject, purpose.value) for subject, purpose, _ in wanted})
        return [_sealed(keys[s, p.value], s, p, text) for s, p, text in wanted]

    def open(self, sealed: Sealed) -> str | None:
        """The text, or None when its key was destroyed."""
        return self.open_many([sealed])[0]

    def open_many(self, sealed: Iterable[Sealed]) -> list[str | None]:
        wanted = list(sealed)
        self._forget_destroyed()
        self._fetch(self._missing({(one.subject, one.purpose.value) for one in wanted}))
        return [self._opened(one) for one in wanted]

    def seal_file(self, subject: UUID, purpose: Purpose, content: bytes) -> bytes:
        """A file sealed like a text: commitment, nonce and ciphertext, one after another."""
        key = self._data_keys({(subject, purpose.value)})[subject, purpose.value]
        nonce, committed = secrets.token_bytes(_NONCE_BYTES), commitment(key)
        bound = _FILE + _bound(subject, purpose, committed)
        return committed + nonce + AESGCM(key).encrypt(nonce, content, bound)

    def open_file(self, subject: UUID, purpose: Purpose, sealed: bytes) -> bytes | None:
        """What was sealed, or None when its key was destroyed. Raises `BrokenSeal`."""
        at = (subject, purpose.value)
        self._fetch(self._missing({at}))
        key = self._keys.get(at)
        if key is None:
            return None
        committed, rest = sealed[:_COMMITMENT_BYTES], sealed[_COMMITMENT_BYTES:]
        if committed != commitment(key):
            raise BrokenSeal("a sealed file names another key than the one kept for it")
        bound = _FILE + _bound(subject, purpose, committed)
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], bound)
        except (InvalidTag, ValueError) as error:
            raise BrokenSeal("a sealed file is not what was sealed") from error

    def fingerprint(self, content: bytes) -> bytes:
        """32 bytes by which a content is known again, and from which nobody can guess it.

        A bare hash of a name or a birth date is found by trying them all.
        """
        at = (_NOBODY, _KNOWN_AGAIN)
        key = self._keys.get(at) or self._data_keys({at})[at]
        return hmac.digest(key, _FINGERPRINT + content, hashlib.sha256)

    # --- forgetting ------------------------------------------------------------------------

    def keys_of(self, subjects: Sequence[UUID], purposes: Sequence[str]) -> list[DataKey]:
        """The living keys of these people for these purposes."""
        with self.database.connection() as connection:
            rows = connection.execute(
                """SELECT subject, purpose, commitment FROM keys.data_keys
                   WHERE subject = ANY (%b) AND purpose = ANY (%b) ORDER BY subject, purpose""",
                (list(subjects), list(purposes)),
            )
            return [DataKey(subject, purpose, bytes(hash)) for subject, purpose, hash in rows]

    def destroy(self, keys: Sequence[DataKey], why: dict[str, Any]) -> None:
        """What they sealed is gone for ever; destroyed again, nothing happens.

        The list outside the database has it before the database does: no crash, and no backup that
        is restored later, can keep a key that somebody was told is gone.
        """
        if self._erasures is not None:
            self._erasures.add(why)
        with self.database.connection() as connection:
            connection.execute(
                "SELECT keys.destroy(%b::uuid[], %b::text[], %b::bytea[])",
                (
                    [key.subject for key in keys],
                    [key.purpose for key in keys],
                    [key.commitment for key in keys],
                ),
            )
        self._forget_destroyed(now=True)

    def _forget_destroyed(self, *, now: bool = False) -> None:
        """Other processes destroy keys too; what is remembered here must not outlive them long."""
        if not now and time.monotonic() - self._looked < LOOK_SECONDS:
            return
        with self.database.connection() as connection:
            rows = connection.execute(
                """SELECT number, subject, purpose, commitment FROM keys.destroyed
                   WHERE number > %s ORDER BY number""",
                (self._last_destroyed,),
            ).fetchall()
        with self._lock:
            for number, subject, purpose, committed in rows:
                self._destroyed.add(bytes(committed).hex())
                kept = self._keys.get((subject, purpose))
                if kept is not None and commitment(kept) == bytes(committed):
                    del self._keys[subject, purpose]
                self._last_destroyed = max(number, self._last_destroyed)
            self._looked = time.monotonic()

    def _opened(self, sealed: Sealed) -> str | None:
        if sealed.commitment in self._destroyed:
            return None
        key = self._keys.get((sealed.subject, sealed.purpose.value))
        try:
            return _opened(key, sealed)
        except BrokenSeal:
            # Destroyed a moment ago, and its subject has a newer key already?
            self._forget_destroyed(now=True)
            if sealed.commitment in self._destroyed:
                return None
            raise

    # --- data keys and the master's epochs -----------------------------------------------------

    def _data_keys(self, wanted: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], bytes]:
        missing = self._missing(wanted)
        if missing:
            try:
                self._make(missing)
            except psycopg.Error as error:
                if sqlstate(error) != _OLD_EPOCH:
                    raise
                self.opening_master()
                self._make(missing)
            self._fetch(missing)
        return {at: self._keys[at] for at in wanted}

    def _make(self, missing: set[tuple[UUID, str]]) -> None:
        epoch = self._current_epoch()
        made = [
            (s, p, key, commitment(key), self.master.wrap(key, s, p))
            for s, p in sorted(missing)  # one order for all: no deadlock between two rings
            for key in (secrets.token_bytes(32),)
        ]
        with self.database.connection() as connection:
            # Whoever inserts first makes the key; everybody then reads that one.
            connection.execute(
                """INSERT INTO keys.data_keys (subject, purpose, commitment, wrapped, epoch)
                   SELECT *, %b::int FROM unnest(%b::uuid[], %b::text[], %b::bytea[], %b::bytea[])
                   ON CONFLICT DO NOTHING""",
                (
                    epoch,
                    [row[0] for row in made],
                    [row[1] for row in made],
                    [row[3] for row in made],
                    [row[4] for row in made],
                ),
            )

    def opening_master(self) -> MasterKey:
        """The master key the keys are wrapped with now; the first epoch begins where none has."""
        self._epoch = None
        self._current_epoch()
        return self.master

    def _current_epoch(self) -> int:
        """Raises `WrongMasterKey` when the keys are wrapped with a master key that is not here."""
        if self._epoch is not None:
            return self._epoch
        with self.database.connection() as connection:
            last = last_epoch(connection)
            if last is None:
                self._refuse_foreign(connection)
                connection.execute("SELECT keys.begin_first_epoch(%b)", (self.master.commitment,))
                last = last_epoch(connection)
        assert last is not None, "an epoch has begun"
        epoch, committed = last
        if committed != self.master.commitment:
            if self._find is None:
                raise WrongMasterKey("this master key does not open the keys of this database")
            self.master = self._find(committed)
        self._epoch = epoch
        return epoch

    def _refuse_foreign(self, connection: psycopg.Connection[Any]) -> None:
        """Keys older than the first epoch say whose they are by opening."""
        row = connection.execute(
            "SELECT wrapped, subject, purpose FROM keys.data_keys LIMIT 1"
        ).fetchone()
        if row is not None:
            self.master.unwrap(*row)

    def _missing(self, wanted: set[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
        """By look-up: a set difference would walk through every key, while others add some."""
        return {at for at in wanted if at not in self._keys}

    def _fetch(self, wanted: set[tuple[UUID, str]]) -> None:
        if not wanted:
            return
        rows = self._wrapped(wanted)
        try:
            opened = self._unwrapped(rows)
        except WrongMasterKey:
            self.opening_master()
            opened = self._unwrapped(self._wrapped(wanted))
        with self._lock:
            self._keys |= opened

    def _wrapped(self, wanted: set[tuple[UUID, str]]) -> list[tuple[UUID, str, bytes]]:
        with self.database.connection() as connection:
            return connection.execute(
                """SELECT k.subject, k.purpose, k.wrapped FROM keys.data_keys k
                   JOIN unnest(%b::uuid[], %b::text[]) AS w(subject, purpose)
                     USING (subject, purpose)""",
                ([s for s, _ in wanted], [p for _, p in wanted]),
            ).fetchall()

    def _unwrapped(self, rows: Iterable[tuple[UUID, str, bytes]]) -> dict[tuple[UUID, str], bytes]:
        return {(s, p): self.master.unwrap(wrapped, s, p) for s, p, wrapped in rows}


class RehearsalRing(KeyRing):
    """Seals for a rehearsal (a dry run): its keys live in memory and nothing is kept."""

    def _data_keys(self, wanted: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], bytes]:
        self._fetch(self._missing(wanted & {(_NOBODY, _KNOWN_AGAIN)}))
        for at in wanted:
            self._keys.setdefault(at, secrets.token_bytes(32))
        return {at: self._keys[at] for at in wanted}


def last_epoch(connection: psycopg.Connection[Any]) -> tuple[int, bytes] | None:
    """The epoch the keys are wrapped for, and the commitment of its master key."""
    row = connection.execute(
        "SELECT epoch, commitment FROM keys.epochs ORDER BY epoch DESC LIMIT 1"
    ).fetchone()
    return None if row is None else (int(row[0]), bytes(row[1]))


def commitment(key: bytes) -> bytes:
    return hashlib.sha256(_COMMIT + key).digest()


def _bound(subject: UUID, purpose: Purpose, committed: bytes) -> bytes:
    return subject.bytes + purpose.value.encode() + b"\x00" + committed


def _sealed(key: bytes, subject: UUID, purpose: Purpose, text: str) -> Sealed:
    nonce, committed = secrets.token_bytes(12), commitment(key)
    ciphertext = AESGCM(key).encrypt(nonce, text.encode(), _bound(subject, purpose, committed))
    return Sealed(
        subject=subject,
        purpose=purpose,
        commitment=committed.hex(),
        nonce=nonce.hex(),
        ciphertext=base64.b64encode(ciphertext).decode(),
    )


def _opened(key: bytes | None, sealed: Sealed) -> str | None:
    if key is None:
        return None
    committed = commitment(key)
    if committed.hex() != sealed.commitment:
        raise BrokenSeal("a sealed text names another key than the one kept for it")
    bound = _bound(sealed.subject, sealed.purpose, committed)
    try:
        ciphertext = base64.b64decode(sealed.ciphertext, validate=True)
        return AESGCM(key).decrypt(bytes.fromhex(sealed.nonce), ciphertext, bound).decode()
    except (InvalidTag, ValueError) as error:
        raise BrokenSeal("a sealed text is not what was sealed") from error
