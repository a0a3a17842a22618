"""The club's book, meeting by meeting: dues, loans, repayments, expenses, counts, interest."""

from datetime import date
from uuid import UUID

from domain.clubs.events import Office
from domain.errors import Refusal
from domain.loans import corrections, counting, decisions, funds, interest, losses
from domain.loans.accounts import DENOMINATIONS, Account, CapitalSource, Fund, Restriction
from domain.loans.changes import check_use
from domain.loans.commands import (
    AllocateInterest,
    AppraiseLoan,
    ApproveLoan,
    CheckUse,
    CountCash,
    DisburseLoan,
    MakeShortageGood,
    PayExpense,
    ProposeReversal,
    ReceiveCapital,
    ReceiveDues,
    RejectLoan,
    Repay,
    RequestLoan,
    SettleCashDifference,
    WriteOffLoan,
)
from domain.loans.difference import difference
from domain.loans.loan import Loan, Step, WriteOffCause
from domain.loans.schedule import LoanTerms
from sochung.scenario import article
from sochung.scenario.people import People
from sochung.scenario.telling import Telling

LEAST = 3_000_000
"""đồng: nobody asks for less."""
DUES = 5_000
_PURPOSES = ("Nuôi lợn", "Nuôi gà", "Trồng na", "Trồng hồi", "Mua phân bón", "Buôn bán nhỏ")
_EXPENSES = ("Văn phòng phẩm", "Nước uống sinh hoạt", "Quà mừng thọ", "Thăm người ốm")
_METHODS = ("equal_principal", "equal_principal", "equal_instalment", "flat")
_SOURCES = (
    (CapitalSource.STATE_BUDGET, "Ngân sách cấp vốn ban đầu"),
    (CapitalSource.DONOR_PROJECT, "Dự án hỗ trợ vốn ban đầu"),
    (CapitalSource.ASSOCIATION, "Hội Người cao tuổi hỗ trợ vốn"),
)
UNLUCKY_LOAN = 5
"""Of the club that writes a loan off: whose borrower falls ill."""


class Money:
    def __init__(self, tell: Telling, people: People) -> None:
        self.tell, self.people, self.dice = tell, people, tell.plan.dice("money")
        self.lent = 0
        self.owed_to_the_poor = tell.plan.vulnerable_borrowers
        """Loans that members of poor, near-poor or disadvantaged households still wait for."""
        self.have_borrowed: set[UUID] = set()
        self.unlucky: UUID | None = None
        self.fell_ill_on: date | None = None
        self.slow: set[UUID] = set()
        """Loans whose borrowers come only when the harvest is in, every fourth month or so."""
        self.use_checks: list[tuple[UUID, date]] = []
        percent = tell.plan.rate_percent
        self._rate = {"percent": percent, "per": "month"} if percent != "0" else None
        self._terms: dict[tuple[str, int], LoanTerms] = {}

    # --- capital --------------------------------------------------------------------------

    def receive_capital(self, month: int) -> None:
        """Half at the founding, a tenth from the members, the rest as benefactors come."""
        plan = self.tell.plan
        members, benefactor = plan.capital // 10, plan.capital * 3 // 10
        source, why = _SOURCES[plan.number % len(_SOURCES)]
        late = (article.UNTIL - plan.founded_on).days < 400
        if month == 0:
            self._receive(plan.capital - members - benefactor, source, why)
            self._receive(members, CapitalSource.MEMBERS, "Thành viên góp vốn")
        if month == (0 if late else 11):
            self._receive(benefactor, CapitalSource.BENEFACTOR, "Nhà hảo tâm ủng hộ")

    def _receive(self, amount: int, source: CapitalSource, why: str) -> None:
        command = ReceiveCapital(
            occurred_on=self.tell.day,
            amount=amount,
            source=source,
            restriction=Restriction.REVOLVING_ONLY,
            memo=self.tell.memo(why),
        )
        self.tell.of_book(funds.receive_capital(self.tell.book, command, self.tell.moment()))

    # --- a meeting --------------------------------------------------------------------------

    def meeting(self, month: int, present: int) -> None:
        tell = self.tell
        self._dues(present)
        self.receive_capital(month)
        self._collect()
        self._check_uses()
        if month % 3 == 2:
            self._spend()
        if tell.plan.reverses and month == 20:
            self._reverse(self._spend())
        for _ in range(2):
            self._lend(month)
        if tell.day.month == 12 and month:
            self._share_interest()
        if tell.plan.writes_off:
            self._maybe_write_off()
        if not tell.plan.lags or month % 5 == 0:
            self._count(short=20_000 if tell.plan.shortage and month == 14 else 0)

    def _dues(self, present: int) -> None:
        tell = self.tell
        command = ReceiveDues(
            occurred_on=tell.day, amount=present * DUES, memo=tell.memo("Hội phí tháng")
        )
        tell.of_book(funds.receive_dues(tell.book, command, tell.moment()))

    def _collect(self) -> None:
        """Most pay what is due; now and then somebody pays part, or comes a month late."""
        tell = self.tell
        treasurer, secretary = tell.board[Office.TREASURER], tell.board[Office.SECRETARY]
        for loan in list(tell.book.loans.values()):
            due = _due(loan, tell.day)
            luck = self.dice.random()
            ill = self.fell_ill_on and loan.id == self.unlucky and tell.day >= self.fell_ill_on
            waits = loan.id in self.slow and luck < 0.75
            if not due or luck < 0.03 or waits or ill:
                continue
            amount = due if luck > 0.06 else max(due // 2, 1)
            receiver = secretary if loan.borrower_id == treasurer else treasurer
            command = Repay(occurred_on=tell.day, amount=amount, received_by=receiver)
            rules = tell.club.regulation(loan.regulation).rules
            moment = tell.moment()
            tell.of_book(decisions.repay_loan(tell.book, loan.id, command, rules, moment))

    def _check_uses(self) -> None:
        """Within sixty days somebody of the board looks whether the pigs are there."""
        tell = self.tell
        waiting, self.use_checks = self.use_checks, []
        for loan_id, lent_on in waiting:
            loan = tell.book.loans.get(loan_id)
            if loan is None or lent_on == tell.day:
                continue
            command = CheckUse(
                occurred_on=tell.day,
                checked_by=tell.board[Office.VICE_CHAIR],
                as_agreed=self.dice.random() < 0.97,
            )
            tell.of_book(check_use(tell.book, loan_id, command, tell.moment()))

    # --- lending ------------------------------------------------------------------------------

    def _lend(self, month: int) -> None:
        tell, board = self.tell, self.tell.board
        free = tell.book.lowest_from(Fund.LOAN, Account.CASH, tell.day)
        if free < LEAST:
            return
        borrower = self._borrower()
        if borrower is None:
            return
        wished = self.dice.choice((3_000_000, 4_000_000, 4_000_000, 5_000_000, 5_000_000))
        loan_id = tell.new_id()
        request = RequestLoan(
            occurred_on=tell.day,
            loan_id=loan_id,
            amount=min(wished, free // 500_000 * 500_000),
            terms=self._some_terms(),
            purpose=tell.memo(self.dice.choice(_PURPOSES)),
            proposed_by=board[Office.SECRETARY],
        )
        try:
            asked = decisions.request_loan(
                tell.book, tell.standing(borrower), request, tell.moment()
            )
        except Refusal:
            return  # the by-laws refuse this borrower today; the next meeting asks another
        tell.of_book(asked)
        tell.unit.note_entity(loan_id, tell.book_id)
        vice = board[Office.VICE_CHAIR]
        appraisal = AppraiseLoan(occurred_on=tell.day, appraised_by=vice, in_favour=True)
        tell.of_book(decisions.appraise_loan(tell.book, loan_id, appraisal, tell.moment()))
        minutes = f"BB {month + 1:03d}"
        if borrower not in tell.vulnerable and self.dice.random() < 0.04:
            rejection = RejectLoan(occurred_on=tell.day, rejected_by=vice, minutes=minutes)
            tell.of_book(decisions.reject_loan(tell.book, loan_id, rejection, tell.moment()))
            return
        tell.of_book(
            decisions.approve_loan(
                tell.book,
                loan_id,
                tell.standing(borrower),
                tell.standing(board[Office.CHAIR]),
                ApproveLoan(occurred_on=tell.day, minutes=minutes),
                tell.moment(),
            )
        )
        payout = DisburseLoan(occurred_on=tell.day, paid_by=board[Office.TREASURER])
        tell.of_book(
            decisions.disburse_loan(
                tell.book, loan_id, tell.standing(borrower), payout, tell.moment()
            )
        )
        self._lent_to(borrower, loan_id)

    def _lent_to(self, borrower: UUID, loan_id: UUID) -> None:
        tell = self.tell
        self.lent += 1
        self.use_checks.append((loan_id, tell.day))
        if self.dice.random() < 0.03:
            self.slow.add(loan_id)
        if borrower in tell.vulnerable and borrower not in self.have_borrowed:
            self.owed_to_the_poor -= 1
        self.have_borrowed.add(borrower)
        if tell.plan.writes_off and self.lent == UNLUCKY_LOAN:
            self.unlucky = loan_id
            self.fell_ill_on = date.fromordinal(tell.day.toordinal() + 100)

    def _borrower(self) -> UUID | None:
        """Those who need it most come first; by the article's end no more of them than it says."""
        tell = self.tell
        taken = {loan.borrower_id for loan in tell.book.loans.values()} | {*tell.board.values()}
        may = [id for id in tell.members if id not in taken]
        waiting = [id for id in may if id in tell.vulnerable and id not in self.have_borrowed]
        if waiting and (self.owed_to_the_poor > 0 or tell.day > article.UNTIL):
            return self.dice.choice(waiting)
        others = [id for id in may if id not in tell.vulnerable or id in self.have_borrowed]
        return self.dice.choice(others) if others else None

    def _some_terms(self) -> LoanTerms:
        method = self.dice.choice(_METHODS) if self._rate else "interest_free"
        at = (method, self.dice.choice((10, 12, 12, 18)))
        if at not in self._terms:
            self._terms[at] = LoanTerms.model_validate(
                {
                    "instalments": at[1],
                    "method": method,
                    "rate": self._rate,
                    "round_instalment_to": 1000,
                }
            )
        return self._terms[at]

    # --- the rest of the box --------------------------------------------------------------------

    def _spend(self) -> UUID:
        tell = self.tell
        command = PayExpense(
            occurred_on=tell.day,
            amount=self.dice.choice((150_000, 200_000, 250_000)),
            memo=tell.memo(self.dice.choice(_EXPENSES)),
            paid_by=tell.board[Office.TREASURER],
        )
        return tell.of_book(funds.pay_expense(tell.book, command, tell.moment()))[0]

    def _reverse(self, mistaken: UUID) -> None:
        """A slip written twice by mistake: reversed by another event, with a second person."""
        tell = self.tell
        target = next(recorded for recorded in tell.book_story if recorded.id == mistaken)
        command = ProposeReversal(
            occurred_on=tell.day,
            event_id=mistaken,
            proposed_by=tell.board[Office.ACCOUNTANT],
            reason=tell.memo("Ghi trùng phiếu chi"),
        )
        moment = tell.moment()
        report = difference(
            tell.book,
            tell.book_story,
            mistaken,
            tell.day,
            moment,
            lambda version: tell.club.regulation(version).rules,
        )
        tell.of_book(
            corrections.propose_reversal(tell.book, target, command, moment, report.digest)
        )
        chair = tell.board[Office.CHAIR]
        tell.of_book(
            corrections.approve_reversal(
                tell.book, tell.book_story, mistaken, chair, tell.day, moment
            )
        )

    def _share_interest(self) -> None:
        tell = self.tell
        if tell.book.balance(Fund.LOAN, Account.INTEREST) < 0:
            command = AllocateInterest(occurred_on=tell.day, minutes=f"BB {tell.day.year}")
            tell.of_book(interest.allocate_interest(tell.book, command, tell.moment()))

    def _maybe_write_off(self) -> None:
        """The borrower who fell ill dies; a year on the general meeting gives the loan up."""
        tell, loan = self.tell, self.tell.book.loans.get(self.unlucky or self.tell.club_id)
        if loan is None or loan.step is not Step.DISBURSED or self.fell_ill_on is None:
            return
        months_ill = (tell.day - self.fell_ill_on).days // 30
        if months_ill >= 5 and loan.borrower_id in tell.members:
            self.people.leave(loan.borrower_id, died=True)
        if months_ill < 12:
            return
        command = WriteOffLoan(
            occurred_on=tell.day,
            proposed_by=tell.board[Office.ACCOUNTANT],
            minutes=f"BB ĐH {tell.day.year}",
            cause=WriteOffCause.DEATH,
            reason=tell.memo("Người vay đã mất, gia đình khó khăn"),
        )
        borrower, approver = (
            tell.standing(loan.borrower_id),
            tell.standing(tell.board[Office.CHAIR]),
        )
        tell.of_book(
            losses.write_off_loan(tell.book, loan.id, borrower, approver, command, tell.moment())
        )

    def _count(self, short: int) -> None:
        """Blind, by three; once there is a note too few, and the treasurer makes it good."""
        tell, board = self.tell, self.tell.board
        counted = tuple(fund for fund in Fund if f"{fund.value}/111" in tell.book.cash)
        in_box = sum(tell.book.cash_at_end_of(fund, tell.day) for fund in counted) - short
        sheets: dict[int, int] = {}
        for note in DENOMINATIONS:
            sheets[note], in_box = divmod(in_box, note)
        signers = (Office.CHAIR, Office.ACCOUNTANT, Office.TREASURER)
        command = CountCash(
            occurred_on=tell.day,
            funds=counted,
            at="16:30",
            sheets=sheets,
            signed_by=tuple(board[office] for office in signers),
        )
        moment = tell.moment()
        (count_id,) = tell.of_book(funds.count_cash(tell.book, command, moment))
        if not short:
            return
        missing = tell.book.counts[-1].difference
        settled = SettleCashDifference(
            occurred_on=tell.day,
            count_id=count_id,
            parts={Fund.OPERATING: missing},
            reason=tell.memo("Trả nhầm tiền thừa khi thu hội phí"),
            settled_by=board[Office.ACCOUNTANT],
            approved_by=board[Office.CHAIR],
        )
        tell.of_book(counting.settle_difference(tell.book, tell.book_story, settled, moment))
        made_good = MakeShortageGood(
            occurred_on=tell.day,
            amount=missing,
            fund=Fund.OPERATING,
            paid_by=board[Office.TREASURER],
            memo=tell.memo("Thủ quỹ bồi hoàn"),
        )
        tell.of_book(counting.make_shortage_good(tell.book, made_good, moment))


def _due(loan: Loan, day: date) -> int:
    """Principal and interest due by the day and not paid, in đồng."""
    if loan.step is not Step.DISBURSED or loan.disbursed_on is None or loan.disbursed_on >= day:
        return 0
    fallen = [due for due in loan.instalments if due.due_on <= day]
    principal = sum(due.principal for due in fallen) - loan.principal_paid
    interest = sum(due.interest for due in fallen) - loan.interest_paid
    return max(principal, 0) + max(interest, 0)
