"""A club's books: cash book, ledger, loan book, and the box held against them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.callers import Knocking
from api.commands import perform
from api.errors import Invalid
from api.figures import (
    CashBookQuery,
    FiguresQuery,
    LoanBookQuery,
    seen_as_asked,
    show_cash_book,
    show_loan_book,
)
from api.ledger import LedgerQuery, list_ledger
from api.parameters import Dates, PathId
from api.permissions import Denied
from domain.accounts.permissions import Action
from domain.clubs.club import CLUB
from domain.errors import SochungError
from domain.histories import book_of
from domain.loans.accounts import Account, Fund
from domain.loans.book import BOOK
from exchange.journals import hledger
from projections import counts
from projections.clubs import board
from projections.journal import journal
from projections.ledger import Balance, balances, lines
from web.asking import Allowed, may
from web.entering import beside
from web.hands import second_hands
from web.page import Inside, Page, PageRoute, fresh_key
from web.typed import iso

router = APIRouter(route_class=PageRoute, include_in_schema=False)

Q = TypeVar("Q", bound=Dates)


@router.get("/clubs/{club_id}/cash-book")
def show_cash(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, club_id: PathId
) -> Response:
    """The last two months, until somebody asks for more."""
    page.opens(club_id, allowed)
    query = _lately(page, page.asks(CashBookQuery), _month_before)
    book = show_cash_book(
        club_id=club_id,
        query=query,
        allowed=allowed,
        read=page.read,
        parts=page.parts,
        pages=page.turning,
    )
    return page.show("cash_book.html", book=book, query=query, funds=list(Fund))


@router.get("/clubs/{club_id}/ledger")
def show_ledger(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, club_id: PathId
) -> Response:
    page.opens(club_id, allowed)
    query = _lately(page, page.asks(LedgerQuery), _month_before)
    found = list_ledger(
        club_id=club_id,
        query=query,
        allowed=allowed,
        read=page.read,
        parts=page.parts,
        pages=page.turning,
    )
    return page.show("ledger.html", found=found, query=query)


@router.get("/clubs/{club_id}/ledger.hledger")
def show_journal(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, club_id: PathId
) -> Response:
    """The journal for whoever keeps books in plain text."""
    club = page.opens(club_id)
    query = allowed.within(page.asks(FiguresQuery))
    with page.read.at(query) as connection:
        at = seen_as_asked(connection, club_id, query, page.parts)
        text = hledger.write(journal(connection, at, since=query.since), club.name)
        page.read.handed_out(connection, (), "show_journal")
    headers = {"Content-Disposition": 'attachment; filename="ledger.journal"'}
    return Response(text, headers=headers, media_type="text/plain; charset=utf-8")


@router.get("/clubs/{club_id}/loan-book")
def show_loans(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, club_id: PathId
) -> Response:
    """Loans that are out, from the beginning of the month, until somebody asks for more."""
    page.opens(club_id, allowed)
    query = _lately(page, page.asks(LoanBookQuery), lambda last: last.replace(day=1))
    book = show_loan_book(
        club_id=club_id,
        query=query,
        allowed=allowed,
        read=page.read,
        parts=page.parts,
        pages=page.turning,
    )
    return page.show(
        "loan_book.html",
        book=book,
        query=query,
        may_name=lambda loan_id: allowed.names(UUID(loan_id)),
    )


@router.get("/clubs/{club_id}/reconcile")
def show_reconcile(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, club_id: PathId
) -> Response:
    if allowed.period() is not None:  # how the box stands now is of no other day
        allowed.refused()
        raise Denied("Không có sổ của những ngày này.")
    return _reconcile(page, club_id, {"until": "", "period": "", "closed_by": ""}, None)


@router.post("/clubs/{club_id}/reconcile")
def close_month(
    allowed: Annotated[Allowed, may(Action.CLOSE_BOOKS)],
    page: Inside,
    club_id: PathId,
    until: Annotated[str, Form()],
    period: Annotated[str, Form()],
    closed_by: Annotated[str, Form()],
    key: Annotated[str, Form()],
    door: Knocking,
    pin: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    typed = {"until": iso(until), "period": period, "closed_by": closed_by}
    try:
        caller = beside(page, typed, "closed_by", pin, door)
        perform(page.parts, caller, "close_period", {"club_id": club_id}, typed, key)
    except (Invalid, SochungError) as error:
        return _reconcile(page, club_id, typed | {"key": key}, error)
    return page.goes_to(f"/clubs/{club_id}/reconcile?closed={iso(until)}")


def _reconcile(
    page: Page, club_id: PathId, typed: dict[str, str], error: Invalid | SochungError | None
) -> Response:
    """The box and the bank by the book, the last count, and what moved the bank this month."""
    page.opens(club_id)
    book = page.parts.desk.log.recall(BOOK, book_of(club_id)).state
    with page.reading() as connection:
        held = balances(connection, club_id)
        counted = counts.of_club(connection, club_id)[-6:][::-1]
        moved = [
            line
            for line in lines(connection, club_id, since=_month_before(page.today))
            if line.account == "112"
        ]
        people = board(connection, club_id)
    return page.show(
        "reconcile.html",
        409 if error else 200,
        boxes=_boxes(held),
        counts=counted,
        allowed_difference=_allowed_difference(page, club_id),
        bank=moved,
        board=second_hands(page, club_id, people),
        typed=typed,
        problem=page.explains(error) if error else None,
        key=typed.get("key") or fresh_key(),
        closed_until=book.closed_until if book else None,
        last_day=page.today.replace(day=1) - timedelta(days=1),
        first=_month_before(page.today),
    )


def _allowed_difference(page: Page, club_id: UUID) -> int:
    """What a count may differ by, in đồng, by the by-laws of today."""
    club = page.parts.desk.log.recall(CLUB, club_id).state
    return club.regulation_on(page.today).rules.count_difference_max if club else 0


def _boxes(held: list[Balance]) -> list[dict[str, object]]:
    """Each fund's cash and bank, by the book; then all of them."""
    sums = {(one.fund, one.account): one.amount for one in held}
    rows: list[dict[str, object]] = [
        {
            "fund": str(fund),
            "cash": sums.get((fund, Account.CASH), 0),
            "bank": sums.get((fund, Account.BANK), 0),
        }
        for fund in Fund
    ]
    return [one for one in rows if one["cash"] or one["bank"]]


def _lately(page: Page, query: Q, since: Callable[[date], date]) -> Q:
    """Whoever asks for nothing sees the last weeks of what they may see."""
    if page.request.query_params:
        return query
    first, last = page.days
    return query.model_copy(update={"since": max(first, since(last))})


def _month_before(today: date) -> date:
    """The first day of the month before this one."""
    return (today.replace(day=1) - timedelta(days=1)).replace(day=1)
