"""Commands about the people of a club, as they are sent."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from api.commands import Asked, Command, at, register
from desk import merging, people
from desk.desk import Desk, Receipt
from desk.people import Correction, Household, NewPerson
from domain.accounts.permissions import Action
from domain.clubs.consent import GiveConsent, WithdrawConsent
from domain.clubs.events import ConsentPurpose
from domain.clubs.membership import JoinClub, LeaveClub
from domain.clubs.merging import ApproveMerge, ProposeMerge
from domain.clubs.people import RecordDeath
from domain.errors import Malformed
from domain.values import Day, Id, Immutable, Name, Note, Purpose
from projections import duplicates
from projections.belonging import clubs_of, household_of, seen_alive

router = APIRouter(prefix="/v1")

# A member whom no other example is about.
SOMEBODY = "0199c1c0-0000-7000-8000-000000000001"
SOMEBODY_ELSE = "0199c1c0-0000-7000-8000-000000000002"
A_THIRD = "0199c1c0-0000-7000-8000-000000000003"


class NewMember(NewPerson, JoinClub):
    """Somebody new with all that is known of them, or `person_id` of somebody in the book."""

    person_id: Id | None = None  # type: ignore[assignment]
    name: Name | None = None  # type: ignore[assignment]

    @model_validator(mode="after")
    def _one_person(self) -> Self:
        if (self.person_id is None) == (self.name is None):
            raise ValueError("name: either this or person_id is needed")
        of_new = self.model_fields_set & (NewPerson.model_fields.keys() - {"name"})
        if self.person_id is not None and of_new:
            raise ValueError("person_id: somebody known is not described again")
        return self


def _join(asked: Asked) -> Receipt:
    body: NewMember = asked.body
    person_id = body.person_id or asked.desk.new_id()
    joining = JoinClub(person_id=person_id, joined_on=body.joined_on, volunteer=body.volunteer)
    fields = {name: getattr(body, name) for name in NewPerson.model_fields}
    if body.person_id is not None:
        return people.join_club(asked.desk, asked.call, asked.at, person_id, joining)
    somebody = NewPerson(**fields)
    found = may_be(asked.desk, asked.at, somebody)
    return people.join_club(asked.desk, asked.call, asked.at, somebody, joining, found)


def may_be(desk: Desk, club_id: UUID, somebody: NewPerson) -> list[UUID]:
    """Who of the book somebody new may be, as far as the read models know."""
    born = somebody.birth.year if somebody.birth else None
    with desk.log.database.connection() as connection:
        like = duplicates.of_new(connection, club_id, somebody.name, born, somebody.sex)
    return [candidate.person_id for candidate in like]


def _leave(asked: Asked) -> Receipt:
    club_id: UUID | None = asked.body.club_id or asked.desk.log.club_of(asked.at)
    if club_id is None:
        raise Malformed("malformed", "Hãy ghi club_id: người này rời câu lạc bộ nào.")
    return people.leave_club(asked.desk, asked.call, club_id, asked.asks(person_id=asked.at))


def _die(asked: Asked) -> Receipt:
    with asked.desk.log.database.connection() as connection:
        club_ids = clubs_of(connection, asked.at)
        seen_on = seen_alive(connection, asked.at)
    return people.record_death(asked.desk, asked.call, asked.at, club_ids, asked.asks(), seen_on)


class ConsentWithdrawal(Immutable):
    occurred_on: Day
    purpose: ConsentPurpose
    reason: Note | None = None


def _withdraw_consent(asked: Asked) -> Receipt:
    body: ConsentWithdrawal = asked.body
    reason = asked.desk.seal(asked.at, Purpose.IDENTITY, body.reason)
    command = WithdrawConsent(occurred_on=body.occurred_on, purpose=body.purpose, reason=reason)
    return people.withdraw_consent(asked.desk, asked.call, asked.at, command)


class Merge(Immutable):
    """`duplicate_id` is the other entry of the person in the address, whose id goes on."""

    duplicate_id: Id
    reason: Note


def _propose_merge(asked: Asked) -> Receipt:
    body: Merge = asked.body
    reason = asked.desk.seal(asked.at, Purpose.IDENTITY, body.reason)
    command = ProposeMerge.model_validate(
        {"duplicate_id": body.duplicate_id, "proposed_by": asked.acting, "reason": reason}
    )
    return merging.propose_merge(
        asked.desk, asked.call, asked.at, command, known_of(asked.desk, asked.at, body.duplicate_id)
    )


def _approve_merge(asked: Asked) -> Receipt:
    command: ApproveMerge = asked.asks()
    return merging.approve_merge(
        asked.desk,
        asked.call,
        asked.at,
        command,
        known_of(asked.desk, asked.at, command.duplicate_id),
    )


def known_of(desk: Desk, person_id: UUID, duplicate_id: UUID) -> merging.Known:
    with desk.log.database.connection() as connection:
        club_ids = (*clubs_of(connection, person_id), *clubs_of(connection, duplicate_id))
        household = (*household_of(connection, person_id), *household_of(connection, duplicate_id))
    return merging.Known(
        club_ids=tuple(dict.fromkeys(club_ids)), household=tuple(dict.fromkeys(household))
    )


COMMANDS = (
    Command(
        "/clubs/{club_id}/members",
        "join_club",
        JoinClub,
        _join,
        body=NewMember,
        permission=Action.WRITE_PEOPLE,
        said="Kết nạp thành viên",
        example={
            "name": "Hoàng Thị Phượng",
            "joined_on": "2026-03-10",
            "sex": "female",
            "birth": {"year": 1958},
            "ethnicity": "Tày",
            "phone": "0912 345 678",
            "household_class": "near_poor",
            "class_valid_from": "2026-01-01",
            "volunteer": False,
        },
    ),
    Command(
        "/members/{member_id}/corrections",
        "correct_member",
        Correction,
        lambda asked: people.correct_person(asked.desk, asked.call, asked.at, asked.body),
        body=Correction,
        permission=Action.WRITE_PEOPLE,
        said="Sửa điều ghi sai: tên, điện thoại, địa chỉ, năm sinh…; chữ cũ vẫn ở trong nhật ký",
        example={
            "name": "Hoàng Thị Phương",
            "phone": "0912 345 678",
            "citizen_number": "020158000123",
            "reason": "Ghi thừa dấu nặng",
        },
    ),
    Command(
        "/members/{member_id}/household",
        "tell_household",
        Household,
        lambda asked: people.tell_household(asked.desk, asked.call, asked.at, asked.body),
        body=Household,
        permission=Action.WRITE_PEOPLE,
        said="Ghi hộ: cùng hộ với ai, hộ thuộc diện nào",
        example={
            "household_class": "poor",
            "valid_from": "2026-01-01",
            "year": 2026,
            "certificate": "GCN 12/2026",
            "decree": "07-2021-ND-CP",
        },
    ),
    Command(
        "/members/{member_id}/departure",
        "leave_club",
        LeaveClub,
        _leave,
        made=("person_id",),
        also={"club_id": (Id | None, None)},
        permission=Action.WRITE_PEOPLE,
        said="Ra khỏi câu lạc bộ: xin ra, chuyển đi hoặc qua đời",
        example={"left_on": "2026-03-10", "cause": "moved"},
    ),
    Command(
        "/members/{member_id}/death",
        "record_death",
        RecordDeath,
        _die,
        permission=Action.WRITE_PEOPLE,
        said="Ghi người đã mất: rời mọi câu lạc bộ từ ngày mất",
        example={"died_on": "2026-03-10"},
    ),
    Command(
        "/members/{member_id}/consents",
        "give_consent",
        GiveConsent,
        at(people.give_consent),
        permission=Action.WRITE_PEOPLE,
        said="Ghi sự đồng ý theo mục đích, kèm bằng chứng",
        example={
            "occurred_on": "2026-03-10",
            "purpose": "health",
            "evidence": "fingerprint",
            "witness_id": SOMEBODY_ELSE,
        },
    ),
    Command(
        "/members/{member_id}/consent-withdrawals",
        "withdraw_consent",
        WithdrawConsent,
        _withdraw_consent,
        body=ConsentWithdrawal,
        permission=Action.WRITE_PEOPLE,
        said="Rút lại sự đồng ý: ẩn từ nay, không xóa",
        example={"occurred_on": "2026-03-12", "purpose": "contact", "reason": "Không muốn gọi"},
    ),
    Command(
        "/members/{member_id}/merge",
        "propose_merge",
        ProposeMerge,
        _propose_merge,
        body=Merge,
        status=202,
        in_person=True,
        permission=Action.WRITE_PEOPLE,
        said="Đề nghị gộp hai mã của cùng một người; người khác duyệt",
        example={"duplicate_id": A_THIRD, "reason": "Ghi hai lần khi nhập sổ"},
    ),
    Command(
        "/members/{member_id}/merge/approval",
        "approve_merge",
        ApproveMerge,
        _approve_merge,
        acting="approved_by",
        in_person=True,
        permission=Action.WRITE_PEOPLE,
        said="Duyệt gộp hai mã; cả hai hồ sơ vẫn đọc được",
        example={"duplicate_id": A_THIRD},
    ),
)

register(router, COMMANDS, "people")
