"""Logging in and out: the routes that need nobody to be known before."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from typing_extensions import TypedDict

from api.bodies import body, takes
from api.callers import (
    COOKIE,
    DEVICE_COOKIE,
    Knocking,
    Known,
    Seated,
    cookie_name,
    session_token,
)
from api.description import problems
from api.parameters import Parameters, PathId
from api.reading import Parts, Within
from desk import signing_in
from desk.signing_in import Begun
from domain.errors import NotFound
from domain.values import Immutable, Name
from projections.views import IdText, instant
from store.access import LONGEST

router = APIRouter(prefix="/v1", tags=["sessions"])

Secret = Annotated[str, Field(min_length=1, max_length=200)]
OneTimeCode = Annotated[str, Field(pattern=r"^[0-9 ]{6,8}$")]
Pin = Annotated[str, Field(pattern=r"^[0-9]{6,8}$")]
_DEVICE_SECONDS = 365 * 24 * 3600
NO_QUERY = Annotated[Parameters, Query()]


class LogIn(Immutable):
    """A user name or phone number, the password, and the one-time code of who has a second
    factor."""

    user: Name
    password: Secret
    code: OneTimeCode | None = None


class TakeTurn(Immutable):
    """The phone is handed to somebody, who says who they are and gives their own PIN."""

    user: Name
    pin: Pin


class ResetPassword(Immutable):
    """A new password, by the code an officer gave."""

    user: Name
    code: Secret
    password: Secret


class SessionBegun(TypedDict):
    person_id: IdText
    ends_at: str


class TurnBegun(SessionBegun):
    token: str
    """To be sent as `Authorization: Bearer`, by commands alone."""


class SessionView(TypedDict):
    id: IdText
    device: str
    """What the browser calls itself."""
    by_pin: bool
    """A turn on somebody else's phone."""
    this: bool
    made_at: str
    seen_at: str
    ends_at: str


class Sessions(TypedDict):
    items: list[SessionView]


_LOG_IN = {"user": "phuong.quy", "password": "cây đa bến nước sân đình"}
_TURN = {"user": "0912 345 678", "pin": "240159"}
_RESET = {
    "user": "phuong.quy",
    "code": "K7QM-2XHB-RT9D",
    "password": "cây đa bến nước sân đình",
}
_PUBLIC: dict[str, Any] = {"security": []}


@router.post(
    "/sessions",
    status_code=201,
    responses=problems(401, 413, 415, 422, 429, 503),
    openapi_extra=takes(LogIn, _LOG_IN, "Đăng nhập") | _PUBLIC,
)
def log_in(
    request: Request,
    response: Response,
    parts: Within,
    door: Knocking,
    told: Annotated[LogIn, Depends(body(LogIn))],
    _: NO_QUERY,
) -> SessionBegun:
    """Begins a session, kept in a cookie. Whatever is wrong is answered the same; `code-needed`
    only where the password was right."""
    old = session_token(request)
    begun = signing_in.log_in(parts.desk, told.user, told.password, told.code, door, old)
    keep(response, parts, begun)
    return SessionBegun(person_id=str(begun.person_id), ends_at=instant(begun.ends_at))


@router.get("/sessions", responses=problems(401, 403, 422, 503))
def list_sessions(who: Known, parts: Within, _: NO_QUERY) -> Sessions:
    """One's own devices, the last seen first."""
    found = parts.desk.access.sessions(who.account_id, parts.desk.clock())
    return {
        "items": [
            SessionView(
                id=str(one.session_id),
                device=one.device,
                by_pin=one.host is not None,
                this=one.session_id == who.session_id,
                made_at=instant(one.made_at),
                seen_at=instant(one.seen_at),
                ends_at=instant(one.ends_at),
            )
            for one in found
        ]
    }


@router.delete("/sessions", status_code=204, responses=problems(401, 403, 422, 503))
def end_other_sessions(who: Seated, parts: Within, _: NO_QUERY) -> None:
    """Ends one's sessions on every other device."""
    parts.desk.access.end_all(who.account_id, but=who.session_id)


@router.delete("/sessions/current", status_code=204, responses=problems(422, 503))
def log_out(request: Request, response: Response, parts: Within, _: NO_QUERY) -> None:
    """Ends this session; there may be none."""
    token = session_token(request)
    if token is not None:
        parts.desk.access.end_by_token(token)
    response.delete_cookie(cookie_name(COOKIE, parts.secure), secure=parts.secure)


@router.delete(
    "/sessions/{session_id}", status_code=204, responses=problems(401, 403, 404, 422, 503)
)
def end_session(session_id: PathId, who: Seated, parts: Within, _: NO_QUERY) -> None:
    if not parts.desk.access.end(who.account_id, session_id):
        raise NotFound("Không có phiên đăng nhập này.")


@router.post(
    "/turns",
    status_code=201,
    responses=problems(401, 403, 413, 415, 422, 429, 503),
    openapi_extra=takes(TakeTurn, _TURN, "Chuyền điện thoại cho người khác tự xác nhận"),
)
def take_turn(
    parts: Within,
    door: Knocking,
    host: Known,
    told: Annotated[TakeTurn, Depends(body(TakeTurn))],
    _: NO_QUERY,
) -> TurnBegun:
    """One phone for the whole table: whoever holds it now acts for themselves, for five minutes,
    with their own PIN; the commands they send with this token are their own acts."""
    begun = signing_in.take_turn(parts.desk, host, told.user, told.pin, door)
    return TurnBegun(
        person_id=str(begun.person_id), ends_at=instant(begun.ends_at), token=begun.token
    )


@router.post(
    "/password-resets",
    status_code=204,
    responses=problems(401, 409, 413, 415, 422, 429, 503),
    openapi_extra=takes(ResetPassword, _RESET, "Đặt lại mật khẩu bằng mã cán bộ cấp") | _PUBLIC,
)
def reset_password(
    parts: Within,
    door: Knocking,
    told: Annotated[ResetPassword, Depends(body(ResetPassword))],
    _: NO_QUERY,
) -> None:
    """A new password by an officer's code, once; every session of the account ends."""
    signing_in.reset_password(parts.desk, told.user, told.code, told.password, door)


def keep(response: Response, parts: Parts, begun: Begun) -> None:
    """The session's cookie and the device's, out of reach of scripts and other sites."""
    for name, value, seconds in (
        (COOKIE, begun.token, int(LONGEST.total_seconds())),
        (DEVICE_COOKIE, begun.mark, _DEVICE_SECONDS),
    ):
        response.set_cookie(
            cookie_name(name, parts.secure),
            value,
            max_age=seconds,
            secure=parts.secure,
            httponly=True,
            samesite="lax",
        )
