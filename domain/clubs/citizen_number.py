"""The citizen number (số định danh cá nhân, CCCD): twelve digits and what they say.

Three digits of the province of first registration (the list of 63 before the merger of July 2025),
one of century and sex, two of the birth year, six at random; there is no check digit (Decree
137/2015/NĐ-CP, article 13; Circular 59/2021/TT-BCA, article 4). A mismatch is a warning: papers
were mistyped before we saw them.
"""

import re
from typing import Final

from domain.clubs.events import Sex

PROVINCES: Final = frozenset(
    "001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 "
    "036 037 038 040 042 044 045 046 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 "
    "074 075 077 079 080 082 083 084 086 087 089 091 092 093 094 095 096".split()
)
"""The 63 provinces and cities before 1 July 2025; Lạng Sơn is 020."""

_NUMBER = re.compile(r"[0-9]{12}", re.ASCII)


def warnings_of(number: str, sex: Sex | None = None, birth_year: int | None = None) -> list[str]:
    """What does not fit, as codes; blanks between the digits are no matter."""
    digits = "".join(number.split())
    if not _NUMBER.fullmatch(digits):
        return ["citizen-number-form"]
    found = []
    if digits[:3] not in PROVINCES:
        found.append("citizen-number-province")
    # 0 and 1 are men and women born 1900-1999, 2 and 3 those of 2000-2099, and so on.
    century, is_female = divmod(int(digits[3]), 2)
    if sex is not None and is_female != (sex is Sex.FEMALE):
        found.append("citizen-number-sex")
    if birth_year is not None and 1900 + 100 * century + int(digits[4:6]) != birth_year:
        found.append("citizen-number-birth")
    return found
