"""Reports that an association hands in, and figures of clubs that keep their books on paper.

A report goes from submitted to accepted and locked, or back with remarks and in again; whoever
handed it in does not accept it. Locked is for ever: later facts make a restatement, never a change.
"""

from datetime import date
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from domain.clubs.association import Association, Report, ReportStep, known
from domain.clubs.events import (
    AssociationEvent,
    PaperFiguresEntered,
    ReportAccepted,
    ReportLocked,
    ReportReturned,
    ReportSubmitted,
)
from domain.dates import not_in_the_future
from domain.errors import Malformed, NotFound, Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.values import Code, Day, Hex, Id, Immutable, Name, Sealed

PAPER_FIGURES: Final = (
    "clubs",
    "clubs_founded_until_2020",
    "clubs_founded_since_2021",
    "members",
    "members_women",
    "members_60_plus",
    "members_poor",
    "members_near_poor",
    "members_escaped",
    "members_difficult",
    "capital",
    "borrowers",
    "borrowers_vulnerable",
    "loans",
    "lent",
    "repaid",
    "interest_received",
    "outstanding",
    "work_days",
    "work_days_household_help",
    "work_days_disaster_cleanup",
    "work_days_public_works",
    "work_days_home_care",
    "visits",
    "clients",
    "volunteers",
    "meetings",
    "cash_counts",
    "public_works",
    "culture_and_sport",
    "resources_mobilised",
)
"""Rows of the province report that a paper can fill: sums, and never a share."""


class EnterPaperFigures(Immutable):
    """`occurred_on` is the day the paper was signed, `first_on` to `last_on` what it tells of."""

    paper_id: Id
    occurred_on: Day
    club: Name
    commune: Name | None = None
    district: Name | None = None
    first_on: Day
    last_on: Day
    figures: Annotated[
        dict[Code, Annotated[int, Field(strict=True, ge=0, le=10**13)]],
        Field(min_length=1, max_length=100),
    ]
    signatory: Sealed
    document: Hex | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_on < self.first_on:
            raise ValueError("last_on: lies before first_on")
        return self


class SubmitReport(Immutable):
    """`position` and `digest` say which figures were handed in."""

    report_id: Id
    occurred_on: Day
    first_on: Day
    last_on: Day
    position: Annotated[int, Field(strict=True, ge=0)]
    digest: Hex
    submitted_by: Id

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_on < self.first_on:
            raise ValueError("last_on: lies before first_on")
        return self


class ReturnReport(Immutable):
    occurred_on: Day
    remarks: Sealed
    returned_by: Id


class AcceptReport(Immutable):
    occurred_on: Day
    accepted_by: Id


class LockReport(Immutable):
    occurred_on: Day
    locked_by: Id


def enter_paper_figures(
    association: Association | None, command: EnterPaperFigures, today: date
) -> list[AssociationEvent]:
    """Hard: figures the report knows, of a period that was over when it was signed."""
    association = known(association)
    not_in_the_future(command.occurred_on, today)
    unknown = sorted(set(command.figures) - set(PAPER_FIGURES))
    if unknown:
        raise Malformed("malformed", f"Báo cáo không có chỉ tiêu “{unknown[0]}” để ghi từ giấy.")
    if command.occurred_on < command.last_on:
        raise Refusal("date-order", "Giấy không thể ký trước khi hết kỳ.")
    return [
        PaperFiguresEntered(
            association_id=association.id,
            occurred_on=command.occurred_on,
            paper_id=command.paper_id,
            club=command.club,
            commune=command.commune,
            district=command.district,
            first_on=command.first_on,
            last_on=command.last_on,
            figures=command.figures,
            signatory=command.signatory,
            document=command.document,
        )
    ]


def submit_report(
    association: Association | None, command: SubmitReport, today: date
) -> list[AssociationEvent]:
    """Hard: a period that is over, and not locked. A report that was returned comes in again under
    its own id, for the same period."""
    association = known(association)
    not_in_the_future(max(command.occurred_on, command.last_on), today)
    period = (command.first_on, command.last_on)
    before = association.reports.get(command.report_id)
    if before is not None and before.step is not ReportStep.RETURNED:
        raise _wrong_step(before)
    if before is not None and (before.first_on, before.last_on) != period:
        raise Refusal("report-period", "Báo cáo nộp lại phải cùng kỳ với báo cáo đã trả.")
    for report in association.reports.values():
        if report.step is ReportStep.LOCKED and (report.first_on, report.last_on) == period:
            raise Refusal("report-locked", "Báo cáo của kỳ này đã chốt.")
    return [
        ReportSubmitted(
            association_id=association.id,
            occurred_on=command.occurred_on,
            report_id=command.report_id,
            first_on=command.first_on,
            last_on=command.last_on,
            position=command.position,
            digest=command.digest,
            submitted_by=command.submitted_by,
            concerns=(concerns_person(command.submitted_by, Role.PROPOSER),),
        )
    ]


def return_report(
    association: Association | None, report_id: UUID, command: ReturnReport, today: date
) -> list[AssociationEvent]:
    association = known(association)
    not_in_the_future(command.occurred_on, today)
    _at_step(association, report_id, ReportStep.SUBMITTED)
    return [
        ReportReturned(
            association_id=association.id,
            occurred_on=command.occurred_on,
            report_id=report_id,
            remarks=command.remarks,
            returned_by=command.returned_by,
            concerns=(concerns_person(command.returned_by, Role.APPROVER),),
        )
    ]


def accept_report(
    association: Association | None,
    report_id: UUID,
    command: AcceptReport,
    today: date,
    also: frozenset[UUID] = frozenset(),
) -> list[AssociationEvent]:
    """Hard: by somebody else than who handed it in; `also` are other ids of who accepts it."""
    association = known(association)
    not_in_the_future(command.occurred_on, today)
    report = _at_step(association, report_id, ReportStep.SUBMITTED)
    if report.submitted_by in also | {command.accepted_by}:
        raise Refusal("same-person", "Người nộp báo cáo không tự duyệt.")
    return [
        ReportAccepted(
            association_id=association.id,
            occurred_on=command.occurred_on,
            report_id=report_id,
            accepted_by=command.accepted_by,
            concerns=(concerns_person(command.accepted_by, Role.APPROVER),),
        )
    ]


def lock_report(
    association: Association | None, report_id: UUID, command: LockReport, today: date
) -> list[AssociationEvent]:
    association = known(association)
    not_in_the_future(command.occurred_on, today)
    _at_step(association, report_id, ReportStep.ACCEPTED)
    return [
        ReportLocked(
            association_id=association.id,
            occurred_on=command.occurred_on,
            report_id=report_id,
            locked_by=command.locked_by,
            concerns=(concerns_person(command.locked_by, Role.APPROVER),),
        )
    ]


def _at_step(association: Association, report_id: UUID, step: ReportStep) -> Report:
    report = association.reports.get(report_id)
    if report is None:
        raise NotFound("Không có báo cáo này.")
    if report.step is not step:
        raise _wrong_step(report)
    return report


def _wrong_step(report: Report) -> Refusal:
    return Refusal("report-step", "Báo cáo không ở bước này.", step=report.step.value)
