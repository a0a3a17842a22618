"""What each caller is shown of what they may ask: lists of their own clubs, no health beyond the
wall, no small numbers, an auditor's days and drawn loans; in papers and feed as on the page."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from desk import care, people
from desk.desk import Desk
from domain.accounts.roles import Role, Scope
from domain.care.commands import EnrolClient, MakeVisit
from domain.clubs.consent import GiveConsent
from domain.clubs.events import Evidence
from domain.values import Purpose
from logins import bearer, granted
from projections.follower import Follower
from tests.api.places import Place, grant_of, places
from tests.conftest import fresh_desk
from village import DAY, FOUNDED, SYSTEM

NOTE = "Bà ngủ ít, hay chóng mặt"
WHY = {"X-Reason": "Ki%E1%BB%83m tra"}


class Shown:
    def __init__(self, client: TestClient, desk: Desk) -> None:
        self.client = client
        self.desk = desk
        self.own, self.other, self.far = places(desk)
        self.client_id = self.own.ids["client_id"]
        consent = GiveConsent(occurred_on=DAY, purpose="health", evidence=Evidence.WRITTEN)
        people.give_consent(desk, SYSTEM, self.client_id, consent)
        visit = MakeVisit.model_validate(
            {
                "visit_id": desk.new_id(),
                "occurred_on": DAY,
                "volunteer_ids": (self.own.people[Role.VOLUNTEER],),
                "minutes": 30,
                "tasks": ("SOC",),
                "note": desk.seal(self.client_id, Purpose.HEALTH, NOTE),
            }
        )
        care.make_visit(desk, SYSTEM, self.own.village.club_id, self.client_id, visit)
        self.unassigned = self.own.village.member("Hà Thị Khác")
        enrolled = EnrolClient(occurred_on=DAY, coordinator_id=self.own.village.chair)
        care.enrol_client(desk, SYSTEM, self.own.village.club_id, self.unassigned, None, enrolled)

    def get(self, role: Role, path: str, **headers: str) -> Any:
        by = bearer(self.desk, self.own.people[role], (grant_of(role, self.own),))
        return self.client.get(f"/v1{path}", headers=by | headers)

    def club(self, place: Place) -> str:
        return str(place.village.club_id)


@pytest.fixture(scope="module")
def shown(server: Any, template: str) -> Iterator[Shown]:
    with fresh_desk(server, template) as (database, desk):
        follower = Follower(database, desk.keys)
        app = create_app(database, follower, desk.keys, desk, deadline_seconds=60)
        with TestClient(app) as client:
            made = Shown(client, desk)
            follower.catch_up(60)
            yield made


def test_a_list_of_clubs_is_of_one_s_own(shown: Shown) -> None:
    def listed(role: Role) -> set[str]:
        return {club["id"] for club in shown.get(role, "/clubs").json()["items"]}

    own, other = shown.club(shown.own), shown.club(shown.other)
    assert listed(Role.TREASURER) == listed(Role.COMMUNE_OFFICER) == {own}
    assert listed(Role.PROVINCIAL_OFFICER) == {own, other}
    paper = shown.get(Role.PROVINCIAL_OFFICER, "/clubs.csv").text
    assert own in paper
    assert shown.club(shown.far) not in paper


def test_the_province_s_report_is_of_one_s_own_clubs(shown: Shown) -> None:
    def clubs(role: Role, path: str = "/reports/province") -> Any:
        rows = shown.get(role, path).json()["rows"]
        return next(row["value"] for row in rows if row["key"] == "clubs")

    assert clubs(Role.TREASURER) == clubs(Role.COMMUNE_OFFICER) == 1
    assert clubs(Role.PROVINCIAL_OFFICER) == 2
    events = shown.get(Role.PROVINCIAL_OFFICER, "/reports/province/clubs/events", **WHY).json()
    assert {one["club_id"] for one in events["items"]} == {
        shown.club(shown.own),
        shown.club(shown.other),
    }


def test_small_numbers_under_care_are_hidden_and_official_sums_are_exact(shown: Shown) -> None:
    def told(role: Role) -> tuple[Any, list[Any]]:
        report = shown.get(role, "/reports/province?by=club").json()
        rows = [report["rows"], *(group["rows"] for group in report["groups"])]
        whole, *groups = (next(r["value"] for r in row if r["key"] == "clients") for row in rows)
        return whole, groups

    assert told(Role.PROVINCIAL_OFFICER) == (3, [None, None])
    assert told(Role.COMMUNE_OFFICER) == (None, [None])
    assert told(Role.CARE_COORDINATOR) == (2, [2])
    opened = shown.get(Role.PROVINCIAL_OFFICER, "/reports/province/clients/events", **WHY)
    assert opened.status_code == 404
    page = shown.get(Role.COMMUNE_OFFICER, f"/reports/clubs/{shown.club(shown.own)}", **WHY).json()
    assert page["deeds"]["care"]["clients"] is None
    page = shown.get(Role.CHAIR, f"/reports/clubs/{shown.club(shown.own)}").json()
    assert page["deeds"]["care"]["clients"] == 2


def test_a_story_tells_of_health_to_those_who_may_read_of_it(shown: Shown) -> None:
    for suffix in ("", ".csv"):
        path = f"/members/{shown.client_id}/history{suffix}"
        for role in (Role.CARE_COORDINATOR, Role.VOLUNTEER, Role.RELATIVE):
            assert NOTE in shown.get(role, path).text, role
        for role in (Role.TREASURER, Role.ACCOUNTANT, Role.CHAIR, Role.SECRETARY):
            answer = shown.get(role, path)
            assert answer.status_code == 200
            assert NOTE not in answer.text, role
        for role in (Role.COMMUNE_OFFICER, Role.PROVINCIAL_OFFICER, Role.ADMINISTRATOR):
            answer = shown.get(role, path, **WHY)
            assert answer.status_code == 200
            assert NOTE not in answer.text, role


def test_a_volunteer_is_shown_whom_they_are_assigned_to(shown: Shown) -> None:
    def listed(role: Role) -> set[str]:
        cases = shown.get(role, f"/care-cases?club_id={shown.club(shown.own)}&all=true").json()
        return {case["client_id"] for case in cases["items"]}

    assert listed(Role.CARE_COORDINATOR) == {str(shown.client_id), str(shown.unassigned)}
    assert listed(Role.VOLUNTEER) == {str(shown.client_id)}
    assert listed(Role.MEMBER) == set()
    assert shown.get(Role.VOLUNTEER, f"/care-cases/{shown.unassigned}").status_code == 404
    assert shown.get(Role.VOLUNTEER, f"/care-cases/{shown.client_id}").status_code == 200


def test_an_auditor_is_shown_the_names_of_drawn_loans_alone(shown: Shown) -> None:
    club = f"/clubs/{shown.club(shown.own)}"
    drawn = str(shown.own.ids["loan_id"])
    loans = shown.get(Role.AUDITOR, f"{club}/loans").json()["items"]
    assert {loan["id"]: loan["borrower_name"] is not None for loan in loans} == {
        drawn: True,
        str(shown.own.unsampled["loan_id"]): False,
    }
    for path in ("loan-book", "cash-book", "ledger"):
        rows = shown.get(Role.AUDITOR, f"{club}/{path}").json()["items"]
        assert rows
        named = [row for row in rows if row.get("borrower_name") or row.get("member_name")]
        assert {row["loan_id"] for row in named} <= {drawn}, path
    undrawn = shown.get(Role.AUDITOR, f"/loans/{shown.own.unsampled['loan_id']}").json()
    assert undrawn["borrower_name"] is None


def test_an_auditor_is_shown_the_days_of_their_audit_alone(shown: Shown) -> None:
    auditor = shown.own.village.member("Vi Văn Kiểm")
    club = shown.club(shown.own)
    role = granted(
        Role.AUDITOR,
        Scope(kind="club", id=club),
        books_from=date(2026, 1, 1),
        books_to=date(2026, 12, 31),
    )
    by = bearer(shown.desk, auditor, (role,))

    def get(path: str) -> Any:
        return shown.client.get(f"/v1/clubs/{club}/{path}", headers=by)

    days = {row["occurred_on"] for row in get("ledger").json()["items"]}
    assert days == {DAY.isoformat()}
    assert FOUNDED.isoformat() in shown.get(Role.TREASURER, f"/clubs/{club}/ledger").text
    assert get("ledger?from=2026-03-01&to=2026-03-31").status_code == 200
    for outside in (
        "ledger?from=2024-01-01",
        "balances?as_of=2025-12-31",
        "loans?as_of=2027-01-01",
    ):
        assert get(outside).status_code == 404, outside
    assert get("ledger.csv?from=2024-01-01").status_code == 404
    events = shown.client.get("/v1/events?limit=200", headers=by).json()
    assert events
    assert {event["type"].partition(".")[0] for event in events} == {"loans"}
    assert {event["clubid"] for event in events} == {club}


def test_the_feed_is_of_one_s_own_clubs(shown: Shown) -> None:
    seen = set()
    address = "/events?limit=200"
    while address:
        answer = shown.get(Role.PROVINCIAL_OFFICER, address)
        seen |= {event.get("clubid") for event in answer.json()}
        address = answer.headers.get("link", "").partition("</v1")[2].partition(">")[0]
    assert seen - {None} == {shown.club(shown.own), shown.club(shown.other)}


def test_events_of_care_are_corrected_by_those_who_care(shown: Shown) -> None:
    path = f"/events/{shown.own.visit}/correction"
    assert shown.get(Role.TREASURER, path).status_code == 404
    assert shown.get(Role.CARE_COORDINATOR, path).status_code == 409
    assert (
        shown.get(
            Role.CARE_COORDINATOR, f"/events/{shown.own.ids['event_id']}/correction"
        ).status_code
        == 404
    )
