"""The province report: figures of all clubs for any period, each down to the events behind it."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from typing_extensions import TypedDict

from api.papers import MEDIA, papers
from api.parameters import (
    AsKnown,
    Cursor,
    Dates,
    KeyNumber,
    Page,
    PathId,
    Position,
    QueryId,
    Reading,
    Turning,
)
from api.permissions import Allowed, may
from api.prints import Pdf, pdf_answer
from api.reading import Connection, Parts, Read, Within
from domain.accounts.permissions import Action
from domain.clubs.association import ASSOCIATION
from domain.clubs.association import known as known_association
from domain.errors import NotFound
from domain.values import FIRST_DAY, Day
from exchange.paper.province import province_pdf, sheets
from exchange.tables import as_xlsx
from projections.province.catalogue import BY_KEY
from projections.province.report import (
    ProvinceReport,
    SubmittedView,
    part_view,
    parts_of,
    province_report,
    span,
    submitted_reports,
)
from projections.province.restated import Restatement, restatement
from projections.province.views import By, PartView, Span
from projections.small_cells import HEALTH_ROWS, hide_in_groups, hide_in_rows
from projections.views import DayText, InstantText, instant

router = APIRouter(prefix="/v1")


class ProvinceQuery(Reading, Dates, AsKnown):
    by: By | None = None


class ProvincePartsQuery(Page, Dates, AsKnown):
    part: Literal["numerator", "denominator"] = "numerator"
    club_id: QueryId | None = None
    """Only what came from one club."""


class RestatedQuery(Reading, Dates, AsKnown):
    then_position: Position
    """The `position` that the report printed earlier names."""


ProvinceParts = TypedDict(
    "ProvinceParts",
    {
        "from": DayText,
        "to": DayText,
        "known_at": InstantText | None,
        "position": int,
        "key": str,
        "part": str,
        "items": list[PartView],
        "next": str | None,
    },
)

# The report's position and last day, then the last part's: a later page goes on in the same report.
_PART = Cursor[tuple[int, date, int, str]](tuple[KeyNumber, Day, KeyNumber, str])


@router.get("/reports/province")
def show_province_report(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)],
    query: Annotated[ProvinceQuery, Query()],
    read: Read,
    parts: Within,
) -> ProvinceReport:
    """Every figure of all clubs from `from` to `to`; `by` adds those of each club or unit.

    Without dates: everything up to today. Stocks (clubs, members, outstanding) are of the last day.
    """
    with read.at(query) as connection:
        return _report(connection, allowed, query, parts, query.by)


@router.get("/reports/province.pdf", response_class=Response, responses=Pdf)
def show_province_report_pdf(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)],
    query: Annotated[ProvinceQuery, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """The report to print and sign, by former district unless by commune."""
    by: By = "commune" if query.by == "commune" else "district"
    with read.at(query) as connection:
        made = _report(connection, allowed, query, parts, by)
        read.handed_out(connection, (), "show_province_report_pdf")
    return pdf_answer(province_pdf(made), "province")


@router.get(
    "/reports/province.xlsx",
    response_class=Response,
    responses={200: {"content": {MEDIA["xlsx"]: {}}}},
)
def show_province_report_xlsx(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)],
    query: Annotated[ProvinceQuery, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """The report as a workbook: every figure, the groups asked for, the clubs that lag."""
    with read.at(query) as connection:
        made = _report(connection, allowed, query, parts, query.by)
        read.handed_out(connection, (), "show_province_report_xlsx")
    headers = {"Content-Disposition": 'attachment; filename="province.xlsx"'}
    return Response(as_xlsx(*sheets(made)), headers=headers, media_type=MEDIA["xlsx"])


@router.get("/reports/province/restatement")
def restate_province_report(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)],
    query: Annotated[RestatedQuery, Query()],
    read: Read,
    parts: Within,
) -> Restatement:
    """What reads otherwise than in the report printed at `then_position`, and the events why."""
    with read.at(query) as connection:
        now = _span(connection, allowed, query, parts)
        then = now._replace(upto=min(query.then_position, now.upto))
        found = restatement(connection, then, now)
    if not allowed.is_outside:
        return found
    return {**found, "moved": [row for row in found["moved"] if row["key"] not in HEALTH_ROWS]}


@router.get("/associations/{association_id}/reports")
def list_submitted_reports(
    allowed: Annotated[Allowed, may(Action.READ_ASSOCIATION)],
    association_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
) -> list[SubmittedView]:
    """Reports handed in, with each step they went through."""
    with read.at(query) as connection:
        known_association(parts.desk.log.recall(ASSOCIATION, association_id).state)
        return submitted_reports(connection, association_id, parts.keys)


@router.get("/reports/province/{figure}/events")
def list_province_figure_events(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    figure: str,
    query: Annotated[ProvincePartsQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> ProvinceParts:
    """The events one side of a figure is the sum of, as recorded; amounts signed."""
    if figure not in BY_KEY or (allowed.is_outside and figure in HEALTH_ROWS):
        raise NotFound("Không có chỉ tiêu này.")
    after = _PART.read(query.after)
    with read.at(query) as connection:
        at = _span(connection, allowed, query, parts, after)
        found = parts_of(
            connection,
            at,
            figure,
            "n" if query.part == "numerator" else "d",
            club_id=query.club_id,
            after=(after[2], after[3]) if after else (0, ""),
            limit=query.limit + 1,
        )
    page, more = pages.cut(
        found,
        query.limit,
        lambda part: _PART.write((at.upto, at.until, part.position, str(part.event_id))),
    )
    return {
        "from": at.since.isoformat(),
        "to": at.until.isoformat(),
        "known_at": instant(at.known_at) if at.known_at else None,
        "position": at.upto,
        "key": figure,
        "part": query.part,
        "items": [part_view(part) for part in page],
        "next": more,
    }


def _report(
    connection: Connection, allowed: Allowed, query: ProvinceQuery, parts: Parts, by: By | None
) -> ProvinceReport:
    """Of the caller's clubs; to whoever is of none, without the small numbers under care."""
    at = _span(connection, allowed, query, parts)
    report = province_report(connection, at, by)
    if allowed.is_outside:
        report["groups"] = hide_in_groups(report["groups"])
        if not allowed.is_of_province:
            report["rows"] = hide_in_rows(report["rows"])
    return report


def _span(
    connection: Connection,
    allowed: Allowed,
    query: ProvinceQuery | ProvincePartsQuery | RestatedQuery,
    parts: Parts,
    after: tuple[int, date, int, str] | None = None,
) -> Span:
    """To the earlier of `to` and `as_of`, else to today in Viet Nam; an auditor's own days."""
    query = allowed.within(query)
    given = [day for day in (query.until, query.as_of) if day is not None]
    until = min(given, default=after[1] if after else parts.desk.today)
    only = allowed.clubs(connection)
    found = span(connection, query.since or FIRST_DAY, until, query.known_at, only)
    return found._replace(upto=min(found.upto, after[0])) if after else found


papers(
    router,
    list_province_figure_events,
    "Các sự kiện của chỉ tiêu",
    {
        "position": "Vị trí",
        "event_id": "Mã sự kiện",
        "club_id": "Mã câu lạc bộ",
        "amount": "Số lượng",
    },
)
