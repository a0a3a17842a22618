"""What happened to a club and to the people in it."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.events import Dated, Event
from domain.regulation import Rules
from domain.values import Amount, Code, Day, Hex, Id, Immutable, PublicName, Sealed, Topic


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class HouseholdClass(StrEnum):
    """As certified each year by the commune, except `difficult`: the club's own vote."""

    POOR = "poor"
    NEAR_POOR = "near_poor"
    ESCAPED = "escaped"
    DIFFICULT = "difficult"
    OTHER = "other"


class Office(StrEnum):
    """Ban Chủ nhiệm: the offices of the board."""

    CHAIR = "chair"
    VICE_CHAIR = "vice_chair"
    ACCOUNTANT = "accountant"
    TREASURER = "treasurer"
    SECRETARY = "secretary"


class Area(StrEnum):
    """The eight areas of activity (mảng hoạt động), a closed list (domain.md section 1)."""

    INCOME = "income"
    HEALTH = "health"
    HOME_CARE = "home_care"
    SELF_HELP = "self_help"
    CULTURE = "culture"
    RIGHTS = "rights"
    LEARNING = "learning"
    RESOURCES = "resources"


class ActivityKind(StrEnum):
    """What an activity was, as the association's reports count them."""

    PUBLIC_WORKS = "public_works"
    CULTURE = "culture"
    SPORT = "sport"
    CELEBRATION = "celebration"
    TALK = "talk"
    HEALTH_CHECK = "health_check"
    TRAINING = "training"
    FUND_RAISING = "fund_raising"
    OTHER = "other"


class SupportKind(StrEnum):
    """What the club does for one of its people beside loans and home care."""

    SICK_VISIT = "sick_visit"
    GIFT = "gift"
    HELP = "help"
    LONGEVITY = "longevity"
    """Mừng thọ: the celebration of a great age."""
    CONDOLENCE = "condolence"


class Evidence(StrEnum):
    """How a consent was given (domain.md section 2)."""

    WRITTEN = "written"
    RECORDED = "recorded"
    FINGERPRINT = "fingerprint"
    """With a witness."""


ConsentPurpose = Literal["identity", "contact", "health", "household"]
"""What a person may consent to; memos are the club's own."""


class RequestKind(StrEnum):
    """What somebody may ask about their own data (Law 91/2025/QH15)."""

    ERASE = "erase"
    WITHDRAW = "withdraw"
    COPY = "copy"
    CORRECT = "correct"


class Ground(StrEnum):
    """Why a request is granted, or refused, by law."""

    CONSENT_WITHDRAWN = "consent_withdrawn"
    PURPOSE_ENDED = "purpose_ended"
    RETENTION_OVER = "retention_over"
    UNLAWFUL = "unlawful"
    RIGHT_OF_ACCESS = "right_of_access"
    ACCOUNTING_DUTY = "accounting_duty"
    CONTRACT = "contract"
    LEGAL_CLAIM = "legal_claim"
    NOT_ENTITLED = "not_entitled"
    NOT_TRUE = "not_true"


class OfficeHolder(Immutable):
    office: Office = Field(strict=False)
    person_id: Id


# --- a person's own history -------------------------------------------------------------


class PersonRegistered(Event):
    """A human being is known: name and the like are sealed, sex and birth year are counted."""

    TOPIC: ClassVar[str] = "clubs.PersonRegistered"
    person_id: Id
    name: Sealed
    sex: Annotated[Sex, Field(strict=False)] | None = None
    birth_year: int | None = None
    birth_date: Sealed | None = None
    ethnicity: Sealed | None = None
    phone: Sealed | None = None
    citizen_number: Sealed | None = None
    note: Sealed | None = None
    household_id: Id | None = None
    address: Sealed | None = None
    warnings: tuple[Code, ...] = ()
    """What was shown at the door and not refused: a citizen number that does not fit, a name that
    somebody else has too."""


class NameCorrected(Event):
    """A mistyped name is mended by an event; the old one stays in the log."""

    TOPIC: ClassVar[str] = "clubs.NameCorrected"
    person_id: Id
    name: Sealed
    reason: Sealed | None = None


class HouseholdClassCertified(Event):
    """The household's class: valid from one date, recorded at another (domain.md section 2)."""

    TOPIC: ClassVar[str] = "clubs.HouseholdClassCertified"
    person_id: Id
    household_class: Annotated[HouseholdClass, Field(strict=False)]
    valid_from: Day | None = None
    certificate: Sealed | None = None
    decree: Code | None = None
    year: Annotated[int, Field(strict=True, ge=1990, le=2999)] | None = None
    """The year the commune's list is of."""


class ContactCorrected(Event):
    """A phone number or an address, new or mended; what is not named stays as it was."""

    TOPIC: ClassVar[str] = "clubs.ContactCorrected"
    person_id: Id
    phone: Sealed | None = None
    address: Sealed | None = None
    reason: Sealed | None = None


class DetailsCorrected(Event):
    """Sex, birth, ethnicity or citizen number, mended; what is not named stays as it was."""

    TOPIC: ClassVar[str] = "clubs.DetailsCorrected"
    person_id: Id
    sex: Annotated[Sex, Field(strict=False)] | None = None
    birth_year: int | None = None
    birth_date: Sealed | None = None
    ethnicity: Sealed | None = None
    citizen_number: Sealed | None = None
    reason: Sealed | None = None
    warnings: tuple[Code, ...] = ()


class ConsentGiven(Dated):
    """To keep and show data of one purpose (domain.md section 2)."""

    TOPIC: ClassVar[str] = "clubs.ConsentGiven"
    person_id: Id
    purpose: ConsentPurpose
    evidence: Annotated[Evidence, Field(strict=False)]
    witness_id: Id | None = None
    """Needed for a fingerprint."""
    given_by: Id | None = None
    """A relative with written authority or a guardian; None: the person."""
    authority: Code | None = None
    """The paper that gives the relative authority."""
    document: Hex | None = None
    """SHA-256 of the signed paper or the recording."""


class ConsentWithdrawn(Dated):
    """Hides from now on; it erases nothing."""

    TOPIC: ClassVar[str] = "clubs.ConsentWithdrawn"
    person_id: Id
    purpose: ConsentPurpose
    reason: Sealed | None = None


class DataRequested(Dated):
    """Somebody asks about the data kept of them: `occurred_on` is the day, and the clock begins."""

    TOPIC: ClassVar[str] = "clubs.DataRequested"
    person_id: Id
    request_id: Id
    kind: Annotated[RequestKind, Field(strict=False)]
    purposes: tuple[ConsentPurpose, ...] = ()
    """Of what to erase or withdraw."""
    asked_by: Id | None = None
    """A relative with written authority or a guardian; None: the person."""
    authority: Code | None = None
    entered_by: Id
    """Who took it down: the decision is somebody else's."""
    note: Sealed | None = None


class DataRequestDecided(Dated):
    TOPIC: ClassVar[str] = "clubs.DataRequestDecided"
    person_id: Id
    request_id: Id
    granted: bool
    ground: Annotated[Ground, Field(strict=False)]
    decided_by: Id
    kept: tuple[ConsentPurpose, ...] = ()
    """What was asked for and has to stay all the same."""
    kept_until: Day | None = None
    """Until when by the accounting rules; None with something kept: as long as it is in use."""
    reason: Sealed | None = None


class DataRequestCompleted(Dated):
    """What was granted was done: the copy handed over, the mistake mended."""

    TOPIC: ClassVar[str] = "clubs.DataRequestCompleted"
    person_id: Id
    request_id: Id
    completed_by: Id
    document: Hex | None = None
    """SHA-256 of the file that was handed over."""


class ErasedKey(Immutable):
    """A data key by its commitment, which stands in everything that it sealed."""

    subject: Id
    """The person, or an entry that was merged into theirs."""
    purpose: ConsentPurpose
    commitment: Hex


class PersonalDataErased(Dated):
    """Its keys are destroyed: what they sealed is in no way readable again, wherever it stands."""

    TOPIC: ClassVar[str] = "clubs.PersonalDataErased"
    person_id: Id
    request_id: Id
    purposes: tuple[ConsentPurpose, ...]
    ground: Annotated[Ground, Field(strict=False)]
    decided_by: Id
    keys: tuple[ErasedKey, ...]


class PersonDied(Dated):
    """`occurred_on` is the day of death."""

    TOPIC: ClassVar[str] = "clubs.PersonDied"
    person_id: Id


class PersonCorrectionProposed(Dated):
    """Somebody says that an event of a person's own history was recorded by mistake."""

    TOPIC: ClassVar[str] = "clubs.PersonCorrectionProposed"
    person_id: Id
    corrects: Id
    proposed_by: Id
    reason: Sealed
    replacement: ClassVar[None] = None
    """Nothing stands in for it: what is true instead is recorded anew."""
    report: Hex | None = None


class PersonEntryWithdrawn(Dated):
    """The event `withdraws` no longer counts: who was said to have died lives."""

    TOPIC: ClassVar[str] = "clubs.PersonEntryWithdrawn"
    person_id: Id
    withdraws: Id
    withdrawn_topic: Topic
    reason: Sealed
    proposed_by: Id
    approved_by: Id


class MergeProposed(Dated):
    """Somebody thinks that this person and another entry in the book are one human being."""

    TOPIC: ClassVar[str] = "clubs.MergeProposed"
    person_id: Id
    """Whose history goes on."""
    duplicate_id: Id
    proposed_by: Id
    reason: Sealed | None = None


class PersonsMerged(Dated):
    """Stands in the history that goes on; both stay readable under either id."""

    TOPIC: ClassVar[str] = "clubs.PersonsMerged"
    person_id: Id
    duplicate_id: Id
    proposed_by: Id
    approved_by: Id
    reason: Sealed | None = None


class MergedInto(Dated):
    """The last word of the other history: whoever means this person names `into_id` from now on."""

    TOPIC: ClassVar[str] = "clubs.MergedInto"
    person_id: Id
    into_id: Id


class HouseholdJoined(Event):
    TOPIC: ClassVar[str] = "clubs.HouseholdJoined"
    person_id: Id
    household_id: Id


class PersonWithdrawn(Event):
    """The registration was a mistake and is taken back; nothing was built on it."""

    TOPIC: ClassVar[str] = "clubs.PersonWithdrawn"
    person_id: Id
    import_id: Id | None = None


PersonEvent = (
    PersonRegistered
    | NameCorrected
    | ContactCorrected
    | DetailsCorrected
    | HouseholdClassCertified
    | HouseholdJoined
    | ConsentGiven
    | ConsentWithdrawn
    | DataRequested
    | DataRequestDecided
    | DataRequestCompleted
    | PersonalDataErased
    | PersonDied
    | PersonCorrectionProposed
    | PersonEntryWithdrawn
    | MergeProposed
    | PersonsMerged
    | MergedInto
    | PersonWithdrawn
)


# --- a club's history -------------------------------------------------------------------


class ClubFounded(Dated):
    """By decision of the commune People's Committee (Decision 1336/QĐ-TTg, 2020)."""

    TOPIC: ClassVar[str] = "clubs.ClubFounded"
    club_id: Id
    name: PublicName
    village: PublicName | None = None
    commune: PublicName | None = None
    commune_code: Code | None = None
    """Of today's units; None for a unit that is no more, or was not found."""
    district: PublicName | None = None
    """Until districts ended on 1 July 2025."""
    province: PublicName | None = None
    decision: PublicName | None = None
    meeting_day: Annotated[int, Field(strict=True, ge=1, le=31)] | None = None
    warnings: tuple[Code, ...] = ()


class RegulationAdopted(Dated):
    """A version of the club's by-laws (quy chế hoạt động), in force from `effective_from`."""

    TOPIC: ClassVar[str] = "clubs.RegulationAdopted"
    club_id: Id
    version: int
    effective_from: Day
    rules: Rules
    proposed_by: Id | None = None
    approved_by: Id | None = None
    """Both, or neither: of a regulation recorded before it took two people."""


class BoardElected(Dated):
    """The whole board from a date on; who is not named no longer holds office."""

    TOPIC: ClassVar[str] = "clubs.BoardElected"
    club_id: Id
    holders: tuple[OfficeHolder, ...]


class CommuneReassigned(Dated):
    """The club's place belongs to another unit from `occurred_on` on; the club stays itself."""

    TOPIC: ClassVar[str] = "clubs.CommuneReassigned"
    club_id: Id
    commune: PublicName
    commune_code: Code | None = None
    province: PublicName
    decree: Code | None = None
    warnings: tuple[Code, ...] = ()


class ClubSuspended(Dated):
    TOPIC: ClassVar[str] = "clubs.ClubSuspended"
    club_id: Id
    decision: PublicName | None = None
    reason: Sealed | None = None


class ClubResumed(Dated):
    TOPIC: ClassVar[str] = "clubs.ClubResumed"
    club_id: Id
    decision: PublicName | None = None


class ClubDissolved(Dated):
    """No principal is outstanding and no cash left, or both went elsewhere (domain.md 1)."""

    TOPIC: ClassVar[str] = "clubs.ClubDissolved"
    club_id: Id
    decision: PublicName
    reason: Sealed | None = None


class StandInNamed(Dated):
    """Somebody fills an office for a while; the holder stays who was elected."""

    TOPIC: ClassVar[str] = "clubs.StandInNamed"
    club_id: Id
    office: Annotated[Office, Field(strict=False)]
    person_id: Id
    until: Day


class OfficeHandedOver(Dated):
    """Books and papers go into other hands; the treasurer's cash is handed over in the book."""

    TOPIC: ClassVar[str] = "clubs.OfficeHandedOver"
    club_id: Id
    office: Annotated[Office, Field(strict=False)]
    outgoing_id: Id
    incoming_id: Id
    witness_id: Id
    note: Sealed | None = None


class MemberJoined(Dated):
    TOPIC: ClassVar[str] = "clubs.MemberJoined"
    club_id: Id
    person_id: Id
    volunteer: bool = False


class MemberLeft(Dated):
    TOPIC: ClassVar[str] = "clubs.MemberLeft"
    club_id: Id
    person_id: Id
    cause: Literal["left", "died", "moved", "merged"]
    """`merged`: the entry was somebody else's double, whose membership goes on."""
    to_club_id: Id | None = None
    """Where somebody who moved is a member from the same day on."""


class MeetingHeld(Dated):
    """The monthly meeting: who came, by name, or how many, counted."""

    TOPIC: ClassVar[str] = "clubs.MeetingHeld"
    club_id: Id
    meeting_id: Id
    planned_on: Day | None = None
    """The fixed day it was postponed from."""
    minutes: Code | None = None
    attended: tuple[Id, ...] = ()
    head_count: Annotated[int, Field(strict=True, ge=0, le=100_000)]
    """Everybody there; at least those named."""
    note: Sealed | None = None
    warnings: tuple[Code, ...] = ()
    replaces: Id | None = None


class MeetingPostponed(Dated):
    TOPIC: ClassVar[str] = "clubs.MeetingPostponed"
    club_id: Id
    planned_on: Day
    to_on: Day
    reason: Sealed | None = None


class ActivityHeld(Dated):
    """Something the club did in one of its eight areas."""

    TOPIC: ClassVar[str] = "clubs.ActivityHeld"
    club_id: Id
    activity_id: Id
    area: Annotated[Area, Field(strict=False)]
    kind: Annotated[ActivityKind, Field(strict=False)]
    title: Sealed
    participants: tuple[Id, ...] = ()
    head_count: Annotated[int, Field(strict=True, ge=0, le=100_000)] | None = None
    value: Amount | None = None
    """đồng that were mobilised, or that it is worth; never money of the book."""
    replaces: Id | None = None


class SupportGiven(Dated):
    """A visit to the sick, a gift, help: what the club did for somebody, beside money lent."""

    TOPIC: ClassVar[str] = "clubs.SupportGiven"
    club_id: Id
    support_id: Id
    person_id: Id
    kind: Annotated[SupportKind, Field(strict=False)]
    value: Amount | None = None
    """Its worth in đồng, as estimated; what was paid for it stands in the book."""
    given_by: tuple[Id, ...] = ()
    note: Sealed | None = None
    replaces: Id | None = None


ClubReplacement = MeetingHeld | ActivityHeld | SupportGiven


class ClubCorrectionProposed(Dated):
    """Somebody asks that an event no longer count, or that another stand in for it."""

    TOPIC: ClassVar[str] = "clubs.CorrectionProposed"
    club_id: Id
    corrects: Id
    proposed_by: Id
    reason: Sealed
    replacement: ClubReplacement | None = None
    report: Hex | None = None


class ClubEntryWithdrawn(Dated):
    """The event `withdraws` no longer counts; what replaces it stands right behind."""

    TOPIC: ClassVar[str] = "clubs.EntryWithdrawn"
    club_id: Id
    withdraws: Id
    withdrawn_topic: Topic
    withdrawn_on: Day | None = None
    """The business date of what no longer counts: a meeting's day is free again."""
    person_id: Id | None = None
    """Whose membership goes on, where its end is what no longer counts."""
    reason: Sealed | None = None
    proposed_by: Id | None = None
    approved_by: Id | None = None
    import_id: Id | None = None


class MembershipWithdrawn(Event):
    """A membership entered by mistake is taken back (an undone import)."""

    TOPIC: ClassVar[str] = "clubs.MembershipWithdrawn"
    club_id: Id
    person_id: Id
    import_id: Id | None = None


class ClubWithdrawn(Event):
    """The club itself was entered by an import that is now undone."""

    TOPIC: ClassVar[str] = "clubs.ClubWithdrawn"
    club_id: Id
    import_id: Id


ClubEvent = (
    ClubFounded
    | RegulationAdopted
    | BoardElected
    | StandInNamed
    | OfficeHandedOver
    | CommuneReassigned
    | ClubSuspended
    | ClubResumed
    | ClubDissolved
    | MemberJoined
    | MemberLeft
    | MeetingHeld
    | MeetingPostponed
    | ActivityHeld
    | SupportGiven
    | ClubCorrectionProposed
    | ClubEntryWithdrawn
    | MembershipWithdrawn
    | ClubWithdrawn
)


# --- an association's history -----------------------------------------------------------------


class AssociationRegistered(Event):
    """The Association of the Elderly of a province or a commune."""

    TOPIC: ClassVar[str] = "clubs.AssociationRegistered"
    association_id: Id
    name: PublicName
    level: Literal["province", "commune"]
    province: PublicName
    commune: PublicName | None = None


class TrainingHeld(Dated):
    TOPIC: ClassVar[str] = "clubs.TrainingHeld"
    association_id: Id
    training_id: Id
    title: Sealed
    days: Annotated[int, Field(strict=True, ge=1, le=60)] = 1
    delegates: Annotated[int, Field(strict=True, gt=0, le=100_000)]
    participants: tuple[Id, ...] = ()
    club_ids: tuple[Id, ...] = ()
    replaces: Id | None = None


class MediaItemPublished(Dated):
    TOPIC: ClassVar[str] = "clubs.MediaItemPublished"
    association_id: Id
    item_id: Id
    kind: Literal["news", "broadcast"]
    outlet: PublicName
    title: Sealed
    replaces: Id | None = None


class PlanAdopted(Dated):
    """What an association means to reach in a year: figures by indicator."""

    TOPIC: ClassVar[str] = "clubs.PlanAdopted"
    association_id: Id
    plan_id: Id
    year: Annotated[int, Field(strict=True, ge=1990, le=2999)]
    decision: PublicName | None = None
    targets: dict[Code, Annotated[int, Field(strict=True, ge=0, le=10**12)]]
    replaces: Id | None = None


class PaperFiguresEntered(Dated):
    """What a club without the software signed for a period; `occurred_on` is the day it signed.

    Never mixed with what events tell: a report counts it apart.
    """

    TOPIC: ClassVar[str] = "clubs.PaperFiguresEntered"
    association_id: Id
    paper_id: Id
    club: PublicName
    commune: PublicName | None = None
    district: PublicName | None = None
    first_on: Day
    last_on: Day
    figures: dict[Code, Annotated[int, Field(strict=True, ge=0, le=10**13)]]
    signatory: Sealed
    """Who signed the paper, as it is written there."""
    document: Hex | None = None
    """SHA-256 of the paper's picture."""


class ReportSubmitted(Dated):
    """The province report of a period as it stood at a position of the log, handed in."""

    TOPIC: ClassVar[str] = "clubs.ReportSubmitted"
    association_id: Id
    report_id: Id
    first_on: Day
    last_on: Day
    position: Annotated[int, Field(strict=True, ge=0)]
    """What was known: asked again at it, the report comes out the same."""
    digest: Hex
    """SHA-256 of its rows."""
    submitted_by: Id


class ReportReturned(Dated):
    TOPIC: ClassVar[str] = "clubs.ReportReturned"
    association_id: Id
    report_id: Id
    remarks: Sealed
    returned_by: Id


class ReportAccepted(Dated):
    TOPIC: ClassVar[str] = "clubs.ReportAccepted"
    association_id: Id
    report_id: Id
    accepted_by: Id


class ReportLocked(Dated):
    """Nothing is handed in for its period any more; what changes later is a restatement."""

    TOPIC: ClassVar[str] = "clubs.ReportLocked"
    association_id: Id
    report_id: Id
    locked_by: Id


AssociationReplacement = TrainingHeld | MediaItemPublished | PlanAdopted


class AssociationCorrectionProposed(Dated):
    TOPIC: ClassVar[str] = "clubs.AssociationCorrectionProposed"
    association_id: Id
    corrects: Id
    proposed_by: Id
    reason: Sealed
    replacement: AssociationReplacement | None = None
    report: Hex | None = None


class AssociationEntryWithdrawn(Dated):
    TOPIC: ClassVar[str] = "clubs.AssociationEntryWithdrawn"
    association_id: Id
    withdraws: Id
    withdrawn_topic: Topic
    reason: Sealed | None = None
    proposed_by: Id | None = None
    approved_by: Id | None = None


AssociationEvent = (
    AssociationRegistered
    | TrainingHeld
    | MediaItemPublished
    | PlanAdopted
    | PaperFiguresEntered
    | ReportSubmitted
    | ReportReturned
    | ReportAccepted
    | ReportLocked
    | AssociationCorrectionProposed
    | AssociationEntryWithdrawn
)
