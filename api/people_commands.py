"""Commands about clubs and the people in them, as they are sent."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from api.commands import Asked, Command, at, register
from desk import people
from desk.desk import Receipt
from desk.people import Household, NewPerson
from domain.clubs.decisions import AdoptRegulation, ElectBoard, FoundClub, JoinClub, LeaveClub
from domain.errors import Malformed
from domain.values import Id, Immutable, Name, Note

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


class Correction(Immutable):
    """The name as it should have been written."""

    name: Name
    reason: Note | None = None


def _found(asked: Asked) -> Receipt:
    return people.found_club(asked.desk, asked.call, asked.asks(club_id=asked.desk.new_id()))


def _join(asked: Asked) -> Receipt:
    body: NewMember = asked.body
    person_id = body.person_id or asked.desk.new_id()
    joining = JoinClub(person_id=person_id, joined_on=body.joined_on, volunteer=body.volunteer)
    fields = {name: getattr(body, name) for name in NewPerson.model_fields}
    somebody = NewPerson(**fields) if body.person_id is None else person_id
    return people.join_club(asked.desk, asked.call, asked.at, somebody, joining)


def _correct(asked: Asked) -> Receipt:
    body: Correction = asked.body
    return people.correct_name(asked.desk, asked.call, asked.at, body.name, body.reason)


def _leave(asked: Asked) -> Receipt:
    club_id: UUID | None = asked.body.club_id or asked.desk.log.club_of(asked.at)
    if club_id is None:
        raise Malformed("malformed", "Hãy ghi club_id: người này rời câu lạc bộ nào.")
    return people.leave_club(asked.desk, asked.call, club_id, asked.asks(person_id=asked.at))


COMMANDS = (
    Command(
        "/clubs",
        "found_club",
        FoundClub,
        _found,
        made=("club_id",),
        first=True,
        said="Thành lập câu lạc bộ theo quyết định của UBND xã",
        example={
            "name": "CLB liên thế hệ thôn Nà Pàn",
            "founded_on": "2021-03-15",
            "village": "Nà Pàn",
            "commune": "Xã Quan Sơn",
            "province": "Lạng Sơn",
            "decision": "25/QĐ-UBND",
            "meeting_day": 10,
        },
    ),
    Command(
        "/clubs/{club_id}/regulations",
        "adopt_regulation",
        AdoptRegulation,
        at(people.adopt_regulation),
        said="Thông qua quy chế; khoản vay cũ giữ quy chế cũ",
        example={
            "adopted_on": "2026-01-10",
            "effective_from": "2026-02-01",
            "rules": {"loan_amount_max": 10000000, "membership_months_before_loan": 6},
        },
    ),
    Command(
        "/clubs/{club_id}/boards",
        "elect_board",
        ElectBoard,
        at(people.elect_board),
        said="Bầu Ban Chủ nhiệm",
        example={
            "elected_on": "2026-01-10",
            "holders": [
                {"office": "chair", "person_id": SOMEBODY},
                {"office": "treasurer", "person_id": SOMEBODY_ELSE},
            ],
        },
    ),
    Command(
        "/clubs/{club_id}/members",
        "join_club",
        JoinClub,
        _join,
        body=NewMember,
        first=True,
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
        _correct,
        body=Correction,
        said="Sửa tên ghi sai; tên cũ vẫn ở trong nhật ký",
        example={"name": "Hoàng Thị Phương", "reason": "Ghi thừa dấu nặng"},
    ),
    Command(
        "/members/{member_id}/household",
        "tell_household",
        Household,
        lambda asked: people.tell_household(asked.desk, asked.call, asked.at, asked.body),
        body=Household,
        said="Ghi hộ: cùng hộ với ai, hộ thuộc diện nào",
        example={
            "household_class": "poor",
            "valid_from": "2026-01-01",
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
        said="Ra khỏi câu lạc bộ: xin ra, chuyển đi hoặc qua đời",
        example={"left_on": "2026-03-10", "cause": "moved"},
    ),
)

register(router, COMMANDS, "clubs")
