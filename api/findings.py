"""A club's findings and warnings: what was let stand or shown, until somebody settles it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from api.clubs import known_club
from api.papers import papers
from api.parameters import Cursor, KeyNumber, Listing, Page, PathId, Truth, Turning
from api.permissions import Allowed, may
from api.reading import Read, Within
from domain.accounts.permissions import Action
from projections import findings
from projections.findings import FindingView, finding_views

router = APIRouter(prefix="/v1")

_Word = Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")]
_FINDING = Cursor[tuple[int, str, str]](tuple[KeyNumber, _Word, _Word])


class FindingsQuery(Page):
    open: Truth | None = None
    """Only those still open, or only those no longer; without it both."""
    kind: Literal["finding", "warning"] | None = None


@router.get("/clubs/{club_id}/findings")
def list_findings(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    club_id: PathId,
    query: Annotated[FindingsQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> Listing[FindingView]:
    """Broken club rules that were let stand, and warnings, as recorded; who settled each and why.

    A finding is settled at POST /v1/events/{event_id}/finding-settlements.
    """
    after = _FINDING.read(query.after)
    with read.at(query) as connection:
        known_club(connection, club_id)
        rows = findings.of_club(
            connection,
            club_id,
            is_open=query.open,
            kind=query.kind,
            period=allowed.period(),
            after=after,
            limit=query.limit + 1,
        )
        page, more = pages.cut(
            rows, query.limit, lambda row: _FINDING.write((row.position, row.kind, row.code))
        )
        items = finding_views(connection, page, parts.keys)
    return Listing(items=allowed.unnamed(items, "loan_id", "settled_by_name", "reason"), next=more)


papers(
    router,
    list_findings,
    "Phát hiện và cảnh báo",
    {
        "kind": "Loại",
        "code": "Mã phát hiện",
        "event_id": "Mã bút toán",
        "event": "Sự kiện",
        "position": "Vị trí",
        "occurred_on": "Ngày",
        "open": "Còn mở",
        "reversed": "Đã đảo",
        "settled_by": "Mã người xử lý",
        "settled_by_name": "Người xử lý",
        "reason": "Lý do",
    },
)
