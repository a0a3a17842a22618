"""One person whole, as of a business date and as known at an instant.

What was stated of them comes from the read models; the sealed texts from their own history, which
is short: a name or a phone number is shown as it was known then, and only where it may be seen.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from domain.clubs.events import (
    ContactCorrected,
    DetailsCorrected,
    MergedInto,
    NameCorrected,
    PersonalDataErased,
    PersonDied,
    PersonEntryWithdrawn,
    PersonRegistered,
    PersonWithdrawn,
)
from domain.clubs.seen import may_be_seen
from domain.values import Purpose, Sealed
from projections.statements import ConsentRow, class_on, consents_on
from projections.story import doubles_of
from projections.times import known
from projections.views import DayText, IdText, InstantText, instant
from store.keys import KeyRing
from store.mapper import decode

_MODELS = ("members", "statements", "histories")
_TEXTS = ("name", "birth_date", "ethnicity", "citizen_number", "phone", "address")


class MembershipView(TypedDict):
    """`cause` says why somebody left: left, died, moved, merged."""

    club_id: IdText
    club_name: str | None
    joined_on: DayText
    left_on: DayText | None
    cause: str | None
    volunteer: bool


class ConsentView(TypedDict):
    """The last word on a purpose: given, or withdrawn."""

    purpose: str
    given: bool
    occurred_on: DayText
    evidence: str | None


class PersonPage(TypedDict):
    """`hidden` names the purposes whose data may not be seen, `erased` those whose keys were
    destroyed; `known_at` is the last event read."""

    id: IdText
    name: str | None
    sex: str | None
    birth_year: int | None
    birth_date: str | None
    died_on: DayText | None
    phone: str | None
    address: str | None
    ethnicity: str | None
    citizen_number: str | None
    household_class: str | None
    class_from: DayText | None
    class_year: int | None
    memberships: list[MembershipView]
    consents: list[ConsentView]
    hidden: list[str]
    erased: list[str]
    merged_into: IdText | None
    also_known_by: list[IdText]
    as_of: DayText
    known_at: InstantText | None


def person_page(
    connection: psycopg.Connection[Any],
    keys: KeyRing,
    person_id: UUID,
    as_of: date,
    known_at: datetime | None = None,
) -> PersonPage | None:
    """None for somebody who was not, or no longer, registered then."""
    upto, recorded_at = known(connection, _MODELS, known_at)
    told = _told(connection, person_id, upto)
    if told is None:
        return None
    consents = consents_on(connection, person_id, as_of, upto)
    given = {row.purpose: row.given for row in consents}

    def seen(purpose: Purpose) -> bool:
        return may_be_seen(purpose, given.get(purpose))

    sealed = {field: text for field in _TEXTS if (text := told.get(field)) is not None}
    texts = dict(zip(sealed, keys.open_many(sealed.values()), strict=True))
    contact, identity = seen(Purpose.CONTACT), seen(Purpose.IDENTITY)
    stated = class_on(connection, person_id, as_of, upto) if seen(Purpose.HOUSEHOLD) else None
    died_on: date | None = told.get("died_on")
    return {
        "id": str(person_id),
        "name": texts.get("name"),
        "sex": told.get("sex"),
        "birth_year": told.get("birth_year"),
        "birth_date": texts.get("birth_date") if identity else None,
        "died_on": died_on.isoformat() if died_on and died_on <= as_of else None,
        "phone": texts.get("phone") if contact else None,
        "address": texts.get("address") if contact else None,
        "ethnicity": texts.get("ethnicity") if identity else None,
        "citizen_number": texts.get("citizen_number") if identity else None,
        "household_class": stated.household_class if stated else None,
        "class_from": _day(stated.valid_from) if stated else None,
        "class_year": stated.year if stated else None,
        "memberships": _memberships(connection, person_id, as_of, upto),
        "consents": [_consent(row) for row in consents],
        "hidden": [purpose.value for purpose in Purpose if not seen(purpose)],
        "erased": sorted(told.get("erased", ())),
        "merged_into": str(told["merged_into"]) if "merged_into" in told else None,
        "also_known_by": [str(id) for id in doubles_of(connection, person_id, upto)],
        "as_of": as_of.isoformat(),
        "known_at": instant(recorded_at) if recorded_at else None,
    }


def _told(connection: psycopg.Connection[Any], person_id: UUID, upto: int) -> dict[str, Any] | None:
    """The last that a person's own history says of each field."""
    rows = connection.execute(
        """SELECT topic, state FROM log.events
           WHERE originator_id = %s AND notification_id <= %s ORDER BY originator_version""",
        (person_id, upto),
    )
    told: dict[str, Any] | None = None
    for topic, state in rows:
        match decode(topic, bytes(state)):
            case PersonRegistered() as event:
                told = _said(event, *_TEXTS, "sex", "birth_year")
            case NameCorrected() | ContactCorrected() | DetailsCorrected() as event:
                assert told is not None, "only a registered person is corrected"
                told |= _said(event, *_TEXTS, "sex", "birth_year")
            case PersonDied() as event:
                assert told is not None, "only a registered person dies"
                told["died_on"] = event.occurred_on
            case PersonEntryWithdrawn():
                assert told is not None, "only a registered person lives after all"
                told.pop("died_on", None)
            case PersonalDataErased() as event:
                assert told is not None, "only a registered person is forgotten"
                told["erased"] = {*told.get("erased", ()), *event.purposes}
            case MergedInto() as event:
                assert told is not None, "only registered people are merged"
                told["merged_into"] = event.into_id
            case PersonWithdrawn():
                told = None
            case _:
                pass
    return told


def _said(event: Any, *fields: str) -> dict[str, Sealed | Any]:
    values = {field: getattr(event, field, None) for field in fields}
    return {field: value for field, value in values.items() if value is not None}


def _memberships(
    connection: psycopg.Connection[Any], person_id: UUID, as_of: date, upto: int
) -> list[MembershipView]:
    """Those that had begun; an end that came or was recorded later is not told."""
    rows = connection.execute(
        """SELECT m.club_id, c.name, m.joined_on,
                  CASE WHEN m.left_on <= %(day)s AND m.left_at <= %(upto)s THEN m.left_on END,
                  CASE WHEN m.left_on <= %(day)s AND m.left_at <= %(upto)s THEN m.cause END,
                  m.volunteer
           FROM read.memberships m LEFT JOIN read.clubs c USING (club_id)
           WHERE m.person_id = %(person)s AND m.joined_on <= %(day)s AND m.position <= %(upto)s
           ORDER BY m.joined_on, m.position""",
        {"person": person_id, "day": as_of, "upto": upto},
    )
    return [
        {
            "club_id": str(club_id),
            "club_name": name,
            "joined_on": joined_on.isoformat(),
            "left_on": _day(left_on),
            "cause": cause,
            "volunteer": volunteer,
        }
        for club_id, name, joined_on, left_on, cause, volunteer in rows
    ]


def _consent(row: ConsentRow) -> ConsentView:
    return {
        "purpose": row.purpose,
        "given": row.given,
        "occurred_on": row.occurred_on.isoformat(),
        "evidence": row.evidence,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
