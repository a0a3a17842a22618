"""What an auditor looks at first: not broken rules, but what honest books seldom show.

Each rule is stated in words that can be shown beside what it found. One walk over the events.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import merge
from typing import Any, LiteralString
from uuid import UUID

from audit.check import is_from_book
from audit.entries import Connection, Entry, entries_where
from domain.histories import book_of
from domain.values import VIET_NAM

LATE_DAYS = 35
USE_CHECK_DAYS = 60
SPLIT_DAYS = 30
REVERSAL_DAYS, REVERSALS = 30, 3
ROUND_FROM, ROUND_TO = 500_000, 100_000
OUT_OF_HOURS = (22, 5)
DEFAULT_LOAN_MAX = 50_000_000

RULES: dict[str, tuple[str, str]] = {
    "two-roles": (
        "Một người giữ hai trong các vai: đề nghị, thẩm định, duyệt, chi, kiểm tra sử dụng vốn.",
        "One person in two of these roles: proposer, appraiser, approver, payer, use checker.",
    ),
    "officer-loan": (
        "Người vay là cán bộ Ban Chủ nhiệm hoặc cùng hộ với một cán bộ.",
        "The borrower is an officer of the board or lives in an officer's household.",
    ),
    "same-day-reborrowing": (
        "Vay lại đúng ngày tất toán khoản trước: có thể nợ cũ được trả bằng nợ mới.",
        "Borrowed again on the day the loan before was settled: new debt may have paid the old.",
    ),
    "split-loan": (
        f"Các khoản của một hộ trong {SPLIT_DAYS} ngày: từng khoản trong hạn mức, cộng lại vượt.",
        f"Loans of one household in {SPLIT_DAYS} days: each within the limit, together above it.",
    ),
    "recorded-late": (
        f"Ghi sổ sau ngày phát sinh hơn {LATE_DAYS} ngày (không tính sổ giấy nhập vào).",
        f"Recorded more than {LATE_DAYS} days after the date (imported paper books aside).",
    ),
    "after-close": (
        "Việc của kỳ đã khóa, ghi vào kỳ sau.",
        "A fact of a closed period, entered in a later one.",
    ),
    "round-sum": (
        f"Chi phí từ {ROUND_FROM:,} đồng trở lên và tròn {ROUND_TO:,} đồng.",
        f"An expense of {ROUND_FROM:,} đồng or more that is a multiple of {ROUND_TO:,}.",
    ),
    "out-of-hours": (
        f"Ghi sổ từ {OUT_OF_HOURS[0]} giờ đến {OUT_OF_HOURS[1]} giờ sáng (giờ Việt Nam).",
        f"Recorded between {OUT_OF_HOURS[0]}:00 and {OUT_OF_HOURS[1]}:00, Viet Nam time.",
    ),
    "many-reversals": (
        f"Từ {REVERSALS} bút toán đảo trở lên trong {REVERSAL_DAYS} ngày ở một câu lạc bộ.",
        f"{REVERSALS} reversals or more within {REVERSAL_DAYS} days in one club.",
    ),
    "no-use-check": (
        f"Giải ngân quá {USE_CHECK_DAYS} ngày mà chưa có kiểm tra sử dụng vốn.",
        f"Paid out more than {USE_CHECK_DAYS} days ago and no use check yet.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at, by the rule's stable code; `facts` are the figures behind it."""

    rule: str
    club_id: str
    event_id: str
    position: int
    facts: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        vi, en = RULES[self.rule]
        return {name: getattr(self, name) for name in self.__slots__} | {"vi": vi, "en": en}


def unusual(connection: Connection, today: date, club_id: UUID | None = None) -> list[Item]:
    """In the order of the log. People's own histories are read for their households."""
    if club_id is not None:
        return in_entries(_of_club(connection, club_id), today)
    where: LiteralString = "topic LIKE 'loans.%%' OR topic LIKE 'clubs.%%'"
    return in_entries(entries_where(connection, where), today)


def _of_club(connection: Connection, club_id: UUID) -> Iterator[Entry]:
    """One club's histories and those of its borrowers and officers, never the whole log."""
    histories: LiteralString = "originator_id = ANY(%s)"
    own = list(entries_where(connection, histories, [club_id, book_of(club_id)]))
    people = {entry.body["borrower_id"] for entry in own if "borrower_id" in entry.body}
    people |= {h["person_id"] for entry in own for h in entry.body.get("holders", ())}
    theirs = entries_where(connection, histories, [UUID(id) for id in people])
    return merge(own, theirs, key=lambda entry: entry.position)


def in_entries(entries: Iterable[Entry], today: date) -> list[Item]:
    walk = _Walk(today)
    for entry in entries:
        walk.see(entry)
    return sorted([*walk.found, *walk.unchecked()], key=lambda item: item.position)


@dataclass
class _Loan:
    entry: Entry
    roles: dict[str, str] = field(default_factory=dict)
    borrower: str = ""
    paid: Entry | None = None
    checked: bool = False
    reversed: bool = False


class _Walk:
    def __init__(self, today: date) -> None:
        self.found: list[Item] = []
        self._today = today
        self._loans: dict[str, _Loan] = {}
        self._by_event: dict[str, _Loan] = {}
        self._households: dict[str, str] = {}
        self._boards: dict[str, set[str]] = defaultdict(set)
        self._settled: dict[tuple[str, str], str] = {}
        self._limits: dict[str, int] = {}
        self._lent: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
        self._reversals: dict[str, list[date]] = defaultdict(list)

    def see(self, entry: Entry) -> None:
        body = entry.body
        match entry.topic:
            case "clubs.PersonRegistered" | "clubs.HouseholdJoined":
                if body.get("household_id"):
                    self._households[body["person_id"]] = body["household_id"]
            case "clubs.BoardElected":
                self._boards[entry.history] = {h["person_id"] for h in body["holders"]}
            case "clubs.RegulationAdopted":
                self._limits[entry.history] = body["rules"]["loan_amount_max"]
        if not entry.topic.startswith("loans.") or is_from_book(entry):
            return
        self._see_time(entry)
        match entry.topic:
            case "loans.LoanRequested":
                loan = _Loan(entry, {"proposer": body["proposed_by"]}, body["borrower_id"])
                self._loans[body["loan_id"]] = loan
            case "loans.LoanAppraised":
                self._role(entry, "appraiser", body["appraised_by"])
            case "loans.LoanApproved":
                self._role(entry, "approver", body["approved_by"])
            case "loans.LoanDisbursed":
                self._see_payout(entry)
            case "loans.UseChecked":
                self._role(entry, "use checker", body["checked_by"])
                if body["loan_id"] in self._loans:
                    self._loans[body["loan_id"]].checked = True
            case "loans.LoanSettled":
                self._settled[entry.club_id or "", body["borrower_id"]] = body["occurred_on"]
            case "loans.ExpensePaid":
                if body["amount"] >= ROUND_FROM and body["amount"] % ROUND_TO == 0:
                    self._say("round-sum", entry, amount=body["amount"])
            case "loans.EntryReversed":
                self._see_reversal(entry)

    def _see_time(self, entry: Entry) -> None:
        local: datetime = entry.recorded_at.astimezone(VIET_NAM)
        late = (local.date() - date.fromisoformat(entry.body["occurred_on"])).days
        if late > LATE_DAYS:
            self._say("recorded-late", entry, days=late)
        if local.hour >= OUT_OF_HOURS[0] or local.hour < OUT_OF_HOURS[1]:
            self._say("out-of-hours", entry, at=local.strftime("%H:%M"))
        if entry.body.get("happened_on"):
            self._say("after-close", entry, happened_on=entry.body["happened_on"])

    def _role(self, entry: Entry, role: str, who: str) -> None:
        loan = self._loans.get(entry.body["loan_id"])
        if loan is None:
            return
        for other, person in loan.roles.items():
            if person == who and other != role:
                self._say("two-roles", entry, person_id=who, roles=[other, role])
        loan.roles[role] = who

    def _see_payout(self, entry: Entry) -> None:
        body, club = entry.body, entry.club_id or ""
        self._role(entry, "payer", body["paid_by"])
        loan = self._loans.setdefault(body["loan_id"], _Loan(entry, {}, body["borrower_id"]))
        loan.paid = entry
        self._by_event[entry.event_id] = loan
        borrower, on = body["borrower_id"], body["occurred_on"]
        household = self._households.get(borrower, borrower)
        board = self._boards.get(club, set())
        kin = sorted(o for o in board if self._households.get(o, o) == household)
        if kin:
            self._say("officer-loan", entry, borrower_id=borrower, officers=kin)
        if self._settled.get((club, borrower)) == on:
            self._say("same-day-reborrowing", entry, borrower_id=borrower)
        self._see_split(entry, club, household)

    def _see_split(self, entry: Entry, club: str, household: str) -> None:
        on, amount = date.fromisoformat(entry.body["occurred_on"]), entry.body["amount"]
        limit = self._limits.get(club, DEFAULT_LOAN_MAX)
        lent = self._lent[club, household]
        near = [sum for day, sum in lent if abs((on - day).days) <= SPLIT_DAYS]
        if near and amount <= limit and sum(near) + amount > limit:
            self._say("split-loan", entry, amounts=[*near, amount], limit=limit)
        lent.append((on, amount))

    def _see_reversal(self, entry: Entry) -> None:
        body = entry.body
        loan = self._by_event.get(body["reverses"])
        if loan is not None:
            loan.reversed = True
        restored = self._by_event.get(body.get("restores") or "")
        if restored is not None:
            restored.reversed = False
        if body.get("import_id"):
            return
        day = entry.recorded_at.astimezone(VIET_NAM).date()
        recent = self._reversals[entry.club_id or ""]
        recent[:] = [at for at in recent if day - at <= timedelta(REVERSAL_DAYS)] + [day]
        if len(recent) >= REVERSALS:
            self._say("many-reversals", entry, count=len(recent))

    def unchecked(self) -> Iterator[Item]:
        for loan in self._loans.values():
            if loan.paid is None or loan.checked or loan.reversed:
                continue
            days = (self._today - date.fromisoformat(loan.paid.body["occurred_on"])).days
            if days > USE_CHECK_DAYS:
                yield self._item("no-use-check", loan.paid, days=days)

    def _say(self, rule: str, entry: Entry, **facts: Any) -> None:
        self.found.append(self._item(rule, entry, **facts))

    @staticmethod
    def _item(rule: str, entry: Entry, **facts: Any) -> Item:
        return Item(rule, entry.club_id or "", entry.event_id, entry.position, facts)
