"""A club's evening after evening at random: the real decisions beside the plain book.

Whatever is asked, both say the same: the same refusal or the same money, and after every step the
same cash, the same debts, the same vouchers without a gap.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.errors import Refusal
from domain.loans import closing, corrections, counting, decisions, funds, losses
from domain.loans.accounts import Account, Fund, Period
from domain.loans.book import Book, evolve
from domain.loans.commands import (
    ApproveLoan,
    ClosePeriod,
    CountCash,
    DisburseLoan,
    HandOverTreasury,
    Moment,
    ProposeReversal,
    ReceiveCapital,
    RecoverLoan,
    Repay,
    RequestLoan,
    SettleCashDifference,
    Standing,
    WriteOffLoan,
)
from domain.loans.corrections import Recorded
from domain.loans.loan import Step
from domain.loans.schedule import LoanTerms
from domain.regulation import MODEL_REGULATION
from examples import ACCOUNTANT, CHAIR, SECRETARY, TREASURER, sealed
from plain_book import Count, PlainBook, PlainLoan, Slip

FIRST = date(2026, 1, 5)
NOW = Moment(today=FIRST + timedelta(days=1_500), regulation=MODEL_REGULATION)
MEMBERS = 4
TERMS = LoanTerms.model_validate(
    {"instalments": 10, "method": "flat", "rate": {"percent": "1", "per": "month"}}
)

days = st.integers(min_value=0, max_value=500)
first_days = st.integers(min_value=0, max_value=60)
sums = st.integers(min_value=1, max_value=6_000_000)
MONTH_ENDS = [n for n in range(200) if (FIRST + timedelta(days=n + 1)).day == 1]
"""By number of the day; later ones would close most of the play."""
# Nothing missing but what no note can pay, a little, or enough to stop payouts.
differences = st.sampled_from((0, 0, 0, 1_000, 5_000, -5_000, 200_000))
whole_sums = st.integers(min_value=1, max_value=60).map(lambda n: n * 100_000)


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def standing(number: int) -> Standing:
    return Standing(person_id=UUID(int=1_000 + number), is_member=True, joined_on=date(2024, 1, 1))


def _heard(decide: Any, *asked: Any) -> tuple[list[Any] | None, str | None]:
    try:
        return list(decide(*asked)), None
    except Refusal as refusal:
        return None, refusal.code


class Club(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.plain = PlainBook()
        self.book: Book | None = None
        self.story: list[Recorded] = []
        self.loans: list[UUID] = []
        self.entries: list[UUID] = []
        """The id of each slip's event, in the order of the plain book's slips."""
        self.counts: list[tuple[UUID, Count]] = []

    # --- both at once -------------------------------------------------------------------------

    def say(self, expected: str | None, decide: Any, *asked: Any) -> list[Any] | None:
        """The decision's events, when both let it pass; both must say the same."""
        events, refused = _heard(decide, self.book, *asked)
        assert refused == expected
        for event in events or ():
            self.book = evolve(self.book, event)
            self.story.append(Recorded(UUID(int=10_000 + len(self.story)), event))
        return events

    def posted(self, events: list[Any]) -> None:
        self.entries.append(self.story[len(self.story) - len(events)].id)

    @initialize(amount=st.integers(min_value=5_000_000, max_value=30_000_000))
    def begin(self, amount: int) -> None:
        self.capital(amount, 0)

    @rule(amount=sums, day=first_days)
    def capital(self, amount: int, day: int) -> None:
        command = ReceiveCapital.model_validate(
            {"occurred_on": day_of(day), "amount": amount, "source": "members"}
        )
        events = self.say(self.plain.is_closed(day), funds.receive_capital, command, NOW)
        if events:
            self.plain.slips.append(Slip("capital", day, amount))
            self.posted(events)

    @rule(member=st.integers(0, MEMBERS - 1), amount=whole_sums, day=first_days)
    def lend(self, member: int, amount: int, day: int) -> None:
        """A whole loan, as far as it gets: the evening most members know."""
        self.ask(member, amount, day)
        loan = self.plain.loans[-1] if self.plain.loans else None
        if loan is not None and loan.step == "requested":
            self._approve(len(self.loans) - 1, day)
            self._pay_out(len(self.loans) - 1, day)

    @rule(member=st.integers(0, MEMBERS - 1), amount=whole_sums, day=days)
    def ask(self, member: int, amount: int, day: int) -> None:
        loan_id = UUID(int=100 + len(self.loans))
        command = RequestLoan(
            occurred_on=day_of(day), loan_id=loan_id, amount=amount, terms=TERMS,
            proposed_by=SECRETARY,
        )  # fmt: skip
        expected = self.plain.may_borrow(member, day)
        if self.say(expected, decisions.request_loan, standing(member), command, NOW):
            self.plain.loans.append(PlainLoan(member, amount))
            self.loans.append(loan_id)

    @precondition(lambda self: self.loans)
    @rule(data=st.data(), day=days)
    def approve(self, data: st.DataObject, day: int) -> None:
        self._approve(self.some_loan(data, "requested"), day)

    def _approve(self, number: int, day: int) -> None:
        loan, expected = self.plain.loans[number], None
        if loan.step != "requested":
            expected = "loan-settled" if loan.step == "settled" else "not-requested"
        else:
            expected = self.plain.may_borrow(loan.borrower, day)
        approver = Standing(person_id=CHAIR, is_member=True)
        command = ApproveLoan(occurred_on=day_of(day), minutes="BB 1")
        borrower = standing(loan.borrower)
        asked = (self.loans[number], borrower, approver, command, NOW)
        if self.say(expected, decisions.approve_loan, *asked):
            loan.step = "approved"

    @precondition(lambda self: self.loans)
    @rule(data=st.data(), day=days)
    def pay_out(self, data: st.DataObject, day: int) -> None:
        self._pay_out(self.some_loan(data, "approved"), day)

    def _pay_out(self, number: int, day: int) -> None:
        loan = self.plain.loans[number]
        expected = self.plain.may_pay_out(loan, day)
        command = DisburseLoan(occurred_on=day_of(day), paid_by=TREASURER)
        asked = (self.loans[number], standing(loan.borrower), command, NOW)
        events = self.say(expected, decisions.disburse_loan, *asked)
        if events:
            self.posted(events)
            dues = [(due.due_on - FIRST).days for due in events[0].instalments]
            self.plain.pay_out(loan, day, dues)

    @precondition(lambda self: any(loan.step == "out" for loan in self.plain.loans))
    @rule(data=st.data(), amount=sums, later=st.integers(-20, 400))
    def repay(self, data: st.DataObject, amount: int, later: int) -> None:
        """Part of what is owed, all of it, or too much; in order or dated back."""
        out = [n for n, loan in enumerate(self.plain.loans) if loan.step == "out"]
        number = data.draw(st.sampled_from(out), label="loan")
        loan, day = self.plain.loans[number], max(self.plain.loans[number].paid_out_on + later, 0)
        instalment = loan.amount // 10 + loan.amount // 100
        amount = data.draw(st.sampled_from((amount, instalment, loan.amount * 12 // 10)))
        expected = self.plain.is_closed(day) or ("date-order" if day < loan.paid_out_on else None)
        command = Repay(occurred_on=day_of(day), amount=amount, received_by=SECRETARY)
        asked = (self.loans[number], command, MODEL_REGULATION.rules, NOW)
        events = self.say(expected, decisions.repay_loan, *asked)
        if events:
            self.posted(events)
            told = (events[0].principal, events[0].interest, events[0].excess)
            assert told == self.plain.repay(loan, amount, day)

    @precondition(lambda self: any(loan.step == "out" for loan in self.plain.loans))
    @rule(data=st.data(), later=st.integers(-5, 300))
    def write_off(self, data: st.DataObject, later: int) -> None:
        out = [n for n, loan in enumerate(self.plain.loans) if loan.step == "out"]
        number = data.draw(st.sampled_from(out), label="loan")
        loan = self.plain.loans[number]
        day = max(loan.paid_out_on + later, 0)
        expected = self.plain.is_closed(day)
        if expected is None and day < loan.paid_out_on:
            expected = "date-order"
        if expected is None and not loan.left:  # interest alone is still owed
            expected = "nothing-owed"
        command = WriteOffLoan(
            occurred_on=day_of(day), cause="disaster", minutes="BB 9", reason=sealed(),
            proposed_by=SECRETARY,
        )  # fmt: skip
        approver = Standing(person_id=CHAIR, is_member=True)
        asked = (self.loans[number], standing(loan.borrower), approver, command, NOW)
        events = self.say(expected, losses.write_off_loan, *asked)
        if events:
            self.posted(events)
            absorbed = events[0].absorbed
            assert (absorbed.interest, absorbed.loss) == self.plain.give_up(loan, day)

    @precondition(lambda self: any(loan.step == "given up" for loan in self.plain.loans))
    @rule(data=st.data(), amount=sums, later=st.integers(-5, 200))
    def recover(self, data: st.DataObject, amount: int, later: int) -> None:
        given_up = [n for n, loan in enumerate(self.plain.loans) if loan.step == "given up"]
        number = data.draw(st.sampled_from(given_up), label="loan")
        loan = self.plain.loans[number]
        day = max(loan.given_up_on + later, 0)
        early = "date-order" if day < loan.given_up_on else None
        command = RecoverLoan(occurred_on=day_of(day), amount=amount, received_by=SECRETARY)
        asked = (self.loans[number], command, NOW)
        events = self.say(self.plain.is_closed(day) or early, losses.recover_loan, *asked)
        if events:
            self.posted(events)
            back = events[0].restored
            told = (back.interest, back.loss, events[0].excess)
            assert told == self.plain.recover(loan, amount, day)

    @rule(day=days, missing=differences, handed_over=st.booleans())
    def count(self, day: int, missing: int, handed_over: bool) -> None:
        count, notes = self.notes(day, missing)
        if handed_over:
            command = HandOverTreasury(
                count=count, outgoing_id=TREASURER, incoming_id=CHAIR, witness_id=SECRETARY
            )
            told = self.say(self.plain.is_closed(day), counting.hand_over, (), command, NOW)
        else:
            told = self.say(self.plain.is_closed(day), funds.count_cash, count, NOW)
        if told:
            self.counted(len(told), day, notes)

    def notes(self, day: int, missing: int) -> tuple[CountCash, int]:
        """In notes of a thousand: what no note can pay is always missing."""
        number = max(self.plain.expected(day) - missing, 0) // 1_000
        command = CountCash(
            occurred_on=day_of(day), funds=(Fund.LOAN,), sheets={1_000: number},
            signed_by=(TREASURER, CHAIR, SECRETARY),
        )  # fmt: skip
        return command, number * 1_000

    def counted(self, told: int, day: int, notes: int) -> None:
        recorded = self.story[len(self.story) - told]
        count = self.plain.counted(day, notes)
        assert recorded.event.difference == count.difference  # type: ignore[union-attr]
        self.counts.append((recorded.id, count))

    @precondition(lambda self: self.counts)
    @rule(data=st.data(), later=st.integers(-3, 100))
    def settle(self, data: st.DataObject, later: int) -> None:
        number = data.draw(st.sampled_from(range(len(self.counts))), label="count")
        count_id, count = self.counts[number]
        day = max(count.day + later, 0)
        command = SettleCashDifference(
            occurred_on=day_of(day), count_id=count_id, reason=sealed(),
            settled_by=ACCOUNTANT, approved_by=CHAIR,
        )  # fmt: skip
        asked = (tuple(self.story), command, NOW)
        events = self.say(self.plain.may_settle(count, day), counting.settle_difference, *asked)
        if events:
            self.posted(events)
            self.plain.settle(count, day)

    @precondition(lambda self: self.counts)
    @rule(until=st.sampled_from(MONTH_ENDS))
    def close(self, until: int) -> None:
        command = ClosePeriod(
            until=day_of(until), period=Period.MONTH, closed_by=ACCOUNTANT, approved_by=CHAIR
        )
        asked = (tuple(self.story), command, NOW)
        if self.say(self.plain.may_close(until), closing.close_period, *asked):
            self.plain.closed_until = until

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), later=st.integers(-5, 300))
    def undo(self, data: st.DataObject, later: int) -> None:
        whole = [n for n, slip in enumerate(self.plain.slips) if slip.kind != "reversal"]
        number = data.draw(st.sampled_from(whole), label="slip")
        target, day = self.entries[number], max(self.plain.slips[number].day + later, 0)
        entry = next(recorded for recorded in self.story if recorded.id == target)
        proposal = ProposeReversal(
            occurred_on=day_of(day), event_id=target, proposed_by=TREASURER, reason=sealed()
        )
        expected = "already-reversed" if self.plain.slips[number].undone else None
        if self.plain.slips[number].kind == "difference":
            expected = "not-reversible"
        if not self.say(expected, corrections.propose_reversal, entry, proposal, NOW):
            return
        expected = self.plain.may_undo(number, day)
        asked = (tuple(self.story), target, CHAIR, day_of(day), NOW)
        events = self.say(expected, corrections.approve_reversal, *asked)
        if events:
            self.posted(events)
            self.plain.undo(number, day)

    def some_loan(self, data: st.DataObject, step: str) -> int:
        """One that fits, or any."""
        every = range(len(self.plain.loans))
        fitting = [n for n in every if self.plain.loans[n].step == step] or list(every)
        return data.draw(st.sampled_from(fitting) | st.sampled_from(every), label="loan")

    # --- after every step ---------------------------------------------------------------------

    @invariant()
    def same_money(self) -> None:
        if self.book is None:
            return
        assert self.book.balance(Fund.LOAN, Account.CASH) == self.plain.cash()
        assert self.book.balance(Fund.LOAN, Account.CLEARING) == -self.plain.held_for_others()
        assert self.book.balance(Fund.LOAN, Account.LOANS) == sum(x.left for x in self.plain.loans)
        assert self.book.balance(Fund.LOAN, Account.INTEREST) == -self.plain.interest()
        assert self.book.balance(Fund.LOAN, Account.WRITE_OFF_LOSS) == self.plain.loss()
        assert self.plain.lowest_from(0) >= 0

    @invariant()
    def same_loans(self) -> None:
        steps = {Step.REQUESTED: "requested", Step.APPROVED: "approved", Step.DISBURSED: "out"}
        steps[Step.WRITTEN_OFF] = "given up"
        for loan_id, loan in zip(self.loans, self.plain.loans, strict=True):
            assert self.book is not None
            if loan_id in self.book.closed:
                assert loan.step == "settled"
            else:
                known = self.book.loans[loan_id]
                assert steps[known.step] == loan.step
                assert known.step is Step.WRITTEN_OFF or known.outstanding == loan.left

    @invariant()
    def vouchers_without_gaps(self) -> None:
        for numbers in (self.book.numbers if self.book else {}).values():
            assert numbers.gaps() == ()
