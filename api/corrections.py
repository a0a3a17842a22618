"""What a reversal would change, before anybody approves it."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.description import problems
from api.parameters import Parameters, PathId
from api.reading import Within
from desk.books import reversal_report
from domain.values import Day

router = APIRouter(prefix="/v1", tags=["corrections"])


class ReportQuery(Parameters):
    on: Day | None = None
    """The date of the reversing entry; today unless named."""


@router.get("/events/{event_id}/reversal", responses=problems(404, 409, 422, 503))
def show_reversal(
    event_id: PathId, query: Annotated[ReportQuery, Query()], parts: Within
) -> dict[str, Any]:
    """The difference report: accounts, schedule rows, late bands and closed periods that change.

    `digest` is what a proposer or approver sends back to say that this is what they read.
    """
    return reversal_report(parts.desk, event_id, query.on or parts.desk.today).told()
