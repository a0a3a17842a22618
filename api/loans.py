"""Loans: a club's list, and one loan with all that is owed on a day."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.clubs import known_club
from api.papers import papers
from api.parameters import AsKnown, Cursor, KeyId, Listing, Page, PathId, Reading, Turning
from api.permissions import Allowed, may
from api.reading import Read, Within, tag
from desk.loans import owed_on
from domain.accounts.permissions import Action
from domain.errors import NotFound
from domain.values import Day
from projections import loans
from projections.loans import InstalmentRow
from projections.portfolio import portfolio
from projections.times import seen
from projections.views import LoanPage, LoanView, loan_page, loan_view

router = APIRouter(prefix="/v1")

_LOAN = Cursor[UUID](KeyId)


class LoansQuery(Page, AsKnown): ...


class LoanQuery(Reading, AsKnown):
    on: Day | None = None
    """Business date; when it is not given `as_of`, else today in Viet Nam."""


@router.get("/clubs/{club_id}/loans")
def list_loans(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    club_id: PathId,
    query: Annotated[LoansQuery, Query()],
    read: Read,
    parts: Within,
    pages: Turning,
) -> Listing[LoanView]:
    """A club's loans that stand, the oldest request first; now, or at another time."""
    query = allowed.within(query)
    after = _LOAN.read(query.after)
    with read.at(query) as connection:
        known_club(connection, club_id)
        if query.as_of or query.known_at:
            at = seen(connection, club_id, query.as_of or parts.desk.today, query.known_at)
            stand = (loan.row for loan in portfolio(connection, at) if loan.row.step != "withdrawn")
            rows = [row for row in stand if after is None or row.loan_id > after]
        else:
            rows = loans.of_club(connection, club_id, after=after, limit=query.limit + 1)
        page, more = pages.cut(rows, query.limit, lambda row: _LOAN.write(row.loan_id))
        told = [row.borrower_id for row in page if row.borrower_id and allowed.names(row.loan_id)]
        names = read.names(connection, told, "list_loans")
    views = [loan_view(row, names.get(row.borrower_id)) for row in page]
    return Listing(items=allowed.unnamed(views, "id", "borrower_name"), next=more)


@router.get("/loans/{loan_id}")
def show_loan(
    allowed: Annotated[Allowed, may(Action.READ_BOOKS)],
    loan_id: PathId,
    query: Annotated[LoanQuery, Query()],
    read: Read,
    parts: Within,
    response: Response,
) -> LoanPage:
    """Terms, schedule, payments, and what is owed at the end of the day `on`.

    `as_of` and `known_at` show the loan as it stood; `on` may lie after `as_of`.
    """
    query = allowed.within(query)
    day = query.as_of or parts.desk.today
    on = query.on or day
    with read.at(query) as connection:
        row = loans.one(connection, loan_id)
        if row is None:
            raise NotFound("Không có khoản vay này.")
        instalments: Sequence[InstalmentRow]
        if query.as_of or query.known_at:
            at = seen(connection, row.club_id, day, query.known_at)
            then = portfolio(connection, at, loan_id=loan_id)
            if not then:
                raise NotFound("Lúc ấy chưa có khoản vay này.")
            row, instalments, payments = then[0].row, then[0].instalments, then[0].payments
            late: int | None = then[0].late_interest(on)
        else:
            instalments = loans.instalments(connection, loan_id)
            payments = loans.payments(connection, row.club_id, loan_id)
            late = None
        told = [row.borrower_id] if row.borrower_id and allowed.names(loan_id) else []
        names = read.names(connection, told, "show_loan")
    if late is None:  # now: the book's own sum, asked when no other connection is held
        late = owed_on(parts.desk, loan_id, on).late_interest
    response.headers["ETag"] = tag(row.version)
    page = loan_page(row, instalments, payments, on, names.get(row.borrower_id), late)
    [page] = allowed.unnamed([page], "id", "borrower_name")
    return page


papers(
    router,
    list_loans,
    "Khoản vay",
    {
        "id": "Mã",
        "borrower_id": "Mã người vay",
        "borrower_name": "Người vay",
        "step": "Bước",
        "amount": "Số tiền",
        "disbursed_on": "Ngày giải ngân",
        "voucher": "Chứng từ",
        "settled_on": "Ngày tất toán",
        "past": "Từ sổ giấy",
        "outstanding": "Dư nợ gốc",
        "interest_paid": "Lãi đã thu",
        "rescheduled": "Đã gia hạn",
        "written_off": "Nợ đã xóa",
        "terms": "Điều khoản",
        "regulation": "Quy chế",
        "version": "Phiên bản",
    },
)
