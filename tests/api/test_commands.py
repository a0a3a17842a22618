"""A club's first months over HTTP: every command that there is, as a treasurer would send it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from desk.accounts import NewAccount, register_administrator
from desk.desk import Desk
from domain.clubs.people import PERSON
from domain.events import Role, person
from domain.histories import book_of
from domain.loans.book import BOOK
from logins import NATION
from projections.follower import Follower
from tests.api.hands import Hands
from tests.api.problems import pointers, refused
from village import SYSTEM, Village

DAY = "2026-03-10"
TERMS = {"instalments": 10, "method": "equal_principal", "rate": {"percent": "0.7", "per": "month"}}


@pytest.fixture
def clerk(client: TestClient, village: Village) -> Hands:
    return Hands(client, village.secretary)


@pytest.fixture
def shown(client: TestClient, follower: Follower) -> Callable[..., Any]:
    """What a read answers once everything written so far is in it."""

    def get(address: str, **params: Any) -> Any:
        follower.catch_up()
        answer = client.get(f"/v1{address}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def test_a_club_from_nothing_to_a_settled_loan(
    client: TestClient, shown: Callable[..., Any], desk: Desk
) -> None:
    administrator, _ = register_administrator(
        desk, SYSTEM, "Hứa Thị Đầu", NewAccount(user_name="dau.hua"), NATION
    )
    founder = Hands(client, administrator)
    club = founder.done("/clubs", {"name": "CLB thôn Pò Mã", "founded_on": "2021-03-15"})["id"]
    first = {"name": "Nông Thị Chủ", "joined_on": "2021-03-15", "sex": "female"}
    chair = UUID(founder.done(f"/clubs/{club}/members", first)["id"])
    hands = Hands(client, chair)
    treasurer, secretary, borrower = (
        UUID(hands.done(f"/clubs/{club}/members", {"name": name, "joined_on": DAY})["id"])
        for name in ("Lộc Văn Quỹ", "Vi Thị Thư", "Hoàng Thị Dung")
    )
    capital = {"occurred_on": DAY, "amount": 10_000_000, "source": "state_budget"}
    assert hands.done(f"/clubs/{club}/capital", capital, by=treasurer)["voucher"] == "PT-2026-0001"

    asked = {"member_id": str(borrower), "occurred_on": DAY, "amount": 1_000_000, "terms": TERMS}
    asked |= {"purpose": "Mua lợn giống"}
    loan = hands.done(f"/clubs/{club}/loans", asked, by=secretary)["id"]
    on = {"occurred_on": DAY}
    hands.done(f"/loans/{loan}/appraisal", on | {"in_favour": True}, by=treasurer)
    hands.done(f"/loans/{loan}/approval", on | {"minutes": "BB 1"}, by=chair)
    paid = hands.done(f"/loans/{loan}/disbursement", on, by=treasurer)
    assert (paid["id"], paid["voucher"]) == (loan, "PC-2026-0001")
    money = {"occurred_on": "2026-04-10", "amount": 1_007_000}
    hands.done(f"/loans/{loan}/repayments", money, by=treasurer)

    page = shown(f"/loans/{loan}", on="2026-04-10")
    assert (page["step"], page["owed"]["outstanding"]) == ("settled", 0)
    assert page["borrower_name"] == "Hoàng Thị Dung"
    balances = shown(f"/clubs/{club}/balances")
    assert (balances["cash"], balances["sum"]) == (10_007_000, 0)


def test_every_movement_of_money(clerk: Hands, village: Village, shown: Callable[..., Any]) -> None:
    club = f"/clubs/{village.club_id}"
    on = {"occurred_on": DAY}
    clerk.done(f"{club}/dues", on | {"amount": 600_000, "payer_id": str(village.chair)})
    clerk.done(f"{club}/income", on | {"amount": 200_000, "memo": "Bán chè xanh"})
    clerk.done(f"{club}/expenses", on | {"amount": 50_000, "memo": "Chè nước"})
    between = {"amount": 100_000, "from_fund": "operating", "to_fund": "care"}
    clerk.done(f"{club}/transfers", on | between)
    moved = clerk.done(
        f"{club}/cash-moves", on | {"amount": 2_000_000, "fund": "loan", "to_bank": True}
    )
    assert moved["voucher"] in moved["vouchers"]
    assert {voucher[:2] for voucher in moved["vouchers"]} == {"PC", "PT"}
    counted = on | {"funds": ["loan"], "sheets": {"500000": 96}}
    signed = [str(village.treasurer), str(village.chair)]
    clerk.done(f"{club}/cash-counts", counted | {"signed_by": signed})
    balances = shown(f"{club}/balances")
    assert (balances["cash"], balances["bank"]) == (48_750_000, 2_000_000)
    memos = [line["memo"] for line in shown(f"{club}/ledger")["items"] if line["memo"]]
    assert set(memos) == {"Bán chè xanh", "Chè nước"}


def test_who_acts_is_the_one_the_header_names(clerk: Hands, village: Village, desk: Desk) -> None:
    body = {"occurred_on": DAY, "amount": 50_000}
    address = f"/clubs/{village.club_id}/expenses"
    found = refused(clerk.post(address, body | {"paid_by": str(village.chair)}), 422, "malformed")
    assert pointers(found) == {("body", "/paid_by", "unknown-field")}
    clerk.post(f"/clubs/{village.club_id}/dues", body)
    done = clerk.post(address, body, X_Acting_Person=str(village.treasurer))
    assert done.status_code == 201
    last = desk.log.story(book_of(village.club_id))[-1]
    assert last.event.paid_by == village.treasurer  # type: ignore[attr-defined]
    assert last.actor == str(village.secretary)


def test_every_event_says_who_acted_also_when_a_clerk_types(
    clerk: Hands, village: Village, desk: Desk
) -> None:
    typed = {"X_Acting_Person": str(village.treasurer)}
    body = {"occurred_on": DAY, "amount": 600_000}
    clerk.done(f"/clubs/{village.club_id}/dues", body, **typed)
    member = {"name": "Hoàng Thị Dung", "joined_on": DAY}
    clerk.done(f"/clubs/{village.club_id}/members", member, **typed)
    for history in (book_of(village.club_id), village.club_id):
        last = desk.log.story(history)[-1]
        assert person(village.treasurer, Role.ACTOR) in last.event.concerns
        assert last.actor == str(village.secretary)


def test_signatories_are_the_actor_and_whom_the_body_names(
    clerk: Hands, village: Village, desk: Desk
) -> None:
    counted = {"occurred_on": DAY, "funds": ["loan"], "sheets": {"500000": 100}}
    twice = [str(village.chair), str(village.secretary), str(village.chair)]
    address = f"/clubs/{village.club_id}/cash-counts"
    refused(clerk.post(address, counted | {"signed_by": twice}), 409, "same-person")
    signed = [str(village.chair), str(village.treasurer)]
    clerk.done(address, counted | {"signed_by": signed})
    last = desk.log.story(book_of(village.club_id))[-1].event
    assert last.signed_by == (village.secretary, village.chair, village.treasurer)  # type: ignore[attr-defined]


def test_four_eyes_hold_for_the_persons_the_headers_name(clerk: Hands, village: Village) -> None:
    asked = {"member_id": str(village.chair), "occurred_on": DAY, "amount": 100_000, "terms": TERMS}
    loan = clerk.done(f"/clubs/{village.club_id}/loans", asked)["id"]
    approval = {"occurred_on": DAY, "minutes": "BB 1"}
    for approver in (village.secretary, village.chair):
        answer = clerk.post(f"/loans/{loan}/approval", approval, by=approver)
        refused(answer, 409, "same-person")
    clerk.done(f"/loans/{loan}/approval", approval, by=village.treasurer)
    # Whoever types for the second person changes nothing about who the second person is.
    typed = {"X_Acting_Person": str(village.treasurer)}
    answer = clerk.post(f"/loans/{loan}/disbursement", {"occurred_on": DAY}, **typed)
    refused(answer, 409, "same-person")


def test_a_request_may_be_rejected(
    clerk: Hands, village: Village, shown: Callable[..., Any]
) -> None:
    asked = {"member_id": str(village.chair), "occurred_on": DAY, "amount": 100_000, "terms": TERMS}
    loan = clerk.done(f"/clubs/{village.club_id}/loans", asked)["id"]
    rejection = {"occurred_on": DAY, "reason": "Còn nợ nơi khác"}
    clerk.done(f"/loans/{loan}/rejection", rejection, by=village.treasurer)
    assert shown(f"/loans/{loan}")["step"] == "rejected"


def test_a_reversal_waits_for_a_second_person(
    clerk: Hands, village: Village, shown: Callable[..., Any]
) -> None:
    address = f"/clubs/{village.club_id}"
    dues = clerk.done(f"{address}/dues", {"occurred_on": DAY, "amount": 600_000})
    reversal = f"/events/{dues['event_id']}/reversal"
    assert dues["id"] == dues["event_id"]
    proposal = {"occurred_on": DAY, "reason": "Ghi trùng"}
    refused(clerk.post(f"{reversal}/approval", {"occurred_on": DAY}), 409, "not-proposed")
    assert clerk.post(reversal, proposal).status_code == 202
    assert shown(f"{address}/balances")["cash"] == 50_600_000
    refused(clerk.post(f"{reversal}/approval", {"occurred_on": DAY}), 409, "same-person")
    clerk.done(f"{reversal}/approval", {"occurred_on": DAY}, by=village.chair)
    assert shown(f"{address}/balances")["cash"] == 50_000_000
    again = clerk.post(f"{reversal}/approval", {"occurred_on": DAY}, by=village.chair)
    refused(again, 409, "already-reversed")


def test_opening_balances_with_live_loans(
    clerk: Hands, village: Village, shown: Callable[..., Any]
) -> None:
    club = clerk.done("/clubs", {"name": "CLB thôn Khác", "founded_on": "2020-01-01"})["id"]
    joined = {"person_id": str(village.chair), "joined_on": "2020-01-01"}
    clerk.done(f"/clubs/{club}/members", joined)
    loan = {"member_id": str(village.chair), "principal_remaining": 900_000}
    loan |= {"next_due_on": "2026-01-10", "terms": TERMS}
    opening: dict[str, Any] = {"cut_over_on": "2025-12-31", "cash": {"loan": 100_000}}
    opening |= {"capital": {"members": 1_000_000}, "loans": [loan]}
    found = refused(clerk.post(f"/clubs/{club}/opening-balances", opening), 422, "malformed")
    assert pointers(found) == {("body", "/signed_by", "missing")}
    opening["signed_by"] = [str(village.treasurer)]
    clerk.done(f"/clubs/{club}/opening-balances", opening)
    (only,) = shown(f"/clubs/{club}/loans")["items"]
    assert (only["outstanding"], only["borrower_id"]) == (900_000, str(village.chair))


def test_a_member_is_described_corrected_and_leaves(
    clerk: Hands, village: Village, desk: Desk, shown: Callable[..., Any]
) -> None:
    somebody = {"name": "Hoang Thị Dung", "joined_on": DAY, "birth": {"year": 1955}}
    somebody |= {"phone": "0912 345 678", "household_class": "near_poor", "volunteer": True}
    member = clerk.done(f"/clubs/{village.club_id}/members", somebody)["id"]
    address = f"/members/{member}"
    clerk.done(f"{address}/corrections", {"name": "Hoàng Thị Dung", "reason": "Thiếu dấu"})
    clerk.done(f"{address}/household", {"household_class": "poor", "valid_from": "2026-01-01"})
    clerk.done(f"{address}/household", {"shares_with": str(village.chair)})
    page = shown(address)
    assert (page["name"], page["household_class"]) == ("Hoàng Thị Dung", "poor")
    one, other = (desk.log.load(PERSON, id).state for id in (UUID(member), village.chair))
    assert one
    assert other
    assert one.household_id == other.household_id is not None
    clerk.done(f"{address}/departure", {"left_on": "2026-03-20", "cause": "moved"})
    (row,) = shown(f"/clubs/{village.club_id}/members", q="Dung")["items"]
    assert (row["left_on"], row["volunteer"]) == ("2026-03-20", True)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"joined_on": DAY}, "/name"),
        ({"joined_on": DAY, "name": "A", "person_id": "{chair}"}, "/name"),
        ({"joined_on": DAY, "person_id": "{chair}", "sex": "male"}, "/person_id"),
        ({"joined_on": DAY, "name": "A", "id": "{chair}"}, "/id"),
    ],
)
def test_a_new_member_is_one_person(
    clerk: Hands, village: Village, body: dict[str, str], pointer: str
) -> None:
    sent = {name: value.format(chair=village.chair) for name, value in body.items()}
    found = refused(clerk.post(f"/clubs/{village.club_id}/members", sent), 422, "malformed")
    assert {one["pointer"] for one in found["errors"]} == {pointer}


def test_by_laws_and_a_board(clerk: Hands, village: Village, shown: Callable[..., Any]) -> None:
    club = f"/clubs/{village.club_id}"
    rules = {"adopted_on": DAY, "effective_from": DAY, "rules": {"loan_amount_max": 1_000_000}}
    rules["proposed_by"] = str(village.treasurer)
    Hands(clerk.client, village.chair, village.treasurer).done(f"{club}/regulations", rules)
    asked = {"member_id": str(village.chair), "occurred_on": DAY, "terms": TERMS}
    above = clerk.post(f"{club}/loans", asked | {"amount": 1_000_001})
    assert refused(above, 409, "loan-limit")["facts"]
    clerk.done(f"{club}/loans", asked | {"amount": 1_000_000})
    holders = [
        {"office": "treasurer", "person_id": str(village.treasurer)},
        {"office": "accountant", "person_id": str(village.treasurer)},
    ]
    board = {"elected_on": DAY, "holders": holders}
    refused(clerk.post(f"{club}/boards", board), 409, "same-person")
    holders[1]["person_id"] = str(village.secretary)
    clerk.done(f"{club}/boards", board)
    assert {one["office"] for one in shown(club)["board"]} == {"treasurer", "accountant"}


def test_a_loan_named_for_another_kind_of_thing_is_not_found(
    clerk: Hands, village: Village, desk: Desk
) -> None:
    """An id of a club, a book or a person names no other kind of thing."""
    book, unknown = book_of(village.club_id), desk.new_id()
    on = {"occurred_on": DAY}
    for id in (village.club_id, village.chair, book, unknown):
        refused(clerk.post(f"/loans/{id}/disbursement", on), 404, "not-found")
        refused(clerk.post(f"/events/{id}/reversal/approval", on), 404, "not-found")
        if id != village.club_id:
            refused(clerk.post(f"/clubs/{id}/dues", on | {"amount": 5}), 404, "not-found")
        if id != village.chair:
            corrected = clerk.post(f"/members/{id}/corrections", {"name": "A"})
            refused(corrected, 404, "not-found")
            payer = on | {"amount": 5, "payer_id": str(id)}
            refused(clerk.post(f"/clubs/{village.club_id}/dues", payer), 404, "not-found")
            refused(clerk.post(f"/clubs/{village.club_id}/dues", on, by=id), 422, "malformed")
            answer = clerk.post(f"/clubs/{village.club_id}/dues", on | {"amount": 5}, by=id)
            refused(answer, 401, "not-logged-in")
    assert desk.log.load(BOOK, book).version == 1  # the capital
