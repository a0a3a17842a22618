"""The book once more, as an old treasurer would keep it: a list of slips, and plain integers.

Nothing of the product is used here. Every question is answered by going through the list again;
days are counted from the first. All loans are alike: ten months, 1 % of the first sum each month
(flat), sums in whole hundred thousands, so that nothing is ever rounded.
"""

from dataclasses import dataclass, field

MONTHS = 10
TOLERANCE, GRACE_DAYS = 1_000, 30
COUNT_LIMIT = 1_000


@dataclass
class PlainLoan:
    borrower: int
    amount: int
    step: str = "requested"
    paid_out_on: int = 0
    dues: list[tuple[int, int, int]] = field(default_factory=list)
    """(day, principal, interest) of each month."""
    payments: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By slip: principal and interest of the repayments that stand."""
    given_up: tuple[int, int] = (0, 0)
    """Written off: what interest bore of it, and what nobody bore yet."""
    given_up_on: int = 0
    recovered: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By slip: what came back of these two."""

    @property
    def principal_paid(self) -> int:
        return sum(principal for principal, _ in self.payments.values())

    @property
    def interest_paid(self) -> int:
        return sum(interest for _, interest in self.payments.values())

    @property
    def still_given_up(self) -> tuple[int, int]:
        interest, loss = self.given_up
        back = self.recovered.values()
        return interest - sum(i for i, _ in back), loss - sum(lost for _, lost in back)

    @property
    def left(self) -> int:
        return self.amount - self.principal_paid if self.step in ("out", "settled") else 0


@dataclass
class Slip:
    """One thing that moved money: what kind, on which day, how much cash, of which loan."""

    kind: str
    day: int
    cash: int
    loan: int | None = None
    excess: int = 0
    undone: bool = False


@dataclass
class Count:
    """Notes in the box against the book at the end of a day: above 0 is missing."""

    day: int
    difference: int
    settled: bool = False

    @property
    def stops_payouts(self) -> bool:
        return not self.settled and abs(self.difference) > COUNT_LIMIT


class PlainBook:
    def __init__(self) -> None:
        self.slips: list[Slip] = []
        self.loans: list[PlainLoan] = []
        self.count: Count | None = None
        self.closed_until = -1

    # --- what anybody may ask ---------------------------------------------------------------

    def cash(self) -> int:
        return sum(slip.cash for slip in self.slips)

    def lowest_from(self, day: int) -> int:
        """The lowest the box ever is at the end of that day or of a later one."""
        days = sorted({slip.day for slip in self.slips if slip.day > day} | {day})
        return min(sum(slip.cash for slip in self.slips if slip.day <= one) for one in days)

    def held_for_others(self) -> int:
        return sum(slip.excess for slip in self.slips)

    def interest(self) -> int:
        """What came in and no written-off loan has eaten."""
        paid = sum(loan.interest_paid for loan in self.loans)
        return paid - sum(loan.still_given_up[0] for loan in self.loans)

    def loss(self) -> int:
        return sum(loan.still_given_up[1] for loan in self.loans)

    def is_closed(self, day: int) -> str | None:
        return "period-closed" if day <= self.closed_until else None

    def is_late(self, loan: PlainLoan, day: int) -> bool:
        principal, interest, short = loan.principal_paid, loan.interest_paid, 0
        for due, owed_principal, owed_interest in loan.dues:
            if due >= day:
                return False
            short += max(owed_principal - principal, 0) + max(owed_interest - interest, 0)
            principal = max(principal - owed_principal, 0)
            interest = max(interest - owed_interest, 0)
            if short > TOLERANCE:
                return day - due > GRACE_DAYS
        return False

    def live(self, borrower: int) -> list[PlainLoan]:
        return [loan for loan in self.loans if loan.borrower == borrower and loan.step == "out"]

    # --- what would be said, and what it does -------------------------------------------------

    def may_borrow(self, borrower: int, day: int) -> str | None:
        live = self.live(borrower)
        if any(self.is_late(loan, day) for loan in live):
            return "has-overdue-loan"
        return "loan-limit" if live else None

    def may_pay_out(self, loan: PlainLoan, day: int) -> str | None:
        if self.is_closed(day):
            return "period-closed"
        if loan.step != "approved":
            return {"settled": "loan-settled"}.get(loan.step, "not-approved")
        if self.live(loan.borrower):
            return "loan-limit"
        if self.count is not None and self.count.stops_payouts:
            return "count-unsettled"
        if loan.amount > self.cash() - self.held_for_others():
            return "insufficient-funds"
        return "insufficient-funds" if self.lowest_from(day) < loan.amount else None

    def split(self, loan: PlainLoan, amount: int, day: int) -> tuple[int, int, int]:
        """Interest due, principal overdue and due; then in advance; the rest is somebody else's."""
        interest_until = sum(interest for due, _, interest in loan.dues if due <= day)
        principal_until = sum(principal for due, principal, _ in loan.dues if due <= day)
        interest = min(amount, max(interest_until - loan.interest_paid, 0))
        amount -= interest
        principal = min(amount, min(max(principal_until - loan.principal_paid, 0), loan.left))
        amount -= principal
        rest = loan.left - principal
        if amount >= rest and loan.left:
            running = sum(i for d, _, i in loan.dues if d <= self._end_of_period(loan, day))
            ahead = max(loan.interest_paid - interest_until, 0)
            more = min(amount, max(running - interest_until - ahead, 0))
            interest, amount = interest + more, amount - more
        used = min(amount, rest)
        return principal + used, interest, amount - used

    def _end_of_period(self, loan: PlainLoan, day: int) -> int:
        return next((due for due, _, _ in loan.dues if due >= day), loan.dues[-1][0])

    def pay_out(self, loan: PlainLoan, day: int, dues: list[int]) -> None:
        each, interest = loan.amount // MONTHS, loan.amount // 100
        loan.step, loan.paid_out_on = "out", day
        loan.dues = [(due, each, interest) for due in dues]
        self.slips.append(Slip("payout", day, -loan.amount, self.loans.index(loan)))

    def repay(self, loan: PlainLoan, amount: int, day: int) -> tuple[int, int, int]:
        principal, interest, excess = self.split(loan, amount, day)
        loan.payments[len(self.slips)] = (principal, interest)
        number = self.loans.index(loan)
        self.slips.append(Slip("repayment", day, amount, number, excess))
        interest_until = sum(i for due, _, i in loan.dues if due <= day)
        if not loan.left and loan.interest_paid >= interest_until:
            loan.step = "settled"
        return principal, interest, excess

    def give_up(self, loan: PlainLoan, day: int) -> tuple[int, int]:
        interest = min(loan.left, max(self.interest(), 0))
        loan.given_up, loan.given_up_on = (interest, loan.left - interest), day
        loan.step = "given up"
        self.slips.append(Slip("write-off", day, 0, self.loans.index(loan)))
        return loan.given_up

    def recover(self, loan: PlainLoan, amount: int, day: int) -> tuple[int, int, int]:
        """What nobody bore comes back first, then interest; the rest is somebody else's."""
        interest, loss = loan.still_given_up
        lost = min(amount, loss)
        back = min(amount - lost, interest)
        excess = amount - lost - back
        loan.recovered[len(self.slips)] = (back, lost)
        self.slips.append(Slip("recovery", day, amount, self.loans.index(loan), excess))
        return back, lost, excess

    def expected(self, day: int) -> int:
        return sum(slip.cash for slip in self.slips if slip.day <= day)

    def counted(self, day: int, notes: int) -> Count:
        """A count stands until the box is counted again on its day or later."""
        count = Count(day, self.expected(day) - notes)
        if self.count is None or self.count.day <= day:
            self.count = count
        return count

    def may_settle(self, count: Count, day: int) -> str | None:
        if self.is_closed(day):
            return "period-closed"
        if count is not self.count:
            return "count-superseded"
        if count.settled or not count.difference:
            return "nothing-to-settle"
        if day < count.day:
            return "date-order"
        short = self.lowest_from(day) < count.difference
        return "insufficient-funds" if short else None

    def settle(self, count: Count, day: int) -> None:
        count.settled = True
        self.slips.append(Slip("difference", day, -count.difference))

    def may_close(self, until: int) -> str | None:
        if self.is_closed(until):
            return "period-closed"
        moved = any(slip.day <= until for slip in self.slips if slip.kind != "write-off")
        if moved and (self.count is None or self.count.day < until):
            return "not-counted"
        stopped = self.count is not None and self.count.stops_payouts
        return "count-unsettled" if stopped else None

    def may_undo(self, number: int, day: int) -> str | None:
        slip = self.slips[number]
        if self.is_closed(day):
            return "period-closed"
        if day < slip.day:
            return "date-order"
        if slip.loan is not None:
            loan = self.loans[slip.loan]
            if slip.kind == "write-off" and loan.recovered:
                return "built-on"
            if slip.kind in ("payout", "repayment") and loan.step == "given up":
                return "built-on"
            # A payment of nothing but excess leaves no mark on the loan.
            paid = loan.payments.values()
            if slip.kind == "payout" and any(sum(parts) for parts in paid):
                return "built-on"
        if slip.cash > 0 and self.lowest_from(day) < slip.cash:
            return "insufficient-funds"
        return None

    def undo(self, number: int, day: int) -> None:
        slip = self.slips[number]
        slip.undone = True
        if slip.loan is not None:
            loan = self.loans[slip.loan]
            match slip.kind:
                case "payout":
                    loan.step, loan.dues = "approved", []
                case "write-off":
                    loan.step, loan.given_up = "out", (0, 0)
                case "recovery":
                    loan.recovered.pop(number)
                case _:
                    loan.payments.pop(number)
                    loan.step = "out"
        self.slips.append(Slip("reversal", day, -slip.cash, excess=-slip.excess, undone=True))
