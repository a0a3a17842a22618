"""Interest received is split by an explicit allocation alone; a bank's interest joins it."""

from collections.abc import Mapping
from typing import Literal

from domain.errors import Refusal
from domain.loans.accounts import FUND_ACCOUNT, Account, Fund
from domain.loans.book import Book, refuse_misdated
from domain.loans.commands import AllocateInterest, Moment, ReceiveBankInterest
from domain.loans.entries import Line, credit, debit, entry
from domain.loans.events import BankInterestReceived, BookEvent, InterestAllocated
from domain.loans.funds import next_vouchers
from domain.loans.vouchers import Slip
from domain.regulation import InterestShares

Purpose = Literal["capital", "operating", "care", "reserve"]


def shared_out(amount: int, shares: InterestShares) -> dict[Purpose, int]:
    """By largest remainder, in đồng: the parts always add up; a tie goes to the first named."""
    points: dict[Purpose, int] = {
        "capital": shares.capital,
        "operating": shares.operating,
        "care": shares.care,
        "reserve": shares.reserve,
    }
    parts = {name: amount * point // 10_000 for name, point in points.items()}
    largest_first = sorted(points, key=lambda name: -(amount * points[name] % 10_000))
    for name in largest_first[: amount - sum(parts.values())]:
        parts[name] += 1
    return parts


def allocate_interest(
    book: Book | None, command: AllocateInterest, moment: Moment
) -> list[BookEvent]:
    """Out of 515 into capital and the other funds, by the regulation of that day.

    Hard: never more than 515 holds. Where the loan fund's own cash is short, the rest is a claim
    of the receiving fund (1368) on it (3368).
    """
    refuse_misdated(book, command.occurred_on, moment.today)
    book = book or Book()
    held = -book.balance(Fund.LOAN, Account.INTEREST)
    amount = command.amount if command.amount is not None else held
    if amount > held or amount < 1:
        raise Refusal(
            "exceeds-interest", "Lãi chưa phân phối không đủ để phân phối.", available=max(held, 0)
        )
    parts = shared_out(amount, moment.regulation.rules.interest_shares)
    # Clearing (3388) lies in the box as well, but is not the fund's to hand on.
    cash = min(
        book.lowest_from(Fund.LOAN, Account.CASH, command.occurred_on),
        book.free_money,
    )
    to_funds = {Fund(name): part for name, part in parts.items() if name != "capital" and part}
    in_cash: dict[Fund, int] = {}
    for fund, part in to_funds.items():
        in_cash[fund] = min(part, max(cash - sum(in_cash.values()), 0))
    lines = entry(
        debit(Account.INTEREST, Fund.LOAN, amount),
        credit(Account.CAPITALISED_INTEREST, Fund.LOAN, parts["capital"]),
        *_handed_on(to_funds, in_cash),
    )
    paid = [fund for fund, part in in_cash.items() if part]
    slips = ((Slip.PAYMENT, Fund.LOAN), *((Slip.RECEIPT, fund) for fund in paid)) if paid else ()
    return [
        InterestAllocated(
            occurred_on=command.occurred_on,
            lines=lines,
            vouchers=next_vouchers(book, moment, command.occurred_on, *slips),
            memo=command.memo,
            happened_on=command.happened_on,
            interest=amount,
            capital=parts["capital"],
            operating=parts["operating"],
            care=parts["care"],
            reserve=parts["reserve"],
            regulation=moment.regulation.version,
            minutes=command.minutes,
        )
    ]


def _handed_on(to_funds: Mapping[Fund, int], in_cash: Mapping[Fund, int]) -> list[Line]:
    lines = [credit(Account.CASH, Fund.LOAN, sum(in_cash.values()))]
    for fund, part in to_funds.items():
        owed = part - in_cash[fund]
        lines += [
            credit(Account.OWED_TO_FUND, Fund.LOAN, owed),
            debit(Account.CASH, fund, in_cash[fund]),
            debit(Account.CLAIM_ON_FUND, fund, owed),
            credit(FUND_ACCOUNT[fund], fund, part),
        ]
    return lines


def receive_bank_interest(
    book: Book | None, command: ReceiveBankInterest, moment: Moment
) -> list[BookEvent]:
    """Into the fund's account at the bank; of the loan fund it waits to be allocated (515)."""
    refuse_misdated(book, command.occurred_on, moment.today)
    credited = FUND_ACCOUNT.get(command.fund, Account.INTEREST)
    return [
        BankInterestReceived(
            occurred_on=command.occurred_on,
            lines=entry(
                debit(Account.BANK, command.fund, command.amount),
                credit(credited, command.fund, command.amount),
            ),
            memo=command.memo,
            happened_on=command.happened_on,
            amount=command.amount,
            fund=command.fund,
        )
    ]
