"""A second opinion on loans, cash and key figures: plain loops over the raw events of one club.

Day by day and đồng by đồng, with no code of the product: slow, and easy to believe.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import psycopg

PAYOUTS = ("loans.LoanDisbursed", "loans.PastLoanEntered")
PAYMENTS = ("loans.RepaymentReceived", "loans.PastRepaymentEntered")


@dataclass(frozen=True)
class Raw:
    position: int
    event_id: str
    recorded_at: datetime
    topic: str
    on: date
    body: dict[str, Any]


@dataclass
class Story:
    """One loan as the events tell it; `paid` holds (day, position, principal, interest)."""

    step: str
    amount: int
    approved: int = 0
    regulation: int = 0
    schedule: list[dict[str, Any]] = field(default_factory=list)
    paid: list[tuple[date, int, int, int]] = field(default_factory=list)
    lent: list[tuple[date, int]] = field(default_factory=list)

    def balance(self, on: date) -> int:
        lent = sum(amount for day, amount in self.lent if day <= on)
        return lent - sum(principal for day, _, principal, _ in self.paid if day <= on)


def raw_events(connection: psycopg.Connection[Any], club_id: UUID) -> list[Raw]:
    rows = connection.execute(
        """SELECT notification_id, event_id::text, recorded_at, topic, state FROM log.events
           WHERE club_id = %s AND topic LIKE 'loans.%%' ORDER BY notification_id""",
        (club_id,),
    )
    found = []
    for position, event_id, recorded_at, topic, state in rows:
        body = json.loads(bytes(state))
        on = date.fromisoformat(body["occurred_on"])
        found.append(Raw(position, event_id, recorded_at, topic, on, body))
    return found


def visible(events: list[Raw], as_of: date, known_at: datetime | None) -> list[Raw]:
    return [e for e in events if e.on <= as_of and (known_at is None or e.recorded_at <= known_at)]


def stories(events: list[Raw]) -> dict[str, Story]:
    by_id = {e.event_id: e for e in events}
    told: dict[str, Story] = {}
    for e in events:
        b = e.body
        if e.topic == "loans.LoanRequested":
            told[b["loan_id"]] = Story("requested", b["amount"], regulation=b["regulation"])
        elif e.topic == "loans.LoanApproved":
            loan = told[b["loan_id"]]
            loan.step, loan.amount, loan.approved = "approved", b["amount"], b["amount"]
        elif e.topic == "loans.LoanRejected":
            told[b["loan_id"]].step = "rejected"
        elif e.topic in PAYOUTS:
            loan = told.setdefault(b["loan_id"], Story("", 0))
            loan.step, loan.amount, loan.schedule = "disbursed", b["amount"], b["instalments"]
            loan.lent.append((e.on, b["amount"]))
        elif e.topic in PAYMENTS:
            paid = (e.on, e.position, b["principal"], b["interest"])
            told[b["loan_id"]].paid.append(paid)
        elif e.topic == "loans.LoanSettled":
            told[b["loan_id"]].step = "settled"
        elif e.topic == "loans.EntryReversed":
            gone = by_id[b["reverses"]]
            if gone.topic == "loans.EntryReversed":
                back = by_id[gone.body["reverses"]]
                if back.topic in PAYMENTS:
                    loan = told[back.body["loan_id"]]
                    paid = (e.on, e.position, back.body["principal"], back.body["interest"])
                    loan.paid.append(paid)
                elif back.topic in PAYOUTS:
                    loan = told[back.body["loan_id"]]
                    loan.lent.append((e.on, back.body["amount"]))
                    loan.step, loan.amount = "disbursed", back.body["amount"]
                    loan.schedule = back.body["instalments"]
            elif gone.topic in PAYMENTS:
                loan = told[gone.body["loan_id"]]
                loan.paid.append(
                    (e.on, e.position, -gone.body["principal"], -gone.body["interest"])
                )
                loan.step = "disbursed"
            elif gone.topic in PAYOUTS:
                loan = told[gone.body["loan_id"]]
                loan.lent.append((e.on, -gone.body["amount"]))
                past = gone.topic == "loans.PastLoanEntered"
                loan.step = "withdrawn" if past else "approved"
                loan.amount, loan.schedule = loan.approved or loan.amount, []
    for loan in told.values():
        if loan.step == "settled" and loan.balance(date.max):
            loan.step = "disbursed"
    return told


def days_late(loan: Story, on: date, tolerance: int, grace: int) -> int:
    """Pays the instalments one by one, the oldest first; the first that stays short is late."""
    if loan.step != "disbursed":
        return 0
    principal = sum(p for _, _, p, _ in loan.paid)
    interest = sum(i for _, _, _, i in loan.paid)
    short = 0
    for row in loan.schedule:
        due = date.fromisoformat(row["due_on"])
        if due >= on:
            return 0
        for name in ("principal", "interest"):
            left = principal if name == "principal" else interest
            used = min(left, row[name])
            short += row[name] - used
            if name == "principal":
                principal -= used
            else:
                interest -= used
        if short > tolerance:
            days = (on - due).days
            return days if days > grace else 0
    return 0


def cash(events: list[Raw], fund: str | None = None) -> list[tuple[date, bool, int, int, int]]:
    """(day, is a payment, position, line, amount) of account 111, as a cash book is kept."""
    found = [
        (e.on, line["amount"] < 0, e.position, n, line["amount"])
        for e in events
        for n, line in enumerate(e.body.get("lines", ()))
        if line["account"] == "111" and fund in (None, line["fund"])
    ]
    return sorted(found)


def figures(
    events: list[Raw], since: date, on: date, rules: dict[int, tuple[int, int]]
) -> dict[str, tuple[int, int, Fraction | None]]:
    """Every figure as (numerator, denominator, value); `rules` = (tolerance, grace) by version."""
    told = stories(events).values()
    loans = [s for s in told if s.step in ("disbursed", "settled")]
    late = [(days_late(s, on, *rules[s.regulation]), s.balance(on)) for s in loans]
    total = sum(balance for _, balance in late)
    found: dict[str, tuple[int, int, Fraction | None]] = {}

    def say(name: str, upper: int, lower: int, days: int = 1) -> None:
        found[name] = (upper, lower, Fraction(upper * days, lower) if lower > 0 else None)

    limits = {"current": (0, 0), "1-30": (1, 30), "31-90": (31, 90), "91-180": (91, 180)}
    for name, (low, high) in (limits | {"over-180": (181, 10**6)}).items():
        say(f"ageing_{name}", sum(b for d, b in late if low <= d <= high), total)
    for days in (30, 90):
        risky = sum(b for d, b in late if d > days)
        for suffix in ("", "_without_rescheduled", "_with_written_off"):
            say(f"par{days}{suffix}", risky, total)

    due = collected = arrears = recovered = 0
    for s in loans:
        by_day: dict[date, dict[date, int]] = defaultdict(dict)
        for day in (since - timedelta(days=1), on):
            left = sum(p for paid_on, _, p, _ in s.paid if paid_on <= day)
            for row in s.schedule:
                used = min(max(left, 0), row["principal"])
                left -= used
                falls = date.fromisoformat(row["due_on"])
                by_day[day][falls] = by_day[day].get(falls, 0) + used
        for row in s.schedule:
            falls = date.fromisoformat(row["due_on"])
            if since <= falls <= on:
                due += row["principal"]
            elif falls < since:
                arrears += row["principal"]
        before, after = by_day[since - timedelta(days=1)], by_day[on]
        collected += sum(paid for falls, paid in after.items() if since <= falls <= on)
        already = sum(paid for falls, paid in before.items() if falls < since)
        arrears -= already
        recovered += sum(paid for falls, paid in after.items() if falls < since) - already
    say("collection_rate", collected, due)
    say("arrears_recovered", recovered, arrears)

    worth = given = 0
    for e in events:
        for line in e.body.get("lines", ()):
            if line["fund"] == "loan":
                if line["account"] in ("111", "112", "1283", "1368", "3368", "3388", "515", "4118"):
                    worth += line["amount"]
                elif line["account"].startswith("411"):
                    given -= line["amount"]
    kept_capital = worth - sum(b for d, b in late if d > 90)
    say("capital_preserved", kept_capital, given)
    say("fund_erosion", given - kept_capital, given)

    # A payout that was taken back later stood on the days between, as the ledger has it.
    interest = sum(i for s in told for day, _, _, i in s.paid if day >= since)
    days = [since + timedelta(days=n) for n in range((on - since).days + 1)]
    say("portfolio_yield", interest, sum(s.balance(d) for s in told for d in days), len(days))
    return found
