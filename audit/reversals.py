"""A reversal is the entry it names with the opposite sign, and no entry is reversed twice."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from audit.check import Check, is_money
from audit.entries import Connection, Entry
from audit.findings import Findings

T = TypeVar("T")

# What has an opposite event of its own, or none.
_FINAL = frozenset(("loans.PeriodClosed", "loans.CashDifferenceSettled"))
_AT_ONCE = 2_000
_NEVER = datetime.min.replace(tzinfo=UTC)
_PAIRS = """
SELECT r.notification_id, r.originator_id::text, r.event_id::text, r.club_id::text, r.state,
       t.notification_id, t.originator_id::text, t.topic, t.state
FROM unnest(%s::bigint[], %s::uuid[]) AS asked(position, target)
     JOIN log.events r ON r.notification_id = asked.position
     LEFT JOIN log.events t ON t.event_id = asked.target
ORDER BY asked.position
"""


class Reversals(Check):
    """Reversals are few: they are kept by position, and read again beside their targets."""

    name = "reversals"

    def __init__(self, findings: Findings, connection: Connection) -> None:
        super().__init__(findings)
        self._connection = connection
        self.reversed: dict[str, int] = {}
        """Event that no longer counts → position of its reversal."""
        self._pairs: list[tuple[int, UUID]] = []
        self._proposals: list[tuple[UUID, Entry]] = []

    def wants(self, topic: str) -> bool:
        return topic in ("loans.EntryReversed", "loans.ReversalProposed")

    def see(self, entry: Entry) -> None:
        target = UUID(entry.body["reverses"])
        if entry.topic == "loans.ReversalProposed":
            self._proposals.append((target, entry._replace(body={})))
            return
        first = self.reversed.setdefault(str(target), entry.position)
        if first != entry.position:
            self.say(
                "reversed-twice",
                f"Bút toán này đã được đảo ở vị trí {first}.",
                entry,
                reverses=str(target),
                first_position=first,
            )
        self._pairs.append((entry.position, target))
        restored = entry.body.get("restores")
        if restored is not None and self.reversed.pop(restored, None) is None:
            self.say("restored-twice", "Bút toán khôi phục vẫn đang có hiệu lực.", entry)

    def end(self) -> None:
        for some in _batches(self._pairs):
            positions, targets = zip(*some, strict=True)
            for row in self._connection.execute(_PAIRS, (list(positions), list(targets))):
                position, history, event_id, club_id, state, *target = row
                body = json.loads(state)
                reversal = Entry(position, history, 0, event_id, club_id, _NEVER, "", "", body)
                self._see_pair(reversal, *target)
        for proposals in _batches(self._proposals):
            rows = self._connection.execute(
                "SELECT event_id FROM log.events WHERE event_id = ANY(%s)",
                ([target for target, _ in proposals],),
            )
            known = {row[0] for row in rows}
            for target, proposal in proposals:
                if target not in known:
                    self._say_unknown(proposal, str(target))

    def _see_pair(
        self,
        entry: Entry,
        at: int | None,
        history: str | None,
        topic: str | None,
        state: bytes | None,
    ) -> None:
        told = entry.body
        if at is None or topic is None or state is None:
            self._say_unknown(entry, told["reverses"])
            return
        if history != entry.history or at > entry.position:
            self.say(
                "reversal-elsewhere",
                "Bút toán bị đảo không đứng trước trong cùng một sổ.",
                entry,
                reverses=told["reverses"],
                at=at,
            )
        if not is_money(topic) or topic in _FINAL:
            self.say("reversal-of-no-entry", f"“{topic}” không phải bút toán.", entry, topic=topic)
            return
        target = json.loads(state)
        facts: dict[str, Any] = {"reverses": told["reverses"], "at": at}
        if told["lines"] != [{**line, "amount": -line["amount"]} for line in target["lines"]]:
            self.say(
                "reversal-lines",
                "Các dòng không phải là dòng đảo dấu của bút toán bị đảo.",
                entry,
                **facts,
            )
        if topic == "loans.EntryReversed":
            first = (target["reverses"], target["reversed_topic"])
            if (told.get("restores"), told.get("restored_topic")) != first:
                self.say(
                    "restores-other", "Bút toán khôi phục ghi sai bút toán gốc.", entry, **facts
                )
        elif "restores" in told:
            self.say("restores-other", "Chỉ đảo một lần đảo mới là khôi phục.", entry, **facts)
        if told["reversed_topic"] != topic:
            self.say("reversal-topic", "Bút toán đảo ghi sai loại bút toán gốc.", entry, **facts)
        if told["occurred_on"] < target["occurred_on"]:
            self.say("reversal-date", "Ngày đảo trước ngày của bút toán bị đảo.", entry, **facts)
        if "import_id" in told:
            origin = target.get("origin") or {}
            if origin.get("import_id") != told["import_id"]:
                self.say("undo-elsewhere", "Bút toán không thuộc lần nhập này.", entry, **facts)
            elif sorted(told.get("freed_vouchers", ())) != sorted(target.get("vouchers", ())):
                self.say("undo-vouchers", "Phiếu trả lại khác phiếu đã dùng.", entry, **facts)

    def _say_unknown(self, entry: Entry, target: str) -> None:
        self.say(
            "reversal-unknown", "Bút toán bị đảo không có trong nhật ký.", entry, reverses=target
        )


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
