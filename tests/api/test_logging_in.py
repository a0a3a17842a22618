"""Logging in and out: sessions, guesses, one-time codes, the phone that goes round the table."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pyotp
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from desk import accounts, books
from desk.accounts import NewAccount
from desk.desk import Call, Desk
from domain.accounts.account import ACCOUNT
from domain.accounts.events import RoleGranted
from domain.accounts.roles import Role, Scope
from domain.histories import account_of, book_of
from domain.loans.commands import PayExpense, ReceiveDues
from domain.loans.events import EntryConfirmed
from logins import bearer, granted
from projections.follower import Follower
from store import passwords
from store.database import Database
from store.log import Work
from tests.api.hands import Hands, key
from tests.api.problems import refused
from village import DAY, SYSTEM, Village

PASSWORD, PIN = "cây đa bến nước sân đình", "240159"
NEW = "sông Kỳ Cùng chảy ngược"
_HASHED = passwords.hashed(PASSWORD)

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
"""As a browser says of what its own page sends."""


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(desk: Desk) -> Clock:
    clock = Clock()
    desk.clock = clock
    return clock


class People:
    """Accounts of the village's people, with a password each."""

    def __init__(self, desk: Desk, village: Village) -> None:
        self.desk, self.village = desk, village
        self.treasurer = self.opened(village.treasurer, "quy.loc", phone="0912 345 678")
        self.chair = self.opened(village.chair, "chu.nong")

    def opened(self, person_id: UUID, user: str, phone: str | None = None) -> UUID:
        told = NewAccount(user_name=user, phone=phone)
        accounts.open_account(self.desk, SYSTEM, person_id, told, None)
        account_id = account_of(person_id)
        self.desk.access.set_password(account_id, _HASHED, self.desk.clock())
        return person_id

    def given(self, person_id: UUID, role: Role) -> None:
        """A role in the whole nation."""

        def work(unit: Work) -> str:
            unit.load(ACCOUNT, account_of(person_id))
            given = RoleGranted(
                occurred_on=DAY,
                person_id=person_id,
                grant=granted(role),
                proposed_by=UUID(int=1),
                approved_by=UUID(int=2),
            )
            unit.say(ACCOUNT, account_of(person_id), [given])
            return "{}"

        self.desk.log.carry_out(work, actor="system")

    def with_pin(self, person_id: UUID) -> None:
        account_id = account_of(person_id)
        peppered = self.desk.access.peppered(account_id, PIN)
        self.desk.access.set_pin(account_id, passwords.hashed(peppered))


@pytest.fixture
def people(desk: Desk, village: Village, clock: Clock) -> People:
    return People(desk, village)


@pytest.fixture
def browser(app: FastAPI) -> Callable[..., TestClient]:
    """A browser of its own, at an address."""

    def make(address: str = "10.0.0.1") -> TestClient:
        return TestClient(
            app, raise_server_exceptions=False, client=(address, 50_000), headers=SAME_ORIGIN
        )

    return make


def log_in(at: TestClient, user: str = "quy.loc", password: str = PASSWORD, **more: str) -> Any:
    return at.post("/v1/sessions", json={"user": user, "password": password, **more})


def plant(at: TestClient, token: str) -> None:
    """As another page, or a thief, would put it there."""
    host = at.base_url.host
    at.cookies.set("sochung", token, domain=host if "." in host else f"{host}.local")


def known(at: TestClient) -> bool:
    return at.get("/v1/sessions").status_code == 200


# --- sessions -----------------------------------------------------------------------------------


def test_a_log_in_is_known_by_its_cookie_until_it_is_ended(
    browser: Callable[..., TestClient], people: People
) -> None:
    at = browser()
    refused(at.get("/v1/me"), 401, "not-logged-in")
    for user in ("quy.loc", "QUY.LOC", "0912345678", "+84 912 345 678"):
        answer = log_in(at, user)
        assert answer.status_code == 201, answer.text
        assert answer.json()["person_id"] == str(people.treasurer)
        [cookie] = [
            one for one in answer.headers.get_list("set-cookie") if one.startswith("sochung=")
        ]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
    me = at.get("/v1/me").json()
    assert (me["user_name"], me["has_pin"], me["has_factor"]) == ("quy.loc", False, False)
    token = at.cookies["sochung"]
    assert at.delete("/v1/sessions/current").status_code == 204
    assert not known(at)
    plant(at, token)
    assert not known(at), "the server ended it, not the browser"


def test_over_tls_the_cookie_is_this_hosts_alone(
    database: Database, follower: Follower, desk: Desk, people: People
) -> None:
    app = create_app(database, follower, desk.keys, desk, secure=True)
    with TestClient(app, base_url="https://so.example", headers=SAME_ORIGIN) as at:
        cookies = log_in(at).headers.get_list("set-cookie")
        assert len(cookies) == 2
        for cookie in cookies:
            assert cookie.startswith("__Host-sochung")
            assert "Secure" in cookie
            assert "Path=/" in cookie
            assert "Domain" not in cookie
        assert known(at)
        token = at.cookies["__Host-sochung"]
        at.cookies.clear()
        plant(at, token)
        assert not known(at), "without its prefix anybody's page may have set it"


def test_nobodys_session_is_taken_on(browser: Callable[..., TestClient], people: People) -> None:
    """Fixation: a token from before the log-in is worth nothing after it."""
    at = browser()
    planted = "A" * 43
    plant(at, planted)
    log_in(at)
    first = at.cookies["sochung"]
    assert first != planted
    log_in(at)
    assert at.cookies["sochung"] != first
    other = browser()
    for old in (planted, first):
        plant(other, old)
        assert not known(other)


def test_a_session_ends_by_rest_and_by_age(
    browser: Callable[..., TestClient], people: People, clock: Clock
) -> None:
    at = browser()
    log_in(at)
    clock.pass_by(hours=11, minutes=59)
    assert known(at)
    clock.pass_by(hours=12, minutes=1)
    assert not known(at)
    log_in(at)
    for _ in range(15):
        clock.pass_by(hours=11)
        assert known(at)
    clock.pass_by(hours=11)
    assert not known(at), "after seven days, however busy"


def test_ones_devices_are_listed_and_ended(
    browser: Callable[..., TestClient], people: People, clock: Clock
) -> None:
    phone, computer, chair = browser(), browser(), browser()
    phone.headers["user-agent"] = "an old phone"
    for at in (phone, computer):
        log_in(at)
        clock.pass_by(minutes=2)
    log_in(chair, "chu.nong")
    devices = computer.get("/v1/sessions").json()["items"]
    assert [one["this"] for one in devices] == [True, False]
    assert devices[1]["device"] == "an old phone"
    [theirs] = chair.get("/v1/sessions").json()["items"]
    refused(computer.delete(f"/v1/sessions/{theirs['id']}"), 404, "not-found")
    assert computer.delete(f"/v1/sessions/{devices[1]['id']}").status_code == 204
    assert [known(at) for at in (phone, computer, chair)] == [False, True, True]
    log_in(phone)
    assert computer.delete("/v1/sessions").status_code == 204
    assert [known(at) for at in (phone, computer, chair)] == [False, True, True]


def test_rights_and_accounts_that_are_taken_away_are_gone_at_the_next_request(
    browser: Callable[..., TestClient], people: People, desk: Desk, village: Village
) -> None:
    told = {
        "role": "treasurer",
        "scope": {"kind": "club", "id": str(village.club_id)},
        "since": "2026-01-01",
    }
    role = accounts.NewRole.model_validate(told)
    given = accounts.propose_role(desk, SYSTEM, people.treasurer, role, village.secretary).id
    at = browser()
    log_in(at)
    assert at.get("/v1/me").json()["roles"] == []
    accounts.approve_role(desk, SYSTEM, people.treasurer, given, people.chair)
    assert [one["role"] for one in at.get("/v1/me").json()["roles"]] == ["treasurer"]
    accounts.withdraw_role(desk, SYSTEM, people.treasurer, given, people.chair)
    assert at.get("/v1/me").json()["roles"] == []
    accounts.disable(desk, SYSTEM, people.treasurer, people.chair)
    refused(at.get("/v1/me"), 401, "not-logged-in")
    refused(log_in(at), 401, "wrong-credentials")
    accounts.enable(desk, SYSTEM, people.treasurer, people.chair)
    assert not known(at), "what was ended stays ended"
    assert log_in(at).status_code == 201


# --- guesses ------------------------------------------------------------------------------------


def test_whatever_is_wrong_is_answered_the_same(
    browser: Callable[..., TestClient], people: People
) -> None:
    at = browser()
    answers = [
        log_in(at, user, "sai mật khẩu rồi") for user in ("quy.loc", "không.có", "0999 999 999")
    ]
    said = []
    for answer in answers:
        body = refused(answer, 401, "wrong-credentials")
        said.append({name: value for name, value in body.items() if name != "instance"})
        assert "set-cookie" not in answer.headers
    assert said[0] == said[1] == said[2]


def test_a_thousand_guesses_are_ten(
    browser: Callable[..., TestClient], people: People, clock: Clock
) -> None:
    """From fifty addresses within a quarter of an hour, and the person gets in all the same."""
    mine = browser("192.168.1.7")
    assert log_in(mine).status_code == 201
    attackers = [browser(f"10.0.{n}.1") for n in range(50)]
    looked_at = 0
    for n in range(1_000):
        clock.pass_by(seconds=0.85)
        answer = log_in(attackers[n % 50], password=f"đoán lần thứ {n}")
        looked_at += answer.status_code == 401
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) > 0
    assert looked_at == 10
    forged = attackers[0].post(
        "/v1/sessions",
        json={"user": "quy.loc", "password": "x" * 12},
        headers={"X-Forwarded-For": "1.2.3.4"},
    )
    refused(forged, 429, "too-many-tries")
    assert log_in(mine).status_code == 201, "on a device that is known"
    clock.pass_by(minutes=15)
    assert log_in(browser("192.168.9.9")).status_code == 201, "on a new one, when it is over"


def test_who_guesses_from_one_address_stops_nobody_at_another(
    browser: Callable[..., TestClient], people: People, clock: Clock
) -> None:
    attacker = browser("10.0.0.66")
    looked_at = 0
    for n in range(60):
        clock.pass_by(seconds=10)
        looked_at += log_in(attacker, password=f"đoán lần thứ {n}").status_code == 401
    assert looked_at == 5
    assert log_in(browser("192.168.1.7")).status_code == 201


def test_each_further_guess_waits_longer(
    browser: Callable[..., TestClient], people: People, clock: Clock
) -> None:
    at = browser()
    for _ in range(3):
        refused(log_in(at, password="sai mật khẩu rồi"), 401, "wrong-credentials")
    assert log_in(at).headers["retry-after"] == "2"
    clock.pass_by(seconds=2)
    refused(log_in(at, password="sai mật khẩu rồi"), 401, "wrong-credentials")
    assert log_in(at).headers["retry-after"] == "4"
    clock.pass_by(seconds=4)
    assert log_in(at).status_code == 201
    clock.pass_by(seconds=1)
    assert log_in(at).status_code == 201, "the right one clears it"


def test_one_guess_on_a_thousand_accounts_is_forty(
    browser: Callable[..., TestClient], people: People, clock: Clock
) -> None:
    at = browser("10.0.0.66")
    answers = []
    for n in range(60):
        clock.pass_by(seconds=1)
        answers.append(log_in(at, f"ai.do.{n}", "mot cau do truoc").status_code)
    assert answers == [401] * 40 + [429] * 20


# --- passwords and codes ------------------------------------------------------------------------


def test_a_new_password_ends_every_session(
    browser: Callable[..., TestClient], people: People
) -> None:
    at, elsewhere = browser(), browser()
    for one in (at, elsewhere):
        log_in(one)
    address = "/v1/me/password"
    refused(at.post(address, json={"old": "sai rồi bà ơi", "new": NEW}), 401, "wrong-credentials")
    for weak in ("ngắn", "123456789012", "aaaaaaaaaaaa", "QUY.LOC.nhà.em", "mật khẩu của tôi"):
        found = at.post(address, json={"old": PASSWORD, "new": weak})
        refused(found, 409, "password-weak")
    assert known(at)
    assert at.post(address, json={"old": PASSWORD, "new": NEW}).status_code == 204
    assert not known(at)
    assert not known(elsewhere)
    refused(log_in(at), 401, "wrong-credentials")
    assert log_in(at, password=NEW).status_code == 201


def test_an_officer_gives_a_code_that_is_good_once_and_for_a_day(
    client: TestClient,
    browser: Callable[..., TestClient],
    people: People,
    desk: Desk,
    clock: Clock,
) -> None:
    officer = Hands(client, people.chair)
    address = f"/members/{people.treasurer}/account/reset-code"
    headers = officer.headers()
    first = client.post(f"/v1{address}", json={}, headers=headers)
    code = first.json()["code"]
    again = client.post(f"/v1{address}", json={}, headers=headers)
    assert "code" not in again.json(), "shown once"
    event = desk.log.story(account_of(people.treasurer))[-1].event
    assert (event.TOPIC, event.given_by) == ("accounts.ResetCodeGiven", people.chair)  # type: ignore[attr-defined]
    with desk.log.database.connection() as connection:
        kept = connection.execute(
            """SELECT convert_from(state, 'UTF8') FROM log.events
               UNION SELECT reply FROM log.commands"""
        ).fetchall()
    assert code not in str(kept)

    at = browser()
    log_in(at)
    reset = {"user": "quy.loc", "code": code, "password": NEW}
    weak = at.post("/v1/password-resets", json=reset | {"password": "ngắn"})
    refused(weak, 409, "password-weak")
    for wrong in ({"code": "AAAA-BBBB-CCCC"}, {"user": "chu.nong"}, {"user": "khong.co"}):
        found = at.post("/v1/password-resets", json=reset | wrong)
        refused(found, 401, "wrong-credentials")
    clock.pass_by(minutes=1)
    done = at.post("/v1/password-resets", json=reset | {"code": code.lower().replace("-", " ")})
    assert done.status_code == 204, done.text
    assert not known(at)
    assert log_in(at, password=NEW).status_code == 201
    clock.pass_by(minutes=1)
    refused(at.post("/v1/password-resets", json=reset), 401, "wrong-credentials")
    late = officer.done(address, {})["code"]
    clock.pass_by(hours=24, minutes=1)
    refused(at.post("/v1/password-resets", json=reset | {"code": late}), 401, "wrong-credentials")


def test_the_second_factor_is_asked_for_and_each_code_is_good_once(
    browser: Callable[..., TestClient], people: People, clock: Clock, desk: Desk
) -> None:
    at = browser()
    log_in(at)
    shown = at.get("/v1/me/factor").json()
    totp = pyotp.TOTP(shown["secret"])
    assert "quy.loc" in shown["uri"]

    def code() -> str:
        return totp.at(clock())

    setting = {"password": PASSWORD, "secret": shown["secret"]}
    refused(at.post("/v1/me/factor", json=setting | {"code": "000000"}), 401, "wrong-credentials")
    assert at.post("/v1/me/factor", json=setting | {"code": code()}).status_code == 204
    refused(at.post("/v1/me/factor", json=setting | {"code": code()}), 409, "factor-set")
    kept = desk.access.credentials(account_of(people.treasurer))
    assert shown["secret"] not in str(kept)

    refused(log_in(at), 401, "code-needed")
    refused(log_in(at, password="sai mật khẩu rồi", code=code()), 401, "wrong-credentials")
    assert log_in(at, code=code()).status_code == 201
    refused(log_in(at, code=code()), 401, "wrong-credentials")  # that one was used
    assert at.get("/v1/me").json()["fresh_until"]
    clock.pass_by(minutes=5)
    assert at.get("/v1/me").json()["fresh_until"] is None
    assert at.post("/v1/me/factor/proof", json={"code": code()}).status_code == 200
    assert at.get("/v1/me").json()["fresh_until"]
    refused(at.post("/v1/me/factor/proof", json={"code": code()}), 401, "wrong-credentials")
    clock.pass_by(seconds=30)
    removal = {"password": PASSWORD, "code": code()}
    assert at.post("/v1/me/factor/removal", json=removal).status_code == 204
    assert log_in(at).status_code == 201


def test_a_large_sum_asks_for_the_code_once_more(
    database: Database,
    follower: Follower,
    desk: Desk,
    people: People,
    village: Village,
    clock: Clock,
) -> None:
    app = create_app(database, follower, desk.keys, desk, fresh_code_above=4_999_999)
    village.capital(20_000_000)
    borrower = village.member("Hoàng Thị Dung")
    small, large = (village.requested(borrower, sum) for sum in (4_999_999, 5_000_000))
    secret = pyotp.random_base32()
    desk.access.set_totp(desk.access.credentials(account_of(people.chair)), secret)
    approval = {"occurred_on": DAY.isoformat(), "minutes": "BB 1"}
    people.given(people.chair, Role.CHAIR)
    with TestClient(app, headers=SAME_ORIGIN) as at:

        def approve(loan: UUID, **headers: str) -> Any:
            headers = {"Idempotency-Key": key()} | headers
            return at.post(f"/v1/loans/{loan}/approval", json=approval, headers=headers)

        log_in(at, "chu.nong", code=pyotp.TOTP(secret).at(clock()))
        clock.pass_by(minutes=6)
        assert approve(small).status_code == 201
        found = refused(approve(large), 403, "fresh-code-needed")
        assert found["facts"] == {"above": 4_999_999}
        refused(approve(large, **bearer(desk, people.chair)), 403, "fresh-code-needed")
        proof = {"code": pyotp.TOTP(secret).at(clock())}
        assert at.post("/v1/me/factor/proof", json=proof).status_code == 200
        assert approve(large).status_code == 201


# --- tokens -------------------------------------------------------------------------------------


def test_a_token_reaches_as_far_as_it_was_made_for(
    browser: Callable[..., TestClient], people: People, clock: Clock, village: Village
) -> None:
    at = browser()
    log_in(at)
    made = at.post("/v1/me/tokens", json={"name": "máy đọc", "scopes": ["read"], "days": 30})
    token = made.json()["token"]
    assert token not in at.get("/v1/me/tokens").text
    program = browser()
    program.headers["authorization"] = f"Bearer {token}"
    assert program.get("/v1/me").json()["scopes"] == ["read"]
    body = {"occurred_on": "2026-03-10", "amount": 1_000}
    dues = program.post(
        f"/v1/clubs/{village.club_id}/dues", json=body, headers={"Idempotency-Key": key()}
    )
    refused(dues, 403, "out-of-scope")
    for address in ("/v1/me/tokens", "/v1/me/factor"):
        refused(program.get(address), 403, "session-needed")
    clock.pass_by(days=30)
    refused(program.get("/v1/me"), 401, "not-logged-in")

    log_in(at)
    made = at.post("/v1/me/tokens", json={"name": "máy ghi", "scopes": ["write"]}).json()
    program.headers["authorization"] = f"Bearer {made['token']}"
    assert program.get("/v1/me").status_code == 200
    assert at.delete(f"/v1/me/tokens/{made['id']}").status_code == 204
    refused(program.get("/v1/me"), 401, "not-logged-in")


# --- one phone for the whole table --------------------------------------------------------------


def test_each_confirms_with_their_own_pin_on_one_phone(
    browser: Callable[..., TestClient], people: People, desk: Desk, village: Village, clock: Clock
) -> None:
    """The clerk has typed for the treasurer; the phone is the chair's."""
    people.given(people.treasurer, Role.TREASURER)
    people.given(people.chair, Role.CHAIR)
    clerk = Call("clerk", recorded_by=village.secretary)
    books.record(desk, SYSTEM, village.club_id, ReceiveDues(occurred_on=DAY, amount=100_000))
    expense = PayExpense(occurred_on=DAY, amount=10_000, paid_by=people.treasurer)
    entry = books.record(desk, clerk, village.club_id, expense).event_id
    address, body = f"/v1/events/{entry}/confirmation", {"occurred_on": DAY.isoformat()}
    phone = browser()
    turn = {"user": "0912345678", "pin": PIN}
    refused(phone.post("/v1/turns", json=turn), 401, "not-logged-in")
    log_in(phone, "chu.nong")
    refused(phone.post("/v1/turns", json=turn), 401, "wrong-credentials")  # no PIN yet
    people.with_pin(people.treasurer)
    clock.pass_by(minutes=1)
    begun = phone.post("/v1/turns", json=turn).json()
    assert begun["person_id"] == str(people.treasurer)

    theirs = {"Authorization": f"Bearer {begun['token']}", "Idempotency-Key": key()}
    mine = {"Idempotency-Key": key()}
    refused(phone.post(address, json=body, headers=mine), 409, "not-an-actor")
    assert phone.post(address, json=body, headers=theirs).status_code == 201
    event = desk.log.story(book_of(village.club_id))[-1]
    assert isinstance(event.event, EntryConfirmed)
    assert event.event.confirmed_by == people.treasurer
    assert (event.actor, event.event.recorded_by) == (str(people.treasurer), None)

    refused(phone.get("/v1/me", headers=theirs), 403, "out-of-scope")  # a PIN opens no book
    refused(phone.post("/v1/me/pin", json={"password": PASSWORD, "pin": None}, headers=theirs),
            403, "session-needed")  # fmt: skip
    refused(phone.post("/v1/turns", json=turn, headers=theirs), 403, "session-needed")
    other = browser()
    plant(other, begun["token"])
    assert not known(other), "it is no session"
    clock.pass_by(minutes=5)
    refused(phone.post(address, json=body, headers=theirs), 401, "not-logged-in")


def test_a_turn_ends_with_the_session_of_its_phone(
    browser: Callable[..., TestClient], people: People, village: Village
) -> None:
    people.with_pin(people.treasurer)
    phone = browser()
    log_in(phone, "chu.nong")
    begun = phone.post("/v1/turns", json={"user": "quy.loc", "pin": PIN}).json()
    phone.delete("/v1/sessions/current")
    theirs = {"Authorization": f"Bearer {begun['token']}", "Idempotency-Key": key()}
    body = {"occurred_on": "2026-03-10", "amount": 1_000}
    gone = phone.post(f"/v1/clubs/{village.club_id}/dues", json=body, headers=theirs)
    refused(gone, 401, "not-logged-in")


def test_a_pin_is_guessed_five_times_and_no_more(
    browser: Callable[..., TestClient], people: People, clock: Clock
) -> None:
    people.with_pin(people.treasurer)
    phone = browser()
    log_in(phone, "chu.nong")
    looked_at = 0
    for n in range(100):
        clock.pass_by(seconds=8)
        answer = phone.post("/v1/turns", json={"user": "quy.loc", "pin": f"{n:06}"})
        looked_at += answer.status_code == 401
    assert looked_at == 5


def test_who_guesses_a_pin_locks_nobody_out(
    browser: Callable[..., TestClient], people: People, village: Village, clock: Clock
) -> None:
    """Five guesses on one phone, also from a fresh log-in, ten on all: the treasurer's own PIN is
    taken on the chair's phone all the while."""
    people.opened(village.secretary, "thu.ky")
    people.with_pin(people.treasurer)
    chair, right = browser("10.0.0.2"), {"user": "quy.loc", "pin": PIN}
    log_in(chair, "chu.nong")
    looked_at = 0
    for _ in range(3):
        guesser = browser()
        log_in(guesser, "thu.ky")
        for n in range(10):
            clock.pass_by(seconds=8)
            wrong = guesser.post("/v1/turns", json={"user": "quy.loc", "pin": f"{n:06}"})
            looked_at += wrong.status_code == 401
    assert looked_at == 5
    assert guesser.post("/v1/turns", json=right).status_code == 429
    assert chair.post("/v1/turns", json=right).status_code == 201
    for n in range(10):
        clock.pass_by(seconds=8)
        wrong = chair.post("/v1/turns", json={"user": "quy.loc", "pin": f"{n:06}"})
        looked_at += wrong.status_code == 401
    assert looked_at == 10, "ten from however many phones"


def test_ones_own_pin_is_set_with_the_password(
    browser: Callable[..., TestClient], people: People, desk: Desk
) -> None:
    at = browser()
    log_in(at)
    setting = {"password": PASSWORD, "pin": PIN}
    for weak in ("111111", "123456", "987654"):
        refused(at.post("/v1/me/pin", json=setting | {"pin": weak}), 409, "pin-weak")
    refused(at.post("/v1/me/pin", json=setting | {"password": "sai"}), 401, "wrong-credentials")
    assert at.post("/v1/me/pin", json=setting).status_code == 204
    assert at.get("/v1/me").json()["has_pin"]
    kept = desk.access.credentials(people_account(people))
    assert kept.pin is not None
    assert kept.pin.startswith("$argon2id$")
    assert not passwords.matches(PIN, kept.pin), "of the PIN with a pepper, not of its digits"


def people_account(people: People) -> UUID:
    return account_of(people.treasurer)


# --- opening ------------------------------------------------------------------------------------


def test_a_name_that_somebody_has_is_taken(
    client: TestClient, people: People, village: Village
) -> None:
    hands = Hands(client, people.chair)
    somebody = village.member("Hoàng Thị Dung")
    address = f"/members/{somebody}/account"
    for taken in ({"user_name": "Quy.Loc"}, {"user_name": "dung", "phone": "+84912345678"}):
        refused(hands.post(address, taken), 409, "name-taken")
    for wrong in ("dũng", "ab", "a b!", "x" * 41):
        refused(hands.post(address, {"user_name": wrong}), 409, "user-name-form")
    refused(hands.post(address, {"user_name": "dung", "phone": "12"}), 409, "phone-form")
    hands.done(address, {"user_name": "dung", "phone": "0987 654 321"})
    shown = client.get(f"/v1/members/{somebody}/account").json()
    assert (shown["user_name"], shown["roles"], shown["disabled"]) == ("dung", [], False)


def test_a_role_is_proposed_by_one_and_approved_by_another(
    client: TestClient, people: People, village: Village, desk: Desk
) -> None:
    one, other = Hands(client, people.chair), Hands(client, village.secretary)
    address = f"/members/{people.treasurer}/roles"
    told = granted(Role.TREASURER, Scope(kind="commune", id="06463")).model_dump(mode="json")
    body = {name: told[name] for name in ("role", "scope", "since")}
    grant = one.done(address, body)["id"]
    at = f"{address}/{grant}/approval"
    for hand in (one, Hands(client, people.treasurer)):
        refused(hand.post(at, {}), 409, "same-person")
    waiting = client.get(f"/v1/members/{people.treasurer}/account").json()["waiting"]
    assert [(w["grant"]["id"], w["proposed_by"]) for w in waiting] == [(grant, str(people.chair))]
    other.done(at, {})
    event: Any = desk.log.story(account_of(people.treasurer))[-1].event
    assert (event.proposed_by, event.approved_by) == (people.chair, village.secretary)
    nowhere = body | {"scope": {"kind": "club", "id": str(people.chair)}}
    refused(one.post(address, nowhere), 404, "not-found")


def test_the_first_administrators_are_named_once(desk: Desk) -> None:
    for user in ("mot", "hai.hai"):
        told = NewAccount(user_name=f"quan.tri.{user}")
        _, code = accounts.register_administrator(
            desk, SYSTEM, "Hứa Thị Đầu", told, granted(accounts.Role.ADMINISTRATOR).scope
        )
        assert len(code) == 14
    with pytest.raises(accounts.Refusal, match="hai quản trị viên"):
        accounts.register_administrator(
            desk,
            SYSTEM,
            "Hứa Thị Ba",
            NewAccount(user_name="quan.tri.ba"),
            accounts.Scope(kind="nation"),
        )
