"""A command that names a second hand takes effect only with that person there: by their own PIN or
their own token. To be named by the first is not to have agreed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.callers import COOKIE
from desk import accounts, clubs
from desk.desk import Desk
from desk.units import matching
from domain.accounts.account import Account
from domain.accounts.roles import Grant, Role, Scope
from domain.clubs.decisions import ReassignCommune
from domain.histories import account_of, book_of
from domain.loans.events import EntryConfirmed
from logins import account_for, granted, token_for
from store import passwords
from tests.api.expected_permissions import SECOND_HANDS, expected
from tests.api.hands import Hands, key
from tests.api.problems import pointers, refused
from tests.api.scenes import COMMANDS, scene
from village import DAY, SYSTEM, Village

TWO_HANDED = sorted(name for name, command in COMMANDS.items() if command.second)
PIN = "240159"


def test_what_takes_two_hands_is_known() -> None:
    assert set(TWO_HANDED) == {
        *(
            "adopt_regulation",
            "bear_loss",
            "close_period",
            "disburse_loan",
            "extend_loan",
            "freeze_loan",
        ),
        *("return_capital", "settle_cash_difference", "take_over_debt", "unfreeze_loan"),
        *("waive_interest", "write_off_loan"),
    }


@pytest.mark.parametrize("name", [name for name in TWO_HANDED if name != "disburse_loan"])
def test_to_be_named_is_not_to_have_agreed(
    client: TestClient, village: Village, desk: Desk, name: str
) -> None:
    at = scene(village, name)
    alone = Hands(client, at.acting)
    assert at.second is not None
    now, third = desk.clock(), village.member("Hoàng Thị Ba")
    account_for(desk, at.second)
    _, reading = desk.access.make_token(
        account_of(at.second), "máy đọc", ("read",), now + timedelta(1), now
    )
    book = book_of(village.club_id)
    before = desk.log.story(book)
    for token in (None, token_for(desk, at.acting), token_for(desk, third), reading, "x" * 43):
        more = {"X-Confirmed-By": token} if token else {}
        answer = client.post(at.address, json=at.body, headers=alone.headers() | more)
        refused(answer, 409, "second-hand-needed")
    assert desk.log.story(book) == before
    both = {"X-Confirmed-By": desk.access.make_token(
        account_of(at.second), "máy ghi", ("write",), now + timedelta(1), now
    )[1]}  # fmt: skip
    mine = alone.headers()
    done = client.post(at.address, json=at.body, headers=mine | both)
    assert done.status_code == 201, done.text
    if name == "adopt_regulation":  # it is no entry of the book
        said_by = desk.log.story(village.club_id)[-1].event
        assert said_by.proposed_by == at.second  # type: ignore[attr-defined]
        return
    said = desk.log.story(book)[-1].event
    assert isinstance(said, EntryConfirmed)
    assert (str(said.event_id), said.confirmed_by) == (done.json()["event_id"], at.second)
    # Answered again also when the second person has gone.
    again = client.post(at.address, json=at.body, headers=mine)
    assert (again.status_code, again.json()) == (201, done.json())


def asks(village: Village, name: str) -> tuple[str, dict[str, Any], UUID]:
    """Where it is sent, what is sent but for the second hand, and who acts."""
    if name == "disburse_loan":  # two hands only of cash that is gone already
        loan = village.requested(village.member("Hoàng Thị Dung"), 1_000_000)
        body = {"occurred_on": DAY.isoformat(), "already_paid": True}
        return f"/v1/loans/{loan}/disbursement", body, village.treasurer
    at = scene(village, name)
    return at.address, at.body, at.acting


UNIT, FAR = matching(None, "Lạng Sơn")[0], matching(None, "Thái Nguyên")[0]


def village_in(desk: Desk, unit: Any) -> Village:
    village = Village(desk, capital=20_000_000)
    moved = ReassignCommune(occurred_on=DAY, commune=unit.name, province=unit.province)
    clubs.reassign_commune(desk, SYSTEM, village.club_id, moved)
    return village


def role_in(role: Role, village: Village, unit: Any) -> Grant:
    scopes = {
        Role.COMMUNE_OFFICER: Scope(kind="commune", id=unit.code),
        Role.ADMINISTRATOR: Scope(kind="commune", id=unit.code),
        Role.PROVINCIAL_OFFICER: Scope(kind="province", id=unit.province_code),
        Role.RELATIVE: Scope(kind="person", id=str(village.secretary)),
    }
    club = Scope(kind="club", id=str(village.club_id))
    return granted(role, scopes.get(role, club))


def test_each_command_of_two_hands_says_whose_second_hand_counts() -> None:
    assert expected(SECOND_HANDS).keys() == set(TWO_HANDED)


@pytest.mark.parametrize("name", TWO_HANDED)
def test_the_second_hand_counts_by_a_role_of_their_own_in_that_place(
    client: TestClient, desk: Desk, name: str
) -> None:
    command, row = COMMANDS[name], expected(SECOND_HANDS)[name]
    assert command.second is not None
    village, far = village_in(desk, UNIT), village_in(desk, FAR)
    address, body, acting = asks(village, name)
    hands = Hands(client, acting)

    def answered(grants: tuple[Grant, ...]) -> Any:
        person = village.member("Hoàng Thị Ba")
        there = {"X-Confirmed-By": token_for(desk, person, grants)}
        sent = body | {command.second: str(person)}
        return client.post(address, json=sent, headers=hands.headers() | there)

    nobody = refused(answered(()), 409, "second-hand-needed")
    for role in Role:
        for grant in (role_in(role, far, FAR), role_in(role, village, UNIT)):
            if row[role] == "x" and grant == role_in(role, village, UNIT):
                done = answered((grant,))
                assert done.status_code == 201, (role, done.text)
                village = village_in(desk, UNIT)
                address, body, acting = asks(village, name)
                hands = Hands(client, acting)
                continue
            told = refused(answered((grant,)), 409, "second-hand-needed")
            assert told["detail"] == nobody["detail"], role


@pytest.mark.parametrize("lost", ["role withdrawn", "role ended", "account shut"])
def test_whoever_lost_the_right_is_no_second_hand_any_more(
    client: TestClient, desk: Desk, lost: str
) -> None:
    village = village_in(desk, UNIT)
    address, body, acting = asks(village, "write_off_loan")
    ended = {"until": desk.today - timedelta(1)} if lost == "role ended" else {}
    club = Scope(kind="club", id=str(village.club_id))
    second = village.member("Hoàng Thị Ba")
    there = {"X-Confirmed-By": token_for(desk, second, (granted(Role.ACCOUNTANT, club, **ended),))}
    (grant,) = known(desk, second).grants
    if lost == "role withdrawn":
        accounts.withdraw_role(desk, SYSTEM, second, grant.id, village.chair)
    if lost == "account shut":
        accounts.disable(desk, SYSTEM, second, village.chair)
    sent = body | {"proposed_by": str(second)}
    answer = client.post(address, json=sent, headers=Hands(client, acting).headers() | there)
    refused(answer, 409, "second-hand-needed")


def known(desk: Desk, person_id: UUID) -> Account:
    account = accounts.account_now(desk, person_id)
    assert account is not None
    return account


def test_no_token_is_told_from_one_that_ended(client: TestClient, village: Village) -> None:
    at = scene(village, "write_off_loan")
    for wrong in ("", "x", "Bearer " + "x" * 43, "x" * 44, "x" * 43 + ", " + "x" * 43):
        headers = Hands(client, at.acting).headers() | {"X-Confirmed-By": wrong}
        found = refused(client.post(at.address, json=at.body, headers=headers), 422, "malformed")
        assert pointers(found) == {("header", "/X-Confirmed-By", "wrong-form")}


def test_the_phone_goes_round_the_table_and_each_confirms_with_their_pin(
    app: FastAPI, village: Village, desk: Desk
) -> None:
    at = scene(village, "write_off_loan")
    assert at.second is not None
    for person in (at.acting, at.second):
        account_for(desk, person)
    account_id, now = account_of(at.second), desk.clock()
    desk.access.set_pin(account_id, passwords.hashed(desk.access.peppered(account_id, PIN)))
    phone = TestClient(app, headers={"Sec-Fetch-Site": "same-origin"})
    phone.cookies.set(COOKIE, desk.access.begin(account_of(at.acting), "máy", now)[0])
    turn = phone.post("/v1/turns", json={"user": f"u{at.second.hex}", "pin": PIN}).json()
    mine = {"Idempotency-Key": key()}
    refused(phone.post(at.address, json=at.body, headers=mine), 409, "second-hand-needed")
    there = mine | {"X-Confirmed-By": turn["token"]}
    desk.clock = lambda: now + timedelta(minutes=6)
    refused(phone.post(at.address, json=at.body, headers=there), 409, "second-hand-needed")
    desk.clock = lambda: now
    assert phone.post(at.address, json=at.body, headers=there).status_code == 201


def test_cash_already_paid_is_confirmed_by_whoever_is_named(
    client: TestClient, village: Village
) -> None:
    borrower = village.member("Hoàng Thị Dung")
    loan = village.requested(borrower, 1_000_000)
    body = {"occurred_on": DAY.isoformat(), "already_paid": True}
    body |= {"confirmed_by": str(village.chair)}
    address = f"/loans/{loan}/disbursement"
    refused(Hands(client, village.treasurer).post(address, body), 409, "second-hand-needed")
    Hands(client, village.treasurer, village.chair).done(address, body)


# --- one log-in does not do for approval and payout ---------------------------------------------


@pytest.fixture
def asked(village: Village) -> UUID:
    return village.requested(village.member("Hoàng Thị Dung"), 1_000_000)


ON = {"occurred_on": DAY.isoformat()}
VOTE = ON | {"minutes": "BB 03-2026"}


def test_who_typed_the_approval_does_not_pay_out_until_the_approver_confirms(
    client: TestClient, village: Village, asked: UUID
) -> None:
    approval, payout = f"/loans/{asked}/approval", f"/loans/{asked}/disbursement"
    treasurer = Hands(client, village.treasurer)
    typed = treasurer.done(approval, VOTE, X_Acting_Person=str(village.chair))
    refused(treasurer.post(payout, ON), 409, "second-hand-needed")
    # Nor as a clerk for somebody else who pays.
    other = {"X_Acting_Person": str(village.member("Lý Văn Chi"))}
    refused(treasurer.post(payout, ON, **other), 409, "second-hand-needed")
    Hands(client, village.chair).done(f"/events/{typed['event_id']}/confirmation", ON)
    treasurer.done(payout, ON)


def test_somebody_else_pays_out_what_a_clerk_typed(
    client: TestClient, village: Village, asked: UUID
) -> None:
    clerk = Hands(client, village.member("Lý Văn Chi"))
    clerk.done(f"/loans/{asked}/approval", VOTE, X_Acting_Person=str(village.chair))
    Hands(client, village.treasurer).done(f"/loans/{asked}/disbursement", ON)


def test_who_approved_does_not_type_the_payout(
    client: TestClient, village: Village, asked: UUID, following: Callable[[], Any]
) -> None:
    chair = Hands(client, village.chair)
    chair.done(f"/loans/{asked}/approval", VOTE)
    payer = {"X_Acting_Person": str(village.treasurer)}
    refused(chair.post(f"/loans/{asked}/disbursement", ON, **payer), 409, "same-person")
    Hands(client, village.treasurer).done(f"/loans/{asked}/disbursement", ON)
