"""Snapshots are disposable, but while they stand they must be what a fresh fold says.

The one check that leans on the domain's own fold: a snapshot is a claim about that fold.
"""

from collections.abc import Sequence
from typing import Any

from audit.check import Check
from audit.entries import Connection
from audit.findings import Findings
from domain.histories import Kind
from store.mapper import decode


class Snapshots(Check):
    """Of so many histories, chosen anew each time; `histories=None` takes them all."""

    name = "snapshots"

    def __init__(
        self,
        findings: Findings,
        connection: Connection,
        kinds: Sequence[Kind[Any]],
        histories: int | None,
    ) -> None:
        super().__init__(findings)
        self._connection = connection
        self._kinds = {kind.snapshot_topic: kind for kind in kinds}
        self._histories = histories

    def end(self) -> None:
        chosen = self._connection.execute(
            """SELECT originator_id::text, topic FROM log.snapshots WHERE topic = ANY(%s)
               GROUP BY 1, 2 ORDER BY random() LIMIT %s""",
            (list(self._kinds), self._histories),
        ).fetchall()
        for history, topic in chosen:
            self._see_history(history, self._kinds[topic])

    def _see_history(self, history: str, kind: Kind[Any]) -> None:
        kept = dict(
            self._connection.execute(
                """SELECT originator_version, state FROM log.snapshots
                   WHERE originator_id = %s AND topic = %s""",
                (history, kind.snapshot_topic),
            ).fetchall()
        )
        events = self._connection.execute(
            """SELECT originator_version, notification_id, event_id::text, topic, state
               FROM log.events WHERE originator_id = %s AND originator_version <= %s
               ORDER BY originator_version""",
            (history, max(kept)),
        )
        state: Any = None
        for version, position, event_id, topic, body in events:
            try:
                state = kind.evolve(state, decode(topic, bytes(body)))
            except Exception as error:
                self.say(
                    "snapshot-unfoldable",
                    "Không dựng lại được hồ sơ từ các sự kiện của nó.",
                    event_id=event_id,
                    history=history,
                    position=position,
                    reason=f"{type(error).__name__}: {error}",
                )
                return
            if version in kept:
                self.rows += 1
                if not _same(kind, bytes(kept.pop(version)), state):
                    self.say(
                        "snapshot-differs",
                        f"Bản chụp ở phiên bản {version} khác trạng thái dựng lại.",
                        event_id=event_id,
                        history=history,
                        position=position,
                        version=version,
                    )
        for version in kept:
            self.say(
                "snapshot-ahead",
                f"Bản chụp ở phiên bản {version} không có sự kiện nào tương ứng.",
                history=history,
                version=version,
            )


def _same(kind: Kind[Any], kept: bytes, state: Any) -> bool:
    try:
        found = kind.state.model_validate_json(kept)
    except ValueError:
        return False
    return bool(found == state)
