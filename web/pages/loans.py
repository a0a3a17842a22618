"""One loan: where it stands, what is due, paid and late, and why each number is what it is."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.loans import LoanQuery, show_loan
from api.parameters import PathId
from domain.accounts.permissions import Action
from projections.portfolio import portfolio
from projections.regulations import adopted_by
from projections.times import seen
from projections.views import LoanPage, ScheduleRowView
from web.asking import Allowed, may
from web.entry import Entering
from web.page import PageRoute
from web.translations import marked

router = APIRouter(route_class=PageRoute, include_in_schema=False)

STEPS = (
    ("requested", marked("Đề nghị")),
    ("approved", marked("Xét duyệt")),
    ("disbursed", marked("Giải ngân")),
    ("paying", marked("Đang trả")),
    ("settled", marked("Tất toán")),
)


_BEGAN = "SELECT min(occurred_on) FROM read.loan_steps WHERE loan_id = %s"
_PAYOUT = """
    SELECT event_id, occurred_on::text FROM read.vouchers
    WHERE club_id = %s AND label = %s LIMIT 1"""


@dataclass(frozen=True, slots=True)
class Due:
    """One row of the schedule as it stands on a day: `state` is paid, part, late, due or later."""

    row: ScheduleRowView
    paid: int
    state: str


@router.get("/loans/{loan_id}")
def show_one_loan(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], entry: Entering, loan_id: PathId
) -> Response:
    page = entry.page
    asked = page.asks(LoanQuery)
    query = allowed.within(asked)
    loan = show_loan(
        loan_id=loan_id,
        query=query,
        allowed=allowed,
        read=page.read,
        parts=page.parts,
        response=Response(),
    )
    club_id = UUID(loan["club_id"])
    page.opens(club_id, allowed)
    on = date.fromisoformat(loan["owed"]["on"])
    with page.reading() as connection:
        at = seen(connection, club_id, query.as_of or page.today, query.known_at)
        [stood] = portfolio(connection, at, loan_id=loan_id)
        # Whoever sees some days alone sees no by-laws of others.
        adopted = None if page.period else adopted_by(connection, club_id, loan["regulation"])
        payout = connection.execute(_PAYOUT, (club_id, loan["voucher"])).fetchone()
        began = connection.execute(_BEGAN, (loan_id,)).fetchone()
    return entry.show(
        "loan.html",
        loan=loan,
        hidden=not allowed.names(loan_id),
        stood=stood,
        adopted=adopted,
        payout=payout[0] if payout and page.shows(payout[1]) else None,
        began=began[0] if began else None,
        schedule=with_payments(loan, on),
        steps=STEPS,
        reached=_reached(loan),
        doings=_doings(loan, keeps=entry.may(Action.READ_PAPERS, club_id)),
        query=asked,
    )


def with_payments(loan: LoanPage, on: date) -> list[Due]:
    """What came by `on` covers the rows in their order, principal and interest each."""
    came = [one for one in loan["payments"] if one["occurred_on"] <= on.isoformat()]
    principal = sum(one["principal"] for one in came)
    interest = sum(one["interest"] for one in came)
    found = []
    for row in loan["schedule"]:
        of_principal, of_interest = min(principal, row["principal"]), min(interest, row["interest"])
        principal, interest = principal - of_principal, interest - of_interest
        paid = of_principal + of_interest
        due_on = date.fromisoformat(row["due_on"])
        if paid == row["total"] or loan["step"] == "settled":
            state = "paid"
        elif due_on < on:
            state = "late"
        elif due_on == on:
            state = "due"
        else:
            state = "part" if paid else "later"
        found.append(Due(row, paid, state))
    return found


def _reached(loan: LoanPage) -> int:
    """How far along the strip it has come."""
    paying = 3 if loan["payments"] else 2
    return {
        "requested": 0,
        "approved": 1,
        "disbursed": paying,
        "written_off": paying,
        "settled": 4,
    }.get(loan["step"], 0)


def _not_paying(step: str | None) -> str:
    if step in ("requested", "approved"):
        return marked("Chưa chi tiền nên chưa có gì để thu.")
    return marked("Khoản vay không còn phải trả.")


def _not_paid_out(step: str | None) -> str:
    return (
        marked("Khoản vay chưa được duyệt.") if step == "requested" else marked("Đã qua bước này.")
    )


def _doings(loan: LoanPage, *, keeps: bool) -> list[tuple[str, str, str | None]]:
    """What may be done with it: where, in words, and why not where it may not be done now, or by
    nobody who does not keep the book."""
    step = loan["step"]
    lending = f"/clubs/{loan['club_id']}/lending?loan_id={loan['id']}"
    found: list[tuple[str, str, str | None]] = [
        (
            f"/loans/{loan['id']}/repay",
            marked("Thu nợ"),
            None if step == "disbursed" else _not_paying(step),
        ),
        (
            lending,
            marked("Duyệt cho vay"),
            None if step == "requested" else marked("Khoản vay không chờ duyệt."),
        ),
        (
            lending,
            marked("Chi tiền vay"),
            None if step == "approved" else _not_paid_out(step),
        ),
    ]
    if keeps:
        return found
    return [
        (at, words, why or marked("Việc của ban chủ nhiệm câu lạc bộ.")) for at, words, why in found
    ]
