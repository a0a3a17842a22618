"""What a club does together: meetings, works, songs and games, and a hand for one of its own."""

from datetime import date, timedelta
from uuid import UUID

from domain.clubs import meetings
from domain.clubs.events import ActivityKind, Area, SupportKind
from domain.clubs.meetings import GiveSupport, HoldActivity, HoldMeeting, PostponeMeeting
from domain.values import Purpose, Sealed
from sochung.scenario import article
from sochung.scenario.care import Care
from sochung.scenario.telling import Telling

_WORKS = ("Dọn đường thôn", "Sửa mương nước", "Trồng hoa ven đường", "Làm sạch nhà văn hóa")
_CULTURE = ("Giao lưu hát then", "Hát sli, hát lượn", "Văn nghệ mừng Ngày Người cao tuổi")
_SPORT = ("Giải bóng chuyền hơi", "Đi bộ vì sức khỏe", "Thi cờ tướng")
_RIGHTS = "Nói chuyện về Luật Người cao tuổi"
_LEARNING = ("Phòng tăng huyết áp", "Kỹ thuật trồng na", "Phòng chống lừa đảo qua điện thoại")


class Life:
    def __init__(self, tell: Telling, care: Care) -> None:
        self.tell, self.care, self.dice = tell, care, tell.plan.dice("life")
        self.works = self.events = 0

    def meet(self, month: int, present: int) -> UUID | None:
        """None where the club met and nobody wrote it down, as clubs that lag do."""
        tell = self.tell
        if tell.plan.lags and month % 4:
            return None
        planned_on = None
        if month and (month + tell.plan.number) % 19 == 0:
            planned_on = tell.day - timedelta(days=2)
            postponed = PostponeMeeting(
                occurred_on=planned_on, planned_on=planned_on, to_on=tell.day
            )
            tell.of_club(meetings.postpone_meeting(tell.club, postponed, tell.day))
        named = tell.plan.number % 5 == 0 and tell.day.year >= 2024
        who = tuple(self.dice.sample(tell.members, present)) if named else ()
        command = HoldMeeting(
            meeting_id=tell.new_id(),
            occurred_on=tell.day,
            planned_on=planned_on,
            minutes=f"BB {month + 1:03d}",
            attended=who,
            head_count=present,
        )
        tell.of_club(meetings.hold_meeting(tell.club, command, tell.day))
        return command.meeting_id

    def month(self, month: int) -> None:
        tell, plan = self.tell, self.tell.plan
        works, events = tell.quota(plan.public_works), tell.quota(plan.culture)
        if tell.day > article.UNTIL:
            works, events = works + (month % 7 == 0), events + (month % 6 == 0)
            self.works, self.events = tell.quota(plan.public_works), tell.quota(plan.culture)
        while self.works < works:
            self.works += 1
            self._work_for_all()
        while self.events < events:
            self.events += 1
            self._sing_or_play()
        if not plan.lags:
            self._the_other_areas(month)
        if month and month % 2 == 0:
            self._support()

    def _work_for_all(self) -> None:
        on, people = self._day(), self.dice.randint(8, 20)
        self._hold(on, Area.SELF_HELP, ActivityKind.PUBLIC_WORKS, self.dice.choice(_WORKS), people)
        self.care.public_works(on, people)

    def _sing_or_play(self) -> None:
        people = self.dice.randint(15, 45)
        if self.dice.random() < 0.55:
            what, title = ActivityKind.CULTURE, self.dice.choice(_CULTURE)
        else:
            what, title = ActivityKind.SPORT, self.dice.choice(_SPORT)
        self._hold(self._day(), Area.CULTURE, what, title, people)

    def _the_other_areas(self, month: int) -> None:
        """Over a year each of the eight areas is worked in."""
        number, people = self.tell.plan.number, self.dice.randint(20, 45)
        match (month + number) % 12:
            case 1:
                self._hold(self._day(), Area.RIGHTS, ActivityKind.TALK, _RIGHTS, people)
            case 3 | 9:
                title = self.dice.choice(_LEARNING)
                self._hold(self._day(), Area.LEARNING, ActivityKind.TALK, title, people)
            case 5:
                check_up = "Khám sức khỏe định kỳ cùng trạm y tế"
                self._hold(self._day(), Area.HEALTH, ActivityKind.HEALTH_CHECK, check_up, people)
            case 8:
                raised = self.dice.randrange(500_000, 3_000_000, 100_000)
                title, what = "Vận động ủng hộ câu lạc bộ", ActivityKind.FUND_RAISING
                self._hold(self._day(), Area.RESOURCES, what, title, people, raised)
            case _:
                pass

    def _hold(
        self,
        on: date,
        area: Area,
        kind: ActivityKind,
        title: str,
        people: int,
        value: int | None = None,
    ) -> None:
        tell = self.tell
        command = HoldActivity(
            activity_id=tell.new_id(),
            occurred_on=on,
            area=area,
            kind=kind,
            title=tell.memo(title),
            head_count=people,
            value=value,
        )
        tell.of_club(meetings.hold_activity(tell.club, command, tell.day))

    def _support(self) -> None:
        """A visit to the sick, a small gift at a great age, always by two of the board."""
        tell = self.tell
        givers = tuple(list(tell.board.values())[:2])
        person_id = self.dice.choice([id for id in tell.members if id not in givers])
        kind = self.dice.choice((SupportKind.SICK_VISIT, SupportKind.LONGEVITY, SupportKind.GIFT))
        command = GiveSupport(
            support_id=tell.new_id(),
            occurred_on=tell.day,
            person_id=person_id,
            kind=kind,
            value=self.dice.choice((50_000, 100_000, 150_000)),
            given_by=givers,
            note=self._memo("Thăm hỏi, tặng quà") if self.dice.random() < 0.2 else None,
        )
        tell.of_club(meetings.give_support(tell.club, command, tell.day))

    def _memo(self, text: str) -> Sealed:
        return self.tell.desk.keys.seal(self.tell.club_id, Purpose.MEMO, text)

    def _day(self) -> date:
        return self.tell.days_ago(self.dice.randrange(28))
