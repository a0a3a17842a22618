"""Photos and scans as the events name them: what they show, their hashes, whether they can be read.

The bytes are the store's; here is who added what to which entry.
"""

from collections.abc import Iterator, Sequence
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from pydantic_core import from_json

from audit.evidence.shelf import Connection
from domain.errors import NotFound
from domain.files import SUFFIX
from domain.values import SealedFile
from store.attachments import opened
from store.keys import BrokenSeal, KeyRing

TOPIC = "loans.AttachmentAdded"


class Attachment(NamedTuple):
    """`id` is the id of the event that added it, `event_id` the entry it stands by."""

    id: UUID
    position: int
    recorded_at: str
    event_id: str
    kind: str
    attached_by: str
    file: SealedFile

    def as_dict(self, *, erased: bool) -> dict[str, Any]:
        """`erased`: its key was destroyed. The hashes stay true, nobody can see it any more."""
        return {
            "attachment_id": str(self.id),
            "event_id": self.event_id,
            "kind": self.kind,
            "media": self.file.media,
            "size_bytes": self.file.size_bytes,
            "sha256": self.file.sha256,
            "sealed_sha256": self.file.sealed_sha256,
            "attached_by": self.attached_by,
            "recorded_at": self.recorded_at,
            "position": self.position,
            "erased": erased,
        }

    @property
    def name(self) -> str:
        """A file name that says nothing of anybody."""
        return f"{self.kind}-{self.position}.{SUFFIX[self.file.media]}"


def attachment(connection: Connection, id: UUID) -> Attachment:
    """Raises `NotFound`."""
    for found in _selected(connection, "a.event_id = %(id)s", {"id": id}):
        return found
    raise NotFound("Không có ảnh này.")


def erased(keys: KeyRing, found: Sequence[Attachment]) -> frozenset[UUID]:
    """Of which the key was destroyed; keys may lie in another database than the events."""
    wanted = {one.id: (one.file.subject, one.file.purpose.value) for one in found}
    living = keys.keys_of(*map(list, zip(*wanted.values(), strict=True))) if wanted else []
    held = {(key.subject, key.purpose) for key in living}
    return frozenset(id for id, at in wanted.items() if at not in held)


def shown(keys: KeyRing, found: Sequence[Attachment]) -> list[dict[str, Any]]:
    """As they are listed."""
    gone = erased(keys, found)
    return [one.as_dict(erased=one.id in gone) for one in found]


def beside(connection: Connection, event_ids: Sequence[UUID]) -> list[Attachment]:
    """Those of some entries, in the order they were added."""
    return list(
        _selected(
            connection,
            """a.originator_id IN (SELECT originator_id FROM log.events
                                   WHERE event_id = ANY(%(ids)s))
               AND convert_from(a.state, 'UTF8')::jsonb ->> 'event_id' = ANY(%(ids)s::text[])""",
            {"ids": list(event_ids)},
        )
    )


def all_of(connection: Connection, size: int, club_id: UUID | None = None) -> Iterator[Attachment]:
    """Every one among the first so many events, or one club's."""
    return _selected(
        connection,
        """a.notification_id <= %(size)s
           AND (%(club)s::uuid IS NULL OR a.club_id = %(club)s)""",
        {"size": size, "club": club_id},
    )


def to_take_away(
    connection: Connection, size: int, *, club_id: UUID | None, keys: KeyRing
) -> Iterator[tuple[str, bytes]]:
    """Files for a bundle: in the clear; of what was erased, or does not open, that which is kept:
    whether it is unchanged can be seen of it all the same. What is lost is missing there too."""
    for one in all_of(connection, size, club_id):
        row = connection.execute(
            "SELECT content FROM log.attachments WHERE digest = %b",
            (bytes.fromhex(one.file.sealed_sha256),),
            binary=True,
        ).fetchone()
        if row is None:
            continue
        try:
            content = opened(keys, one.file, row[0])
        except BrokenSeal:
            content = None
        if content is None:
            yield f"{one.id}.sealed", row[0]
        else:
            yield f"{one.id}.{SUFFIX[one.file.media]}", content


def _selected(
    connection: Connection, where: LiteralString, arguments: dict[str, Any]
) -> Iterator[Attachment]:
    cursor = connection.execute(
        f"""SELECT a.event_id, a.notification_id,
                   to_char(a.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                   a.state
            FROM log.events a
            WHERE a.topic = '{TOPIC}' AND {where} ORDER BY a.notification_id""",
        arguments,
        binary=True,
    )
    for id, position, recorded_at, state in cursor:
        body = from_json(state)
        yield Attachment(
            id,
            position,
            recorded_at,
            body["event_id"],
            body["shows"],
            body["attached_by"],
            SealedFile.model_validate(body["file"]),
        )
