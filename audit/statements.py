"""What was stated of clubs and people, with two times, and what they did, as raw events tell it."""

from typing import Any

from audit.entries import Connection, Entry
from audit.findings import Findings
from audit.rows import Row, Rows

_STATUS = {
    "clubs.ClubSuspended": "suspended",
    "clubs.ClubResumed": "running",
    "clubs.ClubDissolved": "dissolved",
}
_DOINGS = {
    "clubs.MeetingHeld": ("club_id", "meeting"),
    "clubs.MeetingPostponed": ("club_id", "postponement"),
    "clubs.ActivityHeld": ("club_id", "activity"),
    "clubs.SupportGiven": ("club_id", "support"),
    "clubs.TrainingHeld": ("association_id", "training"),
    "clubs.MediaItemPublished": ("association_id", "media_item"),
    "clubs.PlanAdopted": ("association_id", "plan"),
}


class Statements(Rows):
    """Units, standing, stand-ins, classes, consents, merges and lists; and the rules they keep."""

    name = "statements"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings, connection)
        self._rows: dict[str, dict[Row, Row]] = {
            table: {}
            for table in ("club_units", "club_status", "stand_ins", "class_statements", "consents",
                          "merges", "doings", "associations", "requests")
        }  # fmt: skip
        self._imports: dict[str, list[str]] = {}
        """Import → what it brought of the lists: gone with it."""
        self._consented: set[tuple[str, str]] = set()
        self._proposed: dict[tuple[str, str], str] = {}
        self._asked_by: dict[str, set[str]] = {}

    def wants(self, topic: str) -> bool:
        return topic.startswith("clubs.") or topic == "loans.ImportUndone"

    def see(self, entry: Entry) -> None:
        body, topic = entry.body, entry.topic
        if topic in ("clubs.ClubFounded", "clubs.CommuneReassigned"):
            unit = ("commune", "commune_code", "district", "province")
            self._keep("club_units", entry, body["club_id"], *map(body.get, unit))
        elif topic in _STATUS:
            self._keep("club_status", entry, body["club_id"], _STATUS[topic])
        elif topic == "clubs.StandInNamed":
            self._keep(
                "stand_ins", entry, *map(body.get, ("club_id", "office", "person_id", "until"))
            )
        elif topic == "clubs.HouseholdClassCertified":
            said = ("person_id", "household_class", "valid_from", "year")
            self._rows["class_statements"][entry.position,] = tuple(map(body.get, said))
        elif topic in ("clubs.ConsentGiven", "clubs.ConsentWithdrawn"):
            self._see_consent(entry)
        elif topic.startswith("clubs.DataRequest"):
            self._see_request(entry)
        elif topic in ("clubs.MergeProposed", "clubs.PersonsMerged"):
            self._see_merge(entry)
        elif topic in _DOINGS:
            whose, kind = _DOINGS[topic]
            came = body.get("head_count")
            done = (entry.position, body[whose], kind, body["occurred_on"], came, None)
            self._rows["doings"][entry.event_id,] = done
            if "origin" in body:
                self._imports.setdefault(body["origin"]["import_id"], []).append(entry.event_id)
        elif topic in ("clubs.EntryWithdrawn", "clubs.AssociationEntryWithdrawn"):
            self._take_back(body["withdraws"], entry.position)
        elif topic == "loans.ImportUndone":
            for event_id in self._imports.pop(body["import_id"], ()):
                self._take_back(event_id, entry.position)
        elif topic == "clubs.AssociationRegistered":
            named = tuple(map(body.get, ("name", "level", "province", "commune")))
            self._rows["associations"][body["association_id"],] = named
        elif topic == "clubs.OfficeHandedOver":
            three = {body[who] for who in ("outgoing_id", "incoming_id", "witness_id")}
            if len(three) < 3:
                self.say("hand-over-eyes", "Bàn giao thiếu ba người khác nhau.", entry)

    def _take_back(self, event_id: str, position: int) -> None:
        done = self._rows["doings"].get((event_id,))
        if done and done[-1] is None:
            self._rows["doings"][event_id,] = (*done[:-1], position)

    def _see_consent(self, entry: Entry) -> None:
        body = entry.body
        given = entry.topic == "clubs.ConsentGiven"
        person, purpose = body["person_id"], body["purpose"]
        self._keep("consents", entry, person, purpose, given, body.get("evidence"))
        if not given:
            if (person, purpose) not in self._consented:
                self.say("consent-never-given", "Rút lại điều chưa từng đồng ý.", entry)
            self._consented.discard((person, purpose))
            return
        self._consented.add((person, purpose))
        if body["evidence"] == "fingerprint" and not body.get("witness_id"):
            self.say("consent-unwitnessed", "Điểm chỉ không có người làm chứng.", entry)
        if body.get("given_by") and not body.get("authority"):
            self.say("consent-unauthorised", "Người thân đồng ý thay mà không có giấy.", entry)

    def _see_request(self, entry: Entry) -> None:
        body, rows = entry.body, self._rows["requests"]
        at = (body["request_id"],)
        on = body["occurred_on"]
        if entry.topic == "clubs.DataRequested":
            rows[at] = (body["person_id"], body["kind"], on, None, None, None, None)
            self._asked_by[body["request_id"]] = {body["entered_by"], body["person_id"]}
            return
        if at not in rows:
            self.say("request-unknown", "Giải quyết điều chưa ai yêu cầu.", entry)
            return
        said = rows[at]
        if entry.topic == "clubs.DataRequestDecided":
            rows[at] = (*said[:3], on, body["granted"], body["decided_by"], None)
            if body["decided_by"] in self._asked_by[body["request_id"]]:
                self.say("request-eyes", "Yêu cầu không có người thứ hai quyết định.", entry)
        else:
            rows[at] = (*said[:6], on)

    def _see_merge(self, entry: Entry) -> None:
        body = entry.body
        both = (body["person_id"], body["duplicate_id"])
        if entry.topic == "clubs.MergeProposed":
            self._proposed[both] = body["proposed_by"]
            return
        self._rows["merges"][entry.position,] = both
        approver = body["approved_by"]
        if self._proposed.pop(both, None) != body["proposed_by"]:
            self.say("merge-unproposed", "Gộp hai mã mà chưa ai đề nghị.", entry)
        if approver in (body["proposed_by"], *both):
            self.say("merge-eyes", "Gộp hai mã không có người thứ hai duyệt.", entry)

    def _keep(self, table: str, entry: Entry, *said: Any) -> None:
        self._rows[table][entry.position,] = (*said, entry.body["occurred_on"])

    def compare_club_life(self) -> None:
        self._same(
            "club_units",
            (
                "club_id::text",
                "commune",
                "commune_code",
                "district",
                "province",
                "valid_from::text",
            ),
        )
        self._same("club_status", ("club_id::text", "status", "since::text"))
        self._same(
            "stand_ins",
            ("club_id::text", "office", "person_id::text", "until::text", "since::text"),
        )

    def compare_statements(self) -> None:
        self._same(
            "class_statements", ("person_id::text", "household_class", "valid_from::text", "year")
        )
        self._same(
            "consents", ("person_id::text", "purpose", "given", "evidence", "occurred_on::text")
        )

    def compare_requests(self) -> None:
        self._same(
            "requests",
            (
                "person_id::text",
                "kind",
                "requested_on::text",
                "decided_on::text",
                "granted",
                "decided_by::text",
                "completed_on::text",
            ),
            key="request_id::text",
        )

    def compare_merges(self) -> None:
        self._same("merges", ("person_id::text", "duplicate_id::text"))

    def compare_doings(self) -> None:
        self._same(
            "doings",
            (
                "position",
                "whose::text",
                "kind",
                "occurred_on::text",
                "head_count",
                "withdrawn_at",
            ),
            key="event_id::text",
        )
        self._same(
            "associations", ("name", "level", "province", "commune"), key="association_id::text"
        )

    def _same(self, table: str, columns: tuple[str, ...], key: str = "position") -> None:
        code = table.replace("_", "-")
        self._compare(
            code,
            f"SELECT {key}, {', '.join(columns)} FROM read.{table}",
            dict(self._rows[table]),
            columns=tuple(column.partition(":")[0] for column in columns),
            about=lambda row: {"position": row[0]} if key == "position" else {"event_id": row[0]},
        )
