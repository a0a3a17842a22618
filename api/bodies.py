"""Bodies are JSON read strictly: what two readers could understand differently is refused.

Twice the same field, NaN, a byte order mark, half a surrogate pair, numbers of thousands of digits
and deep nesting never reach a command; each is answered with the place where it stands.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema
from starlette.requests import Request

from api.errors import ERRORS_SHOWN, Fault, Invalid, fault

M = TypeVar("M", bound=BaseModel)

JSON = "application/json"
BYTES_MAX = 1_000_000
DEPTH_MAX = 20
DIGITS_MAX = 40
SECONDS_MAX = 10.0


def body(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """A dependency that reads the request's body as `model`."""

    async def read(request: Request) -> M:
        return parsed(model, await received(request))

    return read


@dataclass(frozen=True, slots=True)
class Sent(Generic[M]):
    """A body as it was understood, and as bytes that are the same for the same content."""

    body: M
    canonical: bytes


def sent(model: type[M]) -> Callable[[Request], Awaitable[Sent[M]]]:
    """A dependency that reads the request's body as `model` and remembers what was sent."""

    async def read(request: Request) -> Sent[M]:
        return read_as(model, await received(request))

    return read


def read_as(model: type[M], raw: bytes) -> Sent[M]:
    """Raises `Invalid`, naming every field that is wrong."""
    body = parsed(model, raw)
    same = json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"))
    return Sent(body, same.encode())


BODY = "x-body"
_DESCRIBED: list[type[BaseModel]] = []


def takes(model: type[BaseModel], example: dict[str, Any], said: str = "") -> dict[str, Any]:
    """How a route's body is described. Its schema is worked out when somebody asks for the
    description, `body_schema`, not at each start; `api.description` moves its parts."""
    _DESCRIBED.append(model)
    schema = {BODY: len(_DESCRIBED) - 1}
    content = {"schema": schema, "examples": {"vi": {"summary": said, "value": example}}}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


class _Described(GenerateJsonSchema):
    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Names of another form than the pattern's are refused: by JSON Schema any would do."""
        said = super().dict_schema(schema)
        return said | {"additionalProperties": False} if "patternProperties" in said else said


def body_schema(number: int) -> dict[str, Any]:
    """As FastAPI writes schemas of its own: nothing is said that is null."""
    said = _DESCRIBED[number].model_json_schema(
        ref_template="#/components/schemas/{model}", schema_generator=_Described
    )
    kept: dict[str, Any] = jsonable_encoder(said, exclude_none=True)
    return kept


def parsed(model: type[M], raw: bytes) -> M:
    """Raises `Invalid`, naming every field that is wrong."""
    faults = list(_faults(_loaded(raw), ()))
    if faults:
        raise Invalid(faults)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise wrong_body(error) from None


def wrong_body(error: ValidationError) -> Invalid:
    """What a model found wrong, as the fields of the body it came from."""
    found = error.errors(include_url=False, include_input=False)
    shown = found[:ERRORS_SHOWN]  # a body may be wrong in fifty thousand places
    return Invalid([fault({**one, "loc": ("body", *one["loc"])}) for one in shown])


async def received(
    request: Request,
    kinds: Sequence[str] = (JSON,),
    bytes_max: int = BYTES_MAX,
    seconds_max: float = SECONDS_MAX,
) -> bytes:
    """The body as it came, of a stated kind and of no more than so many bytes; more than one may
    ask for it."""
    _refuse_other_kinds(request, kinds)
    kept: bytes | None = getattr(request.state, "received", None)
    if kept is None:
        kept = request.state.received = await _stream(request, bytes_max, seconds_max)
    return kept


def _refuse_other_kinds(request: Request, kinds: Sequence[str]) -> None:
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if (
        media.strip().lower() not in kinds
        or charset not in ("", "charset=utf-8")
        or request.headers.get("content-encoding", "identity") != "identity"
    ):
        raise Invalid((), 415, {"Accept-Post": ", ".join(kinds)})


async def _stream(request: Request, bytes_max: int, seconds_max: float) -> bytes:
    stated = request.headers.get("content-length", "0")
    if not (stated.isascii() and stated.isdigit()) or len(stated) > 12 or int(stated) > bytes_max:
        raise Invalid((), 413, {"Connection": "close"})
    found = bytearray()
    try:
        async with asyncio.timeout(seconds_max):
            async for chunk in request.stream():
                found += chunk
                if len(found) > bytes_max:
                    raise Invalid((), 413, {"Connection": "close"})
    except TimeoutError:
        raise Invalid((), 408, {"Connection": "close"}) from None
    return bytes(found)


class _Wrong:
    """Stands where a number stood that is none, or is beyond all measure."""

    def __init__(self, code: str) -> None:
        self.code = code


class _Twice(dict[str, Any]):
    """An object in which a field stands twice."""

    repeated: str


def _loaded(raw: bytes) -> Any:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise _whole("not-utf-8") from None
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant
        )
    except RecursionError:
        raise _whole("too-deep") from None
    except ValueError:  # a byte order mark, too
        raise _whole("not-json") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    twice = _Twice(found)
    seen: set[str] = set()
    twice.repeated = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
    return twice


def _integer(digits: str) -> int | _Wrong:
    return int(digits) if len(digits) <= DIGITS_MAX else _Wrong("out-of-range")


def _constant(_: str) -> _Wrong:
    return _Wrong("not-an-integer")


def _faults(value: Any, path: tuple[str | int, ...]) -> Iterator[Fault]:
    if len(path) > DEPTH_MAX:
        yield Fault("body", path, "too-deep")
        return
    match value:
        case _Wrong():
            yield Fault("body", path, value.code)
        case str() if not _is_text(value):
            yield Fault("body", path, "bad-text")
        case dict():
            if isinstance(value, _Twice):
                yield Fault("body", (*path, value.repeated), "duplicate-field")
            for name, one in value.items():
                if not _is_text(name):
                    yield Fault("body", (*path, name), "bad-text")
                yield from _faults(one, (*path, name))
        case list():
            for index, one in enumerate(value):
                yield from _faults(one, (*path, index))


def _is_text(text: str) -> bool:
    """Whether it can be written as UTF-8: half of a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(code: str) -> Invalid:
    return Invalid([Fault("body", (), code)])
