"""Appends of one process, taken together: one round trip, one lock and one flush for all that wait.

The log takes one append at a time, so many writers only stand in line, and waking each of them in
turn costs more than its append. Whoever comes while nobody appends goes alone at once. Whoever
comes meanwhile waits; the first of them then takes all the others along, in one transaction. Who
was not taken along goes alone: all of them, if anything at all was refused, because nothing of that
transaction took effect. So a refusal reaches only the one it is meant for.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")

AT_MOST = 32


class _Waiting(Generic[A, R]):
    """One who waits until they were taken along, or have to lead."""

    __slots__ = ("argument", "error", "gate", "leads", "result", "taken")

    def __init__(self, argument: A) -> None:
        self.argument = argument
        self.gate = Lock()
        self.gate.acquire()
        self.leads = False
        self.taken = False
        self.result: R | None = None
        self.error: BaseException | None = None


class Together(Generic[A, R]):
    def __init__(
        self,
        alone: Callable[[A], R],
        together: Callable[[Sequence[A]], Mapping[int, R]],
    ) -> None:
        """`together` answers those who were taken along, by their places; what it raises is raised
        to everybody."""
        self._alone = alone
        self._together = together
        self._lock = Lock()
        self._busy = False
        self._line: deque[_Waiting[A, R]] = deque()

    def __call__(self, argument: A) -> R:
        with self._lock:
            if self._busy:
                me = _Waiting[A, R](argument)
                self._line.append(me)
            else:
                self._busy = True
                me = None
        if me is None:
            try:
                return self._alone(argument)
            finally:
                self._next()
        me.gate.acquire()
        if me.leads:
            self._lead(me)
        if me.error is not None:
            raise me.error
        if me.taken:
            return me.result  # type: ignore[return-value]
        return self._alone(argument)

    def _lead(self, me: _Waiting[A, R]) -> None:
        with self._lock:
            others = [self._line.popleft() for _ in range(min(len(self._line), AT_MOST - 1))]
        party = [me, *others]
        try:
            if others:
                results = self._together([one.argument for one in party])
                for place, result in results.items():
                    party[place].result, party[place].taken = result, True
            else:
                me.result, me.taken = self._alone(me.argument), True
        except BaseException as error:
            for one in party:
                one.error = error
        finally:
            self._next()
            for one in others:
                one.gate.release()

    def _next(self) -> None:
        """Whoever waits longest leads; with nobody waiting, the next to come goes alone."""
        with self._lock:
            if not self._line:
                self._busy = False
                return
            first = self._line.popleft()
        first.leads = True
        first.gate.release()
