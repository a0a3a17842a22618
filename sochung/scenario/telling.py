"""One club's story as it is told: what its histories say so far, and how the next event joins them.

Nothing is appended that a decision did not return; only the ids and the day come from here.
"""

from collections.abc import Iterable
from datetime import datetime, time
from typing import TypeVar
from uuid import UUID

from desk.desk import Desk
from domain.clubs.decisions import CLUB, Club, known
from domain.clubs.events import ClubEvent, Office, PersonEvent
from domain.clubs.people import PERSON, Person
from domain.events import Event
from domain.histories import Kind, book_of
from domain.loans.book import BOOK, Book
from domain.loans.commands import Moment, Standing
from domain.loans.events import BookEvent
from domain.loans.recorded import Recorded
from domain.values import VIET_NAM, Immutable, Purpose, Sealed
from sochung.scenario.plan import ClubPlan
from store.log import Work

S = TypeVar("S", bound=Immutable)


class Telling:
    def __init__(self, desk: Desk, unit: Work, plan: ClubPlan) -> None:
        self.desk, self.unit, self.plan = desk, unit, plan
        self.book_id = book_of(plan.club_id)
        self.day = plan.founded_on
        self.members: list[UUID] = []
        """Who belongs to the club today, in the order of joining."""
        self.board: dict[Office, UUID] = {}
        self.vulnerable: set[UUID] = set()
        """Of poor, near-poor or disadvantaged households today."""
        self.book_story: list[Recorded] = []
        self._ids = plan.dice("ids")
        unit.ids = self.new_id
        for kind, id in ((CLUB, plan.club_id), (BOOK, self.book_id)):
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

    def _say(self, kind: Kind[S], id: UUID, events: Iterable[Event]) -> list[UUID]:
        return self.unit.say(kind, id, events, club_id=self.club_id)

    def memo(self, text: str) -> Sealed:
        return self.desk.keys.seal(self.club_id, Purpose.MEMO, text)

    # --- what decisions are told ------------------------------------------------------------

    def moment(self) -> Moment:
        return Moment(today=self.day, regulation=self.club.regulation_on(self.day))

    def standing(self, person_id: UUID) -> Standing:
        return self.desk.standing(self.unit, self.club, person_id, self.day)

    def person(self, person_id: UUID) -> Person | None:
        return self.unit.load(PERSON, person_id)
