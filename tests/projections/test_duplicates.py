"""Who may be one person: name, birth year and place, at the boundary."""

import pytest

from projections.duplicates import Likeness, likeness

HERE = frozenset({"na thu"})


@pytest.mark.parametrize(
    ("other", "score"),
    [
        (Likeness("nguyen thi lan", 1956, HERE), 100),
        (Likeness("nguyen thi lan", 1957, HERE), 93),
        (Likeness("nguyen thi lan", 1955, HERE), 93),
        (Likeness("nguyen thi lan", 1958, HERE), None),
        (Likeness("nguyen thi lan", None, HERE), 87),
        (Likeness("nguyen thi lan", None, frozenset()), 72),
        (Likeness("nguyen thi lan", 1956, frozenset()), 85),
        (Likeness("nguyen thi nan", 1956, HERE), 96),
        (Likeness("nguyen van nam", 1956, HERE), None),
        (Likeness("nguyen thi lan", 1956, HERE, "male"), None),
        (Likeness("nguyen thi lan", 1956, HERE, "female"), 100),
    ],
)
def test_a_score_of_a_hundred(other: Likeness, score: int | None) -> None:
    one = Likeness("nguyen thi lan", 1956, HERE, "female")
    assert likeness(one, other) == likeness(other, one) == score
