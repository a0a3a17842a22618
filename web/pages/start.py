"""The door: logging in and out, the language, and what else there is."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.callers import COOKIE, Knocking, cookie_name, session_token
from api.errors import LANGUAGE_COOKIE, status_of
from api.sessions import keep
from desk import signing_in
from domain.accounts.permissions import Action
from domain.errors import NotLoggedIn, Refusal, TooManyTries
from web.asking import Allowed, may
from web.page import Inside, Open, Page, PageRoute
from web.translations import as_language

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_YEAR_SECONDS = 366 * 86400


@router.get("/login")
def show_login(page: Open, next: str = "/", changed: str = "") -> Response:
    """`changed`: after a new password, which is typed here for the first time."""
    return show_door(page, next=_inside(next), changed=bool(changed))


@router.post("/login")
def log_in(
    page: Open,
    door: Knocking,
    user: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    code: Annotated[str, Form(max_length=8)] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Whatever is wrong is said the same; the one-time code is asked for once the password is
    right."""
    desk = page.parts.desk
    try:
        begun = signing_in.log_in(
            desk, user, password, code or None, door, session_token(page.request)
        )
    except (NotLoggedIn, TooManyTries) as error:
        return show_door(page, error, next=_inside(next), user=user)
    answer = page.goes_to(_inside(next))
    keep(answer, page.parts, begun)
    return answer


@router.post("/logout")
def log_out(page: Open) -> Response:
    token = session_token(page.request)
    if token is not None:
        page.parts.desk.access.end_by_token(token)
    answer = page.goes_to("/login")
    answer.delete_cookie(cookie_name(COOKIE, page.parts.secure), secure=page.parts.secure)
    return answer


@router.post("/language")
def choose_language(
    page: Open, language: Annotated[str, Form()], next: Annotated[str, Form()] = "/"
) -> Response:
    answer = page.goes_to(_inside(next))
    chosen = as_language(language)
    if chosen:
        answer.set_cookie(
            LANGUAGE_COOKIE, chosen, max_age=_YEAR_SECONDS, httponly=True, samesite="lax"
        )
    return answer


@router.get("/reset")
def show_reset(page: Open) -> Response:
    """Where somebody who forgot their password takes an officer's code."""
    return _reset(page, "", "", "", 200)


@router.post("/reset")
def choose_password(
    page: Open,
    door: Knocking,
    user: Annotated[str, Form(max_length=200)] = "",
    code: Annotated[str, Form(max_length=40)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    again: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Counted as a log-in is; whatever is wrong of name and code is said the same."""
    if password != again:
        return _reset(page, user, code, page.says("Hai lần gõ mật khẩu mới không giống nhau."), 422)
    try:
        signing_in.reset_password(page.parts.desk, user, code, password, door)
    except NotLoggedIn as error:
        said = page.says("Tên đăng nhập hoặc mã đặt lại không đúng, hoặc mã đã hết hạn.")
        return _reset(page, user, code, said, status_of(error))
    except (TooManyTries, Refusal) as error:
        told = page.explains(error)
        return _reset(page, user, code, told["detail"] or told["title"], status_of(error))
    return page.goes_to("/login?changed=1")


def _reset(page: Page, user: str, code: str, fault: str, status: int) -> Response:
    return page.show("reset.html", status, user=user, code=code, fault=fault)


@router.get("/more")
def show_more(allowed: Annotated[Allowed, may(Action.USE)], page: Inside) -> Response:
    return page.show("more.html")


def show_door(
    page: Page,
    error: NotLoggedIn | TooManyTries | Refusal | None = None,
    *,
    next: str = "/",
    user: str = "",
    by_identity: bool = False,
    changed: bool = False,
) -> Response:
    """Where one logs in; after an `error`, by which of the two ways it came."""
    return page.show(
        "login.html",
        status_of(error) if error else 200,
        next=next,
        user=user,
        problem=page.explains(error) if error else None,
        needs_code=error is not None and error.code == "code-needed",
        by_identity=by_identity,
        changed=changed,
        provider=provider_name(page),
    )


def provider_name(page: Page) -> str | None:
    """What people call it by: where it is. None where there is none."""
    provider = page.parts.openid
    return urlsplit(provider.issuer).hostname if provider else None


def _inside(address: str) -> str:
    """An address of this service: nobody is sent elsewhere by a link to the log-in page."""
    parts = urlsplit(address)
    safe = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if safe and not parts.netloc and "\n" not in address else "/"
