"""Which payouts an auditor looks at: drawn by a published seed, the same for whoever draws again.

Each payout gets the number SHA-256(seed, line feed, event id); the smallest are drawn. Whoever has
the bundle and the seed draws the same; whoever chooses the seed before the head is signed, or
lets it come from a public draw afterwards, could not have arranged what is drawn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, LiteralString
from uuid import UUID

from audit.entries import Connection, entries_where
from domain.evidence.decisions import EVIDENCE_ID
from domain.histories import book_of

PAYOUTS = ("loans.LoanDisbursed", "loans.PastLoanEntered")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is drawn from: payouts by club, business period and amount in đồng."""

    club_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    at_least: int | None = None


@dataclass(frozen=True, slots=True)
class Payout:
    event_id: str
    position: int
    club_id: str
    loan_id: str
    amount: int
    occurred_on: str
    from_book: bool

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def payouts(connection: Connection, size: int, wanted: Wanted) -> list[Payout]:
    """Every payout among the first so many events, in their order; reversed ones too."""
    paid: LiteralString = "notification_id <= %s AND topic = ANY(%s)"
    if wanted.club_id is None:
        entries = entries_where(connection, paid, size, list(PAYOUTS))
    else:  # its own history, not the whole log
        book = book_of(wanted.club_id)
        entries = entries_where(
            connection, paid + " AND originator_id = %s", size, list(PAYOUTS), book
        )
    found = []
    for entry in entries:
        body = entry.body
        one = Payout(
            entry.event_id, entry.position, entry.club_id or "", body["loan_id"], body["amount"],
            body["occurred_on"], "origin" in body,
        )  # fmt: skip
        if (
            (wanted.since is None or one.occurred_on >= wanted.since.isoformat())
            and (wanted.until is None or one.occurred_on <= wanted.until.isoformat())
            and (wanted.at_least is None or one.amount >= wanted.at_least)
        ):
            found.append(one)
    return found


def number_of(seed: str, event_id: str) -> bytes:
    return sha256(f"{seed}\n{event_id}".encode()).digest()


def draw(seed: str, count: int, among: Iterable[Payout]) -> list[Payout]:
    """So many of them, in the order of their numbers."""
    return sorted(among, key=lambda one: number_of(seed, one.event_id))[:count]


def coverage(
    connection: Connection, counts: Callable[[Payout], bool] = lambda _: True
) -> dict[str, dict[str, int]]:
    """By club: payouts and đồng in all, how much was drawn, looked at, and found to differ; of
    those payouts that count for whoever asks."""
    every = payouts(connection, 2**62, Wanted())
    by_event = {one.event_id: one for one in every if counts(one)}
    told: dict[str, dict[str, int]] = {}
    for one in by_event.values():
        club = told.setdefault(
            one.club_id,
            dict.fromkeys(("payouts", "amount", "drawn", "drawn_amount", "seen", "differ"), 0),
        )
        club["payouts"] += 1
        club["amount"] += one.amount
    drawn, seen = set[str](), dict[str, str]()
    for entry in entries_where(connection, "originator_id = %s", EVIDENCE_ID):
        if entry.topic == "evidence.SampleDrawn":
            drawn |= set(entry.body["drawn"])
        elif entry.topic == "evidence.FindingNoted":
            seen[entry.body["event_id"]] = entry.body["result"]
    for event_id in drawn & set(by_event):
        club = told[by_event[event_id].club_id]
        club["drawn"] += 1
        club["drawn_amount"] += by_event[event_id].amount
    for event_id, result in seen.items():
        if event_id in by_event:
            club = told[by_event[event_id].club_id]
            club["seen"] += 1
            club["differ"] += result != "agrees"
    return told
