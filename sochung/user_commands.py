"""`sochung user`: who may log in, and as what.

Whoever works at the machine itself may name the first two administrators, take rights away and give
a reset code. A role is given by two people who each log in, here as anywhere.
"""

from typing import Annotated, Any
from uuid import UUID

import typer

from desk import accounts, signing_in
from desk.accounts import NewAccount, NewRole
from desk.desk import Call, Receipt
from desk.signing_in import Door
from domain.accounts.account import Account
from domain.accounts.roles import Grant, Role, Scope
from domain.accounts.who import Who
from domain.errors import NotFound, NotLoggedIn, Refusal
from exchange.tables import Table
from projections.people import names_of
from sochung.house import House
from sochung.terminal import (
    JsonOption,
    day_given,
    house,
    person_named,
    print_json,
    put_table,
    screen,
    wrong_usage,
)

GROUP = typer.Typer(help="Tài khoản đăng nhập và vai trò (accounts).", no_args_is_help=True)

MACHINE = Call("machine")
HERE = Door(address="machine")

User = Annotated[str, typer.Argument(metavar="USER", help="user name or phone number")]
By = Annotated[
    str | None, typer.Option("--by", metavar="USER", help="who decides; asks a password")
]


@GROUP.command("add")
def add_command(
    who: Annotated[
        str, typer.Argument(metavar="PERSON", help="name or id; of an administrator the new name")
    ],
    name: Annotated[str, typer.Option("--user", help="what they log in as")],
    phone: Annotated[str | None, typer.Option(help="a phone number does as well")] = None,
    administrator: Annotated[
        bool, typer.Option("--administrator", help="one of the first two, a new person")
    ] = False,
    place: Annotated[
        str, typer.Option("--at", help="of an administrator: nation, province:20, commune:06517")
    ] = "nation",
) -> None:
    """Mở tài khoản; in mã dùng một lần để người đó tự đặt mật khẩu."""
    told = NewAccount(user_name=name, phone=phone)
    with house() as opened:
        if administrator:
            _, code = accounts.register_administrator(
                opened.desk, MACHINE, who, told, scope_given(place)
            )
        else:
            person_id = person_named(opened, who)
            accounts.open_account(opened.desk, MACHINE, person_id, told, None)
            code = _code(opened, person_id)
    _say_code(name, code)


@GROUP.command("roles")
def roles_command(
    who: User,
    propose: Annotated[Role | None, typer.Option(help="a role for them")] = None,
    place: Annotated[
        str, typer.Option("--at", help="club:ID, commune:06517, province:20, person:ID, nation")
    ] = "nation",
    since: Annotated[str | None, typer.Option(metavar="D", help="first day; today")] = None,
    until: Annotated[str | None, typer.Option(metavar="D", help="last day")] = None,
    approve: Annotated[str | None, typer.Option(metavar="ID", help="a role that waits")] = None,
    decline: Annotated[str | None, typer.Option(metavar="ID")] = None,
    withdraw: Annotated[str | None, typer.Option(metavar="ID", help="at once")] = None,
    by: By = None,
) -> None:
    """Xem, đề nghị, duyệt hoặc thôi vai trò; giao vai trò cần hai quản trị viên."""
    with house() as opened:
        desk, person_id = opened.desk, _person(opened, who)
        if propose is not None:
            told = NewRole(
                role=propose,
                scope=scope_given(place),
                since=day_given(since) or desk.today,
                until=day_given(until),
            )
            hand = _hand(opened, by)
            accounts.propose_role(desk, Call(str(hand)), person_id, told, hand)
        if approve is not None:
            hand = _hand(opened, by)
            accounts.approve_role(desk, Call(str(hand)), person_id, _id(approve), hand)
        if decline is not None:
            hand = _hand(opened, by)
            accounts.decline_role(desk, Call(str(hand)), person_id, _id(decline), hand)
        if withdraw is not None:
            accounts.withdraw_role(desk, MACHINE, person_id, _id(withdraw), None)
        account = accounts.account_now(desk, person_id)
        assert account is not None, "it was found by its name"
        put_table(_roles(account))


@GROUP.command("disable")
def disable_command(who: User) -> None:
    """Khóa tài khoản: mọi phiên và mã truy cập chấm dứt ngay."""
    with house() as opened:
        accounts.disable(opened.desk, MACHINE, _person(opened, who), None)


@GROUP.command("enable")
def enable_command(who: User) -> None:
    """Mở lại tài khoản đã khóa."""
    with house() as opened:
        accounts.enable(opened.desk, MACHINE, _person(opened, who), None)


@GROUP.command("reset")
def reset_command(who: User) -> None:
    """In mã dùng một lần, trong 24 giờ, để đặt lại mật khẩu."""
    with house() as opened:
        code = _code(opened, _person(opened, who))
    _say_code(who, code)


@GROUP.command("password")
def password_command(who: User) -> None:
    """Đặt mật khẩu bằng mã dùng một lần."""
    code = typer.prompt("Mã")
    password = typer.prompt("Mật khẩu mới", hide_input=True, confirmation_prompt=True)
    with house() as opened:
        signing_in.reset_password(opened.desk, who, code, password, HERE)
    screen.print("Đã đặt mật khẩu.")


@GROUP.command("list")
def list_command(as_json: JsonOption = False) -> None:
    """Ai có tài khoản, với vai trò nào."""
    with house() as opened:
        opened.follower.catch_up()
        found = accounts.all_accounts(opened.desk)
        with opened.database.connection() as connection:
            names = names_of(connection, list(found))
        rows = sorted(
            (
                opened.keys.open(account.user_name) or "",
                names.get(id, ""),
                "khóa" if account.disabled else "",
                ", ".join(_role_text(one) for one in account.grants_on(opened.desk.today)),
                str(id),
            )
            for id, account in found.items()
        )
    columns = ("user", "name", "state", "roles", "person_id")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        put_table(Table("Tài khoản", columns, rows))


def scope_given(text: str) -> Scope:
    kind, _, id = text.partition(":")
    try:
        return Scope.model_validate({"kind": kind, "id": id or None})
    except ValueError:
        wrong_usage(f"“{text}” không phải nơi: nation, province:20, commune:06517, club:ID")


def _hand(opened: House, by: str | None) -> UUID:
    """An administrator who proves it with their own password."""
    if by is None:
        wrong_usage("hãy ghi --by: người đề nghị hoặc duyệt")
    password = typer.prompt(f"Mật khẩu của {by}", hide_input=True)
    try:
        begun = signing_in.log_in(opened.desk, by, password, None, HERE)
    except NotLoggedIn as error:
        if error.code != "code-needed":
            raise
        code = typer.prompt("Mã xác thực")
        begun = signing_in.log_in(opened.desk, by, password, code, HERE)
    who = signing_in.of_session(opened.desk, begun.token)
    opened.desk.access.end_by_token(begun.token)
    if who is None or not _is_administrator(who):
        raise Refusal("not-an-administrator", "Chỉ quản trị viên giao vai trò ở đây.")
    return who.person_id


def _is_administrator(who: Who) -> bool:
    return any(grant.role is Role.ADMINISTRATOR for grant in who.grants)


def _person(opened: House, name: str) -> UUID:
    known = opened.desk.access.named(name)
    if known is None:
        raise NotFound("Không có tài khoản này.")
    return known.person_id


def _code(opened: House, person_id: UUID) -> str:
    done: Receipt = accounts.give_reset_code(opened.desk, MACHINE, person_id, None)
    assert done.code is not None, "no key, so nothing is answered again"
    return done.code


def _say_code(name: str, code: str) -> None:
    screen.print(
        f"Mã dùng một lần cho {name}, trong 24 giờ: {code}\n"
        f"Người đó tự đặt mật khẩu: sochung user password {name}"
    )


def _roles(account: Account) -> Table:
    rows: list[tuple[Any, ...]] = [
        (one.role.value, _place(one), one.since, one.until, "", str(one.id))
        for one in account.grants
    ]
    rows += (
        (one.grant.role.value, _place(one.grant), one.grant.since, one.grant.until, "chờ duyệt",
         str(one.grant.id))
        for one in account.waiting.values()
    )  # fmt: skip
    return Table("Vai trò", ("role", "at", "since", "until", "state", "id"), rows)


def _role_text(grant: Grant) -> str:
    return f"{grant.role.value} ({_place(grant)})"


def _place(grant: Grant) -> str:
    return grant.scope.kind if grant.scope.id is None else f"{grant.scope.kind}:{grant.scope.id}"


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        wrong_usage(f"“{text}” không phải mã")
