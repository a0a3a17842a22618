"""Somebody's account: their roles, and those that wait for a second person."""

from datetime import date
from typing import assert_never
from uuid import UUID

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
from domain.accounts.roles import Grant
from domain.errors import NotFound
from domain.histories import Kind
from domain.values import Id, Immutable, Sealed


class Waiting(Immutable):
    """A role somebody proposed."""

    grant: Grant
    proposed_by: Id


class Account(Immutable):
    person_id: Id
    user_name: Sealed
    disabled: bool = False
    grants: tuple[Grant, ...] = ()
    """Given and not withdrawn; whether they hold on a day is another question."""
    waiting: dict[UUID, Waiting] = {}
    """By the id of the grant."""

    def grants_on(self, day: date) -> tuple[Grant, ...]:
        return () if self.disabled else tuple(one for one in self.grants if one.holds_on(day))


def known(account: Account | None) -> Account:
    if account is None:
        raise NotFound("Không có tài khoản này.")
    return account


def evolve(account: Account | None, event: AccountEvent) -> Account:
    if isinstance(event, AccountOpened):
        return Account(person_id=event.person_id, user_name=event.user_name)
    assert account is not None, "everything else happens to an account that is open"
    match event:
        case RoleProposed():
            one = Waiting(grant=event.grant, proposed_by=event.proposed_by)
            return account.model_copy(update={"waiting": account.waiting | {event.grant.id: one}})
        case RoleGranted():
            return _waits_no_more(account, event.grant.id).model_copy(
                update={"grants": (*account.grants, event.grant)}
            )
        case RoleDeclined():
            return _waits_no_more(account, event.grant_id)
        case RoleWithdrawn():
            kept = tuple(one for one in account.grants if one.id != event.grant.id)
            return account.model_copy(update={"grants": kept})
        case AccountDisabled():
            return account.model_copy(update={"disabled": True})
        case AccountEnabled():
            return account.model_copy(update={"disabled": False})
        case ResetCodeGiven():
            return account
        case _:
            assert_never(event)


def _waits_no_more(account: Account, grant_id: UUID) -> Account:
    left = {id: one for id, one in account.waiting.items() if id != grant_id}
    return account.model_copy(update={"waiting": left})


ACCOUNT = Kind("accounts.Account", 1, Account, evolve)
