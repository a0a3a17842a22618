"""Vietnamese order and search without ICU: letters first, tones second; given name first.

Agrees with ICU's vi collation on names (shared notes, ecosystem 1.6) and does not depend on what
the server was built with.
"""

import unicodedata

from domain.vietnamese import folded as folded

_LETTERS = {letter: n for n, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", start=3)}
# Level, grave, hook, tilde, acute, dot below: the order of the dictionaries.
_TONES = {"\u0300": 2, "\u0309": 3, "\u0303": 4, "\u0301": 5, "\u0323": 6}
_SPACE, _OTHER = 1, 2


def sort_key(name: str) -> bytes:
    """Sorts people as Vietnamese lists do: by given name (the last word), then the rest."""
    *before, given = name.split() or [""]
    letters, tones = _weights(" ".join([given, *before]))
    return letters + b"\x00" + tones


def place_key(name: str) -> bytes:
    """Sorts places and things, from their first word on: Bắc Sơn before Bình Gia, Đình Lập in D."""
    letters, tones = _weights(" ".join(name.split()))
    return letters + b"\x00" + tones


def finds(search: str, text: str) -> bool:
    """Whether each word of `search` begins a word of `text`, tones or not."""
    words = " " + folded(text)
    return all(" " + word in words for word in folded(search).split())


def _weights(text: str) -> tuple[bytes, bytes]:
    letters, tones = bytearray(), bytearray()
    for character in unicodedata.normalize("NFC", text.lower()):
        base, tone = _without_tone(character)
        if character == " ":
            letters.append(_SPACE)
            tones.append(1)
        else:
            letters.append(_LETTERS.get(base, _OTHER))
            tones.append(tone)
    return bytes(letters), bytes(tones)


def _without_tone(character: str) -> tuple[str, int]:
    marks = unicodedata.normalize("NFD", character)
    tone = next((_TONES[mark] for mark in marks if mark in _TONES), 1)
    rest = "".join(mark for mark in marks if mark not in _TONES)
    return unicodedata.normalize("NFC", rest), tone
