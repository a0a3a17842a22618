"""Dates, amounts and times as people here write them, in either language."""

from calendar import monthrange
from datetime import date, datetime
from decimal import Decimal

from domain.values import VIET_NAM
from web.typed import as_day

_GAP = "\u00a0"


def day(value: date | str | None) -> str:
    """31/01/2026; the read models give days as text, too."""
    if value is None:
        return "–"
    if isinstance(value, str):
        value = date.fromisoformat(value)
    return value.strftime("%d/%m/%Y") if value.year >= 1000 else str(value)


def again(value: date | str | None) -> str:
    """A day for the field it is typed into; what is no day stands there as it was typed."""
    found = as_day(value) if isinstance(value, str) else value
    return str(value or "") if found is None else day(found)


def months(value: date, by: int) -> date:
    """The same day so many months away, or the last of a shorter month."""
    year, month = divmod(value.year * 12 + value.month - 1 + by, 12)
    return date(year, month + 1, min(value.day, monthrange(year, month + 1)[1]))


def moment(value: datetime | str | None) -> str:
    """A recorded instant on the clock of Viet Nam: 08:15 31/01/2026."""
    if value is None:
        return "–"
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(VIET_NAM).strftime("%H:%M %d/%m/%Y")


def number(value: int) -> str:
    """1.234.567; below nought with a real minus."""
    return ("−" if value < 0 else "") + f"{abs(value):,}".replace(",", ".")


def decimal(value: str | float | Decimal) -> str:
    """1.234,5; two decimals at most."""
    whole, _, rest = f"{Decimal(value):.2f}".partition(".")
    rest = rest.rstrip("0")
    return number(int(whole)) + (f",{rest}" if rest else "")


def money(value: int | None) -> str:
    """1.234.567 ₫, never broken over two lines."""
    return "–" if value is None else number(value) + _GAP + "₫"


def share(value: str | float | None) -> str:
    """A fraction as per cent, with one decimal: 0.125 → 12,5 %."""
    return "–" if value is None else f"{Decimal(value) * 100:.1f}".replace(".", ",") + _GAP + "%"


def short(club: str) -> str:
    """A club's name where there is little room: what all clubs are called is left out."""
    return club.replace("liên thế hệ tự giúp nhau ", "").replace("Liên thế hệ tự giúp nhau ", "")
