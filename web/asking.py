"""What a page asks of its visitor, visible in its signature as a route's of the API is:

    def show_cash(allowed: Annotated[Allowed, may(Action.READ_BOOKS)], page: Inside, ...)

What the address names is held against the table before anything is read. What a form names is
asked of each command it becomes (`api.commands.perform`), as if that had come alone.
"""

from typing import Annotated, Any

from fastapi import Depends

from api.callers import Calling
from api.permissions import Allowed as Allowed
from api.permissions import May, Named, in_address
from api.reading import Within
from domain.accounts.permissions import Action


class OfPage(May):
    def __call__(
        self, what: Annotated[Named, Depends(in_address)], caller: Calling, parts: Within
    ) -> Allowed:
        return super().__call__(what, caller, parts)


def may(action: Action) -> Any:
    return Depends(OfPage(action))
