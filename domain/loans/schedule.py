"""The repayment plan of a loan: pure, exact, and the same to the đồng for ever.

Fractions are exact until the one rounding that POST /v1/loan-schedules names for each figure;
amounts are integers of the smallest unit of whatever currency. What it leaves open is decided here:

- Interest put off by `grace_interest_payment` is rounded period by period, adds up without
  interest on interest, and falls due in one sum; it leaves the principal parts as they were
  (an instalment's principal is its equal total minus the interest *of that period*).
- The equal total of `flat` is (principal − balloon) / instalments after the principal grace
  + principal × rate, both exact, then rounded once.
- `flat` interest never exceeds its fixed total: where rounding each period up would, the last
  periods bear less, and nobody is paid interest back.
- `balloon` comes on top of the last instalment's own part, as the future value of an annuity
  does, and no rounding eats into it; `bullet` leaves everything for the last one anyway.
- A principal part is never negative (interest above the rounded total is still due in full) and
  never more than what is owed; a loan rounded up may so be repaid early and end in empty rows.
- `interest_free` bears no interest whatever rate stands beside it.
"""

from calendar import monthrange
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Self, assert_never

from pydantic import Field, model_validator

from domain.values import DONG_MAX, Amount, AmountOrNone, Day, Dong, Immutable, Per, Rate

_LAST_YEAR = 2999


class Method(StrEnum):
    """How principal and interest are spread over the instalments."""

    INTEREST_FREE = "interest_free"
    FLAT = "flat"
    EQUAL_PRINCIPAL = "equal_principal"
    EQUAL_INSTALMENT = "equal_instalment"
    BULLET = "bullet"


class Rounding(StrEnum):
    """What becomes of the part below one multiple."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"


class Unit(StrEnum):
    """The unit in which due dates step."""

    MONTH = "month"
    WEEK = "week"
    QUARTER = "quarter"
    YEAR = "year"


_PERIODS_A_YEAR = {Unit.MONTH: 12, Unit.WEEK: 52, Unit.QUARTER: 4, Unit.YEAR: 1}

_Multiple = Annotated[int, Field(strict=True, ge=1, le=10**9)]
_Grace = Annotated[int, Field(strict=True, ge=0)]


class Every(Immutable):
    """One instalment each `count` units."""

    count: Annotated[int, Field(strict=True, ge=1, le=120)] = 1
    unit: Unit = Field(default=Unit.MONTH, strict=False)

    @property
    def periods_a_year(self) -> Fraction:
        return Fraction(_PERIODS_A_YEAR[self.unit], self.count)


class LoanTerms(Immutable):
    """What lender and borrower agree on beside the amount and the day."""

    instalments: Annotated[int, Field(strict=True, ge=1, le=600)]
    every: Every = Every()
    method: Method = Field(strict=False)
    rate: Rate | None = None
    grace_principal: _Grace = 0
    grace_interest_payment: _Grace = 0
    round_instalment_to: _Multiple = 1
    round_interest_to: _Multiple = 1
    rounding: Rounding = Field(default=Rounding.HALF_UP, strict=False)
    balloon: AmountOrNone | None = None

    @model_validator(mode="after")
    def _terms_agree(self) -> Self:
        if self.rate is None and self.method is not Method.INTEREST_FREE:
            raise ValueError(f"rate: the method {self.method} needs one")
        if self.grace_principal >= self.instalments:
            raise ValueError("grace_principal must be fewer than the instalments")
        if self.grace_interest_payment >= self.instalments:
            raise ValueError("grace_interest_payment must be fewer than the instalments")
        return self

    @property
    def period_rate(self) -> Fraction:
        """The exact share of the principal that one period costs."""
        if self.rate is None or self.method is Method.INTEREST_FREE:
            return Fraction(0)
        return Fraction(stated_yearly_percent(self.rate)) / 100 / self.every.periods_a_year


class ScheduleRequest(LoanTerms):
    """The body of POST /v1/loan-schedules; `start` is called `from` outside."""

    principal: Amount
    start: Day = Field(alias="from")

    @model_validator(mode="after")
    def _amounts_and_dates_fit(self) -> Self:
        if (self.balloon or 0) > self.principal:
            raise ValueError("balloon must not exceed the principal")
        if self.principal * self.period_rate * self.instalments > DONG_MAX:
            raise ValueError(f"rate: the interest would exceed {DONG_MAX}")
        due_date(self.start, self.every, self.instalments)
        return self

    @classmethod
    def of(cls, terms: LoanTerms, principal: int, start: date) -> Self:
        """The request for a loan of `principal` paid out on `start` under `terms`."""
        return cls.model_validate({**terms.model_dump(), "principal": principal, "from": start})


class Instalment(Immutable):
    """One row of the plan; `total` is what the borrower brings on `due_on`."""

    number: int
    due_on: Day
    principal: Dong
    interest: Dong
    total: Dong
    outstanding_after: Dong


class Schedule(Immutable):
    """The whole plan: `total_principal` is the loan, `total` what it takes to repay it."""

    instalments: tuple[Instalment, ...]
    total_principal: Dong
    total_interest: Dong
    total: Dong


def schedule(request: ScheduleRequest) -> Schedule:
    """The plan of a loan. Total: every valid request has one."""
    rate, regular = request.period_rate, _regular(request)
    flat_interest = request.principal * rate
    flat_left = _rounded(flat_interest * request.instalments, request.round_interest_to, request)
    outstanding, put_off = request.principal, 0
    rows: list[Instalment] = []
    for number in range(1, request.instalments + 1):
        last = number == request.instalments
        if request.method is Method.FLAT:
            one = _rounded(flat_interest, request.round_interest_to, request)
            accrued = flat_left if last else min(one, flat_left)
            flat_left -= accrued
        else:
            accrued = _rounded(outstanding * rate, request.round_interest_to, request)
        put_off += accrued
        interest = 0 if number <= request.grace_interest_payment else put_off
        put_off -= interest

        if last:
            principal = outstanding
        elif number <= request.grace_principal or request.method is Method.BULLET:
            principal = 0
        else:
            own = regular if request.method is Method.EQUAL_PRINCIPAL else regular - accrued
            principal = max(0, min(own, outstanding - (request.balloon or 0)))
        outstanding -= principal
        rows.append(
            Instalment(
                number=number,
                due_on=due_date(request.start, request.every, number),
                principal=principal,
                interest=interest,
                total=principal + interest,
                outstanding_after=outstanding,
            )
        )
    return Schedule(
        instalments=tuple(rows),
        total_principal=sum(row.principal for row in rows),
        total_interest=sum(row.interest for row in rows),
        total=sum(row.total for row in rows),
    )


def due_date(start: date, every: Every, number: int) -> date:
    """The day of instalment `number`, counted from `start`, so that a short month is forgotten.

    31 January + 1 month = the month's last day, + 2 months = 31 March. Raises `ValueError` past
    the year 2999.
    """
    steps = every.count * number
    if every.unit is Unit.WEEK:
        due = start + timedelta(weeks=steps)
        year, month, day = due.year, due.month, due.day
    else:
        months = start.month - 1 + steps * 12 // _PERIODS_A_YEAR[every.unit]
        year, month, day = start.year + months // 12, months % 12 + 1, start.day
    if year > _LAST_YEAR:
        raise ValueError(f"the last due date lies after the year {_LAST_YEAR}")
    return date(year, month, min(day, monthrange(year, month)[1]))


def stated_yearly_percent(rate: Rate) -> Decimal:
    """The rate as written, for a whole year; the hard cap of 20 % looks at this. Exact.

    Rate of a period × periods in a year is the same whatever the period.
    """
    return rate.percent * 12 if rate.per is Per.MONTH else rate.percent


def effective_yearly_percent(plan: Schedule, every: Every) -> Decimal:
    """What the borrower's payments really cost a year, to 0.01: for showing and warning only.

    The internal rate of return of one period × the periods in a year, not compounded: the
    convention in which an annuity's effective rate is its stated one and flat 1 % a month over
    12 months is 21.46 %. Periods count as equally long.
    """
    if plan.total_interest == 0:
        return Decimal("0.00")

    def worth_more_than_loan(period_rate: Decimal) -> bool:
        worth = Decimal(0)
        for row in reversed(plan.instalments):
            worth = (worth + row.total) / (1 + period_rate)
        return worth > plan.total_principal

    with localcontext(prec=40):
        low, high = Decimal(0), Decimal(1)
        while worth_more_than_loan(high):
            low, high = high, high * 2
        while high - low > Decimal("1e-12") * high:
            middle = (low + high) / 2
            low, high = (middle, high) if worth_more_than_loan(middle) else (low, middle)
        periods = every.periods_a_year
        percent = high * 100 * periods.numerator / periods.denominator
        return percent.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _regular(request: ScheduleRequest) -> int:
    """The rounded figure that repeats: an instalment's total, or its principal part."""
    rate, balloon = request.period_rate, request.balloon or 0
    paying = request.instalments - request.grace_principal
    part = Fraction(request.principal - balloon, paying)
    match request.method:
        case Method.INTEREST_FREE | Method.FLAT:
            exact = part + request.principal * rate
        case Method.EQUAL_PRINCIPAL:
            exact = part
        case Method.EQUAL_INSTALMENT:
            growth = (1 + rate) ** paying
            grown = request.principal * growth - balloon
            exact = rate * grown / (growth - 1) if rate else part
        case Method.BULLET:
            exact = Fraction(0)
        case _:
            assert_never(request.method)
    return _rounded(exact, request.round_instalment_to, request)


def _rounded(value: Fraction, multiple: int, terms: LoanTerms) -> int:
    """`value` (not negative) as a multiple of `multiple`."""
    whole, rest = divmod(value, multiple)
    twice = 2 * rest
    match terms.rounding:
        case Rounding.DOWN:
            up = False
        case Rounding.HALF_UP:
            up = twice >= multiple
        case Rounding.HALF_EVEN:
            up = twice > multiple or (twice == multiple and whole % 2 == 1)
        case _:
            assert_never(terms.rounding)
    return (whole + up) * multiple
