"""Home care and a club's life as people look at it: cases, volunteer days, attendance."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from api.callers import Calling
from api.clubs import known_club
from api.papers import papers
from api.parameters import (
    AsKnown,
    Cursor,
    Dates,
    KeyId,
    KeyNumber,
    Page,
    PathId,
    QueryId,
    Reading,
    SortKey,
    Truth,
    Turning,
)
from api.permissions import Allowed, may
from api.reading import Parts, Read, Within
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.values import Day, Purpose
from projections import club_work, doings
from projections.care_page import CareCasePage, case_page
from projections.care_view import (
    CareCaseView,
    CareWarning,
    Someone,
    case_views,
    cases,
    clubs_of_client,
    someone,
    warnings,
)
from projections.story_views import work_days_text
from projections.times import Seen, known
from projections.views import DayText, IdText, instant

router = APIRouter(prefix="/v1")

_CASE = Cursor[tuple[str, UUID]](tuple[SortKey, KeyId])
_WORK = Cursor[tuple[int, date, date, int, UUID]](tuple[KeyNumber, Day, Day, KeyNumber, KeyId])
_MEETING = Cursor[tuple[int, date, date, int]](tuple[KeyNumber, Day, Day, KeyNumber])


class CareCasesQuery(Page):
    club_id: QueryId
    all: Truth = False
    """With those who are no longer cared for."""


class CasesPage(TypedDict):
    """`warnings` are of the whole club, whatever the page."""

    warnings: list[CareWarning]
    items: list[CareCaseView]
    next: str | None


@router.get("/care-cases")
def list_care_cases(
    allowed: Annotated[Allowed, may(Action.READ_HEALTH, narrowed=True)],
    query: Annotated[CareCasesQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> CasesPage:
    """Whom a club looks after at home, by given name: last and next visit, what is overdue.

    A volunteer sees those they are assigned to, a client themselves.
    """
    key = _CASE.read(query.after)
    today = parts.desk.today
    everybody = allowed.everybody()
    with read.at(query) as connection:
        known_club(connection, query.club_id)
        rows = cases(
            connection,
            query.club_id,
            of=None if everybody else allowed.who.person_id,
            all=query.all,
            after=(bytes.fromhex(key[0]), key[1]) if key else None,
            limit=query.limit + 1,
        )
        page, more = pages.cut(
            rows, query.limit, lambda row: _CASE.write((row.sort_key.hex(), row.client_id))
        )
        people = [row.client_id for row in page]
        read.looked_at(connection, people, Purpose.HEALTH, "list_care_cases")
        return {
            "warnings": warnings(connection, cases(connection, query.club_id), today)
            if everybody
            else [],
            "items": case_views(connection, page, parts.keys, today),
            "next": more,
        }


@router.get("/care-cases/{client_id}")
def show_care_case(
    allowed: Annotated[Allowed, may(Action.READ_HEALTH)],
    client_id: PathId,
    query: Annotated[Reading, Query()],
    read: Read,
    parts: Within,
    caller: Calling,
) -> CareCasePage:
    """One case whole. Health texts are shown only while the client's consent to them lives.

    That there is a confidential referral is told to the case's coordinator alone.
    """
    with read.at(query) as connection:
        found = clubs_of_client(connection, client_id)
        rows = cases(connection, found[0], client_id=client_id, all=True) if found else []
        if not rows:
            raise NotFound("Không có hồ sơ chăm sóc này.")
        read.looked_at(connection, [client_id], Purpose.HEALTH, "show_care_case")
        return case_page(
            connection, rows[0], parts.keys, parts.desk.today, caller.known().person_id
        )


class WorkQuery(Page, Dates, AsKnown): ...


class Told(TypedDict):
    """To the earlier of `to` and `as_of`, else to today; of what was known at `known_at`."""

    as_of: DayText
    known_at: str | None


class WorkView(TypedDict):
    """`person_id` is null for work of many, counted and not named; minutes are of all."""

    occurred_on: DayText
    person_id: IdText | None
    name: str | None
    source: str
    activity: str
    label: str | None
    people: int
    minutes: int | None
    work_days: str
    event_id: IdText


class WorkTotals(TypedDict):
    """Each hour once: a visit that was part of a shift is that shift's."""

    shifts: int
    work_days: str
    visits: int
    visit_minutes: int
    minutes: int
    people: int


class WorkPage(Told):
    totals: WorkTotals
    items: list[WorkView]
    next: str | None


@router.get("/clubs/{club_id}/volunteer-days")
def list_volunteer_days(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[WorkQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> WorkPage:
    """Who worked on which day, for how long and at what; `totals` are of the whole period."""
    after = _WORK.read(query.after)
    with read.at(query) as connection:
        at = _seen(connection, club_id, query, parts, "volunteer_days", after and after[:2])
        rows = club_work.volunteer_days(
            connection,
            club_id,
            since=query.since,
            until=at.as_of,
            upto=at.upto,
            after=after and after[2:],
            limit=query.limit + 1,
        )
        sums = club_work.work_sums(
            connection, club_id, since=query.since, until=at.as_of, upto=at.upto
        )
        people = [row.person_id for row in rows[: query.limit] if row.person_id]
        read.looked_at(connection, people, Purpose.IDENTITY, "list_volunteer_days")
    page, more = pages.cut(
        rows, query.limit, lambda row: _WORK.write((at.upto, at.as_of, *club_work.work_key(row)))
    )
    return {
        **_told(at),
        "totals": {
            "shifts": sums.shifts,
            "work_days": work_days_text(sums.work_days),
            "visits": sums.visits,
            "visit_minutes": sums.visit_minutes,
            "minutes": sums.minutes,
            "people": sums.people,
        },
        "items": [
            {
                "occurred_on": row.occurred_on.isoformat(),
                "person_id": str(row.person_id) if row.person_id else None,
                "name": row.name,
                "source": row.source,
                "activity": row.activity,
                "label": row.label,
                "people": row.people,
                "minutes": row.minutes,
                "work_days": work_days_text(row.work_days),
                "event_id": str(row.event_id),
            }
            for row in page
        ],
        "next": more,
    }


class MeetingView(TypedDict):
    """`attended` are those named; `head_count` everybody there."""

    meeting_id: IdText
    event_id: IdText
    occurred_on: DayText
    planned_on: DayText | None
    minutes: str | None
    head_count: int
    attended: list[Someone]


class AttendancePage(Told):
    meetings: int
    attendance: int
    items: list[MeetingView]
    next: str | None


@router.get("/clubs/{club_id}/attendance")
def list_attendance(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    club_id: PathId,
    query: Annotated[WorkQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> AttendancePage:
    """A club's meetings and who came; the sums are of the whole period."""
    after = _MEETING.read(query.after)
    with read.at(query) as connection:
        at = _seen(connection, club_id, query, parts, "doings", after and after[:2])
        rows = doings.of(
            connection,
            club_id,
            "meeting",
            since=query.since,
            until=at.as_of,
            upto=at.upto,
            after=after and after[2:],
            limit=query.limit + 1,
        )
        held, came = doings.attendance(
            connection, club_id, since=query.since, until=at.as_of, upto=at.upto
        )
        came_to = [id for row in rows[: query.limit] for id in row.event.attended]
        names = read.names(connection, came_to, "list_attendance")
    page, more = pages.cut(
        rows,
        query.limit,
        lambda row: _MEETING.write((at.upto, at.as_of, row.occurred_on, row.position)),
    )
    return {
        **_told(at),
        "meetings": held,
        "attendance": came,
        "items": [
            {
                "meeting_id": str(row.event.meeting_id),
                "event_id": str(row.event_id),
                "occurred_on": row.occurred_on.isoformat(),
                "planned_on": row.event.planned_on.isoformat() if row.event.planned_on else None,
                "minutes": row.event.minutes,
                "head_count": row.event.head_count,
                "attended": [someone(id, names) for id in row.event.attended],
            }
            for row in page
        ],
        "next": more,
    }


def _seen(
    connection: psycopg.Connection[Any],
    club_id: UUID,
    query: WorkQuery,
    parts: Parts,
    table: str,
    after: tuple[int, date] | None,
) -> Seen:
    """One reading for all pages; `NotFound` for no club."""
    known_club(connection, club_id)
    given = [day for day in (query.until, query.as_of) if day is not None]
    last = min(given, default=after[1] if after else parts.desk.today)
    upto, known_at = known(connection, (table,), query.known_at, after[0] if after else None)
    return Seen(club_id, last, upto, known_at)


def _told(at: Seen) -> Told:
    return {
        "as_of": at.as_of.isoformat(),
        "known_at": instant(at.known_at) if at.known_at else None,
    }


papers(
    router,
    list_care_cases,
    "Chăm sóc tại nhà",
    {
        "name": "Người được chăm sóc",
        "enrolled_on": "Ngày nhận",
        "discharged_on": "Ngày thôi",
        "last_visit_on": "Lần thăm gần nhất",
        "next_visit_on": "Lần thăm tới",
        "visits": "Số lượt",
        "interval_days": "Cách nhau tối đa (ngày)",
        "days_past_interval": "Quá hạn thăm (ngày)",
        "visits_per_week": "Lượt mỗi tuần",
        "volunteers": "Tình nguyện viên",
        "open_referrals": "Chuyển tuyến chưa xong",
        "flag": "Cờ sức khỏe",
        "client_id": "Mã",
    },
)
papers(
    router,
    list_volunteer_days,
    "Ngày công",
    {
        "occurred_on": "Ngày",
        "name": "Người làm",
        "activity": "Việc",
        "label": "Ghi trong sổ",
        "source": "Nguồn",
        "people": "Số người",
        "minutes": "Số phút",
        "work_days": "Ngày công",
        "person_id": "Mã người",
        "event_id": "Mã sự kiện",
    },
)
papers(
    router,
    list_attendance,
    "Sinh hoạt",
    {
        "occurred_on": "Ngày",
        "planned_on": "Ngày hẹn",
        "minutes": "Biên bản",
        "head_count": "Số người dự",
        "attended": "Người dự",
        "meeting_id": "Mã buổi họp",
        "event_id": "Mã sự kiện",
    },
)
