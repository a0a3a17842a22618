"""The names that accounts have in a journal: `TàiSản:111-TiềnMặt:QuỹTăngThuNhập`.

One name for both programs: no blanks, every part begins with a capital or a digit (Beancount's
rule). The five roots are those that hledger and Beancount build a balance sheet from.
"""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from unicodedata import normalize

from domain.loans.accounts import Account
from exchange.vocabulary import ACCOUNTS, ENTRIES, FUNDS, WORK
from projections.journal import Journal, Labour, LabourHeld, Place, Transaction
from projections.views import instant

COMMODITY = "VND"
# Beancount's commodities have no tones. A work-day is eight hours, unless the regulation says else.
WORK_DAY = "CONG"
WORKED = "Công tình nguyện"
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


GIVEN = f"{Root.INCOME}:Công:TìnhNguyện"
"""What volunteers gave, of all activities; nobody of them is named."""


def labour_name(activity: str) -> str:
    """What their work-days went into."""
    return f"{Root.EXPENSES}:Công:{_joined(WORK[activity])}"


def labour_names(journal: Journal) -> list[str]:
    names = [labour_name(activity) for activity in journal.activities]
    return [GIVEN, *names] if names else []


def labour_legs(activity: str, work_days: Decimal) -> list[tuple[str, str]]:
    """Account and amount of each side: what it went into, and who gave it."""
    return [(labour_name(activity), work_days_of(work_days)), (GIVEN, work_days_of(-work_days))]


def labour_balances(held: Iterable[LabourHeld]) -> list[tuple[str, str]]:
    """What each account came to by the end of a day: the activities', and that of who gave."""
    told = list(held)
    given = sum((one.work_days for one in told), Decimal(0))
    each = [(labour_name(one.activity), work_days_of(one.work_days)) for one in told]
    return [*each, (GIVEN, work_days_of(-given))] if told else []


def work_days_of(days: Decimal) -> str:
    """To the ten-thousandth, as they are stored: none is lost and none tolerated."""
    return f"{days:.4f}"


def in_order(journal: Journal) -> list[Transaction | Labour]:
    """Day by day, as recorded."""
    told: list[Transaction | Labour] = [*journal.transactions, *journal.labour]
    return sorted(told, key=lambda one: (one.occurred_on, one.position))


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
