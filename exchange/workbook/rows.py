"""The typed rows of a book. Amounts are whole đồng, rates exact percentages.

`digest` names a row by what it says, not by where or how it is written: the same row gives the
same digest after a sort, a re-typing in capitals or another spacing. The second of two identical
rows has its own.
"""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import Literal, TypeVar

from exchange.workbook.care_words import Activity, Task
from exchange.workbook.people import Who
from exchange.workbook.text import fold
from exchange.workbook.words import Direction, Household, Method, Sex, Source


@dataclass(frozen=True, kw_only=True)
class Row:
    sheet: str
    row: int
    digest: str = ""


@dataclass(frozen=True, kw_only=True)
class ClubInfo(Row):
    name: str
    hamlet: str | None = None
    commune: str | None = None
    district: str | None = None
    province: str | None = None
    decision: str | None = None
    founded_on: date | None = None
    chair: str | None = None
    accountant: str | None = None
    treasurer: str | None = None
    secretary: str | None = None
    meeting_day: int | None = None
    rate_percent: Decimal | None = None
    rate_per: Literal["month", "year"] = "month"


@dataclass(frozen=True, kw_only=True)
class MemberRow(Row):
    name: str
    joined_on: date
    birth_year: int | None = None
    born_on: date | None = None
    sex: Sex | None = None
    ethnicity: str | None = None
    household: Household | None = None
    volunteer: bool = False
    phone: str | None = None
    citizen_number: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class CapitalRow(Row):
    on: date
    voucher: str | None
    source: Source
    amount: int
    memo: str | None = None


@dataclass(frozen=True, kw_only=True)
class LoanRow(Row):
    on: date
    voucher: str | None
    borrower: str
    principal: int
    rate_percent: Decimal
    rate_per: Literal["month", "year"]
    term_months: int
    method: Method
    purpose: str | None = None


@dataclass(frozen=True, kw_only=True)
class RepaymentRow(Row):
    on: date
    voucher: str | None
    borrower: str
    principal: int
    interest: int


@dataclass(frozen=True, kw_only=True)
class OperatingRow(Row):
    on: date
    voucher: str | None
    direction: Direction
    amount: int
    memo: str | None = None


@dataclass(frozen=True, kw_only=True)
class CountRow(Row):
    on: date
    counted: int


@dataclass(frozen=True, kw_only=True)
class VisitRow(Row):
    """A visit at home. How long it took is said in one way: from and to, minutes, or work-days."""

    on: date
    client: Who
    volunteers: tuple[Who, ...]
    start: str | None = None
    end: str | None = None
    minutes: int | None = None
    work_days: Decimal | None = None
    tasks: tuple[Task, ...] = ()
    systolic: int | None = None
    diastolic: int | None = None
    pulse: int | None = None
    weight_grams: int | None = None
    note: str | None = None
    """With the words of `tasks` that are no known task."""
    urgent: bool | None = None
    next_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class WorkRow(Row):
    """Work of each of `workers`, or of `people` together who are counted and not named."""

    on: date
    workers: tuple[Who, ...] = ()
    people: int | None = None
    activity: Activity = "other"
    label: str | None = None
    helped: tuple[Who, ...] = ()
    households: int | None = None
    work_days: Decimal | None = None
    """Of each worker; of all together where people are counted."""
    start: str | None = None
    end: str | None = None
    minutes: int | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class MeetingRow(Row):
    on: date
    head_count: int
    minutes: str | None = None
    attended: tuple[Who, ...] = ()
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class VolunteerRow(Row):
    who: Who
    on: date | None = None
    course: str | None = None
    trained_on: date | None = None
    hours: int | None = None


Some = TypeVar("Some", bound=Row)

_WHERE = frozenset({"sheet", "row", "digest"})


class Digests:
    """Gives each row its digest, counting equal ones of a kind through the whole book."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def sign(self, kind: str, row: Some) -> Some:
        content = _content(kind, row)
        self._seen[content] += 1
        if self._seen[content] > 1:
            content = f"{content}#{self._seen[content]}"
        return replace(row, digest=hashlib.sha256(content.encode()).hexdigest())


def _content(kind: str, row: Row) -> str:
    """Fields without a value are left out, so that a column added later changes no old digest."""
    said = {
        field.name: _plain(value)
        for field in fields(row)
        if field.name not in _WHERE and (value := getattr(row, field.name)) is not None
    }
    return f"{kind}:{json.dumps(said, ensure_ascii=False, sort_keys=True)}"


def _plain(value: object) -> str | int | list[str]:
    match value:
        case tuple():
            return [_said(one) for one in value]
        case Who():
            return _said(value)
        case str():
            return fold(value)
        case bool() | int():
            return value
        case Decimal():
            return format(value.normalize(), "f")
        case date():
            return value.isoformat()
        case _:
            raise AssertionError(f"no digest for {type(value).__name__}")


def _said(one: Who | str) -> str:
    if isinstance(one, str):
        return one
    return f"{fold(one.name)} (hàng xóm)" if one.neighbour else fold(one.name)
