"""What was typed for others waits for them; a finding rests when somebody else says why."""

from datetime import date
from uuid import UUID

import pytest

from domain.loans.closing import close_period
from domain.loans.commands import ConfirmEntry, SettleFinding
from domain.loans.events import ExpensePaid, PeriodClosed
from domain.loans.funds import pay_expense, receive_dues
from domain.loans.standing_by import confirm_entry, settle_finding
from examples import (
    ACCOUNTANT,
    CHAIR,
    DAY,
    NOW,
    SECRETARY,
    TREASURER,
    book,
    closing_of,
    counted,
    dues,
    expense,
    id_of,
    sealed,
    story,
)
from specification import Specification

CLERK = SECRETARY
END, LATER = date(2026, 3, 31), date(2026, 4, 30)


def typed(by: UUID | None = CLERK) -> Specification:
    """The treasurer paid 100,000; a clerk typed it. (Dues came before.)"""
    given = book.after(receive_dues, dues(500_000), NOW)
    (event,) = given.when(pay_expense, expense(100_000, paid_by=TREASURER), NOW).decided()
    return given.given(event.model_copy(update={"recorded_by": by}))


def confirming(given: Specification, by: UUID, place: int = 1) -> Specification:
    command = ConfirmEntry(occurred_on=DAY, event_id=id_of(place), confirmed_by=by)
    return given.when(confirm_entry, story(given), command, NOW)


def confirmed(given: Specification) -> Specification:
    return given.given(*confirming(given, TREASURER).decided())


def shut(given: Specification, until: date = END) -> PeriodClosed:
    ready = counted(given, 400_000, until)
    (event,) = ready.when(close_period, story(ready), closing_of(until), NOW).decided()
    assert isinstance(event, PeriodClosed)
    return event


def test_only_who_acted_confirms_and_once() -> None:
    confirming(typed(), TREASURER).then_told(confirmed_by=TREASURER)
    confirming(typed(), CLERK).then_refused("not-an-actor")
    confirming(typed(), CHAIR).then_refused("not-an-actor")
    confirming(confirmed(typed()), TREASURER).then_refused("already-confirmed")


def test_what_is_still_unconfirmed_at_the_close_is_its_finding() -> None:
    assert (shut(typed()).unconfirmed, shut(typed()).findings) == ((id_of(1),), ("unconfirmed",))
    assert (shut(confirmed(typed())).unconfirmed, shut(confirmed(typed())).findings) == ((), ())


@pytest.mark.parametrize("by", [None, TREASURER])
def test_who_types_what_they_did_confirms_nothing_more(by: UUID | None) -> None:
    assert shut(typed(by)).unconfirmed == ()


def test_each_close_lists_what_is_new_since_the_last() -> None:
    first = shut(typed())
    again = counted(typed(), 400_000, END).given(first)
    assert shut(again, LATER).unconfirmed == ()


# --- findings --------------------------------------------------------------------------------


def broken(*codes: str, confirmed_by: tuple[UUID, ...] = ()) -> Specification:
    given = typed(None)
    event = given.past[1]
    assert isinstance(event, ExpensePaid)
    found = event.model_copy(update={"findings": codes, "confirmed_by": confirmed_by})
    return Specification(given.evolve, (given.past[0], found))


def settling(given: Specification, code: str, by: UUID = CHAIR) -> Specification:
    command = SettleFinding(
        occurred_on=DAY, event_id=id_of(1), code=code, reason=sealed(), settled_by=by
    )
    return given.when(settle_finding, story(given), command, NOW)


def test_somebody_who_did_not_make_it_settles_a_finding_once() -> None:
    given = broken("no-vote", "limit", confirmed_by=(ACCOUNTANT,))
    settling(given, "no-vote").then_told(code="no-vote", settled_by=CHAIR)
    settling(given, "no-vote", TREASURER).then_refused("same-person")
    settling(given, "no-vote", ACCOUNTANT).then_refused("same-person")
    done = given.given(*settling(given, "no-vote").decided())
    settling(done, "no-vote").then_refused("already-settled")
    settling(done, "limit").then_told(code="limit")


def test_only_a_finding_that_is_there_is_settled() -> None:
    settling(broken("limit"), "no-vote").then_refused("no-such-finding")
