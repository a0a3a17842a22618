"""The province report as it is shown: rows, the same rows by club, commune or district, and events.

Asked again with its own `from`, `to` and `known_at` it comes out the same, whatever was recorded
since. Clubs without the software stand in it with their signed paper figures, counted apart.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from threading import Lock
from typing import Any, Literal, NamedTuple
from uuid import UUID

import psycopg
from typing_extensions import TypedDict

from domain.values import Sealed
from projections.province.catalogue import ROWS
from projections.province.lagging import Judged, LaggingView, judged_clubs, lagging_clubs
from projections.province.parts import FAMILIES, TARGETS, family_of, with_parts, with_totals
from projections.province.views import (
    By,
    GroupView,
    PaperClub,
    PartView,
    Place,
    RowView,
    Span,
    Sums,
    number,
)
from projections.times import known
from projections.vietnamese import place_key
from projections.views import DayText, IdText, InstantText, instant
from store.keys import KeyRing

READ_FROM = ("facts", "ledger", "loans")
KEPT, KEPT_GROUPS = 16, 500
"""So many reports are kept by a process, of so many groups at most."""

# `from` is a word of Python's, so these keys cannot stand in a class.
ProvinceReport = TypedDict(
    "ProvinceReport",
    {
        "from": DayText,
        "to": DayText,
        "known_at": InstantText | None,
        "position": int,
        "rows": list[RowView],
        "by": str | None,
        "groups": list[GroupView],
        "lagging": list[LaggingView],
    },
)


_kept: OrderedDict[tuple[Any, ...], ProvinceReport] = OrderedDict()
_keeping = Lock()


def span(
    connection: psycopg.Connection[Any],
    since: date,
    until: date,
    known_at: datetime | None = None,
    only: frozenset[UUID] | None = None,
) -> Span:
    upto, at = known(connection, READ_FROM, known_at)
    return Span(since, until, upto, at, only)


def sums_by_club(
    connection: psycopg.Connection[Any], span: Span, judged: Iterable[Judged]
) -> dict[UUID | None, Sums]:
    """Of every club; None is what belongs to no club, as the association's own trainings."""
    found: dict[UUID | None, Sums] = defaultdict(Sums)
    summed = """SELECT figure, side, club_id, sum(amount) FROM totals
                GROUP BY figure, side, club_id"""
    for family in FAMILIES:
        if family is TARGETS:
            continue  # `judged` says them, and when each club was last seen
        rows = connection.execute(with_totals(family, summed), span.asked)
        for figure, side, club_id, amount in rows:
            found[club_id].add(figure, side, Decimal(amount))
    for club in judged:
        for figure, yes in club.rows.items():
            found[club.club_id].add(figure, "d", Decimal(1))
            found[club.club_id].add(figure, "n", Decimal(int(yes)))
    return dict(found)


def places(connection: psycopg.Connection[Any], span: Span) -> dict[UUID, Place]:
    rows = connection.execute(
        """SELECT club_id,
                  (array_agg(name ORDER BY position DESC) FILTER (WHERE name IS NOT NULL))[1],
                  (array_agg(commune ORDER BY since DESC, position DESC))[1],
                  (array_agg(district ORDER BY position) FILTER (WHERE district IS NOT NULL))[1]
           FROM read.club_places WHERE position <= %(upto)s AND since <= %(until)s
           GROUP BY club_id""",
        span.asked,
    )
    only = span.only
    return {club_id: Place(*rest) for club_id, *rest in rows if only is None or club_id in only}


def province_report(
    connection: psycopg.Connection[Any], span: Span, by: By | None = None
) -> ProvinceReport:
    """Every row of the catalogue; with `by` also those of each group, which add up to the whole.

    What was worked out for a position holds for good: whoever sees the same clubs is told it again.
    """
    row = connection.execute(
        "SELECT current_user, current_setting('sochung.clubs', true)"
    ).fetchone()
    info = connection.info
    asked = info.host, info.port, info.dbname, row, span, by
    with _keeping:
        if asked in _kept:
            _kept.move_to_end(asked)
            return {**_kept[asked]}
    report = worked_out(connection, span, by)
    if len(report["groups"]) <= KEPT_GROUPS:
        with _keeping:
            _kept[asked] = report
            if len(_kept) > KEPT:
                _kept.popitem(last=False)
    return {**report}


def worked_out(connection: psycopg.Connection[Any], span: Span, by: By | None) -> ProvinceReport:
    connection.execute("SET LOCAL work_mem = '64MB'")  # sorts and sums of a whole province
    judged = judged_clubs(connection, span)
    clubs = sums_by_club(connection, span, judged)
    papers, where = paper_clubs(connection, span), places(connection, span)
    return {
        "from": span.since.isoformat(),
        "to": span.until.isoformat(),
        "known_at": instant(span.known_at) if span.known_at else None,
        "position": span.upto,
        "rows": _rows(clubs, papers),
        "by": by,
        "groups": _groups(where, clubs, papers, by) if by else [],
        "lagging": lagging_clubs(judged, where),
    }


def _rows(clubs: Mapping[UUID | None, Sums], papers: Iterable[PaperClub]) -> list[RowView]:
    whole, on_paper = Sums(), Sums()
    signed: dict[str, int] = defaultdict(int)
    for sums in clubs.values():
        _add_all(whole, sums)
    for paper in papers:
        for key, amount in paper.figures.items():
            signed[key] += 1
            on_paper.add(key, "n", Decimal(amount))
            whole.add(key, "n", Decimal(amount))
    counted = int(sum(s.numerators.get("clubs", 0) for s in clubs.values()))
    return [
        {
            **whole.row(row.key),
            "label": row.label,
            "unit": row.unit,
            "from_paper": number(on_paper.numerators.get(row.key, Decimal(0))),
            "clubs_from_events": counted,
            "clubs_from_paper": signed[row.key],
        }
        for row in ROWS
    ]


def _add_all(to: Sums, sums: Sums) -> None:
    for key, amount in sums.numerators.items():
        to.add(key, "n", amount)
    for key, amount in sums.denominators.items():
        to.add(key, "d", amount)


def _groups(
    where: Mapping[UUID, Place],
    clubs: Mapping[UUID | None, Sums],
    papers: Iterable[PaperClub],
    by: By,
) -> list[GroupView]:
    groups: dict[tuple[str, UUID | None, str | None], Sums] = defaultdict(Sums)
    for club_id, sums in clubs.items():
        place = where.get(club_id) if club_id else None
        if by == "club":
            at = ("events", club_id, place.name if place else None)
        else:
            at = ("events", None, getattr(place, by) if place else None)
        _add_all(groups[at], sums)
    for paper in papers:
        name = paper.name if by == "club" else getattr(paper, by)
        for key, amount in paper.figures.items():
            groups["paper", None, name].add(key, "n", Decimal(amount))
    ordered = sorted(
        groups.items(), key=lambda g: (g[0][0], place_key(g[0][2] or ""), str(g[0][1]))
    )
    return [
        {
            "id": str(id) if id else None,
            "name": name,
            "source": "paper" if source == "paper" else "events",
            "rows": [sums.row(row.key) for row in ROWS],
        }
        for (source, id, name), sums in ordered
    ]


# --- down to the events -----------------------------------------------------------------------


class Part(NamedTuple):
    """What one event brings to one side of a row."""

    event_id: UUID
    position: int
    club_id: UUID | None
    amount: Decimal


def parts_of(
    connection: psycopg.Connection[Any],
    span: Span,
    figure: str,
    side: Literal["n", "d"] = "n",
    *,
    club_id: UUID | None = None,
    after: tuple[int, str] = (0, ""),
    limit: int | None = None,
) -> list[Part]:
    """The events behind a row, as recorded; their amounts add up to it, to the last."""
    rows = connection.execute(
        with_parts(
            family_of(figure),
            """SELECT event_id, position, club_id, sum(amount) FROM parts
               WHERE figure = %(figure)s AND side = %(side)s
                 AND (%(club)s::uuid IS NULL OR club_id = %(club)s)
                 AND (position, event_id::text) > (%(position)s, %(event)s)
               GROUP BY event_id, position, club_id HAVING sum(amount) <> 0
               ORDER BY position, event_id LIMIT %(limit)s""",
        ),
        span.asked
        | {
            "figure": figure,
            "side": side,
            "club": club_id,
            "position": after[0],
            "event": after[1],
            "limit": limit,
        },
    )
    return [Part(*row) for row in rows]


def part_view(part: Part) -> PartView:
    return {
        "event_id": str(part.event_id),
        "position": part.position,
        "club_id": str(part.club_id) if part.club_id else None,
        "amount": number(Decimal(part.amount)),
    }


# --- clubs without the software ------------------------------------------------------------------


def paper_clubs(connection: psycopg.Connection[Any], span: Span) -> list[PaperClub]:
    """The latest signed figures of each, of those whose period lies within the report's."""
    if span.only is not None:
        return []
    rows = connection.execute(
        """SELECT DISTINCT ON (club) club, commune, district, figures FROM read.paper_figures p
           WHERE p.position <= %(upto)s AND p.first_on >= %(since)s AND p.last_on <= %(until)s
             AND NOT EXISTS (SELECT FROM read.fact_changes c WHERE c.event_id = p.event_id
                             AND c.position <= %(upto)s AND NOT c.counts)
           ORDER BY club, last_on DESC, position DESC""",
        span.asked,
    )
    return [PaperClub(*row) for row in rows]


# --- reports handed in ------------------------------------------------------------------------


class StepView(TypedDict):
    step: str
    occurred_on: DayText
    event_id: IdText
    position: int
    person_id: IdText | None
    remarks: str | None


class SubmittedView(TypedDict):
    """A report as it stands; `position` and `digest` are of the figures last handed in."""

    id: IdText
    first_on: DayText
    last_on: DayText
    step: str
    position: int
    digest: str
    steps: list[StepView]


def submitted_reports(
    connection: psycopg.Connection[Any], association_id: UUID, keys: KeyRing
) -> list[SubmittedView]:
    """The latest handed in first, each with all its steps."""
    rows = connection.execute(
        """SELECT report_id, step, occurred_on, event_id, position, person_id, remarks,
                  first_on, last_on, known_position, digest
           FROM read.report_steps WHERE association_id = %s ORDER BY position""",
        (association_id,),
    ).fetchall()
    sealed = [Sealed.model_validate(row[6]) for row in rows if row[6] is not None]
    remarks = iter(keys.open_many(sealed))
    found: dict[UUID, SubmittedView] = {}
    for id, step, on, event_id, position, person_id, said, *figures in rows:
        if step == "submitted":
            first_on, last_on, known_position, digest = figures
            steps = found[id]["steps"] if id in found else []
            found[id] = {
                "id": str(id),
                "first_on": first_on.isoformat(),
                "last_on": last_on.isoformat(),
                "step": step,
                "position": known_position,
                "digest": digest,
                "steps": steps,
            }
        report = found[id]
        report["step"] = step
        report["steps"].append(
            {
                "step": step,
                "occurred_on": on.isoformat(),
                "event_id": str(event_id),
                "position": position,
                "person_id": str(person_id) if person_id else None,
                "remarks": next(remarks) if said is not None else None,
            }
        )
    return sorted(found.values(), key=lambda report: -report["steps"][-1]["position"])
