"""What falls to each club, so that all of them together come out at the article's figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID, uuid5

from sochung.scenario import article
from sochung.scenario.places import Place, places

SEED = UUID("5ca1ab1e-0000-4000-8000-000000001336")
"""Every id and every throw of the dice comes from here."""


@dataclass(frozen=True)
class ClubPlan:
    """`…_days`, `…_works` and the like are what the club brings by the article's last day."""

    number: int
    club_id: UUID
    place: Place
    founded_on: date
    meeting_day: int
    members: int
    """Active on the article's last day."""
    joining: int
    """Of these, who came after the founding."""
    leaving: int
    """Members of the founding who were gone by then."""
    capital: int
    vulnerable_borrowers: int
    help_days: int
    cleanup_days: int
    public_works: int
    culture: int
    rate_percent: str
    """Of its loans, a month; "0" is interest-free."""
    lags: bool
    """Meets and counts when it comes to it."""
    shortage: bool = False
    reverses: bool = False
    writes_off: bool = False

    @property
    def name(self) -> str:
        kind = "khối phố" if self.place.commune.startswith("Phường") else "thôn"
        return f"CLB liên thế hệ tự giúp nhau {kind} {self.place.hamlet}"

    def dice(self, what: str) -> Random:
        """One throw does not move another: each part of the story has dice of its own."""
        return Random(f"{SEED}/{self.number}/{what}")  # noqa: S311


def plans() -> list[ClubPlan]:
    dice = Random(str(SEED))  # noqa: S311
    days = _founding_days(dice)
    months = [(article.UNTIL - day).days // 30 + 1 for day in days]
    stayed = [max(month - 3, 0) for month in months]  # nothing is asked of a club just founded
    members = _around(dice, article.MEMBERS, len(days))
    capital = [
        100_000 * part
        for part in shared(article.CAPITAL // 100_000, [60 + min(m, 48) for m in months])
    ]
    vulnerable = shared(article.VULNERABLE_BORROWERS, [min(m, 20) for m in stayed])
    helped = shared(article.HELP_WORK_DAYS, stayed)
    cleaned = shared(article.CLEANUP_WORK_DAYS, [m if m > 10 else 0 for m in stayed])
    works = shared(article.PUBLIC_WORKS, stayed)
    culture = shared(article.CULTURE_AND_SPORT, stayed)
    return [
        ClubPlan(
            number=number,
            club_id=uuid5(SEED, f"club/{number}"),
            place=place,
            founded_on=days[number],
            meeting_day=5 + number * 5 % 21,
            members=members[number],
            joining=min(months[number] // 9, 8),
            leaving=min(months[number] // 14, 5),
            capital=capital[number],
            vulnerable_borrowers=vulnerable[number],
            help_days=helped[number],
            cleanup_days=cleaned[number],
            public_works=works[number],
            culture=culture[number],
            rate_percent=("0.7", "0.5", "1", "0", "0.7", "0.6")[number % 6],
            lags=number in (13, 29, 41),
            shortage=number == 2,
            reverses=number == 0,
            writes_off=number == 10,
        )
        for number, place in enumerate(places())
    ]


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts by weight, by largest remainder: they add up to the total."""
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_rest = sorted(range(len(weights)), key=lambda at: -(total * weights[at] % whole))
    for at in by_rest[: total - sum(parts)]:
        parts[at] += 1
    return parts


def _founding_days(dice: Random) -> list[date]:
    """Spread over both founding periods; the older clubs are no district's alone."""
    early = _spread(dice, date(2017, 3, 1), date(2020, 12, 20), article.FOUNDED_UNTIL_2020)
    late = article.CLUBS - article.FOUNDED_UNTIL_2020
    days = [*early, *_spread(dice, date(2021, 1, 15), date(2025, 4, 25), late)]
    first, *rest = days  # the oldest club is the one the tour shows
    dice.shuffle(rest)
    return [first, *rest]


def _spread(dice: Random, first: date, last: date, number: int) -> list[date]:
    step = ((last - first).days - 9) / (number - 1)
    starts = (first.toordinal() + round(step * at) for at in range(number))
    return [date.fromordinal(start + dice.randrange(9)) for start in starts]


def _around(dice: Random, total: int, number: int) -> list[int]:
    """Numbers near each other that add up."""
    return shared(total, [100 + dice.randint(-6, 8) for _ in range(number)])
