"""The journal as Beancount reads it; `bean-check` finds no fault.

A `balance` of Beancount holds at the beginning of its day: that of a month's end stands on the
next. Amounts are integers, so that nothing is tolerated: one đồng off is refused. Work-days are
decimals, and their balances say that nothing is tolerated of them either.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby

from exchange.journals.chart import (
    COMMODITY,
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


def write(journal: Journal, club_name: str) -> str:
    return "\n".join(_lines(journal, club_name)) + "\n"


def _lines(journal: Journal, club_name: str) -> Iterator[str]:
    first = journal.since.isoformat()
    yield from (f"; {line}" for line in heading(journal, club_name))
    yield ""
    for option, root in zip(
        ("assets", "liabilities", "equity", "income", "expenses"), Root, strict=True
    ):
        yield f'option "name_{option}" "{root}"'
    yield f'option "operating_currency" "{COMMODITY}"'
    yield f"\n{first} commodity {COMMODITY}"
    yield from (f"{first} open {name(place)} {COMMODITY}" for place in journal.places)
    if journal.activities:
        yield f"{first} commodity {WORK_DAY}"
    yield from (f"{first} open {account} {WORK_DAY}" for account in labour_names(journal))
    if journal.opening or journal.labour_opening:
        yield f'\n{first} * "{OPENING}"'
        yield from map(_leg, journal.opening)
        yield from (_work(*leg) for leg in labour_balances(journal.labour_opening))
    for one in in_order(journal):
        yield from _labour(one) if isinstance(one, Labour) else _transaction(one)
    for day, held in groupby(journal.holdings, lambda one: one.on):
        yield ""
        after = (day + timedelta(days=1)).isoformat()
        yield from (f"{after} balance {name(one.place)} {one.amount} {COMMODITY}" for one in held)
    for day, worked in groupby(journal.labour_held, lambda one: one.on):
        yield ""
        after = (day + timedelta(days=1)).isoformat()
        yield from (
            f"{after} balance {account} {days} ~ 0 {WORK_DAY}"
            for account, days in labour_balances(worked)
        )


def _transaction(transaction: Transaction) -> Iterator[str]:
    said = f'"{payee(transaction)}" "{slips(transaction)}"'
    yield f"\n{transaction.occurred_on.isoformat()} * {said}"
    yield f'  event: "{transaction.event_id}"'
    yield f"  position: {transaction.position}"
    yield f'  recorded: "{instant(transaction.recorded_at)}"'
    yield from map(_leg, transaction.legs)


def _labour(labour: Labour) -> Iterator[str]:
    yield f'\n{labour.occurred_on.isoformat()} * "{WORKED}"'
    yield f'  event: "{labour.event_id}"'
    yield f"  position: {labour.position}"
    yield f'  recorded: "{instant(labour.recorded_at)}"'
    yield from (_work(*leg) for leg in labour_legs(labour.activity, labour.work_days))


def _work(account: str, days: str) -> str:
    return f"  {account}  {days} {WORK_DAY}"


def _leg(leg: Leg) -> str:
    return f"  {name(leg.place)}  {leg.amount} {COMMODITY}"
