"""An entry taken back or told anew from its own page: seen first, then let stand by another."""

import re
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from desk import clubs
from desk.desk import Desk
from desk.units import matching
from domain.accounts.roles import Role, Scope
from domain.care.book import CARE
from domain.clubs.decisions import ReassignCommune
from domain.histories import book_of, care_book_of
from domain.loans.book import BOOK
from domain.values import Purpose
from logins import granted
from village import SYSTEM
from web_scene import Club, Plain

Browser = Callable[..., TestClient]
PAID = date(2026, 4, 10)


def of_topic(page: Plain, topic: str) -> UUID:
    """The last event of this topic."""
    with page.parts.database.connection() as connection:
        (id,) = connection.execute(
            """SELECT event_id FROM log.events WHERE topic = %s
               ORDER BY notification_id DESC LIMIT 1""",
            (topic,),
        ).fetchone()
    assert isinstance(id, UUID)
    return id


def somebody(browser: Browser, club: Club, person_id: UUID, *roles: Role) -> Plain:
    """With these roles in the club and no others."""
    here = Scope(kind="club", id=str(club.club_id))
    return Plain(browser(person_id, grants=[granted(role, here) for role in roles]))


def outstanding(desk: Desk, club: Club) -> int:
    book = desk.log.load(BOOK, book_of(club.club_id)).state
    assert book is not None
    return book.loans[club.loan].outstanding


@pytest.fixture
def paid(browser: Browser, club: Club) -> Plain:
    """The treasurer looks at a repayment that was noted for the wrong borrower."""
    club.repaid(club.loan, 535_000, PAID)
    page = somebody(browser, club, club.treasurer, Role.TREASURER)
    page.open(f"/events/{of_topic(page, 'loans.RepaymentReceived')}")
    return page


def test_an_entry_is_taken_back_from_its_own_page_by_two_people(
    paid: Plain, browser: Browser, club: Club, desk: Desk
) -> None:
    here, owed = paid.url, outstanding(desk, club)
    paid.open(re.search(r'href="(/events/[^"]+/reversal)"', paid.html)[1])  # type: ignore[index]
    assert "4.500.000\u00a0₫ → 5.000.000\u00a0₫" in paid.html, paid.html
    head = desk.log.head()
    paid.send(reason=" ")
    assert paid.status == 422
    assert desk.log.head() == head
    paid.send(reason="Ghi nhầm người")
    assert "Chờ người thứ hai" in paid.html, paid.html
    assert outstanding(desk, club) == owed, "a proposal changes nothing"
    chair = somebody(browser, club, club.chair, Role.CHAIR)
    chair.open(paid.url)
    assert "Ghi nhầm người" in chair.html
    assert "4.500.000\u00a0₫ → 5.000.000\u00a0₫" in chair.html
    assert 'href="/approvals"' in chair.html
    unit = matching(None, "Lạng Sơn")[0]
    moved = ReassignCommune(occurred_on=PAID, commune=unit.name, province=unit.province)
    clubs.reassign_commune(desk, SYSTEM, club.club_id, moved)
    of_commune = granted(Role.COMMUNE_OFFICER, Scope(kind="commune", id=unit.code))
    officer = Plain(browser(club.member("Cán bộ Hội xã"), grants=[of_commune]))
    officer.open(f"{paid.url}?reason=duy%E1%BB%87t+s%E1%BB%ADa")
    assert f'href="/clubs/{club.club_id}/approvals' in officer.html, "the club's own, of no office"
    officer.open(f"/clubs/{club.club_id}/approvals?reason=duy%E1%BB%87t+s%E1%BB%ADa")
    assert "Ghi nhầm người" in officer.html
    chair.open(f"/clubs/{club.club_id}/approvals")
    chair.press("reversal")
    assert outstanding(desk, club) == owed + 500_000
    chair.open(here)
    assert "đã đảo" in chair.html
    assert re.search(r"<button disabled[^>]*>Sửa sai</button>.*đã được đảo", chair.html)


def test_who_read_an_older_report_is_shown_the_new_one_first(
    paid: Plain, club: Club, desk: Desk
) -> None:
    paid.open(f"{paid.url}/reversal")
    club.repaid(club.loan, 300_000, PAID)
    head = desk.log.head()
    paid.send(reason="Ghi nhầm người")
    assert paid.status == 409
    assert "Sổ đã thay đổi" in paid.html
    assert desk.log.head() == head
    assert 'value="Ghi nhầm người"' in paid.html, "what was typed stays there"
    paid.send(reason="Ghi nhầm người")
    assert "Chờ người thứ hai" in paid.html, paid.html


def test_what_others_stand_on_says_what_has_to_go_first(paid: Plain) -> None:
    repayment = paid.url
    paid.open(f"/events/{of_topic(paid, 'loans.LoanDisbursed')}/reversal")
    assert re.search(r"<button disabled[^>]*>Đề nghị hủy bút toán</button>", paid.html)
    assert f'href="{repayment}/reversal"' in paid.html


def test_whoever_may_not_correct_is_told_why_not(paid: Plain, browser: Browser, club: Club) -> None:
    auditor = somebody(browser, club, club.secretary, Role.AUDITOR)
    auditor.open(paid.url)
    assert re.search(r"<button disabled[^>]*>Sửa sai</button>.*Vai của mình", auditor.html)
    auditor.open(f"{paid.url}/reversal")
    assert auditor.status == 404


def test_a_visit_is_taken_back_by_those_who_care_and_no_others(
    browser: Browser, club: Club
) -> None:
    visit = club.care(club.visit())
    coordinator = somebody(browser, club, club.chair, Role.CARE_COORDINATOR)
    coordinator.open(f"/events/{visit}/reversal")
    assert "Hứa Thị Già · tháng 03/2026: 1 → 0" in coordinator.html, coordinator.html
    assert "<strong>Hứa Thị Già</strong>" in coordinator.html
    coordinator.send(reason="Hôm ấy không ai đi")
    assert "Chờ người thứ hai" in coordinator.html
    treasurer = somebody(browser, club, club.treasurer, Role.TREASURER)
    treasurer.open(f"/events/{visit}/reversal")
    assert treasurer.status == 404
    treasurer.open(f"/events/{visit}")
    assert treasurer.status == 404
    coordinator.open(f"/members/{club.client}")
    assert f'href="/events/{visit}"' in coordinator.html
    treasurer.open(f"/members/{club.client}")
    assert str(visit) not in treasurer.html


def test_a_visit_is_told_anew_once_it_was_seen_what_that_changes(
    browser: Browser, club: Club, desk: Desk
) -> None:
    note = desk.seal(club.client, Purpose.HEALTH, "Bà ăn được")
    visit = club.care(club.visit(note=note))
    coordinator = somebody(browser, club, club.volunteer, Role.CARE_COORDINATOR)
    coordinator.open(f"/events/{visit}/reversal")
    coordinator.open(f"/events/{visit}/correction")
    assert "Bà ăn được" not in coordinator.html, "what was told in confidence is not shown"
    assert "trò chuyện" in coordinator.html, "what was done, in words"
    head = desk.log.head()
    ticked = {"volunteer_ids": str(club.volunteer)}
    coordinator.send(reason="Ghi nhầm giờ", minutes="một giờ", **ticked)
    assert coordinator.status == 422
    assert 'value="một giờ"' in coordinator.html
    coordinator.send(reason="Ghi nhầm giờ", minutes="90", **ticked)
    assert "60′</s> → 90′" in coordinator.html, coordinator.html
    assert "phút thăm · Hứa Thị Già · tháng 03/2026: 60 → 90" in coordinator.html
    assert desk.log.head() == head, "seen, and nothing recorded"
    coordinator.send(minutes="120", **ticked)
    assert coordinator.status == 409, "another change than the one that was seen"
    assert "60′</s> → 120′" in coordinator.html
    coordinator.send(**ticked)
    assert "Chờ người thứ hai" in coordinator.html, coordinator.html
    second = somebody(browser, club, club.chair, Role.CARE_COORDINATOR)
    approved = enter_approval(second, visit)
    assert approved == 201, "the rest of the visit stands as it was"
    care = desk.log.load(CARE, care_book_of(club.club_id)).state
    assert care is not None
    told = desk.log.story(care_book_of(club.club_id))[-1].event
    assert told.time.minutes == 120  # type: ignore[attr-defined]
    assert desk.keys.open(told.note) == "Bà ăn được"  # type: ignore[attr-defined]


def enter_approval(page: Plain, event_id: UUID) -> int:
    return page.client.post(
        f"/v1/events/{event_id}/correction/approval",
        json={},
        headers={"Idempotency-Key": "b" * 20, "Accept": "application/json"},
    ).status_code


def test_a_meeting_is_told_anew_by_the_board(browser: Browser, club: Club) -> None:
    secretary = somebody(browser, club, club.secretary, Role.SECRETARY)
    body = {"occurred_on": "2026-05-10", "head_count": 12, "minutes": "BB 05"}
    came = secretary.client.post(
        f"/v1/clubs/{club.club_id}/meetings", json=body, headers={"Idempotency-Key": "c" * 20}
    )
    assert came.status_code == 201, came.text
    secretary.open(f"/events/{came.json()['event_id']}/correction")
    secretary.send(reason="Đếm nhầm", head_count="21")
    assert "số người dự: <s>12</s> → 21" in secretary.html, secretary.html
    secretary.send(head_count="21")
    assert "Chờ người thứ hai" in secretary.html, secretary.html


def test_money_is_not_told_anew_but_reversed(paid: Plain) -> None:
    here = paid.url
    paid.open(f"{here}/reversal")
    assert "Ghi lại cho đúng" not in paid.html
    paid.open(f"{here}/correction")
    assert paid.status == 409
