"""The inbox of whoever is the second person: the chair, a care coordinator, an administrator."""

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from desk import accounts, books
from desk.accounts import account_now
from desk.desk import Desk
from domain.accounts.roles import Role, Scope
from domain.histories import account_of, book_of
from domain.loans.accounts import Fund
from domain.loans.book import BOOK, Book
from domain.loans.commands import CountCash
from logins import account_for, gave_code, granted
from store import passwords
from tests.web.test_correcting import of_topic, somebody
from village import DAY, SYSTEM
from web_scene import Club, Plain

Browser = Callable[..., TestClient]
GAP = "\u00a0"


def book(desk: Desk, club: Club) -> Book:
    found = desk.log.load(BOOK, book_of(club.club_id)).state
    assert found is not None
    return found


@pytest.fixture
def chair(browser: Browser, club: Club) -> Plain:
    return somebody(browser, club, club.chair, Role.CHAIR)


def test_a_loan_waits_with_what_its_payout_would_leave(
    chair: Plain, browser: Browser, club: Club, desk: Desk
) -> None:
    loan = club.requested(club.accountant, 3_000_000, DAY)
    treasurer = somebody(browser, club, club.treasurer, Role.TREASURER)
    treasurer.open("/approvals")
    assert "Chủ nhiệm duyệt." in treasurer.html
    assert 'value="approve"' not in treasurer.html
    chair.open("/approvals")
    assert f"Tiền của quỹ tăng thu nhập: 15.000.000{GAP}₫ → 12.000.000{GAP}₫" in chair.html, (
        chair.html
    )
    assert f"còn nợ gốc: 0{GAP}₫ → 3.000.000{GAP}₫" in chair.html
    chair.press("approve", minutes="BB 11")
    assert book(desk, club).loans[loan].step == "approved"
    assert "Chờ chi tiền" in chair.html
    other = club.requested(club.volunteer, 2_000_000, DAY)
    chair.open("/approvals")
    chair.press("reject", reason="Chưa rõ mục đích")
    assert other not in book(desk, club).loans
    assert "Đơn xin vay" not in chair.html


def test_whoever_could_have_come_in_as_the_other_is_told_why_they_do_not_approve(
    browser: Browser, club: Club, desk: Desk
) -> None:
    """But they may reject; and where a second person is chosen the other is not offered."""
    club.repaid(club.loan, 535_000, date(2026, 4, 10))
    secretary = somebody(browser, club, club.secretary, Role.SECRETARY)
    secretary.open(f"/events/{of_topic(secretary, 'loans.RepaymentReceived')}/reversal")
    secretary.send(reason="Ghi nhầm người")
    club.requested(club.volunteer, 2_000_000, DAY)
    for giver in (club.secretary, club.treasurer):
        account_for(desk, club.chair, grants=())
        gave_code(desk, giver, club.chair)
        chair = somebody(browser, club, club.chair, Role.CHAIR)
        chair.open("/approvals")
        together = giver == club.secretary
        assert ("một người vào bằng mã do người kia cấp" in chair.html) is together
        assert ('value="reversal"' in chair.html) is not together
        assert 'value="reject"' in chair.html


def test_a_care_coordinator_approves_what_another_proposed(browser: Browser, club: Club) -> None:
    visit = club.care(club.visit())
    one = somebody(browser, club, club.volunteer, Role.CARE_COORDINATOR)
    one.open(f"/events/{visit}/reversal")
    one.send(reason="Hôm ấy không ai đi")
    one.open("/approvals")
    assert "Người đề nghị không tự duyệt" in one.html
    board = somebody(browser, club, club.treasurer, Role.TREASURER)
    board.open("/approvals")
    assert "Hôm ấy không ai đi" not in board.html, "the wall between money and health"
    other = somebody(browser, club, club.chair, Role.CARE_COORDINATOR)
    assert 'href="/approvals"' in other.open("/"), "the day's first page leads there"
    other.open("/approvals")
    assert "lượt thăm · Hứa Thị Già · tháng 03/2026: 1 → 0" in other.html, other.html
    other.press("reversal")
    assert "Không có việc nào chờ duyệt" in other.html, other.html


def test_the_treasurer_sees_a_reversal_and_why_it_is_not_theirs_to_approve(
    browser: Browser, club: Club
) -> None:
    club.repaid(club.loan, 535_000, date(2026, 4, 10))
    secretary = somebody(browser, club, club.secretary, Role.SECRETARY)
    secretary.open(f"/events/{of_topic(secretary, 'loans.RepaymentReceived')}/reversal")
    secretary.send(reason="Ghi nhầm người")
    treasurer = somebody(browser, club, club.treasurer, Role.TREASURER)
    treasurer.open("/approvals")
    assert "Ghi nhầm người" in treasurer.html
    assert "Chủ nhiệm hoặc kế toán duyệt." in treasurer.html


def test_a_difference_of_the_box_is_settled_by_two_people_who_are_there(
    chair: Plain, club: Club, desk: Desk
) -> None:
    count = {
        "occurred_on": date(2026, 4, 11),
        "funds": ("loan", "operating"),
        "sheets": {500_000: 29},
        "signed_by": (club.treasurer, club.chair, club.secretary),
        "reason": desk.memo(club.club_id, "Thiếu một tờ"),
    }
    books.record(desk, SYSTEM, club.club_id, CountCash.model_validate(count))
    pin, account_id = "240159", account_for(desk, club.treasurer)
    desk.access.set_pin(account_id, passwords.hashed(desk.access.peppered(account_id, pin)))
    chair.open("/approvals")
    assert f"Thiếu 500.000{GAP}₫" in chair.html
    _, _, offered = chair.html.partition('<select name="settled_by">')
    seconds = re.findall(r'<option value="([^"]+)"', offered.partition("</select>")[0])
    assert seconds == [str(club.treasurer)], "not the reader, nor the secretary without a role"
    typed = {"fund": "loan", "reason": "Rơi mất một tờ", "settled_by": str(club.treasurer)}
    settled = {**chair.form(""), "decision": "settle", **typed}
    head = desk.log.head()
    chair.post("/approvals", settled)
    assert chair.status == 409, "named is not there"
    assert desk.log.head() == head
    assert 'value="Rơi mất một tờ"' in chair.html
    chair.post("/approvals", {**chair.form(""), "decision": "settle", **typed, "pin": pin})
    assert "Không có việc nào chờ duyệt" in chair.html, chair.html
    assert book(desk, club).cash_at_end_of(Fund.LOAN, desk.today) == 14_500_000


def test_what_was_typed_for_somebody_is_confirmed_by_them(
    chair: Plain, browser: Browser, club: Club, desk: Desk
) -> None:
    secretary = somebody(browser, club, club.secretary, Role.SECRETARY)
    came = secretary.client.post(
        f"/v1/loans/{club.loan}/repayments",
        json={"occurred_on": "2026-04-10", "amount": 535_000},
        headers={"X-Acting-Person": str(club.treasurer), "Idempotency-Key": "d" * 20},
    )
    assert came.status_code == 201, came.text
    chair.open("/approvals")
    assert "Không có việc nào chờ duyệt" in chair.html
    treasurer = somebody(browser, club, club.treasurer, Role.TREASURER)
    treasurer.open("/approvals")
    assert f"535.000{GAP}₫" in treasurer.html
    treasurer.press("confirm")
    assert "Không có việc nào chờ duyệt" in treasurer.html, treasurer.html


def test_an_administrator_agrees_to_a_role_or_does_not(
    browser: Browser, club: Club, desk: Desk
) -> None:
    here = Scope(kind="club", id=str(club.club_id))
    account_for(desk, club.volunteer)

    def proposed() -> UUID:
        role = accounts.NewRole(role=Role.VOLUNTEER, scope=here, since=DAY)
        return accounts.propose_role(desk, SYSTEM, club.volunteer, role, club.treasurer).id

    first = proposed()
    admin = Plain(browser(club.chair, grants=[granted(Role.ADMINISTRATOR)]))
    admin.open("/approvals")
    assert "Giao vai trò: Tình nguyện viên" in admin.html, admin.html
    admin.press("no_role")
    account = account_now(desk, club.volunteer)
    assert account is not None
    assert first not in account.waiting
    second = proposed()
    admin.open("/approvals")
    admin.press("role")
    assert "Không có việc nào chờ duyệt" in admin.html, admin.html
    held = desk.log.story(account_of(club.volunteer))[-1].event
    assert held.TOPIC == "accounts.RoleGranted"
    assert second in {one.id for one in account_now(desk, club.volunteer).grants}  # type: ignore[union-attr]
