"""Times, work-days, readings, tasks and people, as clubs write them into a cell."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from exchange.workbook import care_words, people, times, vitals
from exchange.workbook.cells import Cell, CellError, ErrorValue
from exchange.workbook.people import Who
from exchange.workbook.times import Said

HALF = Decimal("0.5")


def code_of(parse: Callable[[Cell], Any], value: Any) -> str:
    with pytest.raises(CellError) as refused:
        parse(Cell(value))
    return refused.value.code


@pytest.mark.parametrize(
    ("value", "clock"),
    [
        ("15h30", "15:30"),
        ("8h", "08:00"),
        (" 8H00 ", "08:00"),
        ("15:30", "15:30"),
        ("7:05:59", "07:05"),
        ("15g30", "15:30"),
        ("15 giờ 30", "15:30"),
        ("8 giờ rưỡi", "08:30"),
        ("7.30", "07:30"),
        ("0730", "07:30"),
        ("3h chiều", "15:00"),
        ("12h trưa", "12:00"),
        ("7:30 PM", "19:30"),
        ("12:15 am", "00:15"),
        ("0h00", "00:00"),
        (Decimal("0.645833333333333"), "15:30"),
        (0, "00:00"),
        (8, "08:00"),
        (1530, "15:30"),
        (datetime.fromisoformat("2022-01-03T15:30"), "15:30"),
    ],
)
def test_a_clock_time_is_read(value: Any, clock: str) -> None:
    assert times.clock(Cell(value)) == clock


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("25h", "time-unreadable"),
        ("24:00", "time-unreadable"),
        ("7h60", "time-unreadable"),
        ("sáng", "time-unreadable"),
        ("7.5", "time-unreadable"),
        ("-1h", "time-unreadable"),
        (24, "time-unreadable"),
        (1575, "time-unreadable"),
        (-1, "time-unreadable"),
        (True, "time-unreadable"),
        (date(2022, 1, 3), "time-unreadable"),
        (Decimal("7.3"), "time-ambiguous"),
        (ErrorValue("#REF!"), "cell-error"),
    ],
)
def test_what_is_no_clock_time_is_refused(value: Any, code: str) -> None:
    assert code_of(times.clock, value) == code


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("90 phút", Said(minutes=90)),
        ("90p", Said(minutes=90)),
        ("1h30", Said(minutes=90)),
        ("1 giờ 30 phút", Said(minutes=90)),
        ("1,5 giờ", Said(minutes=90)),
        ("01:30", Said(minutes=90)),
        ("24h", Said(minutes=1440)),
        ("nửa ngày", Said(work_days=HALF)),
        ("buổi sáng", Said(work_days=HALF)),
        ("cả ngày", Said(work_days=Decimal(1))),
        ("15h30-16h30", Said(start="15:30", end="16:30")),
        ("8h đến 9h15", Said(start="08:00", end="09:15")),
    ],
)
def test_a_length_is_read(value: Any, said: Said) -> None:
    assert times.length(Cell(value)) == said


@pytest.mark.parametrize(
    ("value", "code"),
    [("90", "time-unreadable"), (90, "time-unreadable"), ("25 giờ", "time-too-long"),
     ("lâu", "time-unreadable"), ("0 phút", "time-unreadable"), ("", "time-unreadable")],
)  # fmt: skip
def test_a_length_without_a_unit_or_beyond_a_day_is_refused(value: Any, code: str) -> None:
    assert code_of(times.length, value) == code


@pytest.mark.parametrize(
    ("parse", "value", "minutes"),
    [
        (times.minutes, 90, 90),
        (times.minutes, "90", 90),
        (times.minutes, "90 phút", 90),
        (times.minutes, 1440, 1440),
        (times.hours, Decimal("1.5"), 90),
        (times.hours, "1,5", 90),
        (times.hours, "2 giờ", 120),
        (times.hours, 24, 1440),
    ],
)
def test_a_column_of_minutes_or_hours_is_read(
    parse: Callable[[Cell], int], value: Any, minutes: int
) -> None:
    assert parse(Cell(value)) == minutes


@pytest.mark.parametrize(
    ("parse", "value"), [(times.minutes, 1441), (times.minutes, 1500), (times.hours, 25)]
)
def test_more_than_a_day_is_refused(parse: Callable[[Cell], int], value: Any) -> None:
    assert code_of(parse, value) == "time-too-long"


@pytest.mark.parametrize(
    ("value", "days"),
    [
        (HALF, HALF),
        (1, 1),
        ("0,5", HALF),
        ("1/2", HALF),
        ("½", HALF),
        ("nửa công", HALF),
        ("Nửa ngày", HALF),
        ("1 công", 1),
        ("1,5 công", Decimal("1.5")),
        ("một công", 1),
        ("2 ngày công", 2),
        ("1.0", 1),
    ],
)
def test_work_days_are_read(value: Any, days: Any) -> None:
    assert times.work_days(Cell(value)) == days


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("-1", "work-days-out-of-range"),
        (-1, "work-days-out-of-range"),
        (0, "work-days-out-of-range"),
        ("0", "work-days-out-of-range"),
        (1001, "work-days-out-of-range"),
        (Decimal("0.00001"), "work-days-out-of-range"),
        ("nhiều", "work-days-unreadable"),
        (True, "work-days-unreadable"),
        (date(2018, 2, 1), "work-days-unreadable"),
    ],
)
def test_what_is_no_number_of_work_days_is_refused(value: Any, code: str) -> None:
    assert code_of(times.work_days, value) == code


@pytest.mark.parametrize(
    ("value", "pressure"),
    [
        ("156/68", (156, 68)),
        ("156/68 mmHg", (156, 68)),
        ("HA: 156 / 68mmhg", (156, 68)),
        ("60/30", (60, 30)),
        ("280/160", (280, 160)),
    ],
)
def test_a_blood_pressure_is_read(value: str, pressure: tuple[int, int]) -> None:
    assert vitals.pressure(Cell(value)) == pressure


@pytest.mark.parametrize(
    ("parse", "value", "code"),
    [
        (vitals.pressure, "59/40", "pressure-impossible"),
        (vitals.pressure, "281/90", "pressure-impossible"),
        (vitals.pressure, "100/29", "pressure-impossible"),
        (vitals.pressure, "200/161", "pressure-impossible"),
        (vitals.pressure, "80/80", "pressure-impossible"),
        (vitals.pressure, "15/8", "pressure-impossible"),
        (vitals.pressure, "cao", "pressure-unreadable"),
        (vitals.pressure, 156, "pressure-unreadable"),
        (vitals.pressure, date(2022, 8, 12), "pressure-unreadable"),
        (vitals.weight_grams, "19,9", "weight-impossible"),
        (vitals.weight_grams, Decimal("200.1"), "weight-impossible"),
        (vitals.weight_grams, "nhẹ", "weight-impossible"),
        (vitals.pulse, 29, "pulse-impossible"),
        (vitals.pulse, "221", "pulse-impossible"),
    ],
)
def test_a_reading_that_cannot_be_is_refused_without_repeating_it(
    parse: Callable[[Cell], Any], value: Any, code: str
) -> None:
    with pytest.raises(CellError) as refused:
        parse(Cell(value))
    assert refused.value.code == code
    assert str(value) not in refused.value.message


def test_weight_and_pulse_are_read() -> None:
    assert vitals.weight_grams(Cell("52,5 kg")) == 52_500
    assert vitals.weight_grams(Cell(Decimal(48))) == 48_000
    assert vitals.pulse(Cell("72 lần/phút")) == 72
    assert vitals.pulse(Cell(72)) == 72


@pytest.mark.parametrize(
    ("written", "codes", "unknown"),
    [
        ("Trò chuyện", ("SOC",), ()),
        ("Tắm rửa, vệ sinh", ("ADL",), ()),
        ("Dọn nhà, nấu cơm", ("HOU",), ()),
        ("Đo huyết áp, nhắc thuốc", ("HLT",), ()),
        ("Xoa bóp, tập đi", ("REH",), ()),
        ("Đi chợ, lấy thuốc", ("ERR",), ()),
        ("Cuốc vườn; sửa mái", ("FRM",), ()),
        ("Hướng dẫn chế độ BHYT", ("INF",), ()),
        ("Gọi xe cấp cứu", ("EMG",), ()),
        ("Nấu cơm và trò chuyện, đo huyết áp", ("SOC", "HOU", "HLT"), ()),
        ("soc + HLT", ("SOC", "HLT"), ()),
        ("Vệ sinh nhà cửa", ("HOU",), ()),
        ("Nấu cơm, cúng giỗ", ("HOU",), ("cúng giỗ",)),
    ],
)
def test_the_words_of_a_visit_become_tasks(
    written: str, codes: tuple[str, ...], unknown: tuple[str, ...]
) -> None:
    assert care_words.tasks(Cell(written)) == (codes, unknown)


@pytest.mark.parametrize(
    ("written", "activity", "label"),
    [
        ("Khắc phục bão lũ", "disaster_cleanup", "Khắc phục bão lũ"),
        ("Giúp hộ neo đơn", "household_help", "Giúp hộ neo đơn"),
        ("GIÚP HỘ NEO ĐƠN", "household_help", "Giúp hộ neo đơn"),
        ("Giúp hộ bị lũ lụt", "disaster_cleanup", "Giúp hộ bị lũ lụt"),
        ("Vệ sinh đường làng", "public_works", "Vệ sinh đường làng"),
        ("Trồng hoa, cây xanh", "public_works", "Trồng hoa, cây xanh"),
        ("Chăm sóc người ốm", "home_care", "Chăm sóc người ốm"),
        ("Bảo vệ hội trường", "other", "Bảo vệ hội trường"),
        ("Giúp bà Lan gặt lúa", "household_help", None),
    ],
)
def test_what_work_was_for_keeps_the_books_own_word_unless_it_names_somebody(
    written: str, activity: str, label: str | None
) -> None:
    meant = care_words.activity(Cell(written))
    assert (meant.activity, meant.label) == (activity, label)
    assert meant.about == (written if label is None else None)


def test_several_people_stand_in_one_cell() -> None:
    three = (Who("Vi Văn Ửng"), Who("Lộc Thúy Ngân"), Who("Bế Thị Lan"))
    for written in (
        "Vi Văn Ửng, Lộc Thúy Ngân và Bế Thị Lan",
        "Vi Văn Ửng; Lộc Thúy Ngân;Bế Thị Lan;",
        "Vi Văn Ửng\nLộc Thúy Ngân\n\nBế Thị Lan",
        "VI VĂN ỬNG, Lộc  Thúy Ngân, Bế Thị Lan, Vi Văn Ửng",
    ):
        assert people.several(Cell(written)) == three
    assert code_of(people.several, ", ".join(f"Vi Văn {n}a" for n in range(101))) == (
        "too-many-people"
    )


def test_a_neighbour_is_called_so() -> None:
    assert people.who(Cell("Lý Thị Bông (hàng xóm)")) == Who("Lý Thị Bông", neighbour=True)
    assert people.who(Cell("Lý Thị Bông (Ngoài CLB)")) == Who("Lý Thị Bông", neighbour=True)
    assert people.who(Cell("Lý Thị Bông")) == Who("Lý Thị Bông")
    assert people.neighbour(Cell("x"))
    assert people.neighbour(Cell("Hàng xóm"))
    assert not people.neighbour(Cell("Thành viên"))
    assert code_of(people.neighbour, "bạn") == "mark-unreadable"


def test_a_form_of_address_is_no_part_of_a_name() -> None:
    assert people.without_address("Hộ ông Lăng Văn Vượng") == "Lăng Văn Vượng"
    assert people.without_address("Lăng Văn Vượng") == "Lăng Văn Vượng"
    assert people.without_address("Bà") == "Bà"


def test_heads_are_counted() -> None:
    for written in (47, "47", "47 người", "47/62"):
        assert people.head_count(Cell(written)) == 47
    assert code_of(people.head_count, "đông") == "number-unreadable"
    assert people.group(Cell("25 người")) == 25
    assert people.group(Cell("Vi Văn Ửng")) is None
    assert code_of(people.group, "0 người") == "number-out-of-range"
