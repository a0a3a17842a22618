"""A citizen number tells province, century, sex and birth year; what does not fit is a warning."""

import pytest

from domain.clubs.citizen_number import PROVINCES, warnings_of
from domain.clubs.events import Sex


def test_there_are_63_provinces_before_the_merger() -> None:
    assert len(PROVINCES) == 63
    assert {"001", "020", "079", "096"} < PROVINCES


@pytest.mark.parametrize(
    ("number", "sex", "birth_year", "found"),
    [
        ("020158000123", Sex.FEMALE, 1958, []),
        ("020 158 000 123", Sex.FEMALE, 1958, []),
        ("020058000123", Sex.MALE, 1958, []),
        ("020205000123", Sex.MALE, 2005, []),
        ("020305000123", Sex.FEMALE, 2005, []),
        ("020158000123", None, None, []),
        ("020158000123", Sex.MALE, 1958, ["citizen-number-sex"]),
        ("020158000123", Sex.FEMALE, 1959, ["citizen-number-birth"]),
        ("020158000123", Sex.FEMALE, 2058, ["citizen-number-birth"]),
        ("021158000123", Sex.FEMALE, 1958, ["citizen-number-province"]),
        ("000000000000", Sex.FEMALE, 1958,
         ["citizen-number-province", "citizen-number-sex", "citizen-number-birth"]),
        ("02015800012", Sex.FEMALE, 1958, ["citizen-number-form"]),
        ("0201580001234", None, None, ["citizen-number-form"]),
        ("02015800012x", None, None, ["citizen-number-form"]),
        ("０２０158000123", None, None, ["citizen-number-form"]),
        ("082012345", None, None, ["citizen-number-form"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(
    number: str, sex: Sex | None, birth_year: int | None, found: list[str]
) -> None:
    assert warnings_of(number, sex, birth_year) == found
