"""The key that signs heads: in a file (0600) or the environment, never in a database.

Losing it loses nothing that was signed; the log then goes on under another key, and the log says
so. Whoever steals it can sign a second story, which is why heads are handed to others.
"""

import base64
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

from audit.evidence.note import (
    COSIGNATURE,
    ED25519,
    NoteRefused,
    Signer,
    VerifierKey,
    key_id,
    parse_verifier_key,
)
from store.database import Unsafe

_HEADER = "PRIVATE+KEY"


def new_key(origin: str) -> str:
    """A new signing key of the log of that name, as its file has it."""
    return as_text(origin, secrets.token_bytes(32))


def witness_key(name: str) -> str:
    """A new key that cosigns heads and can sign nothing else."""
    return as_text(name, secrets.token_bytes(32), COSIGNATURE)


def read_witness(path: Path) -> Signer:
    return from_text(path.read_text(encoding="utf-8"), COSIGNATURE)


def new_origin() -> str:
    """A name nobody else's log has; it is in every head and never changes."""
    return f"sochung/{secrets.token_hex(8)}"


def as_text(name: str, seed: bytes, type: int = ED25519) -> str:
    """As Go's note package writes a signer: PRIVATE+KEY+name+id+base64."""
    signer = Signer(name, seed, type)
    shown = base64.b64encode(bytes([type]) + seed).decode()
    return f"{_HEADER}+{name}+{signer.key.id.hex()}+{shown}"


def from_text(text: str, type: int = ED25519) -> Signer:
    """Raises `NoteRefused` for what is no signing key of that kind."""
    private, _, rest = text.strip().removeprefix(f"{_HEADER}+").partition("+")
    id, _, shown = rest.partition("+")
    try:
        material = base64.b64decode(shown, validate=True)
    except ValueError as error:
        raise NoteRefused("the signing key is not base64") from error
    if not text.startswith(_HEADER) or len(material) != 33 or material[0] != type:
        raise NoteRefused("this is no signing key")
    signer = Signer(private, material[1:], type)
    if id != key_id(private, type, signer.key.public).hex():
        raise NoteRefused("the signing key is damaged")
    return signer


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """Who signs: the last key for good, one before it while the log changes over; and the public
    halves of those that signed before, to read what they signed."""

    signers: tuple[Signer, ...]
    retired: tuple[VerifierKey, ...] = ()

    @property
    def key(self) -> VerifierKey:
        return self.signers[-1].key

    @property
    def trusted(self) -> list[VerifierKey]:
        return [*self.retired, *(signer.key for signer in self.signers)]


def parse_keys(text: str) -> SigningKeys:
    """Raises `NoteRefused` for a line that is no key, and where none signs."""
    lines = text.split()
    private = [line for line in lines if line.startswith(_HEADER)]
    public = [line for line in lines if not line.startswith(_HEADER)]
    if not private:
        raise NoteRefused("there is no signing key")
    return SigningKeys(
        tuple(from_text(line) for line in private),
        tuple(parse_verifier_key(line) for line in public),
    )


def read_keys(path: Path) -> SigningKeys:
    """Raises `Unsafe` when others may read the file, `NoteRefused` when it holds no keys."""
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Unsafe("the signing key's file must be readable by its owner alone (0600)")
    return parse_keys(path.read_text(encoding="utf-8"))


def write_keys(path: Path, *lines: str) -> None:
    """The whole file or the old one, and on the disk before anything is signed with it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_durably(path, "".join(f"{line}\n" for line in lines).encode())


def write_durably(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
