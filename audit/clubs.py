"""Clubs, their boards and their cash counts, as raw events tell them."""

from typing import Any

from audit.check import Check
from audit.entries import Entry
from audit.findings import Findings

Row = tuple[Any, ...]


class Clubs(Check):
    """Clubs and boards as raw events tell them."""

    name = "clubs"

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings)
        self.founded: dict[str, Row] = {}
        self.boards: dict[str, str] = {}
        self.counts: dict[int, tuple[str | None, Row]] = {}
        """Position → import it came with, and the count; an undone import takes its own back."""

    def wants(self, topic: str) -> bool:
        return topic in (
            "clubs.ClubFounded",
            "clubs.ClubWithdrawn",
            "clubs.BoardElected",
            "loans.CashCounted",
            "loans.ImportUndone",
        )

    def see(self, entry: Entry) -> None:
        body = entry.body
        if entry.topic.startswith("loans."):
            self._see_count(entry)
            return
        if not entry.history == entry.club_id == body["club_id"]:
            self.say("club-id", "Sự kiện ghi câu lạc bộ khác hồ sơ của nó.", entry)
        match entry.topic:
            case "clubs.ClubFounded":
                place = ("name", "village", "commune", "province", "decision")
                self.founded[entry.history] = (
                    *(body.get(column) for column in place),
                    body["occurred_on"],
                    body.get("meeting_day"),
                )
            case "clubs.ClubWithdrawn":
                self.founded.pop(entry.history, None)
            case "clubs.BoardElected":
                holders = sorted((h["office"], h["person_id"]) for h in body["holders"])
                since = body["occurred_on"]
                self.boards[entry.history] = ";".join(f"{o},{p},{since}" for o, p in holders)

    def _see_count(self, entry: Entry) -> None:
        body = entry.body
        if entry.topic == "loans.ImportUndone":
            undone = body["import_id"]
            self.counts = {at: c for at, c in self.counts.items() if c[0] != undone}
            return
        figures = (body["counted"], body["expected"], body["difference"])
        row = (entry.event_id, entry.club_id, body["occurred_on"], body.get("at"), *figures)
        self.counts[entry.position] = ((body.get("origin") or {}).get("import_id"), row)
