"""Consent per purpose (domain.md section 2)."""

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from domain.clubs.events import (
    ConsentGiven,
    ConsentPurpose,
    ConsentWithdrawn,
    Evidence,
    PersonEvent,
)
from domain.clubs.people import Person, known
from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import Role
from domain.events import person as concerns_person
from domain.values import Code, Day, Hex, Id, Immutable, Purpose, Sealed


class GiveConsent(Immutable):
    """By the person, or by a relative with written authority or a guardian."""

    occurred_on: Day
    purpose: ConsentPurpose
    evidence: Evidence = Field(strict=False)
    witness_id: Id | None = None
    given_by: Id | None = None
    authority: Code | None = None
    document: Hex | None = None
    """SHA-256 of the signed paper or the recording."""

    @model_validator(mode="after")
    def _of_a_relative(self) -> Self:
        if self.authority is not None and self.given_by is None:
            raise ValueError("authority: it is a relative's, who stands in given_by")
        return self


class WithdrawConsent(Immutable):
    occurred_on: Day
    purpose: ConsentPurpose
    reason: Sealed | None = None


def give_consent(person: Person | None, command: GiveConsent, today: date) -> list[PersonEvent]:
    """Hard: a fingerprint has a witness, a relative a written authority; a witness is neither."""
    person = known(person)
    not_in_the_future(command.occurred_on, today)
    relative = command.given_by if command.given_by != person.id else None
    if person.died_on is not None and command.occurred_on > person.died_on:
        raise Refusal("person-died", "Người này đã mất trước ngày đó.", died_on=str(person.died_on))
    if command.evidence is Evidence.FINGERPRINT and command.witness_id is None:
        raise Refusal("witness-needed", "Điểm chỉ thì phải có người làm chứng.")
    if command.witness_id is not None and command.witness_id in (person.id, relative):
        raise Refusal("same-person", "Người làm chứng phải là một người khác.")
    if relative is not None and command.authority is None:
        raise Refusal("authority-needed", "Người thân cần giấy ủy quyền hoặc giám hộ.")
    return [
        ConsentGiven(
            person_id=person.id,
            occurred_on=command.occurred_on,
            purpose=command.purpose,
            evidence=command.evidence,
            witness_id=command.witness_id,
            given_by=relative,
            authority=command.authority,
            document=command.document,
            concerns=(
                concerns_person(person.id, Role.SUBJECT),
                *(
                    concerns_person(signatory, Role.SIGNATORY)
                    for signatory in (relative, command.witness_id)
                    if signatory is not None
                ),
            ),
        )
    ]


def withdraw_consent(
    person: Person | None, command: WithdrawConsent, today: date
) -> list[PersonEvent]:
    """Hides from now on; what was never given, or is withdrawn already, cannot be withdrawn."""
    person = known(person)
    not_in_the_future(command.occurred_on, today)
    given_on = person.consents.get(Purpose(command.purpose))
    if given_on is None:
        raise Refusal("no-consent", "Người này chưa đồng ý, hoặc đã rút lại rồi.")
    if command.occurred_on < given_on:
        raise Refusal("date-order", "Ngày rút lại không thể trước ngày đồng ý.")
    return [
        ConsentWithdrawn(
            person_id=person.id,
            occurred_on=command.occurred_on,
            purpose=command.purpose,
            reason=command.reason,
            concerns=(concerns_person(person.id, Role.SUBJECT),),
        )
    ]
