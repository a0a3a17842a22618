"""What a late charge stands on: when each part of a debt came, as the book's own events tell it.

Only clubs whose by-laws charge for being late are asked; the read models do not keep it.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from domain.histories import book_of
from domain.loans.loan import Paid
from projections.times import Seen


class LateFacts(NamedTuple):
    """Of one loan: its repayments that stand, late interest paid or waived since the plan that
    holds was made, and late interest carried into that plan; in đồng."""

    payments: tuple[Paid, ...] = ()
    paid: int = 0
    carried: int = 0

    def after(self, topic: str, said: Mapping[str, Any]) -> "LateFacts":
        late = said.get("late_interest", 0)
        if topic == "loans.LoanExtended":
            return self._replace(paid=0, carried=late)
        if topic == "loans.InterestWaived":
            return self._replace(paid=self.paid + late)
        on = date.fromisoformat(said.get("happened_on") or said["occurred_on"])
        came = Paid(on=on, principal=said["principal"], interest=said["interest"])
        return self._replace(payments=(*self.payments, came), paid=self.paid + late)


NOTHING_CAME: Final = LateFacts()

_EVENTS = """
    SELECT topic, event_id, convert_from(state, 'UTF8')::jsonb
    FROM log.events
    WHERE originator_id = %(book)s AND notification_id <= %(upto)s
      AND topic IN ('loans.RepaymentReceived', 'loans.PastRepaymentEntered', 'loans.LoanExtended',
                    'loans.InterestWaived', 'loans.EntryReversed')
      AND (convert_from(state, 'UTF8')::jsonb ->> 'occurred_on')::date <= %(as_of)s
    ORDER BY notification_id"""


def late_facts(connection: psycopg.Connection[Any], seen: Seen) -> dict[UUID, LateFacts]:
    """By loan, as of a business date and as known at a position."""
    asked = {"book": book_of(seen.club_id), "upto": seen.upto, "as_of": seen.as_of}
    rows = connection.execute(_EVENTS, asked).fetchall()
    gone: set[str] = set()
    for topic, _, said in rows:
        if topic == "loans.EntryReversed":
            gone.add(said["reverses"])
            gone.discard(said.get("restores"))
    found: dict[UUID, LateFacts] = defaultdict(LateFacts)
    for topic, event_id, said in rows:
        if topic != "loans.EntryReversed" and str(event_id) not in gone:
            loan_id = UUID(said["loan_id"])
            found[loan_id] = found[loan_id].after(topic, said)
    return found
