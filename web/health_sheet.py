"""The health sheet of a meeting: what the health volunteer typed, as one measurement a person."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from api.reading import Connection
from projections import clubs
from projections.care_view import may_read
from projections.times import Seen
from web import typed
from web.entering import Step
from web.sheet import Sheet, told_apart
from web.typed import Typed

FIELDS = ("systolic", "diastolic", "pulse", "weight")


class Row(NamedTuple):
    person_id: UUID
    name: str
    agreed: bool
    """Whether a health consent lives: without it nothing is measured here."""


def rows(connection: Connection, seen: Seen, nameless: str) -> list[Row]:
    members = [one for _, one in clubs.members(connection, seen.club_id)]
    called = told_apart(members, nameless)
    return [
        Row(one.person_id, called[one.person_id], may_read(connection, one.person_id))
        for one in members
        if one.joined_on <= seen.as_of and (one.left_on is None or one.left_on > seen.as_of)
    ]


def told(club_id: UUID, on: date, sent: Typed) -> Sheet:
    sheet = Sheet()
    for name in sent:
        field, _, id = name.partition(".")
        if field == "systolic":
            sheet.take(_measured(club_id, on, UUID(id), sent))
    return sheet


def _measured(club_id: UUID, on: date, person_id: UUID, sent: Typed) -> Iterator[Step]:
    found = {name: typed.number(sent, f"{name}.{person_id}") for name in FIELDS[:3]}
    vitals = {name: value for name, value in found.items() if value is not None}
    if (grams := typed.kilograms(sent, f"weight.{person_id}")) is not None:
        vitals["weight_grams"] = grams
    if vitals:
        body = {"occurred_on": on.isoformat(), "club_id": str(club_id), "vitals": vitals}
        yield Step(f"systolic.{person_id}", "measure_vitals", {"member_id": person_id}, body)
