"""The page one begins the day with: for each role what it has to look at first."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import psycopg
from fastapi import APIRouter
from starlette.responses import Response

from api.auditing import of_their_days, payouts_seen
from audit import sampling
from audit.unusual import RULES, unusual
from domain.accounts.permissions import Action
from domain.accounts.roles import Role
from domain.care.book import CARE as CARE_BOOK
from domain.histories import care_book_of
from domain.values import Purpose
from projections import clubs
from projections.care_view import CareCaseView, case_views, cases
from projections.heads import HeadView, head_over
from projections.ledger import balances
from projections.portfolio import LoanAt, portfolio
from projections.province.report import province_report, span
from projections.province.views import GroupRow
from projections.small_cells import hide_in_groups
from projections.times import seen
from projections.vietnamese import sort_key
from projections.views import BalancesView, balances_view
from web.asking import Allowed, may
from web.entry import Entry
from web.page import Inside, Page, PageRoute
from web.pages.members import loans_of

router = APIRouter(route_class=PageRoute, include_in_schema=False)

BOARD = ("treasurer", "accountant", "chair", "vice_chair", "secretary")
CARE = ("care_coordinator", "volunteer")
OFFICERS = ("commune_officer", "provincial_officer", "administrator")
LIGHTS_MONTHS = 2
"""Domain.md: so long without a count or a visit, and somebody should ask why."""


@dataclass(frozen=True)
class Money:
    """The treasurer's morning."""

    held: BalancesView
    due: Sequence[LoanAt]
    late: Sequence[LoanAt]
    waiting: Sequence[LoanAt]
    names: Mapping[UUID, str]


@dataclass(frozen=True)
class Care:
    """Who is to be visited today and who has waited too long, of a volunteer's own; and to the
    coordinator, who is free."""

    today: Sequence[CareCaseView]
    past: Sequence[CareCaseView]
    free: Sequence[tuple[UUID, str | None]]


class Odd(NamedTuple):
    """A rule that spoke, in both languages, and how often."""

    vi: str
    en: str
    times: int


@dataclass(frozen=True)
class Audit:
    """The auditor's: how much was looked at, what is odd, how far the log is signed."""

    payouts: int
    drawn: int
    seen: int
    differ: int
    unusual: Sequence[Odd]
    head: HeadView | None
    recorded: int


@dataclass(frozen=True)
class Light:
    """One club of an officer's, without anybody's name."""

    club_id: str
    name: str
    members: int | None
    outstanding: int | None
    counted: bool
    late_share: str | None
    clients: int | None
    visits: int | None


@router.get("/")
def show_today(allowed: Annotated[Allowed, may(Action.USE)], page: Inside) -> Response:
    who, club = page.who, page.club
    parts: dict[str, Any] = {
        "money": None, "care": None, "audit": None, "lights": None, "mine": [],
    }  # fmt: skip
    # Nothing is asked of the desk while a connection is held.
    care = club is not None and bool(_roles_in(page, club.club_id) & {*CARE})
    volunteers = _volunteers(page, club.club_id) if club and care else ()
    with page.reading() as connection:
        if club is not None and _roles_in(page, club.club_id) & {*BOARD}:
            parts["money"] = _money(connection, page, club.club_id)
        if club is not None and care:
            parts["care"] = _care(connection, page, club.club_id, volunteers)
        if who.is_a(*OFFICERS):
            parts["lights"] = _lights(connection, page, allowed)
    if who.is_a("auditor"):
        parts["audit"] = _audit(page, allowed)
    if club is not None and not any(parts.values()):
        own = loans_of(page, who.person_id, page.today)
        parts["mine"] = [loan for loan in own if loan.owed]
    return page.show("today.html", **parts)


@router.get("/clubs")
def show_clubs(allowed: Annotated[Allowed, may(Action.READ_FIGURES)], page: Inside) -> Response:
    with page.reading() as connection:
        return page.show("clubs.html", lights=_lights(connection, page, allowed))


def _roles_in(page: Page, club_id: UUID) -> set[str]:
    """What the visitor is in this club, not in another."""
    scopes = [(grant.role, grant.scope) for grant in page.who.who.grants]
    return {
        role
        for role, at in scopes
        if at.kind == "nation" or (at.kind, at.id) == ("club", str(club_id))
    }


def _money(connection: psycopg.Connection[Any], page: Page, club_id: UUID) -> Money:
    loans = portfolio(connection, seen(connection, club_id, page.today))
    waiting = [loan for loan in loans if loan.row.step in ("requested", "approved")]
    late = [loan for loan in loans if loan.days_late]
    due = [
        loan
        for loan in loans
        if not loan.days_late and loan.owed and loan.owed.principal_due + loan.owed.interest_due
    ]
    borrowers = [loan.row.borrower_id for loan in (*due, *late, *waiting)]
    names = page.read.names(connection, borrowers, "today")

    def by_name(loan: LoanAt) -> bytes:
        return sort_key(names.get(loan.row.borrower_id, ""))

    return Money(
        balances_view(balances(connection, club_id)),
        sorted(due, key=by_name),
        sorted(late, key=lambda loan: (-loan.days_late, by_name(loan))),
        sorted(waiting, key=by_name),
        names,
    )


def _volunteers(page: Page, club_id: UUID) -> Collection[UUID]:
    """Who goes on visits of the club today, by the care book."""
    book = page.parts.desk.log.recall(CARE_BOOK, care_book_of(club_id)).state
    return {id for id in book.volunteers if book.volunteers_now(id)} if book else ()


def _care(
    connection: psycopg.Connection[Any], page: Page, club_id: UUID, volunteers: Collection[UUID]
) -> Care:
    today = page.today.isoformat()
    leads = "care_coordinator" in _roles_in(page, club_id)
    me = page.who.person_id
    mine = [case for case in cases(connection, club_id) if leads or me in case.volunteer_ids]
    page.read.looked_at(connection, [case.client_id for case in mine], Purpose.HEALTH, "today")
    found = case_views(connection, mine, page.parts.keys, page.today)
    past = [one for one in found if one["days_past_interval"] > 0]
    due = [one for one in found if one["next_visit_on"] == today and one not in past]
    busy = {one["id"] for case in due for one in case["volunteers"]}
    left = {one.person_id for _, one in clubs.members(connection, club_id) if one.left_on}
    spare = [id for id in volunteers if leads and str(id) not in busy and id not in left]
    names = page.read.names(connection, spare, "today")
    free = sorted(names.items(), key=lambda one: sort_key(one[1]))
    late_first = sorted(past, key=lambda one: one["days_past_interval"], reverse=True)
    return Care(due, late_first, free)


def _audit(page: Page, allowed: Allowed) -> Audit:
    """Of the club that lies open, where they may audit it; else of all they are auditor of."""
    club_id = page.club.club_id if page.club else None
    here = Entry(page).part(Action.AUDIT, club_id) if club_id else None
    auditor = tuple(grant for grant in allowed.grants if grant.role is Role.AUDITOR)
    theirs = here or replace(allowed, grants=auditor)
    odd: list[Odd] = []
    with page.reading() as connection:
        covered = sampling.coverage(connection, payouts_seen(connection, theirs))
        recorded = page.parts.desk.log.head()
        head = head_over(connection, recorded)
        if here and club_id:
            odd = _unusual(connection, page, club_id, here)
    ours = [one for id, one in covered.items() if here is None or id == str(club_id)]
    totals = {
        name: sum(one[name] for one in ours) for name in ("payouts", "drawn", "seen", "differ")
    }
    return Audit(**totals, unusual=odd, head=head, recorded=recorded)


def _unusual(
    connection: psycopg.Connection[Any], page: Page, club_id: UUID, allowed: Allowed
) -> list[Odd]:
    """What is odd, by rule, the most frequent first."""
    found = of_their_days(connection, unusual(connection, page.today, club_id), allowed)
    times = Counter(item.rule for item in found)
    return [Odd(*RULES[rule], count) for rule, count in times.most_common()]


def _lights(connection: psycopg.Connection[Any], page: Page, allowed: Allowed) -> list[Light]:
    """The clubs of the visitor's roles; small numbers of people under care are not told outside."""
    since = (page.today.replace(day=1) - timedelta(days=30 * LIGHTS_MONTHS)).replace(day=1)
    only = allowed.clubs(connection)
    report = province_report(connection, span(connection, since, page.today, None, only), "club")
    uncounted = {
        one["club_id"] for one in report["lagging"] if "clubs_without_count" in one["lags"]
    }
    found = []
    for group in hide_in_groups(report["groups"]):
        if group["id"] is None or group["source"] != "events":
            continue
        rows = {row["key"]: row for row in group["rows"]}
        late = rows["par30"]["value"]
        found.append(
            Light(
                group["id"],
                group["name"] or "–",
                _number(rows["members"]),
                _number(rows["outstanding"]),
                group["id"] not in uncounted,
                None if late is None else str(late),
                _number(rows["clients"]),
                _number(rows["visits"]),
            )
        )
    return found


def _number(row: GroupRow) -> int | None:
    """None where it is so small that it is not told."""
    return None if row["numerator"] is None else int(row["numerator"])
