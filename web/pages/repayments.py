"""Thu nợ: whom, how much, confirm, receipt. Phiếu thu and phiếu chi come as paper."""

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Response

from api.clubs import known_club
from api.parameters import PathId, Reading
from api.prints import people_of
from api.reading import Connection
from domain.accounts.permissions import Action
from domain.errors import Malformed, NotFound
from domain.loans.loan import Owed
from domain.values import Purpose
from exchange.in_words import dong_in_words
from exchange.paper.press import qr
from exchange.paper.voucher import code
from projections import clubs, loans
from projections.portfolio import Moved, portfolio
from projections.slips import slips_of
from projections.times import seen
from projections.vietnamese import finds, sort_key
from web import typed
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, enter, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.typed import Typed

router = APIRouter(route_class=PageRoute, include_in_schema=False)


class Debt(NamedTuple):
    """A live loan as who collects sees it today."""

    loan_id: UUID
    name: str
    outstanding: int
    owed: Owed
    days_late: int
    paid_on: date | None
    """When money came in last."""

    @property
    def due_today(self) -> int:
        owed = self.owed
        return owed.principal_overdue + owed.principal_due + owed.interest_due + owed.late_interest


@router.get("/clubs/{club_id}/repay")
def choose_borrower(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    club_id: PathId,
    page: Entering,
    q: str = "",
) -> Response:
    """Whom: everybody who owes, those who are late first; `q` with or without tones."""
    with page.read.at(Reading()) as connection:
        known_club(connection, club_id)
        found = [debt for debt in debts(page, connection, club_id) if finds(q, debt.name)]
    return page.show("repay/whom.html", club_id=club_id, q=q, debts=found)


@router.get("/loans/{loan_id}/repay")
def ask_amount(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)], loan_id: PathId, page: Entering
) -> Response:
    """How much: what is due today is offered, anything may be typed."""
    return _amount(page, loan_id, {"on": page.parts.desk.today.isoformat()}, None)


@router.post("/loans/{loan_id}/repay/confirm")
def confirm_amount(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    loan_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """The amount in words, to be read aloud before anything is recorded."""
    sent = texts(form)
    try:
        amount, day = typed.amount(sent, "amount"), typed.day(sent, "on")
        if not amount or not day:
            raise Malformed("missing", page.says("Hãy ghi số tiền và ngày."), field="amount")
    except Malformed as error:
        return _amount(page, loan_id, sent, Refused(page.says(error.message), 422))
    with page.read.at(Reading()) as connection:
        debt = _debt(page, connection, loan_id)
    return page.show(
        "repay/confirm.html",
        debt=debt,
        amount=amount,
        words=dong_in_words(amount),
        day=day,
        memo=sent.get("memo", "").strip(),
        key=fresh_key(),
    )


@router.post("/loans/{loan_id}/repay")
def take_repayment(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)],
    loan_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    sent = texts(form)
    body = {
        "occurred_on": sent.get("on", ""),
        "amount": typed.amount(sent, "amount"),
        "memo": sent.get("memo", "").strip(),
    }
    came = enter(page, Step("amount", "repay_loan", {"loan_id": loan_id}, body), sent["key"])
    if isinstance(came, Refused):
        return _amount(page, loan_id, sent, came)
    return page.goes_to(f"/events/{came['event_id']}/receipt", after=came["position"])


@router.get("/events/{event_id}/receipt")
def show_receipt(
    allowed: Annotated[Allowed, may(Action.READ_PAPERS)], event_id: PathId, page: Entering
) -> Response:
    """What was received or paid, with its number and the code that the log vouches for."""
    with page.read.at(page.reading) as connection:
        page.read.looked_at(
            connection, people_of(connection, event_id), Purpose.IDENTITY, "receipt"
        )
        slips = slips_of(connection, event_id, page.parts.keys)
        club = clubs.one_club(connection, slips[0].club_id) if slips else None
    if club is None:
        raise NotFound("Không có phiếu thu hay phiếu chi nào của bút toán này.")
    shown = [(slip, dong_in_words(slip.amount), qr(code(slip))) for slip in slips]
    return page.show("repay/receipt.html", of_club=club, slips=shown)


@router.get("/words")
def say_amount(
    allowed: Annotated[Allowed, may(Action.USE)], page: Entering, amount: str = ""
) -> Response:
    """A fragment: the amount in words, while it is typed."""
    try:
        said = typed.amount({"amount": amount}, "amount")
    except Malformed as error:
        return page.show("repay/words.html", words=page.says(error.message))
    return page.show("repay/words.html", words=dong_in_words(said) if said else "")


def debts(page: Entry, connection: Connection, club_id: UUID) -> list[Debt]:
    """Of a club's live loans; the longest late first, then by name."""
    now = seen(connection, club_id, page.parts.desk.today)
    lent = [loan for loan in portfolio(connection, now) if loan.owed is not None]
    names = page.read.names(connection, [loan.row.borrower_id for loan in lent], "debts")
    found = [
        Debt(
            loan.row.loan_id,
            names.get(loan.row.borrower_id, page.page.nameless()),
            loan.outstanding,
            loan.owed,
            loan.days_late,
            max((paid.occurred_on for paid in loan.of(Moved.PAID)), default=None),
        )
        for loan in lent
        if loan.owed is not None
    ]
    return sorted(found, key=lambda debt: (-debt.days_late, sort_key(debt.name)))


def _debt(page: Entry, connection: Connection, loan_id: UUID) -> Debt:
    row = loans.one(connection, loan_id)
    mine = [d for d in debts(page, connection, row.club_id) if d.loan_id == loan_id] if row else []
    if not mine:
        raise NotFound("Không có khoản vay này, hoặc đã trả hết.")
    return mine[0]


def _amount(page: Entry, loan_id: UUID, sent: Typed, refused: Refused | None) -> Response:
    with page.read.at(Reading()) as connection:
        debt = _debt(page, connection, loan_id)
    return page.show(
        "repay/amount.html",
        status=refused.status if refused else 200,
        debt=debt,
        sent=sent,
        refused=refused,
    )
