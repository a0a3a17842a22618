"""Nhập / Xuất: the empty book, a preview row by row, the import, its history and its undoing."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from itertools import groupby
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.datastructures import UploadFile

from api.callers import Caller, Knocking
from api.clubs import known_club
from api.errors import status_of
from api.papers import MEDIA
from api.parameters import PathId, Reading
from api.permissions import Denied
from api.reading import Connection
from audit.entries import entries_where
from desk.signing_in import Door
from domain.accounts.permissions import Action
from domain.errors import NotFound, Refusal, SochungError, TooManyTries
from domain.loans.past import MONEY
from domain.values import Purpose
from exchange import filling, template
from exchange.importing import ImportReport, import_book
from exchange.previewing import Line
from exchange.undoing import undo_import
from exchange.workbook.people import Who
from exchange.workbook.rows import ClubInfo, Row
from projections import clubs
from projections.care_view import cases
from web import formats, uploads
from web.asking import Allowed, may
from web.entering import Filled, proven, texts
from web.entry import Entering, Entry
from web.page import PageRoute
from web.recorders import recorder

router = APIRouter(route_class=PageRoute, include_in_schema=False)

NOWHERE: Mapping[str, str] = {}


ROWS_SHOWN = 2_000
"""Of one sheet; a book of ten years has fewer."""
_MONEY = ("amount", "principal", "interest", "counted")
_TEXTS = ("name", "borrower", "memo", "label", "course")


class Imported(NamedTuple):
    import_id: str
    on: Any
    by: UUID | None
    rows: Mapping[str, int]
    money: bool
    undone: bool


class SheetOfRows(NamedTuple):
    """One sheet of a book that is looked through; `standings` counts what became of its rows."""

    name: str
    standings: Counter[str]
    rows: Sequence[tuple[Line, str]]
    left_out: int


@router.get("/imports")
def show_imports(allowed: Annotated[Allowed, may(Action.BRING_BOOK)], page: Entering) -> Response:
    """Where a club's book comes in: a club that is not here yet comes with its first book."""
    return page.show("imports/upload.html")


@router.get("/clubs/{club_id}/imports")
def show_history(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], club_id: PathId, page: Entering
) -> Response:
    return _imports(page, club_id)


@router.get("/imports/template.xlsx")
def take_template(allowed: Annotated[Allowed, may(Action.USE)], page: Entering) -> Response:
    return _book(template.Book(), "so-trong")


@router.get("/clubs/{club_id}/book.xlsx")
def take_book(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)], club_id: PathId, page: Entering
) -> Response:
    """The club's own book, as the import takes it; visits to whoever may read of health too."""
    with_health = allowed.also(Action.READ_HEALTH)
    with page.read.at(Reading()) as connection:
        known_club(connection, club_id)
        people = [one.person_id for _, one in clubs.members(connection, club_id)]
        page.read.handed_out(connection, people, "own_book")
        clients = [case.client_id for case in cases(connection, club_id)] if with_health else []
        if clients:
            page.read.exporting().looked_at(connection, clients, Purpose.HEALTH, "own_book")
    book = filling.own_book(page.parts.desk, club_id, with_health=with_health)
    return _book(book, "so-cau-lac-bo")


@router.post("/imports")
def preview(
    allowed: Annotated[Allowed, may(Action.BRING_BOOK)], page: Entering, form: Filled
) -> Response:
    """What the book would bring, row by row; nothing is stored."""
    given = form.get("book")
    content = given.file.read(uploads.BYTES_MAX + 1) if isinstance(given, UploadFile) else b""
    if not content or len(content) > uploads.BYTES_MAX:
        fault = page.says("Hãy chọn một tệp Excel (.xlsx), không quá 9 MB.")
        return page.show("imports/upload.html", status=422, fault=fault)
    token = uploads.keep(content, page.me)
    report, fault = _imported(page, token, dry_run=True)
    if report is None or report.rejected:
        uploads.drop(token, page.me)
    return page.show(
        "imports/preview.html",
        status=422 if fault else 200,
        report=report,
        sheets=_sheets(report),
        fault=fault,
        token=token,
    )


@router.post("/imports/confirm")
def confirm(
    allowed: Annotated[Allowed, may(Action.BRING_BOOK)],
    page: Entering,
    door: Knocking,
    form: Filled,
) -> Response:
    """Everything of the book or nothing; money of the past by two people."""
    sent = texts(form)
    token = sent.get("token", "")
    wrong = 422
    try:
        there = _second(page, door, sent)
        report, fault = _imported(page, token, dry_run=False, second=there)
    except (Refusal, TooManyTries) as error:
        report, fault = None, page.refusal(error)
        wrong = max(wrong, status_of(error))
    if report is None:
        report, _ = _imported(page, token, dry_run=True)
    if report is not None and report.stored:
        uploads.drop(token, page.me)
    return page.show(
        "imports/preview.html",
        status=wrong if fault else 200,
        report=report,
        sheets=_sheets(report),
        fault=fault,
        token=token,
        sent=sent,
    )


@router.post("/clubs/{club_id}/imports/{import_id}/undo")
def undo(
    allowed: Annotated[Allowed, may(Action.CLOSE_BOOKS)],
    club_id: PathId,
    import_id: PathId,
    page: Entering,
    door: Knocking,
    form: Filled,
) -> Response:
    """As reversing events, while nothing was built on it; money by two people."""
    with page.read.at(Reading()) as connection:
        if str(import_id) not in {one.import_id for one in _history(connection, club_id)}:
            raise NotFound("Không có lần nhập này.")
    sent = texts(form)
    try:
        there = _second(page, door, sent)
        if there is not None:
            _agrees(page, there, club_id)
        second = there.known().person_id if there else None
        undo_import(page.parts.desk, page.parts.follower, import_id, page.me, second)
    except SochungError as error:
        sent |= {"import_id": str(import_id)}
        return _imports(page, club_id, max(409, status_of(error)), page.refusal(error), sent)
    # A club that came with this book has gone with it.
    with page.read.at(Reading()) as connection:
        stays = clubs.one_club(connection, club_id) is not None
    address = f"/clubs/{club_id}/imports" if stays else "/imports"
    return page.goes_to(address, said=page.says("Đã hoàn tác lần nhập."))


def _second(page: Entry, door: Door, sent: Mapping[str, str]) -> Caller | None:
    """Who else proves that they are there, if anybody is named. Raises as `proven` does."""
    user = sent.get("second", "").strip()
    if not user:
        return None
    known = page.parts.desk.access.named(user)
    who = proven(page, known, user, sent.get("pin", ""), door)
    return Caller(who, request_id=page.caller.request_id)


def _agrees(
    page: Entry, second: Caller, club_id: UUID | None, unit: Mapping[str, str] = NOWHERE
) -> None:
    """Raises `Refusal` for somebody who may let nothing stand in that club, or found none there."""
    try:
        if club_id is not None:
            page.needs(Action.AGREE, second, club_id=club_id)
        else:
            page.needs_in(Action.FOUND_CLUB, unit, second)
    except Denied:
        raise Refusal(
            "second-hand-needed", "Người xác nhận không có quyền duyệt sổ của câu lạc bộ này."
        ) from None


def _imports(
    page: Entry,
    club_id: UUID,
    status: int = 200,
    fault: str = "",
    sent: Mapping[str, str] = NOWHERE,
) -> Response:
    with page.read.at(page.reading) as connection:
        known_club(connection, club_id)
        found = _history(connection, club_id)
        names = page.read.names(connection, [one.by for one in found if one.by], "imports")
    return page.show(
        "imports/upload.html",
        status=status,
        club_id=club_id,
        imports=found,
        names=names,
        undoes=page.may(Action.CLOSE_BOOKS, club_id),
        fault=fault,
        sent=sent,
    )


def _imported(
    page: Entry, token: str, *, dry_run: bool, second: Caller | None = None
) -> tuple[ImportReport | None, str]:
    """`second` is who else is there, to let money of the past in."""

    def may(club_id: UUID | None, info: ClubInfo) -> None:
        unit = {"commune": info.commune or "", "province": info.province or ""}
        if club_id is not None:
            page.needs(Action.WRITE_BOOKS, club_id=club_id)
        else:
            page.needs_in(Action.FOUND_CLUB, unit)
        if second is not None:
            _agrees(page, second, club_id, unit)

    try:
        return import_book(
            page.parts.desk,
            page.parts.follower,
            uploads.kept(token, page.me),
            dry_run=dry_run,
            may=may,
            by=page.me,
            second=second.known().person_id if second else None,
        ), ""
    except Denied:
        return None, page.says("Sổ này của một câu lạc bộ ngoài phạm vi của mình.")
    except SochungError as error:
        return None, page.refusal(error)
    except FileNotFoundError:  # pressed twice: it has just been brought in
        return None, page.says("Tệp này vừa được nhập; hãy xem ở các lần nhập.")


def _sheets(report: ImportReport | None) -> list[SheetOfRows]:
    found = []
    for name, lines in groupby(report.lines if report else (), key=lambda line: line.sheet):
        rows = list(lines)
        shown = [(line, _told(line.content) if line.content else "") for line in rows[:ROWS_SHOWN]]
        standings = Counter(str(line.standing) for line in rows)
        found.append(SheetOfRows(name, standings, shown, len(rows) - len(shown)))
    return found


def _told(row: Row) -> str:
    """What a row says, in the order of its columns; notes stay in the file."""
    said = []
    for field in fields(row):
        match getattr(row, field.name):
            case date() as on:
                said.append(formats.day(on))
            case int() as amount if field.name in _MONEY and amount:
                said.append(formats.money(amount))
            case str() as text if field.name in _TEXTS:
                said.append(text)
            case Who() as one:
                said.append(one.name)
            case tuple() as many:
                said += [one.name for one in many if isinstance(one, Who)]
    return " · ".join(said)


def _history(connection: Connection, club_id: UUID) -> list[Imported]:
    """A club's imports, the newest first."""
    told = list(
        entries_where(
            connection,
            "club_id = %s AND topic IN ('loans.WorkbookImported', 'loans.ImportUndone')",
            club_id,
        )
    )
    undone = {one.body["import_id"] for one in told if one.topic == "loans.ImportUndone"}
    return [
        Imported(
            one.body["import_id"],
            one.recorded_at,
            recorder(one.actor).person_id,
            one.body["rows"],
            bool(MONEY & one.body["rows"].keys()),
            one.body["import_id"] in undone,
        )
        for one in reversed(told)
        if one.topic == "loans.WorkbookImported"
    ]


def _book(book: template.Book, name: str) -> Response:
    out = io.BytesIO()
    template.write(book, out)
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(out.getvalue(), media_type=MEDIA["xlsx"], headers=headers)
