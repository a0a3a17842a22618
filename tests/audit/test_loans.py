"""Loans, four eyes and reversals: an event that cannot be true is named."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from audit.checks import run
from store.database import Database
from tests.audit.tampering import Busy, Intruder, named


def test_a_repayment_above_the_debt(database: Database, village: Busy, intruder: Intruder) -> None:
    def greedy(body: dict[str, Any]) -> None:
        body["amount"] += 9_000_000
        body["principal"] += 9_000_000
        for line in body["lines"]:
            if line["account"] in ("111", "1283"):
                line["amount"] += 9_000_000 if line["amount"] > 0 else -9_000_000

    repayment = intruder.event("loans.RepaymentReceived")
    intruder.rewrite(repayment, greedy)
    assert named(run(database), "loan-outstanding").event_id == str(repayment)


@pytest.mark.parametrize(
    ("code", "topic", "change"),
    [
        ("loan-split", "loans.RepaymentReceived", {"interest": 1}),
        ("loan-lines", "loans.RepaymentReceived", {"principal": 1}),
        ("loan-unknown", "loans.RepaymentReceived", {"loan_id": str(UUID(int=7))}),
        ("loan-borrower", "loans.RepaymentReceived", {"borrower_id": str(UUID(int=7))}),
        ("loan-above-approval", "loans.LoanApproved", {"amount": 5}),
        ("loan-above-request", "loans.LoanRequested", {"amount": 5}),
        ("loan-schedule", "loans.LoanDisbursed", {"instalments": []}),
    ],
)
def test_what_loan_events_say_adds_up(
    database: Database,
    village: Busy,
    intruder: Intruder,
    code: str,
    topic: str,
    change: dict[str, Any],
) -> None:
    event_id = intruder.event(topic)
    intruder.rewrite(event_id, lambda body: body.update(change))
    after = {
        "loan-above-approval": "loans.LoanDisbursed",
        "loan-above-request": "loans.LoanApproved",
    }
    blamed = intruder.event(after[code]) if code in after else event_id
    assert named(run(database), code).event_id == str(blamed)


def test_settled_while_something_is_owed(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    def smaller(body: dict[str, Any]) -> None:
        body["principal"] -= 100
        body["excess"] = body.get("excess", 0) + 100
        for line in body["lines"]:
            line["amount"] += {"1283": 100, "3388": -100}.get(line["account"], 0)

    intruder.rewrite(intruder.event("loans.RepaymentReceived", nth=2), smaller)
    settled = intruder.event("loans.LoanSettled")
    owing = named(run(database), "loan-settled-owing")
    assert (owing.event_id, owing.facts["outstanding"]) == (str(settled), 100)


def test_steps_out_of_order(database: Database, village: Busy, intruder: Intruder) -> None:
    approved = intruder.event("loans.LoanApproved")
    intruder.sql(
        """UPDATE log.events SET topic = 'loans.LoanAppraised', state = convert_to(replace(
             convert_from(state, 'UTF8'), 'approved_by', 'appraised_by'), 'UTF8')
           WHERE event_id = %s""",
        approved,
    )
    step = named(run(database), "loan-step")
    assert step.event_id == str(intruder.event("loans.LoanDisbursed"))
    assert step.facts["step"] == "requested"


@pytest.mark.parametrize(
    ("topic", "field", "other"),
    [
        ("loans.LoanApproved", "approved_by", "secretary"),
        ("loans.LoanApproved", "approved_by", "borrower"),
        ("loans.LoanDisbursed", "paid_by", "chair"),
        ("loans.LoanDisbursed", "paid_by", "secretary"),
        ("loans.LoanDisbursed", "paid_by", "borrower"),
        ("loans.RepaymentReceived", "received_by", "borrower"),
        ("loans.EntryReversed", "approved_by", "secretary"),
    ],
)
def test_one_person_in_two_roles(
    database: Database, village: Busy, intruder: Intruder, topic: str, field: str, other: str
) -> None:
    event_id = intruder.event(topic)
    intruder.rewrite(event_id, lambda body: body.update({field: str(getattr(village, other))}))
    found = named(run(database), "same-person")
    assert found.event_id == str(event_id)
    assert found.facts["person_id"] == str(getattr(village, other))


@pytest.mark.parametrize(
    ("typed", "role", "other_role"),
    [
        ({"loans.ReversalProposed": "chair"}, "approver", "typist"),
        ({"loans.EntryReversed": "secretary"}, "clerk", "proposer"),
        (
            {"loans.ReversalProposed": "treasurer", "loans.EntryReversed": "treasurer"},
            *("clerk", "typist"),
        ),
    ],
)
def test_who_types_for_one_hand_of_a_reversal_is_not_the_other(
    database: Database,
    village: Busy,
    intruder: Intruder,
    typed: dict[str, str],
    role: str,
    other_role: str,
) -> None:
    reversal = intruder.event("loans.EntryReversed")
    for topic, clerk in typed.items():
        by = {"recorded_by": str(getattr(village, clerk))}
        intruder.rewrite(intruder.event(topic), lambda body, by=by: body.update(by))
    found = named(run(database), "same-person")
    assert found.event_id == str(reversal)
    assert (found.facts["role"], found.facts["other_role"]) == (role, other_role)


def test_a_guarantor_does_not_approve(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    requested = intruder.event("loans.LoanRequested")
    intruder.rewrite(requested, lambda body: body.update(guarantor_ids=[str(village.chair)]))
    found = named(run(database), "same-person")
    assert found.event_id == str(intruder.event("loans.LoanApproved"))
    assert found.facts["other_role"] == "guarantor"


def test_a_household_does_not_approve_its_own(
    database: Database, village: Busy, intruder: Intruder
) -> None:
    home = intruder.body(intruder.registered(village.borrower))["household_id"]
    intruder.rewrite(
        intruder.registered(village.chair), lambda body: body.update(household_id=home)
    )
    found = named(run(database), "same-person")
    assert found.facts["other_role"] == "household"


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("reversal-lines", lambda body: body["lines"][0].update(fund="care")),
        ("reversal-unknown", lambda body: body.update(reverses=str(UUID(int=7)))),
        ("reversal-topic", lambda body: body.update(reversed_topic="loans.DuesReceived")),
        ("reversal-date", lambda body: body.update(occurred_on="2026-01-01")),
        ("reversal-unapproved", lambda body: body.pop("approved_by")),
        ("loan-after-reversal", lambda body: body["loan"].update(principal_paid=1)),
    ],
)
def test_a_reversal_is_the_entry_with_the_opposite_sign(
    database: Database,
    village: Busy,
    intruder: Intruder,
    code: str,
    change: Callable[[dict[str, Any]], object],
) -> None:
    reversal = intruder.event("loans.EntryReversed")
    intruder.rewrite(reversal, change)
    assert named(run(database), code).event_id == str(reversal)


def test_nothing_is_reversed_twice(database: Database, village: Busy, intruder: Intruder) -> None:
    first, second = (intruder.event("loans.EntryReversed", nth=nth) for nth in (1, 2))
    target = intruder.body(first)["reverses"]
    intruder.rewrite(second, lambda body: body.update(reverses=target))
    twice = named(run(database), "reversed-twice")
    assert (twice.event_id, twice.facts["reverses"]) == (str(second), target)
