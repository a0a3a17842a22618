"""Who bears a loan the club gives up, to the đồng and in order, and what comes back."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.loans import losses
from domain.loans.accounts import Account, CapitalSource, Fund
from domain.loans.changes import refund_excess
from domain.loans.commands import (
    BearLoss,
    RecoverLoan,
    RefundExcess,
    Standing,
    WriteOffLoan,
)
from domain.loans.decisions import repay_loan, request_loan
from domain.loans.events import (
    LoanRecovered,
    LoanWrittenOff,
    LossBorneByCapital,
    RepaymentReceived,
)
from domain.loans.funds import receive_capital, receive_dues, transfer_funds
from domain.loans.loan import Absorbed, Step
from domain.regulation import Eligibility, Rules
from examples import (
    CHAIR,
    DAY,
    FOUNDED,
    HOA,
    HOUSE,
    LAN,
    LOAN,
    NOW,
    SECRETARY,
    TREASURER,
    book,
    capital,
    days,
    dues,
    funded,
    last,
    lent,
    lines,
    member,
    moment,
    rate,
    refuses,
    repaid,
    repay,
    request,
    reversed_,
    reversing,
    standing,
    terms,
    transfer,
)
from specification import Specification

RULES = Rules()
SAME = "same-person"
THREE = terms(instalments=3, rate=rate("1"))
LOAN_FUND, RESERVE = Fund.LOAN, Fund.RESERVE
STATE, MEMBERS = CapitalSource.STATE_BUDGET, CapitalSource.MEMBERS

APRIL = date(2026, 4, 10)
MAY = date(2026, 5, 10)


def bad(*, reserve: int = 0, interest: int = 0, guarantors: tuple[UUID, ...] = ()) -> Specification:
    """Two million are owed; so much lies in the reserve and so much interest was received."""
    given = book.after(receive_capital, capital(8_000_000, FOUNDED), NOW)
    given = given.after(receive_capital, capital(500_000, FOUNDED, MEMBERS), NOW)
    if reserve:
        given = given.after(receive_dues, dues(reserve, DAY, fund=RESERVE), NOW)
    given = lent(given, amount=3_000_000, terms=THREE, guarantors=guarantors)
    by_hand = repay(1_000_000 + interest, APRIL, principal=1_000_000, interest=interest)
    return given.after(repay_loan, LOAN, by_hand, RULES, NOW)


def vote(**more: Any) -> dict[str, Any]:
    return {"occurred_on": MAY, "proposed_by": SECRETARY, "minutes": "BB 021", **more}


def writing_off(
    given: Specification, *, on: date = MAY, approver: Standing | None = None, **more: Any
) -> Specification:
    command = WriteOffLoan.model_validate(vote(**{"occurred_on": on, "cause": "death", **more}))
    parties = (member(LAN, household=HOUSE), approver or member(CHAIR))
    return given.when(losses.write_off_loan, LOAN, *parties, command, NOW)


def done(asked: Specification) -> Specification:
    return Specification(asked.evolve, (*asked.past, *asked.decided()))


def written_off(**there: int) -> Specification:
    return done(writing_off(bad(**there)))


def bearing(
    given: Specification, loss: int | None, source: CapitalSource, consent: str | None = None
) -> Specification:
    command = BearLoss(**vote(), loss=loss, source=source, consent=consent)
    return given.when(losses.bear_loss, LOAN, member(), member(CHAIR), command, NOW)


def recovering(
    given: Specification, amount: int, by: UUID = TREASURER, on: date = MAY
) -> Specification:
    command = RecoverLoan(occurred_on=on, amount=amount, received_by=by)
    return given.when(losses.recover_loan, LOAN, command, NOW)


# --- absorption --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reserve", "interest", "expected"),
    [
        (0, 0, (0, 0, 2_000_000)),
        (0, 30_000, (0, 30_000, 1_970_000)),
        (1_970_000, 30_000, (1_970_000, 30_000, 0)),
        (1_969_999, 30_000, (1_969_999, 30_000, 1)),
        (1_999_999, 30_000, (1_999_999, 1, 0)),
        (2_000_000, 30_000, (2_000_000, 0, 0)),
        (2_000_001, 30_000, (2_000_000, 0, 0)),
    ],
)
def test_first_the_reserve_then_interest_then_nobody_yet(
    reserve: int, interest: int, expected: tuple[int, int, int]
) -> None:
    event = writing_off(bad(reserve=reserve, interest=interest)).decided()[0]
    assert isinstance(event, LoanWrittenOff)
    absorbed = event.absorbed
    assert (absorbed.reserve, absorbed.interest, absorbed.loss) == expected
    assert event.principal == absorbed.total == 2_000_000


def test_the_reserves_money_comes_over_and_each_fund_balances() -> None:
    given = bad(reserve=500_000, interest=30_000)
    asked = writing_off(given)
    event = asked.decided()[0]
    assert lines(event) == [
        (LOAN_FUND, Account.LOANS, -2_000_000),
        (LOAN_FUND, Account.CASH, 500_000),
        (LOAN_FUND, Account.INTEREST, 30_000),
        (LOAN_FUND, Account.WRITE_OFF_LOSS, 1_470_000),
        (RESERVE, Account.RISK_RESERVE, 500_000),
        (RESERVE, Account.CASH, -500_000),
    ]
    asked.then_told(vouchers=("PC-2026-0002", "PT-2026-0003"), interest_due=20_000)
    after = done(asked)
    loan = after.state.loans[LOAN]
    assert (loan.step, loan.outstanding, loan.off_book) == (Step.WRITTEN_OFF, 0, 2_000_000)
    assert loan.interest_paid == 30_000


def test_without_cash_there_is_no_voucher() -> None:
    writing_off(bad(interest=30_000)).then_told(vouchers=())


def test_the_reserve_bears_from_its_cash_and_then_from_what_the_loan_fund_owes_it() -> None:
    given = bad(reserve=1_500_000)
    lent_on = given.after(transfer_funds, transfer(600_000, RESERVE, LOAN_FUND, APRIL), NOW)
    event = writing_off(lent_on).decided()[0]
    assert lines(event) == [
        (LOAN_FUND, Account.LOANS, -2_000_000),
        (LOAN_FUND, Account.CASH, 900_000),
        (LOAN_FUND, Account.OWED_TO_FUND, 600_000),
        (LOAN_FUND, Account.WRITE_OFF_LOSS, 500_000),
        (RESERVE, Account.RISK_RESERVE, 1_500_000),
        (RESERVE, Account.CASH, -900_000),
        (RESERVE, Account.CLAIM_ON_FUND, -600_000),
    ]
    assert done(writing_off(lent_on)).state.claim(RESERVE, LOAN_FUND) == 0


def test_a_back_dated_write_off_takes_only_cash_that_was_there_since() -> None:
    given = bad().after(receive_dues, dues(300_000, MAY, fund=RESERVE), NOW)
    writing_off(given, on=days(-1, MAY)).then_told(
        absorbed=Absorbed(reserve=0, interest=0, loss=2_000_000)
    )
    writing_off(given, on=MAY).then_told(
        absorbed=Absorbed(reserve=300_000, interest=0, loss=1_700_000)
    )


# --- who decides -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("approver", "code"),
    [
        (member(CHAIR), None),
        (member(SECRETARY), SAME),
        (member(LAN), SAME),
        (member(HOA), SAME),
        (member(UUID(int=99), household=HOUSE), SAME),
    ],
)
def test_who_has_a_part_in_the_loan_does_not_write_it_off(
    approver: Standing, code: str | None
) -> None:
    asked = writing_off(bad(guarantors=(HOA,)), approver=approver)
    if code:
        asked.then_refused(code)
    else:
        asked.then_told(approved_by=CHAIR)


def test_causes_are_a_closed_list() -> None:
    for cause in (
        "death",
        "serious_illness",
        "disaster",
        "epidemic",
        "animal_disease",
        "untraceable",
    ):
        writing_off(bad(), cause=cause).then_told(principal=2_000_000)
    with pytest.raises(ValidationError):
        writing_off(bad(), cause="unwilling")


def test_only_a_loan_that_is_out_is_written_off_and_once() -> None:
    writing_off(written_off()).then_refused("not-disbursed")
    writing_off(bad(), on=days(-1)).then_refused("date-order")
    writing_off(funded()).then_refused("not-found")


def test_a_written_off_loan_is_not_repaid_but_recovered() -> None:
    after = written_off()
    after.when(repay_loan, LOAN, repay(1, MAY), RULES, NOW).then_refused("not-disbursed")
    recovering(bad(), 1).then_refused("not-written-off")


def test_by_laws_may_refuse_who_still_stands_on_the_off_book_list() -> None:
    after = written_off()
    later = request(on=MAY, loan=UUID(int=42))
    strict = moment(eligibility=(Eligibility.NO_WRITTEN_OFF_LOAN,))
    assert refuses(after, request_loan, member(), later, NOW) is None
    assert refuses(after, request_loan, member(), later, strict) == "has-written-off-loan"
    assert refuses(after, request_loan, member(HOA), later, strict) is None
    cleared = done(recovering(after, 2_000_000))
    assert refuses(cleared, request_loan, member(), later, strict) is None


# --- capital -----------------------------------------------------------------------------


def test_capital_bears_a_loss_by_vote_and_with_the_givers_leave() -> None:
    given = written_off()
    bearing(given, None, STATE).then_refused("no-consent")
    asked = bearing(given, None, STATE, "45/UBND")
    asked.then_told(loss=2_000_000, source=STATE, consent="45/UBND", vouchers=())
    assert lines(asked.decided()[0]) == [
        (LOAN_FUND, Account.CAPITAL_STATE, 2_000_000),
        (LOAN_FUND, Account.WRITE_OFF_LOSS, -2_000_000),
    ]
    bearing(given, 1, CapitalSource.DONOR_PROJECT).then_refused("no-consent")
    bearing(given, 500_000, MEMBERS).then_told(loss=500_000)


def test_capital_bears_no_more_than_the_loss_and_than_there_is() -> None:
    given = written_off(reserve=1_900_000)
    bearing(given, 100_000, MEMBERS).then_told(loss=100_000)
    bearing(given, 100_001, MEMBERS).then_refused("exceeds-loss", loss=100_000)
    bearing(written_off(), 500_000, MEMBERS).then_told(loss=500_000)
    bearing(written_off(), 500_001, MEMBERS).then_refused("insufficient-funds", available=500_000)
    bearing(written_off(reserve=2_000_000), None, MEMBERS).then_refused("exceeds-loss", loss=0)
    bearing(bad(), 1, MEMBERS).then_refused("not-written-off")


# --- recovery ----------------------------------------------------------------------------


def borne() -> Specification:
    """2,000,000: reserve 500,000, interest 30,000, capital 400,000 + 100,000, nobody 970,000."""
    given = written_off(reserve=500_000, interest=30_000)
    given = done(bearing(given, 400_000, MEMBERS))
    return done(bearing(given, 100_000, STATE, "45/UBND"))


@pytest.mark.parametrize(
    ("amount", "loss", "members", "state", "interest", "reserve", "excess"),
    [
        (1, 1, 0, 0, 0, 0, 0),
        (970_000, 970_000, 0, 0, 0, 0, 0),
        (970_001, 970_000, 1, 0, 0, 0, 0),
        (1_370_001, 970_000, 400_000, 1, 0, 0, 0),
        (1_470_001, 970_000, 400_000, 100_000, 1, 0, 0),
        (1_500_001, 970_000, 400_000, 100_000, 30_000, 1, 0),
        (2_000_000, 970_000, 400_000, 100_000, 30_000, 500_000, 0),
        (2_000_001, 970_000, 400_000, 100_000, 30_000, 500_000, 1),
    ],
)
def test_what_is_recovered_is_given_back_in_reverse(
    amount: int, loss: int, members: int, state: int, interest: int, reserve: int, excess: int
) -> None:
    asked = recovering(borne(), amount)
    event = asked.decided()[0]
    assert isinstance(event, LoanRecovered)
    back = event.restored
    given_back = (
        back.loss,
        back.capital.get(MEMBERS, 0),
        back.capital.get(STATE, 0),
        back.interest,
        back.reserve,
        event.excess,
    )
    assert given_back == (loss, members, state, interest, reserve, excess)
    assert event.off_book == max(2_000_000 - amount, 0)
    assert len(event.vouchers) == 1
    assert done(asked).state.loans[LOAN].off_book == event.off_book


def test_all_recovered_the_books_stand_as_if_the_loan_had_been_repaid() -> None:
    whole = done(recovering(borne(), 2_000_000))
    by_hand = repay(2_000_000, MAY, principal=2_000_000, interest=0)
    repaid_ = bad(reserve=500_000, interest=30_000).after(repay_loan, LOAN, by_hand, RULES, NOW)
    assert standing(whole) == standing(repaid_)


def test_the_reserves_part_goes_into_its_own_box() -> None:
    event = recovering(borne(), 2_000_050).decided()[0]
    assert lines(event) == [
        (LOAN_FUND, Account.CASH, 1_500_050),
        (LOAN_FUND, Account.WRITE_OFF_LOSS, -970_000),
        (LOAN_FUND, Account.CAPITAL_MEMBERS, -400_000),
        (LOAN_FUND, Account.CAPITAL_STATE, -100_000),
        (LOAN_FUND, Account.INTEREST, -30_000),
        (LOAN_FUND, Account.CLEARING, -50),
        (RESERVE, Account.CASH, 500_000),
        (RESERVE, Account.RISK_RESERVE, -500_000),
    ]


def test_a_recovery_in_parts_restores_as_one() -> None:
    given = borne()
    for part in (970_500, 500_000, 29_000, 500_500):
        given = done(recovering(given, part))
    assert given.state.loans[LOAN].written_off == Absorbed(capital={MEMBERS: 0, STATE: 0})
    assert standing(given) == standing(done(recovering(borne(), 2_000_000)))


def test_what_came_above_the_written_off_sum_is_held_and_given_back() -> None:
    given = done(recovering(written_off(), 2_000_001))
    assert given.state.held == {LOAN: 1}
    back = RefundExcess(occurred_on=MAY, paid_by=TREASURER)
    given.when(refund_excess, LOAN, back, NOW).then_told(amount=1)
    recovering(written_off(), 1, by=LAN).then_refused(SAME)


def test_nothing_is_recovered_before_it_was_written_off() -> None:
    recovering(written_off(), 1, on=days(-1, MAY)).then_refused("date-order")
    recovering(written_off(), 1, on=MAY).then_told(amount=1)


# --- taken back --------------------------------------------------------------------------


def test_each_is_taken_back_in_its_order_and_leaves_what_was_before() -> None:
    before = bad(reserve=500_000, interest=30_000)
    off = done(writing_off(before))
    capital_bore = done(bearing(off, 400_000, MEMBERS))
    back = done(recovering(capital_bore, 2_000_000))

    reversing(back, last(back, RepaymentReceived), MAY).then_refused("built-on")
    reversing(back, last(back, LoanWrittenOff), MAY).then_refused("built-on")
    reversing(back, last(back, LossBorneByCapital), MAY).then_refused("built-on")

    reversing(back, last(back, LoanRecovered), MAY).then_told(vouchers=("PC-2026-0003",))
    one = reversed_(back, last(back, LoanRecovered), MAY)
    assert standing(one) == standing(capital_bore)
    assert one.state.loans[LOAN].written_off == capital_bore.state.loans[LOAN].written_off
    two = reversed_(one, last(one, LossBorneByCapital), MAY)
    assert standing(two) == standing(off)
    assert two.state.loans[LOAN].written_off == off.state.loans[LOAN].written_off
    three = reversed_(two, last(two, LoanWrittenOff), MAY)
    assert standing(three) == standing(before)
    was = before.state.loans[LOAN]
    assert three.state.loans[LOAN] == was.model_copy(update={"version": three.state.version})
    assert repaid(three, 20_000, MAY).state.loans[LOAN].interest_paid == 50_000


def test_a_write_off_is_not_taken_back_when_its_money_was_lent() -> None:
    given = written_off(reserve=2_000_000)
    rest = 8_500_000 - 3_000_000 + 1_000_000 + 2_000_000
    spent = lent(given, loan=UUID(int=42), borrower=HOA, on=MAY, amount=rest)
    reversing(spent, last(spent, LoanWrittenOff), MAY).then_refused("insufficient-funds")
