"""The Association of the Elderly of a province or commune: its trainings, media items, plans."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self, assert_never
from uuid import UUID

from pydantic import Field, model_validator

from domain.clubs.events import (
    AssociationCorrectionProposed,
    AssociationEntryWithdrawn,
    AssociationEvent,
    AssociationRegistered,
    MediaItemPublished,
    PaperFiguresEntered,
    PlanAdopted,
    ReportAccepted,
    ReportLocked,
    ReportReturned,
    ReportSubmitted,
    TrainingHeld,
)
from domain.dates import not_in_the_future
from domain.errors import NotFound, Refusal
from domain.events import Concern, Role
from domain.events import person as concerns_person
from domain.histories import Kind
from domain.values import Code, Day, Id, Immutable, Name, Sealed


class ReportStep(StrEnum):
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    LOCKED = "locked"


class Report(Immutable):
    """A province report that was handed in."""

    step: ReportStep = Field(strict=False)
    first_on: date
    last_on: date
    submitted_by: Id


class Association(Immutable):
    id: Id
    proposals: frozenset[Id] = frozenset()
    """Events whose correction waits for a second person."""
    corrected: frozenset[Id] = frozenset()
    """Events that no longer count."""
    reports: dict[UUID, Report] = {}


class RegisterAssociation(Immutable):
    association_id: Id
    name: Name
    level: Literal["province", "commune"]
    province: Name
    commune: Name | None = None

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if (self.level == "commune") != (self.commune is not None):
            raise ValueError("commune: an association of a commune names it, one of a province not")
        return self


class HoldTraining(Immutable):
    """`delegates` counts everybody; those in the book may be named besides."""

    training_id: Id
    occurred_on: Day
    title: Sealed
    days: Annotated[int, Field(strict=True, ge=1, le=60)] = 1
    delegates: Annotated[int, Field(strict=True, gt=0, le=100_000)]
    participants: Annotated[tuple[Id, ...], Field(max_length=1_000)] = ()
    club_ids: Annotated[tuple[Id, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _counted(self) -> Self:
        if self.delegates < len(set(self.participants)):
            raise ValueError("delegates: more people are named than counted")
        return self


class PublishMediaItem(Immutable):
    item_id: Id
    occurred_on: Day
    kind: Literal["news", "broadcast"]
    outlet: Name
    title: Sealed


class AdoptPlan(Immutable):
    """What is to be reached in a year: figures by indicator."""

    plan_id: Id
    occurred_on: Day
    year: Annotated[int, Field(strict=True, ge=1990, le=2999)]
    decision: Name | None = None
    targets: Annotated[
        dict[Code, Annotated[int, Field(strict=True, ge=0, le=10**12)]],
        Field(min_length=1, max_length=100),
    ]


def register_association(
    association: Association | None, command: RegisterAssociation
) -> list[AssociationEvent]:
    if association is not None:
        raise Refusal("already-registered", "Hội này đã có trong sổ.")
    return [
        AssociationRegistered(
            association_id=command.association_id,
            name=command.name,
            level=command.level,
            province=command.province,
            commune=command.commune,
        )
    ]


def hold_training(
    association: Association | None, command: HoldTraining, today: date
) -> list[AssociationEvent]:
    association = known(association)
    not_in_the_future(command.occurred_on, today)
    participants = tuple(dict.fromkeys(command.participants))
    club_ids = tuple(dict.fromkeys(command.club_ids))
    return [
        TrainingHeld(
            association_id=association.id,
            occurred_on=command.occurred_on,
            training_id=command.training_id,
            title=command.title,
            days=command.days,
            delegates=command.delegates,
            participants=participants,
            club_ids=club_ids,
            concerns=(
                *(concerns_person(who, Role.PARTICIPANT) for who in participants),
                *(Concern(kind="club", id=club, role=Role.PARTICIPANT) for club in club_ids),
            ),
        )
    ]


def publish_media_item(
    association: Association | None, command: PublishMediaItem, today: date
) -> list[AssociationEvent]:
    association = known(association)
    not_in_the_future(command.occurred_on, today)
    return [
        MediaItemPublished(
            association_id=association.id,
            occurred_on=command.occurred_on,
            item_id=command.item_id,
            kind=command.kind,
            outlet=command.outlet,
            title=command.title,
        )
    ]


def adopt_plan(
    association: Association | None, command: AdoptPlan, today: date
) -> list[AssociationEvent]:
    association = known(association)
    not_in_the_future(command.occurred_on, today)
    return [
        PlanAdopted(
            association_id=association.id,
            occurred_on=command.occurred_on,
            plan_id=command.plan_id,
            year=command.year,
            decision=command.decision,
            targets=command.targets,
        )
    ]


def known(association: Association | None) -> Association:
    if association is None:
        raise NotFound("Không có hội này trong sổ.")
    return association


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
        case ReportSubmitted():
            submitted = Report(
                step=ReportStep.SUBMITTED,
                first_on=event.first_on,
                last_on=event.last_on,
                submitted_by=event.submitted_by,
            )
            return association.model_copy(
                update={"reports": association.reports | {event.report_id: submitted}}
            )
        case ReportReturned():
            return _stepped(association, event.report_id, ReportStep.RETURNED)
        case ReportAccepted():
            return _stepped(association, event.report_id, ReportStep.ACCEPTED)
        case ReportLocked():
            return _stepped(association, event.report_id, ReportStep.LOCKED)
        case TrainingHeld() | MediaItemPublished() | PlanAdopted() | PaperFiguresEntered():
            return association
        case _:
            assert_never(event)


def _stepped(association: Association, report_id: UUID, step: ReportStep) -> Association:
    report = association.reports[report_id].model_copy(update={"step": step})
    return association.model_copy(update={"reports": association.reports | {report_id: report}})


ASSOCIATION = Kind("clubs.Association", 2, Association, evolve)
