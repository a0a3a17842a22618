"""The Merkle log over all events: its signed head, receipts, and tiles that never change.

Whoever holds a head can check all the rest by themselves; nothing here has to be believed.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.description import problems
from api.parameters import PathId
from api.permissions import Allowed, may
from api.reading import Within
from audit.evidence import shelf
from audit.evidence.tiles import ENTRIES, parse_path
from domain.accounts.permissions import Action, anywhere
from domain.errors import NotFound

router = APIRouter(prefix="/v1/log", tags=["evidence"])

TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"
# A head is only good as long as it is the newest: a cache asks again, and is told "the same".
ASK_AGAIN = "no-cache"
FOR_EVER = "max-age=31536000, immutable"


def _said(media: str, schema: dict[str, object]) -> dict[int | str, dict[str, object]]:
    return {
        200: {"description": "The file.", "content": {media: {"schema": schema}}},
        304: {"description": "As If-None-Match has it."},
        **problems(404, 422, 503),
    }


@router.get(
    "/checkpoint",
    response_class=Response,
    responses=_said("text/plain", {"type": "string"}),
)
def show_checkpoint(
    allowed: Annotated[Allowed, may(Action.USE)], request: Request, parts: Within
) -> Response:
    """The newest signed head (C2SP checkpoint): origin, size, root, and the log's signature."""
    with parts.database.connection() as connection:
        signed = shelf.latest(connection)
    if signed is None:
        raise NotFound("Nhật ký chưa có đầu nào được ký.")
    return _answer(request, signed.note, f'"{signed.head.size}-{signed.head.root.hex()[:16]}"')


@router.get(
    "/proofs/{event_id}",
    response_class=Response,
    responses=_said("text/plain", {"type": "string"}),
)
def show_proof(
    allowed: Annotated[Allowed, may(Action.AUDIT)],
    event_id: PathId,
    request: Request,
    parts: Within,
) -> Response:
    """The receipt of one event (C2SP tlog-proof): its entry, its path and the newest head.

    503 while that head does not reach the event yet; it does within seconds."""
    with parts.database.connection() as connection:
        proof = shelf.receipt(connection, event_id)
    size = proof.checkpoint.split("\n", 2)[1]
    return _answer(request, proof.text(), f'"{proof.index}-{size}"')


@router.get(
    "/tile/{place:path}",
    response_class=Response,
    responses=_said(BYTES, {"type": "string", "contentMediaType": BYTES}),
)
def show_tile(
    allowed: Annotated[Allowed, may(Action.FOLLOW_LOG)],
    place: Annotated[str, Path(examples=["0/000.p/1"], max_length=100)],
    request: Request,
    parts: Within,
) -> Response:
    """A tile of 256 hashes, `<level>/<number>[.p/<width>]`, or of the entries they are hashes of,
    `entries/<number>[.p/<width>]` (C2SP tlog-tiles), for those whose role holds everywhere. Of
    care histories an entry shows a hash."""
    found = parse_path(f"tile/{place}")
    if found is None or (found.level == ENTRIES and not anywhere(allowed.grants)):
        raise NotFound("Không có mảnh cây này.")
    with parts.database.connection() as connection:
        content = shelf.Shelf(connection).cut(found)
    if content is None:
        raise NotFound("Nhật ký chưa có mảnh cây này.")
    # Entries name histories, if no people: not for a cache that others share.
    shared = "private" if found.level == ENTRIES else "public"
    headers = {"Cache-Control": f"{shared}, {FOR_EVER}", "ETag": f'"{place}"'}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=BYTES, headers=headers)


def _answer(request: Request, text: str, tag: str) -> Response:
    headers = {"Cache-Control": ASK_AGAIN, "ETag": tag}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=TEXT, headers=headers)
