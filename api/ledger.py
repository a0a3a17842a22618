"""A club's books: ledger lines, balances, vouchers."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.clubs import known_club
from api.papers import papers
from api.parameters import (
    AsKnown,
    Cursor,
    Dates,
    KeyId,
    KeyNumber,
    Listing,
    Page,
    PathId,
    Reading,
    Turning,
    forged,
)
from api.permissions import Allowed, may
from api.reading import Read, Within, tag
from domain.accounts.permissions import Action
from domain.histories import book_of
from domain.values import Day
from projections import ledger
from projections.views import (
    BalancesView,
    LedgerLine,
    VoucherView,
    balances_view,
    ledger_lines,
    voucher_view,
)

router = APIRouter(prefix="/v1")

_LINE = Cursor[tuple[date, int, int]](tuple[Day, KeyNumber, KeyNumber])
_VOUCHER = Cursor[tuple[str, UUID]](tuple[str, KeyId])


class LedgerQuery(Page, Dates, AsKnown): ...


class BalancesQuery(Reading, AsKnown): ...


class VouchersQuery(Page, Dates): ...


@router.get("/clubs/{club_id}/ledger")
def list_ledger(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    club_id: PathId,
    query: Annotated[LedgerQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> Listing[LedgerLine]:
    """Journal lines by business date, then as recorded; amounts signed, debit positive."""
    query = allowed.within(query)
    after = _LINE.read(query.after)
    with read.at(query) as connection:
        known_club(connection, club_id)
        rows = list(
            ledger.lines(
                connection,
                club_id,
                since=query.since,
                until=query.until,
                as_of=query.as_of,
                known_at=query.known_at,
                after=after,
                limit=query.limit + 1,
            )
        )
    page, more = pages.cut(
        rows, query.limit, lambda row: _LINE.write((row.occurred_on, row.position, row.line))
    )
    lines = allowed.unnamed(ledger_lines(page, parts.keys), "loan_id", "memo")
    return Listing(items=lines, next=more)


@router.get("/clubs/{club_id}/balances")
def show_balances(
    allowed: Annotated[Allowed, may(Action.READ_FIGURES)],
    club_id: PathId,
    query: Annotated[BalancesQuery, Query()],
    read: Read,
    response: Response,
) -> BalancesView:
    """Balances by fund and account, now or as of a day, as known at an instant; sum 0."""
    query = allowed.within(query)
    with read.at(query) as connection:
        known_club(connection, club_id)
        response.headers["ETag"] = tag(read.version(connection, book_of(club_id)))
        return balances_view(
            ledger.balances(connection, club_id, as_of=query.as_of, known_at=query.known_at)
        )


@router.get("/clubs/{club_id}/vouchers")
def list_vouchers(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    club_id: PathId,
    query: Annotated[VouchersQuery, Query()],
    read: Read,
    pages: Turning,
) -> Listing[VoucherView]:
    """Receipts (PT) and payments (PC) by series and number, the reversed ones too."""
    query = allowed.within(query)
    after = _VOUCHER.read(query.after)
    with read.at(query) as connection:
        known_club(connection, club_id)
        rows = ledger.vouchers(connection, club_id)
    start = 0
    if after is not None:
        seen = (n for n, row in enumerate(rows, 1) if (row.label, row.event_id) == after)
        start = next(seen, 0)
        if not start:
            raise forged()
    since, until = query.since or date.min, query.until or date.max
    left = [row for row in rows[start:] if since <= row.occurred_on <= until]
    page, more = pages.cut(left, query.limit, lambda row: _VOUCHER.write((row.label, row.event_id)))
    return Listing(items=[voucher_view(row) for row in page], next=more)


papers(
    router,
    list_ledger,
    "Sổ cái",
    {
        "entry_id": "Mã dòng",
        "event_id": "Mã bút toán",
        "position": "Vị trí",
        "voucher": "Chứng từ",
        "occurred_on": "Ngày",
        "recorded_at": "Ghi sổ lúc",
        "account": "Tài khoản",
        "fund": "Quỹ",
        "loan_id": "Mã khoản vay",
        "member_id": "Mã thành viên",
        "amount": "Số tiền",
        "memo": "Diễn giải",
    },
)
papers(
    router,
    list_vouchers,
    "Chứng từ",
    {
        "voucher": "Số chứng từ",
        "occurred_on": "Ngày",
        "amount": "Số tiền",
        "event_id": "Mã bút toán",
        "reversed": "Đã đảo",
    },
)
