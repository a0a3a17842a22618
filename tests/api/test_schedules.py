"""POST /v1/loan-schedules, as a program of another association would use it."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.problems import pointers, refused

ADDRESS = "/v1/loan-schedules"
EXAMPLE = {
    "principal": 5000000,
    "from": "2026-01-10",
    "instalments": 12,
    "every": {"count": 1, "unit": "month"},
    "rate": {"percent": "0.7", "per": "month"},
    "method": "equal_principal",
    "grace_principal": 0,
    "grace_interest_payment": 0,
    "round_instalment_to": 1,
    "round_interest_to": 1,
    "rounding": "half_up",
    "balloon": None,
}


def test_the_published_example_is_answered_row_by_row(client: TestClient) -> None:
    answer = client.post(ADDRESS, json=EXAMPLE)
    assert answer.status_code == 200
    plan = answer.json()
    assert set(plan) == {"instalments", "total_principal", "total_interest", "total"}
    assert len(plan["instalments"]) == 12
    assert plan["instalments"][0] == {
        "number": 1,
        "due_on": "2026-02-10",
        "principal": 416667,
        "interest": 35000,
        "total": 451667,
        "outstanding_after": 4583333,
    }
    assert plan["instalments"][-1]["due_on"] == "2027-01-10"
    assert plan["instalments"][-1]["outstanding_after"] == 0
    assert (plan["total_principal"], plan["total_interest"]) == (5000000, 227500)
    assert plan["total"] == 5227500


def test_what_is_left_out_has_its_default(client: TestClient) -> None:
    short = {k: EXAMPLE[k] for k in ("principal", "from", "instalments", "rate", "method")}
    assert client.post(ADDRESS, json=short).json() == client.post(ADDRESS, json=EXAMPLE).json()


def test_the_largest_plan_is_answered_soon(client: TestClient) -> None:
    rate = {"percent": "0.12345678", "per": "year"}
    most = {"principal": 10**12, "instalments": 600, "method": "equal_instalment", "rate": rate}
    answer = client.post(ADDRESS, json=EXAMPLE | most)
    assert len(answer.json()["instalments"]) == 600
    assert answer.elapsed.total_seconds() < 2


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"principal": 0}, "/principal", "out-of-range"),
        ({"instalments": 601}, "/instalments", "out-of-range"),
        ({"method": "murabaha"}, "/method", "not-one-of"),
        ({"from": "10/01/2026"}, "/from", "not-a-date"),
        ({"from": "2026-02-30"}, "/from", "not-a-date"),
        ({"rate": {"percent": 0.7, "per": "month"}}, "/rate/percent", "not-a-decimal"),
        ({"rate": {"percent": "0,7", "per": "month"}}, "/rate/percent", "not-a-decimal"),
        ({"rate": {"percent": "NaN", "per": "month"}}, "/rate/percent", "not-a-decimal"),
        ({"rate": None}, "/rate", "invalid"),
        ({"every": {"count": 1, "unit": "day"}}, "/every/unit", "not-one-of"),
        ({"every": {"count": 1, "unit": "month", "x": 1}}, "/every/x", "unknown-field"),
        ({"grace_principal": 12}, "/grace_principal", "invalid"),
        ({"id": "0199c1c0-0000-7000-8000-000000000000"}, "/id", "unknown-field"),
        ({"a/b~c": 1}, "/a~1b~0c", "unknown-field"),
        ({"from": "2999-12-31"}, "", "invalid"),
    ],
)
def test_a_wrong_field_is_named(
    client: TestClient, change: dict[str, Any], pointer: str, code: str
) -> None:
    found = refused(client.post(ADDRESS, json=EXAMPLE | change), 422, "malformed")
    assert pointers(found) == {("body", pointer, code)}


def test_every_wrong_field_is_named_at_once(client: TestClient) -> None:
    body = {"principal": "5000000", "instalments": True, "method": "flat"}
    found = refused(client.post(ADDRESS, json=body), 422, "malformed")
    assert pointers(found) == {
        ("body", "/principal", "not-an-integer"),
        ("body", "/instalments", "not-an-integer"),
        ("body", "/from", "missing"),
    }


def test_titles_and_details_speak_the_callers_language(client: TestClient) -> None:
    def said(language: str | None) -> tuple[str, str, str]:
        headers = {"Accept-Language": language} if language is not None else {}
        found = client.post(ADDRESS, json=EXAMPLE | {"principal": -1}, headers=headers)
        return found.json()["title"], found.json()["detail"], found.headers["content-language"]

    vi = ("Nội dung gửi lên chưa đúng", "Số nằm ngoài khoảng cho phép.", "vi")
    en = ("What was sent is malformed", "The number is out of range.", "en")
    assert said("") == vi
    assert said("vi") == vi
    assert said("en") == en
    assert said("en-GB,en;q=0.9,vi;q=0.8") == en
    assert said("fr, vi;q=0.5, en;q=0.4") == vi
    assert said("fr, vi;q=0.4, en;q=0.5") == en
    assert said("tay, *;q=0.1") == vi
    assert said("en;q=0") == vi
    assert said("en;q=many, ;;;,=,") == vi
    assert said("," * 5000) == vi


def test_the_route_takes_no_parameter(client: TestClient) -> None:
    found = refused(client.post(ADDRESS + "?round=1", json=EXAMPLE), 422, "malformed")
    assert pointers(found) == {("query", "/round", "unknown-parameter")}
