"""An event of the book with its id in the log, and what is found among them."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from domain.errors import NotFound
from domain.events import Event, Role
from domain.loans.events import BookEvent, DuesReceived, MoneyEvent


class Recorded(NamedTuple):
    """An event of the book with its id in the log."""

    id: UUID
    event: BookEvent


# What somebody was in an event who did it, not whom it was done for.
_ACTING = (
    Role.PROPOSER, Role.APPRAISER, Role.APPROVER, Role.PAYER, Role.RECEIVER, Role.SIGNATORY,
    Role.OFFICER,
)  # fmt: skip


def found(story: Sequence[Recorded], event_id: UUID) -> Recorded:
    for recorded in story:
        if recorded.id == event_id:
            return recorded
    raise NotFound("Không có bút toán này trong sổ.")


def acted_in(event: Event) -> frozenset[UUID]:
    """The club's people who did it; a member who pays dues only brings money."""
    if isinstance(event, DuesReceived):
        return frozenset()
    return frozenset(c.id for c in event.concerns if c.kind == "person" and c.role in _ACTING)


def made_by(event: Event) -> frozenset[UUID]:
    """Everybody who has a hand in it: who acted, who typed it, who let it stand."""
    typed = getattr(event, "recorded_by", None)
    let_stand = event.confirmed_by if isinstance(event, MoneyEvent) else ()
    return acted_in(event) | frozenset(let_stand) | frozenset((typed,) if typed else ())
