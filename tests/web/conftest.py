"""The pages on the same service the API's tests use."""

from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.callers import COOKIE
from desk.desk import Desk
from domain.accounts.roles import Grant
from logins import EVERYTHING, account_for
from projections.follower import Follower
from store.database import Database
from village import Village
from web.app import install


@pytest.fixture
def app(database: Database, desk: Desk) -> FastAPI:
    app = create_app(
        database,
        Follower(database, desk.keys),
        desk.keys,
        desk,
        wait_seconds=0.3,
        deadline_seconds=60,
    )
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
        app.state.parts.follower.catch_up(10)
        client = TestClient(
            app,
            base_url="http://localhost",
            headers={"Accept": "text/html", "Accept-Language": language},
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
