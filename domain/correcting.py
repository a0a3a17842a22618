"""How anything but money is corrected (domain.md section 7): one mechanism for every history.

Somebody proposes that an event no longer count, or that another stand in for it; a second person
sees what that changes and lets it stand. Money is reversed instead (`domain.loans.corrections`):
what was paid was paid. What may be corrected, and what it changes, each kind of history says.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from pydantic import PlainSerializer

from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Dated, Event, Role, person
from domain.values import Day, Hex, Id, Immutable, Sealed

SEALED = "sealed"
"""What a report shows of personal text: that there is one."""


class Told(NamedTuple):
    """An event of a history with its id in the log."""

    id: UUID
    event: Any


class Figure(NamedTuple):
    """Something a printed report counts: what, of whom, in which month ("2026-03")."""

    name: str
    person_id: UUID | None
    month: str


Count = int | Decimal
Figures = Mapping[Figure, Count]


@dataclass(frozen=True)
class Correctable:
    """What one kind of history says of its corrections."""

    refuse: Callable[[Sequence[Told], Told], None]
    """Raises where an event cannot be taken back: its kind, or what stands on it."""
    figures: Callable[[Sequence[Any]], Figures]
    """What the events that stand add up to."""
    proposed: Callable[..., Event]
    """The event of a proposal."""
    withdrawn: Callable[..., Event]
    """The event that takes another back."""


class Propose(Immutable):
    occurred_on: Day
    event_id: Id
    proposed_by: Id
    reason: Sealed
    report: Hex | None = None
    """The digest of what the proposer has read that it changes."""


class FieldChange(Immutable):
    """A field of the event as it is and as it would be, as JSON; of sealed text only that it is."""

    field: str
    was: Any
    becomes: Any


Shown = Annotated[
    Decimal, PlainSerializer(lambda value: format(value.normalize(), "f"), return_type=str)
]


class FigureChange(Immutable):
    """A figure of a month before and after; work-days as decimal text, all else whole numbers."""

    figure: str
    person_id: Id | None
    month: str
    before: int | Shown
    after: int | Shown


class Changes(Immutable):
    """What a correction of `event_id` would change; nothing equal is listed."""

    event_id: Id
    topic: str
    withdrawn: bool
    """Whether nothing stands in for it."""
    fields: tuple[FieldChange, ...]
    figures: tuple[FigureChange, ...]

    @property
    def digest(self) -> Hex:
        return sha256(self.model_dump_json().encode()).hexdigest()

    def told(self) -> dict[str, Any]:
        """As it is shown: JSON values, and the digest under which it is accepted."""
        return {**self.model_dump(mode="json"), "digest": self.digest}


# --- deciding ---------------------------------------------------------------------------------


def propose(
    kind: Correctable,
    story: Sequence[Told],
    command: Propose,
    replacement: Event | None,
    today: date,
) -> list[Event]:
    """Hard: whoever read another report before proposing is shown the new one first."""
    not_in_the_future(command.occurred_on, today)
    shown = changes(kind, story, command.event_id, replacement)
    if command.report not in (None, shown.digest):
        raise Refusal("report-changed", "Ảnh hưởng nay đã khác; hãy xem lại.", report=shown.digest)
    return [
        kind.proposed(
            found(story, command.event_id),
            occurred_on=command.occurred_on,
            proposed_by=command.proposed_by,
            reason=command.reason,
            replacement=replacement,
            report=shown.digest,
            concerns=(person(command.proposed_by, Role.PROPOSER),),
        )
    ]


def approve(
    kind: Correctable,
    story: Sequence[Told],
    target_id: UUID,
    replacement: Event | None,
    approved_by: UUID,
    on: date,
    today: date,
    accepted: str | None = None,
    also: frozenset[UUID] = frozenset(),
) -> list[Event]:
    """A second person lets a proposal stand; `replacement` is it judged again on the story now.

    Hard: not who proposed it or typed that, nor whom it is about, under whatever id (`also` are the
    approver's others); not dated before what it corrects. Where the story moved on and it now
    changes something else, refused (`report-changed`) unless `accepted` is the digest of that.
    """
    target, proposal = found(story, target_id), proposal_of(story, target_id)
    shown = changes(kind, story, target_id, replacement)
    approver = also | {approved_by}
    if approver & {proposal.proposed_by, proposal.recorded_by}:
        raise Refusal("same-person", "Người đề nghị sửa, hay người gõ đề nghị, không tự duyệt.")
    if approver & (about(target.event) | about(replacement)):
        raise Refusal("same-person", "Việc này nói về chính người duyệt; hãy nhờ người khác.")
    not_in_the_future(on, today)
    if on < target.event.occurred_on:
        raise Refusal("date-order", "Ngày sửa không thể trước ngày của việc được sửa.")
    if proposal.report is not None and shown.digest not in (proposal.report, accepted):
        raise Refusal(
            "report-changed",
            "Sổ đã thay đổi từ khi đề nghị; hãy xem lại ảnh hưởng rồi duyệt lại.",
            shown=proposal.report,
            report=shown.digest,
        )
    withdrawal = kind.withdrawn(
        target,
        occurred_on=on,
        reason=proposal.reason,
        proposed_by=proposal.proposed_by,
        approved_by=approved_by,
        concerns=(
            *target.event.concerns,
            person(proposal.proposed_by, Role.PROPOSER),
            person(approved_by, Role.APPROVER),
        ),
    )
    stand_in = (
        () if replacement is None else (replacement.model_copy(update={"replaces": target.id}),)
    )
    return [withdrawal, *stand_in]


def proposal_of(story: Sequence[Told], target_id: UUID, *, replacing: bool | None = None) -> Any:
    """The last proposal counts; raises `Refusal("not-proposed")` where none waits.

    `replacing` tells a proposal that another event stand in from one that none do.
    """
    for recorded in reversed(story):
        if getattr(recorded.event, "withdraws", None) == target_id:
            break
        if getattr(recorded.event, "corrects", None) == target_id:
            if replacing in (None, recorded.event.replacement is not None):
                return recorded.event
            break
    raise not_proposed()


def not_proposed() -> Refusal:
    return Refusal("not-proposed", "Chưa ai đề nghị sửa việc này.")


def refuse_withdrawn(story: Sequence[Told], target: Told, correctable: tuple[type, ...]) -> None:
    """Hard: only what can be taken back, once."""
    if not isinstance(target.event, correctable):
        raise Refusal("not-reversible", "Việc này không rút lại được; hãy ghi việc tiếp theo.")
    if target.id in withdrawn(story):
        raise Refusal("already-reversed", "Việc này đã được rút lại.")


def refuse_built_on(upon: Sequence[Told]) -> None:
    """Hard: nothing that counts may be left without ground."""
    if upon:
        raise Refusal(
            "built-on",
            "Đã có việc khác dựa trên việc này; hãy rút lại việc đó trước.",
            first=[str(recorded.id) for recorded in reversed(upon)],
        )


# --- what it changes ----------------------------------------------------------------------------


def changes(
    kind: Correctable, story: Sequence[Told], target_id: UUID, replacement: Event | None
) -> Changes:
    """Raises what the correction itself would: not there, taken back already, built on."""
    target = found(story, target_id)
    kind.refuse(story, target)
    stands = standing(story)
    before = kind.figures([recorded.event for recorded in stands])
    left = [recorded.event for recorded in stands if recorded.id != target_id]
    after = kind.figures(left if replacement is None else [*left, replacement])
    return Changes(
        event_id=target_id,
        topic=target.event.TOPIC,
        withdrawn=replacement is None,
        fields=() if replacement is None else tuple(_fields(target.event, replacement)),
        figures=tuple(_figures(before, after)),
    )


def found(story: Sequence[Told], event_id: UUID) -> Told:
    for recorded in story:
        if recorded.id == event_id:
            return recorded
    raise NotFound("Không có việc này trong sổ.")


def withdrawn(story: Sequence[Told]) -> frozenset[UUID]:
    return frozenset(r.event.withdraws for r in story if getattr(r.event, "withdraws", None))


def standing(story: Sequence[Told]) -> list[Told]:
    """The events that count."""
    gone = withdrawn(story)
    return [recorded for recorded in story if recorded.id not in gone]


_ABOUT = (
    Role.MEMBER, Role.SUBJECT, Role.CLIENT, Role.VOLUNTEER, Role.HELPED, Role.RECEIVER,
)  # fmt: skip


def about(event: Event | None) -> frozenset[UUID]:
    """Whom an event is about; who only came to a meeting is not."""
    return frozenset(
        c.id for c in (event.concerns if event else ()) if c.kind == "person" and c.role in _ABOUT
    )


# Of every event, and no matter of what it tells.
_APART = frozenset({*Event.model_fields, "recorded_by", "warnings", "replaces"})


def month(on: date) -> str:
    """The month of `Figure`: reports are printed by the month."""
    return f"{on.year:04}-{on.month:02}"


def _fields(was: Dated, becomes: Event) -> Iterable[FieldChange]:
    for name in type(was).model_fields:
        old, new = getattr(was, name), getattr(becomes, name)
        if name in _APART or (old == new and not isinstance(old, Sealed)):
            continue
        if isinstance(old, Sealed) or isinstance(new, Sealed):
            # Sealed anew it differs in any case: whether the words do, its readers know.
            yield FieldChange(field=name, was=old and SEALED, becomes=new and SEALED)
        else:
            old, new = _json(was, name), _json(becomes, name)
            yield FieldChange(field=name, was=old, becomes=new)


def _json(event: Event, name: str) -> Any:
    return event.model_dump(mode="json", include={name})[name]


def _figures(before: Figures, after: Figures) -> Iterable[FigureChange]:
    for figure in sorted(before.keys() | after.keys(), key=str):
        old, new = before.get(figure, 0), after.get(figure, 0)
        if old != new:
            yield FigureChange(
                figure=figure.name,
                person_id=figure.person_id,
                month=figure.month,
                before=_like(old, new),
                after=_like(new, old),
            )


def _like(count: Count, other: Count) -> Count:
    """A 0 of work-days is written as work-days are."""
    return Decimal(count) if isinstance(other, Decimal) else count
