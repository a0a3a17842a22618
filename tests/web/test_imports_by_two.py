"""Money of the past, which claims no four eyes of its own day, is brought by one person and let in
by another, who proves it with their own PIN."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from bookmaker import NGAN, SECRETARY, TREASURER, UNG, BookMaker
from desk.desk import Desk
from domain.accounts.roles import Grant, Role, Scope
from domain.histories import book_of
from domain.loans.events import PastLoanEntered, WorkbookImported
from exchange.importing import import_book
from logins import PIN, account_for, granted, with_pin
from projections.follower import Follower
from village import Village

Browser = Callable[..., TestClient]
CHAIR = "Nông Thị Chủ"


class Past:
    """A club that the machine's owner brought in, and its book with one more loan."""

    def __init__(self, desk: Desk, follower: Follower, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.book = BookMaker("CLB thôn Nà Sổ")
        report = import_book(desk, follower, self.book.write(folder))
        assert report.club_id is not None
        self.club_id = report.club_id
        self.here = Scope(kind="club", id=str(self.club_id))
        self.book.loan(date(2018, 8, 1), "PC-2018-0004", NGAN, 9_000_000)

    def person(self, name: str) -> UUID:
        with self.desk.log.database.connection() as connection:
            row = connection.execute(
                "SELECT person_id FROM keys.people WHERE name = %s", (name,)
            ).fetchone()
        assert row is not None
        return UUID(str(row[0]))

    def with_pin(self, person_id: UUID, *grants: Grant) -> str:
        return with_pin(self.desk, person_id, grants=grants)

    def preview(self, client: TestClient) -> str:
        content = self.book.write(self.folder).read_bytes()
        self.seen = client.post("/imports", files={"book": ("so.xlsx", content)}).text
        token = re.search(r'name="token" value="([^"]+)"', self.seen)
        assert token, self.seen
        return token[1]

    def told(self) -> list[Any]:
        return [one.event for one in self.desk.log.story(book_of(self.club_id))]


@pytest.fixture
def past(desk: Desk, follower: Follower, tmp_path: Path) -> Past:
    return Past(desk, follower, tmp_path)


def test_a_loan_of_the_past_comes_in_by_two_people(past: Past, browser: Browser) -> None:
    accountant, chair = past.person("Triệu Ngọc Slính"), past.person(CHAIR)
    client = browser(accountant, grants=[granted(Role.ACCOUNTANT, past.here)])
    own = past.with_pin(accountant)
    agreeing = past.with_pin(chair, granted(Role.CHAIR, past.here))
    keeping = past.with_pin(past.person(SECRETARY), granted(Role.SECRETARY, past.here))
    elsewhere = Village(past.desk)
    there = Scope(kind="club", id=str(elsewhere.club_id))
    strange = past.with_pin(elsewhere.chair, granted(Role.CHAIR, there))
    token, before = past.preview(client), past.told()
    assert 'name="second"' in past.seen
    assert "(chủ nhiệm, kế toán hay cán bộ xã)" in past.seen
    for second, pin, why in (
        ("", "", "người thứ hai"),
        (agreeing, "135791", "người thứ hai không đúng"),
        ("không.có.ai", PIN, "người thứ hai không đúng"),
        (own, PIN, "không tự duyệt"),
        (keeping, PIN, "không có quyền duyệt"),
        (strange, PIN, "không có quyền duyệt"),
    ):
        sent = {"token": token, "second": second, "pin": pin}
        answer = client.post("/imports/confirm", data=sent)
        assert answer.status_code == 422, (second, answer.text)
        assert why in answer.text, second
        assert f'name="second" value="{second}"' in answer.text, "one may try again"
        assert past.told() == before
    sent = {"token": token, "second": agreeing, "pin": PIN}
    answer = client.post("/imports/confirm", data=sent)
    assert "Đã ghi vào sổ" in answer.text, answer.text
    *_, loan, imported = past.told()
    assert isinstance(loan, PastLoanEntered)
    assert isinstance(imported, WorkbookImported)
    assert (imported.proposed_by, imported.approved_by) == (accountant, chair)


def test_a_number_missing_between_vouchers_is_seen_at_its_row(past: Past, browser: Browser) -> None:
    past.book.loan(date(2018, 9, 1), "PC-2018-0007", NGAN, 1_000_000)
    past.preview(browser(past.person(TREASURER), grants=[granted(Role.TREASURER, past.here)]))
    [row] = [one for one in re.findall(r"<li>.*?</li>", past.seen, re.S) if "không có phiếu" in one]
    assert "Trong sổ không có phiếu PC-2018-0005 đến PC-2018-0006." in row
    assert "01/09/2018" in row


def test_names_alone_are_brought_by_one(past: Past, browser: Browser) -> None:
    past.book = BookMaker("CLB thôn Nà Sổ")
    past.book.member("Hoàng Văn Mới", date(2018, 5, 1))
    treasurer = past.person(TREASURER)
    client = browser(treasurer, grants=[granted(Role.TREASURER, past.here)])
    token = past.preview(client)
    assert 'name="second"' not in past.seen
    answer = client.post("/imports/confirm", data={"token": token})
    assert "Đã ghi vào sổ" in answer.text, answer.text
    imported = past.told()[-1]
    assert isinstance(imported, WorkbookImported)
    assert (imported.proposed_by, imported.approved_by) == (None, None)


def test_a_club_comes_with_its_first_book_by_two_who_may_found_it(
    past: Past, browser: Browser, desk: Desk
) -> None:
    past.book = BookMaker("CLB thôn Nà Khác")
    officer, other = past.person(UNG), past.person(NGAN)
    client = browser(officer, grants=[granted(Role.PROVINCIAL_OFFICER)])
    token, head = past.preview(client), desk.log.head()
    assert "(cán bộ Hội xã, Hội tỉnh hay quản trị viên)" in past.seen, "there is no board yet"
    chair = past.with_pin(past.person(CHAIR), granted(Role.CHAIR, past.here))
    agreeing = past.with_pin(other, granted(Role.PROVINCIAL_OFFICER))
    head = desk.log.head()
    for second, stored in ((chair, False), (agreeing, True)):
        sent = {"token": token, "second": second, "pin": PIN}
        answer = client.post("/imports/confirm", data=sent)
        assert ("Đã ghi vào sổ" in answer.text) is stored, answer.text
        assert (desk.log.head() > head) is stored


def test_names_that_are_known_are_not_told_from_those_that_are_not(
    past: Past, browser: Browser, desk: Desk
) -> None:
    """Text, status and throttle are the same, name by name: no try at one is told at another."""
    accountant, chair = past.person("Triệu Ngọc Slính"), past.person(CHAIR)
    client = browser(accountant, grants=[granted(Role.ACCOUNTANT, past.here)])
    agreeing = past.with_pin(chair, granted(Role.CHAIR, past.here))
    account_for(desk, past.person(SECRETARY), user="thu.ky")
    token, now = past.preview(client), desk.clock()
    desk.clock = lambda: now

    def tried(second: str) -> list[tuple[int, str]]:
        found = []
        for _ in range(4):
            sent = {"token": token, "second": second, "pin": "135791"}
            answer = client.post("/imports/confirm", data=sent)
            said = re.search(r'role="alert"[^>]*>(.*?)</', answer.text, re.DOTALL)
            assert said, answer.text
            found.append((answer.status_code, said[1]))
        return found

    first, *others = [tried(one) for one in ("khong.ai", agreeing, "ai.nua", "thu.ky")]
    assert [status for status, _ in first] == [422, 422, 422, 429]
    assert others == [first, first, first]
