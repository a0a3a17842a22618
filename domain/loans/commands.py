"""What people ask of a book. Texts come sealed; ids and today's date come from the door."""

from datetime import date
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from domain.loans.accounts import DENOMINATIONS, CapitalSource, Fund, Period, Restriction
from domain.loans.events import Shown
from domain.loans.loan import WriteOffCause
from domain.loans.schedule import LoanTerms
from domain.regulation import Regulation
from domain.values import Amount, AmountOrNone, Code, Day, Hex, Id, Immutable, Quantity, Sealed

FundName = Annotated[Fund, Field(strict=False)]


class Standing(Immutable):
    """What the club and the person histories say of somebody on a day."""

    person_id: Id
    is_member: bool
    joined_on: date | None = None
    household_id: Id | None = None
    also: frozenset[Id] = frozenset()
    """Other ids the same human being has stood under (two entries that were merged)."""

    def means(self, person_id: Id | None) -> bool:
        """Whether an id, from whatever day, is this person's."""
        return person_id is not None and (person_id == self.person_id or person_id in self.also)

    def shares_household_with(self, other: "Standing") -> bool:
        return self.household_id is not None and self.household_id == other.household_id


class Moment(Immutable):
    """Today, and the by-laws in force on the business date."""

    today: date
    regulation: Regulation
    closed: Literal["club-suspended", "club-dissolved"] | None = None
    """Why nothing new begins on the business date."""
    doubles: dict[UUID, frozenset[Id]] = {}
    """Of who is named in the command, the other ids of the same human being, where there are any:
    loans and signatures of before stand under these."""

    def ids(self, person_id: UUID) -> frozenset[UUID]:
        return self.doubles.get(person_id, frozenset()) | {person_id}

    def is_any(self, person_id: UUID, *others: UUID | None) -> bool:
        """Whether somebody named in the command is one of others, under whatever id."""
        return not self.ids(person_id).isdisjoint(others)


class MoneyCommand(Immutable):
    occurred_on: Day
    memo: Sealed | None = None
    happened_on: Day | None = None
    """The late fact's own date, where `occurred_on` lies in the open period after it."""

    @model_validator(mode="after")
    def _happened_before(self) -> Self:
        if self.happened_on is not None and self.happened_on > self.occurred_on:
            raise ValueError("happened_on lies after occurred_on")
        return self


class OpeningLoan(Immutable):
    """A live loan at the cut-over: what is left of it."""

    loan_id: Id
    borrower_id: Id
    principal_remaining: Amount
    interest_unpaid: AmountOrNone = 0
    next_due_on: Day
    terms: LoanTerms
    """For the instalments that are left, from the next due date on."""


class EnterOpeningBalances(Immutable):
    """Counted and signed at the cut-over date, by at least two people."""

    cut_over_on: Day
    cash: dict[Fund, AmountOrNone] = {}
    bank: dict[Fund, AmountOrNone] = {}
    capital: dict[CapitalSource, AmountOrNone] = {}
    interest_not_allocated: AmountOrNone = 0
    loans: tuple[OpeningLoan, ...] = ()
    signed_by: Annotated[tuple[Id, ...], Field(min_length=2)]
    memo: Sealed | None = None


class ReceiveCapital(MoneyCommand):
    amount: Amount
    source: CapitalSource = Field(strict=False)
    restriction: Restriction = Field(default=Restriction.REVOLVING_ONLY, strict=False)
    project: Code | None = None


class ReceiveDues(MoneyCommand):
    amount: Amount
    fund: FundName = Fund.OPERATING
    payer_id: Id | None = None


class ReceiveIncome(MoneyCommand):
    amount: Amount
    fund: FundName = Fund.OPERATING


class PayExpense(MoneyCommand):
    amount: Amount
    fund: FundName = Fund.OPERATING
    bank_fee: bool = False
    paid_by: Id | None = None


class MoveMoney(MoneyCommand):
    """Cash to bank, or back."""

    amount: Amount
    fund: FundName
    to_bank: bool


class TransferFunds(MoneyCommand):
    amount: Amount
    from_fund: FundName
    to_fund: FundName

    @model_validator(mode="after")
    def _two_funds(self) -> Self:
        if self.from_fund == self.to_fund:
            raise ValueError("a transfer needs two different funds")
        return self


class CountCash(Immutable):
    """Counted blind: the caller gives the notes, never the expected figure."""

    occurred_on: Day
    funds: Annotated[tuple[FundName, ...], Field(min_length=1)]
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    sheets: Annotated[
        dict[int, Annotated[int, Field(strict=True, ge=0, le=1_000_000)]],
        Field(json_schema_extra={"propertyNames": {"enum": [str(note) for note in DENOMINATIONS]}}),
    ]
    signed_by: tuple[Id, ...]
    reason: Sealed | None = None


class RequestLoan(Immutable):
    occurred_on: Day
    loan_id: Id
    amount: Amount
    terms: LoanTerms
    purpose: Sealed | None = None
    guarantor_ids: tuple[Id, ...] = ()
    proposed_by: Id


class AppraiseLoan(Immutable):
    occurred_on: Day
    appraised_by: Id
    in_favour: bool
    note: Sealed | None = None


class ApproveLoan(Immutable):
    occurred_on: Day
    amount: Amount | None = None
    """None approves what was asked for."""
    terms: LoanTerms | None = None
    minutes: Code


class RejectLoan(Immutable):
    occurred_on: Day
    rejected_by: Id
    minutes: Code | None = None
    reason: Sealed | None = None


class DisburseLoan(MoneyCommand):
    amount: Amount | None = None
    """None pays out what was approved."""
    source: Annotated[CapitalSource, Field(strict=False)] | None = None
    from_bank: bool = False
    paid_by: Id
    already_paid: bool = False
    """The cash has left the box: broken club rules become findings that another confirms."""
    confirmed_by: Id | None = None

    @model_validator(mode="after")
    def _paid_and_confirmed(self) -> Self:
        if self.already_paid != (self.confirmed_by is not None):
            raise ValueError("already_paid and confirmed_by are given together or not at all")
        return self


class Repay(MoneyCommand):
    amount: Amount
    principal: AmountOrNone | None = None
    """Given together with `interest` only where the caller splits by hand."""
    interest: AmountOrNone | None = None
    late_interest: AmountOrNone = 0
    """Only beside a split by hand."""
    received_by: Id

    @model_validator(mode="after")
    def _split_adds_up(self) -> Self:
        if (self.principal is None) != (self.interest is None):
            raise ValueError("principal and interest are given together or not at all")
        by_hand = (self.principal or 0) + (self.interest or 0) + self.late_interest
        if self.principal is None and self.late_interest:
            raise ValueError("late_interest is given beside principal and interest")
        if self.principal is not None and by_hand != self.amount:
            raise ValueError("principal + interest + late_interest must be the amount")
        return self


class ProposeReversal(Immutable):
    occurred_on: Day
    event_id: Id
    proposed_by: Id
    reason: Sealed
    report: Hex | None = None
    """The digest of the difference report that the proposer read."""


# --- beside and after the payout -----------------------------------------------------------


class EndorseLoan(Immutable):
    occurred_on: Day
    endorsed_by: Id
    document: Code | None = None


class WithdrawLoan(Immutable):
    occurred_on: Day
    reason: Sealed | None = None


class CheckUse(Immutable):
    occurred_on: Day
    checked_by: Id
    as_agreed: bool
    note: Sealed | None = None


class LoanVote(Immutable):
    """What one person proposes and the vote in the minutes decides; the approver is named apart."""

    occurred_on: Day
    proposed_by: Id
    minutes: Code
    reason: Sealed | None = None


class ExtendLoan(LoanVote):
    terms: LoanTerms
    """For what is left of the principal."""
    from_on: Day | None = None
    """None: from the end of the last period; where the plan has run out, from the day itself."""


class FreezeLoan(LoanVote):
    until: Day


class UnfreezeLoan(LoanVote):
    pass


class WaiveInterest(LoanVote):
    interest: AmountOrNone = 0
    late_interest: AmountOrNone = 0

    @model_validator(mode="after")
    def _waives_something(self) -> Self:
        if not self.interest + self.late_interest:
            raise ValueError("a waiver of nothing")
        return self


class TakeOverDebt(LoanVote):
    debtor_id: Id
    capacity: Literal["heir", "guarantor"]


class WriteOffLoan(LoanVote):
    cause: WriteOffCause = Field(strict=False)


class BearLoss(LoanVote):
    """Capital bears a loss; `consent` is the giver's paper."""

    loss: Amount | None = None
    """None: all of it."""
    source: CapitalSource = Field(strict=False)
    consent: Code | None = None


class CallGuarantor(Immutable):
    occurred_on: Day
    guarantor_id: Id
    amount: Amount | None = None
    """None asks for all that would settle the loan."""
    called_by: Id
    note: Sealed | None = None


class RefundExcess(MoneyCommand):
    amount: Amount | None = None
    """None gives back all that is held."""
    paid_by: Id


class RecoverLoan(MoneyCommand):
    amount: Amount
    received_by: Id


class StateBalance(Immutable):
    """What the borrower says is left of the principal on a day, before a witness."""

    occurred_on: Day
    stated: AmountOrNone
    witness_id: Id
    note: Sealed | None = None


# --- the funds, beside everyday receipts and payments ---------------------------------------


class SettleCashDifference(MoneyCommand):
    count_id: Id
    parts: dict[FundName, Amount] | None = None
    """How much of the difference each counted fund bears; None where the box held one fund."""
    reason: Sealed
    settled_by: Id
    approved_by: Id


class MakeShortageGood(MoneyCommand):
    amount: Amount
    fund: FundName
    paid_by: Id | None = None


class ResolveSurplus(MoneyCommand):
    """`returned` to its owner in cash; else it stays with the fund by the minutes' vote."""

    amount: Amount
    fund: FundName
    returned: bool
    minutes: Code | None = None

    @model_validator(mode="after")
    def _kept_by_vote(self) -> Self:
        if not self.returned and self.minutes is None:
            raise ValueError("what the fund keeps needs the minutes of a vote")
        return self


class AllocateInterest(MoneyCommand):
    amount: Amount | None = None
    """None splits all that 515 holds."""
    minutes: Code | None = None


class ReceiveBankInterest(MoneyCommand):
    amount: Amount
    fund: FundName = Fund.LOAN


class ReturnCapital(MoneyCommand):
    amount: Amount
    source: CapitalSource = Field(strict=False)
    project: Code | None = None
    decision: Code
    """Number of the giver's or the commune's decision."""
    approved_by: Id
    paid_by: Id
    from_bank: bool = False


class GiveAdvance(MoneyCommand):
    amount: Amount
    fund: FundName = Fund.OPERATING
    holder_id: Id
    paid_by: Id


class SettleAdvance(MoneyCommand):
    fund: FundName = Fund.OPERATING
    holder_id: Id
    spent: AmountOrNone = 0
    returned: AmountOrNone = 0
    received_by: Id

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.spent and not self.returned:
            raise ValueError("an advance is settled by receipts, by cash, or by both")
        return self


class ReceiveGift(Immutable):
    occurred_on: Day
    item: Sealed
    quantity: Quantity
    estimate: Amount | None = None
    giver: Sealed | None = None
    received_by: Id


class GiveGoodsOut(Immutable):
    occurred_on: Day
    item: Sealed
    quantity: Quantity
    estimate: Amount | None = None
    receiver_id: Id | None = None
    given_by: Id


# --- closing, handing over, and who stands by what ------------------------------------------


class ClosePeriod(Immutable):
    until: Day
    period: Period = Field(strict=False)
    closed_by: Id
    approved_by: Id
    memo: Sealed | None = None


class HandOverTreasury(Immutable):
    """The count is part of it: whoever takes the box signs for what lies in it."""

    count: CountCash
    outgoing_id: Id
    incoming_id: Id
    witness_id: Id


class SettleFinding(Immutable):
    occurred_on: Day
    event_id: Id
    code: Code
    reason: Sealed
    settled_by: Id


class ConfirmEntry(Immutable):
    occurred_on: Day
    event_id: Id
    confirmed_by: Id


class AttachFile(Immutable):
    event_id: Id
    shows: Shown
    attached_by: Id
