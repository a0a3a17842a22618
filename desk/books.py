"""Commands to a club's book, each as the desk takes it."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from desk.desk import Call, Desk, Receipt
from domain.clubs.decisions import Club
from domain.errors import NotFound
from domain.histories import book_of
from domain.loans import corrections, decisions, funds
from domain.loans.book import Book
from domain.loans.commands import (
    AppraiseLoan,
    ApproveLoan,
    CountCash,
    DisburseLoan,
    EnterOpeningBalances,
    Moment,
    MoveMoney,
    PayExpense,
    ProposeReversal,
    ReceiveCapital,
    ReceiveDues,
    ReceiveIncome,
    RejectLoan,
    Repay,
    RequestLoan,
    TransferFunds,
)
from domain.loans.corrections import Recorded
from domain.loans.events import BookEvent
from domain.regulation import Rules
from store.log import EventLog, Work

FundCommand = (
    ReceiveCapital
    | ReceiveDues
    | ReceiveIncome
    | PayExpense
    | MoveMoney
    | TransferFunds
    | CountCash
)

_DECIDE: dict[type[Any], Callable[[Book | None, Any, Moment], list[BookEvent]]] = {
    ReceiveCapital: funds.receive_capital,
    ReceiveDues: funds.receive_dues,
    ReceiveIncome: funds.receive_income,
    PayExpense: funds.pay_expense,
    MoveMoney: funds.move_money,
    TransferFunds: funds.transfer_funds,
    CountCash: funds.count_cash,
}


def open_books(desk: Desk, call: Call, club_id: UUID, command: EnterOpeningBalances) -> Receipt:
    """Opening balances at a cut-over date, with the live loans of the notebook."""

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, *command.signed_by, *(loan.borrower_id for loan in command.loans))
        for loan in command.loans:
            unit.note_entity(loan.loan_id, book_of(club_id))
        return funds.open_books(book, command, desk.moment(club, command.cut_over_on))

    return desk.in_book(call, club_id, decide)


def record(desk: Desk, call: Call, club_id: UUID, command: FundCommand) -> Receipt:
    """Capital, dues, income, an expense, a move, a transfer or a count."""

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, *_people_named(command))
        moment = desk.moment(club, command.occurred_on)
        return _DECIDE[type(command)](book, command, moment)

    return desk.in_book(call, club_id, decide)


def request_loan(
    desk: Desk, call: Call, club_id: UUID, borrower_id: UUID, command: RequestLoan
) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, command.proposed_by, *command.guarantor_ids)
        borrower = desk.standing(unit, club, borrower_id, command.occurred_on)
        moment = desk.moment(club, command.occurred_on)
        return decisions.request_loan(book, borrower, command, moment)

    return desk.in_book(call, club_id, decide, thing=command.loan_id, new_entity=True)


def appraise_loan(desk: Desk, call: Call, loan_id: UUID, command: AppraiseLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, command.appraised_by)
        moment = desk.moment(club, command.occurred_on)
        return decisions.appraise_loan(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def approve_loan(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: ApproveLoan
) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        borrower = desk.standing(unit, club, borrower_of(book, loan_id), command.occurred_on)
        approver = desk.standing(unit, club, approved_by, command.occurred_on)
        moment = desk.moment(club, command.occurred_on)
        return decisions.approve_loan(book, loan_id, borrower, approver, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def reject_loan(desk: Desk, call: Call, loan_id: UUID, command: RejectLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, command.rejected_by)
        moment = desk.moment(club, command.occurred_on)
        return decisions.reject_loan(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def disburse_loan(desk: Desk, call: Call, loan_id: UUID, command: DisburseLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, command.paid_by)
        borrower = desk.standing(unit, club, borrower_of(book, loan_id), command.occurred_on)
        second = command.confirmed_by
        confirmer = desk.standing(unit, club, second, command.occurred_on) if second else None
        moment = desk.moment(club, command.occurred_on)
        return decisions.disburse_loan(book, loan_id, borrower, command, moment, confirmer)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def repay_loan(desk: Desk, call: Call, loan_id: UUID, command: Repay) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, command.received_by)
        moment = desk.moment(club, command.occurred_on)
        return decisions.repay_loan(book, loan_id, command, loan_rules(book, club, loan_id), moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def propose_reversal(desk: Desk, call: Call, command: ProposeReversal) -> Receipt:
    club_id, target = _entry(desk.log, command.event_id)

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, command.proposed_by)
        moment = desk.moment(club, command.occurred_on)
        return corrections.propose_reversal(book, target, command, moment)

    return desk.in_book(call, club_id, decide, thing=command.event_id)


def approve_reversal(
    desk: Desk, call: Call, event_id: UUID, approved_by: UUID, on: date
) -> Receipt:
    """The second person lets the proposed reversal stand."""
    club_id, _ = _entry(desk.log, event_id)

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, approved_by)
        story = book_story(desk.log, club_id)
        moment = desk.moment(club, on)
        return corrections.approve_reversal(book, story, event_id, approved_by, on, moment)

    return desk.in_book(call, club_id, decide, thing=event_id)


def book_story(log: EventLog, club_id: UUID) -> list[Recorded]:
    """The whole book as it was recorded, each event with its id."""
    return [Recorded(r.event_id, r.event) for r in log.story(book_of(club_id))]  # type: ignore[arg-type]


def _entry(log: EventLog, event_id: UUID) -> tuple[UUID, Recorded]:
    found = log.home_of_event(event_id)
    if found is None or found[1] is None or found[0] != book_of(found[1]):
        raise NotFound("Không có bút toán này.")
    story = book_story(log, found[1])
    return found[1], next(recorded for recorded in story if recorded.id == event_id)


def borrower_of(book: Book | None, loan_id: UUID) -> UUID:
    loan = book.loans.get(loan_id) if book else None
    if loan is None:
        raise NotFound("Không có khoản vay này, hoặc đã tất toán.")
    return loan.borrower_id


def loan_rules(book: Book | None, club: Club, loan_id: UUID) -> Rules:
    """The by-laws pinned to the loan: later versions do not touch it."""
    loan = book.loans.get(loan_id) if book else None
    return club.regulation(loan.regulation if loan else 0).rules


def _people_named(command: FundCommand) -> Iterable[UUID | None]:
    match command:
        case ReceiveDues():
            return (command.payer_id,)
        case PayExpense():
            return (command.paid_by,)
        case CountCash():
            return command.signed_by
        case _:
            return ()
