"""Nobody lets stand what they proposed themselves, whichever way they try: the API refuses it, and
where an API would not, the database does."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.book_commands import TERMS
from api.callers import COOKIE
from desk import accounts, books, merging
from desk.desk import Desk
from domain.accounts.roles import Role, Scope
from domain.clubs.merging import ApproveMerge, ProposeMerge
from domain.histories import account_of
from domain.loans.commands import ReceiveDues
from domain.values import Purpose
from logins import account_for, bearer, granted
from store import passwords
from store.database import Database
from tests.api.hands import Hands, key
from tests.api.problems import refused
from village import DAY, SYSTEM, Village
from web.app import install

ON = {"occurred_on": DAY.isoformat()}
PIN = "240159"


@pytest.fixture
def app(app: FastAPI) -> FastAPI:
    install(app)
    return app


@dataclass
class Case:
    """Dues entered by mistake; the secretary proposes to take them back, and would agree too."""

    client: TestClient
    desk: Desk
    village: Village
    entry: UUID

    @property
    def secretary(self) -> UUID:
        return self.village.secretary

    @property
    def chair(self) -> UUID:
        return self.village.chair

    def proposed(self, by: UUID, **headers: str) -> None:
        body = ON | {"reason": "Ghi trùng"}
        hands = Hands(self.client, by)
        assert hands.post(f"/events/{self.entry}/reversal", body, **headers).status_code == 202

    def approved(self, by: dict[str, str]) -> Any:
        address = f"/v1/events/{self.entry}/reversal/approval"
        return self.client.post(address, json=ON, headers=by | {"Idempotency-Key": key()})


@pytest.fixture
def case(client: TestClient, desk: Desk, village: Village) -> Case:
    dues = ReceiveDues(occurred_on=DAY, amount=100_000)
    return Case(client, desk, village, books.record(desk, SYSTEM, village.club_id, dues).event_id)


# Each returns the answer, and the hands that the event would have named.
Tried = tuple[Any, dict[str, UUID | str]]


def as_before(case: Case) -> Tried:
    case.proposed(case.secretary)
    answer = case.approved(bearer(case.desk, case.secretary))
    return answer, {"proposed_by": case.secretary, "approved_by": case.secretary}


def with_another_token(case: Case) -> Tried:
    case.proposed(case.secretary)
    now = case.desk.clock()
    _, token = case.desk.access.make_token(
        account_of(case.secretary), "máy khác", ("read", "write"), now + timedelta(days=1), now
    )
    answer = case.approved({"Authorization": f"Bearer {token}"})
    return answer, {"proposed_by": case.secretary, "approved_by": case.secretary}


def by_pin_on_another_s_phone(case: Case) -> Tried:
    case.proposed(case.secretary)
    access, now = case.desk.access, case.desk.clock()
    peppered = access.peppered(account_of(case.secretary), PIN)
    access.set_pin(account_of(case.secretary), passwords.hashed(peppered))
    phone, _ = access.begin(account_for(case.desk, case.chair), "máy của chủ nhiệm", now)
    theirs = TestClient(case.client.app, headers={"Sec-Fetch-Site": "same-origin"})
    theirs.cookies.set(COOKIE, phone)
    begun = theirs.post("/v1/turns", json={"user": f"u{case.secretary.hex}", "pin": PIN})
    assert begun.status_code == 201, begun.text
    answer = case.approved({"Authorization": f"Bearer {begun.json()['token']}"})
    return answer, {"proposed_by": case.secretary, "approved_by": case.secretary}


def named_in_capitals_by_a_clerk(case: Case) -> Tried:
    case.proposed(case.secretary)
    named = {"X-Acting-Person": str(case.secretary).upper()}
    answer = case.approved(bearer(case.desk, case.village.treasurer) | named)
    hands = {"proposed_by": case.secretary, "approved_by": str(case.secretary).upper()}
    return answer, {**hands, "recorded_by": case.village.treasurer}


def typing_it_for_somebody_else(case: Case) -> Tried:
    case.proposed(case.secretary)
    named = {"X-Acting-Person": str(case.chair)}
    answer = case.approved(bearer(case.desk, case.secretary) | named)
    hands = {"proposed_by": case.secretary, "approved_by": case.chair}
    return answer, {**hands, "recorded_by": case.secretary}


def under_a_second_entry_of_theirs(case: Case) -> Tried:
    """Proposed under the one, merged into the other, approved under that."""
    twin = case.village.member("Vi Thị Thư")
    case.proposed(twin)
    reason = case.desk.seal(twin, Purpose.IDENTITY, "Ghi hai lần")
    assert reason
    proposal = ProposeMerge(duplicate_id=twin, proposed_by=case.chair, reason=reason)
    merging.propose_merge(case.desk, SYSTEM, case.secretary, proposal, merging.Known())
    approval = ApproveMerge(duplicate_id=twin, approved_by=case.village.treasurer)
    merging.approve_merge(case.desk, SYSTEM, case.secretary, approval, merging.Known())
    answer = case.approved(bearer(case.desk, case.secretary))
    return answer, {"proposed_by": twin, "approved_by": case.secretary}


def in_another_office(case: Case) -> Tried:
    """Proposed as the secretary, who is chair by the time it is approved."""
    here = Scope(kind="club", id=str(case.village.club_id))
    old = granted(Role.SECRETARY, here)
    by = bearer(case.desk, case.secretary, (old,))
    case.proposed(case.secretary)
    accounts.withdraw_role(case.desk, SYSTEM, case.secretary, old.id, case.chair)
    role = accounts.NewRole(role=Role.CHAIR, scope=here, since=DAY)
    treasurer = case.village.treasurer
    grant = accounts.propose_role(case.desk, SYSTEM, case.secretary, role, treasurer).id
    accounts.approve_role(case.desk, SYSTEM, case.secretary, grant, case.chair)
    answer = case.approved(by)
    return answer, {"proposed_by": case.secretary, "approved_by": case.secretary}


def by_a_page(case: Case) -> Tried:
    """Proposed over the API, approved with the button of the inbox."""
    case.proposed(case.secretary)
    # A button is seen only where the proposal is: the read models have it by then.
    case.client.app.state.parts.follower.wait_for(case.desk.log.head(), 30)
    address = f"/clubs/{case.village.club_id}/approvals"
    form = {"decision": "reversal", "id": str(case.entry), "key": key()}
    answer = case.client.post(address, data=form, headers=bearer(case.desk, case.secretary))
    return answer, {"proposed_by": case.secretary, "approved_by": case.secretary}


WAYS = [
    as_before,
    with_another_token,
    by_pin_on_another_s_phone,
    named_in_capitals_by_a_clerk,
    typing_it_for_somebody_else,
    under_a_second_entry_of_theirs,
    in_another_office,
    by_a_page,
]


def test_one_clerk_does_not_type_both_hands(case: Case, following: Callable[[], Any]) -> None:
    clerk, chair = case.village.treasurer, {"X-Acting-Person": str(case.chair)}
    with following():
        case.proposed(clerk, X_Acting_Person=str(case.secretary))
        refused(case.approved(bearer(case.desk, clerk) | chair), 409, "same-person")
    # The control: another types that the chair agreed.
    other = case.village.member("Hoàng Thị Dung")
    assert case.approved(bearer(case.desk, other) | chair).status_code == 201


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_who_proposed_it_does_not_approve_it(
    case: Case, database: Database, following: Callable[[], Any], way: Callable[[Case], Tried]
) -> None:
    with following():
        answer, hands = way(case)
    if way is by_a_page:
        assert answer.status_code == 409
        assert "tự duyệt" in answer.text
    else:
        refused(answer, 409, "same-person")
    head = case.desk.log.head()
    with (
        psycopg.connect(database.url, autocommit=True) as application,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="needs two people"),
    ):
        appended(application, "loans.EntryReversed", hands)
    assert case.desk.log.head() == head
    # The control: another human being approves, and nothing is in the way.
    other = case.village.member("Hoàng Thị Dung")
    assert case.approved(bearer(case.desk, other)).status_code == 201
    with psycopg.connect(database.url, autocommit=True) as application:
        two = {"proposed_by": hands["proposed_by"], "approved_by": other}
        assert appended(application, "loans.EntryReversed", two)


def appended(application: psycopg.Connection[Any], topic: str, hands: dict[str, Any]) -> Any:
    """Past every check of ours but the database's own."""
    state = json.dumps({"v": 1, **{name: str(id) for name, id in hands.items()}}).encode()
    row = application.execute(
        """SELECT log.append(%s, 1, %s, %s, %s, NULL, 'x', NULL, NULL, NULL, NULL, NULL, NULL,
                             NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
        (uuid4(), uuid4(), topic, state),
    ).fetchone()
    return row[0] if row else None


def test_a_clerk_confirms_nothing_in_another_s_name(case: Case) -> None:
    """What they typed would be their word alone."""
    clerk, named = Hands(case.client, case.chair), {"X_Acting_Person": str(case.village.treasurer)}
    loan = case.village.lent(case.village.member("Hoàng Thị Dung"), 1_000_000)
    paid = ON | {"amount": 100_000}
    typed = clerk.done(f"/loans/{loan}/repayments", paid, **named)["event_id"]
    at = f"/events/{typed}/confirmation"
    for by in (clerk, Hands(case.client, case.secretary)):
        refused(by.post(at, ON, **named), 409, "in-person")
    Hands(case.client, case.village.treasurer).done(at, ON)


def test_who_asked_for_a_loan_does_not_type_its_approval(case: Case) -> None:
    borrower, named = case.village.member("Hoàng Thị Dung"), {"X_Acting_Person": str(case.chair)}
    at = f"/loans/{case.village.requested(borrower, 1_000_000)}/approval"
    vote = ON | {"minutes": "BB 03-2026"}
    for clerk in (case.secretary, borrower):  # the secretary proposed it
        refused(Hands(case.client, clerk).post(at, vote, **named), 409, "same-person")
    Hands(case.client, case.village.treasurer).done(at, vote, **named)


def test_who_typed_a_loan_s_request_does_not_approve_it(case: Case) -> None:
    """In the secretary's name, who may not even know of it."""
    asked = {
        **ON,
        "member_id": str(case.village.member("Hoàng Thị Dung")),
        "amount": 1_000_000,
        "terms": TERMS,
    }
    chair = Hands(case.client, case.chair)
    typed = chair.done(
        f"/clubs/{case.village.club_id}/loans", asked, X_Acting_Person=str(case.secretary)
    )
    vote = ON | {"minutes": "BB 03-2026"}
    refused(chair.post(f"/loans/{typed['id']}/approval", vote), 409, "same-person")
    Hands(case.client, case.village.treasurer).done(f"/loans/{typed['id']}/approval", vote)


def test_who_typed_the_proposal_does_not_approve_it_either(case: Case) -> None:
    """In somebody else's name, who may not even know of it."""
    case.proposed(case.chair, X_Acting_Person=str(case.village.treasurer))
    refused(case.approved(bearer(case.desk, case.chair)), 409, "same-person")
    assert case.approved(bearer(case.desk, case.secretary)).status_code == 201


def test_roles_and_merges_are_proposed_and_approved_by_each_in_person(case: Case) -> None:
    """Nobody confirms them later, so nobody types them for another."""
    hands, named = Hands(case.client, case.chair), {"X_Acting_Person": str(case.village.treasurer)}
    account_for(case.desk, case.secretary)
    role = {
        "role": "chair",
        "scope": {"kind": "club", "id": str(case.village.club_id)},
        "since": DAY.isoformat(),
    }
    at = f"/members/{case.secretary}"
    refused(hands.post(f"{at}/roles", role, **named), 409, "in-person")
    grant = hands.done(f"{at}/roles", role)["id"]
    refused(hands.post(f"{at}/roles/{grant}/approval", {}, **named), 409, "in-person")
    refused(hands.post(f"{at}/roles/{grant}/approval", {}), 409, "same-person")
    twin = {"duplicate_id": str(case.village.member("Vi Thị Thư"))}
    refused(hands.post(f"{at}/merge", twin | {"reason": "Hai lần"}, **named), 409, "in-person")
    hands.done(f"{at}/merge", twin | {"reason": "Hai lần"})
    refused(hands.post(f"{at}/merge/approval", twin, **named), 409, "in-person")
