"""What may be done to a loan beside and after its payout, as it is sent."""

from fastapi import APIRouter

from api.book_commands import TERMS
from api.commands import Command, at, at_by, register
from api.people_commands import SOMEBODY, SOMEBODY_ELSE
from desk import loans
from domain.accounts.permissions import Action
from domain.loans.commands import (
    BearLoss,
    CallGuarantor,
    CheckUse,
    EndorseLoan,
    ExtendLoan,
    FreezeLoan,
    RecoverLoan,
    RefundExcess,
    StateBalance,
    TakeOverDebt,
    UnfreezeLoan,
    WaiveInterest,
    WithdrawLoan,
    WriteOffLoan,
)

router = APIRouter(prefix="/v1")

# A vote of the minutes: somebody proposes, and who acts approves; both are there.
VOTE = {"occurred_on": "2026-05-20", "proposed_by": SOMEBODY_ELSE, "minutes": "BB 05-2026"}

COMMANDS = (
    Command(
        "/loans/{loan_id}/endorsement",
        "endorse_loan",
        EndorseLoan,
        at(loans.endorse_loan),
        acting="endorsed_by",
        permission=Action.DECIDE,
        said="Xã xác nhận khoản vay đã duyệt",
        example={"occurred_on": "2026-03-10", "document": "CV 12/UBND"},
    ),
    Command(
        "/loans/{loan_id}/withdrawal",
        "withdraw_loan",
        WithdrawLoan,
        at(loans.withdraw_loan),
        permission=Action.ASK_LOAN,
        said="Người vay rút đơn trước khi nhận tiền",
        example={"occurred_on": "2026-03-10", "reason": "Đã có tiền của con gửi về"},
    ),
    Command(
        "/loans/{loan_id}/use-checks",
        "check_use",
        CheckUse,
        at(loans.check_use),
        acting="checked_by",
        permission=Action.ASK_LOAN,
        said="Kiểm tra sử dụng vốn, trong 60 ngày sau giải ngân",
        example={"occurred_on": "2026-04-20", "as_agreed": True, "note": "Đã mua hai con lợn"},
    ),
    Command(
        "/loans/{loan_id}/extension",
        "extend_loan",
        ExtendLoan,
        at_by(loans.extend_loan),
        second="proposed_by",
        permission=Action.DECIDE,
        said="Gia hạn: lịch trả mới cho phần gốc còn lại",
        example={**VOTE, "terms": TERMS, "reason": "Mất mùa vì bão"},
    ),
    Command(
        "/loans/{loan_id}/freeze",
        "freeze_loan",
        FreezeLoan,
        at_by(loans.freeze_loan),
        second="proposed_by",
        permission=Action.DECIDE,
        said="Khoanh nợ đến một ngày: không tính lãi, không quá hạn",
        example={**VOTE, "until": "2026-08-20"},
    ),
    Command(
        "/loans/{loan_id}/unfreeze",
        "unfreeze_loan",
        UnfreezeLoan,
        at_by(loans.unfreeze_loan),
        second="proposed_by",
        permission=Action.DECIDE,
        said="Thôi khoanh nợ trước hạn",
        example={**VOTE, "occurred_on": "2026-06-20"},
    ),
    Command(
        "/loans/{loan_id}/waiver",
        "waive_interest",
        WaiveInterest,
        at_by(loans.waive_interest),
        second="proposed_by",
        permission=Action.DECIDE,
        said="Miễn lãi theo biên bản bình xét",
        example={**VOTE, "interest": 35000},
    ),
    Command(
        "/loans/{loan_id}/takeover",
        "take_over_debt",
        TakeOverDebt,
        at_by(loans.take_over_debt),
        second="proposed_by",
        permission=Action.DECIDE,
        said="Người thừa kế hoặc người bảo lãnh nhận nợ thay",
        example={**VOTE, "debtor_id": SOMEBODY, "capacity": "heir"},
    ),
    Command(
        "/loans/{loan_id}/guarantor-calls",
        "call_guarantor",
        CallGuarantor,
        at(loans.call_guarantor),
        acting="called_by",
        permission=Action.DECIDE,
        said="Yêu cầu người bảo lãnh trả thay",
        example={"occurred_on": "2026-05-20", "guarantor_id": SOMEBODY, "amount": 1000000},
    ),
    Command(
        "/loans/{loan_id}/refund",
        "refund_excess",
        RefundExcess,
        at(loans.refund_excess),
        acting="paid_by",
        permission=Action.DECIDE,
        said="Trả lại tiền nộp thừa",
        example={"occurred_on": "2026-05-20", "memo": "Trả lại tiền thừa"},
    ),
    Command(
        "/loans/{loan_id}/confirmation",
        "confirm_balance",
        StateBalance,
        at(loans.confirm_balance),
        acting="witness_id",
        permission=Action.ASK_LOAN,
        said="Người vay xác nhận dư nợ, có người làm chứng",
        example={"occurred_on": "2026-05-20", "stated": 5000000},
    ),
    Command(
        "/loans/{loan_id}/dispute",
        "dispute_balance",
        StateBalance,
        at(loans.dispute_balance),
        acting="witness_id",
        permission=Action.ASK_LOAN,
        said="Người vay không nhận số dư nợ ghi trong sổ",
        example={"occurred_on": "2026-05-20", "stated": 4500000, "note": "Nói đã trả tháng 4"},
    ),
    Command(
        "/loans/{loan_id}/write-off",
        "write_off_loan",
        WriteOffLoan,
        at_by(loans.write_off_loan),
        second="proposed_by",
        permission=Action.DECIDE,
        said="Xóa nợ theo đại hội: quỹ dự phòng, lãi, rồi lỗ chờ xử lý",
        example={**VOTE, "cause": "serious_illness", "reason": "Ốm nặng, không còn khả năng"},
    ),
    Command(
        "/loans/{loan_id}/loss",
        "bear_loss",
        BearLoss,
        at_by(loans.bear_loss),
        second="proposed_by",
        permission=Action.DECIDE,
        said="Vốn gánh khoản lỗ, khi bên góp vốn đồng ý",
        example={**VOTE, "loss": 1000000, "source": "state_budget", "consent": "CV 31/UBND"},
    ),
    Command(
        "/loans/{loan_id}/recoveries",
        "recover_loan",
        RecoverLoan,
        at(loans.recover_loan),
        acting="received_by",
        permission=Action.WRITE_BOOKS,
        said="Thu được nợ đã xóa",
        example={"occurred_on": "2026-06-20", "amount": 500000},
    ),
)

register(router, COMMANDS, "loans")
