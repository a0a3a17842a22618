"""No free text stands unsealed in any event: a test that walks through all of them."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

import pytest
from annotated_types import MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from domain.catalogue import EVENTS
from domain.events import BookOrigin
from domain.values import Bare, Sealed


def open_texts(kind: Any, rules: tuple[Any, ...] = (), at: str = "") -> Iterator[str]:
    """Where in a type a text could stand that nobody foresaw."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        yield at
    elif origin is Annotated:
        yield from open_texts(inner[0], (*inner[1:], *rules), at)
    elif origin in (Union, UnionType):
        for one in inner:
            yield from open_texts(one, rules, at)
    elif origin in (tuple, frozenset, list, dict):
        for one in inner:
            if one is not ...:
                yield from open_texts(one, rules, at)
    elif (
        origin is Literal
        or kind in (NoneType, int, bool, UUID, date, datetime, Decimal, Sealed)
        or (isinstance(kind, type) and issubclass(kind, Enum))
    ):
        return
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, info in kind.model_fields.items():
            yield from open_texts(info.annotation, tuple(info.metadata), f"{at}.{name}")
    elif kind is str:
        if not _is_closed(rules):
            yield at
    else:
        yield f"{at}: {kind}"


def _is_closed(rules: tuple[Any, ...]) -> bool:
    """By a pattern; or it says why it stands in clear, and the next test says which may."""
    for rule in rules:
        if isinstance(rule, FieldInfo):
            if _is_closed(tuple(rule.metadata)):
                return True
        elif getattr(rule, "pattern", None) or isinstance(rule, Bare):
            return True
    return False


@pytest.mark.parametrize("topic", EVENTS)
def test_no_event_has_room_for_free_text(topic: str) -> None:
    assert list(open_texts(EVENTS[topic])) == []


def test_what_stands_in_clear_is_public_or_a_paper_book_s_own_word() -> None:
    """Whoever adds a field to these has thought about whom it could name."""
    bare = {
        (name, rule)
        for event in EVENTS.values()
        for model in (event, BookOrigin)
        for name, info in model.model_fields.items()
        for rule in (*info.metadata, *_inner(info.annotation))
        if isinstance(rule, Bare)
    }
    assert {name for name, why in bare if why is Bare.PUBLIC} == {
        "club", "commune", "decision", "district", "name", "outlet", "province", "seed", "village",
    }  # fmt: skip
    assert {name for name, why in bare if why is Bare.PAPER} == {
        "sheet", "vouchers", "freed_vouchers", "label",
    }  # fmt: skip


def _inner(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from get_args(kind)[1:]
    for one in get_args(kind):
        yield from _inner(one)


def test_the_control_finds_a_free_text() -> None:
    class Loose(BaseModel):
        note: str
        memo: Annotated[str, MaxLen(10)] | None = None
        told: tuple[dict[str, str], ...] = ()
        anything: Any = None

    assert sorted(set(open_texts(Loose))) == [".anything", ".memo", ".note", ".told"]
