"""The funds' own rules: restricted money, advances, returned capital, interest split, closes."""

from collections import defaultdict
from fractions import Fraction
from typing import Any, NamedTuple

from audit.check import Check, is_from_book, is_money
from audit.entries import Entry
from audit.findings import Findings

_SHARES = {"capital": 4000, "operating": 3000, "care": 2000, "reserve": 1000}
_OWN_CAPITAL = {"capital": "4118", "operating": "4181", "care": "4182", "reserve": "4183"}
# Money that leaves by a decision still to be taken: a count's difference stands in its way.
_PAYOUTS = frozenset(("loans.LoanDisbursed", "loans.CapitalReturned", "loans.AdvanceGiven"))
_TWO_PEOPLE = {
    "loans.CashDifferenceSettled": ("settled_by", "approved_by"),
    "loans.CapitalReturned": ("paid_by", "approved_by"),
    "loans.AdvanceGiven": ("paid_by", "holder_id"),
    "loans.AdvanceSettled": ("received_by", "holder_id"),
    "loans.PeriodClosed": ("closed_by", "approved_by"),
}
_ACTING = frozenset(
    ("proposer", "appraiser", "approver", "payer", "receiver", "signatory", "officer")
)
# Steps and statements that are no entries may still be dated in a closed period.
_ENTRIES_TOO = frozenset(("loans.CashCounted",))


class _Count(NamedTuple):
    position: int
    event_id: str
    on: str
    funds: frozenset[str]
    difference: int
    import_id: str | None
    """Of a past book's count, which nobody of ours witnessed."""


class _Club:
    """What one club's book says besides its balances; amounts in đồng."""

    def __init__(self) -> None:
        self.regulations: list[dict[str, Any]] = []
        self.counts: list[_Count] = []
        self.settled: set[str] = set()
        self.closed_until = ""
        self.cash_days: dict[str, str] = {}
        """Fund → its first day with cash."""
        self.expense: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        """Fund → business date → what 642 moved."""
        self.held: dict[tuple[str, str], int] = defaultdict(int)
        """(Fund, person) → money in their hands (141)."""
        self.interest = 0
        """515 of the loan fund, credit positive."""
        self.returnable: dict[tuple[str, str | None], int] = defaultdict(int)
        self.typed: dict[str, tuple[str, set[str]]] = {}
        """Event typed for others → its date, and who has still to confirm it."""

    def rules(self, on: str) -> dict[str, Any]:
        """Of the version in force on a day: the latest effective one, then the latest adopted."""
        found: dict[str, Any] = {}
        since = ""
        for regulation in self.regulations:
            if since <= regulation["effective_from"] <= on:
                found, since = regulation.get("rules", {}), regulation["effective_from"]
        return found

    def rules_of_version(self, version: int) -> dict[str, Any]:
        for regulation in self.regulations:
            if regulation["version"] == version:
                rules: dict[str, Any] = regulation.get("rules", {})
                return rules
        return {}

    def standing_counts(self) -> list[_Count]:
        """Of each box the last, by date and then by position; a wider count stands for it too."""
        return [
            c
            for c in self.counts
            if not any(
                d.funds >= c.funds and (d.on, d.position) > (c.on, c.position) for d in self.counts
            )
        ]

    def open_count(self, on: str, *, past: bool) -> _Count | None:
        most = self.rules(on).get("count_difference_max", 1_000)
        for count in self.standing_counts():
            wide = abs(count.difference) > most and count.event_id not in self.settled
            if wide and (past or count.import_id is None):
                return count
        return None


class Funds(Check):
    """Judged event by event, from the figures each carries and what went before it."""

    name = "funds"

    def __init__(self, findings: Findings) -> None:
        super().__init__(findings)
        self._clubs: dict[str, _Club] = defaultdict(_Club)
        self._capital: dict[str, tuple[tuple[str, str | None], int]] = {}
        """Event → source and project, and what it added to what may be returned."""
        self._made: dict[str, tuple[set[str], set[str]]] = {}
        """Event with findings → their codes, and who had a hand in it."""

    def wants(self, topic: str) -> bool:
        return topic.startswith("loans.") or topic == "clubs.RegulationAdopted"

    def see(self, entry: Entry) -> None:
        body, topic = entry.body, entry.topic
        club = self._clubs[entry.club_id or ""]
        if topic == "clubs.RegulationAdopted":
            club.regulations.append(body)
            return
        if "recorded_by" in body:
            waiting = _actors(body) - {body["recorded_by"]} if topic != "loans.DuesReceived" else ()
            club.typed[entry.event_id] = (body["occurred_on"], set(waiting))
        codes = {*body.get("findings", ()), *body.get("warnings", ())}
        if codes:
            self._made[entry.event_id] = (codes, _makers(body))
        if is_money(topic) or topic in _ENTRIES_TOO:
            self._see_dated(entry, club)
        pair = _TWO_PEOPLE.get(topic)
        if pair is not None and body[pair[0]] == body[pair[1]]:
            self.say("same-person", f"{pair[0]} và {pair[1]} là một người.", entry)
        if topic in _PAYOUTS:
            self._see_payout(entry, club)
        match topic:
            case "loans.PeriodClosed":
                self._see_close(entry, club)
            case "loans.CashCounted":
                self._counted(entry, club)
            case "loans.CashDifferenceSettled":
                self._see_settled_difference(entry, club)
            case "loans.InterestAllocated":
                self._see_allocation(entry, club)
            case "loans.CapitalReceived" | "loans.CapitalReturned":
                self._see_capital(entry, club)
            case "loans.EntryReversed":
                self._reversed(body, club)
            case "loans.ImportUndone":
                club.counts = [c for c in club.counts if c.import_id != body["import_id"]]
            case "loans.TreasurerHandedOver":
                self._see_hand_over(entry)
            case "loans.FindingSettled":
                self._see_settled_finding(entry)
            case "loans.EntryConfirmed":
                self._confirmed(entry, club)
        if "lines" in body:
            self._post(entry, club)
        if topic == "loans.PeriodClosed" and body["period"] == "year":
            self._see_year_end(entry, club)

    # --- money --------------------------------------------------------------------------------

    def _post(self, entry: Entry, club: _Club) -> None:
        body = entry.body
        on = body["occurred_on"]
        for line in body["lines"]:
            account, fund, amount = line["account"], line["fund"], line["amount"]
            if account == "111":
                first = club.cash_days.get(fund)
                if first is None or on < first:
                    club.cash_days[fund] = on
            elif account == "642":
                club.expense[fund][on] += amount
                paid_in_cash = any(row["account"] == "111" for row in body["lines"])
                if fund == "loan" and amount > 0 and paid_in_cash and not is_from_book(entry):
                    self._say_restricted(entry, account)
            elif account == "141":
                at = (fund, line.get("member_id", ""))
                club.held[at] += amount
                if club.held[at] < 0:
                    self.say("advance-negative", "Hoàn ứng quá số đã tạm ứng.", entry)
                if fund == "loan":
                    self._say_restricted(entry, account)
            elif account == "515" and fund == "loan":
                club.interest -= amount
            elif account == "1368" and fund == "loan" and amount > 0:
                self._say_restricted(entry, account)

    def _see_allocation(self, entry: Entry, club: _Club) -> None:
        body = entry.body
        amount = body["interest"]
        shares = club.rules_of_version(body["regulation"]).get("interest_shares", {})
        parts = _largest_remainder(amount, {**_SHARES, **shares})
        told = {name: body[name] for name in _SHARES}
        credited = {
            name: -sum(line["amount"] for line in body["lines"] if line["account"] == account)
            for name, account in _OWN_CAPITAL.items()
        }
        if not told == parts == credited:
            self.say(
                "interest-parts",
                "Các phần lãi không đúng tỷ lệ của quy chế hoặc không khớp các dòng.",
                entry,
                told=told,
                recomputed=parts,
                lines=credited,
            )
        if amount > club.interest:
            self.say(
                "interest-overallocated",
                f"Phân phối {amount} đồng lãi khi chỉ có {club.interest} đồng.",
                entry,
                held=club.interest,
            )

    def _see_capital(self, entry: Entry, club: _Club) -> None:
        body = entry.body
        at = (body["source"], body.get("project"))
        if entry.topic == "loans.CapitalReceived":
            added = body["amount"] if body["restriction"] == "returnable" else 0
        else:
            added = -body["amount"]
        self._capital[entry.event_id] = (at, added)
        club.returnable[at] += added
        if added < 0 and club.returnable[at] < 0:
            self.say("capital-over-returned", "Trả vốn quá phần phải hoàn trả.", entry)

    def _reversed(self, body: dict[str, Any], club: _Club) -> None:
        for event_id, sign in ((body["reverses"], -1), (body.get("restores"), 1)):
            if event_id in self._capital:
                at, added = self._capital[event_id]
                club.returnable[at] += sign * added

    # --- counts and closes ----------------------------------------------------------------------

    def _counted(self, entry: Entry, club: _Club) -> None:
        body = entry.body
        funds = frozenset(body["funds"])
        where = (entry.position, entry.event_id, body["occurred_on"])
        imported = (body.get("origin") or {}).get("import_id")
        club.counts.append(_Count(*where, funds, body["difference"], imported))

    def _see_payout(self, entry: Entry, club: _Club) -> None:
        count = club.open_count(entry.body["occurred_on"], past=False)
        if count is not None:
            self.say(
                "count-unsettled",
                "Chi khoản mới khi kiểm kê quỹ còn chênh lệch chưa xử lý.",
                entry,
                count=count.event_id,
                difference=count.difference,
            )

    def _see_settled_difference(self, entry: Entry, club: _Club) -> None:
        body = entry.body
        known = next((c for c in club.counts if c.event_id == body["count_id"]), None)
        sign = 1 if body["shortage"] else -1
        if known is None or known.difference != sign * body["amount"]:
            self.say("difference-settled", "Số xử lý khác chênh lệch của lần kiểm kê.", entry)
        elif body["count_id"] in club.settled:
            self.say("difference-settled", "Chênh lệch này đã được xử lý.", entry)
        club.settled.add(body["count_id"])

    def _see_dated(self, entry: Entry, club: _Club) -> None:
        on = entry.body["occurred_on"]
        if on <= club.closed_until:
            self.say(
                "closed-period",
                f"Ghi ngày {on} vào kỳ đã khóa đến {club.closed_until}.",
                entry,
                closed_until=club.closed_until,
            )
        if entry.body.get("happened_on", on) > on:
            self.say("happened-after", "Ngày thực tế sau ngày ghi sổ.", entry)

    def _see_close(self, entry: Entry, club: _Club) -> None:
        body = entry.body
        until = body["until"]
        counted = {f for c in club.standing_counts() if c.on >= until for f in c.funds}
        for fund, first in club.cash_days.items():
            if first <= until and fund not in counted:
                self.say("close-uncounted", f"Khóa sổ khi chưa kiểm kê quỹ {fund}.", entry)
        if club.open_count(until, past=True) is not None:
            self.say("count-unsettled", "Khóa sổ khi còn chênh lệch chưa xử lý.", entry)
        waiting = {
            event_id
            for event_id, (on, people) in club.typed.items()
            if club.closed_until < on <= until and people
        }
        if waiting != set(body.get("unconfirmed", ())):
            self.say(
                "close-unconfirmed",
                "Danh sách chưa xác nhận không đúng.",
                entry,
                recomputed=sorted(waiting),
            )
        club.closed_until = until

    def _see_year_end(self, entry: Entry, club: _Club) -> None:
        until = entry.body["until"]
        for fund, days in club.expense.items():
            left = sum(amount for on, amount in days.items() if on <= until)
            if left > 0 and fund != "loan":
                self.say("year-end", f"Quỹ {fund} còn {left} đồng chi phí chưa kết chuyển.", entry)

    # --- who stands by what -----------------------------------------------------------------------

    def _see_hand_over(self, entry: Entry) -> None:
        body = entry.body
        parties = {body["outgoing_id"], body["incoming_id"], body["witness_id"]}
        signed = set(body["signed_by"])
        needed = 1 if body["outgoing_id"] in signed else 2
        others = signed - {body["incoming_id"], body["witness_id"]}
        absent = {body["incoming_id"], body["witness_id"]} - signed
        if len(parties) < 3 or absent or len(others) < needed:
            self.say("hand-over-unsigned", "Biên bản bàn giao thiếu chữ ký.", entry)

    def _see_settled_finding(self, entry: Entry) -> None:
        body = entry.body
        codes, makers = self._made.get(body["event_id"], (set(), set()))
        if body["code"] not in codes:
            self.say("finding-unknown", "Xử lý một phát hiện không có.", entry)
        elif body["settled_by"] in makers:
            self.say("same-person", "Người gây ra phát hiện tự xử lý.", entry)

    def _confirmed(self, entry: Entry, club: _Club) -> None:
        typed = club.typed.get(entry.body["event_id"])
        if typed is not None:
            typed[1].discard(entry.body["confirmed_by"])

    def _say_restricted(self, entry: Entry, account: str) -> None:
        self.say("restricted-fund", "Quỹ vay chỉ để cho vay.", entry, account=account, fund="loan")


def _largest_remainder(amount: int, shares: dict[str, int]) -> dict[str, int]:
    """One đồng at a time to whoever is furthest below their exact share; a tie to the first."""
    exact = {name: Fraction(amount * points, 10_000) for name, points in shares.items()}
    parts = {name: int(share) for name, share in exact.items()}
    while sum(parts.values()) < amount:
        behind = max(exact, key=lambda name: exact[name] - parts[name])
        parts[behind] += 1
    return parts


def _actors(body: dict[str, Any]) -> set[str]:
    return {
        c["id"] for c in body.get("concerns", ()) if c["kind"] == "person" and c["role"] in _ACTING
    }


def _makers(body: dict[str, Any]) -> set[str]:
    typed = (body["recorded_by"],) if "recorded_by" in body else ()
    return {*_actors(body), *body.get("confirmed_by", ()), *typed}
