"""Người thân và tôi: what was recorded about me and mine, who looked, and how my account is
entered: by which password, which PIN, on which devices.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from api.callers import Seated
from api.parameters import Page as Listed
from api.readings import list_readings
from api.sessions import Pin
from api.sign_ins import list_own_sign_ins
from desk import signing_in
from desk.accounts import account_now
from domain.accounts.permissions import Action
from domain.accounts.roles import Role
from domain.errors import NotFound, NotLoggedIn, Refusal, TooManyTries
from projections.looks import LookView
from web import typed
from web.asking import Allowed, may
from web.devices import called
from web.entering import Filled, texts
from web.entry import Entering, Entry
from web.page import PageRoute
from web.pages.start import provider_name

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LOOKS, KNOCKS = 50, 20
_PIN: TypeAdapter[str] = TypeAdapter(Pin)
_SECRET_MAX = 200


@router.get("/me")
def show_mine(allowed: Annotated[Allowed, may(Action.USE)], page: Entering) -> Response:
    """Oneself, then those for whom one holds a written authority; each with who looked."""
    return _mine(allowed, page, {})


@router.post("/me/password")
def change_own_password(
    allowed: Annotated[Allowed, may(Action.USE)], page: Entering, who: Seated, form: Filled
) -> Response:
    """Every session ends, this one too: the new password is typed at the door at once."""
    sent = texts(form)
    old, new = _secret(sent, "old"), _secret(sent, "new")
    if new != sent.get("again", ""):
        return _mine(
            allowed, page, {"password": page.says("Hai lần gõ mật khẩu mới không giống nhau.")}
        )
    try:
        signing_in.change_password(page.parts.desk, who, old, new, _user_name(page))
    except (NotLoggedIn, TooManyTries, Refusal) as error:
        return _mine(allowed, page, {"password": _why(page, error)})
    return page.goes_to("/login?changed=1")


@router.post("/me/pin")
def set_own_pin(
    allowed: Annotated[Allowed, may(Action.USE)], page: Entering, who: Seated, form: Filled
) -> Response:
    """By the password: whoever finds the phone open sets no PIN on it. Left empty, there is none
    any more."""
    sent = texts(form)
    pin = sent.get("pin", "").strip() or None
    try:
        _PIN.validate_python(pin or "000000")
    except ValidationError:
        return _mine(allowed, page, {"pin": page.says("Mã PIN gồm 6 đến 8 chữ số.")})
    if (pin or "") != sent.get("again", "").strip():
        return _mine(allowed, page, {"pin": page.says("Hai lần gõ mã PIN không giống nhau.")})
    try:
        signing_in.set_pin(page.parts.desk, who, _secret(sent, "password"), pin)
    except (NotLoggedIn, TooManyTries, Refusal) as error:
        return _mine(allowed, page, {"pin": _why(page, error)})
    return page.goes_to(
        "/me", said=page.says("Đã đặt mã PIN.") if pin else page.says("Đã bỏ mã PIN.")
    )


@router.post("/me/devices")
def end_device(
    allowed: Annotated[Allowed, may(Action.USE)], page: Entering, who: Seated, form: Filled
) -> Response:
    """One of one's own, or every other than this one."""
    sent, access = texts(form), page.parts.desk.access
    if sent.get("device") == "others":
        access.end_all(who.account_id, but=who.session_id)
    elif not access.end(who.account_id, typed.known_id(sent, "device")):
        raise NotFound("Không có phiên đăng nhập này.")
    return page.goes_to("/me", said=page.says("Máy ấy phải đăng nhập lại."))


def _looks(page: Entry, allowed: Allowed, person_id: UUID) -> Sequence[LookView]:
    """None of whoever is in no club: an officer, an auditor from elsewhere."""
    try:
        return list_readings(
            allowed=allowed,
            member_id=person_id,
            query=Listed(limit=LOOKS),
            read=page.read,
            pages=page.page.turning,
        ).items
    except NotFound:
        return ()


def _mine(allowed: Allowed, page: Entry, faults: Mapping[str, str]) -> Response:
    who, access = page.caller.known(), page.parts.desk.access
    people = [
        page.me,
        *(
            UUID(grant.scope.id)
            for grant in who.grants
            if grant.role is Role.RELATIVE and grant.scope.kind == "person" and grant.scope.id
        ),
    ]
    with page.read.at(page.reading) as connection:
        names = page.read.names(connection, people, "mine")
    looks = {
        id: _looks(
            page,
            allowed if id == page.me else page.needs(Action.HAND_OVER_DATA, member_id=id),
            id,
        )
        for id in people
    }
    knocks = list_own_sign_ins(
        allowed=allowed,
        query=Listed(limit=KNOCKS),
        read=page.read,
        pages=page.page.turning,
    ).items
    return page.show(
        "mine.html",
        422 if faults else 200,
        people=people,
        names=names,
        looks=looks,
        told={id for id in people if page.may(Action.READ_PEOPLE, member_id=id)},
        devices=access.sessions(who.account_id, page.parts.desk.clock()),
        this=who.session_id,
        called=lambda device: called(device, page.page.says),
        user_name=_user_name(page),
        has_pin=access.credentials(who.account_id).pin is not None,
        knocks=knocks,
        of_all=False,
        provider=provider_name(page.page),
        linked_at=_linked_at(page),
        faults=faults,
    )


def _secret(sent: Mapping[str, str], name: str) -> str:
    """As it was typed; no longer than anybody types."""
    return sent.get(name, "")[: _SECRET_MAX + 1]


def _why(page: Entry, error: NotLoggedIn | TooManyTries | Refusal) -> str:
    if isinstance(error, NotLoggedIn):
        return page.says("Mật khẩu hiện nay không đúng. Chưa đổi gì.")
    return page.refusal(error)


def _user_name(page: Entry) -> str:
    account = account_now(page.parts.desk, page.caller.known().person_id)
    return (page.parts.keys.open(account.user_name) if account else None) or ""


def _linked_at(page: Entry) -> datetime | None:
    provider = page.parts.openid
    if provider is None:
        return None
    return page.parts.desk.access.linked_at(page.caller.known().account_id, provider.issuer)
