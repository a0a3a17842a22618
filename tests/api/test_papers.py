"""Every list as CSV and XLSX: the same rows, safe in a spreadsheet, and the text comes back."""

import csv
import io
import resource
from datetime import datetime
from typing import Any

import pytest
from fastapi import FastAPI
from openpyxl import load_workbook
from starlette.testclient import TestClient

from api.papers import ROWS_AT_ONCE
from desk import books
from desk.desk import Desk
from domain.loans.commands import ReceiveDues
from domain.loans.schedule import Method
from domain.values import Rate
from exchange.tables import plain
from projections.follower import Follower
from tests.api.problems import pointers, refused
from village import DAY, SYSTEM, Village

DANGEROUS = [
    "=1+1",
    '=HYPERLINK("http://a","b")',
    "+84 912 345 678",
    "-5",
    "@SUM(A1)",
    "＝1+1",
    "－5",
    "'=1+1",
    "''x",
    "'",
    '"quoted", and; more',
    "hai\ndòng",
    "#REF!",
    "1.000.000",
    "null",
    "<svg onload=alert(1)>",
    "Nguyễn Thị Phượng",
]
LISTS = ("clubs", "members", "loans", "ledger", "vouchers", "findings")
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def village(desk: Desk, follower: Follower) -> Village:
    village = Village(desk, capital=50_000_000)
    for n, text in enumerate(DANGEROUS):
        village.member(text)
        dues = ReceiveDues(occurred_on=DAY, amount=n + 1, memo=desk.memo(village.club_id, text))
        books.record(desk, SYSTEM, village.club_id, dues)
    village.lent(village.member("Hoàng Thị Dung"), 5_000_000)
    dear = {"rate": Rate.model_validate({"percent": "1", "per": "month"}), "method": Method.FLAT}
    village.requested(village.member("Lý Thị Đắt"), 1_000_000, **dear)  # with a warning
    follower.catch_up()
    return village


def address(village: Village, name: str) -> str:
    return "/v1/clubs" if name == "clubs" else f"/v1/clubs/{village.club_id}/{name}"


def items(client: TestClient, at: str, **params: Any) -> list[dict[str, Any]]:
    return list(client.get(at, params={"limit": 200} | params).json()["items"])


def as_csv(client: TestClient, at: str, **params: Any) -> list[dict[str, str]]:
    answer = client.get(at + ".csv", params=params, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def as_xlsx(client: TestClient, at: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(at + ".xlsx", params=params, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    book = load_workbook(io.BytesIO(answer.content))
    assert book.active
    heading, *rows = book.active.iter_rows(values_only=True)
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)
    return [dict(zip((str(name) for name in heading), row, strict=True)) for row in rows]


@pytest.mark.parametrize("name", LISTS)
def test_a_paper_has_the_rows_of_its_list(client: TestClient, village: Village, name: str) -> None:
    at = address(village, name)
    whole = items(client, at)
    assert whole
    for paper in (as_csv(client, at), as_xlsx(client, at)):
        assert len(paper) == len(whole)
        assert set(paper[0]) == set(whole[0]) - {"club_id"}
    for column, value in whole[0].items():
        if isinstance(value, int) and not isinstance(value, bool):
            assert [row[column] for row in as_xlsx(client, at)] == [i[column] for i in whole]
            assert [int(row[column]) for row in as_csv(client, at)] == [i[column] for i in whole]


def test_every_list_has_its_papers(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    lists = {
        path
        for path, operations in paths.items()
        if "get" in operations
        and {p["name"] for p in operations["get"].get("parameters", ())} >= {"limit", "after"}
        and not path.endswith((".csv", ".xlsx", "/events"))
    }
    assert len(lists) >= len(LISTS)
    for path in lists:
        assert {f"{path}.csv", f"{path}.xlsx"} <= set(paths), path


def test_no_cell_is_a_formula_and_every_text_comes_back(
    client: TestClient, village: Village
) -> None:
    for name, column in (("members", "name"), ("ledger", "memo")):
        at = address(village, name)
        said = sorted(str(item[column]) for item in items(client, at) if item[column] is not None)
        assert set(said) >= set(DANGEROUS)
        cells = [row[column] for row in as_csv(client, at) if row[column]]
        assert not [cell for cell in cells if cell[0] in "=+-@＝＋－＠\t\r\n"]
        assert sorted(map(plain, cells)) == said
        assert sorted(str(row[column]) for row in as_xlsx(client, at) if row[column]) == said


def test_days_are_days_and_titles_are_vietnamese(client: TestClient, village: Village) -> None:
    at = address(village, "members")
    assert as_xlsx(client, at)[0]["joined_on"] == datetime(2024, 1, 10)  # noqa: DTZ001
    assert as_csv(client, at)[0]["joined_on"] == "2024-01-10"
    answer = client.get(at + ".csv")
    assert answer.content.decode("utf-8-sig").startswith("Mã,Họ tên,Giới tính,")
    assert answer.headers["content-disposition"] == 'attachment; filename="members.csv"'


def test_a_paper_filters_and_refuses_as_its_list(client: TestClient, village: Village) -> None:
    at = address(village, "members")
    assert [row["name"] for row in as_csv(client, at, q="hoang dung")] == ["Hoàng Thị Dung"]
    assert as_csv(client, at, q="nobody") == []
    assert as_xlsx(client, at, q="nobody") == []
    for kind in ("csv", "xlsx"):
        found = refused(client.get(f"{at}.{kind}?sort=name"), 422, "malformed")
        assert pointers(found) == {("query", "/sort", "unknown-parameter")}
        refused(client.get(f"{at}.{kind}?limit=201"), 422, "malformed")
        refused(client.get(f"{at}.{kind}?after=x"), 422, "malformed")
        unknown = at.replace(str(village.club_id), str(village.chair))
        refused(client.get(f"{unknown}.{kind}"), 404, "not-found")
        behind = client.get(f"{at}.{kind}?after_position=99999999")
        refused(behind, 503, "unavailable")
    assert len(as_csv(client, address(village, "ledger"), to="2024-12-31")) == 2


def test_a_paper_comes_in_pages_for_whom_wants_them(client: TestClient, village: Village) -> None:
    at, rows = address(village, "members") + ".csv?limit=7", 0
    while at:
        answer = client.get(at)
        page = answer.content.decode("utf-8-sig").split("\r\n")[1:-1]
        rows += len(list(csv.reader(page)))
        link = answer.headers.get("link", "")
        assert not link or ".csv?limit=7&after=" in link
        at = link.partition("<")[2].partition(">")[0]
    assert rows == len(items(client, address(village, "members")))
    assert "link" not in client.get(address(village, "members") + ".csv").headers


def test_a_long_paper_is_whole_and_takes_no_memory(
    client: TestClient, village: Village, desk: Desk, follower: Follower
) -> None:
    """Above one page of the paper's own, so that pages are really put together."""
    dues = ReceiveDues(occurred_on=DAY, amount=1)
    for _ in range(ROWS_AT_ONCE // 2 + 5):
        books.record(desk, SYSTEM, village.club_id, dues)
    follower.catch_up(60)
    at = address(village, "ledger")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = as_csv(client, at)
    assert len(lines) > ROWS_AT_ONCE
    assert len({line["entry_id"] for line in lines}) == len(lines)
    assert sum(int(line["amount"]) for line in lines) == 0
    assert len(as_xlsx(client, at)) == len(lines)
    assert len(as_csv(client, address(village, "vouchers"))) > 500
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000  # kB
