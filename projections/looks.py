"""The access log as people are told it: who looked at them, and who came in as whom."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from projections.people import names_of
from projections.views import IdText, InstantText, instant
from store.readings import Knock, Look


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


class KnockView(TypedDict):
    """`kind` is `sign-in`, `sign-out` or `refusal`; `how` somebody proved who they are, or of a
    refusal what they would have done; `what` came of it. `person_id` says whose account it is."""

    at: InstantText
    kind: str
    person_id: IdText | None
    name: str | None
    how: str
    what: str


def knock_views(knocks: Sequence[Knock], names: Mapping[UUID, str]) -> list[KnockView]:
    return [
        {
            "at": instant(one.at),
            "kind": one.kind,
            "person_id": str(one.person_id) if one.person_id else None,
            "name": names.get(one.person_id) if one.person_id else None,
            "how": one.how,
            "what": one.what,
        }
        for one in knocks
    ]
