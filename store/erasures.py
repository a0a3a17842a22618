"""The list of what was erased, kept outside the database: one JSON object a line, no name in it.

A database restored from an older backup is made to forget again by it.
"""

import json
import os
from pathlib import Path
from typing import Any


class ErasureList:
    """Only ever appended to; each line is on the disk before the key it speaks of is destroyed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, erasure: dict[str, Any]) -> None:
        """Once for each: told again, the list stays as it is."""
        if erasure in self.read():
            return
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = json.dumps(erasure, sort_keys=True) + "\n"
        descriptor = os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                line = "\n" + line  # a line that a crash cut short must not swallow this one
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> list[dict[str, Any]]:
        """Oldest first. A line cut short by a crash spoke of a key that was not destroyed yet."""
        if not self._path.exists():
            return []
        found = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found
