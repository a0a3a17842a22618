"""How late a loan is, in the bands that reports speak of (domain.md section 4)."""

from typing import Final, Literal

Band = Literal["current", "1-30", "31-90", "91-180", "over-180"]

BANDS: Final[tuple[Band, ...]] = ("current", "1-30", "31-90", "91-180", "over-180")
_LAST_DAYS: Final = (0, 30, 90, 180)


def band(days_late: int) -> Band:
    """Days late, as `domain.loans.loan.days_late` counts them → the band."""
    return BANDS[sum(days_late > last for last in _LAST_DAYS)]
