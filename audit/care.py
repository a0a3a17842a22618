"""Cases, visits, volunteer days and meetings, as raw events tell them and corrections left them."""

from typing import Any

from audit.entries import Connection, Entry
from audit.findings import Findings
from audit.rows import Row, Rows

_TAKING_BACK = ("care.EntryWithdrawn", "clubs.EntryWithdrawn", "clubs.AssociationEntryWithdrawn")


class CareRows(Rows):
    """What counts now: rows taken back, or undone with their import, are left out on both sides."""

    name = "care"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings, connection)
        self._cases: dict[str, Row] = {}
        self._visits: dict[str, Row] = {}
        self._work: dict[str, dict[Row, Row]] = {}
        """Event → person (or nobody) → what they did."""
        self._meetings: dict[str, Row] = {}
        self._at: dict[str, tuple[str, int, str | None]] = {}
        """Event → history, position, club: where to point."""
        self._imports: dict[str, list[str]] = {}

    def wants(self, topic: str) -> bool:
        return topic.startswith("care.") or topic in (
            "clubs.MeetingHeld", "clubs.EntryWithdrawn", "loans.ImportUndone",
        )  # fmt: skip

    def see(self, entry: Entry) -> None:
        body, topic = entry.body, entry.topic
        if topic in _TAKING_BACK:
            self._forget(body["withdraws"])
            return
        if topic == "loans.ImportUndone":
            for event_id in self._imports.pop(body["import_id"], ()):
                self._forget(event_id)
            return
        if not self._keep(entry):
            return
        self._at[entry.event_id] = (entry.history, entry.position, entry.club_id)
        if "origin" in body:
            self._imports.setdefault(body["origin"]["import_id"], []).append(entry.event_id)

    def _keep(self, entry: Entry) -> bool:
        body, event_id = entry.body, entry.event_id
        start = (entry.club_id, body["occurred_on"])
        match entry.topic:
            case "care.ClientEnrolled" | "care.ClientDischarged":
                enrolled = entry.topic == "care.ClientEnrolled"
                self._cases[event_id] = (*start, body["client_id"], enrolled)
            case "care.VisitMade":
                went = ",".join(sorted(body["volunteer_ids"]))
                time = body["time"]
                self._visits[event_id] = (*start, body["client_id"], True, time["minutes"], went)
                did = (*start, "visit", "home_care", 1, time["minutes"], time["work_days"])
                self._work[event_id] = {(one,): did for one in body["volunteer_ids"]}
            case "care.VisitMissed":
                went = ",".join(sorted(body["volunteer_ids"]))
                self._visits[event_id] = (*start, body["client_id"], False, None, went)
            case "care.ShiftWorked":
                time = body["time"]
                did = (*start, "shift", body["activity"], 1, time["minutes"], time["work_days"])
                self._work[event_id] = {(body["person_id"],): did}
            case "care.GroupWorkDone":
                many = body["people"]
                minutes = body["time"]["minutes"] * many if "time" in body else None
                did = (*start, "group", body["activity"], many, minutes, body["work_days"])
                self._work[event_id] = {(None,): did}
            case "clubs.MeetingHeld":
                came = ",".join(sorted(body.get("attended", ())))
                self._meetings[event_id] = (*start, body["head_count"], came)
            case _:
                return False
        return True

    def _forget(self, event_id: str) -> None:
        for kept in (self._cases, self._visits, self._work, self._meetings):
            kept.pop(event_id, None)

    def compare_care(self) -> None:
        self._compare(
            "care-cases",
            """SELECT event_id::text, club_id::text, occurred_on::text, client_id::text, enrolled
               FROM read.care_cases WHERE withdrawn_at IS NULL""",
            {(event_id,): row for event_id, row in self._cases.items()},
            columns=("club_id", "occurred_on", "client_id", "enrolled"),
            about=self._about,
        )
        self._compare(
            "visits",
            """SELECT event_id::text, club_id::text, occurred_on::text, client_id::text, made,
                      minutes, (SELECT coalesce(string_agg(v::text, ',' ORDER BY v), '')
                                FROM unnest(volunteer_ids) AS v)
               FROM read.visits WHERE withdrawn_at IS NULL""",
            {(event_id,): row for event_id, row in self._visits.items()},
            columns=("club_id", "occurred_on", "client_id", "made", "minutes", "volunteer_ids"),
            about=self._about,
        )

    def compare_volunteer_days(self) -> None:
        self._compare(
            "volunteer-days",
            """SELECT event_id::text, person_id::text, club_id::text, occurred_on::text, source,
                      activity, people, minutes, work_days::text
               FROM read.volunteer_days WHERE withdrawn_at IS NULL""",
            {
                (event_id, *person): did
                for event_id, people in self._work.items()
                for person, did in people.items()
            },
            keys=2,
            columns=(
                "club_id", "occurred_on", "source", "activity", "people", "minutes", "work_days",
            ),
            about=self._about,
        )  # fmt: skip

    def compare_activities(self) -> None:
        self._compare(
            "meetings",
            """SELECT event_id::text, club_id::text, occurred_on::text, head_count,
                      (SELECT coalesce(string_agg(v::text, ',' ORDER BY v), '')
                       FROM unnest(attended) AS v)
               FROM read.meetings WHERE withdrawn_at IS NULL""",
            {(event_id,): row for event_id, row in self._meetings.items()},
            columns=("club_id", "occurred_on", "head_count", "attended"),
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
