"""Whatever happens to a loan in whatever order, and is taken back: the books and it agree.

Random steps go through the real decisions. After each one the loan is held against its own lines
in plain integers, and against itself folded anew from what still stands.
"""

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import SochungError
from domain.loans import changes, losses, plans
from domain.loans.accounts import Account, CapitalSource, Fund
from domain.loans.book import Book, evolve
from domain.loans.commands import (
    BearLoss,
    ExtendLoan,
    FreezeLoan,
    ProposeReversal,
    RecoverLoan,
    RefundExcess,
    TakeOverDebt,
    UnfreezeLoan,
    WaiveInterest,
    WriteOffLoan,
)
from domain.loans.corrections import Recorded, approve_reversal, propose_reversal
from domain.loans.decisions import repay_loan
from domain.loans.entries import is_balanced
from domain.loans.events import BookEvent, EntryReversed, LoanSettled, MoneyEvent
from domain.loans.funds import receive_dues
from domain.loans.loan import Step, owed
from domain.regulation import Rules
from examples import (
    ACCOUNTANT,
    CHAIR,
    DAY,
    HOA,
    LAN,
    LOAN,
    MAI,
    NOW,
    SECRETARY,
    TREASURER,
    days,
    dues,
    funded,
    lent,
    member,
    rate,
    repay,
    sealed,
    terms,
)

RULES = Rules(late_charge="civil_code", late_grace_days=10)
LENT = 3_000_000
PLANS = [
    terms(instalments=3, rate=rate("1")),
    terms(instalments=4, rate=rate("1"), method="flat", grace_interest_payment=2),
    terms(instalments=2, method="interest_free", rate=None, every={"unit": "week"}),
]


class Life:
    """One loan of three million, and a reserve of 700,000 behind it."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        start = lent(funded(), amount=LENT, terms=PLANS[seed % 2], guarantors=(HOA,))
        start = start.after(receive_dues, dues(700_000, fund=Fund.RESERVE), NOW)
        self.book: Book = start.state
        self.story = [Recorded(UUID(int=1000 + n), e) for n, e in enumerate(start.past)]  # type: ignore[arg-type]
        self.on: date = DAY
        self.done: list[str] = []

    def step(self) -> None:
        self.on = days(self.random.choice((0, 0, 5, 20, 40)), self.on)
        steps: list[Callable[[], Any]] = [
            self.repay, self.repay, self.repay, self.extend, self.freeze, self.unfreeze,
            self.waive, self.take_over, self.write_off, self.bear, self.recover, self.recover,
            self.refund, self.take_back, self.take_back, self.take_back,
        ]  # fmt: skip
        chosen = self.random.choice(steps)
        try:
            events = chosen()
        except SochungError:
            return
        self.done.append(chosen.__name__)
        for event in events:
            self.tell(event)
        self.agree()

    def tell(self, event: BookEvent) -> None:
        assert type(event).model_validate_json(event.model_dump_json(exclude_none=True)) == event
        self.book = evolve(self.book, event)
        self.story.append(Recorded(UUID(int=1000 + len(self.story)), event))

    # --- what is asked --------------------------------------------------------------------

    def vote(self) -> dict[str, Any]:
        return {"occurred_on": self.on, "proposed_by": SECRETARY, "minutes": "BB 1"}

    def sum(self) -> int:
        return self.random.choice((1, 20_000, 450_000, 1_000_000, 2_900_000, 3_200_000))

    def repay(self) -> Any:
        command = repay(self.sum(), self.on)
        return repay_loan(self.book, LOAN, command, RULES, NOW)

    def extend(self) -> Any:
        command = ExtendLoan(**self.vote(), terms=self.random.choice(PLANS))
        return plans.extend_loan(self.book, LOAN, *self.parties(), command, RULES, NOW)

    def freeze(self) -> Any:
        command = FreezeLoan(**self.vote(), until=days(self.random.choice((1, 30)), self.on))
        return plans.freeze_loan(self.book, LOAN, *self.parties(), command, NOW)

    def unfreeze(self) -> Any:
        command = UnfreezeLoan(**self.vote())
        return plans.unfreeze_loan(self.book, LOAN, *self.parties(), command, NOW)

    def waive(self) -> Any:
        late = self.random.choice((0, 0, 10))
        command = WaiveInterest(**self.vote(), interest=5_000, late_interest=late)
        return plans.waive_interest(self.book, LOAN, *self.parties(), command, RULES, NOW)

    def take_over(self) -> Any:
        who = self.random.choice((LAN, HOA, MAI))
        command = TakeOverDebt(**self.vote(), debtor_id=who, capacity="heir")
        borrower, approver = self.parties()
        asked = (self.book, LOAN, borrower, member(who), approver, command, NOW)
        return changes.take_over_debt(*asked)

    def write_off(self) -> Any:
        command = WriteOffLoan.model_validate({**self.vote(), "cause": "epidemic"})
        return losses.write_off_loan(self.book, LOAN, *self.parties(), command, NOW)

    def bear(self) -> Any:
        command = BearLoss(
            **self.vote(), loss=250_000, source=CapitalSource.STATE_BUDGET, consent="1/UB"
        )
        return losses.bear_loss(self.book, LOAN, *self.parties(), command, NOW)

    def recover(self) -> Any:
        command = RecoverLoan(occurred_on=self.on, amount=self.sum(), received_by=TREASURER)
        return losses.recover_loan(self.book, LOAN, command, NOW)

    def refund(self) -> Any:
        amount = self.random.choice((None, 1, 100_000))
        command = RefundExcess(occurred_on=self.on, amount=amount, paid_by=TREASURER)
        return changes.refund_excess(self.book, LOAN, command, NOW)

    def take_back(self) -> Any:
        entries = [r for r in self.story[4:] if isinstance(r.event, MoneyEvent)]
        target = self.random.choice(entries or self.story[:1])
        command = ProposeReversal(
            occurred_on=self.on, event_id=target.id, proposed_by=ACCOUNTANT, reason=sealed()
        )
        for event in propose_reversal(self.book, target, command, NOW):
            self.tell(event)
        return approve_reversal(self.book, self.story, target.id, CHAIR, self.on, NOW)

    def parties(self) -> Any:
        loan = self.book.loans.get(LOAN)
        return member(loan.borrower_id if loan else LAN), member(CHAIR)

    # --- what must agree ------------------------------------------------------------------

    def agree(self) -> None:
        moved: dict[tuple[Account, UUID | None], int] = {}
        held = 0
        for recorded in self.story:
            if isinstance(recorded.event, MoneyEvent):
                assert is_balanced(recorded.event.lines)
                for line in recorded.event.lines:
                    if line.loan_id == LOAN:
                        at = (line.account, line.member_id)
                        moved[at] = moved.get(at, 0) + line.amount
                        held -= line.amount if line.account is Account.CLEARING else 0
        owing = {who: left for (at, who), left in moved.items() if at is Account.LOANS and left}
        interest = -sum(left for (at, _), left in moved.items() if at is Account.INTEREST)
        assert self.book.held.get(LOAN, 0) == held >= 0
        for fund in Fund:
            assert self.book.lowest_from(fund, Account.CASH, DAY) >= 0
        loan = self.book.loans.get(LOAN)
        if loan is None:
            assert owing == {}
            assert LOAN in self.book.closed
            return
        assert owing == ({loan.borrower_id: loan.outstanding} if loan.outstanding else {})
        assert interest == loan.interest_paid == sum(p.interest for p in loan.payments)
        assert loan.principal_paid == sum(p.principal for p in loan.payments)
        assert sum(row.principal for row in loan.instalments) == loan.amount == LENT
        assert [row.due_on for row in loan.instalments] == sorted(
            row.due_on for row in loan.instalments
        )
        debt = owed(loan, self.on, RULES)
        assert min(debt.interest_due, debt.late_interest, debt.interest_of_current_period) >= 0
        if loan.step is Step.WRITTEN_OFF:
            assert loan.written_off is not None
            assert loan.outstanding == 0
            assert loan.written_off.total == loan.off_book
            capital = loan.written_off.capital.values()
            parts = (loan.written_off.reserve, loan.written_off.interest, loan.written_off.loss)
            assert min(*parts, *capital) >= 0
            loss = self.book.balance(Fund.LOAN, Account.WRITE_OFF_LOSS)
            assert loss == loan.written_off.loss
        else:
            assert (loan.written_off, loan.off_book) == (None, None)
            assert self.book.balance(Fund.LOAN, Account.WRITE_OFF_LOSS) == 0
        assert self.folded_anew() == loan.model_copy(update={"version": 0})

    def folded_anew(self) -> Any:
        """By the events that still stand, as if what was taken back had never been."""
        book: Book | None = None
        for recorded in self.story:
            gone = recorded.id in self.book.reversed
            if not gone and not isinstance(recorded.event, EntryReversed | LoanSettled):
                book = evolve(book, recorded.event)
        assert book is not None
        return book.loans[LOAN].model_copy(update={"version": 0})


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_a_loan_agrees_with_its_lines_and_with_itself(seed: int) -> None:
    life = Life(seed)
    for _ in range(30):
        life.step()


def test_such_lives_meet_everything() -> None:
    """Else the test above would show little."""
    met: set[str] = set()
    for seed in range(40):
        life = Life(seed)
        for _ in range(30):
            life.step()
        met |= set(life.done)
    names = {
        "repay", "extend", "freeze", "unfreeze", "waive", "take_over", "write_off", "bear",
        "recover", "refund", "take_back",
    }  # fmt: skip
    assert met == names


def test_a_wrong_fold_would_be_seen() -> None:
    life = Life(1)
    life.book = life.book.model_copy(
        update={"loans": {LOAN: life.book.loans[LOAN].model_copy(update={"principal_paid": 1})}}
    )
    with pytest.raises(AssertionError):
        life.agree()
