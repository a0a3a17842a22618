"""Who may borrow: the programme's own conditions, then those a club's by-laws list by name.

Hard at request and at approval; membership, live loans and the programme's cap again at payout.
The first refusal speaks. Cash that is already paid is not refused: `broken` then tells all.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

from domain.errors import Refusal
from domain.loans.book import Book
from domain.loans.commands import Moment, Standing
from domain.loans.loan import Loan, Step, days_late
from domain.loans.schedule import LoanTerms, stated_yearly_percent
from domain.regulation import (
    MEMBER_DEBT_MAX,
    STATED_YEARLY_PERCENT_MAX,
    Eligibility,
    Rules,
)


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
        return _live_loans(self.book, self.borrower)

    @property
    def repaid_on_time(self) -> int:
        """How many of the borrower's loans were settled on time."""
        closed = self.book.closed.values()
        return sum(c.on_time and self.borrower.means(c.borrower_id) for c in closed)

    @property
    def amount_max(self) -> int:
        most = self.rules.loan_amount_max
        return min(most, _at_step(self.rules.loan_amount_steps, self.repaid_on_time, most))

    @property
    def instalments_max(self) -> int:
        most = self.rules.loan_instalments_max
        return min(most, _at_step(self.rules.loan_instalments_steps, self.repaid_on_time, most))


def _at_step(steps: Sequence[int], number: int, otherwise: int) -> int:
    return steps[min(number, len(steps) - 1)] if steps else otherwise


Policy = Callable[[Asked], None]


def refuse_stranger(asked: Asked) -> None:
    if not asked.borrower.is_member:
        raise Refusal(
            "not-a-member", "Người vay không phải thành viên đang sinh hoạt vào ngày này."
        )


def refuse_closed_club(moment: Moment) -> None:
    """Hard: a club that is suspended or dissolved lends nothing new; what is owed is still paid."""
    if moment.closed is not None:
        raise Refusal(moment.closed, "Câu lạc bộ tạm ngừng hoặc đã giải thể: không cho vay mới.")


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
    if asked.amount > asked.amount_max:
        raise Refusal("loan-limit", "Số tiền vượt mức quy chế.", most=asked.amount_max)
    if asked.terms.instalments > asked.instalments_max:
        raise Refusal("loan-limit", "Số kỳ vượt mức quy chế.", most=asked.instalments_max)


def refuse_after_write_off(asked: Asked) -> None:
    for loan in asked.book.loans.values():
        mine = asked.borrower.means(loan.borrower_id)
        if mine and loan.step is Step.WRITTEN_OFF and loan.off_book:
            raise Refusal(
                "has-written-off-loan", "Người vay có khoản đã xóa nợ.", off_book=loan.off_book
            )


def refuse_over_programme_cap(asked: Asked) -> None:
    refuse_owing_above_cap(asked.live_loans, asked.amount)


def refuse_debt_above_cap(book: Book, debtor: Standing, more: int) -> None:
    """Hard: with `more` đồng of principal nobody owes above the cap, whoever borrowed it first."""
    refuse_owing_above_cap(_live_loans(book, debtor), more)


def _live_loans(book: Book, who: Standing) -> list[Loan]:
    """Of one human being, under whatever id each was lent."""
    return [loan for id in (who.person_id, *who.also) for loan in book.live_loans_of(id)]


def refuse_owing_above_cap(live_loans: Sequence[Loan], more: int) -> None:
    if sum(loan.outstanding for loan in live_loans) + more > MEMBER_DEBT_MAX:
        raise Refusal(
            "loan-limit", "Mỗi thành viên không nợ quá 50 triệu đồng.", most=MEMBER_DEBT_MAX
        )


def refuse_dear(asked: Asked) -> None:
    refuse_rate_above_cap(asked.terms)


def refuse_rate_above_cap(terms: LoanTerms) -> None:
    """Hard: stated rate × periods at most 20 % a year (Civil Code 2015, article 468)."""
    if terms.rate and stated_yearly_percent(terms.rate) > STATED_YEARLY_PERCENT_MAX:
        raise Refusal("rate-above-cap", "Lãi suất vượt 20 % một năm.")


BY_LAWS: Final[Mapping[Eligibility, Policy]] = {
    Eligibility.MEMBERSHIP_LENGTH: refuse_newcomer,
    Eligibility.NO_OVERDUE_LOAN: refuse_overdue,
    Eligibility.LIVE_LOANS: refuse_second_loan,
    Eligibility.LOAN_SIZE: refuse_over_club_limit,
    Eligibility.NO_WRITTEN_OFF_LOAN: refuse_after_write_off,
}


def all_policies(rules: Rules) -> tuple[Policy, ...]:
    """Hard for every club, then what its own regulation lists."""
    own = (BY_LAWS[name] for name in rules.eligibility)
    return (refuse_dear, refuse_stranger, *own, refuse_over_programme_cap)


def at_payout(rules: Rules) -> tuple[Policy, ...]:
    """What may have changed between the vote and the meeting where the money is paid."""
    counted = (refuse_second_loan,) if Eligibility.LIVE_LOANS in rules.eligibility else ()
    return (refuse_stranger, *counted, refuse_over_programme_cap)


def broken(asked: Asked, policies: Sequence[Policy]) -> list[Refusal]:
    """Every rule that speaks against the loan, in order."""
    found = []
    for policy in policies:
        try:
            policy(asked)
        except Refusal as refusal:
            found.append(refusal)
    return found


def refuse_ineligible(asked: Asked, policies: Sequence[Policy] | None = None) -> None:
    """Raises the first policy's `Refusal` that speaks; by default all of them are asked."""
    for policy in all_policies(asked.rules) if policies is None else policies:
        policy(asked)


def _whole_months(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
