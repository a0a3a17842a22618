"""The funds beside everyday receipts and payments, closing and handing over, as they are sent."""

from typing import Any

from fastapi import APIRouter

from api.commands import Asked, Command, at, register
from api.people_commands import A_THIRD, SOMEBODY, SOMEBODY_ELSE
from desk import books
from desk.desk import Receipt
from domain.accounts.permissions import Action
from domain.loans.commands import (
    AllocateInterest,
    ClosePeriod,
    ConfirmEntry,
    CountCash,
    GiveAdvance,
    GiveGoodsOut,
    HandOverTreasury,
    MakeShortageGood,
    ReceiveBankInterest,
    ReceiveGift,
    ResolveSurplus,
    ReturnCapital,
    SettleAdvance,
    SettleCashDifference,
    SettleFinding,
)
from domain.values import Id

router = APIRouter(prefix="/v1")

MARCH = "2026-03-10"


def _hand_over(asked: Asked) -> Receipt:
    parties = {name: getattr(asked.body, name) for name in _PARTIES}
    command = HandOverTreasury(count=asked.asks(), **parties)
    return books.hand_over(asked.desk, asked.call, asked.at, command)


def _of_event(handler: Any, name: str) -> Any:
    """A handler whose command names the event in the address."""

    def take(asked: Asked) -> Receipt:
        answer: Receipt = handler(asked.desk, asked.call, asked.asks(**{name: asked.at}))
        return answer

    return take


_PARTIES = ("outgoing_id", "incoming_id", "witness_id")

FUNDS = (
    Command(
        "/clubs/{club_id}/capital-returns",
        "return_capital",
        ReturnCapital,
        at(books.record_on_story),
        acting="approved_by",
        second="paid_by",
        second_may=Action.WRITE_BOOKS,
        permission=Action.DECIDE,
        said="Hoàn trả vốn cho bên góp, theo quyết định",
        example={
            "occurred_on": MARCH,
            "amount": 2000000,
            "source": "donor_project",
            "decision": "QĐ 15/2026",
            "paid_by": SOMEBODY_ELSE,
        },
    ),
    Command(
        "/clubs/{club_id}/bank-interest",
        "receive_bank_interest",
        ReceiveBankInterest,
        at(books.record),
        permission=Action.WRITE_BOOKS,
        said="Lãi tiền gửi ngân hàng",
        example={"occurred_on": MARCH, "amount": 12500},
    ),
    Command(
        "/clubs/{club_id}/advances",
        "give_advance",
        GiveAdvance,
        at(books.record),
        acting="paid_by",
        permission=Action.WRITE_BOOKS,
        said="Tạm ứng cho một người từ quỹ được chi",
        example={"occurred_on": MARCH, "amount": 300000, "holder_id": SOMEBODY},
    ),
    Command(
        "/clubs/{club_id}/advance-settlements",
        "settle_advance",
        SettleAdvance,
        at(books.record),
        acting="received_by",
        permission=Action.WRITE_BOOKS,
        said="Thanh toán tạm ứng: chứng từ chi và tiền nộp lại",
        example={"occurred_on": MARCH, "holder_id": SOMEBODY, "spent": 250000, "returned": 50000},
    ),
    Command(
        "/clubs/{club_id}/interest-allocations",
        "allocate_interest",
        AllocateInterest,
        at(books.record),
        permission=Action.DECIDE,
        said="Phân phối lãi theo quy chế",
        example={"occurred_on": "2026-05-20", "minutes": "BB 05-2026"},
    ),
    Command(
        "/clubs/{club_id}/gifts",
        "receive_gift",
        ReceiveGift,
        at(books.record),
        acting="received_by",
        permission=Action.WRITE_BOOKS,
        said="Nhận hiện vật",
        example={"occurred_on": MARCH, "item": "Xe lăn", "quantity": 2, "giver": "Nhà hảo tâm"},
    ),
    Command(
        "/clubs/{club_id}/goods-given",
        "give_goods_out",
        GiveGoodsOut,
        at(books.record),
        acting="given_by",
        permission=Action.WRITE_BOOKS,
        said="Cấp hiện vật",
        example={"occurred_on": MARCH, "item": "Gạo (kg)", "quantity": 10, "receiver_id": SOMEBODY},
    ),
    Command(
        "/clubs/{club_id}/shortage-repayments",
        "make_shortage_good",
        MakeShortageGood,
        at(books.record),
        permission=Action.WRITE_BOOKS,
        said="Bù tiền thiếu quỹ",
        example={"occurred_on": MARCH, "amount": 50000, "fund": "operating", "paid_by": SOMEBODY},
    ),
    Command(
        "/clubs/{club_id}/surpluses",
        "resolve_surplus",
        ResolveSurplus,
        at(books.record),
        permission=Action.DECIDE,
        said="Xử lý tiền thừa quỹ: trả lại hoặc ghi tăng quỹ theo biên bản",
        example={
            "occurred_on": MARCH,
            "amount": 50000,
            "fund": "operating",
            "returned": False,
            "minutes": "BB 03-2026",
        },
    ),
)

CLOSING = (
    Command(
        "/events/{event_id}/difference-settlement",
        "settle_cash_difference",
        SettleCashDifference,
        _of_event(books.settle_difference, "count_id"),
        acting="approved_by",
        second="settled_by",
        made=("count_id",),
        permission=Action.DECIDE,
        said="Xử lý chênh lệch của một lần kiểm kê",
        example={"occurred_on": MARCH, "reason": "Đếm nhầm tháng trước", "settled_by": SOMEBODY},
    ),
    Command(
        "/clubs/{club_id}/period-closes",
        "close_period",
        ClosePeriod,
        at(books.close_period),
        acting="approved_by",
        second="closed_by",
        permission=Action.CLOSE_BOOKS,
        said="Khóa sổ tháng, quý hoặc năm",
        example={"until": "2026-03-31", "period": "month", "closed_by": SOMEBODY_ELSE},
    ),
    Command(
        "/clubs/{club_id}/hand-overs",
        "hand_over_treasury",
        CountCash,
        _hand_over,
        also={name: (Id, ...) for name in _PARTIES},
        permission=Action.CLOSE_BOOKS,
        said="Bàn giao thủ quỹ, kèm kiểm kê",
        example={
            "occurred_on": MARCH,
            "funds": ["loan", "operating"],
            "sheets": {"500000": 100, "100000": 10},
            "signed_by": [SOMEBODY, SOMEBODY_ELSE, A_THIRD],
            "outgoing_id": SOMEBODY_ELSE,
            "incoming_id": A_THIRD,
            "witness_id": SOMEBODY,
        },
    ),
    Command(
        "/events/{event_id}/finding-settlements",
        "settle_finding",
        SettleFinding,
        _of_event(books.settle_finding, "event_id"),
        acting="settled_by",
        made=("event_id",),
        permission=Action.DECIDE,
        said="Giải quyết một phát hiện, có lý do",
        example={"occurred_on": "2026-05-20", "code": "loan-limit", "reason": "Đã trả đủ"},
    ),
    Command(
        "/events/{event_id}/confirmation",
        "confirm_entry",
        ConfirmEntry,
        _of_event(books.confirm_entry, "event_id"),
        acting="confirmed_by",
        made=("event_id",),
        in_person=True,
        permission=Action.CONFIRM,
        said="Người đã làm xác nhận việc do người khác nhập",
        example={"occurred_on": MARCH},
    ),
)

register(router, FUNDS, "money")
register(router, CLOSING, "closing")
