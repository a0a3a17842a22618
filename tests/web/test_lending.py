"""A loan at one meeting, on one device: three people, each under their own name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from desk.desk import Desk
from domain.histories import account_of, book_of
from logins import PIN, with_pin
from web_scene import Club, Plain

Browser = Callable[..., TestClient]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(desk: Desk) -> Clock:
    """Stands still where nobody moves it: tries are counted by it."""
    desk.clock = Clock()
    return desk.clock


@pytest.fixture
def table(clock: Clock, treasurer: Plain, desk: Desk, club: Club) -> Plain:
    """The treasurer's phone goes round the table."""
    for person_id in (club.chair, club.accountant):
        with_pin(desk, person_id)
    treasurer.open(f"/clubs/{club.club_id}/lending")
    return treasurer


def asked(club: Club, **more: Any) -> dict[str, Any]:
    return {
        "member_id": str(club.client),
        "amount": "3.000.000",
        "minutes": "BB 11/2026",
        "appraisal": "Chuồng trại đã sẵn",
        "proposed_by": str(club.accountant),
        "pin__proposed_by": PIN,
        "approved_by": str(club.chair),
        "pin__approved_by": PIN,
        "paid_by": str(club.treasurer),
        **more,
    }


def told(desk: Desk, club: Club, since: int) -> list[tuple[str, str, Any]]:
    """Topic, actor and clerk of what was recorded after `since`."""
    story = desk.log.story(book_of(club.club_id))
    return [
        (one.event.TOPIC.removeprefix("loans."), one.actor, one.event.recorded_by)  # type: ignore[attr-defined]
        for one in story
        if one.originator_version > since
    ]


def recorded(desk: Desk, club: Club) -> int:
    return desk.log.story(book_of(club.club_id))[-1].originator_version


def sessions(desk: Desk, person_id: UUID) -> int:
    return len(desk.access.sessions(account_of(person_id), desk.clock()))


def test_three_people_confirm_one_loan_on_one_phone_and_nobody_has_to_later(
    table: Plain, desk: Desk, club: Club
) -> None:
    before = recorded(desk, club)
    table.send(**asked(club))
    assert table.url.startswith("/loans/"), table.html
    assert "đều đã tự xác nhận" in table.html
    assert told(desk, club, before) == [
        ("LoanRequested", str(club.accountant), None),
        ("LoanAppraised", str(club.accountant), None),
        ("LoanApproved", str(club.chair), None),
        ("LoanDisbursed", str(club.treasurer), None),
    ]
    assert not sessions(desk, club.chair), "a turn ends with the form"
    table.open(f"/clubs/{club.club_id}/approvals")
    assert "Người khác ghi hộ" not in table.html


@pytest.mark.parametrize("wrong", ["240158", "", "x"])
def test_a_wrong_pin_is_refused_beside_its_field_and_nothing_is_recorded(
    table: Plain, desk: Desk, club: Club, wrong: str
) -> None:
    head = desk.log.head()
    table.send(**asked(club, pin__approved_by=wrong))
    assert table.status == 422
    assert 'id="f-pin.approved_by"' in table.html
    assert "Mã PIN không đúng" in table.html
    assert desk.log.head() == head, "the right PIN of who proposed counts for nothing alone"
    assert PIN not in table.html, "no PIN is ever shown again"
    assert "3.000.000" in table.html, "all else stays as it was typed"
    table.send(**asked(club))
    assert table.url.startswith("/loans/"), table.html


def test_a_pin_is_not_guessed_through_the_form(
    table: Plain, desk: Desk, club: Club, clock: Clock
) -> None:
    for n in range(6):
        clock.now += timedelta(minutes=1)
        table.send(**asked(club, pin__approved_by=f"{n:06}"))
    assert table.status == 429
    head = desk.log.head()
    table.send(**asked(club))
    assert table.status == 429, "nor is the right one taken now"
    assert "quá nhiều lần" in table.html
    assert desk.log.head() == head


def test_who_has_no_account_cannot_be_named(table: Plain, desk: Desk, club: Club) -> None:
    head = desk.log.head()
    table.send(**asked(club, proposed_by=str(club.secretary)))
    assert table.status == 422
    assert desk.log.head() == head


def test_a_part_may_wait_for_its_person_on_their_own_device(
    table: Plain, browser: Browser, desk: Desk, club: Club
) -> None:
    table.send(**asked(club, approved_by="", paid_by=""))
    assert "Người duyệt xác nhận sau" in table.html
    loan = table.url.removeprefix("/loans/")
    address = f"/clubs/{club.club_id}/lending?loan_id={loan}"
    chair = Plain(browser(club.chair))
    chair.open(address)
    chair.send(approved_by=str(club.chair), minutes="BB 11")
    assert "Người chi tiền xác nhận sau" in chair.html, chair.html
    before = recorded(desk, club)
    table.open(address)
    table.send(paid_by=str(club.treasurer))
    assert told(desk, club, before) == [("LoanDisbursed", str(club.treasurer), None)]


def test_one_person_is_not_two_of_the_three(table: Plain, desk: Desk, club: Club) -> None:
    before = recorded(desk, club)
    table.send(**asked(club, approved_by=str(club.accountant), pin__approved_by=PIN))
    assert table.status == 409
    assert 'id="f-approval"' in table.html
    assert {topic for topic, _, _ in told(desk, club, before)} == {"LoanRequested", "LoanAppraised"}
    assert "Hứa Thị Già" in table.html, "the request is in the book: the rest goes on from it"
    table.send(approved_by=str(club.chair), pin__approved_by=PIN, paid_by=str(club.treasurer))
    assert table.url.startswith("/loans/"), table.html
