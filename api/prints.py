"""Papers to print: a voucher, a count, statements for a meeting, its money and health sheets."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.clubs import known_club
from api.parameters import PathId, QueryId, Reading
from api.permissions import Allowed, may
from api.reading import Connection, Read, Reader, Within
from domain.accounts.permissions import Action
from domain.values import Day, Purpose
from exchange.paper.count import count_pdf
from exchange.paper.health import health_pdf
from exchange.paper.meeting import meeting_pdf
from exchange.paper.statement import statements_pdf
from exchange.paper.voucher import voucher_pdf
from projections import clubs
from projections.times import seen

router = APIRouter(prefix="/v1")

Pdf: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}}}


class OnQuery(Reading):
    on: Day | None = None
    """The paper's day; today unless named. A meeting's may lie ahead."""


class StatementsQuery(OnQuery):
    member_id: QueryId | None = None
    """One member; without it everybody who owes something."""


@router.get("/events/{event_id}/voucher.pdf", response_class=Response, responses=Pdf)
def print_voucher(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    event_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """Phiếu thu or phiếu chi of an entry (01-TT, 02-TT), A5, a page for each slip."""
    with read.at(query) as connection:
        read.exporting().looked_at(
            connection, people_of(connection, event_id), Purpose.IDENTITY, "print_voucher"
        )
        paper = voucher_pdf(connection, event_id, parts.keys)
    return pdf_answer(paper, "voucher")


@router.get("/events/{event_id}/cash-count.pdf", response_class=Response, responses=Pdf)
def print_cash_count(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    event_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """Bảng kiểm kê quỹ of a cash count (08a-TT)."""
    with read.at(query) as connection:
        read.exporting().looked_at(
            connection, people_of(connection, event_id), Purpose.IDENTITY, "print_cash_count"
        )
        paper = count_pdf(connection, event_id, parts.keys)
    return pdf_answer(paper, "cash-count")


@router.get("/clubs/{club_id}/statements.pdf", response_class=Response, responses=Pdf)
def print_statements(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    query: Annotated[StatementsQuery, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """What a member has borrowed, paid and owes, to be read aloud; a page for each member."""
    with read.at(query) as connection:
        known_club(connection, club_id)
        at = seen(connection, club_id, query.on or parts.desk.today)
        _of_members(connection, read.exporting(), club_id, "print_statements", query.member_id)
        paper = statements_pdf(connection, at, query.member_id)
    return pdf_answer(paper, "statements")


@router.get("/clubs/{club_id}/meeting-sheet.pdf", response_class=Response, responses=Pdf)
def print_meeting_sheet(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    query: Annotated[OnQuery, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """Who is to bring what by the meeting's day, with room for what comes and for the count."""
    with read.at(query) as connection:
        known_club(connection, club_id)
        at = seen(connection, club_id, query.on or parts.desk.today)
        _of_members(connection, read.exporting(), club_id, "print_meeting_sheet")
        paper = meeting_pdf(connection, at)
    return pdf_answer(paper, "meeting-sheet")


@router.get("/clubs/{club_id}/health-sheet.pdf", response_class=Response, responses=Pdf)
def print_health_sheet(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[OnQuery, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """For the health volunteer: members by name, with room for what is measured; no readings."""
    with read.at(query) as connection:
        known_club(connection, club_id)
        at = seen(connection, club_id, query.on or parts.desk.today)
        _of_members(connection, read.exporting(), club_id, "print_health_sheet")
        paper = health_pdf(connection, at)
    return pdf_answer(paper, "health-sheet")


def people_of(connection: Connection, event_id: UUID) -> list[UUID]:
    """Whom an entry names: as payer, payee or signatory."""
    rows = connection.execute(
        """SELECT (one ->> 'id')::uuid FROM log.events e,
                  jsonb_array_elements(convert_from(e.state, 'UTF8')::jsonb -> 'concerns') AS one
           WHERE e.event_id = %s AND one ->> 'kind' = 'person'""",
        (event_id,),
    )
    return [id for (id,) in rows]


def _of_members(
    connection: Connection, read: Reader, club_id: UUID, what: str, member_id: UUID | None = None
) -> None:
    people = [one.person_id for _, one in clubs.members(connection, club_id)]
    named = [member_id] if member_id else people
    read.looked_at(connection, named, Purpose.IDENTITY, what)


def pdf_answer(paper: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"'}
    return Response(paper, headers=headers, media_type="application/pdf")
