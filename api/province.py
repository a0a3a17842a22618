"""The province report: figures of all clubs for any period, each down to the events behind it."""

from datetime import date

from fastapi import APIRouter

from api.parameters import (
    AsKnown,
    Dates,
    Reading,
)
from projections.province.report import (
    By,
)

router = APIRouter(prefix="/v1")
FIRST_DAY = date(1900, 1, 1)


class ProvinceQuery(Reading, Dates, AsKnown):
    by: By | None = None
