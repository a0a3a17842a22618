"""What events bring to the province's report, told again from their bodies by rules of its own."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from audit.entries import Connection, Entry, streamed
from audit.findings import Findings
from audit.instep import InStep
from audit.rows import Row, Rows

_ROWS = """
SELECT position, string_agg(row, ';' ORDER BY row COLLATE "C")
FROM (SELECT position, concat(fact, '|', event_id, '|', club_id, '|', occurred_on, '|', detail,
             '|', amount, '|', more, '|', subject, '|', loan_id, '|', import_id) AS row
      FROM read.facts) AS told
GROUP BY position ORDER BY position
"""
_CAPITAL = {
    "4111": "state_budget", "4112": "donor_project", "4113": "association",
    "4114": "members", "4115": "benefactor",
}  # fmt: skip
_WITHDRAWALS = ("care.EntryWithdrawn", "clubs.EntryWithdrawn", "clubs.AssociationEntryWithdrawn")
_STEPS = {
    "clubs.ReportSubmitted": ("submitted", "submitted_by"),
    "clubs.ReportReturned": ("returned", "returned_by"),
    "clubs.ReportAccepted": ("accepted", "accepted_by"),
    "clubs.ReportLocked": ("locked", "locked_by"),
}
_BEFORE_ALL = "-infinity"


class Fact(NamedTuple):
    name: str
    subject: str | None = None
    detail: str | None = None
    amount: int | str = 1
    more: int | str | None = None
    loan_id: str | None = None


class Facts(InStep):
    """Of every event its facts; and beside them what stopped counting, plans, places, reports."""

    name = "facts"
    model = "facts"
    table = "facts"
    query = _ROWS

    def __init__(self, findings: Findings, connection: Connection, upto: int) -> None:
        super().__init__(findings, connection, upto)
        self._beside = FactRows(findings, connection)
        self._imported: dict[str, list[str]] = {}
        """Import → its events that have facts."""

    def wants(self, topic: str) -> bool:
        return True

    def see(self, entry: Entry) -> None:
        super().see(entry)
        if entry.position > self._upto:
            return
        if entry.topic == "loans.ImportUndone":
            for event_id in self._imported.pop(entry.body["import_id"], ()):
                self._beside.change(entry, event_id, counts=False, since=_BEFORE_ALL)
        if "origin" in entry.body and self.expected(entry):
            self._imported.setdefault(entry.body["origin"]["import_id"], []).append(entry.event_id)
        self._beside.see(entry)

    def expected(self, entry: Entry) -> str:
        body = entry.body
        import_id = body.get("origin", {}).get("import_id")
        days = map(body.get, ("happened_on", "occurred_on", "valid_from"))
        day = next(filter(None, days), _BEFORE_ALL)
        rows = []
        for fact in _facts(entry):
            of_no_day = fact.name in ("sex", "born")
            told = (
                fact.name, entry.event_id, entry.club_id, _BEFORE_ALL if of_no_day else day,
                fact.detail, fact.amount, fact.more, fact.subject,
                fact.loan_id or body.get("loan_id"), import_id,
            )  # fmt: skip
            rows.append("|".join("" if one is None else str(one) for one in told))
        return ";".join(sorted(rows))

    def compare(self) -> None:
        self._beside.compare()


def _facts(entry: Entry) -> Iterator[Fact]:
    room, _, name = entry.topic.partition(".")
    if room == "clubs":
        yield from _of_club(name, entry.body)
    elif room == "loans":
        yield from _of_money(name, entry.body)
    elif room == "care":
        yield from _of_care(name, entry.body)


def _of_club(name: str, body: dict[str, Any]) -> Iterator[Fact]:
    said = body.get
    match name:
        case "ClubFounded" | "ClubDissolved":
            yield Fact("club" if name == "ClubFounded" else "club_gone", body["club_id"])
        case "MemberJoined":
            yield Fact("member_in", body["person_id"])
        case "MemberLeft":
            yield Fact("member_out", body["person_id"], body["cause"])
        case "PersonRegistered" | "DetailsCorrected":
            if said("sex") is not None:
                yield Fact("sex", body["person_id"], body["sex"])
            if said("birth_year") is not None:
                yield Fact("born", body["person_id"], amount=body["birth_year"])
        case "HouseholdClassCertified":
            yield Fact("class", body["person_id"], body["household_class"])
        case "MeetingHeld":
            yield Fact("meeting", amount=body["head_count"])
        case "ActivityHeld":
            yield Fact("activity", detail=body["kind"], more=said("head_count"))
            yield Fact("area", detail=body["area"])
            if said("value") is not None:
                yield Fact("mobilised", detail=body["kind"], amount=body["value"])
        case "SupportGiven":
            yield Fact("support", body["person_id"], body["kind"], more=said("value"))
        case "TrainingHeld":
            yield Fact("training", body["association_id"], amount=body["delegates"])
        case "MediaItemPublished":
            yield Fact("media", body["association_id"], body["kind"])


def _of_money(name: str, body: dict[str, Any]) -> Iterator[Fact]:
    match name:
        case "CapitalReceived":
            yield Fact("capital", detail=body["source"], amount=body["amount"])
        case "CapitalReturned":
            yield Fact("capital_returned", detail=body["source"], amount=body["amount"])
        case "LoanDisbursed" | "PastLoanEntered":
            yield Fact("loan", body["borrower_id"], amount=body["amount"])
        case "RepaymentReceived" | "PastRepaymentEntered":
            paid, interest = body["principal"], body["interest"]
            yield Fact("repaid", body["borrower_id"], amount=paid, more=interest)
        case "LoanWrittenOff":
            yield Fact("written_off", body["borrower_id"], amount=body["principal"])
        case "CashCounted":
            yield Fact("count", amount=body["counted"], more=body["difference"])
        case "GiftInKindReceived":
            if body.get("estimate") is not None:
                yield Fact("gift", amount=body["estimate"])
        case "OpeningBalancesEntered":
            capital: dict[str, int] = {}
            for line in body["lines"]:
                if (source := _CAPITAL.get(line["account"])) is not None:
                    capital[source] = capital.get(source, 0) - line["amount"]
            for source, amount in capital.items():
                yield Fact("capital", detail=source, amount=amount)
            for loan in body.get("loans", ()):
                owed = loan["amount"]
                yield Fact("opening_loan", loan["borrower_id"], amount=owed, loan_id=loan["id"])


def _of_care(name: str, body: dict[str, Any]) -> Iterator[Fact]:
    match name:
        case "VisitMade":
            yield Fact("visit", body["client_id"], amount=body["time"]["minutes"])
        case "ShiftWorked":
            days = body["time"]["work_days"]
            yield Fact("work", body["person_id"], body["activity"], amount=days)
        case "GroupWorkDone":
            many, days = body["people"], body["work_days"]
            yield Fact("work", detail=body["activity"], amount=days, more=many)
        case "VolunteerEnrolled" | "VolunteerLeft":
            came = name == "VolunteerEnrolled"
            yield Fact("volunteer_in" if came else "volunteer_out", body["person_id"])
        case "ClientEnrolled" | "ClientDischarged":
            came = name == "ClientEnrolled"
            yield Fact("client_in" if came else "client_out", body["client_id"])
        case "VitalsMeasured" | "CheckUpRecorded":
            yield Fact("health", body["person_id"])


class FactRows(Rows):
    """The tables beside the facts, kept in memory: few of their events come in a year."""

    name = "facts"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings, connection)
        self._changes: set[Row] = set()
        self._plans: dict[Row, Row] = {}
        self._rules: dict[Row, Row] = {}
        self._places: dict[Row, Row] = {}
        self._papers: dict[Row, Row] = {}
        self._steps: dict[Row, Row] = {}

    def change(self, entry: Entry, event_id: str, *, counts: bool, since: str) -> None:
        self._changes.add((event_id, entry.position, entry.event_id, counts, since))

    def see(self, entry: Entry) -> None:
        body, topic, at = entry.body, entry.topic, (entry.event_id,)
        said = body.get
        if topic == "loans.EntryReversed":
            # An undone import never was; money that went back went on a day.
            since = _BEFORE_ALL if "import_id" in body else body["occurred_on"]
            self.change(entry, body["reverses"], counts=False, since=since)
            if "restores" in body:
                self.change(entry, body["restores"], counts=True, since=since)
        elif topic in _WITHDRAWALS:
            self.change(entry, body["withdraws"], counts=False, since=_BEFORE_ALL)
        elif topic == "clubs.RegulationAdopted":
            rules = body["rules"]
            late = (rules.get("late_tolerance"), rules.get("late_grace_days"))
            self._rules[entry.club_id, body["version"]] = late
        elif topic in ("clubs.ClubFounded", "clubs.CommuneReassigned"):
            named = tuple(map(said, ("name", "commune", "district", "province")))
            self._places[entry.club_id, entry.position] = (body["occurred_on"], *named)
        elif topic == "clubs.PaperFiguresEntered":
            fields = ("club", "commune", "district", "first_on", "last_on", "figures")
            self._papers[at] = tuple(map(said, fields))
        elif topic in _STEPS:
            step, by = _STEPS[topic]
            handed_in = ("first_on", "last_on", "position", "digest")
            report = (body["association_id"], body["report_id"], step, body["occurred_on"])
            self._steps[at] = (*report, *map(said, handed_in), body[by])
        for loan_id, *plan in _plans(topic, body):
            self._plans[entry.event_id, loan_id] = (entry.club_id, body["occurred_on"], *plan)

    def compare(self) -> None:
        self._compare_changes()
        self._same(
            "loan_plans", self._plans, ("event_id::text", "loan_id::text"),
            ("club_id::text", "occurred_on::text", "regulation", "rescheduled", "frozen"),
        )  # fmt: skip
        self._same(
            "late_rules", self._rules, ("club_id::text", "version"), ("tolerance", "grace_days")
        )
        self._same(
            "club_places", self._places, ("club_id::text", "position"),
            ("since::text", "name", "commune", "district", "province"),
        )  # fmt: skip
        self._same(
            "paper_figures", self._papers, ("event_id::text",),
            ("club", "commune", "district", "first_on::text", "last_on::text", "figures"),
        )  # fmt: skip
        self._same(
            "report_steps", self._steps, ("event_id::text",),
            (
                "association_id::text", "report_id::text", "step", "occurred_on::text",
                "first_on::text", "last_on::text", "known_position", "digest", "person_id::text",
            ),
        )  # fmt: skip

    def _same(
        self, table: str, expected: dict[Row, Row], keys: tuple[str, ...], columns: tuple[str, ...]
    ) -> None:
        names = tuple(key.partition(":")[0] for key in keys)
        self._compare(
            table.replace("_", "-"),
            f"SELECT {', '.join((*keys, *columns))} FROM read.{table}",
            expected,
            keys=len(keys),
            columns=tuple(column.partition(":")[0] for column in columns),
            about=lambda key: dict(zip(names, key, strict=True)),
        )

    def _compare_changes(self) -> None:
        query = """SELECT event_id::text, position, changed_by::text, counts, since::text
                   FROM read.fact_changes"""
        found = set(streamed(self._connection, "fact_changes", query))
        self.rows += len(found)
        for row in sorted(found ^ self._changes):
            event_id, position, _, counts, since = row
            self.say(
                "fact-changes-differ",
                "Bảng các số liệu thôi tính hoặc tính lại không khớp nhật ký.",
                event_id=event_id,
                position=position,
                counts=counts,
                since=since,
                table=row in found,
            )


def _plans(topic: str, body: dict[str, Any]) -> Iterator[Row]:
    """Loan, by-laws, whether it was put off, and its freezes: of every event with instalments."""
    if topic == "loans.OpeningBalancesEntered":
        for loan in body.get("loans", ()):
            yield loan["id"], loan.get("regulation"), None, loan.get("frozen")
    elif topic == "loans.EntryReversed":
        if "loan" in body:
            loan = body["loan"]
            again = "rescheduled_on" in loan
            yield loan["id"], loan.get("regulation"), again, loan.get("frozen")
    elif topic.startswith("loans.") and "loan_id" in body and "instalments" in body:
        put_off = True if topic == "loans.LoanExtended" else None
        yield body["loan_id"], body.get("regulation"), put_off, body.get("frozen")
