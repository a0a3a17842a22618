"""The service itself: alive, ready, away, slow; what it logs and how it describes itself."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.titles import TITLES
from desk import books
from desk.desk import KINDS, Desk
from domain.loans.commands import ReceiveCapital
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog
from tests.api.hands import visiting
from tests.api.problems import refused
from tests.api.snapshot import KEPT, described
from village import FOUNDED, SYSTEM, Village

CAPITAL = {"occurred_on": FOUNDED, "amount": 1_000_000, "source": "members"}


SOMEBODYS = {"Authorization": f"Bearer {'A' * 43}"}


@pytest.fixture
def away(master: MasterKey) -> FastAPI:
    """A service whose database cannot be reached."""
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    keys = KeyRing(database, master)
    desk = Desk(EventLog(database, KINDS), keys)
    return create_app(database, Follower(database, keys), keys, desk)


def test_every_refusal_has_a_title_in_both_languages() -> None:
    """The codes stand in the rules; a new one without words would only be "a rule"."""
    root = Path(__file__).parents[2]
    rules = [*root.glob("domain/**/*.py"), *root.glob("desk/*.py")]
    codes = {
        code
        for path in rules
        for code in re.findall(r'Refusal\(\s*"([a-z-]+)"', path.read_text("utf-8"))
    }
    assert len(codes) > 50
    assert codes <= set(TITLES)


def test_a_request_the_database_does_not_answer_is_told_to_come_later(
    database: Database, follower: Follower, village: Village, desk: Desk
) -> None:
    follower.catch_up(wait_seconds=20)
    address = f"/v1/clubs/{village.club_id}/balances"
    app = create_app(database, follower, desk.keys, desk, deadline_seconds=0.5)
    with visiting(app) as client, psycopg.connect(follower.database.url) as frozen:
        frozen.execute("LOCK TABLE read.balances IN ACCESS EXCLUSIVE MODE")
        answer = client.get(address)
        refused(answer, 503, "unavailable")
        assert "Retry-After" in answer.headers
        assert client.get("/healthz").status_code == 200
        frozen.rollback()
        assert client.get(address).status_code == 200


def test_a_command_is_told_so_too_when_its_caller_cannot_be_looked_up(
    database: Database,
    follower: Follower,
    village: Village,
    desk: Desk,
    server: Any,
    database_name: str,
) -> None:
    """Who calls is asked of the database before the body is read."""
    follower.catch_up(wait_seconds=20)
    app = create_app(database, follower, desk.keys, desk, deadline_seconds=0.5)
    with visiting(app) as client, psycopg.connect(server.owner(database_name)) as frozen:
        frozen.execute("LOCK TABLE access.tokens IN ACCESS EXCLUSIVE MODE")
        release = Timer(2, frozen.rollback)
        release.start()
        address, key = f"/v1/clubs/{village.club_id}/capital", {"Idempotency-Key": "k" * 24}
        body = CAPITAL | {"occurred_on": FOUNDED.isoformat()}
        refused(client.post(address, json=body, headers=key), 503, "unavailable")
        release.join()


def test_a_report_over_all_clubs_is_given_longer(
    database: Database,
    follower: Follower,
    village: Village,
    desk: Desk,
    server: Any,
    database_name: str,
) -> None:
    follower.catch_up(wait_seconds=20)
    app = create_app(database, follower, desk.keys, desk, deadline_seconds=1, report_seconds=30)
    with visiting(app) as client, psycopg.connect(server.owner(database_name)) as slow:
        slow.execute("LOCK TABLE read.facts IN ACCESS EXCLUSIVE MODE")
        Timer(2, slow.rollback).start()
        assert client.get("/v1/reports/province").status_code == 200


# --- reading one's own write ---------------------------------------------------------------


def test_a_write_is_read_by_whoever_names_its_position(
    database: Database,
    follower: Follower,
    village: Village,
    desk: Desk,
    following: Callable[[], Any],
) -> None:
    app = create_app(database, Follower(database, desk.keys), desk.keys, desk)
    address = f"/v1/clubs/{village.club_id}/balances"
    follower.catch_up(wait_seconds=20)
    with following(), visiting(app) as client:
        for n in range(1, 6):
            command = ReceiveCapital.model_validate(CAPITAL)
            position = books.record(desk, SYSTEM, village.club_id, command).position
            asked: dict[str, Any] = (
                {"params": {"after_position": position}}
                if n % 2
                else {"headers": {"X-After-Position": str(position)}}
            )
            answer = client.get(address, **asked)
            assert answer.status_code == 200, answer.text
            assert answer.json()["cash"] == 50_000_000 + n * 1_000_000


def test_the_higher_of_two_positions_counts(
    client: TestClient, village: Village, follower: Follower
) -> None:
    follower.catch_up()
    answer = client.get(
        f"/v1/clubs/{village.club_id}?after_position=0", headers={"X-After-Position": "999"}
    )
    refused(answer, 503, "unavailable")


def test_when_nobody_follows_the_wait_ends_with_try_again(
    client: TestClient, village: Village, follower: Follower, desk: Desk
) -> None:
    follower.catch_up()
    position = books.record(
        desk, SYSTEM, village.club_id, ReceiveCapital.model_validate(CAPITAL)
    ).position
    answer = client.get(f"/v1/clubs/{village.club_id}?after_position={position}")
    refused(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert client.get(f"/v1/clubs/{village.club_id}").status_code == 200
    follower.catch_up()
    again = client.get(f"/v1/clubs/{village.club_id}?after_position={position}")
    assert again.status_code == 200


def test_the_longest_position_is_waited_for_no_longer(client: TestClient, village: Village) -> None:
    answer = client.get(f"/v1/clubs/{village.club_id}?after_position={2**63 - 1}")
    refused(answer, 503, "unavailable")


# --- alive, ready, away --------------------------------------------------------------------


def test_a_ready_service_says_how_far_its_read_models_are(
    client: TestClient, village: Village, follower: Follower, desk: Desk
) -> None:
    follower.catch_up()
    answer = client.get("/readyz")
    assert answer.status_code == 200
    found = answer.json()
    head = desk.log.head()
    assert (found["status"], found["head"]) == ("ready", head)
    assert {"ledger", "loans", "vouchers", "clubs", "members", "people"} <= set(
        found["projections"]
    )
    assert all(place == {"position": head, "lag": 0} for place in found["projections"].values())


def test_a_service_whose_read_models_lag_far_behind_is_not_ready(
    database: Database, follower: Follower, desk: Desk, village: Village
) -> None:
    app = create_app(database, follower, desk.keys, desk, lag_limit=3)
    with visiting(app) as client:
        refused(client.get("/readyz"), 503, "unavailable")
        follower.catch_up()
        assert client.get("/readyz").status_code == 200


def test_a_service_on_a_database_of_another_version_is_not_ready(
    client: TestClient, follower: Follower, server: Any, database_name: str
) -> None:
    follower.catch_up()
    with psycopg.connect(server.owner(database_name), autocommit=True) as owner:
        owner.execute("UPDATE public.sochung_migrations SET checksum = 'edited'")
        refused(client.get("/readyz"), 503, "unavailable")
        owner.execute("DELETE FROM public.sochung_migrations")
        refused(client.get("/readyz"), 503, "unavailable")
    assert client.get("/healthz").json() == {"status": "alive"}


def test_before_anybody_has_followed_reads_say_try_again(
    client: TestClient, village: Village, server: Any, database_name: str
) -> None:
    with psycopg.connect(server.admin(database_name)) as owner:
        owner.execute("DROP OWNED BY sochung_follower")  # as if none was ever made
        owner.execute("CREATE SCHEMA IF NOT EXISTS read")
        owner.execute("GRANT USAGE ON SCHEMA read TO sochung_app, sochung_read")
    for address in ("/v1/clubs", f"/v1/clubs/{village.club_id}/ledger"):
        answer = client.get(address)
        refused(answer, 503, "unavailable")
        assert answer.headers["retry-after"]


def test_a_read_model_of_an_older_fold_says_try_again_and_a_mistake_of_ours_does_not(
    client: TestClient, village: Village, server: Any, database_name: str, follower: Follower
) -> None:
    follower.catch_up()
    address = f"/v1/clubs/{village.club_id}/loan-book"
    assert client.get(address).status_code == 200
    quiet = TestClient(client.app, headers=client.headers, raise_server_exceptions=False)
    with psycopg.connect(server.admin(database_name), autocommit=True) as owner:
        owner.execute("ALTER TABLE read.loan_steps RENAME COLUMN occurred_on TO day")
        assert quiet.get(address).status_code == 500, "this code's own fold"
        owner.execute("UPDATE read.positions SET version = version - 1 WHERE name = 'loans'")
    refused(quiet.get(address), 503, "unavailable")


def test_with_the_database_away_every_read_says_so(away: FastAPI) -> None:
    nobody = "0199c1c0-0000-7000-8000-000000000000"
    with TestClient(away, headers=SOMEBODYS) as client:
        for address in ("/readyz", "/v1/clubs", f"/v1/loans/{nobody}?after_position=7"):
            answer = client.get(address)
            refused(answer, 503, "unavailable")
            assert int(answer.headers["retry-after"]) > 0
        assert client.get("/healthz").json() == {"status": "alive"}
        example = {"principal": 5, "from": "2026-01-10", "instalments": 1, "method": "bullet"}
        rate = {"rate": {"percent": "1", "per": "month"}}
        assert client.post("/v1/loan-schedules", json=example | rate).status_code == 200
    away.state.parts.database.close()


def test_a_command_waits_for_a_database_that_is_away(away: FastAPI) -> None:
    headers = SOMEBODYS | {"Idempotency-Key": "x" * 16}
    body = {"name": "CLB thôn Pò Mã", "founded_on": "2021-03-15"}
    here = "http://127.0.0.1"
    at = ("127.0.0.1", 50_000)
    with TestClient(away, base_url=here, client=at, raise_server_exceptions=False) as client:
        answer = client.post("/v1/clubs", json=body, headers=headers)
        refused(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) > 0
        assert "sochung_database_up 0" in client.get("/metrics").text
    away.state.parts.database.close()


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        *(
            ("127.0.0.1:8000", True),
            ("localhost", True),
            ("LOCALHOST:1", True),
            ("127.0.0.2", True),
        ),
        *(("[::1]:8000", True), ("[::1]", True)),
        *(("evil.example:8000", False), ("localhost.evil.example", False), ("10.0.0.1", False)),
        *(("", False), (":8000", False), ("[::2]:1", False), ("127.0.0.1.evil.example", False)),
    ],
)
def test_a_page_that_borrows_the_address_of_this_machine_is_not_answered(
    database: Database, follower: Follower, desk: Desk, host: str, answered: bool
) -> None:
    app = create_app(database, follower, desk.keys, desk, loopback_only=True)
    with visiting(app) as client:
        answer = client.get("/healthz", headers={"Host": host})
        if answered:
            assert answer.status_code == 200
        else:
            refused(answer, 421, "misdirected")


def test_a_monitor_may_ask_for_the_head_alone(client: TestClient) -> None:
    answer = client.head("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(client.get("/healthz").content))
    assert client.head("/v1/loan-schedules").status_code == 405


# --- the log -------------------------------------------------------------------------------


def test_the_access_log_tells_the_route_and_never_a_name(
    client: TestClient, village: Village, follower: Follower, caplog: pytest.LogCaptureFixture
) -> None:
    follower.catch_up()
    with caplog.at_level(logging.INFO, logger="sochung.access"):
        answer = client.get(f"/v1/clubs/{village.club_id}/members?q=Chủ%0AFAKE")
        client.get("/v1/Nông Thị Chủ%0D%0AFAKE")
        client.get("/healthz")
    records = [r for r in caplog.records if r.name == "sochung.access"]
    lines = [r.getMessage() for r in records]
    assert len(lines) == 3
    form = r"request_id=[0-9a-f-]{36} method=GET route=\S+ status=\d{3} ms=\d+\.\d"
    assert all(re.fullmatch(form, line) for line in lines), lines
    assert [vars(r)["route"] for r in records] == ["/v1/clubs/{club_id}/members", "-", "/healthz"]
    assert vars(records[0])["request_id"] == answer.headers["x-request-id"]
    assert str(village.club_id) not in "".join(lines)


def test_a_failure_is_logged_by_its_place_not_its_words(
    app: FastAPI, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    @app.get("/v1/broken")
    def broken() -> Any:
        raise RuntimeError(f"Hoàng Thị Dung nợ {5_000_000:,} đ")

    answer = client.get("/v1/broken")
    text = "\n".join(r.getMessage() for r in caplog.records if r.name == "sochung.api")
    assert answer.headers["x-request-id"] in text
    assert "RuntimeError" in text
    assert "5,000,000" not in text


# --- its description -----------------------------------------------------------------------


def test_the_description_is_openapi_3_1_and_whole(client: TestClient) -> None:
    found = client.get("/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    ids = [op["operationId"] for path in found["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids))
    schemas = found["components"]["schemas"]
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', client.get("/openapi.json").text))
    assert named <= set(schemas)
    assert "HTTPValidationError" not in named
    problem = found["paths"]["/v1/clubs"]["get"]["responses"]["422"]["content"]
    assert set(problem) == {"application/problem+json"}
    ledger = found["paths"]["/v1/clubs/{club_id}/ledger"]["get"]["parameters"]
    assert {p["name"] for p in ledger if p["in"] == "query"} == {
        *("from", "to", "as_of", "known_at", "after", "limit", "after_position"),
    }


def test_every_route_that_asks_who_calls_says_how_to_come_in_and_what_it_refuses() -> None:
    found = described()
    assert [set(way) for way in found["security"]] == [{"token"}, {"session"}]
    open_to_all = set()
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            if operation.get("security") == []:
                open_to_all.add(f"{method} {path}")
            else:
                assert {"401", "403"} <= operation["responses"].keys(), (method, path)
    assert open_to_all == {
        *("post /v1/sessions", "delete /v1/sessions/current", "post /v1/password-resets"),
        *("post /v1/loan-schedules", "get /healthz", "get /readyz", "get /metrics"),
    }


def test_no_name_is_described_as_sendable_that_is_refused() -> None:
    """JSON Schema lets any other name through beside a pattern of names."""

    def patterns(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict) and "patternProperties" in value:
            yield value
        inner = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | list):
            yield from (found for one in inner for found in patterns(one))

    found = list(patterns(described()["paths"]))
    assert found
    assert all(one["additionalProperties"] is False for one in found)


def test_the_description_is_the_one_that_is_kept() -> None:
    """After a route has changed on purpose: `make openapi`, and read the difference."""
    kept = json.loads(KEPT.read_text("utf-8"))
    found = json.loads(json.dumps(described()))
    assert set(found["paths"]) == set(kept["paths"])
    for path, operations in found["paths"].items():
        assert operations == kept["paths"][path], path
    assert found == kept


def test_every_command_says_in_vietnamese_what_it_is_for() -> None:
    for path, operations in described()["paths"].items():
        if "post" in operations and not path.endswith("/attachments"):  # its body is a photo
            asked = operations["post"]["requestBody"]["content"]["application/json"]
            example = asked["examples"]["vi"]
            assert not example["summary"].isascii(), path
            assert example["value"] or not asked["schema"]["properties"], path
            assert asked["schema"]["properties"].keys() >= example["value"].keys(), path
            assert asked["schema"]["additionalProperties"] is False, path


def test_the_example_of_the_description_works(client: TestClient) -> None:
    body = client.get("/openapi.json").json()["paths"]["/v1/loan-schedules"]["post"]["requestBody"]
    example = body["content"]["application/json"]["examples"]["vi"]
    assert example["summary"].startswith("Vay 5.000.000 đ")
    assert client.post("/v1/loan-schedules", json=example["value"]).status_code == 200
