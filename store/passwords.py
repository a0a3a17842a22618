"""Hashes of passwords and PINs: argon2id, at most two at a time.

One takes 64 MiB and a tenth of a second: a crowd at the door must not take the whole machine.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.errors import Unavailable

HANDS, WAITING = 2, 8
PATIENCE_SECONDS = 3.0

_hasher = PasswordHash((Argon2Hasher(),))
_hands, _queue = BoundedSemaphore(HANDS), BoundedSemaphore(HANDS + WAITING)


def hashed(secret: str) -> str:
    """Raises `Unavailable` when too many others wait."""
    with _hand():
        return _hasher.hash(secret)


def matches(secret: str, known: str | None) -> bool:
    """Whether it is the secret of a hash. Where there is none, the same work is done for nothing:
    who has an account is not told by the clock. Raises `Unavailable` as `hashed` does."""
    against = known or _nobodys()
    with _hand():
        return _hasher.verify(secret, against) and known is not None


@cache
def _nobodys() -> str:
    return _hasher.hash("")


@contextmanager
def _hand() -> Iterator[None]:
    """Whoever waits keeps a thread from everybody else: only a few do."""
    if not _queue.acquire(blocking=False):
        raise _crowded()
    try:
        if not _hands.acquire(timeout=PATIENCE_SECONDS):
            raise _crowded()
        try:
            yield
        finally:
            _hands.release()
    finally:
        _queue.release()


def _crowded() -> Unavailable:
    return Unavailable("Nhiều người đang đăng nhập; hãy thử lại sau giây lát.")
