"""A club's own book in the sheets of the template: importing it again gives the same book.

What the sheets have no place for is left out and said, never bent: a loan's own conditions, late
interest, transfers between funds, write-offs. Entries that were reversed are left out with their
reversal, since together they moved nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from desk.desk import Desk
from domain.clubs.events import (
    BoardElected,
    ClubFounded,
    HouseholdClassCertified,
    MemberJoined,
    MemberLeft,
    MembershipWithdrawn,
    Office,
    PersonRegistered,
)
from domain.histories import book_of
from domain.loans.accounts import Fund
from domain.loans.book import BOOK, Book
from domain.loans.events import (
    BookEvent,
    CapitalReceived,
    CashCounted,
    DuesReceived,
    EntryReversed,
    ExpensePaid,
    IncomeReceived,
    InterestWaived,
    LoanDisbursed,
    LoanExtended,
    LoanFrozen,
    LoanRequested,
    LoanUnfrozen,
    MoneyEvent,
    PastLoanEntered,
    PastRepaymentEntered,
    RepaymentReceived,
)
from domain.loans.schedule import LoanTerms
from domain.values import Per, Sealed
from exchange import template
from exchange.filling_care import CareFilling
from exchange.template import DIRECTIONS, HOUSEHOLDS, METHODS, SEXES, SOURCES, Row
from exchange.vocabulary import ENTRIES

_OFFICES = (Office.CHAIR, Office.ACCOUNTANT, Office.TREASURER, Office.SECRETARY)
_PLAN_CHANGES = (LoanExtended, LoanFrozen, LoanUnfrozen, InterestWaived)
# Words by which the import tells dues from other receipts, where the entry has none of its own.
_UNSAID = {DuesReceived: "Hội phí", IncomeReceived: "Thu khác", ExpensePaid: "Chi phí"}


def own_book(desk: Desk, club_id: UUID, *, with_health: bool = True) -> template.Book:
    """The club as it stands in the log now. Names whose key is gone are blank. `with_health`: also
    who is visited at home, what for, and what was found there."""
    filling = _Filling(desk, club_id)
    club, members = filling.club(), filling.members()
    rows = {"members": members, **filling.money(), **filling.care(with_health=with_health)}
    return template.Book(club=club, rows=rows, notes=filling.notes())


class _Filling:
    def __init__(self, desk: Desk, club_id: UUID) -> None:
        self.desk, self.club_id = desk, club_id
        self.story: list[Any] = [recorded.event for recorded in desk.log.story(club_id)]
        self.names: dict[UUID, str | None] = {}
        self.left_out: Counter[str] = Counter()

    def club(self) -> Row:
        founded = next(event for event in self.story if isinstance(event, ClubFounded))
        boards = [event for event in self.story if isinstance(event, BoardElected)]
        offices = {h.office: h.person_id for h in boards[-1].holders} if boards else {}
        held = {office: offices[office] for office in _OFFICES if office in offices}
        named = self._names(list(held.values()))
        return {
            "name": founded.name,
            "hamlet": founded.village,
            "commune": founded.commune,
            "province": founded.province,
            "decision": founded.decision,
            "founded_on": founded.occurred_on,
            "meeting_day": founded.meeting_day,
            **{office.value: named[person] for office, person in held.items()},
        }

    def members(self) -> list[Row]:
        joined: dict[UUID, MemberJoined] = {}
        for event in self.story:
            match event:
                case MemberJoined():
                    joined.setdefault(event.person_id, event)
                case MembershipWithdrawn():
                    joined.pop(event.person_id, None)
                case MemberLeft():
                    self.left_out["thành viên đã ra (ngày ra)"] += 1
        self._names(list(joined))
        people = {id: [r.event for r in self.desk.log.story(id)] for id in joined}
        return [self._member(one, people[id]) for id, one in joined.items()]

    def _member(self, joined: MemberJoined, story: list[Any]) -> Row:
        told = next(event for event in story if isinstance(event, PersonRegistered))
        classes = [e.household_class for e in story if isinstance(e, HouseholdClassCertified)]
        texts = ("birth_date", "ethnicity", "phone", "citizen_number", "note")
        opened = self._opened({name: getattr(told, name) for name in texts})
        born = opened.pop("birth_date")
        return {
            **opened,
            "name": self.names[joined.person_id],
            "birth": date.fromisoformat(born) if born else told.birth_year,
            "sex": SEXES[told.sex] if told.sex else None,
            "household": HOUSEHOLDS[classes[-1]] if classes else None,
            "joined": joined.occurred_on,
            "volunteer": "x" if joined.volunteer else None,
        }

    def money(self) -> dict[str, list[Row]]:
        rows: dict[str, list[Row]] = defaultdict(list)
        standing = list(self._standing())
        purposes = {e.loan_id: e.purpose for e in standing if isinstance(e, LoanRequested)}
        borrowers = {e.borrower_id for e in standing if isinstance(e, _WITH_BORROWER)}
        self._names([id for id in borrowers if id not in self.names])
        texts = self._opened(
            {n: e.memo for n, e in enumerate(standing) if isinstance(e, MoneyEvent)}
        )
        aims = self._opened(
            {
                e.loan_id: e.purpose if isinstance(e, PastLoanEntered) else purposes.get(e.loan_id)
                for e in standing
                if isinstance(e, LoanDisbursed | PastLoanEntered)
            }
        )
        for n, event in enumerate(standing):
            match event:
                case CapitalReceived() if event.source in SOURCES:
                    row = {"source": SOURCES[event.source], "amount": event.amount}
                    rows["capital"].append(_with(event, row, memo=texts[n]))
                    if event.project:
                        self.left_out["mã dự án của nguồn vốn"] += 1
                case LoanDisbursed() | PastLoanEntered():
                    rows["loans"].append(self._loan(event, aims[event.loan_id]))
                case RepaymentReceived(late_interest=0, excess=0) | PastRepaymentEntered():
                    parts = {"principal": event.principal, "interest": event.interest}
                    total = event.principal + event.interest
                    name = self.names[event.borrower_id]
                    row = {**parts, "total": total, "borrower": name}
                    rows["repayments"].append(_with(event, row))
                case DuesReceived() | IncomeReceived() | ExpensePaid() if (
                    event.fund is Fund.OPERATING
                ):
                    is_paid = isinstance(event, ExpensePaid)
                    direction = DIRECTIONS["payment" if is_paid else "receipt"]
                    memo = texts[n] or _UNSAID[type(event)]
                    row = {"direction": direction, "amount": event.amount}
                    rows["operating"].append(_with(event, row, memo=memo))
                case CashCounted() if {Fund.LOAN, Fund.OPERATING} <= set(event.funds):
                    rows["counts"].append({"date": event.occurred_on, "counted": event.counted})
                case MoneyEvent():
                    self.left_out[ENTRIES[event.TOPIC]] += 1
                case CashCounted():
                    self.left_out["kiểm kê một quỹ riêng"] += 1
                case _ if isinstance(event, _PLAN_CHANGES):
                    self.left_out["thay đổi lịch trả nợ"] += 1
        return rows

    def care(self, *, with_health: bool) -> dict[str, list[Row]]:
        joined = frozenset(e.person_id for e in self.story if isinstance(e, MemberJoined))
        return CareFilling(self.desk, self.club_id, joined, self.left_out).rows(
            with_health=with_health
        )

    def _loan(self, event: LoanDisbursed | PastLoanEntered, purpose: str | None) -> Row:
        terms = event.terms
        if terms != _plain(terms):
            self.left_out["điều kiện riêng của khoản vay (ân hạn, kỳ khác tháng, làm tròn)"] += 1
        row = {
            "borrower": self.names[event.borrower_id],
            "purpose": purpose,
            "amount": event.amount,
            "term": terms.instalments,
            "method": METHODS[terms.method],
            "rate": _rate(terms),
        }
        return _with(event, row)

    def notes(self) -> list[str]:
        return [
            "",
            f"Tệp này chép từ sổ của câu lạc bộ, đến vị trí {self.desk.log.head()} của nhật ký.",
            *(
                f"Không có trong tệp này: {what} ({n})."
                for what, n in sorted(self.left_out.items())
            ),
        ]

    def _standing(self) -> Iterator[BookEvent]:
        """What nobody took back: neither reversed nor of an import that was undone."""
        book = self.desk.log.load(BOOK, book_of(self.club_id)).state or Book()
        for recorded in self.desk.log.story(book_of(self.club_id)):
            event: Any = recorded.event
            is_undone = event.origin is not None and event.origin.import_id in book.undone
            is_reversed = recorded.event_id in book.reversed
            if not (is_undone or is_reversed or isinstance(event, EntryReversed)):
                yield event

    def _names(self, people: list[UUID]) -> dict[UUID, str | None]:
        """Names as they are now, mended ones mended."""
        with self.desk.log.database.connection() as connection:
            rows = connection.execute(
                "SELECT person_id, name FROM keys.people WHERE person_id = ANY (%b)", (people,)
            )
            found: dict[UUID, str] = dict(rows.fetchall())
        self.names |= {id: found.get(id) for id in people}
        return self.names

    def _opened(self, sealed: dict[Any, Sealed | None]) -> dict[Any, str | None]:
        there = {key: value for key, value in sealed.items() if value is not None}
        texts = self.desk.keys.open_many(list(there.values()))
        return dict.fromkeys(sealed) | dict(zip(there, texts, strict=True))


_WITH_BORROWER = LoanDisbursed | PastLoanEntered | RepaymentReceived | PastRepaymentEntered


def _with(event: MoneyEvent, row: Row, **more: Any) -> Row:
    voucher = event.vouchers[0] if event.vouchers else None
    return {"date": event.occurred_on, "voucher": voucher, **row, **more}


def _plain(terms: LoanTerms) -> LoanTerms:
    """The same loan as the template can say it."""
    return LoanTerms(instalments=terms.instalments, method=terms.method, rate=terms.rate)


def _rate(terms: LoanTerms) -> Any:
    if terms.rate is None:
        return 0
    yearly = terms.rate.per is Per.YEAR
    return f"{format(terms.rate.percent, 'f')}%/năm" if yearly else terms.rate.percent
