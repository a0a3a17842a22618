"""Who may be one person under two ids: folded name, birth year and village alike.

SQL lists the names of one given name, each once however many bear it; those that read alike letter
by letter (rapidfuzz) say whose birth year and place are looked at, beside everybody of the same
club. Nothing is decided here: a merge is two people's word.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from rapidfuzz import fuzz

from domain.vietnamese import folded

NAME_MIN: Final = 85.0
"""Of 100, on folded names: two letters in a name of three words."""
SCORE_MIN: Final = 70
BIRTH_YEARS_APART: Final = 1
"""Older members know their year by the lunar calendar, which ends weeks after the other."""


class Likeness(NamedTuple):
    """What is compared of somebody; `places` are the villages and communes of their clubs."""

    name: str
    birth_year: int | None
    places: frozenset[str]
    sex: str | None = None


class Candidate(NamedTuple):
    """`score` is of 100: 60 for the name, 25 for the birth year, 15 for the place."""

    person_id: UUID
    name: str
    birth_year: int | None
    score: int


class Pair(NamedTuple):
    person_id: UUID
    name: str
    birth_year: int | None
    duplicate: Candidate


def likeness(one: Likeness, other: Likeness) -> int | None:
    """None where they cannot be one person, or are too unlike to ask about."""
    if one.sex and other.sex and one.sex != other.sex:
        return None
    name = fuzz.ratio(one.name, other.name)
    if name < NAME_MIN:
        return None
    if one.birth_year is None or other.birth_year is None:
        birth = 12
    else:
        apart = abs(one.birth_year - other.birth_year)
        if apart > BIRTH_YEARS_APART:
            return None
        birth = 18 if apart else 25
    place = 15 if one.places & other.places else 0
    score = round(0.6 * name) + birth + place
    return score if score >= SCORE_MIN else None


# From one name to the next by the index, past all who bear it.
_NAMES = """
    WITH RECURSIVE names(folded) AS (
        SELECT min(folded) FROM keys.people WHERE given = %(given)s
        UNION ALL
        SELECT (SELECT min(p.folded) FROM keys.people p
                WHERE p.given = %(given)s AND p.folded > n.folded)
        FROM names n WHERE n.folded IS NOT NULL)
    SELECT folded FROM names WHERE folded IS NOT NULL"""

# Who is compared with whom: those of a name alike, born within a year, wherever they live; and
# everybody of one club, where a mistyped given name is caught too.
_ALIKE = """
    SELECT p.person_id, p.name, p.folded, s.birth_year, s.sex
    FROM keys.people p JOIN read.persons s USING (person_id)
    WHERE p.given = %(given)s AND p.folded = ANY (%(alike)b)
      AND (%(born)s::int IS NULL OR s.birth_year IS NULL
           OR abs(s.birth_year - %(born)s) <= %(apart)s)
      AND NOT s.withdrawn AND s.merged_into IS NULL
    UNION
    SELECT p.person_id, p.name, p.folded, s.birth_year, s.sex
    FROM read.memberships m JOIN keys.people p USING (person_id)
         JOIN read.persons s USING (person_id)
    WHERE m.club_id = ANY (%(clubs)b) AND NOT s.withdrawn AND s.merged_into IS NULL"""


def of_new(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    name: str,
    birth_year: int | None = None,
    sex: str | None = None,
) -> list[Candidate]:
    """Who somebody about to join a club may be; empty before the read models were made."""
    row = connection.execute("SELECT to_regclass('read.club_units') IS NOT NULL").fetchone()
    if not (row and row[0]):
        return []
    places = _places_of_clubs(connection, [club_id]).get(club_id, frozenset())
    return _like(connection, Likeness(folded(name), birth_year, places, sex), [club_id])


def of_person(connection: psycopg.Connection[Any], person_id: UUID) -> list[Candidate]:
    """The likeliest first; empty for somebody whose name is gone."""
    row = connection.execute(
        """SELECT p.folded, s.birth_year, s.sex,
                  array(SELECT DISTINCT club_id FROM read.memberships WHERE person_id = s.person_id)
           FROM read.persons s JOIN keys.people p USING (person_id)
           WHERE s.person_id = %s AND NOT s.withdrawn AND s.merged_into IS NULL""",
        (person_id,),
    ).fetchone()
    if row is None:
        return []
    name, birth_year, sex, club_ids = row
    places = frozenset[str]().union(*_places_of_clubs(connection, club_ids).values())
    found = _like(connection, Likeness(name, birth_year, places, sex), club_ids)
    return [candidate for candidate in found if candidate.person_id != person_id]


def of_club(connection: psycopg.Connection[Any], club_id: UUID) -> list[Pair]:
    """Each pair once, with at least one of this club's people; the likeliest first."""
    people = connection.execute(
        """SELECT DISTINCT p.person_id, p.name, s.birth_year
           FROM read.memberships m JOIN keys.people p USING (person_id)
                JOIN read.persons s USING (person_id)
           WHERE m.club_id = %s AND NOT s.withdrawn AND s.merged_into IS NULL""",
        (club_id,),
    ).fetchall()
    pairs: dict[frozenset[UUID], Pair] = {}
    for person_id, name, birth_year in people:
        for candidate in of_person(connection, person_id):
            both = frozenset({person_id, candidate.person_id})
            pairs.setdefault(both, Pair(person_id, name, birth_year, candidate))
    return sorted(
        pairs.values(), key=lambda p: (-p.duplicate.score, p.person_id, p.duplicate.person_id)
    )


def _like(
    connection: psycopg.Connection[Any], one: Likeness, club_ids: Sequence[UUID]
) -> list[Candidate]:
    given = one.name.rpartition(" ")[2]
    names = connection.execute(_NAMES, {"given": given})
    rows = connection.execute(
        _ALIKE,
        {
            "given": given,
            "alike": [name for (name,) in names if fuzz.ratio(one.name, name) >= NAME_MIN],
            "born": one.birth_year,
            "apart": BIRTH_YEARS_APART,
            "clubs": list(club_ids),
        },
    ).fetchall()
    # Whoever would be too unlike even in the same village is not asked where they live.
    near = [r for r in rows if likeness(one, Likeness(r[2], r[3], one.places, r[4])) is not None]
    places = _places(connection, [row[0] for row in near])
    found = []
    for person_id, name, plain, birth_year, sex in near:
        other = Likeness(plain, birth_year, places.get(person_id, frozenset()), sex)
        score = likeness(one, other)
        if score is not None:
            found.append(Candidate(person_id, name, birth_year, score))
    return sorted(found, key=lambda candidate: (-candidate.score, candidate.person_id))


def _places(
    connection: psycopg.Connection[Any], people: Sequence[UUID]
) -> dict[UUID, frozenset[str]]:
    rows = connection.execute(
        """SELECT m.person_id, m.club_id FROM read.memberships m
           WHERE m.person_id = ANY (%b) ORDER BY m.person_id""",
        (list(people),),
    ).fetchall()
    of_clubs = _places_of_clubs(connection, {club_id for _, club_id in rows})
    return {
        person_id: frozenset[str]().union(*(of_clubs.get(club, frozenset()) for _, club in some))
        for person_id, some in groupby(rows, key=lambda row: row[0])
    }


def _places_of_clubs(
    connection: psycopg.Connection[Any], club_ids: Iterable[UUID]
) -> dict[UUID, frozenset[str]]:
    """A club itself, its village, and every commune it ever lay in."""
    rows = connection.execute(
        """SELECT c.club_id, c.village, array_agg(u.commune) FROM read.clubs c
                LEFT JOIN read.club_units u USING (club_id)
           WHERE c.club_id = ANY (%b) GROUP BY c.club_id, c.village""",
        (list(club_ids),),
    )
    return {
        club_id: frozenset({str(club_id)})
        | {folded(place) for place in (village, *communes) if place}
        for club_id, village, communes in rows
    }
