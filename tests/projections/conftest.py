"""Read models of a real database, asked at any two times."""

import pytest

from desk.desk import Desk
from projections.follower import Follower
from store.database import Database


@pytest.fixture
def follower(database: Database, desk: Desk) -> Follower:
    return Follower(database, desk.keys)
