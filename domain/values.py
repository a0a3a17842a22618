"""Money, rates, text and dates: one type each, strict from the first byte.

Pydantic's lax mode takes `true`, `"5"` and `5.0` for an integer; none of these may become money.
"""

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Annotated, Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from domain.files import Media

VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")

# The most one amount may be: far above any club's fund, far below where sums leave 64 bits.
DONG_MAX = 10**13


class Immutable(BaseModel):
    """A value: frozen, strict, and deaf to fields it does not know."""

    # A command that reads balances needs few of the validators: each is built when first used.
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True)


def build_validators(of: type[Immutable] = Immutable) -> None:
    """Builds those of all values that are imported: whoever answers many callers at once builds
    none between two of them."""
    for one in of.__subclasses__():
        one.model_rebuild()
        build_validators(one)


Dong = Annotated[int, Field(strict=True, ge=-(2**63), le=2**63 - 1)]
"""Whole đồng, signed, 64-bit."""

Amount = Annotated[int, Field(strict=True, gt=0, le=DONG_MAX)]
"""Whole đồng that change hands: at least 1."""

AmountOrNone = Annotated[int, Field(strict=True, ge=0, le=DONG_MAX)]
"""Whole đồng, 0 allowed."""

Quantity = Annotated[int, Field(strict=True, gt=0, le=1_000_000)]
"""How many of a thing; its unit stands with its name."""

_BIDI_AND_INVISIBLE = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


# The same for a description: at least one character that is no blank, and none of those refused.
_REFUSED = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_BLANK = r"\t\n\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
MAYBE_BLANK = f"^[^{_REFUSED}]*$"
TEXT_SCHEMA: dict[str, Any] = {
    "pattern": f"^[^{_REFUSED}]*[^{_REFUSED}{_BLANK}][^{_REFUSED}]*$",
}

_BLANKS = re.compile("[ \t\u00a0]+")
# Decimal() alone would read "1_0", " 0.7 " and the digits of other scripts.
_DECIMAL = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def clean_text(text: str) -> str:
    """NFC, outer blanks and doubled spaces removed.

    Raises `ValueError` on NUL and other control characters, lone surrogates and
    bidirectional controls: none belongs to a name or a sentence, each has fooled somebody.
    """
    for character in text:
        if character in "\t\n\r":
            continue
        if unicodedata.category(character) in ("Cc", "Cs") or character in _BIDI_AND_INVISIBLE:
            raise ValueError(f"character U+{ord(character):04X} is not allowed")
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip()


def _exact_decimal(value: Any) -> Any:
    if isinstance(value, Decimal):
        decimal = value
    elif isinstance(value, str) and len(value) <= 20:
        if not _DECIMAL.fullmatch(value):
            raise ValueError("not a decimal number")
        decimal = Decimal(value)
    else:
        raise ValueError('a decimal number in quotes is expected, e.g. "0.7"')
    if not decimal.is_finite():
        raise ValueError("not a finite number")
    return decimal


Percent = Annotated[
    Decimal,
    BeforeValidator(_exact_decimal),
    Field(ge=0, le=1000, max_digits=12, decimal_places=8),
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([0-9]{1,3}(\.[0-9]{1,8})?|1000(\.0{1,8})?)$",
            "examples": ["0.7"],
        }
    ),
]
"""An exact decimal percentage, written as a string ("0.7"); never a float."""


WorkDays = Annotated[
    Decimal,
    BeforeValidator(_exact_decimal),
    Field(gt=0, le=100_000, max_digits=10, decimal_places=4),
    PlainSerializer(lambda value: format(value, "f"), return_type=str),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([0-9]{1,5}(\.[0-9]{1,4})?|100000(\.0{1,4})?)$",
            "not": {"pattern": r"^0+(\.0+)?$"},
            "examples": ["0.5"],
        }
    ),
]
"""Work-days (ngày công), an exact decimal written as a string ("0.5"); never a float."""

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of day in Viet Nam, "07:30"."""


class Per(StrEnum):
    """The period a rate speaks of."""

    MONTH = "month"
    YEAR = "year"


class Rate(Immutable):
    """Interest: `percent` of the principal per month or per year."""

    percent: Percent
    per: Per = Field(strict=False)


class Purpose(StrEnum):
    """Why personal text is kept: one data key per person and purpose (design.md section 6)."""

    IDENTITY = "identity"
    CONTACT = "contact"
    HEALTH = "health"
    HOUSEHOLD = "household"
    MEMO = "memo"


Hex = Annotated[str, Field(pattern=r"^[0-9a-f]+$", max_length=64)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Sealed(Immutable):
    """Personal text as it stands in an event: ciphertext only.

    AES-256-GCM under the data key of `subject` and `purpose`. `commitment` is the
    domain-separated SHA-256 of that key, so that the logged bytes fix which key opens them:
    GCM alone would let one ciphertext open to two different names under two keys.
    """

    subject: UUID = Field(strict=False)
    purpose: Purpose = Field(strict=False)
    commitment: Hex
    nonce: Hex
    ciphertext: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=200_000)]


class SealedFile(Immutable):
    """A photo or scan as an event names it: its bytes stand elsewhere, sealed like a text.

    `sha256` is of the file as it was given, `sealed_sha256` of what is kept: the first shows that
    a file is the one, the second that what is kept is unchanged, also when its key is gone.
    """

    subject: UUID = Field(strict=False)
    purpose: Purpose = Field(strict=False)
    media: Media
    size_bytes: Annotated[int, Field(strict=True, gt=0)]
    sha256: Sha256
    sealed_sha256: Sha256


Name = Annotated[
    str,
    Field(max_length=800),
    AfterValidator(clean_text),
    Field(min_length=1, max_length=200, json_schema_extra=TEXT_SCHEMA),
]


class Bare(Enum):
    """Why a text stands in an event in clear; every other one is sealed, or of a closed form."""

    PUBLIC = "a club, a place, a public body, its decision or its seed"
    PAPER = "how a paper book calls its own sheet, voucher or activity"


PublicName = Annotated[Name, Bare.PUBLIC]
PaperLabel = Annotated[str, Bare.PAPER]
Topic = Annotated[str, Field(pattern=r"^[a-z]+\.[A-Za-z]+$")]

Note = Annotated[
    str,
    Field(max_length=8000),
    AfterValidator(clean_text),
    Field(min_length=1, max_length=2000, json_schema_extra=TEXT_SCHEMA),
]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9Đđ][A-Za-z0-9Đđ ./_-]{0,39}$")]
"""A short bare label that says nothing of a person: a voucher, a minutes number, a project."""

Id = Annotated[UUID, Field(strict=False)]


def _iso_day(value: Any) -> Any:
    # Pydantic's lax mode reads 86400 and "2026-01-10T00:00" as dates; neither is one.
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        return date.fromisoformat(value)
    if type(value) is date:
        return value
    raise ValueError("a date YYYY-MM-DD is expected")


FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)

Day = Annotated[
    date,
    BeforeValidator(_iso_day),
    Field(ge=FIRST_DAY, le=LAST_DAY),
    WithJsonSchema(
        {"type": "string", "format": "date", "pattern": "^(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$"}
    ),
]
"""A business date in Viet Nam (Asia/Ho_Chi_Minh)."""


class Birth(Immutable):
    """A full birth date, or the year alone, as many older members have it."""

    year: Annotated[int, Field(strict=True, ge=1880, le=2999)]
    on: Day | None = None

    @model_validator(mode="after")
    def _one_year(self) -> Self:
        if self.on is not None and self.on.year != self.year:
            raise ValueError("the birth date lies in another year")
        return self


def business_date(instant: datetime) -> date:
    """The business date in Viet Nam at an instant; the instant must carry its zone."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime has no business date")
    return instant.astimezone(VIET_NAM).date()


def utc_now() -> datetime:
    """The edges read the clock here; the domain never does."""
    return datetime.now(UTC)
