"""Every page and every form for every role: as the hand-written table says, and what is elsewhere
as what is nowhere.

Forms are sent empty, with no key: nothing of them takes effect.
"""

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter, FastAPI

from api.app import create_app
from api.permissions import refuse_undeclared, routes_of
from desk import accounts
from desk.desk import Desk
from domain.accounts.roles import Role
from logins import bearer
from projections.follower import Follower
from tests.api.asking import GONE, WHY, Answer, address, ask, is_gone, sign_of
from tests.api.expected_permissions import expected
from tests.api.places import Place, grant_of, places
from tests.web.expected_pages import PAGES
from village import SYSTEM
from web.app import OPEN, install
from web.page import Inside, PageRoute

NAMED = ("club_id", "member_id", "client_id", "loan_id", "event_id")
FORM = {"content-type": "application/x-www-form-urlencoded"}


class World:
    def __init__(self, app: FastAPI, desk: Desk) -> None:
        self.app, self.desk = app, desk
        self.own, self.other, self.far = places(desk)
        self.pages = {
            f"{method} {route.path}": route
            for route in routes_of(app)
            if not route.include_in_schema and route.name not in OPEN
            for method in route.methods - {"HEAD"}
        }
        self.headers = {
            role: bearer(desk, self.own.people[role], (grant_of(role, self.own),)) for role in Role
        }

    def opens(
        self, page: str, place: Place, by: Mapping[str, str], typed: Any = (), **other: UUID
    ) -> Answer:
        """The page about things of that place; `other` are ids instead of the usual."""
        method, _, _ = page.partition(" ")
        at = address(self.pages[page], place.ids | other)
        return ask(self.app, method, at, {**FORM, **by}, urlencode(typed).encode())


@pytest.fixture(scope="module")
def world(server: Any, template: str) -> Iterator[World]:
    """One for all of this file: nothing here takes effect."""
    from tests.conftest import fresh_desk

    with fresh_desk(server, template) as (database, desk):
        follower = Follower(database, desk.keys)
        app = create_app(database, follower, desk.keys, desk, wait_seconds=60, deadline_seconds=120)
        install(app)
        made = World(app, desk)
        follower.catch_up(60)
        yield made


@pytest.fixture(scope="module")
def table(world: World) -> dict[str, dict[str, str]]:
    return expected(PAGES, r"(?:GET|POST) \S+")


def test_every_page_has_a_row(world: World, table: dict[str, dict[str, str]]) -> None:
    tools = {page for page, route in world.pages.items() if not isinstance(route, PageRoute)}
    assert table.keys() == world.pages.keys() - tools


def test_a_page_that_asks_nothing_of_its_visitor_keeps_the_app_from_starting() -> None:
    silent = APIRouter(route_class=PageRoute)

    @silent.get("/clubs/{club_id}/secrets")
    def show_secrets(page: Inside) -> None: ...

    with pytest.raises(AssertionError, match=r"without a permission: .*secrets"):
        refuse_undeclared(silent, OPEN)


def test_every_role_opens_in_its_own_place_what_the_table_says(
    world: World, table: dict[str, dict[str, str]]
) -> None:
    wrong = []
    for page, row in table.items():
        for role in Role:
            by, want = world.headers[role], row[role]
            own = {"member_id": world.own.people[role]} if want == "o" else {}
            answer = world.opens(page, world.own, by, **own)
            reasoned = world.opens(page, world.own, by | WHY) if want == "r" else None
            named = {"X-Acting-Person": str(world.own.village.chair)}
            gone = is_gone(answer) and page.startswith("POST")
            typed = world.opens(page, world.own, by | named) if gone else None
            got = sign_of(answer, reasoned, typed)
            if got != (want if want in ".rt" else "x"):
                wrong.append((page, role.value, want, got, answer))
            if want in "aos":
                chair = world.own.village.chair
                others = {"member_id": chair, "client_id": chair} | world.own.unsampled
                nobody = world.opens(page, world.own, by, **others)
                if not is_gone(nobody):
                    wrong.append((page, role.value, want, "another of the club", nobody))
    assert not wrong, "\n".join(str(one)[:400] for one in wrong)


def test_what_is_elsewhere_is_answered_as_what_is_nowhere(
    world: World, table: dict[str, dict[str, str]]
) -> None:
    wrong = []
    for page, row in table.items():
        if not any(f"{{{one}}}" in page for one in NAMED):
            continue
        for role in Role:
            by = world.headers[role] | WHY
            elsewhere = [world.far, world.other]
            if role is Role.PROVINCIAL_OFFICER or row[role] == ".":
                elsewhere.pop()
            nowhere = {one: uuid4() for one in world.own.ids}
            answers = [world.opens(page, place, by) for place in elsewhere]
            answers.append(world.opens(page, world.own, by, **nowhere))
            bare = {(a.status, GONE.sub(b"", a.body)) for a in answers}
            if len(bare) != 1 or not all(map(is_gone, answers)):
                wrong.append((page, role.value, answers))
    assert not wrong, "\n".join(str(one)[:400] for one in wrong[:10])


def test_nobody_and_nobody_any_more_are_sent_to_the_door(
    world: World, table: dict[str, dict[str, str]]
) -> None:
    gone = world.own.village.member("Nguyễn Thị Thôi")
    shut = bearer(world.desk, gone, (grant_of(Role.CHAIR, world.own),))
    accounts.disable(world.desk, SYSTEM, gone, world.own.village.chair)
    for page in table:
        for by in ({"Sec-Fetch-Site": "same-origin"}, shut):
            assert world.opens(page, world.own, by).status == 401, page


def test_what_a_filter_or_a_form_names_is_of_the_place_too(world: World) -> None:
    """Ids that no command looks at, because a page reads them itself."""
    auditor, treasurer = world.headers[Role.AUDITOR], world.headers[Role.TREASURER]
    far, own = world.far, world.own
    lending = f"/clubs/{own.ids['club_id']}/lending?loan_id={far.ids['loan_id']}"
    assert is_gone(ask(world.app, "GET", lending, treasurer, None))
    sample = f"/audit/sample?seed=1&count=5&club_id={far.ids['club_id']}"
    assert is_gone(ask(world.app, "GET", sample, auditor, None))
    drawn = {"seed": "1", "count": "5", "key": "k" * 20, "club_id": far.ids["club_id"]}
    assert is_gone(world.opens("POST /audit/sample", own, auditor, drawn))
    for loan_id, event_id in (
        (far.ids["loan_id"], own.ids["event_id"]),
        (own.ids["loan_id"], far.ids["event_id"]),
    ):
        verdict = {"loan_id": loan_id, "event_id": event_id, "result": "agrees", "key": "k" * 20}
        assert is_gone(world.opens("POST /audit/findings", own, auditor, verdict))


def test_who_may_take_somebody_in_reads_no_names_but_by_their_reason(world: World) -> None:
    """A commune's officer, whom the club's people are told of for a reason alone."""
    page = "GET /clubs/{club_id}/newcomer"
    club = [grant_of(role, world.own) for role in (Role.COMMUNE_OFFICER, Role.MEMBER)]
    both = bearer(world.desk, world.own.village.member("Cán bộ kiêm hội viên"), club)
    officer, secretary = world.headers[Role.COMMUNE_OFFICER], world.headers[Role.SECRETARY]
    for by, told in ((officer, False), (both, False), (secretary, True)):
        shown = world.opens(page, world.own, by)
        assert shown.status == 200
        assert (b"shares_with" in shown.body) is told


def test_a_sample_of_another_club_is_not_there(world: World) -> None:
    with world.desk.log.database.connection() as connection:
        rows = connection.execute(
            """SELECT convert_from(state, 'UTF8')::json ->> 'club_id', event_id::text
               FROM log.events WHERE topic = 'evidence.SampleDrawn'"""
        )
        samples = dict(rows.fetchall())
    auditor = world.headers[Role.AUDITOR]
    for place, status in ((world.own, 200), (world.far, 404)):
        at = f"/audit/samples/{samples[str(place.ids['club_id'])]}"
        assert ask(world.app, "GET", at, auditor, None).status == status


def test_an_auditor_s_draw_is_among_the_clubs_they_audit(world: World) -> None:
    """Of no club in particular; the database would let nobody else's out either."""
    at = "/audit/sample?seed=1&count=50"
    shown = ask(world.app, "GET", at, world.headers[Role.AUDITOR], None).body.decode()
    assert str(world.far.ids["club_id"]) not in shown


def test_a_club_s_own_book_has_its_visits_for_whoever_may_read_of_health(world: World) -> None:
    """The wall between money and health stands in a file too."""
    at = f"/clubs/{world.own.ids['club_id']}/book.xlsx"
    both = world.own.village.member("Chủ nhiệm kiêm phụ trách")
    roles = [grant_of(role, world.own) for role in (Role.CHAIR, Role.CARE_COORDINATOR)]
    for by, told in (
        (world.headers[Role.TREASURER], False),
        (bearer(world.desk, both, roles), True),
    ):
        answer = ask(world.app, "GET", at, by, None)
        with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
            text = b"".join(map(packed.read, packed.namelist())).decode("utf-8", "replace")
        assert ("lượt thăm tại nhà" not in text) is told
