"""Visits: made by one volunteer or several, perhaps within a shift; or missed."""

from collections.abc import Sequence
from datetime import date

from domain.care.book import BusyPeople, CareBook, Step
from domain.care.clients import client_on, naming
from domain.care.commands import MakeVisit, MissVisit, Moment, Subject
from domain.care.events import CareBookEvent, VisitMade, VisitMissed
from domain.care.presence import NOBODY, refuse_elsewhere, refuse_unfinished
from domain.care.subjects import (
    each_once,
    odd_people,
    refuse_lifeless,
    refuse_own_volunteer,
    refuse_without_consent,
)
from domain.care.times import TimeSpent, spent
from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal


def make_visit(
    book: CareBook | None,
    client: Subject,
    volunteers: Sequence[Subject],
    command: MakeVisit,
    moment: Moment,
    elsewhere: BusyPeople = NOBODY,
) -> list[CareBookEvent]:
    """Hard: over and within 24 hours; of a living client, by others than the client; nobody at
    two things at once; inside the shift it names; health data with consent."""
    book, on = book or CareBook(), command.occurred_on
    volunteers = each_once(volunteers)
    went = tuple(one.person_id for one in volunteers)
    time = spent(command, on, moment.rules.work_day_minutes)
    refuse_unfinished(on, time, moment)
    refuse_lifeless(on, client, *volunteers)
    client_on(book, client.person_id, on)
    refuse_own_volunteer(client, command.volunteer_ids)
    refuse_without_consent(client, command.vitals, command.note)
    _refuse_next_before(on, command.next_on)
    _refuse_outside_shift(book, command, time)
    presence = refuse_elsewhere(
        book,
        on,
        time.interval(on),
        volunteers,
        visited=(client,),
        part_of=command.shift_id,
        elsewhere=elsewhere,
    )
    return [
        VisitMade(
            occurred_on=on,
            visit_id=command.visit_id,
            client_id=client.person_id,
            volunteer_ids=went,
            time=time,
            tasks=command.tasks,
            shift_id=command.shift_id,
            vitals=command.vitals,
            note=command.note,
            urgent=command.urgent,
            next_on=command.next_on,
            confirmed_by=command.confirmed_by,
            concerns=naming(client.person_id, went),
            warnings=(*odd_people(book, on, volunteers=volunteers, others=(client,)), *presence),
        )
    ]


def miss_visit(
    book: CareBook | None,
    client: Subject,
    volunteers: Sequence[Subject],
    command: MissVisit,
    moment: Moment,
) -> list[CareBookEvent]:
    book, on = book or CareBook(), command.occurred_on
    not_in_the_future(on, moment.today)
    refuse_lifeless(on, client, *volunteers)
    client_on(book, client.person_id, on)
    refuse_own_volunteer(client, command.volunteer_ids)
    refuse_without_consent(client, command.note)
    _refuse_next_before(on, command.next_on)
    return [
        VisitMissed(
            occurred_on=on,
            visit_id=command.visit_id,
            client_id=client.person_id,
            volunteer_ids=command.volunteer_ids,
            cause=command.cause,
            note=command.note,
            next_on=command.next_on,
            concerns=naming(client.person_id, command.volunteer_ids),
            warnings=odd_people(book, on, volunteers=volunteers, others=(client,)),
        )
    ]


def _refuse_outside_shift(book: CareBook, command: MakeVisit, time: TimeSpent) -> None:
    """Hard: an hour is counted once, so a visit of a shift lies inside it, by its volunteer.

    Where either was not looked at on a clock, the same day and no more minutes have to do.
    """
    if command.shift_id is None:
        return
    shift = book.shifts.get(command.shift_id)
    if shift is None:
        raise NotFound("Không có ca nào như vậy.")
    if shift.step is not Step.WORKED:
        raise Refusal("shift-not-worked", "Hãy ghi ca này đã làm trước, rồi ghi lượt thăm.")
    interval = time.interval(command.occurred_on)
    if shift.since is not None and shift.until is not None and interval is not None:
        inside = shift.since <= interval[0] and interval[1] <= shift.until
    else:
        inside = shift.on == command.occurred_on and time.minutes <= (shift.minutes or 0)
    if not inside or shift.person_id not in command.volunteer_ids:
        raise Refusal(
            "outside-shift", "Lượt thăm không nằm trong ca này, hoặc ca là của người khác."
        )


def _refuse_next_before(on: date, next_on: date | None) -> None:
    if next_on is not None and next_on < on:
        raise Refusal("date-order", "Lượt thăm sau không thể trước lượt này.", since=str(on))
