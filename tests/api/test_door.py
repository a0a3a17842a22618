"""The front door: what a browser is told, what it may send for another site, what is closed."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from starlette.testclient import TestClient

from api.app import create_app
from api.origin import BYTES_MAX, Bounded
from desk.desk import Desk
from projections.follower import Follower
from store.database import Database
from tests.api.hands import Hands
from tests.api.problems import refused
from village import Village

HOST = "http://so.example"
LOCAL = {"base_url": "http://localhost", "client": ("127.0.0.1", 50_000)}


@pytest.fixture
def closed(database: Database, follower: Follower, desk: Desk) -> FastAPI:
    return create_app(database, follower, desk.keys, desk)


# --- headers -----------------------------------------------------------------------------


def test_data_is_no_page_and_is_kept_nowhere(client: TestClient, village: Village) -> None:
    for address in ("/v1/clubs", f"/v1/clubs/{village.club_id}/ledger.csv", "/v1/nothing"):
        found = client.get(address).headers
        assert found["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert found["x-content-type-options"] == "nosniff"
        assert found["cache-control"] == "no-store"
        assert found["referrer-policy"] == "no-referrer"
        assert found["cross-origin-resource-policy"] == "same-origin"
        assert "strict-transport-security" not in found
        assert "server" not in found


def test_a_page_runs_no_script_that_stands_in_its_text(client: TestClient) -> None:
    policy = client.get("/docs").headers["content-security-policy"].split("; ")
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert not [one for one in policy if "unsafe" in one]


def test_over_tls_a_browser_is_told_to_stay_there(app: FastAPI) -> None:
    with TestClient(app, base_url="https://so.example") as client:
        told = client.get("/healthz").headers["strict-transport-security"]
    assert int(told.removeprefix("max-age=")) >= 31_536_000


# --- closed tools ------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/docs", "/docs/start.js", "/openapi.json", "/metrics"])
def test_tools_are_there_on_this_machine_and_not_there_elsewhere(
    closed: FastAPI, address: str
) -> None:
    with TestClient(closed, **LOCAL) as client:
        assert client.get(address).status_code == 200
    for elsewhere in (
        {"base_url": HOST, "client": ("203.0.113.7", 50_000)},
        {"base_url": HOST, "client": ("127.0.0.1", 50_000)},  # a proxy in front
        {"base_url": "http://localhost", "client": ("203.0.113.7", 50_000)},
    ):
        with TestClient(closed, **elsewhere) as client:
            refused(client.get(address), 404, "not-found")


def test_the_page_of_the_description_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert "http" not in page
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert f"/docs/{name}" in page
        assert client.get(f"/docs/{name}").status_code == 200


# --- other sites -------------------------------------------------------------------------


@pytest.fixture
def door(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url=HOST) as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # a sibling subdomain
        {"Sec-Fetch-Site": "cross-site", "Origin": HOST},
        {"Sec-Fetch-Site": ""},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://so.example"},  # another scheme is another site
        {"Origin": "http://so.example:8443"},
        {"Cookie": "sochung=x"},  # a browser that does not say where from
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_another_site_has_a_browser_send_has_no_effect(
    door: TestClient, desk: Desk, headers: dict[str, str], method: str
) -> None:
    head = desk.log.head()
    answer = door.request(method, "/v1/clubs", headers=headers, json={"name": "CLB"})
    refused(answer, 403, "cross-site")
    assert desk.log.head() == head


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Cookie": "sochung=x"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": HOST, "Cookie": "sochung=x"},
        {},
        {"Sec-Fetch-Site": "cross-site", "Authorization": "Bearer x"},
    ],
)
def test_our_own_pages_and_programs_pass_the_door(
    door: TestClient, headers: dict[str, str]
) -> None:
    answer = door.post("/v1/clubs", headers=headers, json={"name": "CLB"})
    assert answer.status_code != 403


def test_another_site_may_link_here(door: TestClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Cookie": "sochung=x"}
    assert door.get("/healthz", headers=headers).status_code == 200


def test_a_form_or_text_that_carries_json_is_not_taken(
    door: TestClient, village: Village, desk: Desk
) -> None:
    headers = Hands(door, village.secretary).headers()
    head = desk.log.head()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = door.post(
            "/v1/clubs", content=b'{"name": "CLB"}', headers=headers | {"Content-Type": kind}
        )
        assert answer.status_code == 415, answer.text
    assert desk.log.head() == head


def test_a_body_without_an_end_is_cut() -> None:
    app, read = FastAPI(), 0

    @app.post("/forms")
    async def take(request: Request) -> None:
        nonlocal read
        async for piece in request.stream():
            read += len(piece)

    app.add_middleware(Bounded)
    kind = "application/x-www-form-urlencoded"
    most, form = BYTES_MAX[kind], {"Content-Type": f"{kind}; charset=utf-8"}
    with TestClient(app) as client:
        assert client.post("/forms", content=b"x" * most, headers=form).is_success
        read = 0
        endless = (b"x" * 100_000 for _ in range(100))
        assert client.post("/forms", content=endless, headers=form).status_code == 413
    assert read <= most


# --- what is told ------------------------------------------------------------------------

PLANTED = ("Tống Thị Bí Mật", "Tong Thi Bi Mat", "0912345678", "mật khẩu 123", "ho ra máu")


def test_no_name_and_no_secret_reaches_a_log_or_an_error(
    client: TestClient, village: Village, caplog: pytest.LogCaptureFixture
) -> None:
    """Names stand in addresses, bodies and headers; nothing of it is written down or said back."""
    caplog.set_level(logging.DEBUG)
    name, plain, phone, password, health = PLANTED
    hands = Hands(client, village.secretary)
    said: list[Any] = [
        client.get(f"/v1/clubs/{village.club_id}/members", params={"q": name}),
        client.get(f"/v1/clubs/{village.club_id}/members", params={"nobody": name}),
        client.get(f"/v1/members/{plain}"),
        client.get(f"/v1/{plain}/{phone}"),
        client.get("/v1/clubs", headers={"Authorization": f"Bearer {plain}"}),
        client.get("/v1/clubs", headers={"X-After-Position": plain}),
        hands.post("/clubs", {"name": name + "\u0000", "founded_on": plain}),
        hands.post("/clubs", {"name": password, "founded_on": [password]}),
        hands.post(f"/clubs/{village.club_id}/members", {"name": {"of": name}, "phone": [phone]}),
        hands.post(f"/clubs/{village.club_id}/visits", {"note": health, "client_id": plain}),
        client.post("/v1/clubs", content=f'{{"name": "{name}'.encode(), headers=hands.headers()),
        client.post("/v1/clubs", json={}, headers=hands.headers() | {"If-Match": plain}),
    ]
    assert any(answer.status_code >= 400 for answer in said)
    written = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    ours = "\n".join(
        line for line in written.splitlines() if "httpx" not in line
    )  # the test's own client
    for secret in PLANTED:
        for answer in said:
            assert secret not in answer.text
            assert secret not in str(answer.headers)
        assert secret not in ours
