"""Without the access log nobody's name is shown, on no page and by no route: whatever reads one
writes down first who is looking."""

import io
import zipfile
from collections.abc import Iterator

import psycopg
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.permissions import routes_of
from conftest import Server
from desk.desk import Desk
from logins import bearer
from projections.follower import Follower
from store.database import Database
from tests.api.asking import WHY, Answer, address, ask
from tests.api.places import Place, places
from web.app import OPEN, install

NAMES = (
    "Người vay 0",
    "Lương Thị Già",
    "Lộc Văn Quỹ",
    "Vi Thị Thư",
    "Nông Thị Chủ",
    "Người volunteer",
)


@pytest.fixture
def app(database: Database, follower: Follower, desk: Desk) -> FastAPI:
    app = create_app(database, follower, desk.keys, desk, wait_seconds=60, deadline_seconds=120)
    install(app)
    return app


def addresses(app: FastAPI, place: Place) -> Iterator[tuple[str, str]]:
    for route in routes_of(app):
        if "GET" in route.methods and route.name not in OPEN | NAMELESS:
            yield route.name, address(route, place.ids)


NAMELESS = {
    *("show_alive", "show_ready", "show_metrics", "show_docs", "show_docs_file"),
    "show_province_report_pdf",
}
"""The machine's tools; and of papers in which nobody could find a name, the one that has none."""


def named_in(answer: Answer) -> set[str]:
    content = answer.body
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            content = b"".join(map(packed.read, packed.namelist()))
    if content.startswith(b"%PDF"):
        return {"a paper"}
    return {name for name in NAMES if name.encode() in content}


def test_no_name_is_shown_that_is_not_written_down_first(
    app: FastAPI, desk: Desk, follower: Follower, server: Server, database_name: str
) -> None:
    place = places(desk)[0]
    reader = place.village.member("Người Xem")
    by = bearer(desk, reader) | WHY
    follower.catch_up(60)
    told = {at: named_in(ask(app, "GET", at, by, None)) for _, at in addresses(app, place)}
    assert sum(map(bool, told.values())) > 20, "the control: there they are, with the log"
    with psycopg.connect(server.admin(database_name), autocommit=True) as administrator:
        administrator.execute("ALTER TABLE access.log RENAME TO log_away")
    shown = []
    for name, at in addresses(app, place):
        answer = ask(app, "GET", at, by, None)
        if answer.status == 200 and named_in(answer):
            shown.append((name, at, named_in(answer)))
        elif told[at]:
            assert answer.status == 503, (name, answer)
    assert not shown, "\n".join(map(str, shown))
