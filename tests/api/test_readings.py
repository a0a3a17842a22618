"""The read log: who looked at whose identity or health, written before anything is answered."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from starlette.testclient import TestClient

from conftest import Server
from projections.follower import Follower
from store.database import Database
from tests.api.hands import Hands
from tests.api.problems import refused
from tests.api.scenes import client_of, consents_to_health
from village import Village

Rows = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def looked(database: Database) -> Rows:
    def rows() -> list[tuple[Any, ...]]:
        with database.connection() as connection:
            return connection.execute(
                "SELECT kind, person_id, subject_ids, purpose, what FROM access.log ORDER BY id"
            ).fetchall()

    return rows


@pytest.fixture
def reading(client: TestClient, village: Village, follower: Follower) -> Callable[..., Any]:
    follower.catch_up()

    def get(address: str, by: UUID | None = None, **headers: str) -> Any:
        acting = Hands(client, by or village.secretary).headers()
        return client.get(f"/v1{address}", headers=acting | headers)

    return get


def test_a_look_at_a_person_is_written_with_who_whom_and_what_for(
    village: Village, reading: Any, looked: Rows
) -> None:
    lan = village.chair
    for address, purpose, what in (
        (f"/members/{lan}", "identity", "show_member"),
        (f"/members/{lan}/history", "health", "show_history"),
    ):
        assert reading(address).status_code == 200
        assert looked()[-1] == ("read", village.secretary, [lan], purpose, what)


def test_a_list_names_everybody_on_its_page(village: Village, reading: Any, looked: Rows) -> None:
    assert reading(f"/clubs/{village.club_id}/members?limit=2").status_code == 200
    kind, _, subjects, purpose, what = looked()[-1]
    assert (kind, len(subjects), purpose, what) == ("read", 2, "identity", "list_members")
    assert reading(f"/clubs/{village.club_id}/members.csv").status_code == 200
    exported = [row for row in looked() if row[0] == "export"]
    assert {id for row in exported for id in row[2]} == {village.chair, village.treasurer}


def test_nobody_is_noted_for_looking_at_themselves(
    village: Village, reading: Any, looked: Rows
) -> None:
    assert reading(f"/members/{village.chair}", by=village.chair).status_code == 200
    assert looked() == []


def test_what_nobody_was_shown_is_not_noted(reading: Any, looked: Rows) -> None:
    nobody = "0199c1c0-0000-7000-8000-000000000000"
    refused(reading(f"/members/{nobody}"), 404, "not-found")
    assert [(row[0], row[2]) for row in looked()] == [("refusal", [])]


def test_a_care_case_is_noted_as_health(
    village: Village, reading: Any, looked: Rows, follower: Follower
) -> None:
    client_id = client_of(village)
    follower.catch_up()
    assert reading(f"/care-cases/{client_id}").status_code == 200
    assert looked()[-1] == ("read", village.secretary, [client_id], "health", "show_care_case")


def test_the_label_is_ours_whatever_the_caller_says(
    village: Village, reading: Any, looked: Rows
) -> None:
    forged = {"X-Purpose": "none", "X-What": "nothing", "X-Request-Id": "forged"}
    address = f"/members/{village.chair}/history"
    assert reading(address + "?kind=duty", **forged).status_code == 200
    assert looked()[-1][3:] == ("health", "show_history")


def test_the_person_gets_the_list_of_who_looked(
    village: Village, reading: Any, client: TestClient
) -> None:
    lan = village.chair
    reading(f"/members/{lan}")
    reading(f"/members/{lan}/history", by=village.treasurer)
    found = client.get(f"/v1/members/{lan}/readings").json()["items"]
    assert [(one["name"], one["purpose"], one["what"]) for one in found] == [
        ("Lộc Văn Quỹ", "health", "show_history"),
        ("Vi Thị Thư", "identity", "show_member"),
    ]
    first = client.get(f"/v1/members/{lan}/readings", params={"limit": 1}).json()
    second = client.get(
        f"/v1/members/{lan}/readings", params={"limit": 1, "after": first["next"]}
    ).json()
    assert first["items"] + second["items"] == found
    assert second["next"] is None
    assert client.get(f"/v1/members/{village.treasurer}/readings").json()["items"] == []


@pytest.mark.parametrize(
    "harm",
    [
        "DROP TABLE access.log",
        "REVOKE EXECUTE ON FUNCTION access.note FROM sochung_read, sochung_app",
        "ALTER TABLE access.log ADD CONSTRAINT is_full CHECK (id < 0) NOT VALID",
    ],
)
def test_without_the_log_nothing_is_shown(
    server: Server, database_name: str, village: Village, reading: Any, harm: str
) -> None:
    consents_to_health(village, village.chair)
    with psycopg.connect(server.admin(database_name), autocommit=True) as administrator:
        administrator.execute(harm.encode())
    for address in (
        f"/members/{village.chair}",
        f"/members/{village.chair}/history",
        f"/clubs/{village.club_id}/members",
        f"/clubs/{village.club_id}/members.csv",
    ):
        answer = reading(address)
        refused(answer, 503, "unavailable")
        assert "Nông" not in answer.text
    # What names nobody goes on.
    assert reading(f"/clubs/{village.club_id}/balances").status_code == 200


def test_a_log_that_is_locked_shows_nothing_and_is_waited_for_no_longer_than_any(
    server: Server, database_name: str, village: Village, reading: Any
) -> None:
    with psycopg.connect(server.admin(database_name)) as locking:
        locking.execute("LOCK TABLE access.log IN EXCLUSIVE MODE")
        refused(reading(f"/members/{village.chair}"), 503, "unavailable")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access.log SET purpose = 'other'",
        "DELETE FROM access.log",
        "TRUNCATE access.log",
        "INSERT INTO access.log (at, kind, subject_ids, purpose, what) VALUES "
        "(now(), 'read', '{}', 'health', 'x')",
    ],
)
def test_nobody_takes_a_line_back(
    server: Server, database_name: str, village: Village, reading: Any, looked: Rows, statement: str
) -> None:
    reading(f"/members/{village.chair}")
    before = looked()
    addresses = [server.app(database_name)]
    if not statement.startswith("INSERT"):
        addresses += [server.owner(database_name), server.admin(database_name)]
    for address in addresses:
        with (
            psycopg.connect(address, autocommit=True) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(statement.encode())
    assert looked() == before
