"""The signed head a paper is printed under: whoever keeps the paper holds the log to it."""

import base64
from typing import Any

import psycopg
from typing_extensions import TypedDict

from domain.evidence.fingerprint import fingerprint
from projections.views import InstantText, instant


class HeadView(TypedDict):
    """`size` events were signed for; `fingerprint` is the short code of their root."""

    size: int
    fingerprint: str
    signed_at: InstantText


def head_over(connection: psycopg.Connection[Any], position: int) -> HeadView | None:
    """The first signed head that holds the event at `position`: printed again, a paper shows the
    same. Until there is one, the newest there is; None before the first."""
    row = connection.execute(
        """SELECT size, note, signed_at FROM evidence.checkpoints
           WHERE size = coalesce(
               (SELECT min(size) FROM evidence.checkpoints WHERE size >= %s),
               (SELECT max(size) FROM evidence.checkpoints))""",
        (position,),
    ).fetchone()
    if row is None:
        return None
    size, note, signed_at = row
    # The third line of a checkpoint (C2SP tlog-checkpoint) is the root.
    root = base64.b64decode(note.split("\n", 3)[2])
    return {"size": size, "fingerprint": fingerprint(root), "signed_at": instant(signed_at)}
