"""The service's OpenAPI 3.1 description: FastAPI's own, with strict bodies and our problems."""

from collections.abc import Callable, Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api.bodies import BODY, body_schema
from api.errors import MEDIA_TYPE

_SAYS = {
    400: "Thiếu khóa chống lặp · The idempotency key is missing",
    401: "Chưa đăng nhập · Not logged in",
    403: "Không được phép · Not allowed",
    409: "Quy định không cho phép · Refused by a rule",
    412: "Sổ đã thay đổi · The history moved on past If-Match",
    404: "Không tìm thấy · Not found",
    413: "Nội dung quá lớn · Too large",
    415: "Không nhận kiểu nội dung này · Another content type is expected",
    422: "Nội dung gửi lên chưa đúng · Malformed",
    429: "Thử quá nhiều lần · Tried too often; see Retry-After",
    503: "Tạm thời chưa phục vụ được · Unavailable; see Retry-After",
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `code` is stable, `title` speaks the caller's language.",
    "required": ["type", "title", "status", "code", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string", "examples": ["Không tìm thấy"]},
        "status": {"type": "integer"},
        "code": {"type": "string", "examples": ["not-found"]},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
        "facts": {"type": "object", "description": "The figures a rule looked at."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["in", "pointer", "code", "detail"],
                "properties": {
                    "in": {"enum": ["body", "query", "path", "header"]},
                    "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901)"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


_WAYS_IN = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "Mã truy cập của một chương trình, hay một lượt bằng mã PIN · an API token, "
        "or a turn by PIN",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sochung",
        "description": "Phiên đăng nhập; qua TLS là __Host-sochung · over TLS __Host-sochung",
    },
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer beside what was asked for."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _SAYS[status], "content": content} for status in statuses}


def described(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """FastAPI's `openapi`, with the parts of strict bodies and `Problem` among the components."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
            )
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = PROBLEM
            found["components"]["securitySchemes"] = _WAYS_IN
            found["security"] = [{way: []} for way in _WAYS_IN]
            for operation in _operations(found):
                if "401" not in operation["responses"]:
                    operation["security"] = []
            for schema in _bodies(found):
                if BODY in schema:
                    schema |= body_schema(schema.pop(BODY))
                schemas |= schema.pop("$defs", {})
            for parameter in _parameters(found):
                parameter["schema"] = _given(parameter["schema"])
            app.openapi_schema = found
        return app.openapi_schema

    return openapi


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or it is not: no text in an address means null."""
    kinds: list[dict[str, Any]] = [k for k in schema.get("anyOf", ()) if k != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **kinds[0]}


def _operations(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in found["paths"].values():
        yield from operations.values()


def _parameters(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operation in _operations(found):
        yield from operation.get("parameters", ())


def operation_id(route: APIRoute) -> str:
    return route.name


def _bodies(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operation in _operations(found):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            yield media["schema"]
