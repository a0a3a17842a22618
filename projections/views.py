"""Rows of the read models as the shapes people and programs are shown: one place for both.

The command line and the HTTP answers share these; interface.md fixes their keys. Every value is
ready for JSON: ids and dates are text, amounts whole đồng, instants UTC with a Z.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from domain.loans.accounts import Account, Fund
from domain.loans.loan import NOTHING_OWED, Due, Freeze, Loan, Step, owed
from domain.loans.schedule import LoanTerms
from domain.values import Sealed
from projections.club_life import ClubDay
from projections.clubs import ClubRow, MemberRow
from projections.ledger import Balance, Posting, VoucherRow
from projections.loans import InstalmentRow, LoanRow, PaymentRow
from store.keys import KeyRing

IdText = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
DayText = Annotated[str, WithJsonSchema({"type": "string", "format": "date"})]
InstantText = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]

# Memos of so many lines are unsealed in one go.
_TOGETHER = 1_000


# --- the ledger --------------------------------------------------------------------------


class LedgerLine(TypedDict):
    """One leg of a journal entry; debit is positive. `memo` is None when its key is gone."""

    entry_id: str
    event_id: IdText
    position: int
    voucher: str | None
    occurred_on: DayText
    recorded_at: InstantText
    account: str
    fund: str
    loan_id: IdText | None
    member_id: IdText | None
    amount: int
    memo: str | None


def ledger_lines(postings: Iterable[Posting], keys: KeyRing) -> Iterator[LedgerLine]:
    """Lines as they are shown, memos unsealed many at a time; reads no more than it needs."""
    rest = iter(postings)
    while some := list(islice(rest, _TOGETHER)):
        sealed = [Sealed.model_validate(p.memo) for p in some if p.memo is not None]
        memos = iter(keys.open_many(sealed))
        for posting in some:
            yield _ledger_line(posting, None if posting.memo is None else next(memos))


def ledger_line(posting: Posting, keys: KeyRing) -> LedgerLine:
    return next(ledger_lines([posting], keys))


def _ledger_line(posting: Posting, memo: str | None) -> LedgerLine:
    return {
        "entry_id": f"{posting.event_id}:{posting.line}",
        "event_id": str(posting.event_id),
        "position": posting.position,
        "voucher": posting.voucher,
        "occurred_on": posting.occurred_on.isoformat(),
        "recorded_at": instant(posting.recorded_at),
        "account": posting.account,
        "fund": posting.fund,
        "loan_id": _id(posting.loan_id),
        "member_id": _id(posting.member_id),
        "amount": posting.amount,
        "memo": memo,
    }


class AccountView(TypedDict):
    account: str
    fund: str
    amount: int


class BalancesView(TypedDict):
    """`cash` and `…_fund_cash` are account 111, `bank` is 112; `sum` is 0 or the book is broken."""

    accounts: list[AccountView]
    cash: int
    bank: int
    principal_outstanding: int
    loan_fund_cash: int
    operating_fund_cash: int
    sum: int


def balances_view(balances: Iterable[Balance]) -> BalancesView:
    rows = list(balances)

    def total(account: Account, fund: Fund | None = None) -> int:
        return sum(b.amount for b in rows if b.account == account and fund in (None, b.fund))

    return {
        "accounts": [{"account": b.account, "fund": b.fund, "amount": b.amount} for b in rows],
        "cash": total(Account.CASH),
        "bank": total(Account.BANK),
        "principal_outstanding": total(Account.LOANS),
        "loan_fund_cash": total(Account.CASH, Fund.LOAN),
        "operating_fund_cash": total(Account.CASH, Fund.OPERATING),
        "sum": sum(b.amount for b in rows),
    }


class VoucherView(TypedDict):
    voucher: str
    occurred_on: DayText
    amount: int
    event_id: IdText
    reversed: bool


def voucher_view(row: VoucherRow) -> VoucherView:
    return {
        "voucher": row.label,
        "occurred_on": row.occurred_on.isoformat(),
        "amount": row.amount,
        "event_id": str(row.event_id),
        "reversed": row.reversed,
    }


# --- clubs and people --------------------------------------------------------------------


class ClubView(TypedDict):
    id: IdText
    name: str
    village: str | None
    commune: str | None
    province: str | None
    decision: str | None
    founded_on: DayText
    meeting_day: int | None
    status: str


class OfficeView(TypedDict):
    """`name` is None when the person's key is gone."""

    office: str
    person_id: IdText
    name: str | None


class StandInView(OfficeView):
    since: DayText
    until: DayText


class ClubPage(ClubView):
    """A club with its unit and standing on the day `as_of`, and its board as it is now."""

    commune_code: str | None
    district: str | None
    board: list[OfficeView]
    stand_ins: list[StandInView]
    as_of: DayText


def club_view(row: ClubRow) -> ClubView:
    return {
        "id": str(row.club_id),
        "name": row.name,
        "village": row.village,
        "commune": row.commune,
        "province": row.province,
        "decision": row.decision,
        "founded_on": row.founded_on.isoformat(),
        "meeting_day": row.meeting_day,
        "status": row.status,
    }


def club_page(
    row: ClubRow, on_day: ClubDay, day: date, board: Iterable[tuple[str, UUID, str | None]]
) -> ClubPage:
    offices: list[OfficeView] = [
        {"office": office, "person_id": str(person), "name": name} for office, person, name in board
    ]
    return {
        **club_view(row),
        "commune": on_day.commune,
        "commune_code": on_day.commune_code,
        "district": on_day.district,
        "province": on_day.province,
        "status": on_day.status,
        "board": offices,
        "stand_ins": [
            {
                "office": office,
                "person_id": str(person),
                "name": name,
                "since": since.isoformat(),
                "until": until.isoformat(),
            }
            for office, person, name, since, until in on_day.stand_ins
        ],
        "as_of": day.isoformat(),
    }


class MemberView(TypedDict):
    """Somebody's membership of one club; `name` is None when their key is gone."""

    id: IdText
    name: str | None
    sex: str | None
    birth_year: int | None
    household_class: str | None
    joined_on: DayText
    left_on: DayText | None
    volunteer: bool


def member_view(row: MemberRow) -> MemberView:
    return {
        "id": str(row.person_id),
        "name": row.name,
        "sex": row.sex,
        "birth_year": row.birth_year,
        "household_class": row.household_class,
        "joined_on": row.joined_on.isoformat(),
        "left_on": _day(row.left_on),
        "volunteer": row.volunteer,
    }


# --- loans -------------------------------------------------------------------------------


class LoanView(TypedDict):
    """`amount` is the latest of asked for, approved, paid out; `version` is the loan's own."""

    id: IdText
    club_id: IdText
    borrower_id: IdText | None
    borrower_name: str | None
    step: str
    amount: int
    terms: dict[str, Any]
    regulation: int | None
    disbursed_on: DayText | None
    voucher: str | None
    settled_on: DayText | None
    past: bool
    rescheduled: bool
    written_off: int | None
    outstanding: int
    interest_paid: int
    version: int


class ScheduleRowView(TypedDict):
    number: int
    due_on: DayText
    principal: int
    interest: int
    total: int
    outstanding_after: int


class PaymentView(TypedDict):
    """A repayment as it was split; a reversed one comes back with its figures negative."""

    event_id: IdText
    occurred_on: DayText
    voucher: str | None
    amount: int
    principal: int
    interest: int
    late_interest: int
    """For being late, beside `amount`: what came for the debt itself."""
    recorded_at: InstantText


class OwedView(TypedDict):
    """What is owed at the end of the day `on`."""

    on: DayText
    interest_due: int
    principal_overdue: int
    principal_due: int
    outstanding: int
    interest_of_current_period: int
    late_interest: int
    to_settle: int


class LoanPage(LoanView):
    schedule: list[ScheduleRowView]
    payments: list[PaymentView]
    owed: OwedView


_PAID_OUT = (Step.DISBURSED, Step.SETTLED, Step.WRITTEN_OFF)


def loan_view(row: LoanRow, borrower_name: str | None = None) -> LoanView:
    # A step taken back by a reversal leaves its day and voucher behind in the row.
    paid_out = row.step in _PAID_OUT
    return {
        "id": str(row.loan_id),
        "club_id": str(row.club_id),
        "borrower_id": _id(row.borrower_id),
        "borrower_name": borrower_name,
        "step": row.step,
        "amount": row.amount,
        "terms": row.terms,
        "regulation": row.regulation,
        "disbursed_on": _day(row.disbursed_on) if paid_out else None,
        "voucher": row.voucher if paid_out else None,
        "settled_on": _day(row.settled_on) if row.step == Step.SETTLED else None,
        "past": bool(row.past),
        "rescheduled": row.rescheduled,
        "written_off": row.written_off,
        "outstanding": row.outstanding,
        "interest_paid": row.interest_paid,
        "version": row.version,
    }


def loan_page(
    row: LoanRow,
    instalments: Sequence[InstalmentRow],
    payments: Sequence[PaymentRow],
    on: date,
    borrower_name: str | None = None,
    late_interest: int = 0,
) -> LoanPage:
    """A loan whole; what is owed counts the payments up to `on` and no later ones.

    The late charge is the caller's: it follows the by-laws, which no row holds.
    """
    return {
        **loan_view(row, borrower_name),
        "schedule": list(_schedule(instalments)),
        "payments": [_payment(payment) for payment in payments],
        "owed": _owed(row, instalments, payments, on, late_interest),
    }


def _schedule(instalments: Sequence[InstalmentRow]) -> Iterator[ScheduleRowView]:
    outstanding = sum(row.principal for row in instalments)
    for row in instalments:
        outstanding -= row.principal
        yield {
            "number": row.number,
            "due_on": row.due_on.isoformat(),
            "principal": row.principal,
            "interest": row.interest,
            "total": row.principal + row.interest,
            "outstanding_after": outstanding,
        }


def _payment(row: PaymentRow) -> PaymentView:
    return {
        "event_id": str(row.event_id),
        "occurred_on": row.occurred_on.isoformat(),
        "voucher": row.voucher,
        "amount": row.principal + row.interest,
        "principal": row.principal,
        "interest": row.interest,
        "late_interest": row.late_interest,
        "recorded_at": instant(row.recorded_at),
    }


def _owed(
    row: LoanRow,
    instalments: Sequence[InstalmentRow],
    payments: Sequence[PaymentRow],
    on: date,
    late_interest: int,
) -> OwedView:
    out = row.step in _PAID_OUT and row.disbursed_on is not None and row.disbursed_on <= on
    # A loan settled early owes nothing more, whatever interest its schedule still shows.
    settled = row.step == Step.SETTLED and (row.settled_on is None or row.settled_on <= on)
    given_up = row.step == Step.WRITTEN_OFF  # owed off the books only
    loan = _loan_on(row, instalments, payments, on) if out and not settled | given_up else None
    debt = owed(loan, on) if loan else NOTHING_OWED
    return {
        "on": on.isoformat(),
        "interest_due": debt.interest_due,
        "principal_overdue": debt.principal_overdue,
        "principal_due": debt.principal_due,
        "outstanding": debt.outstanding,
        "interest_of_current_period": debt.interest_of_current_period,
        "late_interest": late_interest,
        "to_settle": debt.to_settle + late_interest,
    }


def _loan_on(
    row: LoanRow, instalments: Sequence[InstalmentRow], payments: Sequence[PaymentRow], on: date
) -> Loan:
    """A loan that is out, as the domain knows it, with what was paid up to the end of `on`."""
    later = [payment for payment in payments if payment.occurred_on > on]
    principal_paid = row.amount - row.outstanding - sum(payment.principal for payment in later)
    interest_paid = row.interest_paid - sum(payment.interest for payment in later)
    return Loan(
        id=row.loan_id,
        borrower_id=row.borrower_id or row.loan_id,
        step=Step.DISBURSED,
        amount=row.amount,
        terms=LoanTerms.model_validate(row.terms),
        disbursed_on=row.disbursed_on,
        instalments=tuple(
            Due(due_on=due.due_on, principal=due.principal, interest=due.interest)
            for due in instalments
        ),
        principal_paid=max(principal_paid, 0),
        interest_paid=max(interest_paid, 0),
        frozen=tuple(Freeze.model_validate(freeze) for freeze in row.frozen),
    )


# --- texts -------------------------------------------------------------------------------


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond: as exact as the log has it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _id(id: UUID | None) -> str | None:
    return None if id is None else str(id)
