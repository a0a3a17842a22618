"""Asking about one's own data, and being forgotten: nowhere readable, and the books unchanged."""

import base64
import io
import json
import logging
import subprocess
import unicodedata
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from psycopg.conninfo import conninfo_to_dict
from starlette.testclient import TestClient

from audit.checks import run as check
from conftest import Server
from desk.attachments import attach
from desk.books import book_story
from desk.desk import KINDS, Desk
from domain.clubs.people import PERSON
from domain.loans.commands import AttachFile
from domain.loans.events import LoanDisbursed
from photos import JPEG
from planted import dump, found_in
from projections.follower import Follower
from store.binaries import find_binaries
from store.database import Database
from tests.api.hands import Hands
from tests.api.problems import refused
from village import DAY, FOUNDED, SYSTEM, Village

NAME, LATER_NAME = "Vàng Thị Xuyến Chi", "Vàng Thị Xuyến Chiêu"
PHONE, ADDRESS = "0987 123 654", "Nhà sàn cuối bản Khuổi Phụ"
NOTE, HEALTH = "Bà hay quên, ở một mình với cháu", "Đường huyết cao, tiêm insulin"
PLANTED = (NAME, LATER_NAME, PHONE, ADDRESS, NOTE, HEALTH)


@pytest.fixture(params=["database", "other_database"], ids=["beside the log", "apart"])
def key_database(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.fixture
def hands(client: TestClient, village: Village) -> Hands:
    return Hands(client, village.secretary)


@pytest.fixture
def planted(hands: Hands, village: Village) -> UUID:
    """A neighbour of whom much is known, and who has left; nothing of it is about money."""
    told = {
        "name": unicodedata.normalize("NFD", NAME),
        "joined_on": str(FOUNDED),
        "birth": {"year": 1950, "on": "1950-02-03"},
        "phone": PHONE,
        "address": ADDRESS,
        "note": NOTE,
        "citizen_number": "020150000123",
    }
    person = hands.done(f"/clubs/{village.club_id}/members", told)["id"]
    at = f"/members/{person}"
    consent = {"occurred_on": str(DAY), "purpose": "health", "evidence": "written"}
    hands.done(f"{at}/consents", consent)
    hands.done(f"{at}/check-ups", {"occurred_on": str(DAY), "result": HEALTH})
    hands.done(f"{at}/corrections", {"name": LATER_NAME, "reason": NOTE})
    hands.done(f"{at}/departure", {"left_on": str(DAY), "cause": "left"})
    return UUID(person)


def ask(hands: Hands, person: UUID, kind: str = "erase", **more: Any) -> Any:
    body = {"occurred_on": str(DAY), "kind": kind, **more}
    return hands.done(f"/members/{person}/erasure-requests", body)


def decision(**more: Any) -> dict[str, Any]:
    return {"occurred_on": str(DAY), "granted": True, "ground": "consent_withdrawn", **more}


def request_of(client: TestClient, follower: Follower, person: UUID) -> Any:
    follower.catch_up(30)
    listed = client.get("/v1/requests").json()["items"]
    return next(one for one in reversed(listed) if one["member_id"] == str(person))


def everywhere(server: Server, *databases: Database) -> bytes:
    """Each table in binary, and what pg_dump writes as text."""
    found = b""
    for database in dict.fromkeys(databases):
        address = server.admin(str(conninfo_to_dict(database.url)["dbname"]))
        found += dump(address, names=True)
        if server.embedded:
            program = str(find_binaries() / "pg_dump")
            found += subprocess.run([program, address], capture_output=True, check=True).stdout
    return found


def exported(client: TestClient, club: UUID, person: UUID) -> bytes:
    """What can be read or taken away of the person and of the club."""
    found = b""
    for address in (
        f"/members/{person}",
        f"/members/{person}/data",
        f"/members/{person}/data.xlsx",
        f"/members/{person}/history",
        f"/members/{person}/duplicates",
        f"/clubs/{club}/members",
        f"/clubs/{club}/members.csv",
        f"/clubs/{club}/members.xlsx",
        f"/clubs/{club}/members?q=vang",
        f"/clubs/{club}/duplicates",
        f"/clubs/{club}/events",
        "/events",
        "/requests.csv",
    ):
        answer = client.get(f"/v1{address}")
        if zipfile.is_zipfile(io.BytesIO(answer.content)):
            with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
                found += b"".join(packed.read(name) for name in packed.namelist())
        elif answer.headers["content-type"].startswith("application/json"):
            found += json.dumps(answer.json(), ensure_ascii=False).encode()
        else:
            found += answer.content
    return found


def test_what_was_planted_is_nowhere_after_the_erasure_and_the_books_are_unchanged(
    client: TestClient,
    hands: Hands,
    village: Village,
    planted: UUID,
    follower: Follower,
    desk: Desk,
    database: Database,
    key_database: Database,
    server: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    follower.catch_up(30)
    ask(hands, planted, "copy")
    hands.done(
        f"/members/{planted}/erasure-requests/{_id(client, follower, planted)}/decision",
        decision(ground="right_of_access"),
        by=village.chair,
    )
    follower.catch_up(30)
    before = exported(client, village.club_id, planted)
    assert set(found_in(before, PLANTED)) == set(PLANTED), "the control: it could be read before"
    assert LATER_NAME in found_in(everywhere(server, database, key_database), PLANTED)
    balances = client.get(f"/v1/clubs/{village.club_id}/balances").json()

    ask(hands, planted, purposes=["identity", "contact", "health", "household"], note=NOTE)
    waiting = request_of(client, follower, planted)
    hands.done(
        f"/members/{planted}/erasure-requests/{waiting['id']}/decision",
        decision(reason=NOTE),
        by=village.chair,
    )
    follower.catch_up(30)

    assert found_in(everywhere(server, database, key_database), PLANTED) == []
    assert found_in(exported(client, village.club_id, planted), PLANTED) == []
    assert found_in(caplog.text.encode(), PLANTED) == []
    left = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert found_in(left, PLANTED) == []
    assert desk.keys.keys_of([planted], ["identity", "contact", "health", "household"]) == []

    assert client.get(f"/v1/clubs/{village.club_id}/balances").json() == balances
    report = check(database, KINDS)
    assert report.clean, report.findings
    follower.rebuild(["people", "requests"], comparing=True)
    assert found_in(everywhere(server, database, key_database), PLANTED) == []


def _id(client: TestClient, follower: Follower, person: UUID) -> str:
    return str(request_of(client, follower, person)["id"])


def test_who_has_to_do_with_money_keeps_a_name_and_loses_the_rest(
    client: TestClient, hands: Hands, village: Village, follower: Follower, desk: Desk
) -> None:
    at = f"/clubs/{village.club_id}/members"
    told = {"name": NAME, "joined_on": str(FOUNDED), "phone": PHONE}
    person = UUID(hands.done(at, told)["id"])
    village.lent(person, 1_000_000)
    ask(hands, person, purposes=["identity", "contact"])
    waiting = request_of(client, follower, person)
    done = f"/members/{person}/erasure-requests/{waiting['id']}/decision"
    hands.done(done, decision(), by=village.chair)

    closed = request_of(client, follower, person)
    assert (closed["open"], closed["kept"], closed["kept_until"]) == (False, ["identity"], None)
    page = client.get(f"/v1/members/{person}").json()
    assert (page["name"], page["phone"]) == (NAME, None)
    # What was erased is not sealed anew without their word; with it, it is.
    again = {"phone": PHONE}
    answer = hands.post(f"/members/{person}/corrections", again)
    assert refused(answer, 409, "no-consent")
    hands.done(
        f"/members/{person}/consents",
        {"occurred_on": str(DAY), "purpose": "contact", "evidence": "written"},
    )
    hands.done(f"/members/{person}/corrections", again)
    follower.catch_up(30)
    assert client.get(f"/v1/members/{person}").json()["phone"] == PHONE
    texts = client.get(f"/v1/members/{person}/data").json()["texts"]
    assert [one["state"] for one in texts if one["field"] == "phone"] == ["erased", "told"]

    ask(hands, person, purposes=["identity"])
    alone = request_of(client, follower, person)["id"]
    answer = hands.post(
        f"/members/{person}/erasure-requests/{alone}/decision", decision(), by=village.chair
    )
    assert refused(answer, 409, "identity-kept")
    hands.done(
        f"/members/{person}/erasure-requests/{alone}/decision",
        {"occurred_on": str(DAY), "granted": False, "ground": "contract"},
        by=village.chair,
    )
    state = desk.log.load(PERSON, person).state
    assert state is not None
    assert not state.erased


def test_a_photo_is_listed_as_erased_once_its_key_is_destroyed_and_not_before(
    client: TestClient, hands: Hands, village: Village, desk: Desk, follower: Follower
) -> None:
    """Wherever the keys lie."""
    borrower = village.member("Mã Thị Vay")
    loan = village.lent(borrower, 3_000_000)
    story = book_story(desk.log, village.club_id)
    payout = next(one.id for one in story if isinstance(one.event, LoanDisbursed))
    command = AttachFile(event_id=payout, shows="voucher", attached_by=village.secretary)
    photo = attach(desk, SYSTEM, command, JPEG).id
    follower.catch_up(30)

    def shown() -> tuple[bool, bool, int]:
        [listed] = client.get(f"/v1/events/{payout}/attachments").json()["items"]
        [beside] = client.get(f"/v1/loans/{loan}/evidence").json()["photos"]
        return (
            listed["erased"],
            beside["erased"],
            client.get(f"/v1/attachments/{photo}").status_code,
        )

    assert shown() == (False, False, 200)
    desk.keys.destroy(desk.keys.keys_of([borrower], ["identity"]), {"ground": "thử"})
    assert shown() == (True, True, 404)


def test_a_person_without_identity_is_named_by_nothing_any_more(
    hands: Hands, village: Village, planted: UUID, client: TestClient, follower: Follower
) -> None:
    village.erased(planted, "identity")
    joining = {"person_id": str(planted), "joined_on": "2026-03-12"}
    answer = hands.post(f"/clubs/{village.club_id}/members", joining)
    assert refused(answer, 409, "erased-person")


def test_the_clock_counts_working_days_to_the_answer_and_days_to_the_deed(
    client: TestClient,
    hands: Hands,
    village: Village,
    planted: UUID,
    follower: Follower,
    desk: Desk,
) -> None:
    today = desk.today
    asked_on = today - timedelta(days=14)
    ask(hands, planted, "copy", occurred_on=str(asked_on))
    waiting = request_of(client, follower, planted)
    assert (waiting["alarm"], waiting["open"]) == ("late", True)
    assert waiting["days_left"] < 0
    hands.done(
        f"/members/{planted}/erasure-requests/{waiting['id']}/decision",
        decision(ground="right_of_access", occurred_on=str(asked_on + timedelta(days=1))),
        by=village.chair,
    )
    granted = request_of(client, follower, planted)
    assert (granted["days_left"], granted["alarm"]) == (1, "most")
    assert date.fromisoformat(granted["due_on"]) == today + timedelta(days=1)
    done = {"occurred_on": str(today), "document": "ab" * 32}
    hands.done(f"/members/{planted}/erasure-requests/{waiting['id']}/completion", done)
    assert not request_of(client, follower, planted)["open"]


def test_what_is_hidden_stands_on_the_copy_that_was_granted_and_only_until_it_is_handed_over(
    client: TestClient, hands: Hands, village: Village, planted: UUID, follower: Follower
) -> None:
    withdrawal = {"occurred_on": str(DAY), "purpose": "health"}
    hands.done(f"/members/{planted}/consent-withdrawals", withdrawal)

    def health() -> Any:
        follower.catch_up(30)
        texts = client.get(f"/v1/members/{planted}/data").json()["texts"]
        return next(one for one in texts if one["purpose"] == "health")

    assert (health()["state"], health()["text"]) == ("hidden", None)
    ask(hands, planted, "copy")
    at = f"/members/{planted}/erasure-requests/{_id(client, follower, planted)}"
    assert health()["text"] is None
    hands.done(f"{at}/decision", decision(ground="right_of_access"), by=village.chair)
    assert (health()["state"], health()["text"]) == ("told", HEALTH)
    hands.done(f"{at}/completion", {"occurred_on": str(DAY)})
    assert health()["text"] is None


def test_base64_is_searched_for_too() -> None:
    assert found_in(b"..." + base64.b64encode(b"xx" + HEALTH.encode()), [HEALTH]) == [HEALTH]
