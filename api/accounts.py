"""Who has an account, with which roles, and which roles wait for a second person."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from api.parameters import Parameters, PathId, Reading
from api.permissions import Allowed, may
from api.reading import Parts, Read, Reader, Within, tag
from desk.accounts import all_accounts
from domain.accounts.account import ACCOUNT, Account, known
from domain.accounts.permissions import Action
from domain.accounts.roles import Grant
from domain.histories import account_of
from domain.values import Purpose
from projections.people import names_of
from projections.views import DayText, IdText

router = APIRouter(prefix="/v1")


class ScopeView(TypedDict):
    kind: str
    id: str | None


class GrantView(TypedDict):
    id: IdText
    role: str
    scope: ScopeView
    since: DayText
    until: DayText | None
    books_from: DayText | None
    books_to: DayText | None


class WaitingView(TypedDict):
    grant: GrantView
    proposed_by: IdText


class AccountView(TypedDict):
    person_id: IdText
    name: str | None
    user_name: str | None
    disabled: bool
    roles: list[GrantView]
    """Also those that do not hold yet, or no longer."""
    waiting: list[WaitingView]


class Accounts(TypedDict):
    items: list[AccountView]


@router.get("/accounts")
def list_accounts(
    allowed: Annotated[Allowed, may(Action.ADMINISTER)],
    parts: Within,
    read: Read,
    _: Annotated[Parameters, Query()],
) -> Accounts:
    """Everybody who may log in, of the caller's places."""
    found = administered(allowed, parts)
    names = _names(parts, read, list(found), "list_accounts")
    views = [_view(parts, account, names.get(id)) for id, account in found.items()]
    return {"items": sorted(views, key=lambda one: (one["user_name"] or "", one["person_id"]))}


@router.get("/members/{member_id}/account", response_model=AccountView)
def show_account(
    allowed: Annotated[Allowed, may(Action.ADMINISTER)],
    member_id: PathId,
    parts: Within,
    read: Read,
    _: Annotated[Parameters, Query()],
) -> JSONResponse:
    history = parts.desk.log.load(ACCOUNT, account_of(member_id))
    name = _names(parts, read, [member_id], "show_account").get(member_id)
    view = _view(parts, known(history.state), name)
    return JSONResponse(view, headers={"ETag": tag(history.version)})


def administered(allowed: Allowed, parts: Parts) -> dict[UUID, Account]:
    """Every account of the caller's places, by its person: they belong there, or have a role."""
    every = all_accounts(parts.desk)
    with parts.database.connection() as connection:
        mine = allowed.people(connection, every)
    return {
        id: account
        for id, account in every.items()
        if id in mine or any(allowed.reaches(grant.scope) for grant in account.grants)
    }


def grant_view(grant: Grant) -> GrantView:
    view: Any = grant.model_dump(mode="json")
    return view  # type: ignore[no-any-return]


def _view(parts: Parts, account: Account, name: str | None) -> AccountView:
    return AccountView(
        person_id=str(account.person_id),
        name=name,
        user_name=parts.keys.open(account.user_name),
        disabled=account.disabled,
        roles=[grant_view(grant) for grant in account.grants],
        waiting=[
            WaitingView(grant=grant_view(one.grant), proposed_by=str(one.proposed_by))
            for one in account.waiting.values()
        ],
    )


def _names(parts: Parts, read: Reader, people: list[UUID], what: str) -> dict[UUID, str]:
    """Officers of no club too, who are under nobody's second net."""
    with read.at(Reading()) as connection:
        read.looked_at(connection, people, Purpose.IDENTITY, what)
    with parts.database.connection() as connection:
        return dict(names_of(connection, people))
