"""The list of findings, against what the events themselves say."""

from typing import Any

from audit.check import Check
from audit.entries import Connection, Entry, streamed
from audit.findings import Findings
from audit.reversals import Reversals


class Listed(Check):
    """Every finding and warning of a book's events stands on the list, settled or not."""

    name = "listed-findings"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings)
        self._connection = connection
        self._said: dict[tuple[str, str, str], list[Any]] = {}
        """(Event, kind, code) → position, club, day, topic, where and by whom it was settled."""
        self._settled_by_import: dict[str, list[str]] = {}
        """Import → the settlements of loans it brought: they go with it, without a reversal."""
        self._undone: dict[str, int] = {}

    def wants(self, topic: str) -> bool:
        return topic.startswith("loans.")

    def see(self, entry: Entry) -> None:
        body = entry.body
        if entry.topic == "loans.FindingSettled":
            for kind in ("finding", "warning"):
                row = self._said.get((body["event_id"], kind, body["code"]))
                if row is not None:
                    row[4:] = (entry.position, body["settled_by"])
            return
        if entry.topic == "loans.ImportUndone":
            for event_id in self._settled_by_import.pop(body["import_id"], ()):
                self._undone[event_id] = entry.position
            return
        if entry.topic == "loans.LoanSettled" and body.get("warnings") and body.get("origin"):
            settled = self._settled_by_import.setdefault(body["origin"]["import_id"], [])
            settled.append(entry.event_id)
        for kind in ("finding", "warning"):
            for code in body.get(f"{kind}s", ()):
                self._said[entry.event_id, kind, code] = [
                    entry.position, entry.club_id, body["occurred_on"], entry.topic, None, None,
                ]  # fmt: skip

    def compare(self, reversals: Reversals) -> None:
        gone = reversals.reversed | self._undone
        expected = {key: (*row, gone.get(key[0])) for key, row in self._said.items()}
        rows = streamed(
            self._connection,
            "findings",
            """SELECT event_id::text, kind, code, position, club_id::text, occurred_on::text,
                      topic, settled_at, settled_by::text, reversed_at FROM read.findings""",
        )
        for event_id, kind, code, *found in rows:
            self.rows += 1
            wanted = expected.pop((event_id, kind, code), None)
            if wanted != tuple(found):
                self._say_row("differ", event_id, code, found[0])
        for (event_id, _, code), row in expected.items():
            self._say_row("missing", event_id, code, row[0])

    def _say_row(self, how: str, event_id: str, code: str, position: int) -> None:
        self.say(
            f"findings-{how}",
            f"Danh sách phát hiện không khớp nhật ký ({code}).",
            event_id=event_id,
            position=position,
        )
