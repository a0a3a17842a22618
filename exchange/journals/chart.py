"""The names that accounts have in a journal: `TàiSản:111-TiềnMặt:QuỹTăngThuNhập`.

One name for both programs: no blanks, every part begins with a capital or a digit (Beancount's
rule). The five roots are those that hledger and Beancount build a balance sheet from.
"""

from enum import StrEnum
from unicodedata import normalize

from domain.loans.accounts import Account
from exchange.vocabulary import ACCOUNTS, ENTRIES, FUNDS
from projections.journal import Journal, Place, Transaction
from projections.views import instant

COMMODITY = "VND"
# A paper book's own label may hold anything.
_SIGNS = {ord(sign): " " for sign in ';|"\\'}
OPENING = "Số dư đầu kỳ"
MONTH_END = "Số dư cuối kỳ"


class Root(StrEnum):
    ASSETS = "TàiSản"
    LIABILITIES = "NợPhảiTrả"
    EQUITY = "NguồnVốn"
    INCOME = "ThuNhập"
    EXPENSES = "ChiPhí"


ROOTS: dict[str, Root] = {
    Account.CASH: Root.ASSETS,
    Account.BANK: Root.ASSETS,
    Account.LOANS: Root.ASSETS,
    Account.CLAIM_ON_FUND: Root.ASSETS,
    Account.SHORTAGE: Root.ASSETS,
    Account.ADVANCES: Root.ASSETS,
    Account.OWED_TO_FUND: Root.LIABILITIES,
    Account.SURPLUS: Root.LIABILITIES,
    Account.CLEARING: Root.LIABILITIES,
    Account.CAPITAL_STATE: Root.EQUITY,
    Account.CAPITAL_DONOR: Root.EQUITY,
    Account.CAPITAL_ASSOCIATION: Root.EQUITY,
    Account.CAPITAL_MEMBERS: Root.EQUITY,
    Account.CAPITAL_BENEFACTOR: Root.EQUITY,
    Account.CAPITALISED_INTEREST: Root.EQUITY,
    Account.OPERATING_FUND: Root.EQUITY,
    Account.CARE_FUND: Root.EQUITY,
    Account.RISK_RESERVE: Root.EQUITY,
    Account.INTEREST: Root.INCOME,
    Account.EXPENSE: Root.EXPENSES,
    Account.WRITE_OFF_LOSS: Root.EXPENSES,
}


def name(place: Place) -> str:
    """The account's full name; a loan's account ends with the loan's id, never a person's."""
    parts = [
        ROOTS[place.account],
        f"{place.account}-{_joined(ACCOUNTS[place.account])}",
        _joined(FUNDS[place.fund]),
    ]
    return ":".join([*parts, f"Vay-{place.loan_id}"] if place.loan_id else parts)


def payee(transaction: Transaction) -> str:
    return ENTRIES[transaction.topic]


def slips(transaction: Transaction) -> str:
    """The vouchers' numbers; what either program would read as its own sign is a blank."""
    said = ", ".join(transaction.vouchers)
    return " ".join(said.translate(_SIGNS).split())


def heading(journal: Journal, club_name: str) -> list[str]:
    """What the file is of, line by line: which club, which days, of what was known when."""
    seen = journal.seen
    known_at = instant(seen.known_at) if seen.known_at else "-"
    return [
        f"Sổ Chung: {' '.join(club_name.split())}",
        f"club {seen.club_id}",
        f"from {journal.since.isoformat()} to {seen.as_of.isoformat()}",
        f"log position {seen.upto}, recorded at {known_at}",
    ]


def _joined(words: str) -> str:
    """`Tiền mặt` → `TiềnMặt`: composed letters, so that both programs see one name."""
    parts = normalize("NFC", words).replace(",", " ").split()
    return "".join(part[0].upper() + part[1:] for part in parts)
