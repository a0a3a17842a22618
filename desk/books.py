"""Commands to a club's book, each as the desk takes it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from desk.desk import Call, Desk, Receipt
from domain.clubs.decisions import CLUB, Club
from domain.clubs.decisions import known as known_club
from domain.clubs.events import BoardElected
from domain.errors import NotFound
from domain.histories import book_of
from domain.loans import (
    advances,
    capital,
    closing,
    corrections,
    counting,
    decisions,
    funds,
    gifts,
    interest,
    standing_by,
)
from domain.loans.book import BOOK, Book
from domain.loans.commands import (
    AllocateInterest,
    AppraiseLoan,
    ApproveLoan,
    ClosePeriod,
    ConfirmEntry,
    CountCash,
    DisburseLoan,
    EnterOpeningBalances,
    GiveAdvance,
    GiveGoodsOut,
    HandOverTreasury,
    MakeShortageGood,
    Moment,
    MoveMoney,
    PayExpense,
    ProposeReversal,
    ReceiveBankInterest,
    ReceiveCapital,
    ReceiveDues,
    ReceiveGift,
    ReceiveIncome,
    RejectLoan,
    Repay,
    RequestLoan,
    ResolveSurplus,
    ReturnCapital,
    SettleAdvance,
    SettleCashDifference,
    SettleFinding,
    TransferFunds,
)
from domain.loans.difference import Difference, difference, refuse_changed
from domain.loans.events import BookEvent
from domain.loans.parties import known_loan
from domain.loans.recorded import Recorded, made_by
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
    | MakeShortageGood
    | ResolveSurplus
    | AllocateInterest
    | ReceiveBankInterest
    | GiveAdvance
    | SettleAdvance
    | ReceiveGift
    | GiveGoodsOut
)
StoryCommand = ReturnCapital | SettleCashDifference
"""Judged on the whole book as it was told, not only on how it stands."""

_DECIDE: dict[type[Any], Callable[[Book | None, Any, Moment], list[BookEvent]]] = {
    ReceiveCapital: funds.receive_capital,
    ReceiveDues: funds.receive_dues,
    ReceiveIncome: funds.receive_income,
    PayExpense: funds.pay_expense,
    MoveMoney: funds.move_money,
    TransferFunds: funds.transfer_funds,
    CountCash: funds.count_cash,
    MakeShortageGood: counting.make_shortage_good,
    ResolveSurplus: counting.resolve_surplus,
    AllocateInterest: interest.allocate_interest,
    ReceiveBankInterest: interest.receive_bank_interest,
    GiveAdvance: advances.give_advance,
    SettleAdvance: advances.settle_advance,
    ReceiveGift: gifts.receive_gift,
    GiveGoodsOut: gifts.give_goods_out,
}
_DECIDE_ON_STORY: dict[
    type[Any], Callable[[Book | None, Sequence[Recorded], Any, Moment], list[BookEvent]]
] = {
    ReturnCapital: capital.return_capital,
    SettleCashDifference: counting.settle_difference,
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
    """Any entry of the funds that the book's standing alone decides, counts and gifts included."""

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, *_people_named(command))
        return _DECIDE[type(command)](book, command, moment)

    return desk.in_book(call, club_id, decide)


def request_loan(
    desk: Desk, call: Call, club_id: UUID, borrower_id: UUID, command: RequestLoan
) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        borrower = desk.standing(unit, club, borrower_id, command.occurred_on)
        moment = desk.moment(
            club,
            command.occurred_on,
            unit,
            borrower_id,
            command.proposed_by,
            *command.guarantor_ids,
        )
        return decisions.request_loan(book, borrower, command, moment)

    return desk.in_book(call, club_id, decide, thing=command.loan_id, new_entity=True)


def appraise_loan(desk: Desk, call: Call, loan_id: UUID, command: AppraiseLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.appraised_by)
        return decisions.appraise_loan(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def approve_loan(
    desk: Desk, call: Call, loan_id: UUID, approved_by: UUID, command: ApproveLoan
) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        borrower = desk.standing(unit, club, borrower_of(book, loan_id), command.occurred_on)
        approver = desk.standing(unit, club, approved_by, command.occurred_on)
        moment = desk.moment(club, command.occurred_on)
        told = decisions.approve_loan(book, loan_id, borrower, approver, command, moment)
        loan, clerk = known_loan(book, loan_id), call.recorded_by
        desk.refuse_clerk(unit, clerk, loan.proposed_by, loan.borrower_id)
        desk.refuse_one_log_in((approved_by, clerk), (loan.proposed_by, loan.request_typed_by))
        return told

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def reject_loan(desk: Desk, call: Call, loan_id: UUID, command: RejectLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.rejected_by)
        return decisions.reject_loan(book, loan_id, command, moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def disburse_loan(desk: Desk, call: Call, loan_id: UUID, command: DisburseLoan) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        desk.known_people(unit, command.paid_by)
        payer = desk.standing(unit, club, command.paid_by, command.occurred_on)
        borrower = desk.standing(unit, club, borrower_of(book, loan_id), command.occurred_on)
        second = command.confirmed_by
        confirmer = desk.standing(unit, club, second, command.occurred_on) if second else None
        moment = desk.moment(club, command.occurred_on)
        told = decisions.disburse_loan(book, loan_id, borrower, command, moment, confirmer, payer)
        clerk = (call.recorded_by,) if call.recorded_by else ()
        hands = {id for one in (command.paid_by, *clerk) for id in desk.every_id(unit, one)}
        loan = book.loans.get(loan_id) if book else None
        standing_by.refuse_payer(loan, lambda: book_story(unit, club.id), hands)
        if loan is not None:
            # Who typed the approval too is here only where the approver has confirmed it since.
            before = {loan.proposed_by, loan.approved_by, loan.approval_typed_by}
            desk.refuse_one_log_in((command.paid_by, call.recorded_by), before - {call.recorded_by})
        return told

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


def repay_loan(desk: Desk, call: Call, loan_id: UUID, command: Repay) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.received_by)
        return decisions.repay_loan(book, loan_id, command, loan_rules(book, club, loan_id), moment)

    return desk.in_book(call, desk.club_of_loan(loan_id), decide, thing=loan_id)


# --- the funds, beside everyday receipts and payments ---------------------------------------


def record_on_story(desk: Desk, call: Call, club_id: UUID, command: StoryCommand) -> Receipt:
    """Capital returned, or a count's difference settled."""

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, *_people_named(command))
        story = book_story(unit, club_id)
        return _DECIDE_ON_STORY[type(command)](book, story, command, moment)

    return desk.in_book(call, club_id, decide)


def settle_difference(desk: Desk, call: Call, command: SettleCashDifference) -> Receipt:
    return record_on_story(desk, call, club_of_entry(desk.log, command.count_id), command)


def settle_finding(desk: Desk, call: Call, command: SettleFinding) -> Receipt:
    club_id, target = _entry(desk.log, command.event_id)
    made, clerk = made_by(target.event), call.recorded_by

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.settled_by)
        told = standing_by.settle_finding(book, book_story(unit, club_id), command, moment)
        desk.refuse_clerk(unit, clerk, *made)
        desk.refuse_one_log_in((command.settled_by, clerk), made)
        return told

    return desk.in_book(call, club_id, decide)


def confirm_entry(desk: Desk, call: Call, command: ConfirmEntry) -> Receipt:
    club_id, target = _entry(desk.log, command.event_id)
    clerk: UUID | None = getattr(target.event, "recorded_by", None)

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.confirmed_by)
        told = standing_by.confirm_entry(book, book_story(unit, club_id), command, moment)
        desk.refuse_one_log_in((command.confirmed_by,), (clerk,))
        return told

    return desk.in_book(call, club_id, decide)


def close_period(desk: Desk, call: Call, club_id: UUID, command: ClosePeriod) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.until, unit, command.closed_by, command.approved_by)
        return closing.close_period(book, book_story(unit, club_id), command, moment)

    return desk.in_book(call, club_id, decide)


def hand_over(desk: Desk, call: Call, club_id: UUID, command: HandOverTreasury) -> Receipt:
    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        on, parties = command.count.occurred_on, (command.outgoing_id, command.incoming_id)
        named = (*parties, command.witness_id, *command.count.signed_by)
        moment = desk.moment(club, on, unit, *named)
        return counting.hand_over(book, _board(desk, unit, club, on), command, moment)

    return desk.in_book(call, club_id, decide)


# --- corrections ----------------------------------------------------------------------------


def reversal_report(desk: Desk, event_id: UUID, on: date) -> Difference:
    """What reversing an entry on a day would change; `on` is also the day lateness is told for."""
    club_id, _ = _entry(desk.log, event_id)
    club = known_club(desk.log.load(CLUB, club_id).state)
    book = desk.log.load(BOOK, book_of(club_id)).state
    return _report(desk, book, book_story(desk.log, club_id), event_id, on, club)


def propose_reversal(desk: Desk, call: Call, command: ProposeReversal) -> Receipt:
    """Pins the book and the report it was proposed on, as told on the proposal's date."""
    club_id, target = _entry(desk.log, command.event_id)
    told: dict[str, Any] = {}

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        moment = desk.moment(club, command.occurred_on, unit, command.proposed_by)
        corrections.refuse_irreversible(book, target)
        story = book_story(unit, club_id)
        shown = _report(desk, book, story, target.id, command.occurred_on, club)
        told.update(shown.told())
        return corrections.propose_reversal(book, target, command, moment, shown.digest)

    return desk.in_book(call, club_id, decide, thing=command.event_id, changes=lambda: told)


def approve_reversal(
    desk: Desk,
    call: Call,
    event_id: UUID,
    approved_by: UUID,
    on: date,
    accepted: str | None = None,
) -> Receipt:
    """The second person lets the proposed reversal stand.

    Where the book moved on since the proposal and the report would now differ, refused with
    `report-changed` unless `accepted` is the digest of the report as it is now.
    """
    club_id, _ = _entry(desk.log, event_id)

    def decide(book: Book | None, unit: Work, club: Club) -> list[BookEvent]:
        story = book_story(unit, club_id)
        moment = desk.moment(club, on, unit, approved_by)
        also = desk.every_hand(unit, call, approved_by)
        approved = corrections.approve_reversal(
            book, story, event_id, approved_by, on, moment, also
        )
        assert book is not None, "a proposal stands in a book"
        proposal = corrections.proposal_of(book, story, event_id)
        desk.refuse_one_log_in((approved_by, call.recorded_by), (proposal.recorded_by,))
        if proposal.report is not None and book.version != (proposal.book_version or 0) + 1:
            now = _report(desk, book, story, event_id, proposal.occurred_on, club)
            refuse_changed(proposal.report, now, accepted)
        return approved

    return desk.in_book(call, club_id, decide, thing=event_id)


def _board(desk: Desk, unit: Work, club: Club, on: date) -> frozenset[UUID]:
    """Who held office in the club at the end of a day, under every id."""
    holders: frozenset[UUID] = frozenset()
    for recorded in unit.story(club.id):
        event = recorded.event
        if isinstance(event, BoardElected) and event.occurred_on <= on:
            holders = frozenset(holder.person_id for holder in event.holders)
    return frozenset(id for holder in holders for id in desk.every_id(unit, holder))


def _report(
    desk: Desk, book: Book | None, story: Sequence[Recorded], event_id: UUID, on: date, club: Club
) -> Difference:
    def rules_of(version: int) -> Rules:
        return club.regulation(version).rules

    return difference(book, story, event_id, on, desk.moment(club, on), rules_of)


def club_of_entry(log: EventLog, event_id: UUID) -> UUID:
    found = log.home_of_event(event_id)
    if found is None or found[1] is None or found[0] != book_of(found[1]):
        raise NotFound("Không có bút toán này.")
    return found[1]


def book_story(log: EventLog | Work, club_id: UUID) -> list[Recorded]:
    """The whole book as it was recorded, each event with its id; in a work, as far as it read."""
    return [Recorded(r.event_id, r.event) for r in log.story(book_of(club_id))]  # type: ignore[arg-type]


def _entry(log: EventLog, event_id: UUID) -> tuple[UUID, Recorded]:
    club_id = club_of_entry(log, event_id)
    story = book_story(log, club_id)
    return club_id, next(recorded for recorded in story if recorded.id == event_id)


def borrower_of(book: Book | None, loan_id: UUID) -> UUID:
    loan = book.loans.get(loan_id) if book else None
    if loan is None:
        raise NotFound("Không có khoản vay này, hoặc đã tất toán.")
    return loan.borrower_id


def loan_rules(book: Book | None, club: Club, loan_id: UUID) -> Rules:
    """The by-laws pinned to the loan: later versions do not touch it."""
    loan = book.loans.get(loan_id) if book else None
    return club.regulation(loan.regulation if loan else 0).rules


def _people_named(command: FundCommand | StoryCommand) -> Iterable[UUID | None]:
    match command:
        case ReceiveDues():
            return (command.payer_id,)
        case PayExpense() | MakeShortageGood():
            return (command.paid_by,)
        case CountCash():
            return command.signed_by
        case GiveAdvance():
            return (command.holder_id, command.paid_by)
        case SettleAdvance():
            return (command.holder_id, command.received_by)
        case ReturnCapital():
            return (command.approved_by, command.paid_by)
        case SettleCashDifference():
            return (command.settled_by, command.approved_by)
        case ReceiveGift():
            return (command.received_by,)
        case GiveGoodsOut():
            return (command.receiver_id, command.given_by)
        case _:
            return ()
