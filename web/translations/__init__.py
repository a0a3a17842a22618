"""What the pages say. It is written in Vietnamese, and `en/*.po` has it in English.

The catalogues are read as they are when the service starts: there is nothing to compile, so a
checkout, an editable install and a wheel say the same.
"""

from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final, Literal

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from web import formats

Language = Literal["vi", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")


@cache
def translations(language: Language) -> NullTranslations:
    """Of Vietnamese there is nothing to translate."""
    if language == "vi":
        return NullTranslations()
    merged = Translations()
    for catalogue in sorted((files("web") / "translations" / language).iterdir(), key=str):
        with catalogue.open("rb") as lines:
            compiled = BytesIO()
            write_mo(compiled, read_po(lines, locale=language, abort_invalid=True))
        compiled.seek(0)
        merged.merge(Translations(compiled))
    return merged


def counted(language: Language, text: str, number: int) -> str:
    """`text` with `%(n)s` filled in. Vietnamese knows no plural: the one text stands for both."""
    said: str = translations(language).ngettext(text, text, number)
    return said % {"n": formats.number(number)}


def as_language(text: str | None) -> Language | None:
    return next((one for one in LANGUAGES if one == text), None)


def marked(text: str) -> str:
    """The text itself: it is translated where it is shown, and found by whoever lists the texts."""
    return text
