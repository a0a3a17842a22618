"""Invented people, as many villages of the province have them."""

from random import Random
from typing import NamedTuple

from domain.clubs.events import Sex

_FAMILY = "Nông Hoàng Lộc Vi Lý Triệu Hứa Chu Dương Phùng Đàm Bế Lương Trần Nguyễn Lăng".split()
_MIDDLE = {
    Sex.FEMALE: "Thị Thị Thị Kim Bích Ngọc Thúy Hồng".split(),
    Sex.MALE: "Văn Văn Xuân Đức Minh Quang Hữu".split(),
}
_GIVEN = {
    Sex.FEMALE: "Lan Phượng Huệ Mai Nga Đào Yến Thảo Hằng Ngân Slính Pảo Tươi Nguyệt Bích "
    "Lường Thắm Chín Én Nhình".split(),
    Sex.MALE: "Lâm Định Thắng Toàn Vượng Khánh Phúc Páo Kỳ Ửng Hùng Tình Vinh Slằng Pẩu "
    "Dũng Cao Thi Điện Bằng".split(),
}
_ETHNICITIES = ("Tày", "Nùng", "Kinh", "Dao")


class Invented(NamedTuple):
    name: str
    sex: Sex
    birth_year: int
    ethnicity: str


def somebody(dice: Random) -> Invented:
    """Two in three are women, two in three over sixty, as the programme asks of a club."""
    sex = Sex.FEMALE if dice.random() < 0.65 else Sex.MALE
    name = " ".join(dice.choice(words) for words in (_FAMILY, _MIDDLE[sex], _GIVEN[sex]))
    year = dice.randint(1936, 1957) if dice.random() < 0.66 else dice.randint(1962, 1995)
    return Invented(name, sex, year, dice.choices(_ETHNICITIES, (42, 43, 10, 5))[0])
