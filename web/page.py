"""One page for one visitor: their language, who they are, and the template filled in."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from secrets import token_urlsafe
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, quote, urlencode
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import BaseModel, ValidationError
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from api.callers import Caller, Calling
from api.clubs import known_club
from api.errors import STATUS, Invalid, language_of, said, title_of
from api.parameters import Pages, Reading
from api.permissions import REASON_GIVEN, Allowed
from api.reading import Connection, Parts, Read, Reader, Within
from domain.accounts.permissions import Action, Place, Subject
from domain.accounts.permissions import may as decided
from domain.errors import SochungError
from domain.values import FIRST_DAY, LAST_DAY
from projections.clubs import ClubRow
from web import formats
from web.assets import asset
from web.fault_words import fault_in_english
from web.recorders import Recorder
from web.translations import LANGUAGES, Language, as_language, counted, marked, translations
from web.typed import iso
from web.who import Visitor, visitor
from web.words import word

Q = TypeVar("Q", bound=BaseModel)

_HEADERS = {
    # Everything comes from this server; nothing of a page is a script or a style of its own.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
    "worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Vary": "Accept-Language, Cookie, HX-Request",
}


_ERASED, _HIDDEN = marked("(đã xóa tên)"), marked("(tên không hiện với vai của mình)")
_DAYS = frozenset({"from", "to", "since", "until", "on", "as_of"})
"""What days are called in addresses."""


def _in_iso(query: bytes) -> bytes:
    """The days of a form that was sent as an address, as everything behind it reads them."""
    asked = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    told = [(name, iso(text) if name in _DAYS else text) for name, text in asked]
    return query if told == asked else urlencode(told).encode()


class PageRoute(APIRoute):
    """A route whose answer is packed, for lines are poor here; and that is asked about days as
    people write them."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["query_string"] = _in_iso(scope["query_string"])
        await GZipMiddleware(super().handle, minimum_size=500)(scope, receive, send)


@dataclass
class Page:
    request: Request
    parts: Parts
    language: Language
    caller: Caller
    """As a command knows them: see `perform`."""
    reader: Reader | None = None
    visitor: Visitor | None = None
    club: ClubRow | None = None
    """Whose book lies open; a page about another club than the visitor's own says so."""
    period: tuple[date, date] | None = None
    """The days of that book that the visitor may see; None: all."""
    headers: dict[str, str] = field(default_factory=dict)

    def says(self, text: str) -> str:
        """In the visitor's language what is written in Vietnamese."""
        return str(translations(self.language).gettext(text))

    def counted(self, text: str, number: int) -> str:
        """`says` of a text with a number in it, `%(n)s`: English has two forms of it."""
        return counted(self.language, text, number)

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

    def asks(self, model: type[Q]) -> Q:
        """The query; a field of a form that was left empty is not there."""
        given = {
            name: value
            for name, value in self.request.query_params.items()
            if value.strip() and name != REASON_GIVEN
        }
        try:
            return model.model_validate(given)
        except ValidationError as error:
            raise RequestValidationError(
                [{**one, "loc": ("query", *one["loc"])} for one in error.errors()]
            ) from None

    def nameless(self, *, hidden: bool = False) -> str:
        """In place of a name: the person had it erased, or it is not for this reader to see."""
        return self.says(_HIDDEN if hidden else _ERASED)

    def names_recorder(self, by: Recorder, names: Mapping[UUID, str]) -> str:
        """Who wrote an entry down, as far as `names` knows them."""
        who = names.get(by.person_id, self.nameless()) if by.person_id else ""
        return self.says(by.text) % {"who": who}

    def offers(self, action: str) -> bool:
        """Whether to show the way there: by the visitor's roles alone, in the club that lies open.
        What is asked there decides."""
        own = self.who.club_id
        inside = self.club is not None and self.club.club_id == own
        subject = Subject((Place(own),)) if inside else None
        told = decided(self.who.who, Action(action), subject)
        return told.allowed or told.needs_reason

    def opens(self, club_id: UUID, allowed: Allowed | None = None) -> ClubRow:
        """The club whose book is looked at. Raises `NotFound`."""
        with self.reading() as connection:
            self.club = known_club(connection, club_id)
        self.period = allowed.period() if allowed else None
        return self.club

    def explains(self, error: Invalid | SochungError) -> dict[str, Any]:
        """Why a form was not taken, for the form to say: `title`, `detail`, `errors`."""
        if isinstance(error, Invalid):
            title = title_of("", error.status)[self.english]
            wrong = [{"detail": said(one, self.language)} for one in error.faults]
            return {"title": title, "detail": None, "errors": wrong}
        status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
        title = title_of(error.code, status)[self.english]
        detail = None if self.english else error.message
        return {"title": title, "detail": detail, "errors": ()}

    @property
    def is_part(self) -> bool:
        """Whether a script asked for what changes, and not for the whole page."""
        return self.request.headers.get("hx-request-type") == "partial"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot of what the visitor may see."""
        with self.read.at(Reading()) as connection:
            yield connection

    @property
    def read(self) -> Reader:
        """Of a page that asks for somebody logged in."""
        assert self.reader is not None
        return self.reader

    @property
    def turning(self) -> Pages:
        return Pages(self.request, Response())

    @property
    def english(self) -> bool:
        return self.language == "en"

    @property
    def today(self) -> date:
        return self.parts.desk.today

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of the open book, not after today, that may be seen."""
        first, last = self.period or (FIRST_DAY, LAST_DAY)
        return max(first, FIRST_DAY), max(first, min(last, self.today))

    def shows(self, on: str) -> bool:
        """Whether an entry of that day opens for the visitor."""
        return self.period is None or self.period[0] <= date.fromisoformat(on) <= self.period[1]

    def as_of(self, asked: date | None) -> date | None:
        """As of when the open book is shown; None: as it stands today."""
        last = self.days[1]
        return asked or (last if last < self.today else None)

    @property
    def who(self) -> Visitor:
        """Of a page that asks for somebody logged in."""
        assert self.visitor is not None
        return self.visitor


def _language(request: Request) -> Language:
    return as_language(language_of(request)) or "vi"


def anyones(request: Request, parts: Within, caller: Calling, read: Read) -> Page:
    page = Page(request, parts, _language(request), caller, read)
    if caller.who is not None:
        with page.reading() as connection:
            page.visitor = visitor(connection, caller.who)
        if not page.visitor.name:  # of no club: no rule of rows lets them see themselves
            with parts.database.connection() as unseen:
                page.visitor = visitor(unseen, caller.who)
        if page.visitor.club_id is not None:
            page.opens(page.visitor.club_id)
    return page


def somebodys(page: Annotated[Page, Depends(anyones)]) -> Page:
    """Raises 401, which sends a browser to the log-in page."""
    page.caller.known()
    return page


Open = Annotated[Page, Depends(anyones)]
"""A page that anybody may see."""
Inside = Annotated[Page, Depends(somebodys)]
"""A page for somebody who is logged in."""


def fresh_key() -> str:
    """For a form when it is shown: sent twice, it takes effect once."""
    return token_urlsafe(18)


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
    page = Page(request, request.app.state.parts, _language(request), Caller(None))
    page.headers.update({n: v for n, v in headers.items() if n == "Retry-After"})
    if page.english and not problem.get("errors"):  # the sentence is the domain's, in Vietnamese
        problem = {**problem, "detail": None}
    template = "problem_part.html" if page.is_part else "problem.html"
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
        "again": formats.again,
        "fault": fault_in_english,
        "decimal": formats.decimal,
        "day": formats.day,
        "moment": formats.moment,
        "months": formats.months,
        "money": formats.money,
        "number": formats.number,
        "word": lambda code, of, other=None: translations(language).gettext(word(of, code, other)),
        "share": formats.share,
        "short": formats.short,
    }
    environment.globals |= {
        "asset": asset,
        "counted": partial(counted, language),
        "languages": LANGUAGES,
    }
    return environment
