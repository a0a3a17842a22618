"""One invented club with years of history, made through the real desk and its decisions.

Deterministic but for its ids: the same seed and last day tell the same story. People are invented.
"""

import random
from collections.abc import Callable
from datetime import date, datetime, time
from uuid import UUID

from desk import books, people
from desk.desk import Call, Desk, Receipt
from domain.clubs.decisions import AdoptRegulation, ElectBoard, FoundClub, JoinClub
from domain.clubs.events import HouseholdClass, Office, OfficeHolder, Sex
from domain.errors import Refusal
from domain.histories import book_of
from domain.loans.accounts import DENOMINATIONS, Account, CapitalSource, Fund, Restriction
from domain.loans.book import BOOK, Book
from domain.loans.commands import (
    AppraiseLoan,
    ApproveLoan,
    CountCash,
    DisburseLoan,
    MoveMoney,
    PayExpense,
    ProposeReversal,
    ReceiveCapital,
    ReceiveDues,
    RejectLoan,
    Repay,
    RequestLoan,
)
from domain.loans.loan import owed
from domain.loans.schedule import LoanTerms
from domain.regulation import Rules
from domain.values import VIET_NAM, Birth, Purpose

NAME = "CLB liên thế hệ tự giúp nhau thôn Nà Pàn"
SEED = 1648
YEARS = 5
MEETING_DAY = 10

_FAMILY = "Nông Hoàng Lộc Vi Lý Triệu Hứa Chu Dương Phùng Đàm Bế Lương Trần Nguyễn Lăng".split()
_MIDDLE = {Sex.FEMALE: "Thị Kim Bích Ngọc Thúy".split(), Sex.MALE: "Văn Xuân Đức Minh".split()}
_GIVEN = {
    Sex.FEMALE: "Lan Phượng Huệ Mai Nga Đào Yến Thảo Hằng Ngân Slính Pảo Tươi Nguyệt".split(),
    Sex.MALE: "Lâm Định Thắng Toàn Vượng Khánh Phúc Páo Kỳ Ửng Hùng Tình Vinh".split(),
}
_PURPOSES = ("Nuôi lợn", "Nuôi gà", "Trồng na", "Trồng hồi", "Mua phân bón", "Buôn bán nhỏ")
_EXPENSES = ("Văn phòng phẩm", "Nước uống sinh hoạt", "Quà mừng thọ", "Thăm người ốm")
_METHODS = ("equal_principal", "equal_principal", "equal_instalment", "flat", "bullet")


class DemoClub:
    """`last_day` is the last business date anything happens on."""

    def __init__(self, desk: Desk, last_day: date, seed: int = SEED) -> None:
        # The story's clock stands at noon of its last day, whatever the machine's clock says.
        self.desk = Desk(
            desk.log, desk.keys, lambda: datetime.combine(last_day, time(12), VIET_NAM)
        )
        self.dice = random.Random(seed)  # noqa: S311
        self.last_day = last_day
        self.call = Call("demo")
        self.club_id = self.desk.new_id()
        self.members: list[UUID] = []
        self.board: dict[Office, UUID] = {}

    def make(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Tells the club's story meeting by meeting."""
        meetings = self._meetings()
        self._found(meetings[0])
        for done, day in enumerate(meetings, start=1):
            self._meeting(day, done)
            if progress:
                progress(done, len(meetings))

    def _meetings(self) -> list[date]:
        last = self.last_day
        months = [last.year * 12 + last.month - 1 - n for n in range(YEARS * 12)]
        days = [date(m // 12, m % 12 + 1, MEETING_DAY) for m in reversed(months)]
        return [day for day in days if day <= last]

    # --- founding -------------------------------------------------------------------------

    def _found(self, day: date) -> None:
        people.found_club(
            self.desk,
            self.call,
            FoundClub(
                club_id=self.club_id,
                name=NAME,
                founded_on=day,
                village="Nà Pàn",
                commune="Xã Chi Lăng",
                province="Lạng Sơn",
                decision="21/QĐ-UBND",
                meeting_day=MEETING_DAY,
            ),
        )
        rules = Rules(loan_amount_max=10_000_000, loan_instalments_max=24, late_grace_days=30)
        regulation = AdoptRegulation(adopted_on=day, effective_from=day, rules=rules)
        people.adopt_regulation(self.desk, self.call, self.club_id, regulation)
        for number in range(56):
            self._member(day, number)
        holders = tuple(
            OfficeHolder(office=office, person_id=self.members[at])
            for at, office in enumerate(Office)
        )
        self.board = {holder.office: holder.person_id for holder in holders}
        board = ElectBoard(elected_on=day, holders=holders)
        people.elect_board(self.desk, self.call, self.club_id, board)
        for source, amount in (
            (CapitalSource.STATE_BUDGET, 25_000_000),
            (CapitalSource.DONOR_PROJECT, 30_000_000),
            (CapitalSource.MEMBERS, 11_200_000),
        ):
            self._record(
                ReceiveCapital(
                    occurred_on=day,
                    amount=amount,
                    source=source,
                    restriction=Restriction.REVOLVING_ONLY,
                    memo=self.desk.memo(self.club_id, "Vốn ban đầu"),
                )
            )

    def _member(self, day: date, number: int) -> None:
        sex = Sex.FEMALE if self.dice.random() < 0.65 else Sex.MALE
        name = " ".join(self.dice.choice(words) for words in (_FAMILY, _MIDDLE[sex], _GIVEN[sex]))
        old = self.dice.random() < 0.7
        year = self.dice.randint(1938, 1962) if old else self.dice.randint(1963, 1995)
        class_ = self.dice.choices(
            (None, HouseholdClass.POOR, HouseholdClass.NEAR_POOR, HouseholdClass.DIFFICULT),
            (70, 10, 12, 8),
        )[0]
        person_id = self.desk.new_id()
        people.join_club(
            self.desk,
            self.call,
            self.club_id,
            people.NewPerson(
                name=name,
                sex=sex,
                birth=Birth(year=year),
                ethnicity=self.dice.choice(("Tày", "Nùng", "Kinh", "Dao")),
                household_class=class_,
                class_valid_from=day if class_ else None,
            ),
            JoinClub(person_id=person_id, joined_on=day, volunteer=number % 7 == 3),
        )
        self.members.append(person_id)

    # --- a meeting ------------------------------------------------------------------------

    def _meeting(self, day: date, number: int) -> None:
        present = self.dice.randint(38, 54)
        dues = ReceiveDues(
            occurred_on=day,
            amount=present * 5_000,
            memo=self.desk.memo(self.club_id, "Hội phí tháng"),
        )
        self._record(dues)
        self._collect(day)
        if number % 3 == 0:
            self._spend(day)
        for _ in range(2):
            self._lend(day, number)
        if number % 12 == 6:
            self._record(MoveMoney(occurred_on=day, amount=2_000_000, fund=Fund.LOAN, to_bank=True))
        if number % 12 == 7:
            self._record(
                MoveMoney(occurred_on=day, amount=2_000_000, fund=Fund.LOAN, to_bank=False)
            )
        if number % 12 == 0:
            self._count(day)
        if number == 20:
            self._reverse_a_slip(day)

    def _collect(self, day: date) -> None:
        """Most pay what is due; now and then somebody pays part, or comes a month late."""
        for loan in list(self._book().loans.values()):
            if loan.disbursed_on is None or loan.disbursed_on >= day:
                continue
            debt = owed(loan, day)
            due = debt.interest_due + debt.principal_overdue + debt.principal_due
            luck = self.dice.random()
            if due == 0 or luck < 0.04:
                continue
            amount = due if luck > 0.08 else max(due // 2, 1)
            if luck > 0.98:
                amount = debt.to_settle
            treasurer, secretary = self.board[Office.TREASURER], self.board[Office.SECRETARY]
            receiver = secretary if loan.borrower_id == treasurer else treasurer
            books.repay_loan(
                self.desk,
                self.call,
                loan.id,
                Repay(occurred_on=day, amount=amount, received_by=receiver),
            )

    def _lend(self, day: date, number: int) -> None:
        borrower = self.dice.choice(self.members[5:])
        amount = self.dice.choice((3_000_000, 4_000_000, 5_000_000, 6_000_000, 10_000_000))
        rate = "1" if number < 18 else "0.7"
        terms = LoanTerms.model_validate(
            {
                "instalments": self.dice.choice((6, 12, 12, 18, 24)),
                "method": self.dice.choice(_METHODS),
                "rate": {"percent": rate, "per": "month"},
                "round_instalment_to": 1000,
            }
        )
        free = self._book().lowest_from(Fund.LOAN, Account.CASH, day)
        if free < amount:
            return
        loan_id = self.desk.new_id()
        request = RequestLoan(
            occurred_on=day,
            loan_id=loan_id,
            amount=amount,
            terms=terms,
            purpose=self.desk.memo(self.club_id, self.dice.choice(_PURPOSES)),
            proposed_by=self.board[Office.SECRETARY],
        )
        try:
            books.request_loan(self.desk, self.call, self.club_id, borrower, request)
        except Refusal:
            return  # the by-laws refuse this borrower today; the next meeting asks another
        vice = self.board[Office.VICE_CHAIR]
        appraisal = AppraiseLoan(occurred_on=day, appraised_by=vice, in_favour=True)
        books.appraise_loan(self.desk, self.call, loan_id, appraisal)
        minutes = f"BB {number:03d}"
        if self.dice.random() < 0.06:
            rejection = RejectLoan(occurred_on=day, rejected_by=vice, minutes=minutes)
            books.reject_loan(self.desk, self.call, loan_id, rejection)
            return
        approval = ApproveLoan(occurred_on=day, minutes=minutes)
        books.approve_loan(self.desk, self.call, loan_id, self.board[Office.CHAIR], approval)
        payout = DisburseLoan(occurred_on=day, paid_by=self.board[Office.TREASURER])
        books.disburse_loan(self.desk, self.call, loan_id, payout)

    def _spend(self, day: date) -> Receipt:
        return self._record(
            PayExpense(
                occurred_on=day,
                amount=self.dice.choice((150_000, 200_000, 250_000)),
                memo=self.desk.memo(self.club_id, self.dice.choice(_EXPENSES)),
                paid_by=self.board[Office.TREASURER],
            )
        )

    def _reverse_a_slip(self, day: date) -> None:
        """A slip written twice by mistake: reversed by another event, with a second person."""
        mistaken = self._spend(day)
        books.propose_reversal(
            self.desk,
            self.call,
            ProposeReversal(
                occurred_on=day,
                event_id=mistaken.event_id,
                proposed_by=self.board[Office.ACCOUNTANT],
                reason=self.desk.keys.seal(self.club_id, Purpose.MEMO, "Ghi trùng phiếu chi"),
            ),
        )
        books.approve_reversal(
            self.desk, self.call, mistaken.event_id, self.board[Office.CHAIR], day
        )

    def _count(self, day: date) -> None:
        in_box = sum(self._book().cash_at_end_of(fund, day) for fund in Fund)
        sheets: dict[int, int] = {}
        for note in DENOMINATIONS:
            sheets[note], in_box = divmod(in_box, note)
        signers = (Office.CHAIR, Office.ACCOUNTANT, Office.TREASURER)
        self._record(
            CountCash(
                occurred_on=day,
                funds=(Fund.LOAN, Fund.OPERATING),
                at="16:30",
                sheets=sheets,
                signed_by=tuple(self.board[office] for office in signers),
            )
        )

    def _record(self, command: books.FundCommand) -> Receipt:
        return books.record(self.desk, self.call, self.club_id, command)

    def _book(self) -> Book:
        return self.desk.log.load(BOOK, book_of(self.club_id)).state or Book()
