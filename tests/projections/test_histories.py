"""One person's story: kinds, sums, corrections, merges and consent, at any two times."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from desk import books, people
from desk.desk import Desk
from domain.care.events import GroupWorkDone, ShiftScheduled
from domain.clubs.decisions import FoundClub, JoinClub
from domain.clubs.events import (
    ClubEntryWithdrawn,
    HouseholdClassCertified,
    MeetingHeld,
    MemberLeft,
    PersonsMerged,
)
from domain.events import BookOrigin, Role, person
from domain.loans.commands import ProposeReversal, ReceiveDues
from domain.loans.events import ImportUndone
from projections import story
from projections.follower import Follower
from projections.kinds import StoryKind
from projections.story_views import story_items, story_totals
from scene_of_care import CareVillage, spent
from store.database import Database
from store.log import Work
from village import DAY, FOUNDED, SYSTEM

MONTH_LATER = date(2026, 4, 10)
LATER, LATEST = DAY + timedelta(days=10), DAY + timedelta(days=20)


@pytest.fixture
def village(desk: Desk) -> CareVillage:
    return CareVillage(desk, capital=20_000_000)


class Asking:
    """Stories of a village, read as the service reads them."""

    def __init__(self, database: Database, follower: Follower) -> None:
        self.database, self.follower = database, follower

    def told(self, person_id: UUID, as_of: date | None = None, upto: int | None = None) -> Any:
        self.follower.catch_up(20)
        with self.database.connection() as connection:
            return story.told(connection, person_id, as_of or date(2026, 12, 31), upto=upto)

    def rows(self, person_id: UUID, as_of: date | None = None, upto: int | None = None,
             **more: Any) -> list[story.StoryRow]:  # fmt: skip
        told = self.told(person_id, as_of, upto)
        with self.database.connection() as connection:
            return story.page(connection, told, **more)

    def totals(self, person_id: UUID, as_of: date | None = None, upto: int | None = None,
               **more: Any) -> dict[str, Any]:  # fmt: skip
        told = self.told(person_id, as_of, upto)
        with self.database.connection() as connection:
            return dict(story_totals(story.sums(connection, told, **more)))

    def standing(self, person_id: UUID, as_of: date, upto: int) -> story.Standing:
        told = self.told(person_id, as_of, upto)
        with self.database.connection() as connection:
            return story.standing(connection, told)

    def items(self, person_id: UUID, *, english: bool = False) -> list[Any]:
        told = self.told(person_id)
        with self.database.connection() as connection:
            rows = story.page(connection, told)
            return story_items(connection, told, rows, self.follower.keys, english=english)


@pytest.fixture
def ask(database: Database, follower: Follower) -> Iterator[Asking]:
    return Asking(database, follower)  # type: ignore[return-value]


def test_money_received_and_repaid_beside_the_officers_duty(
    village: CareVillage, ask: Asking
) -> None:
    loan = village.lent(village.client, 3_000_000)
    village.repaid(loan, 321_000, MONTH_LATER)
    dues = ReceiveDues(occurred_on=LATER, amount=20_000, payer_id=village.client)
    books.record(village.desk, SYSTEM, village.club_id, dues)
    totals = ask.totals(village.client)
    assert (totals["received"], totals["repaid"]) == (3_000_000, 321_000)
    assert (totals["principal_repaid"], totals["interest_repaid"]) == (300_000, 21_000)
    assert totals["dues"] == 20_000
    kinds = [row.kind for row in ask.rows(village.client)]
    assert kinds == ["status", "repayments", "dues", "loans", "loans", "loans", "care", "status"]
    assert [row.kind for row in ask.rows(village.treasurer)] == ["status", "status"]
    duties = ask.rows(village.treasurer, kind=StoryKind.DUTY)
    assert [row.topic for row in duties] == ["loans.RepaymentReceived", "loans.LoanDisbursed"]
    assert ask.totals(village.treasurer)["repaid"] == 0


def test_a_reversed_repayment_counts_until_the_day_of_its_reversal(
    village: CareVillage, ask: Asking
) -> None:
    loan = village.lent(village.client, 3_000_000)
    village.repaid(loan, 321_000, LATER)
    repayment = ask.rows(village.client, kind=StoryKind.REPAYMENTS)[0]
    before = village.desk.log.head()
    reason = village.desk.memo(village.club_id, "Ghi nhầm người")
    assert reason is not None
    proposal = ProposeReversal(
        event_id=repayment.event_id, occurred_on=LATEST, proposed_by=village.secretary,
        reason=reason,
    )  # fmt: skip
    books.propose_reversal(village.desk, SYSTEM, proposal)
    books.approve_reversal(village.desk, SYSTEM, repayment.event_id, village.chair, LATEST)

    def repayments(*, english: bool = False) -> list[Any]:
        items = ask.items(village.client, english=english)
        return [item for item in items if item["kind"] == "repayments"]

    assert ask.totals(village.client)["repaid"] == 0
    assert ask.totals(village.client, LATEST - timedelta(days=1))["repaid"] == 321_000
    assert ask.totals(village.client, upto=before)["repaid"] == 321_000
    reversal, original = repayments()
    assert original["counts"] is False
    assert original["corrected_by"] == reversal["event_id"]
    assert original["sentence"].endswith("— đã đảo 30/03/2026")
    assert "Đảo bút toán “Trả nợ”: Ghi nhầm người" in reversal["sentence"]
    # The reversal reversed: the repayment counts again.
    undoing = proposal.model_copy(update={"event_id": UUID(reversal["event_id"])})
    books.propose_reversal(village.desk, SYSTEM, undoing)
    books.approve_reversal(village.desk, SYSTEM, undoing.event_id, village.chair, LATEST)
    assert ask.totals(village.client)["repaid"] == 321_000
    original = repayments(english=True)[-1]
    assert original["sentence"].endswith("— counts again 30/03/2026")
    assert (original["counts"], original["corrected_by"]) == (True, None)


def test_visits_shifts_and_hours_are_counted_once(village: CareVillage, ask: Asking) -> None:
    shift = village.shift(DAY, 240, helped=(village.client,))
    village.care(
        shift,
        village.visit(DAY, 60),
        village.visit(LATER, 45, shift_id=shift.shift_id),
        GroupWorkDone(
            work_id=village.desk.new_id(),
            activity="disaster_cleanup",  # type: ignore[arg-type]
            people=12,
            work_days=Decimal(12),
            helped=(village.client,),
            occurred_on=LATER,
            concerns=(person(village.client, Role.HELPED),),
        ),
    )
    given, got = ask.totals(village.volunteer), ask.totals(village.client)
    assert (given["visits_made"], given["visit_minutes_made"]) == (2, 105)
    assert (given["shifts"], given["work_days_given"]) == (1, "0.5")
    assert given["minutes_given"] == 240 + 60
    assert (got["visits_received"], got["visit_minutes_received"]) == (2, 105)
    assert (got["help_received"], got["work_days_received"]) == (2, "12.5")
    march = {"since": DAY, "until": DAY}
    assert ask.totals(village.volunteer, **march)["visits_made"] == 1
    assert ask.totals(village.volunteer, kind=StoryKind.SHIFTS)["visits_made"] == 0


def test_who_moves_is_told_from_which_club_to_which(village: CareVillage, ask: Asking) -> None:
    other = CareVillage(village.desk)
    moved = MemberLeft(
        club_id=village.club_id, person_id=village.client, occurred_on=LATER, cause="moved",
        to_club_id=other.club_id, concerns=(person(village.client, Role.MEMBER),),
    )  # fmt: skip
    village.club(moved)
    said = [item["sentence"] for item in ask.items(village.client)]
    assert "20/03/2026: Ra khỏi CLB thôn Nà Thử: chuyển đi sang CLB thôn Nà Thử" in said
    assert "10/01/2024: Vào CLB thôn Nà Thử" in said
    english = [item["sentence"] for item in ask.items(village.client, english=True)]
    assert "10/01/2024: Joined CLB thôn Nà Thử" in english


def test_what_was_only_planned_or_taken_back_is_no_help_and_no_meeting(
    village: CareVillage, ask: Asking
) -> None:
    helped = {"helped": (village.client,)}
    came = (person(village.client, Role.PARTICIPANT), person(village.volunteer, Role.PARTICIPANT))
    met = MeetingHeld(
        club_id=village.club_id, meeting_id=village.desk.new_id(), occurred_on=DAY, head_count=2,
        attended=(village.client, village.volunteer), concerns=came,
    )  # fmt: skip
    planned = ShiftScheduled(
        shift_id=village.desk.new_id(), person_id=village.volunteer, occurred_on=DAY,
        planned_on=LATER, activity="household_help", **helped,  # type: ignore[arg-type]
        concerns=village.shift(**helped).concerns,
    )  # fmt: skip
    village.care(planned)
    meeting = village.club(met)
    assert ask.totals(village.client)["help_received"] == 0
    shift = village.shift(**helped)
    worked = village.care(shift)
    got = ask.totals(village.client)
    assert (got["help_received"], got["meetings"]) == (1, 1)
    village.withdrawn(worked, shift)
    only_volunteer = met.model_copy(
        update={"attended": (village.volunteer,), "head_count": 1, "concerns": came[1:]}
    )
    gone = ClubEntryWithdrawn(
        club_id=village.club_id, withdraws=meeting, withdrawn_topic=met.TOPIC, occurred_on=LATER,
        concerns=came,
    )  # fmt: skip
    village.club(gone, only_volunteer)
    got = ask.totals(village.client)
    assert (got["help_received"], got["work_days_received"], got["meetings"]) == (0, "0", 0)
    assert ask.totals(village.volunteer)["meetings"] == 1


def test_one_row_of_several_roles_tells_most(village: CareVillage, ask: Asking) -> None:
    shift = village.shift(helped=())
    both = shift.model_copy(
        update={"concerns": (*shift.concerns, person(village.volunteer, Role.HELPED))}
    )
    village.care(both)
    kinds = [row.kind for row in ask.rows(village.volunteer)]
    assert [kind for kind in kinds if kind in ("shifts", "help")] == ["shifts"]
    totals = ask.totals(village.volunteer)
    assert (totals["work_days_given"], totals["work_days_received"]) == ("0.5", "0.5")
    assert totals["help_received"] == 1


def test_nobody_reads_that_there_is_a_confidential_referral(
    village: CareVillage, ask: Asking
) -> None:
    village.referred()
    hidden = village.referred(confidential=True)
    topics = [row.topic for row in ask.rows(village.client)]
    assert topics.count("care.ReferralOpened") == 1
    assert hidden not in [row.event_id for row in ask.rows(village.client)]
    assert not ask.rows(village.client, kind=StoryKind.DUTY)


def test_readings_are_told_while_consent_lives(village: CareVillage, ask: Asking) -> None:
    village.measured(DAY, 185, 95)

    def reading() -> tuple[str, str | None]:
        item = next(i for i in ask.items(village.client) if i["kind"] == "vitals")
        return item["sentence"], item["flag"]

    closed = ("10/03/2026: Được đo sức khỏe", None)
    assert reading() == closed
    village.consented(DAY, "household")
    assert reading() == closed
    village.consented(LATER)
    opened = "10/03/2026: Được đo sức khỏe: huyết áp 185/95, cần báo trạm y tế trong ngày"
    assert reading() == (opened, "same_day")
    village.consent_withdrawn(LATEST)
    assert reading() == closed


def test_both_stories_are_told_under_either_id_of_a_merged_person(
    village: CareVillage, ask: Asking
) -> None:
    twin = village.member("Hứa Thị Gìa")
    village.care(village.visit(DAY, 60))
    village.lent(twin, 1_000_000)
    before = village.desk.log.head()
    village.of_person(
        village.client,
        PersonsMerged(
            person_id=village.client,
            duplicate_id=twin,
            proposed_by=village.secretary,
            approved_by=village.chair,
            occurred_on=LATER,
            concerns=(person(village.client, Role.SUBJECT), person(twin, Role.SUBJECT)),
        ),
    )
    for id in (village.client, twin):
        totals = ask.totals(id)
        assert (totals["received"], totals["visits_received"]) == (1_000_000, 1)
        assert [row.topic for row in ask.rows(id)].count("clubs.PersonsMerged") == 1
        assert set(ask.told(id).people) == {village.client, twin}
    assert ask.totals(village.client, upto=before)["received"] == 0
    assert ask.told(village.client, upto=before).people == (village.client,)


def test_an_undone_import_is_not_even_listed(village: CareVillage, ask: Asking) -> None:
    import_id = village.desk.new_id()
    origin = BookOrigin(import_id=import_id, sheet="Thăm", row=3, digest="00")
    kept = len(ask.rows(village.client))
    village.care(village.visit(DAY, 60, origin=origin))
    assert ask.totals(village.client)["visits_received"] == 1
    assert [i["past"] for i in ask.items(village.client) if i["minutes"]] == [True]
    known = village.desk.log.head()

    def undo(unit: Work) -> str | None:
        from domain.histories import book_of
        from domain.loans.book import BOOK

        book = book_of(village.club_id)
        unit.load(BOOK, book)
        gone = ImportUndone(import_id=import_id, occurred_on=LATER)
        unit.say(BOOK, book, [gone], club_id=village.club_id)
        return None

    village.desk.log.carry_out(undo, actor="test")
    assert len(ask.rows(village.client)) == kept
    assert ask.totals(village.client)["visits_received"] == 0
    assert ask.totals(village.client, upto=known)["visits_received"] == 1


def test_pages_follow_one_another_without_a_gap(village: CareVillage, ask: Asking) -> None:
    village.care(*(village.visit(DAY + timedelta(days=n // 3), n + 1) for n in range(20)))
    whole = ask.rows(village.client)
    seen: list[story.StoryRow] = []
    while True:
        after = (seen[-1].occurred_on, seen[-1].position) if seen else None
        page = ask.rows(village.client, after=after, limit=7)
        seen += page
        if len(page) < 7:
            break
    assert seen == whole
    assert [row.occurred_on for row in whole] == sorted(
        (row.occurred_on for row in whole), reverse=True
    )


# --- a table of cases: for each pair of dates the answer a careful clerk would give ---------------

RECORDED_LATE, MOVED = date(2026, 1, 1), date(2026, 5, 1)


class Cases(CareVillage):
    """A certificate recorded late, a visit corrected, a member moved; `known[n]` are positions."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.other = desk.new_id()
        people.found_club(
            desk, SYSTEM, FoundClub(club_id=self.other, name="CLB thôn Bên", founded_on=FOUNDED)
        )
        visit = self.visit(DAY, 60)
        visited = self.care(visit)
        self.known = {"at first": desk.log.head()}
        self.of_person(
            self.client,
            HouseholdClassCertified(
                person_id=self.client,
                household_class="poor",  # type: ignore[arg-type]
                valid_from=RECORDED_LATE,
                year=2026,
                concerns=(person(self.client, Role.SUBJECT),),
            ),
        )
        self.known["certified"] = desk.log.head()
        replacement = visit.model_copy(
            update={"time": spent(90), "occurred_on": LATER, "replaces": visited}
        )
        self.withdrawn(visited, visit, replacement, on=LATEST)
        self.known["corrected"] = desk.log.head()
        self.club(
            MemberLeft(
                club_id=self.club_id,
                person_id=self.client,
                cause="moved",
                to_club_id=self.other,
                occurred_on=MOVED,
                concerns=(person(self.client, Role.MEMBER),),
            )
        )
        people.join_club(
            desk, SYSTEM, self.other, self.client, JoinClub(person_id=self.client, joined_on=MOVED)
        )
        self.known["moved"] = desk.log.head()


YEAR_BEFORE, AFTER_MOVE = date(2025, 12, 31), date(2026, 5, 2)


def test_as_of_a_day_as_known_at_an_instant(desk: Desk, ask: Asking) -> None:
    cases = Cases(desk)
    here, there = cases.club_id, cases.other
    table: list[tuple[str, date, str | None, UUID, tuple[int, int]]] = [
        # known          as of          class   club   visits and minutes
        ("at first", YEAR_BEFORE, None, here, (0, 0)),
        ("at first", DAY, None, here, (1, 60)),
        ("at first", AFTER_MOVE, None, here, (1, 60)),
        ("certified", YEAR_BEFORE, None, here, (0, 0)),
        ("certified", RECORDED_LATE, "poor", here, (0, 0)),
        ("certified", DAY, "poor", here, (1, 60)),
        ("corrected", DAY, "poor", here, (0, 0)),  # it was on another day all along
        ("corrected", LATER, "poor", here, (1, 90)),
        ("corrected", AFTER_MOVE, "poor", here, (1, 90)),
        ("moved", MOVED - timedelta(days=1), "poor", here, (1, 90)),
        ("moved", MOVED, "poor", there, (1, 90)),
        ("moved", YEAR_BEFORE, None, here, (0, 0)),
    ]
    for known, as_of, household_class, club, (visits, minutes) in table:
        upto = cases.known[known]
        standing = ask.standing(cases.client, as_of, upto)
        totals = ask.totals(cases.client, as_of, upto)
        found = (totals["visits_received"], totals["visit_minutes_received"])
        assert (standing, found) == (
            story.Standing(household_class, (club,)),
            (visits, minutes),
        ), (known, as_of)
        assert ask.totals(cases.volunteer, as_of, upto)["visit_minutes_made"] == minutes


def test_an_instant_is_a_position(database: Database, desk: Desk, ask: Asking) -> None:
    cases = Cases(desk)
    ask.told(cases.client)
    with database.connection() as connection:
        for position in cases.known.values():
            row = connection.execute(
                "SELECT recorded_at FROM log.events WHERE notification_id = %s", (position,)
            ).fetchone()
            assert row is not None
            told = story.told(connection, cases.client, DAY, known_at=row[0])
            last = connection.execute(
                "SELECT max(notification_id) FROM log.events WHERE recorded_at <= %s", (row[0],)
            ).fetchone()
            assert last is not None
            assert told.upto == last[0]
