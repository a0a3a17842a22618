"""A loan's plan changed by vote: extension, freeze, waiver.

Each is an event that brings the whole new plan: receipts, old plans and the split of what was
paid never change. None of them enters the journal.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from domain.errors import Refusal
from domain.loans.book import Book, evolve
from domain.loans.commands import (
    ExtendLoan,
    FreezeLoan,
    Moment,
    Standing,
    UnfreezeLoan,
    WaiveInterest,
)
from domain.loans.decisions import settled_if_clear
from domain.loans.eligibility import refuse_rate_above_cap
from domain.loans.events import (
    BookEvent,
    InterestWaived,
    LoanExtended,
    LoanFrozen,
    LoanUnfrozen,
)
from domain.loans.loan import Due, Freeze, Loan, late_interest, scheduled
from domain.loans.parties import granted, refuse_too_large, votable
from domain.loans.schedule import LoanTerms, Unit, due_date
from domain.regulation import Rules
from domain.values import LAST_DAY


def extend_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: ExtendLoan,
    rules: Rules,
    moment: Moment,
) -> list[BookEvent]:
    """A new plan for the principal that is left; `rules` are the loan's own by-laws.

    Interest due by the day stays due: with what was paid it is the first row of the new plan, so
    that a repayment reversed later is owed again from that day. Interest under the new terms runs
    from the end of the last period (a day is neither charged twice nor forgotten), and every new
    instalment falls due after the day.
    """
    loan = votable(book, loan_id, borrower, approver, command, moment)
    on = command.occurred_on
    if not loan.outstanding:
        raise Refusal("nothing-owed", "Khoản vay không còn gốc để gia hạn.")
    _refuse_frozen(loan, on)
    refuse_rate_above_cap(command.terms)
    most = rules.loan_instalments_max
    if command.terms.instalments > most:
        raise Refusal("loan-limit", "Số kỳ vượt mức quy chế.", most=most)
    period_began = _period_began(loan, on)
    start = command.from_on or _plan_begins(period_began, on, command.terms)
    plan = scheduled(start, loan.outstanding, command.terms)
    if not period_began <= start <= on or plan[0].due_on <= on:
        raise Refusal(
            "date-order",
            "Lãi tính tiếp từ cuối kỳ trước, và kỳ mới đầu tiên phải sau ngày gia hạn.",
            from_on=str(start),
            period_began=str(period_began),
            first_due_on=str(plan[0].due_on),
        )
    due = sum(row.interest for row in loan.instalments if row.due_on <= on)
    refuse_too_large(due)
    until_now = Due(due_on=on, principal=loan.principal_paid, interest=due)
    return [
        LoanExtended(
            **granted(loan, approver, command),
            from_on=start,
            terms=command.terms,
            instalments=(until_now, *plan),
            late_interest=late_interest(loan, on, rules),
        )
    ]


def _refuse_frozen(loan: Loan, on: date) -> None:
    """A freeze is ended first; what is dated before one does not slip in under it."""
    if loan.frozen and on <= loan.frozen[-1].until:
        until = loan.frozen[-1].until
        raise Refusal("loan-frozen", "Khoản vay được khoanh nợ đến ngày này.", until=str(until))


def _period_began(loan: Loan, on: date) -> date:
    """The end of the period before the one that runs; the day itself after the last period.

    Days of a freeze in the running period do not count: it began so many days later.
    """
    ends = [row.due_on for row in loan.instalments]
    if not any(end > on for end in ends):
        return on
    starts = [end for end in ends if end <= on]
    began = max(starts, default=loan.rescheduled_on or loan.disbursed_on or on)
    return on - timedelta(days=loan.days_between(began, on))


def _plan_begins(period_began: date, on: date, terms: LoanTerms) -> date:
    """Where months are of unequal length, up to three days later: 28 February + 1 month would
    fall before 30 March, though the running period ends on the 31st."""
    days = range(1 if terms.every.unit is Unit.WEEK else 4)
    begins = (min(period_began + timedelta(days=later), on) for later in days)
    fitting = (day for day in begins if due_date(day, terms.every, 1) > on)
    return next(fitting, period_began)


def freeze_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: FreezeLoan,
    moment: Moment,
) -> list[BookEvent]:
    """Khoanh nợ, from the end of the day until the end of another: no interest, nothing late.

    Instalments not yet due move by as many days; what was overdue stays, and its days stop.
    """
    loan = votable(book, loan_id, borrower, approver, command, moment)
    on, until = command.occurred_on, command.until
    if until <= on:
        raise Refusal("date-order", "Ngày hết khoanh nợ phải sau ngày bắt đầu.")
    _refuse_frozen(loan, on)
    return [
        LoanFrozen(
            **granted(loan, approver, command),
            until=until,
            frozen=(*loan.frozen, Freeze(from_on=on, until=until)),
            instalments=_moved(loan.instalments, (until - on).days, after=on),
        )
    ]


def unfreeze_loan(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: UnfreezeLoan,
    moment: Moment,
) -> list[BookEvent]:
    """A freeze ends before its day; left alone it ends by itself."""
    loan = votable(book, loan_id, borrower, approver, command, moment)
    on = command.occurred_on
    freeze = loan.frozen[-1] if loan.frozen else None
    if freeze is None or not freeze.from_on <= on < freeze.until:
        raise Refusal("not-frozen", "Khoản vay không đang khoanh nợ vào ngày này.")
    return [
        LoanUnfrozen(
            **granted(loan, approver, command),
            frozen=(*loan.frozen[:-1], Freeze(from_on=freeze.from_on, until=on)),
            instalments=_moved(loan.instalments, -(freeze.until - on).days, after=freeze.until),
        )
    ]


def _moved(rows: Sequence[Due], days: int, *, after: date) -> tuple[Due, ...]:
    last = max((row.due_on for row in rows), default=after)
    if last > after and (LAST_DAY - last).days < days:
        raise Refusal("date-order", "Ngày hết khoanh nợ quá xa.")
    return tuple(
        row.model_copy(update={"due_on": row.due_on + timedelta(days=days)})
        if row.due_on > after
        else row
        for row in rows
    )


def waive_interest(
    book: Book | None,
    loan_id: UUID,
    borrower: Standing,
    approver: Standing,
    command: WaiveInterest,
    rules: Rules,
    moment: Moment,
) -> list[BookEvent]:
    """By vote: at most the interest the plan still asks for, the oldest unpaid first.

    Raises `Refusal("exceeds-debt")`. Nothing was accrued, so no entry; a loan that then owes
    nothing any more is settled.
    """
    loan = votable(book, loan_id, borrower, approver, command, moment)
    unpaid = max(sum(row.interest for row in loan.instalments) - loan.interest_paid, 0)
    late = late_interest(loan, command.occurred_on, rules)
    if command.interest > unpaid or command.late_interest > late:
        raise Refusal(
            "exceeds-debt",
            "Miễn nhiều hơn số lãi còn phải trả.",
            interest=unpaid,
            late_interest=late,
        )
    waived = InterestWaived(
        **granted(loan, approver, command),
        interest=command.interest,
        late_interest=command.late_interest,
        instalments=tuple(_waived(loan, command.interest)),
    )
    after = evolve(book, waived).loans[loan.id]
    return [waived, *settled_if_clear(after, command.occurred_on, rules)]


def _waived(loan: Loan, amount: int) -> Iterator[Due]:
    paid = loan.interest_paid
    for row in loan.instalments:
        kept = min(paid, row.interest)
        paid -= kept
        less = min(amount, row.interest - kept)
        amount -= less
        yield row.model_copy(update={"interest": row.interest - less})
