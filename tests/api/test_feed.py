"""The log as CloudEvents, and the figures for a monitor."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from audit.evidence.envelope import COLUMNS, Stored, entry
from desk.desk import Desk
from projections.follower import Follower
from scene_of_care import CareVillage
from store.database import Database
from tests.api.hands import Hands
from tests.api.problems import pointers, refused
from village import DAY, Village

# CloudEvents 1.0: names of attributes are lower-case letters and digits.
NAME = re.compile(r"[a-z0-9]{1,20}")


@pytest.fixture
def village(desk: Desk) -> Village:
    village = Village(desk, capital=50_000_000)
    village.lent(village.member("Hoàng Thị Dung"), 5_000_000)
    return village


def feed(client: TestClient, **params: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/events", params=params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/cloudevents-batch+json"
    return list(answer.json())


def test_the_feed_is_the_log_in_its_order_whole(
    client: TestClient, village: Village, desk: Desk
) -> None:
    stored = desk.log.log_recorder.select_rows(after=0, limit=1000)
    address, events = "/v1/events?limit=3", []
    while address:
        answer = client.get(address)
        events += answer.json()
        address = answer.headers.get("link", "").partition("<")[2].partition(">")[0]
        assert not address or set(parse_qs(urlsplit(address).query)) == {"after", "limit"}
    assert [event["position"] for event in events] == list(range(1, desk.log.head() + 1))
    for event, row in zip(events, stored, strict=True):
        assert event["data"] == json.loads(row.state)
        assert (event["id"], event["type"]) == (str(row.event_id), row.topic)
        assert event["subject"] == str(row.originator_id)
        assert event["historyversion"] == row.originator_version
        assert event["specversion"] == "1.0"
        assert event["time"].endswith("Z")
        assert event["source"].startswith("/v1")
        assert all(NAME.fullmatch(name) for name in event)
    assert len({(event["source"], event["id"]) for event in events}) == len(events)


def test_of_care_the_feed_has_a_hash_that_stands_in_the_log(
    client: TestClient, desk: Desk, database: Database
) -> None:
    village = CareVillage(desk)
    village.consented()
    village.measured(DAY, 185, 95)
    village.referred(confidential=True)
    ill = {"occurred_on": str(DAY), "person_id": str(village.client), "kind": "sick_visit"}
    given = Hands(client, village.chair).done(f"/clubs/{village.club_id}/supports", ill)
    events = feed(client, limit=200)
    with database.connection() as connection:
        rows = connection.execute(f"SELECT {COLUMNS} FROM log.events ORDER BY notification_id")
        leaves = [json.loads(entry(Stored(*row))) for row in rows]
    of_care = [(event, leaf) for event, leaf in zip(events, leaves, strict=True) if "inner" in leaf]
    assert len(of_care) == 3
    for event, leaf in of_care:
        assert (event["type"], event["data"], event["id"]) == ("care", leaf, leaf["inner"])
        assert not event.keys() & {"subject", "clubid", "recordedby", "historyversion"}
    text = json.dumps([event for event, _ in of_care])
    hidden = (village.client, village.chair, village.club_id, "Referral", "confidential")
    assert not any(str(one) in text for one in hidden)
    (support,) = (event for event in events if event["id"] == given["event_id"])
    assert support["type"] == "clubs.SupportGiven"
    assert support["data"].keys() == {"sha256"}


def test_the_feed_needs_no_read_model_and_ends_at_the_head(
    client: TestClient, village: Village, desk: Desk
) -> None:
    assert feed(client, after=desk.log.head()) == []
    assert feed(client, after=2**63 - 1) == []
    done = Hands(client, village.secretary).done(
        f"/clubs/{village.club_id}/dues", {"occurred_on": "2026-03-10", "amount": 5}
    )
    (event,) = feed(client, after=done["position"] - 1)
    assert event["id"] == done["event_id"]
    assert event["recordedby"] == str(village.secretary)
    assert event["clubid"] == str(village.club_id)


def test_the_feed_reads_nobodys_name(client: TestClient, village: Village) -> None:
    text = client.get("/v1/events?limit=200").text
    assert "Dung" not in text
    assert "Ho\\u00e0ng" not in text
    assert '"ciphertext"' in text


@pytest.mark.parametrize(
    ("name", "value"),
    [("after", "x"), ("after", "-1"), ("after", str(2**63)), ("limit", "0"), ("limit", "201")],
)
def test_a_wrong_place_is_refused(client: TestClient, name: str, value: str) -> None:
    found = refused(client.get("/v1/events", params={name: value}), 422, "malformed")
    assert {one["pointer"] for one in found["errors"]} == {f"/{name}"}
    again = refused(client.get("/v1/events?after=1&after=2"), 422, "malformed")
    assert pointers(again) == {("query", "/after", "repeated-parameter")}


def test_the_figures_tell_of_routes_and_of_nobody(
    client: TestClient, village: Village, desk: Desk, follower: Follower, app: FastAPI
) -> None:
    follower.catch_up()
    client.get(f"/v1/clubs/{village.club_id}/members?q=Dung")
    client.get("/v1/Hoàng Thị Dung")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    form = re.compile(r'[a-z_]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? [0-9.]+')
    assert all(line.startswith("# ") or form.fullmatch(line) for line in lines)
    one = 'sochung_requests_total{method="GET",route="/v1/clubs/{club_id}/members",status="200"}'
    assert any(line.startswith(one) for line in lines)
    assert f"sochung_log_head {desk.log.head()}" in lines
    assert 'sochung_read_model_lag{name="ledger"} 0' in lines
    assert "Dung" not in answer.text
    assert str(village.club_id) not in answer.text
