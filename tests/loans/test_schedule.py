"""Plans worked out by hand, plans against a second reading of the rules, and what is refused."""

import ast
import random
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from domain.loans import schedule as module
from domain.loans.schedule import (
    Every,
    LoanTerms,
    Method,
    Rounding,
    ScheduleRequest,
    Unit,
    due_date,
    effective_yearly_percent,
    schedule,
    stated_yearly_percent,
)
from domain.values import Per, Rate
from schedule_oracle import expected


def request(**terms: Any) -> ScheduleRequest:
    """4 monthly instalments of 1,200,000 at 1 % a month, unless told otherwise."""
    usual = {
        "principal": 1_200_000,
        "from": "2026-01-10",
        "instalments": 4,
        "rate": {"percent": "1", "per": "month"},
    }
    return ScheduleRequest.model_validate({**usual, **terms})


def yearly(percent: str) -> dict[str, str]:
    return {"percent": percent, "per": "year"}


def monthly(percent: str) -> dict[str, str]:
    return {"percent": percent, "per": "month"}


FREE = {"method": "interest_free", "rate": None}
# The textbook annuity: 1,000.00 over three years at 10 % a year is 402.11 a year.
TEXTBOOK = {
    "method": "equal_instalment",
    "principal": 100_000,
    "instalments": 3,
    "every": {"count": 1, "unit": "year"},
    "rate": yearly("10"),
}
WEEKLY = {"method": "bullet", "principal": 5_200_000, "instalments": 2}

# what the terms are, then (principal, interest, outstanding after) of each instalment
BY_HAND: dict[str, tuple[dict[str, Any], list[tuple[int, int, int]]]] = {
    "interest free": (
        FREE,
        [(300_000, 0, 900_000), (300_000, 0, 600_000), (300_000, 0, 300_000), (300_000, 0, 0)],
    ),
    "interest free whatever the rate": (
        {"method": "interest_free", "instalments": 2},
        [(600_000, 0, 600_000), (600_000, 0, 0)],
    ),
    "interest free, the last one takes the odd đồng": (
        {**FREE, "principal": 1_000_000, "instalments": 3},
        [(333_333, 0, 666_667), (333_333, 0, 333_334), (333_334, 0, 0)],
    ),
    "interest free, to the thousand": (
        {**FREE, "principal": 2_000_000, "instalments": 3, "round_instalment_to": 1000},
        [(667_000, 0, 1_333_000), (667_000, 0, 666_000), (666_000, 0, 0)],
    ),
    "interest free, down to the thousand": (
        {
            **FREE,
            "principal": 2_000_000,
            "instalments": 3,
            "round_instalment_to": 1000,
            "rounding": "down",
        },
        [(666_000, 0, 1_334_000), (666_000, 0, 668_000), (668_000, 0, 0)],
    ),
    "2.5 half up": (
        {**FREE, "principal": 10},
        [(3, 0, 7), (3, 0, 4), (3, 0, 1), (1, 0, 0)],
    ),
    "2.5 half even": (
        {**FREE, "principal": 10, "rounding": "half_even"},
        [(2, 0, 8), (2, 0, 6), (2, 0, 4), (4, 0, 0)],
    ),
    "3.5 half even": (
        {**FREE, "principal": 14, "rounding": "half_even"},
        [(4, 0, 10), (4, 0, 6), (4, 0, 2), (2, 0, 0)],
    ),
    "2.5 down": (
        {**FREE, "principal": 10, "rounding": "down"},
        [(2, 0, 8), (2, 0, 6), (2, 0, 4), (4, 0, 0)],
    ),
    "half even of multiples": (
        {
            **FREE,
            "principal": 5000,
            "instalments": 2,
            "round_instalment_to": 1000,
            "rounding": "half_even",
        },
        [(2000, 0, 3000), (3000, 0, 0)],
    ),
    "rounded up it is repaid early": (
        {**FREE, "principal": 6, "instalments": 5},
        [(1, 0, 5), (1, 0, 4), (1, 0, 3), (1, 0, 2), (2, 0, 0)],
    ),
    "rounded up it never goes below nothing": (
        {**FREE, "principal": 8, "instalments": 5},
        [(2, 0, 6), (2, 0, 4), (2, 0, 2), (2, 0, 0), (0, 0, 0)],
    ),
    "rounded to nothing, the last one takes all": (
        {**FREE, "principal": 400, "round_instalment_to": 1000},
        [(0, 0, 400), (0, 0, 400), (0, 0, 400), (400, 0, 0)],
    ),
    "interest free with principal grace": (
        {**FREE, "grace_principal": 1},
        [(0, 0, 1_200_000), (400_000, 0, 800_000), (400_000, 0, 400_000), (400_000, 0, 0)],
    ),
    "interest free with a balloon": (
        {**FREE, "balloon": 600_000},
        [(150_000, 0, 1_050_000), (150_000, 0, 900_000), (150_000, 0, 750_000), (750_000, 0, 0)],
    ),
    "rounding up leaves the balloon alone": (
        {**FREE, "principal": 1000, "balloon": 700, "round_instalment_to": 100},
        [(100, 0, 900), (100, 0, 800), (100, 0, 700), (700, 0, 0)],
    ),
    "rounding up stops at the balloon": (
        {**FREE, "principal": 1000, "balloon": 800, "round_instalment_to": 90},
        [(90, 0, 910), (90, 0, 820), (20, 0, 800), (800, 0, 0)],
    ),
    "flat": (
        {"method": "flat"},
        [
            (300_000, 12_000, 900_000),
            (300_000, 12_000, 600_000),
            (300_000, 12_000, 300_000),
            (300_000, 12_000, 0),
        ],
    ),
    "flat with principal grace": (
        {"method": "flat", "grace_principal": 2},
        [
            (0, 12_000, 1_200_000),
            (0, 12_000, 1_200_000),
            (600_000, 12_000, 600_000),
            (600_000, 12_000, 0),
        ],
    ),
    "flat, interest of two paid with the third": (
        {"method": "flat", "grace_interest_payment": 2},
        [
            (300_000, 0, 900_000),
            (300_000, 0, 600_000),
            (300_000, 36_000, 300_000),
            (300_000, 12_000, 0),
        ],
    ),
    "flat with a balloon": (
        {"method": "flat", "balloon": 600_000},
        [
            (150_000, 12_000, 1_050_000),
            (150_000, 12_000, 900_000),
            (150_000, 12_000, 750_000),
            (750_000, 12_000, 0),
        ],
    ),
    # 5.5 each, 16.5 in all; 338.83 a time
    "flat half up": (
        {"method": "flat", "principal": 1000, "instalments": 3, "rate": monthly("0.55")},
        [(333, 6, 667), (333, 6, 334), (334, 5, 0)],
    ),
    "flat half even": (
        {
            "method": "flat",
            "principal": 1000,
            "instalments": 3,
            "rate": monthly("0.55"),
            "rounding": "half_even",
        },
        [(333, 6, 667), (333, 6, 334), (334, 4, 0)],
    ),
    "flat down": (
        {
            "method": "flat",
            "principal": 1000,
            "instalments": 3,
            "rate": monthly("0.55"),
            "rounding": "down",
        },
        [(333, 5, 667), (333, 5, 334), (334, 6, 0)],
    ),
    # 0.5 each, 2 in all; 3 a time
    "flat interest never passes its total": (
        {"method": "flat", "principal": 10, "rate": monthly("5")},
        [(2, 1, 8), (2, 1, 6), (3, 0, 3), (3, 0, 0)],
    ),
    "flat, to the thousand": (
        {
            "method": "flat",
            "principal": 1_000_000,
            "instalments": 3,
            "round_instalment_to": 1000,
        },
        [(333_000, 10_000, 667_000), (333_000, 10_000, 334_000), (334_000, 10_000, 0)],
    ),
    # 7,350 each, 22,050 in all; 357,350 a time
    "flat, interest to the thousand": (
        {
            "method": "flat",
            "principal": 1_050_000,
            "instalments": 3,
            "rate": monthly("0.7"),
            "round_interest_to": 1000,
        },
        [(350_350, 7000, 699_650), (350_350, 7000, 349_300), (349_300, 8000, 0)],
    ),
    "equal principal": (
        {"method": "equal_principal"},
        [
            (300_000, 12_000, 900_000),
            (300_000, 9000, 600_000),
            (300_000, 6000, 300_000),
            (300_000, 3000, 0),
        ],
    ),
    "equal principal with principal grace": (
        {"method": "equal_principal", "grace_principal": 1},
        [
            (0, 12_000, 1_200_000),
            (400_000, 12_000, 800_000),
            (400_000, 8000, 400_000),
            (400_000, 4000, 0),
        ],
    ),
    "equal principal, interest of two paid with the third": (
        {"method": "equal_principal", "grace_interest_payment": 2},
        [
            (300_000, 0, 900_000),
            (300_000, 0, 600_000),
            (300_000, 27_000, 300_000),
            (300_000, 3000, 0),
        ],
    ),
    "equal principal, nothing due in the first month": (
        {"method": "equal_principal", "grace_principal": 1, "grace_interest_payment": 1},
        [
            (0, 0, 1_200_000),
            (400_000, 24_000, 800_000),
            (400_000, 8000, 400_000),
            (400_000, 4000, 0),
        ],
    ),
    "equal principal with a balloon": (
        {"method": "equal_principal", "balloon": 600_000},
        [
            (150_000, 12_000, 1_050_000),
            (150_000, 10_500, 900_000),
            (150_000, 9000, 750_000),
            (750_000, 7500, 0),
        ],
    ),
    "equal principal with grace and a balloon": (
        {"method": "equal_principal", "grace_principal": 2, "balloon": 200_000},
        [
            (0, 12_000, 1_200_000),
            (0, 12_000, 1_200_000),
            (500_000, 12_000, 700_000),
            (700_000, 7000, 0),
        ],
    ),
    "equal principal, both to the thousand": (
        {
            "method": "equal_principal",
            "principal": 1_000_000,
            "instalments": 3,
            "round_instalment_to": 1000,
            "round_interest_to": 1000,
        },
        [(333_000, 10_000, 667_000), (333_000, 7000, 334_000), (334_000, 3000, 0)],
    ),
    "equal principal, only principal to the thousand": (
        {
            "method": "equal_principal",
            "principal": 1_000_000,
            "instalments": 3,
            "round_instalment_to": 1000,
        },
        [(333_000, 10_000, 667_000), (333_000, 6670, 334_000), (334_000, 3340, 0)],
    ),
    "equal principal, down": (
        {
            "method": "equal_principal",
            "principal": 4_000_000,
            "instalments": 6,
            "rate": monthly("0.8"),
            "rounding": "down",
        },
        [
            (666_666, 32_000, 3_333_334),
            (666_666, 26_666, 2_666_668),
            (666_666, 21_333, 2_000_002),
            (666_666, 16_000, 1_333_336),
            (666_666, 10_666, 666_670),
            (666_670, 5333, 0),
        ],
    ),
    "the interface's own example": (
        {
            "method": "equal_principal",
            "principal": 5_000_000,
            "instalments": 12,
            "rate": monthly("0.7"),
        },
        [
            (416_667, 35_000, 4_583_333),
            (416_667, 32_083, 4_166_666),
            (416_667, 29_167, 3_749_999),
            (416_667, 26_250, 3_333_332),
            (416_667, 23_333, 2_916_665),
            (416_667, 20_417, 2_499_998),
            (416_667, 17_500, 2_083_331),
            (416_667, 14_583, 1_666_664),
            (416_667, 11_667, 1_249_997),
            (416_667, 8750, 833_330),
            (416_667, 5833, 416_663),
            (416_663, 2917, 0),
        ],
    ),
    "annuity": (
        TEXTBOOK,
        [(30_211, 10_000, 69_789), (33_232, 6979, 36_557), (36_557, 3656, 0)],
    ),
    # 12,000 / (1 - 1.01^-4) = 307,537.31
    "annuity, monthly": (
        {"method": "equal_instalment"},
        [
            (295_537, 12_000, 904_463),
            (298_492, 9045, 605_971),
            (301_477, 6060, 304_494),
            (304_494, 3045, 0),
        ],
    ),
    "annuity at 0 %": (
        {"method": "equal_instalment", "rate": monthly("0"), "instalments": 2},
        [(600_000, 0, 600_000), (600_000, 0, 0)],
    ),
    "annuity at 0 % with a balloon": (
        {"method": "equal_instalment", "rate": monthly("0"), "instalments": 2, "balloon": 200_000},
        [(500_000, 0, 700_000), (700_000, 0, 0)],
    ),
    "annuity with principal grace": (
        {**TEXTBOOK, "instalments": 4, "grace_principal": 1},
        [
            (0, 10_000, 100_000),
            (30_211, 10_000, 69_789),
            (33_232, 6979, 36_557),
            (36_557, 3656, 0),
        ],
    ),
    "annuity, interest of the first paid with the second": (
        {**TEXTBOOK, "grace_interest_payment": 1},
        [(30_211, 0, 69_789), (33_232, 16_979, 36_557), (36_557, 3656, 0)],
    ),
    "annuity, all interest at the end": (
        {**TEXTBOOK, "grace_interest_payment": 2},
        [(30_211, 0, 69_789), (33_232, 0, 36_557), (36_557, 20_635, 0)],
    ),
    # (133,100 - 33,100) x 0.1 / 0.331 = 30,211.48
    "annuity with a balloon": (
        {**TEXTBOOK, "balloon": 33_100},
        [(20_211, 10_000, 79_789), (22_232, 7979, 57_557), (57_557, 5756, 0)],
    ),
    "annuity with grace and a balloon": (
        {**TEXTBOOK, "instalments": 4, "grace_principal": 1, "balloon": 33_100},
        [
            (0, 10_000, 100_000),
            (20_211, 10_000, 79_789),
            (22_232, 7979, 57_557),
            (57_557, 5756, 0),
        ],
    ),
    "annuity, the balloon is everything": (
        {**TEXTBOOK, "balloon": 100_000},
        [(0, 10_000, 100_000), (0, 10_000, 100_000), (100_000, 10_000, 0)],
    ),
    "annuity, to the thousand": (
        {**TEXTBOOK, "round_instalment_to": 1000},
        [(30_000, 10_000, 70_000), (33_000, 7000, 37_000), (37_000, 3700, 0)],
    ),
    "annuity, rounded far up": (
        {**TEXTBOOK, "round_instalment_to": 25_000},
        [(40_000, 10_000, 60_000), (44_000, 6000, 16_000), (16_000, 1600, 0)],
    ),
    "annuity, rounded up past the debt": (
        {**TEXTBOOK, "round_instalment_to": 75_000},
        [(65_000, 10_000, 35_000), (35_000, 3500, 0), (0, 0, 0)],
    ),
    "annuity, the rounded total is less than the interest": (
        {**TEXTBOOK, "rate": yearly("30"), "round_instalment_to": 29_000, "rounding": "down"},
        [(0, 30_000, 100_000), (0, 30_000, 100_000), (100_000, 30_000, 0)],
    ),
    "bullet": (
        {"method": "bullet"},
        [
            (0, 12_000, 1_200_000),
            (0, 12_000, 1_200_000),
            (0, 12_000, 1_200_000),
            (1_200_000, 12_000, 0),
        ],
    ),
    "bullet with principal grace is the same": (
        {"method": "bullet", "instalments": 2, "grace_principal": 1},
        [(0, 12_000, 1_200_000), (1_200_000, 12_000, 0)],
    ),
    "bullet with a balloon is the same": (
        {"method": "bullet", "instalments": 2, "balloon": 500_000},
        [(0, 12_000, 1_200_000), (1_200_000, 12_000, 0)],
    ),
    "bullet, all interest at the end": (
        {"method": "bullet", "grace_interest_payment": 3},
        [(0, 0, 1_200_000), (0, 0, 1_200_000), (0, 0, 1_200_000), (1_200_000, 48_000, 0)],
    ),
    "bullet, 2.5 half up": (
        {"method": "bullet", "principal": 250, "instalments": 2},
        [(0, 3, 250), (250, 3, 0)],
    ),
    "bullet, 2.5 half even": (
        {"method": "bullet", "principal": 250, "instalments": 2, "rounding": "half_even"},
        [(0, 2, 250), (250, 2, 0)],
    ),
    "bullet, interest to the thousand": (
        {"method": "bullet", "principal": 1_250_000, "instalments": 2, "round_interest_to": 1000},
        [(0, 13_000, 1_250_000), (1_250_000, 13_000, 0)],
    ),
    "one instalment": ({"method": "equal_instalment", "instalments": 1}, [(1_200_000, 12_000, 0)]),
    "a month of a yearly rate": (
        {"method": "bullet", "instalments": 1, "rate": yearly("12")},
        [(1_200_000, 12_000, 0)],
    ),
    "two months": (
        {"method": "bullet", "instalments": 1, "every": {"count": 2, "unit": "month"}},
        [(1_200_000, 24_000, 0)],
    ),
    "weeks of a yearly rate": (
        {**WEEKLY, "every": {"unit": "week"}, "rate": yearly("12")},
        [(0, 12_000, 5_200_000), (5_200_000, 12_000, 0)],
    ),
    "fortnights of a monthly rate": (
        {**WEEKLY, "every": {"count": 2, "unit": "week"}},
        [(0, 24_000, 5_200_000), (5_200_000, 24_000, 0)],
    ),
    "quarters of a yearly rate": (
        {"method": "bullet", "instalments": 1, "every": {"unit": "quarter"}, "rate": yearly("12")},
        [(1_200_000, 36_000, 0)],
    ),
    "years of a monthly rate": (
        {"method": "bullet", "instalments": 1, "every": {"unit": "year"}},
        [(1_200_000, 144_000, 0)],
    ),
}


def check(terms: dict[str, Any], rows: list[tuple[int, int, int]]) -> None:
    plan = schedule(request(**terms))
    assert [(r.principal, r.interest, r.outstanding_after) for r in plan.instalments] == rows
    assert [r.number for r in plan.instalments] == list(range(1, len(rows) + 1))
    assert [r.total for r in plan.instalments] == [row[0] + row[1] for row in rows]
    assert plan.total_principal == sum(row[0] for row in rows)
    assert plan.total_interest == sum(row[1] for row in rows)
    assert plan.total == plan.total_principal + plan.total_interest


@pytest.mark.parametrize("name", BY_HAND)
def test_the_plan_is_the_one_worked_out_by_hand(name: str) -> None:
    check(*BY_HAND[name])


def test_thirty_years_at_six_percent_is_the_mortgage_of_the_textbooks() -> None:
    plan = schedule(
        request(method="equal_instalment", principal=20_000_000, instalments=360, rate=yearly("6"))
    )
    first, last = plan.instalments[0], plan.instalments[-1]
    assert (first.principal, first.interest, first.total) == (19_910, 100_000, 119_910)
    assert last.outstanding_after == 0
    assert abs(last.total - 119_910) < 360


def test_a_whole_plan_as_it_leaves_the_api() -> None:
    body = {
        "principal": 1_000_000,
        "from": "2026-01-31",
        "instalments": 2,
        "rate": {"percent": "0.7", "per": "month"},
        "method": "equal_principal",
    }
    assert schedule(ScheduleRequest.model_validate(body)).model_dump(mode="json") == {
        "instalments": [
            {
                "number": 1,
                "due_on": "2026-02-28",
                "principal": 500_000,
                "interest": 7000,
                "total": 507_000,
                "outstanding_after": 500_000,
            },
            {
                "number": 2,
                "due_on": "2026-03-31",
                "principal": 500_000,
                "interest": 3500,
                "total": 503_500,
                "outstanding_after": 0,
            },
        ],
        "total_principal": 1_000_000,
        "total_interest": 10_500,
        "total": 1_010_500,
    }


REFUSED: dict[str, dict[str, Any]] = {
    "rate: the method flat needs one": {"method": "flat", "rate": None},
    "grace_principal must be fewer": {"grace_principal": 4},
    "grace_interest_payment must be fewer": {"grace_interest_payment": 4},
    "balloon must not exceed the principal": {"balloon": 1_200_001},
    "after the year 2999": {"from": "2999-09-10"},
    "after the year 2999 ": {"every": {"count": 120, "unit": "year"}, "instalments": 600},
    "the interest would exceed": {"principal": 10**13, "rate": monthly("25.1")},
    "greater than or equal to 1": {"instalments": 0},
    "less than or equal to 600": {"instalments": 601},
    "less than or equal to 120": {"every": {"count": 121}},
    "greater than 0": {"principal": 0},
    "less than or equal to 10000000000000": {"principal": 10**13 + 1},
    "valid integer": {"principal": 5.0},
    "valid integer ": {"instalments": True},
    "valid integer  ": {"balloon": "1"},
    "decimal number in quotes": {"rate": {"percent": 0.7, "per": "month"}},
    "'half_up', 'half_even' or 'down'": {"rounding": "up"},
    "'month', 'week', 'quarter' or 'year'": {"every": {"unit": "day"}},
    "greater than or equal to 1 ": {"round_instalment_to": 0},
    "greater than or equal to 1  ": {"round_interest_to": 0},
    "greater than or equal to 0": {"grace_principal": -1},
    "greater than or equal to 0 ": {"balloon": -1},
    "Extra inputs": {"currency": "VND"},
    "Extra inputs ": {"start": "2026-01-10"},
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_terms_that_contradict_themselves_are_refused(sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence.strip()):
        request(**{"method": "equal_principal", **REFUSED[sentence]})


def test_the_boundary_of_each_refusal_is_allowed() -> None:
    for terms in (
        {"grace_principal": 3, "grace_interest_payment": 3},
        {"balloon": 1_200_000},
        {"balloon": 0},
        {"from": "2999-08-31"},
        {"principal": 10**13, "rate": monthly("25")},
    ):
        plan = schedule(request(**{"method": "equal_instalment", **terms}))
        assert plan.instalments[-1].outstanding_after == 0


def test_terms_and_requests_come_back_from_json_as_they_went() -> None:
    asked = request(method="flat", every={"count": 2, "unit": "week"}, rounding="half_even")
    written = asked.model_dump_json(by_alias=True)
    assert '"from":"2026-01-10"' in written
    assert ScheduleRequest.model_validate_json(written) == asked
    terms = LoanTerms.model_validate({"instalments": 3, "method": "interest_free"})
    assert LoanTerms.model_validate_json(terms.model_dump_json(by_alias=True)) == terms
    assert (terms.every, terms.rounding, terms.balloon) == (Every(), Rounding.HALF_UP, None)
    made = ScheduleRequest.of(terms, 300, date(2026, 1, 10))
    plan = schedule(made)
    assert [row.principal for row in plan.instalments] == [100, 100, 100]
    assert type(plan).model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize(
    ("start", "count", "unit", "days"),
    [
        ("2026-01-31", 1, "month", ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2028-01-30", 1, "month", ["2028-02-29", "2028-03-30", "2028-04-30"]),
        ("2026-11-30", 3, "month", ["2027-02-28", "2027-05-30"]),
        ("2026-11-30", 1, "quarter", ["2027-02-28", "2027-05-30"]),
        ("2028-02-29", 1, "year", ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2026-12-28", 1, "week", ["2027-01-04", "2027-01-11"]),
        ("2026-02-10", 2, "week", ["2026-02-24", "2026-03-10"]),
        ("2026-12-10", 1, "month", ["2027-01-10"]),
        ("2026-12-31", 12, "month", ["2027-12-31"]),
    ],
)
def test_due_dates_step_by_the_calendar_and_never_drift(
    start: str, count: int, unit: str, days: list[str]
) -> None:
    every = Every(count=count, unit=Unit(unit))
    stepped = [
        due_date(date.fromisoformat(start), every, number) for number in range(1, len(days) + 1)
    ]
    assert [day.isoformat() for day in stepped] == days


def test_the_stated_rate_is_that_of_a_whole_year() -> None:
    assert stated_yearly_percent(Rate(percent=Decimal("0.7"), per=Per.MONTH)) == Decimal("8.4")
    assert stated_yearly_percent(Rate(percent=Decimal("12.5"), per=Per.YEAR)) == Decimal("12.5")


@pytest.mark.parametrize(
    ("terms", "percent"),
    [
        ({"method": "flat", "instalments": 12, "principal": 12_000_000}, "21.46"),
        ({"method": "equal_instalment", "principal": 10**12}, "12.00"),
        ({"method": "equal_principal"}, "12.00"),
        ({"method": "bullet", "every": {"unit": "quarter"}}, "12.00"),
        ({"method": "equal_principal", "every": {"unit": "week"}, "principal": 10**12}, "12.00"),
        ({"method": "flat", "instalments": 1, "rate": monthly("1000")}, "12000.00"),
        ({"method": "interest_free"}, "0.00"),
    ],
)
def test_the_effective_rate_is_what_the_payments_really_cost(
    terms: dict[str, Any], percent: str
) -> None:
    asked = request(**terms)
    assert effective_yearly_percent(schedule(asked), asked.every) == Decimal(percent)


def _any_request(dice: random.Random) -> ScheduleRequest:
    instalments = dice.choice([1, 2, 3, dice.randint(1, 12), dice.randint(1, 60)])
    principal = dice.choice(
        [dice.randint(1, 60), dice.randint(1, 10**6) * 1000, dice.randint(1, 10**9)]
    )
    graced = dice.random() < 0.4
    multiples = [1, 1, 1, 2, 7, 100, 1000, 50_000]
    return ScheduleRequest.model_validate(
        {
            "principal": principal,
            "from": date.fromordinal(dice.randint(date(2020, 1, 1).toordinal(), 750_000)),
            "instalments": instalments,
            "every": {"count": dice.choice([1, 1, 2, 3]), "unit": dice.choice(list(Unit))},
            "rate": {
                "percent": dice.choice(["0", "0.5", "0.7", "1", f"{dice.randint(0, 3000)}e-3"]),
                "per": dice.choice(list(Per)),
            },
            "method": dice.choice(list(Method)),
            "grace_principal": dice.randrange(instalments) if graced else 0,
            "grace_interest_payment": dice.randrange(instalments) if dice.random() < 0.4 else 0,
            "round_instalment_to": dice.choice(multiples),
            "round_interest_to": dice.choice(multiples),
            "rounding": dice.choice(list(Rounding)),
            "balloon": dice.choice([None, None, 0, dice.randint(0, principal), principal]),
        }
    )


def test_ten_thousand_plans_agree_with_a_second_reading_of_the_rules() -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _ in range(10_000):
        asked = _any_request(dice)
        plan = schedule(asked)
        rows = [(r.due_on, r.principal, r.interest, r.outstanding_after) for r in plan.instalments]
        assert rows == expected(asked), (seed, asked)

        outstanding = asked.principal
        for row in plan.instalments:
            outstanding -= row.principal
            assert min(row.principal, row.interest, row.outstanding_after) >= 0, (seed, asked)
            assert row.outstanding_after == outstanding, (seed, asked)
            assert row.total == row.principal + row.interest, (seed, asked)
        assert outstanding == 0, (seed, asked)
        assert plan.total_principal == asked.principal
        assert plan.total_interest == sum(row.interest for row in plan.instalments)
        assert plan.total == sum(row.total for row in plan.instalments)


def test_no_float_comes_near_the_arithmetic() -> None:
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))
        assert not (isinstance(node, ast.Name) and node.id in ("float", "round"))
