"""Read models whose rows belong to one event each, walked in step with the log."""

from collections.abc import Iterator, Sequence
from typing import Any

from audit.check import Check, is_money
from audit.entries import Beside, Connection, Entry, streamed
from audit.findings import Findings
from audit.reversals import Reversals

_POSTINGS = """
SELECT position, min(recorded_at), max(recorded_at),
       string_agg(event_id::text || '|' || club_id::text || '|' || occurred_on::text || '|'
                  || line::text || '|' || coalesce(voucher, '') || '|' || account || '|' || fund
                  || '|' || amount::text || '|' || coalesce(loan_id::text, '') || '|'
                  || coalesce(member_id::text, ''), ';' ORDER BY line)
FROM read.postings GROUP BY position ORDER BY position
"""
_VOUCHERS = """
SELECT position, string_agg(event_id::text || '|' || club_id::text || '|' || occurred_on::text
                            || '|' || topic || '|' || amount::text || '|' || label, ';'
                            ORDER BY label COLLATE "C")
FROM read.vouchers GROUP BY position ORDER BY position
"""


class InStep(Check):
    """Rows that one event makes, one text for each event."""

    table = ""
    query = ""
    model = ""

    def __init__(self, findings: Findings, connection: Connection, upto: int) -> None:
        super().__init__(findings)
        self._upto = upto
        # A model that has not begun has no table yet.
        rows = streamed(connection, self.table, self.query) if upto else iter(())
        self.beside = Beside(rows)

    def wants(self, topic: str) -> bool:
        return is_money(topic)

    def expected(self, entry: Entry) -> str:
        raise NotImplementedError

    def see(self, entry: Entry) -> None:
        position, beside = entry.position, self.beside
        if position > self._upto:
            return
        if beside.position < position:
            self._say_strays(position)
        row = beside.take() if beside.position == position else None
        found, expected = row[-1] if row else "", self.expected(entry)
        if found != expected or (row and not self.is_timely(entry, row)):
            self.say(
                f"{self.table}-differ",
                f"Bảng {self.table} không khớp sự kiện này.",
                entry,
                **_difference(expected, found),
            )

    def is_timely(self, entry: Entry, row: tuple[Any, ...]) -> bool:
        return True

    def end(self) -> None:
        self._say_strays(2**63)

    def _say_strays(self, before: int) -> None:
        while self.beside.position < before:
            self.say(
                f"{self.table}-stray",
                f"Bảng {self.table} có dòng ở vị trí không có bút toán.",
                position=self.beside.take()[0],
            )


class Postings(InStep):
    name = "postings"
    model = "ledger"
    table = "postings"
    query = _POSTINGS

    def expected(self, entry: Entry) -> str:
        body = entry.body
        slips = body.get("vouchers", ())
        # Of two slips the first paid out and the second took in.
        paid = slips[0] if slips else ""
        taken = slips[1] if len(slips) > 1 else paid
        start = f"{entry.event_id}|{entry.club_id}|{body['occurred_on']}|"
        own = {fund: slip for slip, fund, _ in _slips(body)} if _are_many(slips) else None
        rows = []
        for number, line in enumerate(body["lines"], start=1):
            amount, get = line["amount"], line.get
            slip = taken if amount > 0 else paid
            if own is not None:
                slip = own.get(line["fund"], "")
            rows.append(
                f"{start}{number}|{slip}|{line['account']}|{line['fund']}|{amount}|"
                f"{get('loan_id', '')}|{get('member_id', '')}"
            )
        return ";".join(rows)

    def is_timely(self, entry: Entry, row: tuple[Any, ...]) -> bool:
        return bool(row[1] == row[2] == entry.recorded_at)


class VoucherRows(InStep):
    name = "voucher-rows"
    model = "vouchers"
    table = "vouchers"
    query = _VOUCHERS

    def expected(self, entry: Entry) -> str:
        body = entry.body
        slips = body.get("vouchers", ())
        if not slips:
            return ""
        start = f"{entry.event_id}|{entry.club_id}|{body['occurred_on']}|{entry.topic}|"
        if _are_many(slips):
            amounts = {slip: amount for slip, _, amount in _slips(body)}
        else:
            received = paid = 0
            for line in body["lines"]:
                if line["account"] in ("111", "112"):
                    if line["amount"] > 0:
                        received += line["amount"]
                    else:
                        paid -= line["amount"]
            amounts = dict.fromkeys(slips, max(received, paid))
        return ";".join(f"{start}{amounts[label]}|{label}" for label in sorted(slips))

    def compare_reversed(self, connection: Connection, reversals: Reversals) -> None:
        """A voucher is in force until its event is reversed."""
        rows = streamed(
            connection,
            "vouchers_reversed",
            "SELECT position, event_id::text, club_id::text, label, reversed_at FROM read.vouchers",
        )
        for position, event_id, club_id, label, reversed_at in rows:
            self.rows += 1
            expected = reversals.reversed.get(event_id)
            if reversed_at != expected:
                self.say(
                    "vouchers-reversed",
                    f"Phiếu {label}: bảng phiếu ghi sai việc đảo bút toán.",
                    event_id=event_id,
                    position=position,
                    club_id=club_id,
                    table=reversed_at,
                    recomputed=expected,
                )


def _are_many(slips: Sequence[str]) -> bool:
    """More than one that pays and one that takes in."""
    return len(slips) > 2 or (len(slips) == 2 and slips[0][:2] == slips[1][:2])


def _slips(body: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Slip, fund and amount: each fund that pays, then each that receives, as the lines go."""
    sums: dict[tuple[bool, str], int] = {}
    for line in body["lines"]:
        if line["account"] in ("111", "112"):
            at = (line["amount"] > 0, line["fund"])
            sums[at] = sums.get(at, 0) + abs(line["amount"])
    ordered = sorted(sums.items(), key=lambda item: item[0][0])
    return [
        (slip, fund, amount)
        for slip, ((_, fund), amount) in zip(body["vouchers"], ordered, strict=False)
    ]


def _difference(expected: str, found: str) -> dict[str, Any]:
    """The first part that differs, on both sides."""
    ours, theirs = expected.split(";"), found.split(";")
    for number, pair in enumerate(_zipped(ours, theirs), start=1):
        if pair[0] != pair[1]:
            return {"row": number, "recomputed": pair[0], "table": pair[1]}
    return {"column": "recorded_at"}


def _zipped(ours: list[str], theirs: list[str]) -> Iterator[tuple[str | None, str | None]]:
    for number in range(max(len(ours), len(theirs))):
        yield (
            ours[number] if number < len(ours) else None,
            theirs[number] if number < len(theirs) else None,
        )
