"""The shape every recorded event shares."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import Field

from domain.values import Day, Hex, Id, Immutable, PaperLabel


class Role(StrEnum):
    """What a person or thing was in an event; support histories are built from these."""

    MEMBER = "member"
    BORROWER = "borrower"
    GUARANTOR = "guarantor"
    PROPOSER = "proposer"
    APPRAISER = "appraiser"
    APPROVER = "approver"
    PAYER = "payer"
    RECEIVER = "receiver"
    SIGNATORY = "signatory"
    OFFICER = "officer"
    SUBJECT = "subject"
    CLIENT = "client"
    VOLUNTEER = "volunteer"
    HELPED = "helped"
    PARTICIPANT = "participant"
    COORDINATOR = "coordinator"
    ACTOR = "actor"


class Concern(Immutable):
    """One person or thing that an event is about."""

    kind: Literal["person", "loan", "club"]
    id: Id
    role: Role = Field(strict=False)


class BookOrigin(Immutable):
    """Where in a paper book or workbook a past fact was found (domain.md section 5).

    An event that carries it was entered, not witnessed: it never claims four eyes.
    """

    source: Literal["book"] = "book"
    import_id: Id
    sheet: PaperLabel
    row: int
    digest: Hex
    """SHA-256 of the row's normalised content: the row's identity in a later import."""


class Event(Immutable):
    """One thing that happened.

    `TOPIC` is its name on disk and never changes; `VERSION` is the version of its shape, and
    `UPCASTS` maps an older version to the function that turns its JSON object into the next.
    """

    TOPIC: ClassVar[str]
    VERSION: ClassVar[int] = 1
    UPCASTS: ClassVar[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}

    concerns: tuple[Concern, ...] = ()
    origin: BookOrigin | None = None


class Dated(Event):
    """An event with a business date in Viet Nam; the log adds when it was recorded."""

    occurred_on: Day
    recorded_by: Id | None = None
    """Who typed it for those who acted, and who then have to confirm it; None: they did."""


def person(id: Id, role: Role) -> Concern:
    return Concern(kind="person", id=id, role=role)
