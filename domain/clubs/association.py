"""An association's history: its own trainings, media items and plans."""

from typing import assert_never

from domain.clubs.events import (
    AssociationCorrectionProposed,
    AssociationEntryWithdrawn,
    AssociationEvent,
    AssociationRegistered,
    MediaItemPublished,
    PlanAdopted,
    TrainingHeld,
)
from domain.histories import Kind
from domain.values import Id, Immutable


class Association(Immutable):
    id: Id
    proposals: frozenset[Id] = frozenset()
    """Events whose correction waits for a second person."""
    corrected: frozenset[Id] = frozenset()
    """Events that no longer count."""


def evolve(association: Association | None, event: AssociationEvent) -> Association:
    if isinstance(event, AssociationRegistered):
        return Association(id=event.association_id)
    assert association is not None, "everything else happens to a registered association"
    match event:
        case AssociationCorrectionProposed():
            proposals = association.proposals | {event.corrects}
            return association.model_copy(update={"proposals": proposals})
        case AssociationEntryWithdrawn():
            return association.model_copy(
                update={
                    "proposals": association.proposals - {event.withdraws},
                    "corrected": association.corrected | {event.withdraws},
                }
            )
        case TrainingHeld() | MediaItemPublished() | PlanAdopted():
            return association
        case _:
            assert_never(event)


ASSOCIATION = Kind("clubs.Association", 1, Association, evolve)
