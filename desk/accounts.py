"""Commands about accounts, each as the desk takes it; and who has one."""

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from pydantic import Field, ValidationError

from desk.desk import Call, Desk, Receipt, Said, acted, said
from desk.people import NewPerson, say_person, sealed_person
from domain.accounts import decisions
from domain.accounts.account import ACCOUNT, Account
from domain.accounts.decisions import OpenAccount, ProposeRole
from domain.accounts.events import AccountEvent
from domain.accounts.roles import Grant, Role, Scope
from domain.clubs.club import CLUB
from domain.clubs.club import known as known_club
from domain.clubs.people import PERSON
from domain.clubs.people import known as known_person
from domain.errors import Malformed, Refusal
from domain.histories import account_of
from domain.values import Day, Immutable, Name, Purpose
from store.access import plain_name
from store.log import Work

Decide = Callable[[Account | None, Work], list[AccountEvent]]

_USER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,39}", re.ASCII)
_PHONE = re.compile(r"0\d{8,10}", re.ASCII)


class NewAccount(Immutable):
    """What somebody logs in as: a user name, a phone number, or either; in the clear."""

    user_name: Name
    phone: Name | None = None


class NewRole(Immutable):
    """A role for somebody, from a day on; it holds once a second person has agreed."""

    role: Role = Field(strict=False)
    scope: Scope
    since: Day
    until: Day | None = None
    books_from: Day | None = None
    books_to: Day | None = None


class Approval(Immutable):
    """A second person lets a role be given."""


class Refusing(Immutable):
    """Somebody does not agree to a role."""


class Withdrawal(Immutable):
    """A role ends, now."""


class Disabling(Immutable):
    """Nobody logs in to the account any more, and every session ends."""


class Enabling(Immutable):
    """The account may be used again, with the roles it had."""


class ResetCode(Immutable):
    """A code to choose a new password with, once and within a day; the reply shows it once."""


def open_account(
    desk: Desk, call: Call, person_id: UUID, told: NewAccount, opened_by: UUID | None
) -> Receipt:
    """Raises `Refusal` for a name somebody else has, `NotFound` for nobody."""
    names = _log_in_names(told)
    account_id = account_of(person_id)
    known_person(desk.log.load(PERSON, person_id).state)
    command = OpenAccount(
        person_id=person_id,
        user_name=desk.keys.seal(person_id, Purpose.IDENTITY, told.user_name),
        opened_by=opened_by,
    )
    desk.access.open(account_id, person_id, names, desk.clock())

    def decide(account: Account | None, unit: Work) -> list[AccountEvent]:
        desk.known_people(unit, person_id, opened_by)
        return decisions.open_account(account, command, desk.today)

    return _of_account(desk, call, person_id, decide)


def propose_role(
    desk: Desk, call: Call, person_id: UUID, told: NewRole, proposed_by: UUID
) -> Receipt:
    """The answer's id is the grant's. Hard: the role is for a club or person that there is."""
    try:
        grant = Grant(id=desk.new_id(), **told.model_dump() | {"scope": told.scope})
    except ValidationError:
        raise Malformed("malformed", "Vai trò, nơi và các ngày không hợp nhau.") from None
    command = ProposeRole(grant=grant, proposed_by=proposed_by)

    def decide(account: Account | None, unit: Work) -> list[AccountEvent]:
        desk.known_people(unit, proposed_by)
        if grant.scope.kind == "club":
            known_club(unit.load(CLUB, UUID(grant.scope.id)))
        if grant.scope.kind == "person":
            desk.known_people(unit, UUID(grant.scope.id))
        return decisions.propose_role(account, command, desk.today)

    return _of_account(desk, call, person_id, decide, grant.id)


def approve_role(
    desk: Desk, call: Call, person_id: UUID, grant_id: UUID, approved_by: UUID
) -> Receipt:
    def decide(account: Account | None, unit: Work) -> list[AccountEvent]:
        desk.known_people(unit, approved_by)
        also = desk.every_id(unit, approved_by)
        return decisions.approve_role(account, grant_id, approved_by, desk.today, also)

    return _of_account(desk, call, person_id, decide, grant_id)


def decline_role(
    desk: Desk, call: Call, person_id: UUID, grant_id: UUID, declined_by: UUID
) -> Receipt:
    def decide(account: Account | None, unit: Work) -> list[AccountEvent]:
        desk.known_people(unit, declined_by)
        return decisions.decline_role(account, grant_id, declined_by, desk.today)

    return _of_account(desk, call, person_id, decide, grant_id)


def withdraw_role(
    desk: Desk, call: Call, person_id: UUID, grant_id: UUID, withdrawn_by: UUID | None
) -> Receipt:
    def decide(account: Account | None, unit: Work) -> list[AccountEvent]:
        desk.known_people(unit, withdrawn_by)
        return decisions.withdraw_role(account, grant_id, withdrawn_by, desk.today)

    return _of_account(desk, call, person_id, decide, grant_id)


def disable(desk: Desk, call: Call, person_id: UUID, disabled_by: UUID | None) -> Receipt:
    """Its sessions and tokens are gone too, for the day on which it is enabled again."""

    def decide(account: Account | None, unit: Work) -> list[AccountEvent]:
        desk.known_people(unit, disabled_by)
        return decisions.disable(account, disabled_by, desk.today)

    done = _of_account(desk, call, person_id, decide)
    desk.access.end_all(account_of(person_id))
    desk.access.end_tokens(account_of(person_id))
    return done


def enable(desk: Desk, call: Call, person_id: UUID, enabled_by: UUID | None) -> Receipt:
    def decide(account: Account | None, unit: Work) -> list[AccountEvent]:
        desk.known_people(unit, enabled_by)
        return decisions.enable(account, enabled_by, desk.today)

    return _of_account(desk, call, person_id, decide)


def give_reset_code(desk: Desk, call: Call, person_id: UUID, given_by: UUID | None) -> Receipt:
    """The answer has the code, the first time alone: nothing keeps it."""

    def decide(account: Account | None, unit: Work) -> list[AccountEvent]:
        desk.known_people(unit, given_by)
        return decisions.give_reset_code(account, given_by, desk.today)

    done = _of_account(desk, call, person_id, decide)
    if done.replayed:
        return done
    return replace(
        done, code=desk.access.make_reset_code(account_of(person_id), desk.clock(), given_by)
    )


# --- at the machine itself ----------------------------------------------------------------------


def register_administrator(
    desk: Desk, call: Call, name: str, told: NewAccount, scope: Scope
) -> tuple[UUID, str]:
    """One of the first two administrators: person, account and role; and their reset code."""
    person_id = desk.new_id()
    sealed = sealed_person(desk, person_id, NewPerson(name=name))
    administrators = sum(
        any(one.role is Role.ADMINISTRATOR for one in account.grants_on(desk.today))
        for account in all_accounts(desk).values()
    )
    names = _log_in_names(told)
    if any(desk.access.named(one) for one in names):
        raise Refusal("name-taken", "Tên đăng nhập hoặc số điện thoại này đã có người dùng.")
    user_name = desk.keys.seal(person_id, Purpose.IDENTITY, told.user_name)
    grant = Grant(id=desk.new_id(), role=Role.ADMINISTRATOR, scope=scope, since=desk.today)
    account_id = account_of(person_id)

    def work(unit: Work) -> Said:
        say_person(unit, person_id, sealed, desk.today)
        opening = OpenAccount(person_id=person_id, user_name=user_name)
        account = unit.load(ACCOUNT, account_id)
        unit.say(ACCOUNT, account_id, decisions.open_account(account, opening, desk.today))
        account = unit.load(ACCOUNT, account_id)
        events = decisions.name_administrator(account, grant, administrators, desk.today)
        made = unit.say(ACCOUNT, account_id, events)
        return said(person_id, made, events, unit.version(account_id))

    desk.take(call, work)
    desk.access.open(account_id, person_id, names, desk.clock())
    return person_id, desk.access.make_reset_code(account_id, desk.clock())


# --- who has one --------------------------------------------------------------------------------


def all_accounts(desk: Desk) -> dict[UUID, Account]:
    """Every account by its person, as the log says now."""
    found = (desk.log.load(ACCOUNT, id).state for id in desk.access.account_ids())
    return {account.person_id: account for account in found if account is not None}


def account_now(desk: Desk, person_id: UUID) -> Account | None:
    return desk.log.load(ACCOUNT, account_of(person_id)).state


def _log_in_names(told: NewAccount) -> list[str]:
    name = plain_name(told.user_name)
    if not _USER_NAME.fullmatch(name):
        raise Refusal(
            "user-name-form",
            "Tên đăng nhập gồm 3 đến 40 chữ thường không dấu, chữ số, dấu chấm, gạch.",
        )
    if told.phone is None:
        return [name]
    phone = plain_name(told.phone)
    if not _PHONE.fullmatch(phone):
        raise Refusal("phone-form", "Số điện thoại gồm 9 đến 11 chữ số, bắt đầu bằng 0 hoặc +84.")
    return [name, phone]


def _of_account(
    desk: Desk, call: Call, person_id: UUID, decide: Decide, thing: UUID | None = None
) -> Receipt:
    account_id = account_of(person_id)

    def work(unit: Work) -> Said:
        account = unit.load(ACCOUNT, account_id)
        desk.refuse_stale(call, unit, account_id)
        events = acted(call, decide(account, unit))
        made = unit.say(ACCOUNT, account_id, events)
        return said(thing or person_id, made, events, unit.version(account_id))

    return desk.take(call, work)
