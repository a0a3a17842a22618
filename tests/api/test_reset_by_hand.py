"""Whoever gave somebody the code by which they come in could have come in as them: these two are
not both hands of one thing, until somebody else gives a code."""

from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from starlette.testclient import TestClient

from desk import books
from desk.desk import Desk
from domain.errors import Refusal
from domain.histories import account_of, book_of
from domain.loans.accounts import Period
from domain.loans.book import BOOK
from domain.loans.commands import ReceiveDues
from domain.loans.events import PeriodClosed
from logins import account_for, forget_token, token_for
from store import passwords
from store.database import Database
from store.log import Work
from tests.api.hands import Hands
from tests.api.problems import refused
from tests.api.scenes import scene
from tests.api.test_one_pair_of_eyes import appended
from village import DAY, SYSTEM, Village

ON = {"occurred_on": DAY.isoformat()}
PASSWORD = "bon mua trong ruong"  # pragma: allowlist secret

Resets = Callable[[UUID, UUID], None]


@pytest.fixture
def resets(client: TestClient, desk: Desk) -> Resets:
    """An officer gives somebody a code, and it is used."""

    def reset(officer: UUID, person: UUID) -> None:
        account_for(desk, person, grants=())
        given = Hands(client, officer).post(f"/members/{person}/account/reset-code", {})
        assert given.status_code == 201, given.text
        told = {"user": f"u{person.hex}", "code": given.json()["code"], "password": PASSWORD}
        same = {"Sec-Fetch-Site": "same-origin"}
        taken = client.post("/v1/password-resets", json=told, headers=same)
        assert taken.status_code == 204, taken.text
        forget_token(desk, person)  # it ended with the password before

    return reset


@pytest.mark.parametrize("gave", ["who acts", "the second hand", "in a ring"])
def test_whoever_gave_the_other_their_code_is_not_the_other_hand(
    client: TestClient, village: Village, desk: Desk, resets: Resets, gave: str
) -> None:
    at = scene(village, "write_off_loan")
    assert at.second is not None
    token_for(desk, at.acting)
    token_for(desk, at.second)
    if gave == "who acts":
        resets(at.acting, at.second)
    elif gave == "the second hand":
        resets(at.second, at.acting)
    else:
        between = village.member("Lý Văn Giữa")
        resets(at.acting, between)
        resets(between, at.second)
        resets(at.second, between)  # which does not wash it off
        resets(at.second, at.second)
    before = desk.log.story(book_of(village.club_id))
    both = Hands(client, at.acting, at.second)
    refused(both.post(at.address.removeprefix("/v1"), at.body), 409, "one-log-in")
    assert desk.log.story(book_of(village.club_id)) == before
    # Another officer's code ends it.
    another = village.member("Vi Thị Cán")
    resets(another, at.second if gave != "the second hand" else at.acting)
    assert both.post(at.address.removeprefix("/v1"), at.body).status_code == 201


def test_nor_of_what_is_proposed_first_and_agreed_to_later(
    client: TestClient, village: Village, desk: Desk, resets: Resets
) -> None:
    dues = ReceiveDues(occurred_on=DAY, amount=100_000)
    entry = books.record(desk, SYSTEM, village.club_id, dues).event_id
    secretary, chair = Hands(client, village.secretary), Hands(client, village.chair)
    resets(village.chair, village.secretary)
    secretary.done(f"/events/{entry}/reversal", ON | {"reason": "Ghi trùng"})
    refused(chair.post(f"/events/{entry}/reversal/approval", ON), 409, "one-log-in")
    third = Hands(client, village.member("Vi Thị Ba"))
    third.done(f"/events/{entry}/reversal/approval", ON)


def test_nor_of_one_loan(client: TestClient, village: Village, desk: Desk, resets: Resets) -> None:
    loan = village.requested(village.member("Hoàng Thị Dung"), 1_000_000)
    resets(village.chair, village.treasurer)
    resets(village.secretary, village.member("Lý Văn Chi"))
    Hands(client, village.chair).done(f"/loans/{loan}/approval", ON | {"minutes": "BB 03-2026"})
    payer = Hands(client, village.treasurer)
    refused(payer.post(f"/loans/{loan}/disbursement", ON), 409, "one-log-in")
    Hands(client, village.member("Vi Thị Ba")).done(f"/loans/{loan}/disbursement", ON)
    resets(village.secretary, village.chair)
    other = village.requested(village.member("Hoàng Thị Én"), 1_000_000)
    vote = Hands(client, village.chair).post(f"/loans/{other}/approval", ON | {"minutes": "BB"})
    refused(vote, 409, "one-log-in")


def test_whoever_types_may_have_given_a_code_to_whom_they_type_for(
    client: TestClient, village: Village, desk: Desk, resets: Resets
) -> None:
    """A commune's officer sets a club's accounts up and keeps its paper: clerk and treasurer are
    one hand of the payout, and the chair is the other."""
    officer = village.member("Nông Văn Cán")
    resets(officer, village.treasurer)
    loan = village.requested(village.member("Hoàng Thị Dung"), 1_000_000)
    Hands(client, village.chair).done(f"/loans/{loan}/approval", ON | {"minutes": "BB 03-2026"})
    typed = {"X_Acting_Person": str(village.treasurer)}
    Hands(client, officer).done(f"/loans/{loan}/disbursement", ON, **typed)
    resets(officer, village.chair)
    other = village.requested(village.member("Hoàng Thị Én"), 1_000_000)
    Hands(client, village.chair).done(f"/loans/{other}/approval", ON | {"minutes": "BB 04-2026"})
    paid = Hands(client, officer).post(f"/loans/{other}/disbursement", ON, **typed)
    refused(paid, 409, "one-log-in")
    Hands(client, village.treasurer).done(f"/loans/{other}/disbursement", ON)


def test_nor_does_a_clerk_confirm_what_they_typed(
    client: TestClient, village: Village, desk: Desk, resets: Resets
) -> None:
    loan = village.lent(village.member("Hoàng Thị Dung"), 1_000_000)
    clerk, named = Hands(client, village.secretary), str(village.treasurer)
    paid = ON | {"amount": 100_000}
    typed = clerk.done(f"/loans/{loan}/repayments", paid, X_Acting_Person=named)["event_id"]
    resets(village.secretary, village.treasurer)
    said = Hands(client, village.treasurer)
    refused(said.post(f"/events/{typed}/confirmation", ON), 409, "one-log-in")


def test_nor_is_whoever_typed_one_hand_the_giver_of_the_other_s_code(
    client: TestClient, village: Village, desk: Desk, resets: Resets
) -> None:
    dues = ReceiveDues(occurred_on=DAY, amount=100_000)
    entry = books.record(desk, SYSTEM, village.club_id, dues).event_id
    resets(village.secretary, village.chair)
    clerk, chair = Hands(client, village.secretary), Hands(client, village.chair)
    told = ON | {"reason": "Ghi trùng"}
    clerk.done(f"/events/{entry}/reversal", told, X_Acting_Person=str(village.treasurer))
    refused(chair.post(f"/events/{entry}/reversal/approval", ON), 409, "one-log-in")


def test_the_database_refuses_it_too(village: Village, database: Database, resets: Resets) -> None:
    hands = {"proposed_by": village.secretary, "approved_by": village.chair}
    with psycopg.connect(database.url, autocommit=True) as application:
        assert appended(application, "loans.EntryReversed", hands)
        resets(village.chair, village.secretary)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="needs two people"):
            appended(application, "loans.EntryReversed", hands)


def test_a_code_that_comes_in_after_the_look_is_found_by_the_next_look(
    village: Village, desk: Desk, resets: Resets, caplog: pytest.LogCaptureFixture
) -> None:
    """The database is the last to look, and sends whoever asked to look again."""
    closed = PeriodClosed(
        occurred_on=DAY,
        lines=(),
        period=Period.MONTH,
        until=DAY,
        closed_by=village.secretary,
        approved_by=village.chair,
    )
    book, looks, before = book_of(village.club_id), [], desk.log.story(book_of(village.club_id))

    def work(unit: Work) -> None:
        looks.append(unit)
        desk.refuse_one_log_in({village.secretary}, {village.chair})
        unit.say(BOOK, book, [closed], club_id=village.club_id)
        resets(village.chair, village.secretary)

    with pytest.raises(Refusal) as refusal:
        desk.log.carry_out(work, actor="test")
    assert refusal.value.code == "one-log-in"
    assert len(looks) == 2
    assert "refused: loans.PeriodClosed needs two people" in caplog.messages
    assert desk.log.story(book) == before


def test_a_new_password_ends_pin_and_tokens(
    village: Village, desk: Desk, client: TestClient, resets: Resets
) -> None:
    person = village.treasurer
    account_for(desk, person)
    account_id = account_of(person)
    desk.access.set_pin(account_id, passwords.hashed(desk.access.peppered(account_id, "240159")))
    token = token_for(desk, person)
    resets(village.chair, person)
    assert desk.access.credentials(account_id).pin is None
    assert desk.access.token(token, desk.clock()) is None
