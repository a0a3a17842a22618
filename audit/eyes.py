"""Four eyes, by person (domain.md section 4); a past book never claims them.

Two ids that a later merge made one human being are a warning where they held two roles: nobody
could know it then, nothing can undo it, and a backup with it has to be restorable.
"""

from contextlib import suppress
from typing import NamedTuple

from audit.check import Check, is_from_book
from audit.entries import Connection, Entry, entries_where
from audit.findings import Findings
from audit.loan import Loan
from audit.loans import Loans
from audit.people import People

# Beside and after the payout: what a vote grants, and who may not be the borrower.
_VOTED = frozenset(
    f"loans.{name}"
    for name in (
        "LoanExtended", "LoanFrozen", "LoanUnfrozen", "InterestWaived", "DebtTakenOver",
        "LoanWrittenOff", "LossBorneByCapital",
    )
)  # fmt: skip
_APART = {
    "loans.LoanEndorsed": "endorsed_by",
    "loans.UseChecked": "checked_by",
    "loans.ExcessRefunded": "paid_by",
    "loans.LoanRecovered": "received_by",
    "loans.BalanceConfirmed": "witness_id",
    "loans.BalanceDisputed": "witness_id",
}


# What is no money is taken back in its own history.
_PROPOSED = frozenset(
    {
        *("care.CorrectionProposed", "clubs.CorrectionProposed"),
        *("clubs.AssociationCorrectionProposed", "clubs.PersonCorrectionProposed"),
    }
)
_WITHDRAWN = frozenset(
    {
        *("care.EntryWithdrawn", "clubs.EntryWithdrawn"),
        *("clubs.AssociationEntryWithdrawn", "clubs.PersonEntryWithdrawn"),
    }
)


class Proposal(NamedTuple):
    by: str
    typist: str | None


class FourEyes(Check):
    """Proposer, approver and payer are three people, none of whom gains by the loan."""

    name = "four-eyes"

    def __init__(
        self, findings: Findings, connection: Connection, loans: Loans, people: People
    ) -> None:
        super().__init__(findings)
        self._merged = _merged(connection)
        self._loans = loans.loans
        self._people = people
        self._proposals: dict[str, Proposal] = {}
        """By the event that shall no longer count."""

    def wants(self, topic: str) -> bool:
        return topic in (
            "loans.OpeningBalancesEntered",
            "loans.CashCounted",
            "loans.LoanRequested",
            "loans.LoanAppraised",
            "loans.LoanApproved",
            "loans.LoanDisbursed",
            "loans.RepaymentReceived",
            "loans.ReversalProposed",
            "loans.EntryReversed",
            *_VOTED,
            *_APART,
            *_PROPOSED,
            *_WITHDRAWN,
        )

    def see(self, entry: Entry) -> None:
        if is_from_book(entry):
            return
        body = entry.body
        match entry.topic:
            case "loans.OpeningBalancesEntered":
                self._see_signatures(entry, 2)
            case "loans.CashCounted":
                self._see_signatures(entry, 3)
            case "loans.ReversalProposed":
                self._propose(entry, body["reverses"])
            case "loans.EntryReversed":
                self._see_reversal(entry)
            case topic if topic in _PROPOSED:
                self._propose(entry, body["corrects"])
            case topic if topic in _WITHDRAWN:
                proposed = self._proposals.pop(body["withdraws"], None)
                if proposed and "approved_by" in body:
                    self._see_agreed(entry, proposed)
            case _:
                loan = self._loans.get(body["loan_id"])
                if loan is not None:
                    self._see_loan(entry, loan)

    def _see_loan(self, entry: Entry, loan: Loan) -> None:
        body = entry.body
        match entry.topic:
            case "loans.LoanRequested":
                for guarantor in loan.guarantors:
                    self._differs(entry, "guarantor", guarantor, borrower=loan.borrower)
            case "loans.LoanAppraised":
                self._differs(entry, "appraiser", body["appraised_by"], borrower=loan.borrower)
            case "loans.LoanApproved":
                approver = body["approved_by"]
                self._differs(
                    entry,
                    "approver",
                    approver,
                    proposer=loan.proposer,
                    typist=loan.typist,
                    borrower=loan.borrower,
                )
                for guarantor in loan.guarantors:
                    self._differs(entry, "approver", approver, guarantor=guarantor)
                if approver != loan.borrower and self._people.share_household(
                    approver, loan.borrower
                ):
                    self._say(entry, "approver", approver, "household")
            case "loans.LoanDisbursed":
                self._differs(
                    entry,
                    "payer",
                    body["paid_by"],
                    proposer=loan.proposer,
                    approver=loan.approver,
                    borrower=loan.borrower,
                )
                self._see_confirmed(entry, loan)
            case "loans.RepaymentReceived":
                self._differs(entry, "receiver", body["received_by"], borrower=loan.borrower)

            case topic if topic in _VOTED:
                self._see_vote(entry, loan)
            case topic if topic in _APART:
                # After a takeover the event's own borrower is who was paid back then.
                self._differs(entry, _APART[topic], body[_APART[topic]], borrower=loan.borrower)

    def _see_confirmed(self, entry: Entry, loan: Loan) -> None:
        """What breaks a club rule stands by a second person who has no part in it."""
        body = entry.body
        confirmed = body.get("confirmed_by") or ()
        if body.get("findings") and not confirmed:
            self.say("finding-unconfirmed", "Chưa có người thứ hai xác nhận.", entry)
        for who in confirmed:
            self._differs(entry, "confirmer", who, payer=body["paid_by"], borrower=loan.borrower)
            for guarantor in loan.guarantors:
                self._differs(entry, "confirmer", who, guarantor=guarantor)

    def _see_vote(self, entry: Entry, loan: Loan) -> None:
        body, approver = entry.body, entry.body["approved_by"]
        borrower = body.get("borrower_id", loan.borrower)
        self._differs(entry, "approver", approver, proposer=body["proposed_by"], borrower=borrower)
        for guarantor in loan.guarantors:
            self._differs(entry, "approver", approver, guarantor=guarantor)
        debtor = body.get("debtor_id")
        for owing in (borrower, debtor):
            if owing and owing != approver and self._people.share_household(approver, owing):
                self._say(entry, "approver", approver, "household")
        self._differs(entry, "approver", approver, debtor=debtor)

    def _see_reversal(self, entry: Entry) -> None:
        body = entry.body
        proposed = self._proposals.pop(body["reverses"], None)
        if "import_id" in body:
            return
        proposer, approver = body.get("proposed_by"), body.get("approved_by")
        if proposer is None or approver is None or proposed is None or proposer != proposed.by:
            self.say(
                "reversal-unapproved",
                "Bút toán đảo không có người đề nghị và người duyệt hợp lệ.",
                entry,
                proposed_by=proposer,
                approved_by=approver,
                proposal_by=proposed and proposed.by,
            )
        else:
            self._see_agreed(entry, proposed)

    def _propose(self, entry: Entry, target: str) -> None:
        body = entry.body
        self._proposals[target] = Proposal(body["proposed_by"], body.get("recorded_by"))

    def _see_agreed(self, entry: Entry, proposed: Proposal) -> None:
        """Neither who agrees nor who types that has proposed it, or typed the proposal."""
        body, others = entry.body, {"proposer": proposed.by, "typist": proposed.typist}
        self._differs(entry, "approver", body["approved_by"], **others)
        if "recorded_by" in body:
            self._differs(entry, "clerk", body["recorded_by"], **others)

    def _see_signatures(self, entry: Entry, needed: int) -> None:
        signed = set(entry.body.get("signed_by", ()))
        if len(signed) < needed:
            self.say(
                "too-few-signatures",
                f"Cần {needed} người ký khác nhau, chỉ có {len(signed)}.",
                entry,
                signed_by=sorted(signed),
            )
        elif len({self._merged.get(person, person) for person in signed}) < needed:
            self._say_merged(entry, "signatory", min(signed), "signatory")

    def _differs(self, entry: Entry, role: str, person: str, **others: str | None) -> None:
        one = self._merged.get(person, person)
        for other_role, other in others.items():
            if person == other:
                self._say(entry, role, person, other_role)
            elif other is not None and one == self._merged.get(other, other):
                self._say_merged(entry, role, person, other_role)

    def _say(self, entry: Entry, role: str, person: str, other_role: str) -> None:
        self.say(
            "same-person",
            f"Một người giữ hai vai không được trùng: {role} và {other_role}.",
            entry,
            person_id=person,
            role=role,
            other_role=other_role,
        )

    def _say_merged(self, entry: Entry, role: str, person: str, other_role: str) -> None:
        self.say(
            "merge-same-person",
            f"Hai mã đã gộp là một người, giữ cả hai vai: {role} và {other_role}.",
            entry,
            level="warning",
            person_id=person,
            role=role,
            other_role=other_role,
        )


def _merged(connection: Connection) -> dict[str, str]:
    """Each id that was merged → the id that goes on, whenever that was.

    What cannot be read here is said where the log itself is walked.
    """
    into: dict[str, str] = {}
    with suppress(ValueError, TypeError, KeyError):
        for entry in entries_where(connection, "topic = 'clubs.MergedInto'"):
            into[entry.body["person_id"]] = entry.body["into_id"]
    goes_by: dict[str, str] = {}
    for person in into:
        met = {person}
        last = into[person]
        while last in into and last not in met:
            met.add(last)
            last = into[last]
        goes_by[person] = last
    return goes_by
