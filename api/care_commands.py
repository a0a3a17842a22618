"""Commands to a club's care book, as they are sent. The club is `club_id`, or the person's own."""

from collections.abc import Callable, Mapping
from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import model_validator

from api.commands import Asked, Command, Taking, register
from api.people_commands import SOMEBODY, SOMEBODY_ELSE, may_be
from desk import care
from desk.desk import Receipt
from desk.people import NewPerson
from domain.accounts.permissions import Action
from domain.care.commands import (
    AssessNeeds,
    CancelShift,
    CloseReferral,
    DischargeClient,
    DoGroupWork,
    EnrolClient,
    EnrolVolunteer,
    LeaveVolunteering,
    MakeCarePlan,
    MakeVisit,
    MeasureVitals,
    MissVisit,
    OpenReferral,
    RecordCheckUp,
    RecordInsurance,
    ScheduleShift,
    TrainVolunteer,
    WorkShift,
)
from domain.care.scales import Scores
from domain.care.vitals import Vitals, flag
from domain.clubs.decisions import CLUB
from domain.clubs.decisions import known as known_club
from domain.clubs.people import PERSON
from domain.clubs.people import known as known_person
from domain.values import Code, Day, Id, Immutable, Name, Note, Purpose

router = APIRouter(prefix="/v1")

MARCH = "2026-03-10"
THE_CLUB = "0199c1c0-0000-7000-8000-0000000000c1"
READING = {"systolic": 125, "diastolic": 80, "pulse": 72}
CLUB_NAMED: Mapping[str, Any] = {"club_id": (Id | None, None)}


class NewVolunteer(Immutable):
    """A registered person, member or not."""

    club_id: Id
    person_id: Id
    occurred_on: Day


class NewClient(NewPerson):
    """A neighbour with all that is known of them, or `client_id` of somebody in the book."""

    club_id: Id
    client_id: Id | None = None
    name: Name | None = None  # type: ignore[assignment]
    occurred_on: Day
    coordinator_id: Id | None = None
    reasons: Note | None = None

    @model_validator(mode="after")
    def _one_person(self) -> Self:
        if (self.client_id is None) == (self.name is None):
            raise ValueError("name: either this or client_id is needed")
        of_new = self.model_fields_set & (NewPerson.model_fields.keys() - {"name"})
        if self.client_id is not None and of_new:
            raise ValueError("client_id: somebody known is not described again")
        return self


class Assessment(Scores):
    """Every item of one instrument, as it was scored; totals are worked out from them."""

    club_id: Id | None = None
    occurred_on: Day
    instrument_version: Code


def flags_of(body: Any) -> Mapping[str, Any]:
    """Whom the reading says to tell the health station of; no diagnosis (domain.md section 6)."""
    found = flag(body.vitals) if body.vitals is not None else None
    return {"flags": [found]} if found else {}


def in_club(handler: Callable[..., Receipt], *made: str) -> Taking:
    """A handler that takes the club and the person in the address; ids that it makes are `made`."""

    def take(asked: Asked) -> Receipt:
        fresh = {name: asked.desk.new_id() for name in made}
        return handler(asked.desk, asked.call, asked.club_id, asked.at, asked.asks(**fresh))

    return take


def _enrol_volunteer(asked: Asked) -> Receipt:
    body: NewVolunteer = asked.body
    command = EnrolVolunteer(occurred_on=body.occurred_on)
    return care.enrol_volunteer(asked.desk, asked.call, body.club_id, body.person_id, command)


def _enrol_client(asked: Asked) -> Receipt:
    body: NewClient = asked.body
    desk = asked.desk
    known_club(desk.log.recall(CLUB, body.club_id).state)
    client_id, neighbour = body.client_id or desk.new_id(), None
    like: list[UUID] = []
    if body.client_id is None:
        neighbour = NewPerson(**{name: getattr(body, name) for name in NewPerson.model_fields})
        like = may_be(desk, body.club_id, neighbour)
    else:
        known_person(desk.log.load(PERSON, client_id).state)
    command = EnrolClient(
        occurred_on=body.occurred_on,
        coordinator_id=body.coordinator_id,
        reasons=desk.seal(client_id, Purpose.HEALTH, body.reasons),
    )
    return care.enrol_client(desk, asked.call, body.club_id, client_id, neighbour, command, like)


def _open_referral(asked: Asked) -> Receipt:
    command = asked.asks(referral_id=asked.desk.new_id())
    return care.tell_case(
        asked.desk, asked.call, asked.club_id, asked.at, command, command.referral_id
    )


def _close_referral(asked: Asked) -> Receipt:
    which = asked.ids["referral_id"]
    return care.close_referral(asked.desk, asked.call, asked.club_id, asked.at, which, asked.asks())


def _work(asked: Asked) -> Receipt:
    shift_id: UUID | None = asked.ids.get("shift_id")
    command = asked.asks(shift_id=shift_id or asked.desk.new_id())
    return care.work_shift(
        asked.desk, asked.call, asked.club_id, asked.at, command, planned=shift_id is not None
    )


def _cancel(asked: Asked) -> Receipt:
    which = asked.ids["shift_id"]
    return care.cancel_shift(asked.desk, asked.call, asked.club_id, asked.at, which, asked.asks())


def _group_work(asked: Asked) -> Receipt:
    command = asked.asks(work_id=asked.desk.new_id())
    return care.do_group_work(asked.desk, asked.call, asked.at, command)


def _health(asked: Asked) -> Receipt:
    club_id = care.club_caring(asked.desk, asked.at, None, asked.body.club_id)
    return care.record_health(asked.desk, asked.call, club_id, asked.at, asked.asks())


def _of_health(*names: str) -> Mapping[str, Purpose]:
    return dict.fromkeys(names, Purpose.HEALTH)


CARE = (
    Command(
        "/care-cases",
        "enrol_client",
        EnrolClient,
        _enrol_client,
        body=NewClient,
        permission=Action.WRITE_CARE,
        said="Nhận chăm sóc tại nhà một thành viên hoặc người hàng xóm",
        example={
            "club_id": THE_CLUB,
            "name": "Lương Thị Già",
            "birth": {"year": 1938},
            "occurred_on": MARCH,
            "coordinator_id": SOMEBODY,
        },
    ),
    Command(
        "/care-cases/{client_id}/assessments",
        "assess_needs",
        AssessNeeds,
        in_club(care.tell_case),
        acting="assessed_by",
        body=Assessment,
        purposes=_of_health("items"),
        permission=Action.WRITE_CARE,
        said="Đánh giá nhu cầu: từng mục của thang Katz, Barthel hoặc Lawton",
        example={
            "occurred_on": MARCH,
            "instrument": "katz",
            "instrument_version": "1963",
            "items": {
                "bathing": 0,
                "dressing": 1,
                "toileting": 1,
                "transferring": 1,
                "continence": 1,
                "feeding": 1,
            },
        },
    ),
    Command(
        "/care-cases/{client_id}/plans",
        "make_care_plan",
        MakeCarePlan,
        in_club(care.make_care_plan),
        also=CLUB_NAMED,
        purposes=_of_health("goals"),
        permission=Action.WRITE_CARE,
        said="Lập kế hoạch chăm sóc; thay kế hoạch trước",
        example={
            "occurred_on": MARCH,
            "volunteer_ids": [SOMEBODY_ELSE],
            "tasks": ["SOC", "HOU"],
            "visits_per_week": 2,
            "interval_days": 7,
        },
    ),
    Command(
        "/care-cases/{client_id}/visits",
        "make_visit",
        MakeVisit,
        in_club(care.make_visit, "visit_id"),
        made=("visit_id", "vitals"),
        also={**CLUB_NAMED, "vitals": (Vitals | None, None)},
        purposes=_of_health("vitals", "note"),
        tells=flags_of,
        permission=Action.WRITE_VISITS,
        said="Lượt thăm: ai thăm, giờ nào hoặc bao lâu, làm gì, huyết áp",
        example={
            "occurred_on": MARCH,
            "volunteer_ids": [SOMEBODY_ELSE],
            "start": "08:00",
            "end": "09:30",
            "tasks": ["SOC", "HLT"],
            "vitals": READING,
            "note": "Bà ăn được, ngủ ít",
            "next_on": "2026-03-17",
            "confirmed_by": "client",
        },
    ),
    Command(
        "/care-cases/{client_id}/missed-visits",
        "miss_visit",
        MissVisit,
        in_club(care.miss_visit, "visit_id"),
        made=("visit_id",),
        also=CLUB_NAMED,
        purposes=_of_health("note"),
        permission=Action.WRITE_VISITS,
        said="Lượt thăm không thực hiện được, vì sao",
        example={
            "occurred_on": MARCH,
            "volunteer_ids": [SOMEBODY_ELSE],
            "cause": "weather",
            "next_on": "2026-03-12",
        },
    ),
    Command(
        "/care-cases/{client_id}/referrals",
        "open_referral",
        OpenReferral,
        _open_referral,
        acting="opened_by",
        made=("referral_id",),
        also=CLUB_NAMED,
        purposes=_of_health("reason"),
        permission=Action.WRITE_VISITS,
        said="Chuyển tuyến: tới trạm y tế, bệnh viện, trợ giúp pháp lý…",
        example={"occurred_on": MARCH, "to": "health_station", "reason": "Huyết áp cao"},
    ),
    Command(
        "/care-cases/{client_id}/referrals/{referral_id}/closing",
        "close_referral",
        CloseReferral,
        _close_referral,
        also=CLUB_NAMED,
        purposes=_of_health("outcome"),
        permission=Action.WRITE_VISITS,
        said="Kết quả chuyển tuyến",
        example={"occurred_on": MARCH, "outcome": "Trạm đã khám và cấp thuốc"},
    ),
    Command(
        "/care-cases/{client_id}/discharge",
        "discharge_client",
        DischargeClient,
        in_club(care.tell_case),
        also=CLUB_NAMED,
        purposes=_of_health("note"),
        permission=Action.WRITE_CARE,
        said="Thôi chăm sóc tại nhà",
        example={"occurred_on": MARCH, "cause": "recovered"},
    ),
)

VOLUNTEERS = (
    Command(
        "/volunteers",
        "enrol_volunteer",
        EnrolVolunteer,
        _enrol_volunteer,
        body=NewVolunteer,
        permission=Action.WRITE_CARE,
        said="Nhận tình nguyện viên, là thành viên hay không",
        example={"club_id": THE_CLUB, "person_id": SOMEBODY, "occurred_on": MARCH},
    ),
    Command(
        "/volunteers/{volunteer_id}/trainings",
        "train_volunteer",
        TrainVolunteer,
        in_club(care.train_volunteer),
        also=CLUB_NAMED,
        permission=Action.WRITE_CARE,
        said="Tình nguyện viên được tập huấn",
        example={"occurred_on": MARCH, "course": "CSTN-01", "hours": 16},
    ),
    Command(
        "/volunteers/{volunteer_id}/departure",
        "leave_volunteering",
        LeaveVolunteering,
        in_club(care.leave_volunteering),
        also=CLUB_NAMED,
        permission=Action.WRITE_CARE,
        said="Thôi làm tình nguyện viên",
        example={"occurred_on": MARCH, "reason": "Theo con ra thành phố"},
    ),
    Command(
        "/volunteers/{volunteer_id}/shifts",
        "schedule_shift",
        ScheduleShift,
        in_club(care.schedule_shift, "shift_id"),
        made=("shift_id",),
        also=CLUB_NAMED,
        permission=Action.WRITE_WORK,
        said="Hẹn một ca, hôm nay hoặc ngày tới",
        example={
            "occurred_on": MARCH,
            "planned_on": "2026-03-14",
            "start": "07:30",
            "end": "11:00",
            "activity": "household_help",
            "helped": [SOMEBODY],
        },
    ),
    Command(
        "/volunteers/{volunteer_id}/work",
        "work_shift",
        WorkShift,
        _work,
        made=("shift_id",),
        also=CLUB_NAMED,
        permission=Action.WRITE_WORK,
        said="Việc đã làm không hẹn trước, của bất kỳ ai: giờ, phút hoặc ngày công",
        example={
            "occurred_on": MARCH,
            "activity": "disaster_cleanup",
            "work_days": "1.5",
            "households": 2,
            "note": "Dọn bùn sau lũ",
        },
    ),
    Command(
        "/volunteers/{volunteer_id}/shifts/{shift_id}/work",
        "work_planned_shift",
        WorkShift,
        _work,
        made=("shift_id",),
        also=CLUB_NAMED,
        permission=Action.WRITE_WORK,
        said="Ca đã hẹn nay đã làm",
        example={"occurred_on": MARCH, "start": "07:30", "end": "11:15"},
    ),
    Command(
        "/volunteers/{volunteer_id}/shifts/{shift_id}/cancellation",
        "cancel_shift",
        CancelShift,
        _cancel,
        also=CLUB_NAMED,
        permission=Action.WRITE_WORK,
        said="Hủy một ca đã hẹn",
        example={"occurred_on": MARCH, "reason": "Mưa to"},
    ),
    Command(
        "/clubs/{club_id}/group-work",
        "do_group_work",
        DoGroupWork,
        _group_work,
        made=("work_id",),
        permission=Action.WRITE_WORK,
        said="Nhiều người cùng làm, đếm chứ không ghi tên",
        example={
            "occurred_on": MARCH,
            "activity": "public_works",
            "people": 32,
            "half_day": True,
            "note": "Làm đường thôn",
        },
    ),
)

HEALTH = (
    Command(
        "/members/{member_id}/vitals",
        "measure_vitals",
        MeasureVitals,
        _health,
        made=("vitals",),
        also={**CLUB_NAMED, "vitals": (Vitals, ...)},
        purposes=_of_health("vitals"),
        tells=flags_of,
        permission=Action.WRITE_VISITS,
        said="Đo huyết áp, cân nặng, như tại buổi họp tháng",
        example={"occurred_on": MARCH, "vitals": {**READING, "weight_grams": 52400}},
    ),
    Command(
        "/members/{member_id}/check-ups",
        "record_check_up",
        RecordCheckUp,
        _health,
        also=CLUB_NAMED,
        purposes=_of_health("result"),
        permission=Action.WRITE_CARE,
        said="Khám sức khỏe định kỳ",
        example={"occurred_on": MARCH, "result": "Mắt kém, hẹn khám lại"},
    ),
    Command(
        "/members/{member_id}/insurance",
        "record_insurance",
        RecordInsurance,
        _health,
        also=CLUB_NAMED,
        purposes={"card": Purpose.IDENTITY},
        permission=Action.WRITE_CARE,
        said="Bảo hiểm y tế: có giá trị đến ngày nào",
        example={
            "occurred_on": MARCH,
            "valid_from": "2026-01-01",
            "valid_until": "2026-12-31",
            "card": "DN4200000000001",
        },
    ),
)

register(router, CARE, "care")
register(router, VOLUNTEERS, "volunteers")
register(router, HEALTH, "care")
