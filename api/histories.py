"""A person's story: everything received and given, in dated sentences, newest first."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.errors import language_of
from api.papers import papers
from api.parameters import AsKnown, Cursor, Dates, KeyNumber, Page, PathId, Turning
from api.permissions import Allowed, may
from api.reading import Read, Within
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.values import Day, Purpose
from projections import clubs, story
from projections.kinds import StoryKind
from projections.story_views import (
    StoryPage,
    kind_views,
    standing_view,
    story_items,
    story_totals,
)
from projections.views import instant

router = APIRouter(prefix="/v1")

# Position and day the story was told as of, then day and position of the last row seen: a later
# page goes on in the story that was begun.
_ROW = Cursor[tuple[int, date, date, int]](tuple[KeyNumber, Day, Day, KeyNumber])


async def english(request: Request) -> bool:
    return language_of(request) == "en"


English = Annotated[bool, Depends(english)]


class HistoryQuery(Page, Dates, AsKnown):
    kind: StoryKind | None = None
    """One kind; `duty`, what was done in an office, is shown only where it is asked for."""


@router.get("/members/{member_id}/history")
def show_history(
    allowed: Annotated[Allowed, may(Action.READ_PEOPLE)],
    member_id: PathId,
    query: Annotated[HistoryQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
    english: English,
) -> StoryPage:
    """One person's story with its sums, newest first, as of a day and as known at an instant.

    `totals` and `kinds` are of the whole period and kind asked for, whatever the page. Sentences
    are in the caller's language (Accept-Language). Readings and notes are told to those who may
    read of health, while the person's consent to it holds; merged entries tell both stories.
    """
    after = _ROW.read(query.after)
    with read.at(query, of=member_id) as connection:
        person = clubs.person(connection, member_id)
        if person is None:
            raise NotFound("Không có người này trong sổ.")
        as_of = query.as_of or (after[1] if after else parts.desk.today)
        told = story.told(connection, member_id, as_of, query.known_at, after[0] if after else None)
        rows = story.page(
            connection,
            told,
            kind=query.kind,
            since=query.since,
            until=query.until,
            after=after[2:] if after else None,
            limit=query.limit + 1,
        )
        kinds = story.sums(connection, told, kind=query.kind, since=query.since, until=query.until)
        read.looked_at(connection, told.people, Purpose.HEALTH, "show_history")
        page, more = pages.cut(
            rows,
            query.limit,
            lambda row: _ROW.write((told.upto, told.as_of, row.occurred_on, row.position)),
        )
        return {
            "member_id": str(member_id),
            "name": person.name,
            "also": [str(id) for id in told.people[1:]],
            "kind": query.kind,
            "from": query.since.isoformat() if query.since else None,
            "to": query.until.isoformat() if query.until else None,
            "as_of": told.as_of.isoformat(),
            "known_at": instant(told.known_at) if told.known_at else None,
            "position": told.upto,
            "standing": standing_view(story.standing(connection, told)),
            "totals": story_totals(kinds),
            "kinds": kind_views(kinds),
            "items": story_items(
                connection,
                told,
                page,
                parts.keys,
                english=english,
                health=allowed.also(Action.READ_HEALTH),
            ),
            "next": more,
        }


papers(
    router,
    show_history,
    "Quá trình hỗ trợ",
    {
        "occurred_on": "Ngày",
        "sentence": "Nội dung",
        "kind": "Loại",
        "received": "Được nhận",
        "repaid": "Đã trả",
        "value": "Trị giá",
        "minutes": "Số phút",
        "work_days": "Ngày công",
        "counts": "Còn tính",
        "role": "Vai trò",
        "event": "Sự kiện",
        "event_id": "Mã sự kiện",
        "position": "Vị trí",
        "recorded_at": "Lúc ghi sổ",
        "corrected_by": "Mã sự kiện sửa",
        "past": "Từ sổ giấy",
        "flag": "Cờ sức khỏe",
        "club_id": "Mã câu lạc bộ",
    },
)
