"""One page for one visitor: their language, who they are, and the template filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from api.errors import Invalid, preferred_language
from api.reading import Parts, Within
from projections.clubs import ClubRow, one_club
from web import formats
from web.assets import asset
from web.translations import LANGUAGES, Language, as_language, translations
from web.who import Visitor, visitor
from web.words import WORDS

LANGUAGE_COOKIE = "language"
_HEADERS = {
    # Everything comes from this server; nothing of a page is a script or a style of its own.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Vary": "Accept-Language, Cookie, HX-Request",
}


class PageRoute(APIRoute):
    """A route whose answer is packed: lines are poor here."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await GZipMiddleware(super().handle, minimum_size=500)(scope, receive, send)


@dataclass
class Page:
    request: Request
    parts: Parts
    language: Language
    visitor: Visitor | None
    club: ClubRow | None = None
    """Whose book lies open; a page about another club than the visitor's own says so."""
    headers: dict[str, str] = field(default_factory=dict)

    def says(self, text: str) -> str:
        """In the visitor's language what is written in Vietnamese."""
        return str(translations(self.language).gettext(text))

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """The template, filled in; `page` is in every one."""
        return shown(self, template, status, context)

    def goes_to(self, address: str) -> RedirectResponse:
        """To the page that says what became of a form."""
        return RedirectResponse(address, 303)

    def here(self, **changes: Any) -> str:
        """This address with other parameters; None leaves one out."""
        kept = {**self.request.query_params, **changes}
        query = urlencode({name: value for name, value in kept.items() if value not in (None, "")})
        return self.request.url.path + (f"?{query}" if query else "")

    @property
    def who(self) -> Visitor:
        """Of a page that asks for somebody logged in."""
        assert self.visitor is not None
        return self.visitor


def language_of(request: Request) -> Language:
    """What they chose here, else what their browser would rather have, else Vietnamese."""
    chosen = as_language(request.cookies.get(LANGUAGE_COOKIE))
    accepted = preferred_language(request.headers.get("accept-language", ""))
    return chosen or as_language(accepted) or "vi"


def anyones(request: Request, parts: Within) -> Page:
    who = visitor(request, parts)
    club = None
    if who is not None and who.club_id is not None:
        with parts.database.connection() as connection:
            club = one_club(connection, who.club_id)
    return Page(request, parts, language_of(request), who, club)


def somebodys(page: Annotated[Page, Depends(anyones)]) -> Page:
    """Raises 401, which sends a browser to the log-in page."""
    if page.visitor is None:
        raise Invalid((), 401)
    return page


Open = Annotated[Page, Depends(anyones)]
"""A page that anybody may see."""
Inside = Annotated[Page, Depends(somebodys)]
"""A page for somebody who is logged in."""


def shown(page: Page, template: str, status: int, context: Mapping[str, Any]) -> HTMLResponse:
    text = _templates(page.language).get_template(template).render(page=page, **context)
    headers = {**_HEADERS, "Content-Language": page.language, **page.headers}
    return HTMLResponse(text, status, headers)


def show_problem(
    request: Request, problem: Mapping[str, Any], headers: Mapping[str, str]
) -> Response:
    """What went wrong, as a page; as a part of one when a script asked for a part."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if problem["status"] == 401 and request.method == "GET":
        return RedirectResponse("/login?next=" + quote(address, safe=""), 303)
    page = Page(request, request.app.state.parts, language_of(request), None)
    page.headers.update({n: v for n, v in headers.items() if n == "Retry-After"})
    partial = request.headers.get("hx-request-type") == "partial"
    template = "problem_part.html" if partial else "problem.html"
    return shown(
        page, template, problem["status"], {"problem": {"detail": None, "errors": (), **problem}}
    )


@cache
def _templates(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        translations(language), newstyle=True
    )
    environment.filters |= {
        "day": formats.day,
        "moment": formats.moment,
        "money": formats.money,
        "number": formats.number,
        "word": lambda value, of: _word(value, of, language),
    }
    environment.globals |= {"asset": asset, "languages": LANGUAGES}
    return environment


def _word(value: Any, of: str, language: Language) -> str:
    """What people call a value of a field: `member.sex | word("sex")`."""
    both = WORDS.get((of, str(value)))
    return both[language == "en"] if both else str(value)
