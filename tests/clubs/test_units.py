"""Today's communes, read from a data file: found as people write them, or not at all."""

import subprocess
import sys

import pytest

from desk.units import code_of, matching, units


def test_there_are_34_provinces_today() -> None:
    assert len({unit.province_code for unit in units()}) == 34
    assert len({unit.code for unit in units()}) == len(units()) > 3_000


@pytest.mark.parametrize(
    ("commune", "province", "found"),
    [
        ("Xã Quan Sơn", "Lạng Sơn", True),
        ("Quan Sơn", "Tỉnh Lạng Sơn", True),
        ("xã quan sơn", "lang son", True),
        ("Xã Quý Hoà", "Lạng Sơn", True),  # the other place for the tone
        ("Phường Tam Thanh", "Lạng Sơn", True),
        ("Hoàn Kiếm", "Hà Nội", True),
        ("Hoàn Kiếm", "Lạng Sơn", False),
        ("Xã Không Có", "Lạng Sơn", False),
        ("Xã Quan Sơn", "Tỉnh Không Có", False),
        ("Xã", "Lạng Sơn", False),
    ],
)
def test_a_commune_is_found_as_people_write_it(commune: str, province: str, found: bool) -> None:
    code = code_of(commune, province)
    assert (code is not None) == found
    if code is not None:
        assert len(code) == 5


def test_a_search_takes_beginnings_of_words_without_tones() -> None:
    assert [unit.name for unit in matching("quan so", "Lạng Sơn")] == ["Xã Quan Sơn"]
    assert len(matching(None, "Lạng Sơn")) == 65
    assert matching("uan", "Lạng Sơn") == []


def test_code_under_another_licence_is_never_imported() -> None:
    asked = (
        "import sys; from desk.units import units; assert units(); "
        "sys.exit('vietnam_provinces' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
