"""Rules about dates that every module shares."""

from datetime import date

from domain.errors import Refusal


def not_in_the_future(day: date, today: date) -> None:
    """Hard: a business date is not in the future, as seen in Viet Nam."""
    if day > today:
        raise Refusal("future-date", "Ngày phát sinh không được ở tương lai.", date=str(day))
