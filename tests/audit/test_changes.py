"""A loan's later life through the real desk: clean as it was recorded, named where it was not."""

import secrets
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

import psycopg
import pytest

from audit.checks import run
from desk import books, loans, people
from desk.desk import KINDS, Desk
from domain.clubs.decisions import AdoptRegulation
from domain.loans.accounts import CapitalSource, Fund
from domain.loans.commands import (
    BearLoss,
    CallGuarantor,
    CheckUse,
    DisburseLoan,
    EndorseLoan,
    ExtendLoan,
    FreezeLoan,
    ReceiveCapital,
    ReceiveDues,
    RecoverLoan,
    RefundExcess,
    RequestLoan,
    StateBalance,
    TakeOverDebt,
    UnfreezeLoan,
    WaiveInterest,
    WithdrawLoan,
    WriteOffLoan,
)
from domain.loans.schedule import LoanTerms
from domain.regulation import Rules
from projections import loans as read
from projections.follower import Follower
from projections.views import loan_page
from store.database import Database
from store.keys import KeyRing, MasterKey
from store.log import EventLog
from tests.audit.conftest import Written
from tests.audit.tampering import Busy, Intruder, named
from village import DAY, FOUNDED, SYSTEM, TERMS

APRIL, MAY, JUNE = date(2026, 4, 10), date(2026, 5, 10), date(2026, 6, 10)
LATE_RULES = Rules(late_charge="civil_code", late_grace_days=0)


class Later(Busy):
    """Everything that may happen to a loan beside and after its payout, once at least."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.accountant = self.member("Hoàng Thị Kế")
        self.heir = self.member("Mã Văn Con")
        self.record(ReceiveDues(occurred_on=FOUNDED, amount=400_000, fund=Fund.RESERVE))
        given = ReceiveCapital(occurred_on=FOUNDED, amount=2_000_000, source=CapitalSource.MEMBERS)
        self.record(given)
        self.extended = self.granted_everything()
        self.written_off = self.given_up()
        self.taken_back = self.taken_back_again()
        self.refunded()
        self.late = self.charged()
        self.unvoted = self.paid_without_a_vote()
        self.withdrawn()

    def vote(self, on: date) -> dict[str, Any]:
        reason = self.desk.memo(self.club_id, "Gia đình gặp khó khăn")
        return {
            "occurred_on": on,
            "proposed_by": self.secretary,
            "minutes": "BB 030",
            "reason": reason,
        }

    def guaranteed(self, name: str, amount: int) -> UUID:
        loan_id = self.desk.new_id()
        request = RequestLoan(
            occurred_on=DAY,
            loan_id=loan_id,
            amount=amount,
            terms=TERMS,
            guarantor_ids=(self.heir,),
            proposed_by=self.secretary,
        )
        books.request_loan(self.desk, SYSTEM, self.club_id, self.member(name), request)
        return loan_id

    def out(self, name: str, amount: int) -> UUID:
        loan_id = self.guaranteed(name, amount)
        desk = self.desk
        approval = books.ApproveLoan(occurred_on=DAY, minutes="BB 012")
        books.approve_loan(desk, SYSTEM, loan_id, self.chair, approval)
        endorsement = EndorseLoan(occurred_on=DAY, endorsed_by=self.accountant, document="7/UB")
        loans.endorse_loan(desk, SYSTEM, loan_id, endorsement)
        payout = DisburseLoan(occurred_on=DAY, paid_by=self.treasurer)
        books.disburse_loan(desk, SYSTEM, loan_id, payout)
        return loan_id

    def granted_everything(self) -> UUID:
        desk, chair = self.desk, self.chair
        loan = self.out("Đinh Thị Gia Hạn", 2_000_000)
        check = CheckUse(occurred_on=DAY, checked_by=chair, as_agreed=True)
        loans.check_use(desk, SYSTEM, loan, check)
        self.repaid(loan, 214_000, APRIL)
        freeze = FreezeLoan(**self.vote(APRIL), until=JUNE)
        loans.freeze_loan(desk, SYSTEM, loan, chair, freeze)
        loans.unfreeze_loan(desk, SYSTEM, loan, chair, UnfreezeLoan(**self.vote(MAY)))
        waiver = WaiveInterest(**self.vote(MAY), interest=15_000)
        loans.waive_interest(desk, SYSTEM, loan, chair, waiver)
        terms = LoanTerms.model_validate({**TERMS.model_dump(), "instalments": 5})
        extension = ExtendLoan(**self.vote(JUNE), terms=terms)
        loans.extend_loan(desk, SYSTEM, loan, chair, extension)
        call = CallGuarantor(occurred_on=JUNE, guarantor_id=self.heir, called_by=chair)
        loans.call_guarantor(desk, SYSTEM, loan, call)
        said = StateBalance(occurred_on=JUNE, stated=1_800_000, witness_id=self.accountant)
        loans.confirm_balance(desk, SYSTEM, loan, said)
        other = said.model_copy(update={"stated": 1_500_000})
        loans.dispute_balance(desk, SYSTEM, loan, other)
        taking = TakeOverDebt(**self.vote(JUNE), debtor_id=self.heir, capacity="guarantor")
        loans.take_over_debt(desk, SYSTEM, loan, chair, taking)
        self.repaid(loan, 100_000, JUNE)
        return loan

    def give_up(self, loan: UUID) -> None:
        command = WriteOffLoan.model_validate({**self.vote(MAY), "cause": "disaster"})
        loans.write_off_loan(self.desk, SYSTEM, loan, self.chair, command)

    def recover(self, loan: UUID, amount: int) -> None:
        command = RecoverLoan(occurred_on=JUNE, amount=amount, received_by=self.treasurer)
        loans.recover_loan(self.desk, SYSTEM, loan, command)

    def given_up(self) -> UUID:
        loan = self.out("Lương Thị Mất", 1_000_000)
        self.give_up(loan)
        bearing = BearLoss(**self.vote(JUNE), loss=200_000, source=CapitalSource.MEMBERS)
        loans.bear_loss(self.desk, SYSTEM, loan, self.chair, bearing)
        self.recover(loan, 700_000)
        return loan

    def taken_back_again(self) -> UUID:
        """Written off, all of it recovered and more, each reversed: the loan is out again."""
        loan = self.out("Bế Thị Lại", 500_000)
        taking = TakeOverDebt(**self.vote(MAY), debtor_id=self.heir, capacity="heir")
        loans.take_over_debt(self.desk, SYSTEM, loan, self.chair, taking)
        self.give_up(loan)
        bearing = BearLoss(**self.vote(JUNE), loss=1_000, source=CapitalSource.MEMBERS)
        loans.bear_loss(self.desk, SYSTEM, loan, self.chair, bearing)
        self.recover(loan, 600_000)
        for topic in ("LoanRecovered", "LossBorneByCapital", "LoanWrittenOff", "DebtTakenOver"):
            self.reverse_on(self.last_of(f"loans.{topic}"), JUNE)
        return loan

    def reverse_on(self, event_id: UUID, on: date) -> None:
        reason = self.desk.memo(self.club_id, "Ghi nhầm")
        assert reason is not None
        proposal = books.ProposeReversal(
            occurred_on=on, event_id=event_id, proposed_by=self.secretary, reason=reason
        )
        books.propose_reversal(self.desk, SYSTEM, proposal)
        books.approve_reversal(self.desk, SYSTEM, event_id, self.chair, on)

    def refunded(self) -> None:
        """Of the 486,000 held for the loan that settled in the busy club."""
        for amount in (100_000, 50_000):
            refund = RefundExcess(occurred_on=MAY, amount=amount, paid_by=self.treasurer)
            loans.refund_excess(self.desk, SYSTEM, self.settled, refund)
        self.reverse_on(self.last_of("loans.ExcessRefunded"), MAY)

    def charged(self) -> UUID:
        regulation = AdoptRegulation(
            adopted_on=DAY,
            effective_from=DAY,
            rules=LATE_RULES,
            proposed_by=self.treasurer,
            approved_by=self.chair,
        )
        people.adopt_regulation(self.desk, SYSTEM, self.club_id, regulation)
        loan = self.out("Vy Thị Muộn", 1_000_000)
        self.repaid(loan, 100, MAY)  # the charge alone, and not all of it
        self.repaid(loan, 200_000, MAY)
        freeze = FreezeLoan(**self.vote(date(2026, 5, 20)), until=JUNE)
        loans.freeze_loan(self.desk, SYSTEM, loan, self.chair, freeze)
        self.repaid(loan, 50_000, date(2026, 8, 25))
        self.repaid(loan, 60_000, date(2026, 9, 15))
        self.reverse_on(self.last_of("loans.RepaymentReceived"), date(2026, 9, 15))
        extension = ExtendLoan(**self.vote(date(2026, 9, 25)), terms=TERMS)
        loans.extend_loan(self.desk, SYSTEM, loan, self.chair, extension)
        waiver = WaiveInterest(**self.vote(date(2026, 10, 30)), late_interest=7)
        loans.waive_interest(self.desk, SYSTEM, loan, self.chair, waiver)
        self.repaid(loan, 2_000, date(2026, 11, 20))
        return loan

    def paid_without_a_vote(self) -> UUID:
        loan = self.guaranteed("Nông Văn Vội", 500_000)
        payout = DisburseLoan(
            occurred_on=DAY,
            paid_by=self.treasurer,
            already_paid=True,
            confirmed_by=self.accountant,
        )
        books.disburse_loan(self.desk, SYSTEM, loan, payout)
        return loan

    def withdrawn(self) -> None:
        loan = self.guaranteed("Hứa Thị Thôi", 500_000)
        loans.withdraw_loan(self.desk, SYSTEM, loan, WithdrawLoan(occurred_on=APRIL))


@pytest.fixture(scope="module")
def written(server: Any, template: str, master: MasterKey) -> Iterator[Written]:
    name = f"sochung_test_{secrets.token_hex(6)}"
    with psycopg.connect(server.admin(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER sochung_owner")
        database = Database(server.app(name))
        keys = KeyRing(database, master)
        village = Later(Desk(EventLog(database, KINDS), keys))
        Follower(database, keys).catch_up(30)
        database.close()
        yield Written(name, village)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_a_later_life_is_clean(database: Database, village: Later) -> None:
    report = run(database, KINDS, snapshots=None)
    assert report.findings == ()
    assert report.head == village.desk.log.head()


def test_loans_are_read_as_they_stand(database: Database, village: Later) -> None:
    with database.connection() as connection:
        extended = read.one(connection, village.extended)
        written_off = read.one(connection, village.written_off)
        back = read.one(connection, village.taken_back)
        late = read.one(connection, village.late)
        unvoted = read.one(connection, village.unvoted)
        rows = read.instalments(connection, village.extended)
        paid = read.payments(connection, village.club_id, village.late)
        given_up = read.payments(connection, village.club_id, village.written_off)
        known = {row.loan_id for row in read.of_club(connection, village.club_id)}
    assert extended is not None
    assert written_off is not None
    assert back is not None
    assert late is not None
    assert unvoted is not None
    assert (extended.step, extended.rescheduled, extended.written_off) == ("disbursed", True, None)
    assert extended.borrower_id == village.heir
    assert extended.frozen == [{"from_on": "2026-04-10", "until": "2026-05-10"}]
    assert len(rows) == 6
    assert rows[0][1:] == (JUNE, 200_000, 14_000)  # the waived 15,000 are not due
    assert sum(row.principal for row in rows) == 2_000_000
    state = (written_off.step, written_off.outstanding, written_off.written_off)
    assert state == ("written_off", 0, 300_000)
    assert (back.step, back.outstanding, back.written_off) == ("disbursed", 500_000, None)
    assert back.borrower_id != village.heir
    # 30 days of 12.6 % on 100,000 and of 10 % on 7,000 are 1,093: 100 came, then the rest.
    amounts = [payment.principal + payment.interest for payment in paid]
    assert amounts[:2] == [0, 199_007]
    assert given_up == []
    assert late.payments == 4
    assert sum(amounts) == 1_000_000 - late.outstanding + late.interest_paid
    assert (unvoted.step, unvoted.outstanding) == ("disbursed", 500_000)
    assert village.written_off in known
    page = loan_page(written_off, [], [], JUNE)
    assert (page["disbursed_on"], page["owed"]["to_settle"]) == (DAY.isoformat(), 0)


def test_what_is_owed_is_told_with_its_late_charge(village: Later) -> None:
    on = date(2026, 11, 20)
    debt = loans.owed_on(village.desk, village.late, on)
    assert debt.late_interest > 0
    assert debt.to_settle == (
        debt.late_interest + debt.interest_due + debt.outstanding + debt.interest_of_current_period
    )
    village.repaid(village.late, debt.late_interest, on)
    after = loans.owed_on(village.desk, village.late, on)
    assert after == debt.model_copy(update={"late_interest": 0})
    assert loans.owed_on(village.desk, village.written_off, on).to_settle == 0
    assert loans.owed_on(village.desk, village.settled, on).to_settle == 0


def test_a_rebuild_says_the_same(database: Database, village: Later) -> None:
    def tables() -> list[Any]:
        with database.connection() as connection:
            return [
                connection.execute(
                    f"SELECT * FROM read.{table} AS row ORDER BY row::text"
                ).fetchall()
                for table in ("loans", "loan_steps", "instalments", "loan_balances")
            ]

    followed = tables()
    Follower(database, village.desk.keys).rebuild()
    assert tables() == followed
    assert run(database, KINDS).clean


def later(field: str, days: int) -> Callable[[dict[str, Any]], object]:
    def change(body: dict[str, Any]) -> None:
        row = body["instalments"][-1]
        row[field] = row[field] + days if isinstance(row[field], int) else "2031-01-01"

    return change


@pytest.mark.parametrize(
    ("code", "topic", "change"),
    [
        ("loan-plan", "LoanExtended", lambda body: body["instalments"][0].update(interest=1)),
        ("loan-schedule", "LoanExtended", later("principal", 1)),
        ("loan-plan", "LoanFrozen", later("due_on", 1)),
        ("loan-plan", "LoanFrozen", lambda body: body.update(until="2026-07-01")),
        ("loan-freeze", "LoanUnfrozen", lambda body: body["frozen"][0].update(until="2026-06-11")),
        ("loan-plan", "LoanUnfrozen", later("interest", 1)),
        ("loan-plan", "InterestWaived", lambda body: body.update(interest=15_001)),
        ("loan-plan", "InterestWaived", later("interest", -1)),
        ("loan-takeover", "DebtTakenOver", lambda body: body.update(principal=1)),
        ("loan-write-off", "LoanWrittenOff", lambda body: body.update(principal=1)),
        (
            "loan-write-off",
            "LoanWrittenOff",
            lambda body: body["absorbed"].update(
                loss=body["absorbed"]["loss"] - 1, interest=body["absorbed"]["interest"] + 1
            ),
        ),
        ("loan-loss", "LossBorneByCapital", lambda body: body.update(loss=100_000_000)),
        ("loan-recovery", "LoanRecovered", lambda body: body.update(off_book=1)),
        (
            "loan-recovery",
            "LoanRecovered",
            lambda body: body["restored"].update(loss=body["restored"]["loss"] - 1),
        ),
        ("loan-refund", "ExcessRefunded", lambda body: body["lines"][0].update(amount=900_000)),
        ("loan-late-interest", "LoanExtended", lambda body: body.update(late_interest=1)),
        ("balance-stated", "BalanceDisputed", lambda body: body.update(stated=1_800_000)),
        ("finding-unconfirmed", "LoanDisbursed", lambda body: body.pop("confirmed_by")),
    ],
)
def test_what_a_change_says_is_worked_out_again(
    database: Database,
    village: Later,
    intruder: Intruder,
    code: str,
    topic: str,
    change: Callable[[dict[str, Any]], object],
) -> None:
    topic = f"loans.{topic}"
    event_id = intruder.event(topic) if topic != "loans.LoanDisbursed" else last_of(intruder, topic)
    intruder.rewrite(event_id, change)
    assert named(run(database), code).event_id == str(event_id)


def last_of(intruder: Intruder, topic: str) -> UUID:
    found: UUID = intruder.one(
        "SELECT event_id FROM log.events WHERE topic = %s ORDER BY notification_id DESC LIMIT 1",
        topic,
    )
    return found


def test_a_charge_above_the_by_laws(database: Database, village: Later, intruder: Intruder) -> None:
    """A đồng more for being late, and one less of the principal."""

    def dearer(body: dict[str, Any]) -> None:
        body["late_interest"] += 1
        body["principal"] -= 1
        for line in body["lines"]:
            line["amount"] += {"1283": 1}.get(line["account"], 0)
        body["lines"][0]["amount"] -= 1

    charged = intruder.one(
        """SELECT event_id FROM log.events WHERE topic = 'loans.RepaymentReceived'
             AND (convert_from(state, 'UTF8')::json ->> 'late_interest')::int = 993"""
    )
    intruder.rewrite(charged, dearer)
    assert named(run(database), "loan-late-interest").event_id == str(charged)


@pytest.mark.parametrize(
    ("topic", "field", "other"),
    [
        ("LoanExtended", "approved_by", "secretary"),
        ("LoanExtended", "approved_by", "heir"),  # a guarantor
        ("LoanFrozen", "approved_by", "secretary"),
        ("LoanUnfrozen", "approved_by", "secretary"),
        ("InterestWaived", "approved_by", "secretary"),
        ("DebtTakenOver", "approved_by", "heir"),
        ("LoanWrittenOff", "approved_by", "heir"),
        ("LossBorneByCapital", "approved_by", "secretary"),
    ],
)
def test_one_person_in_two_roles(
    database: Database, village: Later, intruder: Intruder, topic: str, field: str, other: str
) -> None:
    event_id = intruder.event(f"loans.{topic}")
    intruder.rewrite(event_id, lambda body: body.update({field: str(getattr(village, other))}))
    found = named(run(database), "same-person")
    assert found.event_id == str(event_id)


@pytest.mark.parametrize(
    ("topic", "field"),
    [
        ("LoanEndorsed", "endorsed_by"),
        ("UseChecked", "checked_by"),
        ("ExcessRefunded", "paid_by"),
        ("LoanRecovered", "received_by"),
        ("BalanceConfirmed", "witness_id"),
        ("BalanceDisputed", "witness_id"),
    ],
)
def test_the_borrower_takes_no_step_for_the_club(
    database: Database, village: Later, intruder: Intruder, topic: str, field: str
) -> None:
    event_id = intruder.event(f"loans.{topic}")
    loan_id = intruder.body(event_id)["loan_id"]
    borrower = intruder.one(
        """SELECT convert_from(state, 'UTF8')::json ->> 'borrower_id' FROM log.events
           WHERE topic = 'loans.LoanRequested'
             AND convert_from(state, 'UTF8')::json ->> 'loan_id' = %s""",
        loan_id,
    )
    intruder.rewrite(event_id, lambda body: body.update({field: borrower}))
    found = named(run(database), "same-person")
    assert (found.event_id, found.facts["person_id"]) == (str(event_id), borrower)
