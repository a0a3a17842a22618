"""Photos and scans by entries of a book: kept sealed, given back as they were."""

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from typing_extensions import TypedDict

from api.bodies import SECONDS_MAX, received
from api.callers import Calling, Keyed, Seen, call_of, described
from api.commands import Told, answered
from api.description import problems
from api.parameters import Parameters, PathId, Reading
from api.permissions import Allowed, may
from api.prints import people_of
from api.reading import Parts, Read, Within, parts_of
from audit.evidence.attachments import attachment, beside, erased, shown
from desk.attachments import attach
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.files import SUFFIX
from domain.loans.commands import AttachFile
from domain.loans.events import Shown
from projections.views import IdText
from store import attachments

router = APIRouter(prefix="/v1", tags=["evidence"])

SLOWEST = 50_000  # bytes a second of a telephone in a valley

_FILE: dict[str, Any] = {
    media: {"schema": {"type": "string", "contentMediaType": media}} for media in SUFFIX
}
# What came from somebody's telephone is never shown as a page of ours.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class AttachQuery(Parameters):
    kind: Shown
    """What the photo shows: `voucher`, `vote` (the minutes), `count` (the sheet), `use`."""


class AttachmentView(TypedDict):
    """`sha256` is of the file as it was given, `sealed_sha256` of what is kept."""

    attachment_id: IdText
    event_id: IdText
    kind: Shown
    media: str
    size_bytes: int
    sha256: str
    sealed_sha256: str
    attached_by: IdText
    recorded_at: str
    position: int
    erased: bool


class AttachmentList(TypedDict):
    items: list[AttachmentView]


async def _content(request: Request, parts: Annotated[Parts, Depends(parts_of)]) -> bytes:
    most = parts.attachment_bytes
    return await received(request, tuple(SUFFIX), most, SECONDS_MAX + most / SLOWEST)


@router.post(
    "/events/{event_id}/attachments",
    status_code=201,
    response_model=Told,
    responses=problems(400, 401, 404, 409, 412, 413, 415, 422, 503),
    openapi_extra={
        "parameters": described(),
        "requestBody": {"required": True, "content": _FILE},
    },
    summary="Kèm ảnh giấy tờ",
)
def attach_file(
    allowed: Annotated[Allowed, may(Action.WRITE_BOOKS)],
    event_id: PathId,
    query: Annotated[AttachQuery, Query()],
    caller: Calling,
    key: Keyed,
    seen: Seen,
    content: Annotated[bytes, Depends(_content)],
    parts: Within,
) -> JSONResponse:
    """A photo or scan (JPEG, PNG, WebP, PDF) of the paper of an entry; the body is the file.

    It is taken by what it is, not by what it is called, and is kept sealed; the event holds its
    SHA-256. The answer's id names it.
    """
    desk = parts.desk
    acting, actor = caller.acts(desk)
    assert acting is not None, "only first commands have nobody who acts"
    asked = f"attach {event_id} {query.kind} by {acting} ".encode() + content
    call = call_of(desk, caller, actor, key, asked, seen)
    command = AttachFile(event_id=event_id, shows=query.kind, attached_by=acting)
    return answered(attach(desk, call, command, content), 201)


@router.get("/events/{event_id}/attachments", responses=problems(404, 422, 503))
def list_attachments(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    event_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
) -> AttachmentList:
    """Photos and scans by an entry, in the order they were added; where the key was destroyed,
    `erased`: the hashes stay, the picture is gone."""
    with read.at(query) as connection:
        found = beside(connection, [event_id])
    return {"items": cast(list[AttachmentView], shown(parts.keys, found))}


@router.get(
    "/attachments/{attachment_id}",
    response_class=Response,
    responses={200: {"description": "The file.", "content": _FILE}, **problems(404, 422, 503)},
)
def show_attachment(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    attachment_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
) -> Response:
    """The file as it was given, to be saved; 404 where it was erased."""
    with read.at(query) as connection:
        found = attachment(connection, attachment_id)
        if erased(parts.keys, [found]):
            raise NotFound("Ảnh này đã xóa.")
        people = people_of(connection, UUID(found.event_id))
        read.handed_out(connection, people, "show_attachment")
    closed = attachments.kept(parts.database, found.file)
    content = attachments.opened(parts.keys, found.file, closed) if closed is not None else None
    if content is None:
        raise NotFound("Ảnh này đã xóa.")
    name = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return Response(content, media_type=found.file.media, headers={**_HEADERS, **name})
