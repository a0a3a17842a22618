"""The published description beside the code: `make openapi` writes it, a test compares it.

It is made by the real application, over a database that nobody asks anything.
"""

import json
from pathlib import Path
from typing import Any

from api.app import create_app
from desk.desk import KINDS, Desk
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog

KEPT = Path(__file__).with_name("openapi.json")


def described() -> dict[str, Any]:
    """The description without the release's number, which says nothing of the routes."""
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    keys = KeyRing(database, MasterKey(bytes(32)))
    desk = Desk(EventLog(database, KINDS), keys)
    found: dict[str, Any] = create_app(database, Follower(database, keys), keys, desk).openapi()
    found["info"]["version"] = "0"
    return found


if __name__ == "__main__":
    KEPT.write_text(json.dumps(described(), ensure_ascii=False, indent=1) + "\n", "utf-8")
