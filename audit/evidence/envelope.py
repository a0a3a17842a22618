"""What a leaf of the log is: a small canonical envelope that holds the hash of the stored bytes.

The payload itself is never serialised again: its SHA-256 is taken of the bytes as they lie in the
log. `at` and `actor` stand in the envelope, so that an auditor reads who and when although the
payload is withheld. Of a care history the kind of event beside a person's id is itself health data:
there the leaf holds only the hash of the envelope, and the instant.
"""

import json
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

PRIVATE = ("care.",)
"""Beginnings of the topics whose envelopes are shown to nobody without permission."""

COLUMNS = """actor, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    club_id::text, event_id::text, notification_id, encode(sha256(state), 'hex'),
    originator_id::text, topic, originator_version"""
"""Of log.events, what `Stored` is made of."""


class Stored(NamedTuple):
    """One event as the log has it; `payload` is the hex SHA-256 of its stored bytes."""

    actor: str
    at: str
    club: str | None
    event: str
    nid: int
    payload: str
    stream: str
    topic: str
    version: int


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def envelope(stored: Stored) -> bytes:
    """RFC 8785 of its fields, spelled out: keys in order, ids and instants need no escaping.

    A test compares this with `jcs.canonical_plain`; a batch of ten thousand takes a tenth of it.
    """
    actor, at, club, event, nid, payload, stream, topic, version = stored
    of_club = "" if club is None else f'"club":"{club}",'
    return (
        f'{{"actor":{_quoted(actor)},"at":"{at}",{of_club}"event":"{event}","nid":{nid},'
        f'"payload":"{payload}","stream":"{stream}","type":{_quoted(topic)},"v":1,'
        f'"version":{version}}}'
    ).encode()


def is_private(topic: str) -> bool:
    return topic.startswith(PRIVATE)


def entry(stored: Stored) -> bytes:
    """The bytes that are hashed into the tree, and handed out."""
    whole = envelope(stored)
    if not is_private(stored.topic):
        return whole
    inner = sha256(whole).hexdigest()
    return f'{{"at":"{stored.at}","inner":"{inner}","nid":{stored.nid},"v":1}}'.encode()
