"""What may happen to the funds: opening, capital, dues, expenses, moves, counts."""

from datetime import date

from domain.dates import not_in_the_future
from domain.errors import Malformed, Refusal
from domain.events import Concern, Role, person
from domain.loans.accounts import (
    CAPITAL_ACCOUNT,
    DENOMINATIONS,
    FUND_ACCOUNT,
    Account,
    CapitalSource,
    Fund,
)
from domain.loans.book import Book, refuse_closed, refuse_misdated, refuse_overdrawn
from domain.loans.commands import (
    CountCash,
    EnterOpeningBalances,
    Moment,
    MoveMoney,
    OpeningLoan,
    PayExpense,
    ReceiveCapital,
    ReceiveDues,
    ReceiveIncome,
    TransferFunds,
)
from domain.loans.entries import Line, credit, debit, entry
from domain.loans.events import (
    BookEvent,
    CapitalReceived,
    CashCounted,
    DuesReceived,
    ExpensePaid,
    FundsTransferred,
    IncomeReceived,
    MoneyMoved,
    OpeningBalancesEntered,
)
from domain.loans.loan import Due, Loan, Step, scheduled
from domain.loans.schedule import due_date
from domain.loans.vouchers import Numbers, Slip, series, written


def open_books(book: Book | None, command: EnterOpeningBalances, moment: Moment) -> list[BookEvent]:
    """Cash, capital and live loans as counted and signed; each fund's own capital is the rest.

    The loan fund must fit by itself: cash + bank + loans = capital by source + interest.
    """
    on = command.cut_over_on
    not_in_the_future(on, moment.today)
    if book is not None and (book.opened_on is not None or _has_entries(book, on)):
        raise Refusal("already-opened", "Sổ này đã có số dư đầu kỳ hoặc đã có phát sinh.")
    if len(set(command.signed_by)) < 2:
        raise Refusal("same-person", "Số dư đầu kỳ cần ít nhất hai người ký.")
    loans = tuple(_opening_loan(loan, on) for loan in command.loans)
    _refuse_double_loans(loans)
    lines: list[Line] = []
    for account, amounts in ((Account.CASH, command.cash), (Account.BANK, command.bank)):
        lines += [debit(account, fund, amount) for fund, amount in amounts.items()]
    lines += [
        debit(Account.LOANS, Fund.LOAN, loan.amount, loan_id=loan.id, member_id=loan.borrower_id)
        for loan in loans
    ]
    lines += [
        credit(CAPITAL_ACCOUNT[source], Fund.LOAN, amount)
        for source, amount in command.capital.items()
    ]
    lines.append(credit(Account.INTEREST, Fund.LOAN, command.interest_not_allocated))
    difference = sum(line.amount for line in lines if line.fund is Fund.LOAN)
    if difference:
        raise Refusal(
            "opening-unbalanced",
            "Quỹ vay: tiền mặt + ngân hàng + dư nợ phải bằng vốn theo nguồn + lãi chưa phân phối.",
            difference=difference,
        )
    for fund, account in FUND_ACCOUNT.items():
        lines.append(credit(account, fund, sum(ln.amount for ln in lines if ln.fund is fund)))
    return [
        OpeningBalancesEntered(
            occurred_on=on,
            lines=entry(*lines),
            loans=loans,
            signed_by=command.signed_by,
            memo=command.memo,
            concerns=(
                *(person(signer, Role.SIGNATORY) for signer in command.signed_by),
                *(person(loan.borrower_id, Role.BORROWER) for loan in loans),
                *(Concern(kind="loan", id=loan.id, role=Role.SUBJECT) for loan in loans),
            ),
        )
    ]


def _has_entries(book: Book, on: date) -> bool:
    """Whether anything stands in the book; what was reversed no longer does, after its day."""
    later = any(day > on and moved for days in book.cash.values() for day, moved in days)
    return later or any(book.balances.values())


def _opening_loan(given: OpeningLoan, cut_over_on: date) -> Loan:
    if given.next_due_on <= cut_over_on:
        raise Refusal("date-order", "Kỳ trả tiếp theo phải sau ngày chốt sổ.")
    rows = scheduled(cut_over_on, given.principal_remaining, given.terms)
    try:
        days = [due_date(given.next_due_on, given.terms.every, n) for n in range(len(rows))]
    except ValueError as error:
        raise Malformed("malformed", str(error)) from error
    left = tuple(
        row.model_copy(update={"due_on": day}) for row, day in zip(rows, days, strict=True)
    )
    unpaid = Due(due_on=cut_over_on, principal=0, interest=given.interest_unpaid)
    return Loan(
        id=given.loan_id,
        borrower_id=given.borrower_id,
        step=Step.DISBURSED,
        amount=given.principal_remaining,
        terms=given.terms,
        disbursed_on=cut_over_on,
        instalments=(unpaid, *left) if given.interest_unpaid else left,
    )


def _refuse_double_loans(loans: tuple[Loan, ...]) -> None:
    if len({loan.id for loan in loans}) < len(loans):
        raise Malformed("malformed", "Two opening loans carry one id.")


def receive_capital(book: Book | None, command: ReceiveCapital, moment: Moment) -> list[BookEvent]:
    if command.source is CapitalSource.CAPITALISED_INTEREST:
        raise Refusal(
            "restricted-fund", "Lãi nhập vốn chỉ có qua phân phối lãi, không phải phiếu thu."
        )
    refuse_misdated(book, command.occurred_on, moment.today)
    lines = entry(
        debit(Account.CASH, Fund.LOAN, command.amount),
        credit(CAPITAL_ACCOUNT[command.source], Fund.LOAN, command.amount),
    )
    return [
        CapitalReceived(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.RECEIPT, Fund.LOAN)),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            source=command.source,
            restriction=command.restriction,
            project=command.project,
        )
    ]


def receive_dues(book: Book | None, command: ReceiveDues, moment: Moment) -> list[BookEvent]:
    refuse_misdated(book, command.occurred_on, moment.today)
    payer = command.payer_id
    return [
        DuesReceived(
            occurred_on=command.occurred_on,
            lines=_receipt(command.fund, command.amount),
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.RECEIPT, command.fund)),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            fund=command.fund,
            payer_id=payer,
            concerns=(person(payer, Role.PAYER),) if payer else (),
        )
    ]


def receive_income(book: Book | None, command: ReceiveIncome, moment: Moment) -> list[BookEvent]:
    refuse_misdated(book, command.occurred_on, moment.today)
    return [
        IncomeReceived(
            occurred_on=command.occurred_on,
            lines=_receipt(command.fund, command.amount),
            vouchers=next_vouchers(book, moment, command.occurred_on, (Slip.RECEIPT, command.fund)),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            fund=command.fund,
        )
    ]


def _receipt(fund: Fund, amount: int) -> tuple[Line, ...]:
    if fund is Fund.LOAN:
        raise Refusal("restricted-fund", "Quỹ vay chỉ nhận vốn, trả nợ và lãi.")
    return entry(debit(Account.CASH, fund, amount), credit(FUND_ACCOUNT[fund], fund, amount))


def pay_expense(book: Book | None, command: PayExpense, moment: Moment) -> list[BookEvent]:
    """Hard: the loan fund is for lending; it bears bank fees and nothing else."""
    if command.fund is Fund.LOAN and not command.bank_fee:
        raise Refusal("restricted-fund", "Quỹ vay không được chi, trừ phí ngân hàng.")
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    paid_from = Account.BANK if command.bank_fee else Account.CASH
    lines = entry(
        debit(Account.EXPENSE, command.fund, command.amount),
        credit(paid_from, command.fund, command.amount),
    )
    refuse_overdrawn(book, lines, command.occurred_on)
    # A fee the bank takes by itself moves no cash of ours: the bank statement is its voucher.
    slips = () if command.bank_fee else ((Slip.PAYMENT, command.fund),)
    return [
        ExpensePaid(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, *slips),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            fund=command.fund,
            paid_by=command.paid_by,
            concerns=(person(command.paid_by, Role.PAYER),) if command.paid_by else (),
        )
    ]


def move_money(book: Book | None, command: MoveMoney, moment: Moment) -> list[BookEvent]:
    """Between box and bank: a phiếu chi for what goes out, a phiếu thu for what comes in."""
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    source, target = Account.CASH, Account.BANK
    if not command.to_bank:
        source, target = target, source
    lines = entry(
        debit(target, command.fund, command.amount),
        credit(source, command.fund, command.amount),
    )
    refuse_overdrawn(book, lines, command.occurred_on)
    return [
        MoneyMoved(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(
                book,
                moment,
                command.occurred_on,
                (Slip.PAYMENT, command.fund),
                (Slip.RECEIPT, command.fund),
            ),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            fund=command.fund,
            to_bank=command.to_bank,
        )
    ]


def transfer_funds(book: Book | None, command: TransferFunds, moment: Moment) -> list[BookEvent]:
    """A claim between two funds, or its return.

    Hard: out of the loan fund goes only what it owes the other fund; interest leaves it by an
    allocation alone (domain.md section 3).
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    giver, taker, amount = command.from_fund, command.to_fund, command.amount
    returned = min(amount, book.claim(taker, giver))
    if giver is Fund.LOAN and returned < amount:
        raise Refusal(
            "restricted-fund",
            "Quỹ vay chỉ chuyển sang quỹ khác phần còn nợ quỹ đó.",
            available=returned,
            asked=amount,
        )
    lines = entry(
        debit(Account.OWED_TO_FUND, giver, returned),
        debit(Account.CLAIM_ON_FUND, giver, amount - returned),
        credit(Account.CASH, giver, amount),
        debit(Account.CASH, taker, amount),
        credit(Account.CLAIM_ON_FUND, taker, returned),
        credit(Account.OWED_TO_FUND, taker, amount - returned),
    )
    refuse_overdrawn(book, lines, command.occurred_on)
    return [
        FundsTransferred(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(
                book, moment, command.occurred_on, (Slip.PAYMENT, giver), (Slip.RECEIPT, taker)
            ),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=amount,
            from_fund=giver,
            to_fund=taker,
        )
    ]


def count_cash(book: Book | None, command: CountCash, moment: Moment) -> list[BookEvent]:
    """Blind: what the book expects is worked out here, after the notes were entered."""
    not_in_the_future(command.occurred_on, moment.today)
    refuse_closed(book, command.occurred_on)
    book = book or Book()
    if len(set(command.signed_by)) < 3:
        raise Refusal("same-person", "Bảng kiểm kê quỹ cần ba người ký khác nhau.")
    unknown = sorted(set(command.sheets) - set(DENOMINATIONS))
    if unknown:
        raise Malformed("malformed", f"Không có tờ bạc mệnh giá {unknown[0]} đồng.")
    counted = sum(note * number for note, number in command.sheets.items())
    expected = sum(book.cash_at_end_of(fund, command.occurred_on) for fund in set(command.funds))
    return [
        CashCounted(
            occurred_on=command.occurred_on,
            funds=tuple(sorted(set(command.funds))),
            at=command.at,
            sheets={str(note): number for note, number in command.sheets.items() if number},
            counted=counted,
            expected=expected,
            difference=expected - counted,
            signed_by=command.signed_by,
            reason=command.reason,
            concerns=tuple(person(signer, Role.SIGNATORY) for signer in command.signed_by),
        )
    ]


def next_vouchers(
    book: Book | None, moment: Moment, on: date, *slips: tuple[Slip, Fund]
) -> tuple[str, ...]:
    """The next number of each slip's series: no gap, no number twice, year of the date."""
    per_fund = moment.regulation.rules.vouchers_per_fund
    numbers = book.numbers if book else {}
    taken: dict[str, int] = {}
    vouchers = []
    for slip, fund in slips:
        name = series(slip, on, fund, per_fund=per_fund)
        number = taken.get(name, numbers.get(name, Numbers()).last) + 1
        taken[name] = number
        vouchers.append(written(name, number))
    return tuple(vouchers)
