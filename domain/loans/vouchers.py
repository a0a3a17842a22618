"""Voucher numbers: phiếu thu (PT) and phiếu chi (PC), without gaps per club, type and year.

One series runs across funds (`PT-2026-0001`) unless the club's regulation keeps one per fund
(`PT-2026-V-0001`). A past book brings its own numbers, which may have gaps: they are taken as
they stand, and new numbers go on after the highest.
"""

import re
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Self

from domain.loans.accounts import Fund
from domain.values import Immutable


class Slip(StrEnum):
    RECEIPT = "PT"
    PAYMENT = "PC"


FUND_LETTER = {Fund.LOAN: "V", Fund.OPERATING: "H", Fund.CARE: "C", Fund.RESERVE: "R"}

_NUMBERED = re.compile(r"(PT|PC)-(\d{4})-(?:([VHCR])-)?(\d{1,18})", re.ASCII)


class Numbers(Immutable):
    """The numbers used in one series, as ranges: `((1, 40), (42, 42))`."""

    ranges: tuple[tuple[int, int], ...] = ()

    @property
    def last(self) -> int:
        return self.ranges[-1][1] if self.ranges else 0

    def __contains__(self, number: int) -> bool:
        return any(low <= number <= high for low, high in self.ranges)

    def gaps(self) -> tuple[tuple[int, int], ...]:
        """Missing numbers below the highest, as ranges."""
        edges = ((0, 0), *self.ranges)
        return tuple(
            (before[1] + 1, after[0] - 1)
            for before, after in pairwise(edges)
            if before[1] + 1 < after[0]
        )

    def with_number(self, number: int) -> Self:
        if self.ranges and number == self.ranges[-1][1] + 1:  # the everyday case
            low, high = self.ranges[-1]
            return self.model_copy(update={"ranges": (*self.ranges[:-1], (low, high + 1))})
        singles = sorted((*self.ranges, (number, number)))
        merged: list[tuple[int, int]] = []
        for low, high in singles:
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return self.model_copy(update={"ranges": tuple(merged)})

    def without_number(self, number: int) -> Self:
        """Only for an undone import: the paper's number is free to be entered again."""
        kept: list[tuple[int, int]] = []
        for low, high in self.ranges:
            if low <= number <= high:
                kept += [(a, b) for a, b in ((low, number - 1), (number + 1, high)) if a <= b]
            else:
                kept.append((low, high))
        return self.model_copy(update={"ranges": tuple(kept)})


def series(slip: Slip, on: date, fund: Fund, *, per_fund: bool) -> str:
    """The series a voucher of that business date belongs to."""
    return f"{slip}-{on.year}-{FUND_LETTER[fund]}" if per_fund else f"{slip}-{on.year}"


def written(series: str, number: int) -> str:
    return f"{series}-{number:04d}"


def parsed(voucher: str) -> tuple[str, int] | None:
    """The series and number of a voucher written our way; None for any other label."""
    match = _NUMBERED.fullmatch(voucher)
    if match is None:
        return None
    slip, year, letter, number = match.groups()
    return (f"{slip}-{year}-{letter}" if letter else f"{slip}-{year}"), int(number)
