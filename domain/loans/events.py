"""What happened in a club's book. Every money event carries its balanced journal lines."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain.events import Dated
from domain.loans.accounts import CapitalSource, Fund, Period, Restriction
from domain.loans.entries import Line
from domain.loans.loan import Absorbed, Due, Freeze, Loan, WriteOffCause
from domain.loans.schedule import LoanTerms
from domain.values import (
    Amount,
    AmountOrNone,
    Clock,
    Code,
    Day,
    Dong,
    Hex,
    Id,
    PaperLabel,
    Quantity,
    Sealed,
    SealedFile,
    Topic,
)

FundName = Annotated[Fund, Field(strict=False)]
Source = Annotated[CapitalSource, Field(strict=False)]


class MoneyEvent(Dated):
    """Money or claims moved: the lines are what was signed, a receipt never changes."""

    lines: tuple[Line, ...]
    vouchers: tuple[PaperLabel, ...] = ()
    """None for movements without cash; two, payment then receipt, for a move of money."""
    memo: Sealed | None = None
    happened_on: Day | None = None
    """When a late fact really happened: its own period was closed, so it stands in the open one."""
    findings: tuple[Code, ...] = ()
    """Broken club rules that a second person let stand (domain.md, "finding")."""
    warnings: tuple[Code, ...] = ()
    """What a reader of the book should see; nothing was refused for it."""
    confirmed_by: tuple[Id, ...] = ()


# --- the funds ---------------------------------------------------------------------------


class OpeningBalancesEntered(MoneyEvent):
    """Where a club that starts from a notebook stood at the end of the cut-over date."""

    TOPIC: ClassVar[str] = "loans.OpeningBalancesEntered"
    loans: tuple[Loan, ...] = ()
    signed_by: tuple[Id, ...]


class CapitalReceived(MoneyEvent):
    TOPIC: ClassVar[str] = "loans.CapitalReceived"
    amount: Amount
    source: Source
    restriction: Annotated[Restriction, Field(strict=False)]
    project: Code | None = None


class DuesReceived(MoneyEvent):
    """Membership dues: by person, or one sum for a list."""

    TOPIC: ClassVar[str] = "loans.DuesReceived"
    amount: Amount
    fund: FundName
    payer_id: Id | None = None


class IncomeReceived(MoneyEvent):
    """Any other receipt of a fund that is not lent out."""

    TOPIC: ClassVar[str] = "loans.IncomeReceived"
    amount: Amount
    fund: FundName


class ExpensePaid(MoneyEvent):
    TOPIC: ClassVar[str] = "loans.ExpensePaid"
    amount: Amount
    fund: FundName
    paid_by: Id | None = None


class MoneyMoved(MoneyEvent):
    """Between the box and the bank, within one fund."""

    TOPIC: ClassVar[str] = "loans.MoneyMoved"
    amount: Amount
    fund: FundName
    to_bank: bool


class FundsTransferred(MoneyEvent):
    """From one fund to another, as a claim between them (1368 / 3368) or its return."""

    TOPIC: ClassVar[str] = "loans.FundsTransferred"
    amount: Amount
    from_fund: FundName
    to_fund: FundName


class CashCounted(Dated):
    """Bảng kiểm kê quỹ: counted blind; `difference` = book - counted, positive is a shortage."""

    TOPIC: ClassVar[str] = "loans.CashCounted"
    funds: tuple[FundName, ...]
    at: Clock | None = None
    sheets: dict[Annotated[str, Field(pattern=r"^[0-9]+$")], int] = {}
    """Denomination in đồng → number of notes; empty in past books."""
    counted: AmountOrNone
    expected: Dong
    difference: Dong
    signed_by: tuple[Id, ...] = ()
    reason: Sealed | None = None


# --- a loan, step by step ----------------------------------------------------------------


class LoanRequested(Dated):
    TOPIC: ClassVar[str] = "loans.LoanRequested"
    loan_id: Id
    borrower_id: Id
    amount: Amount
    terms: LoanTerms
    purpose: Sealed | None = None
    guarantor_ids: tuple[Id, ...] = ()
    proposed_by: Id
    regulation: int
    warnings: tuple[Code, ...] = ()


class LoanAppraised(Dated):
    TOPIC: ClassVar[str] = "loans.LoanAppraised"
    loan_id: Id
    appraised_by: Id
    in_favour: bool
    note: Sealed | None = None


class LoanApproved(Dated):
    """By the public vote (bình xét) that the minutes record."""

    TOPIC: ClassVar[str] = "loans.LoanApproved"
    loan_id: Id
    approved_by: Id
    amount: Amount
    terms: LoanTerms
    minutes: Code
    regulation: int


class LoanRejected(Dated):
    TOPIC: ClassVar[str] = "loans.LoanRejected"
    loan_id: Id
    rejected_by: Id
    minutes: Code | None = None
    reason: Sealed | None = None


class LoanDisbursed(MoneyEvent):
    """Paid out at the meeting; the schedule is fixed here, row by row."""

    TOPIC: ClassVar[str] = "loans.LoanDisbursed"
    loan_id: Id
    borrower_id: Id
    amount: Amount
    terms: LoanTerms
    regulation: int
    instalments: tuple[Due, ...]
    source: Source | None = None
    """The capital it was lent from; None when pooled."""
    paid_by: Id


class RepaymentReceived(MoneyEvent):
    """The split is decided once and stored, so a receipt never changes afterwards."""

    TOPIC: ClassVar[str] = "loans.RepaymentReceived"
    loan_id: Id
    borrower_id: Id
    amount: Amount
    principal: AmountOrNone
    interest: AmountOrNone
    late_interest: AmountOrNone = 0
    """The charge for being late, where the by-laws ask one; its line of 515 names no loan."""
    excess: AmountOrNone = 0
    """Above what is owed: money of others, in clearing (3388) until placed or refunded."""
    received_by: Id


class LoanSettled(Dated):
    """Nothing is owed any more."""

    TOPIC: ClassVar[str] = "loans.LoanSettled"
    loan_id: Id
    borrower_id: Id
    on_time: bool
    warnings: tuple[Code, ...] = ()


# --- beside and after the payout -----------------------------------------------------------


class LoanEndorsed(Dated):
    """The commune agrees with an approved loan; a club may do without."""

    TOPIC: ClassVar[str] = "loans.LoanEndorsed"
    loan_id: Id
    endorsed_by: Id
    document: Code | None = None


class LoanWithdrawn(Dated):
    """The borrower no longer wants what was asked for or approved."""

    TOPIC: ClassVar[str] = "loans.LoanWithdrawn"
    loan_id: Id
    borrower_id: Id
    reason: Sealed | None = None


class UseChecked(Dated):
    """Somebody saw what the money was used for."""

    TOPIC: ClassVar[str] = "loans.UseChecked"
    loan_id: Id
    checked_by: Id
    as_agreed: bool
    note: Sealed | None = None
    warnings: tuple[Code, ...] = ()


class VotedOnLoan(Dated):
    """What the public vote grants a borrower: one proposes, another with no part approves."""

    loan_id: Id
    proposed_by: Id
    approved_by: Id
    minutes: Code
    reason: Sealed | None = None


class LoanExtended(VotedOnLoan):
    """A new plan for what is left; its first row holds all that was due and paid before it."""

    TOPIC: ClassVar[str] = "loans.LoanExtended"
    from_on: Day
    """The day interest runs from under the new terms."""
    terms: LoanTerms
    instalments: tuple[Due, ...]
    late_interest: AmountOrNone = 0
    """Late interest owed on the day, carried over as it was."""


class LoanFrozen(VotedOnLoan):
    """Khoanh nợ: rows not yet due move by the length of the freeze, and time stands still."""

    TOPIC: ClassVar[str] = "loans.LoanFrozen"
    until: Day
    frozen: tuple[Freeze, ...]
    """Every freeze of the loan so far, with this one."""
    instalments: tuple[Due, ...]


class LoanUnfrozen(VotedOnLoan):
    """A freeze ends before its day: the rows move back."""

    TOPIC: ClassVar[str] = "loans.LoanUnfrozen"
    frozen: tuple[Freeze, ...]
    """Every freeze of the loan so far, the last one as it ends now."""
    instalments: tuple[Due, ...]


class InterestWaived(VotedOnLoan):
    """Interest not asked for any more, the oldest unpaid first; on the cash basis no entry."""

    TOPIC: ClassVar[str] = "loans.InterestWaived"
    interest: AmountOrNone
    late_interest: AmountOrNone = 0
    instalments: tuple[Due, ...]


class GuarantorCalled(Dated):
    TOPIC: ClassVar[str] = "loans.GuarantorCalled"
    loan_id: Id
    guarantor_id: Id
    amount: Amount
    """What the guarantor is asked to pay."""
    called_by: Id
    note: Sealed | None = None


class DebtTakenOver(MoneyEvent):
    """An heir or a guarantor owes from now on: the claim moves from member to member."""

    TOPIC: ClassVar[str] = "loans.DebtTakenOver"
    loan_id: Id
    borrower_id: Id
    """Who owed until now."""
    debtor_id: Id
    capacity: Literal["heir", "guarantor"]
    principal: Amount
    proposed_by: Id
    approved_by: Id
    minutes: Code


class ExcessRefunded(MoneyEvent):
    """What a borrower paid above the debt goes back to them."""

    TOPIC: ClassVar[str] = "loans.ExcessRefunded"
    loan_id: Id
    borrower_id: Id
    amount: Amount
    paid_by: Id


class BalanceConfirmed(Dated):
    """The borrower agrees, before a witness, with what the book says is left of the principal."""

    TOPIC: ClassVar[str] = "loans.BalanceConfirmed"
    loan_id: Id
    borrower_id: Id
    outstanding: AmountOrNone
    witness_id: Id
    note: Sealed | None = None


class BalanceDisputed(Dated):
    """The borrower says another figure than the book: a finding until somebody settles it."""

    TOPIC: ClassVar[str] = "loans.BalanceDisputed"
    loan_id: Id
    borrower_id: Id
    outstanding: AmountOrNone
    """What the book said."""
    stated: AmountOrNone
    witness_id: Id
    note: Sealed | None = None
    findings: tuple[Code, ...]


class LoanWrittenOff(MoneyEvent):
    """Xóa nợ: the general meeting gives the loan up; it stays on the off-book list."""

    TOPIC: ClassVar[str] = "loans.LoanWrittenOff"
    loan_id: Id
    borrower_id: Id
    cause: Annotated[WriteOffCause, Field(strict=False)]
    principal: Amount
    absorbed: Absorbed
    interest_due: AmountOrNone
    """Due and unpaid, never entered; for the off-book list only."""
    minutes: Code
    proposed_by: Id
    approved_by: Id


class LossBorneByCapital(MoneyEvent):
    """A loss nobody had borne (811) lowers one source of capital, by vote and its giver's leave."""

    TOPIC: ClassVar[str] = "loans.LossBorneByCapital"
    loan_id: Id
    loss: Amount
    source: Source
    consent: Code | None = None
    """The paper by which the donor or the State agreed."""
    minutes: Code
    proposed_by: Id
    approved_by: Id


class LoanRecovered(MoneyEvent):
    """Money that came in on a loan already written off, restored in reverse order."""

    TOPIC: ClassVar[str] = "loans.LoanRecovered"
    loan_id: Id
    borrower_id: Id
    amount: Amount
    restored: Absorbed
    excess: AmountOrNone = 0
    off_book: AmountOrNone
    """What is left on the off-book list."""
    received_by: Id


# --- past books --------------------------------------------------------------------------


class PastLoanEntered(MoneyEvent):
    """A loan as the paper book has it: no request, vote or approval is on record."""

    TOPIC: ClassVar[str] = "loans.PastLoanEntered"
    loan_id: Id
    borrower_id: Id
    amount: Amount
    terms: LoanTerms
    instalments: tuple[Due, ...]
    purpose: Sealed | None = None


class PastRepaymentEntered(MoneyEvent):
    """A repayment with the book's own split; both parts may be 0 only together with findings."""

    TOPIC: ClassVar[str] = "loans.PastRepaymentEntered"
    loan_id: Id
    borrower_id: Id
    principal: AmountOrNone
    interest: AmountOrNone


class WorkbookImported(Dated):
    """A workbook was taken into the book: which file, and how many rows of each kind were new."""

    TOPIC: ClassVar[str] = "loans.WorkbookImported"
    import_id: Id
    sha256: Hex
    rows: dict[Annotated[str, Field(pattern=r"^[a-z_]+$")], int]
    proposed_by: Id | None = None
    approved_by: Id | None = None
    """Who brought it and who let it in; neither of what the machine's owner brought, or of a book
    without money."""


class ImportUndone(Dated):
    """A whole import no longer counts; its entries are reversed beside this event."""

    TOPIC: ClassVar[str] = "loans.ImportUndone"
    import_id: Id
    proposed_by: Id | None = None
    approved_by: Id | None = None


# --- corrections -------------------------------------------------------------------------


class ReversalProposed(Dated):
    """Somebody asks that an event be reversed; a second person decides."""

    TOPIC: ClassVar[str] = "loans.ReversalProposed"
    reverses: Id
    proposed_by: Id
    reason: Sealed
    book_version: int | None = None
    """The book the proposer was shown the difference report of, and that report's digest."""
    report: Hex | None = None


class EntryReversed(MoneyEvent):
    """The event `reverses` no longer counts: its lines stand here with the opposite sign."""

    TOPIC: ClassVar[str] = "loans.EntryReversed"
    reverses: Id
    reason: Sealed | None = None
    proposed_by: Id | None = None
    approved_by: Id | None = None
    import_id: Id | None = None
    """Set when a whole import is undone; its vouchers are then free to be entered again."""
    freed_vouchers: tuple[PaperLabel, ...] = ()
    loan: Loan | None = None
    """The loan as it stands after the reversal; None when no loan is touched."""
    withdraws_loans: tuple[Id, ...] = ()
    """Loans that cease to exist because the entry that made them is reversed."""
    reversed_topic: Topic
    restores: Id | None = None
    """Set when the reversed event is itself a reversal: the entry that counts again."""
    restored_topic: Topic | None = None


# --- the funds, beside everyday receipts and payments ---------------------------------------


class CashDifferenceSettled(MoneyEvent):
    """A count's difference becomes a claim (1381) or a debt (3381), fund by fund."""

    TOPIC: ClassVar[str] = "loans.CashDifferenceSettled"
    count_id: Id
    count_version: int
    """The book's version at the count."""
    amount: Amount
    shortage: bool
    """True: the box held less than the book; false: more."""
    reason: Sealed
    settled_by: Id
    approved_by: Id


class ShortageMadeGood(MoneyEvent):
    """Somebody put back what a count had found missing."""

    TOPIC: ClassVar[str] = "loans.ShortageMadeGood"
    amount: Amount
    fund: FundName
    paid_by: Id | None = None


class SurplusResolved(MoneyEvent):
    """What a count had found too much goes to its owner, or to the fund by the minutes' vote."""

    TOPIC: ClassVar[str] = "loans.SurplusResolved"
    surplus: Amount
    fund: FundName
    returned: bool
    minutes: Code | None = None


class InterestAllocated(MoneyEvent):
    """Interest split by the regulation: parts that add up to `interest`, in đồng."""

    TOPIC: ClassVar[str] = "loans.InterestAllocated"
    interest: Amount
    capital: AmountOrNone
    operating: AmountOrNone
    care: AmountOrNone
    reserve: AmountOrNone
    regulation: int
    minutes: Code | None = None


class BankInterestReceived(MoneyEvent):
    """The bank statement is its paper: no voucher."""

    TOPIC: ClassVar[str] = "loans.BankInterestReceived"
    amount: Amount
    fund: FundName


class CapitalReturned(MoneyEvent):
    """Back to the giver, by a named decision."""

    TOPIC: ClassVar[str] = "loans.CapitalReturned"
    amount: Amount
    source: Source
    project: Code | None = None
    decision: Code
    approved_by: Id
    paid_by: Id


class AdvanceGiven(MoneyEvent):
    """Money in somebody's hand for an errand of the club (tạm ứng)."""

    TOPIC: ClassVar[str] = "loans.AdvanceGiven"
    amount: Amount
    fund: FundName
    holder_id: Id
    paid_by: Id


class AdvanceSettled(MoneyEvent):
    """The errand's receipts, and what came back in cash (hoàn ứng)."""

    TOPIC: ClassVar[str] = "loans.AdvanceSettled"
    fund: FundName
    holder_id: Id
    spent: AmountOrNone
    returned: AmountOrNone
    received_by: Id


class GiftInKindReceived(Dated):
    """Rice, blankets, a blood-pressure meter: never cash, so no lines."""

    TOPIC: ClassVar[str] = "loans.GiftInKindReceived"
    item: Sealed
    quantity: Quantity
    estimate: Amount | None = None
    giver: Sealed | None = None
    received_by: Id


class GoodsGivenOut(Dated):
    TOPIC: ClassVar[str] = "loans.GoodsGivenOut"
    item: Sealed
    quantity: Quantity
    estimate: Amount | None = None
    receiver_id: Id | None = None
    """None where they went to many, or to nobody by name."""
    given_by: Id


# --- closing, handing over, and who stands by what ------------------------------------------


class PeriodClosed(MoneyEvent):
    """Khóa sổ: nothing is dated up to `until` any more; a year's close empties 642."""

    TOPIC: ClassVar[str] = "loans.PeriodClosed"
    period: Annotated[Period, Field(strict=False)]
    until: Day
    closed_by: Id
    approved_by: Id
    unconfirmed: tuple[Id, ...] = ()
    """Entries typed for people who did not confirm them in time."""


class TreasurerHandedOver(Dated):
    """Bàn giao: the box goes into other hands by the count that stands beside this event."""

    TOPIC: ClassVar[str] = "loans.TreasurerHandedOver"
    outgoing_id: Id
    incoming_id: Id
    witness_id: Id
    signed_by: tuple[Id, ...]
    """Two of the board stand in for an outgoing treasurer who cannot sign."""
    funds: tuple[FundName, ...]
    counted: AmountOrNone


class FindingSettled(Dated):
    """Somebody who did not make it says why a finding may rest."""

    TOPIC: ClassVar[str] = "loans.FindingSettled"
    event_id: Id
    code: Code
    reason: Sealed
    settled_by: Id


class EntryConfirmed(Dated):
    """Who acted says by their own log-in that what was typed for them is right."""

    TOPIC: ClassVar[str] = "loans.EntryConfirmed"
    event_id: Id
    confirmed_by: Id


Shown = Literal["voucher", "vote", "count", "use"]
"""What a photo is of: a voucher, the vote in the minutes, a count's sheet, what was bought."""


class AttachmentAdded(Dated):
    """A photo or scan stands by an entry; its bytes are kept sealed, the event has their hash."""

    TOPIC: ClassVar[str] = "loans.AttachmentAdded"
    event_id: Id
    shows: Shown
    file: SealedFile
    attached_by: Id


BookEvent = (
    OpeningBalancesEntered
    | CapitalReceived
    | DuesReceived
    | IncomeReceived
    | ExpensePaid
    | MoneyMoved
    | FundsTransferred
    | CashCounted
    | LoanRequested
    | LoanAppraised
    | LoanApproved
    | LoanRejected
    | LoanDisbursed
    | RepaymentReceived
    | LoanSettled
    | PastLoanEntered
    | PastRepaymentEntered
    | WorkbookImported
    | ImportUndone
    | ReversalProposed
    | EntryReversed
    # --- beside and after the payout ---
    | LoanEndorsed
    | LoanWithdrawn
    | UseChecked
    | LoanExtended
    | LoanFrozen
    | LoanUnfrozen
    | InterestWaived
    | GuarantorCalled
    | DebtTakenOver
    | ExcessRefunded
    | BalanceConfirmed
    | BalanceDisputed
    | LoanWrittenOff
    | LossBorneByCapital
    | LoanRecovered
    | CashDifferenceSettled
    | ShortageMadeGood
    | SurplusResolved
    | InterestAllocated
    | BankInterestReceived
    | CapitalReturned
    | AdvanceGiven
    | AdvanceSettled
    | GiftInKindReceived
    | GoodsGivenOut
    | PeriodClosed
    | TreasurerHandedOver
    | FindingSettled
    | EntryConfirmed
    | AttachmentAdded
)
