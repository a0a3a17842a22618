"""Whatever is sent to whatever route: a 4xx that says where, never a 5xx (reliability.md 4.3).

First the hand-written vectors on every field of every command, then bodies that Hypothesis bends
out of the published examples; its seed is printed with a failure.
"""

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from desk.desk import Desk
from tests.api.hands import Hands
from tests.api.problems import refused
from tests.api.scenes import COMMANDS, Scene, scene
from tests.api.test_torture import BODIES, DAYS, IDS, NUMBERS, TEXTS
from village import Village

LEAKS = re.compile(r"psycopg|postgres|select |pydantic|\.py\b|traceback|sqlstate", re.IGNORECASE)
VALUES: list[Any] = [
    *(None, True, False, -1, 0, 1, 10**12, 10**13, 10**13 + 1, 2**53 + 1, 2**63 - 1, 2**63),
    *(10**39, 0.5, 5.0, [], {}, [[]], [None], [1], {"a": 1}, ["x"] * 30, {"": ""}, {"-1": -1}),
    *TEXTS,
    *NUMBERS,
    *DAYS,
    *IDS,
    *(
        "2024-02-29",
        "1900-01-01",
        "2999-12-31",
        "0",
        "x" * 5000,
        "00000000-0000-0000-0000-000000000000",
    ),
]
# `make soak` tries every value; in `make test` each field takes every 14th, the next one others.
EACH = 1 if os.environ.get("SOCHUNG_EXHAUSTIVE") else 14
RAW = ["NaN", "Infinity", "-Infinity", "1e3", "1E400", "9" * 5000, '"\\ud800"', "1.0"]


def checked(answer: Any, sent: Any) -> None:
    """Taken, or refused in the one shape that refusals have; nothing of ours shows."""
    if answer.status_code not in (201, 202):
        assert answer.status_code in (404, 409, 413, 415, 422), (sent, answer.text)
        refused(answer, answer.status_code, answer.json()["code"])
        assert not LEAKS.search(answer.text), answer.text


def leaves(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a body where something stands, the body itself too."""
    yield path
    inner: Any = (
        body.items()
        if isinstance(body, dict)
        else enumerate(body)
        if isinstance(body, list)
        else ()
    )
    for name, value in inner:
        yield from leaves(value, (*path, name))


def bent(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    copy = json.loads(json.dumps(body))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


def fields(at: Scene) -> list[tuple[str | int, ...]]:
    """Places of the example, and the fields it leaves out."""
    model = at.command.model()
    return [*leaves(at.body), *((name,) for name in model.model_fields if name not in at.body)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_field_of_every_command_takes_or_refuses_anything(
    client: TestClient, village: Village, name: str
) -> None:
    at = scene(village, name)
    hands = Hands(client, at.acting, at.second)
    headers = {"Content-Type": "application/json"}
    seen = names_before(name)
    for turn, path in enumerate(fields(at), start=list(COMMANDS).index(name)):
        # The same field of another command is the same type: every sixth value is enough there.
        step = EACH * (6 if path and path[-1] in seen else 1)
        for value in VALUES[turn % step :: step]:
            sent = json.dumps(bent(at.body, path, value)).encode()
            answer = client.post(at.address, content=sent, headers=hands.headers() | headers)
            checked(answer, (path, value))
        for raw in RAW[turn % min(step, 8) :: min(step, 8)]:
            text = json.dumps(bent(at.body, path, "@@")).replace('"@@"', raw)
            answer = client.post(at.address, content=text, headers=hands.headers() | headers)
            checked(answer, (path, raw))
            assert answer.status_code == 422, (path, raw, answer.text)


def names_before(name: str) -> set[str | int]:
    """Fields of the commands that stand before this one in the table."""
    before = list(COMMANDS)[: list(COMMANDS).index(name)]
    paths = (leaves(COMMANDS[one].example) for one in before)
    return {path[-1] for some in paths for path in some if path}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_refuses_what_is_no_strict_json(
    client: TestClient, village: Village, desk: Desk, name: str
) -> None:
    at = scene(village, name)
    hands = Hands(client, at.acting, at.second)
    hands.headers()  # whose account is opened now
    head = desk.log.head()
    for what, (raw, _, _) in BODIES.items():
        headers = hands.headers() | {"Content-Type": "application/json"}
        found = refused(client.post(at.address, content=raw, headers=headers), 422, "malformed")
        assert found["errors"], what
    headers = hands.headers() | {"Content-Type": "application/json"}
    if at.body:  # of nothing, nothing stands twice
        twice = json.dumps(at.body)[:-1] + f", {json.dumps(at.body)[1:]}"
        found = refused(client.post(at.address, content=twice, headers=headers), 422, "malformed")
        assert found["errors"][0]["code"] == "duplicate-field"
    refused(client.post(at.address, content=b" " * 1_000_001, headers=headers), 413, "too-large")
    assert desk.log.head() == head


def test_text_is_kept_in_one_form_and_found_in_every_form(
    client: TestClient, village: Village, follower: Any
) -> None:
    hands = Hands(client, village.secretary)
    decomposed = "Nguye\u0302\u0303n  Thị\u00a0 Phượng "
    body = {"name": decomposed, "joined_on": "2026-03-10"}
    member = hands.done(f"/clubs/{village.club_id}/members", body)["id"]
    follower.catch_up()
    assert client.get(f"/v1/members/{member}").json()["name"] == "Nguyễn Thị Phượng"
    for asked in ("Nguyễn", "Nguye\u0302\u0303n", "nguyen phuong"):
        found = client.get(f"/v1/clubs/{village.club_id}/members", params={"q": asked})
        assert [one["id"] for one in found.json()["items"]] == [member], asked


# --- bodies that nobody thought of ---------------------------------------------------------

_TEXTS = st.text(st.characters(), max_size=40) | st.sampled_from(TEXTS)
_DAYS = st.dates().map(str) | st.sampled_from(DAYS)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXTS | _DAYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=8,
)
_NEAR = st.integers(0, 10**14) | st.sampled_from([0, 1, 10**13, 10**13 + 1]) | _DAYS | _TEXTS


@pytest.mark.timeout(600)
@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_bent_bodies_are_taken_or_refused(
    client: TestClient, village: Village, known_scenes: dict[str, Scene], data: st.DataObject
) -> None:
    at = known_scenes[data.draw(st.sampled_from(sorted(known_scenes)), label="command")]
    body: Any = at.body
    for _ in range(data.draw(st.integers(1, 3), label="bends")):
        path = data.draw(st.sampled_from([*leaves(body), *fields(at)]), label="path")
        if all(not isinstance(step, int) for step in path) or path in list(leaves(body)):
            value = data.draw(_ANYTHING | _NEAR, label="value")
            body = (
                bent(body, path, value)
                if path in list(leaves(body))
                else {**_object(body), str(path[-1]): value}
            )
    sent = json.dumps(body).encode()
    headers = Hands(client, at.acting, at.second).headers() | {"Content-Type": "application/json"}
    checked(client.post(at.address, content=sent, headers=headers), body)


def _object(body: Any) -> dict[str, Any]:
    return body if isinstance(body, dict) else {}


@pytest.fixture
def known_scenes(desk: Desk) -> dict[str, Scene]:
    """Each command in a village of its own: a count left open in one stops payouts there."""
    return {name: scene(Village(desk, capital=50_000_000), name) for name in COMMANDS}
