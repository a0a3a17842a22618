"""Commands about the Association of the Elderly, each as the desk takes it."""

from collections.abc import Callable
from uuid import UUID

from desk.desk import Call, Desk, Receipt, Said, acted, said
from domain.clubs import association as decisions
from domain.clubs import reporting
from domain.clubs.association import (
    ASSOCIATION,
    AdoptPlan,
    Association,
    HoldTraining,
    PublishMediaItem,
    RegisterAssociation,
)
from domain.clubs.club import CLUB
from domain.clubs.club import known as known_club
from domain.clubs.events import AssociationEvent
from domain.clubs.reporting import (
    AcceptReport,
    EnterPaperFigures,
    LockReport,
    ReturnReport,
    SubmitReport,
)
from store.log import Work

Decide = Callable[[Association | None, Work], list[AssociationEvent]]


def register_association(desk: Desk, call: Call, command: RegisterAssociation) -> Receipt:
    return _of_association(
        desk,
        call,
        command.association_id,
        lambda association, unit: decisions.register_association(association, command),
    )


def hold_training(desk: Desk, call: Call, at: UUID, command: HoldTraining) -> Receipt:
    """Hard: whoever is named is registered, people and clubs."""

    def decide(association: Association | None, unit: Work) -> list[AssociationEvent]:
        desk.known_people(unit, *command.participants)
        for club_id in command.club_ids:
            known_club(unit.load(CLUB, club_id))
        return decisions.hold_training(association, command, desk.today)

    return _of_association(desk, call, at, decide, command.training_id)


def publish_media_item(desk: Desk, call: Call, at: UUID, command: PublishMediaItem) -> Receipt:
    return _of_association(
        desk,
        call,
        at,
        lambda association, unit: decisions.publish_media_item(association, command, desk.today),
        command.item_id,
    )


def adopt_plan(desk: Desk, call: Call, at: UUID, command: AdoptPlan) -> Receipt:
    return _of_association(
        desk,
        call,
        at,
        lambda association, unit: decisions.adopt_plan(association, command, desk.today),
        command.plan_id,
    )


def enter_paper_figures(desk: Desk, call: Call, at: UUID, command: EnterPaperFigures) -> Receipt:
    return _of_association(
        desk,
        call,
        at,
        lambda association, unit: reporting.enter_paper_figures(association, command, desk.today),
        command.paper_id,
    )


def submit_report(desk: Desk, call: Call, at: UUID, command: SubmitReport) -> Receipt:
    def decide(association: Association | None, unit: Work) -> list[AssociationEvent]:
        desk.known_people(unit, command.submitted_by)
        return reporting.submit_report(association, command, desk.today)

    return _of_association(desk, call, at, decide, command.report_id)


def return_report(
    desk: Desk, call: Call, at: UUID, report_id: UUID, command: ReturnReport
) -> Receipt:
    def decide(association: Association | None, unit: Work) -> list[AssociationEvent]:
        desk.known_people(unit, command.returned_by)
        return reporting.return_report(association, report_id, command, desk.today)

    return _of_association(desk, call, at, decide, report_id)


def accept_report(
    desk: Desk, call: Call, at: UUID, report_id: UUID, command: AcceptReport
) -> Receipt:
    def decide(association: Association | None, unit: Work) -> list[AssociationEvent]:
        desk.known_people(unit, command.accepted_by)
        also = desk.every_id(unit, command.accepted_by)
        told = reporting.accept_report(association, report_id, command, desk.today, also)
        if association is not None:
            submitted_by = association.reports[report_id].submitted_by
            desk.refuse_one_log_in((command.accepted_by,), (submitted_by,))
        return told

    return _of_association(desk, call, at, decide, report_id)


def lock_report(desk: Desk, call: Call, at: UUID, report_id: UUID, command: LockReport) -> Receipt:
    def decide(association: Association | None, unit: Work) -> list[AssociationEvent]:
        desk.known_people(unit, command.locked_by)
        return reporting.lock_report(association, report_id, command, desk.today)

    return _of_association(desk, call, at, decide, report_id)


def _of_association(
    desk: Desk, call: Call, association_id: UUID, decide: Decide, thing: UUID | None = None
) -> Receipt:
    def work(unit: Work) -> Said:
        association = unit.load(ASSOCIATION, association_id)
        desk.refuse_stale(call, unit, association_id)
        events = acted(call, decide(association, unit))
        made = unit.say(ASSOCIATION, association_id, events)
        return said(thing or association_id, made, events, unit.version(association_id))

    return desk.take(call, work)
