"""One's own password, PIN and devices; accounts and roles by two people; a forgotten password."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from desk.accounts import account_now
from desk.desk import Desk
from domain.accounts.roles import Role, Scope
from domain.histories import account_of
from logins import account_for, granted
from store import passwords
from web.devices import called
from web_scene import Club, Plain

Browser = Callable[..., TestClient]
PASSWORD, NEW, PIN = "cây đa bến nước sân đình", "sông Kỳ Cùng chảy ngược", "240159"
PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/137.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture
def at_the_door(app: FastAPI) -> Callable[..., Plain]:
    """A browser in which nobody is logged in."""

    def fresh(agent: str = PHONE) -> Plain:
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "User-Agent": agent}
        return Plain(
            TestClient(
                app,
                base_url="http://localhost",
                headers=headers,
                raise_server_exceptions=False,
            )
        )

    return fresh


def logs_in(door: Plain, user: str, password: str) -> Plain:
    door.open("/login")
    door.send("/login", user=user, password=password)
    return door


def user_of(desk: Desk, person_id: UUID, password: str = PASSWORD) -> str:
    account_id = account_of(person_id)
    desk.access.set_password(account_id, passwords.hashed(password), desk.clock())
    return f"u{person_id.hex}"


@pytest.fixture
def mine(at_the_door: Callable[..., Plain], desk: Desk, club: Club) -> Plain:
    """The treasurer at their own phone."""
    account_for(desk, club.treasurer)
    phone = logs_in(at_the_door(), user_of(desk, club.treasurer), PASSWORD)
    assert phone.status == 200, phone.html
    phone.open("/me")
    return phone


def test_the_head_of_each_page_leads_to_ones_own_account(mine: Plain) -> None:
    mine.open("/more")
    assert re.search(r'class="whose">.*?<a href="/me">Lộc Văn Quỹ</a>', mine.html, re.S)


def test_a_new_password_is_asked_for_everywhere_at_once(
    mine: Plain, at_the_door: Callable[..., Plain], desk: Desk, club: Club
) -> None:
    mine.send("/me/password", old="sai", new=NEW, again=NEW)
    assert mine.status == 422
    assert "Mật khẩu hiện nay không đúng" in mine.html
    mine.send("/me/password", old=PASSWORD, new=NEW, again=PASSWORD)
    assert "không giống nhau" in mine.html
    mine.send("/me/password", old=PASSWORD, new="123456", again="123456")
    assert "Mật khẩu cần ít nhất" in mine.html
    assert NEW not in mine.html
    mine.send("/me/password", old=PASSWORD, new=NEW, again=NEW)
    assert mine.url == "/login"
    assert "Đã đặt mật khẩu mới" in mine.html
    user = f"u{club.treasurer.hex}"
    assert logs_in(at_the_door(), user, PASSWORD).status == 401
    assert logs_in(at_the_door(), user, NEW).url == "/"


def test_a_pin_is_set_by_the_password_and_taken_away_again(
    mine: Plain, desk: Desk, club: Club
) -> None:
    def has_pin() -> bool:
        return desk.access.credentials(account_of(club.treasurer)).pin is not None

    for wrong, why in (
        ({"pin": "12"}, "6 đến 8 chữ số"),
        ({"pin": "111111", "again": "111111"}, "quá dễ đoán"),
        ({"pin": PIN, "again": "240158"}, "không giống nhau"),
        ({"pin": PIN, "again": PIN, "password": "sai"}, "không đúng"),
    ):
        mine.send("/me/pin", **{"password": PASSWORD, **wrong})
        assert (mine.status, why in mine.html) == (422, True), why
        assert not has_pin()
    mine.send("/me/pin", password=PASSWORD, pin=PIN, again=PIN)
    assert "Đã đặt mã PIN" in mine.html
    assert has_pin()
    mine.send("/me/pin", password=PASSWORD)
    assert "Đã bỏ mã PIN" in mine.html
    assert not has_pin()


def test_devices_go_by_plain_names_and_are_ended(
    mine: Plain, at_the_door: Callable[..., Plain], club: Club
) -> None:
    pc = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    other = logs_in(at_the_door(pc), f"u{club.treasurer.hex}", PASSWORD)
    mine.open("/me")
    assert "Chrome trên Android" in mine.html
    assert "Firefox trên Windows" in mine.html
    assert "Mozilla/5.0" not in mine.html
    ended = re.findall(r'name="device" value="([0-9a-f-]{36})"', mine.html)
    assert len(ended) == 1, "this very device is not ended here"
    mine.post("/me/devices", {"device": ended[0]})
    assert "Firefox trên Windows" not in mine.html
    assert other.client.get("/me", follow_redirects=False).status_code == 303, "to the door"
    assert mine.open("/me")
    mine.post("/me/devices", {"device": ended[0]})
    assert mine.status == 404


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (PHONE, "Chrome trên Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "Safari trên iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/137.0.0.0 Safari/537.36 Edg/137.0.0.0",
            "Edge trên Windows",
        ),
        ("curl/8.5.0", "Một máy không rõ loại"),
        ("", "Một máy không rõ loại"),
    ],
)
def test_a_device_is_named_as_people_call_it(agent: str, name: str) -> None:
    assert called(agent, lambda text: text) == name


# --- accounts -----------------------------------------------------------------------------------


def administrator(browser: Browser, person_id: UUID) -> Plain:
    return Plain(browser(person_id, grants=(granted(Role.ADMINISTRATOR),)))


@pytest.fixture
def admin(browser: Browser, club: Club) -> Plain:
    return administrator(browser, club.secretary)


def decide(page: Plain, address: str, decision: str, **typed: Any) -> None:
    """Fills in the form of the page whose button does this."""
    page.open(address)
    for body in re.findall(r'<form method="post">(.*?)</form>', page.html, re.S):
        if f'name="decision" value="{decision}"' in body:
            hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', body)
            page.post(address, {**dict(hidden), **typed})
            return
    raise AssertionError(f"no form that does {decision}: {page.html}")


def test_an_account_is_opened_and_its_owner_chooses_a_password_by_the_code(
    admin: Plain, at_the_door: Callable[..., Plain], desk: Desk, club: Club
) -> None:
    address = f"/members/{club.borrower}/account"
    decide(admin, address, "open", user_name="Bà Phượng", phone="")
    assert admin.status == 409, "a name of no such form is refused"
    decide(admin, address, "open", user_name="ba.phuong", phone="0987 654 321")
    found = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", admin.html)
    assert found, admin.html
    admin.open(address)
    assert found[0] not in admin.html, "shown once"
    door = at_the_door()
    door.open("/login")
    assert 'href="/reset"' in door.html
    door.open("/reset")
    door.send("/reset", user="ba.phuong", code="AAAA-BBBB-CCCC", password=NEW, again=NEW)
    assert door.status == 401
    assert "mã đặt lại không đúng" in door.html
    door.send("/reset", user="ba.phuong", code=found[0], password=NEW, again="khác")
    assert door.status == 422, "the code is not used up by that"
    door.send("/reset", user="0987654321", code=found[0].lower(), password=NEW, again=NEW)
    assert "Đã đặt mật khẩu mới" in door.html, door.html
    assert logs_in(door, "ba.phuong", NEW).url == "/"
    door.open("/reset")
    door.send("/reset", user="ba.phuong", code=found[0], password=PASSWORD, again=PASSWORD)
    assert door.status == 401, "nor does it work twice"


def test_a_role_is_proposed_by_one_and_given_by_another_and_taken_away_by_one(
    admin: Plain, browser: Browser, desk: Desk, club: Club
) -> None:
    account_for(desk, club.borrower, ())
    address = f"/members/{club.borrower}/account"
    scope = f"club:{club.club_id}"

    def holds() -> list[str]:
        account = account_now(desk, club.borrower)
        assert account is not None
        return [str(one.role) for one in account.grants_on(desk.today)]

    decide(admin, address, "propose", role="treasurer", scope=scope, since="10/3/2026")
    assert holds() == []
    admin.open(address)
    assert "Người đề nghị hoặc người được giao không tự duyệt" in admin.html
    assert 'value="approve"' not in admin.html
    other = administrator(browser, club.accountant)
    other.open("/accounts")
    assert "Vai trò chờ người thứ hai" in other.html
    decide(other, address, "approve")
    assert holds() == ["treasurer"]
    assert "CLB thôn Nà Thử" in other.html
    decide(admin, address, "withdraw")
    assert holds() == []


def test_who_is_disabled_is_out_at_once(
    admin: Plain, mine: Plain, at_the_door: Callable[..., Plain], club: Club
) -> None:
    address = f"/members/{club.treasurer}/account"
    decide(admin, address, "disable")
    assert "đã khóa" in admin.html
    assert mine.client.get("/me", follow_redirects=False).status_code == 303
    decide(admin, address, "enable")
    assert logs_in(at_the_door(), f"u{club.treasurer.hex}", PASSWORD).url == "/"


def test_an_officer_gives_codes_and_sees_no_list(browser: Browser, desk: Desk, club: Club) -> None:
    account_for(desk, club.borrower, ())
    province = granted(Role.PROVINCIAL_OFFICER, Scope(kind="nation"))
    officer = Plain(browser(club.chair, grants=(province,)))
    officer.open("/accounts")
    assert "Nguyễn Thị Phượng" not in officer.html
    officer.open(f"/accounts?user=u{club.borrower.hex}")
    assert officer.url == f"/members/{club.borrower}/account"
    assert "Nguyễn Thị Phượng" not in officer.html, "names are read with a reason"
    assert 'value="propose"' not in officer.html
    decide(officer, officer.url, "code")
    assert re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4}", officer.html)
    officer.post(officer.url, {"decision": "disable", "key": "k" * 20})
    assert officer.status == 409
    assert not account_now(desk, club.borrower).disabled  # type: ignore[union-attr]
    officer.open("/accounts?user=khong.co")
    assert "Không có tài khoản nào như vậy" in officer.html
