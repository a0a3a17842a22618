"""What may happen to a club: founding, by-laws, board, membership on its days."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.clubs.decisions import (
    AdoptRegulation,
    Club,
    ElectBoard,
    FoundClub,
    JoinClub,
    LeaveClub,
    adopt_regulation,
    elect_board,
    evolve,
    found,
    join,
    known,
    leave,
)
from domain.clubs.events import (
    ClubWithdrawn,
    MembershipWithdrawn,
    Office,
    OfficeHolder,
)
from domain.errors import NotFound
from domain.loans.commands import Moment
from domain.loans.decisions import approve_loan, disburse_loan, repay_loan, request_loan
from domain.regulation import MODEL_REGULATION, Part, Rules
from examples import (
    CHAIR,
    CLUB,
    FOUNDED,
    HOA,
    LAN,
    LOAN,
    MAI,
    SECRETARY,
    TODAY,
    TREASURER,
    approval,
    days,
    funded,
    member,
    payout,
    repay,
    request,
)
from specification import Specification

club = Specification(evolve)
JOINED, LEFT = date(2024, 5, 10), date(2026, 1, 10)


def founding(**changed: Any) -> FoundClub:
    usual = {"club_id": CLUB, "name": "CLB thôn Nà Thử", "founded_on": FOUNDED}
    return FoundClub(**{**usual, **changed})


def founded() -> Specification:
    return club.after(found, founding(), TODAY)


def joined(given: Specification, on: date = JOINED, person: UUID = LAN) -> Specification:
    return given.after(join, JoinClub(person_id=person, joined_on=on), TODAY)


def left(given: Specification, on: date = LEFT, person: UUID = LAN) -> Specification:
    return given.after(leave, LeaveClub(person_id=person, left_on=on), TODAY)


def adopted(given: Specification, effective_from: date, **rules: Any) -> Specification:
    by_laws = AdoptRegulation(
        adopted_on=FOUNDED,
        effective_from=effective_from,
        rules=Rules(**rules),
        proposed_by=SECRETARY,
        approved_by=CHAIR,
    )
    return given.after(adopt_regulation, by_laws, TODAY)


# --- founding --------------------------------------------------------------------------------


def test_a_club_is_founded_once() -> None:
    club.when(found, founding(meeting_day=10), TODAY).then_told(
        name="CLB thôn Nà Thử", occurred_on=FOUNDED, meeting_day=10
    )
    founded().when(found, founding(), TODAY).then_refused("already-founded")


def test_a_club_founded_by_an_undone_import_can_be_founded_again() -> None:
    gone = joined(founded()).given(ClubWithdrawn(club_id=CLUB, import_id=UUID(int=7)))
    with pytest.raises(NotFound):
        known(gone.state)
    again = gone.after(found, founding(), TODAY)
    assert known(again.state) == Club(id=CLUB, founded_on=FOUNDED)


def test_a_club_is_not_founded_tomorrow_nor_meets_on_the_thirty_second() -> None:
    club.when(found, founding(founded_on=TODAY), TODAY).then_told(occurred_on=TODAY)
    tomorrow = founding(founded_on=days(1, TODAY))
    club.when(found, tomorrow, TODAY).then_refused("future-date")
    for day in (0, 32):
        with pytest.raises(ValidationError):
            founding(meeting_day=day)


def test_nothing_happens_to_a_club_nobody_founded() -> None:
    for decide, command in (
        (join, JoinClub(person_id=LAN, joined_on=JOINED)),
        (leave, LeaveClub(person_id=LAN, left_on=LEFT)),
        (elect_board, ElectBoard(elected_on=FOUNDED, holders=())),
        (
            adopt_regulation,
            AdoptRegulation(
                adopted_on=FOUNDED,
                effective_from=FOUNDED,
                rules=Rules(),
                proposed_by=SECRETARY,
                approved_by=CHAIR,
            ),
        ),
    ):
        club.when(decide, command, TODAY).then_refused("not-found")


# --- by-laws ---------------------------------------------------------------------------------


def test_by_laws_rule_no_day_before_their_adoption_nor_one_that_newer_ones_rule() -> None:
    by_laws = AdoptRegulation(
        adopted_on=FOUNDED,
        effective_from=days(-1, FOUNDED),
        rules=Rules(),
        proposed_by=SECRETARY,
        approved_by=CHAIR,
    )
    founded().when(adopt_regulation, by_laws, TODAY).then_refused("date-order")
    newer = adopted(founded(), days(60, FOUNDED))
    older = by_laws.model_copy(update={"effective_from": days(59, FOUNDED)})
    newer.when(adopt_regulation, older, TODAY).then_refused("date-order")
    same = by_laws.model_copy(update={"effective_from": days(60, FOUNDED)})
    newer.when(adopt_regulation, same, TODAY).then_told(version=2)


def test_by_laws_of_a_mistyped_year_are_overtaken_before_they_rule() -> None:
    mistyped = adopted(founded(), days(365 * 40, TODAY))
    meant = AdoptRegulation(
        adopted_on=FOUNDED,
        effective_from=days(30, FOUNDED),
        rules=Rules(),
        proposed_by=SECRETARY,
        approved_by=CHAIR,
    )
    mistyped.when(adopt_regulation, meant, TODAY).then_told(version=2)


def test_by_laws_are_adopted_by_two_people() -> None:
    by_laws = AdoptRegulation(
        adopted_on=FOUNDED,
        effective_from=FOUNDED,
        rules=Rules(),
        proposed_by=SECRETARY,
        approved_by=CHAIR,
    )
    founded().when(adopt_regulation, by_laws, TODAY).then_told(
        version=1, proposed_by=SECRETARY, approved_by=CHAIR
    )
    alone = by_laws.model_copy(update={"proposed_by": CHAIR})
    founded().when(adopt_regulation, alone, TODAY).then_refused("same-person")
    also = frozenset({SECRETARY})  # another entry of the chair's
    founded().when(adopt_regulation, by_laws, TODAY, also).then_refused("same-person")


# --- the board -------------------------------------------------------------------------------


def elect(*holders: tuple[Office, UUID]) -> ElectBoard:
    return ElectBoard(
        elected_on=FOUNDED,
        holders=tuple(OfficeHolder(office=office, person_id=who) for office, who in holders),
    )


BOTH = (Office.TREASURER, LAN), (Office.ACCOUNTANT, LAN)


@pytest.mark.parametrize(
    ("holders", "code"),
    [
        (((Office.TREASURER, LAN), (Office.ACCOUNTANT, HOA)), None),
        (BOTH, "same-person"),
        (BOTH[::-1], "same-person"),
        ((*BOTH, (Office.TREASURER, HOA)), "same-person"),  # a second treasurer does not help
        ((*BOTH, (Office.ACCOUNTANT, HOA)), "same-person"),
        (((Office.TREASURER, LAN), (Office.SECRETARY, LAN)), None),
        (((Office.CHAIR, LAN), (Office.ACCOUNTANT, LAN)), None),
        (((Office.TREASURER, LAN),), None),
        ((), None),
    ],
)
def test_who_keeps_the_cash_does_not_keep_the_book(
    holders: tuple[tuple[Office, UUID], ...], code: str | None
) -> None:
    asked = founded().when(elect_board, elect(*holders), TODAY)
    if code:
        asked.then_refused(code)
    else:
        asked.then_told(occurred_on=FOUNDED)


def test_a_new_board_replaces_the_old_one_whole() -> None:
    first = founded().after(
        elect_board, elect((Office.CHAIR, CHAIR), (Office.TREASURER, TREASURER)), TODAY
    )
    second = first.after(elect_board, elect((Office.CHAIR, MAI)), TODAY)
    assert first.state.holds_office(TREASURER)
    assert second.state.holds_office(MAI)
    assert not second.state.holds_office(TREASURER)


# --- membership ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "member_then"),
    [
        (days(-1, JOINED), False),
        (JOINED, True),
        (days(-1, LEFT), True),
        (LEFT, False),
        (days(1, LEFT), False),
    ],
)
def test_a_member_is_one_from_the_day_of_joining_to_the_day_before_leaving(
    day: date, member_then: bool
) -> None:
    assert left(joined(founded())).state.is_member(LAN, day) == member_then
    assert not founded().state.is_member(LAN, day)


def test_nobody_joins_twice_or_leaves_twice() -> None:
    here, gone = joined(founded()), left(joined(founded()))
    here.when(join, JoinClub(person_id=LAN, joined_on=LEFT), TODAY).then_refused("already-a-member")
    here.when(join, JoinClub(person_id=HOA, joined_on=LEFT), TODAY).then_told(person_id=HOA)
    for given in (gone, founded()):
        given.when(leave, LeaveClub(person_id=LAN, left_on=LEFT), TODAY).then_refused(
            "not-a-member"
        )


def test_nobody_leaves_before_joining_or_comes_back_before_leaving() -> None:
    for on, code in ((days(-1, JOINED), "date-order"), (JOINED, None)):
        asked = joined(founded()).when(leave, LeaveClub(person_id=LAN, left_on=on), TODAY)
        asked.then_refused(code) if code else asked.then_told(occurred_on=on)
    for on, code in ((days(-1, LEFT), "date-order"), (LEFT, None)):
        back = JoinClub(person_id=LAN, joined_on=on)
        asked = left(joined(founded())).when(join, back, TODAY)
        asked.then_refused(code) if code else asked.then_told(occurred_on=on)


def test_who_comes_back_is_a_member_again_from_that_day() -> None:
    again = joined(left(joined(founded())), days(30, LEFT)).state
    assert not again.is_member(LAN, days(29, LEFT))
    assert again.is_member(LAN, days(30, LEFT))
    assert again.is_member(LAN, TODAY)


def test_nobody_joins_or_leaves_tomorrow() -> None:
    tomorrow = days(1, TODAY)
    here = joined(founded())
    here.when(leave, LeaveClub(person_id=LAN, left_on=TODAY), TODAY).then_told(cause="left")
    here.when(leave, LeaveClub(person_id=LAN, left_on=tomorrow), TODAY).then_refused("future-date")
    founded().when(join, JoinClub(person_id=LAN, joined_on=tomorrow), TODAY).then_refused(
        "future-date"
    )


def test_a_membership_entered_by_mistake_was_never_there() -> None:
    gone = joined(founded()).given(MembershipWithdrawn(club_id=CLUB, person_id=LAN))
    assert not gone.state.is_member(LAN, TODAY)
    assert joined(gone).state.is_member(LAN, JOINED)


# --- by-laws ---------------------------------------------------------------------------------


def test_until_a_club_adopts_its_own_the_model_by_laws_hold() -> None:
    assert founded().state.regulation_on(TODAY) == MODEL_REGULATION
    assert founded().state.regulation(7) == MODEL_REGULATION


def test_by_laws_hold_from_the_day_they_take_effect() -> None:
    spring, summer = date(2026, 3, 1), date(2026, 7, 1)
    state = adopted(adopted(founded(), spring), summer).state
    for day, version in (
        (days(-1, spring), 0),
        (spring, 1),
        (days(-1, summer), 1),
        (summer, 2),
        (TODAY, 2),
    ):
        assert state.regulation_on(day).version == version, day


def test_of_two_versions_for_one_day_the_later_adopted_holds() -> None:
    spring = date(2026, 3, 1)
    state = adopted(adopted(founded(), spring), spring, loan_amount_max=1_000_000).state
    assert state.regulation_on(spring).version == 2
    assert state.regulation(1).rules == Rules()
    assert state.regulation(2).rules.loan_amount_max == 1_000_000


def test_a_new_regulation_does_not_change_an_old_loans_repayment_order() -> None:
    """Lent under version 1, interest first; version 2 puts the principal first."""
    lent_on, changed_on = date(2026, 3, 10), date(2026, 4, 1)
    principal_first = (Part.PRINCIPAL_OVERDUE, Part.PRINCIPAL_DUE, Part.INTEREST_DUE)
    by_laws = adopted(
        adopted(founded(), FOUNDED), changed_on, repayment_order=principal_first
    ).state

    def in_force(on: date) -> Moment:
        return Moment(today=TODAY, regulation=by_laws.regulation_on(on))

    def lent(on: date) -> Specification:
        now = in_force(on)
        return (
            funded()
            .after(request_loan, member(), request(on=on, by=SECRETARY), now)
            .after(approve_loan, LOAN, member(), member(CHAIR), approval(on), now)
            .after(disburse_loan, LOAN, member(), payout(on), now)
        )

    for on, pays_on, version, interest in (
        (lent_on, date(2026, 4, 10), 1, 35_000),
        (changed_on, date(2026, 5, 1), 2, 0),
    ):
        given = lent(on)
        pinned = given.state.loans[LOAN].regulation
        assert pinned == version
        rules = by_laws.regulation(pinned).rules
        given.when(repay_loan, LOAN, repay(500_000, pays_on), rules, in_force(pays_on)).then_told(
            principal=500_000 - interest, interest=interest
        )


# --- the fold --------------------------------------------------------------------------------


def test_a_club_is_the_sum_of_what_happened_to_it() -> None:
    given = adopted(
        left(joined(joined(founded()), person=HOA)).after(
            elect_board, elect((Office.CHAIR, CHAIR)), TODAY
        ),
        FOUNDED,
    )
    state = given.state
    assert set(state.members) == {LAN, HOA}
    assert (state.members[LAN].left_on, state.members[HOA].left_on) == (LEFT, None)
    assert [r.version for r in state.regulations] == [1]
    assert state.holds_office(CHAIR)
    assert Club.model_validate_json(state.model_dump_json()) == state
