"""What is asked of a care book, and what its decisions are told of the people in it.

Texts come sealed: the door sealed them, the domain has no need to read them. What is sealed under
the health purpose is health data: it needs a live consent of whom it is about.
"""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from domain.care.events import ReceiverName, TaskName, WorkName
from domain.care.scales import Instrument
from domain.care.times import TimeMaybeSaid, TimeSaid
from domain.regulation import Rules
from domain.values import Clock, Code, Day, Id, Immutable, Sealed


def _each_once(people: tuple[UUID, ...]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(people))


EachOnce = AfterValidator(_each_once)
"""Who is named twice was there once."""
PeopleNamed = Annotated[tuple[Id, ...], Field(max_length=20), EachOnce]
Households = Annotated[int, Field(strict=True, ge=0, le=1_000)]


class Moment(Immutable):
    """Now, and the by-laws of the day that is told of."""

    today: date
    minute: int
    """Now, on the line of `times.Interval`."""
    rules: Rules


class Subject(Immutable):
    """What other histories say of a person."""

    person_id: Id
    also: frozenset[Id] = frozenset()
    """Other ids of the same human being."""
    birth_year: int | None = None
    died_on: date | None = None
    joined_on: date | None = None
    """None: no member of this club."""
    health_consent: bool = False
    """Whether a consent to keep health data is live now."""

    @property
    def ids(self) -> frozenset[UUID]:
        return self.also | {self.person_id}


# --- volunteers and their work ------------------------------------------------------------


class EnrolVolunteer(Immutable):
    occurred_on: Day


class TrainVolunteer(Immutable):
    occurred_on: Day
    course: Code
    hours: Annotated[int, Field(strict=True, gt=0, le=1_000)] | None = None


class LeaveVolunteering(Immutable):
    occurred_on: Day
    reason: Sealed | None = None


class ScheduleShift(Immutable):
    """`occurred_on` is the day it was agreed; `planned_on`, today or later, the day it is for."""

    occurred_on: Day
    shift_id: Id
    planned_on: Day
    start: Clock | None = None
    end: Clock | None = None
    activity: WorkName
    helped: PeopleNamed = ()
    note: Sealed | None = None

    @model_validator(mode="after")
    def _start_and_end(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end are said together")
        return self


class WorkShift(TimeSaid):
    """Work by anybody, planned or not; a planned shift says what it was for."""

    occurred_on: Day
    shift_id: Id
    activity: WorkName | None = None
    helped: PeopleNamed = ()
    households: Households = 0
    note: Sealed | None = None


class CancelShift(Immutable):
    occurred_on: Day
    reason: Sealed | None = None


class DoGroupWork(TimeMaybeSaid):
    """A day, an activity and a number of people suffice. `work_days` are those of all together;
    clock times, minutes and half a day are each one's."""

    occurred_on: Day
    work_id: Id
    activity: WorkName
    people: Annotated[int, Field(strict=True, gt=0, le=10_000)]
    helped: PeopleNamed = ()
    households: Households = 0
    note: Sealed | None = None


# --- home care ------------------------------------------------------------------------------


class EnrolClient(Immutable):
    occurred_on: Day
    coordinator_id: Id | None = None
    reasons: Sealed | None = None


class AssessNeeds(Immutable):
    occurred_on: Day
    instrument: Annotated[Instrument, Field(strict=False)]
    instrument_version: Code
    items: Sealed
    assessed_by: Id


class MakeCarePlan(Immutable):
    """Replaces the plan before it, whole."""

    occurred_on: Day
    volunteer_ids: PeopleNamed
    tasks: tuple[TaskName, ...] = ()
    visits_per_week: Annotated[int, Field(strict=True, ge=1, le=21)] | None = None
    interval_days: Annotated[int, Field(strict=True, ge=1, le=366)] | None = None
    """The longest without a visit; None: as the regulation says."""
    goals: Sealed | None = None
    review_on: Day | None = None


class MakeVisit(TimeSaid):
    occurred_on: Day
    visit_id: Id
    volunteer_ids: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20), EachOnce]
    tasks: tuple[TaskName, ...] = ()
    shift_id: Id | None = None
    vitals: Sealed | None = None
    note: Sealed | None = None
    urgent: bool = False
    next_on: Day | None = None
    confirmed_by: Literal["client", "relative"] | None = None


class MissVisit(Immutable):
    """A visit that was due and was not made."""

    occurred_on: Day
    visit_id: Id
    volunteer_ids: PeopleNamed = ()
    cause: Literal["client_away", "client_ill", "volunteer", "weather", "other"]
    note: Sealed | None = None
    next_on: Day | None = None


class OpenReferral(Immutable):
    """`confidential`: a suspicion of abuse; only the coordinator and the health station read it."""

    occurred_on: Day
    referral_id: Id
    to: ReceiverName
    reason: Sealed | None = None
    urgent: bool = False
    confidential: bool = False
    opened_by: Id | None = None


class CloseReferral(Immutable):
    occurred_on: Day
    outcome: Sealed | None = None


class DischargeClient(Immutable):
    occurred_on: Day
    cause: Literal["recovered", "moved", "died", "declined", "other"]
    note: Sealed | None = None


# --- anybody's health, as at the monthly meeting -----------------------------------------------


class MeasureVitals(Immutable):
    occurred_on: Day
    vitals: Sealed
    meeting_id: Id | None = None


class RecordCheckUp(Immutable):
    occurred_on: Day
    result: Sealed | None = None


class RecordInsurance(Immutable):
    occurred_on: Day
    valid_from: Day | None = None
    valid_until: Day
    card: Sealed | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_from is not None and self.valid_until < self.valid_from:
            raise ValueError("valid_until lies before valid_from")
        return self
