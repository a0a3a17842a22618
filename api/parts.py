"""The service's parts, made by whoever makes the app and found by every route."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from desk.desk import Desk
from desk.openid import Provider
from domain.clubs.requests import Limits
from projections.follower import Follower
from store.database import Database
from store.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Parts:
    """What the routes work with."""

    database: Database
    follower: Follower
    keys: KeyRing
    desk: Desk
    wait_seconds: float
    lag_limit: int
    attachment_bytes: int
    secure: bool = False
    """Whether people reach us over TLS: cookies are then sent over nothing else."""
    fresh_code_above: int | None = None
    """Đồng above which an approval asks for the second factor once more."""
    limits: Limits = field(default_factory=Limits)
    """By when requests about personal data are decided and done."""
    openid: Provider | None = None
    """Where people may hold an identity to come in by."""


async def parts_of(request: Request) -> Parts:
    parts = request.app.state.parts
    assert isinstance(parts, Parts)
    return parts


Within = Annotated[Parts, Depends(parts_of)]
