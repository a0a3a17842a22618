"""The access log against the days that were sealed: no row was changed, added or taken."""

import hashlib
from typing import Any

from audit.check import Check
from audit.entries import Connection, Entry, streamed
from audit.findings import Findings

SEALED = "evidence.AccessLogSealed"

# The form of a row is the seal's (store/readings.py); it is made here by SQL, there by Python.
_ROWS = """
    SELECT (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date::text,
           concat_ws(E'\t', id, (extract(epoch FROM at) * 1000000)::bigint, kind,
                     coalesce(person_id::text, ''), array_to_string(subject_ids, ','), purpose,
                     what, coalesce(request_id::text, '')) || E'\n'
    FROM access.log ORDER BY id"""


class AccessLog(Check):
    name = "access-log"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings)
        self._connection = connection
        self._sealed: dict[str, Entry] = {}

    def wants(self, topic: str) -> bool:
        return topic == SEALED

    def see(self, entry: Entry) -> None:
        day = entry.body["day"]
        if day in self._sealed:
            self.say("sealed-twice", "a day of the access log was sealed twice", entry, day=day)
        self._sealed.setdefault(day, entry)

    def end(self) -> None:
        found = self._days()
        for day, entry in self._sealed.items():
            rows, digest = found.pop(day, (0, hashlib.sha256().hexdigest()))
            if (rows, digest) != (entry.body["rows"], entry.body["digest"]):
                self.say(
                    "access-log-differs",
                    "the access log of a sealed day is not what was sealed",
                    entry,
                    day=day,
                    sealed_rows=entry.body["rows"],
                    rows=rows,
                )
        last = max(self._sealed, default="")
        for day, (rows, _) in found.items():
            if day < last:
                self.say(
                    "access-log-unsealed",
                    "rows stand in a day that was passed over",
                    day=day,
                    rows=rows,
                )

    def _days(self) -> dict[str, tuple[int, str]]:
        digests: dict[str, Any] = {}
        counts: dict[str, int] = {}
        for day, line in streamed(self._connection, "access_log", _ROWS):
            digests.setdefault(day, hashlib.sha256()).update(line.encode())
            counts[day] = counts.get(day, 0) + 1
            self.rows += 1
        return {day: (counts[day], digest.hexdigest()) for day, digest in digests.items()}
