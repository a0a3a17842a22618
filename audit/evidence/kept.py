"""The last signed head, kept in a file outside the database.

A database can be restored to an older day, or be changed by whoever holds its disk; the file still
knows what was signed. Nothing is signed that does not continue it.
"""

from collections.abc import Sequence
from pathlib import Path

from audit.evidence.checkpoint import Head, open_checkpoint
from audit.evidence.note import NoteRefused, VerifierKey
from audit.evidence.signing import write_durably


class WouldFork(Exception):
    """The log does not continue what was signed last: nothing may be signed."""


class KeptHead:
    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, trusted: Sequence[VerifierKey]) -> Head | None:
        """None before the first head was signed. Raises `WouldFork` for a head that is not ours."""
        try:
            note = self.path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            return open_checkpoint(note, trusted)
        except NoteRefused as error:
            raise WouldFork(
                f"the head kept in {self.path.name} is not signed by our key"
            ) from error

    def write(self, note: str) -> None:
        """Before the database says it: a head that was signed is never forgotten."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(self.path, note.encode())
