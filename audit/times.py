"""The business date in Viet Nam, worked out by hand: seven hours ahead of UTC, all year round."""

from datetime import datetime, timedelta


def business_day(instant: datetime) -> str:
    return (instant + timedelta(hours=7) - (instant.utcoffset() or timedelta())).date().isoformat()
