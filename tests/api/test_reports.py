"""Reports and papers as they are asked for over HTTP."""

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

from desk.desk import Desk
from projections.follower import Follower
from tests.api.problems import pointers, refused
from tests.api.test_figures import Club, got

REPORT = {"from": "2026-01-01", "to": "2026-05-31"}


@pytest.fixture
def club(desk: Desk, follower: Follower) -> Club:
    return Club(desk, follower)


def report(client: TestClient, club: Club, suffix: str = "", **params: Any) -> Any:
    return client.get(f"/v1/reports/clubs/{club.club_id}{suffix}", params=REPORT | params)


def test_the_money_of_a_period(client: TestClient, club: Club) -> None:
    told = report(client, club).json()
    assert set(told) == {
        *("club_id", "from", "to", "known_at", "position"),
        *("log", "club", "money", "members", "deeds", "warnings"),
    }
    assert told["club"]["name"] == "CLB thôn Nà Thử"
    loan_fund, operating = told["money"]["funds"]
    assert loan_fund == {
        "fund": "loan",
        "opening": 20_000_000,
        "receipts": [
            {"kind": "principal_repaid", "amount": 1_000_000, "entries": 1},
            {"kind": "interest", "amount": 21_000, "entries": 1},
        ],
        "payments": [{"kind": "loans.LoanDisbursed", "amount": 3_000_000, "entries": 1}],
        "receipts_total": 1_021_000,
        "payments_total": 3_000_000,
        "closing": 18_021_000,
        "cash": 18_021_000,
        "bank": 0,
    }
    assert operating["closing"] == 250_000
    # Its books are the books that stand at addresses of their own.
    for part, name in (("loan_book", "loan-book"), ("cash_book", "cash-book")):
        book = got(client, club.address(name), limit=200, **REPORT)
        assert told["money"][part]["items"] == book["items"]
    figures = got(client, club.address("figures"), **REPORT)
    assert told["money"]["figures"] == figures["figures"]
    assert [step["outstanding"] for step in told["money"]["steps"]] == [
        *(0, 0, 3_000_000, 2_000_000, 2_000_000)
    ]


def test_a_report_asked_again_as_it_was_known_is_the_same(client: TestClient, club: Club) -> None:
    before = report(client, club).json()
    pdf = report(client, club, ".pdf").content
    club.goes_on()
    after = report(client, club).json()
    assert after["money"]["funds"] != before["money"]["funds"]
    known = {"known_at": before["known_at"]}
    assert report(client, club, **known).json() == before
    assert report(client, club, ".pdf", **known).content == pdf


def test_without_a_period_it_is_the_year_so_far(client: TestClient, club: Club) -> None:
    told = client.get(f"/v1/reports/clubs/{club.club_id}").json()
    assert told["from"] == f"{told['to'][:4]}-01-01"


def test_it_comes_as_a_workbook_as_sums_and_as_a_paper(client: TestClient, club: Club) -> None:
    book = report(client, club, ".xlsx")
    assert book.status_code == 200, book.text
    assert book.headers["content-disposition"] == 'attachment; filename="report.xlsx"'
    sheets = openpyxl.load_workbook(io.BytesIO(book.content)).sheetnames
    assert sheets[:3] == ["Tổng hợp", "Thu chi theo quỹ", "Sổ quỹ tiền mặt"]
    sums = report(client, club, ".csv")
    assert sums.content.decode("utf-8-sig").startswith("Phần,Mục,Nội dung,Giá trị,")
    paper = report(client, club, ".pdf")
    assert paper.headers["content-type"] == "application/pdf"
    assert paper.content.startswith(b"%PDF-")


def test_every_workbook_is_the_same_bytes_again(client: TestClient, club: Club) -> None:
    """No clock and no chance goes into one, whichever address it has."""
    known = {"club_id": club.club_id, "member_id": club.borrower, "figure": "members"}
    described = client.get("/openapi.json").json()["paths"]
    asked = 0
    for path, doors in described.items():
        needed = [one for one in doors.get("get", {}).get("parameters", []) if one["required"]]
        if path.endswith("/data.xlsx"):
            continue  # it tells that it was looked at a moment ago
        if not path.endswith(".xlsx") or {one["name"] for one in needed} - known.keys():
            continue
        address = path.format(**known)
        params = {one["name"]: str(known[one["name"]]) for one in needed if one["in"] == "query"}
        first, again = (client.get(address, params=params) for _ in range(2))
        assert first.status_code == 200, (address, first.text)
        assert first.content == again.content, address
        asked += 1
    assert asked >= 20


def test_a_voucher_is_printed_by_its_event(client: TestClient, club: Club) -> None:
    rows = got(client, club.address("vouchers"))["items"]
    for row in rows:
        paper = client.get(f"/v1/events/{row['event_id']}/voucher.pdf")
        assert paper.status_code == 200
        assert paper.content.startswith(b"%PDF-")
        assert paper.headers["content-disposition"] == 'inline; filename="voucher.pdf"'
    count = client.get(f"/v1/events/{rows[0]['event_id']}/cash-count.pdf")
    refused(count, 404, "not-found")


def test_papers_for_the_meeting(client: TestClient, club: Club) -> None:
    on = {"on": date(2026, 5, 10).isoformat()}
    for name in ("meeting-sheet.pdf", "health-sheet.pdf", "statements.pdf"):
        paper = client.get(club.address(name), params=on)
        assert paper.status_code == 200, paper.text
        assert paper.content.startswith(b"%PDF-")
    hers = client.get(club.address("statements.pdf"), params=on | {"member_id": str(club.borrower)})
    assert hers.content == paper.content, "she is the only one who owes"
    nobody = client.get(club.address("statements.pdf"), params={"on": "2024-02-01"})
    refused(nobody, 404, "not-found")


def test_what_is_wrong_is_said(client: TestClient, club: Club) -> None:
    for suffix in ("", ".csv", ".xlsx", ".pdf"):
        refused(client.get(f"/v1/reports/clubs/{club.chair}{suffix}"), 404, "not-found")
        wrong = report(client, club, suffix, to="2025-01-01")
        refused(wrong, 422, "malformed")
        later = report(client, club, suffix, after_position=99_999_999)
        refused(later, 503, "unavailable")
    bad = client.get(club.address("statements.pdf"), params={"member_id": "x"})
    found = refused(bad, 422, "malformed")
    assert pointers(found) == {("query", "/member_id", "not-an-id")}
    refused(client.get("/v1/events/x/voucher.pdf"), 422, "malformed")
    for name in ("meeting-sheet.pdf", "health-sheet.pdf", "statements.pdf"):
        refused(client.get(f"/v1/clubs/{club.chair}/{name}"), 404, "not-found")
