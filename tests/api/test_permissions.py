"""Every route for every role: what is not the caller's is not there, and the rest is as the
hand-written table says.

A request is cut short behind the permission: a command brings no key (400), a read a parameter
nobody knows (422). So nothing happens, and what a route would answer is another test's matter.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.app import create_app
from api.callers import COOKIE
from api.care_commands import THE_CLUB
from api.people_commands import A_THIRD, SOMEBODY, SOMEBODY_ELSE
from api.permissions import OF_CLUBS, OF_NO_CONCERN, names_of_field, routes_of
from desk import accounts
from desk.desk import Desk
from domain.accounts.roles import Role
from domain.histories import account_of
from logins import bearer
from projections.follower import Follower
from tests.api.asking import GONE, WHY, Answer, address, ask, is_gone, sign_of
from tests.api.expected_permissions import OPEN, expected
from tests.api.places import Place, grant_of, places
from tests.api.scenes import COMMANDS
from village import SYSTEM

PEOPLE = ("member_id", "client_id", "volunteer_id")
NAMED = (*PEOPLE, "club_id", "loan_id", "event_id", "association_id")
IN_BODY = {"enrol_client", "enrol_volunteer", "found_club", "register_association"}
"""What they are about stands in the body alone."""
FILTERS = {
    "list_care_cases": ("club_id",),
    "list_province_figure_events": ("club_id",),
    "print_statements": ("member_id",),
    "show_merge": ("duplicate_id",),
}


class World:
    def __init__(self, app: FastAPI, desk: Desk) -> None:
        self.app = app
        self.desk = desk
        self.own, self.other, self.far = places(desk)
        self.routes = {route.name: route for route in routes_of(app)}
        self.headers = {
            role: bearer(desk, self.own.people[role], (grant_of(role, self.own),)) for role in Role
        }

    def sends(self, route: APIRoute, place: Place, by: Mapping[str, str], **other: UUID) -> Answer:
        """The route's request about things of that place; `other` are ids instead of the usual."""
        ids = place.ids | other
        filled = address(route, ids)
        method = min(route.methods - {"HEAD"})
        query = {
            name: str(ids.get(name, ids["member_id"]))
            for name in FILTERS.get(list_of(route.name), ())
        }
        query["unknown"] = "1"
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        body = self.body(route.name, place, ids) if method == "POST" else None
        return ask(self.app, method, f"{filled}?{asked}", by, body)

    def body(self, name: str, place: Place, ids: Mapping[str, UUID]) -> Any:
        """The published example, with people and units of the place."""
        if name not in COMMANDS:
            return {}
        text = json.dumps(COMMANDS[name].example)
        for nobody in (SOMEBODY_ELSE, SOMEBODY, A_THIRD):
            text = text.replace(nobody, str(place.village.chair))
        body = json.loads(text.replace(THE_CLUB, str(ids["club_id"])))
        if "province" in body or name == "found_club":
            body |= {"commune": place.unit[0], "province": place.unit[1]}
        return body


@pytest.fixture(scope="module")
def world(server: Any, template: str) -> Iterator[World]:
    """One for all of this file: nothing here takes effect."""
    from tests.conftest import fresh_desk

    with fresh_desk(server, template) as (database, desk):
        # Others may keep the machine busy: nobody is sent away for that here.
        follower = Follower(database, desk.keys)
        app = create_app(database, follower, desk.keys, desk, deadline_seconds=60)
        yield World(app, desk)


def table(world: World) -> dict[str, dict[str, str]]:
    """The expectation of every route there is, the papers' as their lists'."""
    rows, found = expected(), {}
    for name in world.routes:
        if name not in OPEN:
            found[name] = rows[name] if name in rows else rows[list_of(name)]
    assert rows.keys() <= world.routes.keys(), rows.keys() - world.routes.keys()
    return found


def list_of(name: str) -> str:
    """The list of which a route is the paper."""
    return re.sub(r"_(csv|xlsx)$", "", name)


def roles_for(name: str, row: Mapping[str, str]) -> list[Role]:
    """All; of a list's papers one role for each sign, as they go the list's own way."""
    signs = {sign: Role(role) for role, sign in row.items()}
    return list(Role) if name == list_of(name) else list(signs.values())


def test_every_route_has_a_row(world: World) -> None:
    assert table(world).keys() | OPEN == world.routes.keys()


def test_every_role_finds_in_its_own_place_what_the_table_says(world: World) -> None:
    wrong = []
    for name, row in table(world).items():
        route = world.routes[name]
        for role in roles_for(name, row):
            by, want = world.headers[role], row[role]
            person = world.own.people[role]
            own: dict[str, UUID] = {}
            if want == "o":
                own = dict.fromkeys(PEOPLE, person)
            answer = world.sends(route, world.own, by, **own)
            reasoned = world.sends(route, world.own, by | WHY) if want == "r" else None
            named = {"X-Acting-Person": str(world.own.village.chair)}
            typed = (
                world.sends(route, world.own, by | named)
                if is_gone(answer) and route.methods == {"POST"}
                else None
            )
            got = sign_of(answer, reasoned, typed)
            if got != (want if want in ".rt" else "x"):
                wrong.append((name, role.value, want, got, answer))
            if want in "aos":
                others = dict.fromkeys(PEOPLE, world.own.village.chair) | world.own.unsampled
                nobody = world.sends(route, world.own, by, **others)
                if not is_gone(nobody):
                    wrong.append((name, role.value, want, "another of the club", nobody))
    assert not wrong, "\n".join(map(str, wrong))


def test_what_is_elsewhere_is_answered_as_what_is_nowhere(world: World) -> None:
    """Byte for byte, but for the id of the request: other club, other province, and no such id."""
    wrong = []
    for name, row in table(world).items():
        route = world.routes[name]
        told = any(
            f"{{{one}}}" in route.path or one in FILTERS.get(list_of(name), ()) for one in NAMED
        )
        if not told and name not in IN_BODY:
            continue
        for role in roles_for(name, row):
            by = world.headers[role] | WHY
            elsewhere = [world.far, world.other]
            if role is Role.PROVINCIAL_OFFICER or row[role] == ".":
                elsewhere.pop()
            nowhere = {one: uuid4() for one in world.own.ids}
            answers = [world.sends(route, place, by) for place in elsewhere]
            if told:
                answers.append(world.sends(route, world.own, by, **nowhere))
            bare = {(a.status, GONE.sub(b"", a.body)) for a in answers}
            if len(bare) != 1 or not all(map(is_gone, answers)):
                wrong.append((name, role.value, answers))
    assert not wrong, "\n".join(map(str, wrong[:10]))


def test_nobody_and_nobody_any_more_get_nothing(world: World) -> None:
    gone = world.own.village.member("Nguyễn Thị Thôi")
    token = bearer(world.desk, gone, (grant_of(Role.CHAIR, world.own),))
    begun, _ = world.desk.access.begin(account_of(gone), "máy", world.desk.clock(), fresh=False)
    session = {"Cookie": f"{COOKIE}={begun}", "Sec-Fetch-Site": "same-origin"}
    accounts.disable(world.desk, SYSTEM, gone, world.own.village.chair)
    for name in table(world):
        for by in ({}, token, session):
            answer = world.sends(world.routes[name], world.own, by)
            assert answer.status == 401, (name, answer)


def test_who_is_said_to_have_acted_is_of_the_place_too(world: World) -> None:
    rows, wrong = table(world), []
    for name in COMMANDS:
        role = next(Role(role) for role, sign in rows[name].items() if sign in "xa")
        answers = []
        for stranger in (world.far.village.chair, uuid4()):
            named = world.headers[role] | {"X-Acting-Person": str(stranger)}
            answers.append(world.sends(world.routes[name], world.own, named))
        bare = {(a.status, a.code, GONE.sub(b"", a.body)) for a in answers}
        if len(bare) != 1 or answers[0].status not in (401, 404):
            wrong.append((name, answers))
    assert not wrong, "\n".join(map(str, wrong[:10]))


def test_every_filter_that_is_an_id_is_held_against_the_table(world: World) -> None:
    paths, untold = world.app.openapi()["paths"], []
    for name in table(world):
        route = world.routes[name]
        described = paths[route.path.replace(":path", "")]
        told = described[min(route.methods - {"HEAD"}).lower()].get("parameters", ())
        ids = {
            one["name"]
            for one in told
            if one["in"] == "query" and "uuid" in json.dumps(one["schema"])
        }
        untold += ((name, one) for one in ids - {*FILTERS.get(list_of(name), ())})
    assert not untold


Steps = tuple[str, ...]


def ids_in(schema: Any, parts: Any, path: Steps = (), seen: Steps = ()) -> Iterator[Steps]:
    """Where ids may stand in a body, as the OpenAPI says."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from ids_in(parts[name], parts, path, (*seen, name))
        return
    if schema.get("format") == "uuid":
        yield path
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from ids_in(one, parts, path, seen)
    if "items" in schema:
        yield from ids_in(schema["items"], parts, (*path, "[]"), seen)
    for name, one in schema.get("properties", {}).items():
        yield from ids_in(one, parts, (*path, name), seen)


def put(path: Steps, id: UUID) -> Any:
    value: Any = str(id)
    for step in reversed(path):
        value = [value] if step == "[]" else {step: value}
    return value


def test_whoever_is_named_in_a_body_is_of_the_place_too(world: World) -> None:
    """Every field of every body in which an id may stand, also nested ones."""
    document = world.app.openapi()
    parts, rows, wrong, fields = document["components"]["schemas"], table(world), [], 0
    for name in COMMANDS:
        route = world.routes[name]
        told = document["paths"][route.path]["post"]["requestBody"]
        schema = told["content"]["application/json"]["schema"]
        role = next(Role(role) for role, sign in rows[name].items() if sign in "xa")
        for path in sorted(set(ids_in(schema, parts))):
            field = [step for step in path if step != "[]"][-1]
            if field in OF_NO_CONCERN:
                continue
            assert names_of_field(field), f"{name}: {field} names nobody we know"
            fields += 1
            club = field in OF_CLUBS
            theirs = world.far.ids["club_id"] if club else world.far.village.chair
            example = world.body(name, world.own, world.own.ids)
            answers = [
                ask(
                    world.app, "POST",
                    address(route, world.own.ids), world.headers[role], example | put(path, id),
                )
                for id in (theirs, uuid4())
            ]  # fmt: skip
            bare = {(a.status, GONE.sub(b"", a.body)) for a in answers}
            if len(bare) != 1 or not all(map(is_gone, answers)):
                wrong.append((name, path, answers))
    assert not wrong, "\n".join(map(str, wrong[:10]))
    assert fields > 60
