"""A page on which something is entered: what it reads from, and in whose name it writes."""

from typing import Annotated, Any
from urllib.parse import quote, unquote
from uuid import UUID

from fastapi import Depends
from starlette.responses import HTMLResponse, Response

from api.callers import Caller
from api.errors import Invalid, said_of
from api.parameters import Reading
from api.reading import Parts, Read, Reader
from domain.errors import SochungError
from web import formats
from web.page import Inside, Page
from web.typed import Given, new_key

_SAID = "said"
_SAID_SECONDS = 60


class Entry:
    def __init__(self, page: Page, read: Reader) -> None:
        self.page, self.read = page, read
        self.caller = Caller(page.who.person_id, None)

    @property
    def parts(self) -> Parts:
        return self.page.parts

    @property
    def language(self) -> str:
        return self.page.language

    @property
    def me(self) -> UUID:
        return self.page.who.person_id

    @property
    def reading(self) -> Reading:
        """Waits for the entry that led here."""
        after = self.page.request.query_params.get("after", "")
        return Reading(after_position=int(after) if after.isdecimal() else None)

    def says(self, text: str, amount: int | None = None) -> str:
        said = self.page.says(text)
        return said if amount is None else said % {"amount": formats.money(amount)}

    def refusal(self, error: "SochungError | Invalid") -> str:
        return said_of(error, self.language)[1]

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """`said` is what the entry before left to be said, once."""
        said = unquote(self.page.request.cookies.get(_SAID, ""))
        defaults = {"club_id": None, "fault": "", "sent": {}} | context
        defaults["sent"] = Given(defaults["sent"])
        answer = self.page.show(
            template,
            status,
            said=said,
            today=self.parts.desk.today.isoformat(),
            new_key=new_key,
            **defaults,
        )
        if said:
            answer.delete_cookie(_SAID)
        return answer

    def goes_to(self, address: str, *, after: int = 0, said: str = "") -> Response:
        """On to where the entry is seen; `said` is shown there once."""
        if after:
            address += f"{'&' if '?' in address else '?'}after={after}"
        answer = self.page.goes_to(address)
        if said:
            answer.set_cookie(
                _SAID, quote(said), max_age=_SAID_SECONDS, httponly=True, samesite="lax"
            )
        return answer


def _entry(page: Inside, read: Read) -> Entry:
    return Entry(page, read)


Entering = Annotated[Entry, Depends(_entry)]
