"""The door of the pages: guesses, sessions somebody else made, other sites, rights taken away."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from desk import accounts
from desk.accounts import NewAccount
from desk.desk import Desk
from domain.histories import account_of
from projections.follower import Follower
from store import passwords
from village import SYSTEM, Village

PASSWORD = "cây đa bến nước sân đình"
_HASHED = passwords.hashed(PASSWORD)
OURS = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(desk: Desk) -> Clock:
    desk.clock = Clock()
    return desk.clock


@pytest.fixture
def treasurer(desk: Desk, village: Village, clock: Clock, follower: Follower) -> UUID:
    told = NewAccount(user_name="quy.loc")
    accounts.open_account(desk, SYSTEM, village.treasurer, told, None)
    desk.access.set_password(account_of(village.treasurer), _HASHED, clock())
    follower.catch_up(60)
    return village.treasurer


@pytest.fixture
def at(app: FastAPI) -> Iterator[Callable[..., TestClient]]:
    """A browser at an address."""
    opened: list[TestClient] = []

    def fresh(address: str = "192.168.1.7") -> TestClient:
        client = TestClient(
            app,
            base_url="http://so.example",
            headers=OURS,
            client=(address, 50_000),
            raise_server_exceptions=False,
            follow_redirects=False,
        )
        opened.append(client)
        return client

    yield fresh
    for client in opened:
        client.close()


def log_in(browser: TestClient, password: str = PASSWORD, **headers: str) -> Any:
    told = {"user": "quy.loc", "password": password}
    return browser.post("/login", data=told, headers=headers)


def is_known(browser: TestClient) -> bool:
    return browser.get("/more").status_code == 200


def test_a_hundred_guesses_at_the_page_are_ten_and_the_person_gets_in(
    at: Callable[..., TestClient], treasurer: UUID, clock: Clock
) -> None:
    mine = at()
    assert log_in(mine).status_code == 303
    attackers = [at(f"10.0.{n}.1") for n in range(20)]
    answers = []
    for n in range(100):
        clock.pass_by(seconds=8)
        answers.append(log_in(attackers[n % 20], f"đoán lần thứ {n}").status_code)
    assert answers.count(401) == 10
    assert answers.count(429) == 90
    assert log_in(mine).status_code == 303, "on a device that is known"
    clock.pass_by(minutes=15)
    assert log_in(at("192.168.9.9")).status_code == 303, "on a new one, when it is over"


def test_guesses_at_the_page_and_at_the_api_are_counted_together(
    at: Callable[..., TestClient], treasurer: UUID, clock: Clock
) -> None:
    attacker = at("10.0.0.66")
    looked_at = 0
    for n in range(40):
        clock.pass_by(seconds=20)
        body = {"user": "quy.loc", "password": f"đoán lần thứ {n}"}
        page = log_in(attacker, f"đoán {n}").status_code
        looked_at += (page == 401) + (attacker.post("/v1/sessions", json=body).status_code == 401)
    assert looked_at == 5
    assert log_in(at()).status_code == 303


def test_a_session_from_before_the_log_in_is_worth_nothing_after_it(
    at: Callable[..., TestClient], treasurer: UUID
) -> None:
    browser, planted = at(), "A" * 43
    browser.cookies.set("sochung", planted, domain="so.example")
    log_in(browser)
    first = [c.value for c in browser.cookies.jar if c.name == "sochung" and c.value != planted]
    assert len(first) == 1
    log_in(browser)
    other = at()
    for old in (planted, *first):
        other.cookies.set("sochung", old, domain="so.example")
        assert not is_known(other)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://so.example"},
    ],
)
def test_a_form_of_another_site_has_no_effect(
    at: Callable[..., TestClient], treasurer: UUID, desk: Desk, village: Village,
    headers: dict[str, str],
) -> None:  # fmt: skip
    """Not even the log-in: nobody is to write under another's name without knowing."""
    browser = at()
    answer = log_in(browser, **headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    log_in(browser)
    head = desk.log.head()
    for address in ("/logout", "/me/openid", f"/clubs/{village.club_id}/meeting"):
        assert browser.post(address, data={"key": "x" * 20}, headers=headers).status_code == 403
    assert desk.log.head() == head
    assert is_known(browser)
    assert browser.post("/logout").status_code == 303, "the control: our own page may"
    assert not is_known(browser)


def test_a_right_and_an_account_that_are_taken_away_are_gone_at_the_next_page(
    at: Callable[..., TestClient], treasurer: UUID, desk: Desk, village: Village,
    follower: Follower,
) -> None:  # fmt: skip
    browser, page = at(), f"/clubs/{village.club_id}/cash-book"
    log_in(browser)
    assert browser.get(page).status_code == 404
    role = accounts.NewRole.model_validate(
        {
            "role": "treasurer",
            "scope": {"kind": "club", "id": str(village.club_id)},
            "since": "2026-01-01",
        }
    )
    given = accounts.propose_role(desk, SYSTEM, treasurer, role, village.secretary).id
    accounts.approve_role(desk, SYSTEM, treasurer, given, village.chair)
    follower.catch_up(60)
    assert browser.get(page).status_code == 200
    # Lists for a poor line leave out whom this one does not visit: nobody was refused anything.
    assert browser.get(f"/clubs/{village.club_id}/offline-lists").status_code == 200
    assert "write-visits" not in browser.get("/me").text
    accounts.withdraw_role(desk, SYSTEM, treasurer, given, village.chair)
    assert browser.get(page).status_code == 404
    accounts.disable(desk, SYSTEM, treasurer, village.chair)
    assert browser.get("/more").headers["location"].startswith("/login")


def test_one_reads_of_ones_own_door_on_ones_own_page(
    at: Callable[..., TestClient], treasurer: UUID, desk: Desk, village: Village,
    follower: Follower,
) -> None:  # fmt: skip
    role = accounts.NewRole.model_validate(
        {
            "role": "member",
            "scope": {"kind": "club", "id": str(village.club_id)},
            "since": "2026-01-01",
        }
    )
    given = accounts.propose_role(desk, SYSTEM, treasurer, role, village.secretary).id
    accounts.approve_role(desk, SYSTEM, treasurer, given, village.chair)
    follower.catch_up(60)
    log_in(at("10.0.0.66"), "đoán bừa một câu")
    browser = at()
    log_in(browser)
    browser.get(f"/clubs/{village.club_id}/cash-book")
    page = browser.get("/me").text
    for said in ("Đã vào", "Bị từ chối", "bằng mật khẩu", "xem sổ sách"):
        assert said in page, said
    assert browser.get("/sign-ins").status_code == 404


def test_an_administrator_reads_who_came_in(
    browser: Any, village: Village, at: Callable[..., TestClient], treasurer: UUID
) -> None:
    log_in(at())
    log_in(at("10.0.0.66"), "đoán bừa một câu")
    administrator = browser(village.chair)
    assert 'href="/sign-ins"' in administrator.get("/system").text
    page = administrator.get("/sign-ins").text
    assert "Lộc Văn Quỹ" in page
    assert "Bị từ chối" in page
    turned = administrator.get("/sign-ins?limit=1")
    assert "after=" in turned.text
