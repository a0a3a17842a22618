"""Papers to print and sign: reports, vouchers, counts, statements, sheets for a meeting."""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from api.titles import TITLES
from domain.errors import Malformed, NotFound
from projections import counts
from projections.club_report import club_report
from projections.figures import Period, year_of
from projections.slips import events_of_voucher
from projections.times import seen
from sochung.terminal import (
    AsOf,
    Club,
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
    print_json,
    put_bytes,
    put_table,
    wrong_usage,
)

On = Annotated[str | None, typer.Option(metavar="D", help="YYYY-MM-DD; today unless named")]


class ReportPaper(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


def report_club_command(
    club: Club,
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    format: Annotated[ReportPaper, typer.Option()] = ReportPaper.TEXT,
    out: Out = None,
    as_json: JsonOption = False,
) -> None:
    """Báo cáo của một câu lạc bộ: thu chi theo quỹ, sổ quỹ, sổ vay vốn, chỉ tiêu, cảnh báo."""
    from exchange.paper import report as paper
    from exchange.tables import as_xlsx

    first, ends = day_given(since), [day_given(until), day_given(as_of)]
    instant = instant_given(known_at)
    with house() as opened:
        club_id = club_named(opened, club)
        last = min((day for day in ends if day), default=opened.desk.today)
        if first and first > last:
            wrong_usage("--from sau --to")
        period = Period(first, last) if first else year_of(last)
        with opened.database.connection() as connection:
            at = seen(connection, club_id, last, instant)
            made = club_report(connection, at, period, opened.keys)
    titles = {str(code): words for code, (words, _) in TITLES.items()}
    if as_json or format is ReportPaper.JSON:
        print_json(made, out)
    elif format is ReportPaper.PDF:
        put_bytes(paper.report_pdf(made, titles), out)
    elif format is ReportPaper.XLSX:
        put_bytes(as_xlsx(*paper.sheets(made, titles)), out)
    else:
        put_table(paper.summary(made), format, out)


def voucher_command(
    club: Club,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="e.g. PT-2026-0001")],
    out: Out = None,
) -> None:
    """Phiếu thu hoặc phiếu chi khổ A5, có số tiền bằng chữ và mã QR (PDF)."""
    from exchange.paper.voucher import voucher_pdf

    with house() as opened:
        club_id = club_named(opened, club)
        with opened.database.connection() as connection:
            events = events_of_voucher(connection, club_id, number)
            if not events:
                raise NotFound(f"Không có phiếu {number}.")
            if len(events) > 1:
                shown = ", ".join(map(str, events))
                raise Malformed("voucher-ambiguous", f"Sổ có nhiều phiếu {number}: {shown}.")
            paper = voucher_pdf(connection, events[0], opened.keys)
    put_bytes(paper, out)


def count_sheet_command(
    club: Club,
    on: Annotated[str | None, typer.Option(metavar="D", help="of this day; else the last")] = None,
    out: Out = None,
) -> None:
    """Bảng kiểm kê quỹ, mẫu 08a-TT (PDF)."""
    from exchange.paper.count import count_pdf

    day = day_given(on)
    with house() as opened:
        club_id = club_named(opened, club)
        with opened.database.connection() as connection:
            rows = counts.of_club(connection, club_id)
            found = [row for row in rows if day is None or row.occurred_on == day]
            if not found:
                raise NotFound("Không có lần kiểm kê quỹ nào như vậy.")
            paper = count_pdf(connection, found[-1].event_id, opened.keys)
    put_bytes(paper, out)


def statement_command(
    club: Club,
    member: Annotated[str | None, typer.Option(help="one member; else all who owe")] = None,
    on: On = None,
    out: Out = None,
) -> None:
    """Sao kê để đọc tại buổi sinh hoạt: ai vay, đã trả, còn nợ bao nhiêu (PDF)."""
    from exchange.paper.statement import statements_pdf

    day = day_given(on)
    with house() as opened:
        club_id = club_named(opened, club)
        member_id: UUID | None = member_named(opened, club_id, member) if member else None
        with opened.database.connection() as connection:
            at = seen(connection, club_id, day or opened.desk.today)
            paper = statements_pdf(connection, at, member_id)
    put_bytes(paper, out)


def meeting_sheet_command(club: Club, on: On = None, out: Out = None) -> None:
    """Bảng thu tiền để trống cho một buổi sinh hoạt, ghi sẵn ai đến hạn trả bao nhiêu (PDF)."""
    from exchange.paper.meeting import meeting_pdf

    day: date | None = day_given(on)
    with house() as opened:
        club_id = club_named(opened, club)
        with opened.database.connection() as connection:
            at = seen(connection, club_id, day or opened.desk.today)
            paper = meeting_pdf(connection, at)
    put_bytes(paper, out)


def health_sheet_command(club: Club, on: On = None, out: Out = None) -> None:
    """Bảng đo sức khỏe để trống cho một buổi sinh hoạt, chỉ dành cho tình nguyện viên (PDF)."""
    from exchange.paper.health import health_pdf

    day: date | None = day_given(on)
    with house() as opened:
        club_id = club_named(opened, club)
        with opened.database.connection() as connection:
            at = seen(connection, club_id, day or opened.desk.today)
            paper = health_pdf(connection, at)
    put_bytes(paper, out)


COMMANDS: dict[str, Callable[..., None]] = {
    "voucher": voucher_command,
    "count-sheet": count_sheet_command,
    "statement": statement_command,
    "meeting-sheet": meeting_sheet_command,
    "health-sheet": health_sheet_command,
}
