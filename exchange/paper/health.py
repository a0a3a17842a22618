"""The health sheet of a meeting: members by given name, and empty places for what is measured.

For the health volunteer alone: no money stands on it, no treasurer gets it, and nothing measured
before is printed. Whoever has not agreed to health data is marked: ask first, then measure.
"""

from typing import Any

import psycopg

from exchange.paper import press
from exchange.paper.words import day_in_words, head, shortened, told_from
from projections import clubs
from projections.care_view import may_read
from projections.times import Seen

ASK_FIRST = "Chưa đồng ý: hỏi trước khi đo"


def health_pdf(connection: psycopg.Connection[Any], seen: Seen) -> bytes:
    """For the meeting on `seen.as_of`, which may lie ahead: everybody who is a member that day."""
    club = clubs.one_club(connection, seen.club_id)
    assert club is not None, "the caller knows the club"
    members = [
        member
        for _, member in clubs.members(connection, seen.club_id)
        if member.joined_on <= seen.as_of
        and (member.left_on is None or member.left_on > seen.as_of)
    ]
    return press.pdf(
        "health",
        {
            "title": f"Bảng đo sức khỏe {seen.as_of.isoformat()}",
            "club": head(club),
            "day": day_in_words(seen.as_of),
            "rows": [
                {
                    "number": str(n),
                    "name": shortened(member.name or "(đã xóa)", 60),
                    "remark": "" if may_read(connection, member.person_id) else ASK_FIRST,
                }
                for n, member in enumerate(members, start=1)
            ],
            "evidence": told_from(seen),
        },
    )
