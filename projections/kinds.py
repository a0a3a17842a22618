"""Of what kind an event is in somebody's story, by its topic and what the person was in it.

Whatever stands in no row here was done in an office or for somebody else: `duty`, shown only to
whoever asks for it. A correction is of the kind of what it corrects.
"""

from collections.abc import Mapping
from enum import StrEnum

from domain.catalogue import EVENTS
from domain.events import Role


class StoryKind(StrEnum):
    """In the order of what tells most: of two roles in one event the earlier kind's is kept."""

    LOANS = "loans"
    REPAYMENTS = "repayments"
    GUARANTEES = "guarantees"
    DUES = "dues"
    VISITS_RECEIVED = "visits_received"
    VISITS_MADE = "visits_made"
    SHIFTS = "shifts"
    HELP = "help"
    """Work, gifts and visits to the sick that the person received."""
    GIVEN = "given"
    """Support handed over in the club's name."""
    VITALS = "vitals"
    """Readings, check-ups and insurance."""
    CARE = "care"
    MEETINGS = "meetings"
    ACTIVITIES = "activities"
    CONSENT = "consent"
    STATUS = "status"
    DUTY = "duty"


_OWN = (Role.SUBJECT, Role.MEMBER)
_CARED_FOR = (Role.CLIENT, Role.SUBJECT, Role.HELPED)
_WORKED = (Role.VOLUNTEER, Role.ACTOR, Role.MEMBER, Role.PARTICIPANT, Role.SUBJECT)
_THERE = (Role.PARTICIPANT, Role.MEMBER, Role.SUBJECT)

_TOLD: tuple[tuple[StoryKind, tuple[Role, ...], str], ...] = (
    (
        StoryKind.LOANS,
        (Role.BORROWER,),
        """loans.OpeningBalancesEntered loans.LoanRequested loans.LoanAppraised loans.LoanApproved
        loans.LoanRejected loans.LoanEndorsed loans.LoanWithdrawn loans.LoanDisbursed
        loans.LoanSettled loans.UseChecked loans.LoanExtended loans.LoanFrozen loans.LoanUnfrozen
        loans.InterestWaived loans.DebtTakenOver loans.BalanceConfirmed loans.BalanceDisputed
        loans.LoanWrittenOff loans.LossBorneByCapital loans.PastLoanEntered loans.GuarantorCalled
        loans.ExcessRefunded loans.EntryReversed""",
    ),
    (
        StoryKind.REPAYMENTS,
        (Role.BORROWER,),
        "loans.RepaymentReceived loans.PastRepaymentEntered loans.LoanRecovered",
    ),
    (
        StoryKind.GUARANTEES,
        (Role.GUARANTOR,),
        """loans.LoanRequested loans.LoanApproved loans.LoanDisbursed loans.LoanSettled
        loans.GuarantorCalled loans.DebtTakenOver loans.LoanWithdrawn loans.LoanRejected""",
    ),
    (StoryKind.DUES, (Role.PAYER, Role.SUBJECT, Role.MEMBER), "loans.DuesReceived"),
    (StoryKind.VISITS_RECEIVED, _CARED_FOR, "care.VisitMade care.VisitMissed"),
    (StoryKind.HELP, (Role.HELPED,), "care.ShiftScheduled care.ShiftWorked care.GroupWorkDone"),
    (
        StoryKind.HELP,
        (Role.SUBJECT, Role.HELPED, Role.MEMBER, Role.CLIENT),
        "clubs.SupportGiven loans.GoodsGivenOut",
    ),
    (StoryKind.VISITS_MADE, (Role.VOLUNTEER, Role.ACTOR), "care.VisitMade care.VisitMissed"),
    (
        StoryKind.SHIFTS,
        _WORKED,
        "care.ShiftScheduled care.ShiftWorked care.ShiftCancelled care.GroupWorkDone",
    ),
    (
        StoryKind.GIVEN,
        (Role.VOLUNTEER, Role.ACTOR, Role.PARTICIPANT, Role.OFFICER),
        "clubs.SupportGiven",
    ),
    (
        StoryKind.VITALS,
        (Role.SUBJECT, Role.CLIENT, Role.MEMBER, Role.PARTICIPANT),
        "care.VitalsMeasured care.CheckUpRecorded care.InsuranceRecorded",
    ),
    (
        StoryKind.CARE,
        (Role.CLIENT, Role.SUBJECT),
        """care.ClientEnrolled care.NeedsAssessed care.CarePlanMade care.ReferralOpened
        care.ReferralClosed care.ClientDischarged""",
    ),
    (StoryKind.MEETINGS, _THERE, "clubs.MeetingHeld"),
    (StoryKind.ACTIVITIES, _THERE, "clubs.ActivityHeld clubs.TrainingHeld"),
    (
        StoryKind.CONSENT,
        _OWN,
        """clubs.ConsentGiven clubs.ConsentWithdrawn clubs.DataRequested clubs.DataRequestDecided
        clubs.DataRequestCompleted clubs.PersonalDataErased""",
    ),
    (
        StoryKind.STATUS,
        (*_OWN, Role.VOLUNTEER),
        """clubs.PersonRegistered clubs.NameCorrected clubs.ContactCorrected clubs.DetailsCorrected
        clubs.HouseholdClassCertified clubs.HouseholdJoined clubs.PersonDied clubs.PersonsMerged
        clubs.MergedInto clubs.PersonWithdrawn clubs.MemberJoined clubs.MemberLeft
        clubs.MembershipWithdrawn care.VolunteerEnrolled care.VolunteerTrained
        care.VolunteerLeft accounts.AccountOpened accounts.RoleProposed accounts.RoleGranted
        accounts.RoleDeclined accounts.RoleWithdrawn accounts.AccountDisabled
        accounts.AccountEnabled accounts.ResetCodeGiven""",
    ),
    (
        StoryKind.STATUS,
        (Role.OFFICER, *_OWN),
        "clubs.BoardElected clubs.StandInNamed clubs.OfficeHandedOver",
    ),
)

KINDS: Mapping[tuple[str, Role], StoryKind] = {
    (topic, role): kind
    for kind, roles, topics in _TOLD
    for topic in topics.split()
    for role in roles
}
"""What is not here is `duty`."""

_RANK = {kind: at for at, kind in enumerate(StoryKind)}

assert all(topic in EVENTS for topic, _ in KINDS), "a kind of an event nobody records"


def kind_of(topic: str, role: Role) -> StoryKind:
    return KINDS.get((topic, role), StoryKind.DUTY)


def as_values() -> str:
    """The table for SQL: topic, role, kind, and the rank by which one row of several is kept."""
    return ", ".join(
        f"('{topic}', '{role}', '{kind}', {_RANK[kind]})" for (topic, role), kind in KINDS.items()
    )
