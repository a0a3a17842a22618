"""Coming in by an identity held elsewhere, against a provider on a port of its own."""

import hashlib
import hmac
import html
import json
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread
from typing import Any
from uuid import UUID

import httpx2
import pyotp
import pytest
import uvicorn
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from desk import accounts
from desk.accounts import NewAccount
from desk.desk import Desk
from desk.provider import AuthlibProvider
from domain.histories import account_of
from identity_provider import CLIENT, SECRET, IdentityProvider, b64, serving
from projections.follower import Follower
from store import passwords
from store.database import Database
from village import SYSTEM, Village
from web.app import install

PASSWORD = "cây đa bến nước sân đình"
_HASHED = passwords.hashed(PASSWORD)
OURS = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityProvider]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as provider:
        yield provider


@pytest.fixture
def app(database: Database, follower: Follower, desk: Desk, provider: IdentityProvider) -> FastAPI:
    held = AuthlibProvider(provider.issuer, CLIENT, SECRET)
    app = create_app(database, follower, desk.keys, desk, deadline_seconds=60, openid=held)
    install(app)
    return app


@dataclass
class Somebody:
    """At a browser of their own."""

    at: TestClient
    person_id: UUID

    def logs_in(self, user: str = "quy.loc") -> None:
        answer = self.at.post("/login", data={"user": user, "password": PASSWORD})
        assert answer.status_code == 200, answer.text

    def sets_out(self, form: str = "/login/openid", **fields: str) -> str:
        """The address of the provider, which the browser is shown."""
        page = self.at.post(form, data=fields)
        assert page.status_code == 200, page.text
        return html.unescape(re.findall(r'<a href="(http[^"]+)"', page.text)[0])

    def sent_back(self, address: str) -> str:
        """What the provider has the browser open next."""
        found = httpx2.get(address)
        assert found.status_code == 302
        return found.headers["location"].removeprefix("http://localhost")

    def comes_by_identity(self, **fields: str) -> Any:
        return self.at.get(self.sent_back(self.sets_out(**fields)), follow_redirects=False)

    def links(self) -> Any:
        address = self.sets_out("/me/openid", password=PASSWORD)
        return self.at.get(self.sent_back(address), follow_redirects=False)

    def is_known(self) -> bool:
        return self.at.get("/v1/me").status_code == 200


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Callable[[], TestClient]]:
    opened: list[TestClient] = []

    def fresh() -> TestClient:
        client = TestClient(
            app, base_url="http://localhost", headers=OURS, raise_server_exceptions=False
        )
        opened.append(client)
        return client

    yield fresh
    for client in opened:
        client.close()


@pytest.fixture
def somebody(browser: Any, desk: Desk, village: Village, follower: Follower) -> Somebody:
    """The treasurer, who has linked their identity and is logged out again."""
    for person_id, user in ((village.treasurer, "quy.loc"), (village.chair, "chu.nong")):
        accounts.open_account(desk, SYSTEM, person_id, NewAccount(user_name=user), None)
        desk.access.set_password(account_of(person_id), _HASHED, desk.clock())
    follower.catch_up(60)
    one = Somebody(browser(), village.treasurer)
    one.logs_in()
    assert one.links().headers["location"] == "/me"
    one.at.post("/logout")
    assert not one.is_known()
    return one


def door(database: Database) -> list[tuple[Any, ...]]:
    with database.connection() as connection:
        return connection.execute(
            """SELECT person_id, subject_ids, what FROM access.log
               WHERE kind = 'sign-in' AND purpose = 'openid' ORDER BY id"""
        ).fetchall()


def turned_away(answer: Any, status: int = 401) -> str:
    assert answer.status_code == status, answer.text
    assert "sochung=" not in str(answer.headers.get_list("set-cookie")).replace("openid=", "")
    return str(answer.text)


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_whoever_linked_their_identity_comes_in_by_it(
    somebody: Somebody, provider: IdentityProvider, database: Database, alg: str
) -> None:
    provider.alg = alg
    answer = somebody.comes_by_identity()
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert somebody.at.get("/v1/me").json()["person_id"] == str(somebody.person_id)
    one = somebody.person_id
    assert door(database) == [(one, [one], "linked"), (one, [one], "begun")]


def test_an_identity_nobody_linked_opens_nothing(
    somebody: Somebody, provider: IdentityProvider, database: Database
) -> None:
    """Whatever the provider says of them: no name and no address is compared."""
    provider.subject = "công dân 2"
    provider.claims = {"email": "quy.loc@so.example", "preferred_username": "quy.loc"}
    assert "chưa nối" in turned_away(somebody.comes_by_identity())
    assert not somebody.is_known()
    assert door(database)[-1] == (None, [], "refused")


def test_the_same_name_at_another_provider_is_somebody_else(
    somebody: Somebody, desk: Desk, provider: IdentityProvider
) -> None:
    assert desk.access.linked(provider.issuer, provider.subject) is not None
    assert desk.access.linked("https://ai.example", provider.subject) is None


def _hs256(signed: bytes) -> bytes:
    return hmac.digest(SECRET.encode(), signed, hashlib.sha256)


WRONG: dict[str, dict[str, Any]] = {
    "nonce of another trip": {"claims": {"nonce": "A" * 43}},
    "no nonce": {"claims": {"nonce": None}},
    "for another client": {"claims": {"aud": "ai.khac"}},
    "for several, by another": {"claims": {"aud": [CLIENT, "ai.khac"], "azp": "ai.khac"}},
    "for several, by nobody": {"claims": {"aud": [CLIENT, "ai.khac"]}},
    "for nobody": {"claims": {"aud": None}},
    "of another issuer": {"claims": {"iss": "https://ai.example"}},
    "of no issuer": {"claims": {"iss": None}},
    "expired": {"claims": {"exp": 1_700_000_000}},
    "without an end": {"claims": {"exp": None}},
    "of the future": {"claims": {"iat": 4_000_000_000}},
    "of nobody": {"claims": {"sub": None}},
    "of a blank": {"claims": {"sub": ""}},
    "of a number": {"claims": {"sub": 1}},
    "of a name without end": {"claims": {"sub": "x" * 256}},
    "unsigned": {"header": {"alg": "none"}, "sign": lambda _: b""},
    "signed with the client's secret": {"header": {"alg": "HS256"}, "sign": _hs256},
    "signed by a thief": {"sign": lambda _: b"\x01" * 256},
    "of an unknown key": {"header": {"kid": "khac"}},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_that_does_not_hold_opens_nothing(
    somebody: Somebody, provider: IdentityProvider, database: Database, wrong: str
) -> None:
    for name, value in WRONG[wrong].items():
        setattr(provider, name, value)
    turned_away(somebody.comes_by_identity())
    assert not somebody.is_known()
    assert door(database)[-1] == (None, [], "refused")
    provider.claims, provider.header, provider.sign = {}, {}, None
    assert somebody.comes_by_identity().status_code == 303, "the control: it was this alone"


def test_a_browser_comes_back_only_from_where_it_set_out(
    somebody: Somebody, browser: Callable[[], TestClient], database: Database
) -> None:
    back = somebody.sent_back(somebody.sets_out())
    other = Somebody(browser(), somebody.person_id)
    turned_away(other.at.get(back))  # no trip at all
    other.sets_out()
    turned_away(other.at.get(back))  # another one
    somebody.sets_out()
    turned_away(somebody.at.get(back))  # one that was begun anew since
    state = re.sub(r"state=[^&]+", "state=" + "A" * 43, somebody.sent_back(somebody.sets_out()))
    turned_away(somebody.at.get(state))
    assert [row[2] for row in door(database)] == ["linked"], "nothing was asked of the provider"


def test_what_comes_back_in_another_providers_name_is_refused(somebody: Somebody) -> None:
    """RFC 9207: the mix-up of two providers."""
    back = somebody.sent_back(somebody.sets_out())
    turned_away(somebody.at.get(re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fai.example", back)))


def test_a_code_is_good_once(
    somebody: Somebody, provider: IdentityProvider, browser: Callable[[], TestClient]
) -> None:
    back = somebody.sent_back(somebody.sets_out())
    kept = somebody.at.cookies["sochung-openid"]
    assert somebody.at.get(back, follow_redirects=False).status_code == 303
    thief = browser()
    for provider.is_strict in (True, False):
        thief.cookies.set("sochung-openid", kept, domain="localhost.local")
        turned_away(thief.get(back), 429)


def test_a_stolen_code_is_worth_nothing_on_another_trip(
    somebody: Somebody, browser: Callable[[], TestClient]
) -> None:
    """PKCE: the provider gives the token to whoever began the trip."""
    stolen = re.findall(r"code=([^&]+)", somebody.sent_back(somebody.sets_out()))[0]
    thief = Somebody(browser(), somebody.person_id)
    own = thief.sent_back(thief.sets_out())
    turned_away(thief.at.get(re.sub(r"code=[^&]+", f"code={stolen}", own)))


def test_to_link_an_identity_takes_the_password_and_the_same_session(
    somebody: Somebody, browser: Callable[[], TestClient], desk: Desk, provider: IdentityProvider
) -> None:
    other = Somebody(browser(), somebody.person_id)
    assert other.at.post("/me/openid", data={"password": PASSWORD}).status_code == 401
    other.logs_in("chu.nong")
    assert other.at.post("/me/openid", data={"password": "sai mật khẩu"}).status_code == 401
    provider.subject = "công dân 3"
    back = other.sent_back(other.sets_out("/me/openid", password=PASSWORD))
    other.at.post("/logout")
    turned_away(other.at.get(back))  # nobody's
    other.logs_in("quy.loc")
    turned_away(other.at.get(back))  # somebody else's
    assert desk.access.linked(provider.issuer, "công dân 3") is None


def test_one_identity_opens_one_account_until_it_is_unlinked(
    somebody: Somebody, browser: Callable[[], TestClient], village: Village
) -> None:
    chair = Somebody(browser(), village.chair)
    chair.logs_in("chu.nong")
    assert "tài khoản khác" in turned_away(chair.links(), 409)
    somebody.comes_by_identity()
    assert somebody.at.post("/me/openid/removal").status_code == 200
    assert chair.links().headers["location"] == "/me"
    somebody.at.post("/logout")
    somebody.comes_by_identity()
    assert somebody.at.get("/v1/me").json()["person_id"] == str(village.chair)


def test_a_new_password_unlinks_and_a_disabled_account_stays_shut(
    somebody: Somebody, desk: Desk, village: Village
) -> None:
    accounts.disable(desk, SYSTEM, somebody.person_id, village.chair)
    turned_away(somebody.comes_by_identity())
    accounts.enable(desk, SYSTEM, somebody.person_id, village.chair)
    assert somebody.comes_by_identity().status_code == 303
    desk.access.set_password(account_of(somebody.person_id), _HASHED, desk.clock())
    assert not somebody.is_known()
    turned_away(somebody.comes_by_identity())


def test_the_second_factor_is_asked_for_here_too(somebody: Somebody, desk: Desk) -> None:
    secret = pyotp.random_base32()
    desk.access.set_totp(desk.access.credentials(account_of(somebody.person_id)), secret)
    assert 'name="code"' in turned_away(somebody.comes_by_identity())
    turned_away(somebody.comes_by_identity(code="000000"))
    code = pyotp.TOTP(secret).at(desk.clock())
    assert somebody.comes_by_identity(code=code).status_code == 303
    assert somebody.at.get("/v1/me").json()["fresh_until"]
    turned_away(somebody.comes_by_identity(code=code))  # that one was used


def test_a_provider_that_is_away_keeps_nobody_from_their_password(
    somebody: Somebody, provider: IdentityProvider, app: FastAPI, desk: Desk
) -> None:
    provider.is_away = True
    app.state.parts.openid._described = None
    assert somebody.at.post("/login/openid").status_code == 503
    somebody.logs_in()
    assert somebody.is_known()


def test_only_as_many_fail_from_one_address_as_passwords_do(
    somebody: Somebody, provider: IdentityProvider, database: Database
) -> None:
    provider.subject = "không ai"
    answers = [somebody.comes_by_identity().status_code for _ in range(45)]
    assert answers == [401] * 40 + [429] * 5
    assert len(door(database)) == 41, "who is throttled writes nothing"


def test_where_there_is_no_provider_there_is_no_button(
    database: Database, follower: Follower, desk: Desk
) -> None:
    app = create_app(database, follower, desk.keys, desk, deadline_seconds=60)
    install(app)
    with TestClient(app, base_url="http://localhost", headers=OURS) as at:
        assert "/login/openid" not in at.get("/login").text
        assert at.post("/login/openid").status_code == 404
        assert at.get("/login/openid?code=x&state=y").status_code == 404


def test_over_tls_the_trip_is_this_hosts_alone(
    database: Database, follower: Follower, desk: Desk, provider: IdentityProvider
) -> None:
    held = AuthlibProvider(provider.issuer, CLIENT, SECRET)
    app = create_app(database, follower, desk.keys, desk, secure=True, openid=held)
    install(app)
    with TestClient(app, base_url="https://so.example", headers=OURS) as at:
        page = at.post("/login/openid")
        [cookie] = page.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-sochung-openid=")
        assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=lax", "Path=/"))
        assert "redirect_uri=https%3A%2F%2Fso.example%2Flogin%2Fopenid" in page.text


def test_the_providers_own_tokens_are_as_the_standard_has_them(provider: IdentityProvider) -> None:
    """The control of the control: header, claims and signature, by a key of its own."""
    header, claims, signature = provider.token("n", "s").split(".")
    assert header == b64(json.dumps({"alg": "RS256", "kid": "RS256", "typ": "JWT"}).encode())
    assert len(signature) == 342
    assert claims


@pytest.mark.parametrize("torture", ["", "\x00", "ẩ" * 3_000, "../..", "'; --", "%", "&a=b#c"])
def test_what_no_provider_sends_back_breaks_nothing(somebody: Somebody, torture: str) -> None:
    for name in ("state", "code", "iss", "error"):
        back = somebody.sent_back(somebody.sets_out())
        state = re.findall(r"state=([^&]+)", back)[0]
        told = {"state": state, "code": "x", name: torture}
        turned_away(somebody.at.get("/login/openid", params=told))
    assert somebody.at.post("/login/openid", data={"code": torture}).status_code in (200, 422)


@pytest.fixture
def address(app: FastAPI) -> Iterator[str]:
    """The service on a port of its own, on another host than the provider's."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://localhost:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.browser
def test_a_real_browser_goes_there_and_back(
    chromium: Any, address: str, somebody: Somebody, desk: Desk
) -> None:
    """From our page to another site and back, under our policy and the browser's rules of cookies;
    with script switched off."""
    kind, program = chromium
    browser = kind.launch(executable_path=program, args=["--no-sandbox"])
    page = browser.new_context(java_script_enabled=False, locale="vi-VN").new_page()
    page.goto(f"{address}/login")
    page.click("text=Vào bằng tài khoản 127.0.0.1")
    page.wait_for_url(f"{address}/")
    assert page.is_visible("text=Hôm nay")
    page.goto(f"{address}/me")
    assert page.is_visible("text=bằng danh tính nơi khác")
    browser.close()
