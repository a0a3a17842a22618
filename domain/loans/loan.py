"""One loan as the book knows it: what is owed on a day, and how a repayment is split."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from pydantic import Field, ValidationError

from domain.errors import Malformed
from domain.loans.accounts import CapitalSource
from domain.loans.schedule import (
    LoanTerms,
    Schedule,
    ScheduleRequest,
    schedule,
    stated_yearly_percent,
)
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
    WRITTEN_OFF = "written_off"


class Paid(Immutable):
    """One repayment as it was split; kept because a late charge asks when each part came."""

    on: Day
    principal: AmountOrNone
    interest: AmountOrNone


class Freeze(Immutable):
    """Khoanh nợ: from the end of one day to the end of another no interest runs."""

    from_on: Day
    until: Day


class WriteOffCause(StrEnum):
    """A closed list (domain.md section 4)."""

    DEATH = "death"
    SERIOUS_ILLNESS = "serious_illness"
    DISASTER = "disaster"
    EPIDEMIC = "epidemic"
    ANIMAL_DISEASE = "animal_disease"
    UNTRACEABLE = "untraceable"


class Absorbed(Immutable):
    """Who bears a written-off loan, in đồng, less what was recovered."""

    reserve: AmountOrNone = 0
    interest: AmountOrNone = 0
    """Interest received and not yet allocated (515)."""
    loss: AmountOrNone = 0
    """Borne by nobody yet (811)."""
    capital: dict[Annotated[CapitalSource, Field(strict=False)], AmountOrNone] = {}

    @property
    def total(self) -> int:
        return self.reserve + self.interest + self.loss + sum(self.capital.values())

    def less(self, restored: "Absorbed") -> "Absorbed":
        capital = {
            source: amount - restored.capital.get(source, 0)
            for source, amount in self.capital.items()
        }
        return Absorbed(
            reserve=self.reserve - restored.reserve,
            interest=self.interest - restored.interest,
            loss=self.loss - restored.loss,
            capital=capital,
        )

    def restored_by(self, amount: int) -> "Absorbed":
        """How so much recovered is given back: what nobody has borne yet comes first."""
        loss = min(amount, self.loss)
        amount -= loss
        capital: dict[CapitalSource, int] = {}
        for source, borne in self.capital.items():
            if part := min(amount, borne):
                capital[source] = part
                amount -= part
        interest = min(amount, self.interest)
        reserve = min(amount - interest, self.reserve)
        return Absorbed(reserve=reserve, interest=interest, loss=loss, capital=capital)


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
    request_typed_by: Id | None = None
    """Who typed it for them, where they did not themselves."""
    approved_by: Id | None = None
    approval_typed_by: Id | None = None
    disbursed_on: Day | None = None
    instalments: tuple[Due, ...] = ()
    principal_paid: AmountOrNone = 0
    interest_paid: AmountOrNone = 0
    past: bool = False
    payments: tuple[Paid, ...] = ()
    """Since the payout; of an opening loan, since the cut-over."""
    late_interest_paid: AmountOrNone = 0
    """Paid or waived since the plan that holds was made."""
    late_interest_carried: AmountOrNone = 0
    """Owed already when that plan was made."""
    rescheduled_on: Day | None = None
    frozen: tuple[Freeze, ...] = ()
    written_off: Absorbed | None = None
    written_off_on: Day | None = None
    off_book: AmountOrNone | None = None
    """What stands on the off-book list; None for a loan that was never written off."""
    version: int = 0
    """The book's version at this loan's own last event: what its ETag shows."""

    @property
    def outstanding(self) -> int:
        """Principal lent and not yet paid back, in đồng."""
        paid_out = self.step in (Step.DISBURSED, Step.SETTLED)
        return self.amount - self.principal_paid if paid_out else 0

    def is_frozen(self, on: date) -> bool:
        return any(freeze.from_on <= on <= freeze.until for freeze in self.frozen)

    def days_between(self, start: date, end: date) -> int:
        """Days on which time ran against the borrower: those of a freeze do not count."""
        frozen = sum(
            max((min(end, freeze.until) - max(start, freeze.from_on)).days, 0)
            for freeze in self.frozen
        )
        return (end - start).days - frozen

    def outstanding_on(self, on: date) -> int:
        """Principal owed at the end of a business date, by the payments known now."""
        later = sum(paid.principal for paid in self.payments if paid.on > on)
        return self.outstanding + later


class Owed(Immutable):
    """What is owed on a day, in đồng."""

    interest_due: int
    principal_overdue: int
    principal_due: int
    outstanding: int
    interest_of_current_period: int
    """Of the period that runs on that day, and put off by a grace, on top of `interest_due`."""
    late_interest: int = 0

    @property
    def to_settle(self) -> int:
        due = self.late_interest + self.interest_due
        return self.outstanding + due + self.interest_of_current_period


NOTHING_OWED: Final = Owed(
    interest_due=0,
    principal_overdue=0,
    principal_due=0,
    outstanding=0,
    interest_of_current_period=0,
)


class Split(Immutable):
    """How one repayment is used, in đồng."""

    principal: int
    interest: int
    excess: int
    late_interest: int = 0


@lru_cache(maxsize=256)
def planned(start: date, amount: int, terms: LoanTerms) -> Schedule:
    """The plan of a loan; raises `Malformed` where the terms do not fit the amount or the day.

    Request, vote and payout of one meeting ask for the same plan: it is worked out once.
    """
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


_MODEL: Final = Rules()


def owed(loan: Loan, on: date, rules: Rules = _MODEL) -> Owed:
    """What is owed at the end of `on`, by the plan that holds and what has been paid.

    The plan stands until another event replaces it (extension, freeze, waiver): money paid in
    advance lowers the principal, the interest of later periods stays as signed (DECISIONS,
    2026-11-23). `rules` are the by-laws of the loan; they say whether being late costs anything.
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
        late_interest=late_interest(loan, on, rules),
    )


def _interest_of_periods_begun(loan: Loan, on: date) -> int:
    """Up to the end of the period that runs on `on`, where a grace puts off its payment too.

    A due date is the last day of its period: who settles at the meeting owes no further month.
    """
    ends = [due.due_on for due in loan.instalments]
    by_period = [due.interest for due in loan.instalments]
    start = loan.rescheduled_on or loan.disbursed_on
    if loan.terms.grace_interest_payment and start is not None:
        as_it_runs = loan.terms.model_copy(update={"grace_interest_payment": 0})
        # Rows before the plan's own: interest unpaid at a cut-over, what an extension found paid.
        own = loan.terms.instalments
        amount = sum(due.principal for due in loan.instalments[-own:])
        running = [row.interest for row in planned(start, amount, as_it_runs).instalments]
        waived = sum(running) - sum(by_period[-own:])
        by_period = [*by_period[:-own], *_lowered(running, waived)]
    return sum(by_period[: bisect_left(ends, on) + 1])


def _lowered(amounts: Iterable[int], by: int) -> Iterator[int]:
    """The amounts less `by` in all, the first ones first."""
    for amount in amounts:
        less = min(amount, max(by, 0))
        by -= less
        yield amount - less


def split(amount: int, owed: Owed, rules: Rules) -> Split:
    """By the regulation's order; then in advance; what is above all debt is excess.

    Whoever brings enough to clear the principal settles the loan: the interest of the period
    that runs is then taken first, unless the regulation asks only for what is due.
    """
    late = min(amount, owed.late_interest)
    left = amount - late
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
    return Split(
        principal=principal + used, interest=interest, excess=left - used, late_interest=late
    )


def days_late(loan: Loan, on: date, rules: Rules) -> int:
    """Days since the oldest instalment that is short by more than the tolerance, else 0.

    A loan is late only after the regulation's days of grace (domain.md section 4); days of a
    freeze do not count, and a frozen loan is not late.
    """
    if loan.is_frozen(on):
        return 0
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
            days = loan.days_between(due.due_on, on)
            return days if days > rules.late_grace_days else 0
    return 0


def paid_on_time(loan: Loan, settled_on: date, rules: Rules) -> bool:
    """Whether the last payment came within the grace after the last due date.

    By the plan first signed or moved on by a freeze: an extended loan was not repaid on time.
    """
    if loan.rescheduled_on is not None:
        return False
    last_due = max((due.due_on for due in loan.instalments), default=settled_on)
    return (settled_on - last_due).days <= rules.late_grace_days


# --- late charges ------------------------------------------------------------------------

# Civil Code 2015, article 466 (5): 150 % of the loan's rate on overdue principal, and article
# 468 (2)'s 10 % a year on overdue interest.
_ON_PRINCIPAL: Final = Fraction(3, 2)
_ON_INTEREST: Final = Fraction(10, 100)
_DAYS_A_YEAR: Final = 365


def late_interest(loan: Loan, on: date, rules: Rules) -> int:
    """Late interest owed at the end of `on` and not yet paid, in đồng.

    Exact per day and part, days/365 with those of a freeze left out, rounded half up once. What
    came within the regulation's days of grace bears none; what came later bears it from its due
    date. An interest-free loan bears none on its principal.
    """
    if rules.late_charge == "none":
        return 0
    yearly = stated_yearly_percent(loan.terms.rate) if loan.terms.rate else 0
    rate_on_principal = Fraction(yearly) / 100 * _ON_PRINCIPAL
    paid = sorted((one for one in loan.payments if one.on <= on), key=lambda one: one.on)
    principal = _matched(
        ((due.due_on, due.principal) for due in loan.instalments),
        ((one.on, one.principal) for one in paid),
        on,
    )
    interest = _matched(
        ((due.due_on, due.interest) for due in loan.instalments),
        ((one.on, one.interest) for one in paid),
        on,
    )
    exact = rate_on_principal * _late_dong_days(loan, principal, rules)
    exact += _ON_INTEREST * _late_dong_days(loan, interest, rules)
    charged = int(exact / _DAYS_A_YEAR + Fraction(1, 2))
    return max(loan.late_interest_carried + charged - loan.late_interest_paid, 0)


class _Piece(NamedTuple):
    """A part of an instalment: what it was, when it was due, when it came or the day of asking."""

    amount: int
    due_on: date
    came_on: date


def _late_dong_days(loan: Loan, pieces: Iterable[_Piece], rules: Rules) -> int:
    total = 0
    for piece in pieces:
        days = loan.days_between(piece.due_on, piece.came_on)
        if days > rules.late_grace_days:
            total += piece.amount * days
    return total


def _matched(
    dues: Iterable[tuple[date, int]], payments: Iterable[tuple[date, int]], on: date
) -> Iterator[_Piece]:
    """What was due before `on`, oldest first, matched with what came, oldest first."""
    coming = iter(payments)
    came_on, at_hand = on, 0
    for due_on, left in dues:
        if due_on >= on:
            return
        while left:
            while not at_hand:
                came_on, at_hand = next(coming, (on, left))
            used = min(left, at_hand)
            left -= used
            at_hand -= used
            yield _Piece(used, due_on, came_on)


class ClosedLoan(Immutable):
    """All that later rules ask of a settled loan: whose, how much, and whether on time."""

    borrower_id: Id
    amount: Amount
    on_time: bool
