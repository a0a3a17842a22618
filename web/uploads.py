"""A workbook between its preview and its import: kept for an hour, for whoever brought it."""

import os
import re
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from stat import S_ISDIR
from tempfile import gettempdir
from uuid import UUID

from domain.errors import NotFound, Unavailable

BYTES_MAX = 9_900_000  # a form takes ten megabytes (api/origin.py)
_SECONDS_KEPT = 3600
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}", re.ASCII)


def keep(content: bytes, person_id: UUID) -> str:
    """A token that only this person can come back with."""
    _sweep()
    token = token_urlsafe(24)
    with (_folder() / _name(token, person_id)).open("xb") as file:
        file.write(content)
    return token


def kept(token: str, person_id: UUID) -> Path:
    """Raises `NotFound` for what was never kept, is gone by now, or is somebody else's."""
    path = _folder() / _name(token, person_id)
    if not _TOKEN.fullmatch(token) or not path.is_file():
        raise NotFound("Tệp không còn ở đây; hãy chọn lại tệp.")
    return path


def drop(token: str, person_id: UUID) -> None:
    (_folder() / _name(token, person_id)).unlink(missing_ok=True)


def _name(token: str, person_id: UUID) -> str:
    return sha256(f"{person_id} {token}".encode()).hexdigest() + ".xlsx"


def _folder() -> Path:
    folder = Path(gettempdir()) / f"sochung-uploads-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Unavailable("Chỗ giữ tệp tạm không an toàn.")  # somebody else of this machine made it
    return folder


def _sweep() -> None:
    for file in _folder().glob("*.xlsx"):
        with suppress(FileNotFoundError):
            if time.time() - file.stat().st_mtime > _SECONDS_KEPT:
                file.unlink()
