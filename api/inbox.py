"""What waits for whoever is logged in: to confirm, to approve, to decide."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from typing_extensions import TypedDict

from api.accounts import GrantView, grant_view
from api.callers import Caller, Calling
from api.parameters import Reading
from api.permissions import May, may, named_in
from api.reading import Parts, Read, Within
from desk.accounts import all_accounts
from domain.accounts.account import Waiting
from domain.accounts.permissions import TABLE, Action
from domain.accounts.roles import Role
from domain.accounts.who import Who
from domain.errors import NotFound
from projections import waiting
from projections.views import DayText, IdText
from projections.waiting import WaitingRow
from store.log import Work

router = APIRouter(prefix="/v1/me", dependencies=[may(Action.USE)])

_DECIDING = (Role.CHAIR, Role.ACCOUNTANT, Role.TREASURER, Role.SECRETARY, Role.CARE_COORDINATOR)


class EntryWaiting(TypedDict):
    """`event_id` is what is to be confirmed or taken back; `by` typed or proposed it."""

    event_id: IdText
    club_id: IdText
    occurred_on: DayText
    topic: str
    by: IdText | None
    by_name: str | None


class LoanToDecide(TypedDict):
    loan_id: IdText
    club_id: IdText
    borrower_id: IdText
    borrower_name: str | None
    amount: int


class RoleWaiting(TypedDict):
    person_id: IdText
    name: str | None
    grant: GrantView
    proposed_by: IdText
    proposed_by_name: str | None


class Inbox(TypedDict):
    count: int
    to_confirm: list[EntryWaiting]
    """Typed for me: POST /v1/events/{event_id}/confirmation."""
    to_approve: list[EntryWaiting]
    """Proposed by another in my clubs: POST …/reversal/approval or …/correction/approval."""
    loans: list[LoanToDecide]
    roles: list[RoleWaiting]


@router.get("/inbox")
def show_inbox(
    query: Annotated[Reading, Query()], caller: Calling, read: Read, parts: Within
) -> Inbox:
    """Nothing that one proposed oneself, or somebody with whose code one came in: that waits for
    somebody else; and nothing that one may not read or let stand."""
    who = caller.known()
    me = _every_id(parts, who)
    roles = _roles(parts, caller, me)
    money, care = _clubs(who, Action.AGREE), _clubs(who, Action.WRITE_CARE)
    with read.at(query) as connection:
        confirm = waiting.confirmations(connection, list(me))
        proposed = waiting.approvals(connection, [*money, *care], list(me))
        requested = waiting.loans_requested(connection, list(_clubs(who, Action.READ_BOOKS)))
    # Nothing is asked of the desk while a connection is held.
    approve = [
        one
        for one in proposed
        if one.club_id in (care if one.topic.startswith("care.") else money)
        and not parts.desk.are_one_log_in(me, (one.by_id,))
    ]
    loans = [loan for loan in requested if loan.borrower_id not in me]
    with read.at(query) as connection:
        named = {row.by_id for row in (*confirm, *approve) if row.by_id}
        named |= {loan.borrower_id for loan in loans}
        named |= {id for person_id, one in roles for id in (person_id, one.proposed_by)}
        names = read.names(connection, named, "show_inbox")
    return Inbox(
        count=len(confirm) + len(approve) + len(loans) + len(roles),
        to_confirm=_entries(confirm, names),
        to_approve=_entries(approve, names),
        loans=[
            LoanToDecide(
                loan_id=str(loan.loan_id),
                club_id=str(loan.club_id),
                borrower_id=str(loan.borrower_id),
                borrower_name=names.get(loan.borrower_id),
                amount=loan.amount,
            )
            for loan in loans
        ],
        roles=[
            RoleWaiting(
                person_id=str(person_id),
                name=names.get(person_id),
                grant=grant_view(one.grant),
                proposed_by=str(one.proposed_by),
                proposed_by_name=names.get(one.proposed_by),
            )
            for person_id, one in roles
        ],
    )


def _every_id(parts: Parts, who: Who) -> frozenset[UUID]:
    return parts.desk.every_id(Work(parts.desk.log, actor="reader"), who.person_id)


def _clubs(who: Who, action: Action) -> set[UUID]:
    """Where one may do something by an office of that club itself."""
    return {
        UUID(grant.scope.id)
        for grant in who.grants
        if grant.scope.kind == "club" and grant.role in _DECIDING and grant.role in TABLE[action]
    }


def _roles(parts: Parts, caller: Caller, me: frozenset[UUID]) -> list[tuple[UUID, Waiting]]:
    """Roles that wait for an administrator who may agree to them, each with whom it is for."""
    if all(grant.role is not Role.ADMINISTRATOR for grant in caller.known().grants):
        return []
    return [
        (person_id, one)
        for person_id, account in all_accounts(parts.desk).items()
        for one in account.waiting.values()
        if not {person_id, one.proposed_by} & me
        and not parts.desk.are_one_log_in(me, (one.proposed_by,))
        and _agrees(parts, caller, person_id, one)
    ]


def _agrees(parts: Parts, caller: Caller, person_id: UUID, one: Waiting) -> bool:
    """As whoever agrees is asked then."""
    asked = named_in({"member_id": person_id, "grant_id": one.grant.id}, None)
    try:
        May(Action.ADMINISTER).asks(asked, caller, parts)
    except NotFound:
        return False
    return True


def _entries(rows: Iterable[WaitingRow], names: dict[UUID, str]) -> list[EntryWaiting]:
    return [
        EntryWaiting(
            event_id=str(row.event_id),
            club_id=str(row.club_id),
            occurred_on=row.occurred_on.isoformat(),
            topic=row.topic,
            by=str(row.by_id) if row.by_id else None,
            by_name=names.get(row.by_id) if row.by_id else None,
        )
        for row in rows
    ]
