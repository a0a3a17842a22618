"""An auditor's questions over HTTP: each answer beside what the audit itself finds in the log."""

from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from audit.entries import snapshot
from audit.evidence.verifier import Key, verify_receipt
from audit.unusual import unusual
from desk import books
from desk.desk import Desk
from domain.loans.commands import PayExpense, ReceiveDues
from projections.follower import Follower
from store.database import Database
from tests.api.problems import pointers, refused
from tests.api.test_papers import as_csv, as_xlsx
from tests.audit.logbook import LogBook
from village import DAY, SYSTEM, Village

UNKNOWN = UUID("0199c1c0-0000-7000-8000-00000000beef")


class Odd(Village):
    """Round expenses, all entered months late, and a loan whose use nobody checked."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, capital=50_000_000)
        self.loan = self.lent(self.secretary, 2_000_000)
        books.record(desk, SYSTEM, self.club_id, ReceiveDues(occurred_on=DAY, amount=5_000_000))
        for amount in (500_000, 700_000, 345_678):
            books.record(desk, SYSTEM, self.club_id, PayExpense(occurred_on=DAY, amount=amount))
        self.repaid(self.loan, 200_000, DAY + timedelta(days=40))


@pytest.fixture
def village(desk: Desk, follower: Follower) -> Odd:
    other = Village(desk, capital=10_000_000)
    other.lent(other.member("Hoàng Thị Dung"), 1_000_000)
    village = Odd(desk)
    follower.catch_up()
    return village


@pytest.fixture
def book(server: Any, database_name: str, tmp_path: Path) -> LogBook:
    return LogBook(server.integrator(database_name), server.admin(database_name), tmp_path)


def test_unusual_items_are_those_of_the_club_with_their_rules_in_words(
    client: TestClient, village: Odd, database: Database, desk: Desk
) -> None:
    at = f"/v1/clubs/{village.club_id}/unusual-items"
    told = client.get(at).json()
    with snapshot(database) as connection:
        of_all = unusual(connection, desk.today)
    mine = [item for item in of_all if item.club_id == str(village.club_id)]
    assert [item["facts"] for item in told["items"]] == [item.facts for item in mine]
    assert len(mine) < len(of_all)
    assert {"recorded-late", "round-sum", "no-use-check"} <= {
        item["rule"] for item in told["items"]
    }
    assert all(item["vi"] and item["en"] for item in told["items"])
    assert told["next"] is None
    for paper in (as_csv(client, at), as_xlsx(client, at)):
        assert [row["event_id"] for row in paper] == [item.event_id for item in mine]


def test_one_event_that_is_odd_in_several_ways_is_not_lost_between_pages(
    client: TestClient, village: Odd
) -> None:
    at = f"/v1/clubs/{village.club_id}/unusual-items"
    whole = client.get(at).json()["items"]
    positions = [item["position"] for item in whole]
    assert len(positions) > len(set(positions)), "a round sum, entered late, at least"
    turned, after = [], {}
    for _ in whole:
        page = client.get(at, params={"limit": 1, **after}).json()
        turned += page["items"]
        after = {"after": page["next"]}
    assert turned == whole
    assert page["next"] is None
    refused(client.get(at, params={"after": "x"}), 422, "malformed")


def test_the_donors_statement_is_as_of_a_day(client: TestClient, village: Odd, desk: Desk) -> None:
    at = f"/v1/clubs/{village.club_id}/donor-statement"
    now = client.get(at).json()
    assert (now["club_id"], now["on"]) == (str(village.club_id), desk.today.isoformat())
    sums = {source["source"]: source for source in now["sources"]}
    assert sums["state_budget"]["received"] == 50_000_000
    assert sum(source["lent"] for source in now["sources"]) == 2_000_000
    then = client.get(at, params={"on": (DAY - timedelta(days=1)).isoformat()}).json()
    assert sum(source["lent"] for source in then["sources"]) == 0
    before = client.get(at, params={"on": date(1990, 1, 1).isoformat()}).json()
    assert sum(source["received"] for source in before["sources"]) == 0
    bad = refused(client.get(at, params={"on": "2026-13-01"}), 422, "malformed")
    assert {(where, pointer) for where, pointer, _ in pointers(bad)} == {("query", "/on")}


def test_a_loans_evidence_brings_the_content_its_receipt_is_of(
    client: TestClient, village: Odd, book: LogBook
) -> None:
    at = f"/v1/loans/{village.loan}/evidence"
    unsigned = client.get(at).json()
    assert unsigned["receipt"] is unsigned["head"] is None
    signed = book.sign()
    told = client.get(at).json()
    assert told["approval"]["acted"] != told["disbursement"]["acted"]
    assert told["four_eyes"]["borrower"] == str(village.secretary)
    assert [one["principal"] for one in told["repayments"]]
    shown = verify_receipt(told["receipt"], [Key.parse(book.vkey)])
    content = told["disbursement"]["content"].encode()
    assert shown["entry"]["payload"] == sha256(content).hexdigest()
    assert told["head"]["fingerprint"] == signed.head.fingerprint


def test_what_is_not_there_is_not_found(client: TestClient, village: Odd) -> None:
    for path in (
        f"clubs/{UNKNOWN}/unusual-items",
        f"clubs/{village.chair}/unusual-items.csv",
        f"clubs/{UNKNOWN}/donor-statement",
        f"loans/{UNKNOWN}/evidence",
        f"loans/{village.club_id}/evidence",
    ):
        refused(client.get(f"/v1/{path}"), 404, "not-found")
    refused(client.get("/v1/loans/x/evidence"), 422, "malformed")
    late = {"after_position": 99_999_999}
    for path in (f"clubs/{village.club_id}/donor-statement", f"loans/{village.loan}/evidence"):
        refused(client.get(f"/v1/{path}", params=late), 503, "unavailable")
