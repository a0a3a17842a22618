"""Sealed files, kept beside the log and found by the hash of what is kept."""

from hashlib import sha256
from uuid import UUID

from domain.files import Media
from domain.values import Purpose, SealedFile
from store.database import Database
from store.keys import BrokenSeal, KeyRing


def sealed(
    keys: KeyRing, subject: UUID, purpose: Purpose, media: Media, content: bytes
) -> tuple[SealedFile, bytes]:
    """How an event names the file, and the bytes to be kept."""
    closed = keys.seal_file(subject, purpose, content)
    named = SealedFile(
        subject=subject,
        purpose=purpose,
        media=media,
        size_bytes=len(content),
        sha256=sha256(content).hexdigest(),
        sealed_sha256=sha256(closed).hexdigest(),
    )
    return named, closed


def keep(database: Database, closed: bytes) -> None:
    """Before the event that names it. Raises `Unavailable`."""
    with database.connection() as connection:
        connection.execute("SELECT log.keep_attachment(%b)", (closed,))


def kept(database: Database, file: SealedFile) -> bytes | None:
    """What is kept of a file, sealed; None where it is gone."""
    with database.connection() as connection:
        row = connection.execute(
            "SELECT content FROM log.attachments WHERE digest = decode(%s, 'hex')",
            (file.sealed_sha256,),
            binary=True,
        ).fetchone()
    return bytes(row[0]) if row else None


def opened(keys: KeyRing, file: SealedFile, closed: bytes) -> bytes | None:
    """The file as it was given; None when its key was destroyed. Raises `BrokenSeal`."""
    content = keys.open_file(file.subject, file.purpose, closed)
    if content is not None and sha256(content).hexdigest() != file.sha256:
        raise BrokenSeal("a sealed file is not the one its event names")
    return content
