"""What happened to an account. No event holds a secret: not a password, nor a hash of one."""

from typing import ClassVar

from domain.accounts.roles import Grant
from domain.events import Dated
from domain.values import Id, Sealed


class AccountOpened(Dated):
    TOPIC: ClassVar[str] = "accounts.AccountOpened"
    person_id: Id
    user_name: Sealed
    opened_by: Id | None = None
    """None: at the machine itself, on the command line."""


class RoleProposed(Dated):
    """A role for somebody; it holds once a second person has agreed."""

    TOPIC: ClassVar[str] = "accounts.RoleProposed"
    person_id: Id
    grant: Grant
    proposed_by: Id


class RoleGranted(Dated):
    TOPIC: ClassVar[str] = "accounts.RoleGranted"
    person_id: Id
    grant: Grant
    proposed_by: Id | None = None
    """Neither one: at the machine itself, for the first administrators."""
    approved_by: Id | None = None


class RoleDeclined(Dated):
    TOPIC: ClassVar[str] = "accounts.RoleDeclined"
    person_id: Id
    grant_id: Id
    declined_by: Id


class RoleWithdrawn(Dated):
    TOPIC: ClassVar[str] = "accounts.RoleWithdrawn"
    person_id: Id
    grant: Grant
    withdrawn_by: Id | None = None


class AccountDisabled(Dated):
    TOPIC: ClassVar[str] = "accounts.AccountDisabled"
    person_id: Id
    disabled_by: Id | None = None


class AccountEnabled(Dated):
    TOPIC: ClassVar[str] = "accounts.AccountEnabled"
    person_id: Id
    enabled_by: Id | None = None


class ResetCodeGiven(Dated):
    """An officer gave somebody a code to choose a new password with, once."""

    TOPIC: ClassVar[str] = "accounts.ResetCodeGiven"
    person_id: Id
    given_by: Id | None = None


AccountEvent = (
    AccountOpened
    | RoleProposed
    | RoleGranted
    | RoleDeclined
    | RoleWithdrawn
    | AccountDisabled
    | AccountEnabled
    | ResetCodeGiven
)
