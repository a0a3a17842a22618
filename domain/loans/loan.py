"""One loan as the book knows it: what is owed on a day, and how a repayment is split."""

from bisect import bisect_left
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, ValidationError

from domain.errors import Malformed
from domain.loans.schedule import LoanTerms, Schedule, ScheduleRequest, schedule
from domain.regulation import Part, Rules
from domain.values import Amount, AmountOrNone, Day, Id, Immutable


class Due(Immutable):
    """One row of a schedule: what falls due on a day, in đồng."""

    due_on: Day
    principal: AmountOrNone
    interest: AmountOrNone


class Step(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    DISBURSED = "disbursed"
    SETTLED = "settled"
    WITHDRAWN = "withdrawn"


class Loan(Immutable):
    """A loan from request to settlement; only what some rule asks for."""

    id: Id
    borrower_id: Id
    step: Annotated[Step, Field(strict=False)]
    amount: Amount
    """Asked for, then approved, then paid out: the latest of these."""
    terms: LoanTerms
    regulation: int = 0
    guarantor_ids: tuple[Id, ...] = ()
    proposed_by: Id | None = None
    approved_by: Id | None = None
    disbursed_on: Day | None = None
    instalments: tuple[Due, ...] = ()
    principal_paid: AmountOrNone = 0
    interest_paid: AmountOrNone = 0
    past: bool = False
    version: int = 0
    """The book's version at this loan's own last event: what its ETag shows."""

    @property
    def outstanding(self) -> int:
        """Principal lent and not yet paid back, in đồng."""
        paid_out = self.step in (Step.DISBURSED, Step.SETTLED)
        return self.amount - self.principal_paid if paid_out else 0


class Owed(Immutable):
    """What is owed on a day, in đồng."""

    interest_due: int
    principal_overdue: int
    principal_due: int
    outstanding: int
    interest_of_current_period: int
    """Of the period that runs on that day, and put off by a grace, on top of `interest_due`."""

    @property
    def to_settle(self) -> int:
        return self.outstanding + self.interest_due + self.interest_of_current_period


class Split(Immutable):
    """How one repayment is used, in đồng."""

    principal: int
    interest: int
    excess: int


def planned(start: date, amount: int, terms: LoanTerms) -> Schedule:
    """The plan of a loan; raises `Malformed` where the terms do not fit the amount or the day."""
    try:
        return schedule(ScheduleRequest.of(terms, amount, start))
    except ValidationError as error:
        reason = "; ".join(fault["msg"] for fault in error.errors())
        raise Malformed("malformed", f"The terms do not fit this loan: {reason}") from error


def scheduled(start: date, amount: int, terms: LoanTerms) -> tuple[Due, ...]:
    """The schedule of a payout, as rows to be kept in the event."""
    return tuple(
        Due(due_on=row.due_on, principal=row.principal, interest=row.interest)
        for row in planned(start, amount, terms).instalments
    )


def owed(loan: Loan, on: date) -> Owed:
    """What is owed at the end of `on`, by the schedule and what has been paid.

    The schedule stands until the loan is rescheduled: money paid in advance lowers the
    principal, the interest of later periods stays as signed (DECISIONS, 2026-11-23).
    """
    principal_before = sum(due.principal for due in loan.instalments if due.due_on < on)
    principal_until = principal_before + sum(
        due.principal for due in loan.instalments if due.due_on == on
    )
    interest_until = sum(due.interest for due in loan.instalments if due.due_on <= on)
    running = _interest_of_periods_begun(loan, on) - interest_until
    ahead = max(loan.interest_paid - interest_until, 0)
    overdue = min(max(principal_before - loan.principal_paid, 0), loan.outstanding)
    due_now = min(max(principal_until - loan.principal_paid, 0), loan.outstanding)
    return Owed(
        interest_due=max(interest_until - loan.interest_paid, 0),
        principal_overdue=overdue,
        principal_due=due_now - overdue,
        outstanding=loan.outstanding,
        interest_of_current_period=max(running - ahead, 0) if loan.outstanding else 0,
    )


def _interest_of_periods_begun(loan: Loan, on: date) -> int:
    """Up to the end of the period that runs on `on`, where a grace puts off its payment too.

    A due date is the last day of its period: who settles at the meeting owes no further month.
    """
    ends = [due.due_on for due in loan.instalments]
    by_period = [due.interest for due in loan.instalments]
    if loan.terms.grace_interest_payment and loan.disbursed_on is not None:
        as_it_runs = loan.terms.model_copy(update={"grace_interest_payment": 0})
        rows = planned(loan.disbursed_on, loan.amount, as_it_runs).instalments
        # An opening loan has one row more, before the rest: the interest unpaid at the cut-over.
        by_period = [*by_period[: -len(rows)], *(row.interest for row in rows)]
    return sum(by_period[: bisect_left(ends, on) + 1])


def split(amount: int, owed: Owed, rules: Rules) -> Split:
    """By the regulation's order; then in advance; what is above all debt is excess.

    Whoever brings enough to clear the principal settles the loan: the interest of the period
    that runs is then taken first, unless the regulation asks only for what is due.
    """
    left = amount
    interest = principal = 0
    for part in rules.repayment_order:
        asked = {
            Part.INTEREST_DUE: owed.interest_due,
            Part.PRINCIPAL_OVERDUE: owed.principal_overdue,
            Part.PRINCIPAL_DUE: owed.principal_due,
        }[part]
        used = min(left, asked)
        left -= used
        if part is Part.INTEREST_DUE:
            interest += used
        else:
            principal += used
    rest = owed.outstanding - principal
    if left >= rest and rules.settlement_interest == "current_period":
        used = min(left, owed.interest_of_current_period)
        interest += used
        left -= used
    used = min(left, rest)
    return Split(principal=principal + used, interest=interest, excess=left - used)


def days_late(loan: Loan, on: date, rules: Rules) -> int:
    """Days since the oldest instalment that is short by more than the tolerance, else 0.

    A loan is late only after the regulation's days of grace (domain.md section 4).
    """
    principal_paid, interest_paid = loan.principal_paid, loan.interest_paid
    short = 0
    for due in loan.instalments:
        if due.due_on >= on:
            break
        paid = min(principal_paid, due.principal), min(interest_paid, due.interest)
        principal_paid -= paid[0]
        interest_paid -= paid[1]
        short += due.principal + due.interest - sum(paid)
        if short > rules.late_tolerance:
            days = (on - due.due_on).days
            return days if days > rules.late_grace_days else 0
    return 0


def paid_on_time(loan: Loan, settled_on: date, rules: Rules) -> bool:
    """Whether the last payment came within the grace after the last due date."""
    last_due = max((due.due_on for due in loan.instalments), default=settled_on)
    return (settled_on - last_due).days <= rules.late_grace_days


class ClosedLoan(Immutable):
    """All that later rules ask of a settled loan: whose, how much, and whether on time."""

    borrower_id: Id
    amount: Amount
    on_time: bool
