"""The Association of the Elderly: trainings, media items, plans."""

from datetime import date
from uuid import UUID

import pytest
from pydantic import ValidationError

from domain.clubs.association import (
    AdoptPlan,
    HoldTraining,
    PublishMediaItem,
    RegisterAssociation,
    adopt_plan,
    evolve,
    hold_training,
    publish_media_item,
    register_association,
)
from domain.events import Role
from examples import CLUB, DAY, HOA, LAN, TODAY, days, sealed
from specification import Specification

HERE, THING = UUID(int=800), UUID(int=801)
unknown = Specification(evolve)
REGISTRATION = RegisterAssociation(
    association_id=HERE, name="Hội NCT Lạng Sơn", level="province", province="Lạng Sơn"
)
known = unknown.after(register_association, REGISTRATION)


def training(**changed: object) -> HoldTraining:
    usual = {"training_id": THING, "occurred_on": DAY, "title": sealed(HERE), "delegates": 2}
    return HoldTraining.model_validate(usual | changed)


def test_an_association_is_registered_once() -> None:
    known.when(register_association, REGISTRATION).then_refused("already-registered")
    for level, commune in (("province", "Xã Chi Lăng"), ("commune", None)):
        with pytest.raises(ValidationError, match="commune"):
            RegisterAssociation.model_validate(
                {**REGISTRATION.model_dump(), "level": level, "commune": commune}
            )


def test_a_training_counts_at_least_whom_it_names() -> None:
    asked = training(participants=(LAN, HOA, LAN), club_ids=(CLUB,))
    event = known.when(hold_training, asked, TODAY).decided()[0]
    assert [(c.id, c.role) for c in event.concerns] == [
        (LAN, Role.PARTICIPANT),
        (HOA, Role.PARTICIPANT),
        (CLUB, Role.PARTICIPANT),
    ]
    with pytest.raises(ValidationError, match="delegates"):
        training(participants=(LAN, HOA), delegates=1)
    known.when(hold_training, training(), days(-1)).then_refused("future-date")


def test_nothing_happens_to_an_association_nobody_registered() -> None:
    item = PublishMediaItem(
        item_id=THING, occurred_on=DAY, kind="news", outlet="Báo Lạng Sơn", title=sealed(HERE)
    )
    plan = AdoptPlan(plan_id=THING, occurred_on=date(2026, 1, 15), year=2026, targets={"clubs": 60})
    for decide, command in (
        (hold_training, training()),
        (publish_media_item, item),
        (adopt_plan, plan),
    ):
        unknown.when(decide, command, TODAY).then_refused("not-found")
        assert known.when(decide, command, TODAY).decided()
    with pytest.raises(ValidationError, match="targets"):
        AdoptPlan(plan_id=THING, occurred_on=DAY, year=2026, targets={})
