"""What being late costs, by another path than the domain's: the two curves of a debt.

Of every đồng it is known when it fell due and when it came, oldest first on both sides. Between
the steps of either curve all đồng are alike: so many of them, so many days.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from pydantic_core import from_json

from audit.loan import Loan, rows_of

Dated = Sequence[tuple[str, int]]


class LateRules(NamedTuple):
    """What a version of the by-laws asks of who is late; days of grace."""

    grace_days: int

    @classmethod
    def of(cls, rules: dict[str, Any]) -> "LateRules | None":
        asks = rules.get("late_charge", "none") != "none"
        return cls(rules["late_grace_days"]) if asks else None


def late_interest(loan: Loan, rules: LateRules, on: str) -> int:
    """Owed at the end of a day and not yet paid, in đồng, rounded half up once."""
    rate = from_json(loan.terms).get("rate")
    yearly = Fraction(rate["percent"]) * (12 if rate["per"] == "month" else 1) if rate else 0
    came = sorted(paid for paid in loan.came if paid[0] <= on)
    exact = Fraction(0)
    plan = [row for row in rows_of(loan) if row[0] < on]
    principal = [(day, part) for day, part, _ in plan], [(day, part) for day, part, _ in came]
    interest = [(day, part) for day, _, part in plan], [(day, part) for day, _, part in came]
    for (due, paid), percent in ((principal, yearly * Fraction(3, 2)), (interest, Fraction(10))):
        exact += percent / 100 * _dong_days(loan, due, paid, on, rules.grace_days) / 365
    whole, rest = divmod(exact, 1)
    charged = whole + (rest * 2 >= 1)
    return max(loan.late_carried + charged - loan.late_paid, 0)


def _dong_days(loan: Loan, due: Dated, paid: Dated, on: str, grace_days: int) -> int:
    owed = list(accumulate(amount for _, amount in due))
    covered = list(accumulate(amount for _, amount in paid))
    steps = sorted({0, *owed, *(step for step in covered if step < (owed or [0])[-1])})
    total = 0
    for low, high in pairwise(steps):
        since = due[bisect_right(owed, low)][0]
        place = bisect_right(covered, low)
        until = paid[place][0] if place < len(paid) else on
        days = _counted(loan, date.fromisoformat(since), date.fromisoformat(until))
        total += (high - low) * days if days > grace_days else 0
    return total


def _counted(loan: Loan, since: date, until: date) -> int:
    days = (until - since).days
    for start, end in loan.frozen:
        overlap = min(until, date.fromisoformat(end)) - max(since, date.fromisoformat(start))
        days -= max(overlap.days, 0)
    return days
