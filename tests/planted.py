"""Texts that must stand nowhere, and every place where they could."""

import base64
import unicodedata
from collections.abc import Iterable, Iterator

import psycopg
from psycopg import sql


def dump(address: str, *, names: bool = False) -> bytes:
    """Every table of the log and of the keys, and what is read from them; with the index of `names`
    only where it is asked for. Binary, so that texts stand as their bytes.
    """
    found = b""
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            """SELECT schemaname::text, tablename::text FROM pg_tables
               WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
                 AND (%s OR (schemaname, tablename) <> ('keys', 'people'))""",
            (names,),
        ).fetchall()
        for schema, table in tables:
            copy = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(
                sql.Identifier(schema, table)
            )
            with connection.cursor().copy(copy) as rows:
                found += b"".join(bytes(part) for part in rows)
    return found


def written_ways(text: str) -> Iterator[bytes]:
    """How a text could stand in a dump: composed, decomposed, escaped, in base64, in hex."""
    for form in ("NFC", "NFD"):
        for word in (text, text.upper(), text.lower()):
            plain = unicodedata.normalize(form, word).encode()  # type: ignore[arg-type]
            yield plain
            yield plain.decode().encode("utf-16-le")
            yield plain.decode().encode("unicode_escape")
            yield plain.hex().encode()
            for shift in range(3):  # whatever stands before it
                encoded = base64.b64encode(b"\0" * shift + plain)
                yield encoded[4 if shift else 0 : -4]


def found_in(content: bytes, texts: Iterable[str]) -> list[str]:
    """Which of the texts stand in a content, in whatever way they are written there."""
    return [text for text in texts if any(way in content for way in written_ways(text))]
