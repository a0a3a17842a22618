"""The access log at the door: who came in, who could not, who went, what was refused to whom; and
files that left the house."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.permissions import routes_of
from audit.checks import run
from conftest import Server
from desk import accounts
from desk.accounts import NewAccount
from desk.books import book_story
from desk.desk import KINDS, Desk
from desk.evidence import seal_access_log
from domain.accounts.roles import Role, Scope
from domain.histories import account_of
from logins import bearer, granted
from photos import JPEG
from projections.follower import Follower
from store import passwords
from store.database import Database
from tests.api.problems import refused
from village import SYSTEM, Village
from web.app import install

PASSWORD, NEW, PIN = "cây đa bến nước sân đình", "sông Kỳ Cùng chảy ngược", "240159"
_HASHED = passwords.hashed(PASSWORD)
OURS = {"Sec-Fetch-Site": "same-origin"}
NOWHERE = UUID("0199c1c0-0000-7000-8000-00000000beef")

Rows = Callable[[], list[tuple[Any, ...]]]


@pytest.fixture
def app(database: Database, follower: Follower, desk: Desk) -> FastAPI:
    # Others may keep the machine busy: nobody is sent away for that here.
    return create_app(database, follower, desk.keys, desk, deadline_seconds=60)


@pytest.fixture
def rows(database: Database) -> Rows:
    """Whole lines but their numbers and times."""

    def read() -> list[tuple[Any, ...]]:
        with database.connection() as connection:
            return connection.execute(
                "SELECT kind, person_id, subject_ids, purpose, what FROM access.log ORDER BY id"
            ).fetchall()

    return read


@pytest.fixture
def treasurer(desk: Desk, village: Village) -> UUID:
    for person_id, user in ((village.treasurer, "quy.loc"), (village.chair, "chu.nong")):
        accounts.open_account(desk, SYSTEM, person_id, NewAccount(user_name=user), None)
        desk.access.set_password(account_of(person_id), _HASHED, desk.clock())
    return village.treasurer


@pytest.fixture
def browser(app: FastAPI) -> Callable[..., TestClient]:
    def make(address: str = "10.0.0.1") -> TestClient:
        return TestClient(
            app, raise_server_exceptions=False, client=(address, 50_000), headers=OURS
        )

    return make


def log_in(at: TestClient, user: str = "quy.loc", password: str = PASSWORD) -> Any:
    return at.post("/v1/sessions", json={"user": user, "password": password})


def test_who_comes_in_and_goes_leaves_a_line(
    browser: Callable[..., TestClient], treasurer: UUID, rows: Rows
) -> None:
    at, phone = browser(), browser()
    log_in(at)
    log_in(at)  # again at the same browser
    log_in(phone)
    [device] = [d for d in at.get("/v1/sessions").json()["items"] if not d["this"]]
    at.delete(f"/v1/sessions/{device['id']}")
    log_in(phone)
    at.delete("/v1/sessions")
    at.delete("/v1/sessions/current")
    at.delete("/v1/sessions/current")  # there is none any more
    one = (treasurer, [treasurer])
    assert rows() == [
        ("sign-in", *one, "password", "begun"),
        ("sign-out", *one, "session", "replaced"),
        ("sign-in", *one, "password", "begun"),
        ("sign-in", *one, "password", "begun"),
        ("sign-out", *one, "session", "ended"),
        ("sign-in", *one, "password", "begun"),
        ("sign-out", *one, "session", "ended"),
        ("sign-out", *one, "session", "left"),
    ]


def test_who_is_not_let_in_is_nobody_and_whose_account_it_was_is_known(
    browser: Callable[..., TestClient], treasurer: UUID, rows: Rows, desk: Desk
) -> None:
    at = browser()
    log_in(at, password="sai mật khẩu rồi")
    log_in(at, "không.có", "sai mật khẩu rồi")
    accounts.disable(desk, SYSTEM, treasurer, None)
    log_in(at)
    assert rows() == [
        ("sign-in", None, [treasurer], "password", "refused"),
        ("sign-in", None, [], "password", "refused"),
        ("sign-in", None, [treasurer], "password", "refused"),
    ]


def test_every_other_way_in_leaves_its_line_too(
    browser: Callable[..., TestClient], treasurer: UUID, village: Village, rows: Rows, desk: Desk
) -> None:
    account_id = account_of(treasurer)
    desk.access.set_pin(account_id, passwords.hashed(desk.access.peppered(account_id, PIN)))
    phone = browser()
    log_in(phone, "chu.nong")
    for pin in ("000000", PIN):
        phone.post("/v1/turns", json={"user": "quy.loc", "pin": pin})
    code = desk.access.make_reset_code(account_id, desk.clock())
    reset = {"user": "quy.loc", "code": "AAAA-BBBB-CCCC", "password": NEW}
    at = browser("10.0.0.2")
    at.post("/v1/password-resets", json=reset)
    done = at.post("/v1/password-resets", json=reset | {"code": code})
    assert done.status_code == 204, done.text
    log_in(at, password=NEW)
    at.post("/v1/me/password", json={"old": "sai mật khẩu rồi", "new": PASSWORD})
    at.post("/v1/me/password", json={"old": NEW, "new": PASSWORD})
    one = [treasurer]
    assert [row for row in rows() if row[2] == one] == [
        ("sign-in", None, one, "pin", "refused"),
        ("sign-in", treasurer, one, "pin", "begun"),
        ("sign-in", None, one, "reset-code", "refused"),
        ("sign-in", treasurer, one, "reset-code", "taken"),
        ("sign-out", treasurer, one, "session", "password-set"),  # the turn
        ("sign-in", treasurer, one, "password", "begun"),
        ("sign-in", None, one, "password", "refused"),
        ("sign-out", treasurer, one, "session", "password-set"),
    ]


def test_a_session_that_ends_by_itself_is_told_when_it_is_swept(
    browser: Callable[..., TestClient], treasurer: UUID, rows: Rows, desk: Desk
) -> None:
    now = [datetime(2026, 11, 28, 8, tzinfo=UTC)]
    desk.clock = lambda: now[0]
    log_in(browser())
    now[0] += timedelta(hours=13)
    log_in(browser(), "chu.nong")
    assert rows()[1] == ("sign-out", treasurer, [treasurer], "session", "expired")


def test_whoever_is_throttled_fills_no_log(
    browser: Callable[..., TestClient], treasurer: UUID, rows: Rows
) -> None:
    at = browser()
    answers = [log_in(at, f"ai.do.{n}", "mot cau do truoc").status_code for n in range(50)]
    assert answers == [401] * 40 + [429] * 10
    assert len(rows()) == 40


def test_no_word_of_the_callers_is_written(
    browser: Callable[..., TestClient], treasurer: UUID, database: Database
) -> None:
    at = browser()
    planted = "Tong Thi Bi Mat"
    at.headers["user-agent"] = planted
    log_in(at, planted, planted)
    log_in(at)
    at.get(f"/v1/members/{planted}", headers={"X-Reason": "bi mat", "X-Request-Id": planted})
    at.get(f"/v1/members/{NOWHERE}", params={"q": planted})
    with database.connection() as connection:
        written = str(connection.execute("SELECT l::text FROM access.log l").fetchall())
    assert planted not in written
    assert str(NOWHERE) not in written, "an id that names nobody may be a text too"


# --- refusals --------------------------------------------------------------------------------


def stranger(desk: Desk, village: Village) -> dict[str, str]:
    """The secretary, of another club alone."""
    elsewhere = Scope(kind="club", id=str(NOWHERE))
    return bearer(desk, village.secretary, [granted(Role.SECRETARY, elsewhere)])


def test_a_refusal_is_written_with_who_what_and_whom(
    client: TestClient, village: Village, follower: Follower, rows: Rows, desk: Desk
) -> None:
    follower.catch_up()
    by = stranger(desk, village)
    for address in (f"/v1/members/{village.chair}", f"/v1/members/{village.chair}/history"):
        refused(client.get(address, headers=by), 404, "not-found")
    refused(client.get(f"/v1/clubs/{village.club_id}/ledger", headers=by), 404, "not-found")
    refused(client.get("/v1/sign-ins", headers=by), 404, "not-found")
    refused(client.get(f"/v1/members/{NOWHERE}", headers=by), 404, "not-found")
    who = village.secretary
    assert rows() == [
        ("refusal", who, [village.chair], "read-people", "refused"),
        ("refusal", who, [village.chair], "read-people", "refused"),
        ("refusal", who, [], "read-books", "refused"),
        ("refusal", who, [], "administer", "refused"),
        ("refusal", who, [], "read-people", "refused"),
    ]


def test_a_missing_reason_is_a_refusal_and_what_nobody_asked_for_is_none(
    client: TestClient, village: Village, follower: Follower, rows: Rows, desk: Desk
) -> None:
    follower.catch_up()
    province = granted(Role.PROVINCIAL_OFFICER, Scope(kind="nation"))
    by = bearer(desk, village.secretary, [province])
    address = f"/v1/clubs/{village.club_id}/members"
    refused(client.get(address, headers=by), 403, "reason-needed")
    assert rows() == [("refusal", village.secretary, [], "read-people", "refused")]
    assert client.get("/v1/clubs", headers=by).status_code == 200
    refused(client.get(address, headers={"Authorization": ""}), 401, "not-logged-in")
    assert len(rows()) == 1, "nobody is no account"


def test_an_auditor_who_asks_for_other_days_is_written_down(
    client: TestClient, village: Village, follower: Follower, rows: Rows, desk: Desk
) -> None:
    follower.catch_up()
    club = Scope(kind="club", id=str(village.club_id))
    first, last = datetime(2026, 1, 1).date(), datetime(2026, 3, 31).date()  # noqa: DTZ001
    auditor = granted(Role.AUDITOR, club, books_from=first, books_to=last)
    by = bearer(desk, village.secretary, [auditor])
    address = f"/v1/clubs/{village.club_id}/ledger?from=2025-01-01"
    refused(client.get(address, headers=by), 404, "not-found")
    assert rows() == [("refusal", village.secretary, [], "read-books", "refused")]


def test_a_command_that_is_refused_leaves_its_line_though_nothing_else_is_kept(
    client: TestClient, village: Village, rows: Rows, desk: Desk
) -> None:
    by = stranger(desk, village) | {"Idempotency-Key": "x" * 20}
    head = desk.log.head()
    body = {"occurred_on": "2026-03-10", "amount": 1_000}
    refused(client.post(f"/v1/clubs/{village.club_id}/dues", json=body, headers=by), 404,
            "not-found")  # fmt: skip
    assert desk.log.head() == head
    assert rows() == [("refusal", village.secretary, [], "write-books", "refused")]


def test_what_a_token_or_a_turn_is_not_for_is_a_refusal(
    browser: Callable[..., TestClient], treasurer: UUID, village: Village, rows: Rows, desk: Desk
) -> None:
    account_id, now = account_of(treasurer), desk.clock()
    _, token = desk.access.make_token(account_id, "máy đọc", ("read",), now + timedelta(1), now)
    desk.access.begin(account_id, "máy của thủ quỹ", now)
    [device] = desk.access.sessions(account_id, now)
    turn, _ = desk.access.begin(account_id, "máy ấy", now, host=device.session_id, how="pin")
    before = len(rows())
    at = browser()
    at.headers["authorization"] = f"Bearer {token}"
    dues = f"/v1/clubs/{village.club_id}/dues"
    refused(at.post(dues, json={}), 403, "out-of-scope")
    refused(at.get("/v1/me/tokens"), 403, "session-needed")
    at.headers["authorization"] = f"Bearer {turn}"
    refused(at.get("/v1/me"), 403, "out-of-scope")
    refused(at.delete(f"/v1/sessions/{device.session_id}"), 403, "session-needed")
    refused(at.post("/v1/turns", json={"user": "chu.nong", "pin": PIN}), 403, "session-needed")
    assert rows()[before:] == [
        ("refusal", treasurer, [], "receive-dues", "out-of-scope"),
        ("refusal", treasurer, [], "list-tokens", "session-needed"),
        ("refusal", treasurer, [], "show-me", "out-of-scope"),
        ("refusal", treasurer, [], "end-session", "session-needed"),
        ("refusal", treasurer, [], "take-turn", "session-needed"),
    ]


def test_every_route_s_name_can_stand_in_the_log(app: FastAPI) -> None:
    install(app)
    names = [route.name.replace("_", "-") for route in routes_of(app)]
    assert len(names) > 200
    assert [name for name in names if not re.fullmatch("[a-z-]{1,40}", name)] == []


# --- files -----------------------------------------------------------------------------------


def test_every_file_that_leaves_the_house_leaves_a_line(
    client: TestClient, village: Village, follower: Follower, rows: Rows, desk: Desk
) -> None:
    borrower = village.member("Hoàng Thị Dung")
    village.lent(borrower, 1_000_000)
    payout = book_story(desk.log, village.club_id)[-1].id
    photo = client.post(
        f"/v1/events/{payout}/attachments?kind=voucher",
        content=JPEG,
        headers={"Idempotency-Key": "x" * 20, "Content-Type": "image/jpeg"},
    ).json()["id"]
    follower.catch_up()
    club = f"/v1/clubs/{village.club_id}"
    everybody = {village.chair, village.treasurer}
    for address, people, what in (
        (f"{club}/members.csv", everybody, "list_members"),
        (f"{club}/loans.xlsx", {borrower}, "list_loans"),
        (f"{club}/vouchers.csv", None, "list_vouchers"),
        (f"{club}/statements.pdf?member_id={borrower}", {borrower}, "print_statements"),
        (f"{club}/health-sheet.pdf", None, "print_health_sheet"),
        (f"/v1/reports/clubs/{village.club_id}.pdf", None, "show_club_report"),
        (f"/v1/reports/clubs/{village.club_id}.csv", None, "show_club_report_csv"),
        ("/v1/reports/province.pdf", None, "show_province_report_pdf"),
        ("/v1/reports/province.xlsx", None, "show_province_report_xlsx"),
        ("/v1/reports/province/clubs/events.csv", None, "list_province_figure_events"),
        (f"/v1/attachments/{photo}", {borrower}, "show_attachment"),
        (f"{club}/members.csv?q=khong+ai", set(), "list_members"),  # an empty file is one too
        (f"/v1/members/{borrower}/data.xlsx", {borrower}, "show_data"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text)
        kind, _, subjects, _, named = rows()[-1]
        assert (kind, named) == ("export", what), address
        if people is not None:
            assert people <= set(subjects), address


def test_one_s_own_data_taken_away_is_a_file_too(
    client: TestClient, village: Village, follower: Follower, rows: Rows, desk: Desk
) -> None:
    follower.catch_up()
    address = f"/v1/members/{village.chair}/data.xlsx"
    assert client.get(address, headers=bearer(desk, village.chair)).status_code == 200
    assert rows() == [("export", village.chair, [], "file", "show_data")]


# --- who is told ------------------------------------------------------------------------------


def test_everybody_is_told_of_their_own_door_and_of_no_other(
    browser: Callable[..., TestClient], treasurer: UUID, follower: Follower
) -> None:
    follower.catch_up()
    attacker = browser("10.0.0.66")
    log_in(attacker, password="đoán bừa một câu")
    chair = browser()
    log_in(chair, "chu.nong")
    at = browser()
    log_in(at)
    told = at.get("/v1/me/sign-ins").json()["items"]
    assert [(one["kind"], one["how"], one["what"]) for one in told] == [
        ("sign-in", "password", "begun"),
        ("sign-in", "password", "refused"),
    ]
    assert {one["person_id"] for one in told} == {str(treasurer)}
    page = at.get("/v1/me/sign-ins", params={"limit": 1}).json()
    more = at.get("/v1/me/sign-ins", params={"limit": 1, "after": page["next"]}).json()
    assert page["items"] + more["items"] == told
    looks = at.get(f"/v1/members/{treasurer}/readings")
    assert looks.status_code == 404, "without a role: the door alone is one's own"


def test_a_sign_in_is_no_look_at_somebody(
    client: TestClient, browser: Callable[..., TestClient], treasurer: UUID, follower: Follower
) -> None:
    log_in(browser())
    follower.catch_up()
    assert client.get(f"/v1/members/{treasurer}/readings").json()["items"] == []


def test_an_administrator_is_told_of_their_place_and_the_nations_of_all(
    client: TestClient, browser: Callable[..., TestClient], treasurer: UUID, village: Village,
    follower: Follower, desk: Desk,
) -> None:  # fmt: skip
    far = Village(desk)
    follower.catch_up()
    at = browser()
    log_in(at)
    log_in(at, "không.có", "sai mật khẩu rồi")
    refused(client.get(f"/v1/members/{village.chair}", headers=stranger(desk, village)), 404,
            "not-found")  # fmt: skip
    nation = bearer(desk, village.chair, [granted(Role.ADMINISTRATOR)])
    told = client.get("/v1/sign-ins", headers=nation).json()["items"]
    assert [(one["kind"], one["person_id"], one["how"], one["what"]) for one in told] == [
        ("refusal", str(village.secretary), "read-people", "refused"),
        ("sign-in", None, "password", "refused"),
        ("sign-in", str(treasurer), "password", "begun"),
    ]
    assert told[2]["name"] == "Lộc Văn Quỹ"
    elsewhere = Scope(kind="club", id=str(far.club_id))
    theirs = bearer(
        desk, far.chair, [granted(Role.ADMINISTRATOR, Scope(kind="commune", id="06214"))]
    )
    assert client.get("/v1/sign-ins", headers=theirs).json()["items"] == []
    secretary = bearer(desk, far.secretary, [granted(Role.SECRETARY, elsewhere)])
    refused(client.get("/v1/sign-ins", headers=secretary), 404, "not-found")


# --- what the log can do ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "harm",
    [
        "DROP TABLE access.log",
        "REVOKE EXECUTE ON FUNCTION access.note FROM sochung_read, sochung_app",
        "ALTER TABLE access.log ADD CONSTRAINT is_full CHECK (id < 0) NOT VALID",
    ],
)
def test_without_the_log_nobody_comes_in(
    server: Server, database_name: str, browser: Callable[..., TestClient], treasurer: UUID,
    database: Database, harm: str,
) -> None:  # fmt: skip
    with psycopg.connect(server.admin(database_name), autocommit=True) as administrator:
        administrator.execute(harm.encode())
    for password in (PASSWORD, "sai mật khẩu rồi"):
        answer = log_in(browser(), password=password)
        refused(answer, 503, "unavailable")
        assert "set-cookie" not in answer.headers
    with database.connection() as connection:
        assert connection.execute("SELECT 1 FROM access.sessions").fetchall() == []


def test_a_reset_code_is_good_as_long_as_nothing_came_of_it(
    server: Server, database_name: str, browser: Callable[..., TestClient], treasurer: UUID,
    desk: Desk,
) -> None:  # fmt: skip
    """The log is full between the code and the password: neither happened."""
    code = desk.access.make_reset_code(account_of(treasurer), desk.clock())
    reset = {"user": "quy.loc", "code": code, "password": NEW}
    full = "ALTER TABLE access.log ADD CONSTRAINT is_full CHECK (id < 0) NOT VALID"
    with psycopg.connect(server.admin(database_name), autocommit=True) as administrator:
        administrator.execute(full.encode())
        refused(browser().post("/v1/password-resets", json=reset), 503, "unavailable")
        administrator.execute("ALTER TABLE access.log DROP CONSTRAINT is_full")
    assert log_in(browser()).status_code == 201, "the old password still is"
    assert browser().post("/v1/password-resets", json=reset).status_code == 204
    assert log_in(browser(), password=NEW).status_code == 201


def test_the_days_seal_covers_the_door(
    server: Server, database_name: str, database: Database, desk: Desk, treasurer: UUID,
    browser: Callable[..., TestClient],
) -> None:  # fmt: skip
    at = browser()
    log_in(at, password="sai mật khẩu rồi")
    log_in(at)
    at.delete("/v1/sessions/current")
    refused(at.get("/v1/sign-ins", headers=stranger(desk, Village(desk))), 404, "not-found")
    tomorrow = Desk(desk.log, desk.keys, lambda: datetime.now(UTC) + timedelta(days=1))
    assert seal_access_log(tomorrow, "system") == [desk.today]

    def found() -> list[str]:
        return [one.code for one in run(database, KINDS).findings if one.check == "access-log"]

    assert found() == []
    with psycopg.connect(server.admin(database_name), autocommit=True) as administrator:
        administrator.execute("ALTER TABLE access.log DISABLE TRIGGER append_only")
        administrator.execute("DELETE FROM access.log WHERE what = 'refused' AND kind = 'sign-in'")
    assert found() == ["access-log-differs"]
