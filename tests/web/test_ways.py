"""Each role's day among the clubs of Lạng Sơn, in a real browser: on a phone, on a PC, and on a
phone whose script is switched off. What counts is what stands in the books afterwards.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from domain.loans.accounts import DENOMINATIONS, Account, Fund
from domain.loans.loan import Loan
from projections.vietnamese import folded
from sochung.scenario.article import CLUBS
from tests.web.lang_son import CLUB_ID, PASSWORD, PIN, TODAY, LangSon, copied
from web.formats import money

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PATIENCE_MS = 60_000
Enters = Callable[[str], Any]


@dataclass(frozen=True)
class Device:
    width: int
    height: int
    script: bool = True


DEVICES = {
    "phone": Device(360, 740),
    "pc": Device(1280, 900),
    "without-script": Device(360, 740, script=False),
}


@pytest.fixture(scope="module", params=DEVICES)
def device(request: pytest.FixtureRequest) -> Device:
    return DEVICES[request.param]


@pytest.fixture(scope="module")
def here(driven: Any, device: Device, server: Any, lang_son_told: str) -> Iterator[LangSon]:
    with copied(server, lang_son_told) as copy:
        yield copy


@pytest.fixture
def enters(driven: Any, device: Device, here: LangSon) -> Iterator[Enters]:
    """Somebody comes in at the door, on a device of their own; nothing leaves the machine."""
    contexts, elsewhere = [], []

    def enter(user: str) -> Any:
        context = driven.new_context(
            viewport={"width": device.width, "height": device.height},
            locale="vi-VN",
            java_script_enabled=device.script,
        )
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda one: elsewhere.append(one.url))
        contexts.append(context)
        page = context.new_page()
        page.goto(here.address)
        page.fill("[name=user]", user)
        page.fill("[name=password]", PASSWORD)
        page.click("main form button")
        page.wait_for_selector("nav.tabs")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert [url for url in elsewhere if not url.startswith((here.address, "data:"))] == []


def opens(page: Any, *links: str) -> None:
    """Goes on by what stands on the page."""
    for link in links:
        page.click(f":is(main, nav) a:visible:has-text('{link}')")


def presses(page: Any, button: str) -> None:
    page.click(f"main button:visible:has-text('{button}')")


def a_debt(here: LangSon, number: int) -> Loan:
    """One of the loans of which money is still owed, in an order that stays."""
    owed = [loan for loan in here.book.loans.values() if loan.outstanding > 1_000_000]
    return sorted(owed, key=lambda loan: str(loan.id))[number]


def cash(here: LangSon) -> int:
    """In the box, which all funds share."""
    return sum(here.book.balance(fund, Account.CASH) for fund in Fund)


def test_the_treasurer_takes_a_repayment(here: LangSon, device: Device, enters: Enters) -> None:
    loan, before = a_debt(here, 0), here.desk.log.head()
    name = here.name(loan.borrower_id)
    page = enters("thuquy")
    opens(page, "Thu nợ")
    page.fill("[name=q]", folded(name))
    presses(page, "Tìm")
    opens(page, name)
    page.fill("#amount", "500.000")
    if device.script:
        page.wait_for_selector("#words:has-text('Năm trăm nghìn đồng')")
    presses(page, "Tiếp tục")
    assert "Năm trăm nghìn đồng" in page.inner_text("main")
    presses(page, "Ghi sổ")
    assert page.inner_text("h1").startswith("Phiếu thu PT-2026-")
    assert page.is_visible("figure.qr svg")
    assert here.told(before, here.person("thuquy")) == ["loans.RepaymentReceived"]
    after = here.book.loans[loan.id]
    paid = [sum(one.principal for one in it.payments) for it in (loan, after)]
    interest = [it.interest_paid + it.late_interest_paid for it in (loan, after)]
    assert paid[1] - paid[0] + interest[1] - interest[0] == 500_000


def counts(here: LangSon, page: Any, amount: int) -> int:
    """Counts a box with so much in it, and has it signed; returns what there are no notes for."""
    for note in DENOMINATIONS:
        number, amount = divmod(amount, note)
        page.fill(f"[name='notes.{note}']", str(number))
    for number, user in enumerate(("thuquy", "ketoan", "chunhiem"), start=1):
        page.select_option(f"[name='signed.{number}']", str(here.person(user)))
    return amount


def test_the_money_of_a_meeting_is_one_sheet_and_the_secretary_counts_who_came(
    here: LangSon, enters: Enters
) -> None:
    before, in_box = here.desk.log.head(), cash(here)
    page = enters("thuquy")
    opens(page, "Buổi sinh hoạt")
    due = page.locator("[name^='full.']")
    came = 120_000
    for number in range(2):
        due.nth(number).check()
        came += int(due.nth(number).get_attribute("data-worth"))
    page.fill("[name='dues.all']", "120.000")
    rest = counts(here, page, in_box + came)
    presses(page, "Ghi sổ")
    assert "Đã ghi hết bảng này" in page.inner_text("main")
    assert here.told(before, here.person("thuquy")) == [
        *2 * ["loans.RepaymentReceived"],
        "loans.DuesReceived",
        "loans.CashCounted",
    ]
    assert cash(here) == in_box + came
    count = here.book.counts[-1]
    assert (count.on, count.difference) == (TODAY, rest)
    page = enters("thuky")
    opens(page, "Buổi sinh hoạt")
    page.fill("[name=head_count]", "41")
    presses(page, "Ghi sổ")
    assert here.told(before, here.person("thuky")) == ["clubs.MeetingHeld"]


def test_a_loan_is_asked_for_by_one_approved_by_another_and_paid_out_by_a_third(
    here: LangSon, enters: Enters
) -> None:
    before, in_box = here.desk.log.head(), cash(here)
    borrower = next(
        one.borrower_id for one in here.book.closed.values() if not here.owes(one.borrower_id)
    )
    page = enters("ketoan")
    opens(page, "Thêm", "Cho vay")
    page.select_option("[name=member_id]", str(borrower))
    page.fill("[name=amount]", "200.000")
    page.fill("[name=purpose]", "Mua lợn giống")
    presses(page, "Ghi sổ")
    page = enters("chunhiem")
    opens(page, here.name(borrower))
    opens(page, "Duyệt cho vay")
    page.fill("[name=minutes]", "BB 11/2026")
    page.select_option("[name=approved_by]", str(here.person("chunhiem")))
    presses(page, "Ghi sổ")
    page = enters("thuquy")
    opens(page, here.name(borrower), "Chi tiền vay")
    page.select_option("[name=paid_by]", str(here.person("thuquy")))
    presses(page, "Ghi sổ")
    assert "200.000" in page.inner_text("h1")
    assert here.told(before, here.person("ketoan")) == ["loans.LoanRequested"]
    assert here.told(before, here.person("chunhiem")) == ["loans.LoanApproved"]
    assert here.told(before, here.person("thuquy")) == ["loans.LoanDisbursed"]
    assert cash(here) == in_box - 200_000


def test_two_people_lend_on_one_phone_each_by_their_own_hand(here: LangSon, enters: Enters) -> None:
    """The treasurer's phone: the others sign their parts by PIN."""
    before = here.desk.log.head()
    borrower = next(
        one.borrower_id for one in here.book.closed.values() if not here.owes(one.borrower_id)
    )
    page = enters("thuquy")
    opens(page, "Thêm", "Cho vay")
    page.select_option("[name=member_id]", str(borrower))
    page.fill("[name=amount]", "150.000")
    page.fill("[name=minutes]", "BB 11/2026")
    for part, user in (("proposed_by", "ketoan"), ("approved_by", "chunhiem")):
        page.select_option(f"[name={part}]", str(here.person(user)))
        page.fill(f"[name='pin.{part}']", PIN)
    page.select_option("[name=paid_by]", str(here.person("thuquy")))
    presses(page, "Ghi sổ")
    assert "đều đã tự xác nhận" in page.inner_text("main")
    assert here.told(before, here.person("chunhiem")) == ["loans.LoanApproved"]
    assert here.told(before, here.person("thuquy")) == ["loans.LoanDisbursed"]


def test_a_volunteer_records_a_visit_which_the_coordinator_sees(
    here: LangSon, enters: Enters
) -> None:
    before, volunteer = here.desk.log.head(), here.person("tinhnguyen")
    page = enters("tinhnguyen")
    page.click("main .rows a >> nth=0")
    client = page.inner_text("h1").removeprefix("Ghi lượt thăm: ")
    page.check("[name=minutes][value='90']")
    page.fill("[name=note]", "Bà ăn được, nói chuyện vui")
    presses(page, "Ghi lượt thăm")
    assert "Đã ghi" in page.inner_text("[role=status].note")
    assert here.told(before, volunteer) == ["care.VisitMade"]
    page = enters("chamsoc")
    opens(page, "Thêm", "Lịch chăm sóc")
    made = page.locator("span.entry.visit:visible", has_text=client)
    assert "90′" in made.first.inner_text()
    opens(page, "Hẹn ca")
    page.select_option("[name=volunteer_id]", str(volunteer))
    page.fill("[name=planned_on]", "06/11/2026")
    presses(page, "Hẹn ca")
    assert here.told(before, here.person("chamsoc")) == ["care.ShiftScheduled"]
    assert "Đã hẹn ca" in page.inner_text("main")


def test_a_wrong_entry_is_taken_back_once_a_second_person_agrees(
    here: LangSon, enters: Enters
) -> None:
    page = enters("thuquy")
    loan = a_debt(here, 2)
    page.goto(f"{here.address}/loans/{loan.id}/repay")
    page.fill("#amount", "300.000")
    presses(page, "Tiếp tục")
    presses(page, "Ghi sổ")
    before, wrong = here.desk.log.head(), here.book.loans[loan.id]
    page.goto(f"{here.address}/loans/{loan.id}")
    page.click("main .rows a[href^='/events/'] >> nth=0")
    opens(page, "Sửa sai")
    assert money(loan.outstanding) in page.inner_text("main"), "what it would come to again"
    page.fill("[name=reason]", "Ghi nhầm người trả")
    presses(page, "Đề nghị")
    assert here.told(before, here.person("thuquy")) == ["loans.ReversalProposed"]
    assert here.book.loans[loan.id] == wrong, "one person alone changes nothing"
    page = enters("chunhiem")
    opens(page, "Thêm", "việc chờ người thứ hai")
    card = page.locator("article", has_text="Ghi nhầm người trả")
    assert money(loan.outstanding) in card.inner_text()
    card.get_by_role("button", name="Duyệt").click()
    page.wait_for_selector("[role=status].note")
    assert here.told(before, here.person("chunhiem")) == ["loans.EntryReversed"]
    assert here.book.loans[loan.id].outstanding == loan.outstanding


def test_the_box_is_counted_and_the_month_closed_by_two(here: LangSon, enters: Enters) -> None:
    page = enters("chunhiem")
    opens(page, "Sổ quỹ", "Đối chiếu", "Đếm quỹ")
    counts(here, page, cash(here) - 50_000)
    presses(page, "Ghi sổ")
    assert "Thiếu 50." in page.inner_text(".fault"), "counted blind, and told beside it"
    counts(here, page, cash(here))
    presses(page, "Ghi sổ")
    assert "Đã ghi biên bản kiểm kê" in page.inner_text("main")
    opens(page, "Sổ quỹ", "Đối chiếu")
    page.fill("[name=until]", "31/10/2026")
    page.select_option("[name=closed_by]", str(here.person("ketoan")))
    page.fill("[name=pin]", PIN)
    presses(page, "Khóa sổ")
    assert "Đã khóa sổ" in page.inner_text("main")
    assert here.book.closed_until == date(2026, 10, 31)

    before = here.desk.log.head()
    page = enters("thuquy")
    page.goto(f"{here.address}/loans/{a_debt(here, 3).id}/repay")
    page.fill("#amount", "100.000")
    page.fill("[name=on]", "31/10/2026")
    presses(page, "Tiếp tục")
    presses(page, "Ghi sổ")
    assert page.is_visible("main [role=alert]"), "nothing is written into a closed month"
    assert here.told(before) == []


def test_the_secretary_tells_a_member_their_whole_story(here: LangSon, enters: Enters) -> None:
    loan = a_debt(here, 1)
    name = here.name(loan.borrower_id)
    page = enters("thuky")
    opens(page, "Hội viên")
    page.fill("[name=q]", folded(name))
    page.press("[name=q]", "Enter")
    opens(page, name)
    assert page.inner_text("h1") == name
    assert page.locator(".story > li").count() > 3
    opens(page, "Trả nợ")
    assert page.locator(".story > li").count() > 0
    assert "Vào câu lạc bộ" not in page.inner_text(".story")
    page.goto(f"{here.address}/members/{loan.borrower_id}?as_of=01/01/2018")
    assert page.locator(".story > li").count() < 3
    page.goto(f"{here.address}/loans/{loan.id}")
    page.click("text=Vì sao là số này?")
    assert page.is_visible("text=Theo quy chế")
    page.click("main .rows a[href^='/events/'] >> nth=0")
    assert page.is_visible("text=Dấu của sự kiện (SHA-256)")
    page.click("button:has-text('English')")
    assert page.is_visible("text=Digest of the event (SHA-256)")


def test_the_auditor_draws_a_sample_and_says_what_was_found(
    here: LangSon, device: Device, enters: Enters
) -> None:
    before, auditor = here.desk.log.head(), here.person("kiemtoan")
    page = enters("kiemtoan")
    opens(page, "Thêm", "Kiểm tra", "Lấy mẫu")
    page.fill("[name=seed]", "xổ số 05/11/2026")
    page.fill("[name=count]", "3")
    page.select_option("[name=club_id]", str(CLUB_ID))
    presses(page, "Rút thử")
    drawn = page.locator("main .rows li strong").all_inner_texts()
    assert len(drawn) == 3
    assert here.told(before) == [], "a draw on trial is kept nowhere"
    presses(page, "Ghi mẫu này")
    assert page.locator("main .rows li strong").all_inner_texts() == drawn
    page.click("main .rows a >> nth=0")
    if device.script:
        page.wait_for_selector("[data-proof-said]:has-text('tự tính lại')")
    page.check("[name=result][value=agrees]")
    presses(page, "Ghi kết luận")
    assert here.told(before, auditor) == ["evidence.SampleDrawn", "evidence.FindingNoted"]
    page.goto(f"{here.address}/audit")
    assert "Đã xem 1 trên" in page.inner_text("main")


def test_a_rough_book_comes_in_after_it_was_looked_through(
    here: LangSon, enters: Enters, shared_data: Path
) -> None:
    before = here.desk.log.head()
    page = enters("canbo.tinh")
    opens(page, "Thêm", "Nhập sổ Excel")
    page.set_input_files("[name=book]", shared_data / "club-book-rough.xlsx")
    presses(page, "Xem trước")
    assert "Từng dòng" in page.inner_text("main")
    assert here.told(before) == [], "a preview stores nothing"
    page.fill("[name=second]", "quantri")
    page.fill("[name=pin]", PIN)
    presses(page, "Xác nhận nhập")
    assert "Đã ghi vào sổ" in page.inner_text("main")
    told = here.told(before)
    wanted = json.loads((shared_data / "club-book-rough.totals.json").read_text())
    assert told.count("clubs.MemberJoined") == wanted["members"]
    assert told.count("care.VisitMade") == wanted["visits"]
    opens(page, "Các lần nhập")
    page.fill("[name=reason]", "Xem lại lần nhập đầu tiên")
    presses(page, "Xem")
    assert page.locator("main .rows li").count() == 1


def test_the_report_opens_down_to_entries_and_the_officer_sees_every_club(
    here: LangSon, enters: Enters
) -> None:
    page = enters("ketoan")
    opens(page, "Thêm", "Báo cáo")
    owed = sum(loan.outstanding for loan in here.book.loans.values())
    assert money(owed) in page.inner_text("main")
    opens(page, money(owed))
    assert money(owed) in page.inner_text("main"), "the loan book adds up to the same"
    page = enters("canbo.tinh")
    assert page.locator("main tbody tr").count() >= CLUBS
    assert here.name(here.person("thuquy")) not in page.inner_text("main")
    opens(page, "Báo cáo")
    assert page.is_visible("main .chart svg")
