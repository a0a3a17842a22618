"""What people ask about the data kept of them, as it is sent."""

from functools import partial

from fastapi import APIRouter

from api.commands import Asked, Command, register
from desk import requests
from desk.desk import Receipt
from domain.accounts.permissions import Action
from domain.clubs.requests import CompleteRequest, DecideRequest, RequestData
from domain.values import Purpose
from projections.belonging import clubs_ever_of, last_money_of

router = APIRouter(prefix="/v1")


def _ask(asked: Asked) -> Receipt:
    command = asked.asks(request_id=asked.desk.new_id())
    return requests.request_data(asked.desk, asked.call, asked.at, command)


def _decide(asked: Asked) -> Receipt:
    with asked.desk.log.database.connection() as connection:
        return requests.decide_request(
            asked.desk,
            asked.call,
            asked.at,
            asked.asks(request_id=asked.ids["request_id"]),
            partial(clubs_ever_of, connection),
            partial(last_money_of, connection),
        )


def _complete(asked: Asked) -> Receipt:
    command = asked.asks(request_id=asked.ids["request_id"])
    return requests.complete_request(asked.desk, asked.call, asked.at, command)


_SEALED = {"note": Purpose.IDENTITY, "reason": Purpose.IDENTITY}

COMMANDS = (
    Command(
        "/members/{member_id}/erasure-requests",
        "request_data",
        RequestData,
        _ask,
        in_person=True,
        permission=Action.ASK_ABOUT_DATA,
        acting="entered_by",
        made=("request_id",),
        status=202,
        purposes=_SEALED,
        said="Yêu cầu về dữ liệu của mình: xóa, rút lại đồng ý, xin bản sao, sửa",
        example={
            "occurred_on": "2026-03-10",
            "kind": "erase",
            "purposes": ["contact", "health"],
            "note": "Không muốn lưu nữa",
        },
    ),
    Command(
        "/members/{member_id}/erasure-requests/{request_id}/decision",
        "decide_request",
        DecideRequest,
        _decide,
        in_person=True,
        permission=Action.DECIDE_ABOUT_DATA,
        acting="decided_by",
        made=("request_id",),
        purposes=_SEALED,
        said="Quyết định, có căn cứ, do người khác; chấp thuận xóa là hủy khóa ngay",
        example={
            "occurred_on": "2026-03-11",
            "granted": True,
            "ground": "consent_withdrawn",
        },
    ),
    Command(
        "/members/{member_id}/erasure-requests/{request_id}/completion",
        "complete_request",
        CompleteRequest,
        _complete,
        permission=Action.DECIDE_ABOUT_DATA,
        acting="completed_by",
        made=("request_id",),
        said="Đã làm xong việc được chấp thuận: trao bản sao, sửa xong",
        example={"occurred_on": "2026-03-12"},
    ),
)

register(router, COMMANDS, "requests")
