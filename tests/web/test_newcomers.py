"""Somebody joins: entered once, and nobody whom the book knows is entered twice unasked."""

from collections.abc import Callable
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from desk import people
from desk.desk import Desk
from domain.accounts.roles import Role, Scope
from domain.clubs.membership import JoinClub, LeaveClub
from domain.clubs.people import RecordDeath
from logins import granted
from projections import clubs
from village import DAY, SYSTEM, Village
from web_scene import Club, Plain

Browser = Callable[..., TestClient]
PHUONG = {"name": "Hoàng Thị Phượng", "birth": "1958", "joined_on": "10/03/2026"}


def as_role(browser: Browser, person_id: UUID, role: Role, club: Club) -> Plain:
    here = Scope(kind="club", id=str(club.club_id))
    return Plain(browser(person_id, grants=[granted(role, here)]))


@pytest.fixture
def secretary(browser: Browser, club: Club) -> Plain:
    plain = as_role(browser, club.secretary, Role.SECRETARY, club)
    plain.open(f"/clubs/{club.club_id}/newcomer")
    return plain


def rows(desk: Desk, club: Club) -> dict[UUID, clubs.MemberRow]:
    with desk.log.database.connection() as connection:
        found = clubs.members(connection, club.club_id)
    return {row.person_id: row for _, row in found if not row.left_on}


def told(desk: Desk, since: int) -> list[str]:
    with desk.log.database.connection() as connection:
        found = connection.execute(
            "SELECT topic FROM log.events WHERE notification_id > %s ORDER BY notification_id",
            (since,),
        ).fetchall()
    return [topic for (topic,) in found]


def test_the_secretary_takes_somebody_in_from_the_list_of_members(
    browser: Browser, club: Club, desk: Desk
) -> None:
    plain = as_role(browser, club.secretary, Role.SECRETARY, club)
    page = plain.open(f"/clubs/{club.club_id}/members")
    assert f"/clubs/{club.club_id}/newcomer" in page
    plain.open(f"/clubs/{club.club_id}/newcomer")
    before = desk.log.head()
    shown = plain.send(
        **PHUONG,
        sex="female",
        ethnicity="Tày",
        phone="0912 345 678",
        address="Thôn Nà Thử",
        household_class="near_poor",
        class_valid_from="1/1/2026",
        shares_with=str(club.borrower),
        volunteer="on",
    )
    assert plain.status == 200
    assert "Đã kết nạp." in shown
    assert "Hoàng Thị Phượng" in shown
    assert "Hộ cận nghèo" in shown
    new = UUID(plain.url.rpartition("/")[2])
    row = rows(desk, club)[new]
    assert (row.name, row.sex, row.birth_year, row.volunteer) == (
        "Hoàng Thị Phượng", "female", 1958, True,
    )  # fmt: skip
    assert {"clubs.PersonRegistered", "clubs.MemberJoined"} <= set(told(desk, before))
    with desk.log.database.connection() as connection:
        homes = connection.execute(
            "SELECT count(DISTINCT household_id) FROM read.persons WHERE person_id = ANY (%s)",
            ([new, club.borrower],),
        ).fetchone()
    assert homes == (1,), "they live together"


def test_a_form_that_is_sent_twice_takes_one_in(secretary: Plain, club: Club, desk: Desk) -> None:
    filled = {**secretary.form(""), **PHUONG}
    before = rows(desk, club).keys()
    secretary.post(secretary.url, filled)
    first = secretary.url
    for again in ({}, {"who": "new"}):
        secretary.post(f"/clubs/{club.club_id}/newcomer", filled | again)
        assert secretary.url == first
    assert len(rows(desk, club).keys() - before) == 1


def test_a_name_that_the_book_has_is_asked_about_before_anything_is_recorded(
    secretary: Plain, club: Club, desk: Desk
) -> None:
    before = desk.log.head()
    name = "Nguyễn Thị Phượng"  # as the borrower
    shown = secretary.send(name=name, joined_on="10/3/2026", phone="0912 345 678")
    assert "Có phải là người đã có trong sổ?" in shown
    assert f'href="/members/{club.borrower}"' in shown
    assert "đang là hội viên ở đây, không cần ghi nữa" in shown
    assert f'value="{club.borrower}"' not in shown.partition("</fieldset>")[0]
    assert 'value="0912 345 678"' in shown, "what was typed stays"
    assert told(desk, before) == []
    secretary.send(who="new")
    assert secretary.status == 200
    assert [one.name for one in rows(desk, club).values()].count(name) == 2


def test_whoever_was_a_member_before_comes_back_as_who_they_are(
    secretary: Plain, club: Club, desk: Desk
) -> None:
    gone = club.member("Lý Thị Về")
    people.leave_club(
        desk, SYSTEM, club.club_id, LeaveClub.model_validate({"person_id": gone, "left_on": DAY})
    )
    secretary.open(f"/clubs/{club.club_id}/newcomer")
    shown = secretary.send(name="Lý Thị Về", joined_on="1/4/2026")
    assert f'name="who" value="{gone}"' in shown
    secretary.send(who=str(gone))
    assert secretary.url == f"/members/{gone}"
    assert rows(desk, club)[gone].joined_on.isoformat() == "2026-04-01"


def test_a_member_does_not_join_twice(secretary: Plain, club: Club, desk: Desk) -> None:
    before = desk.log.head()
    secretary.send(**PHUONG, who=str(club.borrower))
    assert secretary.status == 409
    assert 'role="alert"' in secretary.html
    assert told(desk, before) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": ""}, "Hãy ghi họ tên và ngày vào."),
        ({"name": " "}, "Hãy ghi họ tên và ngày vào."),
        ({"joined_on": ""}, "Hãy ghi họ tên và ngày vào."),
        ({"joined_on": "31/02/2026"}, "Hãy ghi ngày như 10/03/2026."),
        ({"birth": "58"}, "Hãy ghi năm sinh như 1958"),
        ({"birth": "٢٠٢٦"}, "Hãy ghi năm sinh như 1958"),
        ({"birth": "1700"}, ""),
        ({"joined_on": "10/03/2999"}, ""),
        ({"sex": "x"}, ""),
        ({"household_class": "rich"}, ""),
        ({"class_valid_from": "1/1/2026"}, "Hãy chọn diện hộ cho ngày ấy."),
        ({"key": "\0"}, ""),
        ({"name": "\0"}, ""),
        ({"name": "Lo\0 An"}, ""),
        ({"name": "A" * 300}, ""),
        ({"who": "nobody"}, "Mẫu gửi lên không đúng"),
        ({"who": str(UUID(int=7))}, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_recorded(
    secretary: Plain, desk: Desk, typed: dict[str, str], said: str
) -> None:
    before = desk.log.head()
    shown = secretary.send(**{**PHUONG, "phone": "0912 345 678", **typed})
    assert 400 <= secretary.status < 500
    assert said in shown
    assert 'role="alert"' in shown
    if "who" not in typed or typed["who"] != "nobody":
        assert 'value="0912 345 678"' in shown
    assert told(desk, before) == []


def test_with_whom_they_live_may_be_refused_and_they_are_in(
    secretary: Plain, club: Club, desk: Desk
) -> None:
    shown = secretary.send(**PHUONG, shares_with=str(UUID(int=7)))
    assert "Đã kết nạp. Chưa ghi được cùng hộ với ai:" in shown
    assert UUID(secretary.url.rpartition("/")[2]) in rows(desk, club)


def test_whoever_may_not_is_told_of_no_such_page(browser: Browser, club: Club) -> None:
    plain = as_role(browser, club.treasurer, Role.TREASURER, club)
    assert "/newcomer" not in plain.open(f"/clubs/{club.club_id}/members")
    plain.open(f"/clubs/{club.club_id}/newcomer")
    assert plain.status == 404


def test_somebody_of_another_club_is_not_named(secretary: Plain, club: Club, desk: Desk) -> None:
    people.join_club(
        desk,
        SYSTEM,
        Village(desk).club_id,
        people.NewPerson.model_validate({"name": "Triệu Văn Xa", "birth": {"year": 1958}}),
        JoinClub(person_id=desk.new_id(), joined_on=DAY),
    )
    secretary.open(f"/clubs/{club.club_id}/newcomer")
    shown = secretary.send(name="Triệu Văn Xa", birth="1958", joined_on="10/3/2026")
    assert "Ở câu lạc bộ khác cũng có người giống như vậy" in shown
    assert "/members/" not in shown.partition("<fieldset")[2].partition("</fieldset>")[0]


def test_somebody_who_died_is_shown_as_dead(secretary: Plain, club: Club, desk: Desk) -> None:
    gone = club.member("Lý Thị Mất")
    died = RecordDeath.model_validate({"died_on": DAY})
    people.record_death(desk, SYSTEM, gone, [club.club_id], died)
    secretary.open(f"/clubs/{club.club_id}/newcomer")
    shown = secretary.send(name="Lý Thị Mất", joined_on="1/4/2026")
    assert f'href="/members/{gone}"' in shown
    assert "đã mất" in shown
    assert f'value="{gone}"' not in shown.partition("</fieldset>")[0]


def test_whoever_is_looked_for_is_written_down(secretary: Plain, club: Club, desk: Desk) -> None:
    """Also one of another club, who is not shown, and where nothing is entered in the end."""
    far = desk.new_id()
    told = people.NewPerson.model_validate({"name": "Triệu Văn Xa", "birth": {"year": 1958}})
    joining = JoinClub(person_id=far, joined_on=DAY)
    people.join_club(desk, SYSTEM, Village(desk).club_id, told, joining)
    secretary.open(f"/clubs/{club.club_id}/newcomer")
    secretary.send(name="Triệu Văn Xa", birth="1958", joined_on="10/3/2026")
    with desk.log.database.connection() as connection:
        looked = connection.execute(
            "SELECT count(*) FROM access.log WHERE person_id = %s AND %s = ANY (subject_ids)",
            (club.secretary, far),
        ).fetchone()
    assert looked == (1,)
