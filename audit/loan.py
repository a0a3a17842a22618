"""One loan as raw events tell it."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from audit.entries import Entry


class Loan:
    """One loan as raw events tell it; amounts in đồng."""

    __slots__ = (
        "absorbed", "amount", "approver", "borrower", "came", "club", "disbursed_on", "event_id",
        "frozen", "guarantors", "held", "history", "interest_paid", "late_carried", "late_paid",
        "lent", "outstanding", "past",
        "payments", "position", "posted", "proposer", "regulation", "rescheduled", "schedule",
        "settled_on", "step", "stepped", "terms", "typist", "voucher",
    )  # fmt: skip

    def __init__(self, entry: Entry, borrower: str, step: str, amount: int) -> None:
        self.history, self.club = entry.history, entry.club_id
        self.borrower, self.step, self.amount = borrower, step, amount
        self.proposer: str | None = None
        self.typist: str | None = None
        """Who typed the request for them."""
        self.approver: str | None = None
        self.guarantors: tuple[str, ...] = ()
        self.terms = ""
        self.regulation: int | None = None
        self.disbursed_on: str | None = None
        self.settled_on: str | None = None
        self.voucher: str | None = None
        self.past = False
        self.rescheduled = False
        self.frozen: list[tuple[str, str]] = []
        """Every freeze, from one day to another."""
        self.came: list[tuple[str, int, int]] = []
        """Day, principal and interest of each repayment, where being late costs something."""
        self.late_carried = self.late_paid = 0
        self.held = 0
        """Paid above the debt and not given back (3388)."""
        self.absorbed: dict[str, int] | None = None
        """Who bears it once written off, less what was recovered."""
        self.lent = 0
        """What was paid out and stands; 0 before the payout and after its reversal."""
        self.outstanding = 0
        self.interest_paid = 0
        self.payments = 0
        """Repayments that stand."""
        self.schedule = ""
        """Rows "day,principal,interest" joined by ";", as the last schedule has them."""
        self.posted = 0
        """Version of the last event with a line of this loan; 0 before the first."""
        self.stepped = 0
        """Version of the last event that said something of the loan besides money."""
        self.took_step(entry)

    def took_step(self, entry: Entry) -> None:
        self.stepped = entry.version
        self.touched(entry)

    def touched(self, entry: Entry) -> None:
        self.event_id, self.position = entry.event_id, entry.position


def written(instalments: Iterable[dict[str, Any]]) -> str:
    return ";".join(f"{r['due_on']},{r['principal']},{r['interest']}" for r in instalments)


Row = tuple[str, int, int]
"""One row of a schedule: due day, principal, interest."""


def rows(instalments: Iterable[dict[str, Any]]) -> list[Row]:
    return [(r["due_on"], r["principal"], r["interest"]) for r in instalments]


def rows_of(loan: Loan) -> list[Row]:
    parts = (row.split(",") for row in loan.schedule.split(";") if row)
    return [(due_on, int(principal), int(interest)) for due_on, principal, interest in parts]


def freezes(told: Iterable[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(freeze["from_on"], freeze["until"]) for freeze in told]


def parts_of(absorbed: dict[str, Any]) -> dict[str, int]:
    """Every bearer of a loss by name, sources of capital each by its own."""
    plain = {name: amount for name, amount in absorbed.items() if name != "capital"}
    return {**plain, **absorbed.get("capital", {})}


def same_terms(terms: Any) -> str:
    """One text for equal terms, kept once however many loans share them."""
    return sys.intern(json.dumps(terms, sort_keys=True))


def interest_until(loan: Loan, on: str) -> int:
    """Interest scheduled up to the end of a day, in đồng."""
    return sum(interest for due_on, _, interest in rows_of(loan) if due_on <= on)
