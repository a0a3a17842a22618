"""A form becomes a command: what comes of it, and why it was refused, in the reader's words."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Request
from starlette.datastructures import FormData

from api.callers import Caller, Who
from api.commands import Told, perform
from api.errors import Invalid, status_of
from desk.signing_in import Door, stand_beside
from domain.errors import Malformed, NotLoggedIn, Refusal, SochungError
from domain.histories import account_of
from store.access import Credentials
from web.entry import Entry
from web.page import Page
from web.typed import Typed, derived, known_id, marked

_FIELDS_MAX = 5_000


async def _filled(request: Request) -> AsyncIterator[FormData]:
    async with request.form(max_fields=_FIELDS_MAX, max_files=1) as form:
        yield form


Filled = Annotated[FormData, Depends(_filled)]


class Sent(dict[str, str]):
    """What a form brought, by field. A field that the page always sends, and that is not there,
    was left out by no page of ours: asking for it raises `Malformed`."""

    def __missing__(self, name: str) -> str:
        raise Malformed("missing", "Mẫu gửi lên thiếu một mục; hãy mở lại trang.", field=name)


def texts(form: FormData) -> Sent:
    """Of a field that stands twice, the last. Half a letter (a browser sends none) is a mark."""
    return Sent(
        (name, value.encode(errors="replace").decode())
        for name, value in form.items()
        if isinstance(value, str)
    )


class Refused(NamedTuple):
    """Nothing was recorded; `status` is what the page answers with."""

    message: str
    status: int


class Step(NamedTuple):
    """One command of a form. `place` is the field beside which a refusal stands."""

    place: str
    command: str
    ids: Mapping[str, UUID]
    body: dict[str, Any]
    acting: UUID | None = None
    """Whose act it is, where somebody else types."""
    by: Caller | None = None
    """Who does it themselves, where that is not who is logged in (`web.hands`)."""


@dataclass(frozen=True)
class Outcome:
    """What became of a form's commands, by place; `refused` keeps whatever was said no to."""

    told: Mapping[str, Told]
    refused: Mapping[str, Refused]

    @property
    def status(self) -> int:
        return max((one.status for one in self.refused.values()), default=200)


def enter(page: Entry, step: Step, key: str) -> Told | Refused:
    """Carries out one command; whatever stands in its way is an answer, not an exception."""
    body = {name: value for name, value in step.body.items() if value not in (None, "", [])}
    try:
        caller = step.by or page.caller
        caller = _acting_as(caller, step.acting) if step.acting else caller
        return perform(page.parts, caller, step.command, step.ids, body, key)
    except (SochungError, Invalid) as error:
        return Refused(page.refusal(error), status_of(error))


def _acting_as(caller: Caller, person_id: UUID) -> Caller:
    """The reader types what somebody else did; whoever acted confirms it later."""
    return replace(caller, named=person_id)


def beside(page: Page | Entry, sent: Typed, name: str, pin: str, door: Door) -> Caller:
    """The reader, and with them whoever the field names, if that person has typed their own PIN.

    Raises as `proven` does, and `Malformed`.
    """
    if not pin:
        return page.caller
    somebody = known_id(sent, name)
    known = page.parts.desk.access.account(account_of(somebody))
    return replace(page.caller, beside=proven(page, known, str(somebody), pin, door))


def proven(page: Page | Entry, known: Credentials | None, named: str, pin: str, door: Door) -> Who:
    """Somebody else who is there, by their own PIN. Raises `Refusal` for a wrong one and
    `TooManyTries`, after the same work also where nobody is `known` by that name."""
    try:
        return stand_beside(page.parts.desk, page.caller.known(), known, named, pin, door)
    except NotLoggedIn:
        raise Refusal("wrong-credentials", marked("Mã PIN của người thứ hai không đúng.")) from None


def enter_all(page: Entry, steps: Iterable[Step], key: str) -> Outcome:
    """Each under a key of its own, in their order; one that is refused does not stop the others."""
    told: dict[str, Told] = {}
    refused: dict[str, Refused] = {}
    for step in steps:
        came = enter(page, step, derived(key, step.place))
        if isinstance(came, Refused):
            refused[step.place] = came
        else:
            told[step.place] = came
    return Outcome(told, refused)


def in_turn(
    page: Entry, steps: Iterable[Callable[[Mapping[str, Told]], Step]], key: str
) -> Outcome:
    """Steps that build on each other: the first refusal ends them."""
    told: dict[str, Told] = {}
    for make in steps:
        step = make(told)
        came = enter(page, step, derived(key, step.place))
        if isinstance(came, Refused):
            return Outcome(told, {step.place: came})
        told[step.place] = came
    return Outcome(told, {})
