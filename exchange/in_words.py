"""An amount in words, as a voucher has it beside the figures: `một triệu không trăm linh năm`.

The rules are those of the schoolbook: after `mươi` one says `mốt` and `tư`, after `mười` and
`mươi` `lăm`; an empty place of tens is `linh`; behind a larger group a smaller one is read whole
(`không trăm`); groups of zeros are left unsaid. Above a billion one counts billions:
`nghìn tỷ`, `triệu tỷ`, `tỷ tỷ`.
"""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_BILLION = 10**9


def dong_in_words(amount: int, *, southern: bool = False) -> str:
    """A whole sentence for a voucher: `Năm triệu đồng`."""
    words = in_words(amount, southern=southern)
    return f"{words[0].upper()}{words[1:]} đồng"


def in_words(number: int, *, southern: bool = False) -> str:
    """Any whole number. In the South one says `lẻ` for `linh` and `ngàn` for `nghìn`."""
    words = _whole(abs(number), whole_hundreds=False)
    said = " ".join((["âm"] if number < 0 else []) + words)
    return said.replace("linh", "lẻ").replace("nghìn", "ngàn") if southern else said


def _whole(number: int, *, whole_hundreds: bool) -> list[str]:
    """`whole_hundreds`: something larger was said before, so `không trăm` is said too."""
    if number >= _BILLION:
        billions, rest = divmod(number, _BILLION)
        said = [*_whole(billions, whole_hundreds=whole_hundreds), "tỷ"]
        return said + (_whole(rest, whole_hundreds=True) if rest else [])
    groups = ((number // 10**6, "triệu"), (number // 1000 % 1000, "nghìn"), (number % 1000, ""))
    words: list[str] = []
    for group, unit in groups:
        if group:
            words += _below_thousand(group, whole=whole_hundreds or bool(words))
            words += [unit] if unit else []
    return words or [_DIGITS[0]]


def _below_thousand(number: int, *, whole: bool) -> list[str]:
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = [_DIGITS[hundreds], "trăm"] if hundreds or whole else []
    if tens == 0:
        return words + ((["linh"] if words else []) + [_DIGITS[ones]] if ones else [])
    words += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    return words + ([_after_tens(tens, ones)] if ones else [])


def _after_tens(tens: int, ones: int) -> str:
    if ones == 5:
        return "lăm"
    if tens > 1 and ones in (1, 4):
        return {1: "mốt", 4: "tư"}[ones]
    return _DIGITS[ones]
