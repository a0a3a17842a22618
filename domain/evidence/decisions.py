"""What may happen to the evidence: keys follow one another, findings name what was drawn."""

from datetime import date
from typing import Literal, assert_never
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.evidence.events import (
    AccessLogSealed,
    EvidenceEvent,
    FindingNoted,
    SampleDrawn,
    SigningKeyMade,
    SigningKeyRotated,
)
from domain.histories import Kind
from domain.values import Code, Day, Id, Immutable, Sealed

EVIDENCE_ID = UUID("6f1d0a52-0c57-5a0e-9a4b-51e0c0c0e71d")
"""One history in every log: it is about that log."""


class Evidence(Immutable):
    keys: tuple[str, ...] = ()
    """Every key that ever signed, the one that signs now last."""
    samples: dict[UUID, tuple[UUID, ...]] = {}
    access_sealed: date | None = None
    """The last day of the access log that is sealed."""


class NoteFinding(Immutable):
    on: Day
    event_id: Id
    auditor_id: Id
    sample_id: Id | None = None
    result: Literal["agrees", "differs", "not-found"]
    code: Code | None = None
    note: Sealed | None = None


def evolve(state: Evidence | None, event: EvidenceEvent) -> Evidence:
    known = state or Evidence()
    match event:
        case SigningKeyMade():
            return known.model_copy(update={"keys": (*known.keys, event.key)})
        case SigningKeyRotated():
            return known.model_copy(update={"keys": (*known.keys, event.new_key)})
        case SampleDrawn():
            samples = {**known.samples, event.sample_id: event.drawn}
            return known.model_copy(update={"samples": samples})
        case AccessLogSealed():
            return known.model_copy(update={"access_sealed": event.day})
        case FindingNoted():
            return known
        case _:
            assert_never(event)


EVIDENCE = Kind("evidence", 2, Evidence, evolve)


def sign_with(state: Evidence | None, key: str) -> list[EvidenceEvent]:
    """The key a signer has: nothing to say of the one that signs already. Refused: any other one
    than by rotation, for then the old key is lost or somebody else's is at work."""
    keys = state.keys if state else ()
    if not keys:
        return [SigningKeyMade(key=key)]
    if keys[-1] != key:
        raise Refusal(
            "signing-key-differs",
            "Nhật ký này đã có khóa ký khác; hãy khôi phục khóa đó hoặc đổi khóa.",
            known=keys[-1],
        )
    return []


def rotate(state: Evidence | None, new_key: str, *, lost: bool) -> list[EvidenceEvent]:
    keys = state.keys if state else ()
    if not keys:
        return [SigningKeyMade(key=new_key)]
    if new_key in keys:
        raise Refusal("signing-key-known", "Khóa này đã từng ký; hãy tạo khóa mới.")
    return [SigningKeyRotated(old_key=keys[-1], new_key=new_key, lost=lost)]


def seal_access_log(
    state: Evidence | None, day: date, rows: int, digest: str, today: date
) -> list[EvidenceEvent]:
    """Days are sealed in their order, each once and when it is over; one that is sealed already has
    nothing more to say."""
    last = state.access_sealed if state else None
    if day >= today:
        raise Refusal("day-not-over", "Ngày chưa hết nên chưa niêm phong được.")
    if last is not None and day <= last:
        return []
    return [AccessLogSealed(day=day, rows=rows, digest=digest)]


def note_finding(state: Evidence | None, command: NoteFinding, today: date) -> list[EvidenceEvent]:
    not_in_the_future(command.on, today)
    if command.sample_id is not None:
        drawn = state.samples.get(command.sample_id, ()) if state else ()
        if command.event_id not in drawn:
            raise Refusal("not-in-sample", "Sự kiện này không có trong mẫu kiểm toán.")
    if command.result != "agrees" and command.code is None and command.note is None:
        raise Refusal("finding-unsaid", "Hãy ghi rõ khác ở chỗ nào.")
    return [
        FindingNoted(
            occurred_on=command.on,
            event_id=command.event_id,
            auditor_id=command.auditor_id,
            sample_id=command.sample_id,
            result=command.result,
            code=command.code,
            note=command.note,
        )
    ]
