"""The journal as hledger reads it; `hledger check --strict ordereddates payees` finds no fault.

Amounts are bare integers and the decimal mark is declared first: hledger reads `530.000 VND`
as 530 otherwise. Assertions of a month stand in a transaction of nothing on its last day.
"""

from collections.abc import Iterator
from datetime import date
from itertools import groupby

from exchange.journals.chart import (
    COMMODITY,
    MONTH_END,
    OPENING,
    Root,
    heading,
    name,
    payee,
    slips,
)
from projections.journal import Holding, Journal, Leg, Transaction
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
    yield from ("", "decimal-mark .", f"commodity 1000. {COMMODITY}", "")
    for root in Root:
        yield f"account {root}  ; type:{_TYPE[root]}"
    yield from (f"account {name(place)}" for place in journal.places)
    yield ""
    payees = {OPENING, MONTH_END, *map(payee, journal.transactions)}
    yield from (f"payee {one}" for one in sorted(payees))
    if journal.opening:
        yield f"\n{journal.since.isoformat()} {OPENING}"
        yield from map(_leg, journal.opening)
    months = {day: list(held) for day, held in groupby(journal.holdings, lambda one: one.on)}
    ends = sorted(months, reverse=True)
    for transaction in journal.transactions:
        while ends and ends[-1] < transaction.occurred_on:
            end = ends.pop()
            yield from _month_end(end, months[end])
        yield from _transaction(transaction)
    for end in reversed(ends):
        yield from _month_end(end, months[end])


def _transaction(transaction: Transaction) -> Iterator[str]:
    numbers = slips(transaction)
    said = payee(transaction) + (f" | {numbers}" if numbers else "")
    yield f"\n{transaction.occurred_on.isoformat()} ({transaction.event_id}) {said}"
    recorded = instant(transaction.recorded_at)
    yield f"    ; position:{transaction.position}, recorded:{recorded}"
    yield from map(_leg, transaction.legs)


def _month_end(day: date, held: list[Holding]) -> Iterator[str]:
    yield f"\n{day.isoformat()} {MONTH_END}"
    for one in held:
        yield f"    {name(one.place)}  0 {COMMODITY} = {one.amount} {COMMODITY}"


def _leg(leg: Leg) -> str:
    return f"    {name(leg.place)}  {leg.amount} {COMMODITY}"
