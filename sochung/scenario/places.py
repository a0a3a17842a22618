"""Communes of Lạng Sơn as they are since 1 July 2025, by the district each lay in until then.

Codes and names of the General Statistics Office, taken from the package vietnam-provinces; the
hamlets are invented, in the sounds of Tày and Nùng place names.
"""

from typing import NamedTuple

PROVINCE = "Lạng Sơn"

_COMMUNES = """
Huyện Chi Lăng: 6463 Xã Chi Lăng, 6496 Xã Nhân Lý, 6481 Xã Chiến Thắng, 6517 Xã Quan Sơn,
 6475 Xã Bằng Mạc, 6505 Xã Vạn Linh
Huyện Hữu Lũng: 6385 Xã Hữu Lũng, 6457 Xã Tuấn Sơn, 6445 Xã Tân Thành, 6415 Xã Vân Nham,
 6391 Xã Yên Bình, 6427 Xã Cai Kinh
Huyện Tràng Định: 6040 Xã Thất Khê, 6001 Xã Đoàn Kết, 6046 Xã Tràng Định, 6016 Xã Quốc Khánh,
 6058 Xã Quốc Việt
Huyện Bình Gia: 6112 Xã Bình Gia, 6115 Xã Tân Văn, 6079 Xã Hồng Phong, 6091 Xã Thiện Thuật
Huyện Bắc Sơn: 6325 Xã Bắc Sơn, 6349 Xã Hưng Vũ, 6367 Xã Vũ Lăng, 6364 Xã Vũ Lễ
Huyện Văn Quan: 6253 Xã Văn Quan, 6280 Xã Điềm He, 6298 Xã Yên Phúc, 6286 Xã Khánh Khê
Huyện Văn Lãng: 6214 Xã Na Sầm, 6154 Xã Văn Lãng, 6148 Xã Thụy Hùng, 6172 Xã Hoàng Văn Thụ
Huyện Lộc Bình: 6529 Xã Lộc Bình, 6541 Xã Mẫu Sơn, 6526 Xã Na Dương, 6565 Xã Khuất Xá
Huyện Đình Lập: 6613 Xã Đình Lập, 6637 Xã Châu Sơn, 6616 Xã Thái Bình
Huyện Cao Lộc: 6184 Xã Đồng Đăng, 6193 Xã Cao Lộc, 6202 Xã Ba Sơn
Thành phố Lạng Sơn: 5986 Phường Tam Thanh, 5983 Phường Lương Văn Tri, 5977 Phường Đông Kinh
"""

_FIRST = "Nà Pác Khuổi Bản Cốc Phai Tam Lũng".split()
_SECOND = "Pàn Lầu Chuông Mò Slao Cáp Kéo Khoang Hin Phát Sầm Liền Tảng Vài Nưa Đông".split()


class Place(NamedTuple):
    hamlet: str
    commune: str
    commune_code: str
    district: str
    """The one it lay in until districts ended."""


def places() -> list[Place]:
    """One hamlet of each commune; "Nà Pàn" of Chi Lăng is the first."""
    found: list[Place] = []
    for line in _COMMUNES.replace("\n ", " ").strip().splitlines():
        district, communes = line.split(": ")
        for commune in communes.split(", "):
            code, name = commune.split(" ", 1)
            found.append(Place(_hamlet(len(found)), name, f"0{code}", district))
    return found


def _hamlet(number: int) -> str:
    """No two alike: the first word goes round, the second moves on with it."""
    first, second = number % len(_FIRST), (number + number // len(_SECOND)) % len(_SECOND)
    return f"{_FIRST[first]} {_SECOND[second]}"
