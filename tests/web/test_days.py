"""Each role's day on a small club, in a browser without script."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI
from starlette.testclient import TestClient

from desk.desk import Desk
from domain.histories import book_of
from domain.loans.book import BOOK
from logins import PIN, with_pin
from web_scene import Club, Plain

Browser = Callable[..., TestClient]


def outstanding(desk: Desk, club: Club) -> int:
    book = desk.log.load(BOOK, book_of(club.club_id)).state
    assert book is not None
    loan = book.loans[club.loan]
    return loan.amount - loan.principal_paid


def test_the_treasurer_takes_a_repayment_in_three_steps(
    treasurer: Plain, club: Club, desk: Desk
) -> None:
    page = treasurer.open(f"/clubs/{club.club_id}/repay?q=phuong")
    assert "Nguyễn Thị Phượng" in page
    assert "Hứa Thị Già" not in page
    treasurer.open(f"/loans/{club.loan}/repay")
    treasurer.send(f"/loans/{club.loan}/repay/confirm", amount="4,5 triệu")
    assert treasurer.status == 422
    assert "4,5 triệu" in treasurer.html, "what was typed stays there"
    treasurer.send(f"/loans/{club.loan}/repay/confirm", amount="535.000")
    assert "Năm trăm ba mươi lăm nghìn đồng" in treasurer.html
    before = outstanding(desk, club)
    sent = treasurer.form(f"/loans/{club.loan}/repay")
    treasurer.post(f"/loans/{club.loan}/repay", sent)
    found = re.search(r"Phiếu thu <[^>]*>(PT-[0-9]{4}-[0-9]{4})", treasurer.html)
    assert found
    assert "<svg" in treasurer.html, "with a code for the auditor"
    left = outstanding(desk, club)
    assert left < before
    treasurer.post(f"/loans/{club.loan}/repay", sent)
    assert found[0] in treasurer.html, "sent twice, it is one"
    assert outstanding(desk, club) == left


def test_a_volunteer_records_a_visit_and_a_shift(browser: Browser, club: Club) -> None:
    volunteer = Plain(browser(club.volunteer))
    volunteer.open(f"/clubs/{club.club_id}/care/week")
    assert "Hứa Thị Già" in volunteer.html
    volunteer.open(f"/care-cases/{club.client}/visit")
    volunteer.send(
        volunteer_id=str(club.volunteer), tasks="SOC", note="Bà ăn được", systolic="165",
        diastolic="95",
    )  # fmt: skip
    assert "Huyết áp cao" in volunteer.html, volunteer.html
    volunteer.open(f"/clubs/{club.club_id}/care/week")
    assert "đã thăm" in volunteer.html
    volunteer.open(f"/care-cases/{club.client}/visit")
    volunteer.send(systolic="95", diastolic="165", note="Nhầm hai số")
    assert volunteer.status == 422
    assert "Nhầm hai số" in volunteer.html


def test_the_approver_sees_what_a_reversal_changes_and_lets_it_stand(
    treasurer: Plain, browser: Browser, club: Club, desk: Desk
) -> None:
    club.repaid(club.loan, 500_000, date(2026, 4, 10))
    treasurer.open("/")
    with treasurer.parts.database.connection() as connection:
        row = connection.execute(
            "SELECT event_id FROM log.events WHERE topic = 'loans.RepaymentReceived'"
        ).fetchone()
    event_id: UUID = row[0]
    api = browser(club.treasurer)
    api.headers["Accept"] = "application/json"
    answer = api.post(
        f"/v1/events/{event_id}/reversal",
        json={"reason": "Ghi nhầm người"},
        headers={"Idempotency-Key": "a" * 20},
    )
    assert answer.status_code == 202, answer.text
    chair = Plain(browser(club.chair))
    chair.open(f"/clubs/{club.club_id}/approvals")
    assert "Ghi nhầm người" in chair.html
    assert "Sẽ thay đổi" in chair.html
    before = outstanding(desk, club)
    chair.press("reversal")
    assert "Không có việc nào chờ duyệt" in chair.html, chair.html
    assert outstanding(desk, club) > before


def test_an_auditor_draws_a_sample_and_notes_a_verdict(browser: Browser, club: Club) -> None:
    auditor = Plain(browser(club.secretary))
    auditor.open("/audit")
    assert "CLB thôn Nà Thử" in auditor.html
    auditor.open(f"/audit/clubs/{club.club_id}?at_least=1.000.000")
    assert "5.000.000" in auditor.html
    auditor.open(f"/audit/clubs/{club.club_id}?at_least=6.000.000")
    assert "Không có lần giải ngân nào như vậy" in auditor.html
    auditor.open(f"/loans/{club.loan}/evidence")
    assert "Bốn mắt: người đề nghị" in auditor.html
    auditor.send("/audit/findings", result="differs")
    assert auditor.status == 409, "what differs has to be said"
    auditor.send("/audit/findings", result="differs", note="Phiếu chi thiếu chữ ký")
    assert auditor.status == 200, auditor.html
    assert "Không khớp" in auditor.html


def test_a_clubs_book_comes_in_after_a_preview_and_goes_again(
    treasurer: Plain, app: FastAPI, shared_data: Path, club: Club, desk: Desk
) -> None:
    book = (shared_data / "club-book.xlsx").read_bytes()
    treasurer.open("/imports")
    head = app.state.parts.desk.log.head()
    treasurer.post("/imports", {}, files={"book": ("so.xlsx", book)})
    assert treasurer.status == 200, treasurer.html
    assert app.state.parts.desk.log.head() == head, "a preview stores nothing"
    assert treasurer.html.count(">mới</span>") > 500, "row by row"
    assert ">đã có</span>" not in treasurer.html
    chair = with_pin(desk, club.chair)
    treasurer.send("/imports/confirm", second=chair, pin=PIN)
    assert "Đã ghi vào sổ" in treasurer.html, treasurer.html
    found = re.search(r"/clubs/[0-9a-f-]{36}/imports", treasurer.html)
    assert found
    treasurer.open("/imports")
    treasurer.post("/imports", {}, files={"book": ("so.xlsx", book)})
    assert ">đã có</span>" in treasurer.html
    assert ">mới</span>" not in treasurer.html, "brought again, everything is known"
    treasurer.open(found[0])
    assert "Lộc Văn Quỹ" in treasurer.html, "who brought it"
    undo = re.search(r'action="([^"]*/undo)"', treasurer.html)
    assert undo
    treasurer.post(undo[1], {})
    assert treasurer.status == 409, "what came in by two goes by two"
    treasurer.post(undo[1], {"second": chair, "pin": "135791"})
    assert f'name="second" value="{chair}"' in treasurer.html, "one may try again"
    assert "<details open" in treasurer.html
    treasurer.post(undo[1], {"second": chair, "pin": PIN})
    assert "Đã hoàn tác" in treasurer.html


def test_a_file_that_is_no_book_is_refused_beside_the_form(treasurer: Plain) -> None:
    treasurer.open("/imports")
    treasurer.post("/imports", {}, files={"book": ("so.xlsx", b"not a workbook")})
    assert treasurer.status == 422
    assert 'role="alert"' in treasurer.html
