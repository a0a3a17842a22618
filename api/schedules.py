"""Repayment plans for anybody who asks: pure, nothing is recorded."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.bodies import body, takes
from api.parameters import Parameters
from domain.loans.schedule import Schedule, ScheduleRequest, schedule

router = APIRouter(prefix="/v1")

EXAMPLE = {
    "principal": 5000000,
    "from": "2026-01-10",
    "instalments": 12,
    "every": {"count": 1, "unit": "month"},
    "rate": {"percent": "0.7", "per": "month"},
    "method": "equal_principal",
    "grace_principal": 0,
    "grace_interest_payment": 0,
    "round_instalment_to": 1000,
    "round_interest_to": 1,
    "rounding": "half_up",
    "balloon": None,
}
_SAID = "Vay 5.000.000 đ trả góp 12 tháng, lãi 0,7 %/tháng theo dư nợ, gốc trả đều làm tròn nghìn"


@router.post(
    "/loan-schedules", openapi_extra=takes(ScheduleRequest, EXAMPLE, _SAID), status_code=200
)
def make_loan_schedule(
    asked: Annotated[ScheduleRequest, Depends(body(ScheduleRequest))],
    _: Annotated[Parameters, Query()],
) -> Schedule:
    """The repayment plan of a loan: every row, exact to the đồng (bảng trả nợ)."""
    return schedule(asked)
