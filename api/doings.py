"""What clubs and associations did: lists, oldest first."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from api.clubs import known_club
from api.papers import papers
from api.parameters import (
    Cursor,
    Dates,
    KeyId,
    KeyNumber,
    Listing,
    Page,
    PathId,
    Reading,
    Turning,
)
from api.permissions import Allowed, may
from api.reading import Parts, Read, Within
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.values import Day, Purpose, Sealed
from projections import doings
from projections.doings import AssociationRow, Doing, Kind
from projections.views import DayText, IdText
from projections.whereabouts import place_of

router = APIRouter(prefix="/v1")

_AT = Cursor[tuple[date, int]](tuple[Day, KeyNumber])
_ASSOCIATION = Cursor[UUID](KeyId)


class DoingsQuery(Page, Dates):
    pass


class DoingView(TypedDict):
    """`id` is the thing's own; `event_id` is what a correction names."""

    id: IdText
    event_id: IdText
    occurred_on: DayText


class MeetingView(DoingView):
    planned_on: DayText | None
    minutes: str | None
    head_count: int
    attended: list[IdText]
    warnings: list[str]
    note: str | None


class PostponementView(DoingView):
    """`id` is the event's: a meeting that was not held has none."""

    planned_on: DayText
    to_on: DayText
    reason: str | None


class ActivityView(DoingView):
    area: str
    kind: str
    title: str | None
    head_count: int | None
    participants: list[IdText]
    value: int | None


class SupportView(DoingView):
    person_id: IdText
    kind: str
    value: int | None
    given_by: list[IdText]
    note: str | None


class TrainingView(DoingView):
    title: str | None
    days: int
    delegates: int
    participants: list[IdText]
    club_ids: list[IdText]


class MediaItemView(DoingView):
    kind: str
    outlet: str
    title: str | None


class PlanView(DoingView):
    year: int
    decision: str | None
    targets: dict[str, int]


class AssociationView(TypedDict):
    id: IdText
    name: str
    level: str
    province: str
    commune: str | None


_THING: dict[Kind, str] = {
    "meeting": "meeting_id",
    "activity": "activity_id",
    "support": "support_id",
    "training": "training_id",
    "media_item": "item_id",
    "plan": "plan_id",
}
# Who the event is about stands in the address; how it came to be, in the feed.
_UNSHOWN = frozenset(
    ("concerns", "origin", "recorded_by", "club_id", "association_id", "replaces", *_THING.values())
)


@router.get("/clubs/{club_id}/meetings")
def list_meetings(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[DoingsQuery, Query()],
    read: Read,
    pages: Turning,
    parts: Within,
) -> Listing[MeetingView]:
    """Meetings of a club: who came, by name or counted."""
    return _listed(club_id, "meeting", query, read, pages, parts)


@router.get("/clubs/{club_id}/meeting-postponements")
def list_postponements(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[DoingsQuery, Query()],
    read: Read,
    pages: Turning,
    parts: Within,
) -> Listing[PostponementView]:
    """Meetings that were put off: from which day to which, and why."""
    return _listed(club_id, "postponement", query, read, pages, parts)


@router.get("/clubs/{club_id}/activities")
def list_activities(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[DoingsQuery, Query()],
    read: Read,
    pages: Turning,
    parts: Within,
) -> Listing[ActivityView]:
    """What a club did in its eight areas."""
    return _listed(club_id, "activity", query, read, pages, parts)


@router.get("/clubs/{club_id}/supports")
def list_supports(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[DoingsQuery, Query()],
    read: Read,
    pages: Turning,
    parts: Within,
) -> Listing[SupportView]:
    """What a club did for somebody: visits to the sick, gifts, help."""
    return _listed(club_id, "support", query, read, pages, parts)


@router.get("/associations")
def list_associations(
    allowed: Annotated[Allowed, may(Action.READ_ASSOCIATION)],
    query: Annotated[Page, Query()],
    read: Read,
    pages: Turning,
) -> Listing[AssociationView]:
    """The Associations of the Elderly of the caller's places, the oldest entry first."""
    after = _ASSOCIATION.read(query.after)
    with read.at(query) as connection:
        found = doings.associations(connection, after=after)
    rows = [row for row in found if allowed.sees(place_of(None, row.commune, row.province))]
    rows = rows[: query.limit + 1]
    page, more = pages.cut(rows, query.limit, lambda row: _ASSOCIATION.write(row.association_id))
    return Listing(items=[_association(row) for row in page], next=more)


@router.get("/associations/{association_id}")
def show_association(
    allowed: Annotated[Allowed, may(Action.READ_ASSOCIATION)],
    association_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
) -> AssociationView:
    """One Association of the Elderly."""
    with read.at(query) as connection:
        return _association(_known_association(connection, association_id))


@router.get("/associations/{association_id}/trainings")
def list_trainings(
    allowed: Annotated[Allowed, may(Action.READ_ASSOCIATION)],
    association_id: PathId,
    query: Annotated[DoingsQuery, Query()],
    read: Read,
    pages: Turning,
    parts: Within,
) -> Listing[TrainingView]:
    """Training courses an association held."""
    return _listed(association_id, "training", query, read, pages, parts)


@router.get("/associations/{association_id}/media-items")
def list_media_items(
    allowed: Annotated[Allowed, may(Action.READ_ASSOCIATION)],
    association_id: PathId,
    query: Annotated[DoingsQuery, Query()],
    read: Read,
    pages: Turning,
    parts: Within,
) -> Listing[MediaItemView]:
    """News items and broadcast reports."""
    return _listed(association_id, "media_item", query, read, pages, parts)


@router.get("/associations/{association_id}/plans")
def list_plans(
    allowed: Annotated[Allowed, may(Action.READ_ASSOCIATION)],
    association_id: PathId,
    query: Annotated[DoingsQuery, Query()],
    read: Read,
    pages: Turning,
    parts: Within,
) -> Listing[PlanView]:
    """What an association means to reach, year by year."""
    return _listed(association_id, "plan", query, read, pages, parts)


def _listed(
    whose: UUID, kind: Kind, query: DoingsQuery, read: Read, pages: Turning, parts: Parts
) -> Listing[Any]:
    of_club = kind in ("meeting", "postponement", "activity", "support")
    with read.at(query) as connection:
        (known_club if of_club else _known_association)(connection, whose)
        rows = doings.of(
            connection,
            whose,
            kind,
            since=query.since,
            until=query.until,
            after=_AT.read(query.after),
            limit=query.limit + 1,
        )
        page, more = pages.cut(
            rows, query.limit, lambda row: _AT.write((row.occurred_on, row.position))
        )
        if kind == "support":  # their notes say who was ill
            people = [row.event.person_id for row in page]
            read.looked_at(connection, people, Purpose.HEALTH, "list_supports")
        return Listing(items=_views(page, kind, parts), next=more)


def _views(page: Any, kind: Kind, parts: Parts) -> list[dict[str, Any]]:
    """Events as they are shown: their own fields, texts unsealed many at a time."""
    views = [_view(row, kind) for row in page]
    sealed = [
        (view, field)
        for view in views
        for field, value in view.items()
        if isinstance(value, Sealed)
    ]
    opened = parts.keys.open_many([view[field] for view, field in sealed])
    for (view, field), text in zip(sealed, opened, strict=True):
        view[field] = text
    return views


def _view(row: Doing, kind: Kind) -> dict[str, Any]:
    event = row.event
    fields = [field for field in type(event).model_fields if field not in _UNSHOWN]
    shown = {field: _plain(getattr(event, field)) for field in fields}
    id = getattr(event, _THING[kind]) if kind in _THING else row.event_id
    return {"id": str(id), "event_id": str(row.event_id)} | shown


def _plain(value: Any) -> Any:
    if isinstance(value, Sealed | dict) or value is None:
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, UUID) else value


def _association(row: AssociationRow) -> AssociationView:
    return {
        "id": str(row.association_id),
        "name": row.name,
        "level": row.level,
        "province": row.province,
        "commune": row.commune,
    }


def _known_association(connection: psycopg.Connection[Any], id: UUID) -> AssociationRow:
    found = doings.one_association(connection, id)
    if found is None:
        raise NotFound("Không có hội này trong sổ.")
    return found


_HEAD = {"id": "Mã", "occurred_on": "Ngày"}

papers(
    router,
    list_meetings,
    "Buổi sinh hoạt",
    _HEAD
    | {
        "planned_on": "Ngày đã định",
        "minutes": "Biên bản",
        "head_count": "Số người dự",
        "attended": "Ai dự",
        "warnings": "Cảnh báo",
        "note": "Ghi chú",
    },
)
papers(
    router,
    list_postponements,
    "Buổi sinh hoạt hoãn",
    _HEAD | {"planned_on": "Ngày đã định", "to_on": "Hoãn đến ngày", "reason": "Lý do"},
)
papers(
    router,
    list_activities,
    "Hoạt động",
    _HEAD
    | {
        "area": "Mảng",
        "kind": "Loại",
        "title": "Nội dung",
        "head_count": "Số người",
        "participants": "Ai tham gia",
        "value": "Trị giá (đ)",
    },
)
papers(
    router,
    list_supports,
    "Thăm hỏi, giúp đỡ",
    _HEAD
    | {
        "person_id": "Người được giúp",
        "kind": "Loại",
        "value": "Trị giá (đ)",
        "given_by": "Ai giúp",
        "note": "Ghi chú",
    },
)
papers(
    router,
    list_associations,
    "Hội Người cao tuổi",
    {"id": "Mã", "name": "Tên", "level": "Cấp", "province": "Tỉnh", "commune": "Xã"},
)
papers(
    router,
    list_trainings,
    "Lớp tập huấn",
    _HEAD | {"title": "Nội dung", "days": "Số ngày", "delegates": "Số đại biểu"},
)
papers(
    router,
    list_media_items,
    "Tin, bài",
    _HEAD | {"kind": "Loại", "outlet": "Báo, đài", "title": "Tên bài"},
)
papers(
    router,
    list_plans,
    "Kế hoạch",
    _HEAD | {"year": "Năm", "decision": "Quyết định", "targets": "Chỉ tiêu"},
)
