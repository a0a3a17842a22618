"""Health readings: what may be written down, and when somebody ought to be seen.

A flag is never a diagnosis, and never stands in an event: it says something about the reading, so
it is worked out from the reading by whoever may read it.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.values import Immutable


class Flag(StrEnum):
    """Who reads it tells the health station: at the next occasion, or on the same day."""

    REFER = "refer"
    SAME_DAY = "same_day"


Systolic = Annotated[int, Field(strict=True, ge=60, le=280)]
Diastolic = Annotated[int, Field(strict=True, ge=30, le=160)]
Weight = Annotated[int, Field(strict=True, ge=20_000, le=200_000)]
Pulse = Annotated[int, Field(strict=True, ge=30, le=220)]


class Vitals(Immutable):
    """Blood pressure in mmHg, pulse in beats a minute, weight in grams (domain.md section 6)."""

    systolic: Systolic | None = None
    diastolic: Diastolic | None = None
    pulse: Pulse | None = None
    weight_grams: Weight | None = None

    @model_validator(mode="after")
    def _a_reading(self) -> Self:
        if (self.systolic is None) != (self.diastolic is None):
            raise ValueError("systolic and diastolic are read together")
        if self.systolic is not None and self.systolic <= (self.diastolic or 0):
            raise ValueError("systolic lies above diastolic")
        if self.systolic is None and self.pulse is None and self.weight_grams is None:
            raise ValueError("a reading is needed")
        return self


def flag(vitals: Vitals) -> Flag | None:
    """140/90 and above: refer; 180/110 and above: the same day (domain.md section 6)."""
    systolic, diastolic = vitals.systolic or 0, vitals.diastolic or 0
    if systolic >= 180 or diastolic >= 110:
        return Flag.SAME_DAY
    if systolic >= 140 or diastolic >= 90:
        return Flag.REFER
    return None
