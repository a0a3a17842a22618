"""What stands in an address: strict types, and the turning of pages.

Query parameters come as text, so integers are digits and nothing else; a name that is not known,
or stands twice, is refused.
"""

import base64
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Self, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Path, Request, Response
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from api.errors import Fault, Invalid
from domain.values import MAYBE_BLANK, Day, clean_text

T = TypeVar("T")
K = TypeVar("K")

LIMIT_DEFAULT, LIMIT_MAX = 50, 200
_BIGINT_MAX = 2**63 - 1
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
# A plus that was not escaped arrives as a blank; nothing else can be meant.
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(?:Z|([+\- ])(\d{2}:\d{2}))",
    re.ASCII | re.IGNORECASE,
)


def _id(value: Any) -> Any:
    # Pydantic also reads urn:uuid:…, braces and bare digits: one thing has one address.
    if isinstance(value, str) and UUID_TEXT.fullmatch(value):
        return UUID(value)
    raise PydanticCustomError("not-an-id", "a UUID is expected")


def _digits(value: Any) -> Any:
    if type(value) is int:
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value, re.ASCII):
        return int(value)
    raise PydanticCustomError("not-an-integer", "digits are expected")


def _instant(value: Any) -> Any:
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    try:
        if found:
            day, time, sign, offset = found.groups()
            zone = ("-" if sign == "-" else "+") + (offset or "00:00")
            return datetime.fromisoformat(f"{day}T{time}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("not-an-instant", "an RFC 3339 instant is expected")


def _truth(value: Any) -> Any:
    if value in ("true", "false"):
        return value == "true"
    raise PydanticCustomError("not-a-truth", "true or false is expected")


PathId = Annotated[UUID, BeforeValidator(_id), Path()]
QueryId = Annotated[UUID, BeforeValidator(_id)]
Position = Annotated[
    int,
    BeforeValidator(_digits),
    Field(ge=0, le=_BIGINT_MAX),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": _BIGINT_MAX}),
]
Limit = Annotated[
    int,
    BeforeValidator(_digits),
    Field(ge=1, le=LIMIT_MAX),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": LIMIT_MAX}),
]
Truth = Annotated[bool, BeforeValidator(_truth), WithJsonSchema({"type": "boolean"})]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Search = Annotated[
    str,
    Field(max_length=800),
    AfterValidator(clean_text),
    Field(max_length=200),
    WithJsonSchema({"type": "string", "maxLength": 200, "pattern": MAYBE_BLANK}),
]
CursorText = Annotated[
    str,
    Field(max_length=4000),
    WithJsonSchema({"type": "string", "maxLength": 4000, "pattern": "^[A-Za-z0-9_-]+$"}),
]
# Parts of cursors: JSON again, so strict.
KeyId = Annotated[UUID, BeforeValidator(_id)]
SortKey = Annotated[str, Field(pattern=r"^([0-9a-f]{2})*$")]
KeyNumber = Annotated[int, Field(strict=True, ge=0, le=_BIGINT_MAX)]


class Parameters(BaseModel):
    """The query of one route; this one has none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_the_reason(cls, given: Any) -> Any:
        """Why a page's reader looks is for `api.permissions` alone."""
        told = isinstance(given, dict)
        return {k: v for k, v in given.items() if k != "reason"} if told else given


class Reading(Parameters):
    """Every read: the position of a write that has to be seen."""

    after_position: Position | None = None


class Page(Reading):
    """Every list."""

    limit: Limit = LIMIT_DEFAULT
    after: CursorText | None = None


class Dates(BaseModel):
    """A range of business dates, both ends included."""

    since: Day | None = Field(default=None, alias="from")
    until: Day | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise PydanticCustomError("range-reversed", "from lies after to")
        return self


class AsKnown(BaseModel):
    """As of a business date, as known at an instant."""

    as_of: Day | None = None
    known_at: Instant | None = None


class Cursor(Generic[K]):
    """Where a page ended: the last row's sort key, opaque to the caller and checked on return."""

    def __init__(self, key: Any) -> None:
        self._key: TypeAdapter[K] = TypeAdapter(key)

    def write(self, key: K) -> str:
        return base64.urlsafe_b64encode(self._key.dump_json(key)).rstrip(b"=").decode()

    def read(self, text: str | None) -> K | None:
        """Raises `Invalid` for anything this list never wrote."""
        if text is None:
            return None
        try:
            if not re.fullmatch(r"[A-Za-z0-9_-]+", text, re.ASCII):
                raise ValueError("not base64url")
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return self._key.validate_json(raw)
        except (ValueError, ValidationError):
            raise forged() from None


def forged() -> Invalid:
    return Invalid([Fault("query", ("after",), "cursor-invalid")])


class Listing(BaseModel, Generic[T]):
    """One page; `next` is the cursor of the page after it, null on the last."""

    items: list[T]
    next: str | None


class Pages:
    """Cuts a page off rows of which one more than the limit was asked for."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def cut(
        self, rows: Sequence[T], limit: int, cursor: Callable[[T], str]
    ) -> tuple[Sequence[T], str | None]:
        """The page, and the cursor of the next; sets `Link`, relative to this server."""
        page = rows[:limit]
        if len(rows) <= limit:
            return page, None
        after = cursor(page[-1])
        kept = [(k, v) for k, v in self._request.query_params.multi_items() if k != "after"]
        address = f"{self._request.url.path}?{urlencode([*kept, ('after', after)])}"
        self._response.headers["Link"] = f'<{address}>; rel="next"'
        return page, after


async def pages(request: Request, response: Response) -> Pages:
    return Pages(request, response)


Turning = Annotated[Pages, Depends(pages)]


async def each_parameter_once(request: Request) -> None:
    """Which of two values counts is anybody's guess: neither does."""
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name in seen:
            raise Invalid([Fault("query", (name,), "repeated-parameter")])
        seen.add(name)
