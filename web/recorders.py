"""Who wrote an entry down, in words: somebody, a program, or an import that somebody brought."""

from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

from web.translations import marked

_IMPORT = "import"
_IMPORTED, _IMPORTED_BY = marked("nhập từ sổ Excel"), marked("%(who)s, nhập từ sổ Excel")
_PROGRAMS: Final[Mapping[str, str]] = {
    "system": marked("máy tự ghi"),
    "access-log": marked("máy tự ghi"),
    "restore": marked("máy ghi khi khôi phục bản sao lưu"),
    "scenario": marked("dữ liệu mẫu"),
}
_PROGRAM = marked("một chương trình")


class Recorder(NamedTuple):
    person_id: UUID | None
    imports: bool
    """They did not type it: it came with a club's book."""
    text: str
    """What is said of them, in Vietnamese; `%(who)s` stands for their name."""


def recorder(actor: str) -> Recorder:
    """Of what stands in the log as who recorded an entry."""
    program, _, person = actor.rpartition(":")
    if actor == _IMPORT:
        return Recorder(None, True, _IMPORTED)
    person_id = _person(person)
    if program == _IMPORT:
        return Recorder(person_id, True, _IMPORTED_BY)
    return Recorder(person_id, False, "%(who)s" if person_id else _PROGRAMS.get(actor, _PROGRAM))


def _person(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
