"""What somebody logged in tries who wants more than theirs: accounts mightier than their own, what
waits elsewhere, people like themselves, and other days of the books."""

import json
import re
from base64 import urlsafe_b64encode
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from audit.unusual import RULES
from desk import books
from desk.desk import Desk
from domain.accounts.roles import Grant, Role, Scope
from domain.loans.commands import ReceiveDues
from logins import account_for, bearer, granted
from projections.follower import Follower
from tests.api.hands import Hands, key
from tests.api.places import Place, grant_of, places
from tests.api.problems import refused
from village import DAY, SYSTEM, Village
from web.app import install


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    install(app)
    return app


def sends(client: TestClient, address: str, by: dict[str, str], body: Any = None) -> Any:
    return client.post(f"/v1{address}", json=body or {}, headers=by | {"Idempotency-Key": key()})


@pytest.fixture
def three(desk: Desk, follower: Follower) -> list[Place]:
    made = places(desk)
    follower.catch_up()
    return made


def by(desk: Desk, place: Place, role: Role) -> dict[str, str]:
    return bearer(desk, place.people[role], [grant_of(role, place)])


# --- accounts -----------------------------------------------------------------------------------


def test_nobody_gets_at_an_account_by_which_more_can_be_done_than_by_their_own(
    client: TestClient, desk: Desk, three: list[Place]
) -> None:
    """A commune's officer would give a reset code to the provincial officer, who is a member of a
    club there, and choose the new password; a commune's administrator would shut them out."""
    own = three[0]
    officer, administrator = (
        by(desk, own, role) for role in (Role.COMMUNE_OFFICER, Role.ADMINISTRATOR)
    )
    village = own.village
    province = Scope(kind="province", id=own.codes[1])
    club = Scope(kind="club", id=str(village.club_id))
    mightier = village.member("Người cấp tỉnh")
    account_for(desk, mightier, [granted(Role.PROVINCIAL_OFFICER, province)])
    elsewhere = village.member("Thủ quỹ nơi khác")
    other = Scope(kind="club", id=str(three[1].village.club_id))
    account_for(desk, elsewhere, [granted(Role.TREASURER, other)])
    for who in (mightier, elsewhere):
        at = f"/members/{who}/account"
        for sender in (officer, administrator):
            refused(sends(client, f"{at}/reset-code", sender), 404, "not-found")
        refused(sends(client, f"{at}/disabling", administrator), 404, "not-found")
    runs = own.people[Role.ADMINISTRATOR]
    refused(sends(client, f"/members/{runs}/account/reset-code", officer), 404, "not-found")
    # The controls: who is theirs gets a code from either.
    treasurer = village.member("Thủ quỹ ở đây")
    account_for(desk, treasurer, [granted(Role.TREASURER, club)])
    for sender in (officer, administrator):
        told = sends(client, f"/members/{treasurer}/account/reset-code", sender)
        assert told.status_code == 201, told.text
    assert sends(client, f"/members/{runs}/account/reset-code", administrator).status_code == 201
    assert (
        sends(client, f"/members/{treasurer}/account/disabling", administrator).status_code == 201
    )


def test_a_role_that_waits_elsewhere_is_no_administrator_s_to_see(
    client: TestClient, desk: Desk, three: list[Place]
) -> None:
    """Each place has a role that waits; a commune's administrator may agree to their own."""
    shown = client.get("/v1/me/inbox", headers=by(desk, three[0], Role.ADMINISTRATOR)).json()
    assert [one["grant"]["id"] for one in shown["roles"]] == [str(three[0].ids["grant_id"])]
    nation = bearer(desk, three[2].village.chair, [granted(Role.ADMINISTRATOR)])
    assert len(client.get("/v1/me/inbox", headers=nation).json()["roles"]) == 3


# --- the inbox ----------------------------------------------------------------------------------


def test_an_inbox_shows_each_office_what_it_may_let_stand(
    client: TestClient, desk: Desk, village: Village, follower: Follower
) -> None:
    """The wall between money and health stands in the inbox too."""
    here = Scope(kind="club", id=str(village.club_id))
    loan = village.requested(village.member("Hoàng Thị Dung"), 2_000_000)
    dues = ReceiveDues(occurred_on=DAY, amount=100_000)
    entry = books.record(desk, SYSTEM, village.club_id, dues).event_id
    on = {"occurred_on": DAY.isoformat(), "reason": "Ghi trùng"}
    Hands(client, village.secretary).done(f"/events/{entry}/reversal", on)
    visit = visited(desk, village)
    Hands(client, village.secretary).done(f"/events/{visit}/reversal", on)
    follower.catch_up()

    def shown(role: Role) -> tuple[set[str], set[str]]:
        somebody = village.member(f"Người {role}")
        headers = bearer(desk, somebody, [granted(role, here)])
        told = client.get("/v1/me/inbox", headers=headers).json()
        return {one["event_id"] for one in told["to_approve"]}, {
            one["loan_id"] for one in told["loans"]
        }

    assert shown(Role.CHAIR) == ({str(entry)}, {str(loan)})
    assert shown(Role.TREASURER) == (set(), {str(loan)})
    assert shown(Role.CARE_COORDINATOR) == ({str(visit)}, set())


def visited(desk: Desk, village: Village) -> UUID:
    from tests.api.scenes import _visited

    return _visited(village)["event_id"]


# --- people like oneself ------------------------------------------------------------------------


def test_who_is_shown_themselves_alone_is_not_shown_people_like_them(
    client: TestClient, desk: Desk, village: Village, follower: Follower
) -> None:
    here = Scope(kind="club", id=str(village.club_id))
    one, other = (village.member("Hoàng Thị Dung") for _ in range(2))
    follower.catch_up()
    address = f"/v1/members/{one}/duplicates"

    def found(who: UUID, grant: Grant) -> list[str]:
        answer = client.get(address, headers=bearer(desk, who, [grant]))
        assert answer.status_code == 200, answer.text
        return [row["id"] for row in answer.json()["items"]]

    assert found(village.secretary, granted(Role.SECRETARY, here)) == [str(other)]
    assert found(one, granted(Role.MEMBER, here)) == []
    relative = Scope(kind="person", id=str(one))
    assert found(village.chair, granted(Role.RELATIVE, relative)) == []


# --- an auditor's days --------------------------------------------------------------------------


@pytest.fixture
def auditor(desk: Desk, village: Village, follower: Follower) -> dict[str, str]:
    """Of April alone; the loan was paid out in March and repaid in April."""
    loan = village.lent(village.member("Hoàng Thị Dung"), 5_000_000)
    village.repaid(loan, 535_000, date(2026, 4, 10))
    follower.catch_up()
    club = Scope(kind="club", id=str(village.club_id))
    days = {"books_from": date(2026, 4, 1), "books_to": date(2026, 4, 30)}
    return bearer(desk, village.member("Kiểm toán viên"), [granted(Role.AUDITOR, club, **days)])


def test_other_days_than_an_auditor_s_are_not_there_on_pages_either(
    client: TestClient, village: Village, auditor: dict[str, str], desk: Desk
) -> None:
    with desk.log.database.connection() as connection:
        events = dict(connection.execute(
            """SELECT topic, event_id FROM log.events WHERE club_id = %s
               AND topic IN ('loans.LoanDisbursed', 'loans.RepaymentReceived')""",
            (village.club_id,),
        ).fetchall())  # fmt: skip
    club = f"/clubs/{village.club_id}"
    page = auditor | {"Accept": "text/html"}
    for address, status in (
        (f"/events/{events['loans.LoanDisbursed']}", 404),
        (f"/events/{events['loans.RepaymentReceived']}", 200),
        (f"{club}/reconcile", 404),
        (f"/audit{club}/bundle.zip", 404),
        (f"/audit{club}", 200),
        (f"{club}/cash-book?from=2026-03-01", 404),
    ):
        answer = client.get(address, headers=page, follow_redirects=False)
        assert answer.status_code == status, (address, answer.text)
    assert "5.000.000" not in client.get(f"/audit{club}", headers=page).text
    whole = client.get(f"/audit{club}", headers={"Accept": "text/html"})
    assert "5.000.000" in whole.text, "the control"


def test_an_auditor_s_books_open_at_their_days_and_end_today_where_these_go_on(
    client: TestClient, village: Village, auditor: dict[str, str], desk: Desk
) -> None:
    """Without a word about days, on pages and in the API; nothing leads elsewhere."""
    here = Scope(kind="club", id=str(village.club_id))
    since = granted(Role.AUDITOR, here, books_from=date(2026, 3, 1))
    going_on = bearer(desk, village.member("Kiểm toán từ tháng ba"), [since])
    club, today = f"/clubs/{village.club_id}", desk.today.isoformat()
    for of_days, first, last in (
        (auditor, "2026-04-01", "2026-04-30"),
        (going_on, "2026-03-01", today),
    ):
        told = client.get(f"/v1{club}/cash-book", headers=of_days).json()
        assert (told["from"], told["to"]) == (first, last)
        for name in ("cash-book", "ledger", "loan-book", "report"):
            answer = client.get(club + f"/{name}", headers=of_days | {"Accept": "text/html"})
            assert answer.status_code == 200, (name, answer.text)
            assert "/reconcile" not in answer.text


def test_no_cursor_leads_an_auditor_to_other_days(
    client: TestClient, village: Village, auditor: dict[str, str], desk: Desk
) -> None:
    """A cursor names a day too, and anybody can write one."""
    here = Scope(kind="club", id=str(village.club_id))
    club = f"/v1/clubs/{village.club_id}"
    going_on = granted(Role.AUDITOR, here, books_from=date(2026, 4, 1))
    to_come = granted(Role.AUDITOR, here, books_from=desk.today + timedelta(days=1))
    forged = (
        urlsafe_b64encode(json.dumps([2**63 - 1, "2026-03-31", 0]).encode()).decode().rstrip("=")
    )
    whole = client.get(f"{club}/cash-book?after={forged}").json()
    assert whole["to"] == "2026-03-31", "the control: who sees all days is led there"
    for name, days in (("goes on", going_on), ("to come", to_come)):
        headers = bearer(desk, village.member(f"Kiểm toán {name}"), [days])
        for query in (f"?after={forged}", ""):
            answer = client.get(f"{club}/cash-book{query}", headers=headers)
            assert answer.status_code == 200, answer.text
            assert answer.json()["to"] >= "2026-04-01", (name, query)
        page = client.get(f"/clubs/{village.club_id}/report", headers=headers)
        assert page.status_code == 200, (name, page.text)
    assert (
        client.get(f"{club}/cash-book?after={forged}", headers=auditor).json()["to"] == "2026-04-30"
    )


def test_what_an_auditor_s_pages_count_is_of_their_clubs_and_days(
    client: TestClient, village: Village, auditor: dict[str, str], desk: Desk, follower: Follower
) -> None:
    """A loan was paid out in March here, another elsewhere, of which they audit March alone."""
    elsewhere = Village(desk, capital=10_000_000)
    elsewhere.lent(elsewhere.member("Lý Thị Én"), 1_000_000)
    follower.catch_up()
    both = [
        granted(Role.AUDITOR, Scope(kind="club", id=str(club.club_id)), books_from=first,
                books_to=last)
        for club, first, last in (
            (village, date(2026, 4, 1), date(2026, 4, 30)),
            (elsewhere, date(2026, 3, 1), date(2026, 3, 31)),
        )
    ]  # fmt: skip
    two = bearer(desk, village.member("Kiểm toán hai nơi"), both)
    whole = bearer(desk, village.member("Kiểm toán cả nước"), [granted(Role.AUDITOR)])

    def shown(address: str, headers: dict[str, str]) -> str:
        answer = client.get(address, headers=headers | {"Accept": "text/html"})
        assert answer.status_code == 200, answer.text
        return " ".join(answer.text.split())

    def odd(headers: dict[str, str]) -> int:
        """Without what the hour of this test makes odd: it may run at night."""
        listed = shown("/", headers).partition(f'href="/audit/clubs/{village.club_id}"')[2]
        rows = re.findall(r"<span>([^<]+)</span><span class=\"side\"><strong>(\d+)", listed)
        return sum(int(times) for rule, times in rows if rule != RULES["out-of-hours"][0])

    assert odd(auditor) == 1, "the repayment, entered late"
    assert "0 / 0" in shown("/", auditor)
    assert "0 / 0" in shown("/", two), "of the club that lies open"
    assert "trên 1 lần giải ngân" in shown("/audit", two), "of the other"
    assert shown("/audit", two).count("trên 1 lần giải ngân") == 1
    # The control: to whoever may see it there is something to count, and something odd.
    assert "0 / 2" in shown("/", whole)
    assert shown("/audit", whole).count("trên 1 lần giải ngân") == 2
    here = bearer(desk, village.member("Kiểm toán đây"),
                  [granted(Role.AUDITOR, Scope(kind="club", id=str(village.club_id)))])  # fmt: skip
    assert odd(here) > 1


def test_an_event_of_care_is_no_treasurer_s_to_open(
    client: TestClient, desk: Desk, village: Village, follower: Follower
) -> None:
    here = Scope(kind="club", id=str(village.club_id))
    visit, dues = visited(desk, village), ReceiveDues(occurred_on=DAY, amount=100_000)
    entry = books.record(desk, SYSTEM, village.club_id, dues).event_id
    follower.catch_up()
    for role, of_care, of_money in (
        (Role.TREASURER, 404, 200),
        (Role.CHAIR, 404, 200),
        (Role.AUDITOR, 404, 200),
        (Role.CARE_COORDINATOR, 200, 404),
    ):
        headers = bearer(desk, village.member(f"Người {role}"), [granted(role, here)])
        headers |= {"Accept": "text/html"}
        for event, status in ((visit, of_care), (entry, of_money)):
            answer = client.get(f"/events/{event}", headers=headers)
            assert answer.status_code == status, (role, answer.text)


def test_a_province_s_report_keeps_to_an_auditor_s_days(
    client: TestClient, auditor: dict[str, str]
) -> None:
    def lent(headers: dict[str, str], query: str = "") -> int:
        told = client.get(f"/v1/reports/province{query}", headers=headers).json()
        return next(row["numerator"] for row in told["rows"] if row["key"] == "lent")

    assert lent({}) == 5_000_000
    assert lent(auditor) == 0
    refused(client.get("/v1/reports/province?from=2026-03-01", headers=auditor), 404, "not-found")
    for kind in ("csv", "xlsx"):
        events = f"/v1/reports/province/lent/events.{kind}?from=2026-03-01"
        refused(client.get(events, headers=auditor), 404, "not-found")
