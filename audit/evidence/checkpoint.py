"""Checkpoints (C2SP tlog-checkpoint v1.0.0): the head of a log in three lines, signed as a note.

We put nothing in extension lines: not every cosignature covers them. What else is worth saying is
an event of the log.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

from audit.evidence.merkle import HASH_BYTES
from audit.evidence.note import NoteRefused, Signer, VerifierKey, open_note, sign
from domain.evidence.fingerprint import fingerprint

_SIZE = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)
MOST_LEAVES = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Head:
    """What a checkpoint says: the log's own name, how many leaves, and the root over them."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    def signed(self, *signers: Signer) -> str:
        return sign(self.text(), *signers)

    @property
    def fingerprint(self) -> str:
        """Short enough to be read out and to be printed on a statement: 80 bits of the root."""
        return fingerprint(self.root)


def parse_head(text: str) -> tuple[Head, str]:
    """The head and the extension lines after it, which nothing here relies on.

    Raises `NoteRefused`, also for a root that is not 32 bytes long: the format would let it pass,
    our one hash function does not make it.
    """
    lines = text.split("\n", 3)
    if len(lines) != 4:
        raise NoteRefused("a checkpoint has three lines at least")
    origin, size, shown, extension = lines
    if not origin or not _SIZE.fullmatch(size) or int(size) > MOST_LEAVES:
        raise NoteRefused("a checkpoint names its log and its size")
    try:
        root = base64.b64decode(shown, validate=True)
    except ValueError as error:
        raise NoteRefused("the root is not base64") from error
    if len(root) != HASH_BYTES or base64.b64encode(root).decode() != shown:
        raise NoteRefused(f"the root is not a hash of {HASH_BYTES} bytes")
    return Head(origin, int(size), root), extension


def open_checkpoint(note: bytes, trusted: Iterable[VerifierKey]) -> Head:
    """The head a trusted key has signed under the log's own name. Raises `NoteRefused`."""
    opened = open_note(note, trusted)
    head, _ = parse_head(opened.text)
    if all(key.name != head.origin for key in opened.verified):
        raise NoteRefused("the checkpoint is signed, but not by the log it names")
    return head
