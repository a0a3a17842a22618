"""Loans: a club's list, and one loan with all that is owed on a day."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.clubs import known_club
from api.papers import papers
from api.parameters import Cursor, KeyId, Listing, Page, PathId, Reading, Turning
from api.reading import Read, Within, tag
from domain.errors import NotFound
from domain.values import Day
from projections import loans
from projections.people import names_of
from projections.views import LoanPage, LoanView, loan_page, loan_view

router = APIRouter(prefix="/v1")

_LOAN = Cursor[UUID](KeyId)


class LoanQuery(Reading):
    on: Day | None = None
    """Business date; today in Viet Nam when it is not given."""


@router.get("/clubs/{club_id}/loans")
def list_loans(
    club_id: PathId,
    query: Annotated[Page, Query()],
    read: Read,
    pages: Turning,
) -> Listing[LoanView]:
    """A club's loans that stand, the oldest request first."""
    after = _LOAN.read(query.after)
    with read.at(query) as connection:
        known_club(connection, club_id)
        rows = loans.of_club(connection, club_id, after=after, limit=query.limit + 1)
        page, more = pages.cut(rows, query.limit, lambda row: _LOAN.write(row.loan_id))
        names = names_of(connection, [row.borrower_id for row in page if row.borrower_id])
    return Listing(
        items=[loan_view(row, names.get(row.borrower_id)) for row in page],
        next=more,
    )


@router.get("/loans/{loan_id}")
def show_loan(
    loan_id: PathId,
    query: Annotated[LoanQuery, Query()],
    read: Read,
    parts: Within,
    response: Response,
) -> LoanPage:
    """Terms, schedule, payments, and what is owed at the end of the day `on`."""
    with read.at(query) as connection:
        row = loans.one(connection, loan_id)
        if row is None:
            raise NotFound("Không có khoản vay này.")
        instalments = loans.instalments(connection, loan_id)
        payments = loans.payments(connection, row.club_id, loan_id)
        names = names_of(connection, [row.borrower_id] if row.borrower_id else [])
    response.headers["ETag"] = tag(row.version)
    on = query.on or parts.desk.today
    return loan_page(row, instalments, payments, on, names.get(row.borrower_id))


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
        "terms": "Điều khoản",
        "regulation": "Quy chế",
        "version": "Phiên bản",
    },
)
