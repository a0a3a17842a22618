"""Volunteers: enrolled, trained, gone. Any registered person may be one, member or not."""

from uuid import UUID

from domain.care.book import CareBook
from domain.care.commands import EnrolVolunteer, LeaveVolunteering, Moment, Subject, TrainVolunteer
from domain.care.events import CareBookEvent, VolunteerEnrolled, VolunteerLeft, VolunteerTrained
from domain.care.subjects import odd_people, refuse_lifeless
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import Concern, Role, person


def enrol_volunteer(
    book: CareBook | None, volunteer: Subject, command: EnrolVolunteer, moment: Moment
) -> list[CareBookEvent]:
    """Hard: once at a time."""
    book, on = book or CareBook(), command.occurred_on
    not_in_the_future(on, moment.today)
    refuse_lifeless(on, volunteer)
    stint = book.volunteers.get(volunteer.person_id)
    if any(book.volunteers_now(id) for id in volunteer.ids):
        raise Refusal("already-a-volunteer", "Người này đang là tình nguyện viên.")
    if stint is not None and stint.until is not None and on < stint.until:
        raise Refusal("date-order", "Ngày nhận lại phải sau ngày thôi làm.", since=str(stint.until))
    return [
        VolunteerEnrolled(
            occurred_on=on,
            person_id=volunteer.person_id,
            concerns=_concerning(volunteer.person_id),
            warnings=odd_people(book, on, others=(volunteer,)),
        )
    ]


def train_volunteer(
    book: CareBook | None, volunteer: Subject, command: TrainVolunteer, moment: Moment
) -> list[CareBookEvent]:
    on = command.occurred_on
    not_in_the_future(on, moment.today)
    refuse_lifeless(on, volunteer)
    return [
        VolunteerTrained(
            occurred_on=on,
            person_id=volunteer.person_id,
            course=command.course,
            hours=command.hours,
            concerns=_concerning(volunteer.person_id),
            warnings=odd_people(book or CareBook(), on, volunteers=(volunteer,)),
        )
    ]


def leave_volunteering(
    book: CareBook | None, volunteer_id: UUID, command: LeaveVolunteering, moment: Moment
) -> list[CareBookEvent]:
    """Hard: only who is enrolled leaves, not before they came."""
    not_in_the_future(command.occurred_on, moment.today)
    stint = (book or CareBook()).volunteers.get(volunteer_id)
    if stint is None or stint.until is not None:
        raise Refusal("not-a-volunteer", "Người này không phải tình nguyện viên.")
    if command.occurred_on < stint.since:
        raise Refusal(
            "date-order", "Ngày thôi làm không thể trước ngày nhận.", since=str(stint.since)
        )
    return [
        VolunteerLeft(
            occurred_on=command.occurred_on,
            person_id=volunteer_id,
            reason=command.reason,
            concerns=_concerning(volunteer_id),
        )
    ]


def _concerning(person_id: UUID) -> tuple[Concern, ...]:
    return (person(person_id, Role.VOLUNTEER),)
