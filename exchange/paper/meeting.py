"""The money sheet of a meeting: members by name, what each is to bring, empty places for the rest.

Readings and visits have a sheet of their own: money and health never stand on one paper.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.loans.accounts import DENOMINATIONS
from exchange.paper import press
from exchange.paper.words import day_in_words, head, shortened, told_from
from exchange.tables import shown
from projections import clubs
from projections.people import names_of
from projections.portfolio import LoanAt, portfolio
from projections.times import Seen


class Expected(NamedTuple):
    """What one member is to bring by the meeting's day, in đồng, and what is owed in all."""

    outstanding: int = 0
    principal: int = 0
    interest: int = 0
    """Late interest too."""

    @property
    def total(self) -> int:
        return self.principal + self.interest


def expected(loans: Sequence[LoanAt]) -> dict[UUID, Expected]:
    """By borrower; `loans` are as of the meeting's day. Whoever owes nothing is not there."""
    sums: dict[UUID, list[int]] = defaultdict(lambda: [0, 0, 0])
    for loan in loans:
        if loan.owed is not None:
            mine = sums[loan.row.borrower_id]
            mine[0] += loan.outstanding
            mine[1] += loan.owed.principal_overdue + loan.owed.principal_due
            mine[2] += loan.owed.interest_due + loan.owed.late_interest
    return {who: Expected(*amounts) for who, amounts in sums.items()}


def meeting_pdf(connection: psycopg.Connection[Any], seen: Seen) -> bytes:
    """For the meeting on `seen.as_of`, which may lie ahead: what falls due by then.

    Everybody who is a member that day, by name; then whoever left or never was one and still owes.
    """
    club = clubs.one_club(connection, seen.club_id)
    assert club is not None, "the caller knows the club"
    due = expected(portfolio(connection, seen))
    listed = [
        (member.person_id, member.name)
        for _, member in clubs.members(connection, seen.club_id)
        if member.joined_on <= seen.as_of
        and (member.left_on is None or member.left_on > seen.as_of)
    ]
    others = due.keys() - {person_id for person_id, _ in listed}
    names = names_of(connection, list(others))
    listed += sorted(((id, names.get(id)) for id in others), key=lambda one: one[1] or "")
    rows = [(name, due.get(person_id, Expected())) for person_id, name in listed]
    return press.pdf(
        "meeting",
        {
            "title": f"Bảng thu tiền {seen.as_of.isoformat()}",
            "club": head(club),
            "day": day_in_words(seen.as_of),
            "rows": [
                {"number": str(n), "name": shortened(name or "(đã xóa)", 60), **_amounts(one)}
                for n, (name, one) in enumerate(rows, start=1)
            ],
            "totals": _amounts(
                Expected(*(sum(column) for column in zip(*(one for _, one in rows), strict=True)))
                if rows
                else Expected()
            ),
            "notes": [shown(note) for note in DENOMINATIONS],
            "evidence": told_from(seen),
        },
    )


def _amounts(one: Expected) -> dict[str, str]:
    return {
        "outstanding": shown(one.outstanding or None),
        "principal": shown(one.principal or None),
        "interest": shown(one.interest or None),
        "total": shown(one.total or None),
    }
