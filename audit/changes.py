"""What happens to a loan beside and after its payout, judged from the events alone."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from audit.entries import Entry
from audit.loan import (
    Loan,
    Row,
    freezes,
    interest_until,
    parts_of,
    rows,
    rows_of,
    same_terms,
    written,
)

if TYPE_CHECKING:
    from audit.loans import Loans

# In this order a loss is restored; whatever is not named here is a source of capital.
_BEFORE_CAPITAL, _AFTER_CAPITAL = ("loss",), ("interest", "reserve")


def _noted(loans: "Loans", entry: Entry) -> Loan | None:
    return loans.known(entry, "disbursed")


def _endorsed(loans: "Loans", entry: Entry) -> Loan | None:
    return loans.known(entry, "approved")


def _withdrawn(loans: "Loans", entry: Entry) -> Loan | None:
    loan = loans.loans.get(entry.body["loan_id"])
    loan = loans.known(entry, "approved" if loan and loan.step == "approved" else "requested")
    if loan is not None:
        loans.see_borrower(entry, loan)
        loan.step = "withdrawn"
    return loan


def _confirmed(loans: "Loans", entry: Entry) -> Loan | None:
    loan = loans.known(entry, "disbursed")
    if loan is not None:
        loans.see_borrower(entry, loan)
        agrees = entry.body.get("stated", entry.body["outstanding"]) == entry.body["outstanding"]
        if agrees == (entry.topic == "loans.BalanceDisputed"):
            loans.say("balance-stated", "Đối chiếu và số liệu mâu thuẫn nhau.", entry)
    return loan


# --- another plan ------------------------------------------------------------------------


def _extended(loans: "Loans", entry: Entry) -> Loan | None:
    """The first row holds what was paid and due by the day; the others are all still to come."""
    loan = loans.known(entry, "disbursed")
    if loan is None:
        return None
    body, new = entry.body, rows(entry.body["instalments"])
    on = body["occurred_on"]
    until_now = (on, loan.lent - loan.outstanding, interest_until(loan, on))
    if new[0] != until_now or any(due_on <= on for due_on, _, _ in new[1:]):
        _say_plan(loans, entry, [until_now], new[:1])
    loans.see_schedule(entry, loan, body["instalments"])
    loans.see_carried(entry, loan)
    loan.terms, loan.rescheduled = same_terms(body["terms"]), True
    loan.schedule = written(body["instalments"])
    return loan


def _frozen(loans: "Loans", entry: Entry) -> Loan | None:
    loan = loans.known(entry, "disbursed")
    if loan is not None:
        on, until = entry.body["occurred_on"], entry.body["until"]
        _moved(loans, entry, loan, _days(on, until), after=on)
        apart = not loan.frozen or loan.frozen[-1][1] < on
        _stands_still(loans, entry, loan, [*loan.frozen, (on, until)], apart and on < until)
    return loan


def _unfrozen(loans: "Loans", entry: Entry) -> Loan | None:
    loan = loans.known(entry, "disbursed")
    if loan is not None:
        on = entry.body["occurred_on"]
        since, until = loan.frozen[-1] if loan.frozen else (on, on)
        _moved(loans, entry, loan, -_days(on, until), after=until)
        _stands_still(loans, entry, loan, [*loan.frozen[:-1], (since, on)], since <= on < until)
    return loan


def _stands_still(
    loans: "Loans", entry: Entry, loan: Loan, expected: list[tuple[str, str]], fits: bool
) -> None:
    told = freezes(entry.body["frozen"])
    if told != expected or not fits:
        loans.say(
            "loan-freeze",
            "Thời gian khoanh nợ không khớp các lần trước.",
            entry,
            recomputed=expected,
            told=told,
        )
    loan.frozen = told


def _moved(loans: "Loans", entry: Entry, loan: Loan, days: int, *, after: str) -> None:
    expected = [
        (str(date.fromisoformat(due_on) + timedelta(days)) if due_on > after else due_on, *money)
        for due_on, *money in rows_of(loan)
    ]
    new = rows(entry.body["instalments"])
    if [tuple(row) for row in expected] != new:
        _say_plan(loans, entry, expected, new)
    loan.schedule = written(entry.body["instalments"])


def _waived(loans: "Loans", entry: Entry) -> Loan | None:
    """Days and principal stay; unpaid interest goes, the oldest first."""
    loan = loans.known(entry, "disbursed")
    if loan is None:
        return None
    left, paid, expected = entry.body["interest"], loan.interest_paid, []
    for due_on, principal, interest in rows_of(loan):
        still = max(interest - paid, 0)
        paid = max(paid - interest, 0)
        gone = min(still, left)
        left -= gone
        expected.append((due_on, principal, interest - gone))
    new = rows(entry.body["instalments"])
    if left or expected != new:
        _say_plan(loans, entry, expected, new)
    loan.late_paid += entry.body["late_interest"]
    loan.schedule = written(entry.body["instalments"])
    return loan


def _say_plan(loans: "Loans", entry: Entry, expected: Sequence[Any], found: Sequence[Row]) -> None:
    loans.say(
        "loan-plan",
        "Lịch trả mới không phải lịch cũ cộng thay đổi này.",
        entry,
        loan_id=entry.body["loan_id"],
        recomputed=expected,
        told=found,
    )


def _days(start: str, end: str) -> int:
    return (date.fromisoformat(end) - date.fromisoformat(start)).days


# --- others who owe, and losses ----------------------------------------------------------


def _taken_over(loans: "Loans", entry: Entry) -> Loan | None:
    loan = loans.known(entry, "disbursed")
    if loan is None:
        return None
    loans.see_borrower(entry, loan)
    body, owed = entry.body, loan.outstanding
    moved = {line["member_id"]: line["amount"] for line in body["lines"]}
    if body["principal"] != owed or moved != {body["debtor_id"]: owed, loan.borrower: -owed}:
        loans.say(
            "loan-takeover",
            "Số nợ chuyển sang người khác không phải số còn nợ.",
            entry,
            outstanding=owed,
            moved=moved,
        )
    loan.borrower = body["debtor_id"]
    return loan


def _written_off(loans: "Loans", entry: Entry) -> Loan | None:
    loan = loans.known(entry, "disbursed")
    if loan is None:
        return None
    loans.see_borrower(entry, loan)
    body = entry.body
    parts = parts_of(body["absorbed"])
    sums = _sums(body["lines"])
    told = {
        ("loan", "1283"): -loan.outstanding,
        ("loan", "515"): parts["interest"],
        ("loan", "811"): parts["loss"],
        ("reserve", "4183"): parts["reserve"],
    }
    wrong = {at: sums.get(at, 0) for at, amount in told.items() if sums.get(at, 0) != amount}
    if wrong or sum(parts.values()) != loan.outstanding or body["principal"] != loan.outstanding:
        loans.say(
            "loan-write-off",
            "Số xóa nợ không khớp số còn nợ hay các nguồn gánh chịu.",
            entry,
            outstanding=loan.outstanding,
            absorbed=parts,
            wrong={"/".join(at): amount for at, amount in wrong.items()},
        )
    loan.step, loan.absorbed = "written_off", parts
    return loan


def _borne(loans: "Loans", entry: Entry) -> Loan | None:
    loan = loans.known(entry, "written_off")
    if loan is not None and loan.absorbed is not None:
        loss, source = entry.body["loss"], entry.body["source"]
        if loss > loan.absorbed["loss"] or _sums(entry.body["lines"]).get(("loan", "811")) != -loss:
            loans.say("loan-loss", "Vốn gánh nhiều hơn số tổn thất.", entry, left=loan.absorbed)
        borne = loan.absorbed.get(source, 0) + loss
        loan.absorbed |= {"loss": loan.absorbed["loss"] - loss, source: borne}
    return loan


def _recovered(loans: "Loans", entry: Entry) -> Loan | None:
    """A later bearer gets something back only when the one before has all of it."""
    loan = loans.known(entry, "written_off")
    if loan is None or loan.absorbed is None:
        return loan
    loans.see_borrower(entry, loan)
    body, parts = entry.body, parts_of(entry.body["restored"])
    left = {name: amount - parts.get(name, 0) for name, amount in loan.absorbed.items()}
    capital = [name for name in left if name not in (*_BEFORE_CAPITAL, *_AFTER_CAPITAL)]
    order = (*_BEFORE_CAPITAL, *capital, *_AFTER_CAPITAL)
    skipped = any(
        left[first] and parts.get(later)
        for place, first in enumerate(order)
        for later in order[place + 1 :]
    )
    sums = _sums(body["lines"])
    reserve = parts.get("reserve", 0)
    wrong = (
        sum(parts.values()) + body["excess"] != body["amount"]
        or body["off_book"] != sum(left.values())
        or min(left.values()) < 0
        or (body["excess"] and body["off_book"])
        or -sums.get(("reserve", "4183"), 0) != reserve
        or -sums.get(("loan", "811"), 0) != parts.get("loss", 0)
        or -sums.get(("loan", "3388"), 0) != body["excess"]
    )
    if skipped or wrong:
        loans.say(
            "loan-recovery",
            "Số thu hồi không hoàn lại theo đúng thứ tự.",
            entry,
            absorbed=loan.absorbed,
            restored=parts,
        )
    loan.absorbed = left
    return loan


def _sums(lines: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for line in lines:
        at = (line["fund"], line["account"])
        sums[at] = sums.get(at, 0) + line["amount"]
    return sums


TELL: dict[str, Callable[["Loans", Entry], Loan | None]] = {
    "loans.LoanEndorsed": _endorsed,
    "loans.LoanWithdrawn": _withdrawn,
    "loans.UseChecked": _noted,
    "loans.LoanExtended": _extended,
    "loans.LoanFrozen": _frozen,
    "loans.LoanUnfrozen": _unfrozen,
    "loans.InterestWaived": _waived,
    "loans.GuarantorCalled": _noted,
    "loans.BalanceConfirmed": _confirmed,
    "loans.BalanceDisputed": _confirmed,
    "loans.DebtTakenOver": _taken_over,
    "loans.LoanWrittenOff": _written_off,
    "loans.LossBorneByCapital": _borne,
    "loans.LoanRecovered": _recovered,
}
