"""A village with a care book, written event by event: what the read side is told of."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from desk.desk import Desk
from domain.care.book import CARE
from domain.care.events import (
    CareEvent,
    CarePlanMade,
    ClientEnrolled,
    EntryWithdrawn,
    ReferralOpened,
    ShiftWorked,
    VisitMade,
    VitalsMeasured,
)
from domain.care.times import TimeSpent
from domain.care.vitals import Vitals
from domain.clubs.decisions import CLUB
from domain.clubs.events import ConsentGiven, ConsentWithdrawn
from domain.clubs.people import PERSON
from domain.events import Event, Role, person
from domain.histories import care_book_of
from domain.values import Purpose
from store.log import Work
from village import DAY, FOUNDED, Village


def spent(minutes: int, start: str | None = None, end: str | None = None) -> TimeSpent:
    days = round(Decimal(minutes) / 480, 4)
    return TimeSpent(start=start, end=end, minutes=minutes, work_days=days)


class CareVillage(Village):
    """Events go straight into the log, as the desk would say them."""

    def __init__(self, desk: Desk, *, capital: int = 0) -> None:
        super().__init__(desk, capital=capital)
        self.client = self.member("Hứa Thị Già")
        self.volunteer = self.member("Bế Văn Giúp")
        self.enrolled(FOUNDED, self.chair)

    def care(self, *events: Event) -> UUID:
        """Recorded in the care book; the id of the last."""
        book = care_book_of(self.club_id)

        def work(unit: Work) -> str | None:
            unit.load(CARE, book)
            made.extend(unit.say(CARE, book, list(events), club_id=self.club_id))
            return None

        made: list[UUID] = []
        self.desk.log.carry_out(work, actor="test")
        return made[-1]

    def club(self, *events: Event) -> UUID:
        def work(unit: Work) -> str | None:
            unit.load(CLUB, self.club_id)
            made.extend(unit.say(CLUB, self.club_id, list(events), club_id=self.club_id))
            return None

        made: list[UUID] = []
        self.desk.log.carry_out(work, actor="test")
        return made[-1]

    def of_person(self, person_id: UUID, *events: Event) -> UUID:
        def work(unit: Work) -> str | None:
            unit.load(PERSON, person_id)
            made.extend(unit.say(PERSON, person_id, list(events), club_id=self.club_id))
            return None

        made: list[UUID] = []
        self.desk.log.carry_out(work, actor="test")
        return made[-1]

    # --- what happens in a care book ---------------------------------------------------------

    def enrolled(self, on: date = DAY, coordinator: UUID | None = None) -> UUID:
        return self.care(
            ClientEnrolled(
                client_id=self.client,
                coordinator_id=coordinator,
                occurred_on=on,
                concerns=(person(self.client, Role.CLIENT),),
            )
        )

    def planned(self, interval_days: int, on: date = DAY) -> UUID:
        return self.care(
            CarePlanMade(
                client_id=self.client,
                volunteer_ids=(self.volunteer,),
                interval_days=interval_days,
                occurred_on=on,
                concerns=(
                    person(self.client, Role.CLIENT),
                    person(self.volunteer, Role.VOLUNTEER),
                ),
            )
        )

    def visit(self, on: date = DAY, minutes: int = 60, **more: Any) -> VisitMade:
        return VisitMade(
            visit_id=self.desk.new_id(),
            client_id=self.client,
            volunteer_ids=(self.volunteer,),
            time=spent(minutes),
            occurred_on=on,
            concerns=(
                person(self.client, Role.CLIENT),
                person(self.volunteer, Role.VOLUNTEER),
            ),
            **more,
        )

    def shift(self, on: date = DAY, minutes: int = 240, **more: Any) -> ShiftWorked:
        helped = more.pop("helped", ())
        given: dict[str, Any] = {"activity": "household_help", "shift_id": self.desk.new_id()}
        return ShiftWorked(
            person_id=self.volunteer,
            time=spent(minutes),
            helped=helped,
            occurred_on=on,
            concerns=(
                person(self.volunteer, Role.VOLUNTEER),
                *(person(one, Role.HELPED) for one in helped),
            ),
            **(given | more),
        )

    def measured(self, on: date, systolic: int, diastolic: int) -> UUID:
        reading = Vitals(systolic=systolic, diastolic=diastolic).model_dump_json()
        sealed = self.desk.seal(self.client, Purpose.HEALTH, reading)
        assert sealed is not None
        return self.care(
            VitalsMeasured(
                person_id=self.client,
                vitals=sealed,
                occurred_on=on,
                concerns=(person(self.client, Role.SUBJECT),),
            )
        )

    def referred(self, on: date = DAY, *, confidential: bool = False) -> UUID:
        return self.care(
            ReferralOpened(
                referral_id=self.desk.new_id(),
                client_id=self.client,
                to="health_station",  # type: ignore[arg-type]
                confidential=confidential,
                occurred_on=on,
                concerns=(person(self.client, Role.CLIENT),),
            )
        )

    def withdrawn(self, event_id: UUID, was: CareEvent, *behind: CareEvent, on: date = DAY) -> UUID:
        """Takes an event back, with what replaces it right behind."""
        return self.care(
            EntryWithdrawn(
                withdraws=event_id,
                withdrawn_topic=was.TOPIC,
                thing_id=was.shift_id if isinstance(was, ShiftWorked) else self.client,
                reason=self.desk.memo(self.club_id, "Ghi nhầm giờ"),
                occurred_on=on,
                concerns=was.concerns,
            ),
            *behind,
        )

    def consented(self, on: date = DAY, purpose: str = "health") -> None:
        self.of_person(
            self.client,
            ConsentGiven(
                person_id=self.client,
                purpose=purpose,  # type: ignore[arg-type]
                evidence="written",  # type: ignore[arg-type]
                occurred_on=on,
                concerns=(person(self.client, Role.SUBJECT),),
            ),
        )

    def consent_withdrawn(self, on: date = DAY) -> None:
        self.of_person(
            self.client,
            ConsentWithdrawn(
                person_id=self.client,
                purpose="health",
                occurred_on=on,
                concerns=(person(self.client, Role.SUBJECT),),
            ),
        )
