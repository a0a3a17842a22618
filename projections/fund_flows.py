"""Receipts and expenses by fund (thu, chi theo quỹ): what each fund's money came from and went to.

Of each fund's cash and bank together, so moves between box and bank are none. A reversal counts
against what it reversed: entry and reversal in one period leave nothing.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, Literal, NamedTuple

import psycopg
from typing_extensions import TypedDict

from domain.loans.accounts import MONEY, Account, Fund
from projections.times import Seen

Side = Literal["receipt", "payment"]

# A repayment is money of several kinds: it is told by what each part was paid on.
_REPAYMENTS = ("loans.RepaymentReceived", "loans.PastRepaymentEntered")
PRINCIPAL, INTEREST, LATE, EXCESS = "principal_repaid", "interest", "late_interest", "excess"


class Flow(NamedTuple):
    """One kind of receipt or payment of one fund in the period, in đồng."""

    fund: str
    side: Side
    kind: str
    """The topic of the entry, or the part of a repayment."""
    amount: int
    entries: int


class FlowView(TypedDict):
    kind: str
    amount: int
    entries: int
    """How many entries; reversals among them."""


class FundView(TypedDict):
    """`opening` + receipts - payments = `closing`, which is `cash` + `bank`."""

    fund: str
    opening: int
    receipts: list[FlowView]
    payments: list[FlowView]
    receipts_total: int
    payments_total: int
    closing: int
    cash: int
    bank: int


_MOVED = """
    SELECT p.position, p.fund, p.account, p.loan_id IS NULL,
           coalesce(s.said ->> 'restored_topic', s.said ->> 'reversed_topic', e.topic),
           e.topic = 'loans.EntryReversed' AND s.said ->> 'restored_topic' IS NULL,
           sum(p.amount)::bigint
    FROM read.postings p JOIN log.events e ON e.notification_id = p.position
         CROSS JOIN LATERAL (SELECT CASE WHEN e.topic = 'loans.EntryReversed'
                                         THEN convert_from(e.state, 'UTF8')::jsonb
                                         ELSE '{}' END AS said) AS s
    WHERE p.club_id = %(club)s AND p.position <= %(upto)s
      AND p.occurred_on BETWEEN %(since)s AND %(as_of)s
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4"""

_HELD = """
    SELECT fund, account, coalesce(sum(amount) FILTER (WHERE occurred_on < %(since)s), 0)::bigint,
           sum(amount)::bigint
    FROM read.postings
    WHERE club_id = %(club)s AND position <= %(upto)s AND occurred_on <= %(as_of)s
      AND account = ANY (%(money)s)
    GROUP BY 1, 2"""


def fund_views(
    connection: psycopg.Connection[Any], seen: Seen, since: date | None = None
) -> list[FundView]:
    """Every fund that ever held money, in the order of the chart."""
    asked = {
        "club": seen.club_id,
        "upto": seen.upto,
        "as_of": seen.as_of,
        "since": since or date.min,
        "money": list(MONEY),
    }
    held = {
        (fund, account): (was, now) for fund, account, was, now in connection.execute(_HELD, asked)
    }
    told = flows(connection.execute(_MOVED, asked).fetchall())
    return [_view(fund, held, told) for fund in Fund if any(f == fund for f, _ in held)]


def flows(rows: Iterable[tuple[Any, ...]]) -> list[Flow]:
    """Sums of entries' lines by kind; what leaves a fund's money as it was is no flow."""
    by_entry: dict[tuple[int, str], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        by_entry[row[0], row[1]].append(row)
    amounts: dict[tuple[str, Side, str], int] = defaultdict(int)
    entries: dict[tuple[str, Side, str], set[int]] = defaultdict(set)
    for (position, fund), lines in by_entry.items():
        for kind, amount in _kinds(lines):
            is_back = lines[0][5]
            side: Side = "receipt" if (amount > 0) != is_back else "payment"
            key = (fund, side, kind)
            amounts[key] += amount if side == "receipt" else -amount
            entries[key].add(position)
    return [Flow(*key, amount, len(entries[key])) for key, amount in sorted(amounts.items())]


def _kinds(lines: list[tuple[Any, ...]]) -> list[tuple[str, int]]:
    topic = lines[0][4]
    money = sum(line[6] for line in lines if line[2] in MONEY)
    if not money:
        return []
    if topic not in _REPAYMENTS:
        return [(topic, money)]
    return [(_part(line[2], line[3]), -line[6]) for line in lines if line[2] not in MONEY]


def _part(account: str, names_no_loan: bool) -> str:
    if account == Account.LOANS:
        return PRINCIPAL
    if account == Account.INTEREST:
        return LATE if names_no_loan else INTEREST
    return EXCESS


def _view(fund: Fund, held: dict[tuple[str, str], tuple[int, int]], told: list[Flow]) -> FundView:
    def views(side: Side) -> list[FlowView]:
        mine = [flow for flow in told if (flow.fund, flow.side) == (fund, side)]
        ordered = sorted(mine, key=lambda flow: (-flow.amount, flow.kind))
        return [
            {"kind": flow.kind, "amount": flow.amount, "entries": flow.entries}
            for flow in ordered
            if flow.amount or flow.entries
        ]

    receipts, payments = views("receipt"), views("payment")
    cash = held.get((fund, Account.CASH), (0, 0))
    bank = held.get((fund, Account.BANK), (0, 0))
    return {
        "fund": fund.value,
        "opening": cash[0] + bank[0],
        "receipts": receipts,
        "payments": payments,
        "receipts_total": sum(flow["amount"] for flow in receipts),
        "payments_total": sum(flow["amount"] for flow in payments),
        "closing": cash[1] + bank[1],
        "cash": cash[1],
        "bank": bank[1],
    }
