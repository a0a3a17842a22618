"""Who looked at somebody's identity or health, as that person is told."""

from collections.abc import Sequence

import psycopg
from typing_extensions import TypedDict

from projections.people import names_of
from projections.views import IdText, InstantText, instant
from store.readings import Look


class LookView(TypedDict):
    """`kind` is `read`, `export` or `refusal`; `purpose` says which of their data; `what` is the
    page or list it stood in."""

    at: InstantText
    kind: str
    person_id: IdText | None
    name: str | None
    purpose: str
    what: str


def look_views(connection: psycopg.Connection[object], looks: Sequence[Look]) -> list[LookView]:
    names = names_of(connection, [look.person_id for look in looks if look.person_id])
    return [
        {
            "at": instant(look.at),
            "kind": look.kind,
            "person_id": str(look.person_id) if look.person_id else None,
            "name": names.get(look.person_id) if look.person_id else None,
            "purpose": look.purpose,
            "what": look.what,
        }
        for look in looks
    ]
