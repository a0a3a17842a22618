"""Sentences and dates as a paper writes them."""

from datetime import date, datetime

from domain.values import VIET_NAM
from projections.clubs import ClubRow
from projections.times import Seen


def day_in_words(day: date) -> str:
    return f"Ngày {day.day:02d} tháng {day.month:02d} năm {day.year}"


def moment(instant: datetime) -> str:
    """A recorded instant on the clock of Viet Nam."""
    return instant.astimezone(VIET_NAM).strftime("%H:%M:%S %d/%m/%Y")


def shortened(text: str, longest: int) -> str:
    """One line of a form holds so much; the book has the whole."""
    plain = " ".join(text.split())
    return plain if len(plain) <= longest else plain[: longest - 1].rstrip() + "…"


def head(club: ClubRow) -> dict[str, str]:
    """The club as it stands at the top of a paper."""
    places = [place for place in (club.village, club.commune, club.province) if place]
    return {
        "name": shortened(club.name, 120),
        "address": shortened(", ".join(places), 120),
    }


def told_from(seen: Seen) -> str:
    """What a paper was printed from: the same position gives the same paper again."""
    recorded = moment(seen.known_at) if seen.known_at else "-"
    return f"In từ nhật ký đến vị trí {seen.upto}, ghi lúc {recorded}."
