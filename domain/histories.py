"""A history: one ordered story with one writer at a time, and the state its rules ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar, get_args, get_type_hints
from uuid import UUID, uuid5

from domain.values import Immutable

S = TypeVar("S", bound=Immutable)


@dataclass(frozen=True)
class Kind(Generic[S]):
    """`version` changes whenever the state's shape or its fold does: old snapshots then rest."""

    name: str
    version: int
    state: type[S]
    evolve: Callable[[S | None, Any], S]

    @property
    def snapshot_topic(self) -> str:
        return f"{self.name}/{self.version}"

    @cached_property
    def events(self) -> tuple[type, ...]:
        """What such a history is made of: the union that `evolve` takes."""
        _, event = list(get_type_hints(self.evolve).values())[:2]
        return get_args(event) or (event,)


@lru_cache(4096)
def book_of(club_id: UUID) -> UUID:
    """The id of a club's book: derived, because one table keys on (history, version)."""
    return uuid5(club_id, "book")


@lru_cache(4096)
def care_book_of(club_id: UUID) -> UUID:
    """The id of a club's care book, derived like its book's."""
    return uuid5(club_id, "care")


def account_of(person_id: UUID) -> UUID:
    """The id of a person's account, derived likewise: nobody has two."""
    return uuid5(person_id, "account")
