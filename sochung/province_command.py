"""`sochung report province`: the figures of all clubs for a period, on the screen or on paper."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from domain.values import FIRST_DAY
from exchange.province import report_table, units_table
from projections.province.report import province_report, span
from projections.province.views import By
from sochung.terminal import (
    AsOf,
    From,
    JsonOption,
    KnownAt,
    To,
    day_given,
    house,
    instant_given,
    print_json,
    put_bytes,
    put_table,
    wrong_usage,
)


class ReportPaper(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


class Grouping(StrEnum):
    CLUB = "club"
    COMMUNE = "commune"
    DISTRICT = "district"


def report_province_command(
    since: From = None,
    until: To = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    by: Annotated[Grouping | None, typer.Option(help="also by club, commune or district")] = None,
    format: Annotated[ReportPaper, typer.Option()] = ReportPaper.TEXT,
    out: Annotated[Path | None, typer.Option(metavar="F")] = None,
    as_json: JsonOption = False,
) -> None:
    """Báo cáo tỉnh: mọi câu lạc bộ, mọi chỉ tiêu, cho một kỳ bất kỳ."""
    from exchange.paper import province as paper
    from exchange.tables import as_xlsx

    first, last, day, instant = (
        day_given(since),
        day_given(until),
        day_given(as_of),
        instant_given(known_at),
    )
    with house() as opened:
        opened.follower.catch_up(600)
        until_day = min([one for one in (last, day) if one], default=opened.desk.today)
        if first and first > until_day:
            wrong_usage("--from sau --to")
        grouped: By | None = by.value if by else None
        if format is ReportPaper.PDF and grouped in (None, "club"):
            grouped = "district"  # a line for each of hundreds of clubs is for the workbook
        with opened.database.transaction() as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute("SET LOCAL statement_timeout = 0")
            at = span(connection, first or FIRST_DAY, until_day, instant)
            made = province_report(connection, at, grouped)
    if as_json or format is ReportPaper.JSON:
        print_json(made, out)
    elif format is ReportPaper.PDF:
        put_bytes(paper.province_pdf(made), out)
    elif format is ReportPaper.XLSX:
        put_bytes(as_xlsx(*paper.sheets(made)), out)
    else:
        put_table(report_table(made), format.value, out)
        if grouped and format is ReportPaper.TEXT:
            put_table(units_table(made), out=out)
