"""The one table that turns what went wrong into RFC 9457 problem details.

`code` is stable; `title` and the details of fields speak the caller's language; nothing of what
was sent is repeated except the names of fields.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from api.titles import TITLES
from domain.errors import (
    KeyReused,
    Malformed,
    NotFound,
    NotLoggedIn,
    Refusal,
    SochungError,
    StaleVersion,
    TooManyTries,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
LANGUAGE_COOKIE = "language"
RETRY_AFTER_SECONDS = 2
ERRORS_SHOWN = 50

STATUS: Mapping[type[SochungError], int] = {
    Refusal: 409,
    Malformed: 422,
    NotFound: 404,
    StaleVersion: 412,
    KeyReused: 422,
    NotLoggedIn: 401,
    TooManyTries: 429,
    Unavailable: 503,
}
STATUS_OF_CODE = {
    "idempotency-key-missing": 400,
    "out-of-scope": 403,
    "reason-needed": 403,
    "session-needed": 403,
    "fresh-code-needed": 403,
}

_CODE_OF_STATUS = {
    401: "not-logged-in",
    404: "not-found",
    405: "method-not-allowed",
    408: "too-slow",
    413: "too-large",
    415: "unsupported-media-type",
    421: "misdirected",
    422: "malformed",
    500: "internal",
    503: "unavailable",
}

# What is wrong with one field: Vietnamese, English.
_FIELD: Mapping[str, tuple[str, str]] = {
    "bad-text": ("Chữ có ký tự không được phép.", "The text has characters that are not allowed."),
    "cursor-invalid": ("Con trỏ trang không hợp lệ.", "This is not a cursor of this list."),
    "duplicate-field": ("Mục này ghi hai lần.", "This field stands twice."),
    "invalid": ("Giá trị không hợp lệ.", "The value is not valid."),
    "missing": ("Thiếu mục này.", "This is missing."),
    "not-a-date": ("Cần ngày có thật, dạng 2026-01-31.", "A real date is expected: 2026-01-31."),
    "not-a-decimal": (
        'Cần số thập phân trong dấu nháy, ví dụ "0.7".',
        'A decimal number in quotes is expected, e.g. "0.7".',
    ),
    "not-a-list": ("Cần một danh sách.", "A list is expected."),
    "not-a-text": ("Cần một chuỗi chữ.", "A text is expected."),
    "not-a-truth": ("Cần true hoặc false.", "true or false is expected."),
    "not-an-id": ("Cần một mã UUID.", "A UUID is expected."),
    "not-an-instant": (
        "Cần thời điểm RFC 3339, ví dụ 2026-01-31T08:00:00Z.",
        "An RFC 3339 instant is expected: 2026-01-31T08:00:00Z.",
    ),
    "not-an-integer": (
        "Cần số nguyên viết bằng chữ số, không dấu nháy, dấu chấm hay số mũ.",
        "An integer is expected: digits only, no quotes, point or exponent.",
    ),
    "not-an-object": ("Cần một đối tượng JSON.", "A JSON object is expected."),
    "not-json": ("Không phải JSON hợp lệ.", "This is not valid JSON."),
    "not-one-of": ("Giá trị không có trong danh sách cho phép.", "Not one of the allowed values."),
    "not-utf-8": ("Không phải UTF-8.", "This is not UTF-8."),
    "out-of-range": ("Số nằm ngoài khoảng cho phép.", "The number is out of range."),
    "range-reversed": ("Ngày bắt đầu sau ngày kết thúc.", "The range ends before it begins."),
    "repeated-parameter": ("Tham số này ghi hai lần.", "This parameter stands twice."),
    "too-deep": ("JSON lồng quá sâu.", "The JSON is nested too deeply."),
    "too-long": ("Quá dài.", "Too long."),
    "too-short": ("Quá ngắn.", "Too short."),
    "unknown-person": ("Không có người này trong sổ.", "Nobody of this id is registered."),
    "unknown-field": ("Không có mục này trong mẫu.", "There is no such field."),
    "unknown-parameter": ("Không có tham số này.", "There is no such parameter."),
    "wrong-form": ("Không đúng dạng quy định.", "Not of the required form."),
}

_CODE_OF_PYDANTIC = {
    "missing": "missing",
    "extra_forbidden": "unknown-field",
    "json_invalid": "not-json",
    "enum": "not-one-of",
    "literal_error": "not-one-of",
    "string_pattern_mismatch": "wrong-form",
    "string_too_long": "too-long",
    "string_too_short": "too-short",
    "too_long": "too-long",
    "too_short": "too-short",
    "string_type": "not-a-text",
    "list_type": "not-a-list",
    "tuple_type": "not-a-list",
    "dict_type": "not-an-object",
    "model_type": "not-an-object",
    "model_attributes_type": "not-an-object",
    "bool_type": "not-a-truth",
    "finite_number": "out-of-range",
}
_KINDS_OF_PYDANTIC = {
    "int_": "not-an-integer",
    "greater_": "out-of-range",
    "less_": "out-of-range",
    "decimal_": "not-a-decimal",
    "uuid_": "not-an-id",
    "date_": "not-a-date",
    "bool_": "not-a-truth",
    "string_": "bad-text",
}
# The domain's own types say what is wrong in a sentence; these are known by their first words.
_CODE_OF_SENTENCE = {
    "a date ": "not-a-date",
    "day is out of range": "not-a-date",
    "month must be": "not-a-date",
    "year ": "not-a-date",
    "a decimal number": "not-a-decimal",
    "not a decimal": "not-a-decimal",
    "not a finite": "not-a-decimal",
    "character U+": "bad-text",
}


# Rules between fields of one form, in the words of whoever fills it in.
_SENTENCE_VI = {
    "start and end are said together": "Hãy ghi cả giờ bắt đầu lẫn giờ kết thúc.",
    "one of start and end, minutes, work_days or half_day is enough": (
        "Chỉ ghi một cách: giờ bắt đầu và kết thúc, hoặc số phút, hoặc số ngày công, hoặc một buổi."
    ),
    "one of start and end, minutes, work_days or half_day is needed": (
        "Hãy ghi thời gian: giờ bắt đầu và kết thúc, hoặc số phút, số ngày công, hoặc một buổi."
    ),
    "systolic and diastolic are read together": "Hãy ghi đủ hai số huyết áp.",
    "systolic lies above diastolic": "Huyết áp: số trên phải lớn hơn số dưới.",
    "a reading is needed": "Hãy ghi ít nhất một số đo.",
    "valid_until lies before valid_from": "Ngày hết hạn không thể trước ngày bắt đầu.",
    "name: either this or client_id is needed": (
        "Hãy ghi tên người mới, hoặc mã của người đã có trong sổ."
    ),
    "name: either this or person_id is needed": (
        "Hãy ghi tên người mới, hoặc mã của người đã có trong sổ."
    ),
    "client_id: somebody known is not described again": (
        "Người đã có trong sổ thì chỉ ghi mã; sửa tên, năm sinh ở mục sửa hồ sơ."
    ),
    "person_id: somebody known is not described again": (
        "Người đã có trong sổ thì chỉ ghi mã; sửa tên, năm sinh ở mục sửa hồ sơ."
    ),
    "something to correct is needed beside the reason": "Hãy ghi điều cần sửa.",
    "to_club_id: only who moved goes to another club": (
        "Chỉ người chuyển đi mới ghi câu lạc bộ chuyển tới."
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field; `within` is body, query, path or header."""

    within: str
    path: tuple[str | int, ...]
    code: str
    said: str | None = None
    """The rule in English, where the code alone does not say it."""


@dataclass(eq=False)
class Invalid(Exception):
    """The request cannot be read as what it should be."""

    faults: Sequence[Fault]
    status: int = 422
    headers: Mapping[str, str] = field(default_factory=dict)


def install(app: FastAPI) -> None:
    """Every way to fail, answered the same way."""
    app.add_exception_handler(SochungError, _domain_error)
    app.add_exception_handler(Invalid, _invalid)
    app.add_exception_handler(RequestValidationError, _invalid_parameters)
    app.add_exception_handler(HTTPException, _http_error)


def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SochungError)
    status = status_of(error)
    facts = {name: _plain(value) for name, value in error.facts.items()}
    return problem(
        request,
        status,
        error.code,
        detail=error.message,
        facts=facts if isinstance(error, Refusal) else {},
        headers=_headers_of(error),
    )


def status_of(error: SochungError | Invalid) -> int:
    if isinstance(error, Invalid):
        return error.status
    return STATUS_OF_CODE.get(error.code) or next(
        status for kind, status in STATUS.items() if isinstance(error, kind)
    )


def _headers_of(error: SochungError) -> dict[str, str]:
    if isinstance(error, NotLoggedIn):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, TooManyTries):
        return {"Retry-After": str(error.facts["seconds"])}
    return {}


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    return problem(request, error.status, faults=error.faults, headers=error.headers)


def _invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problem(request, 422, faults=[fault(found) for found in error.errors()])


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_here(request))
    return problem(request, error.status_code, headers=headers)


def _methods_here(request: Request) -> list[str]:
    """All that this address takes (RFC 9110, 15.5.6); the router names its first route's only."""
    found = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]
    return ["HEAD", *found] if "GET" in found else found


def problem(
    request: Request,
    status: int,
    code: str | None = None,
    *,
    detail: str | None = None,
    faults: Sequence[Fault] = (),
    facts: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem, in the language the caller reads."""
    language = language_of(request)
    code = code or _CODE_OF_STATUS.get(status, "http-" + str(status))
    body: dict[str, Any] = {
        "type": f"urn:problem-type:sochung:{code}",
        "title": title_of(code, status)[language == "en"],
        "status": status,
        "code": code,
        "instance": f"urn:uuid:{request_id(request)}",
    }
    if detail:
        body["detail"] = detail
    elif faults:
        body["detail"] = said(faults[0], language)
    if faults:
        body["errors"] = [
            {
                "in": one.within,
                "pointer": pointer(one.path),
                "code": one.code,
                "detail": said(one, language),
            }
            for one in faults[:ERRORS_SHOWN]
        ]
    if facts:
        body["facts"] = dict(facts)
    more = {"Content-Language": language, "Vary": "Accept-Language", **(headers or {})}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        more["Retry-After"] = str(RETRY_AFTER_SECONDS)
    app = request.scope.get("app")
    shown = getattr(app.state, "shown", None) if app else None
    if shown is not None and is_read_by_people(request):
        return cast(Response, shown(request, body, more))
    return JSONResponse(body, status, more, MEDIA_TYPE)


def is_read_by_people(request: Request) -> bool:
    """Whether a browser asked for a page, or for a file a page leads to; `app.state.shown` then
    says it as one (`web.app`)."""
    path = request.url.path
    is_paper = path.endswith((".pdf", ".csv", ".xlsx"))
    return (is_paper or not path.startswith("/v1/")) and "text/html" in request.headers.get(
        "accept", ""
    )


def request_id(request: Request) -> str:
    """The id under which the log has this request."""
    return str(request.scope.get("state", {}).get("request_id") or uuid4())


def fault(found: Mapping[str, Any]) -> Fault:
    """One of pydantic's errors, without what was sent."""
    within, *path = found["loc"] or ("body",)
    kind: str = found["type"]
    if kind == "extra_forbidden" and within == "query":
        return Fault("query", tuple(path), "unknown-parameter")
    if kind != "value_error":
        return Fault(str(within), tuple(path), _code_of(kind))
    sentence = str(found.get("ctx", {}).get("error", ""))
    code = next((c for s, c in _CODE_OF_SENTENCE.items() if sentence.startswith(s)), "invalid")
    # A rule between fields stands at the whole; its first word names the field to look at.
    named = re.match(r"[a-z_]+", sentence)
    if not path and named and ("_" in named[0] or sentence[named.end() :].startswith(":")):
        path = [named[0]]
    return Fault(str(within), tuple(path), code, sentence if code == "invalid" else None)


def pointer(path: Iterable[str | int]) -> str:
    """RFC 6901, fit to be sent: names come from the caller and may hold anything."""
    steps = (str(step)[:100].encode("utf-8", "replace").decode() for step in path)
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


def language_of(request: Request) -> str:
    """What they chose on a page (`LANGUAGE_COOKIE`), else what their browser would rather have."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in ("vi", "en"):
        return chosen
    return preferred_language(request.headers.get("accept-language", ""))


def preferred_language(accepted: str) -> str:
    """`vi` unless the caller would rather have `en` (RFC 9110, 12.5.4)."""
    best, language = 0.0, "vi"
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().lower().partition(";")
        found = re.fullmatch(r"\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", weight, re.ASCII)
        q = float(found[1]) if found else (0.0 if weight else 1.0)
        name = tag.strip().partition("-")[0]
        if name in ("vi", "en") and q > best:
            best, language = q, name
    return language


def _code_of(kind: str) -> str:
    if kind in _CODE_OF_PYDANTIC:
        return _CODE_OF_PYDANTIC[kind]
    for start, code in _KINDS_OF_PYDANTIC.items():
        if kind.startswith(start):
            return code
    return kind if kind in _FIELD else "invalid"


def title_of(code: str, status: int) -> tuple[str, str]:
    phrase = HTTPStatus(status).phrase
    return TITLES.get(code) or TITLES.get(status) or (phrase, phrase)


def said(one: Fault, language: str) -> str:
    """What is wrong with a field, in words."""
    vi, en = _FIELD.get(one.code, _FIELD["invalid"])
    if language == "en":
        return one.said or en
    return _SENTENCE_VI.get(one.said or "", vi)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)
