"""The journal as hledger reads it; `hledger check --strict ordereddates payees` finds no fault.

Amounts are bare integers and the decimal mark is declared first: hledger reads `530.000 VND`
as 530 otherwise. Assertions of a month stand in a transaction of nothing on its last day.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from itertools import groupby

from exchange.journals.chart import (
    COMMODITY,
    MONTH_END,
    OPENING,
    WORK_DAY,
    WORKED,
    Root,
    heading,
    in_order,
    labour_balances,
    labour_legs,
    labour_names,
    name,
    payee,
    slips,
)
from projections.journal import Journal, Labour, Leg, Transaction
from projections.views import instant

_TYPE = {
    Root.ASSETS: "A",
    Root.LIABILITIES: "L",
    Root.EQUITY: "E",
    Root.INCOME: "R",
    Root.EXPENSES: "X",
}


def write(journal: Journal, club_name: str) -> str:
    return "\n".join(_lines(journal, club_name)) + "\n"


def _lines(journal: Journal, club_name: str) -> Iterator[str]:
    yield from (f"; {line}" for line in heading(journal, club_name))
    yield from ("", "decimal-mark .", f"commodity 1000. {COMMODITY}")
    yield from (f"commodity 1000.0000 {WORK_DAY}", "")
    for root in Root:
        yield f"account {root}  ; type:{_TYPE[root]}"
    yield from (f"account {name(place)}" for place in journal.places)
    yield from (f"account {account}" for account in labour_names(journal))
    yield ""
    payees = {OPENING, MONTH_END, WORKED, *map(payee, journal.transactions)}
    yield from (f"payee {one}" for one in sorted(payees))
    if journal.opening or journal.labour_opening:
        yield f"\n{journal.since.isoformat()} {OPENING}"
        yield from map(_leg, journal.opening)
        yield from (_work(*leg) for leg in labour_balances(journal.labour_opening))
    months = _months(journal)
    ends = sorted(months, reverse=True)
    for one in in_order(journal):
        while ends and ends[-1] < one.occurred_on:
            end = ends.pop()
            yield from _month_end(end, months[end])
        yield from _labour(one) if isinstance(one, Labour) else _transaction(one)
    for end in reversed(ends):
        yield from _month_end(end, months[end])


def _months(journal: Journal) -> dict[date, list[str]]:
    """What is asserted at each month's end."""
    months: dict[date, list[str]] = defaultdict(list)
    for one in journal.holdings:
        held = f"    {name(one.place)}  0 {COMMODITY} = {one.amount} {COMMODITY}"
        months[one.on].append(held)
    for day, worked in groupby(journal.labour_held, lambda one: one.on):
        months[day] += (
            f"    {account}  0 {WORK_DAY} = {days} {WORK_DAY}"
            for account, days in labour_balances(worked)
        )
    return months


def _transaction(transaction: Transaction) -> Iterator[str]:
    numbers = slips(transaction)
    said = payee(transaction) + (f" | {numbers}" if numbers else "")
    yield f"\n{transaction.occurred_on.isoformat()} ({transaction.event_id}) {said}"
    recorded = instant(transaction.recorded_at)
    yield f"    ; position:{transaction.position}, recorded:{recorded}"
    yield from map(_leg, transaction.legs)


def _labour(labour: Labour) -> Iterator[str]:
    yield f"\n{labour.occurred_on.isoformat()} ({labour.event_id}) {WORKED}"
    recorded = instant(labour.recorded_at)
    yield f"    ; position:{labour.position}, recorded:{recorded}"
    yield from (_work(*leg) for leg in labour_legs(labour.activity, labour.work_days))


def _work(account: str, days: str) -> str:
    return f"    {account}  {days} {WORK_DAY}"


def _month_end(day: date, held: list[str]) -> Iterator[str]:
    yield f"\n{day.isoformat()} {MONTH_END}"
    yield from held


def _leg(leg: Leg) -> str:
    return f"    {name(leg.place)}  {leg.amount} {COMMODITY}"
