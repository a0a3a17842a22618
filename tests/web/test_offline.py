"""A poor line: what is entered without one is stored once, whatever happens on the way."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Request, Response

from desk import clubs
from desk.desk import Desk
from domain.accounts.roles import Grant, Role, Scope
from domain.clubs.meetings import HoldMeeting
from logins import granted
from projections.follower import Follower
from tests.web.service import listening
from village import SYSTEM
from web_scene import Club

PATIENCE_MS = 60_000
ENTERED = ("loans.RepaymentReceived", "care.VisitMade", "clubs.MeetingHeld")
REPAY, VISIT, MEET = (f"form[data-post*={what}]" for what in ("repayments", "visits", "meetings"))

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


class Line:
    """The way to the service: what was sent, and how often its answer is lost once it is stored."""

    def __init__(self, app: FastAPI) -> None:
        self.keys: list[str] = []
        self.losses = 0
        app.middleware("http")(self._around)

    async def _around(self, request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        if request.method == "POST" and "idempotency-key" in request.headers:
            self.keys.append(request.headers["idempotency-key"])
            if self.losses and answer.status_code == 201:
                self.losses -= 1
                return Response(status_code=503)
        return answer


@pytest.fixture
def line(app: FastAPI) -> Line:
    return Line(app)


@pytest.fixture
def served(line: Line, app: FastAPI, club: Club) -> Iterator[str]:
    club.planned(7)
    with listening(app) as address:
        yield address


@pytest.fixture
def phone(chromium: Any, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """The same phone, however often it is switched off: called again, it starts anew."""
    kind, program = chromium
    running: list[Any] = []

    def switched_on() -> Any:
        switched_off()
        context = kind.launch_persistent_context(
            str(tmp_path / "phone"),
            executable_path=program,
            args=["--no-sandbox"],
            viewport={"width": 360, "height": 740},
            locale="vi-VN",
        )
        context.set_default_timeout(PATIENCE_MS)
        running.append(context)
        return context

    def switched_off() -> None:
        while running:
            running.pop().close()

    yield switched_on
    switched_off()


def of_club(club: Club, *roles: Role) -> list[Grant]:
    """Of somebody who may enter all three kinds of slips, unless it is said otherwise."""
    scope = Scope(kind="club", id=str(club.club_id))
    every = (Role.TREASURER, Role.CHAIR, Role.CARE_COORDINATOR)
    return [granted(role, scope) for role in roles or every]


def stored(app: FastAPI) -> Counter[str]:
    with app.state.parts.database.connection() as connection:
        rows = connection.execute(
            "SELECT topic FROM log.events WHERE topic = ANY (%s)", (list(ENTERED),)
        ).fetchall()
    return Counter(topic for (topic,) in rows)


def counts(page: Any, waiting: int) -> None:
    page.wait_for_selector(f"[data-outbox-count]:text-is('{waiting}')")


def opened(context: Any, served: str, cookie: dict[str, Any] | None = None) -> Any:
    """The page that works without a line, once it and its lists are kept."""
    if cookie:
        context.add_cookies([cookie])
    page = context.pages[0] if context.pages else context.new_page()
    page.goto(served)
    page.goto(f"{served}/offline")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_selector("details[data-of]:not([hidden])")
    return page


def unfold(page: Any, form: str) -> None:
    page.evaluate(f"document.querySelector(`{form}`).closest('details').open = true")


def repays(page: Any, amount: str, day: str = "") -> None:
    unfold(page, REPAY)
    page.select_option(f"{REPAY} [name=loan_id]", label="Nguyễn Thị Phượng")
    page.fill(f"{REPAY} [name=amount]", amount)
    if day:
        page.fill(f"{REPAY} [name=occurred_on]", day)
    page.click(f"{REPAY} button:not([type])")


def visits(page: Any, note: str, day: str = "") -> None:
    unfold(page, VISIT)
    page.select_option(f"{VISIT} [name=client_id]", label="Hứa Thị Già")
    page.select_option(f"{VISIT} [name=volunteer_ids]", label="Bế Văn Giúp")
    page.check(f"{VISIT} input[value=SOC]")
    page.fill(f"{VISIT} [name=note]", note)
    if day:
        page.fill(f"{VISIT} [name=occurred_on]", day)
    page.click(f"{VISIT} button:not([type])")


def test_two_visits_and_a_repayment_offline_a_503_and_a_restart_are_stored_once_each(
    app: FastAPI, desk: Desk, served: str, line: Line, club: Club, phone: Any, session: Any
) -> None:
    context = phone()
    page = opened(context, served, session(club.treasurer, of_club(club)))
    context.set_offline(True)
    page.goto(f"{served}/more")
    assert page.inner_text("h1") == "Ghi khi mất mạng", "any address leads to what works"
    page.wait_for_selector("details[data-of=loans]:not([hidden])")
    repays(page, "500.000")
    counts(page, 1)
    visits(page, "Bà ăn được")
    counts(page, 2)
    visits(page, "Bà ngủ ít", f"{desk.today - timedelta(days=1):%d/%m/%Y}")
    counts(page, 3)
    assert "phiếu chờ gửi · Ngoại tuyến" in page.inner_text("[data-outbox]")
    assert not stored(app)

    line.losses = 1
    context = phone()
    page = context.pages[0]
    page.goto(f"{served}/more")
    counts(page, 0)
    assert stored(app) == {"loans.RepaymentReceived": 1, "care.VisitMade": 2}
    sent = Counter(line.keys)
    assert sorted(sent.values()) == [1, 1, 2], "one was stored, its answer lost, and sent again"


def test_a_volunteer_names_whom_they_visit_and_nobody_else(
    browser: Any, club: Club, served: str
) -> None:
    volunteer = browser(club.volunteer, grants=of_club(club, Role.VOLUNTEER))
    lists = volunteer.get(f"/clubs/{club.club_id}/offline-lists").json()
    assert [one["name"] for one in lists["clients"]] == ["Hứa Thị Già"]
    assert [one["name"] for one in lists["volunteers"]] == ["Bế Văn Giúp"]
    assert not lists.keys() & {"loans", "members"}
    stranger = browser(club.borrower, grants=of_club(club, Role.MEMBER))
    assert stranger.get(f"/clubs/{club.club_id}/offline-lists").status_code == 404


def test_what_another_wrote_meanwhile_is_shown_to_a_person_and_never_written_over(
    app: FastAPI, desk: Desk, served: str, club: Club, phone: Any, session: Any, follower: Follower
) -> None:
    context = phone()
    page = opened(context, served, session(club.chair, of_club(club)))
    context.set_offline(True)
    repays(page, "500.000")
    unfold(page, MEET)
    page.fill(f"{MEET} [name=head_count]", "41")
    page.click(f"{MEET} button:not([type])")
    counts(page, 2)
    club.repaid(club.loan, 450_000, desk.today)
    meeting = HoldMeeting(meeting_id=desk.new_id(), occurred_on=desk.today, head_count=39)
    clubs.record(desk, SYSTEM, club.club_id, meeting)
    follower.catch_up(60)
    before = desk.log.head()

    context.set_offline(False)
    page.wait_for_selector("[data-outbox][data-state=refused]")
    page.wait_for_selector("[data-outbox-list] li:nth-child(2) button")
    listed = page.inner_text("[data-outbox-list]")
    assert "Nguyễn Thị Phượng · 500.000" in listed
    assert "Sổ đã có một phiếu như vậy của ngày này" in listed
    assert "Ngày này đã ghi một buổi sinh hoạt." in listed
    page.reload()
    counts(page, 2)
    assert desk.log.head() == before, "nobody said yet what is to become of them"

    page.click("[data-outbox-list] li:has-text('Thu nợ') button:has-text('Vẫn gửi')")
    counts(page, 1)
    page.click("[data-outbox-list] li:has-text('Có mặt') button:has-text('Bỏ phiếu này')")
    counts(page, 0)
    assert stored(app) == {"loans.RepaymentReceived": 2, "clubs.MeetingHeld": 1}


def test_on_a_shared_phone_entries_wait_for_whoever_made_them(
    app: FastAPI, served: str, club: Club, phone: Any, session: Any
) -> None:
    context = phone()
    treasurer = session(club.treasurer, of_club(club))
    page = opened(context, served, treasurer)
    context.set_offline(True)
    repays(page, "500.000")
    counts(page, 1)
    context.set_offline(False)
    context.clear_cookies()
    page.goto(f"{served}/login")
    counts(page, 1)
    context.add_cookies([session(club.chair, of_club(club))])
    page.goto(served)
    page.goto(f"{served}/offline")
    page.wait_for_selector("[data-outbox-list] li")
    counts(page, 1)
    listed = page.inner_text("[data-outbox-list]")
    assert "của người khác" in listed
    assert "Phượng" not in listed
    assert not stored(app)
    context.add_cookies([treasurer])
    page.goto(served)
    counts(page, 0)
    assert recorded_by(app) == club.treasurer


def recorded_by(app: FastAPI) -> UUID:
    with app.state.parts.database.connection() as connection:
        row = connection.execute(
            "SELECT actor FROM log.events WHERE topic = 'loans.RepaymentReceived'"
        ).fetchone()
    return UUID(row[0])


def test_a_day_that_is_none_is_asked_about_before_it_is_kept(
    served: str, club: Club, phone: Any, session: Any
) -> None:
    page = opened(phone(), served, session(club.treasurer, of_club(club)))
    repays(page, "500.000", "31/02/2026")
    assert not page.evaluate(f"document.querySelector('{REPAY}').checkValidity()")
    page.fill(f"{REPAY} [name=occurred_on]", "01032026")
    page.click(f"{REPAY} button:not([type])")
    page.wait_for_selector("[data-outbox-told]:has-text('Ngày')")
