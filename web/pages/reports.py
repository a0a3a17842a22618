"""Reports with charts; each number opens down to the events it is the sum of."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.responses import Response

from api.club_reports import show_club_report
from api.figures import FiguresQuery, PartsQuery, list_figure_events
from api.parameters import PathId
from api.province import (
    ProvincePartsQuery,
    ProvinceQuery,
    list_province_figure_events,
    show_province_report,
)
from domain.accounts.permissions import Action
from exchange.charts import columns
from exchange.paper.report import step_names
from projections.club_report import ClubReport
from projections.clubs import all_clubs
from projections.province.report import ProvinceReport
from projections.small_cells import HEALTH_ROWS
from web import formats
from web.asking import Allowed, may
from web.page import Inside, Page, PageRoute
from web.pages.events import opening
from web.translations import marked

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_PLACE = re.compile("^CLB (thôn|khối phố|tổ dân phố|bản|xóm|khu) ")
SHOWN = (
    "clubs",
    "members",
    "members_women",
    "capital",
    "outstanding",
    "lent",
    "repaid",
    "par30",
    "borrowers",
    "visits",
    "work_days",
    "meetings",
)
"""What stands at the top of the province's report; all else is below."""


@router.get("/clubs/{club_id}/report")
def show_report(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)], page: Inside, club_id: PathId
) -> Response:
    page.opens(club_id, allowed)
    query = page.asks(FiguresQuery)
    report = show_club_report(
        club_id=club_id, query=query, allowed=allowed, read=page.read, parts=page.parts
    )
    return page.show(
        "club_report.html",
        opens=allowed.also(Action.READ_BOOKS),
        opens_visits=allowed.also(Action.READ_BOOKS) and not allowed.is_outside,
        report=report,
        charts=_club_charts(page, report),
        steps=list(zip(step_names(report), report["money"]["steps"], strict=True)),
        query=query,
    )


@router.get("/clubs/{club_id}/figures/{name}")
def show_figure(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, club_id: PathId, name: str
) -> Response:
    page.opens(club_id, allowed)
    query = page.asks(PartsQuery)
    found = list_figure_events(
        club_id=club_id,
        name=name,
        query=query,
        allowed=allowed,
        read=page.read,
        parts=page.parts,
        pages=page.turning,
    )
    return page.show(
        "figure.html",
        found=found,
        query=query,
        named=name,
        of="figure",
        clubs={},
        opens=opening(page, found["items"], allowed),
    )


@router.get("/province")
def show_province(allowed: Annotated[Allowed, may(Action.READ_FIGURES)], page: Inside) -> Response:
    query = page.asks(ProvinceQuery)
    by = query.by or "club"
    report = show_province_report(
        query=query.model_copy(update={"by": by}), allowed=allowed, read=page.read, parts=page.parts
    )
    rows = {row["key"]: row for row in report["rows"]}
    books = allowed.also(Action.READ_BOOKS)
    return page.show(
        "province.html",
        opens=[key for key in rows if books and not (allowed.is_outside and key in HEALTH_ROWS)],
        report=report,
        rows=[rows[key] for key in SHOWN],
        chart=_province_chart(page, report),
        groups=[_group(one) for one in report["groups"] if one["name"]],
        by=by,
        query=query,
    )


@router.get("/province/{figure}")
def show_province_figure(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, figure: str
) -> Response:
    query = page.asks(ProvincePartsQuery)
    found = list_province_figure_events(
        figure=figure,
        query=query,
        allowed=allowed,
        read=page.read,
        parts=page.parts,
        pages=page.turning,
    )
    with page.reading() as connection:
        names = {str(club.club_id): club.name for club in all_clubs(connection)}
    return page.show(
        "figure.html",
        found=found,
        query=query,
        named=figure,
        of="row",
        clubs=names,
        opens=opening(page, found["items"], allowed),
    )


def _group(group: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": group["id"],
        "name": group["name"],
        "source": group["source"],
        **{row["key"]: row for row in group["rows"]},
    }


def _club_charts(page: Page, report: ClubReport) -> list[Markup]:
    steps, names = report["money"]["steps"], step_names(report)
    owed = {marked("Dư nợ gốc"): [step["outstanding"] for step in steps]}
    moved = {
        marked("Cho vay"): [step["lent"] for step in steps],
        marked("Thu gốc"): [step["principal_paid"] for step in steps],
        marked("Thu lãi"): [step["interest_paid"] for step in steps],
    }
    return [
        _chart(page, marked("Dư nợ gốc cuối kỳ"), names, owed),
        _chart(page, marked("Cho vay và thu nợ"), names, moved),
    ]


def _province_chart(page: Page, report: ProvinceReport) -> Markup:
    groups = [_group(one) for one in report["groups"] if one["name"]]
    names = [_PLACE.sub("", formats.short(str(one["name"]))) for one in groups]
    series = {
        marked("Vốn huy động"): [int(one["capital"]["numerator"]) for one in groups],
        marked("Dư nợ gốc"): [int(one["outstanding"]["numerator"]) for one in groups],
    }
    return _chart(page, marked("Vốn và dư nợ"), names, series)


def _chart(
    page: Page, title: str, labels: Sequence[str], series: Mapping[str, Sequence[int]]
) -> Markup:
    """What `exchange.charts` draws holds no text that it did not escape."""
    said = {page.says(name): values for name, values in series.items()}
    drawn = columns(page.says(title), labels, said, unit=page.says(marked("triệu đồng")))
    return Markup(drawn)  # noqa: S704  # nosec B704
