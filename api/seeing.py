"""Whose rows a request may see: the second net, spread by the database (store/migrations/0009).

It is as wide as the caller's roles reach, whatever the route asks; that the route may ask at all is
checked before (api/permissions.py).
"""

from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import Depends
from psycopg.sql import SQL, Identifier, Literal

from api.callers import Calling
from domain.accounts.permissions import anywhere, holds_in
from domain.accounts.roles import Grant
from domain.evidence.decisions import EVIDENCE_ID
from projections import whereabouts
from store.provision import READ, ROLES

Grants = tuple[Grant, ...]
ALL = "*"


async def grants(caller: Calling) -> Grants:
    """What the caller holds today."""
    return caller.who.grants if caller.who else ()


Seeing = Annotated[Grants, Depends(grants)]


def begin(
    connection: psycopg.Connection[Any],
    grants: Grants,
    of: UUID | None = None,
    me: UUID | None = None,
) -> None:
    """One snapshot for the transaction that was begun, under the reader's role and limits: the
    role reads, and may note in the access log who looked.

    `of` is the person asked about: of somebody who belongs to a club of the caller's, their other
    clubs are seen too, for a story or a sum must not end where they moved. Of oneself (`me`) they
    always are, also before one has any role.
    """
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    settings = {**ROLES[READ].limits, "sochung.clubs": _seen(connection, grants, of, me)}
    connection.execute(
        SQL("{}; SET LOCAL ROLE {}").format(
            SQL("; ").join(
                SQL("SET LOCAL {} = {}").format(Identifier(*name.split(".")), Literal(value))
                for name, value in settings.items()
            ),
            Identifier(READ),
        ),
        prepare=False,
    )


def _seen(
    connection: psycopg.Connection[Any], grants: Grants, of: UUID | None, me: UUID | None
) -> str:
    """Ids of clubs, associations and the log's own history, as the setting has them."""
    seen = _held(connection, grants)
    if seen is None:
        return ALL
    people = {UUID(one.scope.id) for one in grants if one.scope.kind == "person" and one.scope.id}
    for person in people:
        seen |= _homes(connection, person)
    if of is not None and ((homes := _homes(connection, of)) & seen or of == me):
        seen |= homes
    return ",".join(map(str, sorted({*seen, EVIDENCE_ID}))) if seen else ""


def _held(connection: psycopg.Connection[Any], grants: Grants) -> set[UUID] | None:
    """The clubs, and for officers the associations, in the places of some roles; None where
    nothing lies elsewhere."""
    if anywhere(grants):
        return None
    clubs = whereabouts.clubs_in(connection, grants)
    units = [one.scope for one in grants if one.scope.kind in ("commune", "province")]
    if not units:
        return None if clubs is None else set(clubs)
    every = whereabouts.of_all_associations(connection)
    theirs = {id for id, place in every.items() if any(holds_in(unit, place) for unit in units)}
    if clubs is None and len(theirs) == len(every):
        return None
    return {*(whereabouts.of_all_clubs(connection) if clubs is None else clubs), *theirs}


def _homes(connection: psycopg.Connection[Any], person_id: UUID) -> set[UUID]:
    """Every club somebody ever belonged to or was cared for in."""
    rows = connection.execute(
        """SELECT club_id FROM read.memberships WHERE person_id = %(person)s
           UNION SELECT club_id FROM read.care_cases WHERE client_id = %(person)s""",
        {"person": person_id},
    )
    return {club_id for (club_id,) in rows}
