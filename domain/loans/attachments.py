"""Photos and scans that stand by entries of the book."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from domain.errors import Refusal
from domain.events import Role, person
from domain.loans.commands import AttachFile
from domain.loans.events import (
    AttachmentAdded,
    BookEvent,
    CashCounted,
    MoneyEvent,
    Shown,
    TreasurerHandedOver,
    UseChecked,
)
from domain.loans.recorded import Recorded, found
from domain.values import Purpose, SealedFile

_OF_A_BORROWER: tuple[Shown, ...] = ("voucher", "use")


def key_for(story: Sequence[Recorded], command: AttachFile, club_id: UUID) -> tuple[UUID, Purpose]:
    """Whose key seals it: what shows one borrower is theirs, and goes when their name goes; minutes
    and counts are the club's."""
    borrowers = {
        concern.id
        for concern in found(story, command.event_id).event.concerns
        if concern.role is Role.BORROWER
    }
    if command.shows in _OF_A_BORROWER and len(borrowers) == 1:
        return borrowers.pop(), Purpose.IDENTITY
    return club_id, Purpose.MEMO


def attach_file(
    story: Sequence[Recorded], command: AttachFile, file: SealedFile, today: date
) -> list[BookEvent]:
    """Hard: by an entry that has such a paper, and the same file once. A closed period does not
    matter: no money moves."""
    target = found(story, command.event_id).event
    if not _has(target, command.shows):
        raise Refusal("no-such-paper", "Bút toán này không có loại giấy tờ đó.")
    if any(
        isinstance(event, AttachmentAdded)
        and (event.event_id, event.file.sha256) == (command.event_id, file.sha256)
        for _, event in story
    ):
        raise Refusal("already-attached", "Tệp này đã kèm theo bút toán rồi.")
    return [
        AttachmentAdded(
            occurred_on=today,
            event_id=command.event_id,
            shows=command.shows,
            file=file,
            attached_by=command.attached_by,
            concerns=(person(command.attached_by, Role.ACTOR),),
        )
    ]


def _has(event: BookEvent, shown: Shown) -> bool:
    match shown:
        case "voucher":
            return isinstance(event, MoneyEvent)
        case "vote":
            return getattr(event, "minutes", None) is not None
        case "count":
            return isinstance(event, (CashCounted, TreasurerHandedOver))
        case "use":
            return isinstance(event, UseChecked)
