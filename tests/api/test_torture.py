"""Whatever is sent: a 4xx that says where, never a 5xx (reliability.md 4.3, I1-I4)."""

import json
import re
import resource
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from projections.follower import Follower
from tests.api.problems import pointers, refused
from village import Village

ADDRESS = "/v1/loan-schedules"
JSON = {"Content-Type": "application/json"}
GOOD = '{"principal": %s, "from": "2026-01-10", "instalments": 12, "method": "interest_free"}'

AMOUNTS = {
    "-1": "out-of-range",
    "0": "out-of-range",
    "-0": "out-of-range",
    "0.5": "not-an-integer",
    "5.0": "not-an-integer",
    "1e3": "not-an-integer",
    "1E400": "not-an-integer",
    '"5"': "not-an-integer",
    '"٥"': "not-an-integer",
    '"５"': "not-an-integer",
    '"1.000.000"': "not-an-integer",
    "true": "not-an-integer",
    "null": "not-an-integer",
    "[5]": "not-an-integer",
    "{}": "not-an-integer",
    "NaN": "not-an-integer",
    "Infinity": "not-an-integer",
    "-Infinity": "not-an-integer",
    str(10**13 + 1): "out-of-range",
    str(2**53 + 1): "out-of-range",
    str(2**63 - 1): "out-of-range",
    str(2**63): "out-of-range",
    str(10**39): "out-of-range",
    str(10**100): "out-of-range",
    "9" * 5000: "out-of-range",
    "-" + "9" * 5000: "out-of-range",
    "9" * 900_000: "out-of-range",
}


@pytest.mark.parametrize(("amount", "code"), AMOUNTS.items(), ids=lambda v: v[:12])
def test_an_amount_that_is_none_is_refused_by_name(
    client: TestClient, amount: str, code: str
) -> None:
    answer = client.post(ADDRESS, content=(GOOD % amount).encode(), headers=JSON)
    assert pointers(refused(answer, 422, "malformed")) == {("body", "/principal", code)}


@pytest.mark.parametrize("amount", ["1", "1000000000000", "10000000000000"])
def test_an_amount_at_the_edge_is_taken(client: TestClient, amount: str) -> None:
    answer = client.post(ADDRESS, content=(GOOD % amount).encode(), headers=JSON)
    assert answer.status_code == 200


BODIES: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "", "not-json"),
    "blank": (b"  \n", "", "not-json"),
    "a list": (b"[]", "", "not-an-object"),
    "a text": (b'"x"', "", "not-an-object"),
    "null": (b"null", "", "not-an-object"),
    "half": (b'{"principal": 5', "", "not-json"),
    "two": (b"{} {}", "", "not-json"),
    "comma": (b'{"principal": 5,}', "", "not-json"),
    "comment": (b"{} // five", "", "not-json"),
    "single quotes": (b"{'principal': 5}", "", "not-json"),
    "leading zeros": ((GOOD % "0005").encode(), "", "not-json"),
    "underscores": ((GOOD % "1_000").encode(), "", "not-json"),
    "arabic digit": ((GOOD % "٥").encode(), "", "not-json"),
    "form": (b"principal=5", "", "not-json"),
    "byte order mark": (b"\xef\xbb\xbf" + (GOOD % "5").encode(), "", "not-json"),
    "utf-16": ((GOOD % "5").encode("utf-16"), "", "not-utf-8"),
    "utf-16, unmarked": ((GOOD % "5").encode("utf-16-le"), "", "not-json"),
    "latin-1": ('{"ghi_chú": 5}'.encode("latin-1"), "", "not-utf-8"),
    "overlong": (b'{"\xc0\xaf": 5}', "", "not-utf-8"),
    "raw surrogate": (b'{"\xed\xa0\x80": 5}', "", "not-utf-8"),
    "raw NUL": (b'{"principal": "\x00"}', "", "not-json"),
    "NUL": ((GOOD % '"\\u0000"').encode(), "/principal", "not-an-integer"),
    "surrogate": ((GOOD % '"\\ud800"').encode(), "/principal", "bad-text"),
    "surrogate, deep": (b'{"every": {"unit": "\\udfff"}}', "/every/unit", "bad-text"),
    "surrogate name": (b'{"\\ud800": 5}', "/?", "bad-text"),
    "twice": (b'{"principal": 5, "principal": 6}', "/principal", "duplicate-field"),
    "twice, deep": (b'{"rate": {"per": "a", "per": "a"}}', "/rate/per", "duplicate-field"),
    "deep": (b'{"a":' * 21 + b"1" + b"}" * 21, "/a" * 21, "too-deep"),
    "deeper": (b"[" * 100_000 + b"]" * 100_000, "", "too-deep"),
    "deepest": (b'{"a":' * 160_000, "", "too-deep"),
}


@pytest.mark.parametrize(("body", "pointer", "code"), BODIES.values(), ids=BODIES.keys())
def test_a_body_two_readers_could_read_differently_is_refused(
    client: TestClient, body: bytes, pointer: str, code: str
) -> None:
    found = refused(client.post(ADDRESS, content=body, headers=JSON), 422, "malformed")
    assert pointers(found) == {("body", pointer, code)}


def test_text_with_a_nul_names_its_field(client: TestClient) -> None:
    body = b'{"principal": 5, "from": "2026-01-10\\u0000", "instalments": 1, "method": "\\u0000"}'
    found = refused(client.post(ADDRESS, content=body, headers=JSON), 422, "malformed")
    assert {one["pointer"] for one in found["errors"]} == {"/from", "/method"}


def test_a_body_too_large_is_refused_however_it_comes(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(2000):
            yield b" " * 10_000

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(client.post(ADDRESS, content=b" " * 1_000_001, headers=JSON), 413, "too-large")
    refused(client.post(ADDRESS, content=pieces(), headers=JSON), 413, "too-large")
    for stated in ("99999999999999999999", "-5", "1e3", "٥"):
        headers = JSON | {"Content-Length": stated.encode()}
        refused(client.post(ADDRESS, content=b"{}", headers=headers), 413, "too-large")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB


def test_a_thousand_wrong_fields_are_not_all_told(client: TestClient) -> None:
    body = json.dumps({f"x{n}": n for n in range(50_000)}).encode()
    found = refused(client.post(ADDRESS, content=body, headers=JSON), 422, "malformed")
    assert len(found["errors"]) == 50


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Type": "application/jsonx"},
    ],
)
def test_another_kind_of_content_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post(ADDRESS, content=(GOOD % "5").encode(), headers=headers)
    refused(answer, 415, "unsupported-media-type")


def test_another_method_is_refused(client: TestClient) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH", "TRACE", "BREW"):
        answer = client.request(method, ADDRESS)
        refused(answer, 405, "method-not-allowed")
        assert answer.headers["allow"] == "POST"
    both = client.options("/v1/clubs")
    assert (both.status_code, both.headers["allow"]) == (405, "HEAD, GET, POST")


TEXTS = [
    "\x00",
    "a\x00b",
    "\ufffd",
    "\u202eevil",
    "\u2066x\u2069",
    "\u200b",
    "Nguye\u0302\u0303n",
    "e" + "\u0301" * 10_000,
    "x" * 30_000,
    "עברית",
    "👩‍👩‍👧‍👦",
    "'; DROP TABLE log.events; --",
    "{{7*7}}",
    "<svg onload=alert(1)>",
    "a\r\nSet-Cookie: x=1",
    "%",
    "\\",
    "../../etc/passwd",
    "null",
    "NaN",
]
NUMBERS = [
    *("-1", "0x10", "1e3", "5.0", "1_000", "+5", " 5", "5 ", "٥", "５", "NaN", "", "true", "[]"),
    *(str(2**63), "9" * 5000),
]
DAYS = [
    *("0001-01-01", "9999-12-31", "infinity", "-infinity", "1900-02-29", "2024-02-30", "2024"),
    *("2024-01", "today", "20240110", "2024-01-10T00:00:00", "2024-1-1", "86400", "２０２４-01-10"),
    *("2024-01-10 ", "", "null", "1899-12-31", "3000-01-01"),
]
INSTANTS = [
    *("2024-01-10", "2024-01-10T00:00:00", "2024-01-10 00:00:00Z", "0", "now", "infinity"),
    *("2024-01-10T25:00:00Z", "2024-01-10T00:00:60Z", "2024-13-10T00:00:00Z", "2024-W01-1"),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2024-01-10T00:00:00+99:99"),
    *("2024-01-10T00:00:00.Z", "2024-01-10T00:00:00.1234567890Z", "", "٢٠٢٤-01-10T00:00:00Z"),
]
IDS = [
    *("x", "0", "null", "None", "0199c1c000007000800000000000000", "%00", "..%2F..", "' OR 1=1"),
    *("{0199c1c0-0000-7000-8000-000000000000}", "urn:uuid:0199c1c0-0000-7000-8000-000000000000"),
    *("0199c1c0-0000-7000-8000-00000000000g", "0199c1c0-0000-7000-8000-000000000000%0A"),
    *("x" * 5000, "%ff%fe", "٠199c1c0-0000-7000-8000-000000000000"),
]
REPORTS = ("loan-book", "cash-book")
LISTS = ("members", "loans", "ledger", "vouchers", "findings", *REPORTS)
WRONG: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "limit": (LISTS, [*NUMBERS, "0", "201", "-0"]),
    "after_position": ((*LISTS, "balances", "figures"), NUMBERS),
    "from": (("ledger", "vouchers", "figures", *REPORTS), DAYS),
    "to": (("ledger", "vouchers", "figures", *REPORTS), DAYS),
    "as_of": (("ledger", "balances", "loans", "figures", *REPORTS), DAYS),
    "known_at": (("ledger", "balances", "loans", "figures", *REPORTS), INSTANTS),
    "after": (LISTS, [*TEXTS, "", "W10", "bnVsbA", "e30", "WzEsMiwzXQ", "A"]),
}


@pytest.fixture
def known(village: Village, follower: Follower) -> str:
    follower.catch_up()
    return f"/v1/clubs/{village.club_id}"


def test_a_wrong_parameter_is_refused_by_name(client: TestClient, known: str) -> None:
    for name, (routes, values) in WRONG.items():
        for route in routes:
            for value in values:
                answer = client.get(f"{known}/{route}", params={name: value})
                found = refused(answer, 422, "malformed")
                assert {one["pointer"] for one in found["errors"]} == {f"/{name}"}, (route, value)


def test_an_unknown_or_repeated_parameter_is_refused(client: TestClient, known: str) -> None:
    for route in ("", *("/" + name for name in (*LISTS, "balances"))):
        found = refused(client.get(f"{known}{route}?sort=name"), 422, "malformed")
        assert pointers(found) == {("query", "/sort", "unknown-parameter")}
        twice = client.get(f"{known}{route}?after_position=0&after_position=0")
        found = refused(twice, 422, "malformed")
        assert pointers(found) == {("query", "/after_position", "repeated-parameter")}


def test_any_text_is_searched_for_or_refused(client: TestClient, known: str) -> None:
    for text in TEXTS:
        answer = client.get(f"{known}/members", params={"q": text})
        assert answer.status_code in (200, 422), text
        if answer.status_code == 422:
            refused(answer, 422, "malformed")
    for raw in ("%ff%fe", "%ed%a0%80", "%", "%zz", "%u0000", "&&&=&"):
        assert client.get(f"{known}/members?q={raw}").status_code in (200, 422), raw
    refused(client.get(f"{known}/members?q=%00"), 422, "malformed")


def test_an_address_that_holds_no_id_is_refused(client: TestClient, known: str) -> None:
    for id in IDS:
        escaped = id if "%" in id else quote(id, safe="")
        for address in (
            f"/v1/clubs/{escaped}",
            f"/v1/clubs/{escaped}/ledger",
            f"/v1/members/{escaped}",
            f"/v1/loans/{escaped}",
        ):
            answer = client.get(address)
            assert answer.status_code in (404, 422), (address, answer.text)
            refused(answer, answer.status_code, answer.json()["code"])


def test_a_wrong_day_for_a_loan_is_refused(client: TestClient, village: Village) -> None:
    loan = village.requested(village.member("Vi Thị Ba"), 1_000_000)
    for day in DAYS:
        answer = client.get(f"/v1/loans/{loan}", params={"on": day})
        found = refused(answer, 422, "malformed")
        assert pointers(found) <= {
            ("query", "/on", "not-a-date"),
            ("query", "/on", "out-of-range"),
        }


def test_a_wrong_header_is_refused_or_ignored(client: TestClient, known: str) -> None:
    for value in NUMBERS:
        answer = client.get(known, headers={"X-After-Position": value.encode()})
        found = refused(answer, 422, "malformed")
        assert {one["in"] for one in found["errors"]} == {"header"}
    for text in TEXTS:
        headers = {"Accept-Language": text.encode()[:5000], "Accept": "text/html", "Cookie": "x"}
        assert client.get(known, headers=headers).status_code == 200


def test_nothing_of_the_database_or_the_code_shows(client: TestClient, known: str) -> None:
    words = re.compile(r"psycopg|postgres|select |pydantic|\.py|traceback|sqlstate", re.IGNORECASE)
    for value in (*TEXTS, *DAYS, *INSTANTS):
        for name in ("known_at", "as_of", "after", "limit", "x"):
            answer = client.get(f"{known}/ledger", params={name: value})
            assert not words.search(answer.text)


def test_an_error_of_our_own_says_nothing_but_its_id(app: FastAPI, client: TestClient) -> None:
    @app.get("/v1/broken")
    def broken() -> Any:
        raise RuntimeError("Hoàng Thị Dung nợ 5.000.000 đ")

    found = refused(client.get("/v1/broken"), 500, "internal")
    assert set(found) == {"type", "title", "status", "code", "instance"}
