"""What a reversal will change, shown before anybody signs it (domain.md section 7).

A pure function of the book and its story: the same book gives the same report, and its digest is
what proposer and approver have both read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from domain.errors import Refusal
from domain.loans.accounts import Account, Fund, Period
from domain.loans.bands import Band, band
from domain.loans.book import Book, evolve
from domain.loans.commands import Moment
from domain.loans.corrections import paid_out, refolded, refuse_irreversible, reversing_entry
from domain.loans.events import (
    EntryReversed,
    PastRepaymentEntered,
    PeriodClosed,
    RepaymentReceived,
)
from domain.loans.loan import Due, Loan, days_late, owed, split
from domain.loans.recorded import Recorded, found
from domain.regulation import Rules
from domain.values import Day, Hex, Id, Immutable


class Change(Immutable):
    """A figure before and after, in đồng."""

    before: int
    after: int


class AccountChange(Immutable):
    fund: Fund
    account: Account
    balance: Change


class RowChange(Immutable):
    """What is left to pay of one instalment."""

    due_on: Day
    principal: Change
    interest: Change


class SplitChange(Immutable):
    """A repayment as it was booked, and as the order of the business dates would split it."""

    event_id: Id
    occurred_on: Day
    principal: Change
    interest: Change
    excess: Change


class LoanChange(Immutable):
    loan_id: Id
    borrower_id: Id
    step_before: str | None
    """None where the loan is not in the book."""
    step_after: str | None
    outstanding: Change
    interest_paid: Change
    interest_due: Change
    principal_due: Change
    """Overdue and due on the report's day."""
    days_late: Change
    band_before: Band
    band_after: Band
    rows: tuple[RowChange, ...]
    splits: tuple[SplitChange, ...]
    """Only those that differ."""


class ClosedPeriod(Immutable):
    """Reports of this period may have been printed with the entry in them."""

    event_id: Id
    period: Period
    until: Day


class Difference(Immutable):
    """What reversing `event_id` on the day `on` would change; nothing equal is listed."""

    event_id: Id
    on: Day
    accounts: tuple[AccountChange, ...]
    loans: tuple[LoanChange, ...]
    periods: tuple[ClosedPeriod, ...]
    findings: tuple[str, ...] = ()

    @property
    def digest(self) -> Hex:
        return sha256(self.model_dump_json().encode()).hexdigest()

    def told(self) -> dict[str, Any]:
        """As it is shown: JSON values, and the digest under which it is accepted."""
        return {**self.model_dump(mode="json"), "digest": self.digest}


RulesOf = Callable[[int], Rules]
"""The rules of one version of the regulation: each loan keeps its own."""


def difference(
    book: Book | None,
    story: Sequence[Recorded],
    target_id: UUID,
    on: date,
    moment: Moment,
    rules_of: RulesOf,
) -> Difference:
    """Figures of lateness are those of the end of `on`. Raises what a reversal itself would:
    `Refusal("built-on")` with what has to go first; cash is judged at the approval."""
    book = book or Book()
    target = found(story, target_id)
    refuse_irreversible(book, target)
    on_the_books = target.event.occurred_on
    reversal = reversing_entry(book, story, target, on, moment)
    after = evolve(book, reversal)
    return Difference(
        event_id=target_id,
        on=on,
        accounts=tuple(_accounts(book, after, reversal)),
        loans=tuple(_loans(book, after, story, reversal, on, rules_of)),
        periods=tuple(
            ClosedPeriod(event_id=r.id, period=r.event.period, until=r.event.until)
            for r in story
            if isinstance(r.event, PeriodClosed) and r.event.until >= on_the_books
        ),
        findings=reversal.findings,
    )


def refuse_changed(pinned: str | None, now: Difference | None, accepted: str | None) -> None:
    """Hard: who approves has seen what the reversal changes in the book as it stands now.

    `pinned` is the digest the proposer saw; `now` is None where the book has not moved since.
    """
    if pinned is None or now is None or now.digest in (pinned, accepted):
        return
    raise Refusal(
        "report-changed",
        "Sổ đã thay đổi từ khi đề nghị; hãy xem báo cáo chênh lệch mới rồi duyệt lại.",
        shown=pinned,
        report=now.digest,
    )


def splits_by_date(
    book: Book,
    story: Sequence[Recorded],
    loan_id: UUID,
    rules: Rules,
    *,
    without: UUID | None = None,
    back: UUID | None = None,
) -> list[SplitChange]:
    """How the repayments that stand would be split in the order of their business dates.

    A fact entered late was split against what was known; a past book's split is its own.
    """
    gone = (book.reversed | {without}) - {back}
    repayments = [
        (r.id, r.event)
        for r in story
        if isinstance(r.event, RepaymentReceived | PastRepaymentEntered)
        and r.event.loan_id == loan_id
        and r.id not in gone
    ]
    loan = paid_out(story, loan_id, frozenset(id for id in gone if id)).model_copy(
        update={"principal_paid": 0, "interest_paid": 0}
    )
    changes = []
    for event_id, event in sorted(repayments, key=lambda one: _paid_on(one[1])):
        principal, interest, excess = event.principal, event.interest, 0
        if isinstance(event, RepaymentReceived):
            parts = split(event.amount, owed(loan, _paid_on(event)), rules)
            principal, interest, excess = parts.principal, parts.interest, parts.excess
        loan = loan.model_copy(
            update={
                "principal_paid": loan.principal_paid + principal,
                "interest_paid": loan.interest_paid + interest,
            }
        )
        booked = event.excess if isinstance(event, RepaymentReceived) else 0
        changes.append(
            SplitChange(
                event_id=event_id,
                occurred_on=_paid_on(event),
                principal=Change(before=event.principal, after=principal),
                interest=Change(before=event.interest, after=interest),
                excess=Change(before=booked, after=excess),
            )
        )
    return changes


def _paid_on(event: RepaymentReceived | PastRepaymentEntered) -> date:
    return event.happened_on or event.occurred_on


def _accounts(before: Book, after: Book, reversal: EntryReversed) -> Iterator[AccountChange]:
    for fund, account in sorted({(line.fund, line.account) for line in reversal.lines}):
        balance = _changed(before.balance(fund, account), after.balance(fund, account))
        if balance.before != balance.after:
            yield AccountChange(fund=fund, account=account, balance=balance)


def _loans(
    before: Book,
    after: Book,
    story: Sequence[Recorded],
    reversal: EntryReversed,
    on: date,
    rules_of: RulesOf,
) -> Iterator[LoanChange]:
    touched = (*((reversal.loan.id,) if reversal.loan else ()), *reversal.withdraws_loans)
    for loan_id in touched:
        was, becomes = _as_known(before, story, loan_id), after.loans.get(loan_id)
        one = becomes or was
        assert one is not None, "a reversal touches a loan that is or will be there"
        rules = rules_of(one.regulation)
        splits: Iterable[SplitChange] = ()
        if becomes is not None and becomes.disbursed_on is not None and becomes.instalments:
            splits = splits_by_date(
                before, story, loan_id, rules, without=reversal.reverses, back=reversal.restores
            )
        late = _changed(_late(was, on, rules), _late(becomes, on, rules))
        due = tuple(owed(loan, on, rules) if loan else None for loan in (was, becomes))
        yield LoanChange(
            loan_id=loan_id,
            borrower_id=one.borrower_id,
            step_before="settled" if loan_id in before.closed else was.step if was else None,
            step_after=becomes.step if becomes else None,
            outstanding=_changed(*(o.outstanding if o else 0 for o in due)),
            interest_paid=_changed(*(x.interest_paid if x else 0 for x in (was, becomes))),
            interest_due=_changed(*(o.interest_due if o else 0 for o in due)),
            principal_due=_changed(
                *(o.principal_overdue + o.principal_due if o else 0 for o in due)
            ),
            days_late=late,
            band_before=band(late.before),
            band_after=band(late.after),
            rows=tuple(_rows(was, becomes)),
            splits=tuple(s for s in splits if _differs(s)),
        )


def _as_known(book: Book, story: Sequence[Recorded], loan_id: UUID) -> Loan | None:
    """A settled loan is no longer kept in the book: its own events say how it stood."""
    if loan_id in book.closed:
        return refolded(book, story, frozenset(), loan_id)
    return book.loans.get(loan_id)


def _rows(was: Loan | None, becomes: Loan | None) -> Iterator[RowChange]:
    before, after = _left_to_pay(was), _left_to_pay(becomes)
    for due_on in sorted(before.keys() | after.keys()):
        old, new = before.get(due_on, (0, 0)), after.get(due_on, (0, 0))
        if old != new:
            yield RowChange(
                due_on=due_on,
                principal=_changed(old[0], new[0]),
                interest=_changed(old[1], new[1]),
            )


def _left_to_pay(loan: Loan | None) -> dict[date, tuple[int, int]]:
    """By due date: what is paid settles the oldest instalments first."""
    left: dict[date, tuple[int, int]] = {}
    if loan is None or (not loan.outstanding and not loan.principal_paid):
        return left
    principal, interest = loan.principal_paid, loan.interest_paid
    row: Due
    for row in loan.instalments:
        paid = min(principal, row.principal), min(interest, row.interest)
        principal, interest = principal - paid[0], interest - paid[1]
        old = left.get(row.due_on, (0, 0))
        left[row.due_on] = (
            old[0] + row.principal - paid[0],
            old[1] + row.interest - paid[1],
        )
    return left


def _late(loan: Loan | None, on: date, rules: Rules) -> int:
    return days_late(loan, on, rules) if loan is not None and loan.outstanding else 0


def _changed(before: int, after: int) -> Change:
    return Change(before=before, after=after)


def _differs(change: SplitChange) -> bool:
    pairs = (change.principal, change.interest, change.excess)
    return any(pair.before != pair.after for pair in pairs)
