"""The province report: figures of all clubs for any period, each down to the events behind it."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BeforeValidator
from typing_extensions import TypedDict

from api.parameters import (
    AsKnown,
    Cursor,
    Dates,
    KeyNumber,
    Page,
    Pages,
    Reading,
    Turning,
    an_id,
)
from api.reading import Connection, Parts, Read, Within
from domain.errors import NotFound
from projections.province.catalogue import BY_KEY
from projections.province.report import (
    By,
    PartView,
    ProvinceReport,
    Span,
    part_view,
    parts_of,
    province_report,
    span,
)
from projections.views import DayText, InstantText, instant

router = APIRouter(prefix="/v1")
FIRST_DAY = date(1900, 1, 1)


class ProvinceQuery(Reading, Dates, AsKnown):
    by: By | None = None
