"""How a club's past enters: facts from a paper book, taken as they stand (domain.md section 5).

What the arithmetic forbids is refused; a row that is readable but improbable is refused too,
unless two people let it stand as a finding. Nothing here claims a request, a vote or four eyes.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from domain.errors import Refusal
from domain.events import BookOrigin, Concern, Role, person
from domain.loans.accounts import (
    CAPITAL_ACCOUNT,
    FUND_ACCOUNT,
    Account,
    CapitalSource,
    Fund,
    Restriction,
)
from domain.loans.book import Book, refuse_misdated, refuse_overdrawn
from domain.loans.entries import Line, credit, debit, entry
from domain.loans.events import (
    BookEvent,
    CapitalReceived,
    CashCounted,
    DuesReceived,
    ExpensePaid,
    IncomeReceived,
    LoanSettled,
    PastLoanEntered,
    PastRepaymentEntered,
    WorkbookImported,
)
from domain.loans.loan import Loan, paid_on_time, scheduled
from domain.loans.schedule import LoanTerms
from domain.regulation import Rules
from domain.values import DONG_MAX, Code, Day, Id, Immutable, Sealed


class Entry(Immutable):
    """One row of a paper book: where it stands, and who lets it stand if it is improbable.

    Whoever lets a row stand is named in the event only when there was something to let stand.
    """

    on: Day
    origin: BookOrigin
    voucher: Code | None = None
    memo: Sealed | None = None
    let_stand_by: tuple[Id, ...] = ()


MONEY = frozenset({"capital", "loans", "repayments", "operating", "cash_counts"})
"""Kinds of rows that enter the book of money."""


def refuse_one_hand(by: UUID | None, second: UUID | None, also: frozenset[UUID]) -> None:
    """Hard: money of the past, whose payouts claim no four eyes of their day, is brought, and taken
    back, by one person and agreed to by another; `also` are other ids of that other.

    Nobody brings what the machine's owner brings (`by` None).
    """
    if by is not None and second is None:
        raise Refusal("second-hand-needed", "Tiền của sổ cũ cần người thứ hai tự xác nhận.")
    if second is not None and by in {second, *also}:
        raise Refusal("same-person", "Người đề nghị không tự duyệt.")


def imported(
    import_id: UUID,
    sha256: str,
    rows: Mapping[str, int],
    today: date,
    *,
    by: UUID | None = None,
    second: UUID | None = None,
    also: frozenset[UUID] = frozenset(),
) -> WorkbookImported:
    """What came in. Raises `Refusal` where it takes two (`refuse_one_hand`)."""
    if second or MONEY & rows.keys():
        refuse_one_hand(by, second, also)
    return WorkbookImported(
        occurred_on=today,
        import_id=import_id,
        sha256=sha256,
        rows=dict(rows),
        proposed_by=by if second else None,
        approved_by=second,
    )


def capital(
    book: Book, row: Entry, amount: int, source: CapitalSource, today: date
) -> list[BookEvent]:
    """Raises `Refusal("restricted-fund")` for interest: its money is in the box already."""
    if source is CapitalSource.CAPITALISED_INTEREST:
        raise Refusal(
            "restricted-fund", "Lãi nhập vốn chỉ có qua phân phối lãi, không phải phiếu thu."
        )
    lines = entry(
        debit(Account.CASH, Fund.LOAN, amount), credit(CAPITAL_ACCOUNT[source], Fund.LOAN, amount)
    )
    found = findings(book, row, lines, today)
    return [
        CapitalReceived(
            occurred_on=row.on,
            lines=lines,
            vouchers=_vouchers(row),
            memo=row.memo,
            amount=amount,
            source=source,
            restriction=Restriction.REVOLVING_ONLY,
            origin=row.origin,
            findings=found,
            confirmed_by=_confirmed_by(row, found),
        )
    ]


def receipt(book: Book, row: Entry, amount: int, *, is_dues: bool, today: date) -> list[BookEvent]:
    """A receipt of the operating fund."""
    lines = entry(
        debit(Account.CASH, Fund.OPERATING, amount),
        credit(FUND_ACCOUNT[Fund.OPERATING], Fund.OPERATING, amount),
    )
    found = findings(book, row, lines, today)
    return [
        (DuesReceived if is_dues else IncomeReceived)(
            occurred_on=row.on,
            lines=lines,
            vouchers=_vouchers(row),
            memo=row.memo,
            amount=amount,
            fund=Fund.OPERATING,
            origin=row.origin,
            findings=found,
            confirmed_by=_confirmed_by(row, found),
        )
    ]


def expense(book: Book, row: Entry, amount: int, today: date) -> list[BookEvent]:
    """A payment of the operating fund."""
    lines = entry(
        debit(Account.EXPENSE, Fund.OPERATING, amount),
        credit(Account.CASH, Fund.OPERATING, amount),
    )
    found = findings(book, row, lines, today)
    return [
        ExpensePaid(
            occurred_on=row.on,
            lines=lines,
            vouchers=_vouchers(row),
            memo=row.memo,
            amount=amount,
            fund=Fund.OPERATING,
            origin=row.origin,
            findings=found,
            confirmed_by=_confirmed_by(row, found),
        )
    ]


def loan(
    book: Book,
    row: Entry,
    loan_id: UUID,
    borrower_id: UUID,
    amount: int,
    terms: LoanTerms,
    purpose: Sealed | None,
    today: date,
) -> list[BookEvent]:
    lines = entry(
        debit(Account.LOANS, Fund.LOAN, amount, loan_id=loan_id, member_id=borrower_id),
        credit(Account.CASH, Fund.LOAN, amount),
    )
    found = findings(book, row, lines, today)
    return [
        PastLoanEntered(
            occurred_on=row.on,
            lines=lines,
            vouchers=_vouchers(row),
            memo=row.memo,
            loan_id=loan_id,
            borrower_id=borrower_id,
            amount=amount,
            terms=terms,
            instalments=scheduled(row.on, amount, terms),
            purpose=purpose,
            origin=row.origin,
            findings=found,
            confirmed_by=_confirmed_by(row, found),
            concerns=_concerns(loan_id, borrower_id),
        )
    ]


def repayment(
    book: Book, row: Entry, borrower_id: UUID, principal: int, interest: int, today: date
) -> list[BookEvent]:
    """To the borrower's oldest loan that still has principal; without one, interest alone goes
    to the latest of those paid off, until it is settled.

    Raises `Refusal("no-open-loan")` or `Refusal("exceeds-debt")`; let stand, what is above the
    debt lies in clearing (3388).
    """
    mine = _loan_repaid(book, borrower_id, row.on, is_interest_only=not principal)
    if mine is None:
        raise Refusal("no-open-loan", "Người này không có khoản vay nào đang còn nợ vào ngày này.")
    excess = max(principal - mine.outstanding, 0)
    if excess and not row.let_stand_by:
        raise Refusal(
            "exceeds-debt",
            "Gốc trả nhiều hơn dư nợ.",
            outstanding=mine.outstanding,
            voucher=row.voucher,
        )
    if mine.interest_paid + interest > DONG_MAX:
        raise Refusal("amount-too-large", "Tiền lãi của khoản vay này quá lớn.")
    money = {"loan_id": mine.id, "member_id": borrower_id}
    lines = entry(
        debit(Account.CASH, Fund.LOAN, principal + interest),
        credit(Account.LOANS, Fund.LOAN, principal - excess, **money),
        credit(Account.INTEREST, Fund.LOAN, interest, **money),
        credit(Account.CLEARING, Fund.LOAN, excess, **money),
    )
    found = findings(book, row, lines, today)
    if excess:
        found = (*found, "exceeds-debt")
    return [
        PastRepaymentEntered(
            occurred_on=row.on,
            lines=lines,
            vouchers=_vouchers(row),
            memo=row.memo,
            loan_id=mine.id,
            borrower_id=borrower_id,
            principal=principal - excess,
            interest=interest,
            origin=row.origin,
            findings=found,
            confirmed_by=_confirmed_by(row, found),
            concerns=_concerns(mine.id, borrower_id),
        )
    ]


def settlement(book: Book, row: Entry, loan_id: UUID, rules: Rules) -> list[BookEvent]:
    """A loan with no principal left is settled by the last `row` that paid on it.

    It comes after all repayments the book has: interest is often written on a later line.
    """
    loan = book.loans[loan_id]
    assert not loan.outstanding, "only a loan that is paid off is settled"
    return [
        LoanSettled(
            occurred_on=row.on,
            loan_id=loan_id,
            borrower_id=loan.borrower_id,
            on_time=paid_on_time(loan, row.on, rules),
            origin=row.origin,
            concerns=_concerns(loan_id, loan.borrower_id),
        )
    ]


def count(book: Book, row: Entry, counted: int, today: date) -> list[BookEvent]:
    """One box with all funds, as past books have it: no denominations, hour or names."""
    refuse_misdated(book, row.on, today)
    expected = sum(book.cash_at_end_of(fund, row.on) for fund in Fund)
    return [
        CashCounted(
            occurred_on=row.on,
            funds=tuple(sorted(Fund)),
            counted=counted,
            expected=expected,
            difference=expected - counted,
            origin=row.origin,
        )
    ]


def findings(book: Book, row: Entry, lines: tuple[Line, ...], today: date) -> tuple[str, ...]:
    """Refuses a double voucher and cash below 0; returns them where two people let them stand."""
    refuse_misdated(book, row.on, today)
    found: list[Refusal] = []
    if row.voucher is not None and book.has_voucher(row.voucher):
        found.append(
            Refusal("voucher-duplicate", "Số phiếu này đã có trong sổ.", voucher=row.voucher)
        )
    try:
        refuse_overdrawn(book, lines, row.on)
    except Refusal as refusal:
        found.append(refusal)
    if found and not row.let_stand_by:
        raise found[0]
    return tuple(refusal.code for refusal in found)


def _loan_repaid(book: Book, borrower_id: UUID, on: date, *, is_interest_only: bool) -> Loan | None:
    mine = [
        loan
        for loan in book.live_loans_of(borrower_id)
        if loan.disbursed_on is None or loan.disbursed_on <= on
    ]
    owing = next((loan for loan in mine if loan.outstanding), None)
    if owing is None and is_interest_only and mine:
        return mine[-1]
    return owing


def _confirmed_by(row: Entry, found: tuple[str, ...]) -> tuple[UUID, ...]:
    return row.let_stand_by if found else ()


def _vouchers(row: Entry) -> tuple[str, ...]:
    return (row.voucher,) if row.voucher else ()


def _concerns(loan_id: UUID, borrower_id: UUID) -> tuple[Concern, ...]:
    return (
        Concern(kind="loan", id=loan_id, role=Role.SUBJECT),
        person(borrower_id, Role.BORROWER),
    )
