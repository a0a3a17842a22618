"""The log itself: positions without holes, versions in order, a clock that never runs back."""

from datetime import UTC, datetime
from uuid import UUID, uuid5

from audit.check import Check
from audit.entries import Connection, Entry
from audit.findings import Findings
from domain.catalogue import EVENTS

_BEGINNING = datetime.min.replace(tzinfo=UTC)


class LogOrder(Check):
    name = "log"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings)
        self._connection = connection
        self._position = 0
        self._recorded_at = _BEGINNING
        self.versions: dict[str, int] = {}
        """The last version of every history."""
        self._club_of_book: dict[str, str] = {}

    def wants(self, topic: str) -> bool:
        return True

    def see(self, entry: Entry) -> None:
        self._see_place(entry)
        kind = EVENTS.get(entry.topic)
        if kind is None:
            self.say("log-topic", f"Không biết loại sự kiện “{entry.topic}”.", entry)
            return
        version = entry.body.get("v")
        if type(version) is not int or not 1 <= version <= kind.VERSION:
            self.say("log-shape", "Sự kiện không ghi đúng phiên bản mẫu (v).", entry, v=version)
        if entry.topic.startswith("loans."):
            self._see_club(entry)

    def _see_place(self, entry: Entry) -> None:
        if entry.position != self._position + 1:
            self._say_hole(entry)
        self._position = entry.position

        last = self.versions.get(entry.history, 0)
        if entry.version != last + 1:
            self.say(
                "log-version",
                f"Phiên bản {entry.version} của hồ sơ không nối tiếp phiên bản {last}.",
                entry,
                expected=last + 1,
                version=entry.version,
            )
        self.versions[entry.history] = max(last, entry.version)

        if entry.recorded_at < self._recorded_at:
            self.say(
                "log-clock",
                "Thời điểm ghi sổ lùi so với sự kiện trước.",
                entry,
                recorded_at=entry.recorded_at.isoformat(),
                before=self._recorded_at.isoformat(),
            )
        else:
            self._recorded_at = entry.recorded_at

        if not entry.actor.strip():
            self.say("log-actor", "Sự kiện không ghi ai thực hiện.", entry)

    def unreadable(self, entry: Entry, reason: str) -> None:
        self._see_place(entry)
        self.say("log-json", "Nội dung sự kiện không đọc được.", entry, reason=reason)

    def incomplete(self, entry: Entry, check: str, error: Exception) -> None:
        """A check met a field that is missing or of another kind than the event's shape says."""
        self.say(
            "log-fields",
            "Sự kiện thiếu trường hoặc trường sai kiểu.",
            entry,
            by=check,
            reason=f"{type(error).__name__}: {error}",
        )

    def end(self) -> None:
        self._say_double_ids()
        self._say_lost_commands()

    def _say_hole(self, entry: Entry) -> None:
        first, last = self._position + 1, entry.position - 1
        if first <= last:
            message = f"Nhật ký thiếu vị trí {first}" + (f"–{last}." if first < last else ".")
            self.say("log-hole", message, entry, first_missing=first, last_missing=last)
        else:
            self.say("log-double", f"Vị trí {entry.position} có hai sự kiện.", entry)

    def _see_club(self, entry: Entry) -> None:
        """A book belongs to one club, and its id is derived from the club's."""
        club = self._club_of_book.get(entry.history)
        if club is None and entry.club_id is not None:
            club = entry.club_id
            self._club_of_book[entry.history] = club
            if str(uuid5(UUID(club), "book")) != entry.history:
                self.say("log-club", "Sổ không thuộc câu lạc bộ được ghi.", entry)
        elif entry.club_id != club or club is None:
            self.say("log-club", "Sự kiện trong sổ ghi câu lạc bộ khác.", entry, expected=club)

    def _say_double_ids(self) -> None:
        rows = self._connection.execute(
            """SELECT event_id::text, min(notification_id), max(notification_id), count(*)
               FROM log.events GROUP BY event_id HAVING count(*) > 1"""
        )
        for event_id, first, position, times in rows:
            self.say(
                "log-event-id",
                f"Mã sự kiện này đứng ở {times} vị trí.",
                event_id=event_id,
                position=position,
                first=first,
            )

    def _say_lost_commands(self) -> None:
        """A command that was answered must still have the events it was answered with."""
        count = self._connection.execute("SELECT count(*) FROM log.commands").fetchone()
        self.rows += count[0] if count else 0
        rows = self._connection.execute(
            """SELECT c.caller, c.key, c.first_event::text, c.events, e.notification_id,
                      e.originator_id::text
               FROM log.commands c LEFT JOIN log.events e ON e.event_id = c.first_event
               WHERE e.event_id IS NULL OR c.events < 1 OR NOT EXISTS (
                   SELECT FROM log.events last
                   WHERE last.notification_id = e.notification_id + c.events - 1
                     AND last.recorded_at = e.recorded_at AND last.actor = e.actor)"""
        )
        for caller, key, event_id, events, position, history in rows:
            self.say(
                "log-command",
                "Lệnh đã nhận trỏ tới sự kiện không còn trong nhật ký.",
                event_id=event_id,
                history=history,
                position=position,
                caller=caller,
                key=key,
                events=events,
            )
