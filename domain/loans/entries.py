"""Journal lines: what a money event did to the accounts, worked out once and stored in it.

Debit is positive, credit negative. Every entry sums to 0 in all and within each fund
(domain.md section 3).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.loans.accounts import Account, Fund
from domain.values import Dong, Id, Immutable


class Line(Immutable):
    """One leg of a journal entry, in đồng; `loan_id` and `member_id` make the sub-ledgers."""

    account: Annotated[Account, Field(strict=False)]
    fund: Annotated[Fund, Field(strict=False)]
    amount: Dong
    loan_id: Id | None = None
    member_id: Id | None = None


def debit(
    account: Account,
    fund: Fund,
    amount: int,
    *,
    loan_id: UUID | None = None,
    member_id: UUID | None = None,
) -> Line:
    return Line(account=account, fund=fund, amount=amount, loan_id=loan_id, member_id=member_id)


def credit(
    account: Account,
    fund: Fund,
    amount: int,
    *,
    loan_id: UUID | None = None,
    member_id: UUID | None = None,
) -> Line:
    return Line(account=account, fund=fund, amount=-amount, loan_id=loan_id, member_id=member_id)


def entry(*lines: Line) -> tuple[Line, ...]:
    """The lines of one journal entry; lines of 0 đồng are left out."""
    kept = tuple(line for line in lines if line.amount)
    assert is_balanced(kept), f"an unbalanced entry is our own mistake: {kept}"
    return kept


def is_balanced(lines: Iterable[Line]) -> bool:
    sums: dict[Fund, int] = defaultdict(int)
    for line in lines:
        sums[line.fund] += line.amount
    return not any(sums.values())


def reversed_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(line.model_copy(update={"amount": -line.amount}) for line in lines)
