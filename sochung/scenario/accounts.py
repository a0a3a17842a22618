"""Log-ins to try the demo with: one person of each kind, around the first club.

Their password is made up for each home and lies there; there is none in the program.
"""

import os
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid5

from desk.desk import Desk
from desk.people import NewPerson, say_person, sealed_person
from domain.accounts import decisions
from domain.accounts.account import ACCOUNT, Account
from domain.accounts.decisions import OpenAccount, ProposeRole
from domain.accounts.events import AccountEvent
from domain.accounts.roles import Grant, Role, Scope
from domain.care.book import CARE
from domain.clubs.club import CLUB
from domain.clubs.events import Office
from domain.histories import account_of, care_book_of
from domain.values import Purpose
from sochung.scenario.names import somebody
from sochung.scenario.plan import SEED, ClubPlan
from store import passwords
from store.log import Work

ACTOR = "scenario"
PASSWORD_FILE = "demo-password"  # noqa: S105 its name
PROVINCE_CODE = "20"
"""Of Lạng Sơn."""


@dataclass(frozen=True)
class LogIn:
    user: str
    what: str
    role: Role
    office: Office | None = None
    """Whose of the club's board; else somebody new, or who does it in the club."""


LOGINS = (
    LogIn("quantri", "quản trị viên", Role.ADMINISTRATOR),
    LogIn("quantri2", "quản trị viên thứ hai, để duyệt", Role.ADMINISTRATOR),
    LogIn("chunhiem", "chủ nhiệm", Role.CHAIR, Office.CHAIR),
    LogIn("thuquy", "thủ quỹ", Role.TREASURER, Office.TREASURER),
    LogIn("ketoan", "kế toán", Role.ACCOUNTANT, Office.ACCOUNTANT),
    LogIn("chamsoc", "điều phối chăm sóc", Role.CARE_COORDINATOR),
    LogIn("tinhnguyen", "tình nguyện viên", Role.VOLUNTEER),
    LogIn("canbo.xa", "cán bộ Hội cấp xã", Role.COMMUNE_OFFICER),
    LogIn("canbo.tinh", "cán bộ Hội cấp tỉnh", Role.PROVINCIAL_OFFICER),
    LogIn("kiemtoan", "kiểm toán viên", Role.AUDITOR),
)


def demo_password(home: Path) -> str:
    """Made at the first time, in a file for its owner alone."""
    path = home / PASSWORD_FILE
    if not path.exists():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(12) + "\n")
    return path.read_text(encoding="ascii").strip()


def tell_accounts(desk: Desk, plan: ClubPlan, password: str) -> None:
    """Opens them if they are not open yet; one administrator proposes, the other approves."""
    people = _people(desk, plan)
    if desk.log.load(ACCOUNT, account_of(people[LOGINS[0]])).version:
        return
    names = {login: desk.keys.seal(people[login], Purpose.IDENTITY, login.user) for login in LOGINS}
    newcomers = {
        people[login]: sealed_person(desk, people[login], NewPerson(name=_name(login)))
        for login in LOGINS
        if people[login] == _newcomer(login)
    }
    first, second = (people[login] for login in LOGINS[:2])
    today = desk.today

    def work(unit: Work) -> str:
        for person_id, sealed in newcomers.items():
            say_person(unit, person_id, sealed, today)
        for number, login in enumerate(LOGINS):
            telling = _Telling(unit, people[login])
            opening = OpenAccount(person_id=people[login], user_name=names[login])
            telling.say(decisions.open_account(telling.account, opening, today))
            grant = _grant(desk, plan, login)
            if login.role is Role.ADMINISTRATOR:
                telling.say(decisions.name_administrator(telling.account, grant, number, today))
                continue
            proposal = ProposeRole(grant=grant, proposed_by=first)
            telling.say(decisions.propose_role(telling.account, proposal, today))
            telling.say(decisions.approve_role(telling.account, grant.id, second, today))
        return "{}"

    now, hashed = desk.clock(), passwords.hashed(password)
    for login in LOGINS:
        account_id = account_of(people[login])
        desk.access.open(account_id, people[login], [login.user], now)
        desk.access.set_password(account_id, hashed, now)
    desk.log.carry_out(work, actor=ACTOR)


class _Telling:
    """What is said of one account, and how it stands after that."""

    def __init__(self, unit: Work, person_id: UUID) -> None:
        self._unit, self._id = unit, account_of(person_id)

    @property
    def account(self) -> Account | None:
        return self._unit.load(ACCOUNT, self._id)

    def say(self, events: list[AccountEvent]) -> None:
        self._unit.say(ACCOUNT, self._id, events)


def _people(desk: Desk, plan: ClubPlan) -> dict[LogIn, UUID]:
    """Who of the club each one is; whoever is not of it is a newcomer."""
    club = desk.log.load(CLUB, plan.club_id).state
    book = desk.log.load(CARE, care_book_of(plan.club_id)).state
    assert club is not None and book is not None, "the clubs are told first"  # noqa: PT018
    board = {holder.office: holder.person_id for holder in club.board}
    case = next(case for case in book.cases.values() if case.coordinator_id and case.volunteer_ids)
    does = {Role.CARE_COORDINATOR: case.coordinator_id, Role.VOLUNTEER: case.volunteer_ids[-1]}
    return {
        login: (board.get(login.office) if login.office else does.get(login.role))
        or _newcomer(login)
        for login in LOGINS
    }


def _newcomer(login: LogIn) -> UUID:
    return uuid5(SEED, f"log-in/{login.user}")


def _name(login: LogIn) -> str:
    return somebody(Random(f"{SEED}/{login.user}")).name  # noqa: S311


def _grant(desk: Desk, plan: ClubPlan, login: LogIn) -> Grant:
    scope = {
        Role.ADMINISTRATOR: Scope(kind="nation"),
        Role.COMMUNE_OFFICER: Scope(kind="commune", id=plan.place.commune_code),
        Role.PROVINCIAL_OFFICER: Scope(kind="province", id=PROVINCE_CODE),
    }.get(login.role, Scope(kind="club", id=str(plan.club_id)))
    until = desk.today + timedelta(days=365) if login.role is Role.AUDITOR else None
    return Grant(
        id=uuid5(SEED, f"role/{login.user}"),
        role=login.role,
        scope=scope,
        since=desk.today,
        until=until,
    )
