"""Anybody's health, as at the monthly meeting: readings, check-ups, insurance."""

from uuid import UUID

from domain.care.book import CareBook
from domain.care.commands import MeasureVitals, Moment, RecordCheckUp, RecordInsurance, Subject
from domain.care.events import (
    CareBookEvent,
    CheckUpRecorded,
    InsuranceRecorded,
    VitalsMeasured,
)
from domain.care.subjects import odd_people, refuse_lifeless, refuse_without_consent
from domain.dates import not_in_the_future
from domain.events import Concern, Role, person


def measure_vitals(
    book: CareBook | None, somebody: Subject, command: MeasureVitals, moment: Moment
) -> list[CareBookEvent]:
    """Hard: with consent; the reading itself was judged at the door."""
    on = command.occurred_on
    not_in_the_future(on, moment.today)
    refuse_lifeless(on, somebody)
    refuse_without_consent(somebody, command.vitals)
    return [
        VitalsMeasured(
            occurred_on=on,
            person_id=somebody.person_id,
            vitals=command.vitals,
            meeting_id=command.meeting_id,
            concerns=_about(somebody.person_id),
            warnings=odd_people(book or CareBook(), on, others=(somebody,)),
        )
    ]


def record_check_up(
    book: CareBook | None, somebody: Subject, command: RecordCheckUp, moment: Moment
) -> list[CareBookEvent]:
    on = command.occurred_on
    not_in_the_future(on, moment.today)
    refuse_lifeless(on, somebody)
    refuse_without_consent(somebody, command.result)
    return [
        CheckUpRecorded(
            occurred_on=on,
            person_id=somebody.person_id,
            result=command.result,
            concerns=_about(somebody.person_id),
            warnings=odd_people(book or CareBook(), on, others=(somebody,)),
        )
    ]


def record_insurance(
    book: CareBook | None, somebody: Subject, command: RecordInsurance, moment: Moment
) -> list[CareBookEvent]:
    """Until when it holds may lie in the future; the day it was told does not."""
    on = command.occurred_on
    not_in_the_future(on, moment.today)
    refuse_lifeless(on, somebody)
    return [
        InsuranceRecorded(
            occurred_on=on,
            person_id=somebody.person_id,
            valid_from=command.valid_from,
            valid_until=command.valid_until,
            card=command.card,
            concerns=_about(somebody.person_id),
            warnings=odd_people(book or CareBook(), on, others=(somebody,)),
        )
    ]


def _about(person_id: UUID) -> tuple[Concern, ...]:
    return (person(person_id, Role.SUBJECT),)
