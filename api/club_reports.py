"""A club's report of a month, a quarter or a year: as JSON, as tables, as a paper to sign."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.figures import FiguresQuery, seen_as_asked
from api.papers import MEDIA
from api.parameters import PathId
from api.permissions import Allowed, may
from api.prints import Pdf, pdf_answer
from api.reading import Connection, Parts, Read, Reader, Within
from api.titles import TITLES
from domain.accounts.permissions import Action
from domain.values import Purpose
from exchange.paper.report import report_pdf, sheets, summary
from exchange.tables import as_csv, as_xlsx
from projections.club_report import ClubReport, club_report
from projections.figures import Period, year_of
from projections.small_cells import hide_in_care

router = APIRouter(prefix="/v1/reports/clubs")

_WORDS = {str(code): words for code, (words, _) in TITLES.items()}


# The bare address comes last: its id would else be taken for one that ends in a suffix.
@router.get(
    "/{club_id}.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}}
)
def show_club_report_csv(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)],
    club_id: PathId,
    query: Annotated[FiguresQuery, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """Every sum of the report, one in a row."""
    with read.at(query) as connection:
        report = _report(connection, allowed, club_id, allowed.within(query), parts)
        read.handed_out(connection, (), "show_club_report_csv")
    return _table(as_csv(summary(report)), "csv")


@router.get(
    "/{club_id}.xlsx",
    response_class=Response,
    responses={200: {"content": {MEDIA["xlsx"]: {}}}},
)
def show_club_report_xlsx(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    query: Annotated[FiguresQuery, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """The report as a workbook: a sheet for each book, headings in Vietnamese."""
    with read.at(query) as connection:
        report = _named(connection, allowed, club_id, query, parts, read.exporting())
    return _table(as_xlsx(*sheets(report, _WORDS)), "xlsx")


@router.get("/{club_id}.pdf", response_class=Response, responses=Pdf)
def show_club_report_pdf(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    query: Annotated[FiguresQuery, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """The report to print and sign, with its charts."""
    with read.at(query) as connection:
        report = _named(connection, allowed, club_id, query, parts, read.exporting())
    return pdf_answer(report_pdf(report, _WORDS), "report")


@router.get("/{club_id}")
def show_club_report(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    query: Annotated[FiguresQuery, Query()],
    read: Read,
    parts: Within,
) -> ClubReport:
    """The money of a period: funds, cash book, loan book, key figures, open findings.

    The period is the year so far unless named; other parts of the report stand beside `money`.
    """
    with read.at(query) as connection:
        return _named(connection, allowed, club_id, query, parts, read)


def _named(
    connection: Connection,
    allowed: Allowed,
    club_id: PathId,
    query: FiguresQuery,
    parts: Parts,
    read: Reader,
) -> ClubReport:
    """With the people in its books, which is written down."""
    report = _report(connection, allowed, club_id, allowed.within(query), parts)
    money = report["money"]
    people = {
        *(row["borrower_id"] for row in money["loan_book"]["items"]),
        *(row["member_id"] for row in money["cash_book"]["items"] if row["member_id"]),
    }
    read.looked_at(connection, map(UUID, people), Purpose.IDENTITY, "show_club_report")
    return report


def _report(
    connection: Connection, allowed: Allowed, club_id: PathId, query: FiguresQuery, parts: Parts
) -> ClubReport:
    """To whoever is of no club, without the small numbers under care."""
    at = seen_as_asked(connection, club_id, query, parts)
    period = Period(query.since, at.as_of) if query.since else year_of(at.as_of)
    report = club_report(connection, at, period, parts.keys)
    if allowed.is_outside:
        report["deeds"]["care"] = hide_in_care(report["deeds"]["care"])
    return report


def _table(content: bytes, kind: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="report.{kind}"'}
    return Response(content, headers=headers, media_type=MEDIA[kind])
