"""Who looks at a page."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request

from api.loopback import host_of, is_loopback
from api.parameters import UUID_TEXT
from api.reading import Parts

COOKIE = "sochung"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody of a club, and what they are in it."""

    person_id: UUID
    name: str
    club_id: UUID | None
    roles: frozenset[str]

    def is_a(self, *roles: str) -> bool:
        return not self.roles.isdisjoint(roles)


def visitor(request: Request, parts: Parts) -> Visitor | None:
    """From a cookie that this service signed, on this machine alone."""
    person, _, signature = request.cookies.get(COOKIE, "").partition(".")
    if (
        not is_loopback(host_of(request.headers.get("host", "")))
        or not UUID_TEXT.fullmatch(person)
        or signature != _signature(parts, person)
    ):
        return None
    return _known(parts, UUID(person))


def signed(parts: Parts, person_id: UUID) -> str:
    return f"{person_id}.{_signature(parts, str(person_id))}"


def _signature(parts: Parts, person: str) -> str:
    return parts.keys.fingerprint(b"visitor " + person.encode()).hex()


def _known(parts: Parts, person_id: UUID) -> Visitor | None:
    with parts.database.connection() as connection:
        row = connection.execute(
            """SELECT p.name, m.club_id FROM keys.people p
               LEFT JOIN read.memberships m USING (person_id) WHERE p.person_id = %s
               ORDER BY m.position DESC LIMIT 1""",
            (person_id,),
        ).fetchone()
        if row is None:
            return None
        offices = connection.execute(
            "SELECT office FROM read.board WHERE person_id = %s", (person_id,)
        ).fetchall()
    return Visitor(person_id, row[0], row[1], frozenset(office for (office,) in offices))
