"""Rows of a past book into events, day by day: receipts first, then payments, then the count.

A loan is settled only when all rows stand: books often write the last interest on a later line.

Every row is put to the domain in that order; what it refuses becomes a message that names sheet,
row and column. Nothing is recorded here: the caller appends all or nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from desk.desk import Desk
from domain.care.events import (
    GroupWorkDone,
    ShiftWorked,
    VisitMade,
    VolunteerEnrolled,
    VolunteerTrained,
)
from domain.clubs.decisions import Club
from domain.clubs.events import MeetingHeld
from domain.errors import Malformed, Refusal
from domain.events import BookOrigin, Event
from domain.histories import book_of
from domain.loans import past
from domain.loans.accounts import CapitalSource, Fund
from domain.loans.book import BOOK, Book
from domain.loans.events import (
    BookEvent,
    CapitalReceived,
    CashCounted,
    DuesReceived,
    ExpensePaid,
    IncomeReceived,
    MoneyEvent,
    PastLoanEntered,
    PastRepaymentEntered,
)
from domain.loans.past import Entry
from domain.loans.schedule import LoanTerms, stated_yearly_percent
from exchange.workbook.faults import Report
from exchange.workbook.read import Workbook
from exchange.workbook.rows import CapitalRow, CountRow, LoanRow, OperatingRow, RepaymentRow
from exchange.workbook.takers import dong
from exchange.workbook.text import fold, plain
from store.log import Work

MoneyRow = CapitalRow | LoanRow | RepaymentRow | OperatingRow | CountRow

KIND = {
    CapitalRow: "capital",
    LoanRow: "loans",
    RepaymentRow: "repayments",
    OperatingRow: "operating",
    CountRow: "cash_counts",
}

EVENT_KIND: dict[type[BookEvent], str] = {
    CapitalReceived: "capital",
    PastLoanEntered: "loans",
    PastRepaymentEntered: "repayments",
    DuesReceived: "operating",
    IncomeReceived: "operating",
    ExpensePaid: "operating",
    CashCounted: "cash_counts",
}

# Where the reader should look, by the code of a refusal.
COLUMN = {
    "restricted-fund": "Nguồn vốn",
    "voucher-duplicate": "Số phiếu",
    "insufficient-funds": "Số tiền",
    "exceeds-debt": "Gốc",
    "no-open-loan": "Người vay",
    "unknown-borrower": "Người vay",
    "borrower-ambiguous": "Người vay",
    "future-date": "Ngày",
    "period-closed": "Ngày",
    "amount-too-large": "Lãi",
}

# Interest below its schedule by more than this is said, in đồng: books round their own way.
INTEREST_TOLERANCE = 1_000
# The hard cap on new loans (domain.md section 4); a past one above it is only shown.
YEARLY_PERCENT_MAX = Decimal(20)
# Receipts that a club calls dues; "kinh phí" and "chi phí" are none.
DUES = ("hoi phi", "nguyet phi", "phi hoi vien", "phi thanh vien", "thu phi", "dong phi", "nop phi")

Place = str | tuple[Any, ...]
"""What a row is known by when its content changed: its voucher, without one its kind and day, of
care also whom it is about."""


Standing = Literal["new", "known", "changed"]


@dataclass
class People:
    """Who is meant by a name in this book, and since when they belong to the club."""

    by_name: dict[str, list[UUID]] = field(default_factory=dict)
    joined_on: dict[UUID, date] = field(default_factory=dict)

    def add(self, name: str, person_id: UUID, joined_on: date) -> None:
        self.by_name.setdefault(fold(name), []).append(person_id)
        self.joined_on[person_id] = joined_on

    def also(self, name: str, person_id: UUID) -> None:
        """Another writing of a name by which somebody may be meant."""
        bearers = self.by_name.setdefault(fold(name), [])
        if person_id not in bearers:
            bearers.append(person_id)

    def also_bears(self, name: str) -> bool:
        """Whether some member bears this name."""
        return bool(self.by_name.get(fold(name)))

    def named(self, name: str) -> UUID:
        """Raises `Refusal` for a name nobody or more than one person bears."""
        found = self.by_name.get(fold(name), [])
        if not found:
            raise Refusal("unknown-borrower", f"“{name}” không có trong danh sách thành viên.")
        if len(found) > 1:
            raise Refusal("borrower-ambiguous", f"Có {len(found)} người tên “{name}”.")
        return found[0]


@dataclass
class Known:
    """What earlier imports brought: rows by content, and which of them stand in a place."""

    digests: set[str] = field(default_factory=set)
    places: dict[Place, list[str]] = field(default_factory=dict)
    members: dict[str, UUID] = field(default_factory=dict)
    """Digest of a member's row → who that is."""
    money: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Digest of a money row → the sheet and row it stood in."""
    care: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Likewise of rows about visits, work and meetings."""
    volunteers: set[str] = field(default_factory=set)
    """Digests of rows that enrolled a volunteer."""
    meetings: set[date] = field(default_factory=set)

    def standing(self, digest: str, place: Place, present: set[str]) -> Standing:
        """Whether an earlier import brought a row, or another content in its place.

        While the earlier row still stands in the workbook too, this one is no change of it.
        """
        if digest in self.digests:
            return "known"
        earlier = self.places.get(place, [])
        changed = next((one for one in earlier if one not in present), None)
        if changed is None:
            return "new"
        earlier.remove(changed)
        return "changed"

    def add_care(self, event: Event, origin: BookOrigin, *, is_withdrawn: bool) -> None:
        """Of care and meetings; what was withdrawn by hand is known all the same: the file still
        holds it."""
        self.digests.add(origin.digest)
        if isinstance(event, VolunteerEnrolled):
            self.volunteers.add(origin.digest)
        if is_withdrawn:
            return
        match event:
            case VisitMade():
                place: Place = ("visits", event.occurred_on, event.client_id)
            case ShiftWorked():
                place = ("shifts", event.occurred_on, event.person_id)
            case GroupWorkDone():
                place = ("group_works", event.occurred_on, event.label)
            case VolunteerTrained():
                place = ("trained", event.occurred_on, event.person_id)
            case MeetingHeld():
                place = ("meetings", event.occurred_on)
                self.meetings.add(event.occurred_on)
            case _:
                return
        self.care[origin.digest] = (origin.sheet, origin.row)
        self.places.setdefault(place, []).append(origin.digest)

    def add(self, event: BookEvent, digest: str, *, is_reversed: bool) -> None:
        """A row reversed by hand stays known by its voucher, which is never free again."""
        self.digests.add(digest)
        kind = EVENT_KIND.get(type(event))
        if kind is None:
            return
        if event.origin is not None and not is_reversed:
            self.money[digest] = (event.origin.sheet, event.origin.row)
        places: tuple[Place, ...] = event.vouchers if isinstance(event, MoneyEvent) else ()
        for place in places or ((kind, event.occurred_on),) * (not is_reversed):
            self.places.setdefault(place, []).append(digest)


@dataclass
class Entering:
    """One import under way."""

    desk: Desk
    unit: Work
    club: Club
    import_id: UUID
    people: People
    known: Known
    today: date
    founded_on: date | None = None
    let_stand: frozenset[tuple[str, int]] = frozenset()
    witnesses: tuple[UUID, ...] = ()
    report: Report = field(default_factory=Report)
    accepted: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    _present: set[str] = field(default_factory=set)
    _paid_off: dict[UUID, Entry] = field(default_factory=dict)
    """Loans without principal left → the last row that paid on them."""
    _paid_off_on: dict[UUID, date] = field(default_factory=dict)
    _doubted: set[Fund | str] = field(default_factory=set)
    """Funds and borrowers of refused rows: what follows from these is not said again."""

    def enter(self, workbook: Workbook) -> None:
        """Puts every new money row to the book; messages gather in `report`."""
        rows = in_day_order(workbook)
        self._present = {row.digest for row in rows}
        sheets = {row.sheet for row in rows}
        say_missing(self.known.money, self._present, sheets, self.report, "lập bút toán đảo")
        for _, of_day in groupby(rows, key=lambda row: row.on):
            self._enter_day(list(of_day))
        for loan_id, entry in self._paid_off.items():
            rules = self.club.regulation_on(entry.on).rules
            settled = past.settlement(self.book, entry, loan_id, rules)
            if self._say_short_interest(loan_id, entry):
                settled = _warned(settled, ["interest-short"])
            self.unit.say(BOOK, self.book_id, settled, club_id=self.club.id)

    def _enter_day(self, rows: list[MoneyRow]) -> None:
        """Interest taken at the payout itself stands before it in the day's order: it waits."""
        waiting: list[MoneyRow] = []
        counts = [row for row in rows if isinstance(row, CountRow)]
        for row in rows:
            if not isinstance(row, CountRow):
                self._take(row, waiting)
        for row in (*waiting, *counts):
            self._take(row)

    def _take(self, row: MoneyRow, waiting: list[MoneyRow] | None = None) -> None:
        if self._is_known(row):
            self.skipped[KIND[type(row)]] += 1
            return
        try:
            events = self._decide(row)
        except (Refusal, Malformed) as refused:
            if refused.code == "no-open-loan" and waiting is not None:
                waiting.append(row)
            else:
                self._say_refused(row, refused)
            return
        events = _warned(events, self._say_odd(row, events))
        made = self.unit.say(BOOK, self.book_id, events, club_id=self.club.id)
        assert made, "a row that is not refused is an event"
        for event in events:
            if isinstance(event, PastLoanEntered):
                self.unit.note_entity(event.loan_id, self.book_id)
            if isinstance(event, PastRepaymentEntered):
                self._see_paid_off(row, event)
        self.accepted[KIND[type(row)]] += 1

    def _see_paid_off(self, row: MoneyRow, paid: PastRepaymentEntered) -> None:
        if self.book.loans[paid.loan_id].outstanding:
            return
        if paid.principal:
            self._paid_off_on[paid.borrower_id] = row.on
        self._paid_off[paid.loan_id] = self._entry(row)

    def _say_refused(self, row: MoneyRow, refused: Refusal | Malformed) -> None:
        """One wrong row makes later ones look wrong: what only follows is left unsaid."""
        about: Fund | str | None = None
        fund = Fund.OPERATING if isinstance(row, OperatingRow) else Fund.LOAN
        if refused.code == "insufficient-funds":
            about = fund
        elif refused.code in ("no-open-loan", "exceeds-debt") and isinstance(row, RepaymentRow):
            about = fold(row.borrower)
        follows = about in self._doubted
        if isinstance(row, LoanRow):
            self._doubted.add(fold(row.borrower))
        elif not isinstance(row, CountRow) and not _pays(row):
            self._doubted.add(fund)
        if follows:
            return
        code, message = refused.code, refused.message
        if isinstance(refused, Malformed):
            code, message = "terms-unfit", "Số tiền, lãi suất và thời hạn không thành lịch trả nợ."
        for fact, words in (("outstanding", "Dư nợ"), ("available", "Quỹ còn")):
            if fact in refused.facts:
                message += f" {words} {dong(refused.facts[fact])}."
        self.report.fault(row.sheet, row.row, COLUMN.get(code), code, message)

    @property
    def book_id(self) -> UUID:
        return book_of(self.club.id)

    @property
    def book(self) -> Book:
        return self.unit.load(BOOK, self.book_id) or Book()

    def _is_known(self, row: MoneyRow) -> bool:
        """Whether an earlier import brought this row, or another content in its place: said."""
        standing = self.known.standing(row.digest, _place(row), self._present)
        if standing == "changed":
            self.report.warn(
                row.sheet,
                row.row,
                None,
                "row-changed",
                "Dòng này khác với lần nhập trước; sổ giữ như đã nhập. Muốn sửa, lập bút toán đảo.",
            )
        return standing != "new"

    def _decide(self, row: MoneyRow) -> list[BookEvent]:
        entry = self._entry(row)
        if self.founded_on is not None and row.on < self.founded_on:
            self.report.warn(
                row.sheet,
                row.row,
                "Ngày",
                "before-founding",
                "Ngày trước khi câu lạc bộ thành lập.",
            )
        match row:
            case CapitalRow():
                source = CapitalSource(row.source)
                return past.capital(self.book, entry, row.amount, source, self.today)
            case LoanRow():
                return past.loan(
                    self.book,
                    entry,
                    self.desk.new_id(),
                    self.people.named(row.borrower),
                    row.principal,
                    _terms(row),
                    self.desk.memo(self.club.id, row.purpose),
                    self.today,
                )
            case RepaymentRow():
                borrower = self.people.named(row.borrower)
                return past.repayment(
                    self.book, entry, borrower, row.principal, row.interest, self.today
                )
            case OperatingRow(direction="receipt"):
                memo = f" {plain(row.memo or '')} "
                is_dues = any(f" {words} " in memo for words in DUES)
                return past.receipt(self.book, entry, row.amount, is_dues=is_dues, today=self.today)
            case OperatingRow():
                return past.expense(self.book, entry, row.amount, self.today)
            case CountRow():
                return past.count(self.book, entry, row.counted, self.today)

    def _entry(self, row: MoneyRow) -> Entry:
        stands = (fold(row.sheet), row.row) in self.let_stand
        memo = row.memo if isinstance(row, CapitalRow | OperatingRow) else None
        return Entry(
            on=row.on,
            voucher=None if isinstance(row, CountRow) else row.voucher,
            memo=self.desk.memo(self.club.id, memo),
            let_stand_by=self.witnesses if stands else (),
            origin=BookOrigin(
                import_id=self.import_id, sheet=row.sheet, row=row.row, digest=row.digest
            ),
        )

    def _say_odd(self, row: MoneyRow, events: list[BookEvent]) -> list[str]:
        """What a past book may do but a reader should see; never refused (domain.md section 5).

        Returns the codes that the events are to keep: a count says its difference itself, and what
        two people let stand is among the findings. Of a blank voucher the reader has told already.
        """
        kept = [] if isinstance(row, CountRow) or row.voucher else ["voucher-missing"]

        def warn(column: str, code: str, message: str) -> None:
            self.report.warn(row.sheet, row.row, column, code, message)

        def odd(column: str, code: str, message: str) -> None:
            warn(column, code, message)
            kept.append(code)

        for event in events:
            if isinstance(event, PastLoanEntered):
                self._say_odd_loan(event, odd)
            elif isinstance(event, PastRepaymentEntered):
                if not self.book.loans[event.loan_id].outstanding:
                    odd("Lãi", "interest-after-principal", "Lãi thu sau khi đã trả hết gốc.")
            elif isinstance(event, CashCounted) and event.difference:
                said = "thiếu" if event.difference > 0 else "thừa"
                amount = dong(abs(event.difference))
                warn("Thực đếm", "count-differs", f"Thực đếm {said} {amount} so với sổ.")
            for code in event.findings if isinstance(event, MoneyEvent) else ():
                column = COLUMN.get(code, "Số phiếu")
                warn(column, code, "Được hai người xác nhận giữ như trong sổ.")
        return kept

    def _say_odd_loan(self, event: PastLoanEntered, warn: Callable[[str, str, str], None]) -> None:
        borrower = event.borrower_id
        if event.occurred_on < self.people.joined_on[borrower]:
            warn("Ngày", "before-joining", "Vay trước ngày vào câu lạc bộ.")
        if self.club.holds_office(borrower):
            warn("Người vay", "officer-borrowed", "Người vay đang trong Ban Chủ nhiệm.")
        if self._paid_off_on.get(borrower) == event.occurred_on:
            warn("Ngày", "same-day-reborrowing", "Vay lại ngay trong ngày tất toán.")
        if event.terms.rate and stated_yearly_percent(event.terms.rate) > YEARLY_PERCENT_MAX:
            warn("Lãi suất", "rate-above-cap", "Lãi suất trên 20 % một năm.")

    def _say_short_interest(self, loan_id: UUID, last: Entry) -> bool:
        loan = self.book.loans[loan_id]
        scheduled = sum(due.interest for due in loan.instalments if due.due_on <= last.on)
        short = scheduled - loan.interest_paid
        is_short = short > INTEREST_TOLERANCE
        if is_short:
            self.report.warn(
                last.origin.sheet,
                last.origin.row,
                "Lãi",
                "interest-short",
                f"Sổ không thu {dong(short)} lãi theo lịch của khoản vay.",
            )
        return is_short


def say_missing(
    known: Mapping[str, tuple[str, int]],
    present: set[str],
    sheets: set[str],
    report: Report,
    remedy: str,
) -> None:
    """A row that left the workbook stays in the book: somebody should know."""
    gone = [at for digest, at in known.items() if digest not in present]
    for sheet in sorted({sheet for sheet, _ in gone} & sheets):
        rows = sorted(row for where, row in gone if where == sheet)
        shown = ", ".join(str(row) for row in rows[:5]) + (", …" if len(rows) > 5 else "")
        report.warn(
            sheet,
            None,
            None,
            "row-missing",
            f"{len(rows)} dòng đã nhập trước (dòng {shown}) không còn trong trang này; "
            f"sổ vẫn giữ. Muốn bỏ, {remedy}.",
        )


def in_day_order(workbook: Workbook) -> list[MoneyRow]:
    """Receipts before payments within a day, the count at its end, else as the book has them."""
    rows: Iterable[MoneyRow] = (
        *workbook.capital,
        *workbook.repayments,
        *workbook.operating,
        *workbook.loans,
        *workbook.counts,
    )

    return sorted(rows, key=lambda row: (row.on, isinstance(row, CountRow), _pays(row)))


def _pays(row: MoneyRow) -> bool:
    return isinstance(row, LoanRow) or (
        isinstance(row, OperatingRow) and row.direction == "payment"
    )


def _warned(events: list[BookEvent], codes: list[str]) -> list[BookEvent]:
    """The events, keeping what their row was warned of: it stays on the club's list."""
    if not codes:
        return events
    return [event.model_copy(update={"warnings": tuple(codes)}) for event in events]


def _place(row: MoneyRow) -> Place:
    voucher = None if isinstance(row, CountRow) else row.voucher
    return voucher or (KIND[type(row)], row.on)


def _terms(row: LoanRow) -> LoanTerms:
    """Raises `Malformed` where rate and term cannot make a schedule."""
    rate = {"percent": format(row.rate_percent, "f"), "per": row.rate_per}
    try:
        return LoanTerms.model_validate(
            {"instalments": row.term_months, "method": row.method, "rate": rate}
        )
    except ValidationError as error:
        raise Malformed("malformed", str(error)) from error
