"""The pages on the same service the API's tests use."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from playwright.sync_api import sync_playwright
from starlette.testclient import TestClient

from api.app import create_app
from api.callers import COOKIE
from desk.desk import Desk
from domain.accounts.roles import Grant
from logins import EVERYTHING, account_for
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from tests.web.lang_son import told_once
from tests.web.service import following, listening
from village import Village
from web.app import install
from web_scene import Club, Plain


@pytest.fixture
def follower(
    server: Any, database_name: str, key_database: Database, master: MasterKey
) -> Iterator[Follower]:
    """With connections of its own, as another process has them."""
    database = Database(server.app(database_name), size=4)
    yield Follower(database, KeyRing(key_database, master))
    database.close()


@pytest.fixture
def app(database: Database, follower: Follower, desk: Desk) -> FastAPI:
    # Others may keep the machine busy: no page is given up here.
    app = create_app(database, follower, desk.keys, desk, wait_seconds=60, deadline_seconds=120)
    install(app)
    return app


@pytest.fixture
def village(desk: Desk) -> Village:
    return Village(desk, capital=50_000_000)


@pytest.fixture
def browser(app: FastAPI, desk: Desk) -> Iterator[Callable[[UUID | None], TestClient]]:
    """A browser in which somebody is logged in, or nobody."""
    opened: list[TestClient] = []

    def open_as(
        person_id: UUID | None = None, language: str = "vi", grants: Sequence[Grant] = EVERYTHING
    ) -> TestClient:
        app.state.parts.follower.catch_up(60)
        client = TestClient(
            app,
            base_url="http://localhost",
            headers={
                "Accept": "text/html",
                "Accept-Language": language,
                "Sec-Fetch-Site": "same-origin",
            },
            raise_server_exceptions=False,
        )
        if person_id is not None:
            account_id = account_for(desk, person_id, grants)
            token, _ = desk.access.begin(account_id, "máy thử", desk.clock(), fresh=False)
            client.cookies.set(COOKIE, token)
        opened.append(client)
        return client

    yield open_as
    for client in opened:
        client.close()


@pytest.fixture
def club(desk: Desk, follower: Follower) -> Iterator[Club]:
    """With its books followed, as in earnest: a page waits for what was just entered."""
    made = Club(desk)
    with following(follower):
        follower.catch_up(60)
        yield made


@pytest.fixture
def treasurer(browser: Callable[..., TestClient], club: Club) -> Plain:
    return Plain(browser(club.treasurer))


@pytest.fixture
def served(app: FastAPI, club: Club) -> Iterator[str]:
    """The service on a port of its own; its address."""
    with listening(app) as address:
        yield address


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Let go after each module: Playwright's loop runs in the thread of the tests, and would refuse
    every other loop to the tests that come after it."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Debian's chromium is missing (apt-get install chromium)")
    with sync_playwright() as playwright:
        yield playwright.chromium, program


@pytest.fixture(scope="module")
def driven(chromium: Any) -> Iterator[Any]:
    kind, program = chromium
    browser = kind.launch(executable_path=program, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def session(app: FastAPI, desk: Desk, served: str) -> Callable[..., dict[str, Any]]:
    """Somebody's session as a cookie for a real browser."""

    def begun(person_id: UUID, grants: Sequence[Grant] = EVERYTHING) -> dict[str, Any]:
        account_id = account_for(desk, person_id, grants)
        token, _ = desk.access.begin(account_id, "máy thử", desk.clock(), fresh=False)
        return {"name": COOKIE, "value": token, "url": served, "expires": 2_000_000_000}

    return begun


@pytest.fixture(scope="session")
def lang_son_told(server: Any) -> Iterator[str]:
    with told_once(server) as name:
        yield name
