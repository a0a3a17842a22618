"""The pages in a real browser: nothing a rule of accessibility forbids, on a phone and large."""

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from api.callers import COOKIE
from desk.desk import Desk
from logins import account_for
from tests.web.hamlet import hamlet

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

AXE = Path(__file__).with_name("axe.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE, PC = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


@pytest.fixture
def driven(chromium: Any) -> Iterator[Any]:
    kind, program = chromium
    browser = kind.launch(executable_path=program, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """The service on a port of its own."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_no_page_breaks_a_rule_of_accessibility(
    driven: Any, address: str, app: FastAPI, desk: Desk
) -> None:
    """WCAG 2.2 A and AA by axe-core; on 360 pixels and with text at 200 % nothing hangs over the
    side; nothing is fetched from elsewhere; the first thing a keyboard comes to skips the head."""
    here = hamlet(desk)
    app.state.parts.follower.catch_up(60)
    account_id = account_for(desk, here.village.chair)
    token, _ = desk.access.begin(account_id, "máy thử", desk.clock(), fresh=False)
    # axe is put into the page by the test; the page's own policy would not let it in.
    phone = driven.new_context(viewport=PHONE, locale="vi-VN", bypass_csp=True)
    phone.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    elsewhere: list[str] = []
    phone.on(
        "request",
        lambda one: elsewhere.append(one.url) if not one.url.startswith((address, "data:")) else 0,
    )
    page = phone.new_page()
    for path in ["/login", *here.addresses()]:
        answer = page.goto(address + path)
        assert answer.status == 200, path
        page.set_viewport_size(PHONE)
        assert _fits(page), f"{path} on a phone"
        found = page.evaluate(AXE + ";axe.run(document, {runOnly: " + repr(RULES) + "})")
        broken = [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
        assert not broken, (path, broken)
    page.goto(address + "/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    assert not elsewhere
    phone.close()


def test_everything_works_with_script_switched_off(
    driven: Any, address: str, app: FastAPI, desk: Desk
) -> None:
    here = hamlet(desk)
    app.state.parts.follower.catch_up(60)
    account_id = account_for(desk, here.village.chair)
    token, _ = desk.access.begin(account_id, "máy thử", desk.clock(), fresh=False)
    plain = driven.new_context(viewport=PHONE, locale="vi-VN", java_script_enabled=False)
    plain.add_cookies([{"name": COOKIE, "value": token, "url": address}])
    page = plain.new_page()
    page.goto(address + f"{here.club}/members")
    page.fill("#q", "phuong")
    page.press("#q", "Enter")
    page.click("text=Nguyễn Thị Phượng")
    page.click('a[href^="/loans/"]')
    assert page.inner_text("h1") == "Khoản vay 10.000.000\u00a0₫"
    page.click("text=Vì sao là số này?")
    assert page.is_visible("text=Theo quy chế")
    page.click("button:has-text('English')")
    assert page.inner_text("h1") == "Loan of 10.000.000\u00a0₫"
    plain.close()


def _fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))
