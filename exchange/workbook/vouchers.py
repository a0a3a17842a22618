"""Numbers that are missing between the vouchers of a book: a slip may have been left out."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from exchange.workbook.faults import Fault
from exchange.workbook.rows import CapitalRow, LoanRow, OperatingRow, RepaymentRow, Row

_NUMBERED = re.compile(r"(P[TC])-(\d{4})-(\d{4,})", re.ASCII)


def jumps(rows: Iterable[Row]) -> Iterator[Fault]:
    """A warning at each row whose number does not follow another of its series and year. A series
    begins with 1 in every year but its first: a book may begin in the middle of that one. A number
    of another series or year than its row's is warned of where the row is read."""
    series: dict[tuple[str, int], list[tuple[int, Row]]] = defaultdict(list)
    for row in rows:
        if not isinstance(row, CapitalRow | LoanRow | RepaymentRow | OperatingRow):
            continue
        paid = isinstance(row, LoanRow) or (
            isinstance(row, OperatingRow) and row.direction == "payment"
        )
        of_row = "PC" if paid else "PT", row.on.year
        found = _NUMBERED.fullmatch(row.voucher or "")
        if found and (found[1], int(found[2])) == of_row:
            series[of_row].append((int(found[3]), row))
    began: set[str] = set()
    for (kind, year), numbered in sorted(series.items(), key=lambda one: one[0]):
        numbered.sort(key=lambda one: one[0])
        last = 0 if kind in began else numbered[0][0]
        began.add(kind)
        for number, row in numbered:
            if number > last + 1:
                yield _jump(row, kind, year, last, number)
            last = number


def _jump(row: Row, kind: str, year: int, last: int, number: int) -> Fault:
    first, before = f"{kind}-{year}-{last + 1:04d}", f"{kind}-{year}-{number - 1:04d}"
    missing = first if first == before else f"{first} đến {before}"
    return Fault(row.sheet, row.row, None, "voucher-jump", f"Trong sổ không có phiếu {missing}.")
