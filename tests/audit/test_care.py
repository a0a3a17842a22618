"""Stories, home care, volunteer days and what was done: every wrong row is found."""

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from audit.checks import run
from audit.times import business_day
from desk.desk import KINDS, Desk
from domain.care.events import GroupWorkDone, NeedsAssessed
from domain.clubs.events import ClubEntryWithdrawn, MeetingHeld, SupportGiven
from domain.events import BookOrigin, Role, person
from domain.histories import book_of
from domain.loans.book import BOOK
from domain.loans.events import ImportUndone
from domain.values import Purpose, business_date
from projections import doings
from projections.follower import Follower
from scene_of_care import CareVillage
from store.database import Database
from store.log import Work
from tests.audit.tampering import Intruder, codes, named
from village import DAY


class Caring(CareVillage):
    """A care book with one of everything: kept, corrected, and undone with its import."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, capital=20_000_000)
        loan = self.lent(self.client, 3_000_000)
        self.repaid(loan, 321_000, DAY)
        self.plan = self.planned(7)
        items = self.desk.seal(self.client, Purpose.HEALTH, "{}")
        assert items is not None
        self.assessed = self.care(
            NeedsAssessed(
                client_id=self.client,
                instrument="barthel",  # type: ignore[arg-type]
                instrument_version="1",
                items=items,
                assessed_by=self.volunteer,
                occurred_on=DAY,
                concerns=(person(self.client, Role.CLIENT),),
            )
        )
        self.wrong = self.visit(DAY, 60)
        self.kept = self.care(self.visit(DAY, 45))
        self.gone = self.care(self.wrong)
        self.withdrawn(self.gone, self.wrong, self.visit(DAY, 75, replaces=self.gone))
        self.worked = self.care(self.shift(DAY, helped=(self.client,)))
        self.care(
            GroupWorkDone(
                work_id=desk.new_id(),
                activity="public_works",  # type: ignore[arg-type]
                people=12,
                work_days=Decimal("12"),
                helped=(self.client,),
                occurred_on=DAY,
                concerns=(person(self.client, Role.HELPED),),
            )
        )
        self.reading = self.measured(DAY, 150, 95)
        self.confidential = self.referred(confidential=True)
        self.referred()
        self.consented()
        wrong = self.club(self.meeting(40))
        taken_back = ClubEntryWithdrawn(
            club_id=self.club_id,
            withdraws=wrong,
            withdrawn_topic="clubs.MeetingHeld",
            occurred_on=DAY,
        )
        self.met = self.club(taken_back, self.meeting(41))
        self.club(
            SupportGiven(
                club_id=self.club_id,
                support_id=desk.new_id(),
                person_id=self.client,
                kind="gift",  # type: ignore[arg-type]
                value=200_000,
                occurred_on=DAY,
                concerns=(person(self.client, Role.SUBJECT), person(self.chair, Role.VOLUNTEER)),
            )
        )
        self.import_undone()

    def meeting(self, count: int, **more: Any) -> MeetingHeld:
        return MeetingHeld(
            club_id=self.club_id,
            meeting_id=self.desk.new_id(),
            attended=(self.client, self.volunteer),
            head_count=count,
            occurred_on=DAY,
            concerns=tuple(person(one, Role.PARTICIPANT) for one in (self.client, self.volunteer)),
            **more,
        )

    def import_undone(self) -> None:
        import_id = self.desk.new_id()
        origin = BookOrigin(import_id=import_id, sheet="Thăm", row=3, digest="00")
        self.care(self.visit(DAY, 10, origin=origin), self.shift(DAY, 10, origin=origin))
        self.club(self.meeting(42, origin=origin))
        book = book_of(self.club_id)

        def undo(unit: Work) -> str | None:
            unit.load(BOOK, book)
            gone = ImportUndone(import_id=import_id, occurred_on=DAY)
            unit.say(BOOK, book, [gone], club_id=self.club_id)
            return None

        self.desk.log.carry_out(undo, actor="test")


def test_what_stands_is_clean_and_what_was_changed_is_found(
    database: Database, desk: Desk, server: Any, database_name: str
) -> None:
    caring, follower = Caring(desk), Follower(database, desk.keys)
    follower.catch_up(30)
    report = run(database, KINDS)
    assert report.clean, report.findings
    assert report.checked["stories"] > 0
    assert {one.compared for one in follower.rebuild(comparing=True).values()} == {
        (desk.log.head(), 0, ())
    }
    with database.connection() as connection:
        standing = doings.of(connection, caring.club_id, "meeting")
        assert [meeting.event.head_count for meeting in standing] == [41]
        assert doings.attendance(connection, caring.club_id) == (1, 41)
    with psycopg.connect(server.admin(database_name), autocommit=True) as connection:
        connection.execute("SET search_path = read")
        intruder = Intruder(connection)
        for code, change, event in (
            (
                "histories-differ",
                "UPDATE histories SET minutes = 46 WHERE minutes = 45",
                "kept",
            ),
            ("histories-differ", "UPDATE histories SET repaid = 1 WHERE repaid > 0", None),
            (
                "histories-differ",
                "UPDATE histories SET kind = 'care' WHERE kind = 'help'",
                None,
            ),
            ("histories-differ", "DELETE FROM histories WHERE kind = 'meetings'", None),
            ("history-changes-differ", "DELETE FROM history_changes", None),
            ("visits-differ", "UPDATE visits SET minutes = 1 WHERE minutes = 45", "kept"),
            (
                "visits-stray",
                "UPDATE visits SET withdrawn_at = NULL WHERE minutes = 60",
                "gone",
            ),
            ("visits-missing", "DELETE FROM visits WHERE minutes = 45", "kept"),
            (
                "volunteer-days-differ",
                "UPDATE volunteer_days SET work_days = 9 WHERE source = 'shift'",
                "worked",
            ),
            (
                "doings-differ",
                "UPDATE doings SET head_count = 42 WHERE head_count = 41",
                "met",
            ),
            (
                "doings-differ",
                "UPDATE doings SET withdrawn_at = NULL WHERE import_id IS NOT NULL",
                None,
            ),
            ("doings-missing", "DELETE FROM doings WHERE kind = 'support'", None),
            ("visits-differ", "UPDATE visits SET urgent = true WHERE minutes = 45", "kept"),
            ("care-plans-differ", "UPDATE care_plans SET interval_days = 8", "plan"),
            ("care-plans-differ", "UPDATE care_plans SET volunteer_ids = '{}'", "plan"),
            ("care-assessments-missing", "DELETE FROM care_assessments", "assessed"),
            (
                "care-assessments-differ",
                "UPDATE care_assessments SET instrument = 'katz'",
                "assessed",
            ),
            ("referrals-differ", "UPDATE referrals SET confidential = false", "confidential"),
            (
                "referrals-stray",
                "INSERT INTO referrals SELECT position, gen_random_uuid(), club_id, referral_id,"
                " client_id, occurred_on, false, NULL, false, false FROM referrals",
                None,
            ),
            ("readings-missing", "DELETE FROM readings", "reading"),
            ("care-cases-missing", "DELETE FROM care_cases", None),
        ):
            intruder.sql(change)
            report = run(database)
            assert codes(report) == {code}, change
            if event is not None:
                assert named(report, code).event_id == str(getattr(caring, event)), change
            assert named(report, code).event_id or named(report, code).position
            follower.rebuild(("histories", "care", "volunteer_days", "doings"))


@pytest.mark.parametrize("hour", [0, 16, 17, 23])
def test_the_business_day_by_hand_is_that_of_the_domain(hour: int) -> None:
    from datetime import UTC, datetime

    instant = datetime(2026, 3, 10, hour, 59, tzinfo=UTC)
    assert business_day(instant) == business_date(instant).isoformat()
