"""Two entries of the book that are one human being: proposed by one, approved by another.

Nothing moves between the two histories: each stays readable under its own id, and loans stay
where they were lent. From then on only one id is acted under.
"""

from datetime import date
from uuid import UUID

from domain.clubs.events import (
    MergedInto,
    MergeProposed,
    PersonEvent,
    PersonsMerged,
)
from domain.clubs.people import Person, known, rehouse
from domain.errors import Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.values import Id, Immutable, Sealed


class ProposeMerge(Immutable):
    duplicate_id: Id
    proposed_by: Id
    reason: Sealed


class ApproveMerge(Immutable):
    duplicate_id: Id
    approved_by: Id


def two_entries(person: Person | None, duplicate: Person | None) -> tuple[Person, Person]:
    """Hard: both are in the book under ids of their own."""
    person, duplicate = known(person), known(duplicate)
    if person.id == duplicate.id:
        raise Refusal("same-person", "Hãy ghi mã kia của người này.")
    return person, duplicate


def propose_merge(
    person: Person | None, duplicate: Person | None, command: ProposeMerge, today: date
) -> list[PersonEvent]:
    person, duplicate = two_entries(person, duplicate)
    if duplicate.id in person.merges_proposed or person.id in duplicate.merges_proposed:
        raise Refusal("already-proposed", "Đã có đề nghị gộp hai mã này.")
    return [
        MergeProposed(
            person_id=person.id,
            occurred_on=today,
            duplicate_id=duplicate.id,
            proposed_by=command.proposed_by,
            reason=command.reason,
            concerns=(
                concerns_person(person.id, Role.SUBJECT),
                concerns_person(duplicate.id, Role.SUBJECT),
                concerns_person(command.proposed_by, Role.PROPOSER),
            ),
        )
    ]


def approve_merge(
    person: Person | None,
    duplicate: Person | None,
    command: ApproveMerge,
    household_id: UUID,
    today: date,
    also: frozenset[UUID] = frozenset(),
) -> tuple[list[PersonEvent], list[PersonEvent]]:
    """What stands in the history that goes on, and in the other.

    Hard: a second person approves, who is neither of the two, under whatever id (`also` are the
    approver's others). Both become one household, so that
    four eyes hold across the two ids; `household_id` is theirs where neither has any.
    """
    person, duplicate = known(person), known(duplicate)
    proposer = person.merges_proposed.get(duplicate.id)
    if proposer is None:
        raise Refusal("not-proposed", "Chưa ai đề nghị gộp hai mã này.")
    if (also | {command.approved_by}) & {proposer, person.id, duplicate.id}:
        raise Refusal("same-person", "Người đề nghị, hay chính người này, không tự duyệt.")
    shared = person.household_id or duplicate.household_id or household_id
    concerns = (
        concerns_person(person.id, Role.SUBJECT),
        concerns_person(duplicate.id, Role.SUBJECT),
    )
    goes_on: list[PersonEvent] = [
        *_into(person, shared),
        PersonsMerged(
            person_id=person.id,
            occurred_on=today,
            duplicate_id=duplicate.id,
            proposed_by=proposer,
            approved_by=command.approved_by,
            concerns=(
                *concerns,
                concerns_person(proposer, Role.PROPOSER),
                concerns_person(command.approved_by, Role.APPROVER),
            ),
        ),
    ]
    ends: list[PersonEvent] = [
        *_into(duplicate, shared),
        MergedInto(person_id=duplicate.id, occurred_on=today, into_id=person.id, concerns=concerns),
    ]
    return goes_on, ends


def _into(person: Person, household_id: UUID) -> list[PersonEvent]:
    return [] if person.household_id == household_id else rehouse(person, household_id)
