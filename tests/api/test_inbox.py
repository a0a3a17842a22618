"""What waits for whom: nobody is asked for a second time, nor to approve what they proposed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient

from desk import accounts, books
from desk.desk import Call, Desk
from domain.accounts.roles import Grant, Role, Scope
from domain.loans.commands import PayExpense, ProposeReversal, ReceiveDues
from logins import account_for, bearer, gave_code, granted
from projections.follower import Follower
from tests.api.hands import Hands
from village import DAY, SYSTEM, Village

ON = {"occurred_on": DAY.isoformat()}


@pytest.fixture
def inbox(
    client: TestClient, follower: Follower, desk: Desk, village: Village
) -> Callable[..., Any]:
    """What somebody with a role in the village's club is shown."""
    here = Scope(kind="club", id=str(village.club_id))

    def show(person_id: UUID, role: Role) -> Any:
        follower.catch_up()
        place = granted(role).scope if role is Role.ADMINISTRATOR else here
        grants: list[Grant] = [granted(role, place)]
        answer = client.get("/v1/me/inbox", headers=bearer(desk, person_id, grants))
        assert answer.status_code == 200, answer.text
        return answer.json()

    return show


def test_an_entry_typed_for_me_waits_until_i_confirm_it(
    client: TestClient, inbox: Callable[..., Any], desk: Desk, village: Village
) -> None:
    clerk = Call("clerk", recorded_by=village.secretary)
    books.record(desk, clerk, village.club_id, ReceiveDues(occurred_on=DAY, amount=900_000))
    expense = PayExpense(occurred_on=DAY, amount=10_000, paid_by=village.treasurer)
    entries = [books.record(desk, clerk, village.club_id, expense).event_id for _ in range(2)]
    shown = inbox(village.treasurer, Role.TREASURER)
    assert [one["event_id"] for one in shown["to_confirm"]] == [str(id) for id in entries]
    assert (shown["count"], shown["to_confirm"][0]["by_name"]) == (2, "Vi Thị Thư")
    assert inbox(village.secretary, Role.SECRETARY)["to_confirm"] == []

    Hands(client, village.treasurer).done(f"/events/{entries[0]}/confirmation", ON)
    reason = desk.memo(village.club_id, "Ghi nhầm")
    assert reason
    proposal = ProposeReversal(
        occurred_on=DAY, event_id=entries[1], proposed_by=village.secretary, reason=reason
    )
    books.propose_reversal(desk, SYSTEM, proposal)
    chair = Hands(client, village.chair)
    chair.done(f"/events/{entries[1]}/reversal/approval", ON)
    assert inbox(village.treasurer, Role.TREASURER)["count"] == 0, "taken back, nothing to confirm"


def test_a_proposal_waits_for_everybody_but_who_made_it(
    client: TestClient, inbox: Callable[..., Any], desk: Desk, village: Village
) -> None:
    dues = ReceiveDues(occurred_on=DAY, amount=100_000)
    entry = books.record(desk, SYSTEM, village.club_id, dues).event_id
    secretary = Hands(client, village.secretary)
    inbox(village.secretary, Role.SECRETARY)
    secretary.done(f"/events/{entry}/reversal", ON | {"reason": "Ghi trùng"})
    assert inbox(village.secretary, Role.SECRETARY)["to_approve"] == []
    [waits] = inbox(village.chair, Role.CHAIR)["to_approve"]
    assert (waits["event_id"], waits["by_name"]) == (str(entry), "Vi Thị Thư")
    assert inbox(village.member("Hoàng Thị Dung"), Role.VOLUNTEER)["to_approve"] == []
    assert inbox(village.treasurer, Role.ACCOUNTANT)["to_approve"] == [waits]
    gave_code(desk, village.treasurer, village.secretary)
    assert inbox(village.treasurer, Role.ACCOUNTANT)["to_approve"] == [], "could be both"
    Hands(client, village.chair).done(f"/events/{entry}/reversal/approval", ON)
    assert inbox(village.chair, Role.CHAIR)["count"] == 0


def test_a_loan_asked_for_waits_for_a_decision_but_not_for_its_borrower(
    inbox: Callable[..., Any], village: Village
) -> None:
    loan = village.requested(village.chair, 2_000_000)
    [waits] = inbox(village.treasurer, Role.TREASURER)["loans"]
    assert waits["loan_id"] == str(loan)
    assert (waits["borrower_name"], waits["amount"]) == ("Nông Thị Chủ", 2_000_000)
    assert inbox(village.chair, Role.CHAIR)["loans"] == []


def test_a_role_waits_for_another_administrator(
    inbox: Callable[..., Any], desk: Desk, village: Village
) -> None:
    told = accounts.NewAccount(user_name="dung")
    dung = village.member("Hoàng Thị Dung")
    accounts.open_account(desk, SYSTEM, dung, told, None)
    role = accounts.NewRole(role=Role.CHAIR, scope=Scope(kind="nation"), since=DAY)
    accounts.propose_role(desk, SYSTEM, dung, role, village.secretary)
    [waits] = inbox(village.chair, Role.ADMINISTRATOR)["roles"]
    assert (waits["name"], waits["grant"]["role"]) == ("Hoàng Thị Dung", "chair")
    assert inbox(village.secretary, Role.ADMINISTRATOR)["roles"] == []
    account_for(desk, village.secretary)
    gave_code(desk, village.chair, village.secretary)
    assert inbox(village.chair, Role.ADMINISTRATOR)["roles"] == [], "could be both"
    assert inbox(village.treasurer, Role.TREASURER)["roles"] == []
