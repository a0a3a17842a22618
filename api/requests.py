"""Requests about personal data with their clocks, and one person's data whole."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from api.histories import English
from api.papers import MEDIA, papers
from api.parameters import Cursor, KeyNumber, Listing, Page, PathId, Reading, Truth, Turning
from api.permissions import Allowed, may
from api.reading import Read, Within
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.values import Day, Purpose
from exchange.tables import Table, as_xlsx
from projections.personal_data import PersonalData, personal_data
from projections.requests import RequestView, request_view, requests

router = APIRouter(prefix="/v1")

_REQUEST = Cursor[tuple[date, int]](tuple[Day, KeyNumber])


class RequestsQuery(Page):
    open: Truth | None = None
    """Only those that wait for somebody, or only those that are done; without it both."""


@router.get("/requests")
def list_requests(
    allowed: Annotated[Allowed, may(Action.DECIDE_ABOUT_DATA)],
    query: Annotated[RequestsQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> Listing[RequestView]:
    """What people asked about their data, oldest first, each with the days left for it."""
    after = _REQUEST.read(query.after)
    with read.at(query) as connection:
        rows = requests(
            connection,
            clubs=allowed.clubs(connection),
            is_open=query.open,
            after=after,
            limit=query.limit + 1,
        )
        page, more = pages.cut(
            rows, query.limit, lambda row: _REQUEST.write((row.requested_on, row.position))
        )
        people = [row.person_id for row in page if row.name is not None]
        read.looked_at(connection, people, Purpose.IDENTITY, "list_requests")
    today = parts.desk.today
    return Listing(items=[request_view(row, parts.limits, today) for row in page], next=more)


@router.get("/members/{member_id}/data")
def show_data(
    allowed: Annotated[Allowed, may(Action.HAND_OVER_DATA)],
    member_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
    english: English,
) -> PersonalData:
    """Everything recorded about one person, for that person.

    What may not be seen without consent is told only while a request for a copy is granted and not
    yet done.
    """
    with read.at(query, of=member_id) as connection:
        found = personal_data(
            connection, parts.keys, member_id, parts.desk.today, parts.limits, english=english
        )
        if found is None:
            raise NotFound("Không có người này trong sổ.")
        read.looked_at(connection, [member_id], Purpose.HEALTH, "show_data")
    return found


@router.get(
    "/members/{member_id}/data.xlsx",
    response_class=Response,
    responses={200: {"content": {MEDIA["xlsx"]: {}}}},
)
def show_data_xlsx(
    allowed: Annotated[Allowed, may(Action.HAND_OVER_DATA)],
    member_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
    english: English,
) -> Response:
    """The same as a file to hand over: a sheet for each part."""
    found = show_data(allowed, member_id, query, read.exporting(), parts, english)
    headers = {"Content-Disposition": f'attachment; filename="{member_id}.xlsx"'}
    return Response(as_xlsx(*_sheets(found)), media_type=MEDIA["xlsx"], headers=headers)


_PARTS = {
    "texts": "Chữ đã ghi",
    "consents": "Đồng ý",
    "requests": "Yêu cầu",
    "loans": "Khoản vay",
    "events": "Diễn biến",
    "looks": "Ai đã xem",
}


def _sheets(data: PersonalData) -> Iterator[Table]:
    person: Mapping[str, Any] = data["person"]
    yield Table("Nhân thân", ("Mục", "Nội dung"), [(k, _cell(v)) for k, v in person.items()])
    for part, title in _PARTS.items():
        rows: Sequence[Mapping[str, Any]] = data[part]  # type: ignore[literal-required]
        columns = tuple(rows[0]) if rows else ("–",)
        yield Table(title, columns, [[_cell(value) for value in row.values()] for row in rows])


def _cell(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return "; ".join(str(_cell(one)) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_cell(v)}" for k, v in value.items() if v is not None)
    return value


papers(
    router,
    list_requests,
    "Yêu cầu về dữ liệu cá nhân",
    {
        "id": "Mã",
        "member_id": "Mã người",
        "name": "Họ tên",
        "kind": "Yêu cầu",
        "purposes": "Loại dữ liệu",
        "requested_on": "Ngày yêu cầu",
        "open": "Còn mở",
        "due_on": "Hạn",
        "days_left": "Còn lại",
        "alarm": "Báo động",
        "decided_on": "Ngày quyết định",
        "granted": "Chấp thuận",
        "ground": "Căn cứ",
        "kept": "Giữ lại",
        "kept_until": "Giữ đến",
        "completed_on": "Ngày làm xong",
    },
)
