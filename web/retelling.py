"""The form in which an entry is told anew: its fields as they were told, and what was typed."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, get_args

from starlette.datastructures import FormData

from api.corrections import STAND_INS
from api.parameters import UUID_TEXT
from projections.sentences.words import MONEY
from web import typed
from web.entering import texts

_WHO = ("volunteer_ids", "helped", "attended", "participants", "given_by")
ASKED: Mapping[str, tuple[str, ...]] = {
    "visit": ("occurred_on", "volunteer_ids", "start", "end", "minutes", "tasks", "note"),
    "missed_visit": ("occurred_on", "volunteer_ids", "cause", "note"),
    "shift": ("occurred_on", "start", "end", "minutes", "activity", "helped", "note"),
    "group_work": ("occurred_on", "start", "end", "minutes", "activity", "people", "note"),
    "meeting": ("occurred_on", "head_count", "minutes", "attended", "note"),
    "activity": ("occurred_on", "title", "area", "head_count", "value", "participants"),
    "support": ("occurred_on", "kind", "value", "given_by", "note"),
    "training": ("occurred_on", "title", "days", "delegates"),
    "media_item": ("occurred_on", "kind", "outlet", "title"),
}
"""What a form asks about; all else stays as it was told."""
_TIMES = ("start", "end", "end_on", "minutes", "work_days", "half_day")


class Field(NamedTuple):
    """`kind` is day, time, number, amount, text, one, some or who."""

    name: str
    kind: str
    value: Any
    codes: tuple[str, ...] = ()


def fields(name: str, body: Mapping[str, Any], *, people: bool = True) -> list[Field]:
    """Those of a stand-in, filled in; to whoever reads no names, without those that name people,
    which then stay as they were told."""
    model = STAND_INS[name].command.model().model_fields
    found = []
    for asked in ASKED.get(name, ()):
        kind, codes = _kind(asked, model[asked].annotation)
        if kind == "who" and not people:
            continue
        found.append(Field(asked, kind, body.get(asked), codes))
    return found


def retold(
    name: str, body: Mapping[str, Any], form: FormData, *, people: bool = True
) -> dict[str, Any]:
    """What is to stand in, as it is sent. Raises `Malformed`, naming the field.

    A note that nobody typed stays as it was: it may be somebody's health, and is not shown.
    """
    sent, told = texts(form), dict(body)
    for field in fields(name, body, people=people):
        value = _typed(field, form, sent)
        if field.name == "note" and value is None:
            continue
        told[field.name] = value
    if told.get("start") or told.get("end"):
        told = {key: one for key, one in told.items() if key not in _TIMES[3:]}
    elif told.get("minutes") and "start" in ASKED[name]:
        told = {key: one for key, one in told.items() if key not in (*_TIMES[:3], *_TIMES[4:])}
    return {key: one for key, one in told.items() if one not in (None, "", [])}


def as_typed(name: str, body: Mapping[str, Any], form: FormData) -> dict[str, Any]:
    """The same as it was typed, right or wrong, to be shown again."""
    sent, told = texts(form), {}
    for field in fields(name, body):
        many = [str(one) for one in form.getlist(field.name)]
        if field.kind == "who":
            many = [one for one in many if UUID_TEXT.fullmatch(one)]
        told[field.name] = many if field.kind in ("some", "who") else sent.get(field.name, "")
    return told


def _typed(field: Field, form: FormData, sent: typed.Typed) -> Any:
    match field.kind:
        case "day":
            day = typed.day(sent, field.name)
            return day.isoformat() if day else None
        case "number":
            return typed.number(sent, field.name)
        case "amount":
            return typed.amount(sent, field.name)
        case "some" | "who":
            return [str(one) for one in form.getlist(field.name)]
        case _:
            return sent.get(field.name, "").strip() or None


def _kind(name: str, annotation: Any) -> tuple[str, tuple[str, ...]]:
    if name in _WHO:
        return "who", ()
    if name.endswith("_on"):
        return "day", ()
    if name in ("start", "end"):
        return "time", ()
    codes = tuple(_codes(annotation))
    if codes:
        return ("some" if name == "tasks" else "one"), codes
    if name in MONEY:
        return "amount", ()
    return ("number" if _holds(annotation, int) else "text"), ()


def _codes(annotation: Any) -> list[str]:
    """Of a closed list, however deep it stands."""
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return [one.value for one in annotation]
    if isinstance(annotation, str):
        return [annotation]
    return [code for part in get_args(annotation) for code in _codes(part)]


def _holds(annotation: Any, kind: type) -> bool:
    return annotation is kind or any(_holds(part, kind) for part in get_args(annotation))
