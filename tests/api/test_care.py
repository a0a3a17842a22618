"""The care view over HTTP: what is overdue, who may know what, and hours counted once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from desk.desk import Desk
from domain.care.events import (
    CarePlanMade,
    ClientEnrolled,
    NeedsAssessed,
    ReferralClosed,
    ReferralOpened,
    VisitMissed,
)
from domain.clubs.events import ClubEntryWithdrawn, MeetingHeld
from domain.events import Role, person
from domain.values import Purpose
from logins import bearer
from projections.follower import Follower
from scene_of_care import CareVillage
from tests.api.problems import refused
from village import DAY


@pytest.fixture
def village(desk: Desk) -> CareVillage:
    return CareVillage(desk)


class Looking:
    def __init__(self, client: TestClient, follower: Follower, village: CareVillage) -> None:
        self.client, self.follower, self.village = client, follower, village

    def get(self, at: str, headers: dict[str, str] | None = None, **params: Any) -> dict[str, Any]:
        self.follower.catch_up()
        answer = self.client.get(f"/v1{at}", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def cases(self, **params: Any) -> dict[str, Any]:
        return self.get("/care-cases", club_id=str(self.village.club_id), **params)

    def case(self) -> dict[str, Any]:
        [case] = self.cases()["items"]
        return dict(case)

    def page(self, reader: UUID | None = None) -> dict[str, Any]:
        headers = bearer(self.village.desk, reader) if reader else None
        return self.get(f"/care-cases/{self.village.client}", headers)


@pytest.fixture
def look(client: TestClient, follower: Follower, village: CareVillage) -> Looking:
    return Looking(client, follower, village)


def test_a_client_past_the_plans_interval(look: Looking, village: CareVillage) -> None:
    today = village.desk.today
    village.planned(7, today - timedelta(days=30))
    village.care(village.visit(today - timedelta(days=7), 60, next_on=today))
    case = look.case()
    assert (case["interval_days"], case["days_past_interval"]) == (7, 0)
    assert (case["last_visit_on"], case["next_visit_on"]) == (
        (today - timedelta(days=7)).isoformat(), today.isoformat(),
    )  # fmt: skip
    assert look.cases()["warnings"] == []
    village.planned(6, today)
    case = look.case()
    assert (case["days_past_interval"], case["warnings"]) == (1, ["client-past-interval"])
    assert look.cases()["warnings"] == [
        {
            "code": "client-past-interval",
            "person": {"id": str(village.client), "name": "Hứa Thị Già"},
            "clients": None,
            "days_past": 1,
        }
    ]


def test_without_a_plan_fourteen_days_and_a_missed_visit_is_none(
    look: Looking, village: CareVillage
) -> None:
    today = village.desk.today
    went = village.visit(today - timedelta(days=14))
    at = village.care(went)
    assert look.case()["days_past_interval"] == 0
    missed = VisitMissed(
        visit_id=village.desk.new_id(),
        client_id=village.client,
        volunteer_ids=(village.volunteer,),
        cause="weather",
        next_on=today,
        occurred_on=today,
        concerns=went.concerns,
    )
    village.care(missed)
    case = look.case()
    assert (case["visits"], case["next_visit_on"]) == (1, today.isoformat())
    village.withdrawn(at, went, on=today)
    assert look.case()["days_past_interval"] > 700


def test_a_volunteer_with_more_than_three_clients(look: Looking, village: CareVillage) -> None:
    village.planned(14)
    for number in range(3):
        client = village.member(f"Người Thứ {number}")
        about = {"client_id": client, "occurred_on": DAY}
        village.care(
            ClientEnrolled(concerns=(person(client, Role.CLIENT),), **about),
            CarePlanMade(volunteer_ids=(village.volunteer,), interval_days=366, **about),
        )
        many = [w for w in look.cases()["warnings"] if w["code"] == "volunteer-many-clients"]
        assert [w["clients"] for w in many] == ([4] if number == 2 else [])
    assert many[0]["person"] == {"id": str(village.volunteer), "name": "Bế Văn Giúp"}
    assert len(look.cases()["items"]) == 4
    first = look.cases(limit=3)
    rest = look.cases(limit=3, after=first["next"])
    assert [c["name"] for c in first["items"] + rest["items"]] == [
        "Người Thứ 0", "Người Thứ 1", "Người Thứ 2", "Hứa Thị Già",
    ] or len(rest["items"]) == 1  # fmt: skip


def test_only_the_coordinator_knows_of_a_confidential_referral(
    look: Looking, village: CareVillage
) -> None:
    village.referred()
    village.referred(confidential=True)
    assert look.case()["open_referrals"] == 1
    for reader in (None, village.secretary, village.client):
        assert [r["confidential"] for r in look.page(reader)["referrals"]] == [False]
    shown = look.page(village.chair)["referrals"]  # the case's coordinator
    assert sorted(r["confidential"] for r in shown) == [False, True]
    assert look.page(village.chair)["open_referrals"] == 1


def test_the_coordinator_reads_a_suspicion_that_nobody_consented_to(
    look: Looking, village: CareVillage
) -> None:
    for confidential in (False, True):
        village.care(
            ReferralOpened(
                referral_id=village.desk.new_id(),
                client_id=village.client,
                to="police",  # type: ignore[arg-type]
                reason=village.desk.seal(village.client, Purpose.HEALTH, "Có vết bầm"),
                urgent=True,
                confidential=confidential,
                occurred_on=DAY,
                concerns=(person(village.client, Role.CLIENT),),
            )
        )
    shown = look.page(village.chair)["referrals"]
    assert {r["confidential"]: r["reason"] for r in shown} == {True: "Có vết bầm", False: None}
    assert [r["reason"] for r in look.page(village.secretary)["referrals"]] == [None]


def test_a_closed_referral_is_no_longer_open(look: Looking, village: CareVillage) -> None:
    village.referred()
    [referral] = look.page()["referrals"]
    closed = ReferralClosed(
        referral_id=UUID(referral["referral_id"]),
        client_id=village.client,
        occurred_on=DAY,
        concerns=(person(village.client, Role.CLIENT),),
    )
    village.care(closed)
    assert look.case()["open_referrals"] == 0
    assert look.page()["referrals"][0]["closed_on"] == DAY.isoformat()
    assert ReferralOpened.TOPIC == "care.ReferralOpened"


def test_health_is_read_only_while_consent_lives(look: Looking, village: CareVillage) -> None:
    desk = village.desk
    note = desk.seal(village.client, Purpose.HEALTH, "Mệt, ăn ít")
    items = desk.seal(village.client, Purpose.HEALTH, '{"bathing": 1, "feeding": 0}')
    assert items is not None
    village.care(
        village.visit(DAY, 60, note=note),
        NeedsAssessed(
            client_id=village.client,
            instrument="katz",  # type: ignore[arg-type]
            instrument_version="1963",
            items=items,
            assessed_by=village.secretary,
            occurred_on=DAY,
            concerns=(person(village.client, Role.CLIENT),),
        ),
    )
    village.measured(DAY, 150, 95)

    def readable() -> tuple[Any, ...]:
        page = look.page()
        return (
            page["readable"], page["visit_list"][0]["note"], page["assessments"][0]["total"],
            page["flag"], look.case()["flag"],
        )  # fmt: skip

    hidden = (False, None, None, None, None)
    assert readable() == hidden
    village.consented()
    assert readable() == (True, "Mệt, ăn ít", 1, "refer", "refer")
    village.consent_withdrawn()
    assert readable() == hidden


def test_an_hour_of_a_visit_that_was_part_of_a_shift_is_counted_once(
    look: Looking, village: CareVillage
) -> None:
    shift = village.shift(DAY, 240)
    at = village.care(shift)
    village.care(village.visit(DAY, 60, shift_id=shift.shift_id), village.visit(DAY, 30))

    def days(**at: Any) -> dict[str, Any]:
        return look.get(f"/clubs/{village.club_id}/volunteer-days", **at)

    before = days(as_of=DAY)
    assert days()["totals"] == {
        "shifts": 1, "work_days": "0.5", "visits": 1, "visit_minutes": 30, "minutes": 270,
        "people": 1,
    }  # fmt: skip
    assert [row["source"] for row in days()["items"]] == ["shift", "visit"]
    village.withdrawn(at, shift)
    assert days()["totals"]["minutes"] == 90
    assert [row["minutes"] for row in days()["items"]] == [60, 30]
    # As it was known, page by page, and as of the day before.
    asked = {"known_at": before["known_at"], "as_of": DAY}
    assert days(**asked) == before
    first = days(**asked, limit=1)
    second = days(**asked, limit=1, after=first["next"])
    assert [*first["items"], *second["items"]] == before["items"]
    assert (first["totals"], second["totals"]) == (before["totals"], before["totals"])
    assert days(as_of=DAY - timedelta(days=1))["items"] == []


def test_attendance_counts_what_stands(look: Looking, village: CareVillage) -> None:
    def meeting(count: int, **more: Any) -> MeetingHeld:
        return MeetingHeld(
            club_id=village.club_id,
            meeting_id=village.desk.new_id(),
            attended=(village.client,),
            head_count=count,
            occurred_on=DAY,
            concerns=(person(village.client, Role.PARTICIPANT),),
            **more,
        )

    def attendance(**at: Any) -> dict[str, Any]:
        return look.get(f"/clubs/{village.club_id}/attendance", **at)

    wrong = village.club(meeting(40))
    before = attendance()
    taken_back = ClubEntryWithdrawn(
        club_id=village.club_id, withdraws=wrong, withdrawn_topic="clubs.MeetingHeld",
        occurred_on=DAY,
    )  # fmt: skip
    village.club(taken_back, meeting(41, replaces=wrong))
    page = attendance()
    assert (page["meetings"], page["attendance"]) == (1, 41)
    assert [one["name"] for one in page["items"][0]["attended"]] == ["Hứa Thị Già"]
    for never in (attendance(to="2026-01-01"), attendance(as_of=DAY - timedelta(days=1))):
        assert (never["meetings"], never["items"]) == (0, [])
    then = attendance(known_at=before["known_at"])
    assert then == before
    assert (then["meetings"], then["attendance"]) == (1, 40)


def test_what_is_not_there(client: TestClient, look: Looking, village: CareVillage) -> None:
    look.cases()
    refused(client.get(f"/v1/care-cases/{village.volunteer}"), 404, "not-found")
    refused(client.get("/v1/care-cases"), 422, "malformed")
    unknown = {"club_id": str(village.client)}
    refused(client.get("/v1/care-cases", params=unknown), 404, "not-found")


def test_care_lists_on_paper(client: TestClient, look: Looking, village: CareVillage) -> None:
    village.care(village.visit(DAY, 60), village.shift(DAY))
    look.cases()
    for at in (
        f"/v1/care-cases.csv?club_id={village.club_id}",
        f"/v1/clubs/{village.club_id}/volunteer-days.csv",
        f"/v1/clubs/{village.club_id}/attendance.csv",
    ):
        assert client.get(at).status_code == 200, at
        assert client.get(at.replace(".csv", ".xlsx")).content.startswith(b"PK")
