"""Who calls, under which key, and what they have seen: the headers of every request.

Somebody is known by the cookie of their session, or by `Authorization: Bearer` with an API token or
a turn on somebody else's phone. `X-Acting-Person` names who acted, where the caller only types: the
person four eyes go by, who then has to confirm it. The log's actor and the owner of the idempotency
key is whoever calls. `X-Confirmed-By` brings the token of the other person whom a command of two
hands names: their turn by PIN, or a token of their own.
"""

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from api.errors import Fault, Invalid, request_id
from api.parameters import UUID_TEXT
from api.parts import Parts, Within
from desk import signing_in
from desk.desk import Call, Desk
from desk.signing_in import Door
from domain.accounts.who import Who as Who
from domain.clubs.people import PERSON
from domain.clubs.people import known as known_person
from domain.errors import Malformed, NotLoggedIn, Refusal
from store.readings import Kind, Looking, note_apart

ACTING, SECOND, KEY, IF_MATCH, AUTHORIZATION = (
    "X-Acting-Person",
    "X-Confirmed-By",
    "Idempotency-Key",
    "If-Match",
    "Authorization",
)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE, DEVICE_COOKIE = "sochung", "sochung-device"
"""Over TLS they begin with `__Host-`, which a browser takes from nobody else."""

_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{43})", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_TAGS = re.compile(rf"{_TAG.pattern}([ \t]*,[ \t]*{_TAG.pattern})*")
_TAGS_SENT = r'^(\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*)$'
_VERSION = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, None for nobody we know; and whom they name as acting, if they only type."""

    who: Who | None
    named: UUID | None = None
    request_id: UUID | None = None
    beside: Who | None = None
    """Somebody else who has shown that they are there too, and confirm what names them, where their
    own roles let them (`api.commands`)."""

    def known(self) -> Who:
        """Raises `NotLoggedIn`."""
        if self.who is None:
            raise NotLoggedIn()
        return self.who

    @property
    def acting(self) -> UUID | None:
        return self.named or (self.who.person_id if self.who else None)

    def acts(self, desk: Desk) -> tuple[UUID, str]:
        """The acting person and the log's actor. Raises `NotLoggedIn`; 401 for somebody named who
        is not registered, `merged-person` for an id that nobody acts under any more."""
        who = self.known()
        if not _is_known(desk, who.person_id):
            raise NotLoggedIn()
        if self.named is not None and not _is_known(desk, self.named):
            raise nobody("unknown-person")
        return self.named or who.person_id, str(who.person_id)


def caller(request: Request, parts: Within) -> Caller:
    """Raises `NotLoggedIn` for a session or token that does not hold, and `Refusal` where it does
    not reach: a token made for reading, a turn by PIN that would read."""
    who, this = _who(request, parts.desk), UUID(request_id(request))
    if who is None:
        return Caller(None, _named(request), this)
    reads = request.method in SAFE
    with _refusals_noted(request, parts, who):
        if who.token_id is not None and not reads and "write" not in who.token_scopes:
            raise Refusal("out-of-scope", "Mã truy cập này chỉ để đọc.")
        if who.by_pin and reads:
            raise Refusal("out-of-scope", "Lượt dùng chung điện thoại chỉ để ghi sổ, không để xem.")
    return Caller(who, _named(request), this, None if reads else _beside(request, parts.desk))


@contextmanager
def _refusals_noted(request: Request, parts: Parts, who: Who) -> Iterator[None]:
    """Around what somebody we know may not do from where they are: one line with what they would
    have done (the route's own name) and why not. Raises `Unavailable` where it cannot be written.
    """
    try:
        yield
    except Refusal as error:
        doing = request.scope["route"].name.replace("_", "-")
        looking = Looking(who.person_id, UUID(request_id(request)))
        note_apart(parts.database, Kind.REFUSAL, (), doing, error.code, looking)
        raise


def cookie_name(plain: str, secure: bool) -> str:
    """Over TLS a browser takes the cookie from this very host alone."""
    return f"__Host-{plain}" if secure else plain


def door(request: Request, parts: Within) -> Door:
    """Where somebody knocks who would log in."""
    return Door(
        address=_network(request.client.host if request.client else ""),
        device=request.headers.get("user-agent", "")[:200],
        mark=request.cookies.get(cookie_name(DEVICE_COOKIE, parts.secure)),
        request_id=UUID(request_id(request)),
    )


async def logged_in(caller: Annotated[Caller, Depends(caller)]) -> Who:
    return caller.known()


def in_session(request: Request, who: Annotated[Who, Depends(logged_in)], parts: Within) -> Who:
    """Somebody at their own session: what an account is entered with is changed there alone."""
    with _refusals_noted(request, parts, who):
        if who.session_id is None or who.by_pin:
            raise Refusal("session-needed", "Việc này cần phiên đăng nhập của chính mình.")
    return who


async def key(request: Request) -> str:
    """Raises `idempotency-key-missing`; the server never makes one up."""
    given = request.headers.getlist(KEY)
    if not given:
        raise Malformed(
            "idempotency-key-missing", "Mỗi lệnh cần một khóa Idempotency-Key do người gọi đặt."
        )
    if len(given) > 1:
        raise _no_key()
    return checked_key(given[0])


def checked_key(text: str) -> str:
    """Also of a form, which brings it as a field."""
    if not _KEY.fullmatch(text):
        raise _no_key()
    return text


def _no_key() -> Invalid:
    return Invalid([Fault("header", (KEY,), "wrong-form", "16-64 of A-Z a-z 0-9 _ -")])


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
Known = Annotated[Who, Depends(logged_in)]
Seated = Annotated[Who, Depends(in_session)]
Knocking = Annotated[Door, Depends(door)]
Keyed = Annotated[str, Depends(key)]
Seen = Annotated[frozenset[int] | None, Depends(seen)]


def call_of(
    desk: Desk,
    caller: Caller,
    actor: str,
    key: str,
    asked: bytes,
    seen: frozenset[int] | None,
    second: UUID | None = None,
    beside: UUID | None = None,
) -> Call:
    """`asked` is remembered as a fingerprint only: it holds names. `second` is the other hand that
    the command names, `beside` who is there and may be that."""
    who = caller.known()
    typed = who.person_id if caller.named not in (None, who.person_id) else None
    fingerprint = desk.keys.fingerprint(asked)
    return Call(
        actor,
        key,
        fingerprint,
        seen,
        acting=caller.acting,
        recorded_by=typed,
        second=second,
        beside=beside,
    )


def described() -> list[dict[str, Any]]:
    """The headers of a command as OpenAPI parameters."""
    headers: list[dict[str, Any]] = [
        {
            "name": ACTING,
            "required": False,
            "schema": {"type": "string", "format": "uuid"},
            "description": "Ai làm, nếu người gọi chỉ gõ hộ · who acted, if the caller types",
        },
        {
            "name": SECOND,
            "required": False,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{43}$"},
            "description": "Mã lượt (PIN) của người thứ hai mà lệnh nêu tên · token of the second "
            "person whom the command names",
        },
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


def _who(request: Request, desk: Desk) -> Who | None:
    given = request.headers.getlist(AUTHORIZATION)
    if given:
        bearer = _BEARER.fullmatch(given[0]) if len(given) == 1 else None
        who = _bearer(desk, bearer[1]) if bearer else None
        if who is None:
            raise NotLoggedIn(message="Mã truy cập không có hoặc đã hết hạn.")
        return who
    token = session_token(request)
    return signing_in.of_session(desk, token) if token else None


def session_token(request: Request) -> str | None:
    """The token of the session that the request's cookie names."""
    parts = request.app.state.parts
    return request.cookies.get(cookie_name(COOKIE, parts.secure))


def _bearer(desk: Desk, token: str) -> Who | None:
    return signing_in.of_token(desk, token) or signing_in.of_turn(desk, token)


def _named(request: Request) -> UUID | None:
    given = request.headers.getlist(ACTING)
    if not given:
        return None
    if len(given) > 1 or not UUID_TEXT.fullmatch(given[0]):
        raise nobody("not-an-id")
    return UUID(given[0])


def _beside(request: Request, desk: Desk) -> Who | None:
    """Raises `Invalid` for what is no token. One that has ended confirms nothing: a command that
    took effect with it is answered again all the same."""
    given = request.headers.getlist(SECOND)
    if not given:
        return None
    if len(given) > 1 or not _TOKEN.fullmatch(given[0]):
        raise Invalid([Fault("header", (SECOND,), "wrong-form")])
    who = _bearer(desk, given[0])
    writes = who is not None and (who.by_pin or "write" in who.token_scopes)
    return who if writes else None


def _network(host: str) -> str:
    """An address as it is counted: of IPv6 the network, for everybody has a whole one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


def _is_known(desk: Desk, person_id: UUID) -> bool:
    """Raises `merged-person` for an id that nobody acts under any more."""
    person = desk.log.load(PERSON, person_id).state
    if person is None or person.withdrawn:
        return False
    return known_person(person) is person


def nobody(code: str) -> Invalid:
    return Invalid([Fault("header", (ACTING,), code)], 401, {"WWW-Authenticate": "Bearer"})
