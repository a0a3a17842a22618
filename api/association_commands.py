"""Commands about the Association of the Elderly, as they are sent."""

from fastapi import APIRouter

from api.commands import Asked, Command, register
from desk import associations
from desk.desk import Receipt
from domain.accounts.permissions import Action
from domain.clubs.association import (
    AdoptPlan,
    HoldTraining,
    PublishMediaItem,
    RegisterAssociation,
)

router = APIRouter(prefix="/v1")


def _register(asked: Asked) -> Receipt:
    command = asked.asks(association_id=asked.desk.new_id())
    return associations.register_association(asked.desk, asked.call, command)


def _train(asked: Asked) -> Receipt:
    command = asked.asks(training_id=asked.desk.new_id())
    return associations.hold_training(asked.desk, asked.call, asked.at, command)


def _publish(asked: Asked) -> Receipt:
    command = asked.asks(item_id=asked.desk.new_id())
    return associations.publish_media_item(asked.desk, asked.call, asked.at, command)


def _plan(asked: Asked) -> Receipt:
    command = asked.asks(plan_id=asked.desk.new_id())
    return associations.adopt_plan(asked.desk, asked.call, asked.at, command)


COMMANDS = (
    Command(
        "/associations",
        "register_association",
        RegisterAssociation,
        _register,
        made=("association_id",),
        permission=Action.WRITE_ASSOCIATION,
        said="Ghi tên Hội Người cao tuổi của tỉnh hoặc xã",
        example={
            "name": "Hội Người cao tuổi tỉnh Lạng Sơn",
            "level": "province",
            "province": "Lạng Sơn",
        },
    ),
    Command(
        "/associations/{association_id}/trainings",
        "hold_training",
        HoldTraining,
        _train,
        made=("training_id",),
        permission=Action.WRITE_ASSOCIATION,
        said="Ghi lớp tập huấn",
        example={
            "occurred_on": "2026-03-10",
            "title": "Tập huấn quản lý quỹ quay vòng",
            "days": 2,
            "delegates": 120,
        },
    ),
    Command(
        "/associations/{association_id}/media-items",
        "publish_media_item",
        PublishMediaItem,
        _publish,
        made=("item_id",),
        permission=Action.WRITE_ASSOCIATION,
        said="Ghi tin, bài, phóng sự",
        example={
            "occurred_on": "2026-03-10",
            "kind": "news",
            "outlet": "Báo Lạng Sơn",
            "title": "Câu lạc bộ giúp nhau thoát nghèo",
        },
    ),
    Command(
        "/associations/{association_id}/plans",
        "adopt_plan",
        AdoptPlan,
        _plan,
        made=("plan_id",),
        permission=Action.WRITE_ASSOCIATION,
        said="Ghi kế hoạch năm: chỉ tiêu theo từng mục",
        example={
            "occurred_on": "2026-01-15",
            "year": 2026,
            "decision": "05/KH-HNCT",
            "targets": {"clubs": 60, "members": 3200},
        },
    ),
)

register(router, COMMANDS, "associations")
