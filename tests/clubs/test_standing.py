"""A club that pauses, goes on, or ends."""

from datetime import date
from typing import Any

import pytest

from domain.clubs.club import evolve
from domain.clubs.decisions import FoundClub, ReassignCommune, found, reassign_commune
from domain.clubs.membership import JoinClub, LeaveClub, join, leave
from domain.clubs.standing import (
    DissolveClub,
    Holdings,
    ResumeClub,
    SuspendClub,
    dissolve,
    resume,
    suspend,
)
from domain.loans.commands import Moment
from domain.loans.decisions import disburse_loan, repay_loan, request_loan
from domain.regulation import MODEL_REGULATION
from examples import (
    CLUB,
    DAY,
    FOUNDED,
    HOA,
    LAN,
    LOAN,
    OTHER_LOAN,
    TODAY,
    approved,
    days,
    funded,
    lent,
    member,
    payout,
    repay,
    request,
)
from specification import Specification

founded = Specification(evolve).after(
    found, FoundClub(club_id=CLUB, name="CLB thôn Nà Thử", founded_on=FOUNDED), TODAY
)
suspended = founded.after(suspend, SuspendClub(occurred_on=DAY), TODAY)
NOTHING = Holdings()


def ending(on: date = DAY) -> DissolveClub:
    return DissolveClub(occurred_on=on, decision="30/QĐ-UBND")


dissolved = founded.after(dissolve, ending(), NOTHING, TODAY)


def test_a_club_is_suspended_once_and_resumed_once() -> None:
    suspended.when(suspend, SuspendClub(occurred_on=days(1)), TODAY).then_refused("club-suspended")
    suspended.when(resume, ResumeClub(occurred_on=days(-1)), TODAY).then_refused("date-order")
    resumed = suspended.after(resume, ResumeClub(occurred_on=DAY), TODAY)
    assert resumed.state == founded.state
    resumed.when(resume, ResumeClub(occurred_on=DAY), TODAY).then_refused("not-suspended")


def test_a_suspended_club_takes_nobody_new_but_lets_people_go() -> None:
    members = founded.after(join, JoinClub(person_id=LAN, joined_on=FOUNDED), TODAY)
    given = members.after(suspend, SuspendClub(occurred_on=DAY), TODAY)
    other = JoinClub(person_id=CLUB, joined_on=DAY)
    given.when(join, other, TODAY).then_refused("club-suspended")
    # What happened before the pause may still be written down.
    earlier = other.model_copy(update={"joined_on": days(-1)})
    given.when(join, earlier, TODAY).then_told(person_id=CLUB)
    given.when(leave, LeaveClub(person_id=LAN, left_on=DAY), TODAY).then_told(person_id=LAN)


@pytest.mark.parametrize(
    ("held", "code"),
    [
        (NOTHING, None),
        (Holdings(principal=1), "principal-outstanding"),
        (Holdings(cash=1), "money-left"),
        (Holdings(bank=1), "money-left"),
    ],
)
def test_a_club_ends_only_with_nothing_lent_and_nothing_kept(
    held: Holdings, code: str | None
) -> None:
    asked = founded.when(dissolve, ending(), held, TODAY)
    if code is None:
        asked.then_told(decision="30/QĐ-UBND")
    else:
        asked.then_refused(code)


def test_nothing_happens_to_a_club_that_is_no_more() -> None:
    dissolved.when(dissolve, ending(), NOTHING, TODAY).then_refused("club-dissolved")
    dissolved.when(suspend, SuspendClub(occurred_on=DAY), TODAY).then_refused("club-dissolved")
    dissolved.when(resume, ResumeClub(occurred_on=DAY), TODAY).then_refused("club-dissolved")
    dissolved.when(join, JoinClub(person_id=LAN, joined_on=DAY), TODAY).then_refused(
        "club-dissolved"
    )
    before = ending(date(2024, 1, 9))
    founded.when(dissolve, before, NOTHING, TODAY).then_refused("date-order")
    founded.when(dissolve, ending(), NOTHING, days(-1)).then_refused("future-date")


def closed(code: Any) -> Moment:
    return Moment(today=TODAY, regulation=MODEL_REGULATION, closed=code)


@pytest.mark.parametrize("code", ["club-suspended", "club-dissolved"])
def test_a_closed_club_lends_nothing_new_and_takes_what_is_owed(code: str) -> None:
    now = closed(code)
    out = lent(funded())
    out.when(repay_loan, LOAN, repay(100_000, DAY), MODEL_REGULATION.rules, now).then_told(
        amount=100_000
    )
    out.when(request_loan, member(HOA), request(loan=OTHER_LOAN), now).then_refused(code)


def test_a_commune_is_reassigned_from_a_day_on_and_the_club_stays_itself() -> None:
    asked = ReassignCommune(
        occurred_on=date(2025, 7, 1), commune="Xã Chi Lăng", province="Lạng Sơn"
    )
    founded.when(reassign_commune, asked, TODAY).then_told(
        club_id=CLUB, commune="Xã Chi Lăng", occurred_on=date(2025, 7, 1)
    )
    assert founded.after(reassign_commune, asked, TODAY).state == founded.state
    early = asked.model_copy(update={"occurred_on": date(2024, 1, 9)})
    founded.when(reassign_commune, early, TODAY).then_refused("date-order")


def test_money_already_paid_in_a_pause_is_a_finding_not_a_refusal() -> None:
    ready = approved(funded())
    paid = payout(already_paid=True, confirmed_by=HOA)
    now = closed("club-suspended")
    told = ready.when(disburse_loan, LOAN, member(), paid, now, member(HOA))
    told.then_told(findings=("club-suspended",))
    ready.when(disburse_loan, LOAN, member(), payout(), now).then_refused("club-suspended")
