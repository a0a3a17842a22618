"""The province report over HTTP: rows, events, papers, steps, and what moved since."""

from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from desk import clubs
from desk.desk import Desk
from domain.clubs.events import ActivityKind, Area
from domain.clubs.meetings import HoldActivity
from projections.follower import Follower
from tests.api.hands import Hands
from tests.api.problems import refused
from village import DAY, FOUNDED, SYSTEM, Village

PERIOD = {"from": "2024-01-01", "to": "2026-06-30"}


class Province:
    def __init__(self, desk: Desk, follower: Follower, client: TestClient) -> None:
        self.desk, self.follower, self.client = desk, follower, client
        self.club = Village(desk, capital=20_000_000)
        self.borrower = self.club.member("Hoàng Thị Dung")
        self.loan = self.club.lent(self.borrower, 3_000_000, instalments=3)
        self.hands = Hands(client, self.club.chair)
        body = {"name": "Hội NCT tỉnh Lạng Sơn", "level": "province", "province": "Lạng Sơn"}
        self.association = self.hands.done("/associations", body)["id"]
        follower.catch_up()

    def works(self, number: int) -> None:
        for _ in range(number):
            command = HoldActivity(
                activity_id=self.desk.new_id(),
                occurred_on=DAY,
                area=Area.SELF_HELP,
                kind=ActivityKind.PUBLIC_WORKS,
                title=self.desk.memo(self.club.club_id, "Dọn đường thôn"),  # type: ignore[arg-type]
                head_count=12,
            )
            clubs.record(self.desk, SYSTEM, self.club.club_id, command)
        self.follower.catch_up()

    def read(self, address: str = "", **query: Any) -> Any:
        answer = self.client.get(f"/v1/reports/province{address}", params=PERIOD | query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rows(self, **query: Any) -> dict[str, Any]:
        return {row["key"]: row for row in self.read(**query)["rows"]}

    def report(self, step: str, body: Any = None, **headers: Any) -> Any:
        address = f"/associations/{self.association}/reports{step}"
        return self.hands.post(address, {"occurred_on": "2026-07-02"} | (body or {}), **headers)


@pytest.fixture
def province(desk: Desk, follower: Follower, client: TestClient) -> Province:
    return Province(desk, follower, client)


def test_a_row_is_the_sum_of_the_events_it_opens_to(province: Province) -> None:
    province.works(3)
    rows = province.rows()
    assert (rows["clubs"]["value"], rows["members"]["value"]) == (1, 4)
    assert rows["public_works"]["value"] == 3
    assert (rows["loans"]["value"], rows["lent"]["value"]) == (1, 3_000_000)
    assert rows["par30"]["denominator"] == 3_000_000
    first = province.read("/public_works/events", limit=2)
    assert len(first["items"]) == 2
    rest = province.read("/public_works/events", limit=2, after=first["next"])
    found = [item["event_id"] for item in first["items"] + rest["items"]]
    assert len(set(found)) == 3
    assert rest["next"] is None
    refused(province.client.get("/v1/reports/province/nothing/events"), 404, "not-found")


def test_a_report_printed_earlier_comes_out_as_it_was_and_says_what_moved(
    province: Province,
) -> None:
    province.works(1)
    printed = province.read()
    province.works(2)
    province.club.repaid(province.loan, 1_021_000, date(2026, 4, 10))
    province.follower.catch_up()
    again = province.read(known_at=printed["known_at"])
    assert again == printed
    moved = {
        (row["key"], row["part"]): row
        for row in province.read("/restatement", then_position=printed["position"])["moved"]
    }
    works = moved["public_works", "numerator"]
    assert (works["then"], works["now"], works["events"]) == (1, 3, 2)
    assert {why["topic"] for why in works["why"]} == {"clubs.ActivityHeld"}
    assert moved["repaid", "numerator"]["now"] == 1_000_000
    assert moved["outstanding", "numerator"]["now"] == 2_000_000
    assert ("members", "numerator") not in moved
    unmoved = province.read("/restatement", then_position=province.read()["position"])
    assert unmoved["moved"] == []
    before = province.read("/restatement", then_position=0)["moved"]  # of an empty log
    assert {row["then"] for row in before} <= {0}
    assert {row["key"] for row in before} >= {"public_works", "members", "loans"}


def test_what_was_taken_back_since_names_the_event_that_did_it(province: Province) -> None:
    province.club.repaid(province.loan, 1_021_000, date(2026, 4, 10))
    province.follower.catch_up()
    printed = province.read()
    paid = province.read("/repaid/events")["items"][0]["event_id"]
    reversal = {"occurred_on": "2026-04-10", "reason": "Ghi nhầm người"}
    province.hands.done(f"/events/{paid}/reversal", reversal, by=province.club.secretary)
    approval = {"occurred_on": "2026-04-10"}
    done = province.hands.done(f"/events/{paid}/reversal/approval", approval)
    province.follower.catch_up()
    moved = province.read("/restatement", then_position=printed["position"])["moved"]
    repaid = next(row for row in moved if row["key"] == "repaid")
    assert (repaid["then"], repaid["now"]) == (1_000_000, 0)
    assert repaid["why"][0]["event_id"] == paid
    assert repaid["why"][0]["because"] == done["event_id"]


def test_paper_figures_are_counted_and_told_apart(province: Province) -> None:
    body = {
        "occurred_on": "2026-06-30",
        "club": "CLB thôn Pác Lùng",
        "commune": "Xã Hữu Liên",
        "first_on": "2026-01-01",
        "last_on": "2026-06-30",
        "figures": {"clubs": 1, "members": 52},
        "signatory": "Lý Văn Chủ",
    }
    address = f"/associations/{province.association}/paper-figures"
    entered = province.hands.done(address, body)
    province.follower.catch_up()
    members = province.rows()["members"]
    assert (members["value"], members["from_paper"]) == (56, 52)
    assert (members["clubs_from_events"], members["clubs_from_paper"]) == (1, 1)
    groups = province.read(by="club")["groups"]
    assert {(group["name"], group["source"]) for group in groups} >= {
        ("CLB thôn Pác Lùng", "paper"),
        ("CLB thôn Nà Thử", "events"),
    }
    assert len(province.read("/members/events")["items"]) == 4, "a paper is no event of a member"
    outside = province.read(to="2026-05-31")
    assert next(r for r in outside["rows"] if r["key"] == "members")["from_paper"] == 0
    corrected = body | {"figures": {"clubs": 1, "members": 50}}
    province.hands.done(address, corrected)
    province.follower.catch_up()
    assert province.rows()["members"]["from_paper"] == 50, "the later paper counts"
    assert entered["event_id"]
    wrong = province.hands.post(address, body | {"figures": {"par30": 1}})
    assert wrong.status_code == 422


def test_a_report_goes_from_hand_to_hand_until_it_is_locked(province: Province) -> None:
    period = {"first_on": "2026-01-01", "last_on": "2026-06-30"}
    sent = province.report("", period)
    assert sent.status_code == 201, sent.text
    at = f"/{sent.json()['id']}"
    refused(province.report(f"{at}/acceptance"), 409, "same-person")
    other = province.club.treasurer
    returned = province.report(f"{at}/return", {"remarks": "Thiếu xã Ba Sơn"}, by=other)
    assert returned.status_code == 201, returned.text
    refused(province.report(f"{at}/acceptance", by=other), 409, "report-step")
    assert province.report(f"{at}/resubmission", period).status_code == 201
    assert province.report(f"{at}/acceptance", by=other).status_code == 201
    assert province.report(f"{at}/lock", by=other).status_code == 201
    refused(province.report("", period), 409, "report-locked")
    province.follower.catch_up()
    listed = province.client.get(f"/v1/associations/{province.association}/reports").json()
    assert [step["step"] for step in listed[0]["steps"]] == [
        "submitted",
        "returned",
        "submitted",
        "accepted",
        "locked",
    ]
    assert listed[0]["steps"][1]["remarks"] == "Thiếu xã Ba Sơn"
    assert listed[0]["step"] == "locked"
    assert len(listed[0]["digest"]) == 64


def test_an_old_report_shows_the_unit_of_its_day(province: Province) -> None:
    address = f"/clubs/{province.club.club_id}/commune"
    assert FOUNDED.year == 2024
    body = {"occurred_on": "2025-07-01", "commune": "Xã Chi Lăng", "province": "Lạng Sơn"}
    answer = province.hands.post(address, body)
    assert answer.status_code == 201, answer.text
    province.follower.catch_up()
    old = province.read(by="commune", to="2025-06-30")["groups"]
    new = province.read(by="commune")["groups"]
    assert "Xã Chi Lăng" not in [group["name"] for group in old]
    assert "Xã Chi Lăng" in [group["name"] for group in new]
