"""What the pages say, and to whom."""

import html
import re
from collections.abc import Callable
from datetime import date

import pytest
from starlette.testclient import TestClient

from desk import books, people
from desk.desk import Desk
from domain.accounts.roles import Role, Scope
from domain.clubs.decisions import AdoptRegulation
from domain.loans.commands import ProposeReversal, ReceiveDues
from domain.regulation import MODEL_REGULATION
from logins import account_for, granted
from store import passwords
from tests.web.hamlet import Hamlet, hamlet
from village import DAY, FOUNDED, SYSTEM
from web.assets import asset
from web.pages.offline import SHELL

Browser = Callable[..., TestClient]
GAP = "\u00a0"


@pytest.fixture
def here(desk: Desk) -> Hamlet:
    return hamlet(desk)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_opens_in_both_languages(browser: Browser, here: Hamlet, language: str) -> None:
    reader = browser(here.village.chair, language=language)
    for address in here.addresses():
        answer = reader.get(address)
        assert answer.status_code == 200, (address, answer.text)
        assert f'<html lang="{language}"' in answer.text, address
        assert len(re.findall("<h1[ >]", answer.text)) == 1, address
        assert not re.search(r"\sstyle=|<style|<script(?![^>]* src=)", answer.text), address
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", answer.text), address


def test_a_page_is_light_enough_for_a_poor_line(browser: Browser, here: Hamlet) -> None:
    """Everything a first visit fetches, as it travels, with what is kept for a time without a line:
    at most 120 kB."""
    reader = browser(here.village.chair)
    kept = {*map(asset, SHELL), "/sw.js", "/offline", f"{here.club}/offline-lists"}
    weights = {address: _travels(reader, address) for address in kept}
    for address in here.addresses():
        files = set(re.findall(r"/static/[\w./-]+", reader.get(address).text)) - kept
        weights |= {file: _travels(reader, file) for file in files - weights.keys()}
        sum_ = sum(weights[file] for file in kept | files) + _travels(reader, address)
        assert sum_ <= 120_000, (address, sum_)


def _travels(reader: TestClient, address: str) -> int:
    with reader.stream("GET", address) as answer:
        return sum(len(chunk) for chunk in answer.iter_raw())


def test_a_loan_says_what_is_paid_late_and_owed_and_why(browser: Browser, here: Hamlet) -> None:
    text = browser(here.village.chair).get(f"/loans/{here.loan}?on=2026-05-10").text
    assert "✓ đã trả" in text
    assert "đến hạn hôm nay" in text
    assert f"1.063.000{GAP}₫" in text, "a million of principal, 0.7 % of nine"
    assert "Theo quy chế" in text
    assert "Từ 1 lần trả nợ đã ghi" in text
    waiting = browser(here.village.chair).get(f"/loans/{here.waiting_loan}").text
    assert re.search(r"<button disabled[^>]*>Thu nợ</button>", waiting)
    assert "Chưa chi tiền nên chưa có gì để thu." in waiting


def test_an_entry_that_was_taken_back_and_counts_again_opens_with_both(
    browser: Browser, here: Hamlet, desk: Desk
) -> None:
    village, reason = here.village, desk.memo(here.village.club_id, "Ghi nhầm")
    assert reason
    dues = ReceiveDues(occurred_on=DAY, amount=100_000)
    entries = [books.record(desk, SYSTEM, village.club_id, dues).event_id]
    for _ in range(2):
        proposal = ProposeReversal(
            occurred_on=DAY, event_id=entries[-1], proposed_by=village.secretary, reason=reason
        )
        books.propose_reversal(desk, SYSTEM, proposal)
        done = books.approve_reversal(desk, SYSTEM, entries[-1], village.chair, DAY)
        entries.append(done.event_id)
    reader = browser(village.chair)
    pages = [reader.get(f"/events/{one}").text for one in entries]
    first, second, third = (f'href="/events/{one}"' for one in entries)
    assert first in pages[1]
    assert third in pages[1]
    assert second in pages[2]


def test_members_are_found_without_tones_as_a_part_of_the_page(
    browser: Browser, here: Hamlet
) -> None:
    reader = browser(here.village.chair)
    whole = reader.get(f"{here.club}/members?q=nguyen+phuong").text
    assert "Nguyễn Thị Phượng" in whole
    assert "Đặng Văn Ỷ" not in whole
    part = reader.get(
        f"{here.club}/members?q=dang", headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    ).text
    assert part.lstrip().startswith('<ul class="rows">')
    assert "Đặng Văn Ỷ" in part


def test_a_book_is_shown_as_it_stood(browser: Browser, here: Hamlet) -> None:
    reader = browser(here.village.chair)
    now = reader.get(f"{here.club}/cash-book?from=2024-01-01").text
    then = reader.get(f"{here.club}/cash-book?from=2024-01-01&as_of=2026-03-31").text
    assert f"36.070.000{GAP}₫" in now
    assert f"35.000.000{GAP}₫" in then
    assert "36.070.000" not in then
    assert reader.get(f"{here.club}/cash-book?from=yesterday").status_code == 422


def test_a_month_is_closed_once_however_often_the_form_is_sent(
    browser: Browser, here: Hamlet, desk: Desk
) -> None:
    chair = browser(here.village.chair)
    page = chair.get(f"{here.club}/reconcile").text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    form = {
        "key": key[1],
        "until": "31.3.2026",
        "period": "month",
        "closed_by": str(here.village.secretary),
    }
    account_id, pin = account_for(desk, here.village.secretary), "240159"
    desk.access.set_pin(account_id, passwords.hashed(desk.access.peppered(account_id, pin)))
    head = desk.log.head()
    alone = chair.post(f"{here.club}/reconcile", data=form)
    assert alone.status_code == 409
    assert "Người thứ hai phải tự xác nhận" in alone.text
    wrong = chair.post(f"{here.club}/reconcile", data=form | {"pin": "951042"})
    assert wrong.status_code == 409
    assert "Mã PIN của người thứ hai không đúng." in wrong.text
    assert desk.log.head() == head
    form["pin"] = pin
    for _ in range(2):
        answer = chair.post(f"{here.club}/reconcile", data=form, follow_redirects=False)
        assert answer.status_code == 303, answer.text
    assert desk.log.head() == head + 2, "the close, and that the second person was there"
    assert "Sổ đã khóa đến hết ngày 31/03/2026." in chair.get(f"{here.club}/reconcile").text
    again = chair.post(f"{here.club}/reconcile", data=form | {"key": key[1][::-1]})
    assert again.status_code == 409
    assert 'value="31/03/2026"' in again.text, "what was typed is still there"


def test_nobody_sees_another_club_or_names_that_are_not_theirs(
    browser: Browser, here: Hamlet, desk: Desk
) -> None:
    elsewhere = granted(Role.TREASURER, Scope(kind="club", id=str(desk.new_id())))
    stranger = browser(here.village.secretary, grants=[elsewhere])
    for address in here.addresses():
        if str(here.village.club_id) in address or "/loans/" in address or "/members/" in address:
            assert stranger.get(address).status_code == 404, address


def test_an_officer_sees_clubs_and_no_names(browser: Browser, here: Hamlet) -> None:
    officer = browser(
        here.village.secretary,
        grants=[granted(Role.PROVINCIAL_OFFICER, Scope(kind="nation"))],
    )
    first = officer.get("/").text
    assert "CLB thôn Nà Thử" in first
    assert "Phượng" not in first
    asked = officer.get(f"/loans/{here.loan}")
    assert asked.status_code == 403
    assert 'name="reason"' in asked.text
    assert "Phượng" in officer.get(f"/loans/{here.loan}?reason=khi%E1%BA%BFu+n%E1%BA%A1i").text


def test_log_in_and_out(browser: Browser, here: Hamlet, desk: Desk) -> None:
    reader = browser(here.village.chair)
    reader.post("/logout")
    assert reader.get("/").url.path == "/login"
    answer = reader.post("/login", data={"user": "ai đó", "password": "sai", "next": "/more"})
    assert answer.status_code == 401
    assert "Sai tên đăng nhập hoặc mật khẩu" in answer.text
    assert 'value="ai đó"' in answer.text


def test_today_tells_the_treasurer_what_the_box_holds(browser: Browser, here: Hamlet) -> None:
    club = Scope(kind="club", id=str(here.village.club_id))
    first = browser(here.village.treasurer, grants=[granted(Role.TREASURER, club)]).get("/").text
    assert f"36.070.000{GAP}₫" in first
    late = (date.today() - date(2026, 4, 10)).days  # noqa: DTZ011
    assert f"Quá hạn {late} ngày" in first or "Quá hạn" in first


def test_every_amount_of_a_book_leads_to_what_it_is_made_of(browser: Browser, here: Hamlet) -> None:
    """On the pages of money, as far as each may be opened: nothing leads nowhere."""
    reader = browser(here.village.chair)
    pages = [
        f"{here.club}/{name}"
        for name in ("reconcile", "report", "ledger", "cash-book", "loan-book")
    ]
    pages += [f"/loans/{here.loan}", f"/members/{here.borrower}", "/"]
    asked: set[str] = set()
    for address in pages:
        text = reader.get(address).text
        led = re.findall(r'href="((?:/clubs|/loans|/events|/province|/members)/[^"#]+)', text)
        asked |= {html.unescape(one) for one in led if ".pdf" not in one}
        anchors = set(re.findall(r'href="#(\w+)"', text)) - {"main"}
        assert anchors <= set(re.findall(r'\bid="(\w+)"', text)), address
    for address in sorted(asked):
        assert reader.get(address).status_code == 200, address


@pytest.mark.parametrize(
    ("page", "leads"),
    [
        ("reconcile", r'/cash-book\?fund=loan">36.070.000'),
        ("reconcile", r'/events/[0-9a-f-]+">36.070.000'),
        ("report", r'/figures/par30\?part=numerator&amp;[^"]*">'),
        ("report", r'/cash-book\?fund=loan&amp;[^"]*">36.070.000'),
    ],
)
def test_an_amount_of_the_books_opens(
    browser: Browser, here: Hamlet, page: str, leads: str
) -> None:
    assert re.search(leads, browser(here.village.chair).get(f"{here.club}/{page}").text)


def test_a_loan_s_amounts_open_their_rule_and_their_events(browser: Browser, here: Hamlet) -> None:
    reader = browser(here.village.chair)
    text = reader.get(f"/loans/{here.loan}?on=2026-05-10").text
    assert re.search(r'<a href="#why">1.063.000', text), "the rule and the rounding"
    assert re.search(r'<a href="#payments">1.070.000', text), "what was paid, and when"
    payout = re.search(r'<a href="(/events/[^"]+)">bút toán</a>', text)
    assert payout is not None
    assert f"10.000.000{GAP}₫" in reader.get(payout[1]).text
    figure = reader.get(f"{here.club}/figures/par30?part=denominator").text
    assert "Làm tròn: tiền đến từng đồng" in figure


def test_books_are_seen_as_they_stood_a_month_at_a_time(browser: Browser, here: Hamlet) -> None:
    reader = browser(here.village.chair)
    for address in (f"/loans/{here.loan}", f"/members/{here.borrower}", f"{here.club}/loan-book"):
        text = reader.get(f"{address}?as_of=2026-04-30").text
        assert "Đang xem như sổ cho biết về ngày 30/04/2026." in text, address
        assert "as_of=2026-03-30" in text, address
        assert "as_of=2026-05-30" in text, address
        assert ">Về hôm nay</a>" in text, address
    member = reader.get(f"/members/{here.borrower}?as_of=2026-03-31").text
    assert f'#loans">10.000.000{GAP}₫' in member, "before anything was repaid"
    now = reader.get(f"/members/{here.borrower}").text
    assert f'#loans">9.000.000{GAP}₫' in now
    assert reader.get(f"/loans/{here.loan}?as_of=2020-01-01").status_code == 404


def test_an_event_opens_for_whoever_may_open_it(browser: Browser, here: Hamlet, desk: Desk) -> None:
    one = Scope(kind="person", id=str(here.borrower))
    relative = browser(here.village.secretary, grants=[granted(Role.RELATIVE, one)])
    text = relative.get(f"/members/{here.borrower}").text
    assert "Phượng" in text
    assert "/events/" not in text, "no link that leads nowhere"


def test_the_by_law_of_a_loan_opens(browser: Browser, here: Hamlet, desk: Desk) -> None:
    village = here.village
    own = AdoptRegulation(
        adopted_on=FOUNDED,
        effective_from=FOUNDED,
        rules=MODEL_REGULATION.rules,
        proposed_by=village.secretary,
        approved_by=village.chair,
    )
    adopted = people.adopt_regulation(desk, SYSTEM, village.club_id, own)
    loan = village.lent(village.member("Lý Thị Mai"), 2_000_000, date(2026, 5, 10))
    reader = browser(village.chair)
    text = reader.get(f"/loans/{loan}").text
    assert f'<a href="/events/{adopted.event_id}">Theo quy chế bản số 1' in text
    payout = re.search(r'<a href="(/events/[^"]+)">bút toán</a>', text)
    assert payout is not None
    assert f'<a href="/events/{adopted.event_id}">bản số 1</a>' in reader.get(payout[1]).text
    assert reader.get(f"/events/{adopted.event_id}").status_code == 200
