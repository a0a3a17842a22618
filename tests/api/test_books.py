"""Ledger, balances and vouchers, as the accountant and a script read them."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from desk import books
from desk.desk import Desk
from domain.loans.commands import PayExpense, ReceiveDues
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing, MasterKey
from tests.api.hands import visiting
from tests.api.problems import pointers, refused
from village import DAY, FOUNDED, SYSTEM, Village


@pytest.fixture
def village(desk: Desk, follower: Follower) -> Village:
    """Capital, dues with a memo, an expense, a loan and one repayment."""
    village = Village(desk, capital=50_000_000)
    borrower = village.member("Hoàng Thị Dung")
    dues = {"occurred_on": DAY, "amount": 300_000, "fund": "operating"}
    memo = desk.memo(village.club_id, "Hội phí quý I")
    books.record(desk, SYSTEM, village.club_id, ReceiveDues.model_validate(dues | {"memo": memo}))
    tea = {"occurred_on": DAY, "amount": 50_000, "fund": "operating"}
    books.record(desk, SYSTEM, village.club_id, PayExpense.model_validate(tea))
    loan = village.lent(borrower, 5_000_000)
    village.repaid(loan, 535_000, DAY + timedelta(days=31))
    follower.catch_up()
    return village


def ledger(client: TestClient, village: Village, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/clubs/{village.club_id}/ledger", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def test_a_ledger_line_has_the_published_shape(client: TestClient, village: Village) -> None:
    lines = ledger(client, village)
    dues = next(line for line in lines if line["memo"])
    assert list(dues) == [
        "entry_id",
        "event_id",
        "position",
        "voucher",
        "occurred_on",
        "recorded_at",
        "account",
        "fund",
        "loan_id",
        "member_id",
        "amount",
        "memo",
    ]
    assert dues["memo"] == "Hội phí quý I"
    assert dues["entry_id"] == f"{dues['event_id']}:1"
    assert (dues["account"], dues["fund"], dues["amount"]) == ("111", "operating", 300_000)
    assert dues["occurred_on"] == "2026-03-10"
    assert dues["voucher"] == "PT-2026-0001"
    assert dues["recorded_at"].endswith("Z")
    assert sum(line["amount"] for line in lines) == 0
    assert len({line["entry_id"] for line in lines}) == len(lines)


def test_a_memo_whose_key_is_gone_is_null(
    village: Village,
    desk: Desk,
    database: Database,
    follower: Follower,
    master: MasterKey,
    server: Any,
    database_name: str,
) -> None:
    with psycopg.connect(server.owner(database_name), autocommit=True) as owner:
        owner.execute("DELETE FROM keys.data_keys WHERE purpose = 'memo'")
    # Another process: it has no unwrapped key in memory.
    app = create_app(database, follower, KeyRing(database, master), desk, deadline_seconds=120)
    with visiting(app) as client:
        lines = ledger(client, village)
    assert lines
    assert {line["memo"] for line in lines} == {None}


def test_the_ledger_of_a_time_span(client: TestClient, village: Village) -> None:
    assert {line["occurred_on"] for line in ledger(client, village)} == {
        "2024-01-10",
        "2026-03-10",
        "2026-04-10",
    }
    day = {"from": "2026-03-10", "to": "2026-03-10"}
    assert {line["occurred_on"] for line in ledger(client, village, **day)} == {"2026-03-10"}
    assert ledger(client, village, as_of="2024-01-09") == []
    assert len(ledger(client, village, as_of="2024-01-10")) == 2


def test_the_ledger_as_it_was_known(client: TestClient, village: Village) -> None:
    whole = ledger(client, village)
    first = whole[0]["recorded_at"]
    assert len(ledger(client, village, known_at=first)) == 2
    assert ledger(client, village, known_at="2024-01-01T00:00:00Z") == []
    assert ledger(client, village, known_at="2100-01-01T07:00:00+07:00") == whole
    address = f"/v1/clubs/{village.club_id}/ledger?known_at=2100-01-01T07:00:00+07:00"
    assert client.get(address).json()["items"] == whole


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 11])
def test_the_pages_of_the_ledger_hold_every_line_once(
    client: TestClient, village: Village, limit: int
) -> None:
    whole = ledger(client, village)
    address, lines = f"/v1/clubs/{village.club_id}/ledger?limit={limit}&from=2024-01-01", []
    while address:
        answer = client.get(address)
        lines += answer.json()["items"]
        assert len(answer.json()["items"]) <= limit
        address = answer.headers.get("link", "<>")[1:].partition(">")[0]
    assert lines == whole


def test_balances_have_the_published_shape(client: TestClient, village: Village) -> None:
    assert client.get(f"/v1/clubs/{village.club_id}/balances").json() == {
        "accounts": [
            {"account": "111", "fund": "loan", "amount": 45_535_000},
            {"account": "1283", "fund": "loan", "amount": 4_500_000},
            {"account": "4111", "fund": "loan", "amount": -50_000_000},
            {"account": "515", "fund": "loan", "amount": -35_000},
            {"account": "111", "fund": "operating", "amount": 250_000},
            {"account": "4181", "fund": "operating", "amount": -300_000},
            {"account": "642", "fund": "operating", "amount": 50_000},
        ],
        "cash": 45_785_000,
        "bank": 0,
        "principal_outstanding": 4_500_000,
        "loan_fund_cash": 45_535_000,
        "operating_fund_cash": 250_000,
        "sum": 0,
    }


def test_balances_as_of_a_day(client: TestClient, village: Village) -> None:
    address = f"/v1/clubs/{village.club_id}/balances"
    assert client.get(address, params={"as_of": "2024-01-09"}).json()["accounts"] == []
    then = client.get(address, params={"as_of": DAY.isoformat()}).json()
    assert (then["principal_outstanding"], then["sum"]) == (5_000_000, 0)
    known = {"as_of": DAY.isoformat(), "known_at": "2024-01-10T00:00:00Z"}
    assert client.get(address, params=known).json()["cash"] == 0


def test_vouchers_by_series_and_number(client: TestClient, village: Village) -> None:
    address = f"/v1/clubs/{village.club_id}/vouchers"
    items = client.get(address).json()["items"]
    assert [(v["voucher"], v["amount"]) for v in items] == [
        ("PC-2026-0001", 50_000),
        ("PC-2026-0002", 5_000_000),
        ("PT-2024-0001", 50_000_000),
        ("PT-2026-0001", 300_000),
        ("PT-2026-0002", 535_000),
    ]
    assert not any(v["reversed"] for v in items)
    walked, after = [], None
    while True:
        page = client.get(address, params={"limit": 2} | ({"after": after} if after else {})).json()
        walked += page["items"]
        after = page["next"]
        if after is None:
            break
    assert walked == items
    old = client.get(address, params={"to": FOUNDED.isoformat()}).json()["items"]
    assert [v["voucher"] for v in old] == ["PT-2024-0001"]
    unknown = "WyJQVC0yMDI2LTk5OTkiLCIwMTk5YzFjMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ"
    refused(client.get(address, params={"after": unknown}), 422, "malformed")


def test_a_loan_is_shown_with_what_is_owed(
    client: TestClient, village: Village, desk: Desk
) -> None:
    listed = client.get(f"/v1/clubs/{village.club_id}/loans").json()["items"]
    assert len(listed) == 1
    loan = listed[0]
    assert (loan["borrower_name"], loan["amount"], loan["outstanding"], loan["step"]) == (
        "Hoàng Thị Dung",
        5_000_000,
        4_500_000,
        "disbursed",
    )
    answer = client.get(f"/v1/loans/{loan['id']}?on=2026-05-11")
    page = answer.json()
    assert answer.headers["etag"] == f'"{loan["version"]}"'
    assert {k: page[k] for k in loan} == loan
    assert page["terms"]["method"] == "equal_principal"
    assert page["schedule"][0] == {
        "number": 1,
        "due_on": "2026-04-10",
        "principal": 500_000,
        "interest": 35_000,
        "total": 535_000,
        "outstanding_after": 4_500_000,
    }
    assert page["schedule"][-1]["outstanding_after"] == 0
    assert [(p["amount"], p["principal"], p["interest"]) for p in page["payments"]] == [
        (535_000, 500_000, 35_000)
    ]
    assert page["owed"] == {
        "on": "2026-05-11",
        "interest_due": 31_500,
        "principal_overdue": 500_000,
        "principal_due": 0,
        "outstanding": 4_500_000,
        "interest_of_current_period": 28_000,
        "late_interest": 0,
        "to_settle": 4_559_500,
    }


@pytest.mark.parametrize(
    ("on", "outstanding", "interest_due", "principal_due", "principal_overdue"),
    [
        ("2026-03-09", 0, 0, 0, 0),
        ("2026-03-10", 5_000_000, 0, 0, 0),
        ("2026-04-09", 5_000_000, 0, 0, 0),
        ("2026-04-10", 4_500_000, 0, 0, 0),
        ("2026-05-10", 4_500_000, 31_500, 500_000, 0),
        ("2026-05-11", 4_500_000, 31_500, 0, 500_000),
    ],
)
def test_what_is_owed_on_a_day_counts_the_payments_up_to_it(
    client: TestClient,
    village: Village,
    on: str,
    outstanding: int,
    interest_due: int,
    principal_due: int,
    principal_overdue: int,
) -> None:
    loan_id = client.get(f"/v1/clubs/{village.club_id}/loans").json()["items"][0]["id"]
    owed = client.get(f"/v1/loans/{loan_id}", params={"on": on}).json()["owed"]
    assert (
        owed["outstanding"],
        owed["interest_due"],
        owed["principal_due"],
        owed["principal_overdue"],
    ) == (outstanding, interest_due, principal_due, principal_overdue)


def test_a_settled_loan_owes_nothing_whatever_its_schedule_says(
    client: TestClient, village: Village, follower: Follower
) -> None:
    loan_id = client.get(f"/v1/clubs/{village.club_id}/loans").json()["items"][0]["id"]
    page = client.get(f"/v1/loans/{loan_id}?on=2026-04-20").json()
    village.repaid(UUID(page["id"]), page["owed"]["to_settle"], date(2026, 4, 20))
    follower.catch_up()
    settled = client.get(f"/v1/loans/{loan_id}").json()
    assert (settled["step"], settled["settled_on"]) == ("settled", "2026-04-20")
    assert settled["owed"]["to_settle"] == 0
    before = client.get(f"/v1/loans/{loan_id}?on=2026-04-19").json()["owed"]
    assert before["outstanding"] == 4_500_000


def test_a_loan_that_is_only_asked_for_owes_nothing(
    client: TestClient, village: Village, follower: Follower
) -> None:
    loan_id = village.requested(village.member("Vi Thị Ánh"), 3_000_000)
    follower.catch_up()
    page = client.get(f"/v1/loans/{loan_id}").json()
    assert (page["step"], page["amount"], page["disbursed_on"]) == ("requested", 3_000_000, None)
    assert (page["schedule"], page["payments"], page["owed"]["to_settle"]) == ([], [], 0)


def test_a_range_that_ends_before_it_begins_is_refused(
    client: TestClient, village: Village
) -> None:
    params = {"from": "2026-02-01", "to": "2026-01-31"}
    for name in ("ledger", "vouchers"):
        answer = client.get(f"/v1/clubs/{village.club_id}/{name}", params=params)
        assert pointers(refused(answer, 422, "malformed")) == {("query", "", "range-reversed")}
