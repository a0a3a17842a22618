"""What people ask about the data kept of them, who decides it, and by when (Law 91/2025/QH15)."""

from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from pydantic import Field

from domain.clubs.events import (
    ConsentPurpose,
    ConsentWithdrawn,
    DataRequestCompleted,
    DataRequestDecided,
    DataRequested,
    ErasedKey,
    Ground,
    PersonalDataErased,
    PersonEvent,
    RequestKind,
)
from domain.clubs.people import Person, Request, known
from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.values import Code, Day, Hex, Id, Immutable, Purpose, Sealed

ACCOUNTING_YEARS: Final = 10
"""Papers about money are kept ten years after the year they were settled in."""

GRANTING: Final = frozenset(
    {
        Ground.CONSENT_WITHDRAWN,
        Ground.PURPOSE_ENDED,
        Ground.RETENTION_OVER,
        Ground.UNLAWFUL,
        Ground.RIGHT_OF_ACCESS,
    }
)
OF_PURPOSES: Final = frozenset({RequestKind.ERASE, RequestKind.WITHDRAW})
"""These two are carried out by their decision; the others are done by people."""


class RequestData(Immutable):
    """By the person, by a relative with written authority or a guardian, or through an officer."""

    occurred_on: Day
    request_id: Id
    kind: RequestKind = Field(strict=False)
    purposes: tuple[ConsentPurpose, ...] = Field(default=(), max_length=4)
    asked_by: Id | None = None
    authority: Code | None = None
    entered_by: Id
    note: Sealed | None = None


class DecideRequest(Immutable):
    """By somebody else than who asked or took it down. An erasure is carried out by it."""

    occurred_on: Day
    request_id: Id
    granted: bool
    ground: Ground = Field(strict=False)
    decided_by: Id
    reason: Sealed | None = None


class CompleteRequest(Immutable):
    """The copy was handed over, or the mistake mended."""

    occurred_on: Day
    request_id: Id
    completed_by: Id
    document: Hex | None = None


class Held(NamedTuple):
    """What is kept of a person: the keys that open it, and what ties their name to money."""

    keys: tuple[ErasedKey, ...]
    in_use: bool
    """A member still, or with a loan that is not settled."""
    last_money_on: date | None
    """The last business date of money that names them."""


Alarm = Literal["half", "most", "late"]


class Clock(NamedTuple):
    due_on: date
    days_left: int
    """Working days to a decision, days until it is done; below 0 the days it is late."""
    alarm: Alarm | None
    """At half and at four fifths of the time."""


class Limits(Immutable):
    """By when a request is decided, and what was granted is done."""

    answer_working_days: int = 2
    carry_out_days: int = 15

    def clock(self, requested_on: date, today: date, *, decided: bool) -> Clock:
        if decided:
            given, gone = self.carry_out_days, (today - requested_on).days
            due_on = requested_on + timedelta(days=given)
        else:
            given, gone = self.answer_working_days, working_days_between(requested_on, today)
            due_on = working_days_after(requested_on, given)
        if today > due_on:
            return Clock(due_on, (due_on - today).days, "late")
        alarm: Alarm | None = None
        if 5 * gone >= 4 * given:
            alarm = "most"
        elif 2 * gone >= given:
            alarm = "half"
        return Clock(due_on, given - gone, alarm)


def request_data(person: Person | None, command: RequestData, today: date) -> list[PersonEvent]:
    """Hard: what to erase is named, a relative has authority, nothing is asked for twice."""
    person = known(person)
    not_in_the_future(command.occurred_on, today)
    relative = command.asked_by if command.asked_by != person.id else None
    if relative is not None and command.authority is None:
        raise Refusal("authority-needed", "Người thân cần giấy ủy quyền hoặc giám hộ.")
    if (command.kind in OF_PURPOSES) != bool(command.purposes):
        raise Refusal(
            "purposes-needed", "Xóa và rút lại thì ghi rõ loại dữ liệu; việc khác thì không."
        )
    if any(one.is_open and one.kind is command.kind for one in person.requests.values()):
        raise Refusal("request-open", "Yêu cầu như thế này đang chờ giải quyết.")
    concerned = [concerns_person(person.id, Role.SUBJECT)]
    if relative is not None:
        concerned.append(concerns_person(relative, Role.SIGNATORY))
    return [
        DataRequested(
            person_id=person.id,
            occurred_on=command.occurred_on,
            request_id=command.request_id,
            kind=command.kind,
            purposes=tuple(dict.fromkeys(command.purposes)),
            asked_by=relative,
            authority=command.authority if relative is not None else None,
            entered_by=command.entered_by,
            note=command.note,
            concerns=tuple(concerned),
        )
    ]


def decide_request(
    person: Person | None,
    command: DecideRequest,
    held: Held,
    today: date,
    also: frozenset[Id] = frozenset(),
) -> list[PersonEvent]:
    """`also` are the decider's other ids. What was granted of data is done in the same breath."""
    person = known(person)
    request = _asked(person, command.request_id)
    _refuse_before(request, command.occurred_on, today)
    if request.granted is not None:
        raise Refusal("request-decided", "Yêu cầu này đã có quyết định.")
    if not (also | {command.decided_by}).isdisjoint(request.hands | {person.id}):
        raise Refusal("same-person", "Người quyết định phải là một người khác.")
    if command.granted != (command.ground in GRANTING):
        raise Refusal("wrong-ground", "Căn cứ này không dùng cho quyết định như vậy.")
    kept, until = _kept(request, held, command) if command.granted else (frozenset[Purpose](), None)
    concerns = (concerns_person(person.id, Role.SUBJECT),)
    events: list[PersonEvent] = [
        DataRequestDecided(
            person_id=person.id,
            occurred_on=command.occurred_on,
            request_id=command.request_id,
            granted=command.granted,
            ground=command.ground,
            decided_by=command.decided_by,
            kept=_named(kept),
            kept_until=until,
            reason=command.reason,
            concerns=(*concerns, concerns_person(command.decided_by, Role.APPROVER)),
        )
    ]
    if not command.granted or request.kind not in OF_PURPOSES:
        return events
    gone = _named(request.purposes - kept)
    events += (
        ConsentWithdrawn(
            person_id=person.id, occurred_on=command.occurred_on, purpose=purpose, concerns=concerns
        )
        for purpose in gone
        if Purpose(purpose) in person.consents
    )
    if request.kind is RequestKind.ERASE:
        events.append(
            PersonalDataErased(
                person_id=person.id,
                occurred_on=command.occurred_on,
                request_id=command.request_id,
                purposes=gone,
                ground=command.ground,
                decided_by=command.decided_by,
                keys=tuple(key for key in held.keys if key.purpose in gone),
                concerns=concerns,
            )
        )
    events.append(_completed(person, command.request_id, command.occurred_on, command.decided_by))
    return events


def complete_request(
    person: Person | None, command: CompleteRequest, today: date
) -> list[PersonEvent]:
    person = known(person)
    request = _asked(person, command.request_id)
    _refuse_before(request, command.occurred_on, today)
    if not request.granted or request.completed:
        raise Refusal("request-not-granted", "Yêu cầu này chưa được chấp thuận, hoặc đã làm xong.")
    done_by = command.completed_by
    return [_completed(person, command.request_id, command.occurred_on, done_by, command.document)]


def identity_kept_until(last_money_on: date | None) -> date | None:
    """The last day on which who had to do with money is still named in its papers."""
    return date(last_money_on.year + ACCOUNTING_YEARS, 12, 31) if last_money_on else None


def working_days_after(day: date, count: int) -> date:
    """Monday to Friday. Public holidays are not known: a limit is never too late by them."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def working_days_between(day: date, until: date) -> int:
    """Working days after `day` up to `until`."""
    days = max((until - day).days, 0)
    return sum((day + timedelta(days=n + 1)).weekday() < 5 for n in range(days))


def _asked(person: Person, request_id: Id) -> Request:
    request = person.requests.get(request_id)
    if request is None:
        raise NotFound("Người này không có yêu cầu như vậy.")
    return request


def _refuse_before(request: Request, on: date, today: date) -> None:
    not_in_the_future(on, today)
    if on < request.requested_on:
        raise Refusal("date-order", "Ngày này trước ngày yêu cầu.")


def _kept(
    request: Request, held: Held, command: DecideRequest
) -> tuple[frozenset[Purpose], date | None]:
    """Hard: who has to do with the club's money has a name, until the papers may go."""
    if request.kind is not RequestKind.ERASE or Purpose.IDENTITY not in request.purposes:
        return frozenset(), None
    until = None if held.in_use else identity_kept_until(held.last_money_on)
    if not held.in_use and (until is None or command.occurred_on > until):
        return frozenset(), None
    if request.purposes == {Purpose.IDENTITY}:
        raise Refusal(
            "identity-kept",
            "Danh tính phải giữ theo hợp đồng và chế độ kế toán; hãy từ chối yêu cầu này.",
            until=str(until) if until else None,
        )
    return frozenset({Purpose.IDENTITY}), until


def _named(purposes: frozenset[Purpose]) -> tuple[ConsentPurpose, ...]:
    order: tuple[ConsentPurpose, ...] = ("identity", "contact", "health", "household")
    return tuple(purpose for purpose in order if Purpose(purpose) in purposes)


def _completed(
    person: Person, request_id: Id, on: date, by: Id, document: Hex | None = None
) -> DataRequestCompleted:
    return DataRequestCompleted(
        person_id=person.id,
        occurred_on=on,
        request_id=request_id,
        completed_by=by,
        document=document,
        concerns=(concerns_person(person.id, Role.SUBJECT), concerns_person(by, Role.OFFICER)),
    )
