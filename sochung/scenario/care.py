"""Home care and work-days: volunteers, clients, visits, and hands lent to short-handed families."""

import json
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from domain.care import clients, health, shifts, visits, volunteers
from domain.care.commands import (
    AssessNeeds,
    CloseReferral,
    DischargeClient,
    DoGroupWork,
    EnrolClient,
    EnrolVolunteer,
    LeaveVolunteering,
    MakeCarePlan,
    MakeVisit,
    MeasureVitals,
    MissVisit,
    OpenReferral,
    TrainVolunteer,
    WorkShift,
)
from domain.care.events import Receiver, Task, Work
from domain.care.scales import Instrument, items_of
from domain.care.vitals import Vitals
from domain.clubs.consent import GiveConsent, give_consent
from domain.clubs.events import Evidence
from domain.clubs.people import known
from domain.values import Purpose, Sealed
from sochung.scenario import article
from sochung.scenario.telling import Telling

STORMS = (
    date(2020, 10, 17),
    date(2021, 10, 10),
    date(2022, 5, 23),
    date(2023, 8, 5),
    date(2024, 9, 8),
    date(2025, 10, 7),
)
"""After each the clubs cleared up; most of all after the typhoon of September 2024."""

MEASURED = 3
"""Members beside the clients who let their blood pressure be taken and kept."""
_TASKS = (Task.COMPANY, Task.HOUSEWORK, Task.HEALTH, Task.PERSONAL_CARE, Task.ERRANDS)
_NOTES = ("Ăn ngủ bình thường", "Đau khớp gối khi trở trời", "Vui hơn lần trước", "Ăn ít")
_MISSED = ("client_away", "volunteer", "weather")


class Care:
    def __init__(self, tell: Telling) -> None:
        self.tell, self.dice = tell, tell.plan.dice("care")
        self.volunteers: list[UUID] = []
        self.clients: dict[UUID, tuple[UUID, ...]] = {}
        """Who is cared for, and by whom."""
        self.measured: list[UUID] = []
        self.referrals: list[tuple[UUID, UUID]] = []
        self.help_given = self.cleaned = 0

    def meeting(self, month: int, meeting_id: UUID | None) -> None:
        """What was done since the last meeting, in the order of its days, and at this one."""
        if month == 1:
            self._enrol_volunteers()
        if month >= 2:
            self._take_in_clients()
        self._see_off()
        self._visit()
        self._work()
        if meeting_id is not None and month % 3 == 0:
            self._measure(meeting_id)

    # --- volunteers and clients ------------------------------------------------------------------

    def _enrol_volunteers(self) -> None:
        tell = self.tell
        free = [id for id in tell.members if id not in tell.board.values()]
        self.volunteers = self.dice.sample(free, 3 if tell.plan.lags else 5 + tell.plan.number % 3)
        for person_id in self.volunteers:
            one, enrolling = tell.subject(person_id), EnrolVolunteer(occurred_on=tell.day)
            tell.of_care(volunteers.enrol_volunteer(tell.care, one, enrolling, tell.care_moment()))
            course = TrainVolunteer(occurred_on=tell.day, course="CSTN-01", hours=24)
            tell.of_care(volunteers.train_volunteer(tell.care, one, course, tell.care_moment()))

    def _take_in_clients(self) -> None:
        """Two at first, a third in the larger clubs; whoever is gone makes room for another."""
        tell = self.tell
        wanted = 1 if tell.plan.lags else 2 + tell.plan.number % 2
        taken = {*tell.board.values(), *self.volunteers, *self.clients, *self.measured}
        free = [id for id in tell.members if id not in taken]
        for person_id in self.dice.sample(free, max(wanted - len(self.clients), 0)):
            self._take_in(person_id)
        if len(self.measured) < MEASURED and not tell.plan.lags:
            others = [id for id in free if id not in self.clients]
            for person_id in self.dice.sample(others, MEASURED - len(self.measured)):
                self._consent(person_id)
                self.measured.append(person_id)

    def _take_in(self, client_id: UUID) -> None:
        tell, moment = self.tell, self.tell.care_moment()
        self._consent(client_id)
        enrolling = EnrolClient(
            occurred_on=tell.day,
            coordinator_id=self.volunteers[0],
            reasons=self._health(client_id, "Tuổi cao, sống neo đơn"),
        )
        tell.of_care(clients.enrol_client(tell.care, tell.subject(client_id), enrolling, moment))
        items = {
            item: self.dice.choice(scores[-2:])
            for item, scores in items_of(Instrument.BARTHEL).items()
        }
        assessing = AssessNeeds(
            occurred_on=tell.day,
            instrument=Instrument.BARTHEL,
            instrument_version="1965",
            items=self._health(client_id, json.dumps(items)),
            assessed_by=self.volunteers[0],
        )
        tell.of_care(clients.assess_needs(tell.care, tell.subject(client_id), assessing, moment))
        self._plan(client_id)

    def _plan(self, client_id: UUID) -> None:
        tell = self.tell
        first = self.dice.randrange(len(self.volunteers))
        both = (self.volunteers[first], self.volunteers[(first + 1) % len(self.volunteers)])
        planning = MakeCarePlan(
            occurred_on=tell.day,
            volunteer_ids=both,
            tasks=_TASKS[:3],
            visits_per_week=1,
            interval_days=14,
        )
        subjects = [tell.subject(id) for id in both]
        tell.of_care(
            clients.make_care_plan(
                tell.care, tell.subject(client_id), subjects, planning, tell.care_moment()
            )
        )
        self.clients[client_id] = both

    def _consent(self, person_id: UUID) -> None:
        tell = self.tell
        command = GiveConsent(occurred_on=tell.day, purpose="health", evidence=Evidence.WRITTEN)
        tell.of_person(person_id, give_consent(tell.person(person_id), command, tell.day))

    def _see_off(self) -> None:
        """Clients who died or left are discharged, volunteers who left are thanked."""
        tell = self.tell
        here = set(tell.members)
        for client_id in [id for id in self.clients if id not in here]:
            died = known(tell.person(client_id)).died_on is not None
            leaving = DischargeClient(occurred_on=tell.day, cause="died" if died else "moved")
            subject = tell.subject(client_id).model_copy(update={"died_on": None})
            tell.of_care(clients.discharge_client(tell.care, subject, leaving, tell.care_moment()))
            del self.clients[client_id]
        self.measured = [id for id in self.measured if id in here]
        gone = [id for id in self.volunteers if id not in here]
        for person_id in gone:
            command = LeaveVolunteering(occurred_on=tell.day)
            tell.of_care(
                volunteers.leave_volunteering(tell.care, person_id, command, tell.care_moment())
            )
        self.volunteers = [id for id in self.volunteers if id in here]
        for client_id, both in list(self.clients.items()):
            if set(both) & set(gone):
                self._plan(client_id)

    # --- visits -----------------------------------------------------------------------------------

    def _visit(self) -> None:
        """Once or twice a month, with the blood pressure on one of the visits."""
        tell, since = self.tell, self.tell.last_meeting
        days = (tell.day - since).days
        for client_id, both in self.clients.items():
            times = 1 if tell.plan.lags else self.dice.choice((1, 2, 2, 2))
            for time in range(times):
                on = since + timedelta(days=1 + days * time // times)
                if on > tell.day or not tell.care.cases[client_id].covers(on):
                    continue
                if self.dice.random() < 0.03:
                    self._miss(client_id, both[:1], on)
                else:
                    self._made(client_id, both, on, measured=time == 0)

    def _made(self, client_id: UUID, both: tuple[UUID, ...], on: date, *, measured: bool) -> None:
        tell = self.tell
        together = both if self.dice.random() < 0.2 else (self.dice.choice(both),)
        reading = self._reading() if measured else None
        command = MakeVisit(
            occurred_on=on,
            visit_id=tell.new_id(),
            volunteer_ids=together,
            minutes=self.dice.choice((45, 60, 60, 90)),
            tasks=tuple(self.dice.sample(_TASKS, 2)),
            vitals=self._health(client_id, reading.model_dump_json()) if reading else None,
            note=self._health(client_id, self.dice.choice(_NOTES))
            if self.dice.random() < 0.1
            else None,
            next_on=on + timedelta(days=12),
            confirmed_by="client" if self.dice.random() < 0.5 else None,
        )
        subjects = [tell.subject(id) for id in together]
        tell.of_care(
            visits.make_visit(
                tell.care, tell.subject(client_id), subjects, command, tell.care_moment()
            )
        )
        if reading and (reading.systolic or 0) >= 160:
            self._refer(client_id, on)

    def _miss(self, client_id: UUID, volunteer_ids: tuple[UUID, ...], on: date) -> None:
        tell = self.tell
        command = MissVisit(
            occurred_on=on,
            visit_id=tell.new_id(),
            volunteer_ids=volunteer_ids,
            cause=self.dice.choice(_MISSED),  # type: ignore[arg-type]
        )
        subjects = [tell.subject(id) for id in volunteer_ids]
        tell.of_care(
            visits.miss_visit(
                tell.care, tell.subject(client_id), subjects, command, tell.care_moment()
            )
        )

    def _refer(self, client_id: UUID, on: date) -> None:
        tell, referral_id = self.tell, self.tell.new_id()
        opening = OpenReferral(
            occurred_on=on,
            referral_id=referral_id,
            to=Receiver.HEALTH_STATION,
            reason=self._health(client_id, "Huyết áp cao, cần khám"),
            urgent=True,
        )
        moment = tell.care_moment()
        subject = tell.subject(client_id)
        tell.of_care(clients.open_referral(tell.care, subject, opening, moment))
        closing = CloseReferral(
            occurred_on=tell.day, outcome=self._health(client_id, "Trạm đã khám, cấp thuốc")
        )
        tell.of_care(clients.close_referral(tell.care, subject, referral_id, closing, moment))

    def _measure(self, meeting_id: UUID) -> None:
        tell = self.tell
        for person_id in self.measured:
            reading = self._reading()
            command = MeasureVitals(
                occurred_on=tell.day,
                vitals=self._health(person_id, reading.model_dump_json()),
                meeting_id=meeting_id,
            )
            one = tell.subject(person_id)
            tell.of_care(health.measure_vitals(tell.care, one, command, tell.care_moment()))

    def _reading(self) -> Vitals:
        systolic = self.dice.choice((118, 122, 126, 131, 135, 138, 144, 152, 163))
        return Vitals(
            systolic=systolic,
            diastolic=systolic * 6 // 10,
            weight_grams=self.dice.randrange(42_000, 65_000, 500),
        )

    def _health(self, person_id: UUID, text: str) -> Sealed:
        return self.tell.desk.keys.seal(person_id, Purpose.HEALTH, text)

    # --- work-days --------------------------------------------------------------------------------

    def _work(self) -> None:
        """Help to households by the plan, month by month; clearing up when a storm has been."""
        plan = self.tell.plan
        while self.help_given < self.tell.quota(plan.help_days):
            self._help(min(self.tell.quota(plan.help_days) - self.help_given, 4))
        if self.tell.day > article.UNTIL and self.dice.random() < 0.4:
            self._help(2)
        for storm in STORMS:
            if self.tell.last_meeting <= storm < self.tell.day:
                self._clear_up(storm)

    def _help(self, days: int) -> None:
        """One for a day, or several together for a family's harvest."""
        tell = self.tell
        on = tell.days_ago(self.dice.randrange(1, 9))
        poor = [id for id in tell.members if id in tell.vulnerable]
        helped = (self.dice.choice(poor),) if poor else ()
        self.help_given += days
        if days > 1:
            self._together(Work.HOUSEHOLD_HELP, on, days, days, helped)
            return
        workers = [id for id in tell.members if id not in helped]
        command = WorkShift(
            occurred_on=on,
            shift_id=tell.new_id(),
            activity=Work.HOUSEHOLD_HELP,
            work_days=Decimal(1),
            helped=helped,
        )
        worker = tell.subject(self.dice.choice(workers))
        tell.of_care(shifts.work_shift(tell.care, worker, command, tell.care_moment()))

    def _clear_up(self, storm: date) -> None:
        """Half of the plan after the typhoon, the rest spread over the storms before it."""
        plan = self.tell.plan
        seen = [s for s in STORMS if plan.founded_on < s <= article.UNTIL]
        if storm > article.UNTIL:
            days = 3
        elif storm == seen[-1]:
            days = plan.cleanup_days - self.cleaned
        else:
            days = plan.cleanup_days // (2 * len(seen))
            self.cleaned += days
        if days > 0:
            on = min(storm + timedelta(days=2), self.tell.day)
            self._together(Work.DISASTER_CLEANUP, on, days, days, ())

    def public_works(self, on: date, people: int) -> None:
        self._together(Work.PUBLIC_WORKS, on, people, max(people // 2, 1), ())

    def _together(
        self, activity: Work, on: date, people: int, days: int, helped: tuple[UUID, ...]
    ) -> None:
        tell = self.tell
        command = DoGroupWork(
            occurred_on=on,
            work_id=tell.new_id(),
            activity=activity,
            people=people,
            work_days=Decimal(days),
            helped=helped,
        )
        tell.of_care(shifts.do_group_work(tell.care, command, tell.care_moment()))
