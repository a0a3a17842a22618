"""The money sheet of a meeting: what was typed becomes the commands of one evening, in their order.

Each command has a key of its own, derived from the sheet's: a sheet sent again does again only what
had not come to be. Nothing is decided here; what a row is refused for stands beside that row.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.errors import Malformed
from domain.loans.accounts import DENOMINATIONS
from projections import clubs
from projections.people import names_of
from projections.portfolio import LoanAt, portfolio
from projections.times import Seen
from projections.vietnamese import sort_key
from web import typed
from web.entering import Step
from web.typed import Typed


class Due(NamedTuple):
    """What a borrower was expected to bring when the sheet was opened; the sheet carries it along.

    `late` is the late interest within `interest`.
    """

    principal: int
    interest: int
    late: int

    def __str__(self) -> str:
        return " ".join(map(str, self))

    @classmethod
    def read(cls, text: str) -> "Due":
        parts = text.split()
        if len(parts) != 3 or not all(part.isdecimal() for part in parts):
            raise Malformed("malformed", "Bảng này không còn nguyên vẹn; hãy mở lại.", field="on")
        return cls(*map(int, parts))


class Borrowed(NamedTuple):
    """A live loan and what its borrower is to bring."""

    loan_id: UUID
    outstanding: int
    due: Due


class Row(NamedTuple):
    person_id: UUID
    name: str
    member: bool
    loans: tuple[Borrowed, ...]


@dataclass
class Sheet:
    """What one meeting's sheet asks of the books; `faults` by field where a text says nothing."""

    steps: list[Step] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)

    def take(self, steps: Iterator[Step]) -> None:
        try:
            self.steps += steps
        except Malformed as error:
            self.faults[str(error.facts.get("field", ""))] = error.message


def rows(connection: psycopg.Connection[Any], seen: Seen, nameless: str) -> list[Row]:
    """Everybody who is a member that day by given name, then whoever else still owes."""
    owing: dict[UUID, list[Borrowed]] = {}
    for loan in portfolio(connection, seen):
        if loan.owed is not None:
            owing.setdefault(loan.row.borrower_id, []).append(_borrowed(loan))
    members = [one for _, one in clubs.members(connection, seen.club_id)]
    called = told_apart(members, nameless)
    found = [
        Row(one.person_id, called[one.person_id], True, tuple(owing.pop(one.person_id, ())))
        for one in members
        if one.joined_on <= seen.as_of and (one.left_on is None or one.left_on > seen.as_of)
    ]
    names = names_of(connection, list(owing))
    others = [
        Row(id, called.get(id) or names.get(id, nameless), False, tuple(loans))
        for id, loans in owing.items()
    ]
    return found + sorted(others, key=lambda row: sort_key(row.name))


def told_apart(found: Iterable[clubs.MemberRow], nameless: str) -> dict[UUID, str]:
    """What members are called; of namesakes the year of birth too, for money is at stake."""
    found = list(found)
    times = Counter(one.name for one in found)

    def called(one: clubs.MemberRow) -> str:
        name = one.name or nameless
        return f"{name} ({one.birth_year})" if times[one.name] > 1 and one.birth_year else name

    return {one.person_id: called(one) for one in found}


def _borrowed(loan: LoanAt) -> Borrowed:
    owed = loan.owed
    assert owed is not None, "only loans that are out are on the sheet"
    due = Due(
        owed.principal_overdue + owed.principal_due,
        owed.interest_due + owed.late_interest,
        owed.late_interest,
    )
    return Borrowed(loan.row.loan_id, loan.outstanding, due)


def told(club_id: UUID, on: date, sent: Typed, present: Iterable[str]) -> Sheet:
    """`present` are the ids ticked. Only what was sent counts: a sheet sent again asks the same,
    whatever has become of the books since."""
    sheet, club = Sheet(), {"club_id": club_id}
    day = {"occurred_on": on.isoformat()}
    sheet.take(_meeting(club, day, sent, list(present)))
    for name in sent:
        field_, _, id = name.partition(".")
        if field_ == "due":
            sheet.take(_repayment(UUID(id), day, sent))
        elif field_ == "dues":
            sheet.take(_dues(club, day, sent, name, None if id == "all" else id))
    return sheet


def _meeting(
    club: Mapping[str, UUID], day: dict[str, Any], sent: Typed, present: list[str]
) -> Iterator[Step]:
    heads = typed.number(sent, "head_count")
    if not present and heads is None:
        return
    body = {**day, "attended": present, "head_count": heads}
    body |= {name: sent[name].strip() for name in ("minutes", "note") if sent.get(name, "").strip()}
    yield Step("head_count", "hold_meeting", club, body)


def _repayment(loan_id: UUID, day: dict[str, Any], sent: Typed) -> Iterator[Step]:
    """Just what was expected is split as the regulation says; anything else as it was written."""
    place = f"principal.{loan_id}"
    due = Due.read(sent[f"due.{loan_id}"])
    principal, interest = typed.amount(sent, place), typed.amount(sent, f"interest.{loan_id}")
    if principal is None and interest is None and sent.get(f"full.{loan_id}"):
        principal, interest = due.principal, due.interest
    paid = (principal or 0, interest or 0)
    if not sum(paid):
        return
    body: dict[str, Any] = {**day, "amount": sum(paid)}
    if paid != (due.principal, due.interest):
        late = min(paid[1], due.late)
        body |= {"principal": paid[0], "interest": paid[1] - late}
        body |= {"late_interest": late} if late else {}
    yield Step(place, "repay_loan", {"loan_id": loan_id}, body)


def _dues(
    club: Mapping[str, UUID], day: dict[str, Any], sent: Typed, place: str, payer: str | None
) -> Iterator[Step]:
    if sum_ := typed.amount(sent, place):
        body = {**day, "amount": sum_} | ({"payer_id": payer} if payer else {})
        yield Step(place, "receive_dues", club, body)


def counted(sent: Typed) -> dict[str, int]:
    """Notes by denomination; empty where nobody counted."""
    found = {str(note): typed.number(sent, f"notes.{note}") for note in DENOMINATIONS}
    return {note: number for note, number in found.items() if number is not None}


class Sums(NamedTuple):
    """What the foot of a sheet adds up to, in đồng; None of the box where nobody counted."""

    paid: int
    dues: int
    box: int | None

    @property
    def taken(self) -> int:
        return self.paid + self.dues


def sums(told: Sheet, sent: Typed) -> Sums:
    """Of what says something; what says nothing stands in the sheet's faults."""
    amounts = {"repay_loan": 0, "receive_dues": 0}
    for step in told.steps:
        if step.command in amounts:
            amounts[step.command] += step.body["amount"]
    notes: dict[str, int] = {}
    try:
        notes = counted(sent)
    except Malformed as error:
        told.faults[str(error.facts["field"])] = error.message
    return Sums(amounts["repay_loan"], amounts["receive_dues"], in_box(notes) if notes else None)


def in_box(notes: Mapping[str, int]) -> int:
    return sum(int(note) * number for note, number in notes.items())
