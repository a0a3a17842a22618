"""Loan book, cash book, key figures and loans of another time, as they are asked for over HTTP."""

from datetime import date, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from desk import books
from desk.desk import Desk
from domain.loans.accounts import Fund
from domain.loans.commands import PayExpense, ProposeReversal, ReceiveDues, TransferFunds
from projections.follower import Follower
from tests.api.problems import pointers, refused
from village import DAY, SYSTEM, Village

APRIL, MAY = date(2026, 4, 10), date(2026, 5, 10)


class Club(Village):
    """One loan with one repayment, dues with a memo, an expense."""

    def __init__(self, desk: Desk, follower: Follower) -> None:
        super().__init__(desk, capital=20_000_000)
        self.follower = follower
        self.borrower = self.member("Hoàng Thị Dung")
        self.loan = self.lent(self.borrower, 3_000_000, instalments=3)
        self.repaid(self.loan, 1_021_000, APRIL)
        memo = desk.memo(self.club_id, "Hội phí quý I")
        self.record(ReceiveDues(occurred_on=APRIL, amount=300_000, memo=memo))
        self.record(PayExpense(occurred_on=APRIL, amount=50_000))
        follower.catch_up()

    def record(self, command: Any) -> None:
        books.record(self.desk, SYSTEM, self.club_id, command)

    def address(self, name: str) -> str:
        return f"/v1/clubs/{self.club_id}/{name}"

    def goes_on(self) -> None:
        """More of everything: back-dated, reversing, and late."""
        second = self.lent(self.member("Lý Văn Hai"), 2_000_000, date(2026, 3, 20))
        self.repaid(second, 200_000, date(2026, 4, 1))
        self.repaid(self.loan, 500_000, MAY)
        self.record(ReceiveDues(occurred_on=date(2026, 4, 2), amount=10_000))
        story = books.book_story(self.desk.log, self.club_id)
        first = next(r for r in story if r.event.TOPIC == "loans.RepaymentReceived")
        reason = self.desk.memo(self.club_id, "Ghi nhầm người")
        assert reason is not None
        proposal = ProposeReversal(
            event_id=first.id, occurred_on=APRIL, proposed_by=self.secretary, reason=reason
        )
        books.propose_reversal(self.desk, SYSTEM, proposal)
        books.approve_reversal(self.desk, SYSTEM, first.id, self.chair, APRIL)
        self.follower.catch_up()


@pytest.fixture
def club(desk: Desk, follower: Follower) -> Club:
    return Club(desk, follower)


def got(client: TestClient, address: str, **params: Any) -> dict[str, Any]:
    answer = client.get(address, params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# --- the loan book -------------------------------------------------------------------------


def test_a_row_of_the_loan_book(client: TestClient, club: Club) -> None:
    book = got(client, club.address("loan-book"), to="2026-06-15")
    assert book["items"] == [
        {
            "loan_id": str(club.loan),
            "borrower_id": str(club.borrower),
            "borrower_name": "Hoàng Thị Dung",
            "voucher": "PC-2026-0001",
            "disbursed_on": "2026-03-10",
            "amount": 3_000_000,
            "terms": got(client, f"/v1/loans/{club.loan}")["terms"],
            "regulation": 0,
            "past": False,
            "step": "disbursed",
            "rescheduled": False,
            # Due on 10 April, May and June: 1.000.000 each, interest 21.000, 14.000 and 7.000.
            "opening": 0,
            "lent": 3_000_000,
            "principal_paid": 1_000_000,
            "interest_paid": 21_000,
            "written_off": 0,
            "outstanding": 2_000_000,
            "principal_overdue": 2_000_000,
            "principal_due": 0,
            "interest_due": 21_000,
            "late_interest_paid": 0,
            "late_interest": 0,
            "days_late": 36,
            "band": "31-90",
        }
    ]
    assert (book["loans"], book["from"], book["to"]) == (1, None, "2026-06-15")


def test_the_loan_book_of_a_period(client: TestClient, club: Club) -> None:
    address = club.address("loan-book")
    april = got(client, address, **{"from": "2026-04-01", "to": "2026-04-30"})
    totals = ("opening", "lent", "principal_paid", "interest_paid", "outstanding")
    assert [april["totals"][name] for name in totals] == [
        *(3_000_000, 0, 1_000_000, 21_000, 2_000_000),
    ]
    assert got(client, address, to="2026-03-09")["items"] == []
    # A range that ends later than `as_of` ends with it.
    cut = got(client, address, **{"from": "2026-04-01", "to": "2026-04-30", "as_of": "2026-04-09"})
    assert (cut["to"], cut["totals"]["outstanding"]) == ("2026-04-09", 3_000_000)


# --- the cash book -------------------------------------------------------------------------


def test_the_cash_book_runs_to_the_closing_balance(client: TestClient, club: Club) -> None:
    book = got(client, club.address("cash-book"), **{"from": "2026-03-01", "to": "2026-04-30"})
    sums = ("opening", "receipts", "payments", "closing")
    assert [book[name] for name in sums] == [20_000_000, 1_321_000, 3_050_000, 18_271_000]
    columns = ("occurred_on", "receipt_voucher", "payment_voucher", "receipt", "payment", "balance")
    assert [[row[name] for name in columns] for row in book["items"]] == [
        ["2026-03-10", None, "PC-2026-0001", 0, 3_000_000, 17_000_000],
        ["2026-04-10", "PT-2026-0001", None, 1_021_000, 0, 18_021_000],
        ["2026-04-10", "PT-2026-0002", None, 300_000, 0, 18_321_000],
        ["2026-04-10", None, "PC-2026-0002", 0, 50_000, 18_271_000],
    ]
    assert [row["memo"] for row in book["items"]] == [None, None, "Hội phí quý I", None]
    assert [row["member_name"] for row in book["items"]] == [*["Hoàng Thị Dung"] * 2, None, None]


def test_the_cash_book_of_one_fund(client: TestClient, club: Club) -> None:
    club.record(
        TransferFunds(occurred_on=MAY, amount=20_000, from_fund=Fund.OPERATING, to_fund=Fund.CARE)
    )
    club.follower.catch_up()
    address = club.address("cash-book")
    funds = {name: got(client, address, fund=name) for name in ("loan", "operating", "care")}
    assert [funds[name]["closing"] for name in funds] == [18_021_000, 230_000, 20_000]
    assert got(client, address)["closing"] == 18_271_000
    found = refused(client.get(address, params={"fund": "petty"}), 422, "malformed")
    assert {one["pointer"] for one in found["errors"]} == {"/fund"}


# --- key figures ---------------------------------------------------------------------------


def test_a_figure_and_the_events_behind_it(client: TestClient, club: Club) -> None:
    page = got(client, club.address("figures"), to="2026-06-15")
    assert (page["from"], page["to"]) == ("2026-01-01", "2026-06-15")
    figures = {figure["name"]: figure for figure in page["figures"]}
    whole = [{"loan_id": str(club.loan), "amount": 2_000_000}]
    assert figures["par30"] == {
        "name": "par30",
        "numerator": 2_000_000,
        "denominator": 2_000_000,
        "denominator_days": 1,
        "value": "1.000000",
        "numerator_loans": whole,
        "denominator_loans": whole,
    }
    assert figures["par90"]["value"] == "0.000000"
    assert figures["collection_rate"]["value"] == "0.333333"
    behind = got(client, club.address("figures/par30/events"), to="2026-06-15")
    assert (behind["name"], behind["part"], behind["total"]) == ("par30", "numerator", 2_000_000)
    assert [part["amount"] for part in behind["items"]] == [3_000_000, -1_000_000]
    ledger = got(client, club.address("ledger"))["items"]
    ids = [line["event_id"] for line in ledger if line["account"] == "1283"]
    assert [part["event_id"] for part in behind["items"]] == ids


def test_every_figure_opens_to_its_sum(client: TestClient, club: Club) -> None:
    club.goes_on()
    asked = {"from": "2026-04-01", "to": "2026-06-15"}
    for figure in got(client, club.address("figures"), **asked)["figures"]:
        for part in ("numerator", "denominator"):
            address = club.address(f"figures/{figure['name']}/events")
            behind = got(client, address, part=part, limit=200, **asked)
            assert behind["total"] == figure[part]
            assert sum(one["amount"] for one in behind["items"]) == figure[part]


def test_a_figure_nobody_knows(client: TestClient, club: Club) -> None:
    for name in ("par45", "%00", "..", "x" * 500):
        answer = client.get(club.address(f"figures/{name}/events"))
        assert answer.status_code == 404, name


# --- printed earlier -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("loan-book", "cash-book", "cash-book?fund=loan", "figures"),
        *("figures/par30/events", "figures/portfolio_yield/events?part=denominator"),
    ],
)
def test_a_report_printed_earlier_can_be_had_again(
    client: TestClient, club: Club, name: str
) -> None:
    address, mark = club.address(name), "&" if "?" in name else "?"
    printed = client.get(f"{address}{mark}from=2026-01-01&to=2026-06-15")
    asked = printed.json()
    club.goes_on()
    again = f"{address}{mark}from={asked['from']}&to={asked['to']}"
    assert client.get(again).content != printed.content
    then = client.get(f"{again}&known_at={asked['known_at']}")
    assert then.content == printed.content


def test_a_loan_as_it_was_known(client: TestClient, club: Club) -> None:
    address = f"/v1/loans/{club.loan}"
    before = got(client, address, on="2026-04-30")
    instant = got(client, club.address("loan-book"))["known_at"]
    club.goes_on()
    now = got(client, address, on="2026-04-30")
    assert now["payments"] != before["payments"]
    known = {"on": "2026-04-30", "known_at": instant}
    assert got(client, address, **known) == before
    listed = got(client, club.address("loans"), known_at=instant)["items"]
    assert [(loan["id"], loan["outstanding"]) for loan in listed] == [(str(club.loan), 2_000_000)]


def test_a_loan_as_of_a_day(client: TestClient, club: Club) -> None:
    address, loans = f"/v1/loans/{club.loan}", club.address("loans")
    then = got(client, address, as_of=DAY.isoformat())
    assert (then["step"], then["outstanding"], then["payments"]) == ("disbursed", 3_000_000, [])
    assert (then["owed"]["on"], then["owed"]["outstanding"]) == (DAY.isoformat(), 3_000_000)
    day_before = (DAY - timedelta(days=1)).isoformat()
    refused(client.get(address, params={"as_of": day_before}), 404, "not-found")
    assert got(client, loans, as_of=day_before)["items"] == []
    assert got(client, loans, as_of="2999-12-31")["items"] == got(client, loans)["items"]


def test_a_period_with_no_day_in_it_is_empty(client: TestClient, club: Club) -> None:
    asked = {"from": "2026-06-01", "as_of": "2026-05-01"}
    values = {
        f["name"]: f["value"] for f in got(client, club.address("figures"), **asked)["figures"]
    }
    assert (values["collection_rate"], values["portfolio_yield"]) == (None, None)
    assert values["ageing_current"] == "1.000000"
    book = got(client, club.address("cash-book"), **asked)
    assert (book["opening"], book["items"]) == (book["closing"], [])
    assert got(client, club.address("loan-book"), **asked)["totals"]["opening"] == 2_000_000


def test_before_anything_was_known(client: TestClient, club: Club) -> None:
    for name in ("loan-book", "cash-book", "figures"):
        page = got(client, club.address(name), known_at="2000-01-01T00:00:00Z")
        assert (page["known_at"], page["position"]) == (None, 0)
        assert not page.get("items")


# --- pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["loan-book", "cash-book", "figures/capital_preserved/events"])
def test_pages_of_one_report_are_of_one_time(client: TestClient, club: Club, name: str) -> None:
    club.lent(club.member("Vi Thị Ba"), 1_000_000, date(2026, 3, 15))
    club.follower.catch_up()
    whole = got(client, club.address(name))
    address, items = f"{club.address(name)}?limit=1", []
    while address:
        answer = client.get(address)
        items += answer.json()["items"]
        same = {key: answer.json()[key] for key in whole if key not in ("items", "next")}
        assert same == {key: whole[key] for key in same}
        if len(items) == 1:
            club.goes_on()
        address = answer.headers.get("link", "<>")[1:].partition(">")[0]
    assert items == whole["items"]
    assert len(items) > 1


def test_a_forged_cursor_is_refused(client: TestClient, club: Club) -> None:
    for name in ("loan-book", "cash-book", "figures/par30/events"):
        for cursor in ("x", "W10", "WzEsMiwzXQ", "", "%00"):
            found = refused(
                client.get(club.address(name), params={"after": cursor}), 422, "malformed"
            )
            assert pointers(found) == {("query", "/after", "cursor-invalid")}


def test_a_club_nobody_knows(client: TestClient, club: Club) -> None:
    for name in ("loan-book", "cash-book", "figures", "figures/par30/events"):
        stranger = f"/v1/clubs/0199c1c0-0000-7000-8000-000000000000/{name}"
        refused(client.get(stranger), 404, "not-found")
