"""Nothing of the books is without words on paper."""

from datetime import date

from domain.loans.accounts import Account, Fund
from domain.loans.bands import BANDS as ALL_BANDS
from domain.loans.loan import Step
from exchange.journals.chart import ROOTS
from exchange.vocabulary import ACCOUNTS, BANDS, ENTRIES, FIGURES, FLOWS, FUNDS, STEPS
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
