"""Every event the log may hold, by its name on disk."""

from typing import get_args

from domain.accounts.events import AccountEvent
from domain.care.events import CareBookEvent
from domain.clubs.events import AssociationEvent, ClubEvent, PersonEvent
from domain.events import Event
from domain.evidence.events import EvidenceEvent
from domain.loans.events import BookEvent

EVENTS: dict[str, type[Event]] = {
    event.TOPIC: event
    for union in (
        PersonEvent,
        ClubEvent,
        AssociationEvent,
        BookEvent,
        CareBookEvent,
        EvidenceEvent,
        AccountEvent,
    )
    for event in get_args(union)
}
