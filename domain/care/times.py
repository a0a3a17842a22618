"""How long somebody was at it, as it was said: clock times, minutes, or work-days.

Clock times are exact: with them nobody is in two places at once. Minutes and work-days are what
people remember; they only count.
"""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from domain.errors import Refusal
from domain.values import Clock, Day, Immutable, WorkDays

DAY_MINUTES = 24 * 60
HALF_A_DAY = Decimal("0.5")
OVERLAP_TOLERATED_MINUTES = 15
"""Two clocks never agree: so much overlap is only a warning (domain.md section 6)."""

Interval = tuple[int, int]
"""From and to, in minutes of one long line of days: the same for every place in Viet Nam."""
Minutes = Annotated[int, Field(strict=True, gt=0, le=DAY_MINUTES)]


def _true(said: bool) -> bool:
    if not said:
        raise ValueError("true is expected, or nothing")
    return said


# Not Literal[True]: that takes 1 and 1.0 for true.
HalfDay = Annotated[
    bool,
    Field(strict=True),
    AfterValidator(_true),
    WithJsonSchema({"type": "boolean", "const": True}),
]


class TimeMaybeSaid(Immutable):
    """At most one of: `start` and `end` (and the day it ended, past midnight), `minutes`,
    `work_days`, `half_day`."""

    start: Clock | None = None
    end: Clock | None = None
    end_on: Day | None = None
    minutes: Minutes | None = None
    work_days: WorkDays | None = None
    half_day: HalfDay | None = None
    """Half a work-day (một buổi)."""

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        by_clock = self.start is not None and self.end is not None
        if (self.start is None) != (self.end is None) or (self.end_on and not by_clock):
            raise ValueError("start and end are said together")
        if self.ways > 1:
            raise ValueError("one of start and end, minutes, work_days or half_day is enough")
        return self

    @property
    def ways(self) -> int:
        said = (self.start, self.minutes, self.work_days, self.half_day)
        return sum(one is not None for one in said)


class TimeSaid(TimeMaybeSaid):
    """One of: `start` and `end` (and the day it ended, past midnight), `minutes`, `work_days`,
    `half_day`."""

    @model_validator(mode="after")
    def _said(self) -> Self:
        if not self.ways:
            raise ValueError("one of start and end, minutes, work_days or half_day is needed")
        return self


class TimeSpent(Immutable):
    """What was said, and what it comes to: whole minutes, and work-days to four places."""

    start: Clock | None = None
    end: Clock | None = None
    end_on: Day | None = None
    """None where it ended on the day it began."""
    minutes: Annotated[int, Field(strict=True, gt=0)]
    work_days: WorkDays

    def interval(self, on: date) -> Interval | None:
        """From when to when; None where no clock was looked at."""
        if self.start is None or self.end is None:
            return None
        return minute_of(on, self.start), minute_of(self.end_on or on, self.end)


def spent(said: TimeMaybeSaid, on: date, work_day_minutes: int) -> TimeSpent:
    """What was said in one of the four ways. Hard: it ends after it begins, and within 24 hours.

    A work-day is as long as the club's regulation says (`work_day_minutes`).
    """
    length = Decimal(work_day_minutes)
    in_days = HALF_A_DAY if said.half_day else said.work_days
    if in_days is not None:
        minutes = int((in_days * length).to_integral_value(ROUND_HALF_UP))
        if minutes > DAY_MINUTES:
            raise Refusal("time-too-long", "Một người không làm quá 24 giờ một lần.")
        return TimeSpent(minutes=max(minutes, 1), work_days=in_days)
    minutes = said.minutes or _by_clock(said, on)
    days = (minutes / length).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return TimeSpent(
        start=said.start, end=said.end, end_on=said.end_on, minutes=minutes, work_days=days
    )


def overlap_minutes(one: Interval, others: Iterable[Interval]) -> int:
    """The longest time that `one` shares with any of the others."""
    return max((min(one[1], end) - max(one[0], start) for start, end in others), default=0)


def _by_clock(said: TimeMaybeSaid, on: date) -> int:
    assert said.start is not None, "time is said in one of three ways"
    assert said.end is not None, "start and end are said together"
    length = minute_of(said.end_on or on, said.end) - minute_of(on, said.start)
    if length <= 0:
        raise Refusal("time-order", "Giờ kết thúc phải sau giờ bắt đầu.")
    if length > DAY_MINUTES:
        raise Refusal("time-too-long", "Một lần không dài quá 24 giờ.")
    return length


def minute_of(day: date, clock: str) -> int:
    """A moment in Viet Nam on the line of `Interval`."""
    hours, minutes = clock.split(":")
    return day.toordinal() * DAY_MINUTES + int(hours) * 60 + int(minutes)
