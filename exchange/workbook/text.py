"""Text of a cell: cleaned, folded for comparison, stripped to bare words; names and vouchers."""

import re
import unicodedata

from domain.values import clean_text

NAME_MAX = 200
NOTE_MAX = 2000

_BLANKS = re.compile(r"\s+")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_VOUCHER = re.compile(r"(PT|PC)[ ./_-]*(\d{4})[ ./_-]*(\d{1,6})", re.ASCII)
_VOUCHER_TURNED = re.compile(r"(PT|PC)[ ./_-]*(\d{1,6})[ ./_-]+((?:19|20)\d{2})", re.ASCII)
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{0,39}")
# Two spellings of one sound, the tone on either vowel: Hoà and Hòa, Thuý and Thúy.
_TONE_PLACES = {
    first + marked: unicodedata.normalize("NFC", first + tone) + second
    for first, second in ("oa", "oe", "uy")
    for tone in "\u0300\u0301\u0309\u0303\u0323"
    for marked in [unicodedata.normalize("NFC", second + tone)]
}
_TONE_PLACE = re.compile("|".join(_TONE_PLACES))


def cleaned(text: str) -> str:
    """NFC on one line, blanks collapsed, invisible characters dropped.

    Raises `ValueError` on control characters and bidirectional controls.
    """
    return clean_text(_BLANKS.sub(" ", text.translate(_INVISIBLE)))


def printable(text: str) -> str:
    """Text for a message: what could steer a terminal or turn a line around becomes �."""
    return "".join(
        "\ufffd" if unicodedata.category(letter) in ("Cc", "Cf", "Cs") else letter
        for letter in text
    )


def fold(name: str) -> str:
    """The key two writings of one name share: NFC, lower case, blanks collapsed.

    Tones stay, since Hoa and Hòa are two people; where a tone may stand on either of two
    vowels (Hoà, Hòa) it is one name.
    """
    text = unicodedata.normalize("NFC", name.translate(_INVISIBLE)).lower()
    text = _BLANKS.sub(" ", text).strip()
    return _TONE_PLACE.sub(lambda found: _TONE_PLACES[found.group()], text)


def plain(text: str) -> str:
    """Bare words for recognising headers: no tones, no signs, lower case, đ as d."""
    bare = unicodedata.normalize("NFD", text.translate(_INVISIBLE)).lower().replace("đ", "d")
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", " ", letters).strip()


def proper(name: str) -> str:
    """A person's name for showing: written all in capitals it becomes Lộc Thúy Ngân."""
    text = cleaned(name)
    if text.isupper() and len(text) > 1:
        return " ".join(word[:1] + word[1:].lower() for word in text.split(" "))
    return text


def voucher_label(text: str) -> str | None:
    """`PT-2018-0001` however it was written; another bare label as it stands; else None."""
    label = cleaned(text)
    upper = label.upper()
    if found := _VOUCHER.fullmatch(upper):
        series, year, number = found.groups()
    elif found := _VOUCHER_TURNED.fullmatch(upper):
        series, number, year = found.groups()
    else:
        return label if _LABEL.fullmatch(label) else None
    if int(number) == 0 or not 1900 <= int(year) <= 2999:
        return label
    return f"{series}-{year}-{int(number):04d}"
