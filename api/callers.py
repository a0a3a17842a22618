"""Who calls, under which key, and what they have seen: the headers of every command.

Until people log in, `X-Acting-Person` names who acts: a registered person, whom four eyes go by.
`X-Recorded-By` names the clerk who types, when that is somebody else; the log's actor and the
owner of the idempotency key is whoever types. The service therefore listens on loopback only.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from api.errors import Fault, Invalid
from api.parameters import UUID_TEXT
from desk.desk import Call, Desk
from domain.accounts.who import Who
from domain.clubs.events import PersonRegistered
from domain.clubs.people import PERSON
from domain.clubs.people import known as known_person
from domain.errors import Malformed

ACTING, RECORDED_BY, KEY, IF_MATCH = (
    "X-Acting-Person",
    "X-Recorded-By",
    "Idempotency-Key",
    "If-Match",
)
FIRST_START = "first-start"
"""The log's actor while nobody at all is registered who could act."""

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_TAGS = re.compile(rf"{_TAG.pattern}([ \t]*,[ \t]*{_TAG.pattern})*")
_TAGS_SENT = r'^(\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*)$'
_VERSION = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom the headers name; nobody has been looked up yet."""

    acting: UUID | None
    recording: UUID | None
    who: Who | None = None

    def acts(self, desk: Desk, first: str | None = None) -> tuple[UUID | None, str]:
        """The acting person and the log's actor. Raises 401 for somebody who is not registered.

        `first` is the key of a command by which a service comes to know its first people: as long
        as it knows none, anybody may give it, and the acting person is None. Whoever did so before
        somebody was known still gets their lost reply.
        """
        unknown = self._unknown(desk)
        if unknown is None:
            return self.acting, str(self.recording or self.acting)
        if first and (
            not desk.log.has(PersonRegistered.TOPIC) or desk.log.answered(FIRST_START, first)
        ):
            return None, FIRST_START
        raise _nobody(unknown, "missing" if self.acting is None else "unknown-person")

    def _unknown(self, desk: Desk) -> str | None:
        """The header that is missing or names nobody."""
        if self.acting is None or not _is_known(desk, self.acting):
            return ACTING
        if self.recording is not None and not _is_known(desk, self.recording):
            return RECORDED_BY
        return None


async def caller(request: Request) -> Caller:
    return Caller(_person(request, ACTING), _person(request, RECORDED_BY))


async def key(request: Request) -> str:
    """Raises `idempotency-key-missing`; the server never makes one up."""
    given = request.headers.getlist(KEY)
    if not given:
        raise Malformed(
            "idempotency-key-missing", "Mỗi lệnh cần một khóa Idempotency-Key do người gọi đặt."
        )
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Invalid([Fault("header", (KEY,), "wrong-form", "16-64 of A-Z a-z 0-9 _ -")])
    return given[0]


async def seen(request: Request) -> frozenset[int] | None:
    """The versions of If-Match (RFC 9110, 13.1.1); None when any will do.

    A tag that is no version of ours, or a weak one, matches nothing.
    """
    given = request.headers.getlist(IF_MATCH)
    if not given or [one.strip() for one in given] == ["*"]:
        return None
    if not all(_TAGS.fullmatch(one.strip()) for one in given):
        raise Invalid([Fault("header", (IF_MATCH,), "wrong-form", 'an ETag is expected: "12"')])
    tags = (tag for one in given for tag in _TAG.finditer(one))  # a comma may stand in a tag
    return frozenset(int(tag[2]) for tag in tags if not tag[1] and _VERSION.fullmatch(tag[2]))


Calling = Annotated[Caller, Depends(caller)]
Keyed = Annotated[str, Depends(key)]
Seen = Annotated[frozenset[int] | None, Depends(seen)]


def call_of(
    desk: Desk, caller: Caller, actor: str, key: str, asked: bytes, seen: frozenset[int] | None
) -> Call:
    """`asked` is remembered as a fingerprint only: it holds names."""
    typed = caller.recording if caller.recording != caller.acting else None
    acting = None if actor == FIRST_START else caller.acting
    fingerprint = desk.keys.fingerprint(asked)
    return Call(actor, key, fingerprint, seen, acting=acting, recorded_by=typed)


def described(*, keyed: bool = True) -> list[dict[str, Any]]:
    """The headers as OpenAPI parameters."""
    id_text = {"type": "string", "format": "uuid"}
    headers: list[dict[str, Any]] = [
        {
            "name": ACTING,
            "required": True,
            "schema": id_text,
            "description": "Ai làm việc này · the registered person who acts (until log-in exists)",
        },
        {
            "name": RECORDED_BY,
            "required": False,
            "schema": id_text,
            "description": "Ai gõ hộ · the registered person who types, if somebody else",
        },
    ]
    if keyed:
        headers += [
            {
                "name": KEY,
                "required": True,
                "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
                "description": "Khóa chống lặp · made by the caller; same key, one effect",
            },
            {
                "name": IF_MATCH,
                "required": False,
                "schema": {"type": "string", "pattern": _TAGS_SENT, "examples": ['"12"']},
                "description": "Phiên bản đã thấy · the ETag the caller saw; else 412",
            },
        ]
    return [{"in": "header", **one} for one in headers]


def _person(request: Request, name: str) -> UUID | None:
    given = request.headers.getlist(name)
    if not given:
        return None
    if len(given) > 1 or not UUID_TEXT.fullmatch(given[0]):
        raise _nobody(name, "not-an-id")
    return UUID(given[0])


def _is_known(desk: Desk, person_id: UUID) -> bool:
    """Raises `merged-person` for an id that nobody acts under any more."""
    person = desk.log.load(PERSON, person_id).state
    if person is None or person.withdrawn:
        return False
    return known_person(person) is person


def _nobody(name: str, code: str) -> Invalid:
    return Invalid([Fault("header", (name,), code)], 401, {"WWW-Authenticate": ACTING})
