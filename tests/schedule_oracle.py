"""A second reading of POST /v1/loan-schedules, column by column instead of row by row.

Written from the interface's text and sharing nothing with `domain.loans.schedule` but the
request it reads: periods a year, calendar, annuity and rounding are all worked out another way.
"""

from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate

from domain.loans.schedule import ScheduleRequest

Row = tuple[date, int, int, int]
"""due on, principal, interest, outstanding after"""


def expected(request: ScheduleRequest) -> list[Row]:
    count = request.instalments
    charged, principal = _reducing(request) if request.method != "flat" else _flat(request)
    paid = list(accumulate(principal))
    graced = request.grace_interest_payment
    due = [0] * graced + [sum(charged[: graced + 1])] + charged[graced + 1 :]
    days = _days(request.start, str(request.every.unit), request.every.count, count)
    return [(days[i], principal[i], due[i], request.principal - paid[i]) for i in range(count)]


def _rate(request: ScheduleRequest) -> Fraction:
    if request.method == "interest_free" or request.rate is None:
        return Fraction(0)
    percent = Fraction(str(request.rate.percent))
    yearly = percent * 12 if request.rate.per == "month" else percent
    by_unit = {"month": yearly / 12, "week": yearly / 52, "quarter": yearly / 4, "year": yearly}
    return by_unit[str(request.every.unit)] * request.every.count / 100


def _nearest(exact: Fraction, step: int, manner: str) -> int:
    """Of the two multiples around `exact`, the one the manner asks for."""
    below = (exact.numerator // (exact.denominator * step)) * step
    above = below + step
    if manner == "down" or exact - below < above - exact:
        return below
    if exact - below > above - exact or manner == "half_up":
        return above
    return below if (below // step) % 2 == 0 else above


def _reducing(request: ScheduleRequest) -> tuple[list[int], list[int]]:
    """Interest on what is outstanding: charged and principal columns."""
    rate, manner = _rate(request), str(request.rounding)
    charged: list[int] = []
    principal: list[int] = []
    for position in range(request.instalments):
        owed = request.principal - sum(principal)
        charged.append(_nearest(owed * rate, request.round_interest_to, manner))
        principal.append(_principal(request, position, owed, charged[-1]))
    return charged, principal


def _flat(request: ScheduleRequest) -> tuple[list[int], list[int]]:
    """Interest on the original principal, whose total is fixed in advance."""
    rate, manner, step = _rate(request), str(request.rounding), request.round_interest_to
    in_all = _nearest(request.principal * rate * request.instalments, step, manner)
    each = _nearest(request.principal * rate, step, manner)
    charged: list[int] = []
    for _ in range(request.instalments - 1):
        charged.append(each if sum(charged) + each <= in_all else in_all - sum(charged))
    charged.append(in_all - sum(charged))
    principal: list[int] = []
    for position, interest in enumerate(charged):
        owed = request.principal - sum(principal)
        principal.append(_principal(request, position, owed, interest))
    return charged, principal


def _principal(request: ScheduleRequest, position: int, owed: int, interest: int) -> int:
    if position == request.instalments - 1:
        return owed
    if position < request.grace_principal or request.method == "bullet":
        return 0
    rate, left_over = _rate(request), request.balloon or 0
    parts = request.instalments - request.grace_principal
    share = Fraction(request.principal - left_over) / parts
    step, manner = request.round_instalment_to, str(request.rounding)
    if request.method == "equal_principal":
        wanted = _nearest(share, step, manner)
    elif request.method == "equal_instalment":
        wanted = _nearest(_annuity(request, rate, parts, left_over), step, manner) - interest
    else:
        wanted = _nearest(share + rate * request.principal, step, manner) - interest
    if wanted < 0:
        return 0
    return wanted if owed - wanted >= left_over else owed - left_over


_annuities: dict[tuple[int, Fraction, int, int], Fraction] = {}


def _annuity(request: ScheduleRequest, rate: Fraction, parts: int, left_over: int) -> Fraction:
    """The payment whose present value, with the balloon's, is the principal."""
    key = (request.principal, rate, parts, left_over)
    if key not in _annuities:
        discount = 1 / (1 + rate)
        one_each, today = Fraction(0), Fraction(1)
        for _ in range(parts):
            today *= discount
            one_each += today
        _annuities[key] = (request.principal - left_over * today) / one_each
    return _annuities[key]


def _days(start: date, unit: str, count: int, number: int) -> list[date]:
    if unit == "week":
        return [start + timedelta(days=7 * count * i) for i in range(1, number + 1)]
    months = {"month": 1, "quarter": 3, "year": 12}[unit] * count
    days, first = [], start.replace(day=1)
    for _ in range(number):
        for _ in range(months):
            first = (first + timedelta(days=31)).replace(day=1)
        end = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        wanted = first + timedelta(days=start.day - 1)
        days.append(min(wanted, end))
    return days
