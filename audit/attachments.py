"""What is kept of photos and scans: each is there, and is what its event says."""

from audit.check import Check
from audit.entries import Connection, Entry
from audit.findings import Findings


class Attachments(Check):
    """The hash is taken anew of what is kept, sealed: also where its key was destroyed."""

    name = "attachments"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings)
        self._connection = connection
        self._named: list[tuple[str, Entry]] = []

    def wants(self, topic: str) -> bool:
        return topic == "loans.AttachmentAdded"

    def see(self, entry: Entry) -> None:
        self._named.append((entry.body["file"]["sealed_sha256"], entry))

    def end(self) -> None:
        kept: dict[str, str] = dict(
            self._connection.execute(
                """SELECT encode(digest, 'hex'), encode(sha256(content), 'hex')
                   FROM log.attachments"""
            ).fetchall()
        )
        self.rows = len(kept)
        for digest, entry in self._named:
            if digest not in kept:
                self.say("attachment-missing", "Mất tệp ảnh đã kèm theo bút toán.", entry)
            elif kept[digest] != digest:
                self.say("attachment-changed", "Tệp ảnh đã lưu không còn đúng mã băm.", entry)
