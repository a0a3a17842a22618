"""Entries and vouchers: one figure changed is found, and its event named."""

from typing import Any

import pytest

from audit.checks import run
from domain.loans.commands import ReceiveDues
from store.database import Database
from tests.audit.tampering import LATER, Busy, Intruder, codes, named


def test_a_changed_amount_is_found(database: Database, village: Busy, intruder: Intruder) -> None:
    intruder.rewrite(village.dues, lambda body: body.update(amount=900_001))
    assert named(run(database), "lines-amount").event_id == str(village.dues)


def test_an_amount_changed_everywhere_is_told_by_the_ledger(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    def cheaper(body: dict[str, Any]) -> None:
        body["amount"] -= 5
        for line in body["lines"]:
            line["amount"] += 5 if line["amount"] < 0 else -5

    intruder.rewrite(village.dues, cheaper)
    report = run(database)
    differs = named(report, "postings-differ")
    assert differs.event_id == str(village.dues)
    assert differs.facts["recomputed"] != differs.facts["table"]
    assert codes(report) == {"postings-differ", "vouchers-differ", "balances-differ",
                             "count-expected"}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("lines-unbalanced", {"amount": 900_007}),
        ("fund-equation", {"amount": 900_007}),
        ("lines-unbalanced", {"fund": "care"}),
        ("lines-amount-kind", {"amount": 900_000.5}),
        ("lines-amount-kind", {"amount": True}),
        ("lines-amount-kind", {"amount": 2**63}),
        ("lines-account", {"account": "999"}),
        ("lines-fund", {"fund": "pocket"}),
    ],
)
def test_unbalanced_or_strange_lines_are_found(
    database: Database, village: Busy, intruder: Intruder, code: str, line: dict[str, Any]
) -> None:
    intruder.rewrite(village.dues, lambda body: body["lines"][0].update(line))
    assert named(run(database), code).event_id == str(village.dues)


def test_the_fund_equation_is_told_once_where_it_breaks(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    intruder.rewrite(village.dues, lambda body: body["lines"][0].update(amount=900_007))
    broken = [f for f in run(database).findings if f.code == "fund-equation"]
    assert [finding.facts["fund"] for finding in broken] == ["operating", None]


def test_cash_below_zero_by_a_backdated_expense(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    intruder.rewrite(village.expense, lambda body: body.update(occurred_on="2026-03-09"))
    negative = named(run(database), "cash-negative")
    assert negative.event_id == str(village.expense)
    assert negative.facts["on"] == "2026-03-09"
    assert negative.facts["held"] == -120_000


def test_cash_below_zero_that_two_people_let_stand_is_listed(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    """Of a past book only: nobody lets a live box go below zero."""
    let_stand = {
        "occurred_on": "2026-03-09",
        "findings": ["insufficient-funds"],
        "confirmed_by": [str(village.chair), str(village.treasurer)],
    }
    intruder.rewrite(village.expense, lambda body: body.update(let_stand))
    assert "cash-negative" in codes(run(database))
    row = {"source": "book", "import_id": str(village.club_id), "sheet": "Chi", "row": 2}
    from_book = {"origin": {**row, "digest": "ab"}}
    intruder.rewrite(village.expense, lambda body: body.update(from_book))
    report = run(database)
    assert "cash-negative" not in codes(report)
    assert named(report, "cash-confirmed").event_id == str(village.expense)


def test_a_count_that_does_not_add_up(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    count = intruder.event("loans.CashCounted")
    intruder.rewrite(count, lambda body: body.update(counted=1, difference=body["expected"]))
    assert named(run(database), "count-sum").event_id == str(count)


def test_a_voucher_used_twice(database: Database, village: Busy, intruder: Intruder) -> None:
    first = intruder.body(village.expense)["vouchers"]
    loan = intruder.event("loans.LoanDisbursed")
    intruder.rewrite(loan, lambda body: body.update(vouchers=first))
    double = named(run(database), "voucher-double")
    assert (double.event_id, double.facts["label"]) == (str(loan), first[0])


@pytest.mark.parametrize(
    ("code", "label"),
    [
        ("voucher-gap", "PC-2026-0077"),
        ("voucher-year", "PC-2025-0001"),
        ("voucher-form", "số 7"),
    ],
)
def test_our_own_numbers_have_no_gap(
    database: Database, village: Busy, intruder: Intruder, code: str, label: str
) -> None:
    intruder.rewrite(village.expense, lambda body: body.update(vouchers=[label]))
    assert named(run(database), code).event_id == str(village.expense)


def test_cash_without_a_voucher(database: Database, village: Busy, intruder: Intruder) -> None:
    intruder.rewrite(village.expense, lambda body: body.update(vouchers=[]))
    assert named(run(database), "voucher-missing").event_id == str(village.expense)


def test_a_gap_in_a_past_book_is_a_warning(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    origin = {"source": "book", "import_id": str(village.club_id), "sheet": "Thu chi", "row": 5,
              "digest": "ab"}  # fmt: skip
    last = village.record(ReceiveDues(occurred_on=LATER, amount=10_000))
    intruder.rewrite(last, lambda body: body.update(origin=origin, vouchers=["PT-2019-0003"]))
    report = run(database)
    assert codes(report) == set()
    gap = named(report, "voucher-gap-in-book")
    assert (gap.level, gap.facts["first_missing"], gap.facts["last_missing"]) == ("warning", 1, 2)
    assert report.clean
