"""A club's book row by row: what an import makes of each, and what it says of it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from exchange.workbook.faults import Fault
from exchange.workbook.read import Workbook
from exchange.workbook.rows import Row

Standing = Literal["new", "known", "changed", "refused", "unseen"]
"""`unseen`: the row was read, but the book was refused before it was held against what is known."""

_CHANGED = frozenset({"row-changed", "member-known"})


@dataclass(frozen=True)
class Line:
    """`content` is None where the row could not be read at all."""

    sheet: str
    row: int
    standing: Standing
    content: Row | None
    said: tuple[Fault, ...]


def lines(
    workbook: Workbook,
    known: frozenset[str] | None,
    rejected: Sequence[Fault],
    warnings: Sequence[Fault],
    *,
    whole: bool,
) -> list[Line]:
    """In the order of the book. `known` are the digests of earlier imports, None where nobody
    asked; `whole`, whether every fault is in `rejected`."""
    said: dict[tuple[str, int], list[Fault]] = defaultdict(list)
    for fault in (*rejected, *warnings):
        if fault.row is not None:
            said[fault.sheet, fault.row].append(fault)
    refused = {(one.sheet, one.row) for one in rejected}
    changed = {(one.sheet, one.row) for one in warnings if one.code in _CHANGED}
    content = {(row.sheet, row.row): row for row in _rows(workbook)}
    order = {sheet: number for number, sheet in enumerate(dict.fromkeys(at[0] for at in content))}

    def standing(at: tuple[str, int]) -> Standing:
        if at in refused or at not in content:
            return "refused"
        if known is None:
            return "unseen"
        if content[at].digest in known:
            return "known"
        if at in changed:
            return "changed"
        return "new" if whole else "unseen"

    places = content.keys() | {at for at in said if at in refused}
    ordered = sorted(places, key=lambda at: (order.get(at[0], len(order)), at))
    return [Line(*at, standing(at), content.get(at), tuple(said.get(at, ()))) for at in ordered]


def _rows(workbook: Workbook) -> Iterator[Row]:
    club: Iterable[Row] = (workbook.club,) if workbook.club else ()
    yield from club
    yield from workbook.members
    yield from workbook.capital
    yield from workbook.loans
    yield from workbook.repayments
    yield from workbook.operating
    yield from workbook.counts
    yield from workbook.volunteers
    yield from workbook.visits
    yield from workbook.work
    yield from workbook.meetings
