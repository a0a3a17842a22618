"""What every check is: it sees the events it wants, in their order, and judges at the end."""

from typing import Any, ClassVar

from audit.entries import Entry
from audit.findings import Finding, Findings, Level

# Events of a book that move neither money nor claims; all others carry journal lines.
_WITHOUT_LINES = frozenset(
    f"loans.{name}"
    for name in (
        "CashCounted", "LoanRequested", "LoanAppraised", "LoanApproved", "LoanRejected",
        "LoanSettled", "WorkbookImported", "ImportUndone", "ReversalProposed",
        # beside and after the payout
        "LoanEndorsed", "LoanWithdrawn", "UseChecked", "LoanExtended", "LoanFrozen",
        "LoanUnfrozen", "InterestWaived", "GuarantorCalled", "BalanceConfirmed",
        "BalanceDisputed",
        "GiftInKindReceived", "GoodsGivenOut", "TreasurerHandedOver", "FindingSettled",
        "EntryConfirmed", "AttachmentAdded",
    )
)  # fmt: skip


def is_money(topic: str) -> bool:
    return topic.startswith("loans.") and topic not in _WITHOUT_LINES


def is_from_book(entry: Entry) -> bool:
    """Entered from a paper book, not witnessed (domain.md section 5)."""
    origin = entry.body.get("origin")
    return origin is not None and origin["source"] == "book"


class Check:
    """One family of invariants, recomputed from raw events by a path of its own."""

    name: ClassVar[str]

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.rows = 0
        """Rows looked at besides the events."""

    def wants(self, topic: str) -> bool:
        return False

    def see(self, entry: Entry) -> None:
        """Called for every event whose topic is wanted, in the log's order."""

    def end(self) -> None:
        """Called when the last event was seen."""

    def say(
        self,
        code: str,
        message: str,
        entry: Entry | None = None,
        *,
        level: Level = "finding",
        event_id: str | None = None,
        history: str | None = None,
        position: int | None = None,
        club_id: str | None = None,
        **facts: Any,
    ) -> None:
        if entry is not None:
            event_id, history, position = entry.event_id, entry.history, entry.position
            club_id = entry.club_id
        self.findings.add(
            Finding(self.name, code, message, level, event_id, history, position, club_id, facts)
        )
