"""Wiring of the evidence: whose key signs, where the last head is kept, and who integrates."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from audit.entries import snapshot
from audit.evidence import bundle
from audit.evidence.attachments import to_take_away
from audit.evidence.integrator import Integrator
from audit.evidence.kept import KeptHead
from audit.evidence.shelf import Signed, latest
from audit.evidence.signing import (
    SigningKeys,
    new_key,
    new_origin,
    parse_keys,
    read_keys,
    write_keys,
)
from audit.evidence.timestamp import kept as kept_stamps
from desk.desk import Call
from desk.evidence import known_keys, note_signing_key, rotate_signing_key
from domain.errors import Unavailable
from exchange.evidence_exports import ledgers
from sochung.house import House
from store.database import Unsafe
from store.readings import Kind, Looking, note_apart

_SYSTEM = Call("system")


class LogKeys:
    """The signing key of one database's log: its file, and what the log itself says of it."""

    def __init__(self, opened: House) -> None:
        self._opened = opened
        self.folder = opened.settings.evidence
        self.file = self.folder / "log.key"
        self._next = self.folder / "log.key.next"
        self.kept = KeptHead(self.folder / "head")
        self.stamps = self.folder / "timestamps"

    def read(self) -> SigningKeys:
        """As it stands now: it can change while an integrator runs."""
        given = self._opened.settings.log_key
        return parse_keys(given) if given else read_keys(self.file)

    def ready(self) -> SigningKeys:
        """Makes the key of a log that has none yet, and has the log say which key signs.

        Raises `Unsafe` when the log knows a key and we have none, `Refusal` when ours is another.
        """
        with self._alone():
            known = known_keys(self._opened.desk)
            if not self._opened.settings.log_key and not self.file.exists():
                if known:
                    raise Unsafe(
                        f"the key that signs this log is missing ({self.file.name}): restore it "
                        "from its copy, or go on under a new one: sochung key rotate --lost"
                    )
                write_keys(self.file, new_key(self._opened.settings.log_name or new_origin()))
            self._finish(known)
            keys = self.read()
            note_signing_key(self._opened.desk, _SYSTEM, str(keys.key))
            return keys

    def rotate(self, *, lost: bool) -> SigningKeys:
        """Another key signs from here on. The first head that covers this is signed by both, so
        that who trusts the old key learns the new one from it; a lost key signs nothing more."""
        if self._opened.settings.log_key:
            raise Unsafe("the signing key comes from SOCHUNG_LOG_KEY: it cannot be changed here")
        with self._alone():
            known = known_keys(self._opened.desk)
            self._finish(known)
            before = None if lost and not self.file.exists() else self.read()
            origin = before.key.name if before else known[-1].split("+", 1)[0]
            fresh = new_key(origin)
            kept = () if lost or before is None else _private_lines(self.file)[-1:]
            write_keys(self._next, *known, *kept, fresh)
            rotate_signing_key(self._opened.desk, _SYSTEM, str(parse_keys(fresh).key), lost=lost)
            self._next.replace(self.file)
        signed = open_integrator(self._opened, self).catch_up(30)
        assert signed is not None, "the rotation itself is an event"
        with self._alone():
            # From here the old key signs nothing any more: only its public half is kept.
            write_keys(self.file, *known, fresh)
        return self.read()

    def _finish(self, known: tuple[str, ...]) -> None:
        """A rotation that was cut off: done, when the log says so, else as if never begun."""
        if not self._next.exists():
            return
        if known and known[-1] == str(read_keys(self._next).key):
            self._next.replace(self.file)
        else:
            self._next.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _private_lines(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").split() if line.startswith("PRIVATE")]


def open_integrator(opened: House, keys: LogKeys | None = None) -> Integrator:
    """Raises `Unsafe` on a server where no address is given for it."""
    url = opened.integrator_url
    if url is None:
        raise Unsafe("SOCHUNG_INTEGRATOR_URL is not set: this server's log is not signed from here")
    keys = keys or LogKeys(opened)
    return Integrator(url, keys.read, keys.kept)


def signed_now(opened: House, wait_seconds: float = 60.0) -> str:
    """The note over the log as it stands, signed here or by whoever integrates."""
    keys = LogKeys(opened)
    if opened.integrator_url is None:
        with opened.database.connection() as connection:
            signed = latest(connection)
    else:
        keys.ready()
        signed = open_integrator(opened, keys).catch_up(wait_seconds)
    if signed is None:
        raise Unavailable("Nhật ký chưa có đầu nào được ký.")
    return signed.note


def make_bundle(
    opened: House,
    out: Path,
    scope: bundle.Scope,
    progress: bundle.Progress | None = None,
    *,
    with_photos: bool = False,
) -> tuple[int, Signed]:
    """The bundle over the log as it stands now; returns how many entries are in it."""
    signed_now(opened)
    opened.follower.catch_up(600)
    exports = partial(ledgers, club_id=scope.club_id)
    photos = partial(to_take_away, club_id=scope.club_id, keys=opened.keys)
    with snapshot(opened.database) as connection:
        signed = latest(connection)
        assert signed is not None, "it was signed just now"
        keys = known_keys(opened.desk)
        purpose = "health" if scope.with_care else "file"
        note_apart(opened.database, Kind.EXPORT, (), purpose, "bundle", Looking(None, None))
        shown = photos if with_photos else None
        stamps = kept_stamps(LogKeys(opened).stamps, signed.head.size)
        count = bundle.write(out, connection, signed, keys, scope, exports, shown, stamps, progress)
    return count, signed
