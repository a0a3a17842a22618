"""What became of each source of capital: received, given back, lent, repaid, written off, late.

One walk over the events of a club's book; a loan paid from "pooled" money counts for no source.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from audit.entries import Connection, Entry, entries_where
from domain.histories import book_of
from domain.loans.accounts import CAPITAL_ACCOUNT

POOLED = "pooled"
_LENT = ("loans.LoanDisbursed", "loans.PastLoanEntered", "loans.OpeningBalancesEntered")
_BACK = ("loans.RepaymentReceived", "loans.PastRepaymentEntered")
_SOURCE = {account.value: source.value for source, account in CAPITAL_ACCOUNT.items()}


@dataclass
class Source:
    """Whole đồng; `late` is principal due by the day and not paid."""

    received: int = 0
    returned: int = 0
    lent: int = 0
    back: int = 0
    written_off: int = 0
    outstanding: int = 0
    late: int = 0
    loans: int = 0
    loans_open: int = 0
    loans_late: int = 0
    events: list[str] = field(default_factory=list)
    """The payouts and receipts behind the figures: each can be asked a receipt for."""

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass
class _Loan:
    source: str = POOLED
    plan: list[dict[str, Any]] = field(default_factory=list)
    lent: int = 0
    back: int = 0
    written_off: int = 0
    other: int = 0

    @property
    def outstanding(self) -> int:
        return self.lent + self.other - self.back - self.written_off


def statement(connection: Connection, club_id: UUID, on: date) -> dict[str, dict[str, Any]]:
    """By source, as the book stands for a business day."""
    return told(entries_where(connection, "originator_id = %s", book_of(club_id)), on)


def told(entries: Iterable[Entry], on: date) -> dict[str, dict[str, Any]]:
    sources: dict[str, Source] = defaultdict(Source)
    loans: dict[str, _Loan] = defaultdict(_Loan)
    day = on.isoformat()
    for entry in entries:
        body = entry.body
        if body.get("occurred_on", "") > day:
            continue
        kind = body.get("restored_topic") or body.get("reversed_topic") or entry.topic
        _see_loan(loans, body, entry.topic)
        for line in body.get("lines", ()):
            _see_line(sources, loans, kind, line)
        if kind in ("loans.CapitalReceived", "loans.LoanDisbursed", "loans.CapitalReturned"):
            name = body.get("source") or POOLED
            if entry.topic != "loans.EntryReversed":
                sources[name].events.append(entry.event_id)
    for loan in loans.values():
        _sum_up(sources[loan.source], loan, day)
    return {name: source.as_dict() for name, source in sorted(sources.items())}


def _see_loan(loans: dict[str, _Loan], body: dict[str, Any], topic: str) -> None:
    """The plan that is in force: whatever changes one brings the whole new one."""
    if topic == "loans.OpeningBalancesEntered":
        for loan in body.get("loans", ()):
            loans[loan["id"]].plan = loan.get("instalments", [])
    elif "loan_id" in body and "instalments" in body:
        loan = loans[body["loan_id"]]
        loan.plan = body["instalments"]
        if topic == "loans.LoanDisbursed":
            loan.source = body.get("source") or POOLED
    elif isinstance(body.get("loan"), dict) and body["loan"].get("instalments"):
        loans[body["loan"]["id"]].plan = body["loan"]["instalments"]


def _see_line(
    sources: dict[str, Source], loans: dict[str, _Loan], kind: str, line: dict[str, Any]
) -> None:
    account, amount = line["account"], line["amount"]
    if account == "1283" and line.get("loan_id"):
        loan = loans[line["loan_id"]]
        if kind in _LENT:
            loan.lent += amount
        elif kind in _BACK:
            loan.back -= amount
        elif kind == "loans.LoanWrittenOff":
            loan.written_off -= amount
        else:
            loan.other += amount
    elif account in _SOURCE:
        source = sources[_SOURCE[account]]
        if kind == "loans.CapitalReturned":
            source.returned += amount
        elif kind != "loans.LossBorneByCapital":
            source.received -= amount


def _sum_up(source: Source, loan: _Loan, day: str) -> None:
    if loan.lent <= 0:
        return  # taken back, or its import undone
    due = sum(row["principal"] for row in loan.plan if row["due_on"] <= day)
    late = max(0, min(due - loan.back - loan.written_off, loan.outstanding))
    source.lent += loan.lent
    source.back += loan.back
    source.written_off += loan.written_off
    source.outstanding += loan.outstanding
    source.late += late
    source.loans += 1
    source.loans_open += loan.outstanding > 0
    source.loans_late += late > 0
