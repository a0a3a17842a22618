"""Home care and volunteer days, as raw events tell them and corrections left them."""

from typing import Any

from audit.entries import Connection, Entry
from audit.findings import Findings
from audit.rows import Row, Rows

# Of each table: what stands behind event, club and day. Nothing here is a reading or a note.
_CARE = {
    "care_cases": ("client_id::text", "enrolled", "coordinator_id::text", "cause"),
    "care_plans": (
        "client_id::text", "interval_days", "visits_per_week", "volunteer_ids::text",
        "tasks::text", "review_on::text",
    ),
    "care_assessments": (
        "client_id::text", "instrument", "instrument_version", "assessed_by::text",
    ),
    "visits": (
        "client_id::text", "visit_id::text", "made", "minutes", "urgent", "cause", "next_on::text",
        "volunteer_ids::text", "tasks::text",
    ),
    "referrals": (
        "client_id::text", "referral_id::text", "opened", "receiver", "urgent", "confidential",
        "opened_by::text",
    ),
    "readings": ("client_id::text",),
}  # fmt: skip
_WORK = (
    "source", "activity", "label", "people", "minutes", "work_days::text", "shift_id::text",
)  # fmt: skip


class CareRows(Rows):
    """What counts now: rows taken back, or undone with their import, are left out on both sides."""

    name = "care"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings, connection)
        self._rows: dict[str, dict[str, Row]] = {table: {} for table in _CARE}
        """Table → event → row."""
        self._work: dict[str, dict[Row, Row]] = {}
        """Event → person (or nobody) → what they did."""
        self._at: dict[str, tuple[str, int, str | None]] = {}
        """Event → history, position, club: where to point."""
        self._imports: dict[str, list[str]] = {}

    def wants(self, topic: str) -> bool:
        return topic.startswith("care.") or topic == "loans.ImportUndone"

    def see(self, entry: Entry) -> None:
        body, topic = entry.body, entry.topic
        if topic == "care.EntryWithdrawn":
            self._forget(body["withdraws"])
            return
        if topic == "loans.ImportUndone":
            for event_id in self._imports.pop(body["import_id"], ()):
                self._forget(event_id)
            return
        self._see_care(entry)
        self._see_work(entry)
        self._at[entry.event_id] = (entry.history, entry.position, entry.club_id)
        if "origin" in body:
            self._imports.setdefault(body["origin"]["import_id"], []).append(entry.event_id)

    def _see_care(self, entry: Entry) -> None:
        said = entry.body.get
        match entry.topic:
            case "care.ClientEnrolled" | "care.ClientDischarged":
                enrolled = entry.topic == "care.ClientEnrolled"
                self._keep("care_cases", entry, enrolled, said("coordinator_id"), said("cause"))
            case "care.CarePlanMade":
                often = said("interval_days"), said("visits_per_week")
                who, what = _listed(said("volunteer_ids")), _listed(said("tasks"))
                self._keep("care_plans", entry, *often, who, what, said("review_on"))
            case "care.NeedsAssessed":
                with_what = said("instrument"), said("instrument_version")
                self._keep("care_assessments", entry, *with_what, said("assessed_by"))
            case "care.VisitMade" | "care.VisitMissed":
                made = entry.topic == "care.VisitMade"
                minutes = entry.body["time"]["minutes"] if made else None
                self._keep(
                    "visits", entry, said("visit_id"), made, minutes, said("urgent", False),
                    said("cause"), said("next_on"), _listed(said("volunteer_ids")),
                    _listed(said("tasks")),
                )  # fmt: skip
            case "care.ReferralOpened" | "care.ReferralClosed":
                opened = entry.topic == "care.ReferralOpened"
                self._keep(
                    "referrals", entry, said("referral_id"), opened, said("to"),
                    said("urgent", False), said("confidential", False), said("opened_by"),
                )  # fmt: skip
        if "vitals" in entry.body:
            self._keep("readings", entry)

    def _see_work(self, entry: Entry) -> None:
        body, event_id = entry.body, entry.event_id
        start = (entry.club_id, body["occurred_on"])
        shift_id, label = body.get("shift_id"), body.get("label")
        match entry.topic:
            case "care.VisitMade":
                time = body["time"]
                spent = (time["minutes"], time["work_days"], shift_id)
                did = (*start, "visit", "home_care", None, 1, *spent)
                self._work[event_id] = {(one,): did for one in body["volunteer_ids"]}
            case "care.ShiftWorked":
                time = body["time"]
                spent = (time["minutes"], time["work_days"], shift_id)
                did = (*start, "shift", body["activity"], label, 1, *spent)
                self._work[event_id] = {(body["person_id"],): did}
            case "care.GroupWorkDone":
                many = body["people"]
                minutes = body["time"]["minutes"] * many if "time" in body else None
                spent = (minutes, body["work_days"], None)
                self._work[event_id] = {
                    (None,): (*start, "group", body["activity"], label, many, *spent)
                }

    def _keep(self, table: str, entry: Entry, *said: Any) -> None:
        body = entry.body
        whom = body.get("client_id") or body["person_id"]
        row = (entry.club_id, body["occurred_on"], whom, *said)
        self._rows[table][entry.event_id] = row

    def _forget(self, event_id: str) -> None:
        for kept in self._rows.values():
            kept.pop(event_id, None)
        self._work.pop(event_id, None)

    def compare_care(self) -> None:
        for table, columns in _CARE.items():
            expected = {(event_id,): row for event_id, row in self._rows[table].items()}
            self._same(table, columns, expected)

    def compare_volunteer_days(self) -> None:
        expected = {
            (event_id, *person): did
            for event_id, people in self._work.items()
            for person, did in people.items()
        }
        self._same("volunteer_days", _WORK, expected, "event_id::text", "person_id::text")

    def _same(
        self, table: str, columns: tuple[str, ...], expected: dict[Row, Row], *keys: str
    ) -> None:
        keys = keys or ("event_id::text",)
        columns = ("club_id::text", "occurred_on::text", *columns)
        self._compare(
            table.replace("_", "-"),
            f"SELECT {', '.join((*keys, *columns))} FROM read.{table} WHERE withdrawn_at IS NULL",
            expected,
            keys=len(keys),
            columns=tuple(column.partition(":")[0] for column in columns),
            about=self._about,
        )

    def _about(self, key: Row) -> dict[str, Any]:
        where = self._at.get(key[0])
        if where is None:
            return {"event_id": key[0]}
        history, position, club_id = where
        return {
            "event_id": key[0], "history": history, "position": position, "club_id": club_id,
        }  # fmt: skip


def _listed(several: list[str] | None) -> str:
    """As PostgreSQL writes an array of ids or codes."""
    return "{" + ",".join(several or ()) + "}"
