"""Who looks at a page."""

from dataclasses import dataclass
from uuid import UUID

from api.callers import Who
from api.reading import Connection
from projections.people import names_of


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody logged in, and what they are."""

    who: Who
    name: str
    club_id: UUID | None
    """Of their role in a club; an officer of a commune or a province has none."""

    @property
    def person_id(self) -> UUID:
        return self.who.person_id

    def is_a(self, *roles: str) -> bool:
        """Whether they hold one of these roles today."""
        return any(grant.role in roles for grant in self.who.grants)


def visitor(connection: Connection, who: Who) -> Visitor:
    clubs = [grant.scope.id for grant in who.grants if grant.scope.kind == "club"]
    name = names_of(connection, [who.person_id]).get(who.person_id, "")
    return Visitor(who, name, UUID(clubs[0]) if clubs else None)
