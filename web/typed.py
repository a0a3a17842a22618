"""What people type into a form, as the values a command asks for."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

from api.parameters import UUID_TEXT
from domain.errors import Malformed
from domain.values import LAST_DAY

Typed = Mapping[str, str]

_DOTTED = re.compile(r"\d{1,3}([.,\s]\d{3})+|\d+")
_UNIT = re.compile(r"\s*(₫|đồng|đ)$")
_ISO = re.compile(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", re.ASCII)
_WRITTEN = re.compile(r"(?P<d>\d{1,2})([/. -])(?P<m>\d{1,2})\2(?P<y>\d{4})", re.ASCII)
_RUN = re.compile(r"(?P<d>\d{2})(?P<m>\d{2})(?P<y>\d{4})", re.ASCII)
"""Keys for numbers alone have no stroke: eight digits are a day, too."""


def marked(text: str) -> str:
    """Said later, in the reader's language."""
    return text


def derived(key: str, part: str) -> str:
    """The key of one of the commands that a single form becomes: sent again, each is the same."""
    return sha256(f"{key}\n{part}".encode()).hexdigest()[:40]


def amount(typed: Typed, name: str) -> int | None:
    """Whole đồng, typed with or without dots; None where nothing is typed."""
    text = _UNIT.sub("", typed.get(name, "").strip())
    if not text:
        return None
    if not _DOTTED.fullmatch(text):
        raise Malformed(
            "not-an-amount",
            marked("Hãy ghi số tiền bằng chữ số, đến từng đồng, ví dụ 450.000."),
            field=name,
        )
    return int(re.sub(r"\D", "", text))


def number(typed: Typed, name: str) -> int | None:
    text = typed.get(name, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise Malformed("not-an-integer", marked("Hãy ghi một số nguyên."), field=name)
    return int(text)


def known_id(typed: Typed, name: str) -> UUID:
    """What a page put into its form, and nobody types."""
    text = typed[name]
    if not UUID_TEXT.fullmatch(text):
        raise Malformed(
            "not-an-id", marked("Mẫu gửi lên không đúng; hãy mở lại trang."), field=name
        )
    return UUID(text)


def day(typed: Typed, name: str) -> date | None:
    """Raises `Malformed` for what is no day; None where nothing is typed."""
    text = typed.get(name, "").strip()
    if not text:
        return None
    found = as_day(text)
    if found is None:
        raise Malformed("not-a-date", marked("Hãy ghi ngày như 10/03/2026."), field=name)
    return found


def as_day(text: str) -> date | None:
    """As people write it (10/3/2026, 10.3.2026, 10032026) or as addresses have it (2026-03-10)."""
    for form in (_WRITTEN, _RUN, _ISO):
        if found := form.fullmatch(text.strip()):
            try:
                on = date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
            return on if on <= LAST_DAY else None
    return None


def iso(text: str) -> str:
    """A day as a command or an address asks for it; what is no day is refused there."""
    found = as_day(text)
    return text if found is None else found.isoformat()


def kilograms(typed: Typed, name: str) -> int | None:
    """A weight such as 52,4 in grams."""
    text = typed.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    if not re.fullmatch(r"\d{1,3}(\.\d{1,3})?", text, re.ASCII):
        raise Malformed("not-a-weight", marked("Hãy ghi cân nặng như 52,4."), field=name)
    return int(Decimal(text) * 1000)


class Given(dict[str, str]):
    """What was typed into a form, to be shown again; a field nobody typed in is empty."""

    def __missing__(self, name: str) -> str:
        return ""
