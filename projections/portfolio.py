"""A club's loans as of a business date and as known at an instant.

Worked out from what each event said (`read.loan_steps`, `read.instalments`) and moved
(`read.postings`): the present is the same question with no limit.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.loans.loan import Due, Freeze, Loan, Owed, Step, days_late, late_interest, owed
from domain.loans.schedule import LoanTerms
from domain.regulation import Rules
from projections.late import NOTHING_CAME, LateFacts, late_facts
from projections.loans import InstalmentRow, LoanRow, PaymentRow
from projections.regulations import rules_of
from projections.times import Seen


class Moved(StrEnum):
    """What an entry did to a loan; the reversal of one does the same with the sign turned."""

    LENT = "lent"
    PAID = "paid"
    WRITTEN_OFF = "written_off"


_MOVED = {
    "loans.OpeningBalancesEntered": Moved.LENT,
    "loans.LoanDisbursed": Moved.LENT,
    "loans.PastLoanEntered": Moved.LENT,
    "loans.RepaymentReceived": Moved.PAID,
    "loans.PastRepaymentEntered": Moved.PAID,
}
"""Principal (1283) that moves by any other event leaves the books unpaid."""


class Said(NamedTuple):
    """What one event said of a loan; None leaves as it was. `terms` and `frozen` are JSON, which is
    read of the last who said it alone."""

    position: int
    version: int
    event_id: UUID
    borrower_id: UUID | None
    step: str | None
    amount: int | None
    terms: str | None
    regulation: int | None
    disbursed_on: date | None
    voucher: str | None
    settled_on: date | None
    past: bool | None
    schedule: bool
    rescheduled: bool | None
    written_off: int | None
    frozen: str | None
    first_borrower_id: UUID


class Movement(NamedTuple):
    """One event's lines on one loan; `principal` is signed as account 1283, `interest` received.

    `late` is the late interest that came with a repayment: its line names no loan.
    """

    event_id: UUID
    position: int
    version: int
    occurred_on: date
    recorded_at: datetime
    loan_id: UUID
    moved: Moved
    voucher: str | None
    principal: int
    interest: int
    payments: int
    late: int = 0


@dataclass(frozen=True)
class LoanAt:
    """One loan on the day `on`, with all that had moved it by then."""

    on: date
    row: LoanRow
    rescheduled: bool
    rules: Rules
    """Of the regulation pinned to the loan."""
    schedule: UUID | None
    """The event that set the instalments, and its position."""
    schedule_position: int
    instalments: tuple[InstalmentRow, ...]
    movements: tuple[Movement, ...]
    late: LateFacts = NOTHING_CAME

    @property
    def outstanding(self) -> int:
        return self.row.outstanding

    @property
    def was_lent(self) -> bool:
        """Paid out, whatever became of it; not where the payout was taken back."""
        return any(m.moved is Moved.LENT for m in self.movements) and self.row.step not in (
            "requested",
            "approved",
            "rejected",
            "withdrawn",
        )

    def of(self, moved: Moved, since: date = date.min) -> tuple[Movement, ...]:
        return tuple(m for m in self.movements if m.moved is moved and m.occurred_on >= since)

    @property
    def carried(self) -> int:
        """Of a rescheduled loan, the principal its new plan found paid: the plan's first row."""
        return self.instalments[0].principal if self.rescheduled and self.instalments else 0

    @cached_property
    def days_late(self) -> int:
        return days_late(self._loan, self.on, self.rules) if self._is_out else 0

    @cached_property
    def owed(self) -> Owed | None:
        """None where nothing can be owed: not paid out, settled, written off."""
        return owed(self._loan, self.on, self.rules) if self._is_out else None

    def owed_on(self, on: date) -> Owed | None:
        """What will be owed at the end of `on` if nothing more comes; None where nothing can be."""
        return owed(self._loan, on, self.rules) if self._is_out else None

    @property
    def next_due(self) -> date | None:
        """The first due date after the loan's day; None where the plan asks for nothing more."""
        if not self._is_out:
            return None
        return min((row.due_on for row in self.instalments if row.due_on > self.on), default=None)

    def late_interest(self, on: date) -> int:
        """Late interest owed at the end of `on`, in đồng, by what had come by the loan's day."""
        return late_interest(self._loan, on, self.rules) if self._is_out else 0

    @property
    def payments(self) -> list[PaymentRow]:
        """What was paid and what was taken back, by business date."""
        return [
            PaymentRow(
                m.event_id,
                m.occurred_on,
                m.voucher,
                -m.principal,
                m.interest,
                m.late,
                m.recorded_at,
            )
            for m in sorted(self.of(Moved.PAID), key=lambda m: (m.occurred_on, m.position))
        ]

    @property
    def _is_out(self) -> bool:
        return self.row.step == Step.DISBURSED and self.was_lent

    @cached_property
    def _loan(self) -> Loan:
        row = self.row
        return Loan(
            id=row.loan_id,
            borrower_id=row.borrower_id,
            step=Step.DISBURSED,
            amount=row.amount,
            terms=LoanTerms.model_validate(row.terms),
            disbursed_on=row.disbursed_on,
            instalments=tuple(
                Due(due_on=due.due_on, principal=due.principal, interest=due.interest)
                for due in self.instalments
            ),
            principal_paid=max(row.amount - row.outstanding, 0),
            interest_paid=max(row.interest_paid, 0),
            payments=self.late.payments,
            late_interest_paid=self.late.paid,
            late_interest_carried=self.late.carried,
            frozen=tuple(Freeze.model_validate(freeze) for freeze in row.frozen),
        )


_SAID = """
    SELECT s.loan_id, s.position, s.version, s.event_id, s.borrower_id, s.step, s.amount,
           s.terms::text, s.regulation, s.disbursed_on, s.voucher, s.settled_on, s.past,
           s.schedule, s.rescheduled, s.written_off, s.frozen::text, l.borrower_id
    FROM read.loan_steps s JOIN read.loans l USING (loan_id)
    WHERE s.club_id = %(club)s AND (%(loan)s::uuid IS NULL OR s.loan_id = %(loan)s)
      AND s.position <= %(upto)s AND s.occurred_on <= %(as_of)s
    ORDER BY s.loan_id, s.position"""

# Lines are added up before each entry is looked for: entries are wide.
_MOVEMENTS = """
    SELECT m.event_id, m.position, e.originator_version, m.occurred_on, m.recorded_at, m.loan_id,
           CASE e.topic WHEN 'loans.EntryReversed'
                THEN coalesce(convert_from(e.state, 'UTF8')::jsonb ->> 'restored_topic',
                              convert_from(e.state, 'UTF8')::jsonb ->> 'reversed_topic')
                ELSE e.topic END,
           m.voucher, m.principal, m.interest, m.payments, coalesce(l.late, 0)::bigint
    FROM (SELECT position, event_id, occurred_on, recorded_at, loan_id, min(voucher) AS voucher,
                 coalesce(sum(amount) FILTER (WHERE account = '1283'), 0)::bigint AS principal,
                 coalesce(-sum(amount) FILTER (WHERE account = '515'), 0)::bigint AS interest,
                 sum(payment) AS payments
          FROM read.postings
          WHERE club_id = %(club)s AND loan_id IS NOT NULL
            AND (%(loan)s::uuid IS NULL OR loan_id = %(loan)s)
            AND position <= %(upto)s AND occurred_on <= %(as_of)s
          GROUP BY position, event_id, occurred_on, recorded_at, loan_id) m
         JOIN log.events e ON e.notification_id = m.position
         LEFT JOIN (SELECT position, -sum(amount) AS late FROM read.postings
                    WHERE club_id = %(club)s AND account = '515' AND loan_id IS NULL
                    GROUP BY position) l ON l.position = m.position
    ORDER BY m.position"""

_INSTALMENTS = """
    SELECT i.loan_id, i.number, i.due_on, i.principal, i.interest
    FROM unnest(%b::uuid[], %b::bigint[]) AS holds(loan_id, position)
         JOIN read.instalments i USING (loan_id, position) ORDER BY i.loan_id, i.number"""


def portfolio(
    connection: psycopg.Connection[Any], seen: Seen, *, loan_id: UUID | None = None
) -> list[LoanAt]:
    """Every loan of which anything was said by then, by id; withdrawn ones too.

    On a day between a payment and an earlier-dated one recorded after it, a loan may have been
    settled and still owe: the money decides, and it counts as paid out.
    """
    asked = {"club": seen.club_id, "loan": loan_id, "upto": seen.upto, "as_of": seen.as_of}
    said: dict[UUID, list[Said]] = defaultdict(list)
    for loan, *rest in connection.execute(_SAID, asked):
        said[loan].append(Said(*rest))
    moved: dict[UUID, list[Movement]] = defaultdict(list)
    for row in connection.execute(_MOVEMENTS, asked):
        how = _MOVED.get(row[6], Moved.WRITTEN_OFF)
        one = Movement._make((*row[:6], how, *row[7:]))
        # Interest is what borrowers paid; what a write-off takes from 515 is not.
        paid = one if how is Moved.PAID else one._replace(interest=0, late=0)
        moved[one.loan_id].append(paid)
    holds = {
        loan: max((s.position for s in steps if s.schedule), default=0)
        for loan, steps in said.items()
    }
    due: dict[UUID, list[InstalmentRow]] = defaultdict(list)
    for loan, *rest in connection.execute(_INSTALMENTS, (list(holds), list(holds.values()))):
        due[loan].append(InstalmentRow(*rest))
    rules = rules_of(connection, seen.club_id)
    costs = any(one.late_charge != "none" for one in rules.values())
    late = late_facts(connection, seen) if costs else {}
    return [
        _loan_at(seen, loan, steps, moved[loan], due[loan], rules, late.get(loan, NOTHING_CAME))
        for loan, steps in said.items()
        if any(s.step for s in steps)
    ]


def _loan_at(
    seen: Seen,
    loan_id: UUID,
    steps: Sequence[Said],
    movements: Sequence[Movement],
    instalments: Sequence[InstalmentRow],
    rules: Mapping[int, Rules],
    late: LateFacts,
) -> LoanAt:
    latest: dict[str, Any] = {}
    for said in steps:
        latest |= {name: value for name, value in said._asdict().items() if value is not None}
    schedule = next((said for said in reversed(steps) if said.schedule), None)
    outstanding = sum(m.principal for m in movements)
    if latest["step"] == Step.SETTLED and outstanding:
        latest["step"] = Step.DISBURSED.value
    moved = {
        "outstanding": outstanding,
        "interest_paid": sum(m.interest for m in movements),
        "payments": sum(m.payments for m in movements),
        "version": max([said.version for said in steps] + [m.version for m in movements]),
        "past": any(said.past for said in steps),
        "rescheduled": latest.get("rescheduled", False),
        "written_off": latest.get("written_off") if latest["step"] == "written_off" else None,
        "terms": json.loads(latest["terms"]) if "terms" in latest else None,
        "frozen": json.loads(latest.get("frozen", "[]")),
        "borrower_id": latest.get("borrower_id", latest["first_borrower_id"]),
    }
    fields = {"loan_id": loan_id, "club_id": seen.club_id, **latest, **moved}
    return LoanAt(
        on=seen.as_of,
        row=LoanRow(**{name: fields.get(name) for name in LoanRow._fields}),  # type: ignore[arg-type]
        rescheduled=latest.get("rescheduled", False),
        rules=rules[latest.get("regulation", 0)],
        schedule=schedule.event_id if schedule else None,
        schedule_position=schedule.position if schedule else 0,
        instalments=tuple(instalments),
        movements=tuple(movements),
        late=late,
    )
