"""What may happen to an account. A role needs two people; taking one away needs one, at once."""

from datetime import date
from uuid import UUID

from domain.accounts.account import Account, Waiting, known
from domain.accounts.events import (
    AccountDisabled,
    AccountEnabled,
    AccountEvent,
    AccountOpened,
    ResetCodeGiven,
    RoleDeclined,
    RoleGranted,
    RoleProposed,
    RoleWithdrawn,
)
from domain.accounts.roles import Grant, Role
from domain.errors import NotFound, Refusal
from domain.events import Concern, person
from domain.events import Role as Part
from domain.values import Id, Immutable, Sealed

FIRST_ADMINISTRATORS = 2
"""So many are named on the command line: one proposes and the other approves."""


class OpenAccount(Immutable):
    person_id: Id
    user_name: Sealed
    opened_by: Id | None = None


class ProposeRole(Immutable):
    grant: Grant
    proposed_by: Id


def open_account(account: Account | None, command: OpenAccount, today: date) -> list[AccountEvent]:
    if account is not None:
        raise Refusal("account-exists", "Người này đã có tài khoản.")
    return [
        AccountOpened(
            occurred_on=today,
            person_id=command.person_id,
            user_name=command.user_name,
            opened_by=command.opened_by,
            concerns=_about(command.person_id),
        )
    ]


def propose_role(account: Account | None, command: ProposeRole, today: date) -> list[AccountEvent]:
    account = _usable(account)
    known_ids = {*account.waiting, *(grant.id for grant in account.grants)}
    assert command.grant.id not in known_ids, "ids of grants are made here"
    _refuse_had(account, command.grant)
    return [
        RoleProposed(
            occurred_on=today,
            person_id=account.person_id,
            grant=command.grant,
            proposed_by=command.proposed_by,
            concerns=(*_about(account.person_id), person(command.proposed_by, Part.PROPOSER)),
        )
    ]


def approve_role(
    account: Account | None,
    grant_id: UUID,
    approved_by: UUID,
    today: date,
    also: frozenset[UUID] = frozenset(),
) -> list[AccountEvent]:
    """A second person agrees: neither who proposed it nor whom it is for, under whatever id
    (`also` are the approver's others)."""
    account = _usable(account)
    waiting = _waiting(account, grant_id)
    if {waiting.proposed_by, account.person_id} & (also | {approved_by}):
        raise Refusal("same-person", "Người đề nghị hoặc người được giao không tự duyệt.")
    _refuse_had(account, waiting.grant)
    return [
        RoleGranted(
            occurred_on=today,
            person_id=account.person_id,
            grant=waiting.grant,
            proposed_by=waiting.proposed_by,
            approved_by=approved_by,
            concerns=(
                *_about(account.person_id),
                person(waiting.proposed_by, Part.PROPOSER),
                person(approved_by, Part.APPROVER),
            ),
        )
    ]


def decline_role(
    account: Account | None, grant_id: UUID, declined_by: UUID, today: date
) -> list[AccountEvent]:
    account = known(account)
    _waiting(account, grant_id)
    return [
        RoleDeclined(
            occurred_on=today,
            person_id=account.person_id,
            grant_id=grant_id,
            declined_by=declined_by,
            concerns=_about(account.person_id),
        )
    ]


def name_administrator(
    account: Account | None, grant: Grant, administrators: int, today: date
) -> list[AccountEvent]:
    """One of the first, named at the machine itself. Hard: not where two could decide instead."""
    account = _usable(account)
    assert grant.role is Role.ADMINISTRATOR
    if administrators >= FIRST_ADMINISTRATORS:
        raise Refusal(
            "administrators-exist",
            "Đã có hai quản trị viên; vai trò tiếp theo do hai người cùng quyết định.",
        )
    _refuse_had(account, grant)
    return [
        RoleGranted(
            occurred_on=today,
            person_id=account.person_id,
            grant=grant,
            concerns=_about(account.person_id),
        )
    ]


def withdraw_role(
    account: Account | None, grant_id: UUID, withdrawn_by: UUID | None, today: date
) -> list[AccountEvent]:
    """One person is enough, and it holds at once: a right too many is worse than one too few."""
    account = known(account)
    grant = next((one for one in account.grants if one.id == grant_id), None)
    if grant is None:
        raise NotFound("Không có vai trò này.")
    return [
        RoleWithdrawn(
            occurred_on=today,
            person_id=account.person_id,
            grant=grant,
            withdrawn_by=withdrawn_by,
            concerns=_about(account.person_id),
        )
    ]


def disable(account: Account | None, disabled_by: UUID | None, today: date) -> list[AccountEvent]:
    account = _usable(account)
    return [
        AccountDisabled(
            occurred_on=today,
            person_id=account.person_id,
            disabled_by=disabled_by,
            concerns=_about(account.person_id),
        )
    ]


def enable(account: Account | None, enabled_by: UUID | None, today: date) -> list[AccountEvent]:
    """Hard: nobody lets themselves in again."""
    account = known(account)
    if not account.disabled:
        raise Refusal("account-enabled", "Tài khoản này đang dùng được.")
    if enabled_by == account.person_id:
        raise Refusal("same-person", "Không ai tự mở lại tài khoản của mình.")
    return [
        AccountEnabled(
            occurred_on=today,
            person_id=account.person_id,
            enabled_by=enabled_by,
            concerns=_about(account.person_id),
        )
    ]


def give_reset_code(
    account: Account | None, given_by: UUID | None, today: date
) -> list[AccountEvent]:
    account = _usable(account)
    return [
        ResetCodeGiven(
            occurred_on=today,
            person_id=account.person_id,
            given_by=given_by,
            concerns=_about(account.person_id),
        )
    ]


def _usable(account: Account | None) -> Account:
    account = known(account)
    if account.disabled:
        raise Refusal("account-disabled", "Tài khoản này đã khóa.")
    return account


def _waiting(account: Account, grant_id: UUID) -> Waiting:
    waiting = account.waiting.get(grant_id)
    if waiting is None:
        raise NotFound("Không có đề nghị này.")
    return waiting


def _refuse_had(account: Account, grant: Grant) -> None:
    """Hard: a role is not given twice for the same place and the same days."""
    for one in account.grants:
        if (
            one.role is grant.role
            and one.scope == grant.scope
            and one.since <= (grant.until or grant.since)
            and (one.until is None or grant.since <= one.until)
            and (one.books_from, one.books_to) == (grant.books_from, grant.books_to)
        ):
            raise Refusal("role-held", "Người này đã có vai trò này ở đó.")


def _about(person_id: UUID) -> tuple[Concern]:
    return (person(person_id, Part.SUBJECT),)
