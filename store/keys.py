"""Sealing personal text: one data key per subject and purpose, wrapped by a master key.

AES-256-GCM seals; the key's commitment (domain-separated SHA-256) stands inside the sealed value
and is bound to it, because GCM alone lets one ciphertext open to two texts under two keys. The
master key lives in a file (0600) or the environment, never in the database: who holds the database
alone reads no name. A data key is committed before the event that needs it.
"""

import base64
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.values import Purpose, Sealed
from store.database import Database

MASTER_BYTES = 32
_COMMIT = b"sochung data key commitment v1\x00"
_WRAP = b"sochung data key v1"
_FILE = b"sochung sealed file v1\x00"
_COMMITMENT_BYTES, _NONCE_BYTES = 32, 12
_FINGERPRINT = b"sochung fingerprint v1\x00"


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


class KeyRing:
    """Seals and opens texts; keeps unwrapped data keys in memory."""

    def __init__(self, database: Database, master: MasterKey) -> None:
        self._database = database
        self.master = master
        self._keys: dict[tuple[UUID, str], bytes] = {}
        self._lock = Lock()

    def seal(self, subject: UUID, purpose: Purpose, text: str) -> Sealed:
        """Raises `Unavailable` when the key store is away: then nothing personal is recorded."""
        return self.seal_many([(subject, purpose, text)])[0]

    def seal_many(self, texts: Iterable[tuple[UUID, Purpose, str]]) -> list[Sealed]:
        """Many at once: one round trip for all keys that are not known yet."""
        wanted = list(texts)
        keys = self._data_keys({(subject, purpose.value) for subject, purpose, _ in wanted})
        return [_sealed(keys[s, p.value], s, p, text) for s, p, text in wanted]

    def open(self, sealed: Sealed) -> str | None:
        """The text, or None when its key was destroyed."""
        return self.open_many([sealed])[0]

    def open_many(self, sealed: Iterable[Sealed]) -> list[str | None]:
        wanted = list(sealed)
        self._fetch(self._missing({(one.subject, one.purpose.value) for one in wanted}))
        return [_opened(self._keys.get((one.subject, one.purpose.value)), one) for one in wanted]

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
        return hmac.digest(self.master.secret, _FINGERPRINT + content, hashlib.sha256)

    def _data_keys(self, wanted: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], bytes]:
        missing = self._missing(wanted)
        if missing:
            made = [
                (s, p, key, commitment(key), self.master.wrap(key, s, p))
                for s, p in sorted(missing)  # one order for all: no deadlock between two rings
                for key in (secrets.token_bytes(32),)
            ]
            with self._database.connection() as connection:
                # Whoever inserts first makes the key; everybody then reads that one.
                connection.execute(
                    """INSERT INTO keys.data_keys (subject, purpose, commitment, wrapped, epoch)
                       SELECT *, 1 FROM unnest(%b::uuid[], %b::text[], %b::bytea[], %b::bytea[])
                       ON CONFLICT DO NOTHING""",
                    (
                        [row[0] for row in made],
                        [row[1] for row in made],
                        [row[3] for row in made],
                        [row[4] for row in made],
                    ),
                )
            self._fetch(missing)
        return {at: self._keys[at] for at in wanted}

    def _missing(self, wanted: set[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
        """By look-up: a set difference would walk through every key, while others add some."""
        return {at for at in wanted if at not in self._keys}

    def _fetch(self, wanted: set[tuple[UUID, str]]) -> None:
        if not wanted:
            return
        with self._database.connection() as connection:
            rows = connection.execute(
                """SELECT k.subject, k.purpose, k.wrapped FROM keys.data_keys k
                   JOIN unnest(%b::uuid[], %b::text[]) AS w(subject, purpose)
                     USING (subject, purpose)""",
                ([s for s, _ in wanted], [p for _, p in wanted]),
            ).fetchall()
        opened = {(s, p): self.master.unwrap(wrapped, s, p) for s, p, wrapped in rows}
        with self._lock:
            self._keys |= opened


class RehearsalRing(KeyRing):
    """Seals for a rehearsal (a dry run): its keys live in memory and nothing is kept."""

    def _data_keys(self, wanted: set[tuple[UUID, str]]) -> dict[tuple[UUID, str], bytes]:
        for at in wanted:
            self._keys.setdefault(at, secrets.token_bytes(32))
        return {at: self._keys[at] for at in wanted}


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
