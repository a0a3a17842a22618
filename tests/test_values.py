"""Money, rates, text and dates are strict from the first byte, from Python and from JSON."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.values import (
    DONG_MAX,
    Amount,
    AmountOrNone,
    Birth,
    Code,
    Day,
    Dong,
    Name,
    Note,
    Percent,
    Rate,
    business_date,
    clean_text,
)

READ: dict[str, TypeAdapter[Any]] = {
    "amount": TypeAdapter(Amount),
    "amount or none": TypeAdapter(AmountOrNone),
    "dong": TypeAdapter(Dong),
    "percent": TypeAdapter(Percent),
    "day": TypeAdapter(Day),
    "name": TypeAdapter(Name),
    "note": TypeAdapter(Note),
    "code": TypeAdapter(Code),
}


def refused(kind: str, value: Any) -> bool:
    try:
        READ[kind].validate_python(value)
    except ValidationError:
        return True
    return False


# --- money -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["amount", "amount or none", "dong"])
@pytest.mark.parametrize(
    "value", [True, False, "5", 5.0, 1e3, None, Decimal(5), 2**63, -(2**63) - 1]
)
def test_only_a_whole_number_is_money(kind: str, value: Any) -> None:
    assert refused(kind, value)


@pytest.mark.parametrize("kind", ["amount", "amount or none", "dong"])
@pytest.mark.parametrize("text", ["true", '"5"', "5.0", "1e3", "null", str(2**63), "[5]", "1E0"])
def test_only_a_whole_number_is_money_in_json(kind: str, text: str) -> None:
    with pytest.raises(ValidationError):
        READ[kind].validate_json(text)


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("amount", 1, True),
        ("amount", 0, False),
        ("amount", -1, False),
        ("amount", DONG_MAX, True),
        ("amount", DONG_MAX + 1, False),
        ("amount or none", 0, True),
        ("amount or none", -1, False),
        ("amount or none", DONG_MAX + 1, False),
        ("dong", -(2**63), True),
        ("dong", 2**63 - 1, True),
    ],
)
def test_amounts_have_their_bounds(kind: str, value: int, fits: bool) -> None:
    assert refused(kind, value) != fits
    text = json.dumps(value)
    try:
        assert READ[kind].validate_json(text) == value
        assert fits
    except ValidationError:
        assert not fits


# --- rates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written"),
    [("0.7", "0.7"), ("0", "0"), ("20", "20"), ("1.66666667", "1.66666667"), ("1000", "1000"),
     ("1e2", "100"), ("7e-1", "0.7"), ("0.70", "0.70")],
)  # fmt: skip
def test_a_rate_is_an_exact_decimal_in_quotes(text: str, written: str) -> None:
    rate = Rate.model_validate({"percent": text, "per": "month"})
    assert rate.percent == Decimal(text)
    assert json.loads(rate.model_dump_json())["percent"] == written
    assert Rate.model_validate_json(rate.model_dump_json()) == rate


@pytest.mark.parametrize(
    "value",
    [0.7, 1, True, None, "NaN", "sNaN", "Infinity", "-Infinity", "1e400", "1e-400", "-1", "-0",
     "+1", "", " 0.7", "0.7 ", "0,7", "1_0", "٠.٧", "0.123456789", "1000.1", "0.7%", ".7", "7.",
     "0" * 21, Decimal("NaN"), Decimal("Infinity"), Decimal(-1)],
)  # fmt: skip
def test_nothing_else_is_a_rate(value: Any) -> None:
    assert refused("percent", value)


# --- days ------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["2024-02-29", "1900-01-01", "2999-12-31", date(2026, 3, 10)])
def test_a_day_is_written_year_month_day(value: Any) -> None:
    assert not refused("day", value)


@pytest.mark.parametrize(
    "value",
    [86_400, 0, 1.5, True, None, datetime(2026, 3, 10, tzinfo=UTC), "2023-02-29", "2026-13-01",
     "2026-3-10", "10/03/2026", "2026-03-10T00:00", "2026-03-10 ", "20260310", "2026-W10-2",
     "1899-12-31", "3000-01-01", "٢٠٢٦-03-10", "", date(1899, 12, 31)],
)  # fmt: skip
def test_nothing_else_is_a_day(value: Any) -> None:
    assert refused("day", value)


def test_the_business_date_is_the_one_in_viet_nam() -> None:
    assert business_date(datetime(2026, 3, 9, 16, 59, 59, tzinfo=UTC)) == date(2026, 3, 9)
    assert business_date(datetime(2026, 3, 9, 17, 0, tzinfo=UTC)) == date(2026, 3, 10)
    new_york = timezone(timedelta(hours=-5))
    assert business_date(datetime(2026, 3, 9, 12, 0, tzinfo=new_york)) == date(2026, 3, 10)
    with pytest.raises(ValueError, match="naive"):
        business_date(datetime(2026, 3, 10))  # noqa: DTZ001


# --- text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Nông Thị Hoà", "Nông Thị Hoà"),
        ("No\u0302ng Thi\u0323 Hoa\u0300", "Nông Thị Hoà"),  # NFD, as some keyboards write it
        ("  Nông \u00a0 Thị\tHoà \n", "Nông Thị Hoà"),
        ("một\nhai", "một\nhai"),
        ("Đặng 👵", "Đặng 👵"),
        (" \u00a0\t", ""),
    ],
)
def test_text_is_composed_and_its_blanks_are_single(text: str, clean: str) -> None:
    assert clean_text(text) == clean


@pytest.mark.parametrize(
    "code",
    [0, 0x07, 0x1B, 0x7F, 0x85, 0xD800, 0xDFFF, 0x061C, 0x200E, 0x200F, 0x202A, 0x202E, 0x2066,
     0x2069],
)  # fmt: skip
def test_no_control_half_character_or_change_of_direction_is_text(code: int) -> None:
    character = chr(code)
    with pytest.raises(ValueError, match="not allowed"):
        clean_text(f"Nông{character}Hoà")
    assert refused("name", f"Nông{character}Hoà")
    assert refused("note", f"Nông{character}Hoà")


@for_any(st.text())
def test_cleaned_text_is_clean(text: str) -> None:
    try:
        once = clean_text(text)
    except ValueError:
        return
    assert clean_text(once) == once


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        ("name", "", False),
        ("name", " \u00a0 ", False),
        ("name", "x" * 200, True),
        ("name", "x" * 201, False),
        ("name", "x" + " " * 300 + "y", True),
        ("note", "x" * 2000, True),
        ("note", "x" * 2001, False),
        ("name", 5, False),
        ("code", "BB 012/2026", True),
        ("code", "PT-2026-0001", True),
        ("code", "", False),
        ("code", " x", False),
        ("code", "x\n", False),
        ("code", "Biên bản", False),
        ("code", "x" * 41, False),
    ],
)
def test_names_notes_and_codes_have_their_bounds(kind: str, value: Any, fits: bool) -> None:
    assert refused(kind, value) != fits


# --- births ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "on", "fits"),
    [
        (1956, None, True),
        (1956, "1956-02-29", True),
        (1956, "1957-01-01", False),
        (1955, "1955-02-29", False),
        (1879, None, False),
        (1880, None, True),
        (None, "1956-02-29", False),
        ("1956", None, False),
        (56, None, False),
    ],
)
def test_a_birth_is_a_year_and_perhaps_its_day(year: Any, on: str | None, fits: bool) -> None:
    try:
        birth = Birth.model_validate({"year": year, "on": on})
    except ValidationError:
        assert not fits
    else:
        assert fits
        assert birth.year == year
