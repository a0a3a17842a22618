"""Accounts for tests, made through the domain's own decisions; tokens, for they are cheap.

A test of something else than rights acts as somebody who has every role everywhere.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

from desk.desk import Desk
from domain.accounts.account import ACCOUNT
from domain.accounts.decisions import OpenAccount, open_account
from domain.accounts.events import AccountEvent, RoleGranted
from domain.accounts.roles import Grant, Role, Scope
from domain.histories import account_of
from domain.values import Purpose
from store import passwords
from store.log import Work

PIN = "240159"
LONG_AGO, FAR_AWAY = date(2020, 1, 1), date(2999, 12, 31)
NATION = Scope(kind="nation")
_COMMUNE = Scope(kind="commune", id="06214")

_tokens: WeakKeyDictionary[Desk, dict[UUID, str]] = WeakKeyDictionary()


def granted(role: Role, scope: Scope = NATION, **more: date) -> Grant:
    until = {"until": FAR_AWAY} if role is Role.AUDITOR else {}
    return Grant(
        id=UUID(int=hash((role, scope)) % 2**64), role=role, scope=scope, since=LONG_AGO,
        **until | more,
    )  # fmt: skip


EVERYTHING: tuple[Grant, ...] = tuple(
    granted(role, _COMMUNE if role is Role.COMMUNE_OFFICER else NATION)
    for role in Role
    if role is not Role.RELATIVE
)


def account_for(
    desk: Desk, person_id: UUID, grants: Sequence[Grant] = EVERYTHING, user: str = ""
) -> UUID:
    """The id of a new account with these roles; nobody asks whether the person is registered."""
    account_id, name = account_of(person_id), user or f"u{person_id.hex}"
    user_name = desk.keys.seal(person_id, Purpose.IDENTITY, name)

    def work(unit: Work) -> str:
        account = unit.load(ACCOUNT, account_id)
        events: list[AccountEvent] = []
        if account is None:
            events += open_account(
                None, OpenAccount(person_id=person_id, user_name=user_name), desk.today
            )
        events += (
            RoleGranted(
                occurred_on=LONG_AGO,
                person_id=person_id,
                grant=one,
                proposed_by=UUID(int=1),
                approved_by=UUID(int=2),
            )
            for one in grants
        )
        unit.say(ACCOUNT, account_id, events)
        return "{}"

    desk.log.carry_out(work, actor="system")
    desk.access.open(account_id, person_id, [name], desk.clock())
    return account_id


def gave_code(desk: Desk, giver: UUID, person_id: UUID) -> None:
    """Somebody who has an account comes in by a code that another gave them."""
    account_id, now = account_of(person_id), desk.clock()
    code = desk.access.make_reset_code(account_id, now, giver)
    assert desk.access.reset_password(account_id, code, passwords.hashed("chọn lại"), now, None)


def token_for(desk: Desk, person_id: UUID, grants: Sequence[Grant] = EVERYTHING) -> str:
    """A token of somebody's account, which is opened at the first time."""
    known = _tokens.setdefault(desk, {})
    if person_id not in known:
        account_id = account_for(desk, person_id, grants)
        now = desk.clock()
        known[person_id] = desk.access.make_token(
            account_id, "thử", ("read", "write"), now + timedelta(days=365), now
        )[1]
    return known[person_id]


def with_pin(
    desk: Desk, person_id: UUID, pin: str = PIN, grants: Sequence[Grant] = EVERYTHING
) -> str:
    """Somebody who has a PIN of their own, by what they log in with."""
    account_id, user = account_of(person_id), f"u{person_id.hex}"
    if desk.access.named(user) is None:
        account_for(desk, person_id, grants)
    desk.access.set_pin(account_id, passwords.hashed(desk.access.peppered(account_id, pin)))
    return user


def forget_token(desk: Desk, person_id: UUID) -> None:
    """It has ended: the next call is by a new one."""
    _tokens.setdefault(desk, {}).pop(person_id, None)


def bearer(desk: Desk, person_id: UUID, grants: Sequence[Grant] = EVERYTHING) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_for(desk, person_id, grants)}"}
