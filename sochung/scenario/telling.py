"""One club's story as it is told: what its histories say so far, and how the next event joins them.

Nothing is appended that a decision did not return; only the ids and the day come from here.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

from desk.desk import Desk
from domain.care.book import CARE, CareBook
from domain.care.commands import Moment as CareMoment
from domain.care.commands import Subject
from domain.care.events import CareBookEvent
from domain.care.times import DAY_MINUTES
from domain.clubs.decisions import CLUB, Club, known
from domain.clubs.events import ClubEvent, Office, PersonEvent
from domain.clubs.people import PERSON, Person
from domain.clubs.people import known as known_person
from domain.events import Event
from domain.histories import Kind, book_of, care_book_of
from domain.loans.book import BOOK, Book
from domain.loans.commands import Moment, Standing
from domain.loans.events import BookEvent
from domain.loans.recorded import Recorded
from domain.values import VIET_NAM, Immutable, Purpose, Sealed
from sochung.scenario import article
from sochung.scenario.plan import ClubPlan
from store.log import Work

S = TypeVar("S", bound=Immutable)


class Telling:
    def __init__(self, desk: Desk, unit: Work, plan: ClubPlan) -> None:
        self.desk, self.unit, self.plan = desk, unit, plan
        self.book_id, self.care_id = book_of(plan.club_id), care_book_of(plan.club_id)
        self.day = self.last_meeting = plan.founded_on
        self.members: list[UUID] = []
        """Who belongs to the club today, in the order of joining."""
        self.board: dict[Office, UUID] = {}
        self.vulnerable: set[UUID] = set()
        """Of poor, near-poor or disadvantaged households today."""
        self.book_story: list[Recorded] = []
        self._ids = plan.dice("ids")
        unit.ids = self.new_id
        for kind, id in ((CLUB, plan.club_id), (BOOK, self.book_id), (CARE, self.care_id)):
            unit.begin(kind, id)

    @property
    def club_id(self) -> UUID:
        return self.plan.club_id

    @property
    def club(self) -> Club:
        return known(self.unit.load(CLUB, self.club_id))

    @property
    def book(self) -> Book:
        return self.unit.load(BOOK, self.book_id) or Book()

    @property
    def care(self) -> CareBook:
        return self.unit.load(CARE, self.care_id) or CareBook()

    def new_id(self) -> UUID:
        """A version 7 id of the story's own clock, the same each time the story is told."""
        noon = int(datetime.combine(self.day, time(12), VIET_NAM).timestamp() * 1_000)
        value = noon << 80 | self._ids.getrandbits(80)
        value = value & ~(0xF << 76) | 0x7 << 76
        return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)

    # --- saying ---------------------------------------------------------------------------

    def of_club(self, events: Iterable[ClubEvent]) -> list[UUID]:
        return self._say(CLUB, self.club_id, events)

    def of_person(self, person_id: UUID, events: Iterable[PersonEvent]) -> list[UUID]:
        return self._say(PERSON, person_id, events)

    def of_book(self, events: list[BookEvent]) -> list[UUID]:
        made = self._say(BOOK, self.book_id, events)
        self.book_story += (Recorded(id, event) for id, event in zip(made, events, strict=True))
        return made

    def of_care(self, events: Iterable[CareBookEvent]) -> list[UUID]:
        return self._say(CARE, self.care_id, events)

    def _say(self, kind: Kind[S], id: UUID, events: Iterable[Event]) -> list[UUID]:
        return self.unit.say(kind, id, events, club_id=self.club_id)

    def memo(self, text: str) -> Sealed:
        return self.desk.keys.seal(self.club_id, Purpose.MEMO, text)

    # --- what decisions are told ------------------------------------------------------------

    def moment(self) -> Moment:
        return self.desk.moment(self.club, self.day)

    def care_moment(self) -> CareMoment:
        """At the end of the meeting's day."""
        rules = self.club.regulation_on(self.day).rules
        midnight = (self.day.toordinal() + 1) * DAY_MINUTES
        return CareMoment(today=self.day, minute=midnight, rules=rules)

    def standing(self, person_id: UUID) -> Standing:
        return self.desk.standing(self.unit, self.club, person_id, self.day)

    def person(self, person_id: UUID) -> Person | None:
        return self.unit.load(PERSON, person_id)

    def subject(self, person_id: UUID) -> Subject:
        """What the club's and the person's own history say of somebody whom care is about."""
        one, membership = known_person(self.person(person_id)), self.club.members.get(person_id)
        return Subject(
            person_id=person_id,
            birth_year=one.birth_year,
            died_on=one.died_on,
            joined_on=membership.joined_on if membership else None,
            health_consent=Purpose.HEALTH in one.consents,
        )

    def days_ago(self, days: int) -> date:
        """Not before the last meeting; and nothing that the article counts is told of after it."""
        first = self.last_meeting
        if self.day > article.UNTIL:
            first = max(first, article.UNTIL + timedelta(days=1))
        return max(self.day - timedelta(days=days), first)

    # --- what the plan asks for ---------------------------------------------------------------

    def quota(self, whole: int) -> int:
        """How much of something is due by today: all of it at the article's last meeting."""
        first, last = self.plan.founded_on, article.UNTIL - timedelta(days=31)
        part = (self.day - first).days / max((last - first).days, 1)
        return int(whole * min(part, 1))
