"""The chart of accounts and the funds it is kept in.

Account numbers follow domain.md section 3 (from study of Circular 133/2016/TT-BTC and the
associations' own practice, not from a lawyer): they are data with a source, not law.
"""

from enum import StrEnum


class Fund(StrEnum):
    """Each fund has its own cash and bank in the books; the money may lie in one box."""

    LOAN = "loan"
    OPERATING = "operating"
    CARE = "care"
    RESERVE = "reserve"


class Account(StrEnum):
    CASH = "111"
    BANK = "112"
    LOANS = "1283"
    CLAIM_ON_FUND = "1368"
    SHORTAGE = "1381"
    ADVANCES = "141"
    OWED_TO_FUND = "3368"
    SURPLUS = "3381"
    CLEARING = "3388"
    """Money of others, not yet placed."""
    CAPITAL_STATE = "4111"
    CAPITAL_DONOR = "4112"
    CAPITAL_ASSOCIATION = "4113"
    CAPITAL_MEMBERS = "4114"
    CAPITAL_BENEFACTOR = "4115"
    CAPITALISED_INTEREST = "4118"
    OPERATING_FUND = "4181"
    CARE_FUND = "4182"
    RISK_RESERVE = "4183"
    INTEREST = "515"
    """Interest received and not yet allocated."""
    EXPENSE = "642"
    WRITE_OFF_LOSS = "811"


MONEY = (Account.CASH, Account.BANK)


class CapitalSource(StrEnum):
    STATE_BUDGET = "state_budget"
    DONOR_PROJECT = "donor_project"
    ASSOCIATION = "association"
    MEMBERS = "members"
    BENEFACTOR = "benefactor"
    CAPITALISED_INTEREST = "capitalised_interest"


class Restriction(StrEnum):
    """What the giver allows the money to be used for."""

    REVOLVING_ONLY = "revolving_only"
    RETURNABLE = "returnable"


CAPITAL_ACCOUNT = {
    CapitalSource.STATE_BUDGET: Account.CAPITAL_STATE,
    CapitalSource.DONOR_PROJECT: Account.CAPITAL_DONOR,
    CapitalSource.ASSOCIATION: Account.CAPITAL_ASSOCIATION,
    CapitalSource.MEMBERS: Account.CAPITAL_MEMBERS,
    CapitalSource.BENEFACTOR: Account.CAPITAL_BENEFACTOR,
    CapitalSource.CAPITALISED_INTEREST: Account.CAPITALISED_INTEREST,
}


class Period(StrEnum):
    """What is closed at once; `past` closes an imported book at its last count."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    PAST = "past"


# What a fund's own receipts are credited to; the loan fund has capital by source instead.
FUND_ACCOUNT = {
    Fund.OPERATING: Account.OPERATING_FUND,
    Fund.CARE: Account.CARE_FUND,
    Fund.RESERVE: Account.RISK_RESERVE,
}

# Denominations in circulation, in đồng (domain.md section 3).
DENOMINATIONS = (
    500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200,
)  # fmt: skip
