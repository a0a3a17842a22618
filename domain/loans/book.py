"""The state of a club's book: what its rules ask for, folded from its events."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar, assert_never
from uuid import UUID

from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.histories import Kind
from domain.loans.accounts import MONEY, Account, Fund
from domain.loans.entries import Line
from domain.loans.events import (
    AdvanceGiven,
    AdvanceSettled,
    AttachmentAdded,
    BalanceConfirmed,
    BalanceDisputed,
    BankInterestReceived,
    BookEvent,
    CapitalReceived,
    CapitalReturned,
    CashCounted,
    CashDifferenceSettled,
    DebtTakenOver,
    DuesReceived,
    EntryConfirmed,
    EntryReversed,
    ExcessRefunded,
    ExpensePaid,
    FindingSettled,
    FundsTransferred,
    GiftInKindReceived,
    GoodsGivenOut,
    GuarantorCalled,
    ImportUndone,
    IncomeReceived,
    InterestAllocated,
    InterestWaived,
    LoanAppraised,
    LoanApproved,
    LoanDisbursed,
    LoanEndorsed,
    LoanExtended,
    LoanFrozen,
    LoanRecovered,
    LoanRejected,
    LoanRequested,
    LoanSettled,
    LoanUnfrozen,
    LoanWithdrawn,
    LoanWrittenOff,
    LossBorneByCapital,
    MoneyEvent,
    MoneyMoved,
    OpeningBalancesEntered,
    PastLoanEntered,
    PastRepaymentEntered,
    PeriodClosed,
    RepaymentReceived,
    ReversalProposed,
    ShortageMadeGood,
    SurplusResolved,
    TreasurerHandedOver,
    UseChecked,
    WorkbookImported,
)
from domain.loans.loan import Absorbed, ClosedLoan, Loan, Paid, Step
from domain.loans.vouchers import Numbers, parsed
from domain.values import Id, Immutable

V = TypeVar("V")


class Counted(Immutable):
    """The latest count of one box, as far as later rules ask."""

    on: date
    funds: tuple[Fund, ...]
    difference: int
    """Book - counted, in đồng: positive is a shortage."""
    version: int
    """The book's version at the count."""
    settled: bool = False
    import_id: Id | None = None
    """Set for a count of a past book, which nobody of ours witnessed."""

    def is_open(self, difference_max: int) -> bool:
        return not self.settled and abs(self.difference) > difference_max


Days = tuple[tuple[date, int], ...]
"""Net movement of one account by business date, in date order."""


class Book(Immutable):
    """Balances and daily cash by "fund/account", voucher numbers by series, loans by id."""

    version: int = 0
    balances: dict[str, int] = {}
    cash: dict[str, Days] = {}
    numbers: dict[str, Numbers] = {}
    labels: frozenset[str] = frozenset()
    """Vouchers of past books whose label follows no series."""
    doubles: dict[str, int] = {}
    """How often a number was let stand a second time."""
    loans: dict[UUID, Loan] = {}
    closed: dict[UUID, ClosedLoan] = {}
    reversed: frozenset[UUID] = frozenset()
    proposals: dict[UUID, Id] = {}
    """Reversals that wait for a second person: the event → who proposed it."""
    undone: frozenset[UUID] = frozenset()
    """Imports that were undone."""
    opened_on: date | None = None
    """The cut-over date of the opening balances: nothing up to it belongs to this book."""
    claims: dict[str, int] = {}
    """What one fund may ask back of another (1368 / 3368), by "creditor/debtor"."""
    held: dict[UUID, int] = {}
    """Paid above the debt of a loan and held for its borrower (3388), by loan."""
    counts: tuple[Counted, ...] = ()
    """Of each box the latest count; a count of more funds stands for those of fewer."""
    closed_until: date | None = None
    advances: dict[str, int] = {}
    """What people hold of a fund's money (141), by "fund/person"."""

    def balance(self, fund: Fund, account: Account) -> int:
        return self.balances.get(_key(fund, account), 0)

    def claim(self, creditor: Fund, debtor: Fund) -> int:
        return self.claims.get(_pair(creditor, debtor), 0)

    def advance(self, fund: Fund, holder_id: UUID) -> int:
        return self.advances.get(_held(fund, holder_id), 0)

    @property
    def free_money(self) -> int:
        """The loan fund's own, in đồng: money of others in clearing (3388) only lies in its box."""
        held = self.balance(Fund.LOAN, Account.CASH) + self.balance(Fund.LOAN, Account.BANK)
        return held + self.balance(Fund.LOAN, Account.CLEARING)

    def has_voucher(self, voucher: str) -> bool:
        numbered = parsed(voucher)
        if numbered is None:
            return voucher in self.labels
        series, number = numbered
        return number in self.numbers.get(series, Numbers())

    def lowest_from(self, fund: Fund, account: Account, on: date) -> int:
        """The lowest balance at the end of `on` or of any later business date, in đồng."""
        running = lowest = self.balance(fund, account)
        for day, moved in reversed(self.cash.get(_key(fund, account), ())):
            if day <= on:
                break
            running -= moved
            lowest = min(lowest, running)
        return lowest

    def cash_at_end_of(self, fund: Fund, on: date) -> int:
        """What the box ought to hold for a fund at the end of a business date, in đồng."""
        days = self.cash.get(_key(fund, Account.CASH), ())
        return sum(moved for day, moved in days if day <= on)

    def live_loans_of(self, person_id: UUID) -> list[Loan]:
        """Paid out and not settled, oldest first."""
        mine = [
            loan
            for loan in self.loans.values()
            if loan.borrower_id == person_id and loan.step is Step.DISBURSED
        ]
        return sorted(mine, key=lambda loan: (loan.disbursed_on or date.min, loan.version))


def refuse_misdated(book: Book | None, on: date, today: date) -> None:
    """Hard: no entry in the future, and none that the opening balances already hold."""
    not_in_the_future(on, today)
    if book is not None and book.opened_on is not None and on <= book.opened_on:
        raise Refusal(
            "period-closed",
            "Số dư đầu kỳ đã gồm mọi phát sinh đến hết ngày chốt sổ.",
            opened_on=str(book.opened_on),
        )
    refuse_closed(book, on)


def refuse_closed(book: Book | None, on: date) -> None:
    """Hard: nothing is dated in a closed period; a late fact goes to the open one."""
    if book is not None and book.closed_until is not None and on <= book.closed_until:
        raise Refusal(
            "period-closed",
            "Kỳ này đã khóa sổ; hãy ghi vào kỳ đang mở, kèm ngày thực tế phát sinh.",
            closed_until=str(book.closed_until),
        )


def refuse_unsettled(book: Book, difference_max: int) -> None:
    """Hard: no new payout while a count's difference above the regulation's limit stands.

    Counts of a past book nobody of ours witnessed: their differences are only shown.
    """
    for count in book.counts:
        if count.import_id is None and count.is_open(difference_max):
            raise Refusal(
                "count-unsettled",
                "Kiểm kê quỹ còn chênh lệch chưa xử lý nên chưa được chi khoản mới.",
                counted_on=str(count.on),
                difference=count.difference,
                allowed=difference_max,
            )


def refuse_unfree(book: Book, amount: int) -> None:
    """Money of others in clearing (3388) lies in the box but is not the fund's to give."""
    if amount > book.free_money:
        raise Refusal(
            "insufficient-funds",
            "Quỹ vay không đủ tiền rỗi.",
            fund=Fund.LOAN.value,
            available=max(book.free_money, 0),
            asked=amount,
        )


def refuse_overdrawn(book: Book, lines: Iterable[Line], on: date) -> None:
    """Hard: no cash or bank account below 0 at the end of its date or any later one.

    Raises `Refusal("insufficient-funds")` with the fund, the account and what is there.
    """
    for (fund, account), moved in _money_moved(lines).items():
        lowest = book.lowest_from(fund, account, on)
        if moved < 0 and lowest + moved < 0:
            raise Refusal(
                "insufficient-funds",
                "Quỹ không đủ tiền vào ngày này hoặc một ngày sau đó.",
                fund=fund.value,
                account=account.value,
                available=max(lowest, 0),
                asked=-moved,
            )


def _money_moved(lines: Iterable[Line]) -> dict[tuple[Fund, Account], int]:
    moved: dict[tuple[Fund, Account], int] = {}
    for line in lines:
        if line.account in MONEY:
            at = (line.fund, line.account)
            moved[at] = moved.get(at, 0) + line.amount
    return moved


def claims_moved(lines: Iterable[Line]) -> dict[tuple[Fund, Fund], int]:
    """By (creditor, debtor): each claim (1368) stands against the fund that owes it (3368)."""
    lines = tuple(lines)
    moved: dict[tuple[Fund, Fund], int] = {}
    for claim in lines:
        if claim.account is Account.CLAIM_ON_FUND:
            for debt in lines:
                owes = debt.account is Account.OWED_TO_FUND and debt.fund is not claim.fund
                if owes and (debt.amount < 0) == (claim.amount > 0):
                    at = (claim.fund, debt.fund)
                    moved[at] = moved.get(at, 0) + claim.amount
                    break
    return moved


def held_moved(lines: Iterable[Line]) -> dict[UUID, int]:
    """By loan: what the lines add to the money held for its borrower (3388)."""
    moved: dict[UUID, int] = {}
    for line in lines:
        if line.account is Account.CLEARING and line.loan_id is not None:
            moved[line.loan_id] = moved.get(line.loan_id, 0) - line.amount
    return moved


def advances_moved(lines: Iterable[Line]) -> dict[str, int]:
    """By "fund/person": what lines do to the money in people's hands (141)."""
    return {
        _held(line.fund, line.member_id): line.amount
        for line in lines
        if line.account is Account.ADVANCES and line.member_id is not None
    }


def _key(fund: Fund, account: Account) -> str:
    return f"{fund.value}/{account.value}"


def _held(fund: Fund, holder_id: UUID) -> str:
    return f"{fund.value}/{holder_id}"


def _pair(creditor: Fund, debtor: Fund) -> str:
    return f"{creditor.value}/{debtor.value}"


# --- the fold ----------------------------------------------------------------------------


def evolve(book: Book | None, event: BookEvent) -> Book:
    book = book or Book()
    changes: dict[str, object] = {"version": book.version + 1}
    if isinstance(event, MoneyEvent):
        changes |= _posted(book, event)
    match event:
        case OpeningBalancesEntered():
            changes["opened_on"] = event.occurred_on
            opened = (loan.model_copy(update={"version": book.version + 1}) for loan in event.loans)
            changes["loans"] = book.loans | {loan.id: loan for loan in opened}
        case LoanRequested():
            loan = Loan(
                id=event.loan_id,
                borrower_id=event.borrower_id,
                step=Step.REQUESTED,
                amount=event.amount,
                terms=event.terms,
                regulation=event.regulation,
                guarantor_ids=event.guarantor_ids,
                proposed_by=event.proposed_by,
                request_typed_by=event.recorded_by,
            )
            changes["loans"] = _with(book, loan)
        case LoanAppraised():
            changes["loans"] = _with(book, book.loans[event.loan_id])
        case LoanApproved():
            loan = book.loans[event.loan_id].model_copy(
                update={
                    "step": Step.APPROVED,
                    "amount": event.amount,
                    "terms": event.terms,
                    "regulation": event.regulation,
                    "approved_by": event.approved_by,
                    "approval_typed_by": event.recorded_by,
                }
            )
            changes["loans"] = _with(book, loan)
        case LoanRejected():
            changes["loans"] = _without(book.loans, event.loan_id)
        case LoanDisbursed():
            loan = book.loans[event.loan_id].model_copy(
                update={
                    "step": Step.DISBURSED,
                    "amount": event.amount,
                    "terms": event.terms,
                    "regulation": event.regulation,
                    "disbursed_on": event.happened_on or event.occurred_on,
                    "instalments": event.instalments,
                }
            )
            changes["loans"] = _with(book, loan)
        case PastLoanEntered():
            loan = Loan(
                id=event.loan_id,
                borrower_id=event.borrower_id,
                step=Step.DISBURSED,
                amount=event.amount,
                terms=event.terms,
                disbursed_on=event.occurred_on,
                instalments=event.instalments,
                past=True,
            )
            changes["loans"] = _with(book, loan)
        case RepaymentReceived() | PastRepaymentEntered():
            changes["loans"] = _with(book, repaid(book.loans[event.loan_id], event))
        case LoanSettled():
            loan = book.loans[event.loan_id]
            summary = ClosedLoan(
                borrower_id=loan.borrower_id, amount=loan.amount, on_time=event.on_time
            )
            changes["loans"] = _without(book.loans, event.loan_id)
            changes["closed"] = book.closed | {event.loan_id: summary}
        # --- beside and after the payout ---
        case LoanWithdrawn():
            changes["loans"] = _without(book.loans, event.loan_id)
        case LoanExtended() | LoanFrozen() | LoanUnfrozen() | InterestWaived():
            changes["loans"] = _with(book, replanned(book.loans[event.loan_id], event))
        case DebtTakenOver() | LoanWrittenOff() | LossBorneByCapital() | LoanRecovered():
            changes["loans"] = _with(book, reassigned(book.loans[event.loan_id], event))
        case (
            LoanEndorsed()
            | UseChecked()
            | GuarantorCalled()
            | BalanceConfirmed()
            | BalanceDisputed()
        ):
            changes["loans"] = _with(book, book.loans[event.loan_id])
        case ExcessRefunded():  # what is held is folded from the lines
            if event.loan_id in book.loans:
                changes["loans"] = _with(book, book.loans[event.loan_id])
        case ReversalProposed():
            changes["proposals"] = book.proposals | {event.reverses: event.proposed_by}
        case ImportUndone():
            changes["undone"] = book.undone | {event.import_id}
            changes["counts"] = tuple(c for c in book.counts if c.import_id != event.import_id)
        case EntryReversed():
            changes |= _taken_back(book, event)
        case CashCounted():
            changes["counts"] = _recounted(book, event)
        case CashDifferenceSettled():
            changes["counts"] = tuple(
                c.model_copy(update={"settled": True}) if c.version == event.count_version else c
                for c in book.counts
            )
        case PeriodClosed():
            changes["closed_until"] = event.until
        case (
            CapitalReceived()
            | DuesReceived()
            | IncomeReceived()
            | ExpensePaid()
            | MoneyMoved()
            | FundsTransferred()
            | WorkbookImported()
            | ShortageMadeGood()
            | SurplusResolved()
            | InterestAllocated()
            | BankInterestReceived()
            | CapitalReturned()
            | AdvanceGiven()
            | AdvanceSettled()
            | GiftInKindReceived()
            | GoodsGivenOut()
            | TreasurerHandedOver()
            | FindingSettled()
            | EntryConfirmed()
            | AttachmentAdded()
        ):
            pass
        case _:
            assert_never(event)
    return book.model_copy(update=changes)


def repaid(loan: Loan, event: RepaymentReceived | PastRepaymentEntered) -> Loan:
    on = event.happened_on or event.occurred_on
    paid = Paid(on=on, principal=event.principal, interest=event.interest)
    late = event.late_interest if isinstance(event, RepaymentReceived) else 0
    return loan.model_copy(
        update={
            "principal_paid": loan.principal_paid + event.principal,
            "interest_paid": loan.interest_paid + event.interest,
            "payments": (*loan.payments, paid),
            "late_interest_paid": loan.late_interest_paid + late,
        }
    )


def replanned(loan: Loan, event: LoanExtended | LoanFrozen | LoanUnfrozen | InterestWaived) -> Loan:
    """Whatever changes a plan brings the whole new one: receipts and old plans never change."""
    changes: dict[str, object] = {"instalments": event.instalments}
    match event:
        case LoanExtended():
            changes |= {
                "terms": event.terms,
                "rescheduled_on": event.from_on,
                "late_interest_carried": event.late_interest,
                "late_interest_paid": 0,
            }
        case LoanFrozen() | LoanUnfrozen():
            changes["frozen"] = event.frozen
        case InterestWaived():
            changes["late_interest_paid"] = loan.late_interest_paid + event.late_interest
        case _:
            assert_never(event)
    return loan.model_copy(update=changes)


def reassigned(
    loan: Loan, event: DebtTakenOver | LoanWrittenOff | LossBorneByCapital | LoanRecovered
) -> Loan:
    """Who owes a loan, or who bears it, has changed."""
    match event:
        case DebtTakenOver():
            return loan.model_copy(update={"borrower_id": event.debtor_id})
        case LoanWrittenOff():
            return loan.model_copy(
                update={
                    "step": Step.WRITTEN_OFF,
                    "written_off": event.absorbed,
                    "written_off_on": event.occurred_on,
                    "off_book": event.absorbed.total,
                }
            )
        case LossBorneByCapital():
            held = loan.written_off or Absorbed()
            capital = held.capital | {event.source: held.capital.get(event.source, 0) + event.loss}
            borne = held.model_copy(update={"loss": held.loss - event.loss, "capital": capital})
            return loan.model_copy(update={"written_off": borne})
        case LoanRecovered():
            left = (loan.written_off or Absorbed()).less(event.restored)
            return loan.model_copy(update={"written_off": left, "off_book": left.total})
        case _:
            assert_never(event)


def _recounted(book: Book, event: CashCounted) -> tuple[Counted, ...]:
    """A count stands until the same box is counted again on its day or later."""
    funds = frozenset(event.funds)
    if any(funds <= set(c.funds) and c.on > event.occurred_on for c in book.counts):
        return book.counts
    kept = (c for c in book.counts if not funds >= set(c.funds) or c.on > event.occurred_on)
    counted = Counted(
        on=event.occurred_on,
        funds=event.funds,
        difference=event.difference,
        version=book.version + 1,
        import_id=event.origin.import_id if event.origin else None,
    )
    return (*kept, counted)


def _taken_back(book: Book, event: EntryReversed) -> dict[str, object]:
    loans, closed = book.loans, book.closed
    if event.loan is not None:
        loans = _with(book, event.loan)
        closed = _without(closed, event.loan.id)
    for withdrawn in event.withdraws_loans:
        loans, closed = _without(loans, withdrawn), _without(closed, withdrawn)
    opening = event.reversed_topic == OpeningBalancesEntered.TOPIC
    return {
        "loans": loans,
        "closed": closed,
        "reversed": (book.reversed | {event.reverses}) - {event.restores},
        "proposals": _without(book.proposals, event.reverses),
        "opened_on": None if opening else book.opened_on,
    }


def _posted(book: Book, event: MoneyEvent) -> dict[str, object]:
    balances, cash = dict(book.balances), book.cash
    for line in event.lines:
        key = _key(line.fund, line.account)
        balances[key] = balances.get(key, 0) + line.amount
    for (fund, account), moved in _money_moved(event.lines).items():
        key = _key(fund, account)
        cash = cash | {key: _day_added(cash.get(key, ()), event.occurred_on, moved)}
    changes: dict[str, object] = {"balances": balances, "cash": cash}
    if moved_claims := claims_moved(event.lines):
        claims = {
            _pair(creditor, debtor): book.claim(creditor, debtor) + moved
            for (creditor, debtor), moved in moved_claims.items()
        }
        changes["claims"] = book.claims | claims
    if moved_held := held_moved(event.lines):
        held = book.held | {at: book.held.get(at, 0) + more for at, more in moved_held.items()}
        changes["held"] = {at: amount for at, amount in held.items() if amount}
    if moved_advances := advances_moved(event.lines):
        advances = {key: book.advances.get(key, 0) + moved for key, moved in moved_advances.items()}
        changes["advances"] = book.advances | advances
    if event.vouchers or isinstance(event, EntryReversed):
        changes |= _numbered(book, event)
    return changes


def _day_added(days: Days, on: date, moved: int) -> Days:
    at = bisect_right(days, on, key=lambda day: day[0])
    if at and days[at - 1][0] == on:
        return (*days[: at - 1], (on, days[at - 1][1] + moved), *days[at:])
    return (*days[:at], (on, moved), *days[at:])


def _numbered(book: Book, event: MoneyEvent) -> dict[str, object]:
    numbers, labels, doubles = dict(book.numbers), set(book.labels), dict(book.doubles)
    for voucher in event.vouchers:
        numbered = parsed(voucher)
        if book.has_voucher(voucher):
            doubles[voucher] = doubles.get(voucher, 0) + 1
        elif numbered is None:
            labels.add(voucher)
        else:
            series, number = numbered
            numbers[series] = numbers.get(series, Numbers()).with_number(number)
    if isinstance(event, EntryReversed):
        for voucher in event.freed_vouchers:
            numbered = parsed(voucher)
            if doubles.get(voucher):
                doubles[voucher] -= 1  # the number is still another entry's
            elif numbered is None:
                labels.discard(voucher)
            else:
                series, number = numbered
                numbers[series] = numbers[series].without_number(number)
    left = {voucher: times for voucher, times in doubles.items() if times}
    return {"numbers": numbers, "labels": frozenset(labels), "doubles": left}


def _with(book: Book, loan: Loan) -> dict[UUID, Loan]:
    return book.loans | {loan.id: loan.model_copy(update={"version": book.version + 1})}


def _without(mapping: Mapping[UUID, V], key: UUID) -> dict[UUID, V]:
    return {k: v for k, v in mapping.items() if k != key}


BOOK = Kind("loans.Book", 4, Book, evolve)
