"""Roles, where they hold, and from when to when."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from domain.values import Bare, Day, Id, Immutable


class Role(StrEnum):
    """What somebody may be to the service. What each may do stands in `permissions`."""

    TREASURER = "treasurer"
    ACCOUNTANT = "accountant"
    CHAIR = "chair"
    SECRETARY = "secretary"
    CARE_COORDINATOR = "care_coordinator"
    VOLUNTEER = "volunteer"
    COMMUNE_OFFICER = "commune_officer"
    PROVINCIAL_OFFICER = "provincial_officer"
    AUDITOR = "auditor"
    RELATIVE = "relative"
    """With authority, for one person."""
    ADMINISTRATOR = "administrator"
    MEMBER = "member"


_UNIT_CODES = {
    "commune": re.compile(r"\d{5}", re.ASCII),
    "province": re.compile(r"\d{2}", re.ASCII),
}


class Scope(Immutable):
    """Where a role holds: a club or person by their id, a commune or province by its code."""

    kind: Literal["club", "commune", "province", "person", "nation"]
    id: Annotated[str, Bare.PUBLIC] | None = None

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.kind == "nation") != (self.id is None):
            raise ValueError("id: needed for every scope but the nation")
        code = _UNIT_CODES.get(self.kind)
        if code is not None and not code.fullmatch(self.id or ""):
            raise ValueError(f"id: the code of a {self.kind} is expected")
        if self.kind in ("club", "person") and str(UUID(self.id)) != self.id:
            raise ValueError("id: a UUID in small letters is expected")
        return self


_EVERYWHERE = ("club", "commune", "province", "nation")
_SCOPES: dict[Role, tuple[str, ...]] = {
    Role.COMMUNE_OFFICER: ("commune",),
    Role.PROVINCIAL_OFFICER: ("province", "nation"),
    Role.RELATIVE: ("person",),
    Role.ADMINISTRATOR: ("commune", "province", "nation"),
}
"""Where a role may hold, if not everywhere: somebody may keep the books of a commune's clubs."""


class Grant(Immutable):
    """A role given to somebody, the first and last day included. An auditor's is of a period of
    the books."""

    id: Id
    role: Role = Field(strict=False)
    scope: Scope
    since: Day
    until: Day | None = None
    books_from: Day | None = None
    books_to: Day | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.scope.kind not in _SCOPES.get(self.role, _EVERYWHERE):
            raise ValueError(f"scope: {self.role} does not hold in a {self.scope.kind}")
        if self.until is not None and self.until < self.since:
            raise ValueError("until: lies before since")
        if self.role is Role.AUDITOR and self.until is None:
            raise ValueError("until: an auditor's role has a last day")
        if self.role is not Role.AUDITOR and (self.books_from or self.books_to):
            raise ValueError("books_from, books_to: are for an auditor only")
        if self.books_from and self.books_to and self.books_to < self.books_from:
            raise ValueError("books_to: lies before books_from")
        return self

    def holds_on(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)
