"""The province's Association of the Elderly: its trainings, what was printed of it, its plans."""

from datetime import date, timedelta
from random import Random
from uuid import UUID, uuid5

from desk.desk import Desk
from domain.clubs import association
from domain.clubs.association import (
    ASSOCIATION,
    AdoptPlan,
    Association,
    HoldTraining,
    PublishMediaItem,
    RegisterAssociation,
)
from domain.clubs.events import AssociationEvent
from domain.values import Purpose, Sealed
from sochung.scenario import article
from sochung.scenario.places import PROVINCE
from sochung.scenario.plan import SEED, plans, shared
from store.log import Work

ASSOCIATION_ID = uuid5(SEED, "association")
_TITLES = (
    "Câu lạc bộ liên thế hệ: điểm tựa của người cao tuổi",
    "Vốn nhỏ giúp hộ nghèo nuôi lợn",
    "Tình nguyện viên chăm sóc tại nhà",
    "Người cao tuổi dọn dẹp sau bão",
    "Nhân rộng câu lạc bộ liên thế hệ tự giúp nhau",
)
_COURSES = (
    "Tập huấn Ban Chủ nhiệm câu lạc bộ",
    "Tập huấn quản lý quỹ tăng thu nhập",
    "Tập huấn chăm sóc người cao tuổi tại nhà",
)
_NEWS, _RADIO = ("Báo Lạng Sơn", "Báo Người cao tuổi"), "Đài PT-TH Lạng Sơn"


class _Telling:
    def __init__(self, desk: Desk, unit: Work) -> None:
        self.desk, self.unit = desk, unit
        self.dice = Random(f"{SEED}/association")  # noqa: S311
        unit.begin(ASSOCIATION, ASSOCIATION_ID)

    @property
    def state(self) -> Association | None:
        return self.unit.load(ASSOCIATION, ASSOCIATION_ID)

    def say(self, events: list[AssociationEvent]) -> None:
        self.unit.say(ASSOCIATION, ASSOCIATION_ID, events)

    def title(self, text: str) -> Sealed:
        return self.desk.keys.seal(ASSOCIATION_ID, Purpose.MEMO, text)

    def new_id(self, what: str, number: int) -> UUID:
        return uuid5(ASSOCIATION_ID, f"{what}/{number}")


def tell_association(desk: Desk, unit: Work, last_day: date) -> None:
    tell = _Telling(desk, unit)
    name = f"Hội Người cao tuổi tỉnh {PROVINCE}"
    registering = RegisterAssociation(
        association_id=ASSOCIATION_ID, name=name, level="province", province=PROVINCE
    )
    tell.say(association.register_association(None, registering))
    told: list[HoldTraining | PublishMediaItem | AdoptPlan] = [
        *_trainings(tell, last_day),
        *_media(tell, last_day),
        *_plans(tell, last_day),
    ]
    for command in sorted(told, key=lambda command: command.occurred_on):
        match command:
            case HoldTraining():
                tell.say(association.hold_training(tell.state, command, last_day))
            case PublishMediaItem():
                tell.say(association.publish_media_item(tell.state, command, last_day))
            case AdoptPlan():
                tell.say(association.adopt_plan(tell.state, command, last_day))


def _trainings(tell: _Telling, last_day: date) -> list[HoldTraining]:
    """One every other year up to the article's end, and one in autumn afterwards."""
    days = [date(2018, 5, 15), date(2020, 7, 8), date(2022, 4, 20), date(2023, 9, 12)]
    days += [date(2024, 10, 22), date(2025, 10, 21)]
    delegates = [*shared(article.DELEGATES, [8, 9, 10, 12, 13]), 120]
    clubs = plans()
    return [
        HoldTraining(
            training_id=tell.new_id("training", number),
            occurred_on=day,
            title=tell.title(_COURSES[number % len(_COURSES)]),
            days=2,
            delegates=delegates[number],
            club_ids=tuple(club.club_id for club in clubs if club.founded_on <= day),
        )
        for number, day in enumerate(days)
        if day <= last_day
    ]


def _media(tell: _Telling, last_day: date) -> list[PublishMediaItem]:
    """Spread over 2020 to May 2025; afterwards a few more."""
    news = _spread(date(2020, 1, 20), article.UNTIL, article.NEWS_ITEMS)
    news += _spread(article.UNTIL + timedelta(days=40), date(2026, 10, 1), 6)
    radio = _spread(date(2020, 5, 4), article.UNTIL - timedelta(days=60), article.BROADCASTS)
    items = [("news", tell.dice.choice(_NEWS), day) for day in news]
    items += [("broadcast", _RADIO, day) for day in radio]
    return [
        PublishMediaItem(
            item_id=tell.new_id("media", number),
            occurred_on=day,
            kind="news" if kind == "news" else "broadcast",
            outlet=outlet,
            title=tell.title(tell.dice.choice(_TITLES)),
        )
        for number, (kind, outlet, day) in enumerate(items)
        if day <= last_day
    ]


def _plans(tell: _Telling, last_day: date) -> list[AdoptPlan]:
    """What the year is to bring, as figures of the province report."""
    targets = {2024: (44, 2_350), 2025: (50, 2_700), 2026: (54, 2_950)}
    return [
        AdoptPlan(
            plan_id=tell.new_id("plan", year),
            occurred_on=date(year, 1, 15),
            year=year,
            decision=f"{year % 100}/KH-NCT",
            targets={"clubs": clubs, "members": members},
        )
        for year, (clubs, members) in targets.items()
        if date(year, 1, 15) <= last_day
    ]


def _spread(first: date, last: date, number: int) -> list[date]:
    step = (last - first).days / (number - 1)
    return [first + timedelta(days=int(step * at)) for at in range(number)]
