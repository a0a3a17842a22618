"""Signed notes (C2SP signed-note v1.0.0): a text, a blank line, and lines that sign it.

A verifier key fits on one line of paper: `name+id+base64`. Of the signature types we make and
check Ed25519 (0x01) and the cosignatures of witnesses (0x04, C2SP tlog-cosignature v1); a line of
another key is counted, never trusted.
"""

import base64
import re
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519, COSIGNATURE = 0x01, 0x04
MOST_SIGNATURES = 100
MOST_BYTES = 1_000_000
_DASH = "— "
_NAME = re.compile(r"[^\s+]+")


class NoteRefused(Exception):
    """No note, no key, or no signature of somebody trusted."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    name: str
    type: int
    public: bytes

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.type, self.public)

    def __str__(self) -> str:
        shown = base64.b64encode(bytes([self.type]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{shown}"

    def signed(self, text: str, signature: bytes) -> bool:
        message = text.encode()
        if self.type == COSIGNATURE:
            if len(signature) != 72:
                return False
            (seconds,) = struct.unpack(">Q", signature[:8])
            message, signature = cosigned(text, seconds), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def key_id(name: str, type: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([type]) + public).digest()[:4]


def parse_verifier_key(line: str) -> VerifierKey:
    """Raises `NoteRefused` for a line that is not exactly one key, its id included."""
    parts = line.split("+", 2)
    if len(parts) != 3:
        raise NoteRefused("a verifier key is name+id+key")
    name, id, shown = parts
    material = _decoded(shown)
    if not is_name(name) or not material or material[0] not in (ED25519, COSIGNATURE):
        raise NoteRefused("the verifier key has no name or an unknown kind")
    key = VerifierKey(name, material[0], material[1:])
    if len(key.public) != 32 or id != key.id.hex():
        raise NoteRefused("the verifier key is damaged")
    return key


def is_name(name: str) -> bool:
    """Not empty, no blanks, no plus sign: names are written between both."""
    return _NAME.fullmatch(name) is not None


class Signer:
    """A private key with the name it signs under."""

    def __init__(self, name: str, seed: bytes, type: int = ED25519) -> None:
        assert is_name(name), "a key's name stands in its notes"
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self.key = VerifierKey(name, type, self._private.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """The signature line of a text that ends with a newline."""
        return self._line(self._private.sign(text.encode()))

    def cosigned_line(self, text: str, seconds: int) -> str:
        """A witness's line: that it saw this text, at that Unix time, consistent with its last."""
        assert self.key.type == COSIGNATURE, "a log's own key never cosigns"
        signature = self._private.sign(cosigned(text, seconds))
        return self._line(struct.pack(">Q", seconds) + signature)

    def _line(self, signature: bytes) -> str:
        shown = base64.b64encode(self.key.id + signature).decode()
        return f"{_DASH}{self.key.name} {shown}\n"


def cosigned(text: str, seconds: int) -> bytes:
    """What a witness signs: not the text alone, but when it saw it."""
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def sign(text: str, *signers: Signer) -> str:
    return text + "\n" + "".join(signer.line(text) for signer in signers)


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    verified: tuple[VerifierKey, ...]
    unverified: tuple[str, ...]
    """Lines of keys nobody told us to trust."""


def open_note(note: bytes, trusted: Iterable[VerifierKey]) -> Note:
    """Raises `NoteRefused` for a malformed note, a wrong signature of a trusted key, or none."""
    text, lines = parse(note)
    keys = {(key.name, key.id): key for key in trusted}
    verified: dict[VerifierKey, None] = {}
    unverified: dict[str, None] = {}
    for line, name, signature in lines:
        key = keys.get((name, signature[:4]))
        if key is None:
            unverified[line] = None
        elif key not in verified:
            if not key.signed(text, signature[4:]):
                raise NoteRefused(f"the signature of {key.name} is wrong")
            verified[key] = None
    if not verified:
        raise NoteRefused("no signature of a trusted key")
    return Note(text, tuple(verified), tuple(unverified))


def parse(note: bytes) -> tuple[str, list[tuple[str, str, bytes]]]:
    """The text, and of each signature its line, key name, and id with signature."""
    if len(note) > MOST_BYTES:
        raise NoteRefused("the note is too long")
    try:
        whole = note.decode()
    except UnicodeDecodeError as error:
        raise NoteRefused("the note is not UTF-8") from error
    if any(ord(character) < 0x20 and character != "\n" for character in whole):
        raise NoteRefused("the note holds a control character")
    text, blank, block = whole.rpartition("\n\n")
    if not blank or not block.endswith("\n"):
        raise NoteRefused("the note has no signatures, or its last line is cut")
    lines = block[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteRefused("the note has too many signatures")
    return text + "\n", [_parsed(line) for line in lines]


def _parsed(line: str) -> tuple[str, str, bytes]:
    name, blank, shown = line.removeprefix(_DASH).partition(" ")
    signature = _decoded(shown)
    if not line.startswith(_DASH) or not blank or not is_name(name) or len(signature) < 5:
        raise NoteRefused("a line after the blank one is no signature")
    return line, name, signature


def _decoded(text: str) -> bytes:
    """Base64 in its one canonical spelling; empty when it is none."""
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        return b""
    return found if base64.b64encode(found).decode() == text else b""
