"""Amounts in words: a table that a schoolteacher would accept, and rules over all numbers."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.in_words import dong_in_words, in_words

TABLE = {
    0: "không",
    1: "một",
    4: "bốn",
    5: "năm",
    10: "mười",
    11: "mười một",
    14: "mười bốn",
    15: "mười lăm",
    19: "mười chín",
    20: "hai mươi",
    21: "hai mươi mốt",
    24: "hai mươi tư",
    25: "hai mươi lăm",
    31: "ba mươi mốt",
    44: "bốn mươi tư",
    55: "năm mươi lăm",
    91: "chín mươi mốt",
    99: "chín mươi chín",
    100: "một trăm",
    101: "một trăm linh một",
    104: "một trăm linh bốn",
    105: "một trăm linh năm",
    110: "một trăm mười",
    111: "một trăm mười một",
    114: "một trăm mười bốn",
    115: "một trăm mười lăm",
    121: "một trăm hai mươi mốt",
    124: "một trăm hai mươi tư",
    125: "một trăm hai mươi lăm",
    205: "hai trăm linh năm",
    500: "năm trăm",
    555: "năm trăm năm mươi lăm",
    999: "chín trăm chín mươi chín",
    1_000: "một nghìn",
    1_001: "một nghìn không trăm linh một",
    1_010: "một nghìn không trăm mười",
    1_015: "một nghìn không trăm mười lăm",
    1_021: "một nghìn không trăm hai mươi mốt",
    1_100: "một nghìn một trăm",
    1_105: "một nghìn một trăm linh năm",
    5_000: "năm nghìn",
    10_000: "mười nghìn",
    15_000: "mười lăm nghìn",
    21_000: "hai mươi mốt nghìn",
    24_500: "hai mươi tư nghìn năm trăm",
    50_005: "năm mươi nghìn không trăm linh năm",
    55_555: "năm mươi lăm nghìn năm trăm năm mươi lăm",
    100_000: "một trăm nghìn",
    101_000: "một trăm linh một nghìn",
    105_500: "một trăm linh năm nghìn năm trăm",
    450_000: "bốn trăm năm mươi nghìn",
    833_333: "tám trăm ba mươi ba nghìn ba trăm ba mươi ba",
    999_999: "chín trăm chín mươi chín nghìn chín trăm chín mươi chín",
    1_000_000: "một triệu",
    1_000_001: "một triệu không trăm linh một",
    1_000_005: "một triệu không trăm linh năm",
    1_000_500: "một triệu năm trăm",
    1_005_000: "một triệu không trăm linh năm nghìn",
    1_021_000: "một triệu không trăm hai mươi mốt nghìn",
    2_050_000: "hai triệu không trăm năm mươi nghìn",
    4_500_000: "bốn triệu năm trăm nghìn",
    5_000_000: "năm triệu",
    15_000_000: "mười lăm triệu",
    21_004_015: "hai mươi mốt triệu không trăm linh bốn nghìn không trăm mười lăm",
    50_000_000: "năm mươi triệu",
    101_000_000: "một trăm linh một triệu",
    400_000_000: "bốn trăm triệu",
    1_000_000_000: "một tỷ",
    1_000_000_005: "một tỷ không trăm linh năm",
    1_000_005_000: "một tỷ không trăm linh năm nghìn",
    1_005_000_000: "một tỷ không trăm linh năm triệu",
    2_100_000_000: "hai tỷ một trăm triệu",
    1_234_567_891: (
        "một tỷ hai trăm ba mươi tư triệu năm trăm sáu mươi bảy nghìn tám trăm chín mươi mốt"
    ),
    25_000_000_000: "hai mươi lăm tỷ",
    1_000_000_000_000: "một nghìn tỷ",
    1_005_000_000_000: "một nghìn không trăm linh năm tỷ",
    10_000_000_000_000: "mười nghìn tỷ",
    1_000_000_000_000_001: "một triệu tỷ không trăm linh một",
    2_000_000_000_000_000_000: "hai tỷ tỷ",
    -21_000: "âm hai mươi mốt nghìn",
}


@pytest.mark.parametrize(("number", "words"), TABLE.items())
def test_the_table(number: int, words: str) -> None:
    assert in_words(number) == words


def test_the_table_is_long_enough_and_holds_every_edge() -> None:
    assert len(TABLE) >= 60
    said = " ".join(TABLE.values()).split()
    assert set(said) >= {"mốt", "lăm", "linh", "tư", "nghìn", "triệu", "tỷ", "không", "mười"}


def test_in_the_south() -> None:
    assert in_words(1_004_105, southern=True) == (
        "một triệu không trăm lẻ bốn ngàn một trăm lẻ năm"
    )


def test_on_a_voucher_it_is_a_sentence() -> None:
    assert dong_in_words(5_000_000) == "Năm triệu đồng"
    assert dong_in_words(0) == "Không đồng"
    assert dong_in_words(21_024) == "Hai mươi mốt nghìn không trăm hai mươi tư đồng"


_VALUE = {
    **{word: n for n, word in enumerate("không một hai ba bốn năm sáu bảy tám chín".split())},
    "mốt": 1,
    "tư": 4,
    "lăm": 5,
}


def _read(words: str) -> int:
    """Reads words back by another path: each unit multiplies what stands before it."""
    billions, _, rest = words.rpartition(" tỷ")
    if billions:
        return _read(billions) * 10**9 + (_read(rest.strip()) if rest.strip() else 0)
    total = group = 0
    for word in rest.split() or words.split():
        if word in ("nghìn", "triệu"):
            total, group = total + group * {"nghìn": 1000, "triệu": 10**6}[word], 0
        elif word == "trăm":
            group *= 100
        elif word == "mươi":
            group = group // 100 * 100 + group % 100 * 10
        elif word == "mười":
            group += 10
        elif word != "linh":
            group += _VALUE[word]
    return total + group


@given(st.one_of(st.integers(0, 10**7), st.integers(0, 2**63 - 1)))
def test_the_words_say_the_number_and_keep_the_rules(number: int) -> None:
    words = in_words(number)
    assert _read(words) == number
    assert not re.search(r"mươi (một|bốn|năm)\b|mười (mốt|tư|năm)\b|linh (mốt|tư|lăm)\b", words)
    assert "  " not in words
