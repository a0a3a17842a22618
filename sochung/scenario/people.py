"""A club's people: founding, by-laws, board, and who comes and goes."""

from datetime import date, timedelta
from uuid import UUID

from desk.people import NewPerson, say_person, sealed_people
from domain.clubs import decisions, people
from domain.clubs.decisions import (
    AdoptRegulation,
    ElectBoard,
    FoundClub,
    JoinClub,
    LeaveClub,
    ReassignCommune,
)
from domain.clubs.events import HouseholdClass, Office, OfficeHolder
from domain.clubs.people import PERSON, CertifyClass, RecordDeath
from domain.loans.loan import Step
from domain.regulation import Rules
from domain.values import Birth
from sochung.scenario import article
from sochung.scenario.names import somebody
from sochung.scenario.places import PROVINCE
from sochung.scenario.telling import Telling

TERM_MONTHS = 30
MONTH = timedelta(days=33)
DISTRICTS_ENDED = date(2025, 7, 1)
LATER = 3
"""Who joins after the article, in every club."""
RULES = Rules(loan_amount_max=5_000_000, loan_instalments_max=24, late_grace_days=30)

_CLASSES = (HouseholdClass.POOR, HouseholdClass.NEAR_POOR, HouseholdClass.DIFFICULT)


class People:
    """Members who will ever join are invented at the start: their keys are made in one go."""

    def __init__(self, tell: Telling) -> None:
        self.tell, self.dice = tell, tell.plan.dice("people")
        plan = tell.plan
        self.founding = plan.members - plan.joining + plan.leaving + plan.writes_off
        arriving = [*self._days(plan.joining), *self._days_after(LATER)]
        invented = [self._somebody() for _ in range(self.founding + len(arriving))]
        self._sealed = dict(
            zip((id for id, _ in invented), sealed_people(tell.desk, invented), strict=True)
        )
        ids = list(self._sealed)
        self._class_of = self._classes(ids)
        self.founders = ids[: self.founding]
        self.arriving = sorted(zip(arriving, ids[self.founding :], strict=True))
        self.leaving = sorted([*self._days(plan.leaving), *self._days_after(1)])
        self.reassigned = False

    def _somebody(self) -> tuple[UUID, NewPerson]:
        one = somebody(self.dice)
        person = NewPerson(
            name=one.name,
            sex=one.sex,
            birth=Birth(year=one.birth_year),
            ethnicity=one.ethnicity,
        )
        return self.tell.new_id(), person

    def _classes(self, ids: list[UUID]) -> dict[UUID, HouseholdClass]:
        """One household in six is poor, near-poor or disadvantaged; nobody of the board is."""
        return {
            id: self.dice.choices(_CLASSES, (5, 7, 4))[0]
            for number, id in enumerate(ids)
            if number >= len(Office) and (number % 6 == 0 or self.dice.random() < 0.03)
        }

    def _days(self, number: int) -> list[date]:
        """Days that are told of at a meeting before the article's last day."""
        first = self.tell.plan.founded_on + timedelta(days=100)
        return [self._between(first, article.UNTIL - MONTH) for _ in range(number)]

    def _days_after(self, number: int) -> list[date]:
        """Half a year or so apart, whether the story gets that far or not."""
        first = article.UNTIL + MONTH
        return [
            self._between(first + timedelta(days=170 * at), first + timedelta(days=170 * at + 160))
            for at in range(number)
        ]

    def _between(self, first: date, last: date) -> date:
        return date.fromordinal(self.dice.randint(first.toordinal(), last.toordinal()))

    # --- founding -------------------------------------------------------------------------

    def found(self) -> None:
        tell, plan = self.tell, self.tell.plan
        day, place = plan.founded_on, plan.place
        command = FoundClub(
            club_id=plan.club_id,
            name=plan.name,
            founded_on=day,
            village=place.hamlet,
            commune=place.commune,
            district=place.district,
            province=PROVINCE,
            decision=f"{20 + plan.number}/QĐ-UBND",
            meeting_day=plan.meeting_day,
        )
        tell.of_club(decisions.found(None, command, day))
        proposer, approver = self.founders[:2]
        regulation = AdoptRegulation(
            adopted_on=day,
            effective_from=day,
            rules=RULES,
            proposed_by=proposer,
            approved_by=approver,
        )
        tell.of_club(decisions.adopt_regulation(tell.club, regulation, day))
        for person_id in self.founders:
            self._join(person_id)
        self._elect(self.founders[: len(Office)])

    def _elect(self, people: list[UUID]) -> None:
        tell = self.tell
        holders = tuple(
            OfficeHolder(office=office, person_id=person_id)
            for office, person_id in zip(Office, people, strict=True)
        )
        command = ElectBoard(elected_on=tell.day, holders=holders)
        tell.of_club(decisions.elect_board(tell.club, command, tell.day))
        tell.board = {holder.office: holder.person_id for holder in holders}

    def _join(self, person_id: UUID) -> None:
        tell = self.tell
        tell.unit.begin(PERSON, person_id)
        say_person(tell.unit, person_id, self._sealed.pop(person_id), tell.day, tell.club_id)
        if person_id in self._class_of:
            self._certify(person_id, self._class_of[person_id])
        command = JoinClub(person_id=person_id, joined_on=tell.day)
        tell.of_club(decisions.join(tell.club, command, tell.day))
        tell.members.append(person_id)

    def _certify(self, person_id: UUID, household_class: HouseholdClass) -> None:
        tell = self.tell
        command = CertifyClass(household_class=household_class, valid_from=tell.day)
        tell.of_person(person_id, people.certify_class(tell.person(person_id), command))
        if household_class in _CLASSES:
            tell.vulnerable.add(person_id)
        else:
            tell.vulnerable.discard(person_id)

    # --- as the months go by -----------------------------------------------------------------

    def come_and_go(self) -> None:
        """Whoever came or went since the last meeting is told of at this one."""
        tell = self.tell
        if not self.reassigned and tell.day >= DISTRICTS_ENDED:
            self._reassign()
        while self.arriving and self.arriving[0][0] <= tell.day:
            self._join(self.arriving.pop(0)[1])
        while self.leaving and self.leaving[0] <= tell.day:
            self.leaving.pop(0)
            self._leave()

    def _reassign(self) -> None:
        """Districts ended and communes were merged; the club stays itself."""
        tell, place = self.tell, self.tell.plan.place
        command = ReassignCommune(
            occurred_on=DISTRICTS_ENDED,
            commune=place.commune,
            commune_code=place.commune_code,
            province=PROVINCE,
            decree="1672/NQ-UBTVQH15",
        )
        tell.of_club(decisions.reassign_commune(tell.club, command, tell.day))
        self.reassigned = True

    def _leave(self) -> None:
        tell = self.tell
        owing = {
            loan.borrower_id for loan in tell.book.loans.values() if loan.step is Step.DISBURSED
        }
        may_go = [id for id in tell.members if id not in owing and id not in tell.board.values()]
        self.leave(self.dice.choice(may_go), died=self.dice.random() < 0.5)

    def leave(self, person_id: UUID, *, died: bool) -> None:
        tell = self.tell
        if died:
            death = RecordDeath(died_on=tell.day)
            tell.of_person(person_id, people.record_death(tell.person(person_id), death, tell.day))
        command = LeaveClub(person_id=person_id, left_on=tell.day, cause="died" if died else "left")
        tell.of_club(decisions.leave(tell.club, command, tell.day))
        tell.members.remove(person_id)

    def new_term(self, month: int) -> None:
        """Every thirty months a board; the secretary goes, a member takes the pen."""
        if month % TERM_MONTHS:
            return
        board = self.tell.board
        others = [id for id in self.tell.members if id not in board.values()]
        fresh = self.dice.choice([id for id in others if id not in self.tell.vulnerable])
        self._elect([fresh if o is Office.SECRETARY else board[o] for o in Office])

    def certify_again(self) -> None:
        """Each December the commune certifies anew; some families are no longer poor."""
        for person_id in [id for id in self.tell.members if id in self.tell.vulnerable]:
            known_as = self._class_of[person_id]
            if known_as is not HouseholdClass.DIFFICULT and self.dice.random() < 0.12:
                known_as = HouseholdClass.ESCAPED
            self._class_of[person_id] = known_as
            self._certify(person_id, known_as)
