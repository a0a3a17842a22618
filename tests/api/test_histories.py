"""A person's story over HTTP: sentences, sums, pages, papers and both languages."""

import csv
import io
from typing import Any

import pytest
from starlette.testclient import TestClient

from desk.desk import Desk
from projections.follower import Follower
from scene_of_care import CareVillage
from tests.api.problems import refused
from village import DAY

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def village(desk: Desk, follower: Follower) -> CareVillage:
    village = CareVillage(desk, capital=50_000_000)
    village.lent(village.client, 3_000_000)
    village.care(village.visit(DAY, 60), village.visit(DAY, 45))
    follower.catch_up()
    return village


def story(client: TestClient, village: CareVillage, **params: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/members/{village.client}/history", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_story_with_its_sums(client: TestClient, village: CareVillage) -> None:
    page = story(client, village)
    assert (page["name"], page["also"], page["next"]) == ("Hứa Thị Già", [], None)
    assert page["totals"]["received"] == 3_000_000
    assert page["totals"]["visit_minutes_received"] == 105
    assert page["standing"] == {"household_class": None, "club_ids": [str(village.club_id)]}
    sums = {kind["kind"]: kind["events"] for kind in page["kinds"]}
    assert sums == {"care": 1, "loans": 3, "status": 2, "visits_received": 2}
    visit = next(item for item in page["items"] if item["minutes"] == 45)
    assert visit["sentence"] == ("10/03/2026: Được Bế Văn Giúp đến thăm, 45 phút")
    assert (visit["counts"], visit["past"], visit["work_days"]) == (True, False, None)


def test_the_caller_chooses_the_language(client: TestClient, village: CareVillage) -> None:
    at = f"/v1/members/{village.client}/history"
    items = client.get(at, params={"kind": "visits_received"}, headers=ENGLISH).json()["items"]
    assert items[0]["sentence"].startswith("10/03/2026: Was visited by Bế Văn Giúp, 45 minutes")


def test_a_later_page_goes_on_in_the_story_that_was_begun(
    client: TestClient, village: CareVillage, follower: Follower
) -> None:
    whole = [item["event_id"] for item in story(client, village)["items"]]
    first = story(client, village, limit=3)
    village.care(village.visit(DAY, 30))
    follower.catch_up()
    seen, page = list(first["items"]), first
    while page["next"]:
        page = story(client, village, limit=3, after=page["next"])
        assert page["totals"] == first["totals"]
        seen += page["items"]
    assert [item["event_id"] for item in seen] == whole
    assert story(client, village)["totals"]["visits_received"] == 3
    then = story(client, village, known_at=first["known_at"], as_of=first["as_of"])
    assert [item["event_id"] for item in then["items"]] == whole


def test_kind_period_and_day(client: TestClient, village: CareVillage) -> None:
    visits = story(client, village, kind="visits_received")
    assert {item["kind"] for item in visits["items"]} == {"visits_received"}
    assert visits["totals"]["received"] == 0
    assert story(client, village, **{"from": "2026-03-11", "to": "2026-03-12"})["items"] == []
    assert story(client, village, as_of="2026-03-09")["totals"]["visits_received"] == 0


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"kind": "gossip"}, "malformed"),
        ({"from": "2026-03-11", "to": "2026-03-10"}, "malformed"),
        ({"after": "AAAA"}, "malformed"),
        ({"limit": "201"}, "malformed"),
        ({"as_of": "10/03/2026"}, "malformed"),
    ],
)
def test_what_is_refused(
    client: TestClient, village: CareVillage, params: dict[str, str], code: str
) -> None:
    refused(client.get(f"/v1/members/{village.client}/history", params=params), 422, code)


def test_nobody_has_no_story(client: TestClient, village: CareVillage) -> None:
    refused(client.get(f"/v1/members/{village.club_id}/history"), 404, "not-found")


def test_a_story_on_paper(client: TestClient, village: CareVillage) -> None:
    items = story(client, village)["items"]
    at = f"/v1/members/{village.client}/history"
    answer = client.get(f"{at}.csv", headers=ENGLISH)
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["event_id"] for row in rows] == [item["event_id"] for item in items]
    assert "Received a loan of 3.000.000\u00a0₫" in " ".join(row["sentence"] for row in rows)
    assert client.get(f"{at}.xlsx").content.startswith(b"PK")
