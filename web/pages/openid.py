"""Coming in by an identity held elsewhere: to its provider and back, and linking one's own.

The way there is a page, not a redirect: a form of ours may lead nowhere else (`form-action`).
"""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.callers import Knocking, Seated, cookie_name, session_token
from api.sessions import keep
from desk import openid, signing_in
from desk.openid import Provider
from domain.accounts.permissions import Action
from domain.errors import NotFound, NotLoggedIn, Refusal, TooManyTries
from web.asking import Allowed, may
from web.page import Inside, Open, Page, PageRoute
from web.pages.start import provider_name, show_door

router = APIRouter(route_class=PageRoute, include_in_schema=False)

COOKIE = "sochung-openid"
_AWAY_SECONDS = 600
_BACK = "/login/openid"


@router.post("/login/openid")
def go_to_provider(
    page: Open, code: Annotated[str, Form(max_length=8, pattern=r"^[0-9 ]*$")] = ""
) -> Response:
    """With a one-time code, for whoever has a second factor: it waits in the cookie."""
    seed = openid.new_seed()
    trip = openid.trip(page.parts.desk, seed)
    return _going(page, trip, f"{seed}.{code.replace(' ', '')}")


@router.get(_BACK)
def come_back(
    page: Open, door: Knocking, state: str = "", code: str = "", iss: str | None = None
) -> Response:
    """Whoever set out here comes back once, with the state and the issuer they went with."""
    parts, provider, who = page.parts, _provider(page), page.caller.who
    seed, _, factor = page.request.cookies.get(_cookie(page), "").partition(".")
    holds = bool(code) and iss in (None, provider.issuer)  # RFC 9207
    coming = openid.returned(parts.desk, seed, state) if holds else None
    linking = openid.returned(parts.desk, seed, state, who.account_id) if holds and who else None
    try:
        if who is not None and linking is not None:
            openid.link(parts.desk, provider, linking, code, _back(page), who, door)
            answer: Response = page.goes_to("/me")
        elif coming is not None:
            old = session_token(page.request)
            begun = openid.log_in(
                parts.desk, provider, coming, code, _back(page), factor or None, door, old
            )
            answer = page.goes_to("/")
            keep(answer, parts, begun)
        else:
            raise NotLoggedIn("identity-refused", "Hãy bắt đầu lại từ trang đăng nhập.")
    except (NotLoggedIn, TooManyTries, Refusal) as error:
        answer = show_door(page, error, by_identity=True)
    answer.delete_cookie(_cookie(page), secure=parts.secure)
    return answer


@router.post("/me/openid")
def link_identity(
    allowed: Annotated[Allowed, may(Action.USE)],
    page: Inside,
    who: Seated,
    password: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The password shows that it is still the same person at the screen."""
    signing_in.proved(page.parts.desk, who, password)
    seed = openid.new_seed()
    return _going(page, openid.trip(page.parts.desk, seed, who.account_id), seed)


@router.post("/me/openid/removal")
def unlink_identity(
    allowed: Annotated[Allowed, may(Action.USE)], page: Inside, who: Seated, door: Knocking
) -> Response:
    openid.unlink(page.parts.desk, who, door)
    return page.goes_to("/me")


def _going(page: Page, trip: openid.Trip, kept: str) -> Response:
    address = _provider(page).address(trip, _back(page))
    answer = page.show("going.html", address=address, provider=provider_name(page))
    answer.set_cookie(
        _cookie(page),
        kept,
        max_age=_AWAY_SECONDS,
        secure=page.parts.secure,
        httponly=True,
        samesite="lax",
    )
    return answer


def _provider(page: Page) -> Provider:
    """Raises `NotFound` where people come in by password alone."""
    if page.parts.openid is None:
        raise NotFound()
    return page.parts.openid


def _cookie(page: Page) -> str:
    return cookie_name(COOKIE, page.parts.secure)


def _back(page: Page) -> str:
    """Where the provider sends the browser: it knows this address beforehand, and no other."""
    return str(page.request.base_url).rstrip("/") + _BACK
