"""Places stand in the order of Vietnamese lists, from their first word on."""

from projections.vietnamese import place_key


def test_places_are_sorted_by_letters_and_then_tones() -> None:
    listed = ["Bắc Sơn", "Bình Gia", "Cao Lộc", "Chi Lăng", "Đình Lập", "Hữu Lũng", "Lạng Sơn"]
    listed += ["Lộc Bình", "Tràng Định", "Văn Lãng", "Văn Quan"]
    assert sorted(reversed(listed), key=place_key) == listed
