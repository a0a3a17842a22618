"""Another plan, another debtor: what is granted to a borrower after the payout."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.loans import changes, plans
from domain.loans.accounts import Account, Fund
from domain.loans.commands import (
    CallGuarantor,
    CheckUse,
    EndorseLoan,
    ExtendLoan,
    FreezeLoan,
    RefundExcess,
    Standing,
    StateBalance,
    TakeOverDebt,
    UnfreezeLoan,
    WaiveInterest,
    WithdrawLoan,
)
from domain.loans.decisions import disburse_loan, repay_loan
from domain.loans.events import (
    DebtTakenOver,
    ExcessRefunded,
    LoanDisbursed,
    LoanSettled,
    RepaymentReceived,
)
from domain.loans.loan import Step, days_late, owed
from domain.regulation import Rules
from examples import (
    CHAIR,
    DAY,
    HOA,
    HOUSE,
    LAN,
    LOAN,
    MAI,
    NOW,
    OTHER_LOAN,
    SECRETARY,
    TODAY,
    TREASURER,
    approved,
    approving,
    days,
    funded,
    last,
    lent,
    lines,
    member,
    moment,
    payout,
    proposed,
    rate,
    refuses,
    repaid,
    repay,
    requested,
    reversed_,
    reversing,
    standing,
    stranger,
    terms,
)
from specification import Specification

RULES = Rules()
STRICT = Rules(late_grace_days=0)
SAME = "same-person"


def d(month: int, day: int = 10) -> date:
    return date(2026, month, day)


APRIL, MAY = d(4), d(5)

# 3,000,000 on 10 March: 1,000,000 on the tenth of April, May and June,
# with 30,000, 20,000 and 10,000 of interest.
THREE = terms(instalments=3, rate=rate("1"))
# What is left over four months, 1 % a month.
FOUR = terms(instalments=4, rate=rate("1"))


def out(**asked: Any) -> Specification:
    return lent(funded(), amount=3_000_000, terms=THREE, **asked)


def vote(on: date, **more: Any) -> dict[str, Any]:
    return {"occurred_on": on, "proposed_by": SECRETARY, "minutes": "BB 020", **more}


def extension(on: date, **more: Any) -> ExtendLoan:
    return ExtendLoan(**vote(on), **{"terms": FOUR, **more})


def freeze(on: date, until: date) -> FreezeLoan:
    return FreezeLoan(**vote(on), until=until)


def extended(given: Specification, on: date, **more: Any) -> Specification:
    asked = (LOAN, member(), member(CHAIR), extension(on, **more), RULES, NOW)
    return given.after(plans.extend_loan, *asked)


def frozen(given: Specification, on: date, until: date) -> Specification:
    asked = (LOAN, member(), member(CHAIR), freeze(on, until), NOW)
    return given.after(plans.freeze_loan, *asked)


def rows(given: Specification) -> list[tuple[date, int, int]]:
    plan = given.state.loans[LOAN].instalments
    return [(row.due_on, row.principal, row.interest) for row in plan]


def total(given: Specification, on: date, rules: Rules = RULES) -> tuple[int, int, int]:
    debt = owed(given.state.loans[LOAN], on, rules)
    return debt.interest_due, debt.principal_overdue + debt.principal_due, debt.outstanding


# --- four eyes ---------------------------------------------------------------------------

GRANTED: list[tuple[Any, Any]] = [
    (plans.extend_loan, extension(d(4))),
    (plans.freeze_loan, freeze(d(4), d(5))),
    (plans.waive_interest, WaiveInterest(**vote(d(4)), interest=1)),
    (changes.take_over_debt, TakeOverDebt(**vote(d(4)), debtor_id=MAI, capacity="heir")),
]


@pytest.mark.parametrize(("decide", "command"), GRANTED)
@pytest.mark.parametrize(
    ("approver", "code"),
    [
        (member(CHAIR), None),
        (member(TREASURER), None),
        (member(SECRETARY), SAME),  # who proposes it
        (member(LAN), SAME),  # the borrower
        (member(HOA), SAME),  # a guarantor
        (member(UUID(int=99), household=HOUSE), SAME),  # of the borrower's household
    ],
)
def test_who_has_a_part_in_the_loan_grants_nothing(
    decide: Any, command: Any, approver: Standing, code: str | None
) -> None:
    given = out(guarantors=(HOA,))
    borrower = member(LAN, household=HOUSE)
    parties = (borrower, approver)
    if decide is changes.take_over_debt:
        parties = (borrower, stranger(MAI), approver)
    rules = (RULES,) if decide in (plans.extend_loan, plans.waive_interest) else ()
    assert refuses(given, decide, LOAN, *parties, command, *rules, NOW) == code


# --- extension ---------------------------------------------------------------------------


def test_what_is_left_gets_a_new_plan_and_old_receipts_stay() -> None:
    """1,030,000 came in April; in May the rest is spread over four months from then on."""
    paid = repaid(out(), 1_030_000, d(4))
    after = extended(paid, d(5))
    assert rows(after) == [
        (d(5), 1_000_000, 50_000),  # 30,000 paid, 20,000 due today and still due
        (d(6), 500_000, 20_000),
        (d(7), 500_000, 15_000),
        (d(8), 500_000, 10_000),
        (d(9), 500_000, 5_000),
    ]
    loan = after.state.loans[LOAN]
    assert (loan.outstanding, loan.interest_paid, loan.rescheduled_on) == (2_000_000, 30_000, d(5))
    assert after.past[: len(paid.past)] == paid.past
    assert standing(after) == standing(paid)
    assert total(after, d(5)) == (20_000, 0, 2_000_000)
    assert total(after, d(6)) == (40_000, 500_000, 2_000_000)


def test_interest_due_stays_due_and_principal_is_no_longer_late() -> None:
    late = out()
    assert days_late(late.state.loans[LOAN], d(8), STRICT) == 122
    after = extended(late, d(8))  # the plan had run out: interest runs from the day itself
    assert rows(after)[0] == (d(8), 0, 60_000)
    assert rows(after)[1] == (d(9), 750_000, 30_000)
    assert days_late(after.state.loans[LOAN], d(8), STRICT) == 0
    assert days_late(after.state.loans[LOAN], d(8, 11), STRICT) == 1  # the interest
    paid = repaid(after, 60_000, d(8))
    assert days_late(paid.state.loans[LOAN], d(9), STRICT) == 0


def test_no_day_is_charged_twice_and_none_forgotten() -> None:
    """Extended on 20 April: the new terms run from 10 April, the end of the last period."""
    paid = repaid(out(), 1_030_000, d(4))
    after = extended(paid, d(4, 20))
    assert rows(after)[:2] == [(d(4, 20), 1_000_000, 30_000), (d(5), 500_000, 20_000)]
    again = extension(d(4, 20), from_on=d(4, 20))
    asked = (LOAN, member(), member(CHAIR))
    paid.when(plans.extend_loan, *asked, again, RULES, NOW).then_told(from_on=d(4, 20))
    for wrong in (d(4, 9), d(4, 21)):
        command = extension(d(4, 20), from_on=wrong)
        paid.when(plans.extend_loan, *asked, command, RULES, NOW).then_refused("date-order")


def test_a_new_instalment_falls_due_after_the_day() -> None:
    paid = repaid(out(), 1_030_000, d(4))
    weekly = terms(instalments=4, rate=rate("1"), every={"unit": "week"})
    asked = (LOAN, member(), member(CHAIR))
    for on, code in ((d(4, 16), None), (d(4, 17), "date-order")):
        command = extension(on, terms=weekly)
        assert refuses(paid, plans.extend_loan, *asked, command, RULES, NOW) == code, on


def test_months_of_unequal_length_put_no_instalment_before_the_day() -> None:
    """Paid out on 31 January, due on 28 February and on 31 March; extended between the two."""
    given = lent(funded(), amount=3_000_000, terms=THREE, on=d(1, 31))
    for on, first_due in ((d(2, 28), d(3, 28)), (d(3, 27), d(3, 28)), (d(3, 30), d(4, 1))):
        assert rows(extended(given, on))[1][0] == first_due, on


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"terms": terms(instalments=4, rate=rate("20", "year"))}, None),
        ({"terms": terms(instalments=4, rate=rate("20.01", "year"))}, "rate-above-cap"),
        ({"terms": terms(instalments=60)}, None),
        ({"terms": terms(instalments=61)}, "loan-limit"),
    ],
)
def test_an_extension_keeps_the_caps(changed: dict[str, Any], code: str | None) -> None:
    asked = (LOAN, member(), member(CHAIR), extension(d(4), **changed), RULES, NOW)
    assert refuses(out(), plans.extend_loan, *asked) == code


def test_only_a_loan_that_is_out_and_owes_principal_is_extended() -> None:
    asked = (LOAN, member(), member(CHAIR), extension(d(4)), RULES, NOW)
    ready = approved(funded(), amount=3_000_000, terms=THREE)
    ready.when(plans.extend_loan, *asked).then_refused("not-disbursed")
    by_hand = repay(3_000_000, d(4), principal=3_000_000, interest=0)
    interest_only = out().after(repay_loan, LOAN, by_hand, RULES, NOW)
    interest_only.when(plans.extend_loan, *asked).then_refused("nothing-owed")
    repaid(interest_only, 30_000, d(4)).when(plans.extend_loan, *asked).then_refused("loan-settled")


def test_dates_of_an_extension() -> None:
    asked = (LOAN, member(), member(CHAIR))
    for on, code in (
        (days(-1), "date-order"),
        (DAY, None),
        (TODAY, None),
        (days(1, TODAY), "future-date"),
    ):
        command = extension(on)
        assert refuses(out(), plans.extend_loan, *asked, command, RULES, NOW) == code, on


def test_an_extended_loan_settles_by_its_new_plan_and_does_not_count_as_on_time() -> None:
    after = extended(repaid(out(), 1_030_000, d(4)), d(4))
    given = after
    for month, due in ((5, 520_000), (6, 515_000), (7, 510_000)):
        given = repaid(given, due, d(month))
    done = repaid(given, 505_000, d(8)).past[-1]
    assert isinstance(done, LoanSettled)
    assert not done.on_time


def test_an_extension_with_interest_put_off_settles_early_for_its_periods_begun() -> None:
    """Two months' interest is paid with the third; 30,000 of it was waived."""
    late = terms(instalments=4, rate=rate("1"), grace_interest_payment=2)
    after = extended(repaid(out(), 1_030_000, d(4)), d(4), terms=late)
    assert [row[2] for row in rows(after)] == [30_000, 0, 0, 45_000, 5_000]
    loan = after.state.loans[LOAN]
    assert owed(loan, d(4, 11)).interest_of_current_period == 20_000
    assert owed(loan, d(5, 11)).interest_of_current_period == 35_000
    waiver = WaiveInterest(**vote(d(4)), interest=30_000)
    asked = (LOAN, member(), member(CHAIR), waiver, RULES, NOW)
    waived = after.after(plans.waive_interest, *asked).state.loans[LOAN]
    assert owed(waived, d(4, 11)).interest_of_current_period == 0
    assert owed(waived, d(5, 11)).interest_of_current_period == 5_000


def test_a_repayment_reversed_after_an_extension_is_owed_from_that_day() -> None:
    paid = repaid(out(), 1_030_000, d(4))
    receipt = last(paid, RepaymentReceived)
    after = reversed_(extended(paid, d(5)), receipt, d(5))
    loan = after.state.loans[LOAN]
    assert (loan.outstanding, loan.principal_paid, loan.payments) == (3_000_000, 0, ())
    assert loan.instalments == extended(paid, d(5)).state.loans[LOAN].instalments
    assert total(after, d(5, 11)) == (50_000, 1_000_000, 3_000_000)


def test_a_payout_reversed_after_an_extension_leaves_the_loan_as_approved() -> None:
    after = extended(out(), d(4))
    undone = reversed_(after, last(after, LoanDisbursed), d(4))
    ready = approved(funded(), amount=3_000_000, terms=THREE).state.loans[LOAN]
    assert undone.state.loans[LOAN] == ready.model_copy(update={"version": undone.state.version})


# --- freeze ------------------------------------------------------------------------------


def test_time_stands_still_while_a_loan_is_frozen() -> None:
    """Frozen from 20 April for 30 days: what was overdue stays so, the rest moves."""
    given = frozen(out(), d(4, 20), d(5, 20))
    assert rows(given) == [
        (d(4), 1_000_000, 30_000),
        (d(6, 9), 1_000_000, 20_000),
        (d(7, 10), 1_000_000, 10_000),
    ]
    loan = given.state.loans[LOAN]
    late = [days_late(loan, on, STRICT) for on in (d(4, 19), d(4, 20), d(5, 20), d(5, 21))]
    assert late == [9, 0, 0, 11]
    assert total(given, d(6)) == (50_000, 2_000_000, 3_000_000)
    assert total(given, d(5, 20)) == (30_000, 1_000_000, 3_000_000)
    assert standing(given) == standing(out())


def test_an_instalment_due_on_the_day_does_not_move() -> None:
    assert rows(frozen(out(), d(4), d(4, 11)))[:2] == [
        (d(4), 1_000_000, 30_000),
        (d(5, 11), 1_000_000, 20_000),
    ]


def test_a_freeze_ends_before_its_day_by_another_vote() -> None:
    given = frozen(out(), d(4, 20), d(5, 20))
    asked = (LOAN, member(), member(CHAIR))
    for on, code in (
        (d(4, 19), "not-frozen"),
        (d(4, 20), None),
        (d(5, 19), None),
        (d(5, 20), "not-frozen"),
    ):
        command = UnfreezeLoan(**vote(on))
        assert refuses(given, plans.unfreeze_loan, *asked, command, NOW) == code, on
    ended = given.after(plans.unfreeze_loan, *asked, UnfreezeLoan(**vote(d(4, 25))), NOW)
    assert rows(ended)[1] == (d(5, 15), 1_000_000, 20_000)
    assert days_late(ended.state.loans[LOAN], d(4, 26), STRICT) == 11
    at_once = given.after(plans.unfreeze_loan, *asked, UnfreezeLoan(**vote(d(4, 20))), NOW)
    assert rows(at_once) == rows(out())


def test_a_freeze_lasts_a_day_at_least_and_none_lies_in_another() -> None:
    asked = (LOAN, member(), member(CHAIR))
    for until, code in ((d(4, 20), "date-order"), (d(4, 21), None), (days(900, TODAY), None)):
        command = freeze(d(4, 20), until)
        assert refuses(out(), plans.freeze_loan, *asked, command, NOW) == code, until
    given = frozen(out(), d(4, 20), d(5, 20))
    for on, code in ((d(5, 20), "loan-frozen"), (d(5, 21), None)):
        command = freeze(on, d(8))
        assert refuses(given, plans.freeze_loan, *asked, command, NOW) == code, on
        plan = extension(on)
        assert refuses(given, plans.extend_loan, *asked, plan, RULES, NOW) == code, on


def test_a_freeze_moves_no_instalment_out_of_the_calendar() -> None:
    asked = (LOAN, member(), member(CHAIR))
    last_due = (date(2999, 12, 31) - d(6)).days
    for until, code in ((days(last_due, d(3)), None), (days(last_due + 1, d(3)), "date-order")):
        command = freeze(d(3), until)
        assert refuses(out(), plans.freeze_loan, *asked, command, NOW) == code, until


def test_nothing_slips_in_under_a_freeze() -> None:
    given = frozen(out(), d(4, 20), d(5, 20))
    asked = (LOAN, member(), member(CHAIR))
    for on in (d(4, 19), d(4, 20)):
        plan = extension(on)
        given.when(plans.extend_loan, *asked, plan, RULES, NOW).then_refused("loan-frozen")


def test_no_interest_runs_in_a_freeze_when_the_plan_is_then_extended() -> None:
    """The period began on 10 April; 30 of its 41 days were frozen."""
    after = extended(frozen(repaid(out(), 1_030_000, d(4)), d(4, 20), d(5, 20)), d(5, 21))
    assert after.state.loans[LOAN].rescheduled_on == d(5, 10)
    assert rows(after)[1] == (d(6), 500_000, 20_000)


def test_a_frozen_loan_may_be_repaid_and_is_still_on_time() -> None:
    given = frozen(out(), d(3, 20), d(6, 20))
    for amount, on in ((1_030_000, d(5)), (1_020_000, d(8, 10)), (1_010_000, d(9, 10))):
        given = repaid(given, amount, on)
    assert isinstance(given.past[-1], LoanSettled)
    assert given.past[-1].on_time


# --- waiver ------------------------------------------------------------------------------


def waiving(given: Specification, interest: int, on: date = MAY) -> Specification:
    command = WaiveInterest(**vote(on), interest=interest)
    return given.when(plans.waive_interest, LOAN, member(), member(CHAIR), command, RULES, NOW)


def test_waived_interest_is_asked_for_no_more_the_oldest_first() -> None:
    part = repaid(out(), 10_000, d(4))
    asked = waiving(part, 30_000)
    after = Specification(asked.evolve, (*asked.past, *asked.decided()))
    assert [row[2] for row in rows(after)] == [10_000, 10_000, 10_000]
    assert total(after, d(5)) == (10_000, 2_000_000, 3_000_000)
    assert standing(after) == standing(part)


def test_no_more_is_waived_than_the_plan_still_asks_for() -> None:
    part = repaid(out(), 10_000, d(4))
    waiving(part, 50_000).then_told(interest=50_000)
    waiving(part, 50_001).then_refused("exceeds-debt", interest=50_000)
    with pytest.raises(ValidationError):
        WaiveInterest(**vote(d(4)))


# --- beside the payout -------------------------------------------------------------------


def test_the_commune_endorses_an_approved_loan_and_no_other() -> None:
    command = EndorseLoan(occurred_on=DAY, endorsed_by=MAI, document="12/UBND")
    asked = (LOAN, command, NOW)
    approved(funded()).when(changes.endorse_loan, *asked).then_told(endorsed_by=MAI)
    for given in (requested(funded()), lent(funded())):
        given.when(changes.endorse_loan, *asked).then_refused("not-approved")
    for who in (LAN, CHAIR):
        own = EndorseLoan(occurred_on=DAY, endorsed_by=who)
        approved(funded()).when(changes.endorse_loan, LOAN, own, NOW).then_refused(SAME)
    endorsed = approved(funded()).after(changes.endorse_loan, *asked)
    endorsed.when(disburse_loan, LOAN, member(), payout(), NOW).then_told(amount=5_000_000)


def test_a_request_or_approval_is_withdrawn_before_the_payout_and_not_after() -> None:
    asked = (LOAN, WithdrawLoan(occurred_on=DAY), NOW)
    for given in (requested(funded()), approved(funded())):
        gone = given.after(changes.withdraw_loan, *asked)
        assert LOAN not in gone.state.loans
        assert (
            refuses(
                requested(gone, loan=UUID(int=77)),
                changes.withdraw_loan,
                UUID(int=77),
                asked[1],
                NOW,
            )
            is None
        )
    lent(funded()).when(changes.withdraw_loan, *asked).then_refused("already-disbursed")


@pytest.mark.parametrize(
    ("on", "as_agreed", "warnings"),
    [
        (days(0), True, ()),
        (days(60), True, ()),
        (days(61), True, ("use-check-late",)),
        (days(60), False, ("use-not-as-agreed",)),
        (days(61), False, ("use-check-late", "use-not-as-agreed")),
    ],
)
def test_a_use_check_after_sixty_days_is_a_warning(
    on: date, as_agreed: bool, warnings: tuple[str, ...]
) -> None:
    command = CheckUse(occurred_on=on, checked_by=CHAIR, as_agreed=as_agreed)
    out().when(changes.check_use, LOAN, command, NOW).then_told(warnings=warnings)


def test_nobody_checks_their_own_use_nor_before_the_payout() -> None:
    for who, on, code in (
        (LAN, DAY, SAME),
        (CHAIR, days(-1), "date-order"),
        (CHAIR, DAY, None),
    ):
        command = CheckUse(occurred_on=on, checked_by=who, as_agreed=True)
        assert refuses(out(), changes.check_use, LOAN, command, NOW) == code


# --- others who owe ----------------------------------------------------------------------


def test_a_guarantor_is_asked_for_at_most_what_is_owed() -> None:
    given = out(guarantors=(HOA,))
    for amount, code in ((None, None), (3_030_000, None), (3_030_001, "exceeds-debt")):
        command = CallGuarantor(occurred_on=d(4), guarantor_id=HOA, amount=amount, called_by=CHAIR)
        assert refuses(given, changes.call_guarantor, LOAN, command, RULES, NOW) == code
    asked = given.when(
        changes.call_guarantor,
        LOAN,
        CallGuarantor(occurred_on=d(4), guarantor_id=HOA, called_by=CHAIR),
        RULES,
        NOW,
    )
    asked.then_told(amount=3_030_000)
    for guarantor, caller, code in ((MAI, CHAIR, "not-a-guarantor"), (HOA, HOA, SAME)):
        command = CallGuarantor(occurred_on=d(4), guarantor_id=guarantor, called_by=caller)
        assert refuses(given, changes.call_guarantor, LOAN, command, RULES, NOW) == code


def taking_over(
    given: Specification, who: Standing, capacity: Any = "heir", on: date = APRIL
) -> Specification:
    command = TakeOverDebt(**vote(on), debtor_id=who.person_id, capacity=capacity)
    return given.when(changes.take_over_debt, LOAN, member(LAN), who, member(CHAIR), command, NOW)


def taken_over(given: Specification, who: Standing, on: date = APRIL) -> Specification:
    asked = taking_over(given, who, on=on)
    return Specification(asked.evolve, (*asked.past, *asked.decided()))


def test_an_heir_owes_what_is_left_and_the_claim_changes_its_member() -> None:
    paid = repaid(out(), 1_030_000, d(4))
    after = taken_over(paid, stranger(MAI))
    event = after.past[-1]
    assert isinstance(event, DebtTakenOver)
    assert [(ln.member_id, ln.loan_id, ln.amount) for ln in event.lines] == [
        (MAI, LOAN, 2_000_000),
        (LAN, LOAN, -2_000_000),
    ]
    assert standing(after) == standing(paid)
    assert event.vouchers == ()
    assert after.state.loans[LOAN].borrower_id == MAI
    assert [loan.id for loan in after.state.live_loans_of(MAI)] == [LOAN]
    assert after.state.live_loans_of(LAN) == []
    receipt = repaid(after, 1_020_000, d(5)).past[-1]
    assert {ln.member_id for ln in receipt.lines if ln.loan_id} == {MAI}  # type: ignore[attr-defined]
    after.when(repay_loan, LOAN, repay(1, d(5), by=MAI), RULES, NOW).then_refused(SAME)


def test_who_takes_over_a_debt() -> None:
    given = out(guarantors=(HOA,))
    taking_over(given, member(HOA), "guarantor").then_told(debtor_id=HOA)
    taking_over(given, member(MAI), "guarantor").then_refused("not-a-guarantor")
    taking_over(given, member(LAN)).then_refused(SAME)
    taking_over(given, member(CHAIR)).then_refused(SAME)  # who approves it
    known_as = member(MAI).model_copy
    taking_over(given, known_as(update={"also": frozenset({LAN})})).then_refused(SAME)
    vouched = taking_over(given, known_as(update={"also": frozenset({HOA})}), "guarantor")
    vouched.then_told(debtor_id=MAI)
    command = TakeOverDebt(**vote(d(4)), debtor_id=MAI, capacity="heir")
    heir, of_one_house = member(MAI, household=HOUSE), member(CHAIR, household=HOUSE)
    given.when(
        changes.take_over_debt, LOAN, member(LAN), heir, of_one_house, command, NOW
    ).then_refused(SAME)


def test_who_takes_over_a_debt_owes_fifty_million_in_all_and_not_a_dong_more() -> None:
    generous = moment(loan_amount_max=100_000_000)
    for owing, code in ((47_000_000, None), (47_000_001, "loan-limit")):
        given = lent(funded(100_000_000), amount=3_000_000, terms=THREE)
        given = lent(given, now=generous, borrower=MAI, amount=owing, loan=OTHER_LOAN)
        asked = taking_over(given, member(MAI))
        asked.then_refused(code) if code else asked.then_told(debtor_id=MAI, principal=3_000_000)
        # What somebody owes under their other id is theirs too.
        heir = member(HOA).model_copy(update={"also": frozenset({MAI})})
        asked = taking_over(given, heir)
        asked.then_refused(code) if code else asked.then_told(debtor_id=HOA)
    # What was paid back meanwhile is owed no more: the same debt fits again.
    paid = repaid(given, 400_000, APRIL, loan=OTHER_LOAN)
    taking_over(paid, member(MAI)).then_told(debtor_id=MAI)


def test_a_takeover_is_reversed_before_the_heir_has_paid_and_stands_on_what_was_paid() -> None:
    paid = repaid(out(), 1_030_000, d(4))
    after = taken_over(paid, stranger(MAI))
    reversing(after, last(after, RepaymentReceived), d(4)).then_refused("built-on")
    back = reversed_(after, last(after, DebtTakenOver), d(4))
    assert back.state.loans[LOAN].borrower_id == LAN
    assert reversed_(back, last(paid, RepaymentReceived), d(4)).state.loans[LOAN].outstanding == (
        3_000_000
    )
    further = repaid(after, 1_020_000, d(5))
    reversing(further, last(further, DebtTakenOver), d(5)).then_refused("built-on")
    cleared = reversed_(further, last(further, RepaymentReceived), d(5))
    approving(
        proposed(cleared, last(cleared, DebtTakenOver)), last(cleared, DebtTakenOver), on=d(5)
    ).then_told(reversed_topic="loans.DebtTakenOver")


# --- what was paid too much --------------------------------------------------------------


def refund(amount: int | None, on: date = APRIL, by: UUID = TREASURER) -> RefundExcess:
    return RefundExcess(occurred_on=on, amount=amount, paid_by=by)


def test_an_excess_goes_back_to_the_borrower_and_never_more() -> None:
    """3,030,000 settles the loan on 10 April; 70,000 too much came."""
    given = repaid(out(), 3_100_000, d(4))
    assert given.state.held == {LOAN: 70_000}
    for amount, code in ((70_000, None), (None, None), (70_001, "exceeds-held")):
        assert refuses(given, changes.refund_excess, LOAN, refund(amount), NOW) == code
    event = given.when(changes.refund_excess, LOAN, refund(None), NOW).decided()[0]
    assert isinstance(event, ExcessRefunded)
    assert lines(event) == [
        (Fund.LOAN, Account.CLEARING, 70_000),
        (Fund.LOAN, Account.CASH, -70_000),
    ]
    assert event.vouchers == ("PC-2026-0002",)
    given.when(changes.refund_excess, LOAN, refund(None, by=LAN), NOW).then_refused(SAME)
    part = given.after(changes.refund_excess, LOAN, refund(30_000), NOW)
    assert refuses(part, changes.refund_excess, LOAN, refund(40_001), NOW) == "exceeds-held"
    rest = part.after(changes.refund_excess, LOAN, refund(40_000), NOW)
    assert rest.state.held == {}
    assert refuses(rest, changes.refund_excess, LOAN, refund(None), NOW) == "exceeds-held"


def test_money_held_for_one_borrower_is_not_paid_to_another() -> None:
    given = repaid(out(), 3_100_000, d(4))
    other = lent(given, loan=UUID(int=42), borrower=HOA, on=d(4))
    assert refuses(other, changes.refund_excess, UUID(int=42), refund(1), NOW) == "exceeds-held"


def test_a_refund_and_its_receipt_are_reversed_in_their_order() -> None:
    given = repaid(out(), 3_100_000, d(4))
    back = given.after(changes.refund_excess, LOAN, refund(50_000), NOW)
    reversing(back, last(back, RepaymentReceived), d(4)).then_refused("built-on")
    undone = reversed_(back, last(back, ExcessRefunded), d(4))
    assert undone.state.held == {LOAN: 70_000}
    cleared = reversed_(undone, last(undone, RepaymentReceived), d(4))
    assert (cleared.state.held, cleared.state.loans[LOAN].outstanding) == ({}, 3_000_000)
    assert standing(cleared) == standing(out())


# --- what the borrower says --------------------------------------------------------------


def test_a_borrower_confirms_the_books_figure_of_a_day_before_a_witness() -> None:
    given = repaid(repaid(out(), 1_030_000, d(4)), 520_000, d(5))
    for on, figure in ((DAY, 3_000_000), (d(4), 2_000_000), (d(5), 1_500_000)):
        said = StateBalance(occurred_on=on, stated=figure, witness_id=MAI)
        given.when(changes.confirm_balance, LOAN, said, NOW).then_told(outstanding=figure)
        given.when(changes.dispute_balance, LOAN, said, NOW).then_refused("balance-agrees")
        other = said.model_copy(update={"stated": figure - 1})
        given.when(changes.confirm_balance, LOAN, other, NOW).then_refused("balance-differs")
        given.when(changes.dispute_balance, LOAN, other, NOW).then_told(
            stated=figure - 1, outstanding=figure, findings=("balance-disputed",)
        )
    own = StateBalance(occurred_on=d(5), stated=1, witness_id=LAN)
    given.when(changes.dispute_balance, LOAN, own, NOW).then_refused(SAME)


def test_a_settled_or_waiting_loan_has_no_balance_to_confirm() -> None:
    said = StateBalance(occurred_on=DAY, stated=0, witness_id=MAI)
    settled = repaid(out(), 3_030_000, d(4))
    settled.when(changes.confirm_balance, LOAN, said, NOW).then_refused("loan-settled")
    approved(funded()).when(changes.confirm_balance, LOAN, said, NOW).then_refused("not-disbursed")


def test_every_change_moves_the_loans_own_version() -> None:
    given = frozen(out(), d(4), d(5))
    assert given.state.loans[LOAN].version == given.state.version
    assert given.state.loans[LOAN].step is Step.DISBURSED
    assert extended(out(), d(4)).state.loans[LOAN].version == len(out().past) + 1


def test_a_loan_whose_last_interest_is_waived_is_settled() -> None:
    by_hand = repay(3_000_000, d(4), principal=3_000_000, interest=0)
    given = out().after(repay_loan, LOAN, by_hand, RULES, NOW)
    for interest, settles in ((29_999, False), (30_000, True)):
        events = waiving(given, interest, d(4)).decided()
        assert isinstance(events[-1], LoanSettled) == settles
