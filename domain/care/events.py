"""What happened in a club's care book. Readings and notes are sealed under the health purpose.

A topic beside a person's id says something of their health by itself: payloads of this history
never leave the house unless the reader's permission says so (design.md section 6).
"""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.care.scales import Instrument
from domain.care.times import TimeSpent
from domain.events import Dated
from domain.values import Bare, Clock, Code, Day, Hex, Id, Name, Sealed, Topic, WorkDays


class Task(StrEnum):
    """What is done on a visit (domain.md section 6)."""

    COMPANY = "SOC"
    PERSONAL_CARE = "ADL"
    HOUSEWORK = "HOU"
    HEALTH = "HLT"
    EXERCISE = "REH"
    ERRANDS = "ERR"
    FARM = "FRM"
    RIGHTS = "INF"
    EMERGENCY = "EMG"


class Work(StrEnum):
    """What a shift is for."""

    HOME_CARE = "home_care"
    HOUSEHOLD_HELP = "household_help"
    DISASTER_CLEANUP = "disaster_cleanup"
    PUBLIC_WORKS = "public_works"
    OTHER = "other"


class Receiver(StrEnum):
    """Whom somebody is referred to. Loans of the Bank for Social Policies are no club money."""

    HEALTH_STATION = "health_station"
    HOSPITAL = "hospital"
    SOCIAL_AFFAIRS = "social_affairs"
    LEGAL_AID = "legal_aid"
    POLICE = "police"
    BANK_FOR_SOCIAL_POLICIES = "bank_for_social_policies"
    OTHER = "other"


TaskName = Annotated[Task, Field(strict=False)]
WorkName = Annotated[Work, Field(strict=False)]
ReceiverName = Annotated[Receiver, Field(strict=False)]
Warnings = tuple[Code, ...]


class CareEvent(Dated):
    warnings: Warnings = ()
    """What was shown and not refused; never anything about a reading."""
    replaces: Id | None = None
    """The event it stands in for, taken back right before it."""


# --- volunteers and their work ------------------------------------------------------------


class VolunteerEnrolled(CareEvent):
    TOPIC: ClassVar[str] = "care.VolunteerEnrolled"
    person_id: Id


class VolunteerTrained(CareEvent):
    TOPIC: ClassVar[str] = "care.VolunteerTrained"
    person_id: Id
    course: Code
    hours: Annotated[int, Field(strict=True, gt=0, le=1_000)] | None = None


class VolunteerLeft(CareEvent):
    TOPIC: ClassVar[str] = "care.VolunteerLeft"
    person_id: Id
    reason: Sealed | None = None


class ShiftScheduled(CareEvent):
    """`occurred_on` is the day it was agreed; `planned_on` is the day it is for."""

    TOPIC: ClassVar[str] = "care.ShiftScheduled"
    shift_id: Id
    person_id: Id
    planned_on: Day
    start: Clock | None = None
    end: Clock | None = None
    activity: WorkName
    helped: tuple[Id, ...] = ()
    note: Sealed | None = None


class ShiftWorked(CareEvent):
    """Work by anybody; `shift_id` is a scheduled one's, or new where nothing was planned."""

    TOPIC: ClassVar[str] = "care.ShiftWorked"
    shift_id: Id
    person_id: Id
    activity: WorkName
    label: Annotated[Name, Bare.PAPER] | None = None
    """The book's or the speaker's own word for the activity; it says nothing of a person."""
    time: TimeSpent
    helped: tuple[Id, ...] = ()
    """People helped, one of each household."""
    households: Annotated[int, Field(strict=True, ge=0, le=1_000)] = 0
    """Households or people helped beside those named."""
    note: Sealed | None = None


class ShiftCancelled(CareEvent):
    TOPIC: ClassVar[str] = "care.ShiftCancelled"
    shift_id: Id
    person_id: Id
    reason: Sealed | None = None


class GroupWorkDone(CareEvent):
    """Many together, counted and not named; `time` is one person's."""

    TOPIC: ClassVar[str] = "care.GroupWorkDone"
    work_id: Id
    activity: WorkName
    label: Annotated[Name, Bare.PAPER] | None = None
    people: Annotated[int, Field(strict=True, gt=0, le=10_000)]
    time: TimeSpent | None = None
    """None where only the days of all together are known; where nothing is, each counts a day."""
    work_days: WorkDays
    """Of all together."""
    helped: tuple[Id, ...] = ()
    households: Annotated[int, Field(strict=True, ge=0, le=1_000)] = 0
    note: Sealed | None = None


# --- home care ------------------------------------------------------------------------------


class ClientEnrolled(CareEvent):
    """Somebody frail, member or neighbour, is looked after at home from now on."""

    TOPIC: ClassVar[str] = "care.ClientEnrolled"
    client_id: Id
    coordinator_id: Id | None = None
    """Who alone, with the health station, reads a confidential referral."""
    reasons: Sealed | None = None


class NeedsAssessed(CareEvent):
    """The raw items are sealed: totals are worked out by whoever may read them."""

    TOPIC: ClassVar[str] = "care.NeedsAssessed"
    client_id: Id
    instrument: Annotated[Instrument, Field(strict=False)]
    instrument_version: Code
    items: Sealed
    assessed_by: Id


class CarePlanMade(CareEvent):
    """Replaces the plan before it, whole."""

    TOPIC: ClassVar[str] = "care.CarePlanMade"
    client_id: Id
    volunteer_ids: tuple[Id, ...]
    tasks: tuple[TaskName, ...] = ()
    visits_per_week: Annotated[int, Field(strict=True, ge=1, le=21)] | None = None
    interval_days: Annotated[int, Field(strict=True, ge=1, le=366)]
    """The longest the client may go without a visit."""
    goals: Sealed | None = None
    review_on: Day | None = None


class VisitMade(CareEvent):
    TOPIC: ClassVar[str] = "care.VisitMade"
    visit_id: Id
    client_id: Id
    volunteer_ids: tuple[Id, ...]
    time: TimeSpent
    tasks: tuple[TaskName, ...] = ()
    shift_id: Id | None = None
    """One volunteer's shift it was part of: their minutes are that shift's, counted once; other
    volunteers' minutes are the visit's."""
    vitals: Sealed | None = None
    note: Sealed | None = None
    urgent: bool = False
    next_on: Day | None = None
    confirmed_by: Literal["client", "relative"] | None = None


class VisitMissed(CareEvent):
    TOPIC: ClassVar[str] = "care.VisitMissed"
    visit_id: Id
    client_id: Id
    volunteer_ids: tuple[Id, ...]
    cause: Literal["client_away", "client_ill", "volunteer", "weather", "other"]
    note: Sealed | None = None
    next_on: Day | None = None


class ReferralOpened(CareEvent):
    """`confidential`: only the coordinator and the health station read that there is one."""

    TOPIC: ClassVar[str] = "care.ReferralOpened"
    referral_id: Id
    client_id: Id
    to: ReceiverName
    reason: Sealed | None = None
    urgent: bool = False
    confidential: bool = False
    opened_by: Id | None = None


class ReferralClosed(CareEvent):
    TOPIC: ClassVar[str] = "care.ReferralClosed"
    referral_id: Id
    client_id: Id
    outcome: Sealed | None = None
    confidential: bool = False


class ClientDischarged(CareEvent):
    TOPIC: ClassVar[str] = "care.ClientDischarged"
    client_id: Id
    cause: Literal["recovered", "moved", "died", "declined", "other"]
    note: Sealed | None = None


# --- anybody's health, as at the monthly meeting -----------------------------------------------


class VitalsMeasured(CareEvent):
    TOPIC: ClassVar[str] = "care.VitalsMeasured"
    person_id: Id
    vitals: Sealed
    meeting_id: Id | None = None


class CheckUpRecorded(CareEvent):
    """A health check-up (khám sức khỏe định kỳ): that it was, and what it found, sealed."""

    TOPIC: ClassVar[str] = "care.CheckUpRecorded"
    person_id: Id
    result: Sealed | None = None


class InsuranceRecorded(CareEvent):
    """Health insurance: until when it holds; the card's number is sealed."""

    TOPIC: ClassVar[str] = "care.InsuranceRecorded"
    person_id: Id
    valid_from: Day | None = None
    valid_until: Day
    card: Sealed | None = None


# --- corrections ------------------------------------------------------------------------------

Replacement = VisitMade | VisitMissed | ShiftWorked | GroupWorkDone


class CorrectionProposed(CareEvent):
    """Somebody asks that an event no longer count, or that another stand in for it."""

    TOPIC: ClassVar[str] = "care.CorrectionProposed"
    corrects: Id
    proposed_by: Id
    reason: Sealed
    replacement: Replacement | None = None
    report: Hex | None = None
    """The digest of what the proposer was shown it changes."""


class EntryWithdrawn(CareEvent):
    """The event `withdraws` no longer counts; what replaces it stands right behind."""

    TOPIC: ClassVar[str] = "care.EntryWithdrawn"
    withdraws: Id
    withdrawn_topic: Topic
    thing_id: Id
    """The visit, shift, client or person the withdrawn event is about."""
    reason: Sealed | None = None
    proposed_by: Id | None = None
    approved_by: Id | None = None
    import_id: Id | None = None
    """Set when a whole import is undone."""


CareBookEvent = (
    VolunteerEnrolled
    | VolunteerTrained
    | VolunteerLeft
    | ShiftScheduled
    | ShiftWorked
    | ShiftCancelled
    | GroupWorkDone
    | ClientEnrolled
    | NeedsAssessed
    | CarePlanMade
    | VisitMade
    | VisitMissed
    | ReferralOpened
    | ReferralClosed
    | ClientDischarged
    | VitalsMeasured
    | CheckUpRecorded
    | InsuranceRecorded
    | CorrectionProposed
    | EntryWithdrawn
)
