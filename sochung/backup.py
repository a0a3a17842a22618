"""Copies of the whole database, each with the signed head it leads to; and their way back.

What was erased after a backup was made is erased again before anybody reads what it restores.

A backup counts only after a restore whose root equals. It holds neither the master key nor the key
that signs: without the first nobody reads a name in it, without the second nobody signs a fork.
"""

import hashlib
import json
import os
import secrets
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from audit.checks import run as check
from audit.entries import head_of, snapshot
from audit.evidence.checkpoint import Head, open_checkpoint, parse_head
from audit.evidence.kept import KeptHead
from audit.evidence.note import NoteRefused, VerifierKey, parse_verifier_key
from audit.evidence.replay import first_difference, root_anew
from audit.evidence.signing import read_keys
from audit.findings import Report
from desk.desk import KINDS, Desk
from desk.evidence import known_keys
from desk.requests import erase_again
from domain.errors import Malformed, Refusal
from projections.follower import Follower
from sochung.evidence import signed_now
from sochung.house import House, key_ring
from sochung.settings import Settings
from store import dumps
from store.database import Database, Unsafe
from store.embedded import EmbeddedServer
from store.erasures import ErasureList
from store.forgetting import remembered
from store.keys import KeyRing, MasterKey, WrongMasterKey
from store.log import EventLog
from store.migrate import migrate
from store.provision import APP, MIGRATE, ensure_database, ensure_roles

FORMAT = "sochung-backup/1"
SUFFIX = ".sochung-backup"
_CHUNK = 1 << 20

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself, once it was read and its dump is what was written."""

    head: Head
    note: str
    keys: tuple[VerifierKey, ...]
    made_at: str


def make(opened: House, out: Path) -> Head:
    """Signs the log, dumps it, and writes both into one file, whole or not at all."""
    note = signed_now(opened)
    url = opened.backup_url
    beside = out.with_name(f".{out.name}.{os.getpid()}.{secrets.token_hex(3)}")
    with TemporaryDirectory(dir=out.parent, prefix=".sochung-") as folder:
        dumped = Path(folder, "dump")
        dumps.dump(url, dumped)
        told = {
            "format": FORMAT,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "sha256": _digest(dumped),
            "keys": list(known_keys(opened.desk)),
        }
        try:
            # The dump is compressed already.
            with beside.open("wb") as file:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                    archive.writestr("manifest.json", json.dumps(told, indent=1))
                    archive.writestr("head", note)
                    archive.write(dumped, "dump")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(out)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    head, _ = parse_head(note.split("\n\n")[0] + "\n")
    return head


def read(source: Path, dumped: Path) -> Backup:
    """Takes the dump out and compares it with what the file says of it.

    Raises `Malformed` for another file, a cut or a changed one.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            told = json.loads(archive.read("manifest.json"))
            note = archive.read("head").decode()
            with archive.open("dump") as packed, dumped.open("wb") as file:
                while piece := packed.read(_CHUNK):
                    file.write(piece)
        keys = tuple(parse_verifier_key(key) for key in told["keys"])
        head = open_checkpoint(note.encode(), keys)
        if told["format"] != FORMAT or told["sha256"] != _digest(dumped):
            raise ValueError("not what was written")
    except (OSError, KeyError, ValueError, zipfile.BadZipFile, NoteRefused) as error:
        raise Malformed(
            "backup-unreadable", "Tệp sao lưu không đọc được hoặc đã bị thay đổi."
        ) from error
    return Backup(head, note, keys, told["made_at"])


@dataclass(frozen=True, slots=True)
class Restored:
    head: Head
    events: int
    """What the backup holds beyond the head was recorded while it was made."""
    report: Report
    aside: str | None
    """Under what name the database that was there before is kept."""
    kept: Head | None
    """The last head signed here; when it is beyond, nothing is signed before the log is."""
    forgotten: int
    """Erasures the backup did not know, said again."""


def restore(settings: Settings, source: Path, say: Say) -> Restored:
    """Into a database beside, which takes the place of the old one only when all is proved.

    Raises `Malformed` for a damaged file, `Refusal("backup-differs")` when the root is another or
    an invariant is broken; nothing is then changed.
    """
    if settings.database_url is not None:
        raise Unsafe(
            "restore works on the embedded server; on your own use its tools, then `sochung check`"
        )
    server = EmbeddedServer(settings.home)
    server.ensure()
    admin, name = server.url("postgres", "postgres"), settings.database
    ensure_roles(admin, login=True)
    fresh = f"{name}_{secrets.token_hex(4)}"
    try:
        with TemporaryDirectory(prefix="sochung-restore-") as folder:
            dumped = Path(folder, "dump")
            backup = read(source, dumped)
            say(f"Bản sao lưu {backup.made_at}, {backup.head.size} sự kiện. Đang khôi phục…")
            ensure_database(admin, fresh)
            dumps.restore(server.url(fresh, "postgres"), fresh, dumped)
        migrate(server.url(fresh, MIGRATE))
        if settings.keys_url is None and _exists(admin, name):
            dumps.carry_keys(server.url(name, "postgres"), server.url(fresh, "postgres"))
        events, report, forgotten = _proved(server, fresh, settings, backup, say)
        kept = _kept(settings, backup)
    except BaseException:
        dumps.drop(admin, fresh)
        raise
    aside = f"{name}_{datetime.now(UTC):%Y%m%d%H%M%S}"
    had = _exists(admin, name)
    dumps.take_place(admin, name, fresh, aside)
    return Restored(backup.head, events, report, aside if had else None, kept, forgotten)


def _proved(
    server: EmbeddedServer, name: str, settings: Settings, backup: Backup, say: Say
) -> tuple[int, Report, int]:
    database = Database(server.url(name, APP))
    key_store = Database(settings.keys_url) if settings.keys_url else database
    try:
        with snapshot(database) as connection:
            events = head_of(connection)
            if root_anew(connection, backup.head.size) != backup.head.root:
                raise Refusal(
                    "backup-differs",
                    "Gốc tính lại từ bản khôi phục khác gốc đã ký; không thay vào.",
                    first_bad_position=first_difference(connection, backup.head.size),
                )
        say("Gốc tính lại đúng gốc đã ký. Đang dựng sổ đọc và soát mọi bất biến…")
        keys = key_ring(settings, key_store, _master_key(settings))
        _refuse_other_epoch(keys)
        desk = Desk(EventLog(database, KINDS), keys)
        forgotten = erase_again(desk, remembered(ErasureList(settings.erasures)))
        Follower(database, keys).catch_up(24 * 3600)
        report = check(database, KINDS)
    finally:
        key_store.close()
        database.close()
    if not report.clean:
        raise Refusal("backup-differs", "Bản khôi phục không qua được `check`; không thay vào.")
    return events, report, forgotten


def _refuse_other_epoch(keys: KeyRing) -> None:
    try:
        keys.opening_master()
    except WrongMasterKey as error:
        raise Unsafe(
            "the keys in this backup are wrapped with another master key: bring the copy that was "
            "exported when the backup was made"
        ) from error


def _master_key(settings: Settings) -> MasterKey:
    if settings.master_key:
        return MasterKey.from_text(settings.master_key)
    if not settings.key_file.exists():
        raise Unsafe(
            f"the master key is missing ({settings.key_file.name}): bring its copy first, "
            "without it nobody reads a name in this backup"
        )
    return MasterKey.from_file(settings.key_file)


def _kept(settings: Settings, backup: Backup) -> Head | None:
    """The last head signed here. On a machine that never signed it is the backup's."""
    kept, file = KeptHead(settings.evidence / "head"), settings.evidence / "log.key"
    trusted = [*backup.keys, *(read_keys(file).trusted if file.exists() else ())]
    head = kept.read(trusted)
    if head is None:
        kept.write(backup.note)
    return head


def _exists(admin: str, name: str) -> bool:
    import psycopg

    with psycopg.connect(admin) as connection:
        row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        return row.fetchone() is not None


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(_CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def newest(folder: Path) -> float | None:
    """When the newest copy in a folder was made, in Unix seconds."""
    return max((one.stat().st_mtime for one in folder.glob(f"*{SUFFIX}")), default=None)
