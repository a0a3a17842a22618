"""The service on a real database, asked the way its users ask it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from desk.desk import Desk
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from tests.api.hands import visiting
from village import Village


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
    # A machine that stands still for some seconds is no fault; the deadline has tests of its own.
    return create_app(
        database, follower, desk.keys, desk, wait_seconds=0.3, deadline_seconds=120, tools_open=True
    )


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with visiting(app) as client:
        yield client


@pytest.fixture
def village(desk: Desk) -> Village:
    return Village(desk, capital=50_000_000)


@pytest.fixture
def following(follower: Follower) -> Callable[[], Any]:
    """A follower in its own thread, as `sochung serve` runs it."""

    @contextmanager
    def run() -> Iterator[None]:
        stop = Event()
        thread = Thread(target=follower.follow, args=(stop.is_set,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    return run
