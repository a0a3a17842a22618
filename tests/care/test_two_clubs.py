"""One human being helps in two clubs: with clock times still in one place, whoever writes first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest

from desk import care, corrections, merging, people
from desk.desk import KINDS, Call, Desk, Receipt
from domain.care.commands import EnrolClient, MakeVisit, ScheduleShift, WorkShift
from domain.clubs.decisions import FoundClub
from domain.clubs.merging import ApproveMerge, ProposeMerge
from domain.correcting import Propose
from domain.errors import Refusal
from domain.values import Purpose
from store.database import Database
from store.keys import KeyRing
from store.log import EventLog
from village import DAY, FOUNDED, SYSTEM, Village

Work = dict[str, object]
MORNING = {"start": "08:00", "end": "10:00"}
ROUNDS = 12


class TwoClubs(Village):
    """A village, and a second club whose people know the first's."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.other_id = desk.new_id()
        club = FoundClub(club_id=self.other_id, name="CLB thôn Bên", founded_on=FOUNDED)
        people.found_club(desk, SYSTEM, club)
        self.binh = self.member("Hoàng Thị Bình")

    def worked(self, club_id: UUID, who: UUID, desk: Desk | None = None, **time: str) -> Receipt:
        shift = {"occurred_on": DAY, "activity": "household_help", **(time or MORNING)}
        command = WorkShift.model_validate({"shift_id": self.desk.new_id(), **shift})
        return care.work_shift(desk or self.desk, SYSTEM, club_id, who, command, planned=False)

    def planned(self, club_id: UUID, who: UUID, **time: str) -> Receipt:
        shift = {"occurred_on": DAY, "planned_on": DAY, "activity": "home_care", **time}
        command = ScheduleShift.model_validate({"shift_id": self.desk.new_id(), **shift})
        return care.schedule_shift(self.desk, SYSTEM, club_id, who, command)

    def enrolled(self, club_id: UUID, client: UUID) -> None:
        command = EnrolClient(occurred_on=FOUNDED)
        care.enrol_client(self.desk, SYSTEM, club_id, client, None, command)

    def visited(self, club_id: UUID, client: UUID, by: UUID, **time: str) -> Receipt:
        visit = {"occurred_on": DAY, "volunteer_ids": (by,), **(time or MORNING)}
        command = MakeVisit.model_validate({"visit_id": self.desk.new_id(), **visit})
        return care.make_visit(self.desk, SYSTEM, club_id, client, command)


@pytest.fixture
def clubs(desk: Desk) -> TwoClubs:
    return TwoClubs(desk)


def refused(attempt: Callable[[], Receipt]) -> dict[str, object]:
    with pytest.raises(Refusal) as refusal:
        attempt()
    assert refusal.value.code == "overlapping-shift"
    return refusal.value.facts


def test_an_hour_given_to_one_club_is_not_given_to_another(clubs: TwoClubs) -> None:
    clubs.worked(clubs.club_id, clubs.binh)
    taken = refused(lambda: clubs.worked(clubs.other_id, clubs.binh, start="09:00", end="11:00"))
    assert taken == {"person_id": str(clubs.binh), "minutes": 60}
    near = clubs.worked(clubs.other_id, clubs.binh, start="09:45", end="11:00")
    assert near.warnings == ("overlap-tolerated",)
    # And back again: each book now reads the other.
    refused(lambda: clubs.worked(clubs.club_id, clubs.binh, start="10:30", end="12:00"))


def test_what_is_agreed_with_one_club_is_not_agreed_with_another(clubs: TwoClubs) -> None:
    clubs.planned(clubs.club_id, clubs.binh, **MORNING)
    refused(lambda: clubs.planned(clubs.other_id, clubs.binh, start="09:30", end="11:00"))
    # A plan does not refuse what was really done.
    assert clubs.worked(clubs.other_id, clubs.binh).warnings == ()


def test_days_that_the_other_book_no_longer_knows_by_heart(clubs: TwoClubs) -> None:
    early = {"occurred_on": FOUNDED, "activity": "other", **MORNING}

    def worked_early(club_id: UUID) -> Receipt:
        shift = WorkShift.model_validate({"shift_id": clubs.desk.new_id(), **early})
        return care.work_shift(clubs.desk, SYSTEM, club_id, clubs.binh, shift, planned=False)

    worked_early(clubs.club_id)
    clubs.worked(clubs.club_id, clubs.binh)
    refused(lambda: worked_early(clubs.other_id))


def test_who_is_visited_is_at_home(clubs: TwoClubs) -> None:
    """Others may come meanwhile, of either club; but nobody works elsewhere during a visit."""
    for club_id in (clubs.club_id, clubs.other_id):
        clubs.enrolled(club_id, clubs.binh)
    clubs.visited(clubs.club_id, clubs.binh, clubs.chair)
    assert (
        "overlap-tolerated"
        not in clubs.visited(clubs.other_id, clubs.binh, clubs.secretary).warnings
    )
    for club_id in (clubs.club_id, clubs.other_id):
        refused(lambda club_id=club_id: clubs.worked(club_id, clubs.binh))  # type: ignore[misc]
    clubs.worked(clubs.other_id, clubs.binh, start="13:00", end="15:00")
    afternoon = {"start": "14:00", "end": "16:00"}
    taken = refused(lambda: clubs.visited(clubs.club_id, clubs.binh, clubs.chair, **afternoon))
    assert taken["person_id"] == str(clubs.binh)


def test_under_another_id_of_the_same_human_being(clubs: TwoClubs, desk: Desk) -> None:
    double = clubs.member("Hoàng Thị Bình")
    clubs.worked(clubs.club_id, double)
    reason = desk.seal(clubs.binh, Purpose.MEMO, "Nhập hai lần")
    assert reason is not None
    proposal = ProposeMerge(duplicate_id=double, proposed_by=clubs.secretary, reason=reason)
    merging.propose_merge(desk, SYSTEM, clubs.binh, proposal, merging.Known())
    approval = ApproveMerge(duplicate_id=double, approved_by=clubs.chair)
    merging.approve_merge(desk, SYSTEM, clubs.binh, approval, merging.Known())
    refused(lambda: clubs.worked(clubs.other_id, clubs.binh))


def test_a_correction_moves_nobody_into_an_hour_of_another_club(
    clubs: TwoClubs, desk: Desk
) -> None:
    clubs.worked(clubs.club_id, clubs.binh)
    later = clubs.worked(clubs.other_id, clubs.binh, start="13:00", end="15:00")
    home = corrections.home_of(desk, later.event_id)
    reason = desk.memo(clubs.other_id, "Ghi nhầm giờ")
    assert reason is not None

    def corrected(**time: str) -> Receipt:
        shift = {"shift_id": later.id, "occurred_on": DAY, "activity": "household_help", **time}
        proposal = Propose(
            occurred_on=DAY, event_id=later.event_id, proposed_by=clubs.secretary, reason=reason
        )
        asked = WorkShift.model_validate(shift)
        return corrections.propose(desk, SYSTEM, home, proposal, asked)

    refused(lambda: corrected(start="09:00", end="11:00"))
    assert corrected(start="13:30", end="15:00").changes


def test_two_clubs_at_the_same_instant_give_an_hour_away_once(
    clubs: TwoClubs, database: Database, desk: Desk
) -> None:
    """Each club writes through a process's memory of its own, the first time for each person."""
    desks = [Desk(EventLog(database, KINDS), KeyRing(database, desk.keys.master)) for _ in "ab"]
    crowd = [clubs.member(f"Hoàng Văn {number}") for number in range(ROUNDS)]
    for who in crowd[: ROUNDS // 3]:
        # Known in one of the two books already: the other is then begun at that very instant.
        clubs.worked(clubs.club_id, who, start="05:00", end="06:00")
    both = Barrier(2)

    def write(hand: int, who: UUID) -> str:
        both.wait()
        try:
            clubs.worked((clubs.club_id, clubs.other_id)[hand], who, desks[hand])
        except Refusal as refusal:
            return refusal.code
        return "worked"

    with ThreadPoolExecutor(2) as hands:
        for who in crowd:
            told = hands.map(write, (0, 1), (who, who))
            assert sorted(told) == ["overlapping-shift", "worked"], who


def test_a_command_sent_twice_is_answered_alike(clubs: TwoClubs) -> None:
    call = Call("system", "k" * 20, b"body")
    shift = {"shift_id": clubs.desk.new_id(), "occurred_on": DAY, "activity": "other", **MORNING}
    command = WorkShift.model_validate(shift)

    def send() -> Receipt:
        return care.work_shift(clubs.desk, call, clubs.other_id, clubs.binh, command, planned=False)

    first = send()
    assert (send().position, send().replayed) == (first.position, True)
