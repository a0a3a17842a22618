"""Commands to a club's book, as they are sent. A new one is a line here."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.commands import Asked, Command, at, at_by, register
from api.people_commands import SOMEBODY, SOMEBODY_ELSE
from desk import books
from desk.desk import Receipt
from domain.accounts.permissions import Action
from domain.loans.commands import (
    AppraiseLoan,
    ApproveLoan,
    CountCash,
    DisburseLoan,
    EnterOpeningBalances,
    MoveMoney,
    OpeningLoan,
    PayExpense,
    ReceiveCapital,
    ReceiveDues,
    ReceiveIncome,
    RejectLoan,
    Repay,
    RequestLoan,
    TransferFunds,
)
from domain.loans.schedule import LoanTerms
from domain.values import Amount, AmountOrNone, Day, Id, Immutable

router = APIRouter(prefix="/v1")

TERMS = {
    "instalments": 10,
    "method": "equal_principal",
    "rate": {"percent": "0.7", "per": "month"},
    "round_instalment_to": 1000,
}


class LoanAtCutOver(Immutable):
    """A live loan of the notebook: what is left of it; the server makes its id."""

    member_id: Id
    principal_remaining: Amount
    interest_unpaid: AmountOrNone = 0
    next_due_on: Day
    terms: LoanTerms
    """For the instalments that are left."""


def _open(asked: Asked) -> Receipt:
    loans = tuple(
        OpeningLoan(
            loan_id=asked.desk.new_id(),
            borrower_id=loan.member_id,
            **{
                name: getattr(loan, name)
                for name in LoanAtCutOver.model_fields
                if name != "member_id"
            },
        )
        for loan in asked.body.loans
    )
    return books.open_books(asked.desk, asked.call, asked.at, asked.asks(loans=loans))


def _request(asked: Asked) -> Receipt:
    command = asked.asks(loan_id=asked.desk.new_id())
    return books.request_loan(asked.desk, asked.call, asked.at, asked.body.member_id, command)


MONEY = (
    Command(
        "/clubs/{club_id}/opening-balances",
        "enter_opening_balances",
        EnterOpeningBalances,
        _open,
        made=("loans",),
        also={"loans": (Annotated[tuple[LoanAtCutOver, ...], Field(max_length=500)], ())},
        permission=Action.CLOSE_BOOKS,
        said="Số dư đầu kỳ tại ngày chuyển sổ, kiểm kê và ký tên",
        example={
            "cut_over_on": "2025-12-31",
            "cash": {"loan": 3000000, "operating": 500000},
            "capital": {"state_budget": 20000000},
            "interest_not_allocated": 1000000,
            "loans": [
                {
                    "member_id": SOMEBODY,
                    "principal_remaining": 18000000,
                    "next_due_on": "2026-01-10",
                    "terms": TERMS,
                }
            ],
            "signed_by": [SOMEBODY_ELSE],
            "memo": "Chuyển từ sổ tay sang",
        },
    ),
    Command(
        "/clubs/{club_id}/capital",
        "receive_capital",
        ReceiveCapital,
        at(books.record),
        permission=Action.WRITE_BOOKS,
        said="Nhận vốn vào quỹ vay",
        example={
            "occurred_on": "2026-03-10",
            "amount": 20000000,
            "source": "state_budget",
            "restriction": "revolving_only",
            "memo": "Vốn ngân sách đợt 1",
        },
    ),
    Command(
        "/clubs/{club_id}/dues",
        "receive_dues",
        ReceiveDues,
        at(books.record),
        permission=Action.WRITE_BOOKS,
        said="Thu hội phí, của một người hay cả danh sách",
        example={"occurred_on": "2026-03-10", "amount": 550000, "memo": "Hội phí tháng 3"},
    ),
    Command(
        "/clubs/{club_id}/income",
        "receive_income",
        ReceiveIncome,
        at(books.record),
        permission=Action.WRITE_BOOKS,
        said="Thu khác của quỹ hoạt động",
        example={"occurred_on": "2026-03-10", "amount": 200000, "memo": "Bán chè xanh"},
    ),
    Command(
        "/clubs/{club_id}/expenses",
        "pay_expense",
        PayExpense,
        at(books.record),
        acting="paid_by",
        permission=Action.WRITE_BOOKS,
        said="Chi từ quỹ hoạt động",
        example={"occurred_on": "2026-03-10", "amount": 150000, "memo": "Chè nước buổi họp"},
    ),
    Command(
        "/clubs/{club_id}/transfers",
        "transfer_funds",
        TransferFunds,
        at(books.record),
        permission=Action.WRITE_BOOKS,
        said="Chuyển giữa các quỹ",
        example={
            "occurred_on": "2026-03-10",
            "amount": 300000,
            "from_fund": "operating",
            "to_fund": "care",
        },
    ),
    Command(
        "/clubs/{club_id}/cash-moves",
        "move_money",
        MoveMoney,
        at(books.record),
        permission=Action.WRITE_BOOKS,
        said="Gửi tiền mặt vào ngân hàng, hoặc rút về",
        example={"occurred_on": "2026-03-10", "amount": 2000000, "fund": "loan", "to_bank": True},
    ),
    Command(
        "/clubs/{club_id}/cash-counts",
        "count_cash",
        CountCash,
        at(books.record),
        permission=Action.COUNT_CASH,
        said="Kiểm kê quỹ: đếm trước, số sổ sách xem sau",
        example={
            "occurred_on": "2026-03-10",
            "at": "16:30",
            "funds": ["loan", "operating"],
            "sheets": {"500000": 40, "100000": 12, "50000": 1},
            "signed_by": [SOMEBODY, SOMEBODY_ELSE],
        },
    ),
)

LOANS = (
    Command(
        "/clubs/{club_id}/loans",
        "request_loan",
        RequestLoan,
        _request,
        acting="proposed_by",
        made=("loan_id",),
        also={"member_id": (Id, ...)},
        permission=Action.ASK_LOAN,
        said="Đơn xin vay của một thành viên",
        example={
            "occurred_on": "2026-03-10",
            "member_id": SOMEBODY,
            "amount": 5000000,
            "purpose": "Mua lợn giống",
            "terms": TERMS,
            "guarantor_ids": [SOMEBODY_ELSE],
        },
    ),
    Command(
        "/loans/{loan_id}/appraisal",
        "appraise_loan",
        AppraiseLoan,
        at(books.appraise_loan),
        acting="appraised_by",
        permission=Action.ASK_LOAN,
        said="Thẩm định khoản vay",
        example={"occurred_on": "2026-03-10", "in_favour": True, "note": "Chuồng trại đã sẵn"},
    ),
    Command(
        "/loans/{loan_id}/approval",
        "approve_loan",
        ApproveLoan,
        at_by(books.approve_loan),
        permission=Action.DECIDE,
        said="Phê duyệt theo biên bản bình xét",
        example={"occurred_on": "2026-03-10", "minutes": "BB 03-2026"},
    ),
    Command(
        "/loans/{loan_id}/rejection",
        "reject_loan",
        RejectLoan,
        at(books.reject_loan),
        acting="rejected_by",
        permission=Action.DECIDE,
        said="Không duyệt khoản vay",
        example={"occurred_on": "2026-03-10", "reason": "Còn nợ nơi khác"},
    ),
    Command(
        "/loans/{loan_id}/disbursement",
        "disburse_loan",
        DisburseLoan,
        at(books.disburse_loan),
        acting="paid_by",
        second="confirmed_by",
        permission=Action.WRITE_BOOKS,
        said="Giải ngân: trả tiền tại buổi họp, có phiếu chi",
        example={"occurred_on": "2026-03-10", "memo": "Nhận đủ, đã điểm chỉ"},
    ),
    Command(
        "/loans/{loan_id}/repayments",
        "repay_loan",
        Repay,
        at(books.repay_loan),
        acting="received_by",
        permission=Action.WRITE_BOOKS,
        said="Thu nợ: gốc và lãi chia theo quy chế",
        example={"occurred_on": "2026-04-10", "amount": 535000},
    ),
)

register(router, MONEY, "money")
register(router, LOANS, "loans")
