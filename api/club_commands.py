"""Commands about clubs and what they do together, as they are sent."""

from typing import Any

from fastapi import APIRouter

from api.commands import Asked, Command, at, register
from api.people_commands import A_THIRD, SOMEBODY, SOMEBODY_ELSE
from desk import clubs
from desk.desk import Receipt
from domain.accounts.permissions import Action
from domain.clubs.board import ElectBoard, HandOverOffice, NameStandIn
from domain.clubs.decisions import AdoptRegulation, FoundClub, ReassignCommune
from domain.clubs.meetings import GiveSupport, HoldActivity, HoldMeeting, PostponeMeeting
from domain.clubs.standing import DissolveClub, ResumeClub, SuspendClub

router = APIRouter(prefix="/v1")

# Found where the command arrives, never sent.
_UNIT = ("commune_code", "warnings")


def _found(asked: Asked) -> Receipt:
    return clubs.found_club(asked.desk, asked.call, asked.asks(club_id=asked.desk.new_id()))


def _new(thing: str) -> Any:
    """A handler of something that gets an id of its own."""

    def take(asked: Asked) -> Receipt:
        command = asked.asks(**{thing: asked.desk.new_id()})
        return clubs.record(asked.desk, asked.call, asked.at, command)

    return take


COMMANDS = (
    Command(
        "/clubs",
        "found_club",
        FoundClub,
        _found,
        made=("club_id", *_UNIT),
        permission=Action.FOUND_CLUB,
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
        at(clubs.adopt_regulation),
        acting="approved_by",
        second="proposed_by",
        in_person=True,
        permission=Action.RUN_CLUB,
        said="Thông qua quy chế; khoản vay cũ giữ quy chế cũ",
        example={
            "adopted_on": "2026-01-10",
            "effective_from": "2026-02-01",
            "rules": {"loan_amount_max": 10000000, "membership_months_before_loan": 6},
            "proposed_by": SOMEBODY,
        },
    ),
    Command(
        "/clubs/{club_id}/boards",
        "elect_board",
        ElectBoard,
        at(clubs.elect_board),
        permission=Action.RUN_CLUB,
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
        "/clubs/{club_id}/commune",
        "reassign_commune",
        ReassignCommune,
        at(clubs.reassign_commune),
        made=_UNIT,
        permission=Action.FOUND_CLUB,
        said="Thôn thuộc xã khác từ một ngày; báo cáo cũ giữ tên cũ",
        example={
            "occurred_on": "2025-07-01",
            "commune": "Xã Chi Lăng",
            "province": "Lạng Sơn",
            "decree": "NQ 1672/2025",
        },
    ),
    Command(
        "/clubs/{club_id}/stand-ins",
        "name_stand_in",
        NameStandIn,
        at(clubs.record),
        permission=Action.RUN_CLUB,
        said="Cử người thay một chức vụ trong một thời gian",
        example={
            "occurred_on": "2026-03-10",
            "office": "secretary",
            "person_id": SOMEBODY,
            "until": "2026-04-10",
        },
    ),
    Command(
        "/clubs/{club_id}/office-hand-overs",
        "hand_over_office",
        HandOverOffice,
        at(clubs.record),
        permission=Action.RUN_CLUB,
        said="Bàn giao sổ sách, giấy tờ của một chức vụ",
        example={
            "occurred_on": "2026-03-10",
            "office": "accountant",
            "outgoing_id": SOMEBODY,
            "incoming_id": SOMEBODY_ELSE,
            "witness_id": A_THIRD,
            "note": "Giao đủ sổ vay vốn từ 2021",
        },
    ),
    Command(
        "/clubs/{club_id}/suspension",
        "suspend_club",
        SuspendClub,
        at(clubs.record),
        permission=Action.FOUND_CLUB,
        said="Tạm ngừng: không kết nạp, không cho vay mới; vẫn thu nợ",
        example={"occurred_on": "2026-03-10", "decision": "12/QĐ-UBND", "reason": "Kiểm tra sổ"},
    ),
    Command(
        "/clubs/{club_id}/resumption",
        "resume_club",
        ResumeClub,
        at(clubs.record),
        permission=Action.FOUND_CLUB,
        said="Hoạt động trở lại",
        example={"occurred_on": "2026-05-10", "decision": "20/QĐ-UBND"},
    ),
    Command(
        "/clubs/{club_id}/dissolution",
        "dissolve_club",
        DissolveClub,
        at(clubs.dissolve_club),
        permission=Action.FOUND_CLUB,
        said="Giải thể: khi không còn dư nợ gốc và không còn tiền",
        example={"occurred_on": "2026-03-10", "decision": "30/QĐ-UBND"},
    ),
    Command(
        "/clubs/{club_id}/meetings",
        "hold_meeting",
        HoldMeeting,
        _new("meeting_id"),
        made=("meeting_id",),
        permission=Action.RUN_CLUB,
        said="Ghi buổi sinh hoạt: ai dự, hoặc bao nhiêu người",
        example={
            "occurred_on": "2026-03-10",
            "attended": [SOMEBODY, SOMEBODY_ELSE],
            "head_count": 41,
            "minutes": "BB 03/2026",
        },
    ),
    Command(
        "/clubs/{club_id}/meeting-postponements",
        "postpone_meeting",
        PostponeMeeting,
        at(clubs.record),
        permission=Action.RUN_CLUB,
        said="Hoãn buổi sinh hoạt sang ngày khác",
        example={
            "occurred_on": "2026-03-09",
            "planned_on": "2026-03-10",
            "to_on": "2026-03-15",
            "reason": "Mưa lũ",
        },
    ),
    Command(
        "/clubs/{club_id}/activities",
        "hold_activity",
        HoldActivity,
        _new("activity_id"),
        made=("activity_id",),
        permission=Action.RUN_CLUB,
        said="Ghi một hoạt động trong tám mảng",
        example={
            "occurred_on": "2026-03-08",
            "area": "culture",
            "kind": "sport",
            "title": "Giao lưu bóng chuyền hơi nữ",
            "head_count": 60,
        },
    ),
    Command(
        "/clubs/{club_id}/supports",
        "give_support",
        GiveSupport,
        _new("support_id"),
        made=("support_id",),
        permission=Action.RUN_CLUB,
        said="Thăm người ốm, tặng quà, giúp đỡ",
        example={
            "occurred_on": "2026-03-10",
            "person_id": SOMEBODY,
            "kind": "sick_visit",
            "value": 200000,
            "given_by": [SOMEBODY_ELSE],
            "note": "Thăm sau khi mổ",
        },
    ),
)

register(router, COMMANDS, "clubs")
