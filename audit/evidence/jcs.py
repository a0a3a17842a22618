"""Canonical JSON (RFC 8785): one value, one spelling, so that two parties hash the same bytes.

Envelopes keep to a profile without floats (`canonical` takes them, `canonical_plain` does not).
A verifier needs none of this: it hashes the bytes it was given and parses them afterwards.
"""

import json
from math import isfinite
from typing import Any

_SAFE = 2**53


def canonical(value: Any) -> bytes:
    """Raises `ValueError` for what has no canonical form: NaN, an integer beyond 2^53, a lone
    surrogate, a key that is no text."""
    return "".join(_spelled(value)).encode()


def canonical_plain(value: Any) -> bytes:
    """The same without floats and null: neither belongs in an envelope."""
    if _has_none_or_float(value):
        raise ValueError("an envelope holds no float and no null")
    return canonical(value)


def _spelled(value: Any) -> list[str]:
    match value:
        case None:
            return ["null"]
        case bool():
            return ["true" if value else "false"]
        case int():
            if abs(value) >= _SAFE:
                raise ValueError("an integer beyond 2^53 is not the same everywhere")
            return [str(value)]
        case float():
            return [_number(value)]
        case str():
            return [_text(value)]
        case list() | tuple():
            parts = [part for item in value for part in (",", *_spelled(item))]
            return ["[", *parts[1:], "]"]
        case dict():
            if not all(isinstance(key, str) for key in value):
                raise ValueError("a key is text")
            # By UTF-16 code units, as RFC 8785, section 3.2.3, has it.
            keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
            parts = [p for key in keys for p in (",", _text(key), ":", *_spelled(value[key]))]
            return ["{", *parts[1:], "}"]
    raise ValueError(f"{type(value).__name__} has no JSON form")


def _text(text: str) -> str:
    if any(0xD800 <= ord(character) < 0xE000 for character in text):
        raise ValueError("a lone surrogate is no text")
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    """As ECMAScript prints it. `repr` has the same shortest digits, set out differently."""
    if not isfinite(value):
        raise ValueError("NaN and infinity have no JSON form")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, power = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + ("" if fraction == "0" else fraction)
    point = len(whole) + int(power or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    digits = stripped.rstrip("0")
    if 0 < point <= 21:
        if len(digits) <= point:
            return sign + digits.ljust(point, "0")
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _has_none_or_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_none_or_float(item) for item in value.values())
    if isinstance(value, list | tuple):
        return any(_has_none_or_float(item) for item in value)
    return value is None or isinstance(value, float)
