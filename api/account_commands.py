"""Commands about accounts and roles. Giving a role takes two people; taking one away, one."""

from collections.abc import Callable

from fastapi import APIRouter

from api.care_commands import THE_CLUB
from api.commands import Asked, Command, register
from desk import accounts
from desk.accounts import (
    Approval,
    Disabling,
    Enabling,
    NewAccount,
    NewRole,
    Refusing,
    ResetCode,
    Withdrawal,
)
from desk.desk import Receipt
from domain.accounts.permissions import Action

router = APIRouter(prefix="/v1")


def _open(asked: Asked) -> Receipt:
    return accounts.open_account(
        asked.desk, asked.call, asked.at, asked.asks(), opened_by=asked.acting
    )


def _propose(asked: Asked) -> Receipt:
    return accounts.propose_role(asked.desk, asked.call, asked.at, asked.asks(), asked.acting)


def _of_grant(handler: Callable[..., Receipt]) -> Callable[[Asked], Receipt]:
    return lambda asked: handler(
        asked.desk, asked.call, asked.at, asked.ids["grant_id"], asked.acting
    )


def _of_account(handler: Callable[..., Receipt]) -> Callable[[Asked], Receipt]:
    return lambda asked: handler(asked.desk, asked.call, asked.at, asked.acting)


COMMANDS = (
    Command(
        "/members/{member_id}/account",
        "open_account",
        NewAccount,
        _open,
        permission=Action.ADMINISTER,
        said="Mở tài khoản đăng nhập cho một người",
        example={"user_name": "phuong.quy", "phone": "0912 345 678"},
    ),
    Command(
        "/members/{member_id}/roles",
        "propose_role",
        NewRole,
        _propose,
        in_person=True,
        permission=Action.ADMINISTER,
        said="Đề nghị giao vai trò; người thứ hai duyệt",
        example={
            "role": "treasurer",
            "scope": {"kind": "club", "id": THE_CLUB},
            "since": "2026-01-10",
        },
    ),
    Command(
        "/members/{member_id}/roles/{grant_id}/approval",
        "approve_role",
        Approval,
        _of_grant(accounts.approve_role),
        in_person=True,
        permission=Action.ADMINISTER,
        said="Duyệt giao vai trò",
        example={},
    ),
    Command(
        "/members/{member_id}/roles/{grant_id}/refusal",
        "decline_role",
        Refusing,
        _of_grant(accounts.decline_role),
        permission=Action.ADMINISTER,
        said="Không đồng ý giao vai trò",
        example={},
    ),
    Command(
        "/members/{member_id}/roles/{grant_id}/withdrawal",
        "withdraw_role",
        Withdrawal,
        _of_grant(accounts.withdraw_role),
        permission=Action.ADMINISTER,
        said="Thôi vai trò, có hiệu lực ngay",
        example={},
    ),
    Command(
        "/members/{member_id}/account/disabling",
        "disable_account",
        Disabling,
        _of_account(accounts.disable),
        permission=Action.SHUT_ACCOUNT,
        said="Khóa tài khoản; mọi phiên đăng nhập chấm dứt",
        example={},
    ),
    Command(
        "/members/{member_id}/account/enabling",
        "enable_account",
        Enabling,
        _of_account(accounts.enable),
        permission=Action.SHUT_ACCOUNT,
        said="Mở lại tài khoản",
        example={},
    ),
    Command(
        "/members/{member_id}/account/reset-code",
        "give_reset_code",
        ResetCode,
        _of_account(accounts.give_reset_code),
        permission=Action.RESET,
        said="Cấp mã dùng một lần để đặt lại mật khẩu",
        example={},
    ),
)

register(router, COMMANDS, "accounts")
