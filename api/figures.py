"""A club's reports: loan book, cash book and key figures, of any day, as known at any instant."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query

from api.clubs import known_club
from api.papers import papers
from api.parameters import (
    AsKnown,
    Cursor,
    Dates,
    KeyNumber,
    Page,
    Pages,
    PathId,
    Reading,
    Turning,
)
from api.permissions import Allowed, may
from api.reading import Connection, Parts, Read, Reader, Within
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.loans.accounts import Fund
from domain.values import Day, Purpose
from projections.cash_book import cash_book, cash_book_rows
from projections.figures import Figure, Period, figures, fund_moves, year_of
from projections.loan_book import in_period, loan_book_rows, loan_book_totals
from projections.people import names_of
from projections.portfolio import portfolio
from projections.reports import (
    CashBookPage,
    FiguresPage,
    LoanBookPage,
    PartsPage,
    asked,
    figure_view,
    in_order,
    part_views,
)
from projections.times import Seen, seen

router = APIRouter(prefix="/v1")

T = TypeVar("T")

# Position, last day and rows seen: a later page goes on in the report that was begun.
_ROW = Cursor[tuple[int, date, int]](tuple[KeyNumber, Day, KeyNumber])


class FiguresQuery(Reading, Dates, AsKnown): ...


class LoanBookQuery(Page, Dates, AsKnown): ...


class CashBookQuery(LoanBookQuery):
    fund: Fund | None = None
    """One fund's cash; without it the whole box."""


class PartsQuery(LoanBookQuery):
    part: Literal["numerator", "denominator"] = "numerator"


@router.get("/clubs/{club_id}/loan-book")
def show_loan_book(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    club_id: PathId,
    query: Annotated[LoanBookQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> LoanBookPage:
    """Loans that owed or moved from `from` on, with what each owes and how late it is at `to`."""
    query = allowed.within(query)
    after = _ROW.read(query.after)
    with read.at(query) as connection:
        at = seen_as_asked(connection, club_id, query, parts, after)
        loans = in_period(portfolio(connection, at), query.since)
        names = names_of(connection, [loan.row.borrower_id for loan in loans])
        rows = loan_book_rows(loans, query.since, names)
        page, more = _cut(pages, rows, query.limit, at, after)
        page = allowed.unnamed(page, "loan_id", "borrower_name")
        _named(connection, read, page, "borrower_id", "borrower_name", "show_loan_book")
    return {
        **asked(at, query.since),
        "loans": len(rows),
        "totals": loan_book_totals(rows),
        "items": page,
        "next": more,
    }


def _named(
    connection: Connection,
    read: Reader,
    rows: Iterable[Mapping[str, Any]],
    id: str,
    name: str,
    what: str,
) -> None:
    """Writes down whom the rows name."""
    people = [UUID(row[id]) for row in rows if row[id] and row[name]]
    read.looked_at(connection, people, Purpose.IDENTITY, what)


@router.get("/clubs/{club_id}/cash-book")
def show_cash_book(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    club_id: PathId,
    query: Annotated[CashBookQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> CashBookPage:
    """Receipts and payments of the box by business date, with the balance after each."""
    query = allowed.within(query)
    after = _ROW.read(query.after)
    with read.at(query) as connection:
        at = seen_as_asked(connection, club_id, query, parts, after)
        book = cash_book(connection, at, since=query.since, fund=query.fund)
        page, more = _cut(pages, book.moves, query.limit, at, after)
        rows = cash_book_rows(connection, page, parts.keys)
        rows = allowed.unnamed(rows, "loan_id", "memo", "member_name")
        _named(connection, read, rows, "member_id", "member_name", "show_cash_book")
    return {
        **asked(at, query.since),
        "fund": query.fund,
        "opening": book.opening,
        "receipts": book.receipts,
        "payments": book.payments,
        "closing": book.closing,
        "items": rows,
        "next": more,
    }


@router.get("/clubs/{club_id}/figures")
def show_figures(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)],
    club_id: PathId,
    query: Annotated[FiguresQuery, Query()],
    read: Read,
    parts: Within,
) -> FiguresPage:
    """Ageing, risk, collection, capital and yield; the period is the year so far unless named."""
    query = allowed.within(query)
    with read.at(query) as connection:
        at = seen_as_asked(connection, club_id, query, parts)
        since, found = _figures(connection, at, query)
    return {**asked(at, since), "figures": [figure_view(figure) for figure in found]}


@router.get("/clubs/{club_id}/figures/{name}/events")
def list_figure_events(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    club_id: PathId,
    name: str,
    query: Annotated[PartsQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> PartsPage:
    """The events one side of a figure is the sum of, as recorded; amounts signed."""
    query = allowed.within(query)
    after = _ROW.read(query.after)
    with read.at(query) as connection:
        at = seen_as_asked(connection, club_id, query, parts, after)
        since, found = _figures(connection, at, query)
    figure = next((figure for figure in found if figure.name == name), None)
    if figure is None:
        raise NotFound("Không có chỉ tiêu này.")
    is_upper = query.part == "numerator"
    behind = in_order(figure.numerator_parts if is_upper else figure.denominator_parts)
    page, more = _cut(pages, behind, query.limit, at, after)
    return {
        **asked(at, since),
        "name": figure.name,
        "part": query.part,
        "total": sum(part.amount for part in behind),
        "items": part_views(page),
        "next": more,
    }


def _figures(
    connection: Connection, at: Seen, query: LoanBookQuery | FiguresQuery
) -> tuple[date, list[Figure]]:
    period = Period(query.since, at.as_of) if query.since else year_of(at.as_of)
    return period.first, figures(portfolio(connection, at), fund_moves(connection, at), period)


def seen_as_asked(
    connection: Connection,
    club_id: UUID,
    query: LoanBookQuery | FiguresQuery,
    parts: Parts,
    after: tuple[int, date, int] | None = None,
) -> Seen:
    """To the earlier of `to` and `as_of`, else to today in Viet Nam; `NotFound` for no club."""
    known_club(connection, club_id)
    given = [day for day in (query.until, query.as_of) if day is not None]
    last = min(given, default=after[1] if after else parts.desk.today)
    return seen(connection, club_id, last, query.known_at, after[0] if after else None)


def _cut(
    pages: Pages,
    rows: Sequence[T],
    limit: int,
    at: Seen,
    after: tuple[int, date, int] | None,
) -> tuple[Sequence[T], str | None]:
    start = after[2] if after else 0
    left = rows[start : start + limit + 1]
    return pages.cut(left, limit, lambda row: _ROW.write((at.upto, at.as_of, start + limit)))


papers(
    router,
    show_loan_book,
    "Sổ theo dõi vay vốn",
    {
        "voucher": "Chứng từ",
        "borrower_name": "Người vay",
        "disbursed_on": "Ngày giải ngân",
        "amount": "Số tiền vay",
        "opening": "Nợ gốc đầu kỳ",
        "lent": "Cho vay trong kỳ",
        "principal_paid": "Gốc đã thu",
        "interest_paid": "Lãi đã thu",
        "written_off": "Xóa nợ",
        "outstanding": "Dư nợ gốc",
        "principal_overdue": "Gốc quá hạn",
        "principal_due": "Gốc đến hạn",
        "interest_due": "Lãi đến hạn",
        "late_interest_paid": "Lãi chậm trả đã thu",
        "late_interest": "Lãi chậm trả còn nợ",
        "step": "Bước",
        "rescheduled": "Đã gia hạn",
        "days_late": "Số ngày quá hạn",
        "band": "Nhóm quá hạn",
        "past": "Từ sổ giấy",
        "terms": "Điều khoản",
        "regulation": "Quy chế",
        "loan_id": "Mã khoản vay",
        "borrower_id": "Mã người vay",
    },
)
# Columns of S07-DN (Circular 133/2016/TT-BTC, annex 4): both vouchers, then thu, chi, tồn.
papers(
    router,
    show_cash_book,
    "Sổ quỹ tiền mặt",
    {
        "recorded_at": "Lúc ghi sổ",
        "occurred_on": "Ngày chứng từ",
        "receipt_voucher": "Phiếu thu",
        "payment_voucher": "Phiếu chi",
        "memo": "Diễn giải",
        "member_name": "Thành viên",
        "fund": "Quỹ",
        "receipt": "Thu",
        "payment": "Chi",
        "balance": "Tồn",
        "topic": "Loại",
        "event_id": "Mã sự kiện",
        "position": "Vị trí",
        "member_id": "Mã thành viên",
    },
)
