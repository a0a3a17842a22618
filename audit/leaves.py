"""The Merkle log against the events it was made of: what was signed, and what stands there now."""

from audit.check import Check
from audit.entries import Connection
from audit.evidence.checkpoint import Head, parse_head
from audit.evidence.note import NoteRefused
from audit.evidence.replay import entries_anew, kept_entries, roots_anew
from audit.findings import Findings


class Leaves(Check):
    """Every event up to the newest signed head is what was hashed, and leads to the signed roots.

    It finds what was changed in the events or in the tiles; that a head is the one that was signed
    only somebody who holds it outside can say.
    """

    name = "evidence"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings)
        self._connection = connection

    def end(self) -> None:
        heads = self._heads()
        if not heads:
            return
        self.rows = heads[-1].size
        if not self._say_changed_entry():
            self._say_other_root(heads)

    def _heads(self) -> list[Head]:
        rows = self._connection.execute("SELECT note FROM evidence.checkpoints ORDER BY size")
        heads = []
        for (note,) in rows.fetchall():
            try:
                heads.append(parse_head(note.split("\n\n")[0] + "\n")[0])
            except NoteRefused:
                self.say("evidence-head", "Một đầu nhật ký đã lưu không đọc được.")
        return heads

    def _say_changed_entry(self) -> bool:
        """The first event that is not the entry that was hashed; every later one may follow it."""
        kept = kept_entries(self._connection)
        position = 0
        for stretch in entries_anew(self._connection, self.rows):
            for entry in stretch:
                position += 1
                if next(kept, None) != entry:
                    self._say_at(
                        position,
                        "evidence-event",
                        "Sự kiện ở vị trí này không còn là sự kiện đã băm vào nhật ký.",
                    )
                    return True
        if position < self.rows:
            self._say_at(position + 1, "evidence-missing", "Mất sự kiện đã ký từ vị trí này.")
        return position < self.rows

    def _say_other_root(self, heads: list[Head]) -> None:
        """Entries and events agree, but not with what was signed: it lies between two heads."""
        before = 0
        for head, root in zip(heads, roots_anew(self._connection, heads), strict=True):
            if root != head.root:
                self._say_at(
                    before + 1,
                    "evidence-root",
                    f"Gốc tính lại khác gốc đã ký: chỗ sai nằm trong vị trí {before + 1}–"
                    f"{head.size}.",
                    last=head.size,
                )
                return
            before = head.size

    def _say_at(self, position: int, code: str, message: str, last: int | None = None) -> None:
        row = self._connection.execute(
            """SELECT event_id::text, originator_id::text, club_id::text FROM log.events
               WHERE notification_id = %s""",
            (position,),
        ).fetchone()
        event_id, history, club_id = row or (None, None, None)
        self.say(
            code, message, event_id=event_id, history=history, club_id=club_id, position=position,
            last=last or position,
        )  # fmt: skip
