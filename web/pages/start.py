"""The door: logging in and out, the language, and what else there is."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form
from starlette.responses import Response

from api.errors import LANGUAGE_COOKIE
from api.parameters import UUID_TEXT
from projections import people
from projections.vietnamese import folded
from web.page import Inside, Open, PageRoute
from web.translations import as_language
from web.who import COOKIE, signed

router = APIRouter(route_class=PageRoute, include_in_schema=False)
_YEAR_SECONDS = 366 * 86400


@router.get("/login")
def show_login(page: Open, next: str = "/", q: str = "") -> Response:
    wanted = folded(q)
    found = []
    if wanted:
        with page.parts.database.connection() as connection:
            found = people.search(connection, wanted)[:20]
    return page.show("login.html", next=_inside(next), q=q, found=found)


@router.post("/login")
def log_in(
    page: Open, person: Annotated[str, Form()], next: Annotated[str, Form()] = "/"
) -> Response:
    answer = page.goes_to(_inside(next))
    if UUID_TEXT.fullmatch(person):
        from uuid import UUID

        answer.set_cookie(COOKIE, signed(page.parts, UUID(person)), httponly=True, samesite="lax")
    return answer


@router.post("/logout")
def log_out(page: Open) -> Response:
    answer = page.goes_to("/login")
    answer.delete_cookie(COOKIE)
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


@router.get("/more")
def show_more(page: Inside) -> Response:
    return page.show("more.html")


def _inside(address: str) -> str:
    """An address of this service: nobody is sent elsewhere by a link to the log-in page."""
    parts = urlsplit(address)
    safe = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if safe and not parts.netloc and "\n" not in address else "/"
