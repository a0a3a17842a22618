"""Commands to one loan beside and after its payout, each as the desk takes it."""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from desk.books import borrower_of, loan_rules
from desk.desk import Call, Desk, Receipt
from domain.clubs.decisions import CLUB, Club
from domain.clubs.decisions import known as known_club
from domain.histories import book_of
from domain.loans import changes, losses, plans
from domain.loans.book import BOOK, Book
from domain.loans.commands import (
    BearLoss,
    CallGuarantor,
    CheckUse,
    EndorseLoan,
    ExtendLoan,
    FreezeLoan,
    LoanVote,
    Moment,
    RecoverLoan,
    RefundExcess,
    Standing,
    StateBalance,
    TakeOverDebt,
    UnfreezeLoan,
    WaiveInterest,
    WithdrawLoan,
    WriteOffLoan,
)
from domain.loans.events import BookEvent
from domain.loans.loan import NOTHING_OWED, Owed, Step, owed
from domain.regulation import Rules
from store.log import Work


def endorse_loan(desk: Desk, call: Call, loan_id: UUID, command: EndorseLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.endorsed_by)
        return changes.endorse_loan(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def withdraw_loan(desk: Desk, call: Call, loan_id: UUID, command: WithdrawLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on)
        return changes.withdraw_loan(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def check_use(desk: Desk, call: Call, loan_id: UUID, command: CheckUse) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.checked_by)
        return changes.check_use(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


# --- what the vote grants ----------------------------------------------------------------

Parties = tuple[Standing, Standing]
"""Who owes, and who approves."""


def extend_loan(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: ExtendLoan
) -> Receipt:
    def decide(book: Book | None, parties: Parties, rules: Rules, at: Moment) -> list[BookEvent]:
        return plans.extend_loan(book, loan_id, *parties, command, rules, at)

    return _voted(desk, call, loan_id, approved_by, command, decide)


def freeze_loan(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: FreezeLoan
) -> Receipt:
    def decide(book: Book | None, parties: Parties, _: Rules, at: Moment) -> list[BookEvent]:
        return plans.freeze_loan(book, loan_id, *parties, command, at)

    return _voted(desk, call, loan_id, approved_by, command, decide)


def unfreeze_loan(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: UnfreezeLoan
) -> Receipt:
    def decide(book: Book | None, parties: Parties, _: Rules, at: Moment) -> list[BookEvent]:
        return plans.unfreeze_loan(book, loan_id, *parties, command, at)

    return _voted(desk, call, loan_id, approved_by, command, decide)


def waive_interest(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: WaiveInterest
) -> Receipt:
    def decide(book: Book | None, parties: Parties, rules: Rules, at: Moment) -> list[BookEvent]:
        return plans.waive_interest(book, loan_id, *parties, command, rules, at)

    return _voted(desk, call, loan_id, approved_by, command, decide)


def write_off_loan(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: WriteOffLoan
) -> Receipt:
    def decide(book: Book | None, parties: Parties, _: Rules, at: Moment) -> list[BookEvent]:
        return losses.write_off_loan(book, loan_id, *parties, command, at)

    return _voted(desk, call, loan_id, approved_by, command, decide)


def bear_loss(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: BearLoss
) -> Receipt:
    def decide(book: Book | None, parties: Parties, _: Rules, at: Moment) -> list[BookEvent]:
        return losses.bear_loss(book, loan_id, *parties, command, at)

    return _voted(desk, call, loan_id, approved_by, command, decide)


def take_over_debt(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: TakeOverDebt
) -> Receipt:
    """The new debtor is a registered person, a member or not."""

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        borrower, approver = _parties(desk, book, unit, club, loan_id, approved_by, command)
        debtor = desk.standing(unit, club, command.debtor_id, command.occurred_on)
        moment = desk.moment(club, command.occurred_on)
        return changes.take_over_debt(book, loan_id, borrower, debtor, approver, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def _voted(
    desk: Desk,
    call: Call,
    loan_id: UUID,
    approved_by: UUID,
    command: LoanVote,
    decide: Callable[[Book | None, Parties, Rules, Moment], list[BookEvent]],
) -> Receipt:
    def decided(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        parties = _parties(desk, book, unit, club, loan_id, approved_by, command)
        moment = desk.moment(club, command.occurred_on)
        return decide(book, parties, loan_rules(book, club, loan_id), moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decided, thing=loan_id)


def _parties(
    desk: Desk,
    book: Book | None,
    unit: Work,
    club: Club,
    loan_id: UUID,
    approved_by: UUID,
    command: LoanVote,
) -> Parties:
    desk.known_people(unit, command.proposed_by)
    borrower = desk.standing(unit, club, borrower_of(book, loan_id), command.occurred_on)
    return borrower, desk.standing(unit, club, approved_by, command.occurred_on)


# --- others who owe; money back; what the borrower says -----------------------------------


def call_guarantor(desk: Desk, call: Call, loan_id: UUID, command: CallGuarantor) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        rules = loan_rules(book, club, loan_id)
        moment = desk.moment(
            club, command.occurred_on, unit, command.guarantor_id, command.called_by
        )
        return changes.call_guarantor(book, loan_id, command, rules, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def refund_excess(desk: Desk, call: Call, loan_id: UUID, command: RefundExcess) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.paid_by)
        return changes.refund_excess(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def recover_loan(desk: Desk, call: Call, loan_id: UUID, command: RecoverLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.received_by)
        return losses.recover_loan(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def confirm_balance(desk: Desk, call: Call, loan_id: UUID, command: StateBalance) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.witness_id)
        return changes.confirm_balance(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def dispute_balance(desk: Desk, call: Call, loan_id: UUID, command: StateBalance) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.witness_id)
        return changes.dispute_balance(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


# --- what a borrower asks at the table ----------------------------------------------------


def owed_on(desk: Desk, loan_id: UUID, on: date) -> Owed:
    """What is owed at the end of a day, late interest included, by all payments known now.

    Straight from the book, which knows the loan's own by-laws; a loan that is not out owes
    nothing. Raises `NotFound` for a loan nobody has heard of.
    """
    club_id = desk.club_of_loan(loan_id)
    club = known_club(desk.log.load(CLUB, club_id).state)
    book = desk.log.load(BOOK, book_of(club_id)).state
    loan = book.loans.get(loan_id) if book else None
    if loan is None or loan.step is not Step.DISBURSED:
        return NOTHING_OWED
    return owed(loan, on, loan_rules(book, club, loan_id))
