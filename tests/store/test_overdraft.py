"""Eight people ask for 3 million each, at once, of a fund of 10 million.

The campaign of 200 rounds with its figures is `tests/soak/overdraft.py`.
"""

from itertools import islice

from desk.desk import Desk
from soak.overdraft import RIGHT, carelessly, outcomes


def test_a_fund_of_ten_million_pays_three_of_eight_loans_and_numbers_them_without_gaps(
    desk: Desk,
) -> None:
    assert set(outcomes(desk, rounds=10)) == {RIGHT}


def test_the_control_overdraws_when_nobody_checks_the_version(desk: Desk) -> None:
    overdrawn = (o for o in outcomes(desk, rounds=10, disburse=carelessly) if o.left < 0)
    (first,) = islice(overdrawn, 1)
    assert first.answers.count("paid") > 3
