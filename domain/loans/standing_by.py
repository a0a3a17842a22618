"""Who stands by what: entries confirmed by those who acted, findings settled by others."""

from collections.abc import Callable, Collection, Sequence
from datetime import date
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import Dated, Role, person
from domain.loans.book import Book
from domain.loans.commands import ConfirmEntry, Moment, SettleFinding
from domain.loans.events import BookEvent, EntryConfirmed, FindingSettled, LoanApproved
from domain.loans.loan import Loan
from domain.loans.recorded import Recorded, acted_in, found, made_by


def confirm_entry(
    book: Book | None, story: Sequence[Recorded], command: ConfirmEntry, moment: Moment
) -> list[BookEvent]:
    """Hard: only who acted in it confirms, each once, and never who typed it for them."""
    not_in_the_future(command.occurred_on, moment.today)
    target = found(story, command.event_id).event
    acted_as = moment.ids(command.confirmed_by) & acted_in(target)
    if not acted_as:
        raise Refusal("not-an-actor", "Chỉ người đã thực hiện mới xác nhận việc này.")
    waiting = acted_as - _confirmed(story).get(command.event_id, set())
    if not waiting:
        raise Refusal("already-confirmed", "Người này đã xác nhận rồi.")
    return [
        confirmed_at_once(command.event_id, acted_under, command.occurred_on)
        for acted_under in sorted(waiting)
    ]


def confirmed_at_once(event_id: UUID, confirmed_by: UUID, on: date) -> EntryConfirmed:
    """What a second hand says who is there when the entry is made."""
    return EntryConfirmed(
        occurred_on=on,
        event_id=event_id,
        confirmed_by=confirmed_by,
        concerns=(person(confirmed_by, Role.SIGNATORY),),
    )


def refuse_payer(
    loan: Loan | None, story: Callable[[], Sequence[Recorded]], hands: Collection[UUID]
) -> None:
    """Hard: of whoever pays a loan out, and whoever types that it was paid (`hands`), nobody gave
    the approval, nor typed it for somebody who has not confirmed it since."""
    if loan is None:
        return
    if loan.approved_by in hands:
        raise Refusal("same-person", "Người duyệt và người chi phải là hai người khác nhau.")
    if loan.approval_typed_by not in hands:
        return
    told = story()
    approval = next(
        r
        for r in reversed(told)
        if isinstance(r.event, LoanApproved) and r.event.loan_id == loan.id
    )
    if acted_in(approval.event) - _confirmed(told).get(approval.id, set()):
        raise Refusal(
            "second-hand-needed", "Người duyệt chưa tự xác nhận mà người ghi hộ đã chi tiền."
        )


def unconfirmed(story: Sequence[Recorded], since: date | None, until: date) -> tuple[UUID, ...]:
    """Entries after `since` and up to `until`, typed for people who have not all confirmed them."""
    confirmed = _confirmed(story)
    waiting = []
    for recorded in story:
        event = recorded.event
        if not isinstance(event, Dated) or not (since or date.min) < event.occurred_on <= until:
            continue
        if event.recorded_by is not None:
            others = acted_in(event) - {event.recorded_by}
            if others - confirmed.get(recorded.id, set()):
                waiting.append(recorded.id)
    return tuple(waiting)


def _confirmed(story: Sequence[Recorded]) -> dict[UUID, set[UUID]]:
    confirmed: dict[UUID, set[UUID]] = {}
    for recorded in story:
        if isinstance(recorded.event, EntryConfirmed):
            confirmed.setdefault(recorded.event.event_id, set()).add(recorded.event.confirmed_by)
    return confirmed


def settle_finding(
    book: Book | None, story: Sequence[Recorded], command: SettleFinding, moment: Moment
) -> list[BookEvent]:
    """Hard: the event has that finding or warning, open still; who made it does not settle it."""
    not_in_the_future(command.occurred_on, moment.today)
    target = found(story, command.event_id).event
    codes = (*getattr(target, "findings", ()), *getattr(target, "warnings", ()))
    if command.code not in codes:
        raise Refusal("no-such-finding", "Sự kiện này không có phát hiện đó.")
    if moment.is_any(command.settled_by, *made_by(target)):
        raise Refusal("same-person", "Người gây ra phát hiện không tự xử lý phát hiện đó.")
    settled = {
        (r.event.event_id, r.event.code) for r in story if isinstance(r.event, FindingSettled)
    }
    if (command.event_id, command.code) in settled:
        raise Refusal("already-settled", "Phát hiện này đã được xử lý.")
    return [
        FindingSettled(
            occurred_on=command.occurred_on,
            event_id=command.event_id,
            code=command.code,
            reason=command.reason,
            settled_by=command.settled_by,
            concerns=(person(command.settled_by, Role.APPROVER),),
        )
    ]
