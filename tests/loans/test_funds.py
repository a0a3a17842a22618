"""Money of the funds that is not lent: capital, dues, expenses, moves and transfers."""

from datetime import date

import pytest
from pydantic import ValidationError

from domain.events import Role, person
from domain.loans.accounts import Account, CapitalSource, Fund, Restriction
from domain.loans.commands import PayExpense
from domain.loans.decisions import disburse_loan, repay_loan
from domain.loans.funds import (
    move_money,
    pay_expense,
    receive_capital,
    receive_dues,
    receive_income,
    transfer_funds,
)
from domain.regulation import MODEL_REGULATION
from examples import (
    DAY,
    LAN,
    NOW,
    TODAY,
    TREASURER,
    approved,
    book,
    capital,
    days,
    dues,
    expense,
    from_bank,
    funded,
    income,
    lent,
    lines,
    member,
    moment,
    payout,
    refuses,
    repaid,
    repay,
    standing,
    to_bank,
    transfer,
)
from examples import LOAN as FIRST
from examples import OTHER_LOAN as SECOND
from specification import Specification

LOAN, OPERATING, CARE, RESERVE = Fund.LOAN, Fund.OPERATING, Fund.CARE, Fund.RESERVE


# --- money in --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "account"),
    [
        (CapitalSource.STATE_BUDGET, Account.CAPITAL_STATE),
        (CapitalSource.DONOR_PROJECT, Account.CAPITAL_DONOR),
        (CapitalSource.ASSOCIATION, Account.CAPITAL_ASSOCIATION),
        (CapitalSource.MEMBERS, Account.CAPITAL_MEMBERS),
        (CapitalSource.BENEFACTOR, Account.CAPITAL_BENEFACTOR),
    ],
)
def test_capital_is_kept_by_its_source(source: CapitalSource, account: Account) -> None:
    (received,) = book.when(receive_capital, capital(5_000_000, source=source), NOW).decided()
    assert lines(received) == [(LOAN, Account.CASH, 5_000_000), (LOAN, account, -5_000_000)]


def test_capital_says_what_the_giver_allows() -> None:
    lent_to_us = capital(5_000_000, restriction=Restriction.RETURNABLE, project="VIE-071")
    book.when(receive_capital, lent_to_us, NOW).then_told(
        restriction=Restriction.RETURNABLE, project="VIE-071", vouchers=("PT-2026-0001",)
    )
    book.when(receive_capital, capital(1), NOW).then_told(
        restriction=Restriction.REVOLVING_ONLY, project=None
    )


def test_interest_becomes_capital_by_an_allocation_never_by_a_receipt() -> None:
    capitalised = capital(1, source=CapitalSource.CAPITALISED_INTEREST)
    book.when(receive_capital, capitalised, NOW).then_refused("restricted-fund")


def test_dues_come_from_one_person_or_as_one_sum_for_a_list() -> None:
    book.when(receive_dues, dues(20_000, payer_id=LAN), NOW).then_told(
        payer_id=LAN, concerns=(person(LAN, Role.PAYER),), vouchers=("PT-2026-0001",)
    )
    book.when(receive_dues, dues(1_200_000), NOW).then_told(payer_id=None, concerns=())


@pytest.mark.parametrize(
    ("fund", "account"),
    [
        (OPERATING, Account.OPERATING_FUND),
        (CARE, Account.CARE_FUND),
        (RESERVE, Account.RISK_RESERVE),
    ],
)
def test_dues_and_income_belong_to_the_fund_that_receives_them(
    fund: Fund, account: Account
) -> None:
    expected = [(fund, Account.CASH, 300_000), (fund, account, -300_000)]
    (paid,) = book.when(receive_dues, dues(300_000, fund=fund), NOW).decided()
    (given,) = book.when(receive_income, income(300_000, fund=fund), NOW).decided()
    assert lines(paid) == lines(given) == expected


def test_neither_dues_nor_income_go_into_the_loan_fund() -> None:
    book.when(receive_dues, dues(1, fund=LOAN), NOW).then_refused("restricted-fund")
    book.when(receive_income, income(1, fund=LOAN), NOW).then_refused("restricted-fund")


# --- money out -------------------------------------------------------------------------------


def test_an_expense_takes_the_last_dong_in_the_box_and_not_one_more() -> None:
    box = book.after(receive_dues, dues(500_000), NOW)
    box.when(pay_expense, expense(500_000, paid_by=TREASURER), NOW).then_told(
        vouchers=("PC-2026-0001",), concerns=(person(TREASURER, Role.PAYER),)
    )
    box.when(pay_expense, expense(500_001), NOW).then_refused(
        "insufficient-funds", fund="operating", account="111", available=500_000, asked=500_001
    )


def test_one_fund_does_not_pay_for_another_though_the_box_is_one() -> None:
    box = funded().after(receive_dues, dues(500_000, fund=CARE), NOW)
    box.when(pay_expense, expense(1), NOW).then_refused("insufficient-funds", available=0)


def test_the_loan_fund_pays_bank_fees_and_nothing_else() -> None:
    banked = funded(5_000_000).after(move_money, to_bank(1_000_000), NOW)
    banked.when(pay_expense, expense(1, fund=LOAN), NOW).then_refused("restricted-fund")
    banked.when(pay_expense, expense(22_000, fund=LOAN, bank_fee=True), NOW).then_told(vouchers=())


def test_a_bank_fee_is_taken_by_the_bank_and_not_out_of_the_box() -> None:
    banked = funded(5_000_000).after(move_money, to_bank(10_000), NOW)
    fee = expense(10_000, fund=LOAN, bank_fee=True)
    after = banked.after(pay_expense, fee, NOW)
    assert standing(after) == {"loan/111": 4_990_000, "loan/642": 10_000, "loan/4111": -5_000_000}
    after.when(pay_expense, fee, NOW).then_refused("insufficient-funds", account="112")


def test_a_move_between_box_and_bank_carries_a_payment_and_a_receipt() -> None:
    banked = funded(5_000_000).when(move_money, to_bank(2_000_000), NOW)
    (moved,) = banked.decided()
    assert lines(moved) == [(LOAN, Account.BANK, 2_000_000), (LOAN, Account.CASH, -2_000_000)]
    banked.then_told(vouchers=("PC-2026-0001", "PT-2026-0001"))


def test_neither_box_nor_bank_gives_what_it_has_not() -> None:
    banked = funded(5_000_000).after(move_money, to_bank(2_000_000), NOW)
    banked.when(move_money, from_bank(2_000_000), NOW).then_told(to_bank=False)
    banked.when(move_money, from_bank(2_000_001), NOW).then_refused(
        "insufficient-funds", account="112"
    )
    banked.when(move_money, to_bank(3_000_000), NOW).then_told(to_bank=True)
    banked.when(move_money, to_bank(3_000_001), NOW).then_refused(
        "insufficient-funds", account="111"
    )


# --- transfers -------------------------------------------------------------------------------


def four_funds() -> Specification:
    """Five million in the loan fund, one in each other."""
    return (
        funded(5_000_000)
        .after(receive_dues, dues(1_000_000), NOW)
        .after(receive_dues, dues(1_000_000, fund=CARE), NOW)
        .after(receive_dues, dues(1_000_000, fund=RESERVE), NOW)
    )


def moved(given: Specification, amount: int, giver: Fund, taker: Fund) -> Specification:
    return given.after(transfer_funds, transfer(amount, giver, taker), NOW)


def test_a_transfer_is_a_claim_of_the_giver_on_the_taker() -> None:
    transferred = four_funds().when(transfer_funds, transfer(400_000, OPERATING, CARE), NOW)
    (event,) = transferred.decided()
    assert lines(event) == [
        (OPERATING, Account.CLAIM_ON_FUND, 400_000),
        (OPERATING, Account.CASH, -400_000),
        (CARE, Account.CASH, 400_000),
        (CARE, Account.OWED_TO_FUND, -400_000),
    ]
    transferred.then_told(vouchers=("PC-2026-0001", "PT-2026-0004"))


def test_what_comes_back_settles_the_claim_first_and_the_rest_is_a_new_one() -> None:
    owing = moved(four_funds(), 400_000, OPERATING, CARE)
    (event,) = owing.when(transfer_funds, transfer(500_000, CARE, OPERATING), NOW).decided()
    assert lines(event) == [
        (CARE, Account.OWED_TO_FUND, 400_000),
        (CARE, Account.CLAIM_ON_FUND, 100_000),
        (CARE, Account.CASH, -500_000),
        (OPERATING, Account.CASH, 500_000),
        (OPERATING, Account.CLAIM_ON_FUND, -400_000),
        (OPERATING, Account.OWED_TO_FUND, -100_000),
    ]


def test_out_of_the_loan_fund_goes_what_it_owes_and_not_one_dong_more() -> None:
    four_funds().when(transfer_funds, transfer(1, LOAN, OPERATING), NOW).then_refused(
        "restricted-fund", available=0
    )
    owing = moved(four_funds(), 400_000, OPERATING, LOAN)
    owing.when(transfer_funds, transfer(400_000, LOAN, OPERATING), NOW).then_told(amount=400_000)
    owing.when(transfer_funds, transfer(400_001, LOAN, OPERATING), NOW).then_refused(
        "restricted-fund", available=400_000
    )
    cleared = moved(owing, 400_000, LOAN, OPERATING)
    assert standing(cleared) == standing(four_funds())


def test_the_loan_fund_pays_back_the_fund_it_owes_and_no_other() -> None:
    """Though the reserve owes the care fund, the loan fund's debt is to the operating fund."""
    tangled = moved(moved(four_funds(), 400_000, OPERATING, LOAN), 300_000, CARE, RESERVE)
    tangled.when(transfer_funds, transfer(1, LOAN, CARE), NOW).then_refused("restricted-fund")
    tangled.when(transfer_funds, transfer(1, LOAN, OPERATING), NOW).then_told(amount=1)


def test_a_transfer_needs_two_funds_and_the_money() -> None:
    with pytest.raises(ValidationError):
        transfer(1, CARE, CARE)
    four_funds().when(transfer_funds, transfer(1_000_001, CARE, OPERATING), NOW).then_refused(
        "insufficient-funds", fund="care"
    )


# --- days ------------------------------------------------------------------------------------


def test_receipts_of_the_day_come_before_its_payments() -> None:
    """An expense entered before the dues of the same day needs them recorded first, no more."""
    box = book.after(receive_dues, dues(100_000, days(-1)), NOW)
    box.when(pay_expense, expense(300_000, DAY), NOW).then_refused("insufficient-funds")
    box.after(receive_dues, dues(200_000, DAY), NOW).when(
        pay_expense, expense(300_000, DAY), NOW
    ).then_told(amount=300_000)


def test_money_of_tomorrow_does_not_pay_today() -> None:
    box = book.after(receive_dues, dues(200_000, days(1)), NOW)
    box.when(pay_expense, expense(1, DAY), NOW).then_refused("insufficient-funds", available=0)
    box.when(pay_expense, expense(200_000, days(1)), NOW).then_told(amount=200_000)


def test_an_expense_dated_back_must_leave_every_later_day_whole() -> None:
    """500,000 on day 0, 450,000 spent on day 5, 300,000 received on day 9."""
    box = (
        book.after(receive_dues, dues(500_000, DAY), NOW)
        .after(pay_expense, expense(450_000, days(5)), NOW)
        .after(receive_dues, dues(300_000, days(9)), NOW)
    )
    cases = [
        (days(-1), 1, "insufficient-funds"),
        (days(0), 50_000, None),
        (days(0), 50_001, "insufficient-funds"),
        (days(4), 50_000, None),
        (days(4), 50_001, "insufficient-funds"),
        (days(5), 50_000, None),
        (days(5), 50_001, "insufficient-funds"),
        (days(8), 50_001, "insufficient-funds"),
        (days(9), 350_000, None),
        (days(9), 350_001, "insufficient-funds"),
        (days(30), 350_000, None),
    ]
    for on, amount, code in cases:
        assert refuses(box, pay_expense, expense(amount, on), NOW) == code, (on, amount)


def test_a_payout_dated_back_must_leave_every_later_day_whole() -> None:
    given = approved(funded(5_000_000, days(10)), on=DAY)
    early, late = payout(days(9)), payout(days(10))
    given.when(disburse_loan, FIRST, member(), early, NOW).then_refused("insufficient-funds")
    given.when(disburse_loan, FIRST, member(), late, NOW).then_told(amount=5_000_000)


def test_nothing_happens_tomorrow() -> None:
    """Today is allowed, the day after is refused, for whatever moves money."""
    tomorrow = days(1, TODAY)
    given = lent(funded()).after(receive_dues, dues(1_000_000), NOW)
    for decide, ask in (
        (receive_capital, capital),
        (receive_dues, dues),
        (receive_income, income),
        (pay_expense, expense),
        (move_money, to_bank),
    ):
        assert refuses(given, decide, ask(1, TODAY), NOW) is None
        assert refuses(given, decide, ask(1, tomorrow), NOW) == "future-date"
    moves = [transfer(1, OPERATING, CARE, on) for on in (TODAY, tomorrow)]
    assert [refuses(given, transfer_funds, move, NOW) for move in moves] == [None, "future-date"]
    repayments = [repay(1, on) for on in (TODAY, tomorrow)]
    rules = MODEL_REGULATION.rules
    assert [refuses(given, repay_loan, FIRST, r, rules, NOW) for r in repayments] == [
        None,
        "future-date",
    ]


def test_today_is_the_day_in_viet_nam_the_door_says() -> None:
    morning = moment(today=date(2026, 3, 10))
    book.when(receive_dues, dues(1, date(2026, 3, 10)), morning).then_told(amount=1)
    book.when(receive_dues, dues(1, date(2026, 3, 11)), morning).then_refused("future-date")


# --- amounts ---------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [0, -1, True, "5", 5.0, 10**13 + 1])
def test_no_money_is_asked_for_in_another_shape(amount: object) -> None:
    with pytest.raises(ValidationError):
        PayExpense(occurred_on=DAY, amount=amount)  # type: ignore[arg-type]


def test_clearing_money_of_others_is_not_lent_on() -> None:
    """The borrower overpaid by 300,000: it lies in the box, and is not the fund's to lend."""
    given = repaid(lent(funded(5_000_000)), 5_335_000, days(31))
    state = given.state
    assert state.balance(LOAN, Account.CASH) == 5_335_000
    assert state.balance(LOAN, Account.CLEARING) == -300_000
    on = days(32)
    ready = approved(given, amount=5_035_001, on=on, loan=SECOND)
    ready.when(disburse_loan, SECOND, member(), payout(on), NOW).then_refused(
        "insufficient-funds", available=5_035_000, asked=5_035_001
    )
    ready.when(disburse_loan, SECOND, member(), payout(on, amount=5_035_000), NOW).then_told(
        amount=5_035_000
    )
