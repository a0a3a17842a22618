"""Where clubs and people are found now: whoever asks for them has to have a role there.

Of one club or person the log itself is asked, so also of what was written a moment ago; memberships
come from the read model and the log's tail.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID, uuid5

import psycopg

from desk.units import code_of, province_of
from domain.accounts.permissions import Place, anywhere, holds_in
from domain.accounts.roles import Grant, Scope
from projections.belonging import joined_and_left
from projections.province.facts import FACTS

_HOMES = 4
"""So many times somebody may come under care, or help, in one more club."""


def place_of(club_id: UUID | None, commune: str | None, province: str | None) -> Place:
    """With the codes of today's units, found by name; an old unit has none."""
    code = code_of(commune, province) if commune and province else None
    return Place(club_id, code, province_of(code, province))


def of_scope(scope: Scope) -> Place:
    """Where a role holds, as one place; a club or person without their unit."""
    match scope.kind, scope.id:
        case "club", str(id):
            return Place(UUID(id))
        case "commune", code:
            return Place(None, code, province_of(code, None))
        case "province", code:
            return Place(None, None, code)
        case _:
            return Place()


def of_club(connection: psycopg.Connection[Any], club_id: UUID) -> Place | None:
    """None for a club that is not there."""
    row = connection.execute(
        """SELECT s.d ->> 'commune', s.d ->> 'province'
           FROM log.events e
                CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb AS d) AS s
           WHERE e.originator_id = %s AND e.topic = ANY (%s)
           ORDER BY e.originator_version DESC LIMIT 1""",
        (club_id, ["clubs.ClubFounded", "clubs.CommuneReassigned"]),
    ).fetchone()
    return place_of(club_id, *row) if row else None


def of_all_clubs(connection: psycopg.Connection[Any]) -> Mapping[UUID, Place]:
    """As the read model knows them, like every list of them: all, whatever the caller may see.
    Worked out once for each position of it."""
    row = connection.execute(
        "SELECT position FROM read.positions WHERE name = %s", (FACTS.name,)
    ).fetchone()
    database = connection.info.host, connection.info.port, connection.info.dbname
    known = _known.get(database)
    if known is None or row is None or known[0] != row[0]:
        rows = connection.execute("SELECT club_id, commune, province FROM access.all_places()")
        known = row[0] if row else 0, {club_id: place_of(club_id, *unit) for club_id, *unit in rows}
        _known[database] = known
    return known[1]


_known: dict[tuple[str, int, str], tuple[int, Mapping[UUID, Place]]] = {}
"""Of each database that this process reads: the position, and where its clubs lay there."""


def of_all_associations(connection: psycopg.Connection[Any]) -> dict[UUID, Place]:
    rows = connection.execute("SELECT association_id, commune, province FROM read.associations")
    return {id: place_of(None, commune, province) for id, commune, province in rows}


def of_people(
    connection: psycopg.Connection[Any], person_ids: Iterable[UUID]
) -> dict[UUID, frozenset[UUID]]:
    """The clubs of each person who is known: whose members they are, where they are cared for and
    where they help; else where they last belonged, else where they were registered. An officer of
    no club has none."""
    people = list(dict.fromkeys(person_ids))
    registered: dict[UUID, UUID | None] = dict(
        connection.execute(
            """SELECT originator_id, club_id FROM log.events
               WHERE originator_id = ANY (%b::uuid[]) AND originator_version = 1
                 AND topic = 'clubs.PersonRegistered'""",
            (people,),
        ).fetchall()
    )
    now, before = joined_and_left(connection, people)
    caring = _caring(connection, people)
    found: dict[UUID, frozenset[UUID]] = {}
    for person, home in registered.items():
        clubs = now[person] | caring[person] or before[person]
        found[person] = frozenset(clubs or ({home} if home else ()))
    return found


def clubs_in(
    connection: psycopg.Connection[Any], grants: Iterable[Grant]
) -> frozenset[UUID] | None:
    """The clubs in the places some roles hold for; None: all there are."""
    given = list(grants)
    if anywhere(given):
        return None
    named = {UUID(one.scope.id) for one in given if one.scope.kind == "club" and one.scope.id}
    if all(one.scope.kind in ("club", "person") for one in given):
        return frozenset(named)
    every = of_all_clubs(connection)
    found = frozenset(
        club_id
        for club_id, place in every.items()
        if any(holds_in(one.scope, place) for one in given)
    )
    return None if every and len(found) == len(every) else found | named


def sampled_loans(connection: psycopg.Connection[Any], drawn: Iterable[UUID]) -> frozenset[UUID]:
    """The loans that events an audit drew are about."""
    rows = connection.execute(
        """SELECT coalesce(s.d ->> 'loan_id', s.d #>> '{loan,id}')::uuid
           FROM log.events e
                CROSS JOIN LATERAL (SELECT convert_from(e.state, 'UTF8')::jsonb AS d) AS s
           WHERE e.event_id = ANY (%b::uuid[])""",
        (list(drawn),),
    )
    return frozenset(loan_id for (loan_id,) in rows if loan_id is not None)


def _caring(connection: psycopg.Connection[Any], people: list[UUID]) -> dict[UUID, set[UUID]]:
    """By the notes that stand beside the log (`desk.care.note_home`)."""
    notes = {
        uuid5(person, f"{role}/{number}"): (person, role, number)
        for person in people
        for role in ("client", "volunteer")
        for number in range(1, _HOMES + 1)
    }
    rows = connection.execute(
        """SELECT n.entity_id, e.club_id FROM log.entities n
           JOIN log.events e ON e.originator_id = n.originator_id AND e.originator_version = 1
           WHERE n.entity_id = ANY (%b::uuid[])""",
        (list(notes),),
    )
    latest: dict[tuple[UUID, str], tuple[int, UUID]] = {}
    for note, club_id in rows:
        person, role, number = notes[note]
        if club_id is not None:
            latest[person, role] = max(latest.get((person, role), (0, club_id)), (number, club_id))
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for (person, _), (_, club_id) in latest.items():
        found[person].add(club_id)
    return found
