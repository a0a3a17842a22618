"""Who a club's members are on a report's last day: by sex, age and household, who came and went.

A double entry that was merged never was a member: whoever goes on stands from the day it joined.
Sex and birth are today's, as names are; the household's class is the one certified by that day.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import psycopg
from typing_extensions import TypedDict

from projections.figures import Period
from projections.times import Seen

AGES = ((0, "under_40"), (40, "40_59"), (60, "60_69"), (70, "70_79"), (80, "80_and_over"))
"""Bands by their first year; the year of birth alone decides, as in the province's report."""
OLD_FROM = 60
UNKNOWN = "unknown"


class Member(NamedTuple):
    """`left_on` is None while they are one."""

    person_id: Any
    joined_on: date
    left_on: date | None
    cause: str | None
    sex: str | None
    birth_year: int | None
    household_class: str | None

    def is_one_on(self, day: date) -> bool:
        return self.joined_on <= day and (self.left_on is None or self.left_on > day)


class CountView(TypedDict):
    """`key` is `unknown` where nobody has said."""

    key: str
    members: int


class MembersPart(TypedDict):
    """`opening` + `joined` - `left` = `members`, those of the report's last day."""

    opening: int
    joined: int
    left: int
    members: int
    women: int
    old: int
    """Sixty years and over, of those whose year of birth is known."""
    borrowers: int
    """Members who have ever had a loan, as Decision 1336 counts who is reached."""
    by_sex: list[CountView]
    by_age: list[CountView]
    by_class: list[CountView]
    left_by_cause: list[CountView]


_MEMBERS = """
    SELECT m.person_id, m.joined_on,
           CASE WHEN m.left_at <= %(upto)s AND m.left_on <= %(as_of)s THEN m.left_on END,
           CASE WHEN m.left_at <= %(upto)s AND m.left_on <= %(as_of)s THEN m.cause END,
           p.sex, p.birth_year, c.household_class
    FROM read.memberships m JOIN read.persons p USING (person_id)
         LEFT JOIN LATERAL (
             SELECT s.household_class FROM read.class_statements s
             WHERE s.person_id = m.person_id AND s.position <= %(upto)s
               AND coalesce(s.valid_from, '-infinity') <= %(as_of)s
             ORDER BY s.valid_from DESC NULLS LAST, s.position DESC LIMIT 1) c ON true
    WHERE m.club_id = %(club)s AND m.position <= %(upto)s AND m.joined_on <= %(as_of)s
      AND NOT coalesce(m.cause = 'merged' AND m.left_at <= %(upto)s, false)
    ORDER BY m.position"""


def members_of(connection: psycopg.Connection[Any], seen: Seen) -> list[Member]:
    """Everybody who ever was one, once for each time they joined."""
    rows = connection.execute(
        _MEMBERS, {"club": seen.club_id, "upto": seen.upto, "as_of": seen.as_of}
    )
    return [Member(*row) for row in rows]


def members_part(everybody: list[Member], period: Period, borrowers: frozenset[Any]) -> MembersPart:
    """`borrowers` are all who were ever lent money, members or not."""
    now = [one for one in everybody if one.is_one_on(period.last)]
    left = [one for one in everybody if one.left_on and one.left_on >= period.first]
    ages = [_age_band(one, period.last) for one in now]
    return {
        "opening": sum(
            one.joined_on < period.first and (one.left_on is None or one.left_on >= period.first)
            for one in everybody
        ),
        "joined": sum(one.joined_on >= period.first for one in everybody),
        "left": len(left),
        "members": len(now),
        "women": sum(one.sex == "female" for one in now),
        "old": sum(
            one.birth_year is not None and period.last.year - one.birth_year >= OLD_FROM
            for one in now
        ),
        "borrowers": sum(one.person_id in borrowers for one in now),
        "by_sex": _counted((one.sex for one in now), ("female", "male")),
        "by_age": _counted(ages, [band for _, band in AGES]),
        "by_class": _counted(
            (one.household_class for one in now),
            ("poor", "near_poor", "escaped", "difficult", "other"),
        ),
        "left_by_cause": _counted((one.cause for one in left), ("left", "died", "moved")),
    }


def _age_band(one: Member, on: date) -> str | None:
    if one.birth_year is None:
        return None
    age = on.year - one.birth_year
    return [band for first, band in AGES if age >= first or first == 0][-1]


def _counted(keys: Iterable[str | None], order: Iterable[str]) -> list[CountView]:
    """In the order given; only what there is."""
    counts = Counter(key or UNKNOWN for key in keys)
    return [{"key": key, "members": counts[key]} for key in (*order, UNKNOWN) if counts[key]]
