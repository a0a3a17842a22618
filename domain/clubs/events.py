"""What happened to a club and to the people in it."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.events import Dated, Event
from domain.regulation import Rules
from domain.values import Code, Day, Id, Immutable, Name, Sealed


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
    PersonRegistered | NameCorrected | HouseholdClassCertified | HouseholdJoined | PersonWithdrawn
)


# --- a club's history -------------------------------------------------------------------


class ClubFounded(Dated):
    """By decision of the commune People's Committee (Decision 1336/QĐ-TTg, 2020)."""

    TOPIC: ClassVar[str] = "clubs.ClubFounded"
    club_id: Id
    name: Name
    village: Name | None = None
    commune: Name | None = None
    province: Name | None = None
    decision: Name | None = None
    meeting_day: Annotated[int, Field(strict=True, ge=1, le=31)] | None = None


class RegulationAdopted(Dated):
    """A version of the club's by-laws (quy chế hoạt động), in force from `effective_from`."""

    TOPIC: ClassVar[str] = "clubs.RegulationAdopted"
    club_id: Id
    version: int
    effective_from: Day
    rules: Rules


class BoardElected(Dated):
    """The whole board from a date on; who is not named no longer holds office."""

    TOPIC: ClassVar[str] = "clubs.BoardElected"
    club_id: Id
    holders: tuple[OfficeHolder, ...]


class MemberJoined(Dated):
    TOPIC: ClassVar[str] = "clubs.MemberJoined"
    club_id: Id
    person_id: Id
    volunteer: bool = False


class MemberLeft(Dated):
    TOPIC: ClassVar[str] = "clubs.MemberLeft"
    club_id: Id
    person_id: Id
    cause: Literal["left", "died", "moved"]


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
    | MemberJoined
    | MemberLeft
    | MembershipWithdrawn
    | ClubWithdrawn
)
