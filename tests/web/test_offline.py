"""A poor line: what is entered without one is stored once, whatever happens on the way."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response

from web_scene import Club

PATIENCE_MS = 60_000
ENTERED = ("loans.RepaymentReceived", "care.VisitMade")

pytestmark = pytest.mark.skip("written, and not yet seen to pass to its end")


class Broken:
    """Answers 503 once, after the service has stored what it was sent."""

    def __init__(self, app: FastAPI) -> None:
        self.failures = 0
        app.middleware("http")(self._around)

    async def _around(self, request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        if self.failures and request.method == "POST" and answer.status_code == 201:
            self.failures -= 1
            return Response(status_code=503)
        return answer


def stored(app: FastAPI) -> Counter[str]:
    with app.state.parts.database.connection() as connection:
        rows = connection.execute(
            "SELECT topic FROM log.events WHERE topic = ANY (%s)", (list(ENTERED),)
        ).fetchall()
    return Counter(topic for (topic,) in rows)


def test_two_visits_and_a_repayment_offline_a_503_and_a_restart_are_stored_once_each(
    app: FastAPI, club: Club, chromium: Any, tmp_path: Path, request: Any
) -> None:
    broken = Broken(app)  # before the service starts: the stack is then built
    served: str = request.getfixturevalue("served")
    kind, program = chromium

    def launched() -> Any:
        return kind.launch_persistent_context(
            str(tmp_path),
            executable_path=program,
            args=["--no-sandbox"],
            viewport={"width": 360, "height": 740},
            locale="vi-VN",
        )

    context = launched()
    context.add_cookies([request.getfixturevalue("session")(club.treasurer)])
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{served}/offline")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_selector("select[name=loan_id] option:nth-child(2)", state="attached")
    context.set_offline(True)
    page.reload()
    page.wait_for_selector("select[name=loan_id] option:nth-child(2)", state="attached")

    page.select_option("select[name=loan_id]", label="Nguyễn Thị Phượng")
    page.fill("#off-amount", "500.000")
    page.click("form[data-about=loan_id] button:not([type])")
    page.wait_for_selector("[data-outbox-count]:text-is('1')")
    page.click("summary:has-text('Lượt thăm')")
    for note, n in (("Bà ăn được", 2), ("Bà ngủ ít", 3)):
        page.select_option("select[name=client_id]", label="Hứa Thị Già")
        page.check("form[data-about=client_id] input[value=SOC]")
        page.fill("form[data-about=client_id] input[name=note]", note)
        page.click("form[data-about=client_id] button")
        page.wait_for_selector(f"[data-outbox-count]:text-is('{n}')")
    assert "Ngoại tuyến" in page.inner_text("[data-outbox]")
    assert not stored(app)
    context.close()

    broken.failures = 1
    context = launched()
    context.set_default_timeout(PATIENCE_MS)
    page = context.pages[0]
    page.goto(f"{served}/offline")
    page.wait_for_timeout(500)
    assert stored(app).total() == 1, "the first is stored, and its answer lost"
    assert page.inner_text("[data-outbox-count]") == "3"
    page.reload()
    page.wait_for_selector("[data-outbox-count]:text-is('0')")
    assert stored(app) == {"loans.RepaymentReceived": 1, "care.VisitMade": 2}
    context.close()


def test_a_conflict_is_shown_to_a_person_and_stays_until_they_drop_it(
    app: FastAPI, served: str, club: Club, chromium: Any, session: Any
) -> None:
    kind, program = chromium
    browser = kind.launch(executable_path=program, args=["--no-sandbox"])
    context = browser.new_context(locale="vi-VN")
    context.add_cookies([session(club.treasurer)])
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{served}/offline")
    page.wait_for_selector("select[name=loan_id] option:nth-child(2)", state="attached")
    page.select_option("select[name=loan_id]", label="Nguyễn Thị Phượng")
    page.fill("#off-amount", "500.000")
    page.fill("form[data-about=loan_id] input[name=occurred_on]", "2026-03-09")
    page.click("form[data-about=loan_id] button:not([type])")
    page.wait_for_selector("[data-outbox][data-state=refused]")
    assert "Nguyễn Thị Phượng · 500.000" in page.inner_text("[data-outbox-list]")
    assert not stored(app)
    page.click("[data-outbox-list] button")
    page.wait_for_selector("[data-outbox-count]:text-is('0')")
    browser.close()
