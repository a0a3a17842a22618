"""Khóa sổ: a period is closed by two people on a count, and nothing is dated in it any more."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from domain.dates import not_in_the_future
from domain.errors import Refusal
from domain.events import Role, person
from domain.loans.accounts import FUND_ACCOUNT, Account, Fund, Period
from domain.loans.book import Book, refuse_closed
from domain.loans.commands import ClosePeriod, Moment
from domain.loans.entries import Line, credit, debit, entry
from domain.loans.events import BookEvent, CashCounted, MoneyEvent, PeriodClosed
from domain.loans.recorded import Recorded
from domain.loans.standing_by import unconfirmed

_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


def close_period(
    book: Book | None, story: Sequence[Recorded], command: ClosePeriod, moment: Moment
) -> list[BookEvent]:
    """Everything up to `until` is closed; `story` is the whole book up to now.

    Hard: two people; a month, quarter or year that is over with its last day; of every fund that
    ever had cash a count on that day or later, and no difference left open.
    """
    not_in_the_future(command.until, moment.today)
    refuse_closed(book, command.until)
    book = book or Book()
    if command.closed_by == command.approved_by:
        raise Refusal("same-person", "Khóa sổ cần hai người khác nhau.")
    if not _ends(command, story):
        raise Refusal(
            "not-period-end",
            "Ngày khóa sổ phải là ngày cuối tháng, quý hoặc năm; sổ cũ khóa ở lần kiểm kê cuối.",
            until=str(command.until),
        )
    _refuse_uncounted(book, command.until, moment.regulation.rules.count_difference_max)
    waiting = unconfirmed(story, book.closed_until, command.until)
    return [
        PeriodClosed(
            occurred_on=command.until,
            lines=_year_end(story, command.until) if command.period is Period.YEAR else (),
            memo=command.memo,
            findings=("unconfirmed",) if waiting else (),
            period=command.period,
            until=command.until,
            closed_by=command.closed_by,
            approved_by=command.approved_by,
            unconfirmed=waiting,
            concerns=(
                person(command.closed_by, Role.PROPOSER),
                person(command.approved_by, Role.APPROVER),
            ),
        )
    ]


def _ends(command: ClosePeriod, story: Sequence[Recorded]) -> bool:
    if command.period is Period.PAST:
        counts = [
            r.event.occurred_on
            for r in story
            if isinstance(r.event, CashCounted) and r.event.origin is not None
        ]
        return command.until == max(counts, default=None)
    tomorrow = command.until + timedelta(days=1)
    return tomorrow.day == 1 and command.until.month % _MONTHS[command.period] == 0


def _refuse_uncounted(book: Book, until: date, difference_max: int) -> None:
    counted = {fund for count in book.counts if count.on >= until for fund in count.funds}
    for fund in Fund:
        days = book.cash.get(f"{fund.value}/{Account.CASH.value}", ())
        if fund not in counted and any(day <= until for day, _ in days):
            raise Refusal(
                "not-counted",
                "Khóa sổ cần kiểm kê tiền mặt của từng quỹ vào ngày cuối kỳ hoặc sau đó.",
                fund=fund.value,
                until=str(until),
            )
    for count in book.counts:
        if count.is_open(difference_max):
            raise Refusal(
                "count-unsettled",
                "Kiểm kê quỹ còn chênh lệch chưa xử lý nên chưa khóa sổ được.",
                counted_on=str(count.on),
                difference=count.difference,
                allowed=difference_max,
            )


def _year_end(story: Sequence[Recorded], until: date) -> tuple[Line, ...]:
    """Expense (642) is closed into each fund's own capital (418x), as it stood at year's end.

    The loan fund has none: its bank fees are borne by interest not yet allocated (515), as far as
    that goes, and what exceeds it waits for next year's; its capital is not touched.
    """
    at_end: dict[tuple[Fund, Account], int] = defaultdict(int)
    now: dict[tuple[Fund, Account], int] = defaultdict(int)
    for recorded in story:
        if isinstance(recorded.event, MoneyEvent):
            for line in recorded.event.lines:
                now[line.fund, line.account] += line.amount
                if recorded.event.occurred_on <= until:
                    at_end[line.fund, line.account] += line.amount
    lines: list[Line] = []
    for fund in Fund:
        spent = at_end[fund, Account.EXPENSE]
        into = FUND_ACCOUNT.get(fund, Account.INTEREST)
        if fund is Fund.LOAN:
            earned = (Fund.LOAN, Account.INTEREST)
            spent = min(spent, max(-at_end[earned], 0), max(-now[earned], 0))
        if spent > 0:
            lines += [debit(into, fund, spent), credit(Account.EXPENSE, fund, spent)]
    return entry(*lines)
