"""A club's report beside its money: members, home care, work, meetings, and what it warns of."""

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from desk import people
from desk.desk import Desk
from domain.clubs.club import about
from domain.clubs.decisions import JoinClub
from domain.clubs.events import (
    ActivityHeld,
    HouseholdClassCertified,
    MeetingHeld,
    MemberLeft,
    Sex,
)
from domain.events import Role, person
from domain.values import Birth
from exchange.importing import import_book
from exchange.paper import report as paper
from exchange.tables import as_csv, as_xlsx
from projections.club_people import MembersPart
from projections.club_report import ClubReport, club_report
from projections.club_warnings import warnings_of
from projections.figures import Period
from projections.follower import Follower
from projections.times import seen
from scene_of_care import CareVillage
from store.database import Database
from tests.exchange.test_printing import Paper
from village import FOUNDED, SYSTEM

YEAR = Period(date(2026, 1, 1), date(2026, 6, 30))
MARCH, APRIL, JUNE = date(2026, 3, 10), date(2026, 4, 10), date(2026, 6, 10)


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)


class Scene(CareVillage):
    """Seven members; one client visited twice, then no more; a shift, two meetings, a party."""

    def __init__(self, desk: Desk, follower: Follower) -> None:
        super().__init__(desk)
        self.follower = follower
        self.planned(20, MARCH)
        self.old = self.born("Lương Văn Cao", 1940, "male", joined_on=MARCH)
        self.young = self.born("Lý Thị Trẻ", 1998, "female", joined_on=APRIL)
        self.first_visit = self.visit(MARCH, 60)
        self.first_visit_id = self.care(self.first_visit)
        self.care(self.visit(APRIL, 45))
        self.care(self.shift(APRIL, 240, activity="public_works"))
        self.club(self.met(MARCH, 20), self.met(JUNE, 31))
        self.club(
            ActivityHeld(
                club_id=self.club_id,
                activity_id=desk.new_id(),
                area="culture",  # type: ignore[arg-type]
                kind="sport",  # type: ignore[arg-type]
                title=self.memo("Bóng chuyền hơi"),
                head_count=40,
                value=500_000,
                occurred_on=APRIL,
                concerns=(about(self.club_id),),
            )
        )
        self.of_person(self.old, self.certified("poor", MARCH))
        self.of_person(self.old, self.certified("near_poor", JUNE))

    def memo(self, text: str) -> Any:
        return self.desk.memo(self.club_id, text)

    def born(self, name: str, year: int, sex: str, joined_on: date) -> UUID:
        person_id = self.desk.new_id()
        people.join_club(
            self.desk,
            SYSTEM,
            self.club_id,
            people.NewPerson(name=name, birth=Birth(year=year), sex=Sex(sex)),
            JoinClub(person_id=person_id, joined_on=joined_on),
        )
        return person_id

    def met(self, on: date, head_count: int) -> MeetingHeld:
        return MeetingHeld(
            club_id=self.club_id,
            meeting_id=self.desk.new_id(),
            head_count=head_count,
            minutes="BB 1",
            occurred_on=on,
            concerns=(about(self.club_id),),
        )

    def certified(self, household_class: str, on: date) -> HouseholdClassCertified:
        return HouseholdClassCertified.model_validate(
            {
                "person_id": self.old,
                "household_class": household_class,
                "valid_from": on,
                "concerns": (person(self.old, Role.SUBJECT),),
            }
        )

    def left(self, person_id: UUID, on: date) -> None:
        self.club(
            MemberLeft(
                club_id=self.club_id,
                person_id=person_id,
                cause="died",
                occurred_on=on,
                concerns=(person(person_id, Role.MEMBER),),
            )
        )

    def report(self, period: Period = YEAR, upto: int | None = None) -> ClubReport:
        self.follower.catch_up()
        with self.desk.log.database.connection() as connection:
            at = seen(connection, self.club_id, period.last, upto=upto)
            return club_report(connection, at, period, self.desk.keys)


@pytest.fixture
def scene(desk: Desk, follower: Follower) -> Scene:
    return Scene(desk, follower)


def test_members_by_sex_age_and_household_and_who_came_and_went(scene: Scene) -> None:
    scene.left(scene.secretary, APRIL)
    part = scene.report()["members"]
    assert (part["opening"], part["joined"], part["left"], part["members"]) == (5, 2, 1, 6)
    assert part["left_by_cause"] == [{"key": "died", "members": 1}]
    assert part["by_sex"] == [
        {"key": "female", "members": 1},
        {"key": "male", "members": 1},
        {"key": "unknown", "members": 4},
    ]
    assert [one["key"] for one in part["by_age"]] == ["under_40", "80_and_over", "unknown"]
    assert (part["women"], part["old"], part["borrowers"]) == (1, 1, 0)
    # The class of the report's last day, not today's.
    assert {"key": "near_poor", "members": 1} in part["by_class"]
    may = scene.report(Period(date(2026, 5, 1), date(2026, 5, 31)))["members"]
    assert {"key": "poor", "members": 1} in may["by_class"]
    # Whoever leaves on a day is no member that evening, and was one the day before.
    day = timedelta(days=1)
    assert scene.report(Period(APRIL, APRIL))["members"]["members"] == 6
    assert scene.report(Period(APRIL - day, APRIL - day))["members"]["members"] == 6
    assert scene.report(Period(APRIL - day, APRIL - day))["members"]["left"] == 0


def test_home_care_is_counted_in_visits_and_minutes(scene: Scene) -> None:
    care = scene.report()["deeds"]["care"]
    assert care == {
        "clients": 1,
        "in_care": 1,
        "visits": 2,
        "missed": 0,
        "visit_minutes": 105,
        "visited": 1,
        "last_visit_on": "2026-04-10",
        "past_interval": 1,
        "volunteers": 0,
    }
    # Twenty days after the last visit there is still time; on the next there is none.
    last = APRIL + timedelta(days=20)
    assert scene.report(Period(MARCH, last))["deeds"]["care"]["past_interval"] == 0
    last += timedelta(days=1)
    assert scene.report(Period(MARCH, last))["deeds"]["care"]["past_interval"] == 1


def test_work_days_by_activity_count_each_hour_once(scene: Scene) -> None:
    shift_id = scene.desk.new_id()
    scene.care(scene.shift(JUNE, 120, shift_id=shift_id, activity="home_care"))
    scene.care(scene.visit(JUNE, 60, shift_id=shift_id))
    deeds = scene.report()["deeds"]
    by_activity = {one["activity"]: one for one in deeds["work"]}
    assert by_activity["public_works"]["work_days"] == "0.5"
    # Two visits of their own and a shift of two hours; the visit of that shift is in it.
    assert (by_activity["home_care"]["times"], by_activity["home_care"]["minutes"]) == (3, 225)
    assert deeds["care"]["visits"] == 3
    assert sum(one["visits"] for one in deeds["steps"]) == 3
    assert [one["until"] for one in deeds["steps"]][-1] == "2026-06-30"


def test_meetings_activities_and_warnings(scene: Scene) -> None:
    report = scene.report()
    met = report["deeds"]["meetings"]
    assert [(one["occurred_on"], one["head_count"]) for one in met] == [
        ("2026-03-10", 20),
        ("2026-06-10", 31),
    ]
    assert report["deeds"]["activities"] == [
        {"area": "culture", "activities": 1, "head_count": 40, "value": 500_000}
    ]
    warned = {one["code"]: one for one in report["warnings"]}
    assert list(warned) == [
        *("club-size", "women-share", "old-share", "few-borrowers", "few-volunteers"),
        *("months-without-meeting", "months-without-count"),
    ]
    assert warned["months-without-meeting"]["months"] == [
        *("2026-01", "2026-02", "2026-04", "2026-05")
    ]
    assert (warned["women-share"]["count"], warned["women-share"]["of"]) == (1, 7)
    # No month before the founding is amiss, and none that is not over.
    early = scene.report(Period(date(2020, 1, 1), date(2024, 2, 10)))
    months = [one["months"] for one in early["warnings"] if one["months"]]
    assert months == [[f"{FOUNDED:%Y-%m}"]] * 2


def members(size: int, women: int, old: int, borrowers: int) -> MembersPart:
    return {
        "opening": size,
        "joined": 0,
        "left": 0,
        "members": size,
        "women": women,
        "old": old,
        "borrowers": borrowers,
        "by_sex": [],
        "by_age": [],
        "by_class": [],
        "left_by_cause": [],
    }


@pytest.mark.parametrize(
    ("size", "women", "old", "borrowers", "volunteers", "codes"),
    [
        (50, 30, 35, 25, 5, []),
        (70, 49, 42, 35, 5, []),
        (49, 30, 30, 25, 5, ["club-size"]),
        (71, 45, 45, 36, 5, ["club-size"]),
        (50, 29, 30, 25, 5, ["women-share"]),
        (50, 36, 30, 25, 5, ["women-share"]),
        (50, 30, 29, 25, 5, ["old-share"]),
        (50, 30, 36, 25, 5, ["old-share"]),
        (50, 30, 30, 24, 5, ["few-borrowers"]),
        (51, 31, 31, 25, 5, ["few-borrowers"]),
        (50, 30, 30, 25, 4, ["few-volunteers"]),
        (0, 0, 0, 0, 5, ["club-size"]),
    ],
)
def test_the_bounds_of_the_warnings(
    size: int, women: int, old: int, borrowers: int, volunteers: int, codes: list[str], scene: Scene
) -> None:
    care = scene.report()["deeds"]["care"]
    care["volunteers"] = volunteers
    told = warnings_of(members(size, women, old, borrowers), care, [], [], [])
    assert [one["code"] for one in told] == codes


def test_a_report_comes_out_as_it_was_known(scene: Scene) -> None:
    before = scene.report()
    then = before["position"]
    scene.withdrawn(scene.first_visit_id, scene.first_visit, on=JUNE)
    scene.left(scene.old, APRIL)
    now = scene.report()
    assert (now["deeds"]["care"]["visits"], now["members"]["members"]) == (1, 6)
    assert scene.report(upto=then) == before


def test_no_name_of_a_client_stands_on_any_paper_of_it(scene: Scene, tmp_path: Path) -> None:
    report = scene.report()
    assert "Hứa" not in str(report)
    printed = Paper(paper.report_pdf(report, {}), tmp_path)
    for said in (
        "Hộ cận nghèo 1 14,29 %",
        "Lượt thăm 2 lượt",
        "Việc công ích 1 1 240 0,5",
        "10/03/2026 BB 1 20",
        "Văn hóa, văn nghệ, thể thao 1 40 500.000",
        "Chưa đủ 5 tình nguyện viên chăm sóc 0",
        "Có tháng không sinh hoạt 4 01/2026, 02/2026, 04/2026, 05/2026",
        "Thăm tại nhà và ngày công",
    ):
        assert said in printed.text.replace("\u00a0", " "), said
    assert "Hứa" not in printed.text
    lines = as_csv(paper.summary(report)).decode("utf-8-sig").split("\r\n")
    assert "Chăm sóc tại nhà,lượt,Lượt thăm,2,," in lines


@pytest.mark.parametrize("name", ["club-book", "club-book-rough"])
def test_a_workbook_of_it_is_the_same_bytes_again(
    name: str, shared_data: Path, desk: Desk, follower: Follower
) -> None:
    imported = import_book(desk, follower, shared_data / f"{name}.xlsx")
    assert imported.club_id is not None

    def made() -> tuple[ClubReport, bytes]:
        with desk.log.database.connection() as connection:
            at = seen(connection, imported.club_id, date(2025, 5, 31))  # type: ignore[arg-type]
            period = Period(date(2018, 1, 1), date(2025, 5, 31))
            report = club_report(connection, at, period, desk.keys)
        return report, as_xlsx(*paper.sheets(report, {}))

    report, workbook = made()
    assert made()[1] == workbook
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    # Against what the import itself says it took in.
    assert report["deeds"]["care"]["visits"] == imported.accepted["visits"]
    assert len(report["deeds"]["meetings"]) == imported.accepted["meetings"]
    by_heading = {row[0].value: row[1].value for row in book["Chăm sóc tại nhà"].iter_rows()}
    assert by_heading["Lượt thăm"] == imported.accepted["visits"]
