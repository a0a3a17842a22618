"""Who may borrow, as the by-laws list it: named policies, and the first refusal speaks.

Hard at request and at approval; membership, live loans and the programme's cap again at payout.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, NamedTuple

from domain.errors import Refusal
from domain.loans.book import Book
from domain.loans.commands import Standing
from domain.loans.loan import Loan, days_late
from domain.loans.schedule import LoanTerms, stated_yearly_percent
from domain.regulation import MEMBER_DEBT_MAX, STATED_YEARLY_PERCENT_MAX, Rules


class Asked(NamedTuple):
    """A loan somebody wants: how much, on which terms, on which day, under which rules."""

    book: Book
    borrower: Standing
    amount: int
    terms: LoanTerms
    on: date
    rules: Rules

    @property
    def live_loans(self) -> list[Loan]:
        return self.book.live_loans_of(self.borrower.person_id)


Policy = Callable[[Asked], None]


def refuse_stranger(asked: Asked) -> None:
    if not asked.borrower.is_member:
        raise Refusal(
            "not-a-member", "Người vay không phải thành viên đang sinh hoạt vào ngày này."
        )


def refuse_newcomer(asked: Asked) -> None:
    needed, joined = asked.rules.membership_months_before_loan, asked.borrower.joined_on
    if joined is not None and _whole_months(joined, asked.on) < needed:
        raise Refusal("member-too-short", "Chưa đủ thời gian sinh hoạt để vay.", months=needed)


def refuse_overdue(asked: Asked) -> None:
    if any(days_late(loan, asked.on, asked.rules) for loan in asked.live_loans):
        raise Refusal("has-overdue-loan", "Người vay đang có nợ quá hạn.")


def refuse_second_loan(asked: Asked) -> None:
    most = asked.rules.live_loans_per_member
    if len(asked.live_loans) >= most:
        raise Refusal("loan-limit", "Người vay còn khoản vay chưa tất toán.", most=most)


def refuse_over_club_limit(asked: Asked) -> None:
    rules = asked.rules
    if asked.amount > rules.loan_amount_max:
        raise Refusal("loan-limit", "Số tiền vượt mức quy chế.", most=rules.loan_amount_max)
    if asked.terms.instalments > rules.loan_instalments_max:
        raise Refusal("loan-limit", "Số kỳ vượt mức quy chế.", most=rules.loan_instalments_max)


def refuse_over_programme_cap(asked: Asked) -> None:
    owing = sum(loan.outstanding for loan in asked.live_loans)
    if owing + asked.amount > MEMBER_DEBT_MAX:
        raise Refusal(
            "loan-limit", "Mỗi thành viên không nợ quá 50 triệu đồng.", most=MEMBER_DEBT_MAX
        )


def refuse_dear(asked: Asked) -> None:
    """Hard: stated rate × periods at most 20 % a year (Civil Code 2015, article 468)."""
    if asked.terms.rate and stated_yearly_percent(asked.terms.rate) > STATED_YEARLY_PERCENT_MAX:
        raise Refusal("rate-above-cap", "Lãi suất vượt 20 % một năm.")


BY_LAWS: Final[tuple[Policy, ...]] = (
    refuse_dear,
    refuse_stranger,
    refuse_newcomer,
    refuse_overdue,
    refuse_second_loan,
    refuse_over_club_limit,
    refuse_over_programme_cap,
)

# What may have changed between the vote and the meeting where the money is paid.
AT_PAYOUT: Final[tuple[Policy, ...]] = (
    refuse_stranger,
    refuse_second_loan,
    refuse_over_programme_cap,
)


def refuse_ineligible(asked: Asked, policies: tuple[Policy, ...] = BY_LAWS) -> None:
    """Raises the first policy's `Refusal` that speaks."""
    for policy in policies:
        policy(asked)


def _whole_months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
