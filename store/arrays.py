"""Values in PostgreSQL's binary form, built directly for a prepared statement's parameters.

psycopg adapts lists element by element, which cost more than the append itself. Layout of an
array (array_recv in arrayfuncs.c): dimensions, whether there are nulls, element type; then length
and lower bound; then each element behind its own length. No items are NULL, not an empty array.
"""

import struct
from collections.abc import Sequence
from uuid import UUID

_UUID, _BIGINT, _TEXT, _BYTEA = 2950, 20, 25, 17
_HEAD = struct.Struct("!iiIii")
_LENGTH = struct.Struct("!i")
_NULL = _LENGTH.pack(-1)


def uuids(items: Sequence[UUID | None]) -> bytes | None:
    return _array(_UUID, [None if item is None else item.bytes for item in items])


def bigints(items: Sequence[int]) -> bytes | None:
    return _array(_BIGINT, [bigint(item) for item in items])


def texts(items: Sequence[str]) -> bytes | None:
    return _array(_TEXT, [item.encode() for item in items])


def byteas(items: Sequence[bytes]) -> bytes | None:
    return _array(_BYTEA, items)


def bigint(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def _array(oid: int, items: Sequence[bytes | None]) -> bytes | None:
    if not items:
        return None
    parts = [_HEAD.pack(1, None in items, oid, len(items), 1)]
    for item in items:
        if item is None:
            parts.append(_NULL)
        else:
            parts.append(_LENGTH.pack(len(item)))
            parts.append(item)
    return b"".join(parts)
