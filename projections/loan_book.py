"""The loan book (sổ theo dõi vay vốn): every loan of a period, what it owes and how late it is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from typing_extensions import TypedDict

from domain.loans.bands import Band, band
from projections.portfolio import LoanAt, Moved
from projections.views import DayText, IdText


class LoanBookSums(TypedDict):
    """In đồng: what was owed when the period began, what it brought, what is owed at its end.

    `opening` + `lent` - `principal_paid` - `written_off` = `outstanding`, in each row and in all.
    """

    opening: int
    lent: int
    principal_paid: int
    interest_paid: int
    written_off: int
    outstanding: int
    principal_overdue: int
    principal_due: int
    """Falls due on the last day itself."""
    interest_due: int
    late_interest_paid: int
    """For being late, beside `interest_paid`."""
    late_interest: int
    """Owed for being late at the end of the last day."""


class LoanBookRow(LoanBookSums):
    loan_id: IdText
    borrower_id: IdText
    borrower_name: str | None
    voucher: str | None
    disbursed_on: DayText | None
    amount: int
    terms: dict[str, Any]
    regulation: int | None
    past: bool
    step: str
    rescheduled: bool
    days_late: int
    band: Band | None
    """None where nothing is owed any more."""


_SUMS: Final = tuple(LoanBookSums.__annotations__)


def in_period(loans: Iterable[LoanAt], since: date | None) -> list[LoanAt]:
    """Loans that owed something when the period began or moved in it, in the order of payout."""
    start = since or date.min
    kept = (loan for loan in loans if _opening(loan, start) or any(_moved(loan, start)))
    return sorted(
        kept, key=lambda loan: (loan.movements[0].occurred_on, loan.movements[0].position)
    )


def loan_book_rows(
    loans: Iterable[LoanAt], since: date | None, names: Mapping[UUID, str]
) -> list[LoanBookRow]:
    return [_row(loan, since or date.min, names.get(loan.row.borrower_id)) for loan in loans]


def loan_book_totals(rows: Sequence[LoanBookRow]) -> LoanBookSums:
    return {name: sum(row[name] for row in rows) for name in _SUMS}  # type: ignore[return-value, literal-required]


def _row(loan: LoanAt, start: date, borrower_name: str | None) -> LoanBookRow:
    row, owed = loan.row, loan.owed
    moved = {kind: sum(m.principal for m in loan.of(kind, start)) for kind in Moved}
    paid_out = loan.was_lent
    return {
        "loan_id": str(row.loan_id),
        "borrower_id": str(row.borrower_id),
        "borrower_name": borrower_name,
        "voucher": row.voucher if paid_out else None,
        "disbursed_on": row.disbursed_on.isoformat() if paid_out and row.disbursed_on else None,
        "amount": row.amount,
        "terms": row.terms,
        "regulation": row.regulation,
        "past": row.past,
        "step": row.step,
        "rescheduled": loan.rescheduled,
        "opening": _opening(loan, start),
        "lent": moved[Moved.LENT],
        "principal_paid": -moved[Moved.PAID],
        "interest_paid": sum(m.interest for m in loan.of(Moved.PAID, start)),
        "written_off": -moved[Moved.WRITTEN_OFF],
        "outstanding": loan.outstanding,
        "principal_overdue": owed.principal_overdue if owed else 0,
        "principal_due": owed.principal_due if owed else 0,
        "interest_due": owed.interest_due if owed else 0,
        "late_interest_paid": sum(m.late for m in loan.of(Moved.PAID, start)),
        "late_interest": owed.late_interest if owed else 0,
        "days_late": loan.days_late,
        "band": band(loan.days_late) if owed else None,
    }


def _opening(loan: LoanAt, start: date) -> int:
    return sum(m.principal for m in loan.movements if m.occurred_on < start)


def _moved(loan: LoanAt, start: date) -> Iterable[int]:
    """What stays moved: an entry and its reversal in one period leave no line."""
    for kind in Moved:
        yield sum(m.principal for m in loan.of(kind, start))
        yield sum(m.interest for m in loan.of(kind, start))
        yield sum(m.late for m in loan.of(kind, start))
