"""given(...).when(...).then(...): the shape of every rule test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import pytest

from domain.errors import SochungError
from domain.events import Event

Decide = Callable[..., Sequence[Event]]


@dataclass(frozen=True)
class Specification:
    """A history, and what is put to it. Each step gives another one; none is changed."""

    evolve: Callable[[Any, Any], Any]
    past: tuple[Event, ...] = ()
    decision: Callable[[Any], Sequence[Event]] | None = None

    def given(self, *past: Event) -> "Specification":
        return Specification(self.evolve, (*self.past, *past))

    def after(self, decide: Decide, *asked: Any) -> "Specification":
        """Given what a decision made of the history so far."""
        return self.given(*decide(self.state, *asked))

    def when(self, decide: Decide, *asked: Any) -> "Specification":
        return Specification(self.evolve, self.past, lambda state: decide(state, *asked))

    def then(self, *expected: Event) -> None:
        assert self.decided() == list(expected)

    def then_told(self, **facts: Any) -> None:
        """The first event says at least this."""
        event = self.decided()[0]
        assert {name: getattr(event, name) for name in facts} == facts

    def then_refused(self, code: str, **facts: Any) -> None:
        with pytest.raises(SochungError) as refusal:
            self.decided()
        assert refusal.value.code == code
        assert {name: refusal.value.facts.get(name) for name in facts} == facts

    def decided(self) -> list[Event]:
        assert self.decision is not None, "call when(...) before then(...)"
        return list(self.decision(self.state))

    @cached_property
    def state(self) -> Any:
        return reduce(self.evolve, self.past, None)
