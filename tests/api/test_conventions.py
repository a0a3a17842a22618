"""What holds for every command, over all of them: a route without its row is not built."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from api.app import create_app
from desk.desk import Desk
from logins import bearer
from projections.follower import Follower
from store.database import Database
from tests.api.hands import Hands, key, visiting
from tests.api.problems import pointers, refused
from tests.api.scenes import COMMANDS, Scene, scene
from village import Village

UNKNOWN = "0199c1c0-0000-7000-8000-00000000beef"
Taken = tuple[int, Any, str]


@pytest.fixture
def hands(client: TestClient, village: Village) -> Hands:
    return Hands(client, village.secretary)


def taken(answer: Any) -> Taken:
    """What must be the same for ever under one key."""
    return answer.status_code, answer.json(), answer.headers["etag"]


def post(client: TestClient, at: Scene, headers: dict[str, str], body: Any = None) -> Any:
    return client.post(at.address, json=at.body if body is None else body, headers=headers)


def test_every_route_that_writes_is_in_the_table(app: FastAPI) -> None:
    routes = [r for r in _routes(app) if "POST" in r.methods and "loan-schedules" not in r.path]
    files = {"attach_file"}  # its body is a photo: tests/api/test_attachments.py
    assert {route.name for route in routes} == set(COMMANDS) | files | DOOR


DOOR = {
    *("log_in", "take_turn", "reset_password", "change_password", "set_pin", "make_token"),
    *("set_factor", "remove_factor", "prove_factor"),
}
"""What nobody's history tells: tests/api/test_logging_in.py."""


def _routes(app: Any) -> list[APIRoute]:
    found = []
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        found += _routes(inner) if inner is not None else [route]
    return [route for route in found if isinstance(route, APIRoute)]


@pytest.mark.parametrize("name", COMMANDS)
def test_its_published_example_takes_effect_once(
    client: TestClient, village: Village, desk: Desk, name: str
) -> None:
    at = scene(village, name)
    headers = Hands(client, at.acting, at.second).headers()
    first = post(client, at, headers)
    assert first.status_code == at.command.status, first.text
    told = first.json()
    assert (
        {"id", "event_id", "position"}
        <= set(told)
        <= {
            *("id", "event_id", "position", "voucher", "vouchers", "changes", "code"),
        }
    )
    assert told["position"] == desk.log.head()
    assert re.fullmatch(r'"\d+"', first.headers["etag"])
    assert "idempotency-replayed" not in first.headers

    again = post(client, at, headers)
    told.pop("code", None)  # a secret is shown once
    assert taken(again) == (taken(first)[0], told, *taken(first)[2:])
    assert again.headers["idempotency-replayed"] == "true"
    lost = client.get(f"/v1/commands/{headers['Idempotency-Key']}", headers=headers)
    assert (lost.status_code, lost.json()) == (200, told)
    assert lost.headers["etag"] == first.headers["etag"]

    days = [day for day in at.body if day.endswith(("_on", "_from", "until", "since"))]
    somebody = {"duplicate_id": str(village.chair)}
    named = {"user_name": "khac"} if "user_name" in at.body else somebody
    named = {"name": "Khác"} if "name" in at.body else named
    other = at.body | ({days[0]: "2026-02-28"} if days else named)
    if at.body:  # what asks nothing cannot be asked differently
        refused(post(client, at, headers, other), 422, "idempotency-key-reused")
    assert desk.log.head() == told["position"]


@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_refused_as_every_other(
    client: TestClient, village: Village, desk: Desk, name: str
) -> None:
    at = scene(village, name)
    good = Hands(client, at.acting, at.second).headers()
    head = desk.log.head()

    def sent(body: Any = None, **changed: str | None) -> Any:
        more = {name.replace("_", "-"): value for name, value in changed.items()}
        headers = {n: v for n, v in (good | more).items() if v is not None}
        return post(client, at, headers, body)

    refused(sent(Idempotency_Key=None), 400, "idempotency-key-missing")
    for wrong in ("", "x" * 15, "x" * 65, "khoá-chống-lặp-của-tôi", "x" * 16 + " y", "../" * 8):
        found = refused(sent(Idempotency_Key=wrong.encode()), 422, "malformed")  # type: ignore[arg-type]
        assert pointers(found) == {("header", "/Idempotency-Key", "wrong-form")}

    for person in ("", "Bearer x", f"Bearer {'A' * 43}", "Basic eDp5"):
        answer = sent(Authorization=person)
        refused(answer, 401, "not-logged-in")
        assert answer.headers["www-authenticate"]
    for person, code in (
        ("x", "not-an-id"),
        (UNKNOWN, "unknown-person"),
        (str(village.club_id), "unknown-person"),
    ):
        found = refused(sent(X_Acting_Person=person), 401, "not-logged-in")
        assert pointers(found) == {("header", "/X-Acting-Person", code)}

    for stale in ('"999999"', 'W/"1"', '"x"', '""', '"' + "9" * 400 + '"'):
        refused(sent(If_Match=stale), 412, "stale-version")
    refused(sent(If_Match='"a,b", W/"1"'), 412, "stale-version")  # a comma may stand in a tag
    for wrong in ("1", "x", '"1', '"1";', '"1","2', '"1""2"'):
        found = refused(sent(If_Match=wrong), 422, "malformed")
        assert pointers(found) == {("header", "/If-Match", "wrong-form")}

    unknown = {f"{n}": 1 for n in ("id", "actor", "recorded_at", "version", "recorded_by")}
    if at.command.acting:
        unknown[at.command.acting] = str(at.acting)  # type: ignore[assignment]
    found = refused(sent(at.body | unknown), 422, "malformed")
    assert pointers(found) == {("body", f"/{name}", "unknown-field") for name in unknown}
    text = client.post(at.address, content=b"{}", headers=good | {"Content-Type": "text/plain"})
    refused(text, 415, "unsupported-media-type")
    again = client.post(f"{at.address}?again=1", json=at.body, headers=good)
    found = refused(again, 422, "malformed")
    assert pointers(found) == {("query", "/again", "unknown-parameter")}

    strangers = {"club_id": village.chair, "member_id": village.club_id}
    for id in (UNKNOWN, strangers.get(at.command.names or "", village.club_id)):
        if at.command.names:
            path = at.command.path.format(**{**at.ids, at.command.names: id})
            refused(post(client, at._replace(address="/v1" + path), good), 404, "not-found")
    assert desk.log.head() == head

    # None of all this used the key up.
    assert sent(If_Match="*").status_code == at.command.status
    english = sent(Authorization="", Accept_Language="en").json()
    assert english["title"] == "Not logged in"


def test_a_date_to_come_is_refused_by_its_rule(client: TestClient, desk: Desk) -> None:
    dated = [name for name in COMMANDS if "occurred_on" in COMMANDS[name].example]
    assert len(dated) > 10
    for name in dated:
        at = scene(Village(desk, capital=50_000_000), name)
        body = at.body | {"occurred_on": "2999-12-31"}
        answer = post(client, at, Hands(client, at.acting, at.second).headers(), body)
        refused(answer, 409, "future-date")


def test_a_version_named_is_a_version_kept(
    client: TestClient, hands: Hands, village: Village, follower: Follower
) -> None:
    """Two officers look at one loan; what one decides, the other has to see first."""
    at = scene(village, "approve_loan")
    loan = at.address.rsplit("/", 1)[0].removeprefix("/v1")
    follower.catch_up()
    version = client.get(f"/v1{loan}").headers["etag"]
    # Another loan of the same book does not count.
    scene(village, "repay_loan")
    done = hands.post(f"{loan}/approval", at.body, by=village.chair, If_Match=version)
    assert done.status_code == 201
    late = hands.post(f"{loan}/rejection", {"occurred_on": "2026-03-10"}, If_Match=version)
    refused(late, 412, "stale-version")
    follower.catch_up()
    assert client.get(f"/v1{loan}").headers["etag"] == done.headers["etag"]
    both = f"{version}, {done.headers['etag']}"
    paid = hands.post(
        f"{loan}/disbursement", {"occurred_on": "2026-03-10"}, by=village.treasurer, If_Match=both
    )
    assert paid.status_code == 201


def test_a_club_a_person_and_a_book_have_versions_too(
    client: TestClient, hands: Hands, village: Village, follower: Follower
) -> None:
    follower.catch_up()
    club = f"/clubs/{village.club_id}"
    cases = (
        (club, f"{club}/suspension", COMMANDS["suspend_club"].example),
        (f"/members/{village.chair}", f"/members/{village.chair}/corrections", {"name": "Chủ"}),
        (f"{club}/balances", f"{club}/dues", COMMANDS["receive_dues"].example),
    )
    for shown, address, body in cases:
        version = client.get(f"/v1{shown}").headers["etag"]
        assert hands.post(address, body, If_Match=version).status_code == 201, address
        refused(hands.post(address, body, If_Match=version), 412, "stale-version")
        follower.catch_up()
        assert client.get(f"/v1{shown}").headers["etag"] != version


def test_keys_belong_to_the_caller(client: TestClient, village: Village, desk: Desk) -> None:
    at = scene(village, "receive_dues")
    mine = Hands(client, village.secretary).headers()
    others = mine | bearer(desk, village.treasurer)
    assert post(client, at, mine).json() != post(client, at, others).json()
    # A clerk who types for two keeps one set of keys, and each says for whom.
    clerk = mine | bearer(desk, village.chair)
    typed = clerk | {"X-Acting-Person": str(village.secretary)}
    assert post(client, at, typed).status_code == 201
    for_another = clerk | {"X-Acting-Person": str(village.treasurer)}
    refused(post(client, at, for_another), 422, "idempotency-key-reused")
    assert client.get(f"/v1/commands/{mine['Idempotency-Key']}", headers=typed).status_code == 200
    nobodys = client.get(f"/v1/commands/{key()}", headers=mine)
    refused(nobodys, 404, "not-found")
    unnamed = {"Authorization": ""}
    refused(client.get(f"/v1/commands/{key()}", headers=unnamed), 401, "not-logged-in")
    refused(client.get("/v1/commands/short", headers=mine), 422, "malformed")


def test_the_same_content_is_the_same_body_however_it_is_written(
    client: TestClient, village: Village
) -> None:
    at = scene(village, "receive_dues")
    headers = Hands(client, at.acting, at.second).headers() | {"Content-Type": "application/json"}
    turned = dict(reversed(at.body.items()))
    first = post(client, at, headers)
    assert taken(post(client, at, headers, turned)) == taken(first)
    refused(post(client, at, headers, at.body | {"amount": 1}), 422, "idempotency-key-reused")
    elsewhere = client.post(at.address.replace("dues", "income"), json=at.body, headers=headers)
    refused(elsewhere, 422, "idempotency-key-reused")


def test_one_key_sixteen_times_at_once_has_one_effect(
    client: TestClient, village: Village, desk: Desk
) -> None:
    for name in ("receive_capital", "disburse_loan", "join_club", "request_loan"):
        at = scene(village, name)
        headers = Hands(client, at.acting, at.second).headers()
        head = desk.log.head()
        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(lambda _, a=at, h=headers: post(client, a, h), range(16)))
        replies = {repr(taken(answer)) for answer in answers}
        assert len(replies) == 1, replies
        replayed = Counter(answer.headers.get("idempotency-replayed") for answer in answers)
        assert replayed == {None: 1, "true": 15}
        assert answers[0].json()["position"] == desk.log.head() > head


def test_eight_payouts_at_once_never_overdraw(
    client: TestClient, desk: Desk, village: Village
) -> None:
    """3 of 3 million from 10 million, whoever comes first; the others are told the figure."""
    for _ in range(3):
        poor = Village(desk, capital=10_000_000)
        loans = [poor.approved(poor.member(f"Người {n}"), 3_000_000) for n in range(8)]
        hands, together = Hands(client, poor.treasurer), Barrier(8)
        hands.headers()  # whose account is opened now, once

        def pay(loan: UUID, hands: Hands = hands, together: Barrier = together) -> Any:
            together.wait()
            return hands.post(f"/loans/{loan}/disbursement", {"occurred_on": "2026-03-10"})

        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(pay, loans))
        assert Counter(answer.status_code for answer in answers) == {201: 3, 409: 5}
        codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
        assert codes == {"insufficient-funds"}


def test_two_approvers_at_once_have_one_winner(client: TestClient, village: Village) -> None:
    for _ in range(5):
        at = scene(village, "approve_loan")
        both, together = (village.chair, village.treasurer), Barrier(2)

        def approve(by: UUID, at: Scene = at, together: Barrier = together) -> Any:
            together.wait()
            return post(client, at, Hands(client, by).headers())

        with ThreadPoolExecutor(2) as threads:
            answers = sorted(threads.map(approve, both), key=lambda answer: answer.status_code)
        assert answers[0].status_code == 201
        refused(answers[1], 409, answers[1].json()["code"])


def test_a_book_that_many_write_to_at_once_asks_for_patience_at_most(
    client: TestClient, village: Village, desk: Desk
) -> None:
    at = scene(village, "receive_dues")
    hands = Hands(client, at.acting, at.second)
    hands.headers()  # whose account is opened now, once
    head = desk.log.head()

    def pay(_: int) -> Any:
        return post(client, at, hands.headers())

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(pay, range(64)))
    states = Counter(answer.status_code for answer in answers)
    assert set(states) <= {201, 503}
    assert all(a.headers["retry-after"] for a in answers if a.status_code == 503)
    assert desk.log.head() - head == states[201]
    vouchers = {answer.json().get("voucher") for answer in answers if answer.status_code == 201}
    assert len(vouchers) == states[201]


def test_what_was_written_can_be_read_by_naming_its_position(
    village: Village,
    database: Database,
    desk: Desk,
    follower: Follower,
    following: Callable[[], Any],
) -> None:
    follower.catch_up(wait_seconds=20)
    app = create_app(database, Follower(database, desk.keys), desk.keys, desk)
    with following(), visiting(app) as client:
        hands = Hands(client, village.secretary)
        for n in range(3):
            body = {"name": f"Người Thứ{n}", "joined_on": "2026-03-10"}
            done = hands.done(f"/clubs/{village.club_id}/members", body)
            after: dict[str, Any] = {"after_position": done["position"]}
            found = client.get(
                f"/v1/clubs/{village.club_id}/members", params=after | {"q": body["name"]}
            )
            assert [one["id"] for one in found.json()["items"]] == [done["id"]]
            headers = {"X-After-Position": str(done["position"])}
            page = client.get(f"/v1/members/{done['id']}", headers=headers)
            assert page.json()["name"] == body["name"]
