"""Small, fixed examples that tests vary. Say only what the test is about."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.errors import Refusal
from domain.events import BookOrigin, Event
from domain.loans import closing, corrections, counting, decisions, funds
from domain.loans.accounts import DENOMINATIONS, Account, CapitalSource, Fund, Period
from domain.loans.book import Book, evolve
from domain.loans.commands import (
    ApproveLoan,
    ClosePeriod,
    CountCash,
    DisburseLoan,
    Moment,
    MoveMoney,
    PayExpense,
    ProposeReversal,
    ReceiveCapital,
    ReceiveDues,
    ReceiveIncome,
    Repay,
    RequestLoan,
    SettleCashDifference,
    Standing,
    TransferFunds,
)
from domain.loans.corrections import Recorded
from domain.loans.entries import Line
from domain.loans.events import CashCounted, PastLoanEntered, PastRepaymentEntered
from domain.loans.loan import scheduled
from domain.loans.schedule import LoanTerms
from domain.regulation import MODEL_REGULATION, Regulation, Rules
from domain.values import Purpose, Sealed
from specification import Specification

CLUB = UUID(int=1)
LAN, HOA, MAI = UUID(int=11), UUID(int=12), UUID(int=13)
CHAIR, TREASURER, SECRETARY, ACCOUNTANT = (UUID(int=n) for n in (21, 22, 23, 24))
HOUSE = UUID(int=31)
LOAN, OTHER_LOAN = UUID(int=41), UUID(int=42)

FOUNDED = date(2024, 1, 10)
DAY = date(2026, 3, 10)
TODAY = date(2027, 12, 31)

# 10 months of 500,000 and 0.7 % a month on what is left: the everyday loan of 5 million.
TERMS = LoanTerms.model_validate(
    {"instalments": 10, "method": "equal_principal", "rate": {"percent": "0.7", "per": "month"}}
)
FREE = LoanTerms.model_validate({"instalments": 10, "method": "interest_free"})

book = Specification(evolve)
_funds = funds  # some helpers below take funds by that name


def terms(**changed: Any) -> LoanTerms:
    return LoanTerms.model_validate({**TERMS.model_dump(), **changed})


def rate(percent: str, per: str = "month") -> dict[str, str]:
    return {"percent": percent, "per": per}


def days(count: int, since: date = DAY) -> date:
    return since + timedelta(days=count)


def moment(*, today: date = TODAY, version: int = 0, **rules: Any) -> Moment:
    """A day long after everything, under the model by-laws, unless told otherwise."""
    if not rules and not version:
        return Moment(today=today, regulation=MODEL_REGULATION)
    regulation = Regulation(version=version, effective_from=FOUNDED, rules=Rules(**rules))
    return Moment(today=today, regulation=regulation)


NOW = moment()


def sealed(subject: UUID = CLUB, purpose: Purpose = Purpose.MEMO) -> Sealed:
    """Text nobody can read, and no test needs to."""
    return Sealed(
        subject=subject, purpose=purpose, commitment="c0", nonce="0a", ciphertext="c2VhbGVk"
    )


def member(
    person: UUID = LAN, *, joined_on: date = FOUNDED, household: UUID | None = None
) -> Standing:
    return Standing(person_id=person, is_member=True, joined_on=joined_on, household_id=household)


def stranger(person: UUID = LAN) -> Standing:
    return Standing(person_id=person, is_member=False)


# --- what people ask ----------------------------------------------------------------------


def capital(
    amount: int, on: date = DAY, source: CapitalSource = CapitalSource.STATE_BUDGET, **more: Any
) -> ReceiveCapital:
    return ReceiveCapital(occurred_on=on, amount=amount, source=source, **more)


def dues(amount: int, on: date = DAY, **more: Any) -> ReceiveDues:
    return ReceiveDues(occurred_on=on, amount=amount, **more)


def income(amount: int, on: date = DAY, **more: Any) -> ReceiveIncome:
    return ReceiveIncome(occurred_on=on, amount=amount, **more)


def expense(amount: int, on: date = DAY, **more: Any) -> PayExpense:
    return PayExpense(occurred_on=on, amount=amount, **more)


def to_bank(amount: int, on: date = DAY, fund: Fund = Fund.LOAN) -> MoveMoney:
    return MoveMoney(occurred_on=on, amount=amount, fund=fund, to_bank=True)


def from_bank(amount: int, on: date = DAY, fund: Fund = Fund.LOAN) -> MoveMoney:
    return MoveMoney(occurred_on=on, amount=amount, fund=fund, to_bank=False)


def transfer(amount: int, giver: Fund, taker: Fund, on: date = DAY) -> TransferFunds:
    return TransferFunds(occurred_on=on, amount=amount, from_fund=giver, to_fund=taker)


def request(
    amount: int = 5_000_000,
    on: date = DAY,
    *,
    loan: UUID = LOAN,
    terms: LoanTerms = TERMS,
    guarantors: tuple[UUID, ...] = (),
    by: UUID = SECRETARY,
) -> RequestLoan:
    return RequestLoan(
        occurred_on=on,
        loan_id=loan,
        amount=amount,
        terms=terms,
        guarantor_ids=guarantors,
        proposed_by=by,
    )


def approval(on: date = DAY, **more: Any) -> ApproveLoan:
    return ApproveLoan(occurred_on=on, minutes="BB 012", **more)


def payout(on: date = DAY, *, by: UUID = TREASURER, **more: Any) -> DisburseLoan:
    return DisburseLoan(occurred_on=on, paid_by=by, **more)


def repay(amount: int, on: date, *, by: UUID = TREASURER, **more: Any) -> Repay:
    return Repay(occurred_on=on, amount=amount, received_by=by, **more)


# --- where a book stands --------------------------------------------------------------------


def funded(amount: int = 50_000_000, on: date = FOUNDED) -> Specification:
    """A loan fund with money in it."""
    return book.after(funds.receive_capital, capital(amount, on), NOW)


def requested(given: Specification, *, now: Moment = NOW, **asked: Any) -> Specification:
    borrower = member(asked.pop("borrower", LAN))
    return given.after(decisions.request_loan, borrower, request(**asked), now)


def approved(
    given: Specification, *, now: Moment = NOW, approves: dict[str, Any] | None = None, **asked: Any
) -> Specification:
    """Requested and approved on one day."""
    borrower, loan = member(asked.get("borrower", LAN)), asked.get("loan", LOAN)
    waiting = requested(given, now=now, **asked)
    vote = approval(asked.get("on", DAY), **(approves or {}))
    return waiting.after(decisions.approve_loan, loan, borrower, member(CHAIR), vote, now)


def lent(given: Specification, *, now: Moment = NOW, **asked: Any) -> Specification:
    """Requested, approved and paid out on one day."""
    borrower, loan = member(asked.get("borrower", LAN)), asked.get("loan", LOAN)
    ready = approved(given, now=now, **asked)
    on = asked.get("on", DAY)
    return ready.after(decisions.disburse_loan, loan, borrower, payout(on), now)


def repaid(
    given: Specification,
    amount: int,
    on: date,
    *,
    loan: UUID = LOAN,
    rules: Rules = MODEL_REGULATION.rules,
    **more: Any,
) -> Specification:
    return given.after(decisions.repay_loan, loan, repay(amount, on, **more), rules, NOW)


# --- corrections -----------------------------------------------------------------------------


def id_of(place: int) -> UUID:
    """The id in the log of a history's event number `place`, counted from 0."""
    return UUID(int=1000 + place)


def story(given: Specification) -> list[Recorded]:
    return [Recorded(id_of(place), event) for place, event in enumerate(given.past)]  # type: ignore[arg-type]


def last(given: Specification, kind: type[Event]) -> UUID:
    """The id of the latest event of a kind."""
    return next(r.id for r in reversed(story(given)) if isinstance(r.event, kind))


def proposed(given: Specification, event_id: UUID, by: UUID = ACCOUNTANT) -> Specification:
    target = next(r for r in story(given) if r.id == event_id)
    command = ProposeReversal(
        occurred_on=target.event.occurred_on, event_id=event_id, proposed_by=by, reason=sealed()
    )
    return given.after(corrections.propose_reversal, target, command, NOW)


def approving(
    given: Specification, event_id: UUID, *, by: UUID = CHAIR, on: date = DAY
) -> Specification:
    """The second person is asked; say then(...) or then_refused(...)."""
    return given.when(corrections.approve_reversal, story(given), event_id, by, on, NOW)


def reversing(given: Specification, event_id: UUID, on: date = DAY) -> Specification:
    return approving(proposed(given, event_id), event_id, on=on)


def reversed_(given: Specification, event_id: UUID, on: date = DAY) -> Specification:
    """Proposed and approved."""
    asked = reversing(given, event_id, on)
    return Specification(asked.evolve, (*asked.past, *asked.decided()))


# --- past books --------------------------------------------------------------------------------


def origin(import_id: UUID, row: int = 2) -> BookOrigin:
    return BookOrigin(import_id=import_id, sheet="Cho vay", row=row, digest="ab")


def past_loan(
    import_id: UUID, amount: int = 5_000_000, on: date = DAY, *, loan: UUID = LOAN, voucher: str
) -> PastLoanEntered:
    return PastLoanEntered(
        occurred_on=on,
        lines=(
            Line(account=Account.LOANS, fund=Fund.LOAN, amount=amount, loan_id=loan),
            Line(account=Account.CASH, fund=Fund.LOAN, amount=-amount),
        ),
        vouchers=(voucher,),
        origin=origin(import_id),
        loan_id=loan,
        borrower_id=LAN,
        amount=amount,
        terms=TERMS,
        instalments=scheduled(on, amount, TERMS),
    )


def past_repayment(
    import_id: UUID,
    principal: int,
    interest: int,
    on: date,
    *,
    loan: UUID = LOAN,
    voucher: str,
) -> PastRepaymentEntered:
    parts = (
        (Account.CASH, principal + interest),
        (Account.LOANS, -principal),
        (Account.INTEREST, -interest),
    )
    return PastRepaymentEntered(
        occurred_on=on,
        lines=tuple(
            Line(account=account, fund=Fund.LOAN, amount=amount)
            for account, amount in parts
            if amount
        ),
        vouchers=(voucher,),
        origin=origin(import_id),
        loan_id=loan,
        borrower_id=LAN,
        principal=principal,
        interest=interest,
    )


# --- what the books say --------------------------------------------------------------------


def standing(given: Specification) -> dict[str, int]:
    """Every balance that is not 0, as "fund/account"."""
    state: Book | None = given.state
    return {key: amount for key, amount in state.balances.items() if amount} if state else {}


def lines(event: Event) -> list[tuple[Fund, Account, int]]:
    return [(line.fund, line.account, line.amount) for line in event.lines]  # type: ignore[attr-defined]


def refuses(given: Specification, *asked: Any) -> str | None:
    """The code of the refusal, or None."""
    try:
        given.when(*asked).decided()
    except Refusal as refusal:
        return refusal.code
    return None


# --- counts and closes -------------------------------------------------------------------------

SIGNERS = (CHAIR, TREASURER, SECRETARY)


def count_of(
    amount: int, on: date = DAY, funds: tuple[Fund, ...] = (Fund.OPERATING,), **more: Any
) -> CountCash:
    """A count that finds so many đồng in the box, in whatever notes that takes."""
    sheets: dict[int, int] = {}
    for note in DENOMINATIONS:
        sheets[note], amount = divmod(amount, note)
    assert not amount, "there is no smaller note"
    return CountCash(occurred_on=on, funds=funds, sheets=sheets, **{"signed_by": SIGNERS, **more})


def counted(
    given: Specification, amount: int, on: date = DAY, funds: tuple[Fund, ...] = (Fund.OPERATING,)
) -> Specification:
    return given.after(_funds.count_cash, count_of(amount, on, funds), NOW)


def settling(given: Specification, *, on: date = DAY, **more: Any) -> SettleCashDifference:
    """The difference of the last count."""
    usual: dict[str, Any] = {
        "occurred_on": on,
        "count_id": last(given, CashCounted),
        "reason": sealed(),
        "settled_by": SECRETARY,
        "approved_by": CHAIR,
    }
    return SettleCashDifference(**{**usual, **more})


def settled_difference(given: Specification, **more: Any) -> Specification:
    return given.after(counting.settle_difference, story(given), settling(given, **more), NOW)


def closing_of(until: date, period: Period = Period.MONTH, **more: Any) -> ClosePeriod:
    usual = {"until": until, "period": period, "closed_by": ACCOUNTANT, "approved_by": CHAIR}
    return ClosePeriod(**{**usual, **more})


def closed(given: Specification, until: date, period: Period = Period.MONTH) -> Specification:
    return given.after(closing.close_period, story(given), closing_of(until, period), NOW)
