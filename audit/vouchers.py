"""Voucher numbers: those we gave out have no gap and no double; a past book's may have gaps."""

import re
from array import array
from collections import Counter, defaultdict
from typing import TypeAlias

from audit.check import Check, is_from_book, is_money
from audit.entries import Entry
from audit.findings import Findings

_NUMBERED = re.compile(r"(P[TC]-(\d{4})(?:-[VHCR])?)-(\d{1,6})", re.ASCII)

Series: TypeAlias = "array[int]"
"""Position of the event that used each number, negative when it came from a book, 0 unused."""


class Vouchers(Check):
    """Per club, series and year. The numbers an undone import freed do not count."""

    name = "vouchers"

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings)
        self._series: dict[str, dict[str, Series]] = defaultdict(dict)
        self._labels: dict[tuple[str, str], int] = {}
        self._doubles: Counter[tuple[str, str]] = Counter()
        """How often a label was used again; each must be freed before the first is."""
        self._book: dict[str, str] = {}

    def wants(self, topic: str) -> bool:
        return is_money(topic)

    def see(self, entry: Entry) -> None:
        body, club = entry.body, entry.club_id or ""
        self._book[club] = entry.history
        past = is_from_book(entry)
        labels = body.get("vouchers", ())
        for label in labels:
            self._use(entry, club, label, past)
        if not labels and not past and self._needs_voucher(entry):
            self.say("voucher-missing", "Có thu chi tiền mặt nhưng không có phiếu.", entry)
        for label in body.get("freed_vouchers", ()):
            self._free(entry, club, label)

    def _use(self, entry: Entry, club: str, label: str, past: bool) -> None:
        numbered = _NUMBERED.fullmatch(label)
        if numbered is None:
            if not past:
                self.say("voucher-form", f"Số phiếu “{label}” không theo mẫu.", entry, label=label)
            if (club, label) in self._labels:
                self._say_double(entry, club, label, self._labels[club, label])
            else:
                self._labels[club, label] = entry.position
            return
        series, number = numbered[1], int(numbered[3])
        used = self._series[club].get(series)
        if used is None:
            used = self._series[club][series] = array("q", (0,))
        last = len(used) - 1
        if number <= last and used[number]:
            self._say_double(entry, club, label, abs(used[number]))
            return
        if not past:
            if number != last + 1:
                self.say(
                    "voucher-gap",
                    f"Số phiếu {label} không nối tiếp số trước ({series}-{last:04d}).",
                    entry,
                    label=label,
                    expected=last + 1,
                )
            if numbered[2] != entry.body["occurred_on"][:4]:
                self.say(
                    "voucher-year",
                    f"Phiếu {label} ghi khác năm với ngày phát sinh.",
                    entry,
                    label=label,
                    occurred_on=entry.body["occurred_on"],
                )
        if number > last:
            used.extend([0] * (number - last))
        used[number] = -entry.position if past else entry.position

    def _free(self, entry: Entry, club: str, label: str) -> None:
        numbered = _NUMBERED.fullmatch(label)
        if self._doubles[club, label]:
            self._doubles[club, label] -= 1
            free = True
        elif numbered is None:
            free = self._labels.pop((club, label), None) is not None
        else:
            used = self._series[club].get(numbered[1], array("q"))
            number = int(numbered[3])
            free = number < len(used) and used[number] != 0
            if free:
                used[number] = 0
                while len(used) > 1 and not used[-1]:
                    used.pop()
        if not free:
            self.say(
                "voucher-freed", f"Phiếu {label} được trả lại nhưng chưa dùng.", entry, label=label
            )

    def _needs_voucher(self, entry: Entry) -> bool:
        """Opening balances are counted, not received; an undone import gives its slips back."""
        if entry.topic in ("loans.OpeningBalancesEntered", "loans.EntryReversed"):
            return False
        return any(line["account"] == "111" for line in entry.body["lines"])

    def _say_double(self, entry: Entry, club: str, label: str, first: int) -> None:
        self._doubles[club, label] += 1
        confirmed = "voucher-duplicate" in entry.body.get("findings", ())
        self.say(
            "voucher-double-confirmed" if confirmed else "voucher-double",
            f"Số phiếu {label} dùng hai lần (lần đầu ở vị trí {first})"
            + (", đã có hai người xác nhận." if confirmed else "."),
            entry,
            level="info" if confirmed else "finding",
            label=label,
            first_position=first,
        )

    def end(self) -> None:
        for club, all_series in self._series.items():
            for series, used in all_series.items():
                self._say_gaps(club, series, used)

    def _say_gaps(self, club: str, series: str, used: Series) -> None:
        """Below a number from a book: a gap before one of ours was judged when it was given."""
        first: int | None = None
        for number in range(1, len(used)):
            if not used[number]:
                first = first or number
            elif first is not None:
                if used[number] < 0:
                    missing = f"{first:04d}" + (f"–{number - 1:04d}" if number - 1 > first else "")
                    self.say(
                        "voucher-gap-in-book",
                        f"Sổ cũ thiếu số phiếu {series}-{missing}.",
                        level="warning",
                        history=self._book.get(club),
                        position=-used[number],
                        club_id=club,
                        series=series,
                        first_missing=first,
                        last_missing=number - 1,
                    )
                first = None
