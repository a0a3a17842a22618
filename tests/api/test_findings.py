"""The list of findings and warnings: from the command that is warned to whoever settles it."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from projections.follower import Follower
from tests.api.hands import Hands
from tests.api.problems import pointers, refused
from village import FOUNDED, Village

DAY = "2026-03-10"
DEAR = {"instalments": 12, "method": "flat", "rate": {"percent": "1", "per": "month"}}
CODE = "effective-rate-above-20"


@pytest.fixture
def clerk(client: TestClient, village: Village) -> Hands:
    return Hands(client, village.secretary)


@pytest.fixture
def listed(
    client: TestClient, village: Village, follower: Follower
) -> Callable[..., list[dict[str, Any]]]:
    def get(**params: Any) -> list[dict[str, Any]]:
        follower.catch_up()
        answer = client.get(f"/v1/clubs/{village.club_id}/findings", params=params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    return get


def asks(clerk: Hands, village: Village, name: str = "Hoàng Thị Dung") -> dict[str, Any]:
    """A loan whose effective rate is above 20 % a year is asked for."""
    borrower = village.member(name, joined_on=FOUNDED)
    body = {"occurred_on": DAY, "member_id": str(borrower), "amount": 1_000_000, "terms": DEAR}
    return dict(clerk.done(f"/clubs/{village.club_id}/loans", body))


def test_a_command_says_what_it_was_warned_of_also_when_asked_again(
    clerk: Hands, client: TestClient, village: Village
) -> None:
    borrower = village.member("Hoàng Thị Dung", joined_on=FOUNDED)
    body = {"occurred_on": DAY, "member_id": str(borrower), "amount": 1_000_000, "terms": DEAR}
    headers, at = clerk.headers(), f"/v1/clubs/{village.club_id}/loans"
    first = client.post(at, json=body, headers=headers)
    again = client.post(at, json=body, headers=headers)
    assert (first.status_code, first.json()["warnings"]) == (201, [CODE])
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", first.json())
    mild = body | {"terms": DEAR | {"rate": None, "method": "interest_free"}}
    assert "warnings" not in clerk.done(f"/clubs/{village.club_id}/loans", mild)


def test_a_warning_is_listed_until_somebody_else_settles_it(
    clerk: Hands, village: Village, listed: Callable[..., list[dict[str, Any]]]
) -> None:
    told = asks(clerk, village)
    (one,) = listed(open="true")
    assert one == {
        "kind": "warning",
        "code": CODE,
        "event_id": told["event_id"],
        "event": "loans.LoanRequested",
        "position": told["position"],
        "occurred_on": DAY,
        "open": True,
        "reversed": False,
        "settled_by": None,
        "settled_by_name": None,
        "reason": None,
    }
    settling = {"occurred_on": DAY, "code": CODE, "reason": "Đã giải thích cho người vay"}
    at = f"/events/{told['event_id']}/finding-settlements"
    refused(clerk.post(at, settling), 409, "same-person")
    clerk.done(at, settling, by=village.chair)

    assert listed(open="true") == []
    (settled,) = listed()
    assert settled == one | {
        "open": False,
        "settled_by": str(village.chair),
        "settled_by_name": "Nông Thị Chủ",
        "reason": "Đã giải thích cho người vay",
    }
    assert listed(open="false") == [settled]
    assert listed(kind="warning") == [settled]
    assert listed(kind="finding") == []


def test_pages_follow_each_other(
    clerk: Hands, village: Village, client: TestClient, listed: Callable[..., list[dict[str, Any]]]
) -> None:
    for name in ("Hoàng Thị Một", "Hoàng Thị Hai", "Hoàng Thị Ba"):
        asks(clerk, village, name)
    whole = listed()
    address, found = f"/v1/clubs/{village.club_id}/findings?limit=1&open=true", []
    while address:
        answer = client.get(address)
        found += answer.json()["items"]
        address = answer.links.get("next", {}).get("url", "")
    assert (found, len(found)) == (whole, 3)


def test_a_list_nobody_has_and_a_filter_that_is_none(
    client: TestClient, village: Village, follower: Follower
) -> None:
    follower.catch_up()
    refused(client.get(f"/v1/clubs/{village.chair}/findings"), 404, "not-found")
    for value in ("1", "yes", "True", ""):
        answer = client.get(f"/v1/clubs/{village.club_id}/findings?open={value}")
        found = refused(answer, 422, "malformed")
        assert pointers(found) == {("query", "/open", "not-a-truth")}
