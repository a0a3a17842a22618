"""The club's own by-laws as figures: versioned, effective-dated, pinned to each loan they govern.

Defaults are those of domain.md; a club that decides otherwise adopts another version.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from domain.values import Amount, AmountOrNone, Immutable


class Part(StrEnum):
    """What a repayment can be used for, in the order the regulation gives."""

    INTEREST_DUE = "interest_due"
    PRINCIPAL_OVERDUE = "principal_overdue"
    PRINCIPAL_DUE = "principal_due"


class Eligibility(StrEnum):
    """The club's own conditions for a loan; the programme's hard ones hold beside them."""

    MEMBERSHIP_LENGTH = "membership_length"
    NO_OVERDUE_LOAN = "no_overdue_loan"
    LIVE_LOANS = "live_loans"
    LOAN_SIZE = "loan_size"
    NO_WRITTEN_OFF_LOAN = "no_written_off_loan"


Days = Annotated[int, Field(strict=True, ge=0, le=366)]
Instalments = Annotated[int, Field(strict=True, ge=1, le=600)]


BasisPoints = Annotated[int, Field(strict=True, ge=0, le=10_000)]


class InterestShares(Immutable):
    """How interest is split, in basis points (domain.md section 3)."""

    capital: BasisPoints = 4_000
    operating: BasisPoints = 3_000
    care: BasisPoints = 2_000
    reserve: BasisPoints = 1_000

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.capital + self.operating + self.care + self.reserve != 10_000:
            raise ValueError("the shares must sum to 10,000 basis points")
        return self


class Rules(Immutable):
    """One version of the by-laws."""

    # Who may borrow, and how much (domain.md section 4, "Eligibility by regulation").
    eligibility: tuple[Annotated[Eligibility, Field(strict=False)], ...] = (
        Eligibility.MEMBERSHIP_LENGTH,
        Eligibility.NO_OVERDUE_LOAN,
        Eligibility.LIVE_LOANS,
        Eligibility.LOAN_SIZE,
    )
    """Asked in this order; the first refusal speaks."""
    membership_months_before_loan: Annotated[int, Field(strict=True, ge=0, le=120)] = 0
    live_loans_per_member: Annotated[int, Field(strict=True, ge=1, le=10)] = 1
    loan_amount_max: Amount = 50_000_000
    loan_instalments_max: Instalments = 60
    loan_amount_steps: tuple[Amount, ...] = ()
    """Cap of the first loan, of the one after a loan repaid on time, and so on; the last holds
    from there on. Never above `loan_amount_max`; empty: no steps."""
    loan_instalments_steps: tuple[Instalments, ...] = ()
    """Likewise for the number of instalments."""

    # How a repayment is used: late interest first (none by default), then this order, then advance.
    repayment_order: tuple[Annotated[Part, Field(strict=False)], ...] = (
        Part.INTEREST_DUE,
        Part.PRINCIPAL_OVERDUE,
        Part.PRINCIPAL_DUE,
    )
    settlement_interest: Literal["current_period", "due_so_far"] = "current_period"

    # When a loan counts as late.
    late_tolerance: AmountOrNone = 1_000
    late_grace_days: Days = 30
    late_charge: Literal["none", "civil_code"] = "none"
    """`civil_code`: Civil Code 2015, article 466 (5), on what is overdue."""

    # Vouchers: one series across funds unless the club keeps one per fund.
    vouchers_per_fund: bool = False

    # A count that differs by more than this blocks payouts until settled. Books run to the đồng,
    # the smallest note is 200: a limit of 0 would stop a club at every count.
    count_difference_max: AmountOrNone = 1_000

    interest_shares: InterestShares = InterestShares()

    # Care: how long a work-day is, and what is worth a warning (domain.md section 6).
    work_day_minutes: Annotated[int, Field(strict=True, ge=60, le=1_440)] = 480
    care_interval_days: Annotated[int, Field(strict=True, ge=1, le=366)] = 14
    clients_per_volunteer: Annotated[int, Field(strict=True, ge=1, le=50)] = 3

    @model_validator(mode="after")
    def _order_names_each_part_once(self) -> Self:
        if sorted(self.repayment_order) != sorted(Part):
            raise ValueError("repayment_order must name each part exactly once")
        return self

    @model_validator(mode="after")
    def _conditions_are_named_once_and_steps_rise(self) -> Self:
        if len(set(self.eligibility)) < len(self.eligibility):
            raise ValueError("eligibility must name no condition twice")
        for steps in (self.loan_amount_steps, self.loan_instalments_steps):
            if list(steps) != sorted(steps):
                raise ValueError("steps of a loan limit must not fall")
        return self


# Hard caps of the programme, above any club's own rule (domain.md section 4).
MEMBER_DEBT_MAX = 50_000_000
STATED_YEARLY_PERCENT_MAX = 20


class Regulation(Immutable):
    """A version of the rules and the day it took effect."""

    version: int
    effective_from: date
    rules: Rules


# Until a club adopts its own, the programme's model by-laws hold.
MODEL_REGULATION = Regulation(version=0, effective_from=date(1900, 1, 1), rules=Rules())
