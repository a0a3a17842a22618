"""Tài khoản: who may log in, with which roles. A role is proposed by one and agreed to by another;
a code for somebody who forgot their password is shown once, to whoever gives it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.accounts import list_accounts
from api.parameters import Parameters, PathId
from api.reading import Connection
from desk.accounts import account_now
from desk.units import units
from domain.accounts.account import Account
from domain.accounts.permissions import Action
from domain.accounts.roles import Grant, Role, Scope
from domain.values import Purpose
from projections import clubs, whereabouts
from projections.people import names_of
from web import typed
from web.asking import Allowed, may
from web.entering import Filled, Refused, Step, enter, in_turn, texts
from web.entry import Entering, Entry
from web.page import PageRoute, fresh_key
from web.typed import Typed
from web.words import word

router = APIRouter(route_class=PageRoute, include_in_schema=False)

_OF_GRANT = {
    "approve": "approve_role",
    "decline": "decline_role",
    "withdraw": "withdraw_role",
}
_OF_ACCOUNT = {
    "code": "give_reset_code",
    "disable": "disable_account",
    "enable": "enable_account",
}


class Held(NamedTuple):
    """A role of somebody, with its place in words."""

    grant: Grant
    where: str
    proposed_by: UUID | None = None
    """Of one that waits for a second person."""


@router.get("/accounts")
def show_accounts(
    allowed: Annotated[Allowed, may(Action.RESET)], page: Entering, user: str = ""
) -> Response:
    """To administrators everybody of their places; whoever gives codes alone asks by user name."""
    if user.strip():
        known = page.parts.desk.access.named(user)
        if known is not None and page.may(Action.RESET, member_id=known.person_id):
            return page.goes_to(f"/members/{known.person_id}/account")
    found = []
    if page.may(Action.ADMINISTER):
        found = list_accounts(
            allowed=page.needs(Action.ADMINISTER), parts=page.parts, read=page.read, _=Parameters()
        )["items"]
    unfound = page.says("Không có tài khoản nào như vậy ở nơi mình phụ trách.")
    return page.show(
        "accounts.html",
        404 if user.strip() else 200,
        user=user,
        accounts=found,
        administers=page.may(Action.ADMINISTER),
        fault=unfound if user.strip() else "",
        waiting=[one for one in found if one["waiting"]],
        today_on=page.parts.desk.today.isoformat(),
    )


@router.get("/members/{member_id}/account")
def show_one_account(
    allowed: Annotated[Allowed, may(Action.RESET)], member_id: PathId, page: Entering
) -> Response:
    return _account(allowed, page, member_id, {}, None)


@router.post("/members/{member_id}/account")
def change_account(
    allowed: Annotated[Allowed, may(Action.RESET)],
    member_id: PathId,
    page: Entering,
    form: Filled,
) -> Response:
    """One thing at a time; each is asked of the reader's roles as the command it becomes."""
    sent = texts(form)
    decision, key = sent.get("decision", ""), sent.get("key", "") or fresh_key()
    if decision == "open":
        return _opened(allowed, page, member_id, sent, key)
    step = _step(member_id, decision, sent)
    if step is None:
        chosen = Refused(page.says("Hãy chọn một việc."), 422)
        return _account(allowed, page, member_id, sent, chosen)
    came = enter(page, step, key)
    if isinstance(came, Refused):
        return _account(allowed, page, member_id, sent, came)
    if decision == "code":
        return _account(allowed, page, member_id, {}, None, code=came.get("code", ""))
    return page.goes_to(f"/members/{member_id}/account", said=page.says("Đã ghi."))


def _step(member_id: UUID, decision: str, sent: Typed) -> Step | None:
    person = {"member_id": member_id}
    if decision == "propose":
        return Step("role", "propose_role", person, _role(sent))
    if command := _OF_ACCOUNT.get(decision):
        return Step(decision, command, person, {})
    if command := _OF_GRANT.get(decision):
        grant_id = typed.known_id(sent, "grant_id")
        return Step(decision, command, person | {"grant_id": grant_id}, {})
    return None


def _role(sent: Typed) -> dict[str, Any]:
    kind, _, id = sent.get("scope", "").partition(":")
    days = {
        name: typed.iso(sent.get(name, "").strip())
        for name in ("since", "until", "books_from", "books_to")
    }
    return {"role": sent.get("role", ""), "scope": {"kind": kind, "id": id or None}, **days}


def _opened(allowed: Allowed, page: Entry, member_id: UUID, sent: Typed, key: str) -> Response:
    """The account, and at once the code its owner chooses a password with."""
    person, named = {"member_id": member_id}, {}
    for name in ("user_name", "phone"):
        named[name] = sent.get(name, "").strip()
    outcome = in_turn(
        page,
        [
            lambda _: Step("user_name", "open_account", person, named),
            lambda _: Step("code", "give_reset_code", person, {}),
        ],
        key,
    )
    refused = next(iter(outcome.refused.values()), None)
    code = outcome.told["code"].get("code", "") if "code" in outcome.told else None
    return _account(allowed, page, member_id, sent if refused else {}, refused, code=code)


def _account(
    allowed: Allowed,
    page: Entry,
    member_id: UUID,
    sent: Typed,
    refused: Refused | None,
    code: str | None = None,
) -> Response:
    """`code` is "" where it was shown before, and nothing keeps it."""
    account = account_now(page.parts.desk, member_id)
    administers = page.may(Action.ADMINISTER, member_id=member_id)
    with page.read.at(page.reading) as connection:
        names = _names(page, connection, account, member_id) if administers else {}
        places = _places(page, connection) if administers else {}
    held, waiting = _held(page, account, places)
    return page.show(
        "account.html",
        # This page is there, also where what a command named is not.
        (409 if refused.status == 404 else refused.status) if refused else 200,
        member_id=member_id,
        account=account,
        user_name=page.parts.keys.open(account.user_name) if account else None,
        name=names.get(member_id),
        names=names,
        administers=administers,
        held=held,
        waiting=waiting,
        roles=[str(role) for role in Role],
        places=places,
        sent=sent,
        refused=refused,
        code=code,
        me=page.me,
    )


def _names(
    page: Entry, connection: Connection, account: Account | None, member_id: UUID
) -> Mapping[UUID, str]:
    """Officers of no club too, who are under nobody's second net."""
    people = (
        [member_id, *(one.proposed_by for one in account.waiting.values())]
        if account
        else [member_id]
    )
    page.read.looked_at(connection, people, Purpose.IDENTITY, "account")
    with page.parts.database.connection() as unseen:
        return dict(names_of(unseen, people))


def _places(page: Entry, connection: Connection) -> dict[str, str]:
    """Where the reader may give roles: their clubs, and the communes and provinces of these; by
    what a form sends."""
    mine = page.needs(Action.ADMINISTER)
    found = {
        f"club:{club.club_id}": club.name
        for club in clubs.all_clubs(connection, only=mine.clubs(connection))
    }
    where = whereabouts.of_all_clubs(connection)
    lying = [where[UUID(one.removeprefix("club:"))] for one in found]
    communes = {place.commune for place in lying} - {None}
    for unit in units():
        if unit.code in communes:
            found[f"commune:{unit.code}"] = unit.name
            if mine.reaches(Scope(kind="province", id=unit.province_code)):
                found[f"province:{unit.province_code}"] = unit.province
    if mine.reaches(Scope(kind="nation")):
        found["nation:"] = page.page.says("cả nước")
    return found


def _held(
    page: Entry, account: Account | None, places: Mapping[str, str]
) -> tuple[list[Held], list[Held]]:
    if account is None:
        return [], []

    def where(scope: Scope) -> str:
        known = places.get(f"{scope.kind}:{scope.id or ''}")
        return known or page.page.says(word("scope", scope.kind))

    held = [Held(grant, where(grant.scope)) for grant in account.grants]
    waiting = [
        Held(one.grant, where(one.grant.scope), one.proposed_by) for one in account.waiting.values()
    ]
    return held, waiting
