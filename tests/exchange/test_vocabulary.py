"""Nothing of the books is without words on paper."""

from datetime import date
from typing import get_args

from domain.care.events import Work
from domain.clubs.events import Area, HouseholdClass, MemberLeft
from domain.loans.accounts import Account, Fund
from domain.loans.bands import BANDS as ALL_BANDS
from domain.loans.loan import Step
from exchange.journals.chart import ROOTS
from exchange.vocabulary import (
    ACCOUNTS,
    AGES,
    AREAS,
    BANDS,
    CLASSES,
    ENTRIES,
    FIGURES,
    FLOWS,
    FUNDS,
    LEAVING,
    STEPS,
    WORK,
)
from projections import club_people
from projections.figures import Period, figures
from projections.fund_flows import EXCESS, INTEREST, LATE, PRINCIPAL
from projections.ledger import MONEY_TOPICS


def test_every_code_has_its_words_and_no_word_is_of_nothing() -> None:
    assert set(FUNDS) == set(Fund)
    assert set(ACCOUNTS) == set(Account)
    assert set(ROOTS) == set(Account)
    assert set(ENTRIES) == set(MONEY_TOPICS)
    assert set(BANDS) == set(ALL_BANDS)
    assert set(STEPS) == set(Step)
    assert set(FLOWS) == {*MONEY_TOPICS, PRINCIPAL, INTEREST, LATE, EXCESS}
    day = Period(date(2026, 1, 1), date(2026, 1, 1))
    assert list(FIGURES) == [figure.name for figure in figures([], [], day)]
    assert set(AGES) == {band for _, band in club_people.AGES} | {club_people.UNKNOWN}
    assert set(CLASSES) == {*HouseholdClass, club_people.UNKNOWN}
    assert set(WORK) == set(Work)
    assert set(AREAS) == set(Area)
    # A merged entry never was a member of its own.
    assert {*LEAVING, "merged"} == set(get_args(MemberLeft.model_fields["cause"].annotation))
