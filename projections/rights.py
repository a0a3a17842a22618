"""What of a read model a request may see: the second net under the API's own checks.

The rule of a table follows from its columns, so that no new table can forget it. Rules name
functions and no other read model: a rebuild drops and swaps tables (store/migrations/0009).
"""

from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from store.provision import APP, READ

_CLUB = "(SELECT access.sees_all()) OR {column} = ANY ((SELECT access.clubs())::uuid[])"
_PERSON = "(SELECT access.sees_all()) OR {column} IN (SELECT access.people())"
_INSTITUTIONS = ("club_id", "whose", "association_id")


def rule(columns: str) -> str:
    """SQL that is true for a row a request may see. A club's row by its club; one that names a
    person and no club by the person; what names neither holds nothing of anybody."""
    named = {part.split()[0]: part.upper().endswith("NOT NULL") for part in columns.split(",")}
    home = next((name for name in _INSTITUTIONS if name in named), None)
    by_person = _PERSON.format(column="person_id") if "person_id" in named else "true"
    if home is None:
        return by_person
    by_home = _CLUB.format(column=home)
    return by_home if named[home] else f"{by_home} OR {home} IS NULL AND ({by_person})"


def guard(connection: psycopg.Connection[Any], table: Identifier, columns: str) -> None:
    """The service reads the table whole, a request what its rule lets through; nobody writes."""
    for statement in (
        "GRANT SELECT ON {table} TO {app}, {read}",
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY whole ON {table} FOR SELECT TO {app} USING (true)",
        f"CREATE POLICY of_clubs ON {{table}} FOR SELECT TO {{read}} USING ({rule(columns)})",
    ):
        connection.execute(
            SQL(statement).format(table=table, app=Identifier(APP), read=Identifier(READ))
        )
