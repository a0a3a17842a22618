"""Before a reversal is signed, it is shown what it will change."""

from datetime import date
from itertools import permutations
from uuid import UUID

import pytest

from domain.errors import Refusal
from domain.loans.accounts import Account, Fund, Period
from domain.loans.bands import band
from domain.loans.commands import ProposeReversal
from domain.loans.corrections import propose_reversal
from domain.loans.difference import (
    Difference,
    difference,
    refuse_changed,
    splits_by_date,
)
from domain.loans.events import (
    CapitalReceived,
    DuesReceived,
    LoanDisbursed,
    LoanRequested,
    RepaymentReceived,
)
from domain.loans.funds import receive_dues
from domain.regulation import MODEL_REGULATION, Rules
from examples import (
    ACCOUNTANT,
    DAY,
    LOAN,
    NOW,
    closed,
    counted,
    days,
    dues,
    funded,
    id_of,
    last,
    lent,
    repaid,
    reversed_,
    sealed,
    story,
)
from specification import Specification

RULES = MODEL_REGULATION.rules
FIRST, SECOND, THIRD = (date(2026, month, 10) for month in (4, 5, 6))


def rules_of(_: int) -> Rules:
    return RULES


def report(given: Specification, event_id: UUID, on: date = THIRD) -> Difference:
    return difference(given.state, story(given), event_id, on, NOW, rules_of)


def paying() -> Specification:
    """5 million lent on 10 March, three instalments paid on their days."""
    given = lent(funded())
    for on, amount in ((FIRST, 535_000), (SECOND, 531_500), (THIRD, 528_000)):
        given = repaid(given, amount, on)
    return given


def first_receipt(given: Specification) -> UUID:
    return next(r.id for r in story(given) if isinstance(r.event, RepaymentReceived))


def test_the_accounts_are_shown_before_and_after() -> None:
    given = funded(5_000_000).after(receive_dues, dues(700_000), NOW)
    shown = report(given, last(given, DuesReceived))
    assert [(c.fund, c.account, c.balance.before, c.balance.after) for c in shown.accounts] == [
        (Fund.OPERATING, Account.CASH, 700_000, 0),
        (Fund.OPERATING, Account.OPERATING_FUND, -700_000, 0),
    ]
    assert shown.loans == ()


def test_the_loan_is_shown_with_its_rows_and_how_late_it_becomes() -> None:
    given = paying()
    (loan,) = report(given, first_receipt(given), on=days(60, THIRD)).loans
    assert (loan.outstanding.before, loan.outstanding.after) == (3_500_000, 4_000_000)
    assert (loan.interest_paid.before, loan.interest_paid.after) == (94_500, 59_500)
    assert (loan.step_before, loan.step_after) == ("disbursed", "disbursed")
    # Without it 7,000 of interest of the second row are open since 10 May.
    assert (loan.days_late.before, loan.days_late.after) == (0, 91)
    assert (loan.band_before, loan.band_after) == ("current", "91-180")
    changed = {row.due_on: (row.principal.before, row.principal.after) for row in loan.rows}
    assert changed[THIRD] == (0, 500_000)


def test_what_another_order_of_the_later_repayments_would_have_given() -> None:
    """Without the first receipt the second would have paid the first month's interest too."""
    given = paying()
    (loan,) = report(given, first_receipt(given)).loans
    assert [
        (
            s.occurred_on,
            (s.interest.before, s.interest.after),
            (s.principal.before, s.principal.after),
        )
        for s in loan.splits
    ] == [
        (SECOND, (31_500, 66_500), (500_000, 465_000)),
    ]
    last_receipt = last(given, RepaymentReceived)
    assert report(given, last_receipt).loans[0].splits == ()


def test_all_orders_of_entering_five_repayments_keep_the_money_and_name_what_changed() -> None:
    """They were paid monthly; each order of typing them splits some of them otherwise."""
    paid = [(date(2026, month, 10), 400_000) for month in (4, 5, 6, 7, 8)]
    start = lent(funded())
    by_date = None
    for order in list(permutations(paid))[::7]:
        given = start
        for on, amount in order:
            given = repaid(given, amount, on)
        loan = given.state.loans[LOAN]
        assert given.state.balance(Fund.LOAN, Account.CASH) == 47_000_000
        assert loan.principal_paid + loan.interest_paid == 2_000_000
        splits = splits_by_date(given.state, story(given), LOAN, RULES)
        told = [(s.occurred_on, s.principal.after, s.interest.after) for s in splits]
        by_date = by_date or told
        assert told == by_date, "the order of typing does not matter to the order of the dates"
        if list(order) == paid:
            assert all(s.principal.before == s.principal.after for s in splits)
    backwards = start
    for on, amount in reversed(paid):
        backwards = repaid(backwards, amount, on)
    splits = splits_by_date(backwards.state, story(backwards), LOAN, RULES)
    assert any(s.interest.before != s.interest.after for s in splits)


def test_a_settled_loan_is_shown_as_reopened() -> None:
    given = repaid(lent(funded()), 5_035_000, FIRST)
    (loan,) = report(given, last(given, RepaymentReceived)).loans
    assert (loan.step_before, loan.step_after) == ("settled", "disbursed")
    assert (loan.outstanding.before, loan.outstanding.after) == (0, 5_000_000)


def test_a_payout_taken_back_takes_its_rows_along() -> None:
    given = lent(funded())
    (loan,) = report(given, last(given, LoanDisbursed)).loans
    assert (loan.step_before, loan.step_after) == ("disbursed", "approved")
    assert len(loan.rows) == 10
    assert sum(row.principal.before - row.principal.after for row in loan.rows) == 5_000_000


def test_a_restored_receipt_is_shown_the_other_way_round() -> None:
    given = paying()
    gone = reversed_(given, first_receipt(given), on=THIRD)
    there, back = report(given, first_receipt(given)), report(gone, story(gone)[-1].id)
    (was,), (becomes,) = there.loans, back.loans
    assert (was.outstanding.before, was.outstanding.after) == (
        becomes.outstanding.after,
        becomes.outstanding.before,
    )
    assert becomes.splits == ()  # with it back, everything is as it was booked


def test_closed_periods_whose_reports_hold_the_entry_are_named() -> None:
    march, april = date(2026, 3, 31), date(2026, 4, 30)
    given = counted(funded(5_000_000, DAY), 5_000_000, THIRD, (Fund.LOAN,))
    given = closed(closed(given, march), april)
    shown = report(given, last(given, CapitalReceived))
    assert [(p.period, p.until) for p in shown.periods] == [
        (Period.MONTH, march),
        (Period.MONTH, april),
    ]
    later = given.after(receive_dues, dues(1_000, date(2026, 5, 2)), NOW)
    assert report(later, last(later, DuesReceived)).periods == ()


def test_what_cannot_be_reversed_is_refused_before_it_is_proposed() -> None:
    given = paying()
    with pytest.raises(Refusal) as refusal:
        report(given, last(given, LoanDisbursed))
    assert refusal.value.code == "built-on"
    assert len(refusal.value.facts["first"]) == 3


def test_what_is_no_entry_or_no_longer_one_has_no_report() -> None:
    given = paying()
    gone = reversed_(given, last(given, RepaymentReceived), on=THIRD)
    for event_id, code in (
        (last(given, LoanRequested), "not-reversible"),
        (last(given, RepaymentReceived), "already-reversed"),
    ):
        with pytest.raises(Refusal) as refusal:
            report(gone, event_id)
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("late", "name"),
    [
        (0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-90"), (90, "31-90"), (91, "91-180"),
        (180, "91-180"), (181, "over-180"),
    ],
)  # fmt: skip
def test_the_bands_of_lateness(late: int, name: str) -> None:
    assert band(late) == name


# --- the same report for both ----------------------------------------------------------------


def test_the_digest_is_of_the_report_and_of_nothing_else() -> None:
    given = paying()
    one = report(given, first_receipt(given))
    assert one.digest == report(given, first_receipt(given)).digest
    other = given.after(receive_dues, dues(1_000, THIRD), NOW)  # another fund: nothing changes here
    assert report(other, first_receipt(given)).digest == one.digest
    moved = repaid(given, 100_000, THIRD)
    assert report(moved, first_receipt(given)).digest != one.digest


def test_who_read_an_older_report_is_shown_the_new_one_first() -> None:
    given = paying()
    target = next(r for r in story(given) if r.id == first_receipt(given))
    shown = report(given, target.id).digest

    def propose(read: str | None) -> Specification:
        command = ProposeReversal(
            occurred_on=THIRD, event_id=target.id, proposed_by=ACCOUNTANT, reason=sealed(),
            report=read,
        )  # fmt: skip
        return given.when(propose_reversal, target, command, NOW, shown)

    propose(shown).then_told(report=shown, book_version=given.state.version)
    propose(None).then_told(report=shown)
    propose("ab").then_refused("report-changed")


def test_an_approver_accepts_the_report_as_it_is_now_or_the_one_that_was_proposed() -> None:
    given = paying()
    was = report(given, first_receipt(given))
    moved = repaid(given, 100_000, THIRD)
    now = report(moved, first_receipt(given))
    refuse_changed(was.digest, was, None)
    refuse_changed(was.digest, now, now.digest)
    refuse_changed(None, now, None)
    for accepted in (None, was.digest, id_of(1).hex):
        with pytest.raises(Refusal) as refusal:
            refuse_changed(was.digest, now, accepted)
        assert refusal.value.code == "report-changed"
        assert refusal.value.facts["report"] == now.digest
