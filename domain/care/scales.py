"""The scales by which needs are assessed: raw item scores are kept, totals are worked out.

Katz: S. Katz et al., JAMA 185 (1963) 914, six items, 1 = does it alone. Barthel: F. Mahoney and
D. Barthel, Md State Med J 14 (1965) 61, ten items, 0-100. Lawton: M. P. Lawton and E. M. Brody,
Gerontologist 9 (1969) 179, eight items, 1 = does it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import model_validator

from domain.values import Immutable


class Instrument(StrEnum):
    KATZ = "katz"
    BARTHEL = "barthel"
    LAWTON = "lawton"


_ONE = (0, 1)
_ITEMS: Mapping[Instrument, Mapping[str, tuple[int, ...]]] = {
    Instrument.KATZ: {
        "bathing": _ONE,
        "dressing": _ONE,
        "toileting": _ONE,
        "transferring": _ONE,
        "continence": _ONE,
        "feeding": _ONE,
    },
    Instrument.BARTHEL: {
        "feeding": (0, 5, 10),
        "bathing": (0, 5),
        "grooming": (0, 5),
        "dressing": (0, 5, 10),
        "bowels": (0, 5, 10),
        "bladder": (0, 5, 10),
        "toilet_use": (0, 5, 10),
        "transfers": (0, 5, 10, 15),
        "mobility": (0, 5, 10, 15),
        "stairs": (0, 5, 10),
    },
    Instrument.LAWTON: {
        "telephone": _ONE,
        "shopping": _ONE,
        "food_preparation": _ONE,
        "housekeeping": _ONE,
        "laundry": _ONE,
        "transport": _ONE,
        "medication": _ONE,
        "finances": _ONE,
    },
}


class Scores(Immutable):
    """Every item of one instrument with its score; which version of it was used stands beside."""

    instrument: Instrument
    items: dict[str, int]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        asked = _ITEMS[self.instrument]
        if set(self.items) != set(asked):
            raise ValueError(f"the items of {self.instrument} are {', '.join(asked)}")
        for item, score in self.items.items():
            if type(score) is not int or score not in asked[item]:
                raise ValueError(f"{item} scores one of {', '.join(map(str, asked[item]))}")
        return self

    @property
    def total(self) -> int:
        return sum(self.items.values())


def items_of(instrument: Instrument) -> Mapping[str, tuple[int, ...]]:
    """The items in the order of the form, each with the scores it may have."""
    return _ITEMS[instrument]
