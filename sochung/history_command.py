"""`sochung history`: everything a person received and gave, in dated sentences."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from domain.errors import NotFound
from exchange.tables import Table, dong
from projections import clubs, story
from projections.kinds import StoryKind
from projections.story_views import (
    StoryTotals,
    kind_views,
    standing_view,
    story_items,
    story_totals,
)
from projections.telling import hours_text
from projections.views import instant
from sochung.books_commands import Format, Paper
from sochung.terminal import (
    AsOf,
    From,
    JsonOption,
    KnownAt,
    Out,
    To,
    club_named,
    day_given,
    house,
    instant_given,
    member_named,
    person_named,
    print_json,
    put_table,
    screen,
    wrong_usage,
)


class Language(StrEnum):
    VI = "vi"
    EN = "en"


_COLUMNS = {
    "occurred_on": ("Ngày", "Date"),
    "sentence": ("Nội dung", "What happened"),
    "kind": ("Loại", "Kind"),
    "received": ("Được nhận", "Received"),
    "repaid": ("Đã trả", "Repaid"),
    "value": ("Trị giá", "Worth"),
    "minutes": ("Số phút", "Minutes"),
    "work_days": ("Ngày công", "Work-days"),
    "counts": ("Còn tính", "Counts"),
    "flag": ("Cờ sức khỏe", "Health flag"),
    "event_id": ("Mã sự kiện", "Event"),
}


def history_command(
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="id, or a name that is unique")],
    club: Annotated[str | None, typer.Option(help="look in one club only")] = None,
    kind: Annotated[StoryKind | None, typer.Option(help="one kind only")] = None,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    lang: Annotated[Language, typer.Option(help="the sentences' language")] = Language.VI,
    format: Format = Paper.TEXT,
    out: Out = None,
    as_json: JsonOption = False,
) -> None:
    """Quá trình hỗ trợ của một người: được nhận gì, đã góp gì, theo từng ngày."""
    first, last = day_given(since), day_given(until)
    day, moment = day_given(as_of), instant_given(known_at)
    if first and last and first > last:
        wrong_usage("--from sau --to")
    english = lang is Language.EN
    with house() as opened:
        if club is None:
            person_id = person_named(opened, member)
        else:
            person_id = member_named(opened, club_named(opened, club), member)
        with opened.database.connection() as connection:
            person = clubs.person(connection, person_id)
            if person is None:
                raise NotFound("Không có người này trong sổ.")
            told = story.told(connection, person_id, day or opened.desk.today, moment)
            rows = story.page(connection, told, kind=kind, since=first, until=last)
            kinds = story.sums(connection, told, kind=kind, since=first, until=last)
            standing = story.standing(connection, told)
            items = story_items(connection, told, rows, opened.keys, english=english)
    totals = story_totals(kinds)
    if as_json or format is Paper.JSON:
        page: dict[str, Any] = {
            "member_id": str(person_id),
            "name": person.name,
            "also": [str(id) for id in told.people[1:]],
            "kind": kind,
            "from": since,
            "to": until,
            "as_of": told.as_of.isoformat(),
            "known_at": instant(told.known_at) if told.known_at else None,
            "position": told.upto,
            "standing": standing_view(standing),
            "totals": totals,
            "kinds": kind_views(kinds),
            "items": items,
        }
        print_json(page, out)
        return
    title = "Support history" if english else "Quá trình hỗ trợ"  # names a sheet: no colon in it
    if format is not Paper.TEXT:
        columns = [both[english] for both in _COLUMNS.values()]
        cells = [[item[name] for name in _COLUMNS] for item in map(dict, items)]
        put_table(Table(title, columns, cells), format, out)
        return
    story_title = "What happened" if english else "Nội dung"
    told_rows = [(item["sentence"],) for item in items]
    heading = f"{title}: {person.name or '–'}"
    put_table(Table(heading, (story_title,), told_rows), format, out)
    if out is None:
        screen.print(_summed(totals, english))


def _summed(totals: StoryTotals, english: bool) -> str:
    """The running totals in one sentence."""
    received, repaid = dong(totals["received"]), dong(totals["repaid"])
    visits, made = totals["visits_received"], totals["visits_made"]
    hours, given = (
        hours_text(totals[name], english=english)
        for name in ("visit_minutes_received", "visit_minutes_made")
    )
    days = totals["work_days_given"]
    if english:
        return (
            f"Received {received}, repaid {repaid}; visited {visits} times ({hours}), "
            f"made {made} visits ({given}), gave {days} work-days."
        )
    return (
        f"Được nhận {received}, đã trả {repaid}; được thăm {visits} lượt ({hours}), "
        f"đi thăm {made} lượt ({given}), góp {days.replace('.', ',')} ngày công."
    )


COMMANDS: dict[str, Callable[..., None]] = {"history": history_command}
