"""A page on which something is entered: what it reads from, and in whose name it writes."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlencode
from uuid import UUID

from fastapi import Depends
from starlette.responses import HTMLResponse, Response

from api.callers import Caller
from api.errors import Invalid
from api.parameters import Reading
from api.permissions import REASON_GIVEN, Allowed, May, Named, named_in, reason_given
from domain.accounts.permissions import Action
from domain.errors import NotFound, Refusal, SochungError
from web import formats
from web.page import Inside, Page, fresh_key
from web.typed import Given

_SAID = "said"
_SAID_SECONDS = 60


class Entry:
    def __init__(self, page: Page) -> None:
        self.page, self.parts, self.caller = page, page.parts, page.caller
        self.read, self.language = page.read, page.language
        self.me = page.who.person_id

    def needs(self, action: Action, by: Caller | None = None, /, **ids: UUID) -> Allowed:
        """What a route of the API asks by `may`: of a form that was sent, too; of who else signs
        it, as `by`. Raises `NotFound` for what is not theirs."""
        return May(action)(self._named(ids), by or self.caller, self.parts)

    def _named(self, ids: Mapping[str, UUID]) -> Named:
        return named_in(ids, None, reason=reason_given(self.page.request))

    def needs_in(
        self, action: Action, unit: Mapping[str, str], by: Caller | None = None
    ) -> Allowed:
        """The same of what is not there yet, by its `commune` and `province`."""
        return May(action, placed=True)(named_in({}, unit), by or self.caller, self.parts)

    def may(self, action: Action, club_id: UUID | None = None, **ids: UUID) -> bool:
        """Of a page that shows each reader what is theirs; without a club, whether anywhere.
        Nothing is refused by it."""
        named = self._named(ids | ({"club_id": club_id} if club_id else {}))
        try:
            May(action).asks(named, self.caller, self.parts)
        except (NotFound, Refusal):
            return False
        return True

    def part(self, action: Action, club_id: UUID) -> Allowed | None:
        """Where each reader is shown their own part of a club: a volunteer whom they visit.
        Nothing is refused by it."""
        try:
            what = named_in({"club_id": club_id}, None)
            return May(action, narrowed=True).asks(what, self.caller, self.parts)
        except (NotFound, Refusal):
            return None

    @property
    def reading(self) -> Reading:
        """Waits for the entry that led here."""
        after = self.page.request.query_params.get("after_position", "")
        return Reading(after_position=int(after) if after.isdecimal() else None)

    def says(self, text: str, amount: int | None = None) -> str:
        said = self.page.says(text)
        return said if amount is None else said % {"amount": formats.money(amount)}

    def counted(self, text: str, number: int) -> str:
        return self.page.counted(text, number)

    def refusal(self, error: SochungError | Invalid) -> str:
        """Why something was not taken, in one sentence beside the form."""
        told = self.page.explains(error)
        return str(next((one["detail"] for one in told["errors"]), told["detail"] or told["title"]))

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
            new_key=fresh_key,
            **defaults,
        )
        if said:
            answer.delete_cookie(_SAID)
        return answer

    def goes_on(self, address: str) -> str:
        """An address about the same thing, with the reason for which it is looked at here."""
        reason = self.page.request.query_params.get(REASON_GIVEN)
        return f"{address}?{urlencode({REASON_GIVEN: reason})}" if reason else address

    def goes_to(self, address: str, *, after: int = 0, said: str = "") -> Response:
        """On to where the entry is seen; `said` is shown there once."""
        if after:
            address += f"{'&' if '?' in address else '?'}after_position={after}"
        answer = self.page.goes_to(address)
        if said:
            answer.set_cookie(
                _SAID, quote(said), max_age=_SAID_SECONDS, httponly=True, samesite="lax"
            )
        return answer


def _entry(page: Inside) -> Entry:
    return Entry(page)


Entering = Annotated[Entry, Depends(_entry)]
