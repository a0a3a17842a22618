"""Everybody's story, row by row in step with the log: whom an event concerns, what they received.

The kinds and sums are worked out again here, from the bodies of events and by rules of their own.
"""

from typing import Any

from audit.entries import Connection, Entry, streamed
from audit.findings import Findings
from audit.instep import InStep
from audit.times import business_day

_ROWS = """
SELECT position, string_agg(concat_ws('|', person_id, kind, occurred_on, topic,
           coalesce(received, 0), coalesce(repaid, 0), coalesce(principal, 0),
           coalesce(interest, 0), coalesce(dues, 0), coalesce(value, 0), coalesce(minutes, 0),
           coalesce(work_days::text, '0'), coalesce(days_received::text, '0')), ';'
           ORDER BY person_id)
FROM read.histories GROUP BY position ORDER BY position
"""

_TAKING_BACK = (
    "loans.EntryReversed", "care.EntryWithdrawn", "clubs.EntryWithdrawn",
    "clubs.AssociationEntryWithdrawn", "clubs.PersonEntryWithdrawn",
)  # fmt: skip
_LENT = ("loans.LoanDisbursed", "loans.PastLoanEntered", "loans.ExcessRefunded")
_REPAID = ("loans.RepaymentReceived", "loans.PastRepaymentEntered", "loans.LoanRecovered")
_GUARANTEED = frozenset(
    """LoanRequested LoanApproved LoanDisbursed LoanSettled GuarantorCalled DebtTakenOver
    LoanWithdrawn LoanRejected""".split()
)
_OF_WORK = ("ShiftScheduled", "ShiftWorked", "ShiftCancelled", "GroupWorkDone")
_READINGS = ("VitalsMeasured", "CheckUpRecorded", "InsuranceRecorded")
_VOLUNTEERING = ("VolunteerEnrolled", "VolunteerTrained", "VolunteerLeft")
_OFFICES = ("BoardElected", "StandInNamed", "OfficeHandedOver")
_NOT_OWN = frozenset(
    """ClubFounded RegulationAdopted CommuneReassigned ClubSuspended ClubResumed ClubDissolved
    MeetingHeld MeetingPostponed ActivityHeld SupportGiven CorrectionProposed EntryWithdrawn
    ClubWithdrawn AssociationRegistered TrainingHeld MediaItemPublished PlanAdopted MergeProposed
    AssociationCorrectionProposed AssociationEntryWithdrawn PersonCorrectionProposed""".split()
)
_ABOUT_DATA = (
    "ConsentGiven", "ConsentWithdrawn", "DataRequested", "DataRequestDecided",
    "DataRequestCompleted", "PersonalDataErased",
)  # fmt: skip
_NOT_OF_A_LOAN = frozenset(
    """CapitalReceived DuesReceived IncomeReceived ExpensePaid MoneyMoved FundsTransferred
    CashCounted WorkbookImported ImportUndone ReversalProposed CashDifferenceSettled
    ShortageMadeGood SurplusResolved InterestAllocated BankInterestReceived CapitalReturned
    AdvanceGiven AdvanceSettled GiftInKindReceived GoodsGivenOut PeriodClosed TreasurerHandedOver
    FindingSettled EntryConfirmed AttachmentAdded""".split()
)
# Of two kinds the one that stands first here tells more.
_ORDER = """loans repayments guarantees dues visits_received visits_made shifts help given vitals
care meetings activities consent status duty""".split()


class Stories(InStep):
    name = "stories"
    model = "histories"
    table = "histories"
    query = _ROWS

    def __init__(self, findings: Findings, connection: Connection, upto: int) -> None:
        super().__init__(findings, connection, upto)
        self._connection = connection
        self._changed: set[tuple[str, int, bool]] = set()
        self._imported: dict[str, list[str]] = {}
        """Import → its events that stand in somebody's story."""

    def wants(self, topic: str) -> bool:
        return True

    def see(self, entry: Entry) -> None:
        super().see(entry)
        if entry.position <= self._upto:
            self._see_change(entry)

    def _see_change(self, entry: Entry) -> None:
        body, at = entry.body, entry.position
        if entry.topic in _TAKING_BACK:
            self._changed.add((body.get("reverses") or body["withdraws"], at, False))
            if "restores" in body:
                self._changed.add((body["restores"], at, True))
        elif entry.topic == "loans.ImportUndone":
            for event_id in self._imported.pop(body["import_id"], ()):
                self._changed.add((event_id, at, False))
        if "origin" in body and self.expected(entry):
            self._imported.setdefault(body["origin"]["import_id"], []).append(entry.event_id)

    def compare_changes(self) -> None:
        """What stopped or resumed counting, and where."""
        found = {
            row
            for row in streamed(
                self._connection,
                "history_changes",
                "SELECT event_id::text, position, counts FROM read.history_changes",
            )
        }
        self.rows += len(found)
        for event_id, position, counts in sorted(found ^ self._changed):
            self.say(
                "history-changes-differ",
                "Bảng các mục thôi tính hoặc tính lại không khớp nhật ký.",
                event_id=event_id,
                position=position,
                counts=counts,
                table=(event_id, position, counts) in found,
            )

    def expected(self, entry: Entry) -> str:
        body, topic = entry.body, entry.topic
        if body.get("confidential") or body.get("withdrawn_topic", "").startswith("care.Referral"):
            return ""
        if "import_id" in body and topic not in ("loans.WorkbookImported", "loans.ImportUndone"):
            return ""
        roles: dict[str, list[str]] = {}
        for concern in body.get("concerns", ()):
            if concern["kind"] == "person":
                roles.setdefault(concern["id"], []).append(concern["role"])
        told = body.get("restored_topic") or body.get("reversed_topic")
        told = told or body.get("withdrawn_topic") or topic
        rows = []
        for person, played in sorted(roles.items()):
            kind = min((_kind(told, role) for role in played), key=_ORDER.index)
            figures = "|".join(map(str, _figures(topic, kind, body)))
            days = _days_received(topic, body) if "helped" in played else "0"
            rows.append(f"{person}|{kind}|{_day(entry)}|{topic}|{figures}|{days}")
        return ";".join(rows)


def _kind(topic: str, role: str) -> str:
    room, _, name = topic.partition(".")
    if room == "loans":
        return _kind_of_money(name, role)
    if room == "care":
        return _kind_of_care(name, role)
    return _kind_of_club(name, role)


def _kind_of_money(name: str, role: str) -> str:
    if name == "DuesReceived":
        return "dues" if role in ("payer", "subject", "member") else "duty"
    if name == "GoodsGivenOut":
        return "help" if role in ("subject", "helped", "member", "client") else "duty"
    if role == "guarantor":
        return "guarantees" if name in _GUARANTEED else "duty"
    if role != "borrower" or name in _NOT_OF_A_LOAN:
        return "duty"
    return "repayments" if f"loans.{name}" in _REPAID else "loans"


def _kind_of_care(name: str, role: str) -> str:
    cared_for = role in ("client", "subject", "helped")
    if name in ("VisitMade", "VisitMissed"):
        if cared_for:
            return "visits_received"
        return "visits_made" if role in ("volunteer", "actor") else "duty"
    if name in _OF_WORK:
        if role == "helped" and name != "ShiftCancelled":
            return "help"
        did = role in ("volunteer", "actor", "member", "participant", "subject")
        return "shifts" if did else "duty"
    if name in _READINGS:
        return "vitals" if role in ("subject", "client", "member", "participant") else "duty"
    if name in _VOLUNTEERING:
        return "status" if role in ("subject", "member", "volunteer") else "duty"
    if name in ("CorrectionProposed", "EntryWithdrawn"):
        return "duty"
    return "care" if role in ("client", "subject") else "duty"


def _kind_of_club(name: str, role: str) -> str:
    own, there = role in ("subject", "member"), role in ("participant", "member", "subject")
    if name == "SupportGiven":
        if role in ("subject", "helped", "member", "client"):
            return "help"
        return "given" if role in ("volunteer", "actor", "participant", "officer") else "duty"
    if name == "MeetingHeld":
        return "meetings" if there else "duty"
    if name in ("ActivityHeld", "TrainingHeld"):
        return "activities" if there else "duty"
    if name in _ABOUT_DATA:
        return "consent" if own else "duty"
    if name in _OFFICES:
        return "status" if own or role == "officer" else "duty"
    return "status" if name not in _NOT_OWN and (own or role == "volunteer") else "duty"


def _figures(topic: str, kind: str, body: dict[str, Any]) -> tuple[int | str, ...]:
    """Received, repaid, principal, interest, dues, worth, minutes and work-days."""
    received = body["amount"] if kind == "loans" and topic in _LENT else 0
    principal = interest = repaid = 0
    if kind == "repayments":
        principal, interest = body.get("principal", 0), body.get("interest", 0)
        if topic == "loans.LoanRecovered":
            repaid = body["amount"]
        elif topic in _REPAID:
            repaid = principal + interest + body.get("late_interest", 0) + body.get("excess", 0)
    dues = body["amount"] if kind == "dues" and topic == "loans.DuesReceived" else 0
    worth = body.get("value", body.get("estimate", 0)) if kind in ("help", "given") else 0
    minutes, days = 0, "0"
    if kind != "duty":
        if topic in ("care.VisitMade", "care.ShiftWorked"):
            minutes = body["time"]["minutes"]
        if topic == "care.ShiftWorked":
            days = body["time"]["work_days"]
        elif topic == "care.GroupWorkDone" and kind == "help":
            days = body["work_days"]
    return received, repaid, principal, interest, dues, worth, minutes, days


def _days_received(topic: str, body: dict[str, Any]) -> str:
    if topic == "care.ShiftWorked":
        return str(body["time"]["work_days"])
    return str(body["work_days"]) if topic == "care.GroupWorkDone" else "0"


def _day(entry: Entry) -> str:
    body = entry.body
    if "occurred_on" in body:
        return str(body["occurred_on"])
    if entry.topic == "clubs.HouseholdClassCertified" and "valid_from" in body:
        return str(body["valid_from"])
    return business_day(entry.recorded_at)
