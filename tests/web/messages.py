"""What the templates and the pages' code say, and what the catalogues have of it."""

from functools import cache
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.words import WORDS

WEB = Path(__file__).parents[2] / "web"
_HOW = [("**.html", "jinja2"), ("**.py", "python")]
_MARKS = {"_": None, "gettext": None, "says": None, "counted": None, "marked": None}


@cache
def used() -> frozenset[str]:
    found = extract_from_dir(
        WEB, _HOW, keywords=_MARKS, options_map={"**.html": {"silent": "false", "trimmed": "true"}}
    )
    said = {one[2] if isinstance(one[2], str) else one[2][0] for one in found}
    return frozenset(said.union(*(words.values() for words in WORDS.values())))


@cache
def english() -> dict[str, tuple[str, ...]]:
    """One form of each, or two of what is counted."""
    said: dict[str, tuple[str, ...]] = {}
    for catalogue in (WEB / "translations" / "en").glob("*.po"):
        with catalogue.open("rb") as lines:
            for message in read_po(lines, locale="en", abort_invalid=True):
                if message.id:
                    text, *_ = message.id if message.pluralizable else (message.id,)
                    assert text not in said, f"twice: {text}"
                    said[text] = message.string if message.pluralizable else (message.string,)
    return said


if __name__ == "__main__":  # what is still to translate, as lines of a catalogue
    for text in sorted(used() - english().keys()):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        print(f'msgid "{quoted}"\nmsgstr ""\n')
